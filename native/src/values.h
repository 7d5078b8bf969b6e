// gt_value, the C form of what operators and TorchScript take and give, to and from c10::IValue.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <ATen/core/stack.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "internal.h"

namespace gt {

// A value of the wrong kind. Whoever knows which argument it is says so.
class WrongValue : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws the TypeError of libtorch: where, then what was wrong.
[[noreturn]] void throw_type_error(const std::string& message);

// A row of values, read from the front. Values that hold others take as many as these are.
class ValueReader {
 public:
  ValueReader(const gt_value* values, int64_t count);
  bool at_end() const { return next_ == end_; }
  // Passes over the next value if it is of this kind.
  bool skip(int32_t kind) {
    const bool found = !at_end() && next_->kind == kind;
    if (found) next_++;
    return found;
  }
  // Throws WrongValue at the end of the row.
  const gt_value& next();
  // The next value as this type; numbers are widened. For the type Any it becomes what it says it is.
  c10::IValue read(const c10::Type& wanted, int depth = 0);
  // The same, where one number stands for a list of `length` of them, unless that is 0.
  c10::IValue read_repeated(const c10::Type& wanted, int64_t length);

 private:
  c10::IValue read_any(const gt_value& value, int depth);
  c10::IValue read_list(const gt_value& value, const c10::TypePtr& element, int depth);
  c10::IValue read_tuple(const gt_value& value, const c10::TupleType* wanted, int depth);
  c10::IValue read_dict(const gt_value& value, const c10::TypePtr& key, const c10::TypePtr& element,
                        int depth);
  void check_held(const gt_value& value, int64_t each, int depth) const;

  const gt_value* next_;
  const gt_value* end_;
};

// What the value is, in words, for messages.
std::string describe(const gt_value& value);

// How many gt_values these need. Throws a TypeError for what has no C form, an object for example.
int64_t count_values(const c10::IValue* values, size_t count);

// Gives the values to the caller: into `out` if they fit into `capacity`, else they wait for take_results.
// With `out` null they are dropped. Leaves the stack empty. Returns how many gt_values they are.
int64_t give_results(torch::jit::Stack& values, gt_value* out, int64_t capacity);

}  // namespace gt
