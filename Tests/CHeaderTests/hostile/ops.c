/* Operations on tensors that are none, have wrong shapes or types, or hold NaN; options of other versions. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const holdfast_dtype F32 = HOLDFAST_DTYPE_FLOAT32;

static holdfast_tensor *zeros(const int64_t *shape, size_t axes, holdfast_dtype dtype) {
  holdfast_tensor *tensor = NULL;
  WORKS(holdfast_tensor_zeros(shape, axes, dtype, &tensor, &error));
  return tensor;
}

void tensor_operations(void) {
  const int64_t s23[] = {2, 3}, s43[] = {4, 3}, s3[] = {3}, s2[] = {2}, text[] = {1, 4, 2, 6}, half[] = {1, 4, 3, 6};
  const int64_t wide[] = {(int64_t)1 << 40}, twice[] = {0, -2}, far[] = {INT64_MAX};
  holdfast_tensor *a = zeros(s23, 2, F32), *b = zeros(s43, 2, F32), *v = zeros(s3, 1, F32), *n = zeros(s2, 1, F32);
  holdfast_tensor *scalar = zeros(NULL, 0, F32), *d = zeros(s23, 2, HOLDFAST_DTYPE_FLOAT64);
  holdfast_tensor *i = zeros(s2, 1, HOLDFAST_DTYPE_INT64), *q = zeros(text, 4, F32), *k = zeros(half, 4, F32);
  holdfast_tensor *one = NULL, *endless = NULL;
  const holdfast_tensor *gone = zeros(s23, 2, F32), *kind = (const holdfast_tensor *)model;
  holdfast_tensor_free((holdfast_tensor *)gone);
  WORKS(holdfast_tensor_zeros(NULL, 0, F32, &one, &error));
  WORKS(holdfast_tensor_broadcast(one, wide, 1, &endless, &error));
  holdfast_tensor *out = NULL, *out2 = NULL, *out3 = NULL;

  /* Every operand in turn is NULL, freed, of another kind, or has a type or shape that does not fit. */
  const holdfast_tensor *wrong[] = {NULL, gone, kind};
  for (int index = 0; index < 3; index++) {
    const holdfast_tensor *w = wrong[index];
    REFUSED(BAD, holdfast_tensor_matmul(w, a, 0, 0, &out, &error));
    REFUSED(BAD, holdfast_tensor_matmul(a, w, 0, 0, &out, &error));
    REFUSED(BAD, holdfast_tensor_matmul_backward(w, a, a, 0, 1, &out, &out2, &error));
    REFUSED(BAD, holdfast_tensor_matmul_backward(a, w, a, 0, 1, &out, &out2, &error));
    REFUSED(BAD, holdfast_tensor_matmul_backward(a, a, w, 0, 1, &out, &out2, &error));
    REFUSED(BAD, holdfast_tensor_binary(w, a, HOLDFAST_BINARY_ADD, &out, &error));
    REFUSED(BAD, holdfast_tensor_binary(a, w, HOLDFAST_BINARY_ADD, &out, &error));
    REFUSED(BAD, holdfast_tensor_where(w, a, a, &out, &error));
    REFUSED(BAD, holdfast_tensor_where(a, w, a, &out, &error));
    REFUSED(BAD, holdfast_tensor_where(a, a, w, &out, &error));
    REFUSED(BAD, holdfast_tensor_unary(w, HOLDFAST_UNARY_EXP, &out, &error));
    REFUSED(BAD, holdfast_tensor_unary_backward(w, a, HOLDFAST_UNARY_SILU, &out, &error));
    REFUSED(BAD, holdfast_tensor_unary_backward(a, w, HOLDFAST_UNARY_SILU, &out, &error));
    REFUSED(BAD, holdfast_tensor_reduce(w, HOLDFAST_REDUCTION_SUM, NULL, 0, 0, &out, &error));
    REFUSED(BAD, holdfast_tensor_softmax(w, 0, 0, &out, &error));
    REFUSED(BAD, holdfast_tensor_softmax_backward(w, a, 0, 0, &out, &error));
    REFUSED(BAD, holdfast_tensor_softmax_backward(a, w, 0, 0, &out, &error));
    REFUSED(BAD, holdfast_tensor_cross_entropy(w, i, -100, HOLDFAST_LOSS_MEAN, &out, &out2, &error));
    REFUSED(BAD, holdfast_tensor_cross_entropy(a, w, -100, HOLDFAST_LOSS_MEAN, &out, &out2, &error));
    REFUSED(BAD, holdfast_tensor_rms_norm(w, NULL, 0, 1e-6, &out, &error));
    REFUSED(BAD, holdfast_tensor_rms_norm_backward(w, a, v, 0, 1e-6, &out, &out2, &error));
    REFUSED(BAD, holdfast_tensor_rms_norm_backward(a, w, v, 0, 1e-6, &out, &out2, &error));
    REFUSED(BAD, holdfast_tensor_layer_norm(w, NULL, NULL, 1e-6, &out, &error));
    REFUSED(BAD, holdfast_tensor_layer_norm_backward(w, a, v, 1e-6, &out, &out2, &out3, &error));
    REFUSED(BAD, holdfast_tensor_layer_norm_backward(a, w, v, 1e-6, &out, &out2, &out3, &error));
    REFUSED(BAD, holdfast_tensor_rotary(w, NULL, NULL, &out, &error));
    REFUSED(BAD, holdfast_tensor_attention(w, q, q, NULL, &out, &out2, &error));
    REFUSED(BAD, holdfast_tensor_attention(q, w, q, NULL, &out, &out2, &error));
    REFUSED(BAD, holdfast_tensor_attention(q, q, w, NULL, &out, &out2, &error));
    REFUSED(BAD, holdfast_tensor_attention_backward(w, q, q, q, NULL, &out, &out2, &out3, &error));
    REFUSED(BAD, holdfast_tensor_attention_backward(q, q, q, w, NULL, &out, &out2, &out3, &error));
    REFUSED(BAD, holdfast_tensor_take(w, i, 0, &out, &error));
    REFUSED(BAD, holdfast_tensor_take(a, w, 0, &out, &error));
    REFUSED(BAD, holdfast_tensor_take_backward(w, i, 2, &out, &error));
    REFUSED(BAD, holdfast_tensor_take_backward(a, w, 2, &out, &error));
    REFUSED(BAD, holdfast_tensor_gather(w, i, 0, &out, &error));
    REFUSED(BAD, holdfast_tensor_gather(n, w, 0, &out, &error));
    REFUSED(BAD, holdfast_tensor_top_k(w, 1, 0, 1, &out, &out2, &error));
    if (w != NULL) {
      REFUSED(BAD, holdfast_tensor_rms_norm(a, w, 0, 1e-6, &out, &error));
      REFUSED(BAD, holdfast_tensor_layer_norm(a, w, NULL, 1e-6, &out, &error));
      REFUSED(BAD, holdfast_tensor_layer_norm(a, NULL, w, 1e-6, &out, &error));
      REFUSED(BAD, holdfast_tensor_rotary(q, w, NULL, &out, &error));
    }
    CHECK(out == NULL && out2 == NULL && out3 == NULL);
  }

  REFUSED(BAD, holdfast_tensor_matmul(a, b, 0, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_matmul(a, scalar, 0, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_matmul(v, v, 1, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_matmul(a, b, 2, 1, &out, &error));
  REFUSED(BAD, holdfast_tensor_matmul(a, b, 0, -1, &out, &error));
  REFUSED(BAD, holdfast_tensor_matmul(d, b, 0, 1, &out, &error));
  REFUSED(BAD, holdfast_tensor_matmul(a, b, 0, 1, NULL, &error));
  REFUSED(HOLDFAST_OUT_OF_MEMORY, holdfast_tensor_matmul(endless, endless, 0, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_matmul_backward(a, a, b, 0, 1, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_binary(a, b, HOLDFAST_BINARY_ADD, &out, &error));
  REFUSED(BAD, holdfast_tensor_binary(a, a, (holdfast_binary_operation)12, &out, &error));
  REFUSED(BAD, holdfast_tensor_binary(a, a, (holdfast_binary_operation)-1, &out, &error));
  REFUSED(BAD, holdfast_tensor_binary(a, a, HOLDFAST_BINARY_ADD, NULL, &error));
  REFUSED(HOLDFAST_OUT_OF_MEMORY, holdfast_tensor_binary(endless, one, HOLDFAST_BINARY_ADD, &out, &error));
  REFUSED(BAD, holdfast_tensor_where(a, a, b, &out, &error));
  REFUSED(BAD, holdfast_tensor_where(a, a, a, NULL, &error));
  REFUSED(BAD, holdfast_tensor_unary(a, (holdfast_unary_operation)99, &out, &error));
  REFUSED(BAD, holdfast_tensor_unary(i, HOLDFAST_UNARY_EXP, &out, &error));
  REFUSED(BAD, holdfast_tensor_unary(a, HOLDFAST_UNARY_EXP, NULL, &error));
  REFUSED(HOLDFAST_OUT_OF_MEMORY, holdfast_tensor_unary(endless, HOLDFAST_UNARY_EXP, &out, &error));
  REFUSED(BAD, holdfast_tensor_unary_backward(a, a, HOLDFAST_UNARY_LOG, &out, &error));
  REFUSED(BAD, holdfast_tensor_unary_backward(a, b, HOLDFAST_UNARY_GELU, &out, &error));
  REFUSED(BAD, holdfast_tensor_reduce(a, (holdfast_reduction)7, NULL, 0, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_reduce(a, HOLDFAST_REDUCTION_SUM, NULL, 1, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_reduce(a, HOLDFAST_REDUCTION_SUM, twice, 2, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_reduce(a, HOLDFAST_REDUCTION_SUM, far, 1, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_reduce(a, HOLDFAST_REDUCTION_SUM, twice, SIZE_MAX, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_reduce(a, HOLDFAST_REDUCTION_SUM, NULL, 0, 3, &out, &error));
  REFUSED(BAD, holdfast_tensor_reduce(q, HOLDFAST_REDUCTION_ARGMAX, s23, 1, 0, NULL, &error));
  REFUSED(HOLDFAST_OUT_OF_MEMORY, holdfast_tensor_reduce(endless, HOLDFAST_REDUCTION_SUM, NULL, 0, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_softmax(a, 2, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_softmax(scalar, 0, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_softmax(a, 0, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_softmax(a, 0, 0, NULL, &error));
  REFUSED(BAD, holdfast_tensor_softmax_backward(a, b, 0, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_cross_entropy(a, v, -100, HOLDFAST_LOSS_MEAN, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_cross_entropy(a, n, -100, HOLDFAST_LOSS_MEAN, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_cross_entropy(scalar, i, -100, HOLDFAST_LOSS_MEAN, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_cross_entropy(a, i, -100, (holdfast_loss_reduction)3, &out, &out2, &error));
  int64_t *targets = holdfast_tensor_mutable_data(i);
  targets[1] = 3;
  REFUSED(BAD, holdfast_tensor_cross_entropy(a, i, -100, HOLDFAST_LOSS_MEAN, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_take(a, i, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_take_backward(a, i, 3, &out, &error));
  targets[1] = INT64_MIN;
  REFUSED(BAD, holdfast_tensor_cross_entropy(a, i, -100, HOLDFAST_LOSS_MEAN, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_take(a, i, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_gather(n, i, 0, &out, &error));
  WORKS(holdfast_tensor_cross_entropy(a, i, INT64_MIN, HOLDFAST_LOSS_MEAN, &out, NULL, &error));
  CHECK(fabsf(*(const float *)holdfast_tensor_data(out) - logf(3)) < 1e-6f);
  holdfast_tensor_free(out);
  WORKS(holdfast_tensor_cross_entropy(a, i, INT64_MIN, HOLDFAST_LOSS_MEAN, NULL, NULL, &error));
  targets[1] = 0;
  REFUSED(BAD, holdfast_tensor_rms_norm(a, n, 0, 1e-6, &out, &error));
  REFUSED(BAD, holdfast_tensor_rms_norm(a, v, 0, NAN, &out, &error));
  REFUSED(BAD, holdfast_tensor_rms_norm(a, v, 0, -1, &out, &error));
  REFUSED(BAD, holdfast_tensor_rms_norm(scalar, NULL, 0, 1e-6, &out, &error));
  REFUSED(BAD, holdfast_tensor_rms_norm(a, v, 0, 1e-6, NULL, &error));
  REFUSED(BAD, holdfast_tensor_rms_norm_backward(b, a, v, 0, 1e-6, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_layer_norm(a, n, NULL, 1e-6, &out, &error));
  REFUSED(BAD, holdfast_tensor_layer_norm(a, v, n, 1e-6, &out, &error));
  REFUSED(BAD, holdfast_tensor_layer_norm(a, v, v, INFINITY, &out, &error));
  REFUSED(BAD, holdfast_tensor_layer_norm_backward(b, a, v, 1e-6, &out, &out2, &out3, &error));
  out = out2 = out3 = NULL;

  holdfast_rotary_options turn;
  holdfast_rotary_options_init(NULL, sizeof turn);
  holdfast_rotary_options_init(&turn, sizeof turn);
  REFUSED(BAD, holdfast_tensor_rotary(a, NULL, &turn, &out, &error));
  REFUSED(BAD, holdfast_tensor_rotary(q, v, &turn, &out, &error));
  REFUSED(BAD, holdfast_tensor_rotary(q, i, &turn, &out, &error));
  REFUSED(BAD, holdfast_tensor_rotary(q, NULL, &turn, NULL, &error));
#define TURN(field, value)                                               \
  do {                                                                   \
    holdfast_rotary_options_init(&turn, sizeof turn);                    \
    turn.field = value;                                                  \
    REFUSED(BAD, holdfast_tensor_rotary(q, NULL, &turn, &out, &error));  \
  } while (0)
  TURN(struct_size, 0);
  TURN(struct_size, 5000);
  TURN(width, 3);
  TURN(width, 8);
  TURN(width, -2);
  TURN(base, NAN);
  TURN(base, 0);
  TURN(base, 1e300);
  TURN(interleaved, 7);
  TURN(inverse, -1);

  holdfast_attention_options rule;
  holdfast_attention_options_init(NULL, sizeof rule);
  holdfast_attention_options_init(&rule, sizeof rule);
  REFUSED(BAD, holdfast_tensor_attention(a, a, a, &rule, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_attention(q, k, k, &rule, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_attention(q, q, k, &rule, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_attention_backward(k, q, q, q, &rule, &out, &out2, &out3, &error));
#define RULE(field, value)                                                                            \
  do {                                                                                                \
    holdfast_attention_options_init(&rule, sizeof rule);                                              \
    rule.field = value;                                                                               \
    REFUSED(BAD, holdfast_tensor_attention(q, q, q, &rule, &out, &out2, &error));                     \
    REFUSED(BAD, holdfast_tensor_attention_backward(q, q, q, q, &rule, &out, &out2, &out3, &error));  \
  } while (0)
  RULE(struct_size, 31);
  RULE(struct_size, UINT32_MAX);
  RULE(causal, 2);
  RULE(window, -1);
  RULE(window, INT64_MIN);
  RULE(scale, NAN);
  RULE(scale, INFINITY);
  RULE(softcap, -1);
  RULE(softcap, NAN);
  RULE(softcap, 1e300);
  holdfast_attention_options_init(&rule, sizeof rule);
  rule.window = INT64_MAX;
  WORKS(holdfast_tensor_attention(q, q, q, &rule, NULL, NULL, &error));
  WORKS(holdfast_tensor_attention_backward(q, q, q, q, &rule, NULL, NULL, NULL, &error));

  REFUSED(BAD, holdfast_tensor_take(a, n, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_take(a, i, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_take(scalar, i, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_take(a, i, 0, NULL, &error));
  REFUSED(BAD, holdfast_tensor_take_backward(a, i, -1, &out, &error));
  REFUSED(BAD, holdfast_tensor_take_backward(v, i, 2, &out, &error));
  CHECK(holdfast_tensor_take_backward(a, i, INT64_MAX, &out, NULL) != HOLDFAST_OK);
  REFUSED(BAD, holdfast_tensor_gather(a, i, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_gather(scalar, scalar, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_top_k(a, 4, 1, 1, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_top_k(a, -1, 1, 1, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_top_k(a, INT64_MAX, 1, 1, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_top_k(a, 1, 5, 1, &out, &out2, &error));
  REFUSED(BAD, holdfast_tensor_top_k(a, 1, 1, 9, &out, &out2, &error));
  WORKS(holdfast_tensor_top_k(a, 1, 1, 1, NULL, NULL, &error));
  REFUSED(BAD, holdfast_tensor_random_uniform(NULL, 1, 0, 1, 7, &out, &error));
  REFUSED(BAD, holdfast_tensor_random_uniform(s23, 2, NAN, 1, 7, &out, &error));
  REFUSED(BAD, holdfast_tensor_random_uniform(s23, 2, 2, 1, 7, &out, &error));
  REFUSED(BAD, holdfast_tensor_random_uniform(far, 1, 0, 1, 7, &out, &error));
  REFUSED(BAD, holdfast_tensor_random_uniform(s23, 2, 0, 1, 7, NULL, &error));
  REFUSED(BAD, holdfast_tensor_random_normal(s23, 2, 0, -1, 7, &out, &error));
  REFUSED(BAD, holdfast_tensor_random_normal(s23, 2, 0, INFINITY, 7, &out, &error));
  REFUSED(BAD, holdfast_tensor_random_normal(s23, 99, 0, 1, 7, &out, &error));

  /* NaN goes through everything. */
  float *numbers = holdfast_tensor_mutable_data(a);
  for (int index = 0; index < 6; index++) numbers[index] = index % 2 ? NAN : (index % 4 ? -INFINITY : INFINITY);
  for (int operation = 0; operation < 12; operation++) {
    WORKS(holdfast_tensor_unary(a, (holdfast_unary_operation)operation, &out, &error));
    holdfast_tensor_free(out);
    WORKS(holdfast_tensor_binary(a, a, (holdfast_binary_operation)operation, &out, &error));
    holdfast_tensor_free(out);
  }
  for (int reduction = 0; reduction < 7; reduction++) {
    WORKS(holdfast_tensor_reduce(a, (holdfast_reduction)reduction, NULL, 0, 1, &out, &error));
    holdfast_tensor_free(out);
  }
  WORKS(holdfast_tensor_softmax(a, 1, 0, &out, &error));
  holdfast_tensor_free(out);
  WORKS(holdfast_tensor_cross_entropy(a, i, -100, HOLDFAST_LOSS_SUM, &out, &out2, &error));
  CHECK(isnan(*(const float *)holdfast_tensor_data(out)));
  holdfast_tensor_free(out);
  holdfast_tensor_free(out2);
  WORKS(holdfast_tensor_top_k(a, 3, 1, 0, &out, &out2, &error));
  holdfast_tensor_free(out);
  holdfast_tensor_free(out2);

  holdfast_tensor *all[] = {a, b, v, n, scalar, d, i, q, k, one, endless};
  for (size_t index = 0; index < sizeof all / sizeof *all; index++) holdfast_tensor_free(all[index]);
}
