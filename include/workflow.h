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
 * Who gives commands and asks questions.
 */
enum workflow_actor
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The host's own system, by a name of its choice. It may do everything.
     */
    WORKFLOW_ACTOR_SYSTEM = 0,
    /**
     * A member of the firm, by identifier.
     */
    WORKFLOW_ACTOR_MEMBER = 1,
    /**
     * A client, through the host's portal: by the identifier of the account they act for.
     */
    WORKFLOW_ACTOR_CLIENT = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum workflow_actor workflow_actor;
#else
typedef int32_t workflow_actor;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

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
 * What an acknowledged commit survives.
 */
enum workflow_durability
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing: it is gone with the process.
     */
    WORKFLOW_DURABILITY_NONE = 0,
    /**
     * The death of the process, not always a power cut.
     */
    WORKFLOW_DURABILITY_PROCESS = 1,
    /**
     * A power cut.
     */
    WORKFLOW_DURABILITY_POWER_CUT = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum workflow_durability workflow_durability;
#else
typedef int32_t workflow_durability;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How much a line of the log matters.
 */
enum workflow_log_level
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A bug, or a store that is damaged.
     */
    WORKFLOW_LOG_LEVEL_ERROR = 1,
    /**
     * The store failed, or is busy.
     */
    WORKFLOW_LOG_LEVEL_WARNING = 2,
    /**
     * The engine was opened or closed.
     */
    WORKFLOW_LOG_LEVEL_INFO = 3,
    /**
     * A call was refused.
     */
    WORKFLOW_LOG_LEVEL_DEBUG = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum workflow_log_level workflow_log_level;
#else
typedef int32_t workflow_log_level;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a job is moved; to be combined with `|`.
 */
enum workflow_move
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * As usual.
     */
    WORKFLOW_MOVE_PLAINLY = 0,
    /**
     * Enter the stage anew if the job is in it already.
     */
    WORKFLOW_MOVE_REENTER = 1,
    /**
     * Also run the entry automations of the stages jumped over.
     */
    WORKFLOW_MOVE_FIRE_JUMPED = 2,
    /**
     * Leave although the exit requirements do not hold, and enter although the stage is full.
     */
    WORKFLOW_MOVE_OVERRIDE = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum workflow_move workflow_move;
#else
typedef int32_t workflow_move;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * In which notation a graph is drawn.
 */
enum workflow_notation
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Graphviz, to be drawn with `dot -Tsvg`.
     */
    WORKFLOW_NOTATION_DOT = 0,
    /**
     * Mermaid, for Markdown.
     */
    WORKFLOW_NOTATION_MERMAID = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum workflow_notation workflow_notation;
#else
typedef int32_t workflow_notation;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * In which state a task is.
 */
enum workflow_task_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * To be done.
     */
    WORKFLOW_TASK_STATE_PLANNED = 0,
    /**
     * Being done.
     */
    WORKFLOW_TASK_STATE_IN_PROGRESS = 1,
    /**
     * Done.
     */
    WORKFLOW_TASK_STATE_COMPLETED = 2,
    /**
     * Not to be done.
     */
    WORKFLOW_TASK_STATE_CANCELLED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum workflow_task_state workflow_task_state;
#else
typedef int32_t workflow_task_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What became of a notification.
 */
enum workflow_verdict
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It was delivered.
     */
    WORKFLOW_VERDICT_DONE = 0,
    /**
     * It could not be delivered now: it comes again, at `workflow_reply_retry_at` or after a while
     * that grows with every try, and in the end becomes a dead letter.
     */
    WORKFLOW_VERDICT_RETRY = 1,
    /**
     * It can never be delivered: it becomes a dead letter, and its job is marked for attention.
     */
    WORKFLOW_VERDICT_REJECT = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum workflow_verdict workflow_verdict;
#else
typedef int32_t workflow_verdict;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * An engine in the hands of one actor of one firm: whoever does things through it does them in that
 * name. May be used by many threads at once. When the engine is freed it can do nothing any more,
 * but is still to be freed.
 *
 * Its functions that change something take an idempotency key: given twice under one key, a
 * command has one effect. It may be NULL.
 */
typedef struct workflow_acting workflow_acting;

/**
 * What a command or a query answered. Belongs to whoever asked for it and is freed with
 * `workflow_answer_free`. May be looked into by many threads.
 */
typedef struct workflow_answer workflow_answer;

/**
 * Walks through the pages of a query. Threads that use one at once take turns: each gets another
 * page.
 */
typedef struct workflow_cursor workflow_cursor;

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
 * Where a callback writes what it answers. The library's: good until the callback returns, on
 * whatever thread; afterwards it is answered with WORKFLOW_CODE_INVALID_HANDLE.
 */
typedef struct workflow_reply workflow_reply;

/**
 * Threads that do what is due when it is due. May be used by many threads at once.
 */
typedef struct workflow_runner workflow_runner;

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

/**
 * A text among others.
 */
typedef struct workflow_text {
    /**
     * UTF-8.
     */
    const char *data;
    /**
     * Bytes of it.
     */
    size_t len;
} workflow_text;

