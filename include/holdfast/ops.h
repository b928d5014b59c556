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

/** An operation on pairs of elements. The first six give float32, the comparisons bool. */
typedef enum holdfast_binary_operation {
  HOLDFAST_BINARY_ADD = 0,
  HOLDFAST_BINARY_SUBTRACT = 1,
  HOLDFAST_BINARY_MULTIPLY = 2,
  HOLDFAST_BINARY_DIVIDE = 3,
  /** The larger; NaN if either is NaN. */
  HOLDFAST_BINARY_MAXIMUM = 4,
  /** The smaller; NaN if either is NaN. */
  HOLDFAST_BINARY_MINIMUM = 5,
  HOLDFAST_BINARY_EQUAL = 6,
  HOLDFAST_BINARY_NOT_EQUAL = 7,
  HOLDFAST_BINARY_LESS = 8,
  HOLDFAST_BINARY_LESS_EQUAL = 9,
  HOLDFAST_BINARY_GREATER = 10,
  HOLDFAST_BINARY_GREATER_EQUAL = 11
} holdfast_binary_operation;

/** An operation on every pair of elements of a and b, whose shapes broadcast as in NumPy. */
holdfast_status holdfast_tensor_binary(const holdfast_tensor *a, const holdfast_tensor *b,
                                       holdfast_binary_operation operation, holdfast_tensor **result,
                                       holdfast_error **error);

/** The elements of a where the condition is not 0, of b where it is; shapes broadcast. */
holdfast_status holdfast_tensor_where(const holdfast_tensor *condition, const holdfast_tensor *a,
                                      const holdfast_tensor *b, holdfast_tensor **result, holdfast_error **error);

/** An operation on single elements. */
typedef enum holdfast_unary_operation {
  HOLDFAST_UNARY_NEGATE = 0,
  HOLDFAST_UNARY_ABSOLUTE = 1,
  /** Within 1 ulp; 0 where the result would be no normal number. */
  HOLDFAST_UNARY_EXP = 2,
  /** The natural logarithm, within 1 ulp; -infinity of 0, NaN below. */
  HOLDFAST_UNARY_LOG = 3,
  HOLDFAST_UNARY_SQUARE_ROOT = 4,
  HOLDFAST_UNARY_RECIPROCAL = 5,
  HOLDFAST_UNARY_TANH = 6,
  HOLDFAST_UNARY_SIGMOID = 7,
  HOLDFAST_UNARY_RELU = 8,
  /** x sigmoid(x). */
  HOLDFAST_UNARY_SILU = 9,
  /** x times the standard normal distribution at x. */
  HOLDFAST_UNARY_GELU = 10,
  /** The approximation of that by the hyperbolic tangent. */
  HOLDFAST_UNARY_GELU_TANH = 11
} holdfast_unary_operation;

/** An operation on every element. */
holdfast_status holdfast_tensor_unary(const holdfast_tensor *x, holdfast_unary_operation operation,
                                      holdfast_tensor **result, holdfast_error **error);

/**
 * The gradient of the argument of SiLU or a GELU; other operations are refused.
 * @param gradient that of the result, in the shape of x.
 */
holdfast_status holdfast_tensor_unary_backward(const holdfast_tensor *gradient, const holdfast_tensor *x,
                                               holdfast_unary_operation operation, holdfast_tensor **result,
                                               holdfast_error **error);

/** What becomes of the elements along some axes. */
typedef enum holdfast_reduction {
  /** Their sum, kept in double precision and rounded once; 0 of none. */
  HOLDFAST_REDUCTION_SUM = 0,
  /** Their mean, likewise; NaN of none. */
  HOLDFAST_REDUCTION_MEAN = 1,
  /** The largest; NaN if there is one, as in NumPy and PyTorch. Of none it is refused. */
  HOLDFAST_REDUCTION_MAXIMUM = 2,
  /** The smallest, likewise. */
  HOLDFAST_REDUCTION_MINIMUM = 3,
  /** The logarithm of the sum of their exponentials, without overflow; -infinity of none. */
  HOLDFAST_REDUCTION_LOG_SUM_EXP = 4,
  /** The int64 position of the largest, the first of equals; the first NaN if there is one. Of none it is refused. */
  HOLDFAST_REDUCTION_ARGMAX = 5,
  /** The int64 position of the smallest, likewise. */
  HOLDFAST_REDUCTION_ARGMIN = 6
} holdfast_reduction;

/**
 * Reduces some axes. A position is that along one axis, or in row-major order along all.
 * @param axes count axes, each once; NULL with a count of 0 stands for all.
 * @param keep_axes 1 if reduced axes stay with an extent of 1, else 0.
 */
holdfast_status holdfast_tensor_reduce(const holdfast_tensor *x, holdfast_reduction reduction, const int64_t *axes,
                                       size_t count, int32_t keep_axes, holdfast_tensor **result,
                                       holdfast_error **error);

