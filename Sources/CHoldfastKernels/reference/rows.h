// Operations on rows and elements.

static void rotate(float *x, const float *cosines, const float *sines, size_t half, float direction) {
  for (size_t i = 0; i < half; i++) {
    float a = x[i], b = x[i + half], s = sines[i] * direction;
    x[i] = fmaf(a, cosines[i], -(b * s));
    x[i + half] = fmaf(b, cosines[i], a * s);
  }
}

static void add(const float *x, size_t n, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = y[i] + x[i];
}

static float log_sum_exp(const float *x, size_t n) {
  float lane[LANES] = {0}, m = maximum(x, n);
  for (size_t start = 0; start < n; start += SUM_BLOCK) {
    float part[LANES] = {0};
    for (size_t i = start; i < start + block_count(n, start); i++)
      part[i % LANES] = part[i % LANES] + reference_exp(x[i] - m);
    for (size_t i = 0; i < LANES; i++) lane[i] = lane[i] + part[i];
  }
  return m + holdfast_log(tree(lane));
}

static float cross_entropy(float *x, size_t n, size_t target, float scale, bool gradient) {
  float at_target = x[target], m = maximum(x, n), lane[LANES] = {0};
  for (size_t start = 0; start < n; start += SUM_BLOCK) {
    float part[LANES] = {0};
    for (size_t i = start; i < start + block_count(n, start); i++) {
      float e = reference_exp(x[i] - m);
      part[i % LANES] = part[i % LANES] + e;
      if (gradient) x[i] = e;
    }
    for (size_t i = 0; i < LANES; i++) lane[i] = lane[i] + part[i];
  }
  float s = tree(lane);
  if (gradient) {
    float inverse = 1 / s, e = x[target];
    for (size_t i = 0; i < n; i++) x[i] = (x[i] * inverse) * scale;
    x[target] = (e * inverse - 1) * scale;
  }
  return (m + holdfast_log(s)) - at_target;
}

// KL(p || q) = sum p (log p - log q), with logits less their largest: near it, where p is, the differences are exact.
static float penalized_cross_entropy(
  float *x, float *base, size_t n, size_t target, float scale, float weight, float *divergence) {
  float at_target = x[target], m = maximum(x, n), base_m = maximum(base, n);
  float lane[LANES] = {0}, base_lane[LANES] = {0}, far_lane[LANES] = {0};
  for (size_t start = 0; start < n; start += SUM_BLOCK) {
    float part[LANES] = {0}, base_part[LANES] = {0}, far_part[LANES] = {0};
    for (size_t i = start; i < start + block_count(n, start); i++) {
      float a = x[i] - m, b = base[i] - base_m, e = reference_exp(a), f = reference_exp(b);
      part[i % LANES] = part[i % LANES] + e;
      base_part[i % LANES] = base_part[i % LANES] + f;
      far_part[i % LANES] = fmaf(f, b - a, far_part[i % LANES]);
      x[i] = e;
      base[i] = f;
    }
    for (size_t i = 0; i < LANES; i++) {
      lane[i] = lane[i] + part[i];
      base_lane[i] = base_lane[i] + base_part[i];
      far_lane[i] = far_lane[i] + far_part[i];
    }
  }
  float s = tree(lane), base_s = tree(base_lane), inverse = 1 / s, base_inverse = 1 / base_s;
  for (size_t i = 0; i < n; i++) {
    float q = x[i] * inverse, p = base[i] * base_inverse;
    q = fmaf(weight, q - p, q);
    x[i] = (i == target ? q - 1 : q) * scale;
  }
  float kl = tree(far_lane) * base_inverse + (holdfast_log(s) - holdfast_log(base_s));
  *divergence = kl < 0 ? 0 : kl;
  return (m + holdfast_log(s)) - at_target;
}

static void adamw(
  const holdfast_adamw *o, const float *gradient, size_t n, float *parameter, float *first, float *second) {
  for (size_t i = 0; i < n; i++) {
    float g = gradient[i] * o->gradient_scale;
    float m = fmaf(o->first_rest, g - first[i], first[i]);
    float v = fmaf(o->second_rest * g, g, second[i] * o->second);
    float root = sqrtf(v) / o->root_correction + o->epsilon;
    first[i] = m;
    second[i] = v;
    parameter[i] = fmaf(-o->step_size, m / root, parameter[i] * o->decay);
  }
}

// Two rounds of 32-bit mixing (multiply and xor-shift) of a place, keyed by the halves of a key.
static uint32_t drawn(uint32_t place, uint64_t key) {
  uint32_t h = place * 0x9e3779b9u + (uint32_t)key;
  h = (h ^ h >> 16) * 0x7feb352du;
  h = (h ^ h >> 15) * 0x846ca68bu;
  h = (h ^ h >> 16) ^ (uint32_t)(key >> 32);
  h = (h ^ h >> 16) * 0x85ebca6bu;
  h = (h ^ h >> 13) * 0xc2b2ae35u;
  return h ^ h >> 16;
}

static void adamw_bfloat16(
  const holdfast_adamw *o, const float *gradient, size_t n, size_t first_place, float *parameter, uint16_t *first,
  uint16_t *second) {
  for (size_t i = 0; i < n; i++) {
    float m = from_bits((uint32_t)first[i] << 16), v = from_bits((uint32_t)second[i] << 16);
    adamw(o, gradient + i, 1, parameter + i, &m, &v);
    uint32_t draw = drawn((uint32_t)(first_place + i), o->key), bits;
    memcpy(&bits, &m, sizeof bits);
    first[i] = (uint16_t)((bits + (draw & 0xffff)) >> 16);
    memcpy(&bits, &v, sizeof bits);
    second[i] = (uint16_t)((bits + (draw >> 16)) >> 16);
  }
}

static double sum_of_squares(const float *x, size_t n) {
  double lane[LANES] = {0};
  for (size_t i = 0; i < n; i++) lane[i % LANES] = fma((double)x[i], (double)x[i], lane[i % LANES]);
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lane[i] = lane[i] + lane[i + half];
  return lane[0];
}

static void exponential(const float *x, size_t n, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = reference_exp(x[i]);
}

static size_t first_non_finite(const float *x, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!(fabsf(x[i]) <= 3.40282347e+38f)) return i;
  return n;
}

static void sum_rows(const float *x, size_t rows, size_t row, size_t n, float *sum) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < n; i++) sum[i] = sum[i] + x[r * row + i];
}

static void scale(float *x, size_t n, float factor) {
  for (size_t i = 0; i < n; i++) x[i] = x[i] * factor;
}

static void softcap(float *x, size_t n, float cap) {
  for (size_t i = 0; i < n; i++) x[i] = cap * reference_tanh(x[i] / cap);
}

static void softcap_backward(float *dy, const float *y, size_t n, float cap) {
  for (size_t i = 0; i < n; i++) {
    float t = y[i] / cap;
    dy[i] = dy[i] * fmaf(-t, t, 1);
  }
}

static void dropout(const float *x, size_t n, uint64_t key, uint32_t threshold, float factor, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = drawn((uint32_t)i, key) < threshold ? 0 : x[i] * factor;
}
