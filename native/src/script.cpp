// TorchScript modules.
#include "script.h"

#include <caffe2/serialize/read_adapter_interface.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <shared_mutex>
#include <sstream>
#include <stdexcept>
#include <string>

#include "values.h"

namespace {

using gt::Script;

Script& borrow(gt_script handle) { return gt::borrow_script(handle); }

std::string text(const char* argument, const char* what) { return gt::required_text(argument, what); }

class Memory : public caffe2::serialize::ReadAdapterInterface {
 public:
  Memory(const void* bytes, size_t size) : bytes_(static_cast<const char*>(bytes)), size_(size) {}
  size_t size() const override { return size_; }
  size_t read(uint64_t position, void* out, size_t count, const char*) const override {
    if (position >= size_) return 0;
    const size_t read = std::min<size_t>(count, size_ - position);
    std::memcpy(out, bytes_ + position, read);
    return read;
  }

 private:
  const char* bytes_;
  size_t size_;
};

// Does something with a file; what goes wrong is told with its name.
template <class Body>
auto with_name(const std::string& name, const char* problem, Body&& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const c10::Error& e) {
    throw std::runtime_error(name + problem + e.what_without_backtrace());
  } catch (const std::exception& e) {
    throw std::runtime_error(name + problem + e.what());
  }
}

// Loads from a path or from memory.
template <class Source>
gt_script load(Source&& source, const std::string& name, int32_t device_type, int32_t device_index) {
  std::optional<at::Device> device;
  if (device_type >= 0) device = gt::device(device_type, device_index);
  return gt::release_script(with_name(name, " is no TorchScript module that can be read: ", [&] {
    return torch::jit::load(std::forward<Source>(source), device, /*load_debug_files=*/false);
  }));
}

torch::jit::Method method_of(const torch::jit::Module& module, const std::string& name) {
  auto method = module.find_method(name);
  if (!method) throw std::out_of_range("the TorchScript module has no method '" + name + "'");
  return *method;
}

// The arguments of a method, behind the module itself, from a row of values.
std::vector<c10::IValue> arguments_of(const torch::jit::Method& method, const gt_value* values,
                                      int64_t count) {
  const auto& schema = method.function().getSchema();
  gt::ValueReader reader(values, count);
  std::vector<c10::IValue> arguments;
  for (size_t i = 1; i < schema.arguments().size() && !reader.at_end(); i++) {
    const c10::Argument& argument = schema.arguments()[i];
    try {
      arguments.push_back(reader.read(*argument.type()));
    } catch (const gt::WrongValue& e) {
      gt::throw_type_error(method.name() + ": the argument '" + argument.name() + "' " + e.what());
    }
  }
  if (!reader.at_end()) {
    gt::throw_type_error(method.name() + " takes " + std::to_string(schema.arguments().size() - 1) +
                         " arguments, and more were given");
  }
  return arguments;
}

// Calls `found` with the name and value of each thing of a kind, in the module and its parts.
template <class Found>
void for_each(const torch::jit::Module& module, int32_t names, Found&& found) {
  switch (names) {
    case GT_SCRIPT_PARAMETERS:
      for (const auto& one : module.named_parameters()) found(one.name, c10::IValue(one.value));
      return;
    case GT_SCRIPT_BUFFERS:
      for (const auto& one : module.named_buffers()) found(one.name, c10::IValue(one.value));
      return;
    case GT_SCRIPT_ATTRIBUTES:
      for (const auto& one : module.named_attributes()) {
        if (!one.value.isTensor() && !one.value.isModule()) found(one.name, one.value);
      }
      return;
    case GT_SCRIPT_METHODS:
      for (const auto& one : module.get_methods()) found(one.name(), c10::IValue());
      return;
    default:
      throw std::invalid_argument(std::to_string(names) + " is not one of gt_script_names");
  }
}

const char* keep(std::string value) {
  static thread_local std::string kept;
  kept = std::move(value);
  return kept.c_str();
}

}  // namespace

gt_script gt_script_load(const char* path, int32_t device_type, int32_t device_index) {
  return gt::value_or<gt_script>(0, [&] {
    const std::string name = text(path, "path");
    return load(name, name, device_type, device_index);
  });
}

