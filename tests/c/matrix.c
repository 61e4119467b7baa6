/*
 * What is around the calls of every function with every argument wrong; the calls themselves are
 * made from workflow.h and come after this.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workflow.h"

#define FIRM_TEXT "0190a5d0-0000-7000-8000-000000000001"

static const char ADDRESS[] = "memory:";
static const char FOLDER[] = "/";
static const char TEXT[] = "text";
static const char BAD_TEXT[] = "te\xfft";
static const char CUT_TEXT[] = "te\xc3";
static const char COMMAND[] = "{\"save_firm\": {\"name\": \"Ledger & Sons\"}}";
static const char REQUEST[] = "{\"firm\": \"" FIRM_TEXT "\", \"actor\": {\"system\": \"matrix\"},"
                              " \"command\": {\"save_firm\": {\"name\": \"Ledger & Sons\"}}}";
static const char QUESTION[] = "\"today\"";
static const char INQUIRY[] = "{\"firm\": \"" FIRM_TEXT "\", \"actor\": {\"system\": \"matrix\"},"
                              " \"question\": \"pipelines\"}";

/* Handles of every type. */
struct handles {
    workflow_engine *engine;
    workflow_acting *acting;
    workflow_answer *answer;
    workflow_cursor *cursor;
    workflow_error *error;
    workflow_reply *reply;
    workflow_runner *runner;
};

/* Arguments that are right. */
static struct {
    workflow_engine *engine;
    workflow_acting *acting;
    workflow_answer *answer;
    workflow_cursor *cursor;
    workflow_error *error;
    workflow_reply *reply;
    workflow_runner *runner;
    workflow_id id;
    workflow_receipt receipt;
    workflow_text text;
    workflow_options options;
    workflow_store store;
    workflow_notifier notifier;
    workflow_runner_options runner_options;
} right;

/* Handles that were right once. */
static struct handles freed;

/* Where results go. */
static struct {
    workflow_engine *engine;
    workflow_acting *acting;
    workflow_answer *answer;
    workflow_cursor *cursor;
    workflow_error *error;
    workflow_runner *runner;
    size_t size;
    int32_t number;
    workflow_id id;
    char text[64];
} place;

static const char *calling = "";
static unsigned calls = 0, destroyed = 0;

static void bad(const char *why) {
    fprintf(stderr, "%s: %s\n", calling, why);
    exit(1);
}

/* Fills the places with what must not stay there. */
static void before(const char *call) {
    calling = call;
    calls++;
    memset(&place, 0, sizeof place);
}

/* Looks at what came of a call, and frees it. */
static void after(int32_t code, int must_fail) {
    if (must_fail && code == WORKFLOW_CODE_OK) {
        bad("succeeded");
    }
    if (code > 0 && (place.engine != NULL || place.acting != NULL || place.answer != NULL || place.cursor != NULL ||
                     place.runner != NULL)) {
        bad("failed with a result");
    }
    if (code == WORKFLOW_CODE_OK && place.error != NULL) {
        bad("succeeded with an error");
    }
    if (place.error != NULL && workflow_error_code(place.error) != code) {
        bad("the error has another code");
    }
    if (code == WORKFLOW_CODE_PANICKED || code == WORKFLOW_CODE_POISONED) {
        bad("panicked");
    }
    workflow_acting_free(place.acting);
    workflow_answer_free(place.answer);
    workflow_cursor_free(place.cursor);
    workflow_error_free(place.error);
    workflow_runner_free(place.runner);
    workflow_engine_free(place.engine);
}

