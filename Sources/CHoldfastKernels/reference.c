// The scalar reference: the contract of numbers written down as plainly as C allows. Every SIMD kernel is tested
// against it bit for bit.
#include <math.h>
#include <string.h>

#include "holdfast_kernels.h"

#pragma STDC FP_CONTRACT OFF

enum { LANES = 16, COLUMNS = 16, TILE_ROWS = 1 };

// clang-format off: each file needs the ones before it.
#include "reference/functions.h"
#include "reference/product.h"
#include "reference/compact.h"
#include "reference/attention.h"
#include "reference/norms.h"
#include "reference/activations.h"
#include "sums.h"
#include "reference/rows.h"
#include "table.h"

const holdfast_kernels *holdfast_kernels_reference(void) {
  static const holdfast_kernels table = TABLE("scalar");
  return &table;
}
