// Many threads at once: errors are the thread's own, handles move between threads and are counted together.
#include "threads.h"

#include <cstring>

namespace {

using threads::in_threads;
using threads::ones;

void errors_belong_to_their_thread() {
  const gt_tensor two = ones(2);
  gt_free(gt_select(two, 0, 7));
  CHECK(gt_last_error_code() == GT_INDEX);
  in_threads(4, [=](int i) {
    CHECK(gt_last_error_code() == GT_OK);
    CHECK(std::strcmp(gt_last_error_message(), "") == 0);
    for (int round = 0; round < 200; round++) {
      if (i % 2 == 0) {
        CHECK(gt_select(two, 0, 7) == 0);
        CHECK(gt_last_error_code() == GT_INDEX);
      } else {
        CHECK(gt_add(two, 0) == 0);
        CHECK(gt_last_error_code() == GT_VALUE);
        CHECK(std::strstr(gt_last_error_message(), "null") != nullptr);
      }
    }
  });
  CHECK(gt_last_error_code() == GT_INDEX);
  gt_free(two);
}

void handles_of_all_threads_are_counted() {
  const int64_t before = gt_live_handles();
  std::vector<gt_tensor> made(8 * 100);
  gt_tensor* out = made.data();
  in_threads(8, [=](int i) {
    for (int round = 0; round < 100; round++) {
      const gt_tensor x = ones(4);
      out[i * 100 + round] = gt_add(x, x);
      gt_free(x);
    }
  });
  CHECK(gt_live_handles() == before + 800);
  gt_free_many(out, 800);  // in another thread than the ones that made them, which have ended
  CHECK(gt_live_handles() == before);
}

void one_tensor_is_read_by_all() {
  const gt_tensor shared = ones(1000);
  in_threads(4, [=](int) {
    for (int round = 0; round < 100; round++) {
      const gt_tensor own = gt_share(shared);
      const gt_tensor sum = gt_sum(own, nullptr, 0, 0);
      double value = 0;
      int64_t integer;
      int32_t integral;
      CHECK(gt_item(sum, &value, &integer, &integral) == GT_OK);
      CHECK(value == 1000);
      gt_free(own);
      gt_free(sum);
    }
  });
  gt_free(shared);
}

void recording_is_a_mode_of_the_thread() {
  gt_set_grad_enabled(0);
  in_threads(1, [](int) { CHECK(gt_grad_enabled() == 1); });
  CHECK(gt_grad_enabled() == 0);
  gt_set_grad_enabled(1);
}

// Threads meet at the table of operators, some asking for what no one has asked for before.
void operators_are_found_and_called_in_every_thread() {
  const char* names[] = {"aten::relu", "aten::neg", "aten::abs", "aten::exp", "aten::log1p", "aten::tanh"};
  const gt_tensor shared = ones(16);
  in_threads(4, [=](int i) {
    for (int round = 0; round < 60; round++) {
      const gt_operator op = gt_operator_find(names[(i + round) % 6], "");
      const gt_value argument = {GT_VALUE_TENSOR, 0, 0, shared};
      gt_value result;
      CHECK(gt_operator_call(op, &argument, 1, &result, 1) == 1);
      CHECK(gt_numel(result.payload) == 16);
      gt_free(result.payload);
      CHECK(std::strstr(gt_operator_schema(op), "Tensor self") != nullptr);
      if (round % 20 == 0) CHECK(gt_operator_list() != nullptr);
    }
  });
  gt_free(shared);
}

// One thread gives a tensor away while others use theirs: the memory goes with the last of them.
void the_last_handle_frees_in_whatever_thread() {
  for (int round = 0; round < 50; round++) {
    const gt_tensor made = ones(64);
    gt_tensor shares[4];
    for (gt_tensor& share : shares) share = gt_share(made);
    const gt_tensor* all = shares;
    gt_free(made);
    in_threads(4, [=](int i) {
      const gt_tensor view = gt_select(all[i], 0, i);
      gt_free(all[i]);
      const gt_tensor sum = gt_add(view, view);
      gt_free(view);
      gt_free(sum);
    });
  }
}

// Memory of the caller is freed when its lease counts none, by the thread that sees it.
void a_lease_is_counted_by_all() {
  std::vector<float> memory(8, 1.0f);
  void* lease = gt_lease_new();
  float* data = memory.data();
  in_threads(4, [=](int) {
    for (int round = 0; round < 50; round++) {
      const int64_t size = 8;
      const gt_tensor x = gt_leased_tensor(lease, data, &size, 1, F32), view = gt_select(x, 0, 3);
      gt_free(x);
      CHECK(gt_lease_count(lease) > 0);
      gt_free(view);
    }
  });
  CHECK(gt_lease_count(lease) == 0);
  gt_lease_free(lease);
}

void backward_runs_in_every_thread() {
  in_threads(4, [](int) {
    for (int round = 0; round < 20; round++) {
      const gt_tensor x = ones(8);
      CHECK(gt_set_requires_grad(x, 1) == GT_OK);
      const gt_tensor squares = gt_square(x), sum = gt_sum(squares, nullptr, 0, 0);
      CHECK(gt_backward(sum, 0, 0, 0) == GT_OK);
      const gt_tensor gradient = gt_grad(x), mean = gt_mean(gradient, nullptr, 0, 0);
      double value = 0;
      int64_t integer;
      int32_t integral;
      CHECK(gt_item(mean, &value, &integer, &integral) == GT_OK);
      CHECK(value == 2);
      const gt_tensor all[] = {x, squares, sum, gradient, mean};
      gt_free_many(all, 5);
    }
  });
}

// Each thread that has a handle has its warnings collected, also one that did not ask for it.
void warnings_of_all_threads_wait_together() {
  CHECK_OK(gt_collect_warnings());
  in_threads(4, [](int) {
    const gt_tensor one = ones(1);
    for (int round = 0; round < 20; round++) {
      gt_free(gt_var(one, nullptr, 0, 1, 0));
      if (round % 2 == 0) CHECK(gt_next_warning() != nullptr);
    }
    gt_free(one);
  });
  CHECK_INT(40, *gt_waiting_warnings());
  while (gt_next_warning() != nullptr) continue;
}

}  // namespace

const test_case threads_tests[] = {
    {"errors belong to their thread", errors_belong_to_their_thread},
    {"handles of all threads are counted", handles_of_all_threads_are_counted},
    {"one tensor is read by all", one_tensor_is_read_by_all},
    {"recording is a mode of the thread", recording_is_a_mode_of_the_thread},
    {"backward runs in every thread", backward_runs_in_every_thread},
    {"operators are found and called in every thread", operators_are_found_and_called_in_every_thread},
    {"the last handle frees in whatever thread", the_last_handle_frees_in_whatever_thread},
    {"a lease is counted by all", a_lease_is_counted_by_all},
    {"warnings of all threads wait together", warnings_of_all_threads_wait_together},
    {nullptr, nullptr}};
