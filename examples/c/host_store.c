/*
 * A store of the host's own: an ordered map in memory, complete and checked.
 *
 * The engine asks a store for five things: begin a transaction, get a key, hand out a range of keys,
 * make changes, and give a transaction up. Indexes, queues, leases and the log are the library's, laid
 * over the keys. This one is a skip list behind a lock; a database in its place would look the same.
 *
 *     cc -std=c11 host_store.c $(pkg-config --cflags --libs workflow) -lpthread
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <workflow.h>

/* ---- The map: a skip list whose lowest level can be walked both ways. ---- */

enum { LEVELS = 20 };

struct node {
    uint8_t *key, *value;
    size_t key_len, value_len;
    struct node *before;
    int levels;
    struct node *next[1]; /* `levels` of them */
};

struct map {
    pthread_mutex_t lock;
    struct node *head;
    uint64_t random;
};

static int compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len) {
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    if (order != 0) {
        return order;
    }
    return a_len < b_len ? -1 : a_len > b_len;
}

static struct node *node_new(int levels) {
    size_t size = sizeof(struct node) + (size_t)(levels - 1) * sizeof(struct node *);
    struct node *node = (struct node *)calloc(1, size);
    if (node != NULL) {
        node->levels = levels;
    }
    return node;
}

static void node_free(struct node *node) {
    if (node != NULL) {
        free(node->key);
        free(node->value);
        free(node);
    }
}

/* The last node before a key, on every level. */
static struct node *seek(struct map *map, const uint8_t *key, size_t len, struct node **path) {
    struct node *node = map->head;
    for (int level = LEVELS - 1; level >= 0; level--) {
        while (node->next[level] != NULL &&
               compare(node->next[level]->key, node->next[level]->key_len, key, len) < 0) {
            node = node->next[level];
        }
        if (path != NULL) {
            path[level] = node;
        }
    }
    return node;
}

static int is_at(const struct node *node, const uint8_t *key, size_t len) {
    return node != NULL && compare(node->key, node->key_len, key, len) == 0;
}

