// Group norm for processors with AVX2 and FMA; CMakeLists.txt has the options of the compiler.
#define GT_LANES 8
#define GT_TABLE avx2
#include "group_norm_loops.inc"
