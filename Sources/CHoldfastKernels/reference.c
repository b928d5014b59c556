// The scalar reference: the contract of numbers written down as plainly as C allows. Every SIMD kernel is tested
// against it bit for bit.
#include <math.h>
#include <string.h>

#include "holdfast_kernels.h"

#pragma STDC FP_CONTRACT OFF

enum { LANES = 16, COLUMNS = 16 };

// MARK: Elementary pieces

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

// MARK: Products

static void pack_rows(const float *w, size_t row, size_t n, size_t k, float *panel) {
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < COLUMNS; j++) panel[i * COLUMNS + j] = j < n ? w[j * row + i] : 0;
}

static void pack_columns(const float *b, size_t row, size_t n, size_t k, float *panel) {
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < COLUMNS; j++) panel[i * COLUMNS + j] = j < n ? b[i * row + j] : 0;
}

static void product(const holdfast_product *p) {
  for (size_t m = 0; m < p->m; m++)
    for (size_t n = 0; n < p->n; n++) {
      float *c = p->c + m * p->c_row + n;
      const float *b = p->panels + n / COLUMNS * p->panel_stride + n % COLUMNS;
      const float *a = p->a + m * p->a_row;
      if (!p->accumulate) *c = 0;
      if (p->one_chain) {
        *c = chain(a, p->a_step, b, COLUMNS, p->k, *c);
        continue;
      }
      for (size_t k = 0; k < p->k; k += HOLDFAST_CHAIN) {
        size_t terms = p->k - k < HOLDFAST_CHAIN ? p->k - k : HOLDFAST_CHAIN;
        float sum = chain(a + k * p->a_step, p->a_step, b + k * COLUMNS, COLUMNS, terms, 0);
        *c = k == 0 && !p->accumulate ? sum : *c + sum;
      }
    }
}

// MARK: Attention

// Key (or value) row j of everything a query may see: the context ranges, then the segment's own rows.
static const float *seen(const holdfast_attention *t, size_t j, bool value) {
  for (size_t i = 0; i < t->contexts; i++) {
    if (j < t->context[i].rows)
      return (value ? t->context[i].values : t->context[i].keys) + j * t->kv_row;
    j -= t->context[i].rows;
  }
  return (value ? t->values : t->keys) + j * t->kv_row;
}

static void attention(const holdfast_attention *t) {
  size_t before = 0;
  for (size_t i = 0; i < t->contexts; i++) before += t->context[i].rows;
  float *p = holdfast_scratch(before + t->first + t->count);
  for (size_t i = 0; i < t->count; i++)
    for (size_t g = 0; g < t->group; g++) {
      const float *q = t->queries + i * t->query_row + g * t->width;
      float *o = t->output + i * t->output_row + g * t->width;
      size_t n = before + t->first + i + 1;
      for (size_t j = 0; j < n; j++) p[j] = chain(q, 1, seen(t, j, false), 1, t->width, 0) * t->scale;
      float m = maximum(p, n);
      for (size_t j = 0; j < n; j++) p[j] = reference_exp(p[j] - m);
      float s = sum(p, n), inverse = 1 / s;
      for (size_t e = 0; e < t->width; e++) {
        float y = 0;
        for (size_t j = 0; j < n; j++) y = fmaf(p[j], seen(t, j, true)[e], y);
        o[e] = y * inverse;
      }
      if (t->log_sum_exp) t->log_sum_exp[i * t->log_sum_exp_row + g] = m + holdfast_log(s);
    }
}

static void attention_backward(const holdfast_attention_backward *t) {
  size_t n = t->count, width = t->width;
  for (size_t j = 0; j < n; j++) {
    memset(t->key_gradient + j * t->kv_row, 0, width * sizeof(float));
    memset(t->value_gradient + j * t->kv_row, 0, width * sizeof(float));
  }
  float *p = holdfast_scratch(2 * n), *ds = p + n;
  for (size_t i = 0; i < n; i++)
    for (size_t g = 0; g < t->group; g++) {
      size_t at = i * t->query_row + g * width;
      const float *q = t->queries + at, *d = t->output_gradient + at;
      float *dq = t->query_gradient + at;
      float lse = t->log_sum_exp[i * t->log_sum_exp_row + g];
      float mean = dot(d, t->output + at, width);
      for (size_t j = 0; j <= i; j++) {
        float s = chain(q, 1, t->keys + j * t->kv_row, 1, width, 0);
        float dp = chain(d, 1, t->values + j * t->kv_row, 1, width, 0);
        p[j] = reference_exp(s * t->scale - lse);
        ds[j] = (p[j] * (dp - mean)) * t->scale;
      }
      for (size_t e = 0; e < width; e++) dq[e] = chain(ds, 1, t->keys + e, t->kv_row, i + 1, 0);
      for (size_t j = 0; j <= i; j++)
        for (size_t e = 0; e < width; e++) {
          float *dk = t->key_gradient + j * t->kv_row + e, *dv = t->value_gradient + j * t->kv_row + e;
          *dk = fmaf(ds[j], q[e], *dk);
          *dv = fmaf(p[j], d[e], *dv);
        }
    }
}

