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

#ifdef __cplusplus
}
#endif

#endif
