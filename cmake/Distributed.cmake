# What the libtorch found can do between processes, and whether it can be built.
#
#   Distributed_C10D    whether libtorch has c10d
#   Distributed_GLOO    whether the backend Gloo can be built; else Distributed_WITHOUT_GLOO says why not
#   Distributed_NCCL    whether the backend NCCL can be built; else Distributed_WITHOUT_NCCL says why not
#   Distributed_INCLUDE_DIRS   of the headers that c10d's include and libtorch does not have

include(CheckCXXSourceCompiles)

# Whether a library of libtorch has a symbol, by its name in the object file: a program of one line is linked.
function(_has_symbol symbol result)
  set(CMAKE_REQUIRED_LIBRARIES Libtorch::torch)
  set(CMAKE_REQUIRED_QUIET ON)
  if(NOT APPLE)
    # What libtorch itself needs is not asked for.
    set(CMAKE_REQUIRED_LINK_OPTIONS "LINKER:--unresolved-symbols=ignore-in-shared-libs")
  endif()
  if(APPLE)
    string(PREPEND symbol "_")
  endif()
  check_cxx_source_compiles("extern \"C\" void symbol() __asm__(\"${symbol}\");\nint main() { symbol(); }" ${result})
endfunction()

set(_c10d "${Libtorch_ROOT_DIR}/include/torch/csrc/distributed/c10d")
set(Distributed_C10D OFF)
set(Distributed_INCLUDE_DIRS "")
if(EXISTS "${_c10d}/TCPStore.hpp")
  _has_symbol(_ZN4c10d8TCPStoreD1Ev Distributed_HAS_STORE)
  set(Distributed_C10D ${Distributed_HAS_STORE})
endif()

set(Distributed_GLOO OFF)
set(Distributed_WITHOUT_GLOO "this libtorch does not have it")
if(Distributed_C10D AND EXISTS "${_c10d}/ProcessGroupGloo.hpp")
  _has_symbol(_ZN4c10d16ProcessGroupGlooD1Ev Distributed_HAS_GLOO)
  # Where its headers are; libtorch has the library, and not them.
  find_path(Gloo_INCLUDE_DIR gloo/rendezvous/store.h HINTS "${Libtorch_ROOT_DIR}/include")
  if(Distributed_HAS_GLOO AND Gloo_INCLUDE_DIR)
    set(Distributed_GLOO ON)
    list(APPEND Distributed_INCLUDE_DIRS "${Gloo_INCLUDE_DIR}")
  elseif(Distributed_HAS_GLOO)
    set(Distributed_WITHOUT_GLOO "its headers were missing; install libgloo-dev and build again")
  endif()
endif()

set(Distributed_NCCL OFF)
set(Distributed_WITHOUT_NCCL "this libtorch is a CPU build")
if(Libtorch_CUDA)
  set(Distributed_WITHOUT_NCCL "this libtorch does not have it")
  if(Distributed_C10D AND EXISTS "${_c10d}/ProcessGroupNCCL.hpp")
    _has_symbol(_ZN4c10d16ProcessGroupNCCLD1Ev Distributed_HAS_NCCL)
    file(GLOB _beside "${Libtorch_ROOT_DIR}/../nvidia/*/include")
    find_path(Nccl_INCLUDE_DIR nccl.h HINTS ${Libtorch_CUDA_INCLUDE_DIRS} ${_beside})
    if(Distributed_HAS_NCCL AND Nccl_INCLUDE_DIR)
      set(Distributed_NCCL ON)
      list(APPEND Distributed_INCLUDE_DIRS "${Nccl_INCLUDE_DIR}")
    elseif(Distributed_HAS_NCCL)
      set(Distributed_WITHOUT_NCCL "nccl.h was missing; install libnccl-dev or the Python package nvidia-nccl, and build again")
    endif()
  endif()
endif()
message(STATUS "Between processes: c10d ${Distributed_C10D}, Gloo ${Distributed_GLOO}, NCCL ${Distributed_NCCL}")
