/*
 * An existing program with its own clients in its own SQLite database takes the engine in: the engine's
 * data lie in one table of the same file, a client and the work for it are written in one transaction of
 * the program's, and the program sends the emails that the engine asks for.
 *
 * The library never opens the file: it goes through the program's own connection, so that there is one
 * SQLite at work on it. (Two copies of SQLite in one process must not open one file: POSIX locks belong
 * to the process, and the first copy that closes the file drops the other's.)
 *
 *     legacy_host DATABASE MAILBOX HOUR NAME EMAIL   adds a client, and does what is left to do
 *     legacy_host DATABASE MAILBOX HOUR              does what is left to do
 *
 * HOUR is the program's clock, in hours from the beginning of 2026. Kill it wherever you like, and run it
 * again an hour later: nothing is lost, and nothing is sent without a trace.
 *
 *     cc -std=c11 legacy_host.c $(pkg-config --cflags --libs workflow) -lsqlite3
 */
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>
#include <workflow.h>

/* ---- The program as it was: a database and a mailbox. ---- */

static const char SCHEMA[] =
    "CREATE TABLE IF NOT EXISTS clients (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE);"
    "CREATE TABLE IF NOT EXISTS mails (message_id TEXT PRIMARY KEY, client INTEGER NOT NULL, subject TEXT NOT NULL,"
    "                                  state TEXT NOT NULL, tries INTEGER NOT NULL);"
    /* The engine's, all of it. */
    "CREATE TABLE IF NOT EXISTS workflow (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;";

static sqlite3 *db;
static const char *mailbox;

/* The test of this program kills it at a statement: the LEGACY_HOST_KILL_AT-th. */
static void statement_reached(void) {
    static long left = -1;
    if (left == -1) {
        const char *at = getenv("LEGACY_HOST_KILL_AT");
        left = at != NULL ? atol(at) : 0;
    }
    if (left > 0 && --left == 0) {
        raise(SIGKILL);
    }
}

static int step(sqlite3_stmt *statement) {
    statement_reached();
    return sqlite3_step(statement);
}

static int run(const char *sql) {
    statement_reached();
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static void stop(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static void must(int code, const char *what) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        stop(what, sqlite3_errmsg(db));
    }
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement = NULL;
    must(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), sql);
    return statement;
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text) {
    must(sqlite3_bind_text(statement, place, text, -1, SQLITE_TRANSIENT), "binding");
}

/* ---- The engine's store: one table, through the program's own connection. ---- */

enum { GET, UP, DOWN, PUT, DELETE, STATEMENTS };

static const char *const SQL[STATEMENTS] = {
    "SELECT v FROM workflow WHERE k = ?1",
    "SELECT k, v FROM workflow WHERE k >= ?1 AND k < ?2 ORDER BY k LIMIT ?3",
    "SELECT k, v FROM workflow WHERE k >= ?1 AND k < ?2 ORDER BY k DESC LIMIT ?3",
    "INSERT INTO workflow (k, v) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
    "DELETE FROM workflow WHERE k = ?1",
};

static sqlite3_stmt *statements[STATEMENTS];

static int32_t failed(workflow_reply *reply) {
    const char *why = sqlite3_errmsg(db);
    int code = sqlite3_errcode(db);
    workflow_reply_error(reply, why, strlen(why));
    return code == SQLITE_BUSY || code == SQLITE_LOCKED ? WORKFLOW_CODE_BUSY : WORKFLOW_CODE_UNAVAILABLE;
}

static int32_t begin(void *user_data, uint32_t write, void **transaction, workflow_reply *reply) {
    (void)user_data, (void)transaction;
    /* The write lock is taken at the beginning: one that is taken later can come too late. */
    return run(write ? "BEGIN IMMEDIATE" : "BEGIN") == SQLITE_OK ? WORKFLOW_CODE_OK : failed(reply);
}

static int32_t get(void *user_data, void *transaction, const uint8_t *key, size_t key_len, workflow_reply *reply) {
    sqlite3_stmt *statement = statements[GET];
    int32_t code = WORKFLOW_CODE_OK;
    int stepped;
    (void)user_data, (void)transaction;
    sqlite3_bind_blob64(statement, 1, key, key_len, SQLITE_STATIC);
    stepped = step(statement);
    if (stepped == SQLITE_ROW) {
        code = workflow_reply_value(reply, (const uint8_t *)sqlite3_column_blob(statement, 0),
                                    (size_t)sqlite3_column_bytes(statement, 0));
    } else if (stepped != SQLITE_DONE) {
        code = failed(reply);
    }
    sqlite3_reset(statement);
    return code;
}

