/*
 * A tax season in C, on one SQLite file: a firm is set up from its files, takes its clients in, opens a
 * return for each, and works through the year on a clock of its own. Organizers come back, tasks are done,
 * proposals are signed, the jobs move on by themselves, reminders go out, deadlines come near. What the
 * engine asks of the host is printed.
 *
 *     tax_season DATABASE EXAMPLES [CLIENTS]
 *
 * EXAMPLES is the folder of firm.json, team.json, clients.csv and the pipelines.
 *
 *     cc -std=c11 tax_season.c $(pkg-config --cflags --libs workflow)
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <workflow.h>

static const int64_t DAY = INT64_C(86400) * 1000000;
static const char FIRM[] = "0190a5d0-0000-7000-8000-000000000001";

static workflow_engine *engine;
static workflow_acting *office;
static workflow_error *error;
static int64_t today = INT64_C(1767614400) * 1000000; /* 2026-01-05, noon in London */

static void ok(int32_t code, const char *what) {
    if (code != WORKFLOW_CODE_OK) {
        fprintf(stderr, "%s: %s\n", what, workflow_error_message(error, NULL));
        exit(1);
    }
}

static int64_t now(void *user_data) {
    return *(const int64_t *)user_data;
}

/* ---- What the office and its clients have to do. ---- */

struct work {
    workflow_id id;
    const char *const *course; /* statuses that an item goes through; NULL for a task */
    int64_t from;              /* not before this instant */
    unsigned done;             /* how much of its course */
};

static struct work *agenda;
static size_t agenda_len, agenda_room;

static void plan(const workflow_id *id, const char *const *course) {
    struct work *work;
    if (agenda_len == agenda_room) {
        agenda_room = agenda_room > 0 ? 2 * agenda_room : 256;
        agenda = (struct work *)realloc(agenda, agenda_room * sizeof *agenda);
        if (agenda == NULL) {
            fputs("out of memory\n", stderr);
            exit(1);
        }
    }
    work = &agenda[agenda_len++];
    memset(work, 0, sizeof *work);
    work->id = *id;
    work->course = course;
    /* Somewhere within the next two weeks, as the identifier has it. */
    work->from = today + (1 + id->bytes[15] % 12) * DAY;
}

/* The statuses that an item of a kind goes through when all goes well. */
static const char *const *course_of(const char *kind) {
    static const char *const organizer[] = {"started", "submitted", NULL};
    static const char *const proposal[] = {"seen", "signed", "paid", NULL};
    static const char *const invoice[] = {"seen", "paid", NULL};
    static const char *const document[] = {"uploaded", "accepted", NULL};
    static const char *const signature[] = {"seen", "signed", NULL};
    static const char *const nothing[] = {NULL};
    return strcmp(kind, "organizer") == 0           ? organizer
           : strcmp(kind, "proposal") == 0          ? proposal
           : strcmp(kind, "invoice") == 0           ? invoice
           : strcmp(kind, "document") == 0          ? document
           : strcmp(kind, "signature_request") == 0 ? signature
                                                    : nothing;
}

/* Puts the tasks that a command created on the agenda, and frees its answer. */
static void take_note(workflow_answer *answer) {
    for (size_t i = 0; i < workflow_answer_task_count(answer); i++) {
        workflow_id task;
        ok(workflow_answer_task(answer, i, &task), "a task");
        plan(&task, NULL);
    }
    workflow_answer_free(answer);
}

/* Does one piece of work if it is time. Answers whether it is off the agenda. */
static int do_work(size_t place) {
    const struct work work = agenda[place]; /* the agenda may move while it grows */
    workflow_answer *answer = NULL;
    int32_t code;
    if (work.from > today) {
        return 0;
    }
    if (work.course == NULL) {
        code = workflow_acting_complete_task(office, &work.id, NULL, 0, &answer, &error);
    } else {
        const char *status = work.course[work.done];
        code = workflow_acting_report_item(office, &work.id, status, strlen(status), NULL, 0, &answer, &error);
    }
    agenda[place].from = today + 2 * DAY;
    if (code == WORKFLOW_CODE_REFUSED) {
        /* A task that waits for another: it is tried again. */
        workflow_error_free(error);
        error = NULL;
        return 0;
    }
    ok(code, "work");
    agenda[place].done++;
    take_note(answer);
    return work.course == NULL || work.course[work.done + 1] == NULL;
}

