// Switches of libtorch's backends. They sit in the context of the CPU part and so exist without CUDA.
#include <ATen/Context.h>

#include <stdexcept>
#include <string>

#include "internal.h"

namespace {

struct Switch {
  bool (*get)(const at::Context&);
  void (*set)(at::Context&, bool);
};

// In the order of gt_switch.
#define GT_SWITCH(getter, setter) \
  {[](const at::Context& c) { return c.getter(); }, [](at::Context& c, bool on) { c.setter(on); }}
constexpr Switch switches[] = {
    GT_SWITCH(allowTF32CuBLAS, setAllowTF32CuBLAS),
    GT_SWITCH(allowTF32CuDNN, setAllowTF32CuDNN),
    GT_SWITCH(userEnabledCuDNN, setUserEnabledCuDNN),
    GT_SWITCH(benchmarkCuDNN, setBenchmarkCuDNN),
    GT_SWITCH(deterministicCuDNN, setDeterministicCuDNN),
    {[](const at::Context& c) { return c.deterministicAlgorithms(); },
     [](at::Context& c, bool on) { c.setDeterministicAlgorithms(on, c.deterministicAlgorithmsWarnOnly()); }},
    {[](const at::Context& c) { return c.deterministicAlgorithmsWarnOnly(); },
     [](at::Context& c, bool on) { c.setDeterministicAlgorithms(c.deterministicAlgorithms(), on); }},
    GT_SWITCH(userEnabledFlashSDP, setSDPUseFlash),
    GT_SWITCH(userEnabledMemEfficientSDP, setSDPUseMemEfficient),
    GT_SWITCH(userEnabledMathSDP, setSDPUseMath),
    GT_SWITCH(userEnabledCuDNNSDP, setSDPUseCuDNN),
    GT_SWITCH(userEnabledMkldnn, setUserEnabledMkldnn),
};
#undef GT_SWITCH

constexpr const char* precisions[] = {"highest", "high", "medium"};

// An entry of a table, by a number that came from outside.
template <class Entry, size_t count>
const Entry& entry(const Entry (&table)[count], int32_t index, const char* what) {
  if (index < 0 || static_cast<size_t>(index) >= count) {
    throw std::invalid_argument(std::string(what) + " " + std::to_string(index) + " is not in [0, " +
                                std::to_string(count) + ")");
  }
  return table[index];
}

}  // namespace

int32_t gt_get_switch(int32_t which) {
  return gt::value_or<int32_t>(
      -1, [&] { return entry(switches, which, "switch").get(at::globalContext()) ? 1 : 0; });
}

int32_t gt_set_switch(int32_t which, int32_t on) {
  return gt::run([&] { entry(switches, which, "switch").set(at::globalContext(), on != 0); });
}

int32_t gt_matmul_precision(void) {
  return gt::value_or<int32_t>(
      -1, [] { return static_cast<int32_t>(at::globalContext().float32MatmulPrecision()); });
}

int32_t gt_set_matmul_precision(int32_t precision) {
  return gt::run(
      [&] { at::globalContext().setFloat32MatmulPrecision(entry(precisions, precision, "precision")); });
}
