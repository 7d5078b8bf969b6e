// Group norm for processors with AVX-512; CMakeLists.txt has the options of the compiler.
#define GT_LANES 16
#define GT_TABLE avx512
#include "group_norm_loops.inc"
