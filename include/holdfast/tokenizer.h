/**
 * @file tokenizer.h
 * Text to tokens and back.
 *
 * A tokenizer is immutable: one `const holdfast_tokenizer *` serves any number of threads. It may outlive the model it
 * was asked of. Since 0.1.
 */
#ifndef HOLDFAST_TOKENIZER_H
#define HOLDFAST_TOKENIZER_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The tokenizer of a model. */
typedef struct holdfast_tokenizer holdfast_tokenizer;

/** Whether a sequence begins with the beginning-of-sequence token. */
typedef enum holdfast_bos_policy {
  /** As the tokenizer's own configuration says. */
  HOLDFAST_BOS_AUTOMATIC = 0,
  /** Always; the tokenizer must have such a token. */
  HOLDFAST_BOS_ALWAYS = 1,
  /** Never. */
  HOLDFAST_BOS_NEVER = 2
} holdfast_bos_policy;

/** As a length: the text is NUL-terminated. */
#define HOLDFAST_NUL_TERMINATED ((size_t)-1)

/**
 * The tokenizer of a model.
 * @param tokenizer receives the tokenizer, to free with holdfast_tokenizer_free().
 */
holdfast_status holdfast_model_tokenizer(const holdfast_model *model, holdfast_tokenizer **tokenizer,
                                         holdfast_error **error);

/** Frees a tokenizer. NULL is accepted. */
void holdfast_tokenizer_free(holdfast_tokenizer *tokenizer);

/** The number of tokens; 0 for a handle that is none. */
size_t holdfast_tokenizer_vocabulary_size(const holdfast_tokenizer *tokenizer);

/** The beginning-of-sequence token; -1 when there is none. */
int32_t holdfast_tokenizer_bos_token(const holdfast_tokenizer *tokenizer);

/** The end-of-sequence token; -1 when there is none. */
int32_t holdfast_tokenizer_eos_token(const holdfast_tokenizer *tokenizer);

/**
 * Turns text into the tokens Hugging Face gives for it.
 * @param text UTF-8, which may hold NUL characters when its length is given.
 * @param length its bytes, or HOLDFAST_NUL_TERMINATED.
 * @param bos whether the beginning-of-sequence token comes first.
 * @param parse_special 1: the spelling of a special token, such as "<|im_end|>", becomes that token; 0: it is text.
 * @param tokens receives an array to free with holdfast_array_free(); never NULL on success.
 * @param token_count receives its length, which may be 0.
 */
holdfast_status holdfast_tokenizer_encode(const holdfast_tokenizer *tokenizer, const char *text, size_t length,
                                          holdfast_bos_policy bos, int32_t parse_special, int32_t **tokens,
                                          size_t *token_count, holdfast_error **error);

/**
 * Turns tokens into text; bytes that are not UTF-8, as in half a character, become U+FFFD.
 * @param tokens token_count tokens, each in 0 ..< the vocabulary size; may be NULL when token_count is 0.
 * @param skip_special 1: special tokens leave no text; 0: they are spelled out.
 * @param text receives a string to free with holdfast_string_free(), with a NUL after its last byte.
 * @param length receives its bytes; may be NULL.
 */
holdfast_status holdfast_tokenizer_decode(const holdfast_tokenizer *tokenizer, const int32_t *tokens,
                                          size_t token_count, int32_t skip_special, char **text, size_t *length,
                                          holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
