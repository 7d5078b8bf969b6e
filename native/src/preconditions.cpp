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

// Only where there is nothing to share out are there as many chunks as asked for.
void chunks_can_be_listed(const torch::jit::Stack& arguments) {
  if (arguments[0].toTensor().numel() == 0) sections_can_be_listed(arguments);
}

// LAPACK writes past its memory where a number is not finite; linalg_eig checks that, this one does not.
void matrix_is_finite(const torch::jit::Stack& arguments) {
  const at::Tensor& matrix = arguments[0].toTensor();
  const bool numbers = matrix.is_floating_point() || matrix.is_complex();
  TORCH_CHECK_LINALG(matrix.is_meta() || !numbers || at::isfinite(matrix.detach()).all().item<bool>(),
                     "linalg.eigvals: input tensor should not contain infs or NaNs.");
}

// The recurrence runs once for each degree up to n.
void degree_comes_to_an_end(const torch::jit::Stack& arguments) {
  constexpr double most = 1 << 20;
  const c10::IValue& n = arguments[1];
  double degree = 0;
  if (n.isScalar()) {
    degree = n.toScalar().toDouble();
  } else if (const at::Tensor& degrees = n.toTensor(); !degrees.is_meta() && degrees.numel() > 0) {
    degree = degrees.detach().to(at::kDouble).max().item<double>();
  }
  TORCH_CHECK_VALUE(degree <= most, "the degree n of a polynomial is ", degree, "; it must be at most ",
                    most);
}

// batch_norm checks these for it: without, memory that is not there is read.
void statistics_fit(const torch::jit::Stack& arguments) {
  const at::Tensor& input = arguments[0].toTensor();
  TORCH_CHECK_VALUE(input.dim() >= 2, "native_batch_norm: the input needs at least 2 dimensions");
  constexpr std::array<const char*, 4> names{"weight", "bias", "running_mean", "running_var"};
  const bool training = arguments[5].toBool();
  for (size_t i = 0; i < names.size(); i++) {
    const auto& given = arguments[i + 1];
    const bool is_given = given.isTensor() && given.toTensor().defined();
    TORCH_CHECK_VALUE(is_given || training || i < 2, "native_batch_norm: ", names[i],
                      " must be given where training is false");
    TORCH_CHECK_VALUE(!is_given || given.toTensor().numel() == input.size(1), "native_batch_norm: ", names[i],
                      " must have ", input.size(1), " elements, one a channel");
  }
}

// Rows are exchanged as the pivots say; numbers beyond the rows reach beyond the memory.
void check_pivots(const char* name, const at::Tensor& pivots, const at::Tensor& matrix) {
  if (matrix.dim() < 2 || pivots.is_meta() || pivots.numel() == 0) return;
  TORCH_CHECK_TYPE(at::isIntegralType(pivots.scalar_type(), false), name, ": pivots must be integers, are ",
                   pivots.scalar_type());
  const at::Tensor rows = pivots.abs();
  const auto least = rows.min().item<int64_t>(), most = rows.max().item<int64_t>();
  TORCH_CHECK_VALUE(least >= 1 && most <= matrix.size(-2), name, ": pivots must be in [1, ", matrix.size(-2),
                    "], the rows of the matrix; they reach from ", least, " to ", most);
}

void unpacked_pivots_fit(const torch::jit::Stack& arguments) {
  const at::Tensor &matrix = arguments[0].toTensor(), &pivots = arguments[1].toTensor();
  const bool unpacked = arguments[3].toBool();
  if (matrix.dim() < 2 || !unpacked) return;
  auto shape = matrix.sizes().vec();
  const int64_t columns = shape.back();
  shape.pop_back();
  shape.back() = std::min(shape.back(), columns);
  TORCH_CHECK(pivots.sizes() == at::IntArrayRef(shape), "lu_unpack: pivots of a matrix of shape ",
              matrix.sizes(), " must have the shape ", at::IntArrayRef(shape), ", not ", pivots.sizes());
  check_pivots("lu_unpack", pivots, matrix);
}

void pivots_of_first_fit(const torch::jit::Stack& arguments) {
  check_pivots("a solver", arguments[1].toTensor(), arguments[0].toTensor());
}

void pivots_of_second_fit(const torch::jit::Stack& arguments) {
  check_pivots("lu_solve", arguments[2].toTensor(), arguments[1].toTensor());
}

void range_can_be_counted(const torch::jit::Stack& arguments) {
  if (arguments[0].isScalar() && arguments[1].isScalar()) {
    check_range(arguments[0].toScalar(), arguments[1].toScalar());
  }
}

// A dtype of another size multiplies the strides, also of dimensions without a second element.
void strides_can_be_multiplied(const torch::jit::Stack& arguments) {
  constexpr int64_t most = int64_t{1} << 48;
  for (const int64_t stride : arguments[2].toIntVector()) {
    TORCH_CHECK_VALUE(stride <= most, "as_strided: a stride is ", stride, "; it must be at most ", most);
  }
}

using Named = std::pair<const char*, Precondition>;
constexpr std::array preconditions{
    Named{"aten::matrix_power", power_has_opposite},
    Named{"aten::linalg_matrix_power", power_has_opposite},
    Named{"aten::tensor_split", sections_can_be_listed},
    Named{"aten::chunk", chunks_can_be_listed},
    Named{"aten::unsafe_chunk", chunks_can_be_listed},
    Named{"aten::hsplit", sections_can_be_listed},
    Named{"aten::vsplit", sections_can_be_listed},
    Named{"aten::dsplit", sections_can_be_listed},
    Named{"aten::as_strided", strides_can_be_multiplied},
    Named{"aten::as_strided_", strides_can_be_multiplied},
    Named{"aten::arange", range_can_be_counted},
    Named{"aten::range", range_can_be_counted},
    Named{"aten::linalg_eigvals", matrix_is_finite},
    Named{"aten::lu_unpack", unpacked_pivots_fit},
    Named{"aten::lu_solve", pivots_of_second_fit},
    Named{"aten::linalg_lu_solve", pivots_of_first_fit},
    Named{"aten::linalg_ldl_solve", pivots_of_first_fit},
    Named{"aten::native_batch_norm", statistics_fit},
};

}  // namespace

void check_range(const at::Scalar& start, const at::Scalar& end) {
  if (!start.isIntegral(true) || !end.isIntegral(true)) return;
  int64_t length = 0;
  const bool overflows = __builtin_sub_overflow(end.toLong(), start.toLong(), &length);
  TORCH_CHECK_VALUE(!overflows && length != std::numeric_limits<int64_t>::min(), "arange: from ",
                    start.toLong(), " to ", end.toLong(), " are more numbers than can be counted");
}

Precondition precondition_of(const std::string& name) {
  if (name.starts_with("aten::special_") && name.find("_polynomial_") != std::string::npos) {
    return degree_comes_to_an_end;
  }
  const auto* found = std::find_if(preconditions.begin(), preconditions.end(),
                                   [&](const auto& entry) { return name == entry.first; });
  return found == preconditions.end() ? nullptr : found->second;
}

}  // namespace gt
