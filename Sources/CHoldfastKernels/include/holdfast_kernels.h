// The kernels of the engine: one table of functions per instruction set, all giving the bits of the reference
// (docs/architecture.md, "The contract of numbers"). Every function here works on one thread; HoldfastTensor splits
// the work. Sizes are element counts, strides too; nothing is checked here.
#ifndef HOLDFAST_KERNELS_H
#define HOLDFAST_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Terms of one chain of a product. One chain over a vocabulary would lose two digits to rounding.
enum { HOLDFAST_CHAIN = 768 };

/// One block of a product: c[m][n] = the sum, in order, of chains over HOLDFAST_CHAIN successive k of a[m][k] * b[n][k],
/// each from 0, added to c[m][n] when accumulating. With one_chain it is a single chain over all k, which goes on from
/// c[m][n] when accumulating, and so may be cut anywhere.
typedef struct {
  const float *a;         ///< left operand; element (m, k) is a[m * a_row + k * a_step]
  size_t a_row, a_step;
  const float *panels;    ///< right operand; panel p is panels + p * panel_stride, laid out [K][panel columns]
  size_t panel_stride;
  float *c;               ///< result; element (m, n) is c[m * c_row + n]
  size_t c_row;
  size_t m, n, k;
  bool accumulate, one_chain;
} holdfast_product;

/// How the numbers of a compact matrix are written; each becomes the float32 that dequantising gives.
typedef enum {
  HOLDFAST_NIBBLES,         ///< q * scale + offset, q of four bits; column j of a panel in the low half of byte j,
                            ///< column j + panel_columns / 2 in its high half
  HOLDFAST_SIGNED_NIBBLES,  ///< (q - 8) * scale, laid out the same way
  HOLDFAST_BYTES,           ///< q * scale, q a signed byte
  HOLDFAST_OFFSET_BYTES,    ///< q * scale + offset
  HOLDFAST_HALVES,          ///< IEEE binary16, finite
  HOLDFAST_BRAINS,          ///< bfloat16
} holdfast_coding;

/// Panels of a right operand in fewer bits than float32.
typedef struct {
  holdfast_coding coding;
  size_t group;             ///< successive k of a column that share a scale; a power of 2, at most 32
  const uint8_t *codes;     ///< panel p at codes + p * code_stride, [K][panel_columns]
  size_t code_stride;       ///< in bytes
  const float *scales, *offsets; ///< panel p at + p * scale_stride, [K / group][panel_columns]; NULL where there are none
  size_t scale_stride;
} holdfast_compact;

/// Keys and values that precede a segment: `rows` rows, `holdfast_attention.kv_row` apart.
typedef struct {
  const float *keys, *values;
  size_t rows;
} holdfast_kv_range;

/// Causal attention of one block of queries of one segment, for the G heads that share one kv-head.
typedef struct {
  const float *queries;   ///< element (query i, head g, e) is queries[i * query_row + g * width + e]
  size_t query_row;
  const holdfast_kv_range *context; ///< what precedes the segment, oldest first
  size_t contexts;
  const float *keys, *values; ///< the segment's own rows; row j at keys + j * kv_row
  size_t kv_row;
  size_t first, count;    ///< the block's queries are rows first ..< first + count of the segment
  size_t group, width;    ///< G heads, E elements each
  float scale;            ///< scores are scale * q.k,
  float cap;              ///< and cap * tanh(score / cap) when cap > 0
  size_t window;          ///< the query at position p sees the keys at positions > p - window; larger than any p: all
  float *output;          ///< laid out like queries, row stride output_row
  size_t output_row;
  float *log_sum_exp;     ///< element (i, g) at log_sum_exp[i * log_sum_exp_row + g], or NULL
  size_t log_sum_exp_row;
} holdfast_attention;

/// Gradients of causal attention of one whole segment without context, for the G heads that share one kv-head.
///
/// The keys are packed first; then successive blocks of queries are worked through, each once for its queries and then
/// once for any ranges of keys. Threads may share ranges of keys to pack, blocks of queries, and ranges of keys of blocks
/// that are taken in order: a key's sums are chains over the queries.
///
/// Rows of queries, output, their gradients are query_row apart; keys, values and theirs kv_row.
typedef struct {
  const float *queries, *keys, *values, *output, *log_sum_exp, *output_gradient;
  size_t query_row, kv_row, log_sum_exp_row;
  size_t count, group, width;
  float scale, cap;       ///< and window as in holdfast_attention
  size_t window;
  float *query_gradient, *key_gradient, *value_gradient; ///< overwritten
  float *panels;          ///< packed keys and values
} holdfast_attention_backward;

/// Some queries of the segment, and what they leave for the keys: element (query, head, key j) is at
/// [((query - first) * group + head) * row + j]. `row` is at least `count` of the segment, rounded up to whole panels.
typedef struct {
  size_t first, count;
  float *probabilities, *slopes;
  size_t row;
} holdfast_attention_block;

