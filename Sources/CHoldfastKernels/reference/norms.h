// RMS norm and layer norm of one row, and their gradients.

static float rms_norm(const float *x, const float *weight, float offset, float epsilon, size_t n, float *y) {
  float inverse = 1 / sqrtf(dot(x, x, n) / (float)n + epsilon);
  for (size_t i = 0; i < n; i++) y[i] = (x[i] * inverse) * (weight[i] + offset);
  return inverse;
}

static void rms_norm_backward(
  const float *dy, const float *x, const float *weight, float offset, float inverse, size_t n, float *dx,
  bool accumulate) {
  float lane[LANES] = {0};
  for (size_t i = 0; i < n; i++)
    lane[i % LANES] = fmaf(dy[i] * (weight[i] + offset), x[i], lane[i % LANES]);
  float slope = -(((tree(lane) * inverse) * inverse) * inverse) / (float)n;
  for (size_t i = 0; i < n; i++) {
    float d = fmaf(x[i], slope, (dy[i] * (weight[i] + offset)) * inverse);
    dx[i] = accumulate ? dx[i] + d : d;
  }
}

static void rms_norm_weight_backward(
  const float *dy, const float *x, const float *inverse_rms, size_t rows, size_t row, size_t n, float *dweight) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < n; i++)
      dweight[i] = fmaf(dy[r * row + i], x[r * row + i] * inverse_rms[r], dweight[i]);
}

static float layer_norm(
  const float *x, const float *weight, const float *bias, float epsilon, size_t n, float *y, float *mean) {
  float m = sum(x, n) / (float)n, lane[LANES] = {0};
  for (size_t i = 0; i < n; i++) lane[i % LANES] = fmaf(x[i] - m, x[i] - m, lane[i % LANES]);
  float inverse = 1 / sqrtf(tree(lane) / (float)n + epsilon);
  for (size_t i = 0; i < n; i++) {
    float normal = (x[i] - m) * inverse;
    y[i] = bias ? fmaf(normal, weight[i], bias[i]) : normal * weight[i];
  }
  *mean = m;
  return inverse;
}

static void layer_norm_backward(
  const float *dy, const float *x, const float *weight, float mean, float inverse, size_t n, float *dx,
  bool accumulate) {
  float plain[LANES] = {0}, along[LANES] = {0};
  for (size_t i = 0; i < n; i++) {
    float g = dy[i] * weight[i];
    plain[i % LANES] = plain[i % LANES] + g;
    along[i % LANES] = fmaf(g, (x[i] - mean) * inverse, along[i % LANES]);
  }
  float shift = tree(plain) / (float)n, slope = -(tree(along) / (float)n);
  for (size_t i = 0; i < n; i++) {
    float d = fmaf((x[i] - mean) * inverse, slope, dy[i] * weight[i] - shift) * inverse;
    dx[i] = accumulate ? dx[i] + d : d;
  }
}

static void layer_norm_weight_backward(
  const float *dy, const float *x, const float *mean, const float *inverse, size_t rows, size_t row, size_t n,
  float *dweight) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < n; i++)
      dweight[i] = fmaf(dy[r * row + i], (x[r * row + i] - mean[r]) * inverse[r], dweight[i]);
}
