/*
 * workflow.h: an embeddable workflow engine for practice management, as a C library.
 *
 * docs/c.md is the guide. In short:
 *
 * - Functions that can fail answer an int32_t: 0 is success, everything else a `workflow_code`.
 *   Most take a `workflow_error **` last: pass NULL, or the address of a pointer; when the call
 *   fails it holds an error to look into, to be freed with `workflow_error_free`.
 * - What a function makes comes through pointers that stand last. They are set to NULL (or 0) when
 *   the call begins and to the result when it succeeds.
 * - Handles are numbers in the shape of pointers. They point to nothing: each is looked up, so a
 *   handle of another type, or one that was freed, is answered with
 *   WORKFLOW_CODE_INVALID_HANDLE. Every `_free` takes NULL.
 * - Text is UTF-8, as pointer and length in bytes, and need not end in a NUL. Text that the library
 *   gives out does end in one, and is never NULL.
 * - Engines may be used by many threads at once. Other handles say what they allow.
 * - A callback of the host's that calls the engine that is calling it is answered with
 *   WORKFLOW_CODE_REENTRANT. No lock is held while the host is called.
 */


#ifndef WORKFLOW_H
#define WORKFLOW_H

/* Generated from the crate workflow-ffi by cbindgen; change that, not this. `make header` */

#include <stddef.h>
#include <stdint.h>

/**
 * The version of the binary interface that a program is compiled for. It goes up when a program
 * that was linked with the library before could no longer run with it.
 */
#define WORKFLOW_ABI_VERSION 1

/**
 * What a function answers: 0 for success, else why it did nothing.
 *
 * 1 to 99 are of this boundary, 100 to 199 the caller's to put right (nothing was changed), 200 to
 * 299 failures of the store. A number never gets another meaning. New ones may come: treat one
 * that you do not know by its range.
 */
enum workflow_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It was done.
     */
    WORKFLOW_CODE_OK = 0,
    /**
     * A pointer that is needed is NULL.
     */
    WORKFLOW_CODE_NULL_POINTER = 1,
    /**
     * A text is not UTF-8.
     */
    WORKFLOW_CODE_INVALID_TEXT = 2,
    /**
     * A handle is of another type, was freed, or never was one.
     */
    WORKFLOW_CODE_INVALID_HANDLE = 3,
    /**
     * The engine was called from a callback of its own.
     */
    WORKFLOW_CODE_REENTRANT = 4,
    /**
     * A call panicked before: the engine answers nothing but this. Free it and open it anew.
     */
    WORKFLOW_CODE_POISONED = 5,
    /**
     * A call panicked: a bug in the library. The engine is poisoned.
     */
    WORKFLOW_CODE_PANICKED = 6,
    /**
     * A text is longer than anything the function reads.
     */
    WORKFLOW_CODE_TOO_LONG = 7,
    /**
     * A number is not one of those that mean something here.
     */
    WORKFLOW_CODE_OUT_OF_RANGE = 8,
    /**
     * A struct is of another version of the library: its `struct_size` or `abi_version` is wrong.
     */
    WORKFLOW_CODE_ABI_MISMATCH = 9,
    /**
     * There are more handles than the library keeps.
     */
    WORKFLOW_CODE_TOO_MANY_HANDLES = 10,
    /**
     * A value is not acceptable.
     */
    WORKFLOW_CODE_INVALID = 100,
    /**
     * A document has problems; the error's document lists them.
     */
    WORKFLOW_CODE_DOCUMENT = 101,
    /**
     * Something named does not exist.
     */
    WORKFLOW_CODE_NOT_FOUND = 102,
    /**
     * Something that should be new exists already.
     */
    WORKFLOW_CODE_EXISTS = 103,
    /**
     * The actor may not.
     */
    WORKFLOW_CODE_FORBIDDEN = 104,
    /**
     * A rule stands against it.
     */
    WORKFLOW_CODE_REFUSED = 105,
    /**
     * A circle of dependencies.
     */
    WORKFLOW_CODE_CYCLE = 106,
    /**
     * A limit is exceeded.
     */
    WORKFLOW_CODE_LIMIT = 107,
    /**
     * An idempotency key was used for another command.
     */
    WORKFLOW_CODE_KEY_REUSED = 108,
    /**
     * Others changed the same records, again and again. Try again.
     */
    WORKFLOW_CODE_CONFLICT = 200,
    /**
     * The store is in use by another and did not come free in time. Try again.
     */
    WORKFLOW_CODE_BUSY = 201,
    /**
     * The store cannot be reached, read or written. Try again.
     */
    WORKFLOW_CODE_UNAVAILABLE = 202,
    /**
     * What the store holds cannot be what the engine wrote.
     */
    WORKFLOW_CODE_CORRUPT = 203,
    /**
     * The store was written by a newer version of this library.
     */
    WORKFLOW_CODE_NEWER_VERSION = 204,
    /**
     * The store holds something else than workflow data.
     */
    WORKFLOW_CODE_NOT_A_STORE = 205,
    /**
     * The store cannot do this.
     */
    WORKFLOW_CODE_UNSUPPORTED = 206,
    /**
     * It is not known whether a commit happened. Repeat the command with its idempotency key.
     */
    WORKFLOW_CODE_AMBIGUOUS = 207,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum workflow_code workflow_code;
