// Activations and their slopes, alone and as gates; as in reference/activations.h, on sixteen lanes.

INLINE lanes activation(const holdfast_activation a, lanes x, lanes *slope) {
  if (a == HOLDFAST_GELU) {
    lanes density, mass = normal_lanes(x, &density);
    *slope = fma_lanes(clamp(x, 14.0f), density, mass);
    return x * mass;
  }
  if (a == HOLDFAST_GELU_TANH) {
    lanes c = clamp(x, 14.0f), z = c * fma_lanes(c * c, SPLAT(0.071354816f), SPLAT(1.5957691f));
    lanes e = exp_lanes(-magnitude(z)), s = 1.0f / (1.0f + e), mass = choose(z < 0.0f, e * s, s);
    *slope = fma_lanes(
      c * ((e * s) * s), fma_lanes(c * c, SPLAT(0.21406445f), SPLAT(1.5957691f)), mass);
    return x * mass;
  }
  lanes s = 1.0f / (1.0f + exp_lanes(-x));
  *slope = s * fma_lanes(x, 1.0f - s, SPLAT(1.0f));
  return x * s;
}

/// The statements once for each activation, with `a` a constant.
#define FOR_ACTIVATION(chosen, ...)                \
  switch (chosen) {                                \
  case HOLDFAST_SILU: {                            \
    const holdfast_activation a = HOLDFAST_SILU;   \
    __VA_ARGS__                                    \
  } break;                                         \
  case HOLDFAST_GELU: {                            \
    const holdfast_activation a = HOLDFAST_GELU;   \
    __VA_ARGS__                                    \
  } break;                                         \
  case HOLDFAST_GELU_TANH: {                       \
    const holdfast_activation a = HOLDFAST_GELU_TANH; \
    __VA_ARGS__                                    \
  } break;                                         \
  }

static void activate(holdfast_activation chosen, const float *x, size_t n, float *h) {
  lanes slope;
  FOR_ACTIVATION(chosen, FOR_LANES(n, put(h + i, activation(a, get(x + i, w), &slope), w);););
}

static void activate_backward(holdfast_activation chosen, const float *dh, const float *x, size_t n, float *dx) {
  lanes slope;
  FOR_ACTIVATION(chosen, FOR_LANES(n, {
    (void)activation(a, get(x + i, w), &slope);
    put(dx + i, get(dh + i, w) * slope, w);
  }););
}

static void gated(holdfast_activation chosen, const float *gate, const float *up, size_t n, float *h) {
  lanes slope;
  FOR_ACTIVATION(
    chosen, FOR_LANES(n, put(h + i, activation(a, get(gate + i, w), &slope) * get(up + i, w), w);););
}

static void gated_backward(
  holdfast_activation chosen, const float *dh, const float *gate, const float *up, size_t n, float *dgate,
  float *dup) {
  FOR_ACTIVATION(chosen, FOR_LANES(n, {
    lanes d = get(dh + i, w), u = get(up + i, w), slope, value = activation(a, get(gate + i, w), &slope);
    put(dgate + i, (d * u) * slope, w);
    put(dup + i, d * value, w);
  }););
}
