// TorchScript modules made here: by recording what the caller's code does, and from source.
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/error_report.h>
#include <torch/csrc/jit/frontend/tracer.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "callbacks.h"
#include "script.h"

namespace {

using torch::jit::Module;

// The lines of a text, as many as there must be.
std::vector<std::string> lines(const char* text, const char* what, int64_t count) {
  std::istringstream in(gt::required_text(text, what));
  std::vector<std::string> found;
  for (std::string line; std::getline(in, line);) found.push_back(line);
  if (static_cast<int64_t>(found.size()) != count) {
    throw std::invalid_argument(std::to_string(found.size()) + " " + what + " were given for " +
                                std::to_string(count) + " tensors");
  }
  return found;
}

// Puts tensors under dotted names; each part gets a type of its own, as its parts are its own.
class Parts {
 public:
  Module make() {
    Module part("__torch__.gradus.Part" + std::to_string(count_++), unit_);
    part.register_attribute("training", c10::BoolType::get(), false);
    return part;
  }

  void put(Module module, const std::string& name, const at::Tensor& value, bool is_buffer) {
    const auto dot = name.find('.');
    const std::string first = name.substr(0, dot);
    if (dot == std::string::npos) {
      if (first.empty() || module.hasattr(first)) {
        throw std::invalid_argument("the name of a tensor is empty or given twice: '" + first + "'");
      }
      module.register_parameter(first, value, is_buffer);
      return;
    }
    if (!module.hasattr(first)) module.register_module(first, make());
    const auto inner = module.attr(first);
    if (!inner.isModule()) throw std::invalid_argument("'" + first + "' is a tensor and a part");
    put(inner.toModule(), name.substr(dot + 1), value, is_buffer);
  }

 private:
  std::shared_ptr<torch::jit::CompilationUnit> unit_ = std::make_shared<torch::jit::CompilationUnit>();
  int64_t count_ = 0;
};

}  // namespace

gt_script gt_script_trace(int64_t callback, const char* argument_names, const gt_tensor* inputs,
                          int64_t input_count, const char* names, const gt_tensor* tensors,
                          int64_t parameter_count, int64_t count) {
  return gt::value_or<gt_script>(0, [&] {
    const gt::CallbackPtr code = gt::callback(callback);
    const at::TensorList given = gt::tensors(inputs, input_count);
    const at::TensorList values = gt::tensors(tensors, count);
    const auto arguments = lines(argument_names, "names of arguments", input_count);
    const auto paths = lines(names, "names", count);
    Parts parts;
    Module module = parts.make();
    for (int64_t i = 0; i < count; i++) {
      parts.put(module, paths[static_cast<size_t>(i)], values[static_cast<size_t>(i)], i >= parameter_count);
    }
    torch::jit::Stack stack(given.begin(), given.end());
    const auto traced = torch::jit::tracer::trace(
        std::move(stack),
        [&](torch::jit::Stack now) {
          std::vector<at::Tensor> recorded;
          for (const c10::IValue& value : now) recorded.push_back(value.toTensor());
          return torch::jit::Stack{(*code)(GT_EVENT_TRACE, recorded, 1).front()};
        },
        [](const at::Tensor&) { return std::string(); }, /*strict=*/true, /*force_outplace=*/false, &module,
        arguments);
    const c10::QualifiedName name(*module.type()->name(), "forward");
    module.type()->addMethod(
        module._ivalue()->compilation_unit()->create_function(name, traced.first->graph));
    return gt::release_script(std::move(module));
  });
}

int32_t gt_script_define(gt_script handle, const char* source) {
  return gt::run([&] {
    gt::Script& script = gt::borrow_script(handle);
    const std::unique_lock lock(script.mutex);
    const std::string text = gt::required_text(source, "source");
    try {
      script.module.define(text);
    } catch (const torch::jit::ErrorReport& e) {
      const std::string message = e.what();
      throw std::invalid_argument(message.substr(std::min(message.find_first_not_of('\n'), message.size())));
    }
  });
}
