/**
 * @file compare.h
 * How consistent a model's knowledge stayed: before against after, on identical prompts.
 *
 * A comparison is immutable: one `const holdfast_comparison *` serves any number of threads. Since 0.1.
 */
#ifndef HOLDFAST_COMPARE_H
#define HOLDFAST_COMPARE_H

#include "ledger.h"
#include "model.h"
#include "probe.h"
#include "questions.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The outcome of a comparison. */
typedef struct holdfast_comparison holdfast_comparison;

/** What the gate holds the consistency against. */
typedef enum holdfast_gate_rule {
  /** `min_consistency`, on identical prompts. */
  HOLDFAST_GATE_ABSOLUTE = 0,
  /** The 2.5 % quantile of the noise floor: of what other prompts alone do to the model before. */
  HOLDFAST_GATE_NOISE_FLOOR = 1
} holdfast_gate_rule;

/** How intervals are made from the resamples. */
typedef enum holdfast_interval_method {
  /** Their quantiles. */
  HOLDFAST_INTERVAL_PERCENTILE = 0,
  /** Bias-corrected and accelerated. */
  HOLDFAST_INTERVAL_BCA = 1
} holdfast_interval_method;

/** What the gate's interval says. */
typedef enum holdfast_verdict {
  /** The interval's lower bound reaches the bound. */
  HOLDFAST_VERDICT_PASSES = 0,
  /** The whole interval lies below the bound. */
  HOLDFAST_VERDICT_FAILS = 1,
  /** The bound lies inside the interval. */
  HOLDFAST_VERDICT_UNDECIDED = 2
} holdfast_verdict;

/** How to compare. */
typedef struct holdfast_compare_options {
  /** sizeof(holdfast_compare_options). */
  uint32_t struct_size;
  /** Bootstrap resamples over the items, 100 to 10,000,000. Default 2000. */
  int32_t resamples;
  /** The coverage of every interval, between 0 and 1. Default 0.95. */
  double confidence_level;
  /** The gate's bound: the interval of the consistency must not reach below it; in -1 ... 1. Default 0.8. */
  double min_consistency;
  /** The seed of the bootstrap. Default 42. */
  uint64_t seed;
  /** A holdfast_gate_rule. Default HOLDFAST_GATE_ABSOLUTE. */
  int32_t rule;
  /** A holdfast_interval_method. Default HOLDFAST_INTERVAL_PERCENTILE. */
  int32_t method;
  /** Alternative prompts to measure a noise floor with, when models are compared; 0: none. Default 0. */
  int32_t floor_prompts;
  /** The most changed answers of each kind to show in the JSON, when models are compared. Default 3. */
  int32_t examples;
  /** Questions the noise floor is measured on; 0: all. Default 100. */
  uint64_t floor_limit;
} holdfast_compare_options;

/** Fills options with the defaults; `struct_size` is sizeof(holdfast_compare_options). */
void holdfast_compare_options_init(holdfast_compare_options *options, uint32_t struct_size);

/** An estimate with its interval. */
typedef struct holdfast_interval {
  /** The estimate. */
  double mean;
  /** The lower bound. */
  double low;
  /** The upper bound. */
  double high;
} holdfast_interval;

/**
 * Probes two models on the same questions and compares the answers.
 * @param demonstrations the set the shots are taken from; may be NULL when there are none.
 * @param probe_options how both are probed; NULL for the defaults.
 * @param options NULL for the defaults.
 * @param progress may be NULL.
 * @param comparison receives the outcome, to free with holdfast_comparison_free().
 */
holdfast_status holdfast_compare_models(const holdfast_model *before, const holdfast_model *after,
                                        const holdfast_questions *questions, const holdfast_questions *demonstrations,
                                        const holdfast_probe_options *probe_options,
                                        const holdfast_compare_options *options, holdfast_progress_function progress,
                                        void *user_data, holdfast_comparison **comparison, holdfast_error **error);

/**
 * Compares two ledgers, which must hold the same questions, asked with the same prompts.
 * @param options NULL for the defaults.
 * @param comparison receives the outcome, to free with holdfast_comparison_free().
 */
holdfast_status holdfast_compare_ledgers(const holdfast_ledger *before, const holdfast_ledger *after,
                                         const holdfast_compare_options *options, holdfast_comparison **comparison,
                                         holdfast_error **error);

/** Frees a comparison. NULL is accepted. */
void holdfast_comparison_free(holdfast_comparison *comparison);

/** The consistency (mean rank-Pearson over the items) with its interval; NaN for a handle that is none. */
holdfast_interval holdfast_comparison_consistency(const holdfast_comparison *comparison);

/** The accuracy before; NaN when the questions have no answers. */
holdfast_interval holdfast_comparison_accuracy_before(const holdfast_comparison *comparison);

/** The accuracy after; NaN when the questions have no answers. */
holdfast_interval holdfast_comparison_accuracy_after(const holdfast_comparison *comparison);

/** What the gate says; HOLDFAST_VERDICT_UNDECIDED for a handle that is none. */
holdfast_verdict holdfast_comparison_verdict(const holdfast_comparison *comparison);

/** 1 when the gate is passed; 0 when it is not, or the handle is none. */
int32_t holdfast_comparison_passes(const holdfast_comparison *comparison);

/**
 * Every measure as one JSON object: consistency, divergences, same-top-1, flip table, accuracies, the gate's verdict.
 * @param json receives a string to free with holdfast_string_free().
 */
holdfast_status holdfast_comparison_json(const holdfast_comparison *comparison, char **json, holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
