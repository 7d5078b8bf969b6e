// Functions whose backward is the caller's code.
#include <ATen/DeviceGuard.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/version.h>

#include <mutex>
#include <type_traits>
#include <unordered_set>

#include "callbacks.h"
#include "engine.h"

namespace gt {
namespace {

using torch::autograd::Node;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

struct FunctionNode : Node {
  CallbackPtr callback;
  std::string label;
  std::vector<torch::autograd::VariableInfo> outputs;
  bool materialize = true;
  std::vector<SavedVariable> saved;
  bool is_released = false;
  // Recursive, since unpacking may run a checkpointed function again.
  std::recursive_mutex saved_mutex;

  std::string name() const override { return label; }

  // Without a lock, unlike libtorch's own node for custom functions: a backward that starts another one,
  // which comes through here again, would wait for itself.
  variable_list apply(variable_list&& gradients) override {
    at::OptionalDeviceGuard guard;
    if (materialize) {
      for (size_t i = 0; i < gradients.size(); i++) {
        if (!gradients[i].defined()) gradients[i] = outputs[i].zeros(guard);
      }
    }
    return (*callback)(GT_EVENT_BACKWARD, gradients, num_outputs(), reinterpret_cast<intptr_t>(this));
  }

  void release_variables() override {
    const std::lock_guard<std::recursive_mutex> lock(saved_mutex);
    saved.clear();
    is_released = true;
  }

  variable_list unpack() {
    const std::lock_guard<std::recursive_mutex> lock(saved_mutex);
    TORCH_CHECK(!is_released, torch::autograd::ERR_BACKWARD_TWICE);
    variable_list tensors;
    tensors.reserve(saved.size());
    for (const auto& variable : saved) tensors.push_back(variable.unpack(getptr()));
    return tensors;
  }
};

// The shape of the pointer decides; deleteNode is found where it exists.
template <class Pointer, class Object>
Pointer owned(Object* node) {
  if constexpr (std::is_same_v<Pointer, std::shared_ptr<Node>>) {
    return Pointer(node, [](auto* n) { deleteNode(n); });
  } else {
    return Pointer::unsafe_steal_from_new(node);
  }
}

std::unordered_set<at::TensorImpl*> implementations(at::TensorList tensors) {
  std::unordered_set<at::TensorImpl*> all;
  for (const at::Tensor& tensor : tensors) all.insert(tensor.unsafeGetTensorImpl());
  return all;
}

// The lists that the caller passes in one array.
struct Lists {
  at::TensorList inputs, outputs, changed, without_gradient;
  const gt_tensor* saved;
  int64_t saved_count;

  Lists(const gt_tensor* tensors, const int64_t* counts) {
    if (counts == nullptr) throw_null("list of counts");
    inputs = next(tensors, counts[0]);
    outputs = next(tensors, counts[1]);
    saved = tensors;
    saved_count = counts[2];
    if (saved_count < 0) throw_count(saved_count);
    tensors += saved_count;
    changed = next(tensors, counts[3]);
    without_gradient = next(tensors, counts[4]);
  }

  static at::TensorList next(const gt_tensor*& tensors, int64_t count) {
    const auto list = gt::tensors(tensors, count);
    tensors += count;
    return list;
  }
};

variable_list apply(CallbackPtr callback, const char* name, const Lists& lists, bool materialize) {
  const variable_list inputs = lists.inputs.vec();
  FunctionNode* node = nullptr;
  NodePtr owner;
  if (c10::GradMode::is_enabled() && torch::autograd::any_variable_requires_grad(inputs)) {
    node = new FunctionNode;
    owner = owned<NodePtr>(node);
    node->callback = std::move(callback);
    node->label = name;
    node->materialize = materialize;
    node->set_next_edges(torch::autograd::collect_next_edges(inputs));
  }
  const auto changed = implementations(lists.changed);
  for (auto* tensor : changed) tensor->bump_version();
  const std::vector<std::optional<at::Tensor>> raw(lists.outputs.begin(), lists.outputs.end());
  const auto no_forward_mode = [](const variable_list&, const variable_list&) -> variable_list {
    TORCH_CHECK_NOT_IMPLEMENTED(false, "forward-mode derivatives of a custom function");
  };
  const auto view = [](const at::Tensor& tensor) { return tensor.view_as(tensor); };
  const auto wrap = [&](auto&... attached) {
    return torch::autograd::_wrap_outputs(inputs, implementations(lists.without_gradient), changed, raw,
                                          owner, no_forward_mode, {}, view, /*pure_view=*/false, attached...);
  };
#if TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR < 14
  const auto wrapped = wrap();
#else
  NodePtr attached;  // the node that the outputs got, where one of them was changed in place
  const auto wrapped = wrap(attached);
#endif
  variable_list outputs;
  outputs.reserve(wrapped.size());
  for (const auto& output : wrapped) outputs.push_back(*output);
  if (node != nullptr) {
    for (const at::Tensor& output : outputs) node->outputs.emplace_back(output);
    for (int64_t i = 0; i < lists.saved_count; i++) {
      const auto tensor = optional_tensor(lists.saved[i]);
      // An output holds the node, so the node must not hold the output.
      node->saved.emplace_back(tensor, tensor.has_value() && tensor->grad_fn() == owner);
    }
  }
  return outputs;
}

}  // namespace
}  // namespace gt

int32_t gt_function_apply(int64_t id, const char* name, const gt_tensor* tensors, const int64_t* counts,
                          int32_t materialize, gt_tensor* out) {
  return gt::run([&] {
    auto callback = gt::callback(id);
    if (name == nullptr) gt::throw_null("name");
    const gt::Lists lists(tensors, counts);
    if (out == nullptr && !lists.outputs.empty()) gt::throw_null("list of results");
    auto outputs = gt::apply(std::move(callback), name, lists, materialize != 0);
    for (auto& output : outputs) *out++ = gt::release(std::move(output));
  });
}

int32_t gt_function_saved(intptr_t context, gt_tensor* out, int64_t capacity) {
  return gt::run([&] {
    if (context == 0) gt::throw_null("context");
    auto tensors = reinterpret_cast<gt::FunctionNode*>(context)->unpack();
    if (static_cast<int64_t>(tensors.size()) > capacity)
      throw std::out_of_range("more tensors were saved than asked for");
    for (auto& tensor : tensors) *out++ = gt::release(std::move(tensor));
  });
}

int32_t gt_function_needs_gradient(intptr_t context, int64_t input) {
  return gt::value_or<int32_t>(0, [&] {
    if (context == 0) gt::throw_null("context");
    const auto* node = reinterpret_cast<gt::FunctionNode*>(context);
    return node->task_should_compute_output(static_cast<size_t>(input)) ? 1 : 0;
  });
}
