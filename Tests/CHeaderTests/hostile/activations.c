/* Activations in memory and in files, with wrong pointers, names and options; their memory after everything is freed. */
#include "check.h"

#include <holdfast/dlpack.h>

#include <stdint.h>
#include <string.h>

static void in_memory(void) {
  const int32_t ids[] = {5, 6, 7}, bad[] = {5, -6, 7};
  const char *sites[] = {"blocks.*.hook_resid_post", "hook_embed"}, *nothing[] = {"hook_nothing"}, *null[] = {NULL},
             *garbage[] = {not_utf8};
  holdfast_activations *all = NULL, *some = NULL;
  REFUSED(BAD, holdfast_model_run_with_cache(NULL, ids, 3, NULL, 0, &all, &error));
  REFUSED(BAD, holdfast_model_run_with_cache(model, NULL, 3, NULL, 0, &all, &error));
  REFUSED(BAD, holdfast_model_run_with_cache(model, ids, 0, NULL, 0, &all, &error));
  REFUSED(BAD, holdfast_model_run_with_cache(model, ids, SIZE_MAX, NULL, 0, &all, &error));
  REFUSED(BAD, holdfast_model_run_with_cache(model, bad, 3, NULL, 0, &all, &error));
  REFUSED(BAD, holdfast_model_run_with_cache(model, ids, 3, NULL, 1, &all, &error));
  REFUSED(BAD, holdfast_model_run_with_cache(model, ids, 3, sites, SIZE_MAX, &all, &error));
  REFUSED(BAD, holdfast_model_run_with_cache(model, ids, 3, nothing, 1, &all, &error));
  REFUSED(BAD, holdfast_model_run_with_cache(model, ids, 3, null, 1, &all, &error));
  REFUSED(BAD, holdfast_model_run_with_cache(model, ids, 3, garbage, 1, &all, &error));
  REFUSED(BAD, holdfast_model_run_with_cache(model, ids, 3, NULL, 0, NULL, &error));
  CHECK(all == NULL);
  WORKS(holdfast_model_run_with_cache(model, ids, 3, NULL, 0, &all, &error));
  WORKS(holdfast_model_run_with_cache(model, ids, 3, sites, 2, &some, &error));
  const size_t count = holdfast_activations_count(some);
  CHECK(count > 1 && holdfast_activations_count(all) > count && holdfast_activations_count(NULL) == 0);
  CHECK(strcmp(holdfast_activations_name(some, 0), "hook_embed") == 0);
  CHECK(holdfast_activations_name(some, count) == NULL && holdfast_activations_name(some, SIZE_MAX) == NULL);
  size_t rank = 7, rows = 7, columns = 7;
  const int64_t *shape = holdfast_activations_shape(some, 1, &rank);
  CHECK(shape != NULL && rank == 2 && shape[0] == 3);
  CHECK(holdfast_activations_shape(some, count, &rank) == NULL && rank == 0);
  CHECK(holdfast_activations_shape(NULL, 0, NULL) == NULL && holdfast_activations_data(NULL, 0) == NULL);
  CHECK(holdfast_activations_data(some, count) == NULL && holdfast_activations_data(some, 0) != NULL);
  CHECK(holdfast_activations_logits(NULL, &rows, &columns) == NULL && rows == 0 && columns == 0);
  const float *logits = holdfast_activations_logits(all, &rows, &columns);
  CHECK(logits != NULL && rows == 3 && columns == holdfast_model_vocabulary_size(model));
  CHECK(memcmp(logits, holdfast_activations_logits(some, NULL, NULL), rows * columns * sizeof *logits) == 0);

  holdfast_tensor *tensor = NULL;
  REFUSED(BAD, holdfast_activations_tensor(NULL, 0, &tensor, &error));
  REFUSED(BAD, holdfast_activations_tensor((holdfast_activations *)model, 0, &tensor, &error));
  REFUSED(BAD, holdfast_activations_tensor(some, count, &tensor, &error));
  REFUSED(BAD, holdfast_activations_tensor(some, SIZE_MAX, &tensor, &error));
  REFUSED(BAD, holdfast_activations_tensor(some, 0, NULL, &error));
  CHECK(tensor == NULL);
  WORKS(holdfast_activations_tensor(some, 1, &tensor, &error));
  CHECK(holdfast_tensor_data(tensor) == holdfast_activations_data(some, 1));
  CHECK(holdfast_tensor_axes(tensor) == 2 && holdfast_tensor_shape(tensor)[0] == 3);
  CHECK(holdfast_tensor_dtype(tensor) == HOLDFAST_DTYPE_FLOAT32);
  const float first = *holdfast_activations_data(some, 1);
  holdfast_activations_free(some);
  holdfast_activations_free(some);
  CHECK(holdfast_activations_count(some) == 0);
  DLManagedTensorVersioned *lent = NULL;
  WORKS(holdfast_tensor_to_dlpack(tensor, &lent, &error));
  holdfast_tensor_free(tensor);
  CHECK(lent != NULL && *(float *)lent->dl_tensor.data == first); /* lives on */
  if (lent != NULL) lent->deleter(lent);
  holdfast_activations_free(all);
  holdfast_activations_free(NULL);
}

