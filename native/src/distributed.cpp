// Stores, groups and operations between processes, as c10d has them; the backends are made in files of their
// own.
#include "distributed.h"

#include <c10/util/Flags.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

C10_DECLARE_int(caffe2_log_level);
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/Work.hpp>

namespace gt {
namespace {

using std::chrono::milliseconds;
using StorePtr = c10::intrusive_ptr<c10d::Store>;
using GroupPtr = c10::intrusive_ptr<c10d::Backend>;
using WorkPtr = c10::intrusive_ptr<c10d::Work>;

template <class Pointer>
const Pointer& held(intptr_t handle, const char* what) {
  if (handle == 0) throw_null(what);
  return *reinterpret_cast<const Pointer*>(handle);
}

const StorePtr& store_of(gt_store handle) { return held<StorePtr>(handle, "store"); }
const GroupPtr& group_of(gt_group handle) { return held<GroupPtr>(handle, "group"); }
const WorkPtr& work_of(gt_work handle) { return held<WorkPtr>(handle, "work"); }

template <class Pointer, class Body>
intptr_t make_held(Body&& body) noexcept {
  return value_or<intptr_t>(0, [&] { return reinterpret_cast<intptr_t>(new Pointer(body())); });
}

std::string text(const char* value, const char* what) {
  if (value == nullptr) throw_null(what);
  return value;
}

std::vector<uint8_t> bytes(const uint8_t* value, int64_t size) {
  if (size < 0) throw_count(size);
  if (value == nullptr && size > 0) throw_null("value");
  return size == 0 ? std::vector<uint8_t>() : std::vector<uint8_t>(value, value + size);
}

at::Tensor bytes_tensor(const std::vector<uint8_t>& value) {
  auto tensor = at::empty({static_cast<int64_t>(value.size())}, at::kByte);
  if (!value.empty()) std::memcpy(tensor.mutable_data_ptr(), value.data(), value.size());
  return tensor;
}

milliseconds timeout_or(int64_t timeout, milliseconds standard) {
  if (timeout < 0) throw std::invalid_argument("a timeout is " + std::to_string(timeout) + " ms, below 0");
  return timeout == 0 ? standard : milliseconds(timeout);
}

// A socket that listens at one address. TCPStore itself would listen at all addresses of the machine.
class Listener {
 public:
  Listener(const std::string& host, int32_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    const int failed = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (failed != 0) {
      throw std::runtime_error("the address " + host + " is not known here: " + gai_strerror(failed));
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, freeaddrinfo);
    int error = 0;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      fd_ = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
      if (fd_ < 0) {
        error = errno;
        continue;
      }
      const int on = 1;
      setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
      if (bind(fd_, each->ai_addr, each->ai_addrlen) == 0 && ::listen(fd_, SOMAXCONN) == 0) return;
      error = errno;
      close(fd_);
      fd_ = -1;
    }
    throw std::runtime_error("cannot listen at " + host + " port " + std::to_string(port) + ": " +
                             std::strerror(error));
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    if (fd_ >= 0) close(fd_);
  }

  int32_t port() const {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    char name[16];
    if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
        getnameinfo(reinterpret_cast<sockaddr*>(&address), size, nullptr, 0, name, sizeof(name),
                    NI_NUMERICSERV) != 0) {
      throw std::runtime_error("the port of a socket could not be asked");
    }
    return std::stoi(name);
  }

  int fd() const { return fd_; }
  void release() { fd_ = -1; }

 private:
  int fd_ = -1;
};

void check_port(int32_t port, int32_t lowest) {
  if (port < lowest || port > 65535) {
    throw std::invalid_argument("a port is " + std::to_string(port) + ", not from " + std::to_string(lowest) +
                                " to 65535");
  }
}

// What goes wrong is an exception here; libtorch's own account of it, with a stack of C++, is for those who
// ask for it as Python's users do.
void log_quietly() {
  static const bool asked = std::getenv("TORCH_CPP_LOG_LEVEL") != nullptr;
  constexpr int fatal = 3;
  if (!asked) FLAGS_caffe2_log_level = fatal;
}

StorePtr new_tcp_store(const char* host, int32_t port, const char* listen, int64_t timeout) {
  check_port(port, listen == nullptr ? 1 : 0);
  log_quietly();
  c10d::TCPStoreOptions options;
  options.waitWorkers = false;
  options.timeout = timeout_or(timeout, c10d::Store::kDefaultTimeout);
  options.port = static_cast<uint16_t>(port);
  if (listen == nullptr) return c10::make_intrusive<c10d::TCPStore>(text(host, "host"), options);
  Listener listener(listen, port);
  options.isServer = true;
  options.port = static_cast<uint16_t>(listener.port());
  options.masterListenFd = listener.fd();
  StorePtr store;
  try {
    store = c10::make_intrusive<c10d::TCPStore>(text(host, "host"), options);
  } catch (...) {
    // The server has taken the socket over, or never got it; either way closing it twice would be worse.
    listener.release();
    throw;
  }
  listener.release();
  return store;
}