/**
 * Tells the time instead of the system's clock.
 *
 * The library keeps `user_data` once the engine is open, and calls `destroy` once when it is closed.
 * When the engine cannot be opened it is not called. Callbacks may come from any thread.
 */
typedef struct workflow_clock {
    /**
     * `sizeof(workflow_clock)`.
     */
    uint32_t struct_size;
    /**
     * WORKFLOW_ABI_VERSION.
     */
    uint32_t abi_version;
    /**
     * Given to every callback.
     */
    void *user_data;
    /**
     * Frees `user_data`. May be NULL.
     */
    void (*destroy)(void *user_data);
    /**
     * Microseconds since 1970-01-01T00:00:00Z. Needed.
     */
    int64_t (*now)(void *user_data);
} workflow_clock;

/**
 * Is told what goes wrong.
 *
 * The library keeps `user_data` once the engine is open, and calls `destroy` once when it is closed.
 * When the engine cannot be opened it is not called. Callbacks may come from any thread.
 */
typedef struct workflow_log {
    /**
     * `sizeof(workflow_log)`.
     */
    uint32_t struct_size;
    /**
     * WORKFLOW_ABI_VERSION.
     */
    uint32_t abi_version;
    /**
     * Given to every callback.
     */
    void *user_data;
    /**
     * Frees `user_data`. May be NULL.
     */
    void (*destroy)(void *user_data);
    /**
     * One line, of a `workflow_log_level`. The text is the library's, and gone when the callback
     * has returned. Needed.
     */
    void (*write)(void *user_data, int32_t level, const char *text, size_t len);
} workflow_log;

/**
 * How an engine is opened. All zero but the first two is how it is opened without.
 */
typedef struct workflow_options {
    /**
     * `sizeof(workflow_options)`.
     */
    uint32_t struct_size;
    /**
     * WORKFLOW_ABI_VERSION.
     */
    uint32_t abi_version;
    /**
     * The host's clock; NULL for the system's.
     */
    const struct workflow_clock *clock;
    /**
     * The host's log; NULL for none.
     */
    const struct workflow_log *log;
    /**
     * Identifiers follow from this when it is not 0: the same commands at the same times give the
     * same records. For tests; two engines of one seed make the same identifiers.
     */
    uint64_t seed;
} workflow_options;

/**
 * A part of a store's keys.
 */
typedef struct workflow_range {
    /**
     * From this key on.
     */
    const uint8_t *from;
    /**
     * Bytes of it.
     */
    size_t from_len;
    /**
     * Up to this key, which is not part of it.
     */
    const uint8_t *to;
    /**
     * Bytes of it.
     */
    size_t to_len;
    /**
     * No more rows than this: 1 to 1000.
     */
    size_t limit;
    /**
     * 1 when the greatest key comes first, else 0.
     */
    uint32_t descending;
    /**
     * 1 when the values are not looked at and may be left out, else 0.
     */
    uint32_t keys_only;
} workflow_range;

/**
 * A key to write or to delete.
 */
typedef struct workflow_change {
    /**
     * The key.
     */
    const uint8_t *key;
    /**
     * Bytes of it: 1 to some thousands.
     */
    size_t key_len;
    /**
     * What it holds from now on; NULL when the key is deleted, if it is there.
     */
    const uint8_t *value;
    /**
     * Bytes of it: 0 to some millions.
     */
    size_t value_len;
} workflow_change;

/**
 * A store of the host's: byte strings by byte strings, in the order of their bytes (as `memcmp`
 * orders them, a shorter one before a longer one that begins with it), changed in transactions.
 * Everything else, from indexes to queues, the library lays over it.
 *
 * An ordered map behind a lock is one, and so is a table of two columns in a SQL database:
 * `CREATE TABLE kv (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID`. examples/c/host_store.c
 * and examples/c/legacy_host.c are both, in full.
 *
 * # What a transaction promises
 * - All of its reads are of one instant, not before it began: they see every commit that was
 *   acknowledged before, and nothing of one that has not happened.
 * - What a writing transaction has read is still so when it commits. One lock, or one writer at a
 *   time, does it; a store that finds out at the commit answers WORKFLOW_CODE_CONFLICT, and the
 *   library tries again from the beginning.
 * - `commit` makes all changes or none, and ends the transaction whatever it answers.
 *   WORKFLOW_CODE_AMBIGUOUS says that it is not known which, and nothing else does.
 * - A transaction that is not committed is ended by `abort`. It has changed nothing.
 *
 * # Callbacks
 * Each answers 0, or one of the codes 200 to 207 with `workflow_reply_error` for words; any other
 * code counts as WORKFLOW_CODE_UNAVAILABLE. They may come from many threads at once, one
 * transaction from one thread, and must neither throw nor `longjmp`.
 *
 * The library keeps `user_data` once the engine is open, and calls `destroy` once when it is
 * closed. When the engine cannot be opened it is not called.
 */
