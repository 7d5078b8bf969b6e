// Operators by name: found in the dispatcher, described by their schema, called boxed.
#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "preconditions.h"
#include "values.h"

namespace {

using c10::Argument;
using c10::TypeKind;

struct Described {
  std::string name, type, default_value;
  bool has_default = false;
  int32_t flags = 0;
  int32_t argument = -1;
};

// What a call needs of one argument.
struct Parameter {
  const c10::Type* type;
  const c10::IValue* default_value;  // null: has to be given
  int64_t length;                    // of a list that a single number stands for; else 0
  bool answers;                      // is changed in place and is a return
};

// The part of a default or type behind the name, as a schema writes it.
std::string after(const std::string& text, char mark) {
  const size_t at = text.find(mark);
  return at == std::string::npos ? "" : text.substr(at + 1);
}

std::string type_text(const c10::Type& type, std::optional<int32_t> length) {
  if (type.kind() == TypeKind::OptionalType) {
    return type_text(*type.castRaw<c10::OptionalType>()->getElementType(), length) + "?";
  }
  if (type.kind() == TypeKind::ListType) {
    return type_text(*type.castRaw<c10::ListType>()->getElementType(), std::nullopt) + "[" +
           (length ? std::to_string(*length) : "") + "]";
  }
  if (type.kind() == TypeKind::SymIntType) return "int";
  return type.str();
}

Described describe(const Argument& argument) {
  Described described;
  described.name = argument.name();
  described.type = type_text(*argument.real_type(), argument.N());
  if (argument.default_value()) {
    std::ostringstream text;
    text << argument;
    described.default_value = after(text.str(), '=');
    described.has_default = true;
  }
  if (argument.kwarg_only()) described.flags |= GT_ARGUMENT_KEYWORD_ONLY;
  if (argument.type()->kind() == TypeKind::OptionalType) described.flags |= GT_ARGUMENT_OPTIONAL;
  if (argument.alias_info() != nullptr && argument.alias_info()->isWrite()) {
    described.flags |= GT_ARGUMENT_WRITTEN;
  }
  return described;
}

class Operator {
 public:
  explicit Operator(c10::OperatorHandle handle)
      : handle_(handle),
        schema_text_(c10::toString(handle.schema())),
        precondition_(gt::precondition_of(handle.operator_name().name)) {
    const auto& schema = handle_.schema();
    for (const Argument& argument : schema.arguments()) {
      const auto& value = argument.default_value();
      parameters_.push_back(
          {argument.type().get(), value ? &*value : nullptr, argument.N().value_or(0), false});
      described_.push_back(describe(argument));
    }
    for (const Argument& result : schema.returns()) {
      Described described = describe(result);
      described.argument = argument_of(result);
      if (described.argument >= 0) {
        parameters_[static_cast<size_t>(described.argument)].answers = true;
        answers_arguments_ = true;
      }
      described_.push_back(std::move(described));
    }
  }

  const std::string& schema_text() const { return schema_text_; }
  size_t argument_count() const { return parameters_.size(); }
  size_t return_count() const { return described_.size() - parameters_.size(); }

  const Described& described(int32_t index) const {
    if (index < 0 || static_cast<size_t>(index) >= described_.size()) {
      throw std::out_of_range(name() + " has " + std::to_string(argument_count()) + " arguments and " +
                              std::to_string(return_count()) + " returns; there is no number " +
                              std::to_string(index));
    }
    return described_[static_cast<size_t>(index)];
  }

  int64_t call(const gt_value* arguments, int64_t count, gt_value* results, int64_t capacity,
               torch::jit::Stack& stack) const {
    // The tensors that may come back as results, where the caller wants to know.
    std::array<c10::TensorImpl*, 16> given{};
    push(arguments, count, stack, given);
    if (precondition_ != nullptr) precondition_(stack);
    handle_.callBoxed(stack);
    if (results == nullptr || !answers_arguments_) return gt::give_results(stack, results, capacity);
    return give(stack, given, results, capacity);
  }

 private:
  std::string name() const { return c10::toString(handle_.operator_name()); }

  // Which argument a return is, changed in place; -1 for none. Lists of tensors are given out anew.
  int32_t argument_of(const Argument& result) const {
    const auto* alias = result.alias_info();
    if (alias == nullptr || !alias->isWrite() || result.type()->kind() != TypeKind::TensorType) return -1;
    const auto& arguments = handle_.schema().arguments();
    for (size_t i = 0; i < arguments.size() && i < 16; i++) {
      const auto* other = arguments[i].alias_info();
      if (other != nullptr && other->isWrite() && arguments[i].type()->kind() == TypeKind::TensorType &&
          other->beforeSets() == alias->beforeSets()) {
        return static_cast<int32_t>(i);
      }
    }
    return -1;
  }

  void push(const gt_value* arguments, int64_t count, torch::jit::Stack& stack,
            std::array<c10::TensorImpl*, 16>& given) const {
    gt::ValueReader reader(arguments, count);
    stack.reserve(parameters_.size());
    for (size_t i = 0; i < parameters_.size(); i++) {
      const Parameter& parameter = parameters_[i];
      if (reader.at_end() || reader.skip(GT_VALUE_DEFAULT)) {
        if (parameter.default_value == nullptr) {
          gt::throw_type_error(name() + ": argument '" + described_[i].name +
                               "' is missing: " + schema_text_);
        }
        stack.push_back(*parameter.default_value);
        continue;
      }
      try {
        stack.push_back(reader.read_repeated(*parameter.type, parameter.length));
      } catch (const gt::WrongValue& e) {
        gt::throw_type_error(name() + ": argument '" + described_[i].name + "' " + e.what());
      }
      if (parameter.answers) given[i] = stack.back().toTensor().unsafeGetTensorImpl();
    }
    if (!reader.at_end()) {
      gt::throw_type_error(name() + " takes " + std::to_string(parameters_.size()) +
                           " arguments, and more were given: " + schema_text_);
    }
  }

