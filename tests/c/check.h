/* How the programs of the suite say that something is not as it must be. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include "workflow.h"

/* Ends the program unless a condition holds. */
#define CHECK(condition)                                                                     \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            exit(1);                                                                         \
        }                                                                                    \
    } while (0)

/* Ends the program unless a call succeeded. */
#define DONE(call, error)                                                                    \
    do {                                                                                     \
        int32_t code_ = (call);                                                              \
        if (code_ != WORKFLOW_CODE_OK) {                                                     \
            fprintf(stderr, "%s:%d: %s answered %d: %s\n", __FILE__, __LINE__, #call,        \
                    (int)code_, workflow_error_message((error), NULL));                      \
            exit(1);                                                                         \
        }                                                                                    \
    } while (0)

#endif
