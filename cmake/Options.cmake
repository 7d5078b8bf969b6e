# gradus_options: the language level, warnings and sanitizers of our own C and C++.

add_library(gradus_options INTERFACE)
target_compile_features(gradus_options INTERFACE c_std_11 cxx_std_20)
target_compile_options(gradus_options INTERFACE -Wall -Wextra -Werror)
# Messages name files from the top of this folder, wherever it lies: two builds of one commit give the same bytes.
get_filename_component(_root "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
target_compile_options(gradus_options INTERFACE "-ffile-prefix-map=${_root}/=")

set(GRADUS_TEST_ENVIRONMENT OMP_NUM_THREADS=1)
if(GRADUS_SANITIZE STREQUAL "thread")
  target_compile_options(gradus_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer -g)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # It warns of the fences in libtorch's headers, which ThreadSanitizer does not see.
    target_compile_options(gradus_options INTERFACE -Wno-tsan)
  endif()
  target_link_options(gradus_options INTERFACE -fsanitize=thread)
  # libtorch is not built with it: what happens inside of it is not judged, only what our code touches. Nothing is suppressed.
  list(APPEND GRADUS_TEST_ENVIRONMENT TSAN_OPTIONS=ignore_noninstrumented_modules=1)
elseif(GRADUS_SANITIZE)
  target_compile_options(
    gradus_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(gradus_options INTERFACE -fsanitize=address,undefined)
endif()
