/*
 * Looking inside a model in C: what it is about to say behind every layer, which part of a layer that hangs on, and what
 * becomes of its answers without that part.
 *
 *   cc -Iinclude examples/c/look_inside.c -L.build/release -lholdfast -lm -Wl,-rpath,$PWD/.build/release -o look_inside
 *   ./look_inside MODEL QUESTIONS.jsonl ACTIVATIONS.h5 ["A prompt"]
 *
 * ACTIVATIONS.h5 receives the residual stream at the questions' last tokens; docs/activations.md says how to plot it.
 */
#include <holdfast.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(holdfast_status status, holdfast_error *error) {
  if (status == HOLDFAST_OK) return;
  fprintf(stderr, "%s: %s\n", holdfast_status_name(status), holdfast_error_message(error));
  holdfast_error_free(error);
  exit(1);
}

/* A prompt, and the token a model finds likeliest behind it. */
typedef struct {
  const holdfast_model *model;
  int32_t *tokens;
  size_t count, vocabulary;
  int32_t answer;
  float *logits;
} prompt;

/* The log-probability of the answer in the last row of logits [T, V]. */
static double log_probability(const prompt *p) {
  const float *last = p->logits + (p->count - 1) * p->vocabulary;
  double largest = -HUGE_VAL, sum = 0;
  for (size_t i = 0; i < p->vocabulary; i++) largest = fmax(largest, last[i]);
  for (size_t i = 0; i < p->vocabulary; i++) sum += exp(last[i] - largest);
  return last[p->answer] - largest - log(sum);
}

/* A function called at a site: sets the last token's activation to zero. */
static int32_t silence_last_token(const char *site, float *data, const int64_t *shape, size_t ndim, void *user_data) {
  (void)site;
  (void)user_data;
  size_t width = 1;
  for (size_t axis = 1; axis < ndim; axis++) width *= (size_t)shape[axis];
  memset(data + (size_t)(shape[0] - 1) * width, 0, width * sizeof *data);
  return 0;
}

/* The answer's log-probability when a site of the last token is silenced. */
static double without(const prompt *p, const char *site) {
  holdfast_error *error = NULL;
  check(holdfast_model_logits_with(p->model, p->tokens, p->count, &site, 1, silence_last_token, NULL, p->logits,
                                   p->count * p->vocabulary, &error),
        error);
  return log_probability(p);
}

/* Prints, for every layer, the length of the stream and what the answer loses without each part; finds the dearest. */
static void scan_layers(const prompt *p, char *dearest, size_t size) {
  holdfast_error *error = NULL;
  const char *pattern = "blocks.*.hook_resid_post";
  holdfast_activations *streams = NULL;
  check(holdfast_model_run_with_cache(p->model, p->tokens, p->count, &pattern, 1, &streams, &error), error);
  memcpy(p->logits, holdfast_activations_logits(streams, NULL, NULL), p->count * p->vocabulary * sizeof *p->logits);
  double clean = log_probability(p), largest = -HUGE_VAL;

  printf("layer  |stream|  without attention  without feed-forward\n");
  for (size_t layer = 0; layer < holdfast_activations_count(streams); layer++) {
    size_t rank = 0;
    const int64_t *shape = holdfast_activations_shape(streams, layer, &rank);
    const float *stream = holdfast_activations_data(streams, layer) + (shape[0] - 1) * shape[1];
    double squares = 0;
    for (int64_t i = 0; i < shape[1]; i++) squares += (double)stream[i] * stream[i];

    double loss[2];
    for (int part = 0; part < 2; part++) {
      char site[64];
      snprintf(site, sizeof site, "blocks.%zu.hook_%s_out", layer, part == 0 ? "attn" : "mlp");
      loss[part] = clean - without(p, site);
      if (loss[part] > largest) {
        largest = loss[part];
        snprintf(dearest, size, "%s", site);
      }
    }
    printf("%5zu  %8.1f  %17.3f  %20.3f\n", layer, sqrt(squares), loss[0], loss[1]);
  }
  printf("the answer, log-probability %.3f, loses most without %s: %.3f nats\n", clean, dearest, largest);
  holdfast_activations_free(streams);
}

