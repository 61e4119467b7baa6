// libworkflow as Node.js sees it, through koffi: the declarations of workflow.h that the story needs.
import koffi from 'koffi';

export const ABI_VERSION = 1;
export const CODE = { ok: 0, refused: 105 };
export const VERDICT = { done: 0 };

for (const handle of ['engine', 'acting', 'answer', 'cursor', 'error', 'reply']) {
    koffi.opaque(`workflow_${handle}`);
}
koffi.struct('workflow_id', { bytes: koffi.array('uint8_t', 16) });
koffi.proto('int64_t workflow_now(void *user_data)');
koffi.proto('int32_t workflow_deliver(void *user_data, void *notification, workflow_reply *reply)');
koffi.struct('workflow_clock', {
    struct_size: 'uint32_t',
    abi_version: 'uint32_t',
    user_data: 'void *',
    destroy: 'void *',
    now: 'workflow_now *',
});
koffi.struct('workflow_options', {
    struct_size: 'uint32_t',
    abi_version: 'uint32_t',
    clock: 'void *',
    log: 'void *',
    seed: 'uint64_t',
});
koffi.struct('workflow_notifier', {
    struct_size: 'uint32_t',
    abi_version: 'uint32_t',
    user_data: 'void *',
    destroy: 'void *',
    deliver: 'workflow_deliver *',
});
koffi.struct('workflow_notification', {
    id: 'workflow_id',
    firm: 'workflow_id',
    job: 'workflow_id',
    account: 'workflow_id',
    at: 'int64_t',
    intent: 'const char *',
    item: 'workflow_id',
    kind: 'const char *',
    template_name: 'const char *',
    title: 'const char *',
    body: 'const char *',
    task: 'workflow_id',
    json: 'const char *',
    json_len: 'size_t',
});

const DECLARATIONS = `
uint32_t workflow_abi_version(void)
const char *workflow_error_message(const workflow_error *error, size_t *len)
void workflow_error_free(workflow_error *error)
int32_t workflow_id_parse(const char *text, size_t len, _Out_ workflow_id *id, _Out_ workflow_error **error)
int32_t workflow_engine_open(const char *address, size_t len, const workflow_options *options, _Out_ workflow_engine **engine, _Out_ workflow_error **error)
void workflow_engine_free(workflow_engine *engine)
int32_t workflow_engine_tick(const workflow_engine *engine, int64_t now, size_t limit, _Out_ workflow_answer **answer, _Out_ workflow_error **error)
int32_t workflow_engine_run_follow_ups(const workflow_engine *engine, size_t limit, size_t *count, _Out_ workflow_error **error)
int32_t workflow_engine_deliver(const workflow_engine *engine, const workflow_notifier *notifier, size_t limit, workflow_answer **answer, _Out_ workflow_error **error)
int32_t workflow_cursor_open(const workflow_engine *engine, const char *inquiry, size_t len, _Out_ workflow_cursor **cursor, _Out_ workflow_error **error)
int32_t workflow_cursor_next(const workflow_cursor *cursor, _Out_ workflow_answer **answer, _Out_ workflow_error **error)
void workflow_cursor_free(workflow_cursor *cursor)
int32_t workflow_acting_new(const workflow_engine *engine, const workflow_id *firm, int32_t actor, const workflow_id *id, const char *name, size_t name_len, _Out_ workflow_acting **acting, _Out_ workflow_error **error)
void workflow_acting_free(workflow_acting *acting)
int32_t workflow_acting_execute(const workflow_acting *acting, const char *command, size_t len, const char *key, size_t key_len, _Out_ workflow_answer **answer, _Out_ workflow_error **error)
int32_t workflow_acting_publish(const workflow_acting *acting, const char *pipeline, size_t len, const char *key, size_t key_len, workflow_answer **answer, _Out_ workflow_error **error)
int32_t workflow_acting_complete_task(const workflow_acting *acting, const workflow_id *task, const char *key, size_t key_len, _Out_ workflow_answer **answer, _Out_ workflow_error **error)
int32_t workflow_acting_report_item(const workflow_acting *acting, const workflow_id *item, const char *status, size_t status_len, const char *key, size_t key_len, _Out_ workflow_answer **answer, _Out_ workflow_error **error)
size_t workflow_answer_count(const workflow_answer *answer)
int32_t workflow_answer_part(const workflow_answer *answer, size_t index, _Out_ workflow_answer **part, _Out_ workflow_error **error)
size_t workflow_answer_task_count(const workflow_answer *answer)
int32_t workflow_answer_task(const workflow_answer *answer, size_t index, _Out_ workflow_id *id)
int64_t workflow_answer_next_due(const workflow_answer *answer)
void workflow_answer_free(workflow_answer *answer)
`;

/** The functions of a library, by their names without `workflow_`. */
export function load(path) {
    const library = koffi.load(path);
    const functions = {};
    for (const declaration of DECLARATIONS.trim().split('\n')) {
        const name = declaration.match(/workflow_(\w+)\(/)[1];
        functions[name] = library.func(declaration);
    }
    if (functions.abi_version() !== ABI_VERSION) {
        throw new Error(`${path} is of another ABI`);
    }
    return functions;
}

/** A struct of callbacks in memory of its own, which lives as long as the process. */
export function place(type, fields) {
    const value = { struct_size: koffi.sizeof(type), abi_version: ABI_VERSION, user_data: null, destroy: null, ...fields };
    const memory = koffi.alloc(type, 1);
    koffi.encode(memory, type, value);
    return memory;
}

/** A function that the library may call. */
export function callback(type, run) {
    return koffi.register(run, `${type} *`);
}

export const decode = koffi.decode;
