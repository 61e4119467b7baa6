/* Hosts that call back, fail, answer garbage, or give structs of other versions. */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

#define FIRM "0190a5d0-0000-7000-8000-000000000001"

static const char SAVE[] = "{\"firm\": \"" FIRM "\", \"actor\": {\"system\": \"safety\"},"
                           " \"command\": {\"save_firm\": {\"name\": \"Ledger & Sons\"}}}";

/* What a host of this program is like. */
struct host {
    workflow_engine *engine; /* that it calls from within its callbacks */
    int32_t reentered;       /* what that was answered */
    int32_t code;            /* what its store's callbacks answer */
    int garbage;             /* what else they do wrong */
    workflow_reply *kept;    /* a reply that it must not use any more */
    unsigned begun, ended, destroyed, lines;
    int64_t now;
};

static struct host host;

static void call_back(void) {
    if (host.engine != NULL) {
        workflow_answer *answer = NULL;
        host.reentered = workflow_engine_execute(host.engine, SAVE, strlen(SAVE), &answer, NULL);
        CHECK(answer == NULL);
    }
}

static void destroy(void *user_data) {
    ((struct host *)user_data)->destroyed++;
}

static int64_t now(void *user_data) {
    call_back();
    return ((struct host *)user_data)->now;
}

static void write_line(void *user_data, int32_t level, const char *text, size_t len) {
    CHECK(level >= WORKFLOW_LOG_LEVEL_ERROR && level <= WORKFLOW_LOG_LEVEL_DEBUG);
    CHECK(text[len] == '\0');
    ((struct host *)user_data)->lines++;
    call_back();
}

/* ---- A store that has nothing but its format, and does as it is told. ---- */

enum {
    NO_GARBAGE,
    VALUE_FOR_A_RANGE,
    ROW_FOR_A_VALUE,
    ROW_OUTSIDE,
    ROWS_BACKWARDS,
    ROWS_WITHOUT_END,
    GARBAGE_VALUE,
    ODD_CODE,
    MESSAGE_NOT_UTF8,
    VALUE_FOR_NOTHING
};

static int32_t end(workflow_reply *reply) {
    host.kept = reply;
    if (host.garbage == ODD_CODE) {
        return -77;
    }
    if (host.garbage == MESSAGE_NOT_UTF8) {
        CHECK(workflow_reply_error(reply, "ba\xff\xfe" "d", 5) == WORKFLOW_CODE_OK);
        return WORKFLOW_CODE_BUSY;
    }
    return host.code;
}

static int32_t begin(void *user_data, uint32_t write, void **transaction, workflow_reply *reply) {
    CHECK(user_data == &host && write <= 1 && *transaction == NULL);
    call_back();
    if (host.code == WORKFLOW_CODE_OK) {
        host.begun++;
    }
    *transaction = &host.begun;
    if (host.garbage == VALUE_FOR_NOTHING) {
        CHECK(workflow_reply_value(reply, (const uint8_t *)"odd", 3) == WORKFLOW_CODE_OUT_OF_RANGE);
    }
    return end(reply);
}

static int32_t get(void *user_data, void *transaction, const uint8_t *key, size_t len, workflow_reply *reply) {
    static const uint8_t format[4] = {0, 0, 0, 1};
    CHECK(user_data == &host && transaction == &host.begun && len > 0);
    call_back();
    if (key[0] == 0) {
        CHECK(workflow_reply_value(reply, format, sizeof format) == WORKFLOW_CODE_OK);
        return WORKFLOW_CODE_OK;
    }
    if (host.garbage == GARBAGE_VALUE) {
        CHECK(workflow_reply_value(reply, (const uint8_t *)"garbage", 7) == WORKFLOW_CODE_OK);
    }
    if (host.garbage == ROW_FOR_A_VALUE) {
        CHECK(workflow_reply_row(reply, key, len, NULL, 0) == WORKFLOW_CODE_OUT_OF_RANGE);
    }
    return end(reply);
}