static int32_t range(void *user_data, void *transaction, const workflow_range *range, workflow_reply *reply) {
    sqlite3_stmt *statement = statements[range->descending ? DOWN : UP];
    int32_t code = WORKFLOW_CODE_OK;
    int stepped;
    (void)user_data, (void)transaction;
    sqlite3_bind_blob64(statement, 1, range->from, range->from_len, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 2, range->to, range->to_len, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)range->limit);
    while ((stepped = step(statement)) == SQLITE_ROW && code == WORKFLOW_CODE_OK) {
        code = workflow_reply_row(reply, (const uint8_t *)sqlite3_column_blob(statement, 0),
                                  (size_t)sqlite3_column_bytes(statement, 0),
                                  (const uint8_t *)sqlite3_column_blob(statement, 1),
                                  (size_t)sqlite3_column_bytes(statement, 1));
    }
    if (stepped != SQLITE_DONE && stepped != SQLITE_ROW) {
        code = failed(reply);
    }
    sqlite3_reset(statement);
    return code;
}

/* Writes the changes into the transaction that is open. */
static int32_t write_all(const workflow_change *changes, size_t count, workflow_reply *reply) {
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *statement = statements[changes[i].value != NULL ? PUT : DELETE];
        int stepped;
        sqlite3_bind_blob64(statement, 1, changes[i].key, changes[i].key_len, SQLITE_STATIC);
        if (changes[i].value_len > 0) {
            sqlite3_bind_blob64(statement, 2, changes[i].value, changes[i].value_len, SQLITE_STATIC);
        } else if (changes[i].value != NULL) {
            sqlite3_bind_zeroblob(statement, 2, 0);
        }
        stepped = step(statement);
        sqlite3_reset(statement);
        if (stepped != SQLITE_DONE) {
            return failed(reply);
        }
    }
    return WORKFLOW_CODE_OK;
}

static int32_t commit(void *user_data, void *transaction, const workflow_change *changes, size_t count,
                      workflow_reply *reply) {
    int32_t code = write_all(changes, count, reply);
    (void)user_data, (void)transaction;
    if (code == WORKFLOW_CODE_OK && run("COMMIT") == SQLITE_OK) {
        return WORKFLOW_CODE_OK;
    }
    if (code == WORKFLOW_CODE_OK) {
        /* SQLite knows: while the transaction is open, nothing of it has happened. */
        code = sqlite3_get_autocommit(db) ? WORKFLOW_CODE_AMBIGUOUS : failed(reply);
    }
    run("ROLLBACK");
    return code;
}

static void give_up(void *user_data, void *transaction) {
    (void)user_data, (void)transaction;
    run("ROLLBACK");
}

/* The same store inside a transaction that the program has begun, and will end. */
static int32_t join(void *user_data, uint32_t write, void **transaction, workflow_reply *reply) {
    static const char why[] = "there is no transaction to join";
    (void)user_data, (void)write, (void)transaction;
    if (sqlite3_get_autocommit(db)) {
        workflow_reply_error(reply, why, sizeof why - 1);
        return WORKFLOW_CODE_UNSUPPORTED;
    }
    return WORKFLOW_CODE_OK;
}

static int32_t add_to(void *user_data, void *transaction, const workflow_change *changes, size_t count,
                      workflow_reply *reply) {
    int32_t code;
    (void)user_data, (void)transaction;
    /* All of the changes or none, whatever the program does afterwards. */
    if (run("SAVEPOINT workflow") != SQLITE_OK) {
        return failed(reply);
    }
    code = write_all(changes, count, reply);
    if (code != WORKFLOW_CODE_OK) {
        run("ROLLBACK TO workflow");
    }
    run("RELEASE workflow");
    return code;
}

static void leave(void *user_data, void *transaction) {
    (void)user_data, (void)transaction;
}

static workflow_store store_of(int joining) {
    workflow_store store;
    memset(&store, 0, sizeof store);
    store.struct_size = sizeof store;
    store.abi_version = WORKFLOW_ABI_VERSION;
    store.begin = joining ? join : begin;
    store.get = get;
    store.range = range;
    store.commit = joining ? add_to : commit;
    store.abort = joining ? leave : give_up;
    store.durability = WORKFLOW_DURABILITY_POWER_CUT;
    store.shared = 1;
    return store;
}

/* ---- The program as it is now. ---- */

static const char FIRM[] = "0190a5d0-0000-7000-8000-000000000001";