/* ---- What the engine asks of the host. ---- */

static size_t printed;

static int32_t deliver(void *user_data, const workflow_notification *notification, workflow_reply *reply) {
    (void)user_data, (void)reply;
    printed++;
    printf("  %s %s %s\n", notification->intent, notification->kind, notification->title);
    if (strcmp(notification->intent, "request_item") == 0) {
        const char *const *course = course_of(notification->kind);
        if (course[0] != NULL) {
            plan(&notification->item, course);
        }
    }
    return WORKFLOW_VERDICT_DONE;
}

static void deliver_all(void) {
    workflow_notifier notifier;
    memset(&notifier, 0, sizeof notifier);
    notifier.struct_size = sizeof notifier;
    notifier.abi_version = WORKFLOW_ABI_VERSION;
    notifier.deliver = deliver;
    ok(workflow_engine_deliver(engine, &notifier, SIZE_MAX, NULL, &error), "delivering");
}

/* What is due by now is done. */
static void tick(void) {
    int64_t next;
    do {
        workflow_answer *ticked = NULL;
        ok(workflow_engine_tick(engine, today, 1000, &ticked, &error), "time");
        next = workflow_answer_next_due(ticked);
        for (size_t i = 0; i < workflow_answer_count(ticked); i++) {
            workflow_answer *one = NULL;
            ok(workflow_answer_part(ticked, i, &one, &error), "a timer");
            take_note(one);
        }
        workflow_answer_free(ticked);
    } while (next <= today);
}

/* ---- The firm's files. ---- */

