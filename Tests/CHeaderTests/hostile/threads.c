/* Many threads on one model. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct worker {
  pthread_t thread;
  const float *wanted;
  int good;
};

static void *work(void *argument) {
  struct worker *self = argument;
  const int32_t ids[] = {5, 6, 7};
  const size_t size = 3 * holdfast_model_vocabulary_size(model);
  float *logits = calloc(size, sizeof *logits);
  if (logits == NULL) return NULL;
  self->good = 1;
  for (int round = 0; round < 12 && self->good; round++) {
    holdfast_ledger *ledger = NULL;
    holdfast_tokenizer *tokenizer = NULL;
    self->good = holdfast_model_logits(model, ids, 3, logits, size, NULL) == HOLDFAST_OK &&
                 memcmp(logits, self->wanted, size * sizeof *logits) == 0 &&
                 holdfast_model_tokenizer(model, &tokenizer, NULL) == HOLDFAST_OK &&
                 holdfast_probe(model, questions, NULL, NULL, NULL, NULL, &ledger, NULL) == HOLDFAST_OK &&
                 holdfast_model_logits(NULL, ids, 3, logits, size, NULL) == HOLDFAST_INVALID_ARGUMENT;
    if (round == 10) (void)holdfast_set_num_threads(1 + round % 3, NULL);
    holdfast_tokenizer_free(tokenizer);
    holdfast_ledger_free(ledger);
  }
  free(logits);
  return NULL;
}

void threads(void) {
  const int32_t ids[] = {5, 6, 7};
  const size_t size = 3 * holdfast_model_vocabulary_size(model);
  float *wanted = calloc(size, sizeof *wanted);
  if (wanted == NULL) exit(1);
  WORKS(holdfast_model_logits(model, ids, 3, wanted, size, &error));
  struct worker workers[4];
  for (int index = 0; index < 4; index++) {
    workers[index].wanted = wanted;
    workers[index].good = 0;
    CHECK(pthread_create(&workers[index].thread, NULL, work, &workers[index]) == 0);
  }
  for (int index = 0; index < 4; index++) {
    pthread_join(workers[index].thread, NULL);
    CHECK(workers[index].good);
  }
  free(wanted);
}