typedef struct workflow_store {
    /**
     * `sizeof(workflow_store)`.
     */
    uint32_t struct_size;
    /**
     * WORKFLOW_ABI_VERSION.
     */
    uint32_t abi_version;
    /**
     * Given to every callback.
     */
    void *user_data;
    /**
     * Frees `user_data`. May be NULL.
     */
    void (*destroy)(void *user_data);
    /**
     * Begins a transaction: to write too when `write` is 1, else only to read. What it puts into
     * `transaction`, which may be NULL, is given to the others. Needed.
     */
    int32_t (*begin)(void *user_data, uint32_t write, void **transaction, struct workflow_reply *reply);
    /**
     * Answers what a key holds with `workflow_reply_value`; without it the key holds nothing.
     * Needed.
     */
    int32_t (*get)(void *user_data,
                   void *transaction,
                   const uint8_t *key,
                   size_t key_len,
                   struct workflow_reply *reply);
    /**
     * Answers the rows of a range with `workflow_reply_row`, in order. Needed.
     */
    int32_t (*range)(void *user_data,
                     void *transaction,
                     const struct workflow_range *range,
                     struct workflow_reply *reply);
    /**
     * Makes all changes, which are in the order of their keys and of different keys. Needed.
     */
    int32_t (*commit)(void *user_data,
                      void *transaction,
                      const struct workflow_change *changes,
                      size_t count,
                      struct workflow_reply *reply);
    /**
     * Ends a transaction that is not committed. Needed.
     */
    void (*abort)(void *user_data, void *transaction);
    /**
     * What a commit survives: a `workflow_durability`.
     */
    int32_t durability;
    /**
     * 1 when several processes may work on it at once, else 0.
     */
    uint32_t shared;
    /**
     * 1 when transactions that only read keep nobody waiting, however long they last, else 0. Only
     * then can a firm be exported while others work.
     */
    uint32_t reads_without_waiting;
    /**
     * Zero.
     */
    uint32_t reserved;
} workflow_store;

/**
 * What the host is asked to do. Texts are the library's, end in a NUL, are never NULL, and are
 * empty where there is none; so are identifiers, which are all zero. `intent` says which there are.
 */
typedef struct workflow_notification {
    /**
     * Its identifier, which is also its idempotency key: the same however often it comes.
     */
    struct workflow_id id;
    /**
     * Of which firm.
     */
    struct workflow_id firm;
    /**
     * About which job.
     */
    struct workflow_id job;
    /**
     * About which account.
     */
    struct workflow_id account;
    /**
     * When the change that caused it was made: microseconds since 1970.
     */
    int64_t at;
    /**
     * What is asked: `request_item`, `complete_item`, `cancel_item`, `remind_of_item`,
     * `remind_of_task`, `apply_folder_template`, `update_account_access`, `signal`. More may come.
     */
    const char *intent;
    /**
     * Of an item: the engine's record of it, by which its status is reported.
     */
    struct workflow_id item;
    /**
     * Of an item: its kind, such as `email` or `organizer`.
     */
    const char *kind;
    /**
     * The host's template.
     */
    const char *template_name;
    /**
     * What the item or task is called, or the signal's name.
     */
    const char *title;
    /**
     * The text that goes with it.
     */
    const char *body;
    /**
     * Of a task: which.
     */
    struct workflow_id task;
    /**
     * All of it as a JSON document, by notification.schema.json.
     */
    const char *json;
    /**
     * Bytes of it.
     */
    size_t json_len;
} workflow_notification;

/**
 * Names a delivery. Good as long as its lease, and in any process: it may be kept as it is.
 */
typedef struct workflow_receipt {
    /**
     * Of which firm.
     */
    struct workflow_id firm;
    /**
     * Which notification.
     */
    struct workflow_id notification;
    /**
     * About which job; all zero for none.
     */
    struct workflow_id job;
    /**
     * Counts the leases that it had.
     */
    uint64_t generation;
    /**
     * How often it was handed out.
     */
    uint32_t attempts;
    /**
     * Zero.
     */
    uint32_t reserved;
} workflow_receipt;

/**
 * A notification that was handed out.
 */
typedef struct workflow_delivery {
    /**
     * What is to be done.
     */
    struct workflow_notification notification;
    /**
     * By which it is acknowledged, failed or rejected.
     */
    struct workflow_receipt receipt;
} workflow_delivery;

/**
 * Delivers notifications.
 *
 * The library calls `destroy` once when it does not need the notifier any more; not when the
 * function that it was given to fails. Callbacks must neither throw nor `longjmp`.
 */
typedef struct workflow_notifier {
    /**
     * `sizeof(workflow_notifier)`.
     */
    uint32_t struct_size;
    /**
     * WORKFLOW_ABI_VERSION.
     */
    uint32_t abi_version;
    /**
     * Given to every callback.
     */
    void *user_data;
    /**
     * Frees `user_data`. May be NULL.
     */
    void (*destroy)(void *user_data);
    /**
     * Delivers one, and answers a `workflow_verdict`; any other number counts as
     * WORKFLOW_VERDICT_RETRY. It may come again under the same `id`: deliver it once all the same.
     * The notification is gone when the callback has returned. Why it failed goes into
     * `workflow_reply_error`. Needed.
     */
    int32_t (*deliver)(void *user_data,
                       const struct workflow_notification *notification,
                       struct workflow_reply *reply);
} workflow_notifier;