static char *read_file(const char *folder, const char *name, size_t *len) {
    char path[1000];
    char *text;
    long size;
    FILE *file;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    text = (char *)malloc((size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    text[size] = '\0';
    *len = (size_t)size;
    return text;
}

static void command(const char *json, size_t len, const char *what) {
    ok(workflow_acting_execute(office, json, len, NULL, 0, NULL, &error), what);
}

static void wrapped(const char *name, const char *json, size_t len) {
    char *whole = (char *)malloc(len + strlen(name) + 8);
    if (whole == NULL) {
        exit(1);
    }
    command(whole, (size_t)sprintf(whole, "{\"%s\": %.*s}", name, (int)len, json), name);
    free(whole);
}

static void set_up(const char *folder) {
    size_t len;
    char *text = read_file(folder, "firm.json", &len);
    wrapped("save_firm", text, len);
    free(text);
    /* The team's file is an array of members, none of which has an object in it. */
    text = read_file(folder, "team.json", &len);
    for (char *begin = strchr(text, '{'); begin != NULL; begin = strchr(begin + 1, '{')) {
        wrapped("save_member", begin, (size_t)(strchr(begin, '}') - begin) + 1);
    }
    free(text);
    text = read_file(folder, "pipelines/individual-1040.yaml", &len);
    ok(workflow_acting_publish(office, text, len, NULL, 0, NULL, &error), "the pipeline");
    free(text);
}

/* Takes a client in, and opens a return for the year. */
static void open_return(const char *name, const char *external, const char *state, unsigned number) {
    char json[2000], account[37];
    workflow_answer *answer = NULL;
    workflow_id id;
    int len;
    memset(&id, 0, sizeof id);
    id.bytes[0] = 0xc1;
    id.bytes[6] = id.bytes[8] = 0x80;
    id.bytes[14] = (uint8_t)(number >> 8);
    id.bytes[15] = (uint8_t)number;
    workflow_id_format(&id, account);
    len = snprintf(json, sizeof json,
                   "{\"save_account\": {\"id\": \"%s\", \"name\": \"%s\", \"external\": \"%s\","
                   " \"fields\": {\"state\": \"%s\"},"
                   " \"roles\": {\"preparer\": [\"0190a5d0-0000-7000-8000-000000000101\"],"
                   " \"reviewer\": [\"0190a5d0-0000-7000-8000-000000000100\"]}}}",
                   account, name, external, state);
    command(json, (size_t)len, name);
    len = snprintf(json, sizeof json,
                   "{\"create_job\": {\"account\": \"%s\", \"pipeline\": \"individual-1040\","
                   " \"period_start\": \"2025-01-01\", \"period_end\": \"2025-12-31\"}}",
                   account);
    ok(workflow_acting_execute(office, json, (size_t)len, NULL, 0, &answer, &error), "a return");
    take_note(answer);
}

/* The first clients of the file whose line is plain: commas and nothing more. */
static unsigned open_returns(const char *folder, unsigned most) {
    size_t len;
    unsigned count = 0;
    char *text = read_file(folder, "clients.csv", &len), *line = strchr(text, '\n');
    while (line != NULL && count < most) {
        char *end = strchr(++line, '\n'), *cells[4];
        unsigned found = 1;
        if (end == NULL) {
            break;
        }
        *end = '\0';
        cells[0] = line;
        for (char *at = line; found < 4 && (at = strchr(at, ',')) != NULL; found++) {
            *at++ = '\0';
            cells[found] = at;
        }
        if (found == 4 && strchr(cells[0], '"') == NULL && strcmp(cells[2], "individual") == 0) {
            *(cells[3] + strcspn(cells[3], ",")) = '\0';
            open_return(cells[0], cells[1], cells[3], ++count);
        }
        line = end;
    }
    free(text);
    return count;
}

/* How many jobs there are that a question finds. */
static size_t count_jobs(const char *question) {
    char json[300];
    size_t count = 0;
    workflow_cursor *cursor = NULL;
    int len = snprintf(json, sizeof json, "{\"firm\": \"%s\", \"actor\": {\"system\": \"season\"}, \"question\": {\"jobs\":"
                                          " {\"query\": %s, \"page\": {\"limit\": 200}}}}", FIRM, question);
    ok(workflow_cursor_open(engine, json, (size_t)len, &cursor, &error), "jobs");
    for (;;) {
        workflow_answer *page = NULL;
        ok(workflow_cursor_next(cursor, &page, &error), "jobs");
        if (page == NULL) {
            break;
        }
        count += workflow_answer_count(page);
        workflow_answer_free(page);
    }
    workflow_cursor_free(cursor);
    return count;
}

int main(int argc, char **argv) {
    char address[1000];
    workflow_clock clock;
    workflow_options options;
    workflow_id firm;
    unsigned returns;

    if (argc < 3) {
        fprintf(stderr, "usage: %s DATABASE EXAMPLES [CLIENTS]\n", argv[0]);
        return 2;
    }
    memset(&clock, 0, sizeof clock);
    clock.struct_size = sizeof clock;
    clock.abi_version = WORKFLOW_ABI_VERSION;
    clock.user_data = &today;
    clock.now = now;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.abi_version = WORKFLOW_ABI_VERSION;
    options.clock = &clock;
    options.seed = 2026;
    snprintf(address, sizeof address, "sqlite:%s?durability=process", argv[1]);
    ok(workflow_engine_open(address, strlen(address), &options, &engine, &error), address);
    ok(workflow_id_parse(FIRM, strlen(FIRM), &firm, &error), "the firm");
    ok(workflow_acting_new(engine, &firm, WORKFLOW_ACTOR_SYSTEM, NULL, "season", 6, &office, &error), "the office");

    set_up(argv[2]);
    returns = open_returns(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 20);
    for (int day = 0; day < 365 && (day < 30 || agenda_len > 0); day++, today += DAY) {
        tick();
        ok(workflow_engine_run_follow_ups(engine, 10000, NULL, &error), "what was left");
        deliver_all();
        for (size_t i = agenda_len; i-- > 0;) {
            if (do_work(i)) {
                agenda[i] = agenda[--agenda_len];
            }
        }
    }
    printf("%u returns, %zu of them done; %zu notifications\n", returns, count_jobs("{\"statuses\": [\"completed\"]}"),
           printed);
    free(agenda);
    workflow_acting_free(office);
    workflow_engine_free(engine);
    return 0;
}
