// Operations on rows and elements; each is its namesake of reference/rows.h on sixteen lanes.

static void rotate(float *x, const float *cosines, const float *sines, size_t half, float direction) {
  FOR_LANES(half, {
    lanes a = get(x + i, w), b = get(x + half + i, w);
    lanes c = get(cosines + i, w), s = get(sines + i, w) * direction;
    put(x + i, fma_lanes(a, c, -(b * s)), w);
    put(x + half + i, fma_lanes(b, c, a * s), w);
  });
}

static void add(const float *x, size_t n, float *y) {
  FOR_LANES(n, put(y + i, get(y + i, w) + get(x + i, w), w););
}

static float log_sum_exp(const float *x, size_t n) {
  float m = maximum(x, n);
  lanes sum = SPLAT(0.0f);
  for (size_t start = 0; start < n; start += SUM_BLOCK) {
    const float *part = x + start;
    lanes s = SPLAT(0.0f);
    FOR_LANES(block_count(n, start), s = s + only(exp_lanes(get(part + i, w) - m), w););
    sum = sum + s;
  }
  return m + holdfast_log(tree(sum));
}

static float cross_entropy(float *x, size_t n, size_t target, float scale, bool gradient) {
  if (!gradient) return log_sum_exp(x, n) - x[target];
  float at_target = x[target], m = maximum(x, n);
  lanes sum = SPLAT(0.0f);
  for (size_t start = 0; start < n; start += SUM_BLOCK) {
    float *part = x + start;
    lanes s = SPLAT(0.0f);
    FOR_LANES(block_count(n, start), {
      lanes e = exp_lanes(get(part + i, w) - m);
      put(part + i, e, w);
      s = s + only(e, w);
    });
    sum = sum + s;
  }
  float s = tree(sum), inverse = 1 / s, e = x[target];
  FOR_LANES(n, put(x + i, (get(x + i, w) * inverse) * scale, w););
  x[target] = (e * inverse - 1) * scale;
  return (m + holdfast_log(s)) - at_target;
}

static float penalized_cross_entropy(
  float *x, float *base, size_t n, size_t target, float scale, float weight, float *divergence) {
  float at_target = x[target], m = maximum(x, n), base_m = maximum(base, n);
  lanes sum = SPLAT(0.0f), base_sum = SPLAT(0.0f), far_sum = SPLAT(0.0f);
  for (size_t start = 0; start < n; start += SUM_BLOCK) {
    float *part = x + start, *base_part = base + start;
    lanes s = SPLAT(0.0f), base_s = SPLAT(0.0f), far = SPLAT(0.0f);
    FOR_LANES(block_count(n, start), {
      lanes a = get(part + i, w) - m, b = get(base_part + i, w) - base_m;
      lanes e = exp_lanes(a), f = exp_lanes(b);
      put(part + i, e, w);
      put(base_part + i, f, w);
      s = s + only(e, w);
      base_s = base_s + only(f, w);
      far = fma_lanes(only(f, w), b - a, far);
    });
    sum = sum + s;
    base_sum = base_sum + base_s;
    far_sum = far_sum + far;
  }
  float s = tree(sum), base_s = tree(base_sum), inverse = 1 / s, base_inverse = 1 / base_s;
  float e = x[target] * inverse, f = base[target] * base_inverse;
  FOR_LANES(n, {
    lanes q = get(x + i, w) * inverse, p = get(base + i, w) * base_inverse;
    put(x + i, fma_lanes(SPLAT(weight), q - p, q) * scale, w);
  });
  x[target] = (fmaf(weight, e - f, e) - 1) * scale;
  float kl = tree(far_sum) * base_inverse + (holdfast_log(s) - holdfast_log(base_s));
  *divergence = kl < 0 ? 0 : kl;
  return (m + holdfast_log(s)) - at_target;
}

/// One step for some lanes; returns the new parameters.
INLINE lanes adamw_step(const holdfast_adamw *o, lanes gradient, lanes parameter, lanes *first, lanes *second) {
  lanes g = gradient * o->gradient_scale;
  *first = fma_lanes(SPLAT(o->first_rest), g - *first, *first);
  *second = fma_lanes(o->second_rest * g, g, *second * o->second);
  lanes root = __builtin_elementwise_sqrt(*second) / o->root_correction + o->epsilon;
  return fma_lanes(SPLAT(-o->step_size), *first / root, parameter * o->decay);
}

static void adamw(
  const holdfast_adamw *o, const float *gradient, size_t n, float *parameter, float *first, float *second) {
  FOR_LANES(n, {
    lanes m = get(first + i, w);
    lanes v = get(second + i, w);
    lanes x = adamw_step(o, get(gradient + i, w), get(parameter + i, w), &m, &v);
    put(first + i, m, w);
    put(second + i, v, w);
    put(parameter + i, x, w);
  });
}

