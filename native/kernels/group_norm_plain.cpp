// Group norm for any processor; CMakeLists.txt has the options of the compiler.
#define GT_LANES 4
#define GT_TABLE plain
#include "group_norm_loops.inc"
