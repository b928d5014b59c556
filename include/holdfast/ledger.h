/**
 * @file ledger.h
 * What a model answered to each question, with the evidence.
 *
 * A ledger is immutable: one `const holdfast_ledger *` serves any number of threads. It needs neither the model nor the
 * questions it came from. Since 0.1.
 */
#ifndef HOLDFAST_LEDGER_H
#define HOLDFAST_LEDGER_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The answers of one model to a list of questions. */
typedef struct holdfast_ledger holdfast_ledger;

/** One row of a ledger. Its pointers live as long as the ledger. */
typedef struct holdfast_ledger_row {
  /** sizeof(holdfast_ledger_row), set by the caller; the library fills no more than that. */
  uint32_t struct_size;
  /** The number of choices. */
  int32_t choice_count;
  /** The index of the choice the model prefers; the first on a tie. */
  int32_t prediction;
  /** The index of the right choice; -1 when the question does not say. */
  int32_t gold;
  /** The probability of the prediction among the choices. */
  double confidence;
  /** The question's identifier. */
  const char *id;
  /** The SHA-256, in hexadecimal, of all tokens computed for the question: equal for identical prompts. */
  const char *prompt_digest;
  /** choice_count natural log-probabilities: each choice's scored tokens, summed. */
  const double *log_probabilities;
  /** choice_count numbers the choices are compared by: normalised log-probabilities, or the letters' logits. */
  const double *scores;
  /** choice_count probabilities, the softmax of the scores. */
  const double *probabilities;
} holdfast_ledger_row;

/**
 * Opens a ledger that was saved.
 * @param ledger receives the ledger, to free with holdfast_ledger_free().
 */
holdfast_status holdfast_ledger_load(const char *path, holdfast_ledger **ledger, holdfast_error **error);

/** Writes a ledger to an HDF5 file, atomically, replacing what is there. */
holdfast_status holdfast_ledger_save(const holdfast_ledger *ledger, const char *path, holdfast_error **error);

/** Frees a ledger. NULL is accepted. */
void holdfast_ledger_free(holdfast_ledger *ledger);

/** The number of rows; 0 for a handle that is none. */
size_t holdfast_ledger_count(const holdfast_ledger *ledger);

/**
 * Reads one row.
 * @param index 0 ..< holdfast_ledger_count().
 * @param row a structure whose struct_size is set; the rest is overwritten.
 */
holdfast_status holdfast_ledger_get_row(const holdfast_ledger *ledger, size_t index, holdfast_ledger_row *row,
                                        holdfast_error **error);

/**
 * The whole ledger as one JSON object: how it was made, its summary (accuracy with its interval) and its rows.
 * @param json receives a string to free with holdfast_string_free().
 */
holdfast_status holdfast_ledger_json(const holdfast_ledger *ledger, char **json, holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
