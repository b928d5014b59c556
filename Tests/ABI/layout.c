/*
 * Prints the size of every structure of the C interface, the offset of every field and the value of every constant.
 * Tests/CHeaderTests/run.sh compares the output with layout.txt: a difference is a break of the binary interface, unless
 * it only appends fields to the end of an options structure or new constants and structures.
 */
#include <holdfast.h>

#include <stdio.h>

#define SIZE(type) printf("%s %zu\n", #type, sizeof(type))
#define FIELD(type, field) printf("%s.%s %zu+%zu\n", #type, #field, offsetof(type, field), sizeof(((type *)0)->field))
#define VALUE(name) printf("%s %d\n", #name, (int)(name))

static void structures(void) {
  SIZE(holdfast_status);
  SIZE(holdfast_bos_policy);
  SIZE(holdfast_dtype);
  SIZE(holdfast_progress_function);
  SIZE(holdfast_progress);
  FIELD(holdfast_progress, struct_size);
  FIELD(holdfast_progress, reserved);
  FIELD(holdfast_progress, stage);
  FIELD(holdfast_progress, done);
  FIELD(holdfast_progress, total);
  FIELD(holdfast_progress, unit);
  FIELD(holdfast_progress, detail);
  SIZE(holdfast_generate_options);
  FIELD(holdfast_generate_options, struct_size);
  FIELD(holdfast_generate_options, max_tokens);
  FIELD(holdfast_generate_options, temperature);
  FIELD(holdfast_generate_options, top_p);
  FIELD(holdfast_generate_options, seed);
  FIELD(holdfast_generate_options, stop);
  FIELD(holdfast_generate_options, stop_count);
  SIZE(holdfast_probe_options);
  FIELD(holdfast_probe_options, struct_size);
  FIELD(holdfast_probe_options, probe);
  FIELD(holdfast_probe_options, mode);
  FIELD(holdfast_probe_options, bos);
  FIELD(holdfast_probe_options, shots);
  FIELD(holdfast_probe_options, batch_size);
  FIELD(holdfast_probe_options, normalization);
  FIELD(holdfast_probe_options, wording);
  FIELD(holdfast_probe_options, rotation);
  FIELD(holdfast_probe_options, bfloat16_logits);
  FIELD(holdfast_probe_options, seed);
  FIELD(holdfast_probe_options, limit);
  FIELD(holdfast_probe_options, domain);
  FIELD(holdfast_probe_options, template_name);
  SIZE(holdfast_ledger_row);
  FIELD(holdfast_ledger_row, struct_size);
  FIELD(holdfast_ledger_row, choice_count);
  FIELD(holdfast_ledger_row, prediction);
  FIELD(holdfast_ledger_row, gold);
  FIELD(holdfast_ledger_row, confidence);
  FIELD(holdfast_ledger_row, id);
  FIELD(holdfast_ledger_row, prompt_digest);
  FIELD(holdfast_ledger_row, log_probabilities);
  FIELD(holdfast_ledger_row, scores);
  FIELD(holdfast_ledger_row, probabilities);
  SIZE(holdfast_tune_options);
  FIELD(holdfast_tune_options, struct_size);
  FIELD(holdfast_tune_options, schedule);
  FIELD(holdfast_tune_options, batch_size);
  FIELD(holdfast_tune_options, micro_batch_size);
  FIELD(holdfast_tune_options, max_steps);
  FIELD(holdfast_tune_options, epochs);
  FIELD(holdfast_tune_options, learning_rate);
  FIELD(holdfast_tune_options, warmup_ratio);
  FIELD(holdfast_tune_options, weight_decay);
  FIELD(holdfast_tune_options, clip_norm);
  FIELD(holdfast_tune_options, beta1);
  FIELD(holdfast_tune_options, beta2);
  FIELD(holdfast_tune_options, epsilon);
  FIELD(holdfast_tune_options, seed);
  FIELD(holdfast_tune_options, shuffle);
  FIELD(holdfast_tune_options, bos);
  FIELD(holdfast_tune_options, max_length);
  FIELD(holdfast_tune_options, micro_batch_tokens);
  FIELD(holdfast_tune_options, template_name);
  FIELD(holdfast_tune_options, checkpoint_path);
  FIELD(holdfast_tune_options, checkpoint_every);
  FIELD(holdfast_tune_options, resume);
  FIELD(holdfast_tune_options, reserved);
  FIELD(holdfast_tune_options, lora_rank);
  FIELD(holdfast_tune_options, use_rslora);
  FIELD(holdfast_tune_options, lora_alpha);
  FIELD(holdfast_tune_options, lora_dropout);
  FIELD(holdfast_tune_options, lora_target_modules);
  FIELD(holdfast_tune_options, kl_weight);
  SIZE(holdfast_compare_options);
  FIELD(holdfast_compare_options, struct_size);
  FIELD(holdfast_compare_options, resamples);
  FIELD(holdfast_compare_options, confidence_level);
  FIELD(holdfast_compare_options, min_consistency);
  FIELD(holdfast_compare_options, seed);
  FIELD(holdfast_compare_options, rule);
  FIELD(holdfast_compare_options, method);
  FIELD(holdfast_compare_options, floor_prompts);
  FIELD(holdfast_compare_options, examples);
  FIELD(holdfast_compare_options, floor_limit);
  SIZE(holdfast_interval);
  FIELD(holdfast_interval, mean);
  FIELD(holdfast_interval, low);
  FIELD(holdfast_interval, high);
}