static int32_t range(void *user_data, void *transaction, const workflow_range *range, workflow_reply *reply) {
    uint8_t key[200];
    CHECK(user_data == &host && transaction == &host.begun);
    CHECK(range->limit >= 1 && range->limit <= 1000 && range->from_len < sizeof key - 2);
    call_back();
    memcpy(key, range->from, range->from_len);
    switch (host.garbage) {
    case VALUE_FOR_A_RANGE:
        CHECK(workflow_reply_value(reply, key, 1) == WORKFLOW_CODE_OUT_OF_RANGE);
        break;
    case ROW_OUTSIDE:
        CHECK(workflow_reply_row(reply, range->to, range->to_len, NULL, 0) == WORKFLOW_CODE_OUT_OF_RANGE);
        break;
    case ROWS_BACKWARDS:
        CHECK(workflow_reply_row(reply, key, range->from_len, NULL, 0) == WORKFLOW_CODE_OK);
        CHECK(workflow_reply_row(reply, key, range->from_len, NULL, 0) != WORKFLOW_CODE_OK);
        break;
    case ROWS_WITHOUT_END: {
        int32_t code = WORKFLOW_CODE_OK;
        size_t rows = 0;
        for (; code == WORKFLOW_CODE_OK; rows++) {
            key[range->from_len] = (uint8_t)(rows >> 8);
            key[range->from_len + 1] = (uint8_t)rows;
            code = workflow_reply_row(reply, key, range->from_len + 2, NULL, 0);
        }
        CHECK(code == WORKFLOW_CODE_LIMIT && rows == range->limit + 1);
        break;
    }
    default:
        break;
    }
    return end(reply);
}

static int32_t commit(void *user_data, void *transaction, const workflow_change *changes, size_t count,
                      workflow_reply *reply) {
    CHECK(user_data == &host && transaction == &host.begun && count > 0);
    for (size_t i = 0; i < count; i++) {
        CHECK(changes[i].key_len > 0);
        CHECK(changes[i].value != NULL || changes[i].value_len == 0);
    }
    call_back();
    host.ended++;
    return end(reply);
}

static void give_up(void *user_data, void *transaction) {
    CHECK(user_data == &host && transaction == &host.begun);
    host.ended++;
    call_back();
}

static workflow_store store_of_host(void) {
    workflow_store store;
    memset(&store, 0, sizeof store);
    store.struct_size = sizeof store;
    store.abi_version = WORKFLOW_ABI_VERSION;
    store.user_data = &host;
    store.destroy = destroy;
    store.begin = begin;
    store.get = get;
    store.range = range;
    store.commit = commit;
    store.abort = give_up;
    return store;
}

static workflow_clock clock_of_host(void) {
    workflow_clock clock;
    memset(&clock, 0, sizeof clock);
    clock.struct_size = sizeof clock;
    clock.abi_version = WORKFLOW_ABI_VERSION;
    clock.user_data = &host;
    clock.destroy = destroy;
    clock.now = now;
    return clock;
}

static workflow_log log_of_host(void) {
    workflow_log log;
    memset(&log, 0, sizeof log);
    log.struct_size = sizeof log;
    log.abi_version = WORKFLOW_ABI_VERSION;
    log.user_data = &host;
    log.destroy = destroy;
    log.write = write_line;
    return log;
}

static workflow_options options_with(const workflow_clock *clock, const workflow_log *log) {
    workflow_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.abi_version = WORKFLOW_ABI_VERSION;
    options.clock = clock;
    options.log = log;
    options.seed = 7;
    return options;
}

