#include "engine.h"

#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/anomaly_mode.h>
#include <torch/csrc/autograd/engine.h>

#include "callbacks.h"

namespace gt {
namespace {

// The caller's stack at the time a node is made, shown if the node fails.
struct CallerStack : torch::autograd::AnomalyMetadata {
  CallbackPtr stack;
  NodePtr parent;

  void store_stack() override {
    stack = new_callback();
    (*stack)(GT_EVENT_NODE_MADE, {}, 0);
  }

  void print_stack(const std::string& name) override {
    if (stack != nullptr) (*stack)(GT_EVENT_NODE_FAILED, {}, 0, reinterpret_cast<intptr_t>(name.c_str()));
    if (parent != nullptr) parent->metadata()->print_stack(parent->name());
  }

  void assign_parent(const NodePtr& node) override { parent = node; }
};

struct CallerEngine : torch::autograd::Engine {
  std::unique_ptr<torch::autograd::AnomalyMetadata> make_anomaly_metadata() override {
    return std::make_unique<CallerStack>();
  }
  std::unique_ptr<torch::autograd::SavedVariableHooks> get_default_saved_variable_hooks() override {
    return checkpoint_hooks();
  }
};

}  // namespace

torch::autograd::Engine& engine() {
  static auto* the_engine = new CallerEngine;  // its threads may outlive static objects
  return *the_engine;
}

}  // namespace gt

intptr_t gt_inference_enter(int32_t on) {
  return gt::value_or<intptr_t>(0,
                                [&] { return reinterpret_cast<intptr_t>(new c10::InferenceMode(on != 0)); });
}

void gt_inference_exit(intptr_t mode) { delete reinterpret_cast<c10::InferenceMode*>(mode); }

int32_t gt_inference_enabled(void) { return c10::InferenceMode::is_enabled() ? 1 : 0; }

int32_t gt_set_anomaly_mode(int32_t on, int32_t check_nan) {
  return gt::run([&] { torch::autograd::AnomalyMode::set_enabled(on != 0, check_nan != 0); });
}