/* A store that has nothing, and a reply to look at. */
static int32_t begin(void *user_data, uint32_t write, void **transaction, workflow_reply *reply) {
    (void)user_data, (void)write, (void)transaction;
    right.reply = reply;
    return WORKFLOW_CODE_UNAVAILABLE;
}
static int32_t get(void *user_data, void *transaction, const uint8_t *key, size_t len, workflow_reply *reply) {
    (void)user_data, (void)transaction, (void)key, (void)len, (void)reply;
    return WORKFLOW_CODE_UNAVAILABLE;
}
static int32_t range(void *user_data, void *transaction, const workflow_range *range, workflow_reply *reply) {
    (void)user_data, (void)transaction, (void)range, (void)reply;
    return WORKFLOW_CODE_UNAVAILABLE;
}
static int32_t commit(void *user_data, void *transaction, const workflow_change *changes, size_t count,
                      workflow_reply *reply) {
    (void)user_data, (void)transaction, (void)changes, (void)count, (void)reply;
    return WORKFLOW_CODE_UNAVAILABLE;
}
static void give_up(void *user_data, void *transaction) {
    (void)user_data, (void)transaction;
}
static void destroy(void *user_data) {
    (void)user_data;
    destroyed++;
}
static int32_t deliver(void *user_data, const workflow_notification *notification, workflow_reply *reply) {
    (void)user_data, (void)notification, (void)reply;
    return WORKFLOW_VERDICT_DONE;
}

static void must(int32_t code) {
    if (code != WORKFLOW_CODE_OK) {
        bad("the set-up failed");
    }
}

static struct handles make(void) {
    struct handles made;
    memset(&made, 0, sizeof made);
    calling = "set-up";
    must(workflow_engine_open(ADDRESS, sizeof ADDRESS - 1, NULL, &made.engine, NULL));
    must(workflow_acting_new(made.engine, &right.id, WORKFLOW_ACTOR_SYSTEM, NULL, TEXT, 4, &made.acting, NULL));
    must(workflow_engine_execute(made.engine, REQUEST, sizeof REQUEST - 1, &made.answer, NULL));
    must(workflow_cursor_open(made.engine, INQUIRY, sizeof INQUIRY - 1, &made.cursor, NULL));
    if (workflow_engine_execute(made.engine, TEXT, 4, NULL, &made.error) != WORKFLOW_CODE_DOCUMENT) {
        bad("text is no command");
    }
    must(workflow_runner_start(made.engine, NULL, &made.runner, NULL));
    return made;
}

static void begin_all(void) {
    struct handles made;
    memset(&right, 0, sizeof right);
    must(workflow_id_parse(FIRM_TEXT, 36, &right.id, NULL));
    right.receipt.firm = right.id;
    right.text.data = TEXT;
    right.text.len = 4;
    right.options.struct_size = sizeof right.options;
    right.options.abi_version = WORKFLOW_ABI_VERSION;
    right.store.struct_size = sizeof right.store;
    right.store.abi_version = WORKFLOW_ABI_VERSION;
    right.store.destroy = destroy;
    right.store.begin = begin;
    right.store.get = get;
    right.store.range = range;
    right.store.commit = commit;
    right.store.abort = give_up;
    right.notifier.struct_size = sizeof right.notifier;
    right.notifier.abi_version = WORKFLOW_ABI_VERSION;
    right.notifier.destroy = destroy;
    right.notifier.deliver = deliver;
    right.runner_options.struct_size = sizeof right.runner_options;
    right.runner_options.abi_version = WORKFLOW_ABI_VERSION;

    freed = make();
    workflow_runner_free(freed.runner);
    workflow_cursor_free(freed.cursor);
    workflow_error_free(freed.error);
    workflow_answer_free(freed.answer);
    workflow_acting_free(freed.acting);
    workflow_engine_free(freed.engine);
    made = make();
    right.engine = made.engine;
    right.acting = made.acting;
    right.answer = made.answer;
    right.cursor = made.cursor;
    right.error = made.error;
    right.runner = made.runner;
    /* A reply is good only during a callback: there is no right one here. */
    if (workflow_engine_open_host(&right.store, NULL, &place.engine, NULL) != WORKFLOW_CODE_UNAVAILABLE) {
        bad("the store is unavailable");
    }
    freed.reply = right.reply;
}

static int end_all(void) {
    calling = "at the end";
    workflow_runner_free(right.runner);
    workflow_cursor_free(right.cursor);
    workflow_error_free(right.error);
    workflow_answer_free(right.answer);
    workflow_acting_free(right.acting);
    workflow_engine_free(right.engine);
    printf("%u calls\n", calls);
    return 0;
}
