/* Versions, errors, and handles that are freed, foreign or never were. */
#include "check.h"

#include <string.h>

void base(void) {
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

void handles(const char *model_path) {
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

  REFUSED(BAD, holdfast_model_export(NULL, "x", HOLDFAST_DTYPE_FLOAT32, 0, &error));
  REFUSED(BAD, holdfast_model_export(model, NULL, HOLDFAST_DTYPE_FLOAT32, 0, &error));
  REFUSED(BAD, holdfast_model_export(model, "", HOLDFAST_DTYPE_FLOAT32, 0, &error));
  REFUSED(BAD, holdfast_model_export(model, "x", (holdfast_dtype)3, 0, &error));
  REFUSED(BAD, holdfast_model_export(model, ".", HOLDFAST_DTYPE_FLOAT32, 0, &error));
}
