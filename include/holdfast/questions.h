/**
 * @file questions.h
 * Multiple-choice questions, read and checked.
 *
 * The format is JSONL, one object a line: {"id", "question", "choices": [...], "answer": index, "explanation"}; "id",
 * "answer" and "explanation" may be missing. Questions are immutable: one `const holdfast_questions *` serves any
 * number of threads. Since 0.1.
 */
#ifndef HOLDFAST_QUESTIONS_H
#define HOLDFAST_QUESTIONS_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A list of multiple-choice questions. */
typedef struct holdfast_questions holdfast_questions;

/**
 * Reads questions from a JSONL file; an error names the file and the line.
 * @param questions receives the questions, to free with holdfast_questions_free().
 */
holdfast_status holdfast_questions_load(const char *path, holdfast_questions **questions, holdfast_error **error);

/**
 * Reads questions from JSONL text; an error names the line.
 * @param questions receives the questions, to free with holdfast_questions_free().
 */
holdfast_status holdfast_questions_parse(const char *jsonl, holdfast_questions **questions, holdfast_error **error);

/** Frees questions. NULL is accepted. */
void holdfast_questions_free(holdfast_questions *questions);

/** The number of questions; 0 for a handle that is none. */
size_t holdfast_questions_count(const holdfast_questions *questions);

#ifdef __cplusplus
}
#endif

#endif
