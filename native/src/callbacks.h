// Code of the caller that the shim calls back, by its id.
#pragma once

#include <ATen/core/Tensor.h>

#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "internal.h"

namespace gt {

// A reference to one id. When the last copy of the shared pointer goes, the caller learns that nothing will
// call it.
class Callback {
 public:
  explicit Callback(int64_t id) : id_(id) {}
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback();

  int64_t id() const { return id_; }

  // Throws a CallbackError if the code fails.
  std::vector<at::Tensor> operator()(int32_t event, const std::vector<at::Tensor>& arguments,
                                     size_t result_count, intptr_t context = 0) const;

 private:
  const int64_t id_;
};

using CallbackPtr = std::shared_ptr<const Callback>;

// An id of the shim's own choice, below 0.
CallbackPtr new_callback();
// The callback that a caller names.
CallbackPtr callback(int64_t id);

// The caller's code failed; travels through libtorch's engine to the call that started it.
class CallbackError : public std::exception {
 public:
  explicit CallbackError(CallbackPtr error) : error_(std::move(error)) {}
  const char* what() const noexcept override { return "code that was called back failed"; }
  const CallbackPtr& error() const { return error_; }

 private:
  CallbackPtr error_;
};

}  // namespace gt
