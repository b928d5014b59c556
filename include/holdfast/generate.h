/**
 * @file generate.h
 * Continuing a sequence, greedily or by sampling.
 *
 * Threads: any number may generate from one model at once. The same seed gives the same tokens whatever the number of
 * threads. Since 0.1.
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
  /** The most tokens to add, at least 1. Default 128. */
  int32_t max_tokens;
  /** 0 takes the likeliest token; above 0, logits are divided by it before sampling. Default 0. */
  double temperature;
  /** Samples among the likeliest tokens whose probabilities reach this sum, in (0, 1]. Default 1. */
  double top_p;
  /** The seed of the sampling. Default 0. */
  uint64_t seed;
  /** Tokens that end the generation, besides the end-of-sequence token; may be NULL when there are none. */
  const int32_t *stop_tokens;
  /** The number of stop tokens. Default 0. */
  size_t stop_token_count;
} holdfast_generate_options;

/** Fills options with the defaults; `struct_size` is sizeof(holdfast_generate_options). */
void holdfast_generate_options_init(holdfast_generate_options *options, uint32_t struct_size);

/**
 * Continues a sequence until a stop token, which is not returned, or the most tokens.
 * @param prompt the tokens to continue, at least one.
 * @param options NULL for the defaults.
 * @param progress called after each token, its text in `detail`; may be NULL.
 * @param tokens receives the new tokens, an array to free with holdfast_array_free(); never NULL on success.
 * @param token_count receives their number.
 */
holdfast_status holdfast_model_generate(const holdfast_model *model, const int32_t *prompt, size_t prompt_count,
                                        const holdfast_generate_options *options, holdfast_progress_function progress,
                                        void *user_data, int32_t **tokens, size_t *token_count,
                                        holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
