// 32 registers of 4 lanes: tiles of 6 x 16.
#if defined(__aarch64__)
#include <math.h>
#include <string.h>

#include "holdfast_kernels.h"

#pragma STDC FP_CONTRACT OFF

#define HOLDFAST_LANES 4
#define HOLDFAST_TILE_ROWS 6
#define HOLDFAST_TILE_VECTORS 4
// clang-format off: each file needs the ones before it.
#include "simd/lanes.h"
#include "simd/functions.h"
#include "simd/product.h"
#include "simd/compact.h"
#include "simd/attention.h"
#include "simd/attention_backward.h"
#include "simd/norms.h"
#include "simd/activations.h"
#include "sums.h"
#include "simd/rows.h"
#include "table.h"

const holdfast_kernels *holdfast_kernels_neon(void) {
  static const holdfast_kernels table = TABLE("neon");
  return &table;
}
#endif
