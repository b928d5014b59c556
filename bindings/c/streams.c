// Copies of the C library's stream pointers, for archives that were not compiled for a library (.ci/link-hdf5).
// `--wrap=stderr` makes the linker read `stderr` as __wrap_stderr, and __real_stderr as the true one.
#include <stdio.h>

extern FILE *__real_stdin, *__real_stdout, *__real_stderr;
FILE *__wrap_stdin, *__wrap_stdout, *__wrap_stderr;

__attribute__((constructor(101))) static void copy_streams(void) {
  __wrap_stdin = __real_stdin;
  __wrap_stdout = __real_stdout;
  __wrap_stderr = __real_stderr;
}
