// The error of the calling thread, and how C++ exceptions become one.
#include <c10/util/Exception.h>

#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include "callbacks.h"
#include "internal.h"

namespace gt {
namespace {

thread_local int32_t last_code = GT_OK;
thread_local std::string last_message;
thread_local CallbackPtr last_callback;

// The message without a C++ stack. libtorch leaves it out itself, but for a message that holds another one.
std::string without_stack(const char* message) {
  const std::string text(message);
  return text.substr(0, text.find("\nException raised from "));
}

int32_t record(int32_t code, const char* message) noexcept {
  last_code = code;
  last_callback.reset();
  try {
    last_message = without_stack(message);
  } catch (...) {
    last_message.clear();
  }
  return code;
}

// The allocator of the CPU throws a plain Error; only its words tell what it means.
bool is_out_of_memory(const char* message) {
  return std::strstr(message, "not enough memory") != nullptr ||
         std::strstr(message, "out of memory") != nullptr ||
         std::strstr(message, "Cannot allocate memory") != nullptr;
}

}  // namespace

int32_t record_exception() noexcept {
  try {
    throw;
  } catch (const CallbackError& e) {
    record(GT_CALLBACK, e.what());
    last_callback = e.error();
    return GT_CALLBACK;
  } catch (const c10::IndexError& e) {
    return record(GT_INDEX, e.what_without_backtrace());
  } catch (const c10::TypeError& e) {
    return record(GT_TYPE, e.what_without_backtrace());
  } catch (const c10::ValueError& e) {
    return record(GT_VALUE, e.what_without_backtrace());
  } catch (const c10::NotImplementedError& e) {
    return record(GT_NOT_IMPLEMENTED, e.what_without_backtrace());
  } catch (const c10::LinAlgError& e) {
    return record(GT_LINALG, e.what_without_backtrace());
  } catch (const c10::OutOfMemoryError& e) {
    return record(GT_OUT_OF_MEMORY, e.what_without_backtrace());
  } catch (const c10::Error& e) {
    const char* message = e.what_without_backtrace();
    return record(is_out_of_memory(message) ? GT_OUT_OF_MEMORY : GT_ERROR, message);
  } catch (const std::bad_alloc& e) {
    return record(GT_OUT_OF_MEMORY, "out of host memory");
  } catch (const std::out_of_range& e) {
    return record(GT_INDEX, e.what());
  } catch (const std::invalid_argument& e) {
    return record(GT_VALUE, e.what());
  } catch (const std::runtime_error& e) {
    return record(is_out_of_memory(e.what()) ? GT_OUT_OF_MEMORY : GT_ERROR, e.what());
  } catch (const std::exception& e) {
    return record(GT_INTERNAL, e.what());
  } catch (...) {
    return record(GT_INTERNAL, "an exception of unknown type");
  }
}

void clear_error() noexcept { last_code = GT_OK; }

void throw_null(const char* what) {
  throw std::invalid_argument(std::string(what) + " argument is null where one is required");
}

void throw_count(int64_t count) {
  throw std::invalid_argument("a list has " + std::to_string(count) + " elements, fewer than none");
}

}  // namespace gt

int32_t gt_last_error_code(void) { return gt::last_code; }

const char* gt_last_error_message(void) { return gt::last_code == GT_OK ? "" : gt::last_message.c_str(); }

int64_t gt_last_error_callback(void) {
  return gt::last_code == GT_CALLBACK && gt::last_callback != nullptr ? gt::last_callback->id() : 0;
}

void gt_drop_last_error_callback(void) { gt::last_callback.reset(); }
