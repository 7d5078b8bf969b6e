// What libtorch does not check itself. Found by the random programs of the bindings' tests.
#include "preconditions.h"

#include <ATen/ATen.h>
#include <ATen/core/ivalue.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

namespace gt {
namespace {

// The opposite of the exponent is taken, which -2^63 has not; then the loop has no end.
void power_has_opposite(const torch::jit::Stack& arguments) {
  TORCH_CHECK_VALUE(arguments[1].toInt() != std::numeric_limits<int64_t>::min(),
                    "matrix_power: the exponent n is -2^63, which is out of range");
}

// As many tensors are made as there are sections, however many the elements are.
void sections_can_be_listed(const torch::jit::Stack& arguments) {
  constexpr int64_t most = int64_t{1} << 24;
  TORCH_CHECK_VALUE(!arguments[1].isInt() || arguments[1].toInt() <= most,
                    "tensor_split: ", arguments[1].toInt(), " sections are more than the ", most,
                    " that can be made");
}

// LAPACK writes past its memory where a number is not finite; linalg_eig checks that, this one does not.
void matrix_is_finite(const torch::jit::Stack& arguments) {
  const at::Tensor& matrix = arguments[0].toTensor();
  const bool numbers = matrix.is_floating_point() || matrix.is_complex();
  TORCH_CHECK_LINALG(matrix.is_meta() || !numbers || at::isfinite(matrix.detach()).all().item<bool>(),
                     "linalg.eigvals: input tensor should not contain infs or NaNs.");
}

constexpr std::array<std::pair<const char*, Precondition>, 4> preconditions{{
    {"aten::matrix_power", power_has_opposite},
    {"aten::linalg_matrix_power", power_has_opposite},
    {"aten::tensor_split", sections_can_be_listed},
    {"aten::linalg_eigvals", matrix_is_finite},
}};

}  // namespace

Precondition precondition_of(const std::string& name) {
  const auto* found = std::find_if(preconditions.begin(), preconditions.end(),
                                   [&](const auto& entry) { return name == entry.first; });
  return found == preconditions.end() ? nullptr : found->second;
}

}  // namespace gt
