// Causal attention for the heads that share one kv-head. Queries come in blocks; a block's rows are (query, head) pairs,
// query by query. Scores of a block are one product, its output another whose chains stop at each row's own limit.

INLINE size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

/// Rows r ..< r + rows of `left` (whose row r sees limit(r) = base + r / group + 1 keys) times panels [keys][COLUMNS].
/// All rows of a tile see what its first row sees; the few further keys are added row by row.
static void causal_product(
  const float *left, size_t left_row, size_t rows, size_t base, size_t group, const float *panels, size_t panel_stride,
  size_t width, float *c, size_t c_row) {
  for (size_t first = 0; first < rows; first += TILE_ROWS) {
    size_t count = rows - first < TILE_ROWS ? rows - first : TILE_ROWS;
    size_t common = base + first / group + 1;
    product(&(holdfast_product){
      .a = left + first * left_row, .a_row = left_row, .a_step = 1, .panels = panels, .panel_stride = panel_stride,
      .c = c + first * c_row, .c_row = c_row, .m = count, .n = width, .k = common, .one_chain = true});
    for (size_t r = first; r < first + count; r++) {
      size_t limit = base + r / group + 1;
      if (limit > common)
        product(&(holdfast_product){
          .a = left + r * left_row + common, .a_row = left_row, .a_step = 1, .panels = panels + common * COLUMNS,
          .panel_stride = panel_stride, .c = c + r * c_row, .c_row = c_row, .m = 1, .n = width, .k = limit - common,
          .accumulate = true, .one_chain = true});
    }
  }
}

/// n rows of `width` elements, `row` apart, into panels of columns [n][COLUMNS], starting at row `at` of `height`.
static void pack_column_panels(
  const float *x, size_t row, size_t n, size_t width, size_t at, size_t height, float *panels) {
  for (size_t e = 0; e < width; e += COLUMNS) {
    size_t columns = width - e < COLUMNS ? width - e : COLUMNS;
    pack_columns(x + e, row, columns, n, panels + e * height + at * COLUMNS);
  }
}

/// s[j] = exp(s[j] * scale - max), j < n; returns the maximum and the sum. The row is padded to whole lanes, and what
/// stands beyond n may change.
static void softmax_row(float *s, size_t n, float scale, float *most, float *sum) {
  lanes m = SPLAT(-INFINITY), total = SPLAT(0.0f);
  FOR_LANES(n, {
    lanes x = load(s + i) * scale;
    store(s + i, x);
    m = larger(keep(x, w, -INFINITY), m);
  });
  float top = largest_lane(m);
  FOR_LANES(n, {
    lanes e = exp_lanes(load(s + i) - top);
    store(s + i, e);
    total = total + only(e, w);
  });
  *most = top;
  *sum = tree(total);
}

static void attention(const holdfast_attention *t) {
  size_t before = 0;
  for (size_t i = 0; i < t->contexts; i++) before += t->context[i].rows;
  size_t base = before + t->first, keys = base + t->count, padded = round_up(keys, COLUMNS);
  size_t width = t->width, wide = round_up(width, COLUMNS), rows = t->count * t->group;
  float *queries = holdfast_scratch(rows * (width + padded + wide + 1) + padded * (width + wide));
  float *key_panels = queries + rows * width, *value_panels = key_panels + padded * width;
  float *scores = value_panels + padded * wide, *output = scores + rows * padded;
  float *inverse = output + rows * wide;

  for (size_t r = 0; r < rows; r++)
    memcpy(
      queries + r * width, t->queries + r / t->group * t->query_row + r % t->group * width, width * sizeof(float));

  const float *list[COLUMNS];
  size_t listed = 0, done = 0, values = 0;
  for (size_t range = 0; range <= t->contexts; range++) {
    bool own = range == t->contexts;
    const float *k = own ? t->keys : t->context[range].keys, *v = own ? t->values : t->context[range].values;
    size_t n = own ? t->first + t->count : t->context[range].rows;
    pack_column_panels(v, t->kv_row, n, width, values, padded, value_panels);
    values += n;
    for (size_t j = 0; j < n; j++) {
      list[listed++] = k + j * t->kv_row;
      if (listed == COLUMNS) {
        pack_listed_rows(list, listed, width, key_panels + done * width);
        done += COLUMNS;
        listed = 0;
      }
    }
  }
  if (listed > 0) pack_listed_rows(list, listed, width, key_panels + done * width);

  product(&(holdfast_product){
    .a = queries, .a_row = width, .a_step = 1, .panels = key_panels, .panel_stride = COLUMNS * width, .c = scores,
    .c_row = padded, .m = rows, .n = padded, .k = width});
  for (size_t r = 0; r < rows; r++) {
    float most, sum;
    softmax_row(scores + r * padded, base + r / t->group + 1, t->scale, &most, &sum);
    inverse[r] = 1 / sum;
    if (t->log_sum_exp)
      t->log_sum_exp[r / t->group * t->log_sum_exp_row + r % t->group] = most + holdfast_log(sum);
  }
  causal_product(
    scores, padded, rows, base, t->group, value_panels, padded * COLUMNS, width, output, wide);
  for (size_t r = 0; r < rows; r++) {
    float *o = t->output + r / t->group * t->output_row + r % t->group * width;
    const float *y = output + r * wide;
    for (size_t e = 0; e < width; e++) o[e] = y[e] * inverse[r];
  }
}

