// Sixteen lanes of float32, whatever the registers: the unit of every row operation. On AVX-512 it is one register, on
// AVX2 two, on NEON four; the arithmetic, and so the bits, are the same.
//
// The files of this folder are included once per instruction set (avx512.c, avx2.c, neon.c), with HOLDFAST_LANES (the
// lanes of one register), HOLDFAST_TILE_ROWS and HOLDFAST_TILE_VECTORS (the register tile) defined.
#include <math.h>
#include <string.h>

#include "holdfast_kernels.h"

// Sixteen lanes have no calling convention on narrower registers; every function that takes them is inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { LANES = 16 };

typedef float lanes __attribute__((vector_size(64)));
typedef float loose_lanes __attribute__((vector_size(64), aligned(4)));
typedef int32_t marks __attribute__((vector_size(64)));  // all ones where true
typedef uint32_t words __attribute__((vector_size(64)));
typedef double wide_lanes __attribute__((vector_size(64)));

#define SPLAT(s) ((lanes){s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s})

INLINE lanes load(const float *p) { return *(const loose_lanes *)p; }
INLINE void store(float *p, lanes x) { *(loose_lanes *)p = x; }
INLINE lanes fma_lanes(lanes a, lanes b, lanes c) { return __builtin_elementwise_fma(a, b, c); }
INLINE lanes choose(marks m, lanes a, lanes b) { return (lanes)((m & (marks)a) | (~m & (marks)b)); }

/// The first n elements, the rest `fill`; all sixteen when n is the constant 16.
INLINE lanes get_filled(const float *p, size_t n, float fill) {
  if (n == LANES) return load(p);
  lanes x = SPLAT(fill);
  memcpy(&x, p, n * sizeof(float));
  return x;
}

INLINE lanes get(const float *p, size_t n) { return get_filled(p, n, 0); }

INLINE void put(float *p, lanes x, size_t n) {
  if (n == LANES)
    store(p, x);
  else
    memcpy(p, &x, n * sizeof(float));
}

/// Runs the statements with i = 0, 16, … and w, the number of elements from i that count: 16, and fewer at the end.
#define FOR_LANES(n, ...)                         \
  do {                                            \
    size_t i = 0;                                 \
    for (; i + LANES <= (n); i += LANES) {        \
      const size_t w = LANES;                     \
      __VA_ARGS__                                 \
    }                                             \
    if (i < (n)) {                                \
      const size_t w = (n) - i;                   \
      __VA_ARGS__                                 \
    }                                             \
  } while (0)

/// Lanes i < n.
INLINE marks first_lanes(size_t n) {
  const marks index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return index < (int32_t)n;
}

/// x where lane i < n, elsewhere `fill`.
INLINE lanes keep(lanes x, size_t n, float fill) {
  return n == LANES ? x : choose(first_lanes(n), x, SPLAT(fill));
}

INLINE lanes only(lanes x, size_t n) { return keep(x, n, 0); }

/// The fixed tree over the lanes: halves are added until one is left.
INLINE float tree(lanes x) {
  float t[LANES];
  memcpy(t, &x, sizeof t);
  UNROLL for (int half = LANES / 2; half > 0; half /= 2)
    UNROLL for (int i = 0; i < half; i++) t[i] = t[i] + t[i + half];
  return t[0];
}

INLINE lanes larger(lanes x, lanes m) { return choose(x > m, x, m); }

INLINE float largest_lane(lanes m) {
  float most = -INFINITY;
  UNROLL for (int l = 0; l < LANES; l++) most = m[l] > most ? m[l] : most;
  return most;
}

INLINE float maximum(const float *x, size_t n) {
  lanes m = SPLAT(-INFINITY);
  FOR_LANES(n, m = larger(get_filled(x + i, w, -INFINITY), m););
  return largest_lane(m);
}

INLINE float dot(const float *x, const float *y, size_t n) {
  lanes sum = SPLAT(0.0f);
  FOR_LANES(n, sum = fma_lanes(get(x + i, w), get(y + i, w), sum););
  return tree(sum);
}
