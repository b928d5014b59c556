/**
 * @file inspect.h
 * What a file is and holds.
 *
 * Threads: any number at once. Since 0.1.
 */
#ifndef HOLDFAST_INSPECT_H
#define HOLDFAST_INSPECT_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Describes any file Holdfast reads, without loading it: GGUF, safetensors, a Hugging Face directory, a checkpoint, a
 * ledger, a study.
 * @param json receives one JSON object with at least "path" and "format", a string to free with
 *   holdfast_string_free().
 */
holdfast_status holdfast_inspect(const char *path, char **json, holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