  // As give_results, but an argument that comes back is named and gets no new handle.
  int64_t give(torch::jit::Stack& stack, const std::array<c10::TensorImpl*, 16>& given, gt_value* results,
               int64_t capacity) const {
    const size_t returns = std::min(stack.size(), return_count());
    std::array<gt_value, 16> same;
    size_t count = 0;
    // Those are the whole of the results, or a mixture that is given out anew.
    for (; count < returns && count < same.size(); count++) {
      const int32_t argument = described_[parameters_.size() + count].argument;
      if (argument < 0 || !stack[count].isTensor() ||
          stack[count].toTensor().unsafeGetTensorImpl() != given[static_cast<size_t>(argument)]) {
        break;
      }
      same[count] = {GT_VALUE_ARGUMENT, 0, 0, argument};
    }
    if (count != stack.size() || static_cast<int64_t>(count) > capacity) {
      return gt::give_results(stack, results, capacity);
    }
    gt::give_results(stack, nullptr, 0);
    std::copy_n(same.begin(), count, results);
    return static_cast<int64_t>(count);
  }

  c10::OperatorHandle handle_;
  std::string schema_text_;
  gt::Precondition precondition_;
  std::vector<Parameter> parameters_;
  std::vector<Described> described_;  // the arguments, then the returns
  bool answers_arguments_ = false;
};

// Those that were asked for; they stay for the life of the process.
Operator* find(const std::string& name, const std::string& overload) {
  static std::mutex mutex;
  static auto* found = new std::unordered_map<std::string, std::unique_ptr<Operator>>;
  std::lock_guard<std::mutex> lock(mutex);
  auto& entry = (*found)[name + "." + overload];
  if (entry == nullptr) {
    const auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!handle) {
      found->erase(name + "." + overload);
      throw std::invalid_argument("there is no operator " + name + (overload.empty() ? "" : "." + overload));
    }
    entry = std::make_unique<Operator>(*handle);
  }
  return entry.get();
}

const Operator& borrow(gt_operator op) {
  if (op == 0) gt::throw_null("operator");
  return *reinterpret_cast<const Operator*>(op);
}

// A stack for one call. The thread's own is used again and again; a call within a call gets a fresh one.
class StackLease {
 public:
  StackLease() { stack_.swap(spare_); }
  ~StackLease() {
    stack_.clear();
    stack_.swap(spare_);
  }
  StackLease(const StackLease&) = delete;
  StackLease& operator=(const StackLease&) = delete;
  torch::jit::Stack& operator*() { return stack_; }

 private:
  static thread_local torch::jit::Stack spare_;
  torch::jit::Stack stack_;
};
thread_local torch::jit::Stack StackLease::spare_;

}  // namespace

gt_operator gt_operator_find(const char* name, const char* overload) {
  return gt::value_or<gt_operator>(0, [&] {
    if (name == nullptr || overload == nullptr) gt::throw_null("name");
    return reinterpret_cast<gt_operator>(find(name, overload));
  });
}

const char* gt_operator_list(void) {
  return gt::value_or<const char*>(nullptr, [&] {
    thread_local std::string text;
    std::vector<std::string> names;
    auto& dispatcher = c10::Dispatcher::singleton();
    for (const auto& name : dispatcher.getAllOpNames()) {
      if (dispatcher.findSchema(name)) names.push_back(c10::toString(name));
    }
    std::sort(names.begin(), names.end());
    text.clear();
    for (const auto& name : names) text.append(name).append("\n");
    return text.c_str();
  });
}

const char* gt_operator_schema(gt_operator op) {
  return gt::value_or<const char*>(nullptr, [&] { return borrow(op).schema_text().c_str(); });
}

int32_t gt_operator_argument_count(gt_operator op) {
  return gt::value_or<int32_t>(-1, [&] { return static_cast<int32_t>(borrow(op).argument_count()); });
}

int32_t gt_operator_return_count(gt_operator op) {
  return gt::value_or<int32_t>(-1, [&] { return static_cast<int32_t>(borrow(op).return_count()); });
}

int32_t gt_operator_argument(gt_operator op, int32_t index, gt_argument* out) {
  return gt::run([&] {
    if (out == nullptr) gt::throw_null("result");
    const Described& described = borrow(op).described(index);
    *out = {described.name.c_str(), described.type.c_str(),
            described.has_default ? described.default_value.c_str() : nullptr, described.flags,
            described.argument};
  });
}

int64_t gt_operator_call(gt_operator op, const gt_value* arguments, int64_t count, gt_value* results,
                         int64_t capacity) {
  return gt::value_or<int64_t>(-1, [&] {
    const Operator& called = borrow(op);
    StackLease stack;
    try {
      return called.call(arguments, count, results, capacity, *stack);
    } catch (...) {
      for (int64_t i = 0; arguments != nullptr && i < count; i++) {
        if (arguments[i].kind == GT_VALUE_TENSOR) gt::mend(static_cast<gt_tensor>(arguments[i].payload));
      }
      throw;
    }
  });
}