static const char PIPELINE[] =
    "key: onboarding\n"
    "name: Onboarding\n"
    "stages:\n"
    "  - key: welcome\n"
    "    automove: true\n"
    "    on_entry:\n"
    "      - key: write to the client\n"
    "        do:\n"
    "          - request: { kind: email, template: welcome, title: \"Welcome, {{ account.name }}\" }\n"
    "          - request: { kind: email, template: next, title: \"What happens next\" }\n"
    "  - key: done\n";

static workflow_engine *engine;
static int64_t clock_now;

static int64_t now(void *user_data) {
    (void)user_data;
    return clock_now;
}

static void done(int32_t code, workflow_error *error, const char *what) {
    if (code != WORKFLOW_CODE_OK) {
        stop(what, workflow_error_message(error, NULL));
    }
}

/* A client's account is called by a UUID of its own: `c11e…` and the client's number. */
static workflow_id account_of(sqlite3_int64 client) {
    workflow_id id;
    memset(&id, 0, sizeof id);
    id.bytes[0] = 0xc1;
    id.bytes[1] = 0x1e;
    id.bytes[6] = 0x80; /* version 8: of the program's own making */
    id.bytes[8] = 0x80;
    for (int i = 0; i < 7; i++) {
        id.bytes[15 - i] = (uint8_t)((uint64_t)client >> (8 * i));
    }
    return id;
}

static sqlite3_int64 client_of(const workflow_id *account) {
    uint64_t client = 0;
    for (int i = 9; i < 16; i++) {
        client = client << 8 | account->bytes[i];
    }
    return (sqlite3_int64)client;
}

/* Text within a JSON string. */
static void quoted(const char *text, char *into, size_t size) {
    size_t len = 0;
    for (; *text != '\0' && len + 7 < size; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') {
            into[len++] = '\\';
            into[len++] = (char)byte;
        } else if (byte < 0x20) {
            len += (size_t)snprintf(into + len, size - len, "\\u%04x", byte);
        } else {
            into[len++] = (char)byte;
        }
    }
    into[len] = '\0';
}

/* A command of the program's, in its own transaction or in one that is open. */
static void command(int joining, const char *key, const char *json) {
    char request[4096];
    workflow_error *error = NULL;
    int len = snprintf(request, sizeof request,
                       "{\"firm\": \"%s\", \"actor\": {\"system\": \"legacy\"}, \"key\": \"%s\", \"command\": %s}", FIRM,
                       key, json);
    if (len < 0 || (size_t)len >= sizeof request) {
        stop(key, "too long");
    }
    if (joining) {
        workflow_store transaction = store_of(1);
        done(workflow_engine_execute_within(engine, &transaction, request, (size_t)len, NULL, &error), error, key);
    } else {
        done(workflow_engine_execute(engine, request, (size_t)len, NULL, &error), error, key);
    }
}

static void set_up(void) {
    workflow_acting *office = NULL;
    workflow_error *error = NULL;
    workflow_id firm;
    command(0, "setup/firm/1", "{\"save_firm\": {\"name\": \"Ledger & Sons\"}}");
    done(workflow_id_parse(FIRM, strlen(FIRM), &firm, &error), error, "the firm");
    done(workflow_acting_new(engine, &firm, WORKFLOW_ACTOR_SYSTEM, NULL, "legacy", 6, &office, &error), error, "office");
    done(workflow_acting_publish(office, PIPELINE, strlen(PIPELINE), "setup/onboarding/1", 18, NULL, &error), error,
         "the pipeline");
    workflow_acting_free(office);
}

/* A client, its account and its job are there together, or not at all. */
static void add_client(const char *name, const char *email) {
    char json[3000], written[1000], key[64], account[37];
    sqlite3_int64 client;
    workflow_id id;
    sqlite3_stmt *statement;

    must(run("BEGIN IMMEDIATE"), "begin");
    statement = prepare("INSERT INTO clients (name, email) VALUES (?1, ?2) ON CONFLICT (email) DO NOTHING");
    bind_text(statement, 1, name);
    bind_text(statement, 2, email);
    must(step(statement), "adding a client");
    sqlite3_finalize(statement);
    statement = prepare("SELECT id FROM clients WHERE email = ?1");
    bind_text(statement, 1, email);
    must(step(statement), "finding a client");
    client = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);

    id = account_of(client);
    workflow_id_format(&id, account);
    quoted(name, written, sizeof written);
    snprintf(json, sizeof json, "{\"save_account\": {\"id\": \"%s\", \"name\": \"%s\", \"external\": \"client/%" PRId64 "\"}}",
             account, written, (int64_t)client);
    snprintf(key, sizeof key, "client/%" PRId64 "/account", (int64_t)client);
    command(1, key, json);
    snprintf(json, sizeof json, "{\"create_job\": {\"account\": \"%s\", \"pipeline\": \"onboarding\"}}", account);
    snprintf(key, sizeof key, "client/%" PRId64 "/onboarding", (int64_t)client);
    command(1, key, json);
    must(run("COMMIT"), "commit");
}

