/* Instruction data, tuning, studies and files with wrong data and options. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void tuning(const char *scratch) {
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
  TUNE(lora_rank, -1);
  TUNE(lora_rank, INT32_MAX);
  TUNE(lora_alpha, NAN);
  TUNE(lora_dropout, 1);
  TUNE(use_rslora, 2);
  TUNE(lora_target_modules, "");
  TUNE(lora_target_modules, not_utf8);
  TUNE(kl_weight, -0.5);
  TUNE(kl_weight, NAN);
  TUNE(kl_weight, INFINITY);
  TUNE(moment_precision, 2);
  TUNE(moment_precision, -1);
  TUNE(recompute, 2);
#undef TUNE
  REFUSED(BAD, holdfast_tune(NULL, instructions, NULL, NULL, NULL, &tuned, &report, &error));
  REFUSED(BAD, holdfast_tune(model, NULL, NULL, NULL, NULL, &tuned, &report, &error));
  REFUSED(BAD, holdfast_tune(model, instructions, NULL, NULL, NULL, NULL, &report, &error));

  holdfast_tune_options_init(&options, sizeof options);
  options.template_name = "none";
  options.lora_rank = 2;
  options.lora_target_modules = "no_such_module";
  REFUSED(BAD, holdfast_tune(model, instructions, &options, NULL, NULL, &tuned, &report, &error));
  holdfast_model *adapted = NULL;
  REFUSED(BAD, holdfast_model_adapt(NULL, "/nowhere", &adapted, &error));
  REFUSED(BAD, holdfast_model_adapt(model, NULL, &adapted, &error));
  REFUSED(BAD, holdfast_model_adapt(model, "/nowhere", NULL, &error));
  REFUSED(HOLDFAST_NOT_FOUND, holdfast_model_adapt(model, "/nowhere", &adapted, &error));
  REFUSED(BAD, holdfast_model_merge(NULL, &adapted, &error));
  REFUSED(BAD, holdfast_model_save_adapter(model, "/nowhere", &error)); /* it has none */
  options.lora_target_modules = NULL;
  options.max_steps = 1;
  CHECK(holdfast_tune(model, instructions, &options, NULL, NULL, &tuned, NULL, NULL) == HOLDFAST_OK);
  REFUSED(BAD, holdfast_model_adapt(tuned, "/nowhere", &adapted, &error)); /* it has one */
  CHECK(adapted == NULL && holdfast_model_merge(tuned, &adapted, NULL) == HOLDFAST_OK);
  holdfast_model_free(adapted);
  holdfast_model_free(tuned);
  tuned = NULL;

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

  /* Under a KL penalty the model must be the one the run began with. */
  options.kl_weight = 0.5;
  options.resume = 0;
  left = 3;
  REFUSED(HOLDFAST_CANCELLED, holdfast_tune(model, instructions, &options, cancel_at, &left, &tuned, NULL, &error));
  options.resume = 1;
  WORKS(holdfast_tune(model, instructions, &options, NULL, NULL, &tuned, &report, &error));
  CHECK(report != NULL && strstr(report, "\"kl\":") != NULL);
  holdfast_string_free(report);
  report = NULL;
  holdfast_model *other = NULL;
  REFUSED(BAD, holdfast_tune(tuned, instructions, &options, NULL, NULL, &other, NULL, &error));
  CHECK(other == NULL);
  holdfast_model_free(tuned);
  tuned = NULL;

  options.kl_weight = 0;
  options.checkpoint_path = NULL;
  options.resume = 0;
  options.learning_rate = 10;
  options.clip_norm = 0;
  options.epochs = 20;
  holdfast_status status = holdfast_tune(model, instructions, &options, NULL, NULL, &tuned, NULL, NULL);
  CHECK(status == HOLDFAST_OK || status == HOLDFAST_NUMERICAL);
  holdfast_model_free(tuned);
}

void studies(const char *data) {
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
  json = NULL;
  REFUSED(BAD, holdfast_verify(NULL, NULL, NULL, &json, &error));
  REFUSED(BAD, holdfast_verify("x", NULL, NULL, NULL, &error));
  REFUSED(HOLDFAST_NOT_FOUND, holdfast_verify("/nowhere", NULL, NULL, &json, &error));
  REFUSED(HOLDFAST_UNSUPPORTED, holdfast_verify(in(data, "questions.jsonl"), NULL, NULL, &json, &error));
}
