// libtorch's autograd engine with two things that PyTorch adds in Python: a say in what is saved for
// backward, and the caller's stacks in anomaly mode.
#pragma once

#include <torch/csrc/autograd/edge.h>

namespace torch::autograd {
struct Engine;
struct SavedVariableHooks;
}  // namespace torch::autograd

namespace gt {

// A shared_ptr<Node> in older versions of libtorch, an intrusive_ptr<Node> since.
using NodePtr = decltype(torch::autograd::Edge::function);

torch::autograd::Engine& engine();

// What the innermost checkpoint of this thread does with a tensor saved for backward; null without one.
std::unique_ptr<torch::autograd::SavedVariableHooks> checkpoint_hooks();

}  // namespace gt
