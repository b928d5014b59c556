#include "bits.h"

typedef struct {
  size_t m, n, k;
} extents;

/// y = or += x w^T; with one_chain x is stored [K, M], with columns w is stored [K, N].
static void multiply(
  const holdfast_kernels *k, const float *x, const float *w, float *y, extents e, bool accumulate, bool one_chain,
  bool columns) {
  size_t width = k->panel_columns, panels = (e.n + width - 1) / width;
  float *packed = malloc(panels * width * e.k * sizeof(float));
  if (!packed) abort();
  for (size_t p = 0; p < panels; p++) {
    size_t first = p * width, n = e.n - first < width ? e.n - first : width;
    if (columns)
      k->pack_columns(w + first, e.n, n, e.k, packed + first * e.k);
    else
      k->pack_rows(w + first * e.k, e.k, n, e.k, packed + first * e.k);
  }
  k->product(&(holdfast_product){
    .a = x, .a_row = one_chain ? 1 : e.k, .a_step = one_chain ? e.m : 1, .panels = packed, .panel_stride = width * e.k,
    .c = y, .c_row = e.n, .m = e.m, .n = e.n, .k = e.k, .accumulate = accumulate, .one_chain = one_chain});
  free(packed);
}

void compare_products(bits *b) {
  const extents shapes[] = {{1, 1, 1},    {1, 300, 64},   {2, 33, 31},  {3, 129, 40},   {5, 96, 100}, {7, 31, 9},
                            {12, 32, 16}, {13, 100, 800}, {25, 47, 1700}, {50, 70, 512}, {29, 100, 1536}, {60, 40, 1024}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (int mode = 0; mode < 8; mode++) {
      extents e = shapes[i];
      float *x = numbers(e.m * e.k, 1), *w = numbers(e.n * e.k, 1), *start = numbers(e.m * e.n, 1);
      COMPARE(b, "product", e.m * e.n, start, multiply(k, x, w, y, e, mode & 1, mode & 2, mode & 4));
      free(x);
      free(w);
      free(start);
    }
}
