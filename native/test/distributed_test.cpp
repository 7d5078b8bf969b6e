// Two ranks in two threads of this process: what they exchange, and what goes wrong.
#include <unistd.h>

#include <cstring>
#include <string>

#include "threads.h"

namespace {

using threads::in_threads;

// Checks that need Gloo say so where it is not there.
bool has_gloo() {
  if (gt_backend_require(GT_GLOO) == GT_OK) return true;
  CHECK_INT(GT_NOT_IMPLEMENTED, gt_last_error_code());
  CHECK(std::strstr(gt_last_error_message(), "Gloo") != nullptr ||
        std::strstr(gt_last_error_message(), "c10d"));
  std::fprintf(stderr, "skipped: %s\n", gt_last_error_message());
  return false;
}

bool has_c10d() {
  const gt_store none = gt_prefix_store_new("a", 0);
  return none == 0 && gt_last_error_code() != GT_NOT_IMPLEMENTED;
}

gt_store server(int32_t* port) {
  const gt_store store = gt_tcp_store_new("127.0.0.1", 0, "127.0.0.1", 5000);
  CHECK(store != 0);
  CHECK_INT(GT_OK, gt_store_port(store, port));
  return store;
}

const uint8_t* bytes(const char* text) { return reinterpret_cast<const uint8_t*>(text); }

std::string text(gt_tensor value) {
  std::string result(static_cast<const char*>(gt_data_ptr(value)), static_cast<size_t>(gt_numel(value)));
  gt_free(value);
  return result;
}

void a_store_keeps_what_is_put_into_it() {
  if (!has_c10d()) return;
  int32_t port = 0;
  const gt_store store = server(&port);
  const gt_store client = gt_tcp_store_new("127.0.0.1", port, nullptr, 5000);
  CHECK_INT(0, gt_store_has(client, "key"));
  CHECK_INT(GT_OK, gt_store_set(store, "key", bytes("value"), 5));
  CHECK_INT(1, gt_store_has(client, "key"));
  CHECK(text(gt_store_get(client, "key", 0)) == "value");
  CHECK(text(gt_store_compare_set(client, "key", bytes("other"), 5, bytes("x"), 1)) == "value");
  CHECK(text(gt_store_compare_set(client, "first", nullptr, 0, bytes("mine"), 4)) == "mine");
  CHECK(text(gt_store_compare_set(store, "first", nullptr, 0, bytes("yours"), 5)) == "mine");
  int64_t sum = 0;
  CHECK_INT(GT_OK, gt_store_add(client, "count", 3, &sum));
  CHECK_INT(GT_OK, gt_store_add(store, "count", 4, &sum));
  CHECK_INT(7, sum);
  const gt_store prefixed = gt_prefix_store_new("job", client);
  CHECK_INT(0, gt_store_has(prefixed, "key"));
  CHECK_INT(1, gt_store_delete(client, "key"));
  CHECK_INT(0, gt_store_has(store, "key"));
  gt_store_free(prefixed);
  gt_store_free(client);
  gt_store_free(store);
}

void waiting_ends_at_the_timeout() {
  if (!has_c10d()) return;
  int32_t port = 0;
  const gt_store store = server(&port);
  CHECK_REFUSED(GT_ERROR, "imeout", gt_store_get(store, "never", 100));
  gt_store_free(store);
}

void a_store_that_is_not_there_is_an_error() {
  if (!has_c10d()) return;
  int32_t port = 0;
  gt_store_free(server(&port));
  CHECK_INT(0, gt_tcp_store_new("127.0.0.1", port, nullptr, 300));
  CHECK_INT(GT_ERROR, gt_last_error_code());
  CHECK_INT(0, gt_tcp_store_new("127.0.0.1", 70000, nullptr, 300));
  CHECK_INT(GT_VALUE, gt_last_error_code());
}

void a_port_is_served_by_one() {
  if (!has_c10d()) return;
  int32_t port = 0;
  const gt_store store = server(&port);
  CHECK_INT(0, gt_tcp_store_new("127.0.0.1", port, "127.0.0.1", 300));
  CHECK(std::strstr(gt_last_error_message(), "cannot listen at 127.0.0.1 port") != nullptr);
  gt_store_free(store);
}

template <class Body>
void in_ranks(int size, int64_t timeout, Body body) {
  int32_t port = 0;
  const gt_store store = server(&port);
  in_threads(size, [&](int rank) {
    const gt_store client = gt_tcp_store_new("127.0.0.1", port, nullptr, 5000);
    const gt_group group = gt_group_new(GT_GLOO, client, rank, size, timeout, "127.0.0.1", nullptr, 0);
    CHECK(group != 0);
    body(rank, group);
    gt_group_free(group);
    gt_store_free(client);
  });
  gt_store_free(store);
}

gt_tensor filled(int64_t size, double value) {
  return gt_full(&size, 1, GT_DOUBLE, bits_of(value), F32, CPU, -1, 0);
}

void finish(gt_work work) {
  CHECK(work != 0);
  CHECK_INT(GT_OK, gt_work_wait(work, 0));
  CHECK(gt_work_is_done(work) >= 0);
  gt_work_free(work);
}

void check_floats(gt_tensor tensor, std::vector<double> expected) {
  check_values(__FILE__, __LINE__, tensor, expected.data(), expected.size(), 0);
  gt_free(tensor);
}

void ranks_exchange_tensors() {
  if (!has_gloo()) return;
  in_ranks(2, 10000, [](int rank, gt_group group) {
    gt_tensor sum = filled(2, rank + 1);
    const gt_work reducing = gt_group_all_reduce(group, sum, GT_SUM, 0);
    CHECK_INT(GT_OK, gt_work_wait(reducing, 0));
    CHECK_INT(1, gt_work_is_done(reducing));
    gt_work_free(reducing);
    check_floats(sum, {3, 3});
    gt_tensor most = filled(1, rank + 1);
    finish(gt_group_all_reduce(group, most, GT_MAX, 0));
    check_floats(most, {2});
    gt_tensor root = filled(1, rank);
    finish(gt_group_broadcast(group, root, 1, 0));
    check_floats(root, {1});
    gt_tensor all = filled(4, 0), mine = filled(2, rank + 5);
    finish(gt_group_all_gather(group, all, mine, 0));
    check_floats(all, {5, 5, 6, 6});
    gt_tensor part = filled(1, 0), whole = filled(2, rank + 1);
    finish(gt_group_reduce_scatter(group, part, whole, GT_SUM, 0));
    check_floats(part, {3});
    gt_free(whole);
    finish(gt_group_barrier(group, 0));
    gt_tensor letter = filled(1, 9 * rank);
    finish(rank == 1 ? gt_group_send(group, letter, 0, 4) : gt_group_receive(group, letter, 1, 4));
    check_floats(letter, {9});
    gt_free(mine);
  });
}

void what_does_not_fit_is_refused() {
  if (!has_gloo()) return;
  in_ranks(1, 10000, [](int, gt_group group) {
    gt_tensor one = filled(3, 1), two = filled(2, 1);
    CHECK_INT(0, gt_group_all_gather(group, two, one, 0));
    CHECK_INT(0, gt_group_broadcast(group, one, 1, 0));
    CHECK_INT(GT_VALUE, gt_last_error_code());
    CHECK_INT(0, gt_group_all_reduce(group, 0, GT_SUM, 0));
    CHECK_INT(0, gt_group_all_reduce(group, one, 77, 0));
    CHECK_INT(0, gt_group_all_reduce(0, one, GT_SUM, 0));
    CHECK_INT(GT_VALUE, gt_last_error_code());
    gt_free(one);
    gt_free(two);
  });
}

void an_operation_that_others_do_not_join_ends_at_the_timeout() {
  if (!has_gloo()) return;
  in_ranks(2, 10000, [](int rank, gt_group group) {
    if (rank == 1) {
      usleep(600000);
      return;
    }
    gt_tensor sum = filled(2, 1);
    const gt_work work = gt_group_all_reduce(group, sum, GT_SUM, 200);
    CHECK(work != 0);
    CHECK_INT(GT_ERROR, gt_work_wait(work, 0));
    CHECK(std::strstr(gt_last_error_message(), "imed out") != nullptr);
    gt_work_free(work);
    gt_free(sum);
  });
}

void a_rank_that_leaves_is_noticed_at_once() {
  if (!has_gloo()) return;
  in_ranks(2, 60000, [](int rank, gt_group group) {
    if (rank == 1) return;
    gt_tensor sum = filled(2, 1);
    const gt_work work = gt_group_all_reduce(group, sum, GT_SUM, 0);
    CHECK(work == 0 || gt_work_wait(work, 0) == GT_ERROR);
    if (work != 0) gt_work_free(work);
    gt_free(sum);
  });
}

void nccl_is_there_or_says_why_not() {
  if (gt_backend_require(GT_NCCL) != GT_OK) {
    CHECK_INT(0, gt_cuda_device_count());
    CHECK(std::strlen(gt_last_error_message()) > 10);
  }
}

}  // namespace

extern "C" const test_case distributed_tests[] = {
    {"a store keeps what is put into it", a_store_keeps_what_is_put_into_it},
    {"waiting ends at the timeout", waiting_ends_at_the_timeout},
    {"a store that is not there is an error", a_store_that_is_not_there_is_an_error},
    {"a port is served by one", a_port_is_served_by_one},
    {"ranks exchange tensors", ranks_exchange_tensors},
    {"what does not fit is refused", what_does_not_fit_is_refused},
    {"an operation that others do not join ends at the timeout",
     an_operation_that_others_do_not_join_ends_at_the_timeout},
    {"a rank that leaves is noticed at once", a_rank_that_leaves_is_noticed_at_once},
    {"NCCL is there or says why not", nccl_is_there_or_says_why_not},
    {nullptr, nullptr}};
