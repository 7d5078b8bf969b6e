// libtorch's profiler (kineto): start, stop, and what it recorded.
#include <ATen/record_function.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <cstdlib>
#include <memory>
#include <mutex>
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
    torch::profiler::impl::ExperimentalConfig experimental;
    experimental.profile_all_threads = true;
    const kineto::ProfilerConfig config(kineto::ProfilerState::KINETO, has(GT_PROFILE_SHAPES),
                                        has(GT_PROFILE_MEMORY), has(GT_PROFILE_STACKS), has(GT_PROFILE_FLOPS),
                                        has(GT_PROFILE_STACKS), experimental);
    // Or it would write two lines at each start and stop to the error stream.
    setenv("KINETO_LOG_LEVEL", "99", /*overwrite=*/0);
    kineto::prepareProfiler(config, activities);
    kineto::enableProfiler(config, activities);
    running = true;
    starter = std::this_thread::get_id();
  });
}

gt_profile gt_profiler_stop(void) {
  return gt::value_or<gt_profile>(0, [] {
    const std::lock_guard<std::mutex> lock(mutex);
    if (!running) throw std::runtime_error("no profiler is running");
    if (starter != std::this_thread::get_id()) {
      throw std::runtime_error("the profiler was started by another thread, which must stop it");
    }
    running = false;
    auto result = kineto::disableProfiler();
    gt::count_handles(1);
    return reinterpret_cast<gt_profile>(result.release());
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
