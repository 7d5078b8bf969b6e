// Hooks of tensors, run in the order they were added. libtorch gets one hook a tensor, which runs the list:
// its own lists are not safe to change while another thread computes gradients.
#include <ATen/core/VariableHooksInterface.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "callbacks.h"

namespace gt {
namespace {

class HookList;

// Where a hook is, by its id.
struct Places {
  std::mutex mutex;
  std::unordered_map<int64_t, std::weak_ptr<HookList>> lists;
};

Places& places() {
  static auto* all = new Places;
  return *all;
}

class HookList {
 public:
  ~HookList() {
    const std::lock_guard<std::mutex> lock(places().mutex);
    for (const auto& hook : hooks_) places().lists.erase(hook->id());
  }

  void add(CallbackPtr hook) {
    const std::lock_guard<std::mutex> lock(mutex_);
    hooks_.push_back(std::move(hook));
  }

  // Returns the hook, so that it goes outside of the lock.
  CallbackPtr remove(int64_t id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found =
        std::find_if(hooks_.begin(), hooks_.end(), [&](const auto& hook) { return hook->id() == id; });
    if (found == hooks_.end()) return nullptr;
    CallbackPtr removed = std::move(*found);
    hooks_.erase(found);
    return removed;
  }

  // A copy: a hook may add and remove others.
  std::vector<CallbackPtr> hooks() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return hooks_;
  }

 private:
  std::mutex mutex_;
  std::vector<CallbackPtr> hooks_;
};

struct GradientHook {
  std::shared_ptr<HookList> list;

  at::TensorBase operator()(const at::TensorBase& incoming) const {
    at::Tensor gradient(incoming);
    for (const auto& hook : list->hooks()) {
      at::Tensor replacement = (*hook)(GT_EVENT_HOOK, {gradient}, 1)[0];
      if (!replacement.defined()) continue;
      if (gradient.defined()) torch::autograd::check_variable_result(gradient, replacement, "of this tensor");
      gradient = std::move(replacement);
    }
    return gradient;
  }
};

struct AccumulatedHook : torch::autograd::PostAccumulateGradHook {
  std::shared_ptr<HookList> list = std::make_shared<HookList>();

  void operator()(const at::Tensor& leaf) override {
    for (const auto& hook : list->hooks()) (*hook)(GT_EVENT_ACCUMULATED, {leaf}, 0);
  }
};

std::shared_ptr<HookList> gradient_hooks(const at::Tensor& tensor) {
  const auto* meta = torch::autograd::impl::get_autograd_meta(tensor);
  if (meta != nullptr && meta->cpp_hooks_list_ != nullptr) {
    for (const auto& registered : *meta->cpp_hooks_list_) {
      if (const auto* hook = registered.target<GradientHook>()) return hook->list;
    }
  }
  auto list = std::make_shared<HookList>();
  at::impl::GetVariableHooks()->_register_hook(tensor, GradientHook{list});
  return list;
}

std::shared_ptr<HookList> accumulated_hooks(const at::Tensor& tensor) {
  TORCH_CHECK(tensor.grad_fn() == nullptr,
              "post accumulate grad hooks cannot be registered on non-leaf tensors");
  auto* present = torch::autograd::impl::post_acc_grad_hooks(tensor).get();
  if (auto* hook = dynamic_cast<AccumulatedHook*>(present)) return hook->list;
  auto hook = std::make_unique<AccumulatedHook>();
  auto list = hook->list;
  torch::autograd::impl::set_post_acc_grad_hooks(tensor, std::move(hook));
  return list;
}

}  // namespace
}  // namespace gt

int32_t gt_hook_add(gt_tensor self, int64_t id, int32_t event) {
  return gt::run([&] {
    auto hook = gt::callback(id);
    const at::Tensor& tensor = gt::tensor(self);
    TORCH_CHECK(tensor.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
    static std::mutex adding;
    const std::lock_guard<std::mutex> lock(adding);
    auto list = event == GT_EVENT_ACCUMULATED ? gt::accumulated_hooks(tensor) : gt::gradient_hooks(tensor);
    {
      const std::lock_guard<std::mutex> places_lock(gt::places().mutex);
      gt::places().lists[id] = list;
    }
    list->add(std::move(hook));
  });
}

void gt_hook_remove(int64_t id) {
  std::shared_ptr<gt::HookList> list;
  {
    const std::lock_guard<std::mutex> lock(gt::places().mutex);
    const auto found = gt::places().lists.find(id);
    if (found == gt::places().lists.end()) return;
    list = found->second.lock();
    gt::places().lists.erase(found);
  }
  if (list != nullptr) list->remove(id);
}
