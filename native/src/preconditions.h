// What libtorch does not check itself, though it crashes or never ends where it does not hold.
#pragma once

#include <ATen/core/stack.h>
#include <c10/core/Scalar.h>

#include <string>

namespace gt {

// Looks at the arguments of an operator, and throws where one can't be given to libtorch.
using Precondition = void (*)(const torch::jit::Stack& arguments);

// The one of an operator, by its name without overload; null where libtorch checks all itself.
Precondition precondition_of(const std::string& name);

// The number of elements of a range of integers is counted as end - start, which must be an integer itself.
void check_range(const at::Scalar& start, const at::Scalar& end);

}  // namespace gt
