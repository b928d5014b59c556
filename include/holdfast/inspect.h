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

/**
 * Reads a whole file and says what is wrong in it: its structure, its checksums, NaN and infinities where there must be
 * none. A damaged file is a finding, not an error.
 * @param path any file holdfast_inspect() takes.
 * @param progress may be NULL.
 * @param json receives one JSON object to free with holdfast_string_free(): "path", "format", "format_version", "datasets"
 *   and "checksums" (how many were read, and how many of them have a checksum), "ok", and "findings", a list of objects
 *   with "kind" ("structure", "checksum" or "non-finite"), "place" and "message".
 * @return HOLDFAST_NOT_FOUND, HOLDFAST_IO, HOLDFAST_UNSUPPORTED or HOLDFAST_NEWER_VERSION when the file cannot be checked.
 */
holdfast_status holdfast_verify(const char *path, holdfast_progress_function progress, void *user_data, char **json,
                                holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
