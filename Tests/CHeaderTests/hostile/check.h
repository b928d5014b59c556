/* What the hostile caller's parts share: counted checks, and the objects they abuse. */
#ifndef HOSTILE_CHECK_H
#define HOSTILE_CHECK_H

#include <holdfast.h>

#include <stdio.h>

extern int failures;
extern int checks;
extern holdfast_model *model;
extern holdfast_questions *questions;
extern holdfast_instructions *instructions;

static const holdfast_status BAD = HOLDFAST_INVALID_ARGUMENT;
static const char not_utf8[] = "abc\xFF\xFE";

#define CHECK(condition)                                                    \
  do {                                                                      \
    checks++;                                                               \
    if (!(condition)) {                                                     \
      failures++;                                                           \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);       \
    }                                                                       \
  } while (0)

/* The call must fail with `wanted` and an error that says so; without an error pointer it must fail just the same. */
#define REFUSED(wanted, ...)                                                                                    \
  do {                                                                                                          \
    holdfast_error *error = NULL;                                                                               \
    holdfast_status status = (__VA_ARGS__);                                                                     \
    CHECK(status == (wanted));                                                                                  \
    CHECK(error != NULL && holdfast_error_code(error) == (wanted) && holdfast_error_message(error)[0] != '\0'); \
    if (status != (wanted)) fprintf(stderr, "  %d: %s\n", (int)status, holdfast_error_message(error));          \
    holdfast_error_free(error);                                                                                 \
  } while (0)

#define WORKS(...)                                                                                    \
  do {                                                                                                \
    holdfast_error *error = NULL;                                                                     \
    CHECK((__VA_ARGS__) == HOLDFAST_OK);                                                              \
    CHECK(error == NULL);                                                                             \
    if (error != NULL) fprintf(stderr, "  %s\n", holdfast_error_message(error));                      \
    holdfast_error_free(error);                                                                       \
  } while (0)

/* A path in a folder; valid until the next call. */
const char *in(const char *folder, const char *name);

/* A progress callback that cancels at the report `*(int *)user_data` counts down to. */
int32_t cancel_at(const holdfast_progress *progress, void *user_data);

/* A progress callback that calls the library and frees the model `*(holdfast_model **)user_data`. */
int32_t meddle(const holdfast_progress *progress, void *user_data);

void activations(const char *scratch);
void base(void);
void handles(const char *model_path);
void tokens(void);
void numbers(void);
void generation(void);
void interventions(const char *model_path);
void ledgers(const char *model_path, const char *data, const char *scratch);
void tuning(const char *scratch);
void studies(const char *data);
void tensors(void);
void tensor_operations(void);
void threads(void);

#endif
