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

/// gradient[j] += chain of left[r][j] * right[r] over the rows of the block's queries that see key j: those at positions
/// j ..< j + window. The block's `count` queries start at position `first`.
static void key_gradient(
  const float *left, size_t left_row, size_t first, size_t count, size_t group, size_t window, const float *panels,
  size_t panel_stride, size_t width, float *gradient, size_t gradient_row) {
  holdfast_product p = {
    .a_row = 1, .a_step = left_row, .panel_stride = panel_stride, .c_row = gradient_row, .n = width,
    .accumulate = true, .one_chain = true};
  // Keys shared ..< first are seen by all queries.
  size_t shared = first_seen(first + count - 1, window), end = first + count;
  if (shared > first) shared = first;
  for (size_t j = first_seen(first, window); j < end; j++) {
    bool all = j == shared && j < first;
    size_t from = j > first ? j - first : 0, to = end - j > window ? j + window - first : count;
    p.a = left + from * group * left_row + j;
    p.panels = panels + from * group * COLUMNS;
    p.c = gradient + j * gradient_row;
    p.m = all ? first - shared : 1;
    p.k = (to - from) * group;
    product(&p);
    if (all) j = first - 1;
  }
}

static void attention_backward(const holdfast_attention_backward *t) {
  size_t n = t->count, width = t->width, wide = round_up(width, COLUMNS), padded = round_up(n, COLUMNS);
  size_t group = t->group, block = (n <= 512 ? 96 : 48) / group;
  if (block == 0) block = 1;
  size_t most = block * group;
  float *queries = holdfast_scratch(
    most * (2 * width + 2 * wide + 2 * padded + wide) + padded * (2 * width + wide));
  if (!queries) return;
  float *gradients = queries + most * width, *query_panels = gradients + most * width;
  float *gradient_panels = query_panels + most * wide, *scores = gradient_panels + most * wide;
  float *slopes = scores + most * padded, *result = slopes + most * padded;
  float *key_panels = result + most * wide, *value_panels = key_panels + padded * width;
  float *key_columns = value_panels + padded * width;

  for (size_t j = 0; j < n; j++) {
    memset(t->key_gradient + j * t->kv_row, 0, width * sizeof(float));
    memset(t->value_gradient + j * t->kv_row, 0, width * sizeof(float));
  }
  for (size_t j = 0; j < n; j += COLUMNS) {
    size_t columns = n - j < COLUMNS ? n - j : COLUMNS;
    pack_rows(t->keys + j * t->kv_row, t->kv_row, columns, width, key_panels + j * width);
    pack_rows(t->values + j * t->kv_row, t->kv_row, columns, width, value_panels + j * width);
  }
  pack_column_panels(t->keys, t->kv_row, n, width, 0, padded, key_columns);

  for (size_t first = 0; first < n; first += block) {
    size_t count = n - first < block ? n - first : block, rows = count * group;
    size_t seen = round_up(first + count, COLUMNS), origin = first_seen(first, t->window) / COLUMNS * COLUMNS;
    for (size_t r = 0; r < rows; r++) {
      size_t at = (first + r / group) * t->query_row + r % group * width;
      memcpy(queries + r * width, t->queries + at, width * sizeof(float));
      memcpy(gradients + r * width, t->output_gradient + at, width * sizeof(float));
    }
    holdfast_product p = {
      .a = queries, .a_row = width, .a_step = 1, .panels = key_panels + origin * width,
      .panel_stride = COLUMNS * width, .c = scores + origin, .c_row = padded, .m = rows, .n = seen - origin,
      .k = width};
    product(&p);
    p.a = gradients;
    p.panels = value_panels + origin * width;
    p.c = slopes + origin;
    product(&p);
    for (size_t r = 0; r < rows; r++) {
      size_t i = first + r / group;
      score_gradient_row(
        scores + r * padded, slopes + r * padded, first_seen(i, t->window), i + 1, t->scale, t->cap,
        t->log_sum_exp[i * t->log_sum_exp_row + r % group],
        dot(gradients + r * width, t->output + i * t->query_row + r % group * width, width));
    }
    causal_product(
      slopes, padded, rows, first, group, t->window, key_columns, padded * COLUMNS, width, result, wide);
    for (size_t r = 0; r < rows; r++)
      memcpy(
        t->query_gradient + (first + r / group) * t->query_row + r % group * width, result + r * wide,
        width * sizeof(float));
    pack_column_panels(queries, width, rows, width, 0, most, query_panels);
    pack_column_panels(gradients, width, rows, width, 0, most, gradient_panels);
    key_gradient(
      slopes, padded, first, count, group, t->window, query_panels, most * COLUMNS, width, t->key_gradient,
      t->kv_row);
    key_gradient(
      scores, padded, first, count, group, t->window, gradient_panels, most * COLUMNS, width, t->value_gradient,
      t->kv_row);
  }
}
