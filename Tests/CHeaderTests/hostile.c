/*
 * A caller that does everything wrong: NULLs, freed and foreign handles, wrong sizes, text that is not UTF-8, options of
 * other versions, NaN, huge counts, callbacks that cancel and call back, several threads. Every call must return the
 * status the header promises, with a message, and the process must live.
 *
 *   hostile FIXTURES/model/tiny-tied FIXTURES/face SCRATCH
 */
#define _POSIX_C_SOURCE 200809L
#include <holdfast.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;
static int checks = 0;

#define CHECK(condition)                                                    \
  do {                                                                      \
    checks++;                                                               \
    if (!(condition)) {                                                     \
      failures++;                                                           \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);       \
    }                                                                       \
  } while (0)

/* The call must fail with `wanted` and an error that says so; without an error pointer it must fail just the same. */
#define REFUSED(wanted, ...)                                                                                    \
  do {                                                                                                          \
    holdfast_error *error = NULL;                                                                               \
    holdfast_status status = (__VA_ARGS__);                                                                     \
    CHECK(status == (wanted));                                                                                  \
    CHECK(error != NULL && holdfast_error_code(error) == (wanted) && holdfast_error_message(error)[0] != '\0'); \
    if (status != (wanted)) fprintf(stderr, "  %d: %s\n", (int)status, holdfast_error_message(error));          \
    holdfast_error_free(error);                                                                                 \
  } while (0)

#define WORKS(...)                                                                                    \
  do {                                                                                                \
    holdfast_error *error = NULL;                                                                     \
    CHECK((__VA_ARGS__) == HOLDFAST_OK);                                                              \
    CHECK(error == NULL);                                                                             \
    if (error != NULL) fprintf(stderr, "  %s\n", holdfast_error_message(error));                      \
    holdfast_error_free(error);                                                                       \
  } while (0)

static const holdfast_status BAD = HOLDFAST_INVALID_ARGUMENT;

static const char *not_utf8 = "abc\xFF\xFE";
static holdfast_model *model;
static holdfast_questions *questions;
static holdfast_instructions *instructions;
static char path[4096];

