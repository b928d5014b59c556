/**
 * @file generate.h
 * Continuing a sequence, greedily or by sampling.
 *
 * Threads: any number may generate from one model at once. The same seed gives the same tokens whatever the number of
 * threads. A generation is immutable. Since 0.1.
 */
#ifndef HOLDFAST_GENERATE_H
#define HOLDFAST_GENERATE_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How to continue a sequence. */
typedef struct holdfast_generate_options {
  /** sizeof(holdfast_generate_options). */
  uint32_t struct_size;
  /** The most tokens to add, at least 1; fewer when the context is full. Default 64. */
  int32_t max_tokens;
  /** 0 takes the likeliest token; above 0, logits are divided by it before sampling. Default 0. */
  double temperature;
  /** Samples among the likeliest tokens whose probabilities reach this sum, in (0, 1]. Default 1. */
  double top_p;
  /** The seed of the sampling. Default 0. */
  uint64_t seed;
  /** Texts that end the generation and are cut off; may be NULL when there are none. */
  const char *const *stop;
  /** The number of stop texts. Default 0. */
  size_t stop_count;
} holdfast_generate_options;

/** Fills options with the defaults; `struct_size` is sizeof(holdfast_generate_options). */
void holdfast_generate_options_init(holdfast_generate_options *options, uint32_t struct_size);

/** Why a generation ended. */
typedef enum holdfast_generation_end {
  /** The model said so with its end-of-sequence token. */
  HOLDFAST_END_OF_SEQUENCE = 0,
  /** A stop text came. */
  HOLDFAST_END_STOP = 1,
  /** The most tokens, or the context, was reached. */
  HOLDFAST_END_LENGTH = 2
} holdfast_generation_end;

/** What a model added to a sequence. */
typedef struct holdfast_generation holdfast_generation;

/**
 * Continues a sequence.
 * @param prompt the tokens to continue, 1 to fewer than the context length.
 * @param options NULL for the defaults.
 * @param progress called as the text grows, with the new piece in `detail`; may be NULL.
 * @param generation receives the outcome, to free with holdfast_generation_free().
 */
holdfast_status holdfast_model_generate(const holdfast_model *model, const int32_t *prompt, size_t prompt_count,
                                        const holdfast_generate_options *options, holdfast_progress_function progress,
                                        void *user_data, holdfast_generation **generation, holdfast_error **error);

/** Frees a generation. NULL is accepted. */
void holdfast_generation_free(holdfast_generation *generation);

/**
 * The new tokens, without the end-of-sequence token; they live as long as the generation.
 * @param token_count receives their number; may be NULL.
 */
const int32_t *holdfast_generation_tokens(const holdfast_generation *generation, size_t *token_count);

/**
 * The new text, cut before a stop text; it lives as long as the generation and ends in NUL.
 * @param length receives its bytes; may be NULL.
 */
const char *holdfast_generation_text(const holdfast_generation *generation, size_t *length);

/** Why the generation ended. */
holdfast_generation_end holdfast_generation_end_reason(const holdfast_generation *generation);

#ifdef __cplusplus
}
#endif

#endif
