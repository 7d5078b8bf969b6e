// What libtorch does not check itself. Found by the random programs of the bindings' tests. Values are looked
// at only on the CPU: on a GPU libtorch has checks of its own, and reading them would wait for the device.
#include "preconditions.h"

#include <ATen/ATen.h>
#include <ATen/core/ivalue.h>
#include <c10/util/Exception.h>
#include <c10/util/safe_numerics.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace gt {
namespace {

bool is_readable(const at::Tensor& tensor) { return tensor.device().is_cpu() && tensor.numel() > 0; }

struct Extremes {
  double least, most;
};

// Of a tensor with elements; NaN if one is.
Extremes extremes(const at::Tensor& tensor) {
  const auto [least, most] = at::aminmax(tensor.detach());
  return {least.item<double>(), most.item<double>()};
}

// The opposite of the exponent is taken, which -2^63 has not; then the loop has no end.
void power_has_opposite(const torch::jit::Stack& arguments) {
  TORCH_CHECK_VALUE(arguments[1].toInt() != std::numeric_limits<int64_t>::min(),
                    "matrix_power: the exponent n is -2^63, which is out of range");
}

// Views of a dimension without memory, or of an expanded one, can be more than there is memory for their
// list.
void check_pieces(const char* name, int64_t pieces) {
  constexpr int64_t most = int64_t{1} << 24;
  TORCH_CHECK_VALUE(pieces <= most, name, ": ", pieces, " tensors are more than the ", most,
                    " that can be made");
}

// The size of a dimension; 0 where libtorch will say that there is none.
int64_t size_of(const at::Tensor& tensor, const c10::IValue& dim) {
  const int64_t given = dim.toInt(), rank = tensor.dim();
  return given < -rank || given >= rank ? 0 : tensor.size(given);
}

int64_t quotient_up(int64_t size, int64_t part) {
  return part <= 0 ? 0 : size / part + (size % part > 0 ? 1 : 0);
}

void sections_can_be_listed(const torch::jit::Stack& arguments) {
  if (arguments[1].isInt()) check_pieces("tensor_split", arguments[1].toInt());
}

// Only where there is nothing to share out are there as many chunks as asked for.
void chunks_can_be_listed(const torch::jit::Stack& arguments) {
  const int64_t size = size_of(arguments[0].toTensor(), arguments[2]), chunks = arguments[1].toInt();
  check_pieces("chunk", size == 0 ? chunks : quotient_up(size, quotient_up(size, chunks)));
}

void parts_can_be_listed(const torch::jit::Stack& arguments) {
  if (!arguments[1].isInt()) return;
  check_pieces("split", quotient_up(size_of(arguments[0].toTensor(), arguments[2]), arguments[1].toInt()));
}

void slices_can_be_listed(const torch::jit::Stack& arguments) {
  check_pieces("unbind", size_of(arguments[0].toTensor(), arguments[1]));
}

// LAPACK writes past its memory where a number is not finite; linalg_eig checks that, this one does not.
void matrix_is_finite(const torch::jit::Stack& arguments) {
  const at::Tensor& matrix = arguments[0].toTensor();
  const bool numbers = matrix.is_floating_point() || matrix.is_complex();
  TORCH_CHECK_LINALG(!is_readable(matrix) || !numbers || at::isfinite(matrix.detach()).all().item<bool>(),
                     "linalg.eigvals: input tensor should not contain infs or NaNs.");
}

// The recurrence runs once for each degree up to n.
void degree_comes_to_an_end(const torch::jit::Stack& arguments) {
  constexpr double most = 1 << 20;
  const c10::IValue& n = arguments[1];
  double degree = 0;
  if (n.isScalar()) {
    degree = n.toScalar().toDouble();
  } else if (const at::Tensor& degrees = n.toTensor(); is_readable(degrees)) {
    degree = extremes(degrees).most;
  }
  TORCH_CHECK_VALUE(!(degree > most), "the degree n of a polynomial is ", degree, "; it must be at most ",
                    most);
}

// The sum of zeta starts at q and takes a step for each whole number up to 9, unless q is one itself. Only
// float64 has fractions so far below.
void check_zeta(const at::Tensor& q) {
  if (!is_readable(q) || q.scalar_type() != at::kDouble) return;
  constexpr double least = -(1 << 24);
  const at::Tensor values = q.detach();
  TORCH_CHECK_VALUE(!values.lt(least).logical_and(values.ne(values.floor())).any().item<bool>(),
                    "zeta and polygamma: a number below ", least, " that is not whole takes too long");
}

void zeta_comes_to_an_end(const torch::jit::Stack& arguments) {
  const c10::IValue& q = arguments[1];
  check_zeta(q.isTensor() ? q.toTensor() : at::scalar_tensor(q.toScalar(), at::kDouble));
}

// polygamma(n, x) and x.polygamma_(n)
void polygamma_comes_to_an_end(const torch::jit::Stack& arguments) {
  check_zeta(arguments[arguments[0].isTensor() ? 0 : 1].toTensor());
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
  if (matrix.dim() < 2 || !is_readable(pivots)) return;
  TORCH_CHECK_TYPE(at::isIntegralType(pivots.scalar_type(), false), name, ": pivots must be integers, are ",
                   pivots.scalar_type());
  const auto [least, most] = extremes(pivots.abs());
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

void check_shape(const char* name, const std::vector<int64_t>& shape, size_t element_size) {
  for (const int64_t size : shape) {
    TORCH_CHECK_VALUE(size >= 0, name, ": a size is ", size, "; it must not be negative");
  }
  constexpr auto most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  uint64_t count = 0;
  TORCH_CHECK_VALUE(!c10::safe_multiplies_u64(shape, &count) && count <= most / element_size, name,
                    ": the shape ", at::IntArrayRef(shape), " has more bytes than can be counted");
}

// Where an element lies is counted in bytes, also the first one of a dimension without a second: strides and
// offsets that overflow there lead outside of the memory.
void check_address(const char* name, const c10::IValue& strides, const c10::IValue& offset) {
  constexpr int64_t most = int64_t{1} << 48;
  for (const int64_t stride : strides.toIntVector()) {
    TORCH_CHECK_VALUE(stride <= most, name, ": a stride is ", stride, "; it must be at most ", most);
  }
  TORCH_CHECK_VALUE(offset.isNone() || offset.toInt() <= most, name, ": storage_offset is ", offset.toInt(),
                    "; it must be at most ", most);
}

void view_can_be_addressed(const torch::jit::Stack& arguments) {
  check_address("as_strided", arguments[2], arguments[3]);
}

void scattered_view_can_be_addressed(const torch::jit::Stack& arguments) {
  check_address("as_strided_scatter", arguments[3], arguments[4]);
}

// The storage is exchanged before the dtypes are compared and before the size is looked at.
void storage_suits(const torch::jit::Stack& arguments) {
  if (arguments.size() < 2 || !arguments[1].isTensor()) return;
  const at::Tensor &self = arguments[0].toTensor(), &source = arguments[1].toTensor();
  TORCH_CHECK_TYPE(self.scalar_type() == source.scalar_type(), "set_: the source is ", source.scalar_type(),
                   ", the tensor is ", self.scalar_type(), "; both must have the same dtype");
  if (arguments.size() < 5) return;
  check_shape("set_", arguments[3].toIntVector(), self.element_size());
  check_address("set_", arguments[4], arguments[2]);
}

// The new shape is stated before the memory is asked for.
void new_shape_can_be_counted(const torch::jit::Stack& arguments) {
  check_shape("resize_", arguments[1].toIntVector(), arguments[0].toTensor().element_size());
}

// Labels, offsets, samples and modes that are used as addresses.

void labels_are_classes(const torch::jit::Stack& arguments) {
  const at::Tensor &scores = arguments[0].toTensor(), &targets = arguments[1].toTensor();
  if (scores.dim() == 0 || !is_readable(targets)) return;
  const auto [least, most] = extremes(targets);
  const int64_t classes = scores.size(-1);
  TORCH_CHECK_INDEX(least >= 0 && most < static_cast<double>(classes), "ctc_loss: targets go from ", least,
                    " to ", most, "; they must be in [0, ", classes, "), the last dimension of log_probs");
}

void offsets_ascend(const torch::jit::Stack& arguments) {
  const at::Tensor &indices = arguments[1].toTensor(), &offsets = arguments[2].toTensor();
  if (!is_readable(offsets)) return;
  const at::Tensor row = offsets.reshape(-1).to(at::kLong);
  const auto [least, most] = extremes(row);
  TORCH_CHECK_VALUE(
      least >= 0 && most <= static_cast<double>(indices.numel()) && row.diff().ge(0).all().item<bool>(),
      "embedding_bag: offsets must ascend from 0 to the number of indices, ", indices.numel(),
      "; they go from ", least, " to ", most);
}

void samples_are_fractions(const torch::jit::Stack& arguments) {
  const at::Tensor& samples = arguments[3].toTensor();
  if (!is_readable(samples)) return;
  const auto [least, most] = extremes(samples);
  TORCH_CHECK_VALUE(least >= 0 && most <= 1, "fractional_max_pool: random_samples go from ", least, " to ",
                    most, "; they must be in [0, 1]");
}

void modes_exist(const torch::jit::Stack& arguments) {
  constexpr std::array<const char*, 2> names{"interpolation_mode", "padding_mode"};
  for (size_t i = 0; i < names.size(); i++) {
    const int64_t mode = arguments[i + 2].toInt();
    TORCH_CHECK_VALUE(mode >= 0 && mode <= 2, "grid_sampler: ", names[i], " is ", mode,
                      "; it must be 0, 1 or 2");
  }
}

// The forward pass counts windows with overflow.
void windows_can_be_counted(const torch::jit::Stack& arguments) {
  constexpr std::array<const char*, 4> names{"kernel_size", "stride", "padding", "dilation"};
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  for (size_t i = 0; i < names.size(); i++) {
    for (const int64_t number : arguments[i + 1].toIntVector()) {
      TORCH_CHECK_VALUE(number <= most, "max_pool1d: ", names[i], " is ", number, "; it must be at most ",
                        most);
    }
  }
}

// Where each maximum was, within the last dimensions of the input: its gradient is added there.
template <size_t place, int64_t dims>
void maxima_are_inside(const torch::jit::Stack& arguments) {
  const at::Tensor &input = arguments[1].toTensor(), &indices = arguments[place].toTensor();
  if (input.dim() < dims || !is_readable(indices)) return;
  const auto plane = static_cast<double>(c10::multiply_integers(input.sizes().slice(input.dim() - dims)));
  const auto [least, most] = extremes(indices);
  TORCH_CHECK_INDEX(least >= 0 && most < plane, "the backward pass of a maximum: indices go from ", least,
                    " to ", most, "; they must be in [0, ", plane, ")");
}

using Named = std::pair<const char*, Precondition>;
constexpr std::array preconditions{
    Named{"aten::matrix_power", power_has_opposite},
    Named{"aten::linalg_matrix_power", power_has_opposite},
    Named{"aten::tensor_split", sections_can_be_listed},
    Named{"aten::chunk", chunks_can_be_listed},
    Named{"aten::unsafe_chunk", chunks_can_be_listed},
    Named{"aten::split", parts_can_be_listed},
    Named{"aten::unsafe_split", parts_can_be_listed},
    Named{"aten::split_copy", parts_can_be_listed},
    Named{"aten::unbind", slices_can_be_listed},
    Named{"aten::unbind_copy", slices_can_be_listed},
    Named{"aten::hsplit", sections_can_be_listed},
    Named{"aten::vsplit", sections_can_be_listed},
    Named{"aten::dsplit", sections_can_be_listed},
    Named{"aten::as_strided", view_can_be_addressed},
    Named{"aten::as_strided_", view_can_be_addressed},
    Named{"aten::as_strided_copy", view_can_be_addressed},
    Named{"aten::as_strided_scatter", scattered_view_can_be_addressed},
    Named{"aten::set_", storage_suits},
    Named{"aten::resize_", new_shape_can_be_counted},
    Named{"aten::arange", range_can_be_counted},
    Named{"aten::range", range_can_be_counted},
    Named{"aten::linalg_eigvals", matrix_is_finite},
    Named{"aten::lu_unpack", unpacked_pivots_fit},
    Named{"aten::lu_solve", pivots_of_second_fit},
    Named{"aten::linalg_lu_solve", pivots_of_first_fit},
    Named{"aten::linalg_ldl_solve", pivots_of_first_fit},
    Named{"aten::special_zeta", zeta_comes_to_an_end},
    Named{"aten::polygamma", polygamma_comes_to_an_end},
    Named{"aten::polygamma_", polygamma_comes_to_an_end},
    Named{"aten::special_polygamma", polygamma_comes_to_an_end},
    Named{"aten::native_batch_norm", statistics_fit},
    Named{"aten::ctc_loss", labels_are_classes},
    Named{"aten::_ctc_loss", labels_are_classes},
    Named{"aten::embedding_bag", offsets_ascend},
    Named{"aten::_embedding_bag", offsets_ascend},
    Named{"aten::_embedding_bag_forward_only", offsets_ascend},
    Named{"aten::fractional_max_pool2d", samples_are_fractions},
    Named{"aten::fractional_max_pool3d", samples_are_fractions},
    Named{"aten::max_pool1d", windows_can_be_counted},
    Named{"aten::max_pool2d_with_indices_backward", maxima_are_inside<7, 2>},
    Named{"aten::max_pool3d_with_indices_backward", maxima_are_inside<7, 3>},
    Named{"aten::adaptive_max_pool2d_backward", maxima_are_inside<2, 2>},
    Named{"aten::adaptive_max_pool3d_backward", maxima_are_inside<2, 3>},
    Named{"aten::fractional_max_pool2d_backward", maxima_are_inside<4, 2>},
    Named{"aten::fractional_max_pool3d_backward", maxima_are_inside<4, 3>},
    Named{"aten::grid_sampler", modes_exist},
    Named{"aten::grid_sampler_2d", modes_exist},
    Named{"aten::grid_sampler_3d", modes_exist},
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
