/*
 * The main job in C: load a model, look at its tokens and logits, probe it, fine-tune it, ask what that did to its
 * knowledge, and run a study.
 *
 *   cc -Iinclude examples/c/quickstart.c -L.build/release -lholdfast -Wl,-rpath,$PWD/.build/release -o quickstart
 *   ./quickstart MODEL QUESTIONS.jsonl INSTRUCTIONS.jsonl [STUDY.json]
 *
 * The last line tells whether the gate was passed, and so does the exit status: 0 passed, 3 not, 1 an error.
 */
#include <holdfast.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends the program with the library's message when a call failed. */
static void check(holdfast_status status, holdfast_error *error) {
  if (status == HOLDFAST_OK) return;
  fprintf(stderr, "%s: %s\n", holdfast_status_name(status), holdfast_error_message(error));
  holdfast_error_free(error);
  exit(1);
}

/* Prints progress, and cancels after as many reports as `user_data` says; -1 means never. */
static int32_t report(const holdfast_progress *progress, void *user_data) {
  int *left = user_data;
  fprintf(stderr, "%s: %llu of %llu %s %s\n", progress->stage, (unsigned long long)progress->done,
          (unsigned long long)progress->total, progress->unit, progress->detail);
  if (*left > 0) *left -= 1;
  return *left == 0;
}

/* The likeliest token after a prompt, from the last row of its logits. */
static void show_next_token(const holdfast_model *model, const char *prompt) {
  holdfast_error *error = NULL;
  holdfast_tokenizer *tokenizer = NULL;
  check(holdfast_model_tokenizer(model, &tokenizer, &error), error);

  int32_t *tokens = NULL;
  size_t count = 0;
  check(holdfast_tokenizer_encode(tokenizer, prompt, HOLDFAST_NUL_TERMINATED, HOLDFAST_BOS_AUTOMATIC, 1, &tokens,
                                  &count, &error),
        error);

  size_t vocabulary = holdfast_model_vocabulary_size(model);
  float *logits = malloc(count * vocabulary * sizeof *logits);
  if (logits == NULL) exit(1);
  check(holdfast_model_logits(model, tokens, count, logits, count * vocabulary, &error), error);

  const float *last = logits + (count - 1) * vocabulary;
  int32_t best = 0;
  for (size_t token = 1; token < vocabulary; token++)
    if (last[token] > last[best]) best = (int32_t)token;

  char *text = NULL;
  check(holdfast_tokenizer_decode(tokenizer, &best, 1, 0, &text, NULL, &error), error);
  printf("after \"%s\" (%zu tokens) the likeliest token is %d, \"%s\"\n", prompt, count, best, text);

  holdfast_string_free(text);
  free(logits);
  holdfast_array_free(tokens);
  holdfast_tokenizer_free(tokenizer);
}

/* Probes a model and prints what it knows. */
static void probe(const holdfast_model *model, const holdfast_questions *questions) {
  holdfast_error *error = NULL;
  holdfast_ledger *ledger = NULL;
  holdfast_probe_options options;
  holdfast_probe_options_init(&options, sizeof options);
  options.probe = HOLDFAST_PROBE_CLOZE;
  int never = -1;
  check(holdfast_probe(model, questions, NULL, &options, report, &never, &ledger, &error), error);

  size_t right = 0, count = holdfast_ledger_count(ledger);
  for (size_t index = 0; index < count; index++) {
    holdfast_ledger_row row;
    row.struct_size = sizeof row;
    check(holdfast_ledger_get_row(ledger, index, &row, &error), error);
    right += row.prediction == row.gold;
  }
  printf("%zu of %zu questions answered rightly\n", right, count);
  holdfast_ledger_free(ledger);
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 5) {
    fprintf(stderr, "usage: %s MODEL QUESTIONS.jsonl INSTRUCTIONS.jsonl [STUDY.json]\n", argv[0]);
    return 2;
  }
  holdfast_error *error = NULL;
  int never = -1;
  printf("holdfast %s, %d threads\n", holdfast_version(), holdfast_num_threads());

  holdfast_model *model = NULL;
  check(holdfast_model_load(argv[1], &model, &error), error);
  show_next_token(model, "The answer is");

  holdfast_questions *questions = NULL;
  check(holdfast_questions_load(argv[2], &questions, &error), error);
  probe(model, questions);

  /* Fine-tune. A progress function that returns 1 cancels; the model is as it was. */
  holdfast_instructions *instructions = NULL;
  check(holdfast_instructions_load(argv[3], &instructions, &error), error);
  holdfast_tune_options options;
  holdfast_tune_options_init(&options, sizeof options);
  options.template_name = "none";
  options.batch_size = 4;
  options.epochs = 2;
  options.learning_rate = 1e-3;

  holdfast_model *tuned = NULL;
  int once = 1;
  holdfast_status status = holdfast_tune(model, instructions, &options, report, &once, &tuned, NULL, &error);
  if (status == HOLDFAST_CANCELLED) {
    printf("cancelled as asked: %s\n", holdfast_error_message(error));
    holdfast_error_free(error);
    error = NULL;
  } else {
    check(status, error);
    holdfast_model_free(tuned);
  }

  char *losses = NULL;
  check(holdfast_tune(model, instructions, &options, report, &never, &tuned, &losses, &error), error);
  printf("tuned: %.60s...\n", losses);
  holdfast_string_free(losses);
  holdfast_instructions_free(instructions);

  /* What did it do to the model's knowledge? */
  holdfast_comparison *comparison = NULL;
  check(holdfast_compare_models(model, tuned, questions, NULL, NULL, NULL, NULL, NULL, &comparison, &error), error);
  holdfast_interval consistency = holdfast_comparison_consistency(comparison);
  int passes = holdfast_comparison_passes(comparison);
  if (isnan(consistency.mean)) return 1;

  if (argc == 5) {
    char *summary = NULL;
    check(holdfast_study_run_file(argv[4], report, &never, &summary, &error), error);
    printf("study: %.60s...\n", summary);
    holdfast_string_free(summary);
  }

  printf("consistency %.3f [%.3f, %.3f]: %s\n", consistency.mean, consistency.low, consistency.high,
         passes ? "passed" : "not passed");
  holdfast_comparison_free(comparison);
  holdfast_model_free(tuned);
  holdfast_questions_free(questions);
  holdfast_model_free(model);
  return passes ? 0 : 3;
}
