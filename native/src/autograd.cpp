// Gradients, and whether this thread records a graph for them.
#include <ATen/core/Tensor.h>
#include <c10/core/AutogradState.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/autograd.h>

#include "internal.h"

namespace {

// Nodes of other devices, too, run in the thread that asks for the gradients, so that hooks and backward
// functions of the caller do. (libtorch starts a thread for every 60 passes inside of each other, even so.)
class OneThread {
 public:
  OneThread() : before_(c10::AutogradState::get_tls_state()) {
    c10::AutogradState state = before_;
    state.set_multithreading_enabled(false);
    c10::AutogradState::set_tls_state(state);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;
  ~OneThread() { c10::AutogradState::set_tls_state(before_); }

 private:
  c10::AutogradState before_;
};

// Copies: code that is called back may reuse the caller's memory, and free what the handles name.
torch::autograd::variable_list copies(const gt_tensor* handles, int64_t count) {
  if (handles == nullptr) return {};
  if (count < 0) gt::throw_count(count);
  torch::autograd::variable_list tensors;
  tensors.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i++) {
    tensors.push_back(gt::optional_tensor(handles[i]).value_or(at::Tensor()));
  }
  return tensors;
}

}  // namespace

int32_t gt_set_requires_grad(gt_tensor self, int32_t on) {
  return gt::run([&] {
    const at::Tensor& tensor = gt::tensor(self);
    // libtorch would take it without an effect; PyTorch refuses it, in these words.
    TORCH_CHECK(
        on != 0 || tensor.is_leaf(),
        "you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
        "in a subgraph that doesn't require differentiation use detach().");
    tensor.set_requires_grad(on != 0);
  });
}

int32_t gt_backward(gt_tensor self, gt_tensor gradient, int32_t retain_graph, int32_t create_graph) {
  return gt_backward_many(&self, &gradient, 1, retain_graph, create_graph);
}

int32_t gt_backward_many(const gt_tensor* roots, const gt_tensor* gradients, int64_t count,
                         int32_t retain_graph, int32_t create_graph) {
  return gt::run([&] {
    const auto tensors = gt::tensors(roots, count).vec();
    const OneThread guard;
    torch::autograd::backward(tensors, copies(gradients, count), retain_graph != 0, create_graph != 0);
  });
}

gt_tensor gt_grad(gt_tensor self) {
  gt::clear_error();
  return gt::make([&] { return at::Tensor(gt::tensor(self).grad()); });
}

int32_t gt_set_grad(gt_tensor self, gt_tensor gradient) {
  return gt::run([&] {
    const at::Tensor& tensor = gt::tensor(self);
    tensor.mutable_grad() = gradient == 0 ? at::Tensor() : gt::tensor(gradient);
  });
}

int32_t gt_autograd_grad(gt_tensor output, gt_tensor gradient, const gt_tensor* inputs, int64_t count,
                         int32_t retain_graph, int32_t create_graph, int32_t allow_unused, gt_tensor* out) {
  return gt_autograd_grad_many(&output, &gradient, 1, inputs, count, retain_graph, create_graph, allow_unused,
                               out);
}

int32_t gt_autograd_grad_many(const gt_tensor* outputs, const gt_tensor* gradients, int64_t count,
                              const gt_tensor* inputs, int64_t input_count, int32_t retain_graph,
                              int32_t create_graph, int32_t allow_unused, gt_tensor* out) {
  return gt::run([&] {
    if (out == nullptr && input_count > 0) gt::throw_null("list of results");
    const auto tensors = gt::tensors(outputs, count).vec();
    const auto sources = gt::tensors(inputs, input_count).vec();
    const OneThread guard;
    auto results = torch::autograd::grad(tensors, sources, copies(gradients, count), retain_graph != 0,
                                         create_graph != 0, allow_unused != 0);
    for (size_t i = 0; i < results.size(); i++) out[i] = gt::release(std::move(results[i]));
  });
}

int32_t gt_retain_grad(gt_tensor self) {
  return gt::run([&] { gt::tensor(self).retain_grad(); });
}

int32_t gt_retains_grad(gt_tensor self) {
  return gt::value_or<int32_t>(0, [&] { return gt::tensor(self).retains_grad() ? 1 : 0; });
}

int32_t gt_is_inference(gt_tensor self) {
  return gt::value_or<int32_t>(0, [&] { return gt::tensor(self).is_inference() ? 1 : 0; });
}

int64_t gt_version_of(gt_tensor self) {
  return gt::value_or<int64_t>(-1, [&] { return gt::tensor(self)._version(); });
}

int32_t gt_grad_enabled(void) { return c10::GradMode::is_enabled() ? 1 : 0; }

int32_t gt_set_grad_enabled(int32_t on) {
  const bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(on != 0);
  return before ? 1 : 0;
}
