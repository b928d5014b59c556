// Gradients of causal attention; the forward pass is in attention.h.

/// One row's probabilities and score gradients for low <= j < n: s = exp(score - lse), d = (s (d - mean)) scale, times the
/// cap's slope. Rows are padded as above.
INLINE void score_gradients(
  float *s, float *d, size_t low, size_t n, float scale, const bool capped, float cap, float lse, float mean) {
  for (size_t i = low / LANES * LANES; i < n; i += LANES) {
    lanes x = load(s + i) * scale, bend = SPLAT(0.0f);
    if (capped) {
      bend = tanh_lanes(x / cap);
      x = cap * bend;
    }
    lanes p = exp_lanes(x - lse), slope = p * (load(d + i) - mean);
    if (capped) slope = slope * fma_lanes(-bend, bend, SPLAT(1.0f));
    store(s + i, p);
    store(d + i, slope * scale);
  }
}

static void score_gradient_row(
  float *s, float *d, size_t low, size_t n, float scale, float cap, float lse, float mean) {
  if (cap > 0)
    score_gradients(s, d, low, n, scale, true, cap, lse, mean);
  else
    score_gradients(s, d, low, n, scale, false, 0, lse, mean);
}

/// gradient[j] += chain of left[r][j] * right[r] over the rows of the block's queries that see key j, those at positions
/// j ..< j + window, for the keys from ..< to. The block's `count` queries start at position `first`.
static void key_gradient(
  const float *left, size_t left_row, size_t first, size_t count, size_t group, size_t window, const float *panels,
  size_t panel_stride, size_t width, float *gradient, size_t gradient_row, size_t from, size_t to) {
  size_t oldest = first_seen(first, window), shared = first_seen(first + count - 1, window), end = first + count;
  if (from < oldest) from = oldest;
  if (to > end) to = end;
  for (size_t j = from, keys; j < to; j += keys) {
    // Keys shared ..< first are seen by all queries.
    keys = j >= shared && j < first ? (first < to ? first : to) - j : 1;
    size_t start = j > first ? j - first : 0, stop = end - j > window ? j + window - first : count;
    product(&(holdfast_product){
      .a = left + start * group * left_row + j, .a_row = 1, .a_step = left_row,
      .panels = panels + start * group * COLUMNS, .panel_stride = panel_stride, .c = gradient + j * gradient_row,
      .c_row = gradient_row, .m = keys, .n = width, .k = (stop - start) * group, .accumulate = true,
      .one_chain = true});
  }
}

/// Where the packed keys and values of a segment are.
typedef struct {
  size_t padded;
  float *keys, *values;  ///< panels of rows, [panel][E][COLUMNS]
  float *key_columns;    ///< panels of columns, [panel][padded][COLUMNS]
} segment_panels;

static segment_panels panels_of(const holdfast_attention_backward *t) {
  size_t padded = round_up(t->count, COLUMNS), size = padded * t->width;
  return (segment_panels){padded, t->panels, t->panels + size, t->panels + 2 * size};
}

static size_t attention_backward_panels(size_t count, size_t width) {
  return round_up(count, COLUMNS) * (2 * width + round_up(width, COLUMNS));
}

static void attention_backward_pack(const holdfast_attention_backward *t, size_t from, size_t to) {
  segment_panels p = panels_of(t);
  size_t width = t->width, row = t->kv_row;
  for (size_t j = from; j < to; j++) {
    memset(t->key_gradient + j * row, 0, width * sizeof(float));
    memset(t->value_gradient + j * row, 0, width * sizeof(float));
  }
  for (size_t j = from; j < to; j += COLUMNS) {
    size_t columns = to - j < COLUMNS ? to - j : COLUMNS;
    pack_rows(t->keys + j * row, row, columns, width, p.keys + j * width);
    pack_rows(t->values + j * row, row, columns, width, p.values + j * width);
  }
  pack_column_panels(t->keys + from * row, row, to - from, width, from, p.padded, p.key_columns);
}

static void attention_backward_queries(const holdfast_attention_backward *t, const holdfast_attention_block *b) {
  segment_panels panels = panels_of(t);
  size_t width = t->width, wide = round_up(width, COLUMNS), group = t->group, rows = b->count * group;
  size_t seen = round_up(b->first + b->count, COLUMNS);
  size_t origin = first_seen(b->first, t->window) / COLUMNS * COLUMNS;
  float *queries = holdfast_scratch(rows * (2 * width + wide));
  if (!queries) return;
  float *gradients = queries + rows * width, *result = gradients + rows * width;
  for (size_t r = 0; r < rows; r++) {
    size_t at = (b->first + r / group) * t->query_row + r % group * width;
    memcpy(queries + r * width, t->queries + at, width * sizeof(float));
    memcpy(gradients + r * width, t->output_gradient + at, width * sizeof(float));
  }
  holdfast_product p = {
    .a = queries, .a_row = width, .a_step = 1, .panels = panels.keys + origin * width,
    .panel_stride = COLUMNS * width, .c = b->probabilities + origin, .c_row = b->row, .m = rows, .n = seen - origin,
    .k = width};
  product(&p);
  p.a = gradients;
  p.panels = panels.values + origin * width;
  p.c = b->slopes + origin;
  product(&p);
  for (size_t r = 0; r < rows; r++) {
    size_t i = b->first + r / group;
    score_gradient_row(
      b->probabilities + r * b->row, b->slopes + r * b->row, first_seen(i, t->window), i + 1, t->scale, t->cap,
      t->log_sum_exp[i * t->log_sum_exp_row + r % group],
      dot(gradients + r * width, t->output + i * t->query_row + r % group * width, width));
  }
  causal_product(
    b->slopes, b->row, rows, b->first, group, t->window, panels.key_columns, panels.padded * COLUMNS, width, result,
    wide);
  for (size_t r = 0; r < rows; r++)
    memcpy(
      t->query_gradient + (b->first + r / group) * t->query_row + r % group * width, result + r * wide,
      width * sizeof(float));
}

static void attention_backward_keys(
  const holdfast_attention_backward *t, const holdfast_attention_block *b, size_t from, size_t to) {
  size_t width = t->width, wide = round_up(width, COLUMNS), group = t->group, rows = b->count * group;
  float *queries = holdfast_scratch(2 * rows * wide), *gradients = queries ? queries + rows * wide : NULL;
  if (!queries) return;
  for (size_t i = 0; i < b->count; i++) {
    size_t at = (b->first + i) * t->query_row;
    pack_column_panels(t->queries + at, width, group, width, i * group, rows, queries);
    pack_column_panels(t->output_gradient + at, width, group, width, i * group, rows, gradients);
  }
  key_gradient(
    b->slopes, b->row, b->first, b->count, group, t->window, queries, rows * COLUMNS, width, t->key_gradient,
    t->kv_row, from, to);
  key_gradient(
    b->probabilities, b->row, b->first, b->count, group, t->window, gradients, rows * COLUMNS, width,
    t->value_gradient, t->kv_row, from, to);
}
