// 16 registers of 8 lanes: tiles of 6 x 16.
#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#include "holdfast_kernels.h"

#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define HOLDFAST_LANES 8
#define HOLDFAST_TILE_ROWS 6
#define HOLDFAST_TILE_VECTORS 2
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

const holdfast_kernels *holdfast_kernels_avx2(void) {
  static const holdfast_kernels table = TABLE("avx2");
  return &table;
}

#pragma clang attribute pop
#endif
