// What Swift cannot say about the calling thread and process: scratch memory, floating-point environment, processors,
// the file of a library.
#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#endif
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "holdfast_kernels.h"

typedef struct {
  float *memory;
  size_t floats;
} scratch;

enum { OWN, LENT, PURPOSES };

static _Thread_local scratch mine[PURPOSES];
static _Thread_local uint64_t failures;
static pthread_key_t keys[PURPOSES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(void *memory) { free(memory); }
static void make_keys(void) {
  for (int i = 0; i < PURPOSES; i++) (void)pthread_key_create(&keys[i], release);
}

static float *grown(int purpose, size_t floats) {
  scratch *s = &mine[purpose];
  if (floats <= s->floats) return s->memory;
  (void)pthread_once(&once, make_keys);
  size_t bytes = floats > SIZE_MAX / 8 ? 0 : (floats * sizeof(float) + 4095) & ~(size_t)4095;
  void *memory = NULL;
  if (bytes == 0 || posix_memalign(&memory, 4096, bytes) != 0) {
    failures++;
    return NULL;
  }
  free(s->memory);
  *s = (scratch){memory, bytes / sizeof(float)};
  (void)pthread_setspecific(keys[purpose], memory);
  return s->memory;
}

float *holdfast_scratch(size_t floats) { return grown(OWN, floats); }
float *holdfast_lent_scratch(size_t floats) { return grown(LENT, floats); }
uint64_t holdfast_scratch_failures(void) { return failures; }
void holdfast_scratch_failed(void) { failures++; }

uint64_t holdfast_float_enter(void) {
#if defined(__x86_64__)
  uint32_t former = _mm_getcsr();
  _mm_setcsr(0x1f80);
  return former;
#elif defined(__aarch64__)
  uint64_t former;
  __asm__ volatile("mrs %0, fpcr" : "=r"(former));
  __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0));
  return former;
#else
  return 0;
#endif
}

void holdfast_float_leave(uint64_t former) {
#if defined(__x86_64__)
  _mm_setcsr((uint32_t)former);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(former));
#else
  (void)former;
#endif
}

void holdfast_pause(void) {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

int holdfast_processors(void) {
#if defined(__linux__)
  // The mask of a machine with very many processors does not fit the usual set: try larger ones.
  for (int processors = 1024; processors <= 1 << 16; processors *= 4) {
    cpu_set_t *set = CPU_ALLOC(processors);
    if (!set) break;
    size_t bytes = CPU_ALLOC_SIZE(processors);
    int count = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}

const char *holdfast_library_path(const void *symbol) {
  Dl_info place;
  return dladdr(symbol, &place) != 0 ? place.dli_fname : NULL;
}