/* What comes through pointers is cleared when a call begins. */
static void results_are_cleared(void) {
    workflow_engine *engine = (workflow_engine *)&host;
    workflow_answer *answer = (workflow_answer *)&host;
    workflow_error *error = (workflow_error *)&host;
    size_t len = 9;
    int32_t held = 9;
    workflow_id id;
    memset(&id, 9, sizeof id);
    CHECK(workflow_engine_open("nothing:", 8, NULL, &engine, NULL) == WORKFLOW_CODE_UNSUPPORTED && engine == NULL);
    CHECK(workflow_engine_execute(NULL, "", 0, &answer, &error) == WORKFLOW_CODE_NULL_POINTER && answer == NULL);
    CHECK(workflow_error_code(error) == WORKFLOW_CODE_NULL_POINTER);
    workflow_error_free(error);
    CHECK(workflow_error_message(error, &len)[0] == '\0' && len == 0);
    CHECK(workflow_engine_acknowledge(NULL, NULL, &held, NULL) == WORKFLOW_CODE_NULL_POINTER && held == 0);
    CHECK(workflow_answer_job(NULL, &id) == WORKFLOW_CODE_NULL_POINTER && id.bytes[0] == 0);
    error = (workflow_error *)&host;
    CHECK(workflow_id_parse(FIRM, 36, &id, &error) == WORKFLOW_CODE_OK && error == NULL && id.bytes[15] == 1);
}

/* An engine that is called from a callback of its own says so. */
static void re_entry_is_a_code(void) {
    workflow_clock clock = clock_of_host();
    workflow_log log = log_of_host();
    workflow_options options = options_with(&clock, &log);
    workflow_store store = store_of_host();
    memset(&host, 0, sizeof host);
    host.now = 1790000000000000;
    CHECK(workflow_engine_open_host(&store, &options, &host.engine, NULL) == WORKFLOW_CODE_OK);
    host.reentered = 0;
    CHECK(workflow_engine_execute(host.engine, SAVE, strlen(SAVE), NULL, NULL) == WORKFLOW_CODE_OK);
    CHECK(host.reentered == WORKFLOW_CODE_REENTRANT);
    host.reentered = 0;
    CHECK(workflow_engine_now(host.engine) == host.now && host.reentered == WORKFLOW_CODE_REENTRANT);
    host.reentered = 0;
    CHECK(workflow_engine_execute(host.engine, "{}", 2, NULL, NULL) == WORKFLOW_CODE_DOCUMENT);
    CHECK(host.reentered == WORKFLOW_CODE_REENTRANT && host.lines > 0);
    CHECK(host.begun == host.ended);
    workflow_engine_free(host.engine);
    CHECK(host.destroyed == 3);
    /* A second time there is nothing to free. */
    workflow_engine_free(host.engine);
    CHECK(host.destroyed == 3);
    CHECK(workflow_engine_execute(host.engine, SAVE, strlen(SAVE), NULL, NULL) == WORKFLOW_CODE_INVALID_HANDLE);
}

/* What was not opened stays the host's. */
static void a_failed_open_destroys_nothing(void) {
    workflow_clock clock = clock_of_host();
    workflow_log log = log_of_host();
    workflow_options options = options_with(&clock, &log);
    workflow_store store = store_of_host();
    workflow_engine *engine = NULL;
    static const int32_t codes[] = {WORKFLOW_CODE_CONFLICT, WORKFLOW_CODE_BUSY, WORKFLOW_CODE_UNAVAILABLE,
                                    WORKFLOW_CODE_CORRUPT, WORKFLOW_CODE_NEWER_VERSION, WORKFLOW_CODE_NOT_A_STORE,
                                    WORKFLOW_CODE_UNSUPPORTED, WORKFLOW_CODE_AMBIGUOUS};
    memset(&host, 0, sizeof host);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        host.code = codes[i];
        CHECK(workflow_engine_open_host(&store, &options, &engine, NULL) == codes[i]);
    }
    host.code = 1;
    CHECK(workflow_engine_open_host(&store, &options, &engine, NULL) == WORKFLOW_CODE_UNAVAILABLE);
    CHECK(workflow_engine_open("", 0, &options, &engine, NULL) != WORKFLOW_CODE_OK);
    CHECK(engine == NULL && host.destroyed == 0 && host.begun == host.ended);
}