/**
 * How a runner runs. Zero stands for what is usual.
 */
typedef struct workflow_runner_options {
    /**
     * `sizeof(workflow_runner_options)`.
     */
    uint32_t struct_size;
    /**
     * WORKFLOW_ABI_VERSION.
     */
    uint32_t abi_version;
    /**
     * How many threads work. Where there are two or more, one is kept free of deliveries.
     */
    uint32_t workers;
    /**
     * How many notifications a thread takes at once. It finishes them before it stops.
     */
    uint32_t in_hand;
    /**
     * How long it sleeps at most, in milliseconds: that is how late it notices what other processes
     * have made due.
     */
    uint64_t longest_sleep;
    /**
     * How long it pauses at most after failures of the store, in milliseconds.
     */
    uint64_t longest_pause;
    /**
     * Delivers notifications; when NULL they are left to the host. The runner keeps it.
     */
    const struct workflow_notifier *notifier;
} workflow_runner_options;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Puts an engine in the hands of an actor of a firm, a `workflow_actor`: a system by `name`, a
 * member or a client by `id`. What is not asked for may be NULL.
 */
int32_t workflow_acting_new(const struct workflow_engine *engine,
                            const struct workflow_id *firm,
                            int32_t actor,
                            const struct workflow_id *id,
                            const char *name,
                            size_t name_len,
                            struct workflow_acting **acting,
                            struct workflow_error **error);

/**
 * Frees it. NULL, and what is no `workflow_acting` any more, do nothing.
 */
void workflow_acting_free(struct workflow_acting *acting);

/**
 * Carries out a command, by command.schema.json.
 */
int32_t workflow_acting_execute(const struct workflow_acting *acting,
                                const char *command,
                                size_t len,
                                const char *key,
                                size_t key_len,
                                struct workflow_answer **answer,
                                struct workflow_error **error);

/**
 * Answers a question: the `question` of inquiry.schema.json, such as `{"job": {"job": "…"}}`.
 */
int32_t workflow_acting_query(const struct workflow_acting *acting,
                              const char *question,
                              size_t len,
                              struct workflow_answer **answer,
                              struct workflow_error **error);

/**
 * Publishes a pipeline, or a new version of one that drops no stage with jobs in it: a document in
 * YAML or JSON, by pipeline.schema.json. Every problem is in the error's document; warnings are in
 * the answer's.
 */
int32_t workflow_acting_publish(const struct workflow_acting *acting,
                                const char *pipeline,
                                size_t len,
                                const char *key,
                                size_t key_len,
                                struct workflow_answer **answer,
                                struct workflow_error **error);

/**
 * Everything that is wrong or worth a look in a pipeline document, as publishing it would find: the
 * answer has `workflow_answer_count` problems.
 */
int32_t workflow_acting_lint(const struct workflow_acting *acting,
                             const char *pipeline,
                             size_t len,
                             struct workflow_answer **answer,
                             struct workflow_error **error);

/**
 * The newest version of a pipeline, drawn in a `workflow_notation`: `workflow_answer_text` is it.
 */
int32_t workflow_acting_graph(const struct workflow_acting *acting,
                              const char *pipeline,
                              size_t len,
                              int32_t notation,
                              struct workflow_answer **answer,
                              struct workflow_error **error);

/**
 * Creates a job of an account in a pipeline, with the pipeline's defaults. `workflow_answer_job` is
 * it. What else a job can be given goes through `workflow_acting_execute`.
 */
int32_t workflow_acting_create_job(const struct workflow_acting *acting,
                                   const struct workflow_id *account,
                                   const char *pipeline,
                                   size_t pipeline_len,
                                   const char *key,
                                   size_t key_len,
                                   struct workflow_answer **answer,
                                   struct workflow_error **error);

/**
 * Moves a job to a stage of its pipeline. `flags` are of `workflow_move`.
 */
int32_t workflow_acting_move_job(const struct workflow_acting *acting,
                                 const struct workflow_id *job,
                                 const char *stage,
                                 size_t stage_len,
                                 uint32_t flags,
                                 const char *key,
                                 size_t key_len,
                                 struct workflow_answer **answer,
                                 struct workflow_error **error);

/**
 * Sets a job's status: `active`, `completed`, or a custom one of its pipeline.
 */
int32_t workflow_acting_set_status(const struct workflow_acting *acting,
                                   const struct workflow_id *job,
                                   const char *status,
                                   size_t status_len,
                                   const char *key,
                                   size_t key_len,
                                   struct workflow_answer **answer,
                                   struct workflow_error **error);

/**
 * Archives a job when `archived` is 1, or takes it out of the archive with the status it had when
 * it is 0.
 */
