/* Questions, probes, ledgers and comparisons with wrong data and options. */
#include "check.h"

#include <math.h>
#include <string.h>

void ledgers(const char *model_path, const char *data, const char *scratch) {
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
