/* The profiler records the operators and ranges between start and stop. */
#include <string.h>

#include "check.h"

/* How many events of this name are in a profile. */
static int count_of(gt_profile profile, const char* name) {
  int count = 0;
  for (int64_t i = 0; i < gt_profile_event_count(profile); i++) {
    count += strcmp(gt_profile_event_name(profile, i), name) == 0;
  }
  return count;
}

static void operators_and_ranges_are_recorded(void) {
  gt_tensor two = FLOATS(1, 2);
  CHECK_OK(gt_profiler_start(GT_PROFILE_SHAPES | GT_PROFILE_MEMORY));
  const intptr_t range = gt_range_begin("my range");
  CHECK(range != 0);
  gt_free(gt_add(two, two));
  gt_free(gt_add(two, two));
  gt_range_end(range);
  const gt_profile profile = gt_profiler_stop();
  gt_free(gt_mul(two, two));
  CHECK_INT(2, count_of(profile, "aten::add"));
  CHECK_INT(0, count_of(profile, "aten::mul"));
  CHECK_INT(1, count_of(profile, "my range"));
  gt_profile_free(profile);
  gt_free(two);
}

static void events_have_times(void) {
  int64_t fields[GT_EVENT_FIELDS];
  gt_tensor two = FLOATS(1, 2);
  CHECK_OK(gt_profiler_start(0));
  gt_free(gt_add(two, two));
  const gt_profile profile = gt_profiler_stop();
  CHECK_INT(1, gt_profile_event_count(profile));
  CHECK_OK(gt_profile_event(profile, 0, fields));
  CHECK(fields[GT_EVENT_START] > 0 && fields[GT_EVENT_DURATION] > 0);
  CHECK_INT(CPU, fields[GT_EVENT_DEVICE_TYPE]);
  CHECK_INT(0, fields[GT_EVENT_IS_RANGE]);
  CHECK_STATUS(GT_INDEX, "event 1 of 1", gt_profile_event(profile, 1, fields));
  CHECK(gt_profile_event_name(profile, -1) == NULL);
  gt_profile_free(profile);
  gt_free(two);
}

static void one_profiler_runs_at_a_time(void) {
  CHECK_OK(gt_profiler_start(0));
  CHECK_STATUS(GT_ERROR, "running already", gt_profiler_start(0));
  gt_profile_free(gt_profiler_stop());
  CHECK_INT(0, gt_profiler_stop());
  check_error(__FILE__, __LINE__, GT_ERROR, "no profiler is running");
}

static void without_a_profiler_ranges_are_nothing(void) {
  CHECK_INT(0, gt_range_begin("x"));
  gt_range_end(0);
}

const test_case profiler_tests[] = {
    {"operators and ranges are recorded", operators_and_ranges_are_recorded},
    {"events have times", events_have_times},
    {"one profiler runs at a time", one_profiler_runs_at_a_time},
    {"without a profiler ranges are nothing", without_a_profiler_ranges_are_nothing},
    {NULL, NULL}};
