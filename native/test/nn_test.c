/* The operators of networks, against values worked out by hand. */
#include <math.h>

#include "check.h"

static void linear_is_x_times_w_transposed_plus_b(void) {
  gt_tensor x = SHAPED(FLOATS(1, 2), 1, 2), w = SHAPED(FLOATS(1, 2, 3, 4, 5, 6), 3, 2),
            b = FLOATS(10, 20, 30);
  gt_tensor wide = gt_ones(LIST(1, 3), FLOAT_ON_CPU);
  EXPECT(gt_linear(x, w, b), 15, 31, 47);
  EXPECT(gt_linear(x, w, 0), 5, 11, 17);
  CHECK_REFUSED(GT_VALUE, "null", gt_linear(x, 0, b));
  CHECK_REFUSED(GT_ERROR, "shapes cannot be multiplied", gt_linear(wide, w, 0));
  gt_free_many(TENSORS(x, w, b, wide));
}

static void a_convolution_slides_its_kernel(void) {
  gt_tensor x = SHAPED(FLOATS(1, 2, 3, 4, 5, 6, 7, 8, 9), 1, 1, 3, 3),
            w = gt_ones(LIST(1, 1, 2, 2), FLOAT_ON_CPU);
  gt_tensor b = FLOATS(100);
  EXPECT(gt_conv2d(x, w, 0, 1, 1, 0, 0, 1, 1, 1), 12, 16, 24, 28);
  EXPECT(gt_conv2d(x, w, b, 2, 2, 1, 1, 1, 1, 1), 101, 105, 111, 128);
  EXPECT(gt_conv2d(x, w, 0, 1, 1, 0, 0, 2, 2, 1), 20);
  CHECK_REFUSED(GT_ERROR, "", gt_conv2d(x, w, 0, 1, 1, 0, 0, 1, 1, 3));
  CHECK_REFUSED(GT_VALUE, "null", gt_conv2d(0, w, 0, 1, 1, 0, 0, 1, 1, 1));
  CHECK_REFUSED(GT_VALUE, "null", gt_conv2d(x, 0, 0, 1, 1, 0, 0, 1, 1, 1));
  gt_free_many(TENSORS(x, w, b));
}

