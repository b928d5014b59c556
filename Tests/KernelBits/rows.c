#include "bits.h"

enum { ROWS = 5 };

static void compare_norms(bits *b, size_t n, const float *x, const float *d, const float *w, const float *c) {
  COMPARE(b, "RMS norm", n + 1, x, y[n] = k->rms_norm(x, w, 1, 1e-5f, n, y));
  COMPARE(b, "RMS norm gradient", n, d, k->rms_norm_backward(d, x, w, 0, 0.7f, n, y, true));
  COMPARE(b, "RMS norm weight gradient", n, w, k->rms_norm_weight_backward(d, x, c, ROWS, n, n, y));
  COMPARE(b, "layer norm", n + 2, x, y[n + 1] = k->layer_norm(x, w, c, 1e-5f, n, y, y + n));
  COMPARE(b, "layer norm without bias", n + 2, x, y[n + 1] = k->layer_norm(x, w, NULL, 1e-5f, n, y, y + n));
  COMPARE(b, "layer norm gradient", n, d, k->layer_norm_backward(d, x, w, 0.3f, 0.7f, n, y, true));
  COMPARE(b, "layer norm weight gradient", n, w, k->layer_norm_weight_backward(d, x, c, w, ROWS, n, n, y));
}

static void compare_elements(bits *b, size_t n, const float *x, const float *d, const float *u) {
  COMPARE(b, "rotation", 2 * n, x, k->rotate(y, u, d, n, -1));
  COMPARE(b, "sum", n, d, k->add(x, n, y));
  COMPARE(b, "sum of rows", n, d, k->sum_rows(x, ROWS, n, n, y));
  COMPARE(b, "scale", n, d, k->scale(y, n, 1.7f));
  COMPARE(b, "softcap", n, x, k->softcap(y, n, 20));
  COMPARE(b, "softcap gradient", n, d, k->softcap_backward(y, x, n, 90));
  COMPARE(b, "dropout", n, d, k->dropout(x, n, 0x123456789abcdef * n, 1u << 30, 1.25f, y));
  COMPARE(b, "log-sum-exp", 1, d, y[0] = k->log_sum_exp(x, n));
  COMPARE(b, "cross-entropy", n + 1, x, y[n] = k->cross_entropy(y, n, n / 2, 0.3f, true));
  COMPARE(b, "penalized cross-entropy", 2 * n + 2, x, {
    memcpy(y + n, u, n * sizeof(float));
    y[2 * n] = k->penalized_cross_entropy(y, y + n, n, n / 2, 0.3f, 0.7f, y + 2 * n + 1);
  });
  for (holdfast_activation a = HOLDFAST_SILU; a <= HOLDFAST_GELU_TANH; a++) {
    COMPARE(b, "gate", n, d, k->gated(a, x, u, n, y));
    COMPARE(b, "gate gradients", 2 * n, x, k->gated_backward(a, d, x, u, n, y, y + n));
  }
  const holdfast_adamw step = {0.7f, 0.99f, 0.1f, 0.95f, 0.05f, 0.3f, 1e-8f, 1e-2f};
  COMPARE(b, "AdamW", 3 * n, x, {
    for (size_t i = 2 * n; i < 3 * n; i++) y[i] = fabsf(y[i]);
    k->adamw(&step, d, n, y, y + n, y + 2 * n);
  });
  COMPARE(b, "sum of squares", 2, x, {
    double sum = k->sum_of_squares(x, n);
    memcpy(y, &sum, sizeof sum);
  });
}

void compare_rows(bits *b) {
  const size_t widths[] = {1, 15, 16, 17, 64, 100, 577, 2100};
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
    size_t n = widths[i];
    float *x = numbers(ROWS * n + 2, 30), *d = numbers(ROWS * n, 1), *u = numbers(ROWS * n, 1);
    float *w = numbers(n + ROWS, 1), *c = numbers(n + ROWS, 1);
    compare_norms(b, n, x, d, w, c);
    compare_elements(b, n, x, d, u);
    float *all[] = {x, d, u, w, c};
    for (size_t j = 0; j < sizeof all / sizeof *all; j++) free(all[j]);
  }
}

/// Elementary functions of a million bit patterns of every kind.
void compare_functions(bits *b) {
  size_t n = 1 << 20;
  float *x = numbers(n, 1), *ones = numbers(n, 1);
  for (size_t i = 0; i < n; i++) {
    uint32_t pattern = (uint32_t)i * 4099;
    memcpy(x + i, &pattern, sizeof pattern);
    ones[i] = 1;
  }
  COMPARE(b, "exp", n, x, k->exp(x, n, y));
  COMPARE(b, "tanh", n, x, k->softcap(y, n, 1));
  for (holdfast_activation a = HOLDFAST_SILU; a <= HOLDFAST_GELU_TANH; a++) {
    COMPARE(b, "activation", n, x, k->activate(a, x, n, y));
    COMPARE(b, "slope", n, x, k->activate_backward(a, ones, x, n, y));
  }
  free(x);
  free(ones);
}
