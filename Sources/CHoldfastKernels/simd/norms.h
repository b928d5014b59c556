// RMS norm and layer norm; each function is its namesake of reference/norms.h on sixteen lanes.

static float rms_norm(const float *x, const float *weight, float offset, float epsilon, size_t n, float *y) {
  float inverse = 1 / sqrtf(dot(x, x, n) / (float)n + epsilon);
  FOR_LANES(n, put(y + i, (get(x + i, w) * inverse) * (get(weight + i, w) + offset), w););
  return inverse;
}

static void rms_norm_backward(
  const float *dy, const float *x, const float *weight, float offset, float inverse, size_t n, float *dx,
  bool accumulate) {
  lanes sum = SPLAT(0.0f);
  FOR_LANES(n, sum = fma_lanes(get(dy + i, w) * (get(weight + i, w) + offset), get(x + i, w), sum););
  float slope = -(((tree(sum) * inverse) * inverse) * inverse) / (float)n;
  FOR_LANES(n, {
    lanes g = get(dy + i, w) * (get(weight + i, w) + offset);
    lanes d = fma_lanes(get(x + i, w), SPLAT(slope), g * inverse);
    put(dx + i, accumulate ? get(dx + i, w) + d : d, w);
  });
}

static void rms_norm_weight_backward(
  const float *dy, const float *x, const float *inverse_rms, size_t rows, size_t row, size_t n, float *dweight) {
  FOR_LANES(n, {
    lanes sum = get(dweight + i, w);
    for (size_t r = 0; r < rows; r++)
      sum = fma_lanes(get(dy + r * row + i, w), get(x + r * row + i, w) * inverse_rms[r], sum);
    put(dweight + i, sum, w);
  });
}

static float layer_norm(
  const float *x, const float *weight, const float *bias, float epsilon, size_t n, float *y, float *mean) {
  lanes sum = SPLAT(0.0f), squares = SPLAT(0.0f);
  FOR_LANES(n, sum = sum + get(x + i, w););
  float m = tree(sum) / (float)n;
  FOR_LANES(n, {
    lanes d = only(get(x + i, w) - m, w);
    squares = fma_lanes(d, d, squares);
  });
  float inverse = 1 / sqrtf(tree(squares) / (float)n + epsilon);
  if (bias)
    FOR_LANES(n, {
      lanes normal = (get(x + i, w) - m) * inverse;
      put(y + i, fma_lanes(normal, get(weight + i, w), get(bias + i, w)), w);
    });
  else
    FOR_LANES(n, put(y + i, ((get(x + i, w) - m) * inverse) * get(weight + i, w), w););
  *mean = m;
  return inverse;
}

static void layer_norm_backward(
  const float *dy, const float *x, const float *weight, float mean, float inverse, size_t n, float *dx,
  bool accumulate) {
  lanes plain = SPLAT(0.0f), along = SPLAT(0.0f);
  FOR_LANES(n, {
    lanes g = get(dy + i, w) * get(weight + i, w);
    plain = plain + g;
    along = fma_lanes(g, (get(x + i, w) - mean) * inverse, along);
  });
  float shift = tree(plain) / (float)n, slope = -(tree(along) / (float)n);
  FOR_LANES(n, {
    lanes d = fma_lanes(
      (get(x + i, w) - mean) * inverse, SPLAT(slope), get(dy + i, w) * get(weight + i, w) - shift);
    put(dx + i, accumulate ? get(dx + i, w) + d * inverse : d * inverse, w);
  });
}

static void layer_norm_weight_backward(
  const float *dy, const float *x, const float *mean, const float *inverse, size_t rows, size_t row, size_t n,
  float *dweight) {
  FOR_LANES(n, {
    lanes sum = get(dweight + i, w);
    for (size_t r = 0; r < rows; r++)
      sum = fma_lanes(get(dy + r * row + i, w), (get(x + r * row + i, w) - mean[r]) * inverse[r], sum);
    put(dweight + i, sum, w);
  });
}
