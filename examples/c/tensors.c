/*
 * Tensors in C: numbers of the program's own without a copy, views, a linear layer trained by hand on a classification
 * task, and a tensor lent to another library through DLPack.
 *
 *   cc -Iinclude examples/c/tensors.c -L.build/release -lholdfast -Wl,-rpath,$PWD/.build/release -o tensors
 *   ./tensors
 */
#include <holdfast.h>
#include <holdfast/dlpack.h>

#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 60, INPUTS = 2, CLASSES = 3, STEPS = 200 };

/* Ends the program with the library's message when a call failed. */
static void check(holdfast_status status, holdfast_error *error) {
  if (status == HOLDFAST_OK) return;
  fprintf(stderr, "%s: %s\n", holdfast_status_name(status), holdfast_error_message(error));
  holdfast_error_free(error);
  exit(1);
}

static void print_notice(holdfast_log_level level, const char *message, void *user_data) {
  (void)user_data;
  fprintf(stderr, "%s: %s\n", level == HOLDFAST_LOG_WARNING ? "warning" : "info", message);
}

static void say_goodbye(void *user_data) { printf("the library is done with %s\n", (const char *)user_data); }

/* The first number of a float32 tensor. */
static float first(const holdfast_tensor *tensor) { return *(const float *)holdfast_tensor_data(tensor); }

/* Three clouds of points around corners of a triangle; `labels` says which. */
static void make_points(float *points, int32_t *labels) {
  static const float corners[CLASSES][INPUTS] = {{0, 1}, {1, -1}, {-1, -1}};
  holdfast_error *error = NULL;
  holdfast_tensor *noise = NULL;
  const int64_t shape[] = {POINTS, INPUTS};
  check(holdfast_tensor_random_normal(shape, 2, 0, 0.3, 7, &noise, &error), error);
  const float *values = holdfast_tensor_data(noise);
  for (int point = 0; point < POINTS; point++) {
    labels[point] = point % CLASSES;
    for (int axis = 0; axis < INPUTS; axis++)
      points[point * INPUTS + axis] = corners[labels[point]][axis] + values[point * INPUTS + axis];
  }
  holdfast_tensor_free(noise);
}

/* weights -= rate * gradient, in place. */
static void step(holdfast_tensor *weights, const holdfast_tensor *gradient, float rate) {
  float *w = holdfast_tensor_mutable_data(weights);
  const float *g = holdfast_tensor_data(gradient);
  for (size_t index = 0; index < holdfast_tensor_count(weights); index++) w[index] -= rate * g[index];
}

int main(void) {
  holdfast_error *error = NULL;
  check(holdfast_set_log(print_notice, HOLDFAST_LOG_INFO, NULL, &error), error);

  /* The program's own arrays, seen as tensors; nothing is copied. */
  static float points[POINTS * INPUTS];
  static int32_t labels[POINTS];
  make_points(points, labels);
  const int64_t point_shape[] = {POINTS, INPUTS}, label_shape[] = {POINTS}, weight_shape[] = {CLASSES, INPUTS};
  holdfast_tensor *x = NULL, *targets = NULL, *weights = NULL;
  check(holdfast_tensor_borrow(points, point_shape, NULL, 2, HOLDFAST_DTYPE_FLOAT32, 1, say_goodbye, "the points", &x,
                               &error),
        error);
  check(holdfast_tensor_from_data(labels, label_shape, 1, HOLDFAST_DTYPE_INT32, &targets, &error), error);
  check(holdfast_tensor_zeros(weight_shape, 2, HOLDFAST_DTYPE_FLOAT32, &weights, &error), error);

  /* Logits, loss, gradients, step. */
  float before = 0, after = 0;
  for (int round = 0; round < STEPS; round++) {
    holdfast_tensor *logits = NULL, *loss = NULL, *logit_gradient = NULL, *gradient = NULL;
    check(holdfast_tensor_matmul(x, weights, 0, 1, &logits, &error), error);
    check(holdfast_tensor_cross_entropy(logits, targets, -100, HOLDFAST_LOSS_MEAN, &loss, &logit_gradient, &error),
          error);
    check(holdfast_tensor_matmul_backward(logit_gradient, x, weights, 0, 1, NULL, &gradient, &error), error);
    step(weights, gradient, 0.5f);
    after = first(loss);
    if (round == 0) before = after;
    holdfast_tensor_free(gradient);
    holdfast_tensor_free(logit_gradient);
    holdfast_tensor_free(loss);
    holdfast_tensor_free(logits);
  }
  printf("cross-entropy %.3f before, %.3f after %d steps\n", before, after, STEPS);

  /* How many are right: the largest logit against the label, over a view of every second point. */
  holdfast_tensor *half = NULL, *logits = NULL, *largest = NULL;
  check(holdfast_tensor_slice(x, 0, HOLDFAST_SLICE_END, HOLDFAST_SLICE_END, 2, &half, &error), error);
  check(holdfast_tensor_matmul(half, weights, 0, 1, &logits, &error), error);
  const int64_t last[] = {-1};
  check(holdfast_tensor_reduce(logits, HOLDFAST_REDUCTION_ARGMAX, last, 1, 0, &largest, &error), error);
  const int64_t *predictions = holdfast_tensor_data(largest);
  size_t right = 0, count = holdfast_tensor_count(largest);
  for (size_t index = 0; index < count; index++) right += predictions[index] == labels[2 * index];
  printf("%zu of %zu classified rightly\n", right, count);

  /* A mistake is a status and a message, never a crash. */
  holdfast_tensor *wrong = NULL;
  if (holdfast_tensor_matmul(x, weights, 0, 0, &wrong, &error) != HOLDFAST_OK) {
    printf("refused as it should: %s\n", holdfast_error_message(error));
    holdfast_error_free(error);
    error = NULL;
  }

  /* Lent to another library: the structure keeps the memory until its deleter is called. */
  struct DLManagedTensorVersioned *lent = NULL;
  check(holdfast_tensor_to_dlpack(weights, &lent, &error), error);
  holdfast_tensor_free(weights);
  printf("lent: %d axes of %lld and %lld, first weight %.3f\n", lent->dl_tensor.ndim, (long long)lent->dl_tensor.shape[0],
         (long long)lent->dl_tensor.shape[1], ((float *)lent->dl_tensor.data)[0]);
  lent->deleter(lent);

  holdfast_tensor_free(largest);
  holdfast_tensor_free(logits);
  holdfast_tensor_free(half);
  holdfast_tensor_free(targets);
  holdfast_tensor_free(x);
  return after < before && right == count ? 0 : 1;
}