/* Garbage is an error of the call that met it, and nothing else. */
static void garbage_is_an_error(void) {
    static const char ask[] = "{\"firm\": \"" FIRM "\", \"actor\": {\"system\": \"safety\"}, \"question\": \"members\"}";
    workflow_store store = store_of_host();
    workflow_engine *engine = NULL;
    workflow_error *error = NULL;
    static const uint8_t value[] = "late";
    memset(&host, 0, sizeof host);
    CHECK(workflow_engine_open_host(&store, NULL, &engine, NULL) == WORKFLOW_CODE_OK);
    for (host.garbage = VALUE_FOR_A_RANGE; host.garbage <= MESSAGE_NOT_UTF8; host.garbage++) {
        workflow_answer *answer = NULL;
        int32_t code = workflow_engine_tick(engine, 0, 10, NULL, NULL);
        int32_t other = workflow_engine_execute(engine, SAVE, strlen(SAVE), NULL, &error);
        CHECK(code != WORKFLOW_CODE_OK || other != WORKFLOW_CODE_OK);
        CHECK(code != WORKFLOW_CODE_PANICKED && other != WORKFLOW_CODE_PANICKED);
        if (host.garbage == MESSAGE_NOT_UTF8) {
            CHECK(other == WORKFLOW_CODE_BUSY && workflow_error_retryable(error) == 1);
        }
        if (host.garbage == ODD_CODE) {
            CHECK(other == WORKFLOW_CODE_UNAVAILABLE && strstr(workflow_error_message(error, NULL), "-77") != NULL);
        }
        workflow_error_free(error);
        CHECK(workflow_engine_query(engine, ask, strlen(ask), &answer, NULL) != WORKFLOW_CODE_PANICKED);
        workflow_answer_free(answer);
        CHECK(host.begun >= host.ended || host.code != WORKFLOW_CODE_OK);
    }
    /* A transaction that has begun has begun, whatever else was said, and is ended. */
    host.begun = host.ended = 0;
    host.garbage = VALUE_FOR_NOTHING;
    CHECK(workflow_engine_execute(engine, SAVE, strlen(SAVE), NULL, NULL) == WORKFLOW_CODE_OK);
    host.garbage = NO_GARBAGE;
    CHECK(workflow_engine_execute(engine, SAVE, strlen(SAVE), NULL, NULL) == WORKFLOW_CODE_OK);
    CHECK(host.begun > 0 && host.begun == host.ended);
    /* A reply is good until its callback returns. */
    CHECK(workflow_reply_value(host.kept, value, sizeof value) == WORKFLOW_CODE_INVALID_HANDLE);
    CHECK(workflow_reply_error(host.kept, "late", 4) == WORKFLOW_CODE_INVALID_HANDLE);
    workflow_engine_free(engine);
    CHECK(host.destroyed == 1);
}

/* A clock may say anything. */
static void any_number_is_a_time(void) {
    static const int64_t times[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        workflow_clock clock = clock_of_host();
        workflow_options options = options_with(&clock, NULL);
        workflow_engine *engine = NULL;
        workflow_answer *answer = NULL;
        memset(&host, 0, sizeof host);
        host.now = times[i];
        CHECK(workflow_engine_open("memory:", 7, &options, &engine, NULL) == WORKFLOW_CODE_OK);
        CHECK(workflow_engine_execute(engine, SAVE, strlen(SAVE), NULL, NULL) != WORKFLOW_CODE_PANICKED);
        CHECK(workflow_engine_claim(engine, NULL, UINT64_MAX, SIZE_MAX, &answer, NULL) == WORKFLOW_CODE_OK);
        CHECK(workflow_answer_count(answer) == 0 && workflow_answer_delivery(answer, 0) == NULL);
        workflow_answer_free(answer);
        workflow_engine_free(engine);
        CHECK(host.destroyed == 1);
    }
}

