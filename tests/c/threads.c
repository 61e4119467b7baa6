/* Sixty-four threads on one engine, some of which free what others use. */
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

enum { THREADS = 64, ROUNDS = 12 };

static workflow_engine *engine;
static workflow_acting *office;
static workflow_answer *shared;

static const char PIPELINE[] = "key: return\nname: Tax return\nstages: [{key: prepare}, {key: review}, {key: done}]\n";

static void *work(void *given) {
    unsigned number = (unsigned)(uintptr_t)given;
    for (unsigned round = 0; round < ROUNDS; round++) {
        char account[300];
        workflow_answer *answer = NULL;
        workflow_error *error = NULL;
        workflow_id id, job;
        int len = snprintf(account, sizeof account,
                           "{\"save_account\": {\"id\": \"0190a5d0-0000-7000-8000-%06x%06x\", \"name\": \"Client %u\"}}",
                           number, round, number);
        DONE(workflow_acting_execute(office, account, (size_t)len, NULL, 0, NULL, &error), error);
        memset(&id, 0, sizeof id);
        CHECK(workflow_id_parse(account + 25, 36, &id, NULL) == WORKFLOW_CODE_OK);
        DONE(workflow_acting_create_job(office, &id, "return", 6, NULL, 0, &answer, &error), error);
        CHECK(workflow_answer_job(answer, &job) == WORKFLOW_CODE_OK);
        workflow_answer_free(answer);
        DONE(workflow_acting_move_job(office, &job, "review", 6, 0, NULL, 0, &answer, &error), error);
        CHECK(workflow_answer_event_count(answer) > 0);
        CHECK(workflow_answer_json(answer, NULL)[0] == '{');
        workflow_answer_free(answer);
        /* All of them look at one answer, and one writes its document. */
        CHECK(workflow_answer_revision(shared) == 1 && strstr(workflow_answer_json(shared, NULL), "revision") != NULL);
    }
    return NULL;
}

/* Frees an engine while others work with it. */
static void *free_it(void *given) {
    workflow_engine_free((workflow_engine *)given);
    return NULL;
}

static void *use_it(void *given) {
    static const char ask[] = "{\"firm\": \"0190a5d0-0000-7000-8000-000000000001\", \"actor\": {\"system\": \"s\"},"
                              " \"question\": \"pipelines\"}";
    for (int round = 0; round < 50; round++) {
        workflow_answer *answer = NULL;
        int32_t code = workflow_engine_query((workflow_engine *)given, ask, strlen(ask), &answer, NULL);
        CHECK(code == WORKFLOW_CODE_INVALID_HANDLE || code == WORKFLOW_CODE_NOT_FOUND);
        CHECK(answer == NULL);
    }
    return NULL;
}

static void many_free_one(void) {
    pthread_t threads[8];
    workflow_engine *doomed = NULL;
    CHECK(workflow_engine_open("memory:", 7, NULL, &doomed, NULL) == WORKFLOW_CODE_OK);
    for (int i = 0; i < 8; i++) {
        CHECK(pthread_create(&threads[i], NULL, i < 6 ? use_it : free_it, doomed) == 0);
    }
    for (int i = 0; i < 8; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

int main(int argc, char **argv) {
    static const char firm_id[] = "0190a5d0-0000-7000-8000-000000000001";
    static const char settings[] = "{\"save_firm\": {\"name\": \"Ledger & Sons\"}}";
    char ask[300];
    pthread_t threads[THREADS];
    workflow_cursor *cursor = NULL;
    workflow_error *error = NULL;
    workflow_id firm;
    size_t jobs = 0;

    CHECK(argc == 2);
    CHECK(workflow_id_parse(firm_id, 36, &firm, NULL) == WORKFLOW_CODE_OK);
    DONE(workflow_engine_open(argv[1], strlen(argv[1]), NULL, &engine, &error), error);
    DONE(workflow_acting_new(engine, &firm, WORKFLOW_ACTOR_SYSTEM, NULL, "crowd", 5, &office, &error), error);
    DONE(workflow_acting_execute(office, settings, strlen(settings), NULL, 0, &shared, &error), error);
    DONE(workflow_acting_publish(office, PIPELINE, strlen(PIPELINE), NULL, 0, NULL, &error), error);
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    /* Every job is there once, over all pages. */
    snprintf(ask, sizeof ask,
             "{\"firm\": \"%s\", \"actor\": {\"system\": \"crowd\"}, \"question\": {\"jobs\": {\"page\": {\"limit\": 100}}}}",
             firm_id);
    DONE(workflow_cursor_open(engine, ask, strlen(ask), &cursor, &error), error);
    for (;;) {
        workflow_answer *page = NULL;
        DONE(workflow_cursor_next(cursor, &page, &error), error);
        if (page == NULL) {
            break;
        }
        jobs += workflow_answer_count(page);
        workflow_answer_free(page);
    }
    CHECK(jobs == THREADS * ROUNDS);
    workflow_cursor_free(cursor);
    workflow_answer_free(shared);
    workflow_acting_free(office);
    workflow_engine_free(engine);
    many_free_one();
    return 0;
}