/**
 * The softmax along an axis, exp(x) / sum exp(x), or its logarithm. As in PyTorch, a line with NaN or infinity, or of
 * -infinity alone, becomes NaN.
 * @param logarithm 1 for the logarithm, else 0.
 */
holdfast_status holdfast_tensor_softmax(const holdfast_tensor *x, int64_t axis, int32_t logarithm,
                                        holdfast_tensor **result, holdfast_error **error);

/** The gradient of the argument of holdfast_tensor_softmax() from that of its result y, and y itself. */
holdfast_status holdfast_tensor_softmax_backward(const holdfast_tensor *gradient, const holdfast_tensor *y,
                                                 int64_t axis, int32_t logarithm, holdfast_tensor **result,
                                                 holdfast_error **error);

/** What becomes of the losses of single rows. */
typedef enum holdfast_loss_reduction {
  /** They stay, in the shape of the targets. */
  HOLDFAST_LOSS_NONE = 0,
  /** Their mean over the rows that count; NaN if none does. */
  HOLDFAST_LOSS_MEAN = 1,
  /** Their sum. */
  HOLDFAST_LOSS_SUM = 2
} holdfast_loss_reduction;

/**
 * The cross-entropy -log softmax(logits)[target] of every row.
 * @param logits [..., V].
 * @param targets [...] integers in 0 ..< V, or `ignored`, whose rows have a loss and a gradient of 0 and do not count.
 * @param ignored such as -100.
 * @param loss receives the losses, or the one loss without axes; may be NULL.
 * @param gradient receives the gradient of the reduced loss (of the sum for HOLDFAST_LOSS_NONE) with respect to the
 *   logits, in their shape; may be NULL, which saves its computation.
 */
holdfast_status holdfast_tensor_cross_entropy(const holdfast_tensor *logits, const holdfast_tensor *targets,
                                              int64_t ignored, holdfast_loss_reduction reduction,
                                              holdfast_tensor **loss, holdfast_tensor **gradient,
                                              holdfast_error **error);

/**
 * RMS normalisation of the last axis: x / sqrt(mean(x^2) + epsilon) * (weight + offset).
 * @param x [..., D].
 * @param weight [D]; NULL for ones.
 * @param offset 0, or 1 for weights stored less 1, as Gemma's are.
 */
holdfast_status holdfast_tensor_rms_norm(const holdfast_tensor *x, const holdfast_tensor *weight, double offset,
                                         double epsilon, holdfast_tensor **result, holdfast_error **error);

/**
 * The gradients of holdfast_tensor_rms_norm().
 * @param gradient that of the result, in the shape of x.
 * @param x_gradient receives that of x; may be NULL.
 * @param weight_gradient receives that of the weight [D]; may be NULL.
 */
holdfast_status holdfast_tensor_rms_norm_backward(const holdfast_tensor *gradient, const holdfast_tensor *x,
                                                  const holdfast_tensor *weight, double offset, double epsilon,
                                                  holdfast_tensor **x_gradient, holdfast_tensor **weight_gradient,
                                                  holdfast_error **error);

/**
 * Layer normalisation of the last axis: (x - mean) / sqrt(variance + epsilon) * weight + bias.
 * @param x [..., D].
 * @param weight [D]; NULL for ones.
 * @param bias [D]; NULL for zeros.
 */
holdfast_status holdfast_tensor_layer_norm(const holdfast_tensor *x, const holdfast_tensor *weight,
                                           const holdfast_tensor *bias, double epsilon, holdfast_tensor **result,
                                           holdfast_error **error);

/** The gradients of holdfast_tensor_layer_norm(); each receiver may be NULL. */
holdfast_status holdfast_tensor_layer_norm_backward(const holdfast_tensor *gradient, const holdfast_tensor *x,
                                                    const holdfast_tensor *weight, double epsilon,
                                                    holdfast_tensor **x_gradient, holdfast_tensor **weight_gradient,
                                                    holdfast_tensor **bias_gradient, holdfast_error **error);

/** How holdfast_tensor_rotary() turns. */
typedef struct holdfast_rotary_options {
  /** sizeof(holdfast_rotary_options). */
  uint32_t struct_size;
  /** R, the elements of a head that turn: even, at most E; 0 for all. Default 0. */
  int32_t width;
  /** Pair i turns by position * base^(-2i/R). Default 10000. */
  double base;
  /** 1 if elements 2i and 2i + 1 are a pair, as in GPT-J; 0 if i and i + R/2 are. Default 0. */
  int32_t interleaved;
  /** 1 to turn back, which is the gradient; else 0. Default 0. */
  int32_t inverse;
} holdfast_rotary_options;

/** Fills options with the defaults; `struct_size` is sizeof(holdfast_rotary_options). */
void holdfast_rotary_options_init(holdfast_rotary_options *options, uint32_t struct_size);

/**
 * Rotary position embedding. Angles follow transformers: the frequency, and its product with the position, are rounded
 * to float32.
 * @param x [..., T, H, E].
 * @param positions [T] integers; NULL for 0, 1, 2 ...
 * @param options NULL for the defaults.
 */