c10d::ReduceOp reduce_op(int32_t op) {
  switch (op) {
    case GT_SUM:
      return c10d::ReduceOp::SUM;
    case GT_PRODUCT:
      return c10d::ReduceOp::PRODUCT;
    case GT_MIN:
      return c10d::ReduceOp::MIN;
    case GT_MAX:
      return c10d::ReduceOp::MAX;
    default:
      throw std::invalid_argument("there is no reduction " + std::to_string(op));
  }
}

int peer(const GroupPtr& group, int32_t rank) {
  if (rank < 0 || rank >= group->getSize()) {
    throw std::invalid_argument("rank " + std::to_string(rank) + " is not in a group of " +
                                std::to_string(group->getSize()) + " ranks");
  }
  return rank;
}

at::Tensor exchanged(const gt_tensor& handle) {
  const at::Tensor& given = tensor(handle);
  TORCH_CHECK_VALUE(given.layout() == at::kStrided && given.is_contiguous(),
                    "a tensor that is exchanged must be dense and contiguous");
  return given.detach();
}

void check_parts(const GroupPtr& group, const at::Tensor& whole, const at::Tensor& part) {
  TORCH_CHECK_VALUE(whole.numel() == part.numel() * group->getSize(), "a tensor of ", whole.numel(),
                    " elements does not hold ", part.numel(), " for each of ", group->getSize(), " ranks");
  TORCH_CHECK_TYPE(whole.scalar_type() == part.scalar_type(), "the whole has the dtype ", whole.scalar_type(),
                   " and the part ", part.scalar_type());
}

milliseconds of_call(int64_t timeout) { return timeout_or(timeout, c10d::kUnsetTimeout); }

}  // namespace
}  // namespace gt

int32_t gt_backend_require(int32_t backend) {
  return gt::run([&] { backend == GT_NCCL ? gt::require_nccl() : gt::require_gloo(); });
}

gt_store gt_tcp_store_new(const char* host, int32_t port, const char* listen, int64_t timeout) {
  return gt::make_held<gt::StorePtr>([&] { return gt::new_tcp_store(host, port, listen, timeout); });
}

gt_store gt_prefix_store_new(const char* prefix, gt_store store) {
  return gt::make_held<gt::StorePtr>([&]() -> gt::StorePtr {
    return c10::make_intrusive<c10d::PrefixStore>(gt::text(prefix, "prefix"), gt::store_of(store));
  });
}

void gt_store_free(gt_store store) { delete reinterpret_cast<gt::StorePtr*>(store); }

int32_t gt_store_port(gt_store store, int32_t* port) {
  return gt::run([&] {
    const auto* tcp = dynamic_cast<const c10d::TCPStore*>(gt::store_of(store).get());
    TORCH_CHECK(tcp != nullptr, "only a TCP store has a port");
    *port = tcp->getPort();
  });
}

int32_t gt_store_set(gt_store store, const char* key, const uint8_t* value, int64_t size) {
  return gt::run([&] { gt::store_of(store)->set(gt::text(key, "key"), gt::bytes(value, size)); });
}

gt_tensor gt_store_get(gt_store store, const char* key, int64_t timeout) {
  return gt::make([&] {
    const auto& keys = gt::store_of(store);
    keys->wait({gt::text(key, "key")}, gt::timeout_or(timeout, keys->getTimeout()));
    return gt::bytes_tensor(keys->get(key));
  });
}

gt_tensor gt_store_compare_set(gt_store store, const char* key, const uint8_t* expected,
                               int64_t expected_size, const uint8_t* value, int64_t size) {
  return gt::make([&] {
    return gt::bytes_tensor(gt::store_of(store)->compareSet(
        gt::text(key, "key"), gt::bytes(expected, expected_size), gt::bytes(value, size)));
  });
}

int32_t gt_store_add(gt_store store, const char* key, int64_t amount, int64_t* sum) {
  return gt::run([&] { *sum = gt::store_of(store)->add(gt::text(key, "key"), amount); });
}

int32_t gt_store_has(gt_store store, const char* key) {
  return gt::value_or<int32_t>(-1,
                               [&] { return gt::store_of(store)->check({gt::text(key, "key")}) ? 1 : 0; });
}

int32_t gt_store_delete(gt_store store, const char* key) {
  return gt::value_or<int32_t>(-1,
                               [&] { return gt::store_of(store)->deleteKey(gt::text(key, "key")) ? 1 : 0; });
}

