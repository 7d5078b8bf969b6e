// The header compiles as C++ as well as (in every other file here) as C11; the shim's types are plain
// numbers.
#include <cstdint>
#include <type_traits>

#include "gradus_torch.h"
#include "gradus_torch.h"  // a second time

extern "C" {
typedef struct {
  const char* name;
  void (*run)(void);
} test_case;
extern const test_case header_tests[];
void fail_at(const char* file, int line, const char* format, ...);
}

static_assert(std::is_same_v<gt_tensor, intptr_t>, "a handle is an integer as wide as an address");
static_assert(std::is_same_v<gt_generator, intptr_t>, "a handle is an integer as wide as an address");
static_assert(GT_OK == 0, "success is zero");

namespace {
void functions_are_callable_from_cplusplus() {
  const int64_t size = 3;
  const gt_tensor ones = gt_ones(&size, 1, 6, 0, -1, 0);
  if (gt_numel(ones) != 3) fail_at(__FILE__, __LINE__, "gt_numel is not 3");
  gt_free(ones);
}
}  // namespace

const test_case header_tests[] = {{"functions are callable from C++", functions_are_callable_from_cplusplus},
                                  {nullptr, nullptr}};
