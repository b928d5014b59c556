/**
 * @file system.h
 * What the library found in this machine, and how many threads it may use.
 *
 * Threads: every function may be called from any thread; the number of threads is a setting of the whole process.
 * Results never depend on it. Since 0.1.
 */
#ifndef HOLDFAST_SYSTEM_H
#define HOLDFAST_SYSTEM_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Describes the machine and the library as one JSON object: version, CPU and its features, the kernels chosen, threads,
 * the BLAS and why it is or is not used, the HDF5 library.
 * @param json receives a string to free with holdfast_string_free().
 */
holdfast_status holdfast_system_info(char **json, holdfast_error **error);

/** The number of threads a computation may use; at first HOLDFAST_NUM_THREADS, or the CPUs the process may run on. */
int32_t holdfast_num_threads(void);

/** Sets the number of threads a computation may use: 1 to 1024. */
holdfast_status holdfast_set_num_threads(int32_t count, holdfast_error **error);

/** How much a notice matters. */
typedef enum holdfast_log_level {
  /** What was chosen and found: kernels, threads, why a BLAS is used or not. */
  HOLDFAST_LOG_INFO = 0,
  /** A setting of the environment that could not be followed. */
  HOLDFAST_LOG_WARNING = 1
} holdfast_log_level;

/**
 * Receives a notice, one sentence of UTF-8 that is valid during the callback only. It runs at the end of a call, on the
 * thread that made it, with no lock held, and may itself call the library. An exception or a longjmp() must not leave it.
 */
typedef void (*holdfast_log_function)(holdfast_log_level level, const char *message, void *user_data);

/**
 * Sets who receives the library's few notices; nobody does at first. Notices from before wait (the first 64 of them) and
 * come at the end of this call. The setting is the process's; a callback that runs on another thread may still do so
 * when this returns.
 * @param function NULL for nobody.
 * @param least notices that matter less are dropped.
 */
holdfast_status holdfast_set_log(holdfast_log_function function, holdfast_log_level least, void *user_data,
                                 holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
