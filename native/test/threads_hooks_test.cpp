// Callbacks in many threads at once: hooks come and go while others run them, each thread gets its own
// errors.
#include <array>
#include <atomic>

#include "threads.h"

namespace {

using threads::in_threads;
using threads::ones;

constexpr int64_t IDS = 4096;
// Errors have ids of their own, far from those of the code.
constexpr int64_t ERRORS = 1000000;

std::atomic<int64_t> last_id{0};
std::array<std::atomic<int64_t>, IDS> calls, releases;
std::atomic<int64_t> errors_made{0}, errors_released{0};

// Code of an odd id fails, of an even one doubles a gradient.
int64_t called_back(int64_t id, int32_t, const gt_tensor* arguments, int64_t count, gt_tensor* results,
                    int64_t result_count, intptr_t) {
  calls[static_cast<size_t>(id)]++;
  if (id % 2 == 0) {
    for (int64_t i = 0; i < result_count; i++) results[i] = gt_mul_scalar(arguments[i], GT_INT64, 2);
  }
  gt_free_many(arguments, count);
  return id % 2 == 0 ? 0 : ERRORS + ++errors_made;
}

int64_t new_id(bool fails) {
  CHECK_OK(gt_set_callback(called_back));
  const int64_t id = (last_id += 2) - (fails ? 1 : 0);
  CHECK(id < IDS);
  return id;
}

void note_releases() {
  int64_t ids[8], count;
  while ((count = gt_released_callbacks(ids, 8)) > 0) {
    for (int64_t i = 0; i < count; i++) {
      if (ids[i] > ERRORS) {
        errors_released++;
      } else {
        releases[static_cast<size_t>(ids[i])]++;
      }
    }
  }
}

gt_tensor leaf() {
  const gt_tensor x = ones(4);
  CHECK_OK(gt_set_requires_grad(x, 1));
  return x;
}

// The gradient of the sum of squares, 2 without hooks; 0 if it failed.
double gradient_of_square(gt_tensor x) {
  const gt_tensor squares = gt_square(x), sum = gt_sum(squares, nullptr, 0, 0);
  gt_tensor gradient = 0;
  const bool failed = gt_autograd_grad(sum, 0, &x, 1, 0, 0, 0, &gradient) != GT_OK;
  const gt_tensor used[] = {squares, sum};
  gt_free_many(used, 2);
  if (failed) return 0;
  const double value = number(gt_mean(gradient, nullptr, 0, 0));
  gt_free(gradient);
  return value;
}

void hooks_come_and_go_while_others_run_them() {
  const gt_tensor shared = leaf();
  const int64_t first = new_id(false);
  CHECK_OK(gt_hook_add(shared, first, GT_EVENT_HOOK));
  in_threads(4, [=](int i) {
    for (int round = 0; round < 50; round++) {
      if (i % 2 == 0) {
        // Twice what it would be, once for each hook that is there.
        const double gradient = gradient_of_square(shared);
        CHECK(gradient == 4 || gradient == 8 || gradient == 16);
      } else {
        const int64_t id = new_id(false);
        CHECK_OK(gt_hook_add(shared, id, GT_EVENT_HOOK));
        gt_hook_remove(id);
        note_releases();
      }
    }
  });
  note_releases();
  CHECK_INT(0, releases[static_cast<size_t>(first)]);
  CHECK_INT(100, calls[static_cast<size_t>(first)]);
  gt_free(shared);
  note_releases();
  for (int64_t id = first; id <= last_id; id += 2) CHECK_INT(1, releases[static_cast<size_t>(id)]);
}

void errors_of_callbacks_belong_to_their_thread() {
  in_threads(4, [](int i) {
    for (int round = 0; round < 30; round++) {
      const gt_tensor x = leaf();
      CHECK_OK(gt_hook_add(x, new_id(i % 2 == 0), GT_EVENT_HOOK));
      const double gradient = gradient_of_square(x);
      if (i % 2 == 0) {
        CHECK(gradient == 0);
        CHECK_INT(GT_CALLBACK, gt_last_error_code());
        CHECK(gt_last_error_callback() > ERRORS);
        gt_drop_last_error_callback();
      } else {
        CHECK(gradient == 4);
        CHECK_INT(0, gt_last_error_callback());
      }
      gt_free(x);
      note_releases();
    }
  });
  note_releases();
  CHECK_INT(60, errors_made);
  CHECK_INT(60, errors_released);
}

void a_function_runs_backward_in_many_threads() {
  const int64_t id = new_id(false);
  const gt_tensor x = leaf(), raw = ones(4), tensors[] = {x, raw};
  const int64_t counts[] = {1, 1, 0, 0, 0};
  gt_tensor shared = 0;
  CHECK_OK(gt_function_apply(id, "Doubling", tensors, counts, 1, &shared));
  in_threads(4, [=](int) {
    for (int round = 0; round < 25; round++) {
      const gt_tensor sum = gt_sum(shared, nullptr, 0, 0);
      gt_tensor gradient = 0;
      CHECK_OK(gt_autograd_grad(sum, 0, &x, 1, 1, 0, 0, &gradient));
      CHECK(number(gt_mean(gradient, nullptr, 0, 0)) == 2);
      gt_free(gradient);
      gt_free(sum);
    }
  });
  CHECK_INT(100, calls[static_cast<size_t>(id)]);
  const gt_tensor all[] = {x, raw, shared};
  gt_free_many(all, 3);
  note_releases();
  CHECK_INT(1, releases[static_cast<size_t>(id)]);
}

// An error that a thread never dropped goes with it.
void an_error_ends_with_its_thread() {
  errors_made = errors_released = 0;
  in_threads(2, [](int) {
    const gt_tensor x = leaf();
    CHECK_OK(gt_hook_add(x, new_id(true), GT_EVENT_HOOK));
    CHECK(gradient_of_square(x) == 0);
    gt_free(x);
  });
  note_releases();
  CHECK_INT(2, errors_made);
  CHECK_INT(2, errors_released);
}

}  // namespace

const test_case threads_hooks_tests[] = {
    {"hooks come and go while others run them", hooks_come_and_go_while_others_run_them},
    {"errors of callbacks belong to their thread", errors_of_callbacks_belong_to_their_thread},
    {"a function runs backward in many threads", a_function_runs_backward_in_many_threads},
    {"an error ends with its thread", an_error_ends_with_its_thread},
    {nullptr, nullptr}};
