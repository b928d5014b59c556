// The natural logarithm in double precision from basic operations alone, rounded once at the end.
#include <math.h>
#include <string.h>

#include "holdfast_kernels.h"

#pragma STDC FP_CONTRACT OFF

// x = 2^e m with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| <= 0.1716; the series
// to s^21 leaves less than 1e-17.
double holdfast_log_double(double x) {
  if (!(x > 0)) return x == 0 ? -INFINITY : NAN;
  if (x > 1.7976931348623157e308) return x;
  int64_t e = 0;
  if (x < 0x1p-1022) {
    x = x * 0x1p54;
    e = -54;
  }
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  e = e + (int64_t)(bits >> 52) - 1023;
  bits = (bits & 0xfffffffffffffULL) | (1023ULL << 52);
  double m;
  memcpy(&m, &bits, sizeof m);
  if (m > 1.4142135623730951) {
    m = m * 0.5;
    e = e + 1;
  }
  static const double reciprocals[] = {1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11,
                                       1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3,  1.0};
  double s = (m - 1) / (m + 1), s2 = s * s, p = 1.0 / 21;
  for (int k = 0; k < 10; k++) p = p * s2 + reciprocals[k];
  return (double)e * 0.6931471805599453 + 2 * s * p;
}

float holdfast_log(float x) { return (float)holdfast_log_double(x); }
