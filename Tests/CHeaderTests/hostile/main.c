/*
 * A caller that does everything wrong: NULLs, freed and foreign handles, wrong sizes, text that is not UTF-8, options
 * of other versions, NaN, huge counts, callbacks that cancel and call back, several threads. Every call must return
 * the status the header promises, with a message, and the process must live.
 *
 *   hostile FIXTURES/model/tiny-tied FIXTURES/face SCRATCH
 */
#include "check.h"

int failures = 0;
int checks = 0;
holdfast_model *model;
holdfast_questions *questions;
holdfast_instructions *instructions;

const char *in(const char *folder, const char *name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

int32_t cancel_at(const holdfast_progress *progress, void *user_data) {
  CHECK(progress->struct_size >= sizeof(holdfast_progress));
  CHECK(progress->stage != NULL && progress->unit != NULL && progress->detail != NULL);
  int *left = user_data;
  return --*left <= 0;
}

int32_t meddle(const holdfast_progress *progress, void *user_data) {
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
  activations(argv[3]);
  generation();
  interventions(argv[1]);
  ledgers(argv[1], argv[2], argv[3]);
  tuning(argv[3]);
  studies(argv[2]);
  tensors();
  tensor_operations();
  threads();
  holdfast_instructions_free(instructions);
  holdfast_questions_free(questions);
  holdfast_model_free(model);
  fprintf(stderr, "hostile: %d checks, %d failures\n", checks, failures);
  return failures != 0;
}
