// Where libtorch keeps a tensor's shape, for callers that read it where it lies.
#include <c10/core/TensorImpl.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "internal.h"

namespace gt {
namespace {

constexpr size_t WORDS = sizeof(c10::TensorImpl) / sizeof(int64_t);
using Words = std::array<int64_t, WORDS>;

// A tensor without memory, which may look at its own fields.
struct Probe : c10::TensorImpl {
  Probe() : TensorImpl(c10::DispatchKeySet(), caffe2::TypeMeta::Make<float>(), c10::Device(c10::kCPU)) {}

  int64_t offset(const void* field) const {
    return static_cast<const char*>(field) -
           reinterpret_cast<const char*>(static_cast<const TensorImpl*>(this));
  }

  Words words() const {
    Words all;
    std::memcpy(all.data(), static_cast<const void*>(static_cast<const TensorImpl*>(this)), sizeof all);
    return all;
  }

  // Throws where a tensor of these sizes does not lie as the fields say.
  void check(const gt_fields& fields, at::IntArrayRef shape) {
    set_sizes_contiguous(shape);
    const Words all = words();
    const auto word = [&](int64_t at) { return all.at(static_cast<size_t>(at) / sizeof(int64_t)); };
    const auto* lying = reinterpret_cast<const int64_t*>(
        static_cast<int64_t>(shape.size()) <= fields.max_inside
            ? reinterpret_cast<const char*>(static_cast<const TensorImpl*>(this)) + fields.sizes
            : reinterpret_cast<const char*>(word(fields.sizes)));
    TORCH_CHECK(word(fields.dim) == static_cast<int64_t>(shape.size()) && word(fields.numel) == numel() &&
                    (word(fields.policy) & fields.custom_sizes) == 0 && lying == sizes().data() &&
                    std::equal(shape.begin(), shape.end(), lying),
                "libtorch keeps the shape of a tensor elsewhere than its headers say");
  }

  void find(gt_fields& fields) {
    set_sizes_contiguous({2});
    fields.dim = offset(&sizes_and_strides_);
    fields.sizes = offset(sizes_and_strides_.sizes_data());
    fields.max_inside = C10_SIZES_AND_STRIDES_MAX_INLINE_SIZE;
    fields.numel = offset(&numel_);
    // A few bits, which have no address: they are those that change.
    const Words plain = words();
    set_custom_sizes_strides(SizesStridesPolicy::CustomSizes);
    const Words custom = words();
    set_custom_sizes_strides(SizesStridesPolicy::Default);
    for (size_t i = 0; i < WORDS; i++) {
      if (plain[i] == custom[i]) continue;
      TORCH_CHECK(fields.custom_sizes == 0, "libtorch keeps the sizes policy of a tensor in two words");
      fields.policy = static_cast<int64_t>(i * sizeof(int64_t));
      fields.custom_sizes = custom[i] & ~plain[i];
    }
    TORCH_CHECK(fields.custom_sizes != 0, "libtorch's sizes policy of a tensor was not found");
  }
};

}  // namespace
}  // namespace gt

int32_t gt_tensor_fields(gt_fields* out) {
  return gt::run([&] {
    if (out == nullptr) gt::throw_null("result");
    *out = {};
    gt_fields fields{};
    const auto probe = c10::make_intrusive<gt::Probe>();
    probe->find(fields);
    const int64_t sizes[] = {2, 3, 1, 4, 2, 3, 2};
    for (size_t dim = 0; dim <= std::size(sizes); dim++) probe->check(fields, {sizes, dim});
    *out = fields;
  });
}
