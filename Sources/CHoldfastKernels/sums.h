// How the sums of exponentials of a row are cut, alike in every instruction set.
#pragma once
#include <stddef.h>

/// Elements whose exponentials are summed before they are added to the row's sum: over a vocabulary of 262,144 one running
/// sum would swallow the small terms at its end, which are most of them, and always in the same direction.
enum { SUM_BLOCK = 1024 };

/// How many of n elements the block at `start` has.
static inline size_t block_count(size_t n, size_t start) {
  return n - start < SUM_BLOCK ? n - start : SUM_BLOCK;
}
