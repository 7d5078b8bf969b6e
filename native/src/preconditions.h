// What libtorch does not check itself, though it crashes or never ends where it does not hold.
#pragma once

#include <ATen/core/stack.h>

#include <string>

namespace gt {

// Looks at the arguments of an operator, and throws where one can't be given to libtorch.
using Precondition = void (*)(const torch::jit::Stack& arguments);

// The one of an operator, by its name without overload; null where libtorch checks all itself.
Precondition precondition_of(const std::string& name);

}  // namespace gt