/* ---- Emails: what the engine asks for, under the notification's identifier. ---- */

/* Notes what is to be sent before it is. Answers 0 when it was sent before. */
static int note_mail(const char *message, sqlite3_int64 client, const char *subject) {
    int sent;
    sqlite3_stmt *statement =
        prepare("INSERT INTO mails (message_id, client, subject, state, tries) VALUES (?1, ?2, ?3, 'sending', 1)"
                " ON CONFLICT (message_id) DO UPDATE SET tries = tries + 1 RETURNING state = 'sent'");
    bind_text(statement, 1, message);
    sqlite3_bind_int64(statement, 2, client);
    bind_text(statement, 3, subject);
    must(step(statement), "noting a mail");
    sent = sqlite3_column_int(statement, 0);
    must(step(statement), "noting a mail");
    sqlite3_finalize(statement);
    return !sent;
}

/* Who gets it twice knows it by its Message-ID. */
static void send_mail(const char *message, sqlite3_int64 client, const char *subject) {
    FILE *file = fopen(mailbox, "a");
    statement_reached();
    if (file == NULL || fprintf(file, "Message-ID: %s client %" PRId64 " subject %s\n", message, (int64_t)client,
                                subject) < 0 ||
        fflush(file) != 0 || fsync(fileno(file)) != 0 || fclose(file) != 0) {
        stop(mailbox, "cannot be written to");
    }
    statement_reached();
}

static void note_sent(const char *message) {
    sqlite3_stmt *statement = prepare("UPDATE mails SET state = 'sent' WHERE message_id = ?1");
    bind_text(statement, 1, message);
    must(step(statement), "noting that a mail was sent");
    sqlite3_finalize(statement);
}

static void deliver_all(void) {
    for (;;) {
        workflow_answer *claimed = NULL;
        workflow_error *error = NULL;
        size_t count;
        done(workflow_engine_claim(engine, NULL, 60000, 10, &claimed, &error), error, "claiming");
        count = workflow_answer_count(claimed);
        for (size_t i = 0; i < count; i++) {
            const workflow_delivery *delivery = workflow_answer_delivery(claimed, i);
            const workflow_notification *mail = &delivery->notification;
            char message[37];
            if (strcmp(mail->intent, "request_item") == 0 && strcmp(mail->kind, "email") == 0) {
                sqlite3_int64 client = client_of(&mail->account);
                workflow_id_format(&mail->id, message);
                if (note_mail(message, client, mail->title)) {
                    send_mail(message, client, mail->title);
                    note_sent(message);
                }
                done(workflow_engine_acknowledge(engine, &delivery->receipt, NULL, &error), error, "acknowledging");
            } else {
                static const char why[] = "this program sends emails only";
                done(workflow_engine_reject(engine, &delivery->receipt, why, sizeof why - 1, NULL, &error), error,
                     "rejecting");
            }
        }
        workflow_answer_free(claimed);
        if (count == 0) {
            return;
        }
    }
}

int main(int argc, char **argv) {
    workflow_store store = store_of(0);
    workflow_clock clock;
    workflow_options options;
    workflow_error *error = NULL;

    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: %s DATABASE MAILBOX HOUR [NAME EMAIL]\n", argv[0]);
        return 2;
    }
    mailbox = argv[2];
    clock_now = (1767225600 + atol(argv[3]) * INT64_C(3600)) * 1000000;
    must(sqlite3_open(argv[1], &db), argv[1]);
    must(run("PRAGMA journal_mode = WAL"), "journal");
    must(run(SCHEMA), "schema");
    for (int i = 0; i < STATEMENTS; i++) {
        statements[i] = prepare(SQL[i]);
    }

    memset(&clock, 0, sizeof clock);
    clock.struct_size = sizeof clock;
    clock.abi_version = WORKFLOW_ABI_VERSION;
    clock.now = now;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.abi_version = WORKFLOW_ABI_VERSION;
    options.clock = &clock;
    done(workflow_engine_open_host(&store, &options, &engine, &error), error, "opening");
    set_up();
    if (argc == 6) {
        add_client(argv[4], argv[5]);
    }
    done(workflow_engine_run_follow_ups(engine, 1000, NULL, &error), error, "what was left");
    deliver_all();

    workflow_engine_free(engine);
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(statements[i]);
    }
    must(sqlite3_close(db), "closing");
    return 0;
}
