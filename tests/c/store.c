/* What the store is, copies of it while it is worked on, and whether it is sound. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "workflow.h"

static const char FIRM[] =
    "{\"firm\": \"0190a5d0-0000-7000-8000-000000000001\", \"actor\": {\"system\": \"store\"},"
    " \"command\": {\"save_firm\": {\"name\": \"Ledger & Sons\"}}}";
static const char VERIFY[] =
    "{\"firm\": \"0190a5d0-0000-7000-8000-000000000001\", \"actor\": {\"system\": \"store\"}, \"question\": \"verify\"}";

static workflow_error *error = NULL;

/* Looks through a store's file. Answers how many problems there are. */
static unsigned problems(const workflow_engine *engine) {
    workflow_answer *answer = NULL;
    unsigned count;
    DONE(workflow_engine_integrity_check(engine, &answer, &error), error);
    count = (unsigned)workflow_answer_count(answer);
    CHECK(strncmp(workflow_answer_json(answer, NULL), "{\"problems\":[", 13) == 0);
    workflow_answer_free(answer);
    return count;
}

int main(int argc, char **argv) {
    workflow_engine *engine = NULL, *copy = NULL, *memory = NULL;
    workflow_answer *answer = NULL;
    char address[4200];

    CHECK(argc == 3);
    snprintf(address, sizeof address, "sqlite:%s?durability=process", argv[1]);
    DONE(workflow_engine_open(address, strlen(address), NULL, &engine, &error), error);
    DONE(workflow_engine_execute(engine, FIRM, strlen(FIRM), NULL, &error), error);
    DONE(workflow_engine_capabilities(engine, &answer, &error), error);
    CHECK(strcmp(workflow_answer_json(answer, NULL),
                 "{\"name\":\"sqlite\",\"durability\":\"process\",\"shared\":true}") == 0);
    workflow_answer_free(answer);
    CHECK(problems(engine) == 0);

    DONE(workflow_engine_backup(engine, argv[2], strlen(argv[2]), &error), error);
    /* Once more, over the first. */
    DONE(workflow_engine_backup(engine, argv[2], strlen(argv[2]), &error), error);
    CHECK(workflow_engine_backup(engine, argv[1], strlen(argv[1]), NULL) == WORKFLOW_CODE_UNSUPPORTED);
    CHECK(workflow_engine_backup(engine, "/nowhere/copy", 13, NULL) == WORKFLOW_CODE_UNAVAILABLE);

    snprintf(address, sizeof address, "sqlite:%s", argv[2]);
    DONE(workflow_engine_open(address, strlen(address), NULL, &copy, &error), error);
    DONE(workflow_engine_query(copy, VERIFY, strlen(VERIFY), &answer, &error), error);
    CHECK(strstr(workflow_answer_json(answer, NULL), "\"differences\":[]") != NULL);
    workflow_answer_free(answer);
    CHECK(problems(copy) == 0);
    workflow_engine_free(copy);

    DONE(workflow_engine_open("memory:", 7, NULL, &memory, &error), error);
    CHECK(workflow_engine_backup(memory, argv[2], strlen(argv[2]), &error) == WORKFLOW_CODE_UNSUPPORTED);
    workflow_error_free(error);
    CHECK(workflow_engine_integrity_check(memory, &answer, NULL) == WORKFLOW_CODE_UNSUPPORTED && answer == NULL);
    workflow_engine_free(memory);
    workflow_engine_free(engine);
    puts("copied");
    return 0;
}
