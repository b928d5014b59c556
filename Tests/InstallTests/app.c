#include <holdfast.h>
#include <stdio.h>

/* Loads a model and says how many tokens it knows. */
int main(int argc, char **argv) {
  holdfast_model *model = NULL;
  holdfast_error *error = NULL;
  if (argc != 2 || holdfast_model_load(argv[1], &model, &error)) {
    fprintf(stderr, "%s\n", holdfast_error_message(error));
    return 1;
  }
  printf("holdfast %s: %zu tokens\n", holdfast_version(), holdfast_model_vocabulary_size(model));
  holdfast_model_free(model);
  return 0;
}
