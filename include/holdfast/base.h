/**
 * @file base.h
 * Status, errors, versions, and the memory the library hands out.
 *
 * The rules of every header of Holdfast:
 *
 * - Errors. A call that can fail returns a holdfast_status and takes a trailing `holdfast_error **error`, which may be
 *   NULL. On success the status is HOLDFAST_OK and `*error` is not touched. On failure `*error` is overwritten with a
 *   new error object (set it to NULL before the first call; free it before it is used again), and every result pointer
 *   is set to NULL or zero. No input makes the library trap, abort or exit.
 * - Ownership. `holdfast_<noun>_load` and the like return an object that is freed with `holdfast_<noun>_free`, which
 *   accepts NULL. Objects may be freed in any order: a child keeps what it needs of its parent alive. A returned
 *   `char *` is freed with holdfast_string_free(), a returned array with holdfast_array_free(). A returned `const`
 *   pointer belongs to the object it was asked of, and lives until that object is freed. Inputs are copied.
 * - Handles. An object that was freed, or one of another kind, is recognised and refused with
 *   HOLDFAST_INVALID_ARGUMENT (accessors that cannot fail answer 0 or NULL, and a second free does nothing).
 * - Threads. A `const T *` may be used from many threads at once, a `T *` from one thread at a time. Freeing an object
 *   is safe while another thread's call uses it: the memory goes when that call ends. Pointers that were borrowed from
 *   the object, however, end with the object.
 * - Text. Every `const char *` that enters is NUL-terminated UTF-8 and is checked; invalid UTF-8 is refused with the
 *   position of the first wrong byte. Every string that leaves is valid UTF-8, except that paths and names come back
 *   as the bytes they are.
 * - Options. A structure of options begins with `uint32_t struct_size`; holdfast_<noun>_options_init(&options,
 *   sizeof options) fills it with the defaults. Fields are only ever appended. A program built against an older header
 *   passes a smaller structure, whose missing fields take their defaults; one built against a newer header passes a
 *   larger one, which is accepted as long as the bytes this library does not know are zero. NULL means all defaults.
 *
 * Since 0.1.
 */
#ifndef HOLDFAST_BASE_H
#define HOLDFAST_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a call ended. */
typedef enum holdfast_status {
  /** All went well. */
  HOLDFAST_OK = 0,
  /** An argument or a combination of arguments is not acceptable. */
  HOLDFAST_INVALID_ARGUMENT = 1,
  /** A file, tensor, dataset or name does not exist. */
  HOLDFAST_NOT_FOUND = 2,
  /** The operating system refused to read or write (the message carries its reason). */
  HOLDFAST_IO = 3,
  /** The content of a file, or of JSON handed over as text, is truncated, inconsistent or not what its format demands. */
  HOLDFAST_CORRUPT_DATA = 4,
  /** The content is well-formed but asks for something this build does not have. */
  HOLDFAST_UNSUPPORTED = 5,
  /** Memory could not be allocated. */
  HOLDFAST_OUT_OF_MEMORY = 6,
  /** The progress callback asked to stop. */
  HOLDFAST_CANCELLED = 7,
  /** A number became NaN or infinite where that makes the result meaningless. */
  HOLDFAST_NUMERICAL = 8,
  /** A prompt or a generation does not fit the model's context. */
  HOLDFAST_CONTEXT_LENGTH = 9,
  /** A file was written by a newer version of its format. */
  HOLDFAST_NEWER_VERSION = 10,
  /** A defect of Holdfast itself. */
  HOLDFAST_INTERNAL = 99
} holdfast_status;

/** What was wrong, where, and what to do about it. */
typedef struct holdfast_error holdfast_error;

/** The status the failing call returned; HOLDFAST_OK for NULL. */
holdfast_status holdfast_error_code(const holdfast_error *error);

/** The message, one or two sentences of UTF-8 that live as long as the error; "" for NULL. Never NULL. */
const char *holdfast_error_message(const holdfast_error *error);

/** Frees an error. NULL is accepted. */
void holdfast_error_free(holdfast_error *error);

/** The name of a status as programs write it, such as "corrupt-data"; "unknown" for any other value. Never NULL. */
const char *holdfast_status_name(holdfast_status status);

/** The semantic version of the library, such as "0.1.0". */
const char *holdfast_version(void);

/** The version of the binary interface; it changes only when a program built against an older header could break. */
uint32_t holdfast_abi_version(void);

/** Frees a string the library returned as `char *`. NULL is accepted. */
void holdfast_string_free(char *string);

/** Frees an array the library returned through a pointer to a non-const pointer. NULL is accepted. */
void holdfast_array_free(void *array);

/** One report from long work. */
typedef struct holdfast_progress {
  /** The size of this structure as the library knows it. */
  uint32_t struct_size;
  /** Zero. */
  uint32_t reserved;
  /** What is being done, such as "probe" or "tune incompatible". */
  const char *stage;
  /** Items finished so far. */
  uint64_t done;
  /** Items in total; 0 when not known. */
  uint64_t total;
  /** What is counted, in the plural: "questions", "steps", "tokens". */
  const char *unit;
  /** Anything worth a line, such as "loss 1.605"; may be empty, never NULL. */
  const char *detail;
} holdfast_progress;

/**
 * Receives progress; returning anything but 0 cancels the work, which then ends with HOLDFAST_CANCELLED and loses
 * nothing it had already written. It runs on the thread that made the call, with no lock held, and may itself call the
 * library. The structure and its strings are valid during the callback only. It must return: an exception or a
 * longjmp() must not leave it.
 */
typedef int32_t (*holdfast_progress_function)(const holdfast_progress *progress, void *user_data);

#ifdef __cplusplus
}
#endif

#endif
