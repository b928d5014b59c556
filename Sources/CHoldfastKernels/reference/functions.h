// Elementary functions, reductions and chains; simd/ has each on sixteen lanes.

// exp(x) = 2^n exp(r), n = round(x / ln 2), exp(r) by a minimax polynomial of degree 6 on |r| <= 0.3466 (own fit,
// 0.87 ulp). Below -87.33 the result, less than the least normal number, is 0; above 88.72283 it is infinite.
static float reference_exp(float x) {
  if (x != x) return x;
  if (x > 88.72283f) return INFINITY;
  if (x < -87.33f) return 0;
  float n = fmaf(x, 0x1.715476p+0f, 12582912.0f) - 12582912.0f;  // 1 / ln 2, 1.5 * 2^23
  float r = fmaf(n, -0.693359375f, x);
  r = fmaf(n, 2.12194440e-4f, r);
  float p = 0x1.6a243ap-10f;
  p = fmaf(p, r, 0x1.1239e0p-7f);
  p = fmaf(p, r, 0x1.5558f2p-5f);
  p = fmaf(p, r, 0x1.555492p-3f);
  p = fmaf(p, r, 0x1.fffffcp-2f);
  p = fmaf(p, r, 1);
  p = fmaf(p, r, 1);
  int32_t bits;
  memcpy(&bits, &p, sizeof bits);
  bits += (int32_t)n * (1 << 23);
  memcpy(&p, &bits, sizeof bits);
  return p;
}

static float tree(const float lane[LANES]) {
  float t[LANES];
  memcpy(t, lane, sizeof t);
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) t[i] = t[i] + t[i + half];
  return t[0];
}

static float sum(const float *x, size_t n) {
  float lane[LANES] = {0};
  for (size_t i = 0; i < n; i++) lane[i % LANES] = lane[i % LANES] + x[i];
  return tree(lane);
}

static float dot(const float *x, const float *y, size_t n) {
  float lane[LANES] = {0};
  for (size_t i = 0; i < n; i++) lane[i % LANES] = fmaf(x[i], y[i], lane[i % LANES]);
  return tree(lane);
}

static float chain(const float *x, size_t x_step, const float *y, size_t y_step, size_t n, float start) {
  for (size_t i = 0; i < n; i++) start = fmaf(x[i * x_step], y[i * y_step], start);
  return start;
}

static float maximum(const float *x, size_t n) {
  float m = -INFINITY;
  for (size_t i = 0; i < n; i++) m = x[i] > m ? x[i] : m;
  return m;
}

// tanh(x): below 0.625 x + x^3 P(x^2), P a minimax polynomial (own fit); above, 1 - 2 / (exp(2 |x|) + 1). 1.4 ulp.
static float reference_tanh(float x) {
  float a = fabsf(x), s = a * a;
  if (a < 0.625f) {
    float p = -0x1.75e0e8p-8f;
    p = fmaf(p, s, 0x1.52266ap-6f);
    p = fmaf(p, s, -0x1.b83c52p-5f);
    p = fmaf(p, s, 0x1.110726p-3f);
    p = fmaf(p, s, -0x1.555532p-2f);
    return copysignf(fmaf(a * s, p, a), x);
  }
  return copysignf(1 - 2 / (reference_exp(a + a) + 1), x);
}

// The standard normal distribution at x: its density, and below x its mass Phi(x) = (1 + erf(x / sqrt 2)) / 2.
// Within 1 of 0, Phi = 1/2 + x P(x^2). Beyond, the mass of the tail is exp(-x^2 / 2) t Q(1 - 6 t), t = 1 / (|x| + 3),
// where the rounding of x^2 is made good. P and Q are minimax polynomials (own fits). Phi: 1.4 ulp above 0, 2.6 ulp down
// to -1, 5.4 ulp (relative to the tail itself) below. From 14 on, the tail is 0.
static float reference_normal(float x, float *density) {
  float a = fabsf(x) > 14 ? 14 : fabsf(x), s = a * a;
  float e = reference_exp(s * -0.5f);
  e = fmaf(e, fmaf(a, a, -s) * -0.5f, e);
  *density = e * 0.39894228f;
  if (a < 1) {
    float p = -0x1.f4d2d6p-18f;
    p = fmaf(p, s, 0x1.d9c15ap-14f);
    p = fmaf(p, s, -0x1.36d8aep-10f);
    p = fmaf(p, s, 0x1.46cc3ep-7f);
    p = fmaf(p, s, -0x1.105826p-4f);
    p = fmaf(p, s, 0x1.988454p-2f);
    return fmaf(x, p, 0.5f);
  }
  float t = 1 / (a + 3), u = fmaf(t, -6, 1), q = -0x1.0aaa2cp-10f;
  q = fmaf(q, u, 0x1.daeceep-11f);
  q = fmaf(q, u, 0x1.c99088p-8f);
  q = fmaf(q, u, -0x1.5633c8p-7f);
  q = fmaf(q, u, -0x1.83320cp-5f);
  q = fmaf(q, u, 0x1.d712fap-3f);
  q = fmaf(q, u, -0x1.04c726p-1f);
  q = fmaf(q, u, 0x1.754a76p-1f);
  float tail = (q * t) * e;
  return x < 0 ? tail : 1 - tail;
}