// MARK: Backward

/// One row's probabilities and score gradients: s = exp(s * scale - lse), d = (s (d - mean)) scale. Rows are padded as
/// above.
static void score_gradient_row(float *s, float *d, size_t n, float scale, float lse, float mean) {
  for (size_t i = 0; i < n; i += LANES) {
    lanes p = exp_lanes(load(s + i) * scale - lse);
    store(s + i, p);
    store(d + i, (p * (load(d + i) - mean)) * scale);
  }
}

/// gradient[j] += chain over the block's rows of left[r][j] * right[r], where key j is seen by the rows of queries
/// >= j; the block's queries start at key `first`.
static void key_gradient(
  const float *left, size_t left_row, size_t rows, size_t first, size_t group, const float *panels, size_t panel_stride,
  size_t width, float *gradient, size_t gradient_row) {
  holdfast_product p = {
    .a = left, .a_row = 1, .a_step = left_row, .panels = panels, .panel_stride = panel_stride, .c = gradient,
    .c_row = gradient_row, .m = first, .n = width, .k = rows, .accumulate = true,
    .one_chain = true};
  product(&p);
  p.m = 1;
  for (size_t j = 0; j < rows / group; j++) {
    size_t skipped = j * group;
    p.a = left + skipped * left_row + first + j;
    p.panels = panels + skipped * COLUMNS;
    p.c = gradient + (first + j) * gradient_row;
    p.k = rows - skipped;
    product(&p);
  }
}

static void attention_backward(const holdfast_attention_backward *t) {
  size_t n = t->count, width = t->width, wide = round_up(width, COLUMNS), padded = round_up(n, COLUMNS);
  size_t group = t->group, block = (n <= 512 ? 96 : 48) / group;
  if (block == 0) block = 1;
  size_t most = block * group;
  float *queries = holdfast_scratch(
    most * (2 * width + 2 * wide + 2 * padded + wide) + padded * (2 * width + wide));
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
    size_t seen = round_up(first + count, COLUMNS);
    for (size_t r = 0; r < rows; r++) {
      size_t at = (first + r / group) * t->query_row + r % group * width;
      memcpy(queries + r * width, t->queries + at, width * sizeof(float));
      memcpy(gradients + r * width, t->output_gradient + at, width * sizeof(float));
    }
    holdfast_product p = {
      .a = queries, .a_row = width, .a_step = 1, .panels = key_panels, .panel_stride = COLUMNS * width, .c = scores,
      .c_row = padded, .m = rows, .n = seen, .k = width};
    product(&p);
    p.a = gradients;
    p.panels = value_panels;
    p.c = slopes;
    product(&p);
    for (size_t r = 0; r < rows; r++) {
      size_t i = first + r / group;
      score_gradient_row(
        scores + r * padded, slopes + r * padded, i + 1, t->scale,
        t->log_sum_exp[i * t->log_sum_exp_row + r % group],
        dot(gradients + r * width, t->output + i * t->query_row + r % group * width, width));
    }
    causal_product(slopes, padded, rows, first, group, key_columns, padded * COLUMNS, width, result, wide);
    for (size_t r = 0; r < rows; r++)
      memcpy(
        t->query_gradient + (first + r / group) * t->query_row + r % group * width, result + r * wide,
        width * sizeof(float));
    pack_column_panels(queries, width, rows, width, 0, most, query_panels);
    pack_column_panels(gradients, width, rows, width, 0, most, gradient_panels);
    key_gradient(
      slopes, padded, rows, first, group, query_panels, most * COLUMNS, width, t->key_gradient, t->kv_row);
    key_gradient(
      scores, padded, rows, first, group, gradient_panels, most * COLUMNS, width, t->value_gradient, t->kv_row);
  }
}