gt_script gt_script_load_memory(const void* bytes, int64_t count, const char* name, int32_t device_type,
                                int32_t device_index) {
  return gt::value_or<gt_script>(0, [&] {
    if (count < 0) gt::throw_count(count);
    if (bytes == nullptr && count > 0) gt::throw_null("bytes");
    std::shared_ptr<caffe2::serialize::ReadAdapterInterface> memory =
        std::make_shared<Memory>(bytes, static_cast<size_t>(count));
    return load(std::move(memory), text(name, "name"), device_type, device_index);
  });
}

void gt_script_free(gt_script handle) {
  if (handle == 0) return;
  gt::count_handles(-1);
  delete &borrow(handle);
}

int32_t gt_script_save(gt_script handle, const char* path) {
  return gt::run([&] {
    const Script& script = borrow(handle);
    const std::shared_lock lock(script.mutex);
    const std::string name = text(path, "path");
    with_name(name, " cannot be written: ", [&] { script.module.save(name); });
  });
}

int32_t gt_script_train(gt_script handle, int32_t on) {
  return gt::run([&] {
    Script& script = borrow(handle);
    const std::unique_lock lock(script.mutex);
    script.module.train(on != 0);
  });
}

int32_t gt_script_is_training(gt_script handle) {
  return gt::value_or<int32_t>(-1, [&] {
    const Script& script = borrow(handle);
    const std::shared_lock lock(script.mutex);
    return script.module.is_training() ? 1 : 0;
  });
}

int32_t gt_script_to(gt_script handle, int32_t dtype, int32_t device_type, int32_t device_index) {
  return gt::run([&] {
    Script& script = borrow(handle);
    const std::unique_lock lock(script.mutex);
    if (device_type >= 0) script.module.to(gt::device(device_type, device_index));
    if (dtype >= 0) {
      const at::ScalarType type = gt::dtype(dtype);
      if (!at::isFloatingType(type)) {
        gt::throw_type_error(std::string("a module cannot become ") + at::toString(type) +
                             "; a floating-point dtype is needed");
      }
      // Module::to would cast integers, too.
      const auto cast = [&](const std::string&, const c10::IValue& value) {
        const at::Tensor& one = value.toTensor();
        if (one.is_floating_point()) one.set_data(one.to(type));
      };
      for_each(script.module, GT_SCRIPT_PARAMETERS, cast);
      for_each(script.module, GT_SCRIPT_BUFFERS, cast);
    }
  });
}

const char* gt_script_list(gt_script handle, int32_t names) {
  return gt::value_or<const char*>(nullptr, [&] {
    const Script& script = borrow(handle);
    const std::shared_lock lock(script.mutex);
    std::string lines;
    for_each(script.module, names,
             [&](const std::string& name, const c10::IValue&) { lines.append(name).append("\n"); });
    return keep(std::move(lines));
  });
}

int64_t gt_script_get(gt_script handle, const char* name, gt_value* results, int64_t capacity) {
  return gt::value_or<int64_t>(-1, [&] {
    const std::string wanted = text(name, "name");
    const Script& script = borrow(handle);
    torch::jit::Stack found;
    {
      const std::shared_lock lock(script.mutex);
      for (const int32_t names : {GT_SCRIPT_PARAMETERS, GT_SCRIPT_BUFFERS, GT_SCRIPT_ATTRIBUTES}) {
        for_each(script.module, names, [&](const std::string& one, const c10::IValue& value) {
          if (found.empty() && one == wanted) found.push_back(value);
        });
      }
    }
    if (found.empty()) {
      throw std::out_of_range("the TorchScript module has no parameter, buffer or attribute '" + wanted +
                              "'");
    }
    return gt::give_results(found, results, capacity);
  });
}

const char* gt_script_schema(gt_script handle, const char* method) {
  return gt::value_or<const char*>(nullptr, [&] {
    const Script& script = borrow(handle);
    std::ostringstream out;
    const auto& schema = method_of(script.module, text(method, "method")).function().getSchema();
    out << schema.cloneWithArguments({schema.arguments().begin() + 1, schema.arguments().end()});
    return keep(out.str());
  });
}

int64_t gt_script_call(gt_script handle, const char* method, const gt_value* arguments, int64_t count,
                       gt_value* results, int64_t capacity) {
  return gt::value_or<int64_t>(-1, [&] {
    const Script& script = borrow(handle);
    torch::jit::Stack stack;
    {
      const std::shared_lock lock(script.mutex);
      auto called = method_of(script.module, text(method, "method"));
      stack.push_back(called(arguments_of(called, arguments, count)));
    }
    return gt::give_results(stack, results, capacity);
  });
}
