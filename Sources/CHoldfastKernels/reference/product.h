// Products, element by element.

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