/// The scalars of one AdamW step, as torch.optim.AdamW computes them (in double, then rounded).
typedef struct {
  float gradient_scale;   ///< multiplies the gradient first
  float decay;            ///< 1 - learning rate * weight decay
  float first_rest;       ///< 1 - beta1
  float second, second_rest; ///< beta2, 1 - beta2
  float root_correction;  ///< sqrt(1 - beta2^step)
  float epsilon;
  float step_size;        ///< learning rate / (1 - beta1^step)
  uint64_t key;           ///< of the draws that round moments to bfloat16
} holdfast_adamw;

/// SiLU, GELU by the normal distribution, and GELU by the hyperbolic tangent.
typedef enum { HOLDFAST_SILU, HOLDFAST_GELU, HOLDFAST_GELU_TANH } holdfast_activation;

/// What each instruction set offers. Row functions take one row of n elements.
typedef struct {
  const char *name;
  size_t panel_columns;   ///< columns of a panel of the right operand
  size_t tile_rows;       ///< rows of the largest register tile
  size_t compact_rows;    ///< rows that compact_product takes at most
  /// Rows w[n][k] (row stride `row`, n <= panel_columns) into one panel [k][panel_columns], zero-padded.
  void (*pack_rows)(const float *w, size_t row, size_t n, size_t k, float *panel);
  /// Columns b[k][n] (row stride `row`, n <= panel_columns) into one panel [k][panel_columns], zero-padded.
  void (*pack_columns)(const float *b, size_t row, size_t n, size_t k, float *panel);
  void (*product)(const holdfast_product *);
  /// The terms k0 ..< k0 + k of one panel as float32, [k][panel_columns]; k0 is a multiple of the group.
  void (*expand)(const holdfast_compact *, size_t panel, size_t k0, size_t k, float *out);
  /// The same as product, for rows up to compact_rows, not one_chain, from the panels of w at term k0.
  void (*compact_product)(const holdfast_product *, const holdfast_compact *w, size_t k0);
  void (*attention)(const holdfast_attention *);
  /// Floats that the packed keys and values of a segment take.
  size_t (*attention_backward_panels)(size_t count, size_t width);
  /// Packs the keys from ..< to, where from is a multiple of panel_columns, and sets their gradients to 0.
  void (*attention_backward_pack)(const holdfast_attention_backward *, size_t from, size_t to);
  /// Writes the block's probabilities, slopes and query gradients.
  void (*attention_backward_queries)(const holdfast_attention_backward *, const holdfast_attention_block *);
  /// Adds the block's part to the gradients of the keys and values from ..< to.
  void (*attention_backward_keys)(
    const holdfast_attention_backward *, const holdfast_attention_block *, size_t from, size_t to);
  /// y = (x / rms(x)) * (weight + offset); returns 1 / rms(x) = 1 / sqrt(mean(x^2) + epsilon).
  float (*rms_norm)(const float *x, const float *weight, float offset, float epsilon, size_t n, float *y);
  /// dx (+)= d(rms_norm)/dx for one row.
  void (*rms_norm_backward)(
    const float *dy, const float *x, const float *weight, float offset, float inverse_rms, size_t n, float *dx,
    bool accumulate);
  /// dweight[n] += chain over the rows of dy * (x * inverse_rms), for n columns; rows `row` apart.
  void (*rms_norm_weight_backward)(
    const float *dy, const float *x, const float *inverse_rms, size_t rows, size_t row, size_t n, float *dweight);
  /// y = (x - mean(x)) / deviation(x) * weight (+ bias, unless NULL); sets the mean, returns 1 / deviation(x) =
  /// 1 / sqrt(mean((x - mean)^2) + epsilon).
  float (*layer_norm)(
    const float *x, const float *weight, const float *bias, float epsilon, size_t n, float *y, float *mean);
  /// dx (+)= d(layer_norm)/dx for one row.
  void (*layer_norm_backward)(
    const float *dy, const float *x, const float *weight, float mean, float inverse_deviation, size_t n, float *dx,
    bool accumulate);
  /// dweight[n] += chain over the rows of dy * ((x - mean) * inverse_deviation), for n columns; rows `row` apart.
  void (*layer_norm_weight_backward)(
    const float *dy, const float *x, const float *mean, const float *inverse_deviation, size_t rows, size_t row,
    size_t n, float *dweight);
  /// Rotates the pairs (x[i], x[i + half]) by the angles whose cosines and sines are given; `direction` is 1 or -1.
  void (*rotate)(float *x, const float *cosines, const float *sines, size_t half, float direction);
  /// h = a(x).
  void (*activate)(holdfast_activation a, const float *x, size_t n, float *h);
  /// dx = dh * a'(x).
  void (*activate_backward)(holdfast_activation a, const float *dh, const float *x, size_t n, float *dx);
  /// h = a(gate) * up.
  void (*gated)(holdfast_activation a, const float *gate, const float *up, size_t n, float *h);
  void (*gated_backward)(
    holdfast_activation a, const float *dh, const float *gate, const float *up, size_t n, float *dgate, float *dup);
  /// y += x.
  void (*add)(const float *x, size_t n, float *y);
  /// sum[n] += chain over the rows, for n columns; rows `row` apart.
  void (*sum_rows)(const float *x, size_t rows, size_t row, size_t n, float *sum);
  /// x *= factor.
  void (*scale)(float *x, size_t n, float factor);
  /// x = cap * tanh(x / cap).
  void (*softcap)(float *x, size_t n, float cap);
  /// dy *= 1 - (y / cap)^2, where y is what softcap gave.
  void (*softcap_backward)(float *dy, const float *y, size_t n, float cap);
  /// y = x * factor, or 0 where the hash of the column under the row's key is less than the threshold.
  void (*dropout)(const float *x, size_t n, uint64_t key, uint32_t threshold, float factor, float *y);
  /// log of the sum of exp over the row.
  float (*log_sum_exp)(const float *x, size_t n);
  /// Returns -log softmax(x)[target]; when `gradient`, x becomes (softmax(x) - onehot(target)) * scale.
  float (*cross_entropy)(float *x, size_t n, size_t target, float scale, bool gradient);
  /// The same with a penalty: with q = softmax(x) and p = softmax(base), returns -log q[target], puts KL(p || q) into
  /// `divergence`, and x becomes (q - onehot(target) + weight * (q - p)) * scale. What base held is lost.
  float (*penalized_cross_entropy)(
    float *x, float *base, size_t n, size_t target, float scale, float weight, float *divergence);
  void (*adamw)(
    const holdfast_adamw *, const float *gradient, size_t n, float *parameter, float *first, float *second);
  /// The same with moments in bfloat16: the step takes them before they are rounded. A moment is rounded up with the
  /// probability of its distance to the number below, by a draw of its place first_place + i and the key.
  void (*adamw_bfloat16)(
    const holdfast_adamw *, const float *gradient, size_t n, size_t first_place, float *parameter, uint16_t *first,
    uint16_t *second);
  /// Sum of squares in double: 16 lanes, then the tree.
  double (*sum_of_squares)(const float *x, size_t n);
  /// exp, element by element.
  void (*exp)(const float *x, size_t n, float *y);
  /// Index of the first NaN or infinity, or n.
  size_t (*first_non_finite)(const float *x, size_t n);
} holdfast_kernels;

