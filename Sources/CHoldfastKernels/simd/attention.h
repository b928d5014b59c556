// Causal attention for the heads that share one kv-head. Queries come in blocks; a block's rows are (query, head) pairs,
// query by query. Scores of a block are one product, its output another whose chains begin and stop at each row's own
// limits. Lanes and chains go by a key's position, so neither blocks nor windows show in the bits.

INLINE size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

/// The first key that the query at position i sees.
INLINE size_t first_seen(size_t i, size_t window) { return i >= window ? i - window + 1 : 0; }

/// The block's rows times panels [keys][COLUMNS]: row r is the query at position base + r / group and takes the keys it
/// sees. A tile's rows take together what all of them see, and each by itself what it sees before and after that.
static void causal_product(
  const float *left, size_t left_row, size_t rows, size_t base, size_t group, size_t window, const float *panels,
  size_t panel_stride, size_t width, float *c, size_t c_row) {
  for (size_t first = 0; first < rows; first += TILE_ROWS) {
    size_t count = rows - first < TILE_ROWS ? rows - first : TILE_ROWS;
    size_t start = first_seen(base + (first + count - 1) / group, window), end = base + first / group + 1;
    if (start > end) start = end;
    bool begun = first_seen(base + first / group, window) < start;
    holdfast_product p = {.a_step = 1, .c_row = c_row, .a_row = left_row, .panel_stride = panel_stride,
                          .n = width, .one_chain = true};
    for (size_t r = first; begun && r < first + count; r++) {
      size_t low = first_seen(base + r / group, window);
      p.a = left + r * left_row + low;
      p.panels = panels + low * COLUMNS;
      p.c = c + r * c_row;
      p.m = 1;
      p.k = low < start ? start - low : 0;
      product(&p);
    }
    p.a = left + first * left_row + start;
    p.panels = panels + start * COLUMNS;
    p.c = c + first * c_row;
    p.m = count;
    p.k = end - start;
    p.accumulate = begun;
    product(&p);
    for (size_t r = first; r < first + count; r++) {
      size_t limit = base + r / group + 1, low = first_seen(base + r / group, window);
      if (low < end) low = end;
      if (limit == low) continue;
      p.a = left + r * left_row + low;
      p.panels = panels + low * COLUMNS;
      p.c = c + r * c_row;
      p.m = 1;
      p.k = limit - low;
      p.accumulate = true;
      product(&p);
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

/// s[j] = exp(score - max) for low <= j < n, score = s[j] * scale, capped when cap > 0; returns the maximum and the sum.
/// The row is padded to whole lanes, and what stands elsewhere may change.
INLINE void softmax_scores(
  float *s, size_t low, size_t n, float scale, const bool capped, float cap, float *most, float *sum) {
  size_t skipped = low / LANES * LANES;
  s += skipped;
  n -= skipped;
  low -= skipped;
  lanes m = SPLAT(-INFINITY), total = SPLAT(0.0f);
  FOR_LANES(n, {
    lanes x = load(s + i) * scale;
    if (capped) x = cap * tanh_lanes(x / cap);
    if (i < low) x = choose(first_lanes(low), SPLAT(-INFINITY), x);
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

static void softmax_row(float *s, size_t low, size_t n, float scale, float cap, float *most, float *sum) {
  if (cap > 0)
    softmax_scores(s, low, n, scale, true, cap, most, sum);
  else
    softmax_scores(s, low, n, scale, false, 0, most, sum);
}

/// Packs the keys and values from position `origin` on, which is a multiple of LANES: `padded` of them.
static void pack_seen(
  const holdfast_attention *t, size_t origin, size_t padded, float *key_panels, float *value_panels) {
  const float *list[COLUMNS];
  size_t listed = 0, done = 0, values = 0, position = 0;
  for (size_t range = 0; range <= t->contexts; range++) {
    bool own = range == t->contexts;
    const float *k = own ? t->keys : t->context[range].keys, *v = own ? t->values : t->context[range].values;
    size_t n = own ? t->first + t->count : t->context[range].rows;
    size_t skipped = position >= origin ? 0 : origin - position < n ? origin - position : n;
    position += n;
    pack_column_panels(v + skipped * t->kv_row, t->kv_row, n - skipped, t->width, values, padded, value_panels);
    values += n - skipped;
    for (size_t j = skipped; j < n; j++) {
      list[listed++] = k + j * t->kv_row;
      if (listed == COLUMNS) {
        pack_listed_rows(list, listed, t->width, key_panels + done * t->width);
        done += COLUMNS;
        listed = 0;
      }
    }
  }
  if (listed > 0) pack_listed_rows(list, listed, t->width, key_panels + done * t->width);
}

static void attention(const holdfast_attention *t) {
  size_t before = t->first;
  for (size_t i = 0; i < t->contexts; i++) before += t->context[i].rows;
  // From here on, positions count from the origin: keys before it are out of the window of every row.
  size_t origin = first_seen(before, t->window) / LANES * LANES, base = before - origin;
  size_t padded = round_up(base + t->count, COLUMNS);
  size_t width = t->width, wide = round_up(width, COLUMNS), rows = t->count * t->group;
  float *queries = holdfast_scratch(rows * (width + padded + wide + 1) + padded * (width + wide));
  if (!queries) return;
  float *key_panels = queries + rows * width, *value_panels = key_panels + padded * width;
  float *scores = value_panels + padded * wide, *output = scores + rows * padded;
  float *inverse = output + rows * wide;

  for (size_t r = 0; r < rows; r++)
    memcpy(
      queries + r * width, t->queries + r / t->group * t->query_row + r % t->group * width, width * sizeof(float));
  pack_seen(t, origin, padded, key_panels, value_panels);

  product(&(holdfast_product){
    .a = queries, .a_row = width, .a_step = 1, .panels = key_panels, .panel_stride = COLUMNS * width, .c = scores,
    .c_row = padded, .m = rows, .n = padded, .k = width});
  for (size_t r = 0; r < rows; r++) {
    size_t position = base + r / t->group;
    float most, sum;
    softmax_row(
      scores + r * padded, first_seen(position, t->window), position + 1, t->scale, t->cap, &most, &sum);
    inverse[r] = 1 / sum;
    if (t->log_sum_exp)
      t->log_sum_exp[r / t->group * t->log_sum_exp_row + r % t->group] = most + holdfast_log(sum);
  }
  causal_product(
    scores, padded, rows, base, t->group, t->window, value_panels, padded * COLUMNS, width, output, wide);
  for (size_t r = 0; r < rows; r++) {
    float *o = t->output + r / t->group * t->output_row + r % t->group * width;
    const float *y = output + r * wide;
    for (size_t e = 0; e < width; e++) o[e] = y[e] * inverse[r];
  }
}
