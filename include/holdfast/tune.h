/**
 * @file tune.h
 * Instruction fine-tuning of all parameters, or of a LoRA adapter beside them.
 *
 * The model given is not changed: a new one is returned, which shares what it can. Threads: any number may tune from
 * one model at once; results do not depend on the number of threads. Since 0.1.
 */
#ifndef HOLDFAST_TUNE_H
#define HOLDFAST_TUNE_H

#include "model.h"
#include "tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Instruction data: conversations, or prompts with their responses. Immutable. */
typedef struct holdfast_instructions holdfast_instructions;

/**
 * Reads instruction data from a JSON or JSONL file: chat ("messages"), ShareGPT ("conversations"), Alpaca
 * ("instruction", "input", "output") or pairs ("prompt", "response"); an error names the file and the line.
 * @param instructions receives the data, to free with holdfast_instructions_free().
 */
holdfast_status holdfast_instructions_load(const char *path, holdfast_instructions **instructions,
                                           holdfast_error **error);

/**
 * Reads instruction data from JSON or JSONL text.
 * @param instructions receives the data, to free with holdfast_instructions_free().
 */
holdfast_status holdfast_instructions_parse(const char *json, holdfast_instructions **instructions,
                                            holdfast_error **error);

/** Frees instruction data. NULL is accepted. */
void holdfast_instructions_free(holdfast_instructions *instructions);

/** The number of conversations; 0 for a handle that is none. */
size_t holdfast_instructions_count(const holdfast_instructions *instructions);

/** How the learning rate changes after the warm-up. */
typedef enum holdfast_schedule {
  /** It stays. */
  HOLDFAST_SCHEDULE_CONSTANT = 0,
  /** It falls along half a cosine to 0. */
  HOLDFAST_SCHEDULE_COSINE = 1,
  /** It falls on a line to 0. */
  HOLDFAST_SCHEDULE_LINEAR = 2
} holdfast_schedule;

/** How the optimiser's moments are held. */
typedef enum holdfast_moment_precision {
  /** Four bytes each. */
  HOLDFAST_MOMENTS_FLOAT32 = 0,
  /** Two bytes each, rounded at random so that their means are kept; gives other results. */
  HOLDFAST_MOMENTS_BFLOAT16 = 1
} holdfast_moment_precision;

/** How to tune. */
typedef struct holdfast_tune_options {
  /** sizeof(holdfast_tune_options). */
  uint32_t struct_size;
  /** A holdfast_schedule. Default HOLDFAST_SCHEDULE_COSINE. */
  int32_t schedule;
  /** Conversations in one optimiser step. Default 16. */
  int32_t batch_size;
  /** Conversations computed together; changes memory and time, never the result. 0: the library chooses. Default 0. */
  int32_t micro_batch_size;
  /** The most optimiser steps; 0: as many as the epochs have. Default 0. */
  int64_t max_steps;
  /** Passes over the data. Default 3. */
  double epochs;
  /** The highest learning rate. Default 2e-5. */
  double learning_rate;
  /** The share of the steps over which the learning rate rises from 0, in 0 ... 1. Default 0.03. */
  double warmup_ratio;
  /** AdamW's decoupled weight decay. Default 0. */
  double weight_decay;
  /** Scales gradients down to this norm; 0: never. Default 1. */
  double clip_norm;
  /** AdamW's decay of the first moment. Default 0.9. */
  double beta1;
  /** AdamW's decay of the second moment. Default 0.999. */
  double beta2;
  /** AdamW's epsilon. Default 1e-8. */
  double epsilon;
  /** The seed of the order of the data. Default 42. */
  uint64_t seed;
  /** 1: a new order in each epoch; 0: the order of the data. Default 1. */
  int32_t shuffle;
  /** A holdfast_bos_policy. Default HOLDFAST_BOS_NEVER. */
  int32_t bos;
  /** The most tokens of a conversation. 0: the model's context. Default 2048. */
  int64_t max_length;
  /** The most tokens computed together; bounds memory, never changes the result. Default 1024. */
  int64_t micro_batch_tokens;
  /** The conversation template: a name such as "vicuna", "auto" for the model's own, or the path of a .jinja file.
   *  Default NULL, which is "vicuna". */
  const char *template_name;
  /** A file to write checkpoints to, from which the run can go on; NULL for none. Default NULL. */
  const char *checkpoint_path;
  /** Steps between checkpoints; 0: only when the run is cancelled. Default 0. */
  int64_t checkpoint_every;
  /** 1: goes on from the checkpoint and its model, when there is one; data and options must be the same. Default 0. */
  int32_t resume;
  /** Zero. */
  int32_t reserved;
  /** The rank of the LoRA adapter that is tuned while the parameters stay as they are; 0 tunes them. Default 0. */
  int32_t lora_rank;
  /** 1: the adapter counts alpha / sqrt(rank) times; 0: alpha / rank times. Default 0. */
  int32_t use_rslora;
  /** LoRA's alpha. Default 32. */
  double lora_alpha;
  /** The probability with which an input of the adapter is dropped, at least 0 and below 1. Default 0. */
  double lora_dropout;
  /**
   * The modules that get an adapter, separated by commas, such as "q_proj,v_proj". Default NULL, which is "all-linear":
   * every projection but the output's.
   */
  const char *lora_target_modules;
  /**
   * The weight of a penalty that keeps the model close to the one tuning begins with: what a nat of KL(base || tuned), the
   * mean over the same targets, costs beside the cross-entropy. 0: none. Default 0.
   */
  double kl_weight;
  /** A holdfast_moment_precision. Default HOLDFAST_MOMENTS_FLOAT32. */
  int32_t moment_precision;
  /**
   * 1: a block's activations are computed again on the way back instead of kept, which takes less memory and more time and
   * never changes the result. Default 0.
   */
  int32_t recompute;
} holdfast_tune_options;

/** Fills options with the defaults; `struct_size` is sizeof(holdfast_tune_options). */
void holdfast_tune_options_init(holdfast_tune_options *options, uint32_t struct_size);

/**
 * Fine-tunes all parameters, or a LoRA adapter, on instruction data, with the loss on the responses alone.
 * @param options NULL for the defaults.
 * @param progress called after each micro-batch; may be NULL.
 * @param tuned receives the tuned model, to free with holdfast_model_free().
 * @param report receives one JSON object with the losses, learning rates and gradient norms of every step (and `kl` with a
 *   kl_weight), the tokens
 *   trained on and the seconds taken, a string to free with holdfast_string_free(); may be NULL.
 */
holdfast_status holdfast_tune(const holdfast_model *model, const holdfast_instructions *instructions,
                              const holdfast_tune_options *options, holdfast_progress_function progress,
                              void *user_data, holdfast_model **tuned, char **report, holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