void activations(const char *scratch) {
  in_memory();
  char path[4096];
  snprintf(path, sizeof path, "%s/activations.h5", scratch);
  char *summary = NULL;
  REFUSED(BAD, holdfast_capture(NULL, questions, NULL, NULL, path, NULL, NULL, &summary, &error));
  REFUSED(BAD, holdfast_capture(model, NULL, NULL, NULL, path, NULL, NULL, &summary, &error));
  REFUSED(BAD, holdfast_capture(model, (holdfast_questions *)model, NULL, NULL, path, NULL, NULL, &summary, &error));
  REFUSED(BAD, holdfast_capture(model, questions, NULL, NULL, NULL, NULL, NULL, &summary, &error));
  REFUSED(BAD, holdfast_capture(model, questions, NULL, NULL, "", NULL, NULL, &summary, &error));
  const char *wrong[] = {not_utf8, "", "[]", "{", "{\"site\": 1}", "{\"sites\": [\"hook_nothing\"]}", "{\"sites\": []}",
                         "{\"layers\": [-1]}", "{\"layers\": [4000]}", "{\"positions\": [1000]}", "{\"memory\": 1}",
                         "{\"dtype\": 16}", "{\"items\": {\"ids\": [\"nobody\"]}}", "{\"probe\": {\"shots\": -1}}",
                         "{\"texts\": [\"a\"]}", "{\"batch_size\": 1e300}"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    REFUSED(BAD, holdfast_capture(model, questions, NULL, wrong[i], path, NULL, NULL, &summary, &error));
  CHECK(summary == NULL);
  const char *options = "{\"sites\": [\"*\"], \"positions\": \"all\", \"batch_size\": 4, \"dtype\": \"float16\"}";
  int left = 3;
  REFUSED(HOLDFAST_CANCELLED, holdfast_capture(model, questions, NULL, options, path, cancel_at, &left, &summary, &error));
  WORKS(holdfast_capture(model, questions, NULL, options, path, NULL, NULL, &summary, &error));
  CHECK(summary != NULL && strstr(summary, "\"resumed_items\":8") != NULL);
  if (summary != NULL && strstr(summary, "\"resumed_items\":8") == NULL) fprintf(stderr, "  %s\n", summary);
  holdfast_string_free(summary);
  WORKS(holdfast_inspect(path, &summary, &error));
  CHECK(summary != NULL && strstr(summary, "holdfast-activations") != NULL);
  holdfast_string_free(summary);
  left = 0;
  REFUSED(HOLDFAST_CANCELLED, holdfast_verify(path, cancel_at, &left, &summary, &error));
  WORKS(holdfast_verify(path, NULL, NULL, &summary, &error));
  CHECK(summary != NULL && strstr(summary, "\"ok\":true") != NULL);
  if (summary != NULL && strstr(summary, "\"ok\":true") == NULL) fprintf(stderr, "  %s\n", summary);
  holdfast_string_free(summary);
  WORKS(holdfast_capture(model, NULL, NULL, "{\"texts\": [\"a\"]}", in(scratch, "texts.h5"), NULL, NULL, NULL, &error));
}