/* The logit lens in one call; the request and the result are JSON. A prompt may be token ids, which need no escaping. */
static void print_lens(const prompt *p) {
  holdfast_error *error = NULL;
  size_t size = 128 + p->count * 12, used = 0;
  char *request = malloc(size), *json = NULL;
  if (request == NULL) exit(1);
  used += (size_t)snprintf(request, size, "{\"analysis\": \"lens\", \"positions\": [-1], \"targets\": [%d], \"prompt\": [",
                           p->answer);
  for (size_t i = 0; i < p->count; i++)
    used += (size_t)snprintf(request + used, size - used, "%s%d", i == 0 ? "" : ", ", p->tokens[i]);
  snprintf(request + used, size - used, "]}");
  check(holdfast_analyze(p->model, NULL, NULL, NULL, NULL, request, NULL, NULL, &json, &error), error);
  printf("lens: %.100s...\n", json);
  holdfast_string_free(json);
  free(request);
}

/* Probes a model without that part and compares its answers with the whole model's. */
static void ask_without(const holdfast_model *model, const holdfast_questions *questions, const char *site) {
  holdfast_error *error = NULL;
  char interventions[256];
  snprintf(interventions, sizeof interventions, "[{\"operation\": \"zero\", \"site\": \"%s\"}]", site);
  holdfast_model *damaged = NULL;
  check(holdfast_model_intervene(model, interventions, &damaged, &error), error);

  holdfast_comparison *comparison = NULL;
  check(holdfast_compare_models(model, damaged, questions, NULL, NULL, NULL, NULL, NULL, &comparison, &error), error);
  holdfast_interval before = holdfast_comparison_accuracy_before(comparison);
  holdfast_interval after = holdfast_comparison_accuracy_after(comparison);
  holdfast_interval consistency = holdfast_comparison_consistency(comparison);
  printf("questions without %s: accuracy %.3f, with it %.3f; consistency %.3f [%.3f, %.3f]\n", site, after.mean,
         before.mean, consistency.mean, consistency.low, consistency.high);
  holdfast_comparison_free(comparison);
  holdfast_model_free(damaged);
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 5) {
    fprintf(stderr, "usage: %s MODEL QUESTIONS.jsonl ACTIVATIONS.h5 [PROMPT]\n", argv[0]);
    return 2;
  }
  const char *text = argc == 5 ? argv[4] : "The Eiffel Tower is located in the city of";
  holdfast_error *error = NULL;
  holdfast_model *model = NULL;
  check(holdfast_model_load(argv[1], &model, &error), error);
  holdfast_tokenizer *tokenizer = NULL;
  check(holdfast_model_tokenizer(model, &tokenizer, &error), error);

  prompt p = {.model = model, .vocabulary = holdfast_model_vocabulary_size(model)};
  check(holdfast_tokenizer_encode(tokenizer, text, HOLDFAST_NUL_TERMINATED, HOLDFAST_BOS_AUTOMATIC, 1, &p.tokens,
                                  &p.count, &error),
        error);
  p.logits = malloc(p.count * p.vocabulary * sizeof *p.logits);
  if (p.logits == NULL) return 1;
  check(holdfast_model_logits(model, p.tokens, p.count, p.logits, p.count * p.vocabulary, &error), error);
  const float *last = p.logits + (p.count - 1) * p.vocabulary;
  for (size_t token = 1; token < p.vocabulary; token++)
    if (last[token] > last[p.answer]) p.answer = (int32_t)token;
  char *answer = NULL;
  check(holdfast_tokenizer_decode(tokenizer, &p.answer, 1, 0, &answer, NULL, &error), error);
  printf("\"%s\" goes on \"%s\"\n", text, answer);
  holdfast_string_free(answer);

  char dearest[64] = "";
  scan_layers(&p, dearest, sizeof dearest);

  print_lens(&p);

  holdfast_questions *questions = NULL;
  check(holdfast_questions_load(argv[2], &questions, &error), error);
  ask_without(model, questions, dearest);

  /* The stream at the last token of every question, layer by layer, for any tool that reads HDF5. */
  check(holdfast_capture(model, questions, NULL,
                         "{\"sites\": [\"blocks.*.hook_resid_post\"], \"positions\": \"last\", \"dtype\": \"float16\"}",
                         argv[3], NULL, NULL, NULL, &error),
        error);
  printf("written: %s\n", argv[3]);

  holdfast_questions_free(questions);
  free(p.logits);
  holdfast_array_free(p.tokens);
  holdfast_tokenizer_free(tokenizer);
  holdfast_model_free(model);
  return 0;
}