/* Structs say of which version they are. */
static void structs_have_a_version(void) {
    struct {
        workflow_options options;
        uint64_t more[8];
    } newer;
    workflow_clock clock = clock_of_host();
    workflow_options options = options_with(&clock, NULL);
    workflow_engine *engine = NULL;
    static const uint32_t sizes[] = {0, 4, 8, sizeof(workflow_options) - 1, 4097, UINT32_MAX};
    memset(&host, 0, sizeof host);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        options.struct_size = sizes[i];
        CHECK(workflow_engine_open("memory:", 7, &options, &engine, NULL) == WORKFLOW_CODE_ABI_MISMATCH);
    }
    options.struct_size = sizeof options;
    options.abi_version = WORKFLOW_ABI_VERSION + 1;
    CHECK(workflow_engine_open("memory:", 7, &options, &engine, NULL) == WORKFLOW_CODE_ABI_MISMATCH);
    options.abi_version = WORKFLOW_ABI_VERSION;
    clock.now = NULL;
    CHECK(workflow_engine_open("memory:", 7, &options, &engine, NULL) == WORKFLOW_CODE_NULL_POINTER);
    /* A newer host may have more to say, as long as it does not say it. */
    memset(&newer, 0, sizeof newer);
    newer.options = options_with(NULL, NULL);
    newer.options.struct_size = sizeof newer;
    newer.more[7] = 1;
    CHECK(workflow_engine_open("memory:", 7, &newer.options, &engine, NULL) == WORKFLOW_CODE_ABI_MISMATCH);
    newer.more[7] = 0;
    CHECK(workflow_engine_open("memory:", 7, &newer.options, &engine, NULL) == WORKFLOW_CODE_OK);
    workflow_engine_free(engine);
    CHECK(host.destroyed == 0);
}

/* What was made from an engine outlives it, and can do nothing more. */
static void what_was_made_from_an_engine_ends_with_it(void) {
    static const char ask[] = "{\"firm\": \"" FIRM "\", \"actor\": {\"system\": \"safety\"}, \"question\": \"members\"}";
    workflow_engine *engine = NULL;
    workflow_acting *acting = NULL;
    workflow_cursor *cursor = NULL;
    workflow_answer *answer = NULL;
    workflow_id firm;
    CHECK(workflow_id_parse(FIRM, 36, &firm, NULL) == WORKFLOW_CODE_OK);
    CHECK(workflow_engine_open("memory:", 7, NULL, &engine, NULL) == WORKFLOW_CODE_OK);
    CHECK(workflow_engine_execute(engine, SAVE, strlen(SAVE), &answer, NULL) == WORKFLOW_CODE_OK);
    CHECK(workflow_acting_new(engine, &firm, WORKFLOW_ACTOR_SYSTEM, NULL, "me", 2, &acting, NULL) == WORKFLOW_CODE_OK);
    CHECK(workflow_cursor_open(engine, ask, strlen(ask), &cursor, NULL) == WORKFLOW_CODE_OK);
    workflow_engine_free(engine);
    CHECK(workflow_acting_set_status(acting, &firm, "active", 6, NULL, 0, NULL, NULL) == WORKFLOW_CODE_INVALID_HANDLE);
    CHECK(workflow_cursor_next(cursor, &answer, NULL) == WORKFLOW_CODE_INVALID_HANDLE && answer == NULL);
    workflow_acting_free(acting);
    workflow_cursor_free(cursor);
}

int main(void) {
    results_are_cleared();
    re_entry_is_a_code();
    a_failed_open_destroys_nothing();
    garbage_is_an_error();
    any_number_is_a_time();
    structs_have_a_version();
    what_was_made_from_an_engine_ends_with_it();
    return 0;
}
