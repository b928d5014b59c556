/**
 * @file capture.h
 * Activations: what a model computes on the way to its logits, in memory and written to files.
 *
 * Sites have the names of TransformerLens, such as "blocks.3.hook_resid_post" or "blocks.0.attn.hook_pattern"; in a pattern
 * `*` stands for any text and `?` for one character, and the path of a Hugging Face module names the site of its output.
 * docs/sites.md lists all sites with their shapes. Since 0.1.
 */
#ifndef HOLDFAST_CAPTURE_H
#define HOLDFAST_CAPTURE_H

#include "model.h"
#include "questions.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The logits and activations of one sequence. No call changes them, so any number of threads may use one; whoever writes
 * into the memory that holdfast_activations_tensor() shares changes it for all.
 */
typedef struct holdfast_activations holdfast_activations;

/**
 * Runs a model over one sequence and keeps the activations at some sites, as TransformerLens' run_with_cache does.
 *
 * Looking changes nothing: the logits have the bits of holdfast_model_logits().
 * @param tokens count tokens, each in 0 ..< V.
 * @param count the length of the sequence, 1 to the context length.
 * @param sites site_count patterns, each of which must match a site; NULL with a count of 0 means all sites.
 * @param activations receives the result, to free with holdfast_activations_free().
 */
holdfast_status holdfast_model_run_with_cache(const holdfast_model *model, const int32_t *tokens, size_t count,
                                              const char *const *sites, size_t site_count,
                                              holdfast_activations **activations, holdfast_error **error);

/** Frees activations; memory that a tensor shares lives on with it. NULL is accepted. */
void holdfast_activations_free(holdfast_activations *activations);

/**
 * The logits of every position, row-major [T, V].
 * @param rows receives T; may be NULL.
 * @param columns receives V; may be NULL.
 * @return numbers that live as long as the activations; NULL for a handle that is none.
 */
const float *holdfast_activations_logits(const holdfast_activations *activations, size_t *rows, size_t *columns);

/** The number of sites; 0 for a handle that is none. */
size_t holdfast_activations_count(const holdfast_activations *activations);

/** The name of a site, in the order of the forward pass; NULL when the index is out of range. */
const char *holdfast_activations_name(const holdfast_activations *activations, size_t index);

/**
 * The shape of a site's activation [T, …].
 * @param rank receives the number of axes; may be NULL.
 * @return the extents, which live as long as the activations; NULL when the index is out of range.
 */
const int64_t *holdfast_activations_shape(const holdfast_activations *activations, size_t index, size_t *rank);

/** The row-major numbers of a site, which live as long as the activations; NULL when the index is out of range. */
const float *holdfast_activations_data(const holdfast_activations *activations, size_t index);

/**
 * A site's activation as a tensor, which shares the memory and keeps it; holdfast_tensor_to_dlpack() lends it on.
 * @param tensor receives the tensor, to free with holdfast_tensor_free().
 */
holdfast_status holdfast_activations_tensor(const holdfast_activations *activations, size_t index,
                                            holdfast_tensor **tensor, holdfast_error **error);

/**
 * Captures activations on questions, put as a probe puts them, or on plain texts, into an HDF5 file.
 *
 * The file grows as sealed segments in `<path>.segments`. After a cancellation, a failure or a kill the same call goes on
 * behind the last one; when the file is finished already, nothing is computed. Another capture at the path is replaced when
 * this one is finished; a file of any other kind is refused.
 * @param questions what is asked; NULL when the options have "texts".
 * @param demonstrations the set that shots are taken from; may be NULL.
 * @param options a JSON object with any of "sites", "layers", "positions", "items", "dtype", "compression", "memory",
 *   "batch_size", "segment_items", "probe" and "texts", which docs/activations.md describes; NULL for all defaults.
 * @param path the file.
 * @param progress may be NULL.
 * @param summary receives what was done as a JSON object, to free with holdfast_string_free(); may be NULL.
 */
holdfast_status holdfast_capture(const holdfast_model *model, const holdfast_questions *questions,
                                 const holdfast_questions *demonstrations, const char *options, const char *path,
                                 holdfast_progress_function progress, void *user_data, char **summary,
                                 holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
