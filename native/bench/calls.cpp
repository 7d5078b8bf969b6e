// The loops that the Java benchmarks are compared with, on libtorch's C++ API itself: no shim, no Java. Each
// case does what the method of the same name in bindings/src/jmh/java does.
//
//   gradus_torch_bench --version          the version of libtorch
//   gradus_torch_bench CASE MILLIS COUNT  nanoseconds per call, in the fastest of COUNT iterations of MILLIS
//   ms
#include <ATen/Parallel.h>
#include <ATen/TensorIndexing.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/add.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// Keeps the compiler from leaving out what nobody reads, and from asking once for all.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

class Stopwatch {
 public:
  Stopwatch(int millis, int count) : iteration_(std::chrono::milliseconds(millis)), count_(count) {}

  template <class Body>
  double measure(Body&& body) const {
    int64_t calls = 1;
    // Warms up, too. The fastest of three: a pause of the machine must not pass for a slow call.
    while (std::min({time(calls, body), time(calls, body), time(calls, body)}) < iteration_ / 4) calls *= 2;
    double fastest = 1e300;
    for (int i = 0; i < count_; i++) {
      int64_t done = 0;
      const auto start = Clock::now();
      std::chrono::duration<double, std::nano> elapsed{};
      do {
        for (int64_t j = 0; j < calls; j++) body();
        done += calls;
        elapsed = Clock::now() - start;
      } while (elapsed < iteration_);
      fastest = std::min(fastest, elapsed.count() / static_cast<double>(done));
    }
    return fastest;
  }

 private:
  template <class Body>
  static Clock::duration time(int64_t calls, Body&& body) {
    const auto start = Clock::now();
    for (int64_t i = 0; i < calls; i++) body();
    return Clock::now() - start;
  }

  std::chrono::nanoseconds iteration_;
  int count_;
};

namespace cases {

double add(const Stopwatch& stopwatch) {
  const at::Tensor a = at::ones({1}), b = at::ones({1});
  return stopwatch.measure([&] { const at::Tensor sum = at::add(a, b); });
}

double matmul(const Stopwatch& stopwatch) {
  const at::Tensor matrix = at::ones({64, 64});
  return stopwatch.measure([&] { const at::Tensor product = at::matmul(matrix, matrix); });
}

double conv(const Stopwatch& stopwatch) {
  const at::Tensor image = at::ones({1, 16, 16, 16}), filter = at::ones({16, 16, 3, 3}),
                   bias = at::ones({16});
  return stopwatch.measure([&] { const at::Tensor y = at::conv2d(image, filter, bias, 1, 1); });
}

double dim(const Stopwatch& stopwatch) {
  const at::Tensor x = at::ones({4, 8, 8, 16});
  return stopwatch.measure([&] {
    keep(x);
    keep(x.dim());
  });
}

double shape(const Stopwatch& stopwatch) {
  const at::Tensor x = at::ones({4, 8, 8, 16});
  return stopwatch.measure([&] { keep(x.sizes().vec()); });
}

double array(const Stopwatch& stopwatch) {
  std::vector<float> floats(1024);
  return stopwatch.measure([&] {
    const at::Tensor tensor = at::from_blob(floats.data(), {1024}).clone();
    const float* data = tensor.const_data_ptr<float>();
    keep(std::vector<float>(data, data + tensor.numel()));
  });
}

double boxed(const Stopwatch& stopwatch) {
  const at::Tensor a = at::ones({1}), b = at::ones({1});
  const auto add = c10::Dispatcher::singleton().findSchemaOrThrow("aten::add", "Tensor");
  torch::jit::Stack stack;
  return stopwatch.measure([&] {
    stack.emplace_back(a);
    stack.emplace_back(b);
    stack.emplace_back(1);
    add.callBoxed(stack);
    stack.clear();
  });
}

double select(const Stopwatch& stopwatch) {
  const at::Tensor x = at::ones({4, 8, 8, 16});
  return stopwatch.measure([&] { const at::Tensor row = x[2]; });
}

double index(const Stopwatch& stopwatch) {
  const at::Tensor x = at::ones({4, 8, 8, 16});
  return stopwatch.measure(
      [&] { const at::Tensor part = x.index({at::indexing::Slice(1, 3), at::indexing::Ellipsis, 0}); });
}

double perceptron(const Stopwatch& stopwatch) {
  const std::vector<int64_t> layers = {64, 128, 128, 10};
  const at::Tensor input = at::randn({32, layers.front()}), target = at::randn({32, layers.back()});
  std::vector<at::Tensor> parameters, averages, squares, steps;
  for (size_t i = 0; i + 1 < layers.size(); i++) {
    parameters.push_back(at::randn({layers[i + 1], layers[i]}).mul_(0.1).requires_grad_());
    parameters.push_back(at::zeros({layers[i + 1]}).requires_grad_());
  }
  for (const at::Tensor& parameter : parameters) {
    averages.push_back(at::zeros_like(parameter.detach()));
    squares.push_back(at::zeros_like(parameter.detach()));
    steps.push_back(at::zeros({}));
  }
  return stopwatch.measure([&] {
    at::Tensor y = input;
    for (size_t i = 0; i < parameters.size(); i += 2) {
      y = at::linear(i == 0 ? y : at::relu(y), parameters[i], parameters[i + 1]);
    }
    const at::Tensor loss = at::mse_loss(y, target);
    for (const at::Tensor& parameter : parameters) parameter.mutable_grad().reset();
    loss.backward();
    const c10::AutoGradMode no_grad(false);
    std::vector<at::Tensor> gradients;
    gradients.reserve(parameters.size());
    for (const at::Tensor& parameter : parameters) gradients.push_back(parameter.grad());
    at::_foreach_add_(steps, 1);
    at::_fused_adamw_(parameters, gradients, averages, squares, {}, steps, 1e-7, 0.9, 0.999, 0.01, 1e-8,
                      false, false);
  });
}

double temporaries(const Stopwatch& stopwatch) {
  const at::Tensor a = at::ones({1}), b = at::ones({1});
  std::vector<at::Tensor> sums;
  sums.reserve(100);
  return stopwatch.measure([&] {
    for (int i = 0; i < 100; i++) sums.push_back(at::add(a, b));
    sums.clear();
  });
}

}  // namespace cases

struct Case {
  const char* name;
  double (*measure)(const Stopwatch&);
};

#define CASE(name) {#name, cases::name}
const Case CASES[] = {CASE(add),   CASE(matmul), CASE(conv),  CASE(dim),        CASE(shape),      CASE(array),
                      CASE(boxed), CASE(select), CASE(index), CASE(perceptron), CASE(temporaries)};
#undef CASE

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
    std::puts(TORCH_VERSION);
    return 0;
  }
  const Case* found = nullptr;
  for (const Case& candidate : CASES) {
    if (argc == 4 && std::strcmp(argv[1], candidate.name) == 0) found = &candidate;
  }
  if (found == nullptr) {
    std::fprintf(stderr, "usage: %s --version | CASE MILLIS COUNT\n", argv[0]);
    return 2;
  }
  at::set_num_threads(1);
  std::printf("%.3f\n", found->measure(Stopwatch(std::atoi(argv[2]), std::atoi(argv[3]))));
}
