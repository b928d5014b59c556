/* Tokens, logits, gradients and generation with wrong pointers, counts and numbers. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void tokens(void) {
  holdfast_tokenizer *tokenizer = NULL;
  REFUSED(BAD, holdfast_model_tokenizer(NULL, &tokenizer, &error));
  REFUSED(BAD, holdfast_model_tokenizer(model, NULL, &error));
  WORKS(holdfast_model_tokenizer(model, &tokenizer, &error));
  int32_t *ids = NULL;
  size_t count = 7;
  const holdfast_bos_policy automatic = HOLDFAST_BOS_AUTOMATIC;
  REFUSED(BAD, holdfast_tokenizer_encode(NULL, "a", 1, automatic, 1, &ids, &count, &error));
  CHECK(ids == NULL && count == 0);
  REFUSED(BAD, holdfast_tokenizer_encode(tokenizer, NULL, 1, automatic, 1, &ids, &count, &error));
  REFUSED(BAD, holdfast_tokenizer_encode(tokenizer, NULL, HOLDFAST_NUL_TERMINATED, automatic, 1, &ids, &count, &error));
  REFUSED(BAD, holdfast_tokenizer_encode(tokenizer, "a", (size_t)-2, automatic, 1, &ids, &count, &error));
  REFUSED(BAD, holdfast_tokenizer_encode(tokenizer, "a", (size_t)INT64_MAX + 1, automatic, 1, &ids, &count, &error));
  REFUSED(BAD, holdfast_tokenizer_encode(tokenizer, not_utf8, 5, automatic, 1, &ids, &count, &error));
  REFUSED(BAD, holdfast_tokenizer_encode(tokenizer, "a", 1, (holdfast_bos_policy)77, 1, &ids, &count, &error));
  REFUSED(BAD, holdfast_tokenizer_encode(tokenizer, "a", 1, automatic, 2, &ids, &count, &error));
  REFUSED(BAD, holdfast_tokenizer_encode(tokenizer, "a", 1, automatic, 1, NULL, &count, &error));
  REFUSED(BAD, holdfast_tokenizer_encode(tokenizer, "a", 1, automatic, 1, &ids, NULL, &error));
  WORKS(holdfast_tokenizer_encode(tokenizer, NULL, 0, automatic, 1, &ids, &count, &error));
  CHECK(ids != NULL && count == 0);
  holdfast_array_free(ids);
  WORKS(holdfast_tokenizer_encode(tokenizer, "a\0b", 3, HOLDFAST_BOS_NEVER, 0, &ids, &count, &error));
  char *text = NULL;
  size_t length = 0;
  WORKS(holdfast_tokenizer_decode(tokenizer, ids, count, 0, &text, &length, &error));
  CHECK(length == 3 && memcmp(text, "a\0b", 4) == 0);
  holdfast_string_free(text);
  holdfast_array_free(ids);

  const int32_t negative[] = {-1}, large[] = {INT32_MAX}, fine[] = {1, 2};
  REFUSED(BAD, holdfast_tokenizer_decode(tokenizer, negative, 1, 0, &text, NULL, &error));
  REFUSED(BAD, holdfast_tokenizer_decode(tokenizer, large, 1, 0, &text, NULL, &error));
  REFUSED(BAD, holdfast_tokenizer_decode(tokenizer, NULL, 1, 0, &text, NULL, &error));
  REFUSED(BAD, holdfast_tokenizer_decode(tokenizer, fine, (size_t)-1, 0, &text, NULL, &error));
  REFUSED(BAD, holdfast_tokenizer_decode(tokenizer, fine, SIZE_MAX / 2, 0, &text, NULL, &error));
  REFUSED(BAD, holdfast_tokenizer_decode(tokenizer, fine, 2, 5, &text, NULL, &error));
  REFUSED(BAD, holdfast_tokenizer_decode(tokenizer, fine, 2, 0, NULL, NULL, &error));
  const void *misaligned = (const char *)fine + 1;
  REFUSED(BAD, holdfast_tokenizer_decode(tokenizer, misaligned, 1, 0, &text, NULL, &error));
  CHECK(text == NULL);
  holdfast_tokenizer_free(tokenizer);
}

void numbers(void) {
  const int32_t ids[] = {5, 6, 7}, bad[] = {5, -6, 7}, huge[] = {5, INT32_MAX, 7};
  const int32_t labels[] = {-100, 6, 7}, none[] = {5, -100, -100}, strange[] = {-100, -7, 7};
  const size_t size = 3 * holdfast_model_vocabulary_size(model);
  const size_t context = holdfast_model_context_length(model);
  float *logits = calloc(size + 1, sizeof *logits);
  int32_t *many = calloc(context + 1, sizeof *many);
  if (logits == NULL || many == NULL) exit(1);
  logits[size] = 42;
  REFUSED(BAD, holdfast_model_logits(NULL, ids, 3, logits, size, &error));
  REFUSED(BAD, holdfast_model_logits(model, NULL, 3, logits, size, &error));
  REFUSED(BAD, holdfast_model_logits(model, ids, 3, NULL, size, &error));
  REFUSED(BAD, holdfast_model_logits(model, ids, 0, logits, size, &error));
  REFUSED(BAD, holdfast_model_logits(model, ids, 3, logits, size - 1, &error));
  REFUSED(BAD, holdfast_model_logits(model, ids, 3, logits, 0, &error));
  REFUSED(BAD, holdfast_model_logits(model, ids, SIZE_MAX, logits, size, &error));
  REFUSED(BAD, holdfast_model_logits(model, ids, (size_t)1 << 62, logits, size, &error));
  REFUSED(BAD, holdfast_model_logits(model, bad, 3, logits, size, &error));
  REFUSED(BAD, holdfast_model_logits(model, huge, 3, logits, size, &error));
  REFUSED(HOLDFAST_CONTEXT_LENGTH, holdfast_model_logits(model, many, context + 1, logits, size, &error));
  WORKS(holdfast_model_logits(model, ids, 3, logits, size, &error));
  CHECK(logits[size] == 42 && isfinite(logits[0]) && isfinite(logits[size - 1]));

  holdfast_gradients *gradients = NULL;
  double loss = 0;
  REFUSED(BAD, holdfast_model_loss_and_gradients(NULL, ids, labels, 3, &loss, &gradients, &error));
  REFUSED(BAD, holdfast_model_loss_and_gradients(model, NULL, labels, 3, &loss, &gradients, &error));
  REFUSED(BAD, holdfast_model_loss_and_gradients(model, ids, NULL, 3, &loss, &gradients, &error));
  REFUSED(BAD, holdfast_model_loss_and_gradients(model, ids, labels, 0, &loss, &gradients, &error));
  REFUSED(BAD, holdfast_model_loss_and_gradients(model, ids, labels, SIZE_MAX, &loss, &gradients, &error));
  REFUSED(BAD, holdfast_model_loss_and_gradients(model, ids, none, 3, &loss, &gradients, &error));
  REFUSED(BAD, holdfast_model_loss_and_gradients(model, ids, strange, 3, &loss, &gradients, &error));
  REFUSED(BAD, holdfast_model_loss_and_gradients(model, bad, labels, 3, &loss, &gradients, &error));
  REFUSED(BAD, holdfast_model_loss_and_gradients(model, ids, labels, 3, &loss, NULL, &error));
  REFUSED(HOLDFAST_CONTEXT_LENGTH,
          holdfast_model_loss_and_gradients(model, many, many, context + 1, &loss, &gradients, &error));
  CHECK(gradients == NULL);
  WORKS(holdfast_model_loss_and_gradients(model, ids, labels, 3, NULL, &gradients, &error));
  CHECK(holdfast_gradients_count(gradients) == holdfast_model_parameter_count(model));
  size_t rank = 9;
  CHECK(holdfast_gradients_shape(gradients, SIZE_MAX, &rank) == NULL && rank == 0);
  CHECK(holdfast_gradients_name(gradients, 100000) == NULL && holdfast_gradients_data(gradients, 100000) == NULL);
  CHECK(holdfast_gradients_shape(gradients, 0, &rank) != NULL && rank == 2);
  CHECK(holdfast_gradients_data(gradients, 0) != NULL && holdfast_gradients_shape(gradients, 0, NULL) != NULL);
  holdfast_gradients_free(gradients);
  CHECK(holdfast_gradients_count(gradients) == 0 && holdfast_gradients_data(gradients, 0) == NULL);
  holdfast_gradients_free(NULL);
  free(many);
  free(logits);
}

void generation(void) {
  const int32_t prompt[] = {5, 6};
  holdfast_generation *made = NULL;
  holdfast_generate_options options;
#define GENERATE(name, value)                                                                             \
  holdfast_generate_options_init(&options, sizeof options);                                               \
  options.name = value;                                                                                   \
  REFUSED(BAD, holdfast_model_generate(model, prompt, 2, &options, NULL, NULL, &made, &error))
  GENERATE(struct_size, 0);
  GENERATE(struct_size, sizeof options - 1);
  GENERATE(struct_size, UINT32_MAX);
  GENERATE(max_tokens, 0);
  GENERATE(max_tokens, -5);
  GENERATE(temperature, NAN);
  GENERATE(temperature, -1);
  GENERATE(temperature, INFINITY);
  GENERATE(top_p, NAN);
  GENERATE(top_p, 0);
  GENERATE(top_p, 1.5);
  GENERATE(stop_count, 1);
  GENERATE(stop_count, SIZE_MAX);
#undef GENERATE
  holdfast_generate_options_init(&options, sizeof options);
  const char *stops[] = {"x", NULL};
  options.stop = stops;
  options.stop_count = 2;
  REFUSED(BAD, holdfast_model_generate(model, prompt, 2, &options, NULL, NULL, &made, &error));
  stops[1] = not_utf8;
  REFUSED(BAD, holdfast_model_generate(model, prompt, 2, &options, NULL, NULL, &made, &error));
  REFUSED(BAD, holdfast_model_generate(model, NULL, 2, NULL, NULL, NULL, &made, &error));
  REFUSED(BAD, holdfast_model_generate(model, prompt, 0, NULL, NULL, NULL, &made, &error));
  REFUSED(BAD, holdfast_model_generate(model, prompt, 2, NULL, NULL, NULL, NULL, &error));
  REFUSED(BAD, holdfast_model_generate(NULL, prompt, 2, NULL, NULL, NULL, &made, &error));

  /* Structures of an older size are refused until there is an older version; a newer one with zeros is accepted. */
  struct {
    holdfast_generate_options options;
    char newer[24];
  } larger;
  memset(&larger, 0xAA, sizeof larger);
  holdfast_generate_options_init(&larger.options, sizeof larger);
  CHECK(larger.options.struct_size == sizeof larger && larger.newer[0] == 0 && larger.newer[23] == 0);
  larger.options.max_tokens = 3;
  WORKS(holdfast_model_generate(model, prompt, 2, &larger.options, NULL, NULL, &made, &error));
  size_t count = 0, length = 0;
  CHECK(holdfast_generation_tokens(made, &count) != NULL && count <= 3);
  CHECK(holdfast_generation_text(made, &length) != NULL && strlen(holdfast_generation_text(made, NULL)) <= length);
  holdfast_generation_free(made);
  CHECK(holdfast_generation_tokens(made, &count) == NULL && count == 0 && holdfast_generation_text(made, NULL) == NULL);
  larger.newer[23] = 1;
  REFUSED(BAD, holdfast_model_generate(model, prompt, 2, &larger.options, NULL, NULL, &made, &error));
  holdfast_generate_options_init(NULL, sizeof options);
  holdfast_generate_options_init(&options, 0);

  int left = 1;
  REFUSED(HOLDFAST_CANCELLED, holdfast_model_generate(model, prompt, 2, NULL, cancel_at, &left, &made, &error));
  CHECK(made == NULL);
}
