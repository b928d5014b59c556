// Chooses the kernels for this processor, by what it says of itself (CPUID) and what the operating system saves on a
// context switch (XGETBV), never by a list of models.
#include <string.h>

#include "holdfast_kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>

static uint64_t enabled_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

holdfast_cpu holdfast_cpu_describe(void) {
  holdfast_cpu cpu = {0};
  uint32_t a, b, c, d;
  for (uint32_t leaf = 0; leaf < 3; leaf++) {
    uint32_t *words = (uint32_t *)(void *)cpu.brand + 4 * leaf;
    if (!__get_cpuid(0x80000002 + leaf, &words[0], &words[1], &words[2], &words[3])) memset(words, 0, 16);
  }
  if (!__get_cpuid(0, &a, &b, &c, &d)) return cpu;
  memcpy(cpu.vendor, &b, 4);
  memcpy(cpu.vendor + 4, &d, 4);
  memcpy(cpu.vendor + 8, &c, 4);
  if (!__get_cpuid(1, &a, &b, &c, &d)) return cpu;
  bool saves = c & bit_OSXSAVE, fma = c & bit_FMA, f16c = c & bit_F16C, avx = c & bit_AVX;
  bool sse = (c & bit_SSSE3) && (c & bit_SSE4_1);
  uint64_t state = saves ? enabled_state() : 0;
  bool ymm = (state & 0x6) == 0x6, zmm = (state & 0xe6) == 0xe6;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return cpu;
  cpu.sha = sse && (b & (1u << 29));
  cpu.avx2 = ymm && avx && fma && f16c && (b & bit_AVX2);
  cpu.avx512 = cpu.avx2 && zmm && (b & bit_AVX512F) && (b & bit_AVX512BW) && (b & bit_AVX512DQ) && (b & bit_AVX512VL);
  if (cpu.avx512 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) cpu.avx512_bf16 = a & (1u << 5);
  return cpu;
}
#else
holdfast_cpu holdfast_cpu_describe(void) {
  holdfast_cpu cpu = {0};
#if defined(__aarch64__)
  cpu.neon = true;
  strcpy(cpu.vendor, "ARM");
#endif
  return cpu;
}
#endif

const holdfast_kernels *holdfast_kernels_best(const char *cap) {
  if (cap && strcmp(cap, "scalar") == 0) return holdfast_kernels_reference();
#if defined(__x86_64__)
  holdfast_cpu cpu = holdfast_cpu_describe();
  if (cpu.avx512 && !(cap && strcmp(cap, "avx2") == 0)) return holdfast_kernels_avx512();
  if (cpu.avx2) return holdfast_kernels_avx2();
#elif defined(__aarch64__)
  return holdfast_kernels_neon();
#endif
  return holdfast_kernels_reference();
}
