//! The views for reports say what the records say.

use std::sync::Arc;

use serde_json::json;
use workflow_test_support::postgres::Server;

use crate::kit::{account, engine, firm, give, job, job_of, open, schema_of, set_up};

#[test]
fn views_say_what_the_records_say() {
    let url = Server::shared().fresh();
    let store = Arc::new(open(&url).expect("a store"));
    let engine = engine(Arc::clone(&store) as _);
    set_up(&engine, 1, 2);
    set_up(&engine, 2, 1);
    give(&engine, 1, json!({ "move_job": { "job": job(2), "to": "two" } }));
    give(
        &engine,
        1,
        json!({ "set_task_state": { "task": job_of(&*store, 1, 1).tasks[0].task, "state": "completed" } }),
    );
    give(
        &engine,
        1,
        json!({ "create_series": { "id": job(77), "name": "Monthly", "for": { "accounts": [account(1)] },
        "makes": { "task": { "task": { "key": "t", "title": "Bank" } } }, "schedule": { "preset": { "monthly": { "day": 15 } }, "start": "2026-01-15" } } }),
    );
    let schema = schema_of(&url);
    let ask = |sql: &str| Server::shared().sql(&sql.replace("{s}", schema).replace("{f}", &firm(1).to_string()));
    assert_eq!(
        ask(
            "SELECT id, account, pipeline, stage, status, priority, due, tasks, items, stage_since FROM {s}.report_jobs \
             WHERE firm = '{f}' ORDER BY stage"
        ),
        format!(
            "{}|{}|p|one|active|medium||2|1|2026-02-02 15:00:00.25+00\n{}|{1}|p|two|active|medium||2|1|2026-02-02 15:00:00.25+00",
            job(1),
            account(1),
            job(2)
        )
    );
    assert_eq!(
        ask(
            "SELECT title, state, ended, due FROM {s}.report_tasks WHERE firm = '{f}' ORDER BY ended DESC, title LIMIT 2"
        ),
        "call|completed|t|2026-03-02\ncall|planned|f|2026-03-02"
    );
    assert_eq!(ask("SELECT name, external FROM {s}.report_accounts WHERE firm = '{f}'"), "Jane Doe|crm-1");
    assert_eq!(ask("SELECT DISTINCT kind, title FROM {s}.report_items WHERE firm = '{f}'"), "invoice|Bill");
    assert_eq!(
        ask("SELECT command, count(*) FROM {s}.report_events WHERE firm = '{f}' AND event = 'job_created' GROUP BY 1"),
        "create_job|2"
    );
    assert_eq!(
        ask("SELECT automation, detail -> 'task' ->> 'title' FROM {s}.report_events WHERE firm = '{f}' \
             AND event = 'task_created' ORDER BY position, place LIMIT 1")
        .split('|')
        .count(),
        2
    );
    assert_eq!(
        ask(
            "SELECT stage, jobs, open_blockers, done_blockers FROM {s}.report_stage_counts WHERE firm = '{f}' ORDER BY stage"
        ),
        "one|1|2|1\ntwo|1|0|0"
    );
    assert_eq!(ask("SELECT count(*), max(state) FROM {s}.report_outbox WHERE firm = '{f}'"), "2|waiting");
    assert_eq!(
        ask("SELECT name, state, makes, accounts FROM {s}.report_series WHERE firm = '{f}'"),
        "Monthly|active|task|1"
    );
    assert_eq!(ask("SELECT count(*) FROM {s}.report_occurrences WHERE firm = '{f}' AND starts IS NULL"), "0");
}