int32_t workflow_acting_archive_job(const struct workflow_acting *acting,
                                    const struct workflow_id *job,
                                    uint32_t archived,
                                    const char *key,
                                    size_t key_len,
                                    struct workflow_answer **answer,
                                    struct workflow_error **error);

/**
 * Completes a task.
 */
int32_t workflow_acting_complete_task(const struct workflow_acting *acting,
                                      const struct workflow_id *task,
                                      const char *key,
                                      size_t key_len,
                                      struct workflow_answer **answer,
                                      struct workflow_error **error);

/**
 * Sets a task's state, a `workflow_task_state`.
 */
int32_t workflow_acting_set_task_state(const struct workflow_acting *acting,
                                       const struct workflow_id *task,
                                       int32_t state,
                                       const char *key,
                                       size_t key_len,
                                       struct workflow_answer **answer,
                                       struct workflow_error **error);

/**
 * Reports that an item has reached a status, such as `submitted` or `paid`.
 */
int32_t workflow_acting_report_item(const struct workflow_acting *acting,
                                    const struct workflow_id *item,
                                    const char *status,
                                    size_t status_len,
                                    const char *key,
                                    size_t key_len,
                                    struct workflow_answer **answer,
                                    struct workflow_error **error);

/**
 * The same for an item by the host's own reference.
 */
int32_t workflow_acting_report_external(const struct workflow_acting *acting,
                                        const char *reference,
                                        size_t reference_len,
                                        const char *status,
                                        size_t status_len,
                                        const char *key,
                                        size_t key_len,
                                        struct workflow_answer **answer,
                                        struct workflow_error **error);

/**
 * Puts tags on a job and takes others off. Either list may be NULL when its count is 0.
 */
int32_t workflow_acting_tag_job(const struct workflow_acting *acting,
                                const struct workflow_id *job,
                                const struct workflow_text *add,
                                size_t add_count,
                                const struct workflow_text *remove,
                                size_t remove_count,
                                const char *key,
                                size_t key_len,
                                struct workflow_answer **answer,
                                struct workflow_error **error);

/**
 * Puts tags on an account and takes others off. Either list may be NULL when its count is 0.
 */
int32_t workflow_acting_tag_account(const struct workflow_acting *acting,
                                    const struct workflow_id *account,
                                    const struct workflow_text *add,
                                    size_t add_count,
                                    const struct workflow_text *remove,
                                    size_t remove_count,
                                    const char *key,
                                    size_t key_len,
                                    struct workflow_answer **answer,
                                    struct workflow_error **error);

/**
 * The answer as a JSON document: outcome.schema.json for a command, results.schema.json for many,
 * answer.schema.json for a question, ticked.schema.json, and so on. Valid until the answer is freed.
 */
const char *workflow_answer_json(const struct workflow_answer *answer, size_t *len);

/**
 * The text that the answer is, where it is one: a graph; the report on a store; of a command that
 * changed nothing, why. Else it is empty. Valid until the answer is freed.
 */
const char *workflow_answer_text(const struct workflow_answer *answer, size_t *len);

/**
 * How many of what the answer is a list of: rows of a page, commands of many or of a bulk,
 * deliveries, records that a tick did something to, checks that a store passed.
 */
size_t workflow_answer_count(const struct workflow_answer *answer);

/**
 * What became of one command of many or of a bulk, or of one record of a tick, from 0: the code that
 * it would have answered by itself, with its answer or its error. Both are the caller's to free.
 */
int32_t workflow_answer_part(const struct workflow_answer *answer,
                             size_t index,
                             struct workflow_answer **part,
                             struct workflow_error **error);

/**
 * The revision of the record that the command was about, after it; 0 when there is none.
 */
uint64_t workflow_answer_revision(const struct workflow_answer *answer);

/**
 * Where the command's last entry is in the firm's log; 0 when nothing had to be written.
 */
uint64_t workflow_answer_position(const struct workflow_answer *answer);

/**
 * 1 when an earlier command under the same idempotency key did all this; else 0.
 */
int32_t workflow_answer_replayed(const struct workflow_answer *answer);

/**
 * 1 when the command changed nothing; `workflow_answer_text` says why. Else 0.
 */
int32_t workflow_answer_unchanged(const struct workflow_answer *answer);

/**
 * How many events the command caused.
 */
size_t workflow_answer_event_count(const struct workflow_answer *answer);

/**
 * How many notifications the command caused.
 */
size_t workflow_answer_notification_count(const struct workflow_answer *answer);

/**
 * How many warnings a definition that was published got.
 */
size_t workflow_answer_warning_count(const struct workflow_answer *answer);

/**
 * How many tasks the command created.
 */
size_t workflow_answer_task_count(const struct workflow_answer *answer);

/**
 * How many items the command created.
 */
size_t workflow_answer_item_count(const struct workflow_answer *answer);

/**
 * The job that the command was about; WORKFLOW_CODE_NOT_FOUND when there is none.
 */
int32_t workflow_answer_job(const struct workflow_answer *answer, struct workflow_id *id);

/**
 * The last series that the command created; WORKFLOW_CODE_NOT_FOUND when there is none.
 */
