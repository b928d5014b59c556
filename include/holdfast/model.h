/**
 * @file model.h
 * A language model: loading, saving, what it is made of, and its logits.
 *
 * A model is immutable, so one `const holdfast_model *` serves any number of threads. Weights are mapped from their
 * file, which must stay in place and unchanged while the model lives. Since 0.1.
 */
#ifndef HOLDFAST_MODEL_H
#define HOLDFAST_MODEL_H

#include "base.h"
#include "dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A model with its tokenizer. */
typedef struct holdfast_model holdfast_model;

/**
 * Loads a model: a GGUF file, a Hugging Face directory (config.json, safetensors, tokenizer.json), a PEFT adapter directory
 * that names its base model by path, or a checkpoint that Holdfast saved; which one it is, its content says.
 * @param path the file or directory.
 * @param model receives the model, to free with holdfast_model_free().
 */
holdfast_status holdfast_model_load(const char *path, holdfast_model **model, holdfast_error **error);

/** Frees a model. NULL is accepted. */
void holdfast_model_free(holdfast_model *model);

/**
 * Puts a LoRA adapter on a model; both share the weights, so a model and its adapted one cost the memory of one.
 * @param directory a PEFT directory: adapter_config.json and adapter_model.safetensors.
 * @param adapted receives the adapted model, to free with holdfast_model_free().
 */
holdfast_status holdfast_model_adapt(const holdfast_model *model, const char *directory, holdfast_model **adapted,
                                     holdfast_error **error);

/**
 * Adds a model's adapter into its weights, which become float32 copies; a model without one is returned as it is.
 * @param merged receives the model, to free with holdfast_model_free().
 */
holdfast_status holdfast_model_merge(const holdfast_model *model, holdfast_model **merged, holdfast_error **error);

/** Writes a model's LoRA adapter as a PEFT directory, which is made if need be. */
holdfast_status holdfast_model_save_adapter(const holdfast_model *model, const char *directory, holdfast_error **error);

/** Writes the model, its tokenizer and its provenance to an HDF5 checkpoint, atomically, replacing what is there. */
holdfast_status holdfast_model_save(const holdfast_model *model, const char *path, holdfast_error **error);

/**
 * Writes the model and its tokenizer as a directory that Hugging Face transformers opens and that gives the same logits.
 * @param directory a new or an empty one; it appears as a whole or not at all.
 * @param dtype the type of the weights: float32, float16 or bfloat16; 16 bits are rounded to the nearest, ties to even.
 * @param shard_bytes the most bytes a weight file may hold; 0 stands for 5,000,000,000.
 */
holdfast_status holdfast_model_export(const holdfast_model *model, const char *directory, holdfast_dtype dtype,
                                      uint64_t shard_bytes, holdfast_error **error);

/**
 * Describes a model as one JSON object with the members "configuration" (as in Hugging Face's config.json),
 * "provenance" (path, format), "parameters" (tensors, elements, whether tuned) and "tokenizer".
 * @param json receives a string to free with holdfast_string_free().
 */
holdfast_status holdfast_model_info(const holdfast_model *model, char **json, holdfast_error **error);

/** The number V of tokens a row of logits scores; 0 for a handle that is none. */
size_t holdfast_model_vocabulary_size(const holdfast_model *model);

/** The most tokens a sequence may have; 0 for a handle that is none. */
size_t holdfast_model_context_length(const holdfast_model *model);

/** The number of parameter tensors; 0 for a handle that is none. */
size_t holdfast_model_parameter_count(const holdfast_model *model);

/**
 * The Hugging Face name of a parameter tensor, such as "model.layers.0.mlp.up_proj.weight".
 * @return a string that lives as long as the model; NULL when the index is out of range.
 */
const char *holdfast_model_parameter_name(const holdfast_model *model, size_t index);

/**
 * Computes the logits of every position of one sequence.
 * @param tokens the T >= 1 tokens of the sequence, each in 0 ..< V; no BOS token is added.
 * @param token_count T, at most the context length.
 * @param logits receives T x V float32, row-major: row t scores the token that follows position t.
 * @param capacity the number of floats `logits` has room for, at least T x V.
 */
holdfast_status holdfast_model_logits(const holdfast_model *model, const int32_t *tokens, size_t token_count,
                                      float *logits, size_t capacity, holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
