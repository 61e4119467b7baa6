// The tax season of examples/c/tax_season.c, told by Node.js: the same calls in the same order, so that
// the same season comes of it.
//
//     npm ci && node tax_season.mjs LIBRARY DATABASE EXAMPLES [CLIENTS]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CODE, VERDICT, callback, decode, load, place } from './workflow.mjs';

const DAY = 86_400_000_000;
const FIRM = '0190a5d0-0000-7000-8000-000000000001';
const [library, database, examples, clients = '20'] = process.argv.slice(2);
const workflow = load(library);
let today = 1_767_614_400_000_000; // 2026-01-05, noon in London

/** Calls a function whose last argument is the place for an error, and stops on one. */
function ok(what, call, codes = [CODE.ok]) {
    const error = [null];
    const code = call(error);
    if (codes.includes(code)) {
        workflow.error_free(error[0]);
        return code;
    }
    throw new Error(`${what}: ${workflow.error_message(error[0], null)}`);
}

const bytes = (text) => Buffer.byteLength(text);

// ---- What the office and its clients have to do. ----

const COURSES = {
    organizer: ['started', 'submitted'],
    proposal: ['seen', 'signed', 'paid'],
    invoice: ['seen', 'paid'],
    document: ['uploaded', 'accepted'],
    signature_request: ['seen', 'signed'],
};
const agenda = [];

function plan(id, course) {
    agenda.push({ id, course, done: 0, from: today + (1 + (id.bytes[15] % 12)) * DAY });
}

/** Puts the tasks that a command created on the agenda, and frees its answer. */
function takeNote(answer) {
    for (let i = 0; i < workflow.answer_task_count(answer); i++) {
        const task = {};
        ok('a task', () => workflow.answer_task(answer, i, task));
        plan(task, null);
    }
    workflow.answer_free(answer);
}

/** Does one piece of work if it is time. Answers whether it is off the agenda. */
function doWork(work) {
    if (work.from > today) {
        return false;
    }
    const answer = [null];
    const code = ok(
        'work',
        (error) => {
            if (work.course === null) {
                return workflow.acting_complete_task(office, work.id, null, 0, answer, error);
            }
            const status = work.course[work.done];
            return workflow.acting_report_item(office, work.id, status, bytes(status), null, 0, answer, error);
        },
        [CODE.ok, CODE.refused],
    );
    work.from = today + 2 * DAY;
    if (code === CODE.refused) {
        return false; // a task that waits for another: it is tried again
    }
    work.done++;
    takeNote(answer[0]);
    return work.course === null || work.done === work.course.length;
}

// ---- What the engine asks of the host. ----

let printed = 0;
const notifier = place('workflow_notifier', {
    deliver: callback('workflow_deliver', (_, given) => {
        const { intent, kind, title, item } = decode(given, 'workflow_notification');
        printed++;
        console.log(`  ${intent} ${kind} ${title}`);
        if (intent === 'request_item' && kind in COURSES) {
            plan(item, COURSES[kind]);
        }
        return VERDICT.done;
    }),
});

/** What is due by now is done. */
function tick() {
    let next;
    do {
        const ticked = [null];
        ok('time', (error) => workflow.engine_tick(engine, today, 1000, ticked, error));
        next = workflow.answer_next_due(ticked[0]);
        for (let i = 0; i < workflow.answer_count(ticked[0]); i++) {
            const one = [null];
            ok('a timer', (error) => workflow.answer_part(ticked[0], i, one, error));
            takeNote(one[0]);
        }
        workflow.answer_free(ticked[0]);
    } while (next <= today);
}

// ---- The firm's files. ----

function command(document) {
    const json = JSON.stringify(document);
    const answer = [null];
    ok(json, (error) => workflow.acting_execute(office, json, bytes(json), null, 0, answer, error));
    takeNote(answer[0]);
}

function setUp() {
    command({ save_firm: JSON.parse(readFileSync(join(examples, 'firm.json'), 'utf8')) });
    for (const member of JSON.parse(readFileSync(join(examples, 'team.json'), 'utf8'))) {
        command({ save_member: member });
    }
    const pipeline = readFileSync(join(examples, 'pipelines/individual-1040.yaml'), 'utf8');
    ok('the pipeline', (error) => workflow.acting_publish(office, pipeline, bytes(pipeline), null, 0, null, error));
}

/** Takes a client in, and opens a return for the year. */
function openReturn(name, external, state, number) {
    const account = `c1000000-0000-8000-8000-00000000${number.toString(16).padStart(4, '0')}`;
    command({
        save_account: {
            id: account,
            name,
            external,
            fields: { state },
            roles: {
                preparer: ['0190a5d0-0000-7000-8000-000000000101'],
                reviewer: ['0190a5d0-0000-7000-8000-000000000100'],
            },
        },
    });
    const period = { period_start: '2025-01-01', period_end: '2025-12-31' };
    command({ create_job: { account, pipeline: 'individual-1040', ...period } });
}

/** The first clients of the file whose line is plain: commas and nothing more. */
function openReturns(most) {
    let count = 0;
    for (const line of readFileSync(join(examples, 'clients.csv'), 'utf8').split('\n').slice(1)) {
        const [name, external, entity, state] = line.split(',');
        if (count < most && state !== undefined && !name.includes('"') && entity === 'individual') {
            openReturn(name, external, state, ++count);
        }
    }
    return count;
}

/** How many jobs there are that a question finds. */
function countJobs(query) {
    const page = { limit: 200 };
    const inquiry = JSON.stringify({ firm: FIRM, actor: { system: 'season' }, question: { jobs: { query, page } } });
    const cursor = [null];
    ok('jobs', (error) => workflow.cursor_open(engine, inquiry, bytes(inquiry), cursor, error));
    let count = 0;
    for (;;) {
        const rows = [null];
        ok('jobs', (error) => workflow.cursor_next(cursor[0], rows, error));
        if (rows[0] === null) {
            workflow.cursor_free(cursor[0]);
            return count;
        }
        count += workflow.answer_count(rows[0]);
        workflow.answer_free(rows[0]);
    }
}

const clock = place('workflow_clock', { now: callback('workflow_now', () => today) });
const options = { struct_size: 32, abi_version: 1, clock, log: null, seed: 2026 };
const address = `sqlite:${database}?durability=process`;
const made = [null];
const acting = [null];
const firm = {};
ok(address, (error) => workflow.engine_open(address, bytes(address), options, made, error));
const engine = made[0];
ok('the firm', (error) => workflow.id_parse(FIRM, FIRM.length, firm, error));
ok('the office', (error) => workflow.acting_new(engine, firm, 0, null, 'season', 6, acting, error));
const office = acting[0];

setUp();
const returns = openReturns(Number(clients));
for (let day = 0; day < 365 && (day < 30 || agenda.length > 0); day++, today += DAY) {
    tick();
    ok('what was left', (error) => workflow.engine_run_follow_ups(engine, 10_000, null, error));
    ok('delivering', (error) => workflow.engine_deliver(engine, notifier, 1_000_000, null, error));
    for (let i = agenda.length; i-- > 0; ) {
        if (doWork(agenda[i])) {
            const last = agenda.pop();
            if (i < agenda.length) {
                agenda[i] = last;
            }
        }
    }
}
console.log(`${returns} returns, ${countJobs({ statuses: ['completed'] })} of them done; ${printed} notifications`);
workflow.acting_free(office);
workflow.engine_free(engine);
