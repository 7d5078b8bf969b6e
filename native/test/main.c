/* Runs one group of tests, or all: every test must also give back all handles it got. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static const struct {
  const char* name;
  const test_case* tests;
} groups[] = {{"autograd", autograd_tests},   {"blocks", blocks_tests},
              {"callbacks", callbacks_tests}, {"cuda", cuda_tests},
              {"data", data_tests},           {"distributed", distributed_tests},
              {"errors", errors_tests},       {"factories", factories_tests},
              {"fused", fused_tests},         {"generators", generators_tests},
              {"handles", handles_tests},     {"header", header_tests},
              {"indexing", indexing_tests},   {"library", library_tests},
              {"many", many_tests},           {"nn", nn_tests},
              {"operators", operators_tests}, {"pointwise", pointwise_tests},
              {"profiler", profiler_tests},   {"reductions", reductions_tests},
              {"script", script_tests},       {"shapes", shapes_tests},
              {"threads", threads_tests},     {"threads_hooks", threads_hooks_tests}};

#ifdef __SANITIZE_ADDRESS__
/* The test that asks for more memory than there is wants an answer, not an end. */
const char* __asan_default_options(void);
const char* __asan_default_options(void) { return "allocator_may_return_null=1"; }
#endif

static int failures;

void fail_at(const char* file, int line, const char* format, ...) {
  va_list arguments;
  failures++;
  fprintf(stderr, "%s:%d: ", file, line);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
}

void check_values(const char* file, int line, gt_tensor tensor, const double* expected, size_t count,
                  double tolerance) {
  if (tensor == 0) {
    fail_at(file, line, "no tensor: %s", gt_last_error_message());
    return;
  }
  if ((size_t)gt_numel(tensor) != count) {
    fail_at(file, line, "%lld elements, expected %zu", (long long)gt_numel(tensor), count);
    return;
  }
  gt_tensor wide = gt_to(tensor, F64, CPU, -1, 0, 0, PRESERVE), flat = gt_contiguous(wide, CONTIGUOUS);
  const double* values = gt_data_ptr(flat);
  for (size_t i = 0; i < count; i++) {
    const double margin = tolerance * fmax(1, fabs(expected[i]));
    const int equal = isnan(expected[i])
                          ? isnan(values[i])
                          : values[i] == expected[i] || fabs(values[i] - expected[i]) <= margin;
    if (!equal) fail_at(file, line, "element %zu is %.9g, expected %.9g", i, values[i], expected[i]);
  }
  gt_free(wide);
  gt_free(flat);
}

void check_shape(const char* file, int line, gt_tensor tensor, const int64_t* expected, size_t count) {
  int64_t sizes[16] = {0};
  if (tensor == 0 || (size_t)gt_dim(tensor) != count) {
    fail_at(file, line, "%lld dimensions, expected %zu: %s", (long long)gt_dim(tensor), count,
            gt_last_error_message());
    return;
  }
  gt_sizes(tensor, sizes);
  for (size_t i = 0; i < count; i++) {
    if (sizes[i] != expected[i]) {
      fail_at(file, line, "size %zu is %lld, expected %lld", i, (long long)sizes[i], (long long)expected[i]);
    }
  }
}

void check_error(const char* file, int line, int32_t code, const char* part) {
  if (gt_last_error_code() != code) {
    fail_at(file, line, "error code %d, expected %d: %s", gt_last_error_code(), code,
            gt_last_error_message());
  } else if (strstr(gt_last_error_message(), part) == NULL) {
    fail_at(file, line, "the message is '%s', expected '%s' in it", gt_last_error_message(), part);
  }
}

static gt_tensor copy_of(const void* values, size_t count, size_t size, int32_t dtype) {
  const gt_tensor tensor = gt_empty(LIST((int64_t)count), dtype, CPU, -1, 0);
  memcpy(gt_data_ptr(tensor), values, count * size);
  return tensor;
}

gt_tensor make_floats(const float* values, size_t count) {
  return copy_of(values, count, sizeof *values, F32);
}

gt_tensor make_longs(const int64_t* values, size_t count) {
  return copy_of(values, count, sizeof *values, I64);
}

gt_tensor reshaped(gt_tensor tensor, const int64_t* sizes, size_t count) {
  const gt_tensor other = gt_reshape(tensor, sizes, (int64_t)count);
  gt_free(tensor);
  return other;
}

gt_tensor requiring_grad(gt_tensor tensor) {
  CHECK_OK(gt_set_requires_grad(tensor, 1));
  return tensor;
}

double number(gt_tensor tensor) {
  double real = NAN;
  int64_t integer;
  int32_t integral;
  CHECK_OK(gt_item(tensor, &real, &integer, &integral));
  gt_free(tensor);
  return real;
}

int64_t bits_of(double value) {
  int64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static void run(const char* group, const test_case* tests) {
  for (; tests->name != NULL; tests++) {
    const int before = failures;
    const int64_t handles = gt_live_handles();
    tests->run();
    if (gt_live_handles() != handles) {
      fail_at(group, 0, "%lld handles are left", (long long)(gt_live_handles() - handles));
    }
    printf("%s %s: %s\n", failures == before ? "ok    " : "FAILED", group, tests->name);
  }
}

int main(int argc, char** argv) {
  int found = argc < 2;
  CHECK_OK(gt_set_num_threads(1));
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
    if (argc > 1 && strcmp(argv[1], groups[i].name) != 0) continue;
    found = 1;
    run(groups[i].name, groups[i].tests);
  }
  if (!found) {
    fprintf(stderr, "no group of tests is called '%s'\n", argv[1]);
    return 2;
  }
  return failures == 0 ? 0 : 1;
}