#else
typedef int32_t workflow_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a command or a query answered. Belongs to whoever asked for it and is freed with
 * `workflow_answer_free`. May be looked into by many threads.
 */
typedef struct workflow_answer workflow_answer;

/**
 * An engine over a store. May be used by many threads at once, and freed while they use it: the
 * store is closed when the last call is done.
 */
typedef struct workflow_engine workflow_engine;

/**
 * Why a call did nothing. Belongs to whoever asked for it and is freed with
 * `workflow_error_free`. May be looked into by many threads.
 */
typedef struct workflow_error workflow_error;

/**
 * The identifier of a firm, account, member, job, task, item, …: the sixteen bytes of a UUID, most
 * significant first.
 */
typedef struct workflow_id {
    /**
     * The bytes.
     */
    uint8_t bytes[16];
} workflow_id;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The library's version, such as `0.1.0`. Valid for ever.
 */
const char *workflow_version(void);

/**
 * The library's WORKFLOW_ABI_VERSION, to be compared with the header's.
 */
uint32_t workflow_abi_version(void);

/**
 * The code that the call answered; WORKFLOW_CODE_INVALID_HANDLE when `error` is none.
 */
int32_t workflow_error_code(const struct workflow_error *error);

/**
 * 1 when the same call can succeed later without being changed, best under the same idempotency
 * key; else 0.
 */
int32_t workflow_error_retryable(const struct workflow_error *error);

/**
 * The kind of error in a word, such as `not_found`: the same for every code. Valid for ever.
 */
const char *workflow_error_kind(const struct workflow_error *error);

/**
 * What was wrong, where, and what to do, in words. Valid until the error is freed.
 */
const char *workflow_error_message(const struct workflow_error *error, size_t *len);

/**
 * The error as a JSON document, by error.schema.json: code, kind, retryable, message, and by kind
 * the field, rule, limit, problems, … Valid until the error is freed.
 */
const char *workflow_error_json(const struct workflow_error *error, size_t *len);

/**
 * Frees an error. NULL, and what is no error any more, do nothing.
 */
void workflow_error_free(struct workflow_error *error);

/**
 * What a code means, in a word, such as `not_found`; `unknown` for a number that is no code of this
 * version. Valid for ever.
 */
const char *workflow_code_name(int32_t code);

/**
 * Reads an identifier, such as `01890a5d-ac96-774b-bcce-b302099a8057`.
 */
int32_t workflow_id_parse(const char *text,
                          size_t len,
                          struct workflow_id *id,
                          struct workflow_error **error);

/**
 * Writes an identifier as 36 characters and a NUL.
 */
int32_t workflow_id_format(const struct workflow_id *id, char *text);

/**
 * Opens an engine over a store by its address: `memory:`, or `sqlite:PATH`, with
 * `?durability=process` or `?durability=power_cut` (the default) after it.
 */
int32_t workflow_engine_open(const char *address,
                             size_t len,
                             struct workflow_engine **engine,
                             struct workflow_error **error);

/**
 * Carries out a command, by command.schema.json, and what it leaves for other jobs.
 */
int32_t workflow_engine_execute(const struct workflow_engine *engine,
                                const char *command,
                                size_t len,
                                struct workflow_answer **answer,
                                struct workflow_error **error);

/**
 * Frees an engine. Calls that other threads are in are finished first. NULL, and what is no engine
 * any more, do nothing.
 */
void workflow_engine_free(struct workflow_engine *engine);

/**
 * The revision of the record that the command was about, after it; 0 when there is none.
 */
uint64_t workflow_answer_revision(const struct workflow_answer *answer);

/**
 * 1 when an earlier command under the same idempotency key did all this; else 0.
 */
int32_t workflow_answer_replayed(const struct workflow_answer *answer);

/**
 * How many events the command caused.
 */
size_t workflow_answer_event_count(const struct workflow_answer *answer);

/**
 * The job that the command was about. WORKFLOW_CODE_NOT_FOUND when there is none.
 */
int32_t workflow_answer_job(const struct workflow_answer *answer,
                            struct workflow_id *job,
                            struct workflow_error **error);

/**
 * Frees an answer. NULL, and what is no answer any more, do nothing.
 */
void workflow_answer_free(struct workflow_answer *answer);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* WORKFLOW_H */
