/* Interventions, callbacks at sites and analyses with wrong pointers, texts and functions. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  int calls;
  int32_t answer;
  holdfast_model **freed;
} visit;

static int32_t look(const char *site, float *data, const int64_t *shape, size_t ndim, void *user_data) {
  visit *mine = user_data;
  CHECK(site != NULL && strlen(site) > 0 && data != NULL && ndim >= 1 && ndim <= 3 && shape[0] == 3);
  mine->calls++;
  if (mine->freed != NULL) {
    char *json = NULL;
    CHECK(holdfast_system_info(&json, NULL) == HOLDFAST_OK);
    holdfast_string_free(json);
    holdfast_model_free(*mine->freed);
    *mine->freed = NULL;
  }
  return mine->answer;
}

static int32_t clear(const char *site, float *data, const int64_t *shape, size_t ndim, void *user_data) {
  (void)site;
  (void)user_data;
  size_t count = 1;
  for (size_t i = 0; i < ndim; i++) count *= (size_t)shape[i];
  memset(data, 0, count * sizeof *data);
  return 0;
}

static int32_t poison(const char *site, float *data, const int64_t *shape, size_t ndim, void *user_data) {
  (void)site;
  (void)shape;
  (void)ndim;
  (void)user_data;
  data[0] = NAN;
  return 0;
}

void interventions(const char *model_path) {
  static const char zero[] = "[{\"operation\":\"zero\",\"site\":\"blocks.0.hook_mlp_out\"}]";
  const int32_t ids[] = {5, 6, 7};
  const size_t size = 3 * holdfast_model_vocabulary_size(model);
  float *plain = calloc(size, sizeof *plain), *changed = calloc(size, sizeof *changed);
  float *by_hand = calloc(size, sizeof *by_hand);
  if (plain == NULL || changed == NULL || by_hand == NULL) exit(1);
  WORKS(holdfast_model_logits(model, ids, 3, plain, size, &error));

  holdfast_model *under = NULL;
  REFUSED(BAD, holdfast_model_intervene(NULL, zero, &under, &error));
  REFUSED(BAD, holdfast_model_intervene(model, NULL, &under, &error));
  REFUSED(BAD, holdfast_model_intervene(model, zero, NULL, &error));
  REFUSED(BAD, holdfast_model_intervene(model, not_utf8, &under, &error));
  REFUSED(HOLDFAST_CORRUPT_DATA, holdfast_model_intervene(model, "", &under, &error));
  REFUSED(HOLDFAST_CORRUPT_DATA, holdfast_model_intervene(model, "[{", &under, &error));
  REFUSED(HOLDFAST_CORRUPT_DATA, holdfast_model_intervene(model, "{}", &under, &error));
  REFUSED(BAD, holdfast_model_intervene(model, "[{\"operation\":\"zero\",\"site\":\"x\"}]", &under, &error));
  REFUSED(BAD, holdfast_model_intervene(
                   model, "[{\"operation\":\"add\",\"site\":\"hook_embed\",\"source\":{\"vector\":[1e300]}}]", &under,
                   &error));
  CHECK(under == NULL);
  /* What cannot be found out before the model is used is said then. */
  holdfast_model *missing = NULL;
  WORKS(holdfast_model_intervene(
      model, "[{\"operation\":\"patch\",\"site\":\"hook_embed\",\"source\":{\"model\":\"/nowhere.gguf\"}}]", &missing,
      &error));
  REFUSED(HOLDFAST_NOT_FOUND, holdfast_model_logits(missing, ids, 3, changed, size, &error));
  holdfast_model_free(missing);
  WORKS(holdfast_model_intervene(model, zero, &under, &error));
  WORKS(holdfast_model_logits(under, ids, 3, changed, size, &error));
  CHECK(memcmp(plain, changed, size * sizeof *plain) != 0);
  REFUSED(HOLDFAST_UNSUPPORTED, holdfast_model_save(under, "never.h5", &error));
  holdfast_gradients *gradients = NULL;
  double loss = 0;
  REFUSED(HOLDFAST_UNSUPPORTED, holdfast_model_loss_and_gradients(under, ids, ids, 3, &loss, &gradients, &error));

  const char *sites[] = {"blocks.0.hook_mlp_out"}, *wrong[] = {"blocks.0.hook_mlp_out", NULL};
  const char *nowhere[] = {"blocks.77.hook_mlp_out"}, *everywhere[] = {"*"}, *bad_text[] = {not_utf8};
  visit seen = {0, 0, NULL};
  WORKS(holdfast_model_logits_with(model, ids, 3, sites, 1, clear, NULL, by_hand, size, &error));
  CHECK(memcmp(by_hand, changed, size * sizeof *changed) == 0);
  WORKS(holdfast_model_logits_with(model, ids, 3, everywhere, 1, look, &seen, by_hand, size, &error));
  CHECK(seen.calls > 20 && memcmp(by_hand, plain, size * sizeof *plain) == 0);
  REFUSED(BAD, holdfast_model_logits_with(NULL, ids, 3, sites, 1, look, &seen, by_hand, size, &error));
  REFUSED(BAD, holdfast_model_logits_with(model, NULL, 3, sites, 1, look, &seen, by_hand, size, &error));
  REFUSED(BAD, holdfast_model_logits_with(model, ids, 0, sites, 1, look, &seen, by_hand, size, &error));
  REFUSED(BAD, holdfast_model_logits_with(model, ids, 3, NULL, 1, look, &seen, by_hand, size, &error));
  REFUSED(BAD, holdfast_model_logits_with(model, ids, 3, sites, 0, look, &seen, by_hand, size, &error));
  REFUSED(BAD, holdfast_model_logits_with(model, ids, 3, sites, SIZE_MAX, look, &seen, by_hand, size, &error));
  REFUSED(BAD, holdfast_model_logits_with(model, ids, 3, wrong, 2, look, &seen, by_hand, size, &error));
  REFUSED(BAD, holdfast_model_logits_with(model, ids, 3, nowhere, 1, look, &seen, by_hand, size, &error));
  REFUSED(BAD, holdfast_model_logits_with(model, ids, 3, bad_text, 1, look, &seen, by_hand, size, &error));
  REFUSED(BAD, holdfast_model_logits_with(model, ids, 3, sites, 1, NULL, NULL, by_hand, size, &error));
  REFUSED(BAD, holdfast_model_logits_with(model, ids, 3, sites, 1, look, &seen, NULL, size, &error));
  REFUSED(BAD, holdfast_model_logits_with(model, ids, 3, sites, 1, look, &seen, by_hand, size - 1, &error));
  seen.answer = 4;
  REFUSED(HOLDFAST_CANCELLED,
          holdfast_model_logits_with(model, ids, 3, sites, 1, look, &seen, by_hand, size, &error));
  WORKS(holdfast_model_logits_with(model, ids, 3, everywhere, 1, poison, NULL, by_hand, size, &error));
  WORKS(holdfast_model_logits(model, ids, 3, by_hand, size, &error));
  CHECK(memcmp(by_hand, plain, size * sizeof *plain) == 0);
  /* A function that frees the model it is called for. */
  holdfast_model *mine = NULL;
  WORKS(holdfast_model_load(model_path, &mine, &error));
  visit freeing = {0, 0, &mine};
  WORKS(holdfast_model_logits_with(mine, ids, 3, sites, 1, look, &freeing, by_hand, size, &error));
  CHECK(mine == NULL && memcmp(by_hand, plain, size * sizeof *plain) == 0);

  static const char lens[] = "{\"analysis\":\"lens\",\"prompt\":[5,6,7]}";
  static const char drift[] = "{\"analysis\":\"drift\",\"probe\":{\"limit\":5}}";
  char *json = NULL;
  REFUSED(BAD, holdfast_analyze(NULL, NULL, NULL, NULL, NULL, lens, NULL, NULL, &json, &error));
  REFUSED(BAD, holdfast_analyze(model, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &json, &error));
  REFUSED(BAD, holdfast_analyze(model, NULL, NULL, NULL, NULL, lens, NULL, NULL, NULL, &error));
  REFUSED(BAD, holdfast_analyze(model, (holdfast_model *)questions, NULL, NULL, NULL, lens, NULL, NULL, &json, &error));
  REFUSED(BAD, holdfast_analyze(model, NULL, NULL, (holdfast_questions *)model, NULL, lens, NULL, NULL, &json, &error));
  REFUSED(BAD, holdfast_analyze(model, NULL, NULL, NULL, NULL, "{\"analysis\":\"lens\",\"x\":1}", NULL, NULL, &json, &error));
  REFUSED(BAD, holdfast_analyze(model, NULL, NULL, questions, NULL, drift, NULL, NULL, &json, &error));
  REFUSED(BAD, holdfast_analyze(model, under, NULL, NULL, NULL, drift, NULL, NULL, &json, &error));
  REFUSED(HOLDFAST_CORRUPT_DATA,
          holdfast_analyze(model, NULL, NULL, NULL, NULL, "{\"analysis\":\"guess\"}", NULL, NULL, &json, &error));
  REFUSED(BAD, holdfast_analyze(model, NULL, NULL, NULL, NULL, "{\"analysis\":\"lens\",\"prompt\":[-5]}", NULL, NULL,
                                &json, &error));
  CHECK(json == NULL);
  int left = 1;
  REFUSED(HOLDFAST_CANCELLED,
          holdfast_analyze(model, under, NULL, questions, NULL, drift, cancel_at, &left, &json, &error));
  WORKS(holdfast_analyze(model, NULL, NULL, NULL, NULL, lens, NULL, NULL, &json, &error));
  CHECK(json != NULL && strstr(json, "blocks.0.hook_resid_post") != NULL);
  holdfast_string_free(json);
  WORKS(holdfast_analyze(model, under, NULL, questions, NULL, drift, NULL, NULL, &json, &error));
  CHECK(json != NULL && strstr(json, "cka_debiased") != NULL);
  holdfast_string_free(json);
  holdfast_model_free(under);
  free(plain);
  free(changed);
  free(by_hand);
}