static void norms_have_mean_zero_and_variance_one(void) {
  gt_tensor x = SHAPED(FLOATS(1, 3, 10, 14), 1, 2, 2), w = FLOATS(1, 2), b = FLOATS(0, 5);
  EXPECT(gt_group_norm(x, 2, 0, 0, 0), -1, 1, -1, 1);
  EXPECT(gt_group_norm(x, 2, w, b, 0), -1, 1, 3, 7);
  const int64_t two[] = {2};
  EXPECT(gt_layer_norm(x, two, 1, w, b, 0), -1, 7, -1, 7);
  EXPECT(gt_layer_norm(x, two, 1, 0, 0, 0), -1, 1, -1, 1);
  CHECK_REFUSED(GT_ERROR, "divisible", gt_group_norm(x, 3, 0, 0, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_group_norm(0, 1, 0, 0, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_layer_norm(0, two, 1, 0, 0, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_layer_norm(x, NULL, 1, 0, 0, 0));
  gt_free_many(TENSORS(x, w, b));
}

static void an_embedding_picks_rows(void) {
  gt_tensor w = SHAPED(FLOATS(1, 2, 3, 4), 2, 2), rows = LONGS(1, 0, 1), none = LONGS(2);
  EXPECT(gt_embedding(w, rows), 3, 4, 1, 2, 3, 4);
  CHECK_REFUSED(GT_INDEX, "out of range", gt_embedding(w, none));
  CHECK_REFUSED(GT_VALUE, "null", gt_embedding(w, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_embedding(0, rows));
  gt_free_many(TENSORS(w, rows, none));
}

static void dropout_scales_what_it_keeps(void) {
  gt_tensor x = gt_ones(LIST(1000), FLOAT_ON_CPU);
  gt_tensor kept = gt_dropout(x, 0.5, 1);
  EXPECT(gt_max(kept), 2);
  EXPECT(gt_min(kept), 0);
  gt_tensor all = gt_dropout(x, 0.5, 0);
  EXPECT(gt_min(all), 1);
  CHECK_REFUSED(GT_ERROR, "between 0 and 1", gt_dropout(x, 2, 1));
  CHECK_REFUSED(GT_VALUE, "null", gt_dropout(0, 0.5, 1));
  gt_free_many(TENSORS(x, kept, all));
}

static void activations_with_an_option(void) {
  gt_tensor x = FLOATS(-1, 2);
  EXPECT(gt_gelu(x, 0), -0.5 * erfc(sqrt(0.5)), 2 - erfc(sqrt(2)));
  const double c = sqrt(2 / acos(-1));
  EXPECT(gt_gelu(x, 1), -0.5 * (1 + tanh(c * -1.044715)), 1 + tanh(c * (2 + 0.044715 * 8)));
  EXPECT(gt_leaky_relu(x, 0.1), -0.1, 2);
  CHECK_REFUSED(GT_VALUE, "null", gt_gelu(0, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_leaky_relu(0, 0));
  gt_free(x);
}

static void padding_upsampling_and_pooling(void) {
  gt_tensor x = SHAPED(FLOATS(1, 2, 3, 4), 1, 1, 2, 2);
  const int64_t padding[] = {0, 1};
  EXPECT(gt_pad(x, padding, 2, 9), 1, 2, 9, 3, 4, 9);
  EXPECT(gt_upsample_nearest2d(x, 2, 4), 1, 1, 2, 2, 3, 3, 4, 4);
  EXPECT(gt_upsample_nearest2d_scale(x, 2, 1), 1, 2, 1, 2, 3, 4, 3, 4);
  EXPECT(gt_avg_pool2d(x, 2, 2, 0), 2.5);
  EXPECT(gt_max_pool2d(x, 2, 2, 0), 4);
  CHECK_REFUSED(GT_ERROR, "", gt_pad(x, padding, 1, 0));
  CHECK_REFUSED(GT_ERROR, "", gt_max_pool2d(x, 2, 2, 5));
  CHECK_REFUSED(GT_VALUE, "null", gt_pad(0, padding, 2, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_upsample_nearest2d(0, 2, 2));
  CHECK_REFUSED(GT_VALUE, "null", gt_upsample_nearest2d_scale(0, 2, 2));
  CHECK_REFUSED(GT_VALUE, "null", gt_avg_pool2d(0, 2, 2, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_max_pool2d(0, 2, 2, 0));
  gt_free(x);
}

static void attention_weighs_values_by_similarity(void) {
  gt_tensor q = SHAPED(FLOATS(1, 0), 1, 1, 1, 2), k = SHAPED(FLOATS(1, 0, 0, 1), 1, 1, 2, 2);
  gt_tensor v = SHAPED(FLOATS(1, 0, 0, 1), 1, 1, 2, 2),
            mask = SHAPED(gt_zeros(LIST(2), FLOAT_ON_CPU), 1, 1, 1, 2);
  const double scaled = 1 / (1 + exp(-1 / sqrt(2))), plain = 1 / (1 + exp(-1));
  EXPECT(gt_scaled_dot_product_attention(q, k, v, 0, 0, 0, NAN), scaled, 1 - scaled);
  EXPECT(gt_scaled_dot_product_attention(q, k, v, 0, 0, 0, 1), plain, 1 - plain);
  EXPECT(gt_scaled_dot_product_attention(q, k, v, 0, 0, 1, 1), 1, 0);
  EXPECT(gt_scaled_dot_product_attention(q, k, v, mask, 0, 0, 1), plain, 1 - plain);
  CHECK_REFUSED(GT_VALUE, "null", gt_scaled_dot_product_attention(q, k, 0, 0, 0, 0, NAN));
  gt_free_many(TENSORS(q, k, v, mask));
}

static void losses_reduce_as_told(void) {
  gt_tensor x = FLOATS(1, 2), y = FLOATS(3, 5);
  EXPECT(gt_mse_loss(x, y, GT_REDUCE_NONE), 4, 9);
  EXPECT(gt_mse_loss(x, y, GT_REDUCE_MEAN), 6.5);
  EXPECT(gt_mse_loss(x, y, GT_REDUCE_SUM), 13);
  gt_tensor logits = SHAPED(FLOATS(0, 0, 1, 0), 2, 2), classes = LONGS(0, 1);
  EXPECT(gt_cross_entropy(logits, classes, GT_REDUCE_NONE), log(2), log(1 + exp(1)));
  CHECK_REFUSED(GT_VALUE, "null", gt_mse_loss(x, 0, GT_REDUCE_MEAN));
  CHECK_REFUSED(GT_VALUE, "null", gt_cross_entropy(logits, 0, GT_REDUCE_MEAN));
  gt_free_many(TENSORS(x, y, logits, classes));
}

const test_case nn_tests[] = {
    {"linear is x times w transposed plus b", linear_is_x_times_w_transposed_plus_b},
    {"a convolution slides its kernel", a_convolution_slides_its_kernel},
    {"norms have mean zero and variance one", norms_have_mean_zero_and_variance_one},
    {"an embedding picks rows", an_embedding_picks_rows},
    {"dropout scales what it keeps", dropout_scales_what_it_keeps},
    {"activations with an option", activations_with_an_option},
    {"padding, upsampling and pooling", padding_upsampling_and_pooling},
    {"attention weighs values by similarity", attention_weighs_values_by_similarity},
    {"losses reduce as told", losses_reduce_as_told},
    {NULL, NULL}};
