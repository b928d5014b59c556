// The layout of compact matrices, which all instruction sets share.
#include <string.h>

#include "holdfast_kernels.h"

void holdfast_pack_codes(
  holdfast_coding coding, const uint8_t *codes, size_t n, size_t k, size_t columns, uint8_t *panel) {
  if (coding == HOLDFAST_HALVES || coding == HOLDFAST_BRAINS) {
    memset(panel, 0, 2 * k * columns);
    for (size_t i = 0; i < k; i++)
      for (size_t j = 0; j < n; j++) memcpy(panel + 2 * (i * columns + j), codes + 2 * (j * k + i), 2);
  } else if (coding == HOLDFAST_BYTES || coding == HOLDFAST_OFFSET_BYTES) {
    memset(panel, 0, k * columns);
    for (size_t i = 0; i < k; i++)
      for (size_t j = 0; j < n; j++) panel[i * columns + j] = codes[j * k + i];
  } else {
    size_t half = columns / 2;
    memset(panel, 0, k * half);
    for (size_t i = 0; i < k; i++) {
      for (size_t j = 0; j < n && j < half; j++) panel[i * half + j] = codes[j * k + i] & 15;
      for (size_t j = half; j < n; j++) panel[i * half + j - half] |= (uint8_t)(codes[j * k + i] << 4);
    }
  }
}
