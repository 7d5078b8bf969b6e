# Finds libtorch and makes the target Libtorch::torch.
#
# Looks at LIBTORCH (variable or environment), an importable Python torch and the user's cache, in this order, and
# fetches the CPU build into the cache where there is none; cmake/libtorch.py does all of it and explains failures.
#
#   Libtorch_ROOT_DIR  the folder with lib/ and include/
#   Libtorch_VERSION   such as 2.13.0
#   Libtorch_VARIANT   cpu, or the CUDA it is built for, such as cu130
#   Libtorch_CUDA      whether it can do CUDA and the headers of CUDA were found

find_package(Python3 REQUIRED COMPONENTS Interpreter)

set(LIBTORCH "" CACHE PATH "Folder of a libtorch to use; empty: search, else fetch")
set(_answer "${CMAKE_CURRENT_BINARY_DIR}/libtorch.cmake")
execute_process(
  COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_CURRENT_LIST_DIR}/libtorch.py" find "--libtorch=${LIBTORCH}" "--cmake=${_answer}"
  RESULT_VARIABLE _failed)
if(_failed)
  message(FATAL_ERROR "No libtorch to build with; the line above says why.")
endif()
include("${_answer}")
message(STATUS "libtorch ${Libtorch_VERSION} in ${Libtorch_ROOT_DIR} (CUDA: ${Libtorch_CUDA})")

set(_libraries torch_cpu c10)
if(Libtorch_CUDA)
  list(APPEND _libraries torch_cuda c10_cuda)
endif()
if(NOT TARGET Libtorch::torch)
  add_library(Libtorch::torch INTERFACE IMPORTED)
  target_include_directories(
    Libtorch::torch SYSTEM INTERFACE "${Libtorch_ROOT_DIR}/include" "${Libtorch_ROOT_DIR}/include/torch/csrc/api/include")
  target_compile_definitions(Libtorch::torch INTERFACE "_GLIBCXX_USE_CXX11_ABI=${Libtorch_CXX11_ABI}")
  if(Libtorch_CUDA)
    target_include_directories(Libtorch::torch SYSTEM INTERFACE ${Libtorch_CUDA_INCLUDE_DIRS})
    target_compile_definitions(Libtorch::torch INTERFACE GT_WITH_CUDA)
  endif()
  foreach(_name IN LISTS _libraries)
    add_library(Libtorch::${_name} SHARED IMPORTED)
    set_target_properties(
      Libtorch::${_name} PROPERTIES IMPORTED_LOCATION
      "${Libtorch_ROOT_DIR}/lib/${CMAKE_SHARED_LIBRARY_PREFIX}${_name}${CMAKE_SHARED_LIBRARY_SUFFIX}")
    target_link_libraries(Libtorch::torch INTERFACE Libtorch::${_name})
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libtorch REQUIRED_VARS Libtorch_ROOT_DIR VERSION_VAR Libtorch_VERSION)
