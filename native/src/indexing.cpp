// self[indices] and self[indices] = value, as in Python; and what printing asks of a tensor.
#define AT_PER_OPERATOR_HEADERS
#include <ATen/TensorIndexing.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/as_strided.h>
#include <ATen/ops/fill.h>
#include <ATen/ops/select.h>
#include <c10/core/GradMode.h>
#include <c10/util/SmallVector.h>
#include <torch/csrc/autograd/function.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "internal.h"

namespace {

using at::indexing::Slice;
using at::indexing::TensorIndex;
using Indices = c10::SmallVector<TensorIndex, 4>;
using Sizes = c10::SmallVector<int64_t, 8>;

const int64_t* check_indices(const int64_t* numbers, int64_t count) {
  if (count < 0) gt::throw_count(count);
  if (numbers == nullptr && count > 0) gt::throw_null("list of indices");
  return numbers;
}

std::optional<c10::SymInt> end_of_range(int64_t number) {
  return number == INT64_MIN ? std::nullopt : std::optional<c10::SymInt>(number);
}

TensorIndex index_of(const int64_t* numbers) {
  switch (numbers[0]) {
    case GT_INDEX_AT:
      return {numbers[1]};
    case GT_INDEX_RANGE:
      return {Slice(end_of_range(numbers[1]), end_of_range(numbers[2]), c10::SymInt(numbers[3]))};
    case GT_INDEX_NEW_AXIS:
      return {at::indexing::None};
    case GT_INDEX_ELLIPSIS:
      return {at::indexing::Ellipsis};
    case GT_INDEX_BOOL:
      return {numbers[1] != 0};
    case GT_INDEX_TENSOR: {
      const gt_tensor handle = static_cast<gt_tensor>(numbers[1]);
      return {gt::tensor(handle)};
    }
    default:
      throw std::invalid_argument("index kind " + std::to_string(numbers[0]) +
                                  " is not one of gt_index_kind");
  }
}

Indices indices_of(const int64_t* numbers, int64_t count) {
  Indices indices;
  indices.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i++) indices.push_back(index_of(numbers + i * GT_INDEX_NUMBERS));
  return indices;
}

// Where the view made by positions, ranges and new axes lies. It is found here, and made by one operator
// instead of one for each index.
struct View {
  explicit View(const at::Tensor& tensor)
      : sizes_(tensor.sizes()), strides_(tensor.strides()), offset(tensor.storage_offset()) {}

  // The rest is false where an index is wrong: libtorch then finds the words.
  bool at(int64_t position) {
    if (next_ == sizes_.size()) return false;
    const int64_t size = sizes_[next_];
    if (position < -size || position >= size) return false;
    offset += (position < 0 ? position + size : position) * strides_[next_++];
    return true;
  }

  bool range(int64_t start, int64_t end, int64_t step) {
    if (next_ == sizes_.size() || step <= 0) return false;
    const int64_t size = sizes_[next_];
    const auto bound = [size](int64_t number, int64_t open) {
      if (number == INT64_MIN) return open;
      return std::clamp<int64_t>(number < 0 ? number + size : number, 0, size);
    };
    const int64_t first = bound(start, 0);
    const int64_t last = std::max(bound(end, size), first);
    const int64_t length = last - first;
    offset += first * strides_[next_];
    sizes.push_back(length / step + (length % step != 0));
    int64_t stride;
    if (__builtin_mul_overflow(strides_[next_++], step, &stride)) return false;
    strides.push_back(stride);
    return true;
  }

  void new_axis() {
    sizes.push_back(1);
    strides.push_back(next_ == sizes_.size() ? 1 : sizes_[next_] * strides_[next_]);
  }

  void keep(size_t dims) {
    for (; dims > 0; dims--, next_++) {
      sizes.push_back(sizes_[next_]);
      strides.push_back(strides_[next_]);
    }
  }

  size_t left() const { return sizes_.size() - next_; }

  Sizes sizes;
  Sizes strides;

 private:
  at::IntArrayRef sizes_;
  at::IntArrayRef strides_;
  size_t next_ = 0;

 public:
  int64_t offset;
};

// Whether a view may be made by as_strided. The graph of gradients records how a view came about, so there
// the operators are the ones that Python calls.
bool is_simple(const at::Tensor& tensor) {
  return tensor.layout() == at::kStrided && !tensor.is_quantized() && !tensor.is_conj() && !tensor.is_neg() &&
         !tensor.is_nested() && !(c10::GradMode::is_enabled() && tensor.requires_grad());
}

at::Tensor made(const at::Tensor& self, const View& view) {
  return at::as_strided(self, view.sizes, view.strides, view.offset);
}

bool follow(View& view, const int64_t* numbers, int64_t count) {
  size_t taken = 0;
  for (int64_t i = 0; i < count; i++) {
    const int64_t kind = numbers[i * GT_INDEX_NUMBERS];
    if (kind == GT_INDEX_AT || kind == GT_INDEX_RANGE) taken++;
  }
  const size_t dims = view.left();
  if (taken > dims) return false;
  bool skipped = false;
  for (int64_t i = 0; i < count; i++) {
    const int64_t* index = numbers + i * GT_INDEX_NUMBERS;
    switch (index[0]) {
      case GT_INDEX_AT:
        if (!view.at(index[1])) return false;
        break;
      case GT_INDEX_RANGE:
        if (!view.range(index[1], index[2], index[3])) return false;
        break;
      case GT_INDEX_NEW_AXIS:
        view.new_axis();
        break;
      case GT_INDEX_ELLIPSIS:
        if (skipped) return false;
        skipped = true;
        view.keep(dims - taken);
        break;
      default:
        return false;
    }
  }
  view.keep(view.left());
  return true;
}

