/**
 * @file ops.h
 * Operations on tensors.
 *
 * Operations compute in float32 and give new row-major tensors; operands are left alone and may be views of any layout.
 * Operands whose every value float32 holds (float32, float16, bfloat16, uint8, bool) are taken as they are; float64, int32
 * and int64 are refused, because a cast may round: holdfast_tensor_cast() first. Indices are int32, int64 or uint8.
 *
 * Results never depend on the number of threads, and an element's bits depend only on the numbers that enter it: batches,
 * layouts and views do not show. NaN and infinities are carried through as IEEE 754 and each function says; they are no
 * error. Tensors without elements give what the definition gives.
 *
 * Threads: any number at once. Since 0.1.
 */
#ifndef HOLDFAST_OPS_H
#define HOLDFAST_OPS_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The matrix product of the last two axes, C [..., M, N] = op(A) op(B), where op transposes if asked to.
 *
 * Axes before the last two are batches and broadcast as in NumPy. An operand of one axis is a row of A or a column of B,
 * and its axis is gone from the result; it cannot be transposed.
 * @param a [..., M, K], or [..., K, M] when transposed.
 * @param b [..., K, N], or [..., N, K] when transposed.
 * @param transpose_a 1 or 0; likewise transpose_b.
 * @param result receives C, to free with holdfast_tensor_free().
 */
holdfast_status holdfast_tensor_matmul(const holdfast_tensor *a, const holdfast_tensor *b, int32_t transpose_a,
                                       int32_t transpose_b, holdfast_tensor **result, holdfast_error **error);

/**
 * The gradients of holdfast_tensor_matmul().
 * @param gradient that of C, in its shape.
 * @param a_gradient receives that of A, in its shape; batches A was repeated over are summed. May be NULL.
 * @param b_gradient likewise that of B. May be NULL.
 */
holdfast_status holdfast_tensor_matmul_backward(const holdfast_tensor *gradient, const holdfast_tensor *a,
                                                const holdfast_tensor *b, int32_t transpose_a, int32_t transpose_b,
                                                holdfast_tensor **a_gradient, holdfast_tensor **b_gradient,
                                                holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
