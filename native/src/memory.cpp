// Host memory: refuses what the machine cannot give, since the system would promise it and then kill the
// process.
#include <ATen/EmptyTensor.h>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>
#include <c10/util/safe_numerics.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>

#include "internal.h"

namespace gt {
namespace {

constexpr int64_t no_limit = 0;
// Below this size nobody looks: the question costs as much as a hundred calls.
constexpr size_t large = size_t{256} << 20;

std::atomic<int64_t> allocation_limit{no_limit};

// The number behind a key, or the first number of the file where the key is empty.
std::optional<int64_t> number_in(const char* file, const std::string& key) {
  std::ifstream in(file);
  std::string word;
  while (!key.empty() && in >> word && word != key) continue;
  int64_t number = 0;
  if (in >> number) return number;  // also "max" is no number
  return std::nullopt;
}

// What the system can still give, of its memory and of the control group's; none where neither says so.
std::optional<int64_t> available_memory() {
  std::optional<int64_t> available;
  if (const auto kilobytes = number_in("/proc/meminfo", "MemAvailable:")) available = *kilobytes * 1024;
  const auto group = number_in("/sys/fs/cgroup/memory.max", "");
  const auto used = number_in("/sys/fs/cgroup/memory.current", "");
  if (group && used) {
    const auto cached = number_in("/sys/fs/cgroup/memory.stat", "inactive_file");
    const int64_t left = *group - *used + cached.value_or(0);
    if (!available || left < *available) available = left;
  }
  return available;
}

// libtorch's own allocator behind one comparison.
class GuardedAllocator final : public c10::Allocator {
 public:
  explicit GuardedAllocator(c10::Allocator* base) : base_(base) {}

  c10::DataPtr allocate(size_t bytes) override {
    const int64_t limit = allocation_limit.load(std::memory_order_relaxed);
    if (bytes >= large || (limit != no_limit && bytes > static_cast<size_t>(limit))) [[unlikely]] {
      check(bytes, limit);
    }
    return base_->allocate(bytes);
  }

  c10::DeleterFnPtr raw_deleter() const override { return base_->raw_deleter(); }

  bool is_simple_data_ptr(const c10::DataPtr& data) const override { return base_->is_simple_data_ptr(data); }

  void copy_data(void* to, const void* from, std::size_t count) const override {
    base_->copy_data(to, from, count);
  }

 private:
  static void check(size_t bytes, int64_t limit) {
    if (limit != no_limit && bytes > static_cast<size_t>(limit)) {
      throw_out_of_memory(bytes, "the limit for one allocation is " + std::to_string(limit) + " bytes");
    }
    const auto available = available_memory();
    if (available && (*available < 0 || bytes > static_cast<size_t>(*available))) {
      throw_out_of_memory(bytes, "the machine has " + std::to_string(*available) + " bytes left");
    }
  }

  [[noreturn]] static void throw_out_of_memory(size_t bytes, const std::string& why) {
    TORCH_CHECK_WITH(OutOfMemoryError, false, "out of memory: ", bytes, " bytes were asked for; ", why);
    std::abort();  // not reached
  }

  c10::Allocator* const base_;
};

// Whether the shape is one and its elements lie in the storage.
bool is_whole(const at::Tensor& tensor) noexcept {
  uint64_t count = 0;
  if (std::ranges::any_of(tensor.sizes(), [](int64_t size) { return size < 0; }) ||
      c10::safe_multiplies_u64(tensor.sizes(), &count) || count != static_cast<uint64_t>(tensor.numel())) {
    return false;
  }
  const bool packed = tensor.scalar_type() == at::kQUInt4x2 || tensor.scalar_type() == at::kQUInt2x4;
  if (count == 0 || packed) return true;
  try {
    return at::detail::computeStorageNbytes(tensor.sizes(), tensor.strides(), tensor.element_size(),
                                            tensor.storage_offset()) <= tensor.storage().nbytes();
  } catch (...) {
    return false;  // more bytes than can be counted
  }
}

const bool guarding = [] {
  static GuardedAllocator guard(c10::GetCPUAllocator());
  c10::SetCPUAllocator(&guard, /*priority=*/1);
  return true;
}();

}  // namespace

void mend(gt_tensor handle) noexcept {
  if (handle == 0) return;
  const at::Tensor& self = tensor(handle);
  if (self.layout() != at::kStrided || !self.has_storage() || self.is_meta()) return;
  if (is_whole(self)) return;
  self.unsafeGetTensorImpl()->set_sizes_contiguous({0});
}

}  // namespace gt

int32_t gt_set_allocation_limit(int64_t bytes) {
  return gt::run([&] {
    if (bytes < 0) {
      throw std::invalid_argument("the limit of an allocation is " + std::to_string(bytes) +
                                  " bytes; it must be positive, or 0 for none");
    }
    gt::allocation_limit.store(bytes, std::memory_order_relaxed);
  });
}
