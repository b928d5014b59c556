// Activations and their slopes, alone and as gates.

static float sigmoid(float x) { return 1 / (1 + reference_exp(-x)); }

static float activation(holdfast_activation a, float x, float *slope) {
  switch (a) {
  case HOLDFAST_GELU: {
    float density, mass = reference_normal(x, &density), c = x > 14 ? 14 : x < -14 ? -14 : x;
    *slope = fmaf(c, density, mass);
    return x * mass;
  }
  case HOLDFAST_GELU_TANH: {
    // (1 + tanh(z / 2)) / 2 is the sigmoid of z. At 14 it is 0 or 1; the clamp keeps z, and its slope, finite.
    float c = x > 14 ? 14 : x < -14 ? -14 : x, z = c * fmaf(c * c, 0.071354816f, 1.5957691f);
    float e = reference_exp(-fabsf(z)), s = 1 / (1 + e), mass = z < 0 ? e * s : s;
    *slope = fmaf(c * ((e * s) * s), fmaf(c * c, 0.21406445f, 1.5957691f), mass);
    return x * mass;
  }
  default: {
    float s = sigmoid(x);
    *slope = s * fmaf(x, 1 - s, 1);
    return x * s;
  }
  }
}

static void activate(holdfast_activation a, const float *x, size_t n, float *h) {
  float slope;
  for (size_t i = 0; i < n; i++) h[i] = activation(a, x[i], &slope);
}

static void activate_backward(holdfast_activation a, const float *dh, const float *x, size_t n, float *dx) {
  float slope;
  for (size_t i = 0; i < n; i++) {
    (void)activation(a, x[i], &slope);
    dx[i] = dh[i] * slope;
  }
}

static void gated(holdfast_activation a, const float *gate, const float *up, size_t n, float *h) {
  float slope;
  for (size_t i = 0; i < n; i++) h[i] = activation(a, gate[i], &slope) * up[i];
}

static void gated_backward(
  holdfast_activation a, const float *dh, const float *gate, const float *up, size_t n, float *dgate, float *dup) {
  for (size_t i = 0; i < n; i++) {
    float d = dh[i], u = up[i], slope, value = activation(a, gate[i], &slope);
    dgate[i] = (d * u) * slope;
    dup[i] = d * value;
  }
}
