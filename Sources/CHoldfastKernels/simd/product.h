// Products on register tiles: rows of the left operand times columns of packed panels. An element is the sum of chains
// over blocks of k in order (or one chain over all of k); between blocks it waits in c.

enum {
  WIDTH = HOLDFAST_LANES,
  TILE_ROWS = HOLDFAST_TILE_ROWS,
  VECTORS = HOLDFAST_TILE_VECTORS,
  COLUMNS = WIDTH * VECTORS,
  MOST_PANELS = 8,
  BLOCK_K = HOLDFAST_CHAIN,
  GATHERED_TILES = 4,  // tiles of a transposed left operand that are copied together: whole cache lines of it
  GATHERED_K = 384,
  AHEAD = 32,  // rows of a panel that are fetched before they are used: weights come from memory when there are few rows
};

typedef float vector __attribute__((vector_size(4 * HOLDFAST_LANES)));
typedef float loose_vector __attribute__((vector_size(4 * HOLDFAST_LANES), aligned(4)));

INLINE vector load_vector(const float *p) { return *(const loose_vector *)p; }
INLINE void store_vector(float *p, vector x) { *(loose_vector *)p = x; }

// MARK: Packing

/// 16 rows of 16 elements, transposed.
INLINE void transpose(lanes r[LANES]) {
  // Each step interleaves rows i and i + 8; after four of them element (i, j) has become (j, i).
  UNROLL for (int step = 0; step < 4; step++) {
    lanes t[LANES];
    UNROLL for (int i = 0; i < LANES / 2; i++) {
      t[2 * i] = __builtin_shufflevector(
        r[i], r[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      t[2 * i + 1] = __builtin_shufflevector(
        r[i], r[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    UNROLL for (int i = 0; i < LANES; i++) r[i] = t[i];
  }
}

/// n <= COLUMNS rows of K elements, wherever they are, into one panel [K][COLUMNS], zero-padded.
static void pack_listed_rows(const float *const *rows, size_t n, size_t k, float *panel) {
  for (size_t first = 0; first < COLUMNS; first += LANES) {
    size_t i = 0;
    if (first + LANES <= n)
      for (; i + LANES <= k; i += LANES) {
        lanes r[LANES];
        UNROLL for (int j = 0; j < LANES; j++) r[j] = load(rows[first + (size_t)j] + i);
        transpose(r);
        UNROLL for (int j = 0; j < LANES; j++) store(panel + (i + (size_t)j) * COLUMNS + first, r[j]);
      }
    for (; i < k; i++)
      for (size_t j = first; j < first + LANES; j++) panel[i * COLUMNS + j] = j < n ? rows[j][i] : 0;
  }
}

static void pack_rows(const float *w, size_t row, size_t n, size_t k, float *panel) {
  const float *rows[COLUMNS];
  for (size_t j = 0; j < n; j++) rows[j] = w + j * row;
  pack_listed_rows(rows, n, k, panel);
}

static void pack_columns(const float *b, size_t row, size_t n, size_t k, float *panel) {
  for (size_t i = 0; i < k; i++, b += row, panel += COLUMNS) {
    if (n == COLUMNS) {
      UNROLL for (int v = 0; v < VECTORS; v++) store_vector(panel + v * WIDTH, load_vector(b + v * WIDTH));
    } else {
      memset(panel, 0, COLUMNS * sizeof(float));
      memcpy(panel, b, n * sizeof(float));
    }
  }
}

// MARK: Tiles

/// What a tile does with the values already in c.
typedef enum { OVERWRITE, CONTINUE, ADD } start;

/// `rows` rows times `panels` whole panels, in registers.
INLINE void tile(
  const size_t rows, const size_t panels, const float *a, size_t a_row, size_t a_step, const float *b,
  size_t panel_stride, size_t k, float *c, size_t c_row, start from) {
  vector sum[TILE_ROWS][MOST_PANELS * VECTORS];
  const size_t vectors = panels * VECTORS;
  UNROLL for (size_t m = 0; m < rows; m++)
    UNROLL for (size_t v = 0; v < vectors; v++)
      sum[m][v] = from == CONTINUE ? load_vector(c + m * c_row + v * WIDTH) : (vector){0};
  for (size_t i = 0; i < k; i++) {
    vector right[MOST_PANELS * VECTORS];
    UNROLL for (size_t p = 0; p < panels; p++)
      UNROLL for (size_t v = 0; v < VECTORS; v++)
        right[p * VECTORS + v] = load_vector(b + p * panel_stride + v * WIDTH);
    UNROLL for (size_t p = 0; p < panels; p++)
      UNROLL for (size_t v = 0; v < VECTORS; v++)
        __builtin_prefetch(b + p * panel_stride + AHEAD * COLUMNS + v * WIDTH);
    UNROLL for (size_t m = 0; m < rows; m++) {
      vector left = a[m * a_row] - (vector){0};
      UNROLL for (size_t v = 0; v < vectors; v++) sum[m][v] = __builtin_elementwise_fma(left, right[v], sum[m][v]);
    }
    a += a_step;
    b += COLUMNS;
  }
  if (from == ADD)
    UNROLL for (size_t m = 0; m < rows; m++)
      UNROLL for (size_t v = 0; v < vectors; v++) sum[m][v] += load_vector(c + m * c_row + v * WIDTH);
  UNROLL for (size_t m = 0; m < rows; m++)
    UNROLL for (size_t v = 0; v < vectors; v++) store_vector(c + m * c_row + v * WIDTH, sum[m][v]);
}

#define TILE(ROWS, PANELS)                                                                                 \
  static void tile_##ROWS##_##PANELS(                                                                      \
    const float *a, size_t a_row, size_t a_step, const float *b, size_t panel_stride, size_t k, float *c, \
    size_t c_row, start from) {                                                                            \
    tile(ROWS, PANELS, a, a_row, a_step, b, panel_stride, k, c, c_row, from);                              \
  }

typedef void tile_function(
  const float *, size_t, size_t, const float *, size_t, size_t, float *, size_t, start);

TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1)
#if HOLDFAST_TILE_ROWS == 12
TILE(7, 1) TILE(8, 1) TILE(9, 1) TILE(10, 1) TILE(11, 1) TILE(12, 1)
#endif
// Few rows take several panels at once, for enough chains to hide the latency of a multiply-add.
TILE(1, 8) TILE(2, 4) TILE(3, 4) TILE(4, 2) TILE(5, 2) TILE(6, 2)

static tile_function *const one_panel[] = {
  tile_1_1, tile_2_1, tile_3_1, tile_4_1, tile_5_1, tile_6_1,
#if HOLDFAST_TILE_ROWS == 12
  tile_7_1, tile_8_1, tile_9_1, tile_10_1, tile_11_1, tile_12_1,
#endif
};

static const struct {
  tile_function *function;
  size_t panels;
} several_panels[] = {{tile_1_8, 8}, {tile_2_4, 4}, {tile_3_4, 4}, {tile_4_2, 2}, {tile_5_2, 2}, {tile_6_2, 2}};

// MARK: Blocks

/// One tile whose panel is cut off by the matrix's last column.
static void edge_tile(
  size_t rows, const float *a, size_t a_row, size_t a_step, const float *b, size_t k, float *c, size_t c_row,
  size_t n, start from) {
  float whole[TILE_ROWS * COLUMNS];
  if (from != OVERWRITE)
    for (size_t m = 0; m < rows; m++) {
      memset(whole + m * COLUMNS, 0, sizeof(float) * COLUMNS);
      memcpy(whole + m * COLUMNS, c + m * c_row, n * sizeof(float));
    }
  one_panel[rows - 1](a, a_row, a_step, b, 0, k, whole, COLUMNS, from);
  for (size_t m = 0; m < rows; m++) memcpy(c + m * c_row, whole + m * COLUMNS, n * sizeof(float));
}

/// Some rows, at most a tile, times all columns.
static void product_rows(const holdfast_product *p, size_t first, size_t rows, size_t k0, size_t k, start from) {
  const float *a = p->a + first * p->a_row + k0 * p->a_step, *b = p->panels + k0 * COLUMNS;
  float *c = p->c + first * p->c_row;
  size_t n = 0;
  if (rows <= sizeof several_panels / sizeof several_panels[0]) {
    size_t panels = several_panels[rows - 1].panels;
    for (; n + panels * COLUMNS <= p->n; n += panels * COLUMNS)
      several_panels[rows - 1].function(
        a, p->a_row, p->a_step, b + n / COLUMNS * p->panel_stride, p->panel_stride, k, c + n, p->c_row, from);
  }
  for (; n + COLUMNS <= p->n; n += COLUMNS)
    one_panel[rows - 1](
      a, p->a_row, p->a_step, b + n / COLUMNS * p->panel_stride, 0, k, c + n, p->c_row, from);
  if (n < p->n)
    edge_tile(
      rows, a, p->a_row, p->a_step, b + n / COLUMNS * p->panel_stride, k, c + n, p->c_row, p->n - n, from);
}

/// All rows, for a block of k; rows are dealt out evenly, so that no tile is left with one or two.
static void product_tiles(const holdfast_product *p, size_t k0, size_t k, start from) {
  size_t tiles = (p->m + TILE_ROWS - 1) / TILE_ROWS;
  for (size_t t = 0; t < tiles; t++) {
    size_t first = p->m * t / tiles, end = p->m * (t + 1) / tiles;
    product_rows(p, first, end - first, k0, k, from);
  }
}

/// The same for some rows, after copying the left operand's block into `memory`: rows stay rows, columns columns.
static void gathered_tiles(
  const holdfast_product *p, size_t first, size_t rows, size_t k0, size_t k, start from, float *memory) {
  const float *a = p->a + first * p->a_row + k0 * p->a_step;
  holdfast_product q = *p;
  q.a = memory;
  q.panels += k0 * COLUMNS;
  q.c += first * p->c_row;
  q.m = rows;
  if (p->a_step == 1) {
    q.a_row = k + LANES;
    for (size_t m = 0; m < rows; m++) memcpy(memory + m * q.a_row, a + m * p->a_row, k * sizeof(float));
  } else {
    q.a_step = rows;
    for (size_t i = 0; i < k; i++) memcpy(memory + i * rows, a + i * p->a_step, rows * sizeof(float));
  }
  product_tiles(&q, 0, k, from);
}

static void product(const holdfast_product *p) {
  // Rows of the left operand that are multiples of 2 KiB apart, and columns of 4 KiB, crowd into few sets of the cache.
  bool columns = p->one_chain && p->a_row == 1 && p->a_step != 1;
  bool crowded = columns ? p->a_step % 1024 == 0 : p->a_step == 1 && p->a_row % 512 == 0;
  bool gathers = crowded && p->m >= TILE_ROWS && p->n > COLUMNS;
  size_t group = columns ? GATHERED_TILES * TILE_ROWS : TILE_ROWS;
  size_t most = gathers && columns ? GATHERED_K : BLOCK_K, groups = (p->m + group - 1) / group;
  float memory[GATHERED_TILES * TILE_ROWS * GATHERED_K];
  for (size_t k0 = 0; k0 == 0 || k0 < p->k; k0 += most) {
    size_t k = p->k - k0 < most ? p->k - k0 : most;
    start from = k0 == 0 && !p->accumulate ? OVERWRITE : p->one_chain ? CONTINUE : ADD;
    if (!gathers) {
      product_tiles(p, k0, k, from);
      continue;
    }
    for (size_t g = 0; g < groups; g++) {
      size_t first = p->m * g / groups, end = p->m * (g + 1) / groups;
      gathered_tiles(p, first, end - first, k0, k, from, memory);
    }
  }
}
