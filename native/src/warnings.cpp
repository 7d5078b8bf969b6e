// What libtorch warns of, kept for the caller.
#include <c10/util/Exception.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>

#include "internal.h"

namespace gt {
namespace {

constexpr size_t MAX_WAITING = 1000;

std::atomic<bool> is_collecting{false};
std::atomic<int32_t> waiting{0};
static_assert(sizeof waiting == sizeof(int32_t) && std::atomic<int32_t>::is_always_lock_free);

class Collector : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override {
    const auto& place = warning.source_location();
    const char* slash = std::strrchr(place.file, '/');
    std::string text = warning.msg() + " (" + (slash == nullptr ? place.file : slash + 1) + ":" +
                       std::to_string(place.line) + ")";
    const std::lock_guard<std::mutex> lock(mutex_);
    if (texts_.size() == MAX_WAITING) return;
    texts_.push_back(std::move(text));
    waiting.store(static_cast<int32_t>(texts_.size()), std::memory_order_relaxed);
  }

  // False if there is none.
  bool take(std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (texts_.empty()) return false;
    text = std::move(texts_.front());
    texts_.pop_front();
    waiting.store(static_cast<int32_t>(texts_.size()), std::memory_order_relaxed);
    return true;
  }

 private:
  std::mutex mutex_;
  std::deque<std::string> texts_;
};

Collector& collector() {
  static auto* all = new Collector;  // threads that still run at the end may warn
  return *all;
}

}  // namespace

void follow_collecting() noexcept {
  if (is_collecting.load(std::memory_order_relaxed)) c10::WarningUtils::set_warning_handler(&collector());
}

}  // namespace gt

int32_t gt_collect_warnings(void) {
  return gt::run([] {
    gt::collector();
    gt::is_collecting.store(true);
    gt::follow_collecting();
  });
}

const int32_t* gt_waiting_warnings(void) { return reinterpret_cast<const int32_t*>(&gt::waiting); }

const char* gt_next_warning(void) {
  return gt::value_or<const char*>(nullptr, []() -> const char* {
    thread_local std::string text;
    return gt::collector().take(text) ? text.c_str() : nullptr;
  });
}