/// Two rounds of 32-bit mixing of sixteen places from one on, as the reference does it.
INLINE words drawn(uint32_t place, uint64_t key) {
  const words index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  words h = (index + place) * 0x9e3779b9u + (uint32_t)key;
  h = (h ^ h >> 16) * 0x7feb352du;
  h = (h ^ h >> 15) * 0x846ca68bu;
  h = (h ^ h >> 16) ^ (uint32_t)(key >> 32);
  h = (h ^ h >> 16) * 0x85ebca6bu;
  h = (h ^ h >> 13) * 0xc2b2ae35u;
  return h ^ h >> 16;
}

INLINE lanes get_brains(const uint16_t *p, size_t n) {
  halves16 q = {0};
  memcpy(&q, p, n * sizeof(uint16_t));
  return (lanes)(__builtin_convertvector(q, words) << 16);
}

INLINE void put_brains(uint16_t *p, lanes x, words draw, size_t n) {
  halves16 q = __builtin_convertvector(((words)x + draw) >> 16, halves16);
  memcpy(p, &q, n * sizeof(uint16_t));
}

static void adamw_bfloat16(
  const holdfast_adamw *o, const float *gradient, size_t n, size_t first_place, float *parameter, uint16_t *first,
  uint16_t *second) {
  FOR_LANES(n, {
    lanes m = get_brains(first + i, w);
    lanes v = get_brains(second + i, w);
    lanes x = adamw_step(o, get(gradient + i, w), get(parameter + i, w), &m, &v);
    words draw = drawn((uint32_t)(first_place + i), o->key);
    put_brains(first + i, m, draw & 0xffff, w);
    put_brains(second + i, v, draw >> 16, w);
    put(parameter + i, x, w);
  });
}

static double sum_of_squares(const float *x, size_t n) {
  wide_lanes low = {0};
  wide_lanes high = {0};
  FOR_LANES(n, {
    lanes a = get(x + i, w);
    wide_lanes l = __builtin_convertvector(__builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7), wide_lanes);
    wide_lanes h = __builtin_convertvector(__builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15), wide_lanes);
    low = __builtin_elementwise_fma(l, l, low);
    high = __builtin_elementwise_fma(h, h, high);
  });
  low = low + high;
  double t[LANES / 2];
  memcpy(t, &low, sizeof t);
  for (int half = LANES / 4; half > 0; half /= 2)
    for (int i = 0; i < half; i++) t[i] = t[i] + t[i + half];
  return t[0];
}

static void exponential(const float *x, size_t n, float *y) {
  FOR_LANES(n, put(y + i, exp_lanes(get(x + i, w)), w););
}

static size_t first_non_finite(const float *x, size_t n) {
  size_t i = 0;
  // x * 0 is 0 for finite numbers and NaN for the others.
  for (; i + 16 * LANES <= n; i += 16 * LANES) {
    lanes sum = SPLAT(0.0f);
    UNROLL for (size_t j = 0; j < 16; j++) sum = sum + load(x + i + j * LANES) * 0.0f;
    float total = tree(sum);
    if (total != total) break;
  }
  for (; i < n; i++)
    if (!(fabsf(x[i]) <= 3.40282347e+38f)) return i;
  return n;
}

static void sum_rows(const float *x, size_t rows, size_t row, size_t n, float *sum) {
  FOR_LANES(n, {
    lanes s = get(sum + i, w);
    for (size_t r = 0; r < rows; r++) s = s + get(x + r * row + i, w);
    put(sum + i, s, w);
  });
}

static void scale(float *x, size_t n, float factor) {
  FOR_LANES(n, put(x + i, get(x + i, w) * factor, w););
}

static void softcap(float *x, size_t n, float cap) {
  FOR_LANES(n, put(x + i, cap * tanh_lanes(get(x + i, w) / cap), w););
}

static void softcap_backward(float *dy, const float *y, size_t n, float cap) {
  FOR_LANES(n, {
    lanes t = get(y + i, w) / cap;
    put(dy + i, get(dy + i, w) * fma_lanes(-t, t, SPLAT(1.0f)), w);
  });
}

static void dropout(const float *x, size_t n, uint64_t key, uint32_t threshold, float factor, float *y) {
  FOR_LANES(n, {
    marks dropped = (marks)(drawn((uint32_t)i, key) < threshold);
    put(y + i, choose(dropped, SPLAT(0.0f), get(x + i, w) * factor), w);
  });
}
