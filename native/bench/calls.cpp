// The loops that the Java benchmarks are compared with, on libtorch's C++ API itself: no shim, no Java.
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/ones.h>

#include <chrono>
#include <cstdint>
#include <vector>

#define BENCH_API extern "C" __attribute__((visibility("default")))

namespace {

template <class Body>
double nanoseconds_per_call(int64_t calls, Body&& body) {
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < calls; i++) body();
  const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
  return elapsed.count() / static_cast<double>(calls);
}

}  // namespace

// Adds two tensors of one element and frees the sum, so many times; returns nanoseconds per call.
BENCH_API double gt_bench_add(int64_t calls) {
  const at::Tensor a = at::ones({1}), b = at::ones({1});
  return nanoseconds_per_call(calls, [&] { const at::Tensor sum = at::add(a, b); });
}

// The same, with a hundred sums alive before they are freed together.
BENCH_API double gt_bench_add_hundred(int64_t calls) {
  const at::Tensor a = at::ones({1}), b = at::ones({1});
  std::vector<at::Tensor> sums;
  sums.reserve(100);
  return nanoseconds_per_call(calls, [&] {
    if (sums.size() == 100) sums.clear();
    sums.push_back(at::add(a, b));
  });
}

// Asks a tensor for its number of dimensions.
BENCH_API double gt_bench_dim(int64_t calls) {
  at::Tensor a = at::ones({1});
  return nanoseconds_per_call(calls, [&] {
    const at::Tensor* tensor = &a;
    asm volatile("" : "+r"(tensor) : : "memory");  // keeps the compiler from asking once for all
    int64_t dim = tensor->dim();
    asm volatile("" : : "r"(dim));
  });
}
