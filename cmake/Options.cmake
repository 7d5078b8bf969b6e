# gradus_options: the language level, warnings and sanitizers of our own C and C++.

add_library(gradus_options INTERFACE)
target_compile_features(gradus_options INTERFACE c_std_11 cxx_std_20)
target_compile_options(gradus_options INTERFACE -Wall -Wextra -Werror)

set(GRADUS_TEST_ENVIRONMENT OMP_NUM_THREADS=1)
if(GRADUS_SANITIZE)
  target_compile_options(
    gradus_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(gradus_options INTERFACE -fsanitize=address,undefined)
endif()
