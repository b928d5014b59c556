// Elementary functions on sixteen lanes; constants and errors are explained in reference/functions.h.

INLINE lanes exp_lanes(lanes x) {
  const lanes magic = SPLAT(12582912.0f);
  lanes shifted = fma_lanes(x, SPLAT(0x1.715476p+0f), magic), n = shifted - magic;
  lanes r = fma_lanes(n, SPLAT(-0.693359375f), x);
  r = fma_lanes(n, SPLAT(2.12194440e-4f), r);
  lanes p = SPLAT(0x1.6a243ap-10f);
  p = fma_lanes(p, r, SPLAT(0x1.1239e0p-7f));
  p = fma_lanes(p, r, SPLAT(0x1.5558f2p-5f));
  p = fma_lanes(p, r, SPLAT(0x1.555492p-3f));
  p = fma_lanes(p, r, SPLAT(0x1.fffffcp-2f));
  p = fma_lanes(p, r, SPLAT(1.0f));
  p = fma_lanes(p, r, SPLAT(1.0f));
  // The low bits of `shifted` are n: shifted up, they are n in the exponent's place.
  p = (lanes)((marks)p + ((marks)shifted << 23));
  p = choose(x > 88.72283f, SPLAT(INFINITY), p);
  p = choose(x < -87.33f, SPLAT(0.0f), p);
  return choose(x == x, p, x);
}

INLINE lanes magnitude(lanes x) { return __builtin_elementwise_abs(x); }

/// x at least -most and at most `most`; NaN stays.
INLINE lanes clamp(lanes x, float most) {
  x = choose(x > most, SPLAT(most), x);
  return choose(x < -most, SPLAT(-most), x);
}

INLINE lanes tanh_lanes(lanes x) {
  lanes a = magnitude(x), s = a * a;
  lanes p = SPLAT(-0x1.75e0e8p-8f);
  p = fma_lanes(p, s, SPLAT(0x1.52266ap-6f));
  p = fma_lanes(p, s, SPLAT(-0x1.b83c52p-5f));
  p = fma_lanes(p, s, SPLAT(0x1.110726p-3f));
  p = fma_lanes(p, s, SPLAT(-0x1.555532p-2f));
  lanes large = 1.0f - 2.0f / (exp_lanes(a + a) + 1.0f);
  lanes y = choose(a < 0.625f, fma_lanes(a * s, p, a), large);
  const marks sign = (marks)SPLAT(-0.0f);
  return (lanes)(((marks)y & ~sign) | ((marks)x & sign));
}

INLINE lanes normal_lanes(lanes x, lanes *density) {
  lanes a = clamp(magnitude(x), 14.0f), s = a * a;
  lanes e = exp_lanes(s * -0.5f);
  e = fma_lanes(e, fma_lanes(a, a, -s) * -0.5f, e);
  *density = e * 0.39894228f;
  lanes p = SPLAT(-0x1.f4d2d6p-18f);
  p = fma_lanes(p, s, SPLAT(0x1.d9c15ap-14f));
  p = fma_lanes(p, s, SPLAT(-0x1.36d8aep-10f));
  p = fma_lanes(p, s, SPLAT(0x1.46cc3ep-7f));
  p = fma_lanes(p, s, SPLAT(-0x1.105826p-4f));
  p = fma_lanes(p, s, SPLAT(0x1.988454p-2f));
  lanes t = 1.0f / (a + 3.0f), u = fma_lanes(t, SPLAT(-6.0f), SPLAT(1.0f));
  lanes q = SPLAT(-0x1.0aaa2cp-10f);
  q = fma_lanes(q, u, SPLAT(0x1.daeceep-11f));
  q = fma_lanes(q, u, SPLAT(0x1.c99088p-8f));
  q = fma_lanes(q, u, SPLAT(-0x1.5633c8p-7f));
  q = fma_lanes(q, u, SPLAT(-0x1.83320cp-5f));
  q = fma_lanes(q, u, SPLAT(0x1.d712fap-3f));
  q = fma_lanes(q, u, SPLAT(-0x1.04c726p-1f));
  q = fma_lanes(q, u, SPLAT(0x1.754a76p-1f));
  lanes tail = (q * t) * e;
  return choose(a < 1.0f, fma_lanes(x, p, SPLAT(0.5f)), choose(x < 0.0f, tail, 1.0f - tail));
}
