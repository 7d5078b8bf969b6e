// gt_value to c10::IValue and back.
#include "values.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <c10/core/Device.h>
#include <c10/util/Exception.h>
#include <c10/util/complex.h>

#include <bit>
#include <deque>

namespace gt {
namespace {

using c10::IValue;
using c10::TypeKind;

// Nothing real is nested deeper; a list that holds itself is.
constexpr int max_depth = 64;

const char* kind_name(int32_t kind) {
  switch (kind) {
    case GT_VALUE_NONE:
      return "None";
    case GT_VALUE_TENSOR:
      return "a Tensor";
    case GT_VALUE_INT:
      return "an int";
    case GT_VALUE_FLOAT:
      return "a float";
    case GT_VALUE_BOOL:
      return "a bool";
    case GT_VALUE_COMPLEX:
      return "a complex number";
    case GT_VALUE_STRING:
      return "a string";
    case GT_VALUE_DEVICE:
      return "a Device";
    case GT_VALUE_GENERATOR:
      return "a Generator";
    case GT_VALUE_MEMORY_FORMAT:
      return "a MemoryFormat";
    case GT_VALUE_TENSORS:
      return "a list of tensors";
    case GT_VALUE_INTS:
      return "a list of ints";
    case GT_VALUE_FLOATS:
      return "a list of floats";
    case GT_VALUE_BOOLS:
      return "a list of bools";
    case GT_VALUE_LIST:
      return "a list";
    case GT_VALUE_TUPLE:
      return "a tuple";
    case GT_VALUE_DICT:
      return "a dict";
    default:
      return nullptr;
  }
}

[[noreturn]] void throw_wrong(const gt_value& value, const c10::Type& wanted) {
  throw WrongValue("must be " + wanted.str() + ", not " + describe(value));
}

double real(int64_t bits) { return std::bit_cast<double>(bits); }
int64_t bits(double value) { return std::bit_cast<int64_t>(value); }

// The elements of a list of one kind, by address.
template <class Element>
const Element* elements(const gt_value& value) {
  if (value.count < 0) throw WrongValue("is a list of " + std::to_string(value.count) + " elements");
  if (value.payload == 0 && value.count > 0) throw WrongValue("is a list without memory");
  return reinterpret_cast<const Element*>(value.payload);
}

IValue tensor_value(const gt_value& value) {
  if (value.payload == 0) throw WrongValue("must be a Tensor, not a null handle");
  const gt_tensor handle = value.payload;
  return IValue(reinterpret_cast<const at::Tensor&>(handle));
}

IValue string_value(const gt_value& value) {
  const char* text = elements<char>(value);
  return IValue(std::string(text, static_cast<size_t>(value.count)));
}

IValue generator_value(const gt_value& value) {
  if (value.payload == 0) throw WrongValue("must be a Generator, not a null handle");
  return IValue(*generator(value.payload));
}

IValue number_value(const gt_value& value) {
  switch (value.kind) {
    case GT_VALUE_INT:
      return IValue(value.payload);
    case GT_VALUE_FLOAT:
      return IValue(real(value.payload));
    case GT_VALUE_BOOL:
      return IValue(value.payload != 0);
    default:
      return IValue(c10::complex<double>(real(value.payload), real(value.count)));
  }
}

// The lists of one kind as rows of single values, so that a list has one way in.
gt_value element_of(const gt_value& list, int64_t index) {
  gt_value one{GT_VALUE_NONE, 0, 0, 0};
  switch (list.kind) {
    case GT_VALUE_TENSORS:
      one.payload = elements<gt_tensor>(list)[index];
      one.kind = one.payload == 0 ? GT_VALUE_NONE : GT_VALUE_TENSOR;
      break;
    case GT_VALUE_INTS:
      one.payload = elements<int64_t>(list)[index];
      one.kind = GT_VALUE_INT;
      break;
    case GT_VALUE_FLOATS:
      one.payload = bits(elements<double>(list)[index]);
      one.kind = GT_VALUE_FLOAT;
      break;
    default:
      one.payload = elements<int64_t>(list)[index];
      one.kind = GT_VALUE_BOOL;
  }
  return one;
}

bool is_list_of_one_kind(const gt_value& value) {
  return value.kind >= GT_VALUE_TENSORS && value.kind <= GT_VALUE_BOOLS;
}

c10::TypePtr element_type(int32_t list_kind) {
  switch (list_kind) {
    case GT_VALUE_TENSORS:
      return c10::TensorType::get();
    case GT_VALUE_INTS:
      return c10::IntType::get();
    case GT_VALUE_FLOATS:
      return c10::FloatType::get();
    default:
      return c10::BoolType::get();
  }
}

}  // namespace

void throw_type_error(const std::string& message) { C10_THROW_ERROR(TypeError, message); }

std::string describe(const gt_value& value) {
  const char* name = kind_name(value.kind);
  return name != nullptr ? name : "a value of the unknown kind " + std::to_string(value.kind);
}

// ------------------------------------------------------------------------ reading

ValueReader::ValueReader(const gt_value* values, int64_t count) : next_(values), end_(values + count) {
  if (count < 0) throw_count(count);
  if (values == nullptr && count > 0) throw_null("list of values");
}

const gt_value& ValueReader::next() {
  if (at_end()) throw WrongValue("holds more values than the row has");
  return *next_++;
}

IValue ValueReader::read(const c10::Type& wanted, int depth) {
  const gt_value& value = next();
  switch (wanted.kind()) {
    case TypeKind::TensorType:
      if (value.kind == GT_VALUE_TENSOR) return tensor_value(value);
      break;
    case TypeKind::OptionalType:
      if (value.kind == GT_VALUE_NONE) return IValue();
      next_--;
      return read(*wanted.castRaw<c10::OptionalType>()->getElementType(), depth);
    case TypeKind::IntType:
    case TypeKind::SymIntType:
    case TypeKind::ScalarTypeType:
    case TypeKind::LayoutType:
    case TypeKind::MemoryFormatType:
    case TypeKind::QSchemeType:
      if (value.kind == GT_VALUE_INT || value.kind == GT_VALUE_MEMORY_FORMAT) return IValue(value.payload);
      break;
    case TypeKind::FloatType:
    case TypeKind::SymFloatType:
      if (value.kind == GT_VALUE_FLOAT) return IValue(real(value.payload));
      if (value.kind == GT_VALUE_INT) return IValue(static_cast<double>(value.payload));
      break;
    case TypeKind::BoolType:
    case TypeKind::SymBoolType:
      if (value.kind == GT_VALUE_BOOL) return IValue(value.payload != 0);
      break;
    case TypeKind::ComplexType:
      if (value.kind == GT_VALUE_COMPLEX) return number_value(value);
      break;
    case TypeKind::NumberType:
      if (value.kind >= GT_VALUE_INT && value.kind <= GT_VALUE_COMPLEX) return number_value(value);
      break;
    case TypeKind::StringType:
      if (value.kind == GT_VALUE_STRING) return string_value(value);
      break;
    case TypeKind::DeviceObjType:
      if (value.kind == GT_VALUE_DEVICE) {
        return IValue(device(value.extra, static_cast<int32_t>(value.payload)));
      }
      break;
    case TypeKind::GeneratorType:
      if (value.kind == GT_VALUE_GENERATOR) return generator_value(value);
      break;
    case TypeKind::NoneType:
      if (value.kind == GT_VALUE_NONE) return IValue();
      break;
    case TypeKind::ListType:
      if (value.kind == GT_VALUE_LIST || is_list_of_one_kind(value)) {
        return read_list(value, wanted.castRaw<c10::ListType>()->getElementType(), depth);
      }
      break;
    case TypeKind::TupleType:
      if (value.kind == GT_VALUE_TUPLE) return read_tuple(value, wanted.castRaw<c10::TupleType>(), depth);
      break;
    case TypeKind::DictType:
      if (value.kind == GT_VALUE_DICT) {
        const auto* dict = wanted.castRaw<c10::DictType>();
        return read_dict(value, dict->getKeyType(), dict->getValueType(), depth);
      }
      break;
    default:
      return read_any(value, depth);
  }
  throw_wrong(value, wanted);
}

IValue ValueReader::read_repeated(const c10::Type& wanted, int64_t length) {
  if (length == 0 || at_end() || next_->kind < GT_VALUE_INT || next_->kind > GT_VALUE_BOOL)
    return read(wanted);
  const bool optional = wanted.kind() == TypeKind::OptionalType;
  const c10::Type& list_type = optional ? *wanted.castRaw<c10::OptionalType>()->getElementType() : wanted;
  const c10::TypePtr& element = list_type.castRaw<c10::ListType>()->getElementType();
  const IValue one = read(*element, 1);
  c10::impl::GenericList list(element);
  for (int64_t i = 0; i < length; i++) list.push_back(one);
  return IValue(std::move(list));
}

IValue ValueReader::read_any(const gt_value& value, int depth) {
  switch (value.kind) {
    case GT_VALUE_NONE:
      return IValue();
    case GT_VALUE_TENSOR:
      return tensor_value(value);
    case GT_VALUE_INT:
    case GT_VALUE_FLOAT:
    case GT_VALUE_BOOL:
    case GT_VALUE_COMPLEX:
      return number_value(value);
    case GT_VALUE_STRING:
      return string_value(value);
    case GT_VALUE_DEVICE:
      return IValue(device(value.extra, static_cast<int32_t>(value.payload)));
    case GT_VALUE_GENERATOR:
      return generator_value(value);
    case GT_VALUE_MEMORY_FORMAT:
      return IValue(value.payload);
    case GT_VALUE_TENSORS:
    case GT_VALUE_INTS:
    case GT_VALUE_FLOATS:
    case GT_VALUE_BOOLS:
      return read_list(value, element_type(value.kind), depth);
    case GT_VALUE_LIST:
      return read_list(value, c10::AnyType::get(), depth);
    case GT_VALUE_TUPLE:
      return read_tuple(value, nullptr, depth);
    case GT_VALUE_DICT:
      return read_dict(value, nullptr, c10::AnyType::get(), depth);
    default:
      throw WrongValue("is " + describe(value));
  }
}

void ValueReader::check_held(const gt_value& value, int64_t each, int depth) const {
  if (depth >= max_depth) throw WrongValue("is nested deeper than " + std::to_string(max_depth) + " levels");
  if (value.count < 0 || value.count > (end_ - next_) / each) {
    throw WrongValue("is " + describe(value) + " of " + std::to_string(value.count) + " in a row that has " +
                     std::to_string(end_ - next_) + " values behind it");
  }
}

IValue ValueReader::read_list(const gt_value& value, const c10::TypePtr& element, int depth) {
  c10::impl::GenericList list(element);
  if (value.kind == GT_VALUE_LIST) {
    check_held(value, 1, depth);
    list.reserve(static_cast<size_t>(value.count));
    for (int64_t i = 0; i < value.count; i++) list.push_back(read(*element, depth + 1));
  } else {
    elements<void*>(value);
    list.reserve(static_cast<size_t>(value.count));
    for (int64_t i = 0; i < value.count; i++) {
      const gt_value one = element_of(value, i);
      try {
        list.push_back(ValueReader(&one, 1).read(*element, depth + 1));
      } catch (const WrongValue& e) {
        throw WrongValue("has an element " + std::to_string(i) + " which " + e.what());
      }
    }
  }
  return IValue(std::move(list));
}

IValue ValueReader::read_tuple(const gt_value& value, const c10::TupleType* wanted, int depth) {
  check_held(value, 1, depth);
  if (wanted != nullptr && wanted->elements().size() != static_cast<size_t>(value.count)) {
    throw WrongValue("must be " + wanted->str() + ", not a tuple of " + std::to_string(value.count));
  }
  std::vector<IValue> held;
  held.reserve(static_cast<size_t>(value.count));
  for (int64_t i = 0; i < value.count; i++) {
    const c10::Type& type =
        wanted != nullptr ? *wanted->elements()[static_cast<size_t>(i)] : *c10::AnyType::get();
    held.push_back(read(type, depth + 1));
  }
  return IValue(c10::ivalue::Tuple::create(std::move(held)));
}

IValue ValueReader::read_dict(const gt_value& value, const c10::TypePtr& key, const c10::TypePtr& element,
                              int depth) {
  check_held(value, 2, depth);
  // Without a wanted type the first key tells.
  const bool strings = value.count == 0 || next_->kind == GT_VALUE_STRING;
  const c10::TypePtr key_type = key != nullptr ? key
                                : strings      ? c10::TypePtr(c10::StringType::get())
                                               : c10::TypePtr(c10::IntType::get());
  c10::impl::GenericDict dict(key_type, element);
  for (int64_t i = 0; i < value.count; i++) {
    IValue one = read(*key_type, depth + 1);
    dict.insert_or_assign(std::move(one), read(*element, depth + 1));
  }
  return IValue(std::move(dict));
}

// ------------------------------------------------------------------------ writing

namespace {

// What this thread still holds for its last call: results that did not fit, and the strings of those that
// did.
struct Kept {
  torch::jit::Stack results;
  std::deque<std::string> strings;
};
thread_local Kept kept;

int64_t count_one(const IValue& value, int depth) {
  if (depth >= max_depth) throw_type_error("a result is nested deeper than 64 levels");
  int64_t count = 1;
  if (value.isTensor() || value.isNone() || value.isInt() || value.isDouble() || value.isBool()) return 1;
  if (value.isList()) {
    for (const IValue& one : value.toListRef()) count += count_one(one, depth + 1);
  } else if (value.isTuple()) {
    for (const IValue& one : value.toTupleRef().elements()) count += count_one(one, depth + 1);
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) {
      count += count_one(entry.key(), depth + 1) + count_one(entry.value(), depth + 1);
    }
  } else if (!value.isComplexDouble() && !value.isString() && !value.isDevice() && !value.isGenerator()) {
    throw_type_error("a result is a " + value.tagKind() + ", which cannot be given out");
  }
  return count;
}

gt_value* write_one(const IValue& value, gt_value* out) {
  gt_value& to = *out++;
  to = {GT_VALUE_NONE, 0, 0, 0};
  if (value.isTensor()) {
    to.kind = GT_VALUE_TENSOR;
    to.payload = release(at::Tensor(value.toTensor()));
  } else if (value.isInt()) {
    to.kind = GT_VALUE_INT;
    to.payload = value.toInt();
  } else if (value.isDouble()) {
    to.kind = GT_VALUE_FLOAT;
    to.payload = bits(value.toDouble());
  } else if (value.isBool()) {
    to.kind = GT_VALUE_BOOL;
    to.payload = value.toBool() ? 1 : 0;
  } else if (value.isComplexDouble()) {
    to.kind = GT_VALUE_COMPLEX;
    to.payload = bits(value.toComplexDouble().real());
    to.count = bits(value.toComplexDouble().imag());
  } else if (value.isString()) {
    const std::string& text = kept.strings.emplace_back(value.toStringRef());
    to.kind = GT_VALUE_STRING;
    to.payload = reinterpret_cast<int64_t>(text.data());
    to.count = static_cast<int64_t>(text.size());
  } else if (value.isDevice()) {
    to.kind = GT_VALUE_DEVICE;
    to.extra = static_cast<int32_t>(value.toDevice().type());
    to.payload = value.toDevice().index();
  } else if (value.isGenerator()) {
    to.kind = GT_VALUE_GENERATOR;
    to.payload = release_generator(at::Generator(value.toGenerator()));
  } else if (value.isList()) {
    const auto held = value.toListRef();
    to.kind = GT_VALUE_LIST;
    to.count = static_cast<int64_t>(held.size());
    for (const IValue& one : held) out = write_one(one, out);
  } else if (value.isTuple()) {
    const auto& held = value.toTupleRef().elements();
    to.kind = GT_VALUE_TUPLE;
    to.count = static_cast<int64_t>(held.size());
    for (const IValue& one : held) out = write_one(one, out);
  } else if (value.isGenericDict()) {
    const auto dict = value.toGenericDict();
    to.kind = GT_VALUE_DICT;
    to.count = static_cast<int64_t>(dict.size());
    for (const auto& entry : dict) out = write_one(entry.value(), write_one(entry.key(), out));
  }
  return out;
}

void free_values(const gt_value* values, const gt_value* end) {
  for (; values != end; values++) {
    if (values->kind == GT_VALUE_TENSOR) gt_free(values->payload);
    if (values->kind == GT_VALUE_GENERATOR) gt_generator_free(values->payload);
  }
}

}  // namespace

