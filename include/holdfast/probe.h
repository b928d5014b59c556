/**
 * @file probe.h
 * Asking a model multiple-choice questions and recording what it knows.
 *
 * Threads: any number may probe one model at once. Results do not depend on the batch size or the threads. Since 0.1.
 */
#ifndef HOLDFAST_PROBE_H
#define HOLDFAST_PROBE_H

#include "ledger.h"
#include "model.h"
#include "questions.h"
#include "tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What of an answer is scored. */
typedef enum holdfast_probe_kind {
  /** The letter of each choice, after a prompt that lists the choices. */
  HOLDFAST_PROBE_LETTER = 0,
  /** The text of each choice, after a prompt that holds the question alone. */
  HOLDFAST_PROBE_CLOZE = 1
} holdfast_probe_kind;

/** Whose rules a probe follows. */
typedef enum holdfast_mode {
  /** What is sound. */
  HOLDFAST_MODE_DEFAULT = 0,
  /** The published code of arXiv 2402.18243, to the letter. */
  HOLDFAST_MODE_PAPER = 1
} holdfast_mode;

/** How to probe. */
typedef struct holdfast_probe_options {
  /** sizeof(holdfast_probe_options). */
  uint32_t struct_size;
  /** A holdfast_probe_kind. Default HOLDFAST_PROBE_CLOZE. */
  int32_t probe;
  /** A holdfast_mode. Default HOLDFAST_MODE_DEFAULT. */
  int32_t mode;
  /** A holdfast_bos_policy. Default HOLDFAST_BOS_AUTOMATIC. */
  int32_t bos;
  /** Demonstrations before each question, taken from the demonstration set. Default 0. */
  int32_t shots;
  /** The most sequences computed together. Default 64. */
  int32_t batch_size;
  /** The seed that orders the demonstrations. Default 42. */
  uint64_t seed;
  /** Probes the first so many questions only; 0 means all. Default 0. */
  uint64_t limit;
  /** The domain that a letter prompt names, such as "engineering"; NULL when there is none. Default NULL. */
  const char *domain;
  /** The conversation template the prompt is put into, such as "vicuna"; NULL for the plain prompt. Default NULL. */
  const char *template_name;
} holdfast_probe_options;

/** Fills options with the defaults; `struct_size` is sizeof(holdfast_probe_options). */
void holdfast_probe_options_init(holdfast_probe_options *options, uint32_t struct_size);

/**
 * Probes a model.
 * @param demonstrations the set the shots are taken from; may be NULL when `shots` is 0.
 * @param options NULL for the defaults.
 * @param progress may be NULL.
 * @param ledger receives the ledger, to free with holdfast_ledger_free().
 */
holdfast_status holdfast_probe(const holdfast_model *model, const holdfast_questions *questions,
                               const holdfast_questions *demonstrations, const holdfast_probe_options *options,
                               holdfast_progress_function progress, void *user_data, holdfast_ledger **ledger,
                               holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