at::Tensor get_item(const at::Tensor& self, const int64_t* numbers, int64_t count) {
  if (count > 1 && is_simple(self)) {
    View view(self);
    if (follow(view, numbers, count)) return made(self, view);
  }
  if (count == 1 && numbers[0] == GT_INDEX_RANGE && numbers[3] > 0 && self.dim() > 0) {
    const auto bound = [](int64_t number) {
      return number == INT64_MIN ? std::nullopt : std::optional<int64_t>(number);
    };
    return self.slice(0, bound(numbers[1]), bound(numbers[2]), numbers[3]);
  }
  return at::indexing::get_item(self, indices_of(numbers, count));
}

// Blocks of `source`, one after the other: of the dimensions from `dim` on those that are longer than twice
// the edge give their two ends.
void copy_edges(const at::Tensor& source, const at::Tensor& target, int64_t dim, int64_t edge) {
  if (dim == source.dim()) {
    target.copy_(source);
  } else if (source.size(dim) == target.size(dim)) {
    copy_edges(source, target, dim + 1, edge);
  } else {
    copy_edges(source.narrow(dim, 0, edge), target.narrow(dim, 0, edge), dim + 1, edge);
    copy_edges(source.narrow(dim, source.size(dim) - edge, edge), target.narrow(dim, edge, edge), dim + 1,
               edge);
  }
}

}  // namespace

gt_tensor gt_get_item(gt_tensor self, const int64_t* indices, int64_t count) {
  return gt::make([&] { return get_item(gt::tensor(self), check_indices(indices, count), count); });
}

gt_tensor gt_get_at(gt_tensor self, const int64_t* positions, int64_t count) {
  return gt::make([&] {
    const at::Tensor& tensor = gt::tensor(self);
    check_indices(positions, count);
    if (count == 1 && tensor.dim() > 0 && positions[0] >= -tensor.size(0) && positions[0] < tensor.size(0)) {
      return tensor.select(0, positions[0]);
    }
    if (count > 1 && is_simple(tensor)) {
      View view(tensor);
      int64_t done = 0;
      while (done < count && view.at(positions[done])) done++;
      if (done == count) {
        view.keep(view.left());
        return made(tensor, view);
      }
    }
    Indices indices;
    for (int64_t i = 0; i < count; i++) indices.emplace_back(positions[i]);
    return at::indexing::get_item(tensor, indices);
  });
}

int32_t gt_set_item(gt_tensor self, const int64_t* indices, int64_t count, gt_tensor value) {
  return gt::run([&] {
    const at::Tensor& tensor = gt::tensor(self);
    at::Tensor source = gt::tensor(value);
    const Indices list = indices_of(check_indices(indices, count), count);
    if (source.dim() == 0 && source.device() != tensor.device()) source = source.to(tensor.device());
    at::indexing::set_item(tensor, list, source);
  });
}

int32_t gt_set_item_scalar(gt_tensor self, const int64_t* indices, int64_t count, GT_SCALAR(value)) {
  return gt::run([&] {
    const at::Tensor& tensor = gt::tensor(self);
    const at::Scalar scalar = gt::scalar(value_kind, value_bits);
    check_indices(indices, count);
    if (count > 0 && is_simple(tensor)) {
      View view(tensor);
      if (follow(view, indices, count)) {
        made(tensor, view).fill_(scalar);
        return;
      }
    }
    const Indices list = indices_of(indices, count);
    at::indexing::set_item(tensor, list,
                           at::indexing::scalarToTensor(scalar, tensor.options(), tensor.device()));
  });
}

const char* gt_layout_name(gt_tensor self) {
  return gt::value_or<const char*>("unknown", [&] {
    switch (gt::tensor(self).layout()) {
      case at::kStrided:
        return "strided";
      case at::kSparse:
        return "sparse_coo";
      case at::kSparseCsr:
        return "sparse_csr";
      case at::kSparseCsc:
        return "sparse_csc";
      case at::kSparseBsr:
        return "sparse_bsr";
      case at::kSparseBsc:
        return "sparse_bsc";
      case at::kMkldnn:
        return "_mkldnn";
      case at::kJagged:
        return "jagged";
      default:
        return "unknown";
    }
  });
}

const char* gt_grad_fn_name(gt_tensor self) {
  static thread_local std::string name;
  return gt::value_or<const char*>("Invalid", [&] {
    const auto& function = gt::tensor(self).grad_fn();
    name = function == nullptr ? "" : function->name();
    const size_t qualified = name.rfind("::");
    if (qualified != std::string::npos) name.erase(0, qualified + 2);
    return name.c_str();
  });
}

gt_tensor gt_edges(gt_tensor self, int64_t edge, int32_t dtype) {
  return gt::make([&] {
    if (edge < 0)
      throw std::invalid_argument("the edge is " + std::to_string(edge) + ", it must not be negative");
    at::Tensor source = gt::tensor(self).detach();
    if (source.layout() != at::kStrided) source = source.to_dense();
    if (source.is_quantized()) source = source.dequantize();
    Sizes sizes(source.sizes().begin(), source.sizes().end());
    for (int64_t& size : sizes) size = std::min(size, 2 * edge);
    const at::Tensor target = at::empty(sizes, at::TensorOptions().dtype(gt::dtype(dtype)));
    copy_edges(source, target, 0, edge);
    return target;
  });
}
