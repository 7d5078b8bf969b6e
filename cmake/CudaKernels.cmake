# gradus_cuda_kernels(TARGET FILES...): compiles kernels for NVIDIA's GPUs into a library, where nvcc is found and fits libtorch.
#
# nvcc is called as it is, and not as a language of CMake's, whose checks link programs: packages of nvcc for Python have
# nothing to link with. What the kernels need at run time, libcudart, comes with libtorch.
#
#   GRADUS_CUDA_KERNELS  whether they are there; else operators of libtorch do the same

set(GRADUS_CUDA_KERNELS OFF)

function(gradus_find_nvcc)
  foreach(_variable IN ITEMS CUDA_HOME CUDA_PATH)
    if(DEFINED ENV{${_variable}})
      list(APPEND _hints "$ENV{${_variable}}/bin")
    endif()
  endforeach()
  file(GLOB _packages "${Libtorch_ROOT_DIR}/../nvidia/*/bin")
  find_program(GRADUS_NVCC nvcc HINTS ${_hints} PATHS ${_packages} /usr/local/cuda/bin /opt/cuda/bin)
endfunction()

function(gradus_cuda_kernels target)
  gradus_find_nvcc()
  if(NOT GRADUS_NVCC)
    message(STATUS "Kernels for GPUs: none, nvcc was not found (set CUDA_HOME); libtorch's operators stand in for them")
    return()
  endif()
  execute_process(COMMAND "${GRADUS_NVCC}" --version OUTPUT_VARIABLE _version ERROR_VARIABLE _version)
  string(REGEX MATCH "release ([0-9]+)\\.([0-9]+)" _release "${_version}")
  set(_major "${CMAKE_MATCH_1}")
  set(_release "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}")
  string(REGEX MATCH "^cu([0-9]+)[0-9]$" _built "${Libtorch_VARIANT}")
  if(NOT "${_major}" STREQUAL "${CMAKE_MATCH_1}")
    message(
      STATUS
        "Kernels for GPUs: none, ${GRADUS_NVCC} is of CUDA ${_major} and libtorch of CUDA ${CMAKE_MATCH_1}; libtorch's operators stand in for them"
    )
    return()
  endif()
  # Code for the A100 and the H100, which other GPUs of their generations run too, and PTX for later ones.
  set(_architectures -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90 -gencode arch=compute_90,code=compute_90)
  foreach(_file IN LISTS ARGN)
    get_filename_component(_name "${_file}" NAME)
    set(_object "${CMAKE_CURRENT_BINARY_DIR}/${_name}.o")
    file(GLOB _headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/kernels/*.h")
    add_custom_command(
      OUTPUT "${_object}"
      DEPENDS "${_file}" ${_headers}
      COMMENT "Building kernels ${_name}"
      VERBATIM
      COMMAND
        "${GRADUS_NVCC}" -ccbin "${CMAKE_CXX_COMPILER}" -std=c++17 -O3 ${_architectures} --Werror all-warnings -Xcompiler
        "-fPIC,-fvisibility=hidden,-Wall,-ffile-prefix-map=${PROJECT_SOURCE_DIR}/../=/" -c "${_file}" -o "${_object}")
    target_sources(${target} PRIVATE "${_object}")
    set_source_files_properties("${_object}" PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  endforeach()
  message(STATUS "Kernels for GPUs: by ${GRADUS_NVCC}, CUDA ${_release}")
  target_compile_definitions(${target} PRIVATE GT_WITH_CUDA_KERNELS)
  set(GRADUS_CUDA_KERNELS ON PARENT_SCOPE)
endfunction()