int32_t workflow_answer_series(const struct workflow_answer *answer, struct workflow_id *id);

/**
 * A task that the command created, from 0; WORKFLOW_CODE_NOT_FOUND when there are not so many.
 */
int32_t workflow_answer_task(const struct workflow_answer *answer, size_t index, struct workflow_id *id);

/**
 * An item that the command created, from 0; WORKFLOW_CODE_NOT_FOUND when there are not so many.
 */
int32_t workflow_answer_item(const struct workflow_answer *answer, size_t index, struct workflow_id *id);

/**
 * When the next timer is due, in the answer of a tick: microseconds since 1970, not after the tick's
 * time when its limit left some undone. INT64_MAX when none is.
 */
int64_t workflow_answer_next_due(const struct workflow_answer *answer);

/**
 * How many records a tick could not do anything to, or how many checks a store did not pass; the
 * document tells which and why.
 */
size_t workflow_answer_failure_count(const struct workflow_answer *answer);

/**
 * Frees an answer. NULL, and what is no answer any more, do nothing.
 */
void workflow_answer_free(struct workflow_answer *answer);

/**
 * Writes a firm to a file, as it is at one moment while others may work on it. The file appears
 * under its name when it is complete, over one that may be there. The answer's document, by
 * carried.schema.json, says what is in it.
 */
int32_t workflow_engine_export_firm(const struct workflow_engine *engine,
                                    const struct workflow_id *firm,
                                    const char *path,
                                    size_t path_len,
                                    struct workflow_answer **answer,
                                    struct workflow_error **error);

/**
 * Reads a firm from a file of `workflow_engine_export_firm` into a store that does not have it. One
 * that was interrupted goes on where it was. The answer's document, by carried.schema.json, says what
 * was read.
 */
int32_t workflow_engine_import_firm(const struct workflow_engine *engine,
                                    const char *path,
                                    size_t path_len,
                                    struct workflow_answer **answer,
                                    struct workflow_error **error);

/**
 * Writes what the actor may see to a file, by export.schema.json: events for process miners, such as
 * `{"format": "xes"}` or `{"format": "ocel"}`, or a table, such as `{"format": {"csv": "jobs"}}`. The
 * file appears under its name when it is complete, over one that may be there. The answer's document,
 * by exported.schema.json, says how much was written. It takes as long as reading all of that does,
 * and keeps nobody else waiting.
 */
int32_t workflow_acting_export(const struct workflow_acting *acting,
                               const char *query,
                               size_t len,
                               const char *path,
                               size_t path_len,
                               struct workflow_answer **answer,
                               struct workflow_error **error);

/**
 * Answers a question, by inquiry.schema.json. One for a list answers its first page; where the next
 * begins is in its document, under `next`.
 */
int32_t workflow_engine_query(const struct workflow_engine *engine,
                              const char *inquiry,
                              size_t len,
                              struct workflow_answer **answer,
                              struct workflow_error **error);

/**
 * Begins to walk through the pages of a question, by inquiry.schema.json, from the page that it
 * names on. Nothing is asked yet.
 */
int32_t workflow_cursor_open(const struct workflow_engine *engine,
                             const char *inquiry,
                             size_t len,
                             struct workflow_cursor **cursor,
                             struct workflow_error **error);

/**
 * Asks for the next page. After the last one the answer is NULL and the call succeeds. A page that
 * could not be asked for is asked for again by the next call.
 */
int32_t workflow_cursor_next(const struct workflow_cursor *cursor,
                             struct workflow_answer **answer,
                             struct workflow_error **error);

/**
 * Frees a cursor. NULL, and what is no cursor any more, do nothing.
 */
void workflow_cursor_free(struct workflow_cursor *cursor);

/**
 * The JSON Schema of a document: `request`, `command`, `inquiry`, `outcome`, `results`, `answer`,
 * `error`, `pipeline`, `template`, `notification`, `ticked`, and the others that are installed beside
 * this header. The answer's document is it.
 */
int32_t workflow_schema(const char *name,
                        size_t len,
                        struct workflow_answer **answer,
                        struct workflow_error **error);

/**
 * Opens an engine over a store by its address: `memory:`, `sqlite:PATH`, or `postgres://…` where the
 * library was built with the feature `postgres`. After `?` an address says how: of a SQLite file
 * `durability=process` or `durability=power_cut` (the default), `busy_timeout=` in milliseconds (10000),
 * `readers=`, `create=false`, `inside_host_database=true`, joined by `&`. `options` may be NULL.
 */
int32_t workflow_engine_open(const char *address,
                             size_t len,
                             const struct workflow_options *options,
                             struct workflow_engine **engine,
                             struct workflow_error **error);

/**
 * Opens an engine over a store of the host's. `options` may be NULL.
 */
int32_t workflow_engine_open_host(const struct workflow_store *store,
                                  const struct workflow_options *options,
                                  struct workflow_engine **engine,
                                  struct workflow_error **error);

/**
 * Frees an engine. Calls that other threads are in are finished first; then the store is closed.
 * NULL, and what is no engine any more, do nothing.
 */
