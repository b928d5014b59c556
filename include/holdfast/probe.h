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

/** What the choices of a cloze probe are compared by. */
typedef enum holdfast_normalization {
  /** The sum of the log-probabilities of a choice's tokens. */
  HOLDFAST_NORMALIZATION_RAW = 0,
  /** The sum divided by the number of tokens. */
  HOLDFAST_NORMALIZATION_PER_TOKEN = 1,
  /** The sum divided by the number of characters. */
  HOLDFAST_NORMALIZATION_PER_CHARACTER = 2,
  /** The sum minus the choice's log-probability without the question (pointwise mutual information). */
  HOLDFAST_NORMALIZATION_PMI = 3
} holdfast_normalization;

/** How a cloze question is put; the alternatives serve the noise floor. */
typedef enum holdfast_wording {
  /** "Question: {question}\nAnswer:" */
  HOLDFAST_WORDING_STANDARD = 0,
  /** "Q: {question}\nA:" */
  HOLDFAST_WORDING_SHORT = 1,
  /** "{question}\nAnswer:" */
  HOLDFAST_WORDING_UNLABELLED = 2,
  /** "{question}\n\nThe answer is:" */
  HOLDFAST_WORDING_SENTENCE = 3,
  /** "Please answer the following question.\nQuestion: {question}\nAnswer:" */
  HOLDFAST_WORDING_REQUEST = 4
} holdfast_wording;

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
  /** The most questions computed together; changes time and memory, never an answer. Default 64. */
  int32_t batch_size;
  /** A holdfast_normalization; for cloze only. Default HOLDFAST_NORMALIZATION_RAW. */
  int32_t normalization;
  /** A holdfast_wording; for cloze only. Default HOLDFAST_WORDING_STANDARD. */
  int32_t wording;
  /** Rotates the choices of a letter prompt by so many places. Default 0. */
  int32_t rotation;
  /** 1: rounds letter logits to bfloat16, as the published probabilities were. Default 0. */
  int32_t bfloat16_logits;
  /** The seed that orders the demonstrations. Default 42. */
  uint64_t seed;
  /** Probes the first so many questions only; 0 means all. Default 0. */
  uint64_t limit;
  /** The domain that a letter prompt names, such as "engineering"; NULL when there is none. Default NULL. */
  const char *domain;
  /** The conversation template the prompt is put into: a name such as "vicuna", "auto" for the model's own, or the path
   *  of a .jinja file; NULL for the plain prompt. Default NULL. */
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
