// Group norm for processors with AVX-512 that convert to bfloat16; CMakeLists.txt has the options of the
// compiler.
#define GT_LANES 16
#define GT_TABLE avx512_bf16
#include "group_norm_loops.inc"
