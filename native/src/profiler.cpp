// libtorch's profiler (kineto): start, stop, and what it recorded.
#include <ATen/record_function.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "internal.h"

namespace {

namespace kineto = torch::autograd::profiler;

std::mutex mutex;
bool running = false;
std::thread::id starter;
int attached = 0;
std::condition_variable detached;

// What makes a thread record into the running profiler: libtorch gives it to the threads of autograd in the
// same way.
struct Recording {
  at::RecordFunctionTLS callbacks;
  std::shared_ptr<c10::ThreadLocalDebugInfo> state;

  static Recording of_this_thread() {
    return {at::get_record_function_tls_(), c10::ThreadLocalDebugInfo::current()};
  }
  void use() const {
    at::set_record_function_tls_(callbacks);
    c10::ThreadLocalDebugInfo::_forceCurrentDebugInfo(state);
  }
};
std::optional<Recording> recording;

// Whether this thread is attached, and what it had before. One that ends is attached no more.
struct Attachment {
  std::optional<Recording> before;
  void end() {
    before.reset();
    attached--;
    detached.notify_all();
  }
  ~Attachment() {
    if (!before) return;
    const std::lock_guard<std::mutex> lock(mutex);
    end();
  }
};
thread_local Attachment attachment;

// The kinds of events, as kineto numbers them (libkineto::ActivityType, whose header libtorch does not ship).
constexpr uint8_t cpu_operator = 0, user_range = 1, device_user_range = 2, device_copy = 3, device_fill = 4,
                  device_kernel = 5;

kineto::ProfilerResult& profile(gt_profile handle) {
  if (handle == 0) gt::throw_null("profile");
  return *reinterpret_cast<kineto::ProfilerResult*>(handle);
}

const kineto::KinetoEvent& event(gt_profile handle, int64_t index) {
  const auto& events = profile(handle).events();
  if (index < 0 || index >= static_cast<int64_t>(events.size())) {
    throw std::out_of_range("event " + std::to_string(index) + " of " + std::to_string(events.size()));
  }
  return events[static_cast<size_t>(index)];
}

int64_t is_range(const kineto::KinetoEvent& event) {
  switch (event.activityType()) {
    case user_range:
    case device_user_range:
      return 1;
    case cpu_operator:
    case device_copy:
    case device_fill:
    case device_kernel:
      return 0;
    default:
      return -1;
  }
}

}  // namespace

int32_t gt_profiler_start(int32_t options) {
  return gt::run([&] {
    const std::lock_guard<std::mutex> lock(mutex);
    if (running) throw std::runtime_error("a profiler is running already; stop it first");
    const auto has = [&](int32_t option) { return (options & option) != 0; };
    if (has(GT_PROFILE_CUDA)) gt::require_cuda();
    std::set<kineto::ActivityType> activities{kineto::ActivityType::CPU};
    if (has(GT_PROFILE_CUDA)) activities.insert(kineto::ActivityType::CUDA);
    const kineto::ProfilerConfig config(kineto::ProfilerState::KINETO, has(GT_PROFILE_SHAPES),
                                        has(GT_PROFILE_MEMORY), has(GT_PROFILE_STACKS), has(GT_PROFILE_FLOPS),
                                        has(GT_PROFILE_STACKS));
    // Or it would write two lines at each start and stop to the error stream.
    setenv("KINETO_LOG_LEVEL", "99", /*overwrite=*/0);
    kineto::prepareProfiler(config, activities);
    kineto::enableProfiler(config, activities);
    running = true;
    recording = Recording::of_this_thread();
    starter = std::this_thread::get_id();
  });
}

gt_profile gt_profiler_stop(void) {
  return gt::value_or<gt_profile>(0, [] {
    std::unique_lock<std::mutex> lock(mutex);
    if (!running) throw std::runtime_error("no profiler is running");
    if (starter != std::this_thread::get_id()) {
      throw std::runtime_error("the profiler was started by another thread, which must stop it");
    }
    // A thread that has just ended, as Java sees it, still has its end here before it.
    if (!detached.wait_for(lock, std::chrono::seconds(1), [] { return attached == 0; })) {
      throw std::runtime_error("threads are still attached to the profiler: " + std::to_string(attached) +
                               "; detach them before it is stopped");
    }
    running = false;
    recording.reset();
    auto result = kineto::disableProfiler();
    gt::count_handles(1);
    return reinterpret_cast<gt_profile>(result.release());
  });
}

int32_t gt_profiler_attach(void) {
  return gt::run([] {
    const std::lock_guard<std::mutex> lock(mutex);
    if (!running) throw std::runtime_error("no profiler is running");
    if (starter == std::this_thread::get_id() || attachment.before) {
      throw std::runtime_error("this thread is recorded already");
    }
    attachment.before = Recording::of_this_thread();
    recording->use();
    attached++;
  });
}

int32_t gt_profiler_detach(void) {
  return gt::run([] {
    if (!attachment.before) throw std::runtime_error("this thread is not attached to a profiler");
    const std::lock_guard<std::mutex> lock(mutex);
    attachment.before->use();
    attachment.end();
  });
}

void gt_profile_free(gt_profile handle) {
  if (handle == 0) return;
  gt::count_handles(-1);
  delete &profile(handle);
}

int32_t gt_profile_save(gt_profile handle, const char* path) {
  return gt::run([&] {
    if (path == nullptr) gt::throw_null("path");
    profile(handle).save(path);
  });
}

int64_t gt_profile_event_count(gt_profile handle) {
  return gt::value_or<int64_t>(-1, [&] { return static_cast<int64_t>(profile(handle).events().size()); });
}

const char* gt_profile_event_name(gt_profile handle, int64_t index) {
  return gt::value_or<const char*>(nullptr, [&] {
    static thread_local std::string name;
    name = event(handle, index).name();
    return name.c_str();
  });
}

int32_t gt_profile_event(gt_profile handle, int64_t index, int64_t* out) {
  return gt::run([&] {
    const kineto::KinetoEvent& one = event(handle, index);
    out[GT_EVENT_START] = static_cast<int64_t>(one.startNs());
    out[GT_EVENT_DURATION] = static_cast<int64_t>(one.durationNs());
    out[GT_EVENT_THREAD] = static_cast<int64_t>(one.startThreadId());
    out[GT_EVENT_DEVICE_TYPE] = static_cast<int64_t>(one.deviceType());
    out[GT_EVENT_IS_RANGE] = is_range(one);
    out[GT_EVENT_BYTES] = one.nBytes();
    out[GT_EVENT_FLOPS] = static_cast<int64_t>(one.flops());
  });
}

intptr_t gt_range_begin(const char* name) {
  return gt::value_or<intptr_t>(0, [&]() -> intptr_t {
    if (name == nullptr) gt::throw_null("name");
    auto range = std::make_unique<at::RecordFunction>(at::RecordScope::USER_SCOPE);
    if (!range->isActive()) return 0;
    range->before(std::string(name));
    return reinterpret_cast<intptr_t>(range.release());
  });
}

void gt_range_end(intptr_t range) { delete reinterpret_cast<at::RecordFunction*>(range); }