static const char *in(const char *folder, const char *name) {
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* Cancels at the report `*user_data` counts down to. */
static int32_t cancel_at(const holdfast_progress *progress, void *user_data) {
  CHECK(progress->struct_size >= sizeof(holdfast_progress));
  CHECK(progress->stage != NULL && progress->unit != NULL && progress->detail != NULL);
  int *left = user_data;
  return --*left <= 0;
}

/* Calls the library from within a callback, and frees what the outer call works on. */
static int32_t meddle(const holdfast_progress *progress, void *user_data) {
  (void)progress;
  holdfast_model **mine = user_data;
  holdfast_error *error = NULL;
  char *json = NULL;
  CHECK(holdfast_system_info(&json, &error) == HOLDFAST_OK);
  holdfast_string_free(json);
  holdfast_model_free(*mine);
  *mine = NULL;
  return 0;
}

static void base(void) {
  CHECK(holdfast_abi_version() == 0);
  CHECK(strchr(holdfast_version(), '.') != NULL);
  CHECK(holdfast_error_code(NULL) == HOLDFAST_OK);
  CHECK(strcmp(holdfast_error_message(NULL), "") == 0);
  CHECK(strcmp(holdfast_status_name(HOLDFAST_CORRUPT_DATA), "corrupt-data") == 0);
  CHECK(strcmp(holdfast_status_name((holdfast_status)12345), "unknown") == 0);
  holdfast_error_free(NULL);
  holdfast_string_free(NULL);
  holdfast_array_free(NULL);

  REFUSED(BAD, holdfast_system_info(NULL, &error));
  REFUSED(BAD, holdfast_set_num_threads(0, &error));
  REFUSED(BAD, holdfast_set_num_threads(-1, &error));
  REFUSED(BAD, holdfast_set_num_threads(INT32_MAX, &error));
  WORKS(holdfast_set_num_threads(2, &error));
  CHECK(holdfast_num_threads() == 2);
}

static void handles(const char *model_path) {
  holdfast_model *wrong = NULL;
  REFUSED(BAD, holdfast_model_load(NULL, &wrong, &error));
  REFUSED(BAD, holdfast_model_load(model_path, NULL, &error));
  REFUSED(BAD, holdfast_model_load("", &wrong, &error));
  REFUSED(BAD, holdfast_model_load(not_utf8, &wrong, &error));
  REFUSED(HOLDFAST_NOT_FOUND, holdfast_model_load("/nowhere/at/all", &wrong, &error));
  CHECK(wrong == NULL);
  CHECK(holdfast_model_load(NULL, NULL, NULL) == HOLDFAST_INVALID_ARGUMENT);

  /* A freed handle, one of another kind, and pointers that never were handles. */
  holdfast_model *freed = NULL;
  WORKS(holdfast_model_load(model_path, &freed, &error));
  holdfast_tokenizer *tokenizer = NULL;
  WORKS(holdfast_model_tokenizer(freed, &tokenizer, &error));
  holdfast_model_free(freed);
  holdfast_model_free(freed);
  char *json = NULL;
  int object = 0;
  REFUSED(BAD, holdfast_model_info(freed, &json, &error));
  REFUSED(BAD, holdfast_model_info((holdfast_model *)tokenizer, &json, &error));
  REFUSED(BAD, holdfast_model_info((holdfast_model *)&object, &json, &error));
  REFUSED(BAD, holdfast_model_info((holdfast_model *)(uintptr_t)-1, &json, &error));
  REFUSED(BAD, holdfast_model_info(NULL, &json, &error));
  REFUSED(BAD, holdfast_model_info(model, NULL, &error));
  CHECK(json == NULL);
  holdfast_model_free((holdfast_model *)tokenizer);
  holdfast_model_free((holdfast_model *)&object);
  CHECK(holdfast_model_vocabulary_size(freed) == 0);
  CHECK(holdfast_model_context_length(NULL) == 0);
  CHECK(holdfast_model_parameter_count((holdfast_model *)tokenizer) == 0);
  CHECK(holdfast_model_parameter_name(freed, 0) == NULL);
  CHECK(holdfast_model_parameter_name(model, (size_t)-1) == NULL);
  CHECK(holdfast_model_parameter_name(model, holdfast_model_parameter_count(model)) == NULL);
  CHECK(holdfast_model_parameter_name(model, 0) != NULL);

  /* The tokenizer outlives its model. */
  CHECK(holdfast_tokenizer_vocabulary_size(tokenizer) > 0);
  holdfast_tokenizer_free(tokenizer);
  CHECK(holdfast_tokenizer_vocabulary_size(tokenizer) == 0);
  CHECK(holdfast_tokenizer_bos_token(NULL) == -1 && holdfast_tokenizer_eos_token(tokenizer) == -1);

  REFUSED(BAD, holdfast_model_save(NULL, "x.h5", &error));
  REFUSED(BAD, holdfast_model_save(model, NULL, &error));
  REFUSED(BAD, holdfast_model_save(model, "", &error));
  CHECK(holdfast_model_save(model, "/nowhere/at/all/x.h5", NULL) != HOLDFAST_OK);
}

static void tokens(void) {
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
  const char *misaligned = (const char *)fine + 1;
  REFUSED(BAD, holdfast_tokenizer_decode(tokenizer, (const int32_t *)(const void *)misaligned, 1, 0, &text, NULL, &error));
  CHECK(text == NULL);
  holdfast_tokenizer_free(tokenizer);
}

static void numbers(void) {
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

static void generation(void) {
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

static void probing(const char *model_path, const char *data, const char *scratch) {
  holdfast_questions *wrong = NULL;
  REFUSED(BAD, holdfast_questions_load(NULL, &wrong, &error));
  REFUSED(BAD, holdfast_questions_load("x", NULL, &error));
  REFUSED(HOLDFAST_NOT_FOUND, holdfast_questions_load("/nowhere.jsonl", &wrong, &error));
  REFUSED(BAD, holdfast_questions_parse("", &wrong, &error));
  REFUSED(BAD, holdfast_questions_parse("{\"question\":\"q\",\"choices\":[\"a\"],\"answer\":0}", &wrong, &error));
  REFUSED(BAD, holdfast_questions_parse("{\"question\":\"q\",\"choices\":[\"a\",\"b\"],\"answer\":2}", &wrong, &error));
  REFUSED(HOLDFAST_CORRUPT_DATA, holdfast_questions_parse("{\"question\":", &wrong, &error));
  REFUSED(BAD, holdfast_questions_parse(not_utf8, &wrong, &error));
  CHECK(wrong == NULL && holdfast_questions_count(NULL) == 0);
  holdfast_questions_free(NULL);

  holdfast_ledger *ledger = NULL;
  holdfast_probe_options options;
#define PROBE(name, value)                                                                            \
  holdfast_probe_options_init(&options, sizeof options);                                              \
  options.name = value;                                                                               \
  REFUSED(BAD, holdfast_probe(model, questions, NULL, &options, NULL, NULL, &ledger, &error))
  PROBE(struct_size, 8);
  PROBE(probe, 2);
  PROBE(probe, -1);
  PROBE(mode, 9);
  PROBE(bos, 3);
  PROBE(shots, -1);
  PROBE(shots, INT32_MAX);
  PROBE(shots, 2); /* no demonstrations */
  PROBE(batch_size, 0);
  PROBE(batch_size, INT32_MIN);
  PROBE(normalization, 4);
  PROBE(wording, -2);
  PROBE(rotation, -1);
  PROBE(rotation, 1); /* letters only */
  PROBE(bfloat16_logits, 7);
  PROBE(limit, UINT64_MAX);
  PROBE(domain, not_utf8);
  PROBE(template_name, "no such template");
  PROBE(mode, HOLDFAST_MODE_PAPER); /* letters only */
#undef PROBE
  REFUSED(BAD, holdfast_probe(NULL, questions, NULL, NULL, NULL, NULL, &ledger, &error));
  REFUSED(BAD, holdfast_probe(model, NULL, NULL, NULL, NULL, NULL, &ledger, &error));
  REFUSED(BAD, holdfast_probe(model, questions, NULL, NULL, NULL, NULL, NULL, &error));
  REFUSED(BAD, holdfast_probe((holdfast_model *)questions, questions, NULL, NULL, NULL, NULL, &ledger, &error));
  REFUSED(BAD, holdfast_probe(model, questions, (holdfast_questions *)model, NULL, NULL, NULL, &ledger, &error));
  for (int at = 1; at <= 2; at++) {
    int left = at;
    REFUSED(HOLDFAST_CANCELLED, holdfast_probe(model, questions, NULL, NULL, cancel_at, &left, &ledger, &error));
  }
  CHECK(ledger == NULL);

  /* The callback frees the model under the call, which goes on. */
  holdfast_model *mine = NULL;
  WORKS(holdfast_model_load(model_path, &mine, &error));
  WORKS(holdfast_probe(mine, questions, NULL, NULL, meddle, &mine, &ledger, &error));
  CHECK(mine == NULL && holdfast_ledger_count(ledger) == holdfast_questions_count(questions));

  holdfast_ledger_row row;
  memset(&row, 0, sizeof row);
  REFUSED(BAD, holdfast_ledger_get_row(ledger, 0, &row, &error));
  row.struct_size = sizeof row;
  REFUSED(BAD, holdfast_ledger_get_row(ledger, SIZE_MAX, &row, &error));
  REFUSED(BAD, holdfast_ledger_get_row(ledger, holdfast_ledger_count(ledger), &row, &error));
  REFUSED(BAD, holdfast_ledger_get_row(ledger, 0, NULL, &error));
  REFUSED(BAD, holdfast_ledger_get_row(NULL, 0, &row, &error));
  WORKS(holdfast_ledger_get_row(ledger, 0, &row, &error));
  double sum = 0;
  for (int choice = 0; choice < row.choice_count; choice++) sum += row.probabilities[choice];
  CHECK(fabs(sum - 1) < 1e-9 && row.struct_size == sizeof row && strlen(row.prompt_digest) == 64);

  char *json = NULL;
  REFUSED(BAD, holdfast_ledger_json(NULL, &json, &error));
  REFUSED(BAD, holdfast_ledger_json(ledger, NULL, &error));
  REFUSED(BAD, holdfast_ledger_save(ledger, NULL, &error));
  CHECK(holdfast_ledger_save(ledger, "/nowhere/at/all/l.h5", NULL) != HOLDFAST_OK);
  WORKS(holdfast_ledger_save(ledger, in(scratch, "ledger.h5"), &error));
  holdfast_ledger *again = NULL;
  WORKS(holdfast_ledger_load(in(scratch, "ledger.h5"), &again, &error));
  CHECK(holdfast_ledger_count(again) == holdfast_ledger_count(ledger));
  holdfast_ledger_free(again);
  REFUSED(HOLDFAST_NOT_FOUND, holdfast_ledger_load("/nowhere.h5", &again, &error));
  CHECK(again == NULL);
  CHECK(holdfast_ledger_load(in(data, "questions.jsonl"), &again, NULL) != HOLDFAST_OK && again == NULL);

  holdfast_comparison *comparison = NULL;
  holdfast_compare_options compare;
#define COMPARE(name, value)                                                                           \
  holdfast_compare_options_init(&compare, sizeof compare);                                             \
  compare.name = value;                                                                                \
  REFUSED(BAD, holdfast_compare_ledgers(ledger, ledger, &compare, &comparison, &error))
  COMPARE(struct_size, 4);
  COMPARE(resamples, 0);
  COMPARE(resamples, -1);
  COMPARE(resamples, INT32_MAX);
  COMPARE(confidence_level, NAN);
  COMPARE(confidence_level, 0);
  COMPARE(confidence_level, 1);
  COMPARE(min_consistency, NAN);
  COMPARE(min_consistency, 2);
  COMPARE(rule, 2);
  COMPARE(rule, HOLDFAST_GATE_NOISE_FLOOR); /* no floor between ledgers */
  COMPARE(method, -1);
  COMPARE(floor_prompts, -1);
  COMPARE(examples, -1);
  COMPARE(floor_limit, UINT64_MAX);
#undef COMPARE
  REFUSED(BAD, holdfast_compare_ledgers(NULL, ledger, NULL, &comparison, &error));
  REFUSED(BAD, holdfast_compare_ledgers(ledger, NULL, NULL, &comparison, &error));
  REFUSED(BAD, holdfast_compare_ledgers(ledger, ledger, NULL, NULL, &error));
  REFUSED(BAD, holdfast_compare_models(model, NULL, questions, NULL, NULL, NULL, NULL, NULL, &comparison, &error));
  REFUSED(BAD, holdfast_compare_models(model, model, NULL, NULL, NULL, NULL, NULL, NULL, &comparison, &error));
  int left = 1;
  REFUSED(HOLDFAST_CANCELLED,
          holdfast_compare_models(model, model, questions, NULL, NULL, NULL, cancel_at, &left, &comparison, &error));
  CHECK(comparison == NULL && isnan(holdfast_comparison_consistency(NULL).mean));
  CHECK(isnan(holdfast_comparison_accuracy_before(NULL).low) && isnan(holdfast_comparison_accuracy_after(NULL).high));
  CHECK(holdfast_comparison_passes(NULL) == 0);
  REFUSED(BAD, holdfast_comparison_json(NULL, &json, &error));
  WORKS(holdfast_compare_ledgers(ledger, ledger, NULL, &comparison, &error));
  holdfast_ledger_free(ledger);
  CHECK(fabs(holdfast_comparison_consistency(comparison).low - 1) < 1e-12);
  CHECK(holdfast_comparison_passes(comparison) == 1);
  CHECK(holdfast_comparison_verdict(comparison) == HOLDFAST_VERDICT_PASSES);
  CHECK(holdfast_comparison_verdict(NULL) == HOLDFAST_VERDICT_UNDECIDED);
  WORKS(holdfast_comparison_json(comparison, &json, &error));
  holdfast_string_free(json);
  holdfast_comparison_free(comparison);
  holdfast_comparison_free(comparison);
}

static void tuning(const char *scratch) {
  holdfast_instructions *wrong = NULL;
  REFUSED(BAD, holdfast_instructions_load(NULL, &wrong, &error));
  REFUSED(HOLDFAST_NOT_FOUND, holdfast_instructions_load("/nowhere.jsonl", &wrong, &error));
  CHECK(holdfast_instructions_parse("", &wrong, NULL) != HOLDFAST_OK);
  CHECK(holdfast_instructions_parse("{\"strange\": 1}", &wrong, NULL) != HOLDFAST_OK);
  CHECK(holdfast_instructions_parse("{", &wrong, NULL) == HOLDFAST_CORRUPT_DATA);
  CHECK(wrong == NULL && holdfast_instructions_count(NULL) == 0);

  holdfast_model *tuned = NULL;
  char *report = NULL;
  holdfast_tune_options options;
#define TUNE(name, value)                                                                                \
  holdfast_tune_options_init(&options, sizeof options);                                                  \
  options.template_name = "none";                                                                        \
  options.name = value;                                                                                  \
  REFUSED(BAD, holdfast_tune(model, instructions, &options, NULL, NULL, &tuned, &report, &error))
  TUNE(struct_size, 12);
  TUNE(schedule, 3);
  TUNE(batch_size, 0);
  TUNE(batch_size, -4);
  TUNE(micro_batch_size, -1);
  TUNE(micro_batch_tokens, 0);
  TUNE(micro_batch_tokens, INT64_MIN);
  TUNE(max_steps, -1);
  TUNE(max_steps, INT64_MAX);
  TUNE(epochs, 0);
  TUNE(epochs, NAN);
  TUNE(epochs, INFINITY);
  TUNE(learning_rate, NAN);
  TUNE(learning_rate, -1);
  TUNE(warmup_ratio, 1.5);
  TUNE(weight_decay, NAN);
  TUNE(clip_norm, -1);
  TUNE(beta1, 1);
  TUNE(beta2, NAN);
  TUNE(epsilon, 0);
  TUNE(shuffle, 2);
  TUNE(bos, -1);
  TUNE(max_length, -1);
  TUNE(template_name, "no such template");
  TUNE(template_name, not_utf8);
  TUNE(checkpoint_path, "");
  TUNE(checkpoint_every, 5); /* no path */
  TUNE(resume, 1);           /* no path */
  TUNE(reserved, 1);
#undef TUNE
  REFUSED(BAD, holdfast_tune(NULL, instructions, NULL, NULL, NULL, &tuned, &report, &error));
  REFUSED(BAD, holdfast_tune(model, NULL, NULL, NULL, NULL, &tuned, &report, &error));
  REFUSED(BAD, holdfast_tune(model, instructions, NULL, NULL, NULL, NULL, &report, &error));

  holdfast_tune_options_init(&options, sizeof options);
  options.template_name = "none";
  options.batch_size = 4;
  options.epochs = 1;
  for (int at = 1; at <= 3; at++) {
    int left = at;
    REFUSED(HOLDFAST_CANCELLED,
            holdfast_tune(model, instructions, &options, cancel_at, &left, &tuned, &report, &error));
  }
  CHECK(tuned == NULL && report == NULL);
  /* Cancelled with a checkpoint, and gone on from it. */
  char checkpoint[4096];
  snprintf(checkpoint, sizeof checkpoint, "%s", in(scratch, "checkpoint.h5"));
  options.checkpoint_path = checkpoint;
  int left = 3;
  REFUSED(HOLDFAST_CANCELLED, holdfast_tune(model, instructions, &options, cancel_at, &left, &tuned, NULL, &error));
  options.resume = 1;
  WORKS(holdfast_tune(model, instructions, &options, NULL, NULL, &tuned, NULL, &error));
  holdfast_model_free(tuned);

  options.checkpoint_path = NULL;
  options.resume = 0;
  options.learning_rate = 10;
  options.clip_norm = 0;
  options.epochs = 200;
  holdfast_status status = holdfast_tune(model, instructions, &options, NULL, NULL, &tuned, NULL, NULL);
  CHECK(status == HOLDFAST_OK || status == HOLDFAST_NUMERICAL);
  holdfast_model_free(tuned);
}

static void studies(const char *data) {
  char *json = NULL;
  REFUSED(BAD, holdfast_study_run(NULL, NULL, NULL, NULL, &json, &error));
  REFUSED(BAD, holdfast_study_run(not_utf8, NULL, NULL, NULL, &json, &error));
  REFUSED(BAD, holdfast_study_run("{}", not_utf8, NULL, NULL, &json, &error));
  CHECK(holdfast_study_run("{", NULL, NULL, NULL, &json, NULL) == HOLDFAST_CORRUPT_DATA);
  CHECK(holdfast_study_run("{}", NULL, NULL, NULL, &json, NULL) != HOLDFAST_OK);
  CHECK(holdfast_study_run("[1]", NULL, NULL, NULL, NULL, NULL) != HOLDFAST_OK);
  REFUSED(BAD, holdfast_study_run_file(NULL, NULL, NULL, &json, &error));
  REFUSED(HOLDFAST_NOT_FOUND, holdfast_study_run_file("/nowhere.json", NULL, NULL, &json, &error));
  REFUSED(BAD, holdfast_study_status(NULL, &json, &error));
  REFUSED(BAD, holdfast_study_status(data, NULL, &error));
  CHECK(holdfast_study_status("/nowhere", &json, NULL) != HOLDFAST_OK);
  int left = 1;
  REFUSED(HOLDFAST_CANCELLED, holdfast_study_run_file(in(data, "study.json"), cancel_at, &left, &json, &error));
  REFUSED(BAD, holdfast_inspect(NULL, &json, &error));
  REFUSED(BAD, holdfast_inspect("x", NULL, &error));
  REFUSED(HOLDFAST_NOT_FOUND, holdfast_inspect("/nowhere", &json, &error));
  CHECK(holdfast_inspect(in(data, "questions.jsonl"), &json, NULL) == HOLDFAST_OK || json == NULL);
  holdfast_string_free(json);
}

/* Many threads on one model, with handles freed under each other. */
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
  for (int round = 0; round < 20 && self->good; round++) {
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

static void threads(void) {
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

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s MODEL DATA SCRATCH\n", argv[0]);
    return 2;
  }
  base();
  WORKS(holdfast_model_load(argv[1], &model, &error));
  WORKS(holdfast_questions_load(in(argv[2], "questions.jsonl"), &questions, &error));
  WORKS(holdfast_instructions_load(in(argv[2], "instructions.jsonl"), &instructions, &error));
  handles(argv[1]);
  tokens();
  numbers();
  generation();
  probing(argv[1], argv[2], argv[3]);
  tuning(argv[3]);
  studies(argv[2]);
  threads();
  holdfast_instructions_free(instructions);
  holdfast_questions_free(questions);
  holdfast_model_free(model);
  fprintf(stderr, "hostile: %d checks, %d failures\n", checks, failures);
  return failures != 0;
}
