/* A runner does what is due, a firm is carried into another store, and others get their logs and tables. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check.h"

#define FIRM "0190a5d0-0000-7000-8000-000000000001"

static const char PIPELINE[] = "key: return\nname: Tax return\nstages:\n  - key: prepare\n    on_entry:\n"
                               "      - { key: later, do: [{ wait: { for: 1 hour } }, { request: { kind: email, title: Hello } }] }\n"
                               "  - key: done\n";

static int64_t clock_now = INT64_C(1790000000) * 1000000;
static workflow_runner *runner;
static unsigned delivered, destroyed;

static int64_t now(void *user_data) {
    return __atomic_load_n((int64_t *)user_data, __ATOMIC_SEQ_CST);
}

static int32_t deliver(void *user_data, const workflow_notification *notification, workflow_reply *reply) {
    int32_t finished = 1;
    (void)user_data, (void)reply;
    CHECK(strcmp(notification->intent, "request_item") == 0 && strcmp(notification->kind, "email") == 0);
    CHECK(strcmp(notification->title, "Hello") == 0 && notification->json[notification->json_len] == '\0');
    __atomic_add_fetch(&delivered, 1, __ATOMIC_SEQ_CST);
    /* From its own thread: it stops when this has returned. */
    CHECK(workflow_runner_stop(runner, 60000, &finished, NULL) == WORKFLOW_CODE_OK && finished == 0);
    workflow_runner_free(runner);
    return WORKFLOW_VERDICT_DONE;
}

static void destroy(void *user_data) {
    (void)user_data;
    __atomic_add_fetch(&destroyed, 1, __ATOMIC_SEQ_CST);
}

static void await(const unsigned *count) {
    struct timespec pause = {0, 1000000};
    for (int tries = 0; __atomic_load_n(count, __ATOMIC_SEQ_CST) == 0; tries++) {
        CHECK(tries < 60000);
        nanosleep(&pause, NULL);
    }
}

static int32_t export_to(const workflow_acting *acting, const char *query, const char *path, workflow_answer **answer,
                         workflow_error **error) {
    return workflow_acting_export(acting, query, strlen(query), path, strlen(path), answer, error);
}

static void begins_with(const char *path, const char *text) {
    char begin[64] = "";
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fread(begin, 1, sizeof begin - 1, file) > 0);
    CHECK(strncmp(begin, text, strlen(text)) == 0);
    fclose(file);
}

static void write_out(const workflow_acting *acting, const char *path, const char *query, const char *told,
                      const char *text) {
    workflow_answer *answer = NULL;
    workflow_error *error = NULL;
    DONE(export_to(acting, query, path, &answer, &error), error);
    CHECK(strstr(workflow_answer_json(answer, NULL), told) != NULL);
    workflow_answer_free(answer);
    begins_with(path, text);
}

