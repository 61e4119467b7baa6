/* Opens an engine, carries out commands, and reads what they answer. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "workflow.h"

static const char FIRM[] =
    "{\"firm\": \"0190a5d0-0000-7000-8000-000000000001\", \"actor\": {\"system\": \"first\"},"
    " \"command\": {\"save_firm\": {\"name\": \"Ledger & Sons\"}}}";

int main(int argc, char **argv) {
    workflow_engine *engine = NULL;
    workflow_answer *answer = NULL;
    workflow_error *error = NULL;

    CHECK(argc == 2);
    CHECK(workflow_abi_version() == WORKFLOW_ABI_VERSION);
    DONE(workflow_engine_open(argv[1], strlen(argv[1]), NULL, &engine, &error), error);
    DONE(workflow_engine_execute(engine, FIRM, strlen(FIRM), &answer, &error), error);
    CHECK(workflow_answer_event_count(answer) == 1);
    CHECK(workflow_answer_revision(answer) == 1);
    CHECK(workflow_answer_replayed(answer) == 0);
    printf("version %s, %u events\n", workflow_version(), (unsigned)workflow_answer_event_count(answer));
    workflow_answer_free(answer);

    CHECK(workflow_engine_execute(engine, "{}", 2, &answer, &error) == WORKFLOW_CODE_DOCUMENT);
    CHECK(answer == NULL);
    CHECK(workflow_error_code(error) == WORKFLOW_CODE_DOCUMENT);
    CHECK(strcmp(workflow_error_kind(error), "document") == 0);
    CHECK(workflow_error_retryable(error) == 0);
    CHECK(strlen(workflow_error_message(error, NULL)) > 10);
    CHECK(strstr(workflow_error_json(error, NULL), "\"code\":101") != NULL);
    workflow_error_free(error);
    workflow_engine_free(engine);
    return 0;
}
