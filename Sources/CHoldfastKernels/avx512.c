// 32 registers of 16 lanes: tiles of 12 x 32, 24 sums, 2 vectors of the panel, the rest for the left operand.
#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#include "holdfast_kernels.h"

#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)

#define HOLDFAST_LANES 16
#define HOLDFAST_TILE_ROWS 12
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

const holdfast_kernels *holdfast_kernels_avx512(void) {
  static const holdfast_kernels table = TABLE("avx512");
  return &table;
}

#pragma clang attribute pop
#endif
