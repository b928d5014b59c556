/**
 * @file gradients.h
 * The loss of one sequence and its gradient with respect to every parameter.
 *
 * Gradients are immutable: one `const holdfast_gradients *` serves any number of threads. Since 0.1.
 */
#ifndef HOLDFAST_GRADIENTS_H
#define HOLDFAST_GRADIENTS_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One float32 tensor for each parameter of a model. */
typedef struct holdfast_gradients holdfast_gradients;

/** The label of a position that is not trained. */
#define HOLDFAST_IGNORED_LABEL (-100)

/**
 * Computes the mean cross-entropy (natural logarithm) of a sequence over its labelled tokens, and its gradients.
 *
 * Labels stand where Hugging Face has them: `labels[t]` is the token at position t, predicted from the positions before
 * it, or HOLDFAST_IGNORED_LABEL. The first label is therefore never used. At least one other must be a token.
 * @param tokens count tokens, each in 0 ..< V.
 * @param labels count labels.
 * @param count the length of the sequence, 2 to the context length.
 * @param loss receives the mean loss; may be NULL.
 * @param gradients receives the gradients, to free with holdfast_gradients_free().
 */
holdfast_status holdfast_model_loss_and_gradients(const holdfast_model *model, const int32_t *tokens,
                                                  const int32_t *labels, size_t count, double *loss,
                                                  holdfast_gradients **gradients, holdfast_error **error);

/** Frees gradients. NULL is accepted. */
void holdfast_gradients_free(holdfast_gradients *gradients);

/** The number of tensors; 0 for a handle that is none. */
size_t holdfast_gradients_count(const holdfast_gradients *gradients);

/** The Hugging Face name of a tensor, which lives as long as the gradients; NULL when the index is out of range. */
const char *holdfast_gradients_name(const holdfast_gradients *gradients, size_t index);

/**
 * The shape of a tensor.
 * @param rank receives the number of axes; may be NULL.
 * @return the extents, which live as long as the gradients; NULL when the index is out of range.
 */
const int64_t *holdfast_gradients_shape(const holdfast_gradients *gradients, size_t index, size_t *rank);

/** The row-major values of a tensor, which live as long as the gradients; NULL when the index is out of range. */
const float *holdfast_gradients_data(const holdfast_gradients *gradients, size_t index);

#ifdef __cplusplus
}
#endif

#endif
