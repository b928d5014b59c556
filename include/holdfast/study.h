/**
 * @file study.h
 * A whole study: probe, build the groups, tune on each, evaluate, score the consistency.
 *
 * A study is described by one JSON object (docs/study.md) and kept in a directory of its own. Running it again goes on
 * where it stopped, also after a kill. A description that lists `domains` is carried out in each of them, in directories
 * below, and summed up over all. Threads: one run at a time for each directory. Since 0.1.
 */
#ifndef HOLDFAST_STUDY_H
#define HOLDFAST_STUDY_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Runs a study, or what is left of it.
 * @param specification the JSON text that describes the study.
 * @param base_directory the directory that relative paths in the specification start from; NULL for the working one.
 * @param progress may be NULL.
 * @param summary receives the results as one JSON object, a string to free with holdfast_string_free(); may be NULL.
 */
holdfast_status holdfast_study_run(const char *specification, const char *base_directory,
                                   holdfast_progress_function progress, void *user_data, char **summary,
                                   holdfast_error **error);

/**
 * Runs the study that a JSON file describes, whose relative paths start from the file's directory.
 * @param path the file.
 * @param progress may be NULL.
 * @param summary receives the results as one JSON object, a string to free with holdfast_string_free(); may be NULL.
 */
holdfast_status holdfast_study_run_file(const char *path, holdfast_progress_function progress, void *user_data,
                                        char **summary, holdfast_error **error);

/**
 * Tells what of a study is finished; reads only, also while it runs.
 * @param directory the study's directory.
 * @param json receives one JSON object, a string to free with holdfast_string_free().
 */
holdfast_status holdfast_study_status(const char *directory, char **json, holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
