// Compares the kernels of this processor with the scalar reference, bit for bit, without Swift: for processors that are
// only emulated here (`make test-neon`). The Swift tests do the same, and more, on the machine they run on.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holdfast_kernels.h"

/// What is compared, and what came of it.
typedef struct {
  const holdfast_kernels *reference, *candidate;
  int comparisons, differences;
} bits;

/// n numbers of a fixed stream, roughly normal, times `scale`; freed by the caller.
float *numbers(size_t n, float scale);
/// A copy of n numbers; freed by the caller.
float *copy(const float *x, size_t n);
/// Notes a difference between n numbers, unless both are NaN, and frees them.
void compare(bits *b, const char *what, float *reference, float *candidate, size_t n);

/// Runs the statement with the reference and with the candidate as `k`, each on its own copy `y` of n numbers of `start`,
/// and compares what has become of the copies.
#define COMPARE(b, what, n, start, ...)                                     \
  do {                                                                      \
    float *sides_[2];                                                       \
    for (int side_ = 0; side_ < 2; side_++) {                               \
      const holdfast_kernels *k = side_ ? (b)->candidate : (b)->reference;  \
      float *y = copy(start, n);                                            \
      __VA_ARGS__;                                                          \
      sides_[side_] = y;                                                    \
    }                                                                       \
    compare(b, what, sides_[0], sides_[1], n);                              \
  } while (0)

void compare_products(bits *);
void compare_attention(bits *);
void compare_rows(bits *);
void compare_functions(bits *);