int main(int argc, char **argv) {
    static const char settings[] = "{\"save_firm\": {\"name\": \"Ledger & Sons\"}}";
    static const char account[] = "{\"save_account\": {\"id\": \"" FIRM "\", \"name\": \"Jane Doe\"}}";
    workflow_clock clock;
    workflow_options options;
    workflow_notifier notifier;
    workflow_runner_options running;
    workflow_engine *here = NULL, *there = NULL;
    workflow_acting *office = NULL;
    workflow_answer *answer = NULL, *again = NULL;
    workflow_error *error = NULL;
    workflow_id firm, job;
    int32_t finished;
    char name[37] = {0}, ask[160];

    CHECK(argc == 2);
    memset(&clock, 0, sizeof clock);
    clock.struct_size = sizeof clock;
    clock.abi_version = WORKFLOW_ABI_VERSION;
    clock.user_data = &clock_now;
    clock.now = now;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.abi_version = WORKFLOW_ABI_VERSION;
    options.clock = &clock;
    memset(&notifier, 0, sizeof notifier);
    notifier.struct_size = sizeof notifier;
    notifier.abi_version = WORKFLOW_ABI_VERSION;
    notifier.deliver = deliver;
    notifier.destroy = destroy;

    DONE(workflow_engine_open("memory:", 7, &options, &here, &error), error);
    DONE(workflow_id_parse(FIRM, 36, &firm, &error), error);
    DONE(workflow_acting_new(here, &firm, WORKFLOW_ACTOR_SYSTEM, NULL, "me", 2, &office, &error), error);
    DONE(workflow_acting_execute(office, settings, strlen(settings), NULL, 0, NULL, &error), error);
    DONE(workflow_acting_publish(office, PIPELINE, strlen(PIPELINE), NULL, 0, NULL, &error), error);
    DONE(workflow_acting_execute(office, account, strlen(account), NULL, 0, NULL, &error), error);
    DONE(workflow_acting_create_job(office, &firm, "return", 6, NULL, 0, &answer, &error), error);
    CHECK(workflow_answer_job(answer, &job) == WORKFLOW_CODE_OK);
    workflow_answer_free(answer);

    /* Why it is not moving, and why the automation ran: documents like every other question. */
    CHECK(workflow_id_format(&job, name) == WORKFLOW_CODE_OK);
    snprintf(ask, sizeof ask, "{\"explain_job\": {\"job\": \"%s\"}}", name);
    DONE(workflow_acting_query(office, ask, strlen(ask), &answer, &error), error);
    CHECK(strstr(workflow_answer_json(answer, NULL), "\"reason\":\"no_automove\"") != NULL);
    CHECK(strstr(workflow_answer_json(answer, NULL), "an action of `later` waits until") != NULL);
    workflow_answer_free(answer);
    snprintf(ask, sizeof ask, "{\"explain_automation\": {\"job\": \"%s\", \"automation\": \"later\"}}", name);
    DONE(workflow_acting_query(office, ask, strlen(ask), &answer, &error), error);
    CHECK(strstr(workflow_answer_json(answer, NULL), "\"ran\":true,\"why_not\":null") != NULL);
    workflow_answer_free(answer);

    /* An hour later the wait is over and the email goes out. */
    memset(&running, 0, sizeof running);
    running.struct_size = sizeof running;
    running.abi_version = WORKFLOW_ABI_VERSION;
    running.longest_sleep = 600000;
    running.notifier = &notifier;
    DONE(workflow_runner_start(here, &running, &runner, &error), error);
    DONE(workflow_runner_status(runner, &answer, &error), error);
    CHECK(strstr(workflow_answer_json(answer, NULL), "\"stopping\":false") != NULL);
    workflow_answer_free(answer);
    __atomic_add_fetch(&clock_now, INT64_C(3600) * 1000000, __ATOMIC_SEQ_CST);
    DONE(workflow_runner_wake(runner, &error), error);
    await(&delivered);
    await(&destroyed);
    CHECK(workflow_runner_wake(runner, NULL) == WORKFLOW_CODE_INVALID_HANDLE);

    /* One that sleeps is stopped at once. */
    DONE(workflow_runner_start(here, NULL, &runner, &error), error);
    DONE(workflow_runner_stop(runner, 60000, &finished, &error), error);
    CHECK(finished == 1);
    workflow_runner_free(runner);

    /* The same firm elsewhere, sealed. */
    DONE(workflow_engine_export_firm(here, &firm, argv[1], strlen(argv[1]), &answer, &error), error);
    DONE(workflow_engine_open("memory:", 7, NULL, &there, &error), error);
    DONE(workflow_engine_import_firm(there, argv[1], strlen(argv[1]), &again, &error), error);
    CHECK(strstr(workflow_answer_json(answer, NULL), "\"sha256\":") != NULL);
    CHECK(strcmp(strstr(workflow_answer_json(answer, NULL), "\"sha256\":"),
                 strstr(workflow_answer_json(again, NULL), "\"sha256\":")) == 0);
    workflow_answer_free(answer);
    workflow_answer_free(again);
    CHECK(workflow_engine_export_firm(here, &firm, "/nowhere/firm", 13, NULL, NULL) == WORKFLOW_CODE_UNAVAILABLE);
    CHECK(workflow_engine_import_firm(there, "/nowhere/firm", 13, NULL, NULL) == WORKFLOW_CODE_UNAVAILABLE);

    /* What others read: event logs and tables, over the file that is there. */
    write_out(office, argv[1], "{\"format\": \"xes\"}", "\"traces\":1", "<?xml version=\"1.0\"");
    write_out(office, argv[1], "{\"format\": \"ocel\", \"detail\": \"all\"}", "\"traces\":0", "{\"objectTypes\":[");
    write_out(office, argv[1], "{\"format\": {\"csv\": \"accounts\"}}", "\"rows\":1", "id,name,external,");
    CHECK(export_to(office, "{\"format\": \"xml\"}", argv[1], NULL, NULL) == WORKFLOW_CODE_DOCUMENT);
    CHECK(export_to(office, "{\"format\": \"xes\", \"pipeline\": \"other\"}", argv[1], NULL, NULL) ==
          WORKFLOW_CODE_NOT_FOUND);
    CHECK(export_to(office, "{\"format\": \"xes\"}", "/nowhere/log.xes", NULL, &error) == WORKFLOW_CODE_UNAVAILABLE);
    CHECK(workflow_error_retryable(error) == 1);
    workflow_error_free(error);
    error = NULL;
    begins_with(argv[1], "id,name,external,");
    workflow_acting_free(office);
    workflow_engine_free(here);
    workflow_engine_free(there);
    CHECK(delivered == 1 && destroyed == 1);
    return 0;
}
