/* What the tests share: checks that report and go on, and tensors written down in the test. */
#ifndef GRADUS_TEST_CHECK_H
#define GRADUS_TEST_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "gradus_torch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* libtorch's codes that the tests use */
enum {
  U8 = 0,
  I8 = 1,
  I16 = 2,
  I32 = 3,
  I64 = 4,
  F16 = 5,
  F32 = 6,
  F64 = 7,
  C64 = 9,
  BOOLEAN = 11,
  BF16 = 15
};
enum { CPU = 0, CUDA = 1 };
enum { CONTIGUOUS = 0, PRESERVE = 1, CHANNELS_LAST = 2 };

typedef struct {
  const char* name;
  void (*run)(void);
} test_case;

/* Each file has one such list, ended by an entry without a name. */
extern const test_case autograd_tests[], blocks_tests[], callbacks_tests[], cuda_tests[], data_tests[],
    distributed_tests[], errors_tests[], factories_tests[], fused_tests[], generators_tests[],
    handles_tests[], header_tests[], indexing_tests[], library_tests[], many_tests[], nn_tests[],
    operators_tests[], pointwise_tests[], profiler_tests[], reductions_tests[], script_tests[],
    shapes_tests[], threads_tests[], threads_hooks_tests[];

void fail_at(const char* file, int line, const char* format, ...);
void check_values(const char* file, int line, gt_tensor tensor, const double* expected, size_t count,
                  double tolerance);
void check_shape(const char* file, int line, gt_tensor tensor, const int64_t* expected, size_t count);
void check_error(const char* file, int line, int32_t code, const char* part);

gt_tensor make_floats(const float* values, size_t count);
gt_tensor make_longs(const int64_t* values, size_t count);
/* The same elements in another shape; takes the handle. */
gt_tensor reshaped(gt_tensor tensor, const int64_t* sizes, size_t count);
/* The handle made to require gradients. */
gt_tensor requiring_grad(gt_tensor tensor);
/* The number of a tensor of one element; takes the handle. */
double number(gt_tensor tensor);
int64_t bits_of(double value);

#define CHECK(condition) \
  ((condition)           \
       ? (void)0         \
       : fail_at(__FILE__, __LINE__, "%s is false (last error: %s)", #condition, gt_last_error_message()))
#define CHECK_INT(expected, actual)                                                                    \
  do {                                                                                                 \
    const long long want_ = (long long)(expected), got_ = (long long)(actual);                         \
    if (want_ != got_) fail_at(__FILE__, __LINE__, "%s is %lld, expected %lld", #actual, got_, want_); \
  } while (0)
/* Checks the elements of a tensor, which stays the caller's. */
#define CHECK_VALUES(tensor, ...)                                         \
  check_values(__FILE__, __LINE__, tensor, (const double[]){__VA_ARGS__}, \
               sizeof((const double[]){__VA_ARGS__}) / sizeof(double), 1e-5)
#define CHECK_SHAPE(tensor, ...)                                          \
  check_shape(__FILE__, __LINE__, tensor, (const int64_t[]){__VA_ARGS__}, \
              sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
/* Checks the elements of a result and frees it. */
#define EXPECT(call, ...)               \
  do {                                  \
    const gt_tensor result_ = (call);   \
    CHECK_VALUES(result_, __VA_ARGS__); \
    gt_free(result_);                   \
  } while (0)
#define EXPECT_SHAPE(call, ...)        \
  do {                                 \
    const gt_tensor result_ = (call);  \
    CHECK_SHAPE(result_, __VA_ARGS__); \
    gt_free(result_);                  \
  } while (0)
#define CHECK_OK(call) CHECK_INT(GT_OK, call)
/* A call that makes a tensor fails with this code and these words in the message. */
#define CHECK_REFUSED(code, part, call)          \
  do {                                           \
    const gt_tensor result_ = (call);            \
    CHECK_INT(0, result_);                       \
    check_error(__FILE__, __LINE__, code, part); \
    gt_free(result_);                            \
  } while (0)
/* A call that answers a status does. */
#define CHECK_STATUS(code, part, call)           \
  do {                                           \
    CHECK_INT(code, call);                       \
    check_error(__FILE__, __LINE__, code, part); \
  } while (0)

#define COUNT(...) (sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
/* Arguments for pointer + count. */
#define LIST(...) (const int64_t[]){__VA_ARGS__}, (int64_t)COUNT(__VA_ARGS__)
#define TENSORS(...) \
  (const gt_tensor[]){__VA_ARGS__}, (int64_t)(sizeof((const gt_tensor[]){__VA_ARGS__}) / sizeof(gt_tensor))
#define FLOATS(...) \
  make_floats((const float[]){__VA_ARGS__}, sizeof((const float[]){__VA_ARGS__}) / sizeof(float))
#define LONGS(...) make_longs((const int64_t[]){__VA_ARGS__}, COUNT(__VA_ARGS__))
#define SHAPED(tensor, ...) reshaped(tensor, (const int64_t[]){__VA_ARGS__}, COUNT(__VA_ARGS__))
#define INTEGER(value) GT_INT64, (int64_t)(value)
#define REAL(value) GT_DOUBLE, bits_of(value)
#define FLOAT_ON_CPU F32, CPU, -1, 0

#ifdef __cplusplus
}
#endif
#endif
