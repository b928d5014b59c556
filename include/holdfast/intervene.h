/**
 * @file intervene.h
 * Changing what a model computes while it computes, and analyses that do so.
 *
 * An intervention says at which site of the model, at which tokens, what is done to the activation, with what and how
 * strongly. It is JSON; docs/interventions.md describes the interventions and the requests of analyses.
 *
 * Threads: a `const holdfast_model *` serves any number of threads at once. A callback runs on the calling thread, with
 * no lock held. Since 0.1.
 */
#ifndef HOLDFAST_INTERVENE_H
#define HOLDFAST_INTERVENE_H

#include "model.h"
#include "questions.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Puts interventions on a model: whatever uses the new model computes under them. Both share the weights, and those the
 * model had are replaced. What a ledger of the new model was made under stands in its settings. A model under
 * interventions cannot be tuned, saved or exported.
 * @param interventions JSON: a list of interventions, or an object whose member "interventions" is one; an empty list
 *   takes them off.
 * @param intervened receives the model, to free with holdfast_model_free(). Since 0.1.
 */
holdfast_status holdfast_model_intervene(const holdfast_model *model, const char *interventions,
                                         holdfast_model **intervened, holdfast_error **error);

/**
 * Sees an activation and may change it in place.
 * @param site the site's TransformerLens name, such as "blocks.3.hook_resid_post".
 * @param data the activation, row-major; valid during the call alone.
 * @param shape its extents, the number of tokens first; valid during the call alone.
 * @param ndim the number of extents, 1 to 3.
 * @return 0 to go on; anything else ends the call with HOLDFAST_CANCELLED.
 */
typedef int32_t (*holdfast_site_function)(const char *site, float *data, const int64_t *shape, size_t ndim,
                                          void *user_data);

/**
 * Computes the logits of every position of one sequence, as holdfast_model_logits() does, with a function that is called
 * at some sites on the way. The model's own interventions come first.
 * @param sites names of sites, in which "*" stands for any text, or paths of Hugging Face modules.
 * @param site_count the number of names, at least 1.
 * @param function called at each site, in the order of the forward pass.
 * @param user_data handed to the function. Since 0.1.
 */
holdfast_status holdfast_model_logits_with(const holdfast_model *model, const int32_t *tokens, size_t token_count,
                                           const char *const *sites, size_t site_count,
                                           holdfast_site_function function, void *user_data, float *logits,
                                           size_t capacity, holdfast_error **error);

/**
 * Does an analysis: logit lens, logit attribution, patching sweep, causal trace, steering vectors, drift by layer, patching
 * across models.
 * @param model the model, or the one before tuning.
 * @param tuned the tuned model, for the analyses that compare; else NULL.
 * @param second a model tuned with another seed, as a null; may be NULL.
 * @param questions what is asked, for the analyses that ask; else NULL.
 * @param demonstrations the set the shots are taken from; may be NULL.
 * @param request JSON with the member "analysis" and what belongs to it.
 * @param progress may be NULL.
 * @param json receives the result, a string to free with holdfast_string_free(). Since 0.1.
 */
holdfast_status holdfast_analyze(const holdfast_model *model, const holdfast_model *tuned, const holdfast_model *second,
                                 const holdfast_questions *questions, const holdfast_questions *demonstrations,
                                 const char *request, holdfast_progress_function progress, void *user_data, char **json,
                                 holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
