// Right operands in fewer bits than float32: expanded into panels for products of many rows, or multiplied as they are read
// for few, where reading the weights is all that takes time.

enum {
  COMPACT_ROWS = 4,
  SPANS = COLUMNS / LANES,  // of sixteen columns in a panel
};

_Static_assert(COLUMNS == LANES || COLUMNS == 2 * LANES, "nibbles are laid out for one or two spans");

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int8_t signed_bytes16 __attribute__((vector_size(16)));
typedef uint8_t bytes8 __attribute__((vector_size(8)));
typedef int32_t words8 __attribute__((vector_size(32)));
typedef uint16_t halves16 __attribute__((vector_size(32)));
typedef _Float16 binary16 __attribute__((vector_size(32)));

/// One term of a panel as float32; scales and offsets are those of its group.
INLINE void expand_term(
  const holdfast_coding coding, const uint8_t *codes, const lanes *scales, const lanes *offsets, lanes *out) {
  switch (coding) {
  case HOLDFAST_NIBBLES:
  case HOLDFAST_SIGNED_NIBBLES: {
    marks q[2];
    if (SPANS == 2) {
      bytes16 pairs;
      memcpy(&pairs, codes, sizeof pairs);
      marks wide = __builtin_convertvector(pairs, marks);
      q[0] = wide & 15;
      q[1] = wide >> 4;
    } else {
      bytes8 pairs;
      memcpy(&pairs, codes, sizeof pairs);
      words8 wide = __builtin_convertvector(pairs, words8);
      q[0] = __builtin_shufflevector(
        wide & 15, wide >> 4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }
    UNROLL for (int s = 0; s < SPANS; s++) {
      if (coding == HOLDFAST_SIGNED_NIBBLES) {
        out[s] = __builtin_convertvector(q[s] - 8, lanes) * scales[s];
      } else {
        lanes product = __builtin_convertvector(q[s], lanes) * scales[s];
        out[s] = product + offsets[s];
      }
    }
    break;
  }
  case HOLDFAST_BYTES:
  case HOLDFAST_OFFSET_BYTES:
    UNROLL for (int s = 0; s < SPANS; s++) {
      signed_bytes16 q;
      memcpy(&q, codes + s * LANES, sizeof q);
      lanes product = __builtin_convertvector(__builtin_convertvector(q, marks), lanes) * scales[s];
      out[s] = coding == HOLDFAST_OFFSET_BYTES ? product + offsets[s] : product;
    }
    break;
  case HOLDFAST_HALVES:
  case HOLDFAST_BRAINS:
    UNROLL for (int s = 0; s < SPANS; s++) {
      if (coding == HOLDFAST_HALVES) {
        binary16 q;
        memcpy(&q, codes + 2 * s * LANES, sizeof q);
        out[s] = __builtin_convertvector(q, lanes);
      } else {
        halves16 q;
        memcpy(&q, codes + 2 * s * LANES, sizeof q);
        out[s] = (lanes)(__builtin_convertvector(q, words) << 16);
      }
    }
    break;
  }
}

/// The bytes of one term of a panel.
INLINE size_t term_bytes(holdfast_coding coding) {
  return coding == HOLDFAST_NIBBLES || coding == HOLDFAST_SIGNED_NIBBLES ? COLUMNS / 2
         : coding == HOLDFAST_HALVES || coding == HOLDFAST_BRAINS        ? 2 * COLUMNS
                                                                         : COLUMNS;
}

INLINE bool has_scales(holdfast_coding coding) {
  return coding != HOLDFAST_HALVES && coding != HOLDFAST_BRAINS;
}

INLINE bool has_offsets(holdfast_coding coding) {
  return coding == HOLDFAST_NIBBLES || coding == HOLDFAST_OFFSET_BYTES;
}

INLINE void load_group(
  const holdfast_coding coding, const holdfast_compact *w, size_t panel, size_t k, lanes *scales, lanes *offsets) {
  if (!has_scales(coding)) return;
  size_t place = panel * w->scale_stride + k / w->group * COLUMNS;
  UNROLL for (int s = 0; s < SPANS; s++) {
    scales[s] = load(w->scales + place + s * LANES);
    if (has_offsets(coding)) offsets[s] = load(w->offsets + place + s * LANES);
  }
}

/// Calls a function with the coding as a constant.
#define FOR_CODING(CODING, ...)                                              \
  switch (CODING) {                                                          \
  case HOLDFAST_NIBBLES: { const holdfast_coding coding = HOLDFAST_NIBBLES; __VA_ARGS__; break; } \
  case HOLDFAST_SIGNED_NIBBLES: { const holdfast_coding coding = HOLDFAST_SIGNED_NIBBLES; __VA_ARGS__; break; } \
  case HOLDFAST_BYTES: { const holdfast_coding coding = HOLDFAST_BYTES; __VA_ARGS__; break; } \
  case HOLDFAST_OFFSET_BYTES: { const holdfast_coding coding = HOLDFAST_OFFSET_BYTES; __VA_ARGS__; break; } \
  case HOLDFAST_HALVES: { const holdfast_coding coding = HOLDFAST_HALVES; __VA_ARGS__; break; } \
  case HOLDFAST_BRAINS: { const holdfast_coding coding = HOLDFAST_BRAINS; __VA_ARGS__; break; } \
  }

INLINE void expand_panel(
  const holdfast_coding coding, const holdfast_compact *w, size_t panel, size_t k0, size_t k, float *out) {
  const uint8_t *codes = w->codes + panel * w->code_stride + k0 * term_bytes(coding);
  for (size_t first = 0; first < k;) {
    lanes scales[SPANS], offsets[SPANS], number[SPANS];
    load_group(coding, w, panel, k0 + first, scales, offsets);
    size_t end = has_scales(coding) && k - first > w->group ? first + w->group : k;
    for (; first < end; first++, codes += term_bytes(coding)) {
      expand_term(coding, codes, scales, offsets, number);
      UNROLL for (int s = 0; s < SPANS; s++) store(out + first * COLUMNS + s * LANES, number[s]);
    }
  }
}

static void expand(const holdfast_compact *w, size_t panel, size_t k0, size_t k, float *out) {
  FOR_CODING(w->coding, expand_panel(coding, w, panel, k0, k, out))
}

/// A few rows times some panels.
INLINE void compact_tile(
  const holdfast_coding coding, const size_t rows, const size_t panels, const holdfast_product *p,
  const holdfast_compact *w, size_t k0, size_t panel) {
  enum { MOST = 4 };
  for (size_t first = 0; first == 0 || first < p->k; first += HOLDFAST_CHAIN) {
    size_t end = p->k - first < HOLDFAST_CHAIN ? p->k : first + HOLDFAST_CHAIN;
    lanes sum[COMPACT_ROWS][MOST][SPANS];
    UNROLL for (size_t m = 0; m < rows; m++)
      UNROLL for (size_t q = 0; q < panels; q++)
        UNROLL for (int s = 0; s < SPANS; s++) sum[m][q][s] = (lanes){0};
    for (size_t k = first; k < end;) {
      lanes scales[MOST][SPANS], offsets[MOST][SPANS];
      UNROLL for (size_t q = 0; q < panels; q++)
        load_group(coding, w, panel + q, k0 + k, scales[q], offsets[q]);
      size_t stop = has_scales(coding) && end - k > w->group ? k + w->group : end;
      for (; k < stop; k++) {
        UNROLL for (size_t q = 0; q < panels; q++) {
          lanes number[SPANS];
          const uint8_t *codes = w->codes + (panel + q) * w->code_stride + (k0 + k) * term_bytes(coding);
          expand_term(coding, codes, scales[q], offsets[q], number);
          UNROLL for (size_t m = 0; m < rows; m++) {
            lanes left = p->a[m * p->a_row + k * p->a_step] - (lanes){0};
            UNROLL for (int s = 0; s < SPANS; s++) sum[m][q][s] = fma_lanes(left, number[s], sum[m][q][s]);
          }
        }
      }
    }
    bool adds = first > 0 || p->accumulate;
    UNROLL for (size_t m = 0; m < rows; m++)
      UNROLL for (size_t q = 0; q < panels; q++)
        UNROLL for (int s = 0; s < SPANS; s++) {
          size_t n = (panel + q) * COLUMNS + (size_t)s * LANES;
          if (n >= p->n) continue;
          size_t count = p->n - n < LANES ? p->n - n : LANES;
          float *c = p->c + m * p->c_row + n;
          put(c, adds ? get(c, count) + sum[m][q][s] : sum[m][q][s], count);
        }
  }
}

INLINE void compact_panels(
  const holdfast_coding coding, const size_t rows, const holdfast_product *p, const holdfast_compact *w, size_t k0) {
  // Several panels at once, for enough chains to hide the latency of a multiply-add.
  enum { TOGETHER = HOLDFAST_LANES == 16 ? 4 : 2 };
  size_t panels = (p->n + COLUMNS - 1) / COLUMNS, panel = 0;
  if (rows <= 2)
    for (; panel + TOGETHER <= panels; panel += TOGETHER)
      compact_tile(coding, rows, TOGETHER, p, w, k0, panel);
  for (; panel + 2 <= panels; panel += 2) compact_tile(coding, rows, 2, p, w, k0, panel);
  for (; panel < panels; panel++) compact_tile(coding, rows, 1, p, w, k0, panel);
}

#define COMPACT(ROWS)                                                                                     \
  static void compact_rows_##ROWS(const holdfast_product *p, const holdfast_compact *w, size_t k0) {      \
    FOR_CODING(w->coding, compact_panels(coding, ROWS, p, w, k0))                                         \
  }

COMPACT(1) COMPACT(2) COMPACT(3) COMPACT(4)

static void compact_product(const holdfast_product *p, const holdfast_compact *w, size_t k0) {
  switch (p->m) {
  case 1: return compact_rows_1(p, w, k0);
  case 2: return compact_rows_2(p, w, k0);
  case 3: return compact_rows_3(p, w, k0);
  default: return compact_rows_4(p, w, k0);
  }
}