// MARK: Rows

static float rms_norm(const float *x, const float *weight, float epsilon, size_t n, float *y) {
  float inverse = 1 / sqrtf(dot(x, x, n) / (float)n + epsilon);
  for (size_t i = 0; i < n; i++) y[i] = (x[i] * inverse) * weight[i];
  return inverse;
}

static void rms_norm_backward(
  const float *dy, const float *x, const float *weight, float inverse, size_t n, float *dx, bool accumulate) {
  float lane[LANES] = {0};
  for (size_t i = 0; i < n; i++) lane[i % LANES] = fmaf(dy[i] * weight[i], x[i], lane[i % LANES]);
  float slope = -(((tree(lane) * inverse) * inverse) * inverse) / (float)n;
  for (size_t i = 0; i < n; i++) {
    float d = fmaf(x[i], slope, (dy[i] * weight[i]) * inverse);
    dx[i] = accumulate ? dx[i] + d : d;
  }
}

static void rms_norm_weight_backward(
  const float *dy, const float *x, const float *inverse_rms, size_t rows, size_t row, size_t n, float *dweight) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < n; i++)
      dweight[i] = fmaf(dy[r * row + i], x[r * row + i] * inverse_rms[r], dweight[i]);
}

static void rotate(float *x, const float *cosines, const float *sines, size_t half, float direction) {
  for (size_t i = 0; i < half; i++) {
    float a = x[i], b = x[i + half], s = sines[i] * direction;
    x[i] = fmaf(a, cosines[i], -(b * s));
    x[i + half] = fmaf(b, cosines[i], a * s);
  }
}

static void swiglu(const float *gate, const float *up, size_t n, float *h) {
  for (size_t i = 0; i < n; i++) {
    float sigmoid = 1 / (1 + reference_exp(-gate[i]));
    h[i] = (gate[i] * sigmoid) * up[i];
  }
}

static void swiglu_backward(
  const float *dh, const float *gate, const float *up, size_t n, float *dgate, float *dup) {
  for (size_t i = 0; i < n; i++) {
    float d = dh[i], g = gate[i], u = up[i];
    float sigmoid = 1 / (1 + reference_exp(-g));
    float slope = sigmoid * fmaf(g, 1 - sigmoid, 1);
    dgate[i] = (d * u) * slope;
    dup[i] = d * (g * sigmoid);
  }
}

static void add(const float *x, size_t n, float *y) {
  for (size_t i = 0; i < n; i++) y[i] = y[i] + x[i];
}

static float log_sum_exp(const float *x, size_t n) {
  float lane[LANES] = {0}, m = maximum(x, n);
  for (size_t i = 0; i < n; i++) lane[i % LANES] = lane[i % LANES] + reference_exp(x[i] - m);
  return m + holdfast_log(tree(lane));
}

static float cross_entropy(float *x, size_t n, size_t target, float scale, bool gradient) {
  float at_target = x[target], m = maximum(x, n), lane[LANES] = {0};
  for (size_t i = 0; i < n; i++) {
    float e = reference_exp(x[i] - m);
    lane[i % LANES] = lane[i % LANES] + e;
    if (gradient) x[i] = e;
  }
  float s = tree(lane);
  if (gradient) {
    float inverse = 1 / s, e = x[target];
    for (size_t i = 0; i < n; i++) x[i] = (x[i] * inverse) * scale;
    x[target] = (e * inverse - 1) * scale;
  }
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

const holdfast_kernels *holdfast_kernels_reference(void) {
  static const holdfast_kernels table = {
    .name = "scalar",
    .panel_columns = COLUMNS,
    .tile_rows = 1,
    .pack_rows = pack_rows,
    .pack_columns = pack_columns,
    .product = product,
    .attention = attention,
    .attention_backward = attention_backward,
    .rms_norm = rms_norm,
    .rms_norm_backward = rms_norm_backward,
    .rms_norm_weight_backward = rms_norm_weight_backward,
    .rotate = rotate,
    .swiglu = swiglu,
    .swiglu_backward = swiglu_backward,
    .add = add,
    .log_sum_exp = log_sum_exp,
    .cross_entropy = cross_entropy,
    .adamw = adamw,
    .sum_of_squares = sum_of_squares,
    .exp = exponential,
    .first_non_finite = first_non_finite,
  };
  return &table;
}
