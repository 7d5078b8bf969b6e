// Calling the caller's code, and telling it what will not be called any more.
#include "callbacks.h"

#include <torch/csrc/autograd/engine.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "engine.h"

namespace gt {
namespace {

std::atomic<gt_callback> the_callback{nullptr};
std::atomic<int64_t> own_ids{0};

struct Released {
  std::mutex mutex;
  std::vector<int64_t> ids;
  std::atomic<int64_t> count{0};
};

Released& released() {
  static auto* all = new Released;  // graphs die until the very end
  return *all;
}

// A tensor handed out by the callee.
at::Tensor take(gt_tensor handle) {
  if (handle == 0) return {};
  count_handles(-1);
  return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(
      reinterpret_cast<c10::TensorImpl*>(handle)));
}

}  // namespace

Callback::~Callback() {
  Released& list = released();
  const std::lock_guard<std::mutex> lock(list.mutex);
  list.ids.push_back(id_);
  list.count.store(static_cast<int64_t>(list.ids.size()), std::memory_order_relaxed);
}

std::vector<at::Tensor> Callback::operator()(int32_t event, const std::vector<at::Tensor>& arguments,
                                             size_t result_count, intptr_t context) const {
  const gt_callback call = the_callback.load();
  TORCH_CHECK(call != nullptr, "no function was set to be called back");
  std::vector<gt_tensor> given(arguments.size()), answered(result_count, 0);
  for (size_t i = 0; i < given.size(); i++) given[i] = release(at::Tensor(arguments[i]));
  const int64_t error = call(id_, event, given.data(), static_cast<int64_t>(given.size()), answered.data(),
                             static_cast<int64_t>(answered.size()), context);
  std::vector<at::Tensor> results(result_count);
  std::transform(answered.begin(), answered.end(), results.begin(), take);
  if (error != 0) throw CallbackError(std::make_shared<const Callback>(error));
  return results;
}

CallbackPtr new_callback() { return std::make_shared<const Callback>(--own_ids); }

CallbackPtr callback(int64_t id) {
  if (id <= 0) throw std::invalid_argument("the id of a callback is " + std::to_string(id) + ", not above 0");
  return std::make_shared<const Callback>(id);
}

}  // namespace gt

int32_t gt_set_callback(gt_callback callback) {
  return gt::run([&] {
    if (callback == nullptr) gt::throw_null("callback");
    gt::the_callback.store(callback);
    torch::autograd::set_default_engine_stub(gt::engine);
  });
}

int64_t gt_released_callbacks(int64_t* out, int64_t capacity) {
  auto& list = gt::released();
  if (out == nullptr || list.count.load(std::memory_order_relaxed) == 0) return 0;
  const std::lock_guard<std::mutex> lock(list.mutex);
  const auto taken = std::min<int64_t>(capacity, static_cast<int64_t>(list.ids.size()));
  if (taken <= 0) return 0;
  std::copy(list.ids.end() - taken, list.ids.end(), out);
  list.ids.resize(list.ids.size() - static_cast<size_t>(taken));
  list.count.store(static_cast<int64_t>(list.ids.size()), std::memory_order_relaxed);
  return taken;
}