static void constants(void) {
  VALUE(HOLDFAST_OK);
  VALUE(HOLDFAST_INVALID_ARGUMENT);
  VALUE(HOLDFAST_NOT_FOUND);
  VALUE(HOLDFAST_IO);
  VALUE(HOLDFAST_CORRUPT_DATA);
  VALUE(HOLDFAST_UNSUPPORTED);
  VALUE(HOLDFAST_OUT_OF_MEMORY);
  VALUE(HOLDFAST_CANCELLED);
  VALUE(HOLDFAST_NUMERICAL);
  VALUE(HOLDFAST_CONTEXT_LENGTH);
  VALUE(HOLDFAST_NEWER_VERSION);
  VALUE(HOLDFAST_INTERNAL);
  VALUE(HOLDFAST_BOS_AUTOMATIC);
  VALUE(HOLDFAST_BOS_ALWAYS);
  VALUE(HOLDFAST_BOS_NEVER);
  VALUE(HOLDFAST_DTYPE_FLOAT32);
  VALUE(HOLDFAST_DTYPE_FLOAT16);
  VALUE(HOLDFAST_DTYPE_BFLOAT16);
  VALUE(HOLDFAST_IGNORED_LABEL);
  VALUE(HOLDFAST_END_OF_SEQUENCE);
  VALUE(HOLDFAST_END_STOP);
  VALUE(HOLDFAST_END_LENGTH);
  VALUE(HOLDFAST_PROBE_LETTER);
  VALUE(HOLDFAST_PROBE_CLOZE);
  VALUE(HOLDFAST_MODE_DEFAULT);
  VALUE(HOLDFAST_MODE_PAPER);
  VALUE(HOLDFAST_NORMALIZATION_RAW);
  VALUE(HOLDFAST_NORMALIZATION_PER_TOKEN);
  VALUE(HOLDFAST_NORMALIZATION_PER_CHARACTER);
  VALUE(HOLDFAST_NORMALIZATION_PMI);
  VALUE(HOLDFAST_WORDING_STANDARD);
  VALUE(HOLDFAST_WORDING_SHORT);
  VALUE(HOLDFAST_WORDING_UNLABELLED);
  VALUE(HOLDFAST_WORDING_SENTENCE);
  VALUE(HOLDFAST_WORDING_REQUEST);
  VALUE(HOLDFAST_SCHEDULE_CONSTANT);
  VALUE(HOLDFAST_SCHEDULE_COSINE);
  VALUE(HOLDFAST_SCHEDULE_LINEAR);
  VALUE(HOLDFAST_GATE_ABSOLUTE);
  VALUE(HOLDFAST_GATE_NOISE_FLOOR);
  VALUE(HOLDFAST_INTERVAL_PERCENTILE);
  VALUE(HOLDFAST_INTERVAL_BCA);
  VALUE(HOLDFAST_VERDICT_PASSES);
  VALUE(HOLDFAST_VERDICT_FAILS);
  VALUE(HOLDFAST_VERDICT_UNDECIDED);
}

int main(void) {
  structures();
  constants();
  return 0;
}
