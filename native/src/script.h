// What the files about TorchScript modules share.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <shared_mutex>
#include <string>

#include "internal.h"

namespace gt {

struct Script {
  torch::jit::Module module;
  // Calls share it; what changes the module as a whole has it alone.
  mutable std::shared_mutex mutex;
};

inline Script& borrow_script(gt_script handle) {
  if (handle == 0) throw_null("module");
  return *reinterpret_cast<Script*>(handle);
}

// Gives a module out as a handle.
inline gt_script release_script(torch::jit::Module&& module) {
  auto* script = new Script;
  script->module = std::move(module);
  count_handles(1);
  return reinterpret_cast<gt_script>(script);
}

inline std::string required_text(const char* argument, const char* what) {
  if (argument == nullptr) throw_null(what);
  return argument;
}

}  // namespace gt