/* A copy of bytes; never NULL when there is memory, not even of none. */
static uint8_t *copy_of(const uint8_t *data, size_t len) {
    uint8_t *copy = (uint8_t *)malloc(len > 0 ? len : 1);
    if (copy != NULL && len > 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

static int random_levels(struct map *map) {
    int levels = 1;
    map->random = map->random * 6364136223846793005ULL + 1442695040888963407ULL;
    for (uint64_t bits = map->random >> 33; (bits & 3) == 0 && levels < LEVELS; bits >>= 2) {
        levels++;
    }
    return levels;
}

static void unlink_at(struct map *map, const uint8_t *key, size_t len) {
    struct node *path[LEVELS];
    struct node *node = seek(map, key, len, path)->next[0];
    if (!is_at(node, key, len)) {
        return;
    }
    for (int level = 0; level < node->levels; level++) {
        path[level]->next[level] = node->next[level];
    }
    if (node->next[0] != NULL) {
        node->next[0]->before = node->before;
    }
    node_free(node);
}

static void link_in(struct map *map, struct node *node) {
    struct node *path[LEVELS];
    seek(map, node->key, node->key_len, path);
    for (int level = 0; level < node->levels; level++) {
        node->next[level] = path[level]->next[level];
        path[level]->next[level] = node;
    }
    node->before = path[0];
    if (node->next[0] != NULL) {
        node->next[0]->before = node;
    }
}

static struct map *map_new(void) {
    struct map *map = (struct map *)calloc(1, sizeof *map);
    if (map == NULL) {
        return NULL;
    }
    map->head = node_new(LEVELS);
    if (map->head == NULL) {
        free(map);
        return NULL;
    }
    pthread_mutex_init(&map->lock, NULL);
    return map;
}

/* ---- The callbacks. ---- */

static int32_t fail(workflow_reply *reply, int32_t code, const char *why) {
    workflow_reply_error(reply, why, strlen(why));
    return code;
}

/* A transaction holds the lock from its beginning to its end: what it reads stays so. */
static int32_t begin(void *user_data, uint32_t write, void **transaction, workflow_reply *reply) {
    struct map *map = (struct map *)user_data;
    (void)write;
    if (pthread_mutex_lock(&map->lock) != 0) {
        return fail(reply, WORKFLOW_CODE_UNAVAILABLE, "the lock cannot be taken");
    }
    *transaction = map;
    return WORKFLOW_CODE_OK;
}

static int32_t get(void *user_data, void *transaction, const uint8_t *key, size_t key_len, workflow_reply *reply) {
    struct map *map = (struct map *)transaction;
    const struct node *node = seek(map, key, key_len, NULL)->next[0];
    (void)user_data;
    return is_at(node, key, key_len) ? workflow_reply_value(reply, node->value, node->value_len) : WORKFLOW_CODE_OK;
}

static int32_t range(void *user_data, void *transaction, const workflow_range *range, workflow_reply *reply) {
    struct map *map = (struct map *)transaction;
    const struct node *node;
    size_t left = range->limit;
    (void)user_data;
    if (range->descending) {
        node = seek(map, range->to, range->to_len, NULL);
    } else {
        node = seek(map, range->from, range->from_len, NULL)->next[0];
    }
    for (; left > 0 && node != NULL && node != map->head; left--) {
        int32_t code;
        int outside = range->descending ? compare(node->key, node->key_len, range->from, range->from_len) < 0
                                        : compare(node->key, node->key_len, range->to, range->to_len) >= 0;
        if (outside) {
            break;
        }
        code = workflow_reply_row(reply, node->key, node->key_len, node->value, node->value_len);
        if (code != WORKFLOW_CODE_OK) {
            return code;
        }
        node = range->descending ? node->before : node->next[0];
    }
    return WORKFLOW_CODE_OK;
}

/* All or nothing: memory for every change is there before the first is made. */
static int32_t commit(void *user_data, void *transaction, const workflow_change *changes, size_t count,
                      workflow_reply *reply) {
    struct map *map = (struct map *)transaction;
    int32_t code = WORKFLOW_CODE_OK;
    struct node **nodes = (struct node **)calloc(count > 0 ? count : 1, sizeof *nodes);
    (void)user_data;
    for (size_t i = 0; nodes != NULL && i < count; i++) {
        if (changes[i].value == NULL) {
            continue;
        }
        nodes[i] = node_new(random_levels(map));
        if (nodes[i] != NULL) {
            nodes[i]->key = copy_of(changes[i].key, changes[i].key_len);
            nodes[i]->value = copy_of(changes[i].value, changes[i].value_len);
            nodes[i]->key_len = changes[i].key_len;
            nodes[i]->value_len = changes[i].value_len;
        }
        if (nodes[i] == NULL || nodes[i]->key == NULL || nodes[i]->value == NULL) {
            for (size_t made = 0; made <= i; made++) {
                node_free(nodes[made]);
            }
            free(nodes);
            nodes = NULL;
        }
    }
    if (nodes == NULL) {
        code = fail(reply, WORKFLOW_CODE_UNAVAILABLE, "out of memory");
    } else {
        for (size_t i = 0; i < count; i++) {
            unlink_at(map, changes[i].key, changes[i].key_len);
            if (nodes[i] != NULL) {
                link_in(map, nodes[i]);
            }
        }
        free(nodes);
    }
    pthread_mutex_unlock(&map->lock);
    return code;
}

static void give_up(void *user_data, void *transaction) {
    (void)user_data;
    pthread_mutex_unlock(&((struct map *)transaction)->lock);
}

static void destroy(void *user_data) {
    struct map *map = (struct map *)user_data;
    struct node *node = map->head;
    while (node != NULL) {
        struct node *next = node->next[0];
        node_free(node);
        node = next;
    }
    pthread_mutex_destroy(&map->lock);
    free(map);
}

static workflow_store store_over(struct map *map) {
    workflow_store store;
    memset(&store, 0, sizeof store);
    store.struct_size = sizeof store;
    store.abi_version = WORKFLOW_ABI_VERSION;
    store.user_data = map;
    store.destroy = destroy;
    store.begin = begin;
    store.get = get;
    store.range = range;
    store.commit = commit;
    store.abort = give_up;
    store.durability = WORKFLOW_DURABILITY_NONE;
    store.shared = 0;
    return store;
}

/* ---- The program. ---- */

static int failed(const char *what, workflow_error *error) {
    fprintf(stderr, "%s: %s\n", what, workflow_error_message(error, NULL));
    workflow_error_free(error);
    return 1;
}

/* Whether the store keeps its promises: the suite that the library's own stores pass. */
static int check(void) {
    workflow_store store = store_over(map_new());
    workflow_answer *report = NULL;
    workflow_error *error = NULL;
    int bad;
    if (store.user_data == NULL) {
        return 1;
    }
    if (workflow_store_check(&store, &report, &error) != WORKFLOW_CODE_OK) {
        return failed("the check", error);
    }
    puts(workflow_answer_text(report, NULL));
    bad = workflow_answer_failure_count(report) != 0;
    workflow_answer_free(report);
    return bad;
}

static const char PIPELINE[] = "key: return\n"
                               "name: Tax return\n"
                               "stages:\n"
                               "  - key: prepare\n"
                               "  - key: review\n"
                               "  - key: done\n";

static const char ACCOUNT[] = "{\"save_account\": {\"id\": \"0190a5d0-0000-7000-8000-0000000000aa\","
                              " \"name\": \"Jane Doe\"}}";

/* An engine on the store: a firm, an account, and a job that moves. */
static int work(void) {
    static const char settings[] = "{\"save_firm\": {\"name\": \"Ledger & Sons\"}}";
    workflow_store store = store_over(map_new());
    workflow_engine *engine = NULL;
    workflow_acting *office = NULL;
    workflow_answer *answer = NULL;
    workflow_error *error = NULL;
    workflow_id firm, jane, job;
    int32_t code;

    if (store.user_data == NULL) {
        return 1;
    }
    code = workflow_engine_open_host(&store, NULL, &engine, &error);
    if (code != WORKFLOW_CODE_OK) {
        destroy(store.user_data); /* still ours */
        return failed("opening", error);
    }
    workflow_id_parse("0190a5d0-0000-7000-8000-000000000001", 36, &firm, NULL);
    workflow_id_parse("0190a5d0-0000-7000-8000-0000000000aa", 36, &jane, NULL);
    code = workflow_acting_new(engine, &firm, WORKFLOW_ACTOR_SYSTEM, NULL, "host_store", 10, &office, &error);
    if (code == WORKFLOW_CODE_OK) {
        code = workflow_acting_execute(office, settings, strlen(settings), NULL, 0, NULL, &error);
    }
    if (code == WORKFLOW_CODE_OK) {
        code = workflow_acting_publish(office, PIPELINE, strlen(PIPELINE), NULL, 0, NULL, &error);
    }
    if (code == WORKFLOW_CODE_OK) {
        code = workflow_acting_execute(office, ACCOUNT, strlen(ACCOUNT), NULL, 0, NULL, &error);
    }
    if (code == WORKFLOW_CODE_OK) {
        code = workflow_acting_create_job(office, &jane, "return", 6, NULL, 0, &answer, &error);
    }
    if (code == WORKFLOW_CODE_OK) {
        code = workflow_answer_job(answer, &job);
    }
    workflow_answer_free(answer);
    answer = NULL;
    if (code == WORKFLOW_CODE_OK) {
        code = workflow_acting_move_job(office, &job, "review", 6, 0, NULL, 0, &answer, &error);
    }
    if (code == WORKFLOW_CODE_OK) {
        printf("moved, at revision %u\n", (unsigned)workflow_answer_revision(answer));
    }
    workflow_answer_free(answer);
    workflow_acting_free(office);
    workflow_engine_free(engine); /* calls `destroy` */
    return code == WORKFLOW_CODE_OK ? 0 : failed("working", error);
}

int main(void) {
    return check() != 0 || work() != 0;
}