void workflow_engine_free(struct workflow_engine *engine);

/**
 * Carries out a command, by request.schema.json, and what it leaves for other jobs.
 */
int32_t workflow_engine_execute(const struct workflow_engine *engine,
                                const char *request,
                                size_t len,
                                struct workflow_answer **answer,
                                struct workflow_error **error);

/**
 * Carries out many commands in order, each by itself: an array of request.schema.json. Many share
 * one synchronisation of the store with its disk. The call succeeds when all could be read; what
 * became of each is a `workflow_answer_part`.
 */
int32_t workflow_engine_execute_many(const struct workflow_engine *engine,
                                     const char *requests,
                                     size_t len,
                                     struct workflow_answer **answer,
                                     struct workflow_error **error);

/**
 * Carries out a command, by request.schema.json, inside a transaction of the host's own: what it
 * does is committed or rolled back with that.
 *
 * `transaction` is a store whose `begin` joins the transaction that the host has open, whose
 * `commit` writes the changes and leaves it open, and whose `abort` does nothing. It is used during
 * the call alone; its `destroy` is not called. What the command leaves for other jobs waits for
 * `workflow_engine_run_follow_ups` after the host's commit, and so do timers for the next tick.
 */
int32_t workflow_engine_execute_within(const struct workflow_engine *engine,
                                       const struct workflow_store *transaction,
                                       const char *request,
                                       size_t len,
                                       struct workflow_answer **answer,
                                       struct workflow_error **error);

/**
 * Does what is due by `now`, microseconds since 1970, on no more than `limit` records, the oldest
 * first. Tick again at `workflow_answer_next_due`; at once when that is not past `now`.
 */
int32_t workflow_engine_tick(const struct workflow_engine *engine,
                             int64_t now,
                             size_t limit,
                             struct workflow_answer **answer,
                             struct workflow_error **error);

/**
 * Takes up what commands left for other jobs and no living engine holds, no more than `limit`:
 * after a crash, and after `workflow_engine_execute_within`. `count` becomes how many were run,
 * those that followed from them included.
 */
int32_t workflow_engine_run_follow_ups(const struct workflow_engine *engine,
                                       size_t limit,
                                       size_t *count,
                                       struct workflow_error **error);

/**
 * Now, by the engine's clock: microseconds since 1970. 0 when this is no engine.
 */
int64_t workflow_engine_now(const struct workflow_engine *engine);

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
 * Answers the value of a key, in `workflow_store.get`. Without it the key holds nothing.
 */
int32_t workflow_reply_value(struct workflow_reply *reply, const uint8_t *value, size_t len);

/**
 * Answers a row, in `workflow_store.range`: rows come in the order that was asked for, are within
 * the range, and are no more than its limit. WORKFLOW_CODE_LIMIT says that there are enough.
 */
int32_t workflow_reply_row(struct workflow_reply *reply,
                           const uint8_t *key,
                           size_t key_len,
                           const uint8_t *value,
                           size_t value_len);

/**
 * Says why a callback fails, in words; the code that it returns says how.
 */
int32_t workflow_reply_error(struct workflow_reply *reply, const char *message, size_t len);

/**
 * Says when a notification is to be tried again, in `workflow_notifier.deliver`: microseconds since
 * 1970. Without it the library waits longer after every try.
 */
int32_t workflow_reply_retry_at(struct workflow_reply *reply, int64_t micros);

/**
 * Tells whether a store of the host's keeps its promises: runs the suite that every store of the
 * library passes, which leaves firms of its own behind and takes some seconds. The answer has
 * `workflow_answer_count` checks that it passed and `workflow_answer_failure_count` that it did not;
 * `workflow_answer_text` says what was expected and what it did instead. `destroy` is called before
 * the call ends, unless it fails before it begins.
 */
int32_t workflow_store_check(const struct workflow_store *store,
                             struct workflow_answer **answer,
                             struct workflow_error **error);

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
 * Hands out notifications that are due, one per job at a time, the oldest first: of one firm, or
 * of all when `firm` is NULL. For `lease_millis` nobody else gets them. The answer has
 * `workflow_answer_count` of them, each a `workflow_answer_delivery`.
 */
int32_t workflow_engine_claim(const struct workflow_engine *engine,
                              const struct workflow_id *firm,
                              uint64_t lease_millis,
                              size_t limit,
                              struct workflow_answer **answer,
                              struct workflow_error **error);

/**
 * A delivery of `workflow_engine_claim`, from 0. NULL when there are not so many. Valid until the
 * answer is freed.
 */
const struct workflow_delivery *workflow_answer_delivery(const struct workflow_answer *answer, size_t index);

/**
 * Says that a notification was delivered. `held` becomes 1, or 0 when the lease had run out and
 * another may deliver it once more; it may be NULL.
 */
int32_t workflow_engine_acknowledge(const struct workflow_engine *engine,
                                    const struct workflow_receipt *receipt,
                                    int32_t *held,
                                    struct workflow_error **error);

