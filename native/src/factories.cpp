// Tensors out of nothing, out of a generator, out of host memory - and the generators.
#include <ATen/Context.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <mutex>

#include "internal.h"
#include "preconditions.h"

namespace {

// As with tensors: a handle is what an at::Generator holds, and is read where it lies.
static_assert(sizeof(at::Generator) == sizeof(gt_generator));

at::Generator& borrow(gt_generator& handle) {
  if (handle == 0) gt::throw_null("generator");
  return reinterpret_cast<at::Generator&>(handle);
}

at::Tensor with_grad(at::Tensor tensor, int32_t requires_grad) {
  if (requires_grad) tensor.set_requires_grad(true);
  return tensor;
}

}  // namespace

namespace gt {

std::optional<at::Generator> generator(gt_generator handle) {
  if (handle == 0) return std::nullopt;
  return borrow(handle);
}

gt_generator release_generator(at::Generator&& generator) noexcept {
  count_handles(1);
  return reinterpret_cast<gt_generator>(generator.unsafeReleaseGeneratorImpl());
}

}  // namespace gt

#define GT_OPTIONS_OF gt::options(dtype, device_type, device_index)

#define GT_DEFINE(name)                                                                             \
  gt_tensor gt_##name(const int64_t* sizes, int64_t count, GT_OPTIONS) {                            \
    return gt::make(                                                                                \
        [&] { return with_grad(at::name(gt::ints(sizes, count), GT_OPTIONS_OF), requires_grad); }); \
  }
GT_FACTORIES(GT_DEFINE)
#undef GT_DEFINE

#define GT_DEFINE(name)                                                                           \
  gt_tensor gt_##name(const int64_t* sizes, int64_t count, gt_generator generator, GT_OPTIONS) {  \
    return gt::make([&] {                                                                         \
      return with_grad(at::name(gt::ints(sizes, count), gt::generator(generator), GT_OPTIONS_OF), \
                       requires_grad);                                                            \
    });                                                                                           \
  }
GT_RANDOM_FACTORIES(GT_DEFINE)
#undef GT_DEFINE

#define GT_DEFINE(name)                                          \
  gt_tensor gt_##name(gt_tensor self) {                          \
    return gt::make([&] { return at::name(gt::tensor(self)); }); \
  }
GT_LIKE_FACTORIES(GT_DEFINE)
#undef GT_DEFINE

gt_tensor gt_full(const int64_t* sizes, int64_t count, GT_SCALAR(value), GT_OPTIONS) {
  return gt::make([&] {
    return with_grad(at::full(gt::ints(sizes, count), gt::scalar(value_kind, value_bits), GT_OPTIONS_OF),
                     requires_grad);
  });
}

gt_tensor gt_randint(int64_t low, int64_t high, const int64_t* sizes, int64_t count, gt_generator generator,
                     GT_OPTIONS) {
  return gt::make([&] {
    return with_grad(at::randint(low, high, gt::ints(sizes, count), gt::generator(generator), GT_OPTIONS_OF),
                     requires_grad);
  });
}

gt_tensor gt_randperm(int64_t n, gt_generator generator, GT_OPTIONS) {
  return gt::make(
      [&] { return with_grad(at::randperm(n, gt::generator(generator), GT_OPTIONS_OF), requires_grad); });
}

gt_tensor gt_randn_like(gt_tensor self, gt_generator generator) {
  return gt::make(
      [&] { return at::empty_like(gt::tensor(self).detach()).normal_(0, 1, gt::generator(generator)); });
}

gt_tensor gt_arange(GT_SCALAR(start), GT_SCALAR(end), GT_SCALAR(step), GT_OPTIONS) {
  return gt::make([&] {
    const at::Scalar start = gt::scalar(start_kind, start_bits), end = gt::scalar(end_kind, end_bits);
    gt::check_range(start, end);
    return with_grad(at::arange(start, end, gt::scalar(step_kind, step_bits), GT_OPTIONS_OF), requires_grad);
  });
}

gt_tensor gt_linspace(double start, double end, int64_t steps, GT_OPTIONS) {
  return gt::make([&] { return with_grad(at::linspace(start, end, steps, GT_OPTIONS_OF), requires_grad); });
}

gt_tensor gt_eye(int64_t n, GT_OPTIONS) {
  return gt::make([&] { return with_grad(at::eye(n, GT_OPTIONS_OF), requires_grad); });
}

gt_generator gt_generator_new(int32_t device_type, int32_t device_index, int64_t seed) {
  return gt::value_or<gt_generator>(0, [&] {
    const at::Device device = gt::device(device_type, device_index);
    at::Generator generator = at::globalContext().defaultGenerator(device).clone();
    generator.set_current_seed(static_cast<uint64_t>(seed));
    return gt::release_generator(std::move(generator));
  });
}

gt_generator gt_generator_default(int32_t device_type, int32_t device_index) {
  return gt::value_or<gt_generator>(0, [&] {
    at::Generator generator = at::globalContext().defaultGenerator(gt::device(device_type, device_index));
    return gt::release_generator(std::move(generator));
  });
}

void gt_generator_free(gt_generator generator) {
  if (generator == 0) return;
  gt::count_handles(-1);
  c10::intrusive_ptr<c10::GeneratorImpl>::reclaim(reinterpret_cast<c10::GeneratorImpl*>(generator));
}

int32_t gt_generator_seed(gt_generator generator, int64_t seed) {
  return gt::run([&] {
    at::Generator& target = borrow(generator);
    const std::lock_guard<std::mutex> lock(target.mutex());
    target.set_current_seed(static_cast<uint64_t>(seed));
  });
}

int32_t gt_generator_seed_anew(gt_generator generator, int64_t* seed) {
  return gt::run([&] {
    at::Generator& target = borrow(generator);
    const std::lock_guard<std::mutex> lock(target.mutex());
    *seed = static_cast<int64_t>(target.seed());
  });
}

int32_t gt_generator_initial_seed(gt_generator generator, int64_t* seed) {
  return gt::run([&] {
    at::Generator& source = borrow(generator);
    const std::lock_guard<std::mutex> lock(source.mutex());
    *seed = static_cast<int64_t>(source.current_seed());
  });
}

gt_tensor gt_generator_state(gt_generator generator) {
  return gt::make([&] {
    at::Generator& source = borrow(generator);
    const std::lock_guard<std::mutex> lock(source.mutex());
    return source.get_state();
  });
}

int32_t gt_generator_set_state(gt_generator generator, gt_tensor state) {
  return gt::run([&] {
    at::Generator& target = borrow(generator);
    const std::lock_guard<std::mutex> lock(target.mutex());
    target.set_state(gt::tensor(state));
  });
}
