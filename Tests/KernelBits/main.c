#include "bits.h"

float *copy(const float *x, size_t n) {
  float *y = malloc((n + 1) * sizeof(float));
  if (!y) abort();
  memcpy(y, x, n * sizeof(float));
  return y;
}

float *numbers(size_t n, float scale) {
  static uint64_t state = 88172645463325252;
  float *x = malloc((n + 1) * sizeof(float));
  if (!x) abort();
  for (size_t i = 0; i < n; i++) {
    float sum = 0;
    for (int j = 0; j < 4; j++) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      sum += (float)(state >> 40) * 0x1p-24f - 0.5f;
    }
    x[i] = 1.732f * sum * scale;
  }
  return x;
}

void compare(bits *b, const char *what, float *reference, float *candidate, size_t n) {
  b->comparisons++;
  for (size_t i = 0; i < n; i++) {
    bool same = memcmp(reference + i, candidate + i, sizeof(float)) == 0;
    if (same || (reference[i] != reference[i] && candidate[i] != candidate[i])) continue;
    printf("%s: element %zu of %zu is %g, not %g\n", what, i, n, candidate[i], reference[i]);
    b->differences++;
    break;
  }
  free(reference);
  free(candidate);
}

int main(void) {
  bits b = {.reference = holdfast_kernels_reference(), .candidate = holdfast_kernels_best(NULL)};
  compare_products(&b);
  compare_attention(&b);
  compare_rows(&b);
  compare_functions(&b);
  printf(
    "%s against %s: %d comparisons, %d different\n", b.candidate->name, b.reference->name, b.comparisons,
    b.differences);
  return b.differences != 0 || b.candidate == b.reference;
}