/// What the processor says of itself and the operating system lets it do.
typedef struct {
  char brand[49];         ///< as the processor gives it, empty when it does not
  char vendor[13];
  bool avx2;              ///< with FMA
  bool avx512;            ///< F, BW, DQ and VL
  bool avx512_bf16;
  bool sha;               ///< SHA-256, with SSE 4.1
  bool neon;
} holdfast_cpu;

holdfast_cpu holdfast_cpu_describe(void);

/// The separately written scalar reference, in plain C.
const holdfast_kernels *holdfast_kernels_reference(void);
#if defined(__x86_64__)
const holdfast_kernels *holdfast_kernels_avx512(void);
const holdfast_kernels *holdfast_kernels_avx2(void);
#elif defined(__aarch64__)
const holdfast_kernels *holdfast_kernels_neon(void);
#endif
/// The best table this processor and operating system can run, at most `cap` ("avx512", "avx2", "neon", "scalar" or
/// NULL for no cap).
const holdfast_kernels *holdfast_kernels_best(const char *cap);

/// Packs the codes of n <= columns rows, [n][k] of a byte (or two) each, into one panel of a compact matrix.
void holdfast_pack_codes(
  holdfast_coding coding, const uint8_t *codes, size_t n, size_t k, size_t columns, uint8_t *panel);

/// Takes a state of SHA-256, eight words, over `count` blocks of 64 bytes; only where holdfast_cpu says `sha`.
void holdfast_sha256(uint32_t *state, const void *blocks, size_t count);

/// Natural logarithm, the same bits everywhere; the second rounds the first once.
double holdfast_log_double(double x);
float holdfast_log(float x);

/// The calling thread's scratch memory, page-aligned, at least `floats` long, valid until the next call on this thread and
/// freed when the thread ends. NULL when memory is exhausted: the failure is counted, and a kernel that meets it returns
/// with its results undefined.
float *holdfast_scratch(size_t floats);
/// The same, separately, for what the calling thread lends to others while they work for it.
float *holdfast_lent_scratch(size_t floats);
/// How often scratch memory was exhausted on the calling thread, and, as holdfast_scratch_failed says of them, on threads
/// that worked for it.
uint64_t holdfast_scratch_failures(void);
void holdfast_scratch_failed(void);

/// Puts the calling thread's floating-point environment into the IEEE default (round to nearest, denormals kept, no
/// traps), which a host may have changed; returns the former one for holdfast_float_leave.
uint64_t holdfast_float_enter(void);
void holdfast_float_leave(uint64_t former);

/// The processor's hint that the thread spins.
void holdfast_pause(void);
/// The file of the library that holds a symbol, or NULL.
const char *holdfast_library_path(const void *symbol);
/// The number of processors the process may run on.
int holdfast_processors(void);

#ifdef __cplusplus
}
#endif
#endif