gt_group gt_group_new(int32_t backend, gt_store store, int32_t rank, int32_t size, int64_t timeout,
                      const char* address, const char* interface_name, int32_t device_index) {
  return gt::make_held<gt::GroupPtr>([&] {
    if (size < 1 || rank < 0 || rank >= size) {
      throw std::invalid_argument("rank " + std::to_string(rank) + " of " + std::to_string(size) +
                                  " ranks cannot be");
    }
    const auto limit = gt::timeout_or(timeout, kBackendDefaultTimeout);
    const gt::GroupPlace place{address, interface_name, device_index};
    return backend == GT_NCCL ? gt::new_nccl(gt::store_of(store), rank, size, limit, place)
                              : gt::new_gloo(gt::store_of(store), rank, size, limit, place);
  });
}

void gt_group_free(gt_group group) {
  try {
    delete reinterpret_cast<gt::GroupPtr*>(group);
  } catch (...) {
    gt::record_exception();
  }
}

int32_t gt_group_abort(gt_group group) {
  return gt::run([&] { gt::group_of(group)->abort(); });
}

gt_work gt_group_broadcast(gt_group group, gt_tensor tensor, int32_t root, int64_t timeout) {
  return gt::make_held<gt::WorkPtr>([&] {
    const auto& ranks = gt::group_of(group);
    c10d::BroadcastOptions options;
    options.rootRank = gt::peer(ranks, root);
    options.timeout = gt::of_call(timeout);
    std::vector<at::Tensor> tensors{gt::exchanged(tensor)};
    return ranks->broadcast(tensors, options);
  });
}

gt_work gt_group_all_reduce(gt_group group, gt_tensor tensor, int32_t op, int64_t timeout) {
  return gt::make_held<gt::WorkPtr>([&] {
    c10d::AllreduceOptions options;
    options.reduceOp = gt::reduce_op(op);
    options.timeout = gt::of_call(timeout);
    std::vector<at::Tensor> tensors{gt::exchanged(tensor)};
    return gt::group_of(group)->allreduce(tensors, options);
  });
}

gt_work gt_group_all_gather(gt_group group, gt_tensor output, gt_tensor input, int64_t timeout) {
  return gt::make_held<gt::WorkPtr>([&] {
    const auto& ranks = gt::group_of(group);
    c10d::AllgatherOptions options;
    options.timeout = gt::of_call(timeout);
    at::Tensor whole = gt::exchanged(output).view({-1});
    at::Tensor part = gt::exchanged(input).view({-1});
    gt::check_parts(ranks, whole, part);
    return ranks->_allgather_base(whole, part, options);
  });
}

gt_work gt_group_reduce_scatter(gt_group group, gt_tensor output, gt_tensor input, int32_t op,
                                int64_t timeout) {
  return gt::make_held<gt::WorkPtr>([&] {
    const auto& ranks = gt::group_of(group);
    c10d::ReduceScatterOptions options;
    options.reduceOp = gt::reduce_op(op);
    options.timeout = gt::of_call(timeout);
    at::Tensor part = gt::exchanged(output).view({-1});
    at::Tensor whole = gt::exchanged(input).view({-1});
    gt::check_parts(ranks, whole, part);
    return ranks->_reduce_scatter_base(part, whole, options);
  });
}

gt_work gt_group_barrier(gt_group group, int64_t timeout) {
  return gt::make_held<gt::WorkPtr>([&] {
    c10d::BarrierOptions options;
    options.timeout = gt::of_call(timeout);
    return gt::group_of(group)->barrier(options);
  });
}

gt_work gt_group_send(gt_group group, gt_tensor tensor, int32_t to, int32_t tag) {
  return gt::make_held<gt::WorkPtr>([&] {
    const auto& ranks = gt::group_of(group);
    std::vector<at::Tensor> tensors{gt::exchanged(tensor)};
    return ranks->send(tensors, gt::peer(ranks, to), tag);
  });
}

gt_work gt_group_receive(gt_group group, gt_tensor tensor, int32_t from, int32_t tag) {
  return gt::make_held<gt::WorkPtr>([&] {
    const auto& ranks = gt::group_of(group);
    std::vector<at::Tensor> tensors{gt::exchanged(tensor)};
    return ranks->recv(tensors, gt::peer(ranks, from), tag);
  });
}

int32_t gt_work_wait(gt_work work, int64_t timeout) {
  return gt::run([&] {
    const bool done = gt::work_of(work)->wait(gt::timeout_or(timeout, kNoTimeout));
    TORCH_CHECK(done, "the operation was given up");
  });
}

int32_t gt_work_is_done(gt_work work) {
  return gt::value_or<int32_t>(-1, [&] { return gt::work_of(work)->isCompleted() ? 1 : 0; });
}

void gt_work_free(gt_work work) { delete reinterpret_cast<gt::WorkPtr*>(work); }
