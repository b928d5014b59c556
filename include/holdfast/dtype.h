/**
 * @file dtype.h
 * The types of numbers.
 *
 * Threads: every function may be called from any thread. Since 0.1.
 */
#ifndef HOLDFAST_DTYPE_H
#define HOLDFAST_DTYPE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What the numbers of a tensor, or the stored numbers of weights, are.
 *
 * The library computes in float32, so these are the types that meet it: those weights are stored in, float64 for
 * references and statistics, the integers that tokens, labels and indices come in, uint8 for bytes and bool for masks.
 */
typedef enum holdfast_dtype {
  /** IEEE 754 binary32: the type of every computation. */
  HOLDFAST_DTYPE_FLOAT32 = 0,
  /** IEEE 754 binary16. */
  HOLDFAST_DTYPE_FLOAT16 = 1,
  /** The upper half of a binary32. */
  HOLDFAST_DTYPE_BFLOAT16 = 2,
  /** IEEE 754 binary64. */
  HOLDFAST_DTYPE_FLOAT64 = 3,
  /** Signed, 32 bits. */
  HOLDFAST_DTYPE_INT32 = 4,
  /** Signed, 64 bits. */
  HOLDFAST_DTYPE_INT64 = 5,
  /** Unsigned, 8 bits. */
  HOLDFAST_DTYPE_UINT8 = 6,
  /** One byte: 0 is false; anything else that enters counts as true, and what leaves is 0 or 1. */
  HOLDFAST_DTYPE_BOOL = 7
} holdfast_dtype;

/** The bytes of one number, which it is also aligned to; 0 for a value that is no type. */
size_t holdfast_dtype_size(holdfast_dtype dtype);

/** The name NumPy and PyTorch give the type, such as "float32"; "unknown" for a value that is no type. Never NULL. */
const char *holdfast_dtype_name(holdfast_dtype dtype);

#ifdef __cplusplus
}
#endif

#endif
