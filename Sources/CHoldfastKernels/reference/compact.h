// Compact matrices, number by number.

enum { COMPACT_ROWS = 4 };

static float from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/// The number of term k in column j of a panel.
static float compact_number(const holdfast_compact *w, size_t panel, size_t k, size_t j) {
  const uint8_t *codes = w->codes + panel * w->code_stride;
  size_t place = panel * w->scale_stride + (w->group ? k / w->group : 0) * COLUMNS + j;
  if (w->coding == HOLDFAST_HALVES || w->coding == HOLDFAST_BRAINS) {
    uint16_t code;
    memcpy(&code, codes + 2 * (k * COLUMNS + j), sizeof code);
    if (w->coding == HOLDFAST_BRAINS) return from_bits((uint32_t)code << 16);
    // The bits as a float32 whose exponent is 112 too small.
    float size = from_bits((uint32_t)(code & 0x7fff) << 13) * 0x1p112f;
    return code & 0x8000 ? -size : size;
  }
  if (w->coding == HOLDFAST_NIBBLES || w->coding == HOLDFAST_SIGNED_NIBBLES) {
    uint8_t pair = codes[k * (COLUMNS / 2) + j % (COLUMNS / 2)];
    int q = j < COLUMNS / 2 ? pair & 15 : pair >> 4;
    if (w->coding == HOLDFAST_SIGNED_NIBBLES) return (float)(q - 8) * w->scales[place];
    float product = (float)q * w->scales[place];
    return product + w->offsets[place];
  }
  float product = (float)(int8_t)codes[k * COLUMNS + j] * w->scales[place];
  return w->coding == HOLDFAST_OFFSET_BYTES ? product + w->offsets[place] : product;
}

static void expand(const holdfast_compact *w, size_t panel, size_t k0, size_t k, float *out) {
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < COLUMNS; j++) out[i * COLUMNS + j] = compact_number(w, panel, k0 + i, j);
}

static void compact_product(const holdfast_product *p, const holdfast_compact *w, size_t k0) {
  for (size_t m = 0; m < p->m; m++)
    for (size_t n = 0; n < p->n; n++) {
      float *c = p->c + m * p->c_row + n;
      for (size_t first = 0; first == 0 || first < p->k; first += HOLDFAST_CHAIN) {
        size_t end = p->k - first < HOLDFAST_CHAIN ? p->k : first + HOLDFAST_CHAIN;
        float sum = 0;
        for (size_t k = first; k < end; k++)
          sum = fmaf(p->a[m * p->a_row + k * p->a_step], compact_number(w, n / COLUMNS, k0 + k, n % COLUMNS), sum);
        *c = first == 0 && !p->accumulate ? sum : *c + sum;
      }
    }
}