int64_t count_values(const IValue* values, size_t count) {
  int64_t needed = 0;
  for (size_t i = 0; i < count; i++) needed += count_one(values[i], 0);
  return needed;
}

int64_t give_results(torch::jit::Stack& values, gt_value* out, int64_t capacity) {
  if (!kept.results.empty()) kept.results.clear();
  if (!kept.strings.empty()) kept.strings.clear();
  if (out == nullptr) {
    const auto dropped = static_cast<int64_t>(values.size());
    values.clear();
    return dropped;
  }
  const int64_t needed = count_values(values.data(), values.size());
  if (needed > capacity) {
    kept.results.swap(values);
    return needed;
  }
  // Only the memory for a string can fail now; what is behind the failure stays NONE.
  std::fill_n(out, needed, gt_value{GT_VALUE_NONE, 0, 0, 0});
  try {
    gt_value* next = out;
    for (IValue& value : values) {
      if (value.isTensor()) {
        *next++ = {GT_VALUE_TENSOR, 0, 0, release(std::move(value).toTensor())};
      } else {
        next = write_one(value, next);
      }
    }
  } catch (...) {
    free_values(out, out + needed);
    throw;
  }
  values.clear();
  return needed;
}

}  // namespace gt

int64_t gt_take_results(gt_value* results, int64_t capacity) {
  return gt::value_or<int64_t>(-1, [&] {
    torch::jit::Stack values;
    values.swap(gt::kept.results);
    return gt::give_results(values, results, capacity);
  });
}
