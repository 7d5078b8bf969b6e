// Checkpoints: what a function saves for backward is dropped, and made again by running the function a second
// time when backward asks for it (Chen et al., arXiv 1604.06174; the way of torch.utils.checkpoint with
// use_reentrant=False).
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/autograd/saved_variable_hooks.h>

#include <mutex>

#include "callbacks.h"
#include "engine.h"

namespace gt {
namespace {

// What is known of a dropped tensor, to notice a second run that differs from the first.
struct Metadata {
  std::vector<int64_t> sizes;
  at::ScalarType dtype;
  at::Device device;

  explicit Metadata(const at::Tensor& tensor)
      : sizes(tensor.sizes().vec()), dtype(tensor.scalar_type()), device(tensor.device()) {}

  bool operator==(const Metadata& other) const {
    return sizes == other.sizes && dtype == other.dtype && device == other.device;
  }
};

class Checkpoint {
 public:
  struct Slot {
    Metadata metadata;
    at::Tensor tensor;
    bool alive = true;
  };

  Checkpoint(CallbackPtr function, at::TensorList inputs) : function_(std::move(function)) {
    for (const at::Tensor& input : inputs) inputs_.emplace_back(input, /*is_output=*/false);
  }

  size_t drop(const at::Tensor& tensor) {
    const std::lock_guard<std::mutex> lock(mutex_);
    slots_.push_back({Metadata(tensor), {}});
    return slots_.size() - 1;
  }

  void forget(size_t slot) {
    at::Tensor freed;  // outside of the lock
    const std::lock_guard<std::mutex> lock(mutex_);
    slots_[slot].alive = false;
    freed = std::move(slots_[slot].tensor);
  }

  void complete() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_complete_ = true;
  }

  at::Tensor restore(size_t slot) {
    at::Tensor tensor = take(slot);
    if (!tensor.defined()) {
      recompute();
      tensor = take(slot);
    }
    return tensor;
  }

 private:
  at::Tensor take(size_t slot) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::move(slots_[slot].tensor);
  }

  void recompute();

  std::mutex mutex_;
  bool is_complete_ = false;
  std::vector<Slot> slots_;
  CallbackPtr function_;
  std::vector<torch::autograd::SavedVariable> inputs_;
};

using CheckpointPtr = std::shared_ptr<Checkpoint>;

// What the second run saves, in its order.
using Recomputed = std::vector<at::Tensor>;

// What happens to saved tensors in this thread, innermost last: a first run drops them into a checkpoint, a
// second run collects them.
struct Run {
  CheckpointPtr dropping;
  Recomputed* collecting;
};

thread_local std::vector<Run> runs;

struct RunGuard {
  explicit RunGuard(Run run) { runs.push_back(std::move(run)); }
  RunGuard(const RunGuard&) = delete;
  RunGuard& operator=(const RunGuard&) = delete;
  ~RunGuard() { runs.pop_back(); }
};

struct Dropped : torch::autograd::SavedVariableHooks {
  CheckpointPtr checkpoint;
  std::optional<size_t> slot;

  explicit Dropped(CheckpointPtr to) : checkpoint(std::move(to)) {}
  ~Dropped() override {
    if (slot.has_value()) checkpoint->forget(*slot);
  }

  void call_pack_hook(const at::Tensor& tensor) override { slot = checkpoint->drop(tensor); }
  at::Tensor call_unpack_hook() override { return checkpoint->restore(*slot); }
};

struct Collected : torch::autograd::SavedVariableHooks {
  at::Tensor kept;
  Recomputed* into;

  explicit Collected(Recomputed* list) : into(list) {}

  // Kept here too: the function may itself compute gradients.
  void call_pack_hook(const at::Tensor& tensor) override {
    kept = tensor.detach();
    into->push_back(kept);
  }
  at::Tensor call_unpack_hook() override { return kept; }
};

void Checkpoint::recompute() {
  std::vector<at::Tensor> inputs;
  inputs.reserve(inputs_.size());
  for (const auto& input : inputs_) inputs.push_back(input.unpack());
  Recomputed recomputed;
  {
    const RunGuard collect({nullptr, &recomputed});
    (*function_)(GT_EVENT_RECOMPUTE, inputs, 0);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  // A function that computes gradients itself comes here before its first run is over.
  TORCH_CHECK(is_complete_ ? recomputed.size() == slots_.size() : recomputed.size() >= slots_.size(),
              "a checkpointed function saved ", slots_.size(), " tensors for backward at its first run, and ",
              recomputed.size(),
              " when it was run again; it must do the same each time it is run on the same inputs");
  for (size_t i = 0; i < slots_.size(); i++) {
    Slot& slot = slots_[i];
    const Metadata again(recomputed[i]);
    TORCH_CHECK(slot.metadata == again, "a checkpointed function saved a tensor of shape ",
                at::IntArrayRef(slot.metadata.sizes), ", ", slot.metadata.dtype, " on ", slot.metadata.device,
                " for backward at its first run, and one of shape ", at::IntArrayRef(again.sizes), ", ",
                again.dtype, " on ", again.device,
                " when it was run again; it must do the same each time it is run on the same inputs");
    if (slot.alive) slot.tensor = std::move(recomputed[i]);
  }
}

}  // namespace

std::unique_ptr<torch::autograd::SavedVariableHooks> checkpoint_hooks() {
  if (runs.empty()) return nullptr;
  const Run& run = runs.back();
  if (run.collecting != nullptr) return std::make_unique<Collected>(run.collecting);
  return std::make_unique<Dropped>(run.dropping);
}

}  // namespace gt

intptr_t gt_checkpoint_begin(int64_t id, const gt_tensor* inputs, int64_t count) {
  return gt::value_or<intptr_t>(0, [&] {
    auto checkpoint = std::make_shared<gt::Checkpoint>(gt::callback(id), gt::tensors(inputs, count));
    const auto address = reinterpret_cast<intptr_t>(checkpoint.get());
    gt::runs.push_back({std::move(checkpoint), nullptr});
    return address;
  });
}

int32_t gt_checkpoint_end(intptr_t checkpoint) {
  return gt::run([&] {
    TORCH_CHECK(!gt::runs.empty() && reinterpret_cast<intptr_t>(gt::runs.back().dropping.get()) == checkpoint,
                "this checkpoint is not the innermost one of this thread");
    gt::runs.back().dropping->complete();
    gt::runs.pop_back();
  });
}
