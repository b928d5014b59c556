// Attention, query by query.

// Key (or value) row j of everything a query may see: the context ranges, then the segment's own rows.
static const float *seen(const holdfast_attention *t, size_t j, bool value) {
  for (size_t i = 0; i < t->contexts; i++) {
    if (j < t->context[i].rows)
      return (value ? t->context[i].values : t->context[i].keys) + j * t->kv_row;
    j -= t->context[i].rows;
  }
  return (value ? t->values : t->keys) + j * t->kv_row;
}

// The first key that the query at position i sees.
static size_t first_seen(size_t i, size_t window) { return i >= window ? i - window + 1 : 0; }

static void attention(const holdfast_attention *t) {
  size_t before = 0;
  for (size_t i = 0; i < t->contexts; i++) before += t->context[i].rows;
  float *p = holdfast_scratch(before + t->first + t->count);
  if (!p) return;
  for (size_t i = 0; i < t->count; i++)
    for (size_t g = 0; g < t->group; g++) {
      const float *q = t->queries + i * t->query_row + g * t->width;
      float *o = t->output + i * t->output_row + g * t->width;
      size_t position = before + t->first + i, n = position + 1, low = first_seen(position, t->window);
      for (size_t j = low; j < n; j++) {
        p[j] = chain(q, 1, seen(t, j, false), 1, t->width, 0) * t->scale;
        if (t->cap > 0) p[j] = t->cap * reference_tanh(p[j] / t->cap);
      }
      float m = maximum(p + low, n - low), lane[LANES] = {0};
      for (size_t j = low; j < n; j++) {
        p[j] = reference_exp(p[j] - m);
        lane[j % LANES] = lane[j % LANES] + p[j];
      }
      float s = tree(lane), inverse = 1 / s;
      for (size_t e = 0; e < t->width; e++) {
        float y = 0;
        for (size_t j = low; j < n; j++) y = fmaf(p[j], seen(t, j, true)[e], y);
        o[e] = y * inverse;
      }
      if (t->log_sum_exp) t->log_sum_exp[i * t->log_sum_exp_row + g] = m + holdfast_log(s);
    }
}

static size_t attention_backward_panels(size_t count, size_t width) {
  (void)count, (void)width;
  return 0;
}

static void attention_backward_pack(const holdfast_attention_backward *t, size_t from, size_t to) {
  for (size_t j = from; j < to; j++) {
    memset(t->key_gradient + j * t->kv_row, 0, t->width * sizeof(float));
    memset(t->value_gradient + j * t->kv_row, 0, t->width * sizeof(float));
  }
}

static void attention_backward_queries(const holdfast_attention_backward *t, const holdfast_attention_block *b) {
  size_t width = t->width;
  for (size_t i = b->first; i < b->first + b->count; i++)
    for (size_t g = 0; g < t->group; g++) {
      size_t at = i * t->query_row + g * width, low = first_seen(i, t->window);
      size_t row = ((i - b->first) * t->group + g) * b->row;
      float *p = b->probabilities + row, *ds = b->slopes + row, *dq = t->query_gradient + at;
      const float *q = t->queries + at, *d = t->output_gradient + at;
      float lse = t->log_sum_exp[i * t->log_sum_exp_row + g];
      float mean = dot(d, t->output + at, width);
      for (size_t j = low; j <= i; j++) {
        float s = chain(q, 1, t->keys + j * t->kv_row, 1, width, 0) * t->scale;
        float dp = chain(d, 1, t->values + j * t->kv_row, 1, width, 0);
        if (t->cap > 0) {
          float bend = reference_tanh(s / t->cap);
          p[j] = reference_exp(t->cap * bend - lse);
          ds[j] = ((p[j] * (dp - mean)) * fmaf(-bend, bend, 1)) * t->scale;
        } else {
          p[j] = reference_exp(s - lse);
          ds[j] = (p[j] * (dp - mean)) * t->scale;
        }
      }
      for (size_t e = 0; e < width; e++)
        dq[e] = chain(ds + low, 1, t->keys + low * t->kv_row + e, t->kv_row, i + 1 - low, 0);
    }
}

static void attention_backward_keys(
  const holdfast_attention_backward *t, const holdfast_attention_block *b, size_t from, size_t to) {
  for (size_t i = b->first; i < b->first + b->count; i++)
    for (size_t g = 0; g < t->group; g++) {
      size_t at = i * t->query_row + g * t->width, low = first_seen(i, t->window);
      size_t row = ((i - b->first) * t->group + g) * b->row;
      for (size_t j = low > from ? low : from; j <= i && j < to; j++)
        for (size_t e = 0; e < t->width; e++) {
          float *dk = t->key_gradient + j * t->kv_row + e, *dv = t->value_gradient + j * t->kv_row + e;
          *dk = fmaf(b->slopes[row + j], t->queries[at + e], *dk);
          *dv = fmaf(b->probabilities[row + j], t->output_gradient[at + e], *dv);
        }
    }
}