holdfast_status holdfast_tensor_rotary(const holdfast_tensor *x, const holdfast_tensor *positions,
                                       const holdfast_rotary_options *options, holdfast_tensor **result,
                                       holdfast_error **error);

/** Which keys a query sees, and how it weighs them. */
typedef struct holdfast_attention_options {
  /** sizeof(holdfast_attention_options). */
  uint32_t struct_size;
  /**
   * 1 if a query sees only keys at its position and before, where the T queries are the last of the S positions; 0 if it
   * sees all. Default 1.
   */
  int32_t causal;
  /** How many keys a query sees, itself included; takes causal. 0 for all. Default 0. */
  int64_t window;
  /** What q.k is multiplied by; 0 for 1 / sqrt(E). Default 0. */
  double scale;
  /** Scores are softcap * tanh(scale * q.k / softcap); 0 for no cap. Default 0. */
  double softcap;
} holdfast_attention_options;

/** Fills options with the defaults; `struct_size` is sizeof(holdfast_attention_options). */
void holdfast_attention_options_init(holdfast_attention_options *options, uint32_t struct_size);

/**
 * Attention softmax(scale q k^T) v with grouped queries: H is a multiple of K, and H / K successive heads share a kv-head.
 * Causal attention does not write scores out; otherwise they take B * H * T * S numbers.
 * @param queries [B, T, H, E].
 * @param keys [B, S, K, E], and values likewise; S is at least T when causal.
 * @param options NULL for the defaults.
 * @param result receives [B, T, H, E]; may be NULL.
 * @param log_sum_exp receives the log of the sum of exp of every query's scores, [B, T, H]; may be NULL.
 */
holdfast_status holdfast_tensor_attention(const holdfast_tensor *queries, const holdfast_tensor *keys,
                                          const holdfast_tensor *values, const holdfast_attention_options *options,
                                          holdfast_tensor **result, holdfast_tensor **log_sum_exp,
                                          holdfast_error **error);

/** The gradients of holdfast_tensor_attention() from that of its result; each receiver may be NULL. */
holdfast_status holdfast_tensor_attention_backward(const holdfast_tensor *gradient, const holdfast_tensor *queries,
                                                   const holdfast_tensor *keys, const holdfast_tensor *values,
                                                   const holdfast_attention_options *options,
                                                   holdfast_tensor **query_gradient, holdfast_tensor **key_gradient,
                                                   holdfast_tensor **value_gradient, holdfast_error **error);

/**
 * The slices of an axis that indices name, as numpy.take: [before the axis, indices, behind it]. With a table [V, D] and
 * axis 0 this is an embedding. Elements may be of any type, which the result has too.
 * @param indices integers in 0 ..< the axis's extent, of any shape.
 */
holdfast_status holdfast_tensor_take(const holdfast_tensor *x, const holdfast_tensor *indices, int64_t axis,
                                     holdfast_tensor **result, holdfast_error **error);

/**
 * The gradient of x of holdfast_tensor_take() along axis 0: slices of the gradient, summed in the order of the indices.
 * @param rows the extent of axis 0 of x.
 */
holdfast_status holdfast_tensor_take_backward(const holdfast_tensor *gradient, const holdfast_tensor *indices,
                                              int64_t rows, holdfast_tensor **result, holdfast_error **error);

/**
 * The elements that indices name along an axis, as torch.gather. Elements may be of any type.
 * @param indices integers in 0 ..< the axis's extent; in the shape of x, but of any extent along the axis.
 */
holdfast_status holdfast_tensor_gather(const holdfast_tensor *x, const holdfast_tensor *indices, int64_t axis,
                                       holdfast_tensor **result, holdfast_error **error);

/**
 * The k largest elements along an axis, the largest first, or the smallest. Of equals the first comes first; NaN counts as
 * larger than infinity, as in PyTorch.
 * @param k 0 to the axis's extent.
 * @param largest 1, or 0 for the smallest.
 * @param values receives the float32 elements; may be NULL.
 * @param positions receives their int64 positions along the axis; may be NULL.
 */
holdfast_status holdfast_tensor_top_k(const holdfast_tensor *x, int64_t k, int64_t axis, int32_t largest,
                                      holdfast_tensor **values, holdfast_tensor **positions, holdfast_error **error);

/**
 * Makes a float32 tensor of random numbers, uniform in [low, high), drawn in row-major order from the generator the
 * library uses everywhere (xoshiro256**): the same on every machine.
 */
holdfast_status holdfast_tensor_random_uniform(const int64_t *shape, size_t axes, double low, double high,
                                               uint64_t seed, holdfast_tensor **tensor, holdfast_error **error);

/** Likewise, of the normal distribution with a mean and a standard deviation. */
holdfast_status holdfast_tensor_random_normal(const int64_t *shape, size_t axes, double mean, double deviation,
                                              uint64_t seed, holdfast_tensor **tensor, holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