/**
 * Says that many notifications were delivered, with one synchronisation of the store. `held`, when
 * it is not NULL, has room for `count` numbers: each becomes what `workflow_engine_acknowledge`
 * says.
 */
int32_t workflow_engine_acknowledge_many(const struct workflow_engine *engine,
                                         const struct workflow_receipt *receipts,
                                         size_t count,
                                         int32_t *held,
                                         struct workflow_error **error);

/**
 * Says that a delivery failed, and why. It is tried again at `retry_at`, microseconds since 1970;
 * with 0, after a while that grows with every try, until it becomes a dead letter. `held` as in
 * `workflow_engine_acknowledge`.
 */
int32_t workflow_engine_fail(const struct workflow_engine *engine,
                             const struct workflow_receipt *receipt,
                             const char *why,
                             size_t why_len,
                             int64_t retry_at,
                             int32_t *held,
                             struct workflow_error **error);

/**
 * Says that a notification can never be delivered, and why: it becomes a dead letter, and its job
 * is marked for attention. `held` as in `workflow_engine_acknowledge`.
 */
int32_t workflow_engine_reject(const struct workflow_engine *engine,
                               const struct workflow_receipt *receipt,
                               const char *why,
                               size_t why_len,
                               int32_t *held,
                               struct workflow_error **error);

/**
 * Sends a dead letter again, at the end of what waits for its job.
 */
int32_t workflow_engine_send_again(const struct workflow_engine *engine,
                                   const struct workflow_id *firm,
                                   const struct workflow_id *notification,
                                   struct workflow_error **error);

/**
 * Delivers notifications that are due through a notifier, until none is left or `limit` were
 * tried. The answer, by deliveries.schema.json, counts them. The notifier is used during the call
 * alone, and its `destroy` is called before it ends, unless the call fails before it begins.
 */
int32_t workflow_engine_deliver(const struct workflow_engine *engine,
                                const struct workflow_notifier *notifier,
                                size_t limit,
                                struct workflow_answer **answer,
                                struct workflow_error **error);

/**
 * Starts threads that do what is due, take up what was left for other jobs, and deliver notifications
 * when the options have a notifier. They sleep until the next of them is due. Failures go to the
 * engine's log, and it goes on. `options` may be NULL.
 *
 * The runner keeps the store open, also when the engine is freed, until it is freed itself. The
 * notifier's callbacks come from the runner's threads.
 */
int32_t workflow_runner_start(const struct workflow_engine *engine,
                              const struct workflow_runner_options *options,
                              struct workflow_runner **runner,
                              struct workflow_error **error);

/**
 * Makes a runner look at once at what is due: when a clock was set, or another process has worked.
 */
int32_t workflow_runner_wake(const struct workflow_runner *runner, struct workflow_error **error);

/**
 * What a runner has done so far, and what it is at: the answer's document.
 */
int32_t workflow_runner_status(const struct workflow_runner *runner,
                               struct workflow_answer **answer,
                               struct workflow_error **error);

/**
 * Stops a runner and waits until it is through with what it holds, no longer than `millis`.
 * `finished` becomes 1 if it is; if it becomes 0, it goes on finishing by itself, and this may be
 * called again. From one of its own threads, in a callback, it does not wait.
 */
int32_t workflow_runner_stop(const struct workflow_runner *runner,
                             uint64_t millis,
                             int32_t *finished,
                             struct workflow_error **error);

/**
 * Stops a runner when it is through with what it holds, and frees it. From one of its own threads, in
 * a callback, it does not wait. NULL, and what is no runner any more, do nothing.
 */
void workflow_runner_free(struct workflow_runner *runner);

/**
 * What the engine's store is: its name, what an acknowledged commit survives, and whether several
 * processes may work on it. The answer's document is by capabilities.schema.json.
 */
int32_t workflow_engine_capabilities(const struct workflow_engine *engine,
                                     struct workflow_answer **answer,
                                     struct workflow_error **error);

/**
 * Copies the engine's SQLite database to a file, as it is at one moment while others may work on it.
 * The file appears under its name when it is complete, over one that may be there; the store's own
 * file is refused, and so is one that is in use. WORKFLOW_CODE_UNSUPPORTED from a store that is no
 * file: its database has tools of its own.
 */
int32_t workflow_engine_backup(const struct workflow_engine *engine,
                               const char *path,
                               size_t path_len,
                               struct workflow_error **error);

/**
 * Looks through the whole file of the engine's store. `workflow_answer_count` says how many problems
 * there are, none when all is well; the answer's document, by integrity.schema.json, says which. The
 * question `verify` compares a firm's records with its log. WORKFLOW_CODE_UNSUPPORTED as
 * `workflow_engine_backup`.
 */
int32_t workflow_engine_integrity_check(const struct workflow_engine *engine,
                                        struct workflow_answer **answer,
                                        struct workflow_error **error);

/**
 * The library's version, such as `0.1.0`. Valid for ever.
 */
const char *workflow_version(void);

/**
 * The library's WORKFLOW_ABI_VERSION, to be compared with the header's.
 */
uint32_t workflow_abi_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* WORKFLOW_H */
