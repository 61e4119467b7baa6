//! Board and lists are what all records say, in order, page by page.

use serde_json::{Value, json};
use workflow_core::event::Actor;
use workflow_core::id::PipelineKey;
use workflow_core::query::{Board, Cursor, JobQuery, JobRow, Page, PageRequest, Queries, TaskQuery, TaskRow};

use crate::always;
use crate::brute::{Brute, Column};
use crate::draw::Step;
use crate::firm::{account, firm, member};
use crate::office::Office;

const PIPELINES: [&str; 3] = ["main", "branch", "small"];

fn key(text: &str) -> PipelineKey {
    text.parse().expect("a key")
}

/// Lists of jobs that people look at.
fn job_queries() -> Vec<JobQuery> {
    let queries = json!([
        {},
        { "archived": true, "descending": true },
        { "statuses": ["active"], "tags": ["standard"] },
        { "statuses": ["completed", "archived", "missing"] },
        { "at_least": "high", "text": "ROE" },
        { "due_from": "2026-02-10", "due_to": "2026-03-10" },
        { "overdue": true },
        { "overdue": true, "due_to": "2026-02-20", "descending": true },
        { "overdue": true, "statuses": ["on hold", "completed"] },
        { "due_to": "2026-02-25", "archived": true, "descending": true },
        { "scope": { "pipeline": { "pipeline": "main" } } },
        { "scope": { "pipeline": { "pipeline": "main", "stages": ["intake", "done"] } }, "archived": true },
        { "scope": { "pipeline": { "pipeline": "branch" } }, "descending": true },
        { "scope": { "pipeline": { "pipeline": "small", "stages": ["two"] } }, "at_least": "medium" },
        { "scope": { "account": account(1) } },
        { "scope": { "account": account(2) }, "descending": true, "archived": true },
        { "scope": { "assignee": member(1) } },
        { "scope": { "assignee": member(2) }, "statuses": ["active"], "descending": true },
        { "scope": "unassigned", "archived": true },
        { "scope": "attention" },
        { "scope": "attention", "descending": true, "statuses": ["active", "archived"] },
        { "scope": "attention", "overdue": true },
    ]);
    serde_json::from_value(queries).expect("queries")
}

fn task_queries() -> Vec<TaskQuery> {
    let queries = json!([
        {},
        { "descending": true },
        { "states": ["completed", "cancelled"] },
        { "states": ["planned", "completed"], "descending": true },
        { "tags": ["paper"], "template": "gather" },
        { "at_least": "high", "text": "file" },
        { "due_from": "2026-02-01", "due_to": "2026-03-01" },
        { "overdue": true },
        { "overdue": true, "states": ["completed"] },
        { "overdue": true, "due_to": "2026-02-05" },
        { "scope": { "assignee": member(1) } },
        { "scope": { "assignee": member(3) }, "states": ["planned", "in_progress", "completed", "cancelled"] },
        { "scope": { "role": "preparer" } },
        { "scope": { "role": "reviewer" }, "states": ["completed"], "descending": true },
        { "scope": { "account": account(3) } },
        { "scope": "unassigned" },
    ]);
    serde_json::from_value(queries).expect("queries")
}

fn actors() -> Vec<Actor> {
    let members = (1..=3).map(|number| Actor::Member(member(number)));
    std::iter::once(Actor::system("host")).chain(members).collect()
}

/// All rows, page by page.
fn pages<T>(limit: usize, mut page: impl FnMut(&PageRequest) -> Page<T>, first: Option<Cursor>) -> Vec<T> {
    let mut request = PageRequest { limit, after: first };
    let mut rows = Vec::new();
    loop {
        let Page { rows: more, next } = page(&request);
        assert!(more.len() <= limit, "a page of {} rows", more.len());
        rows.extend(more);
        request.after = next;
        if request.after.is_none() {
            return rows;
        }
    }
}

fn all_jobs(queries: &Queries<'_>, query: &JobQuery, limit: usize) -> Vec<JobRow> {
    pages(limit, |page| queries.jobs(query, page).expect("a list of jobs"), None)
}

fn all_tasks(queries: &Queries<'_>, query: &TaskQuery, limit: usize) -> Vec<TaskRow> {
    pages(limit, |page| queries.tasks(query, page).expect("a list of tasks"), None)
}

/// The columns of a board with all their cards.
fn columns(queries: &Queries<'_>, pipeline: &PipelineKey, cards: usize) -> Vec<Column> {
    let Board { columns, .. } = queries.board(pipeline, cards).expect("a board");
    let whole = |column: workflow_core::query::BoardColumn| {
        let mut all = column.cards;
        assert!(all.len() <= cards);
        if let Some(next) = column.next {
            let page = |page: &PageRequest| queries.column(pipeline, &column.stage, page).expect("a column");
            all.extend(pages(3, page, Some(next)));
        }
        assert!(!column.overdue.more, "nobody has so many jobs");
        Column {
            stage: column.stage,
            cards: all,
            jobs: column.jobs,
            attention: column.attention,
            overdue: column.overdue.counted,
            open_blockers: column.open_blockers,
            done_blockers: column.done_blockers,
        }
    };
    columns.into_iter().map(whole).collect()
}

/// Every board and list that the host sees, to be held against those of another firm.
pub(crate) fn board_and_lists(office: &Office) -> Vec<Value> {
    let queries = office.engine.query(firm(), Actor::system("host")).expect("queries");
    let mut all: Vec<Value> = Vec::new();
    for pipeline in PIPELINES {
        let board = queries.board(&key(pipeline), 1_000).expect("a board");
        all.push(serde_json::to_value(board).expect("JSON"));
    }
    for query in job_queries() {
        all.push(serde_json::to_value(all_jobs(&queries, &query, 1_000)).expect("JSON"));
    }
    for query in task_queries() {
        all.push(serde_json::to_value(all_tasks(&queries, &query, 1_000)).expect("JSON"));
    }
    all
}

#[test]
fn s11_1_the_board_is_what_all_records_say() {
    always(|steps| at_times(steps, board_is_brute_force));
}

#[test]
fn s11_1_the_list_of_jobs_is_what_all_records_say() {
    always(|steps| at_times(steps, jobs_are_brute_force));
}

#[test]
fn s11_1_the_list_of_tasks_is_what_all_records_say() {
    always(|steps| at_times(steps, tasks_are_brute_force));
}

/// Works through a sequence and looks, every 50 commands, at what each actor is shown. Pages get
/// longer from one look to the next.
pub(crate) fn at_times(steps: &[Step], look: impl Fn(&Queries<'_>, &Brute<'_>, usize)) {
    let mut office = Office::new();
    for (some, limit) in steps.chunks(50).zip([1, 2, 7, 50].into_iter().cycle()) {
        office.run(some);
        let records = office.records();
        for actor in actors() {
            let today = office.engine.query(firm(), Actor::system("host")).expect("queries").today();
            let brute = Brute { records: &records, actor: actor.clone(), today };
            match office.engine.query(firm(), actor.clone()) {
                Ok(queries) => {
                    assert!(brute.may_ask(), "{actor:?} does not work here");
                    look(&queries, &brute, limit);
                }
                Err(error) => assert!(!brute.may_ask(), "{actor:?}: {error}"),
            }
        }
    }
}

pub(crate) fn board_is_brute_force(queries: &Queries<'_>, brute: &Brute<'_>, limit: usize) {
    for pipeline in PIPELINES {
        let pipeline = key(pipeline);
        assert_eq!(columns(queries, &pipeline, limit), brute.board(&pipeline), "{pipeline} for {:?}", brute.actor);
    }
}

pub(crate) fn jobs_are_brute_force(queries: &Queries<'_>, brute: &Brute<'_>, limit: usize) {
    for query in job_queries() {
        assert_eq!(all_jobs(queries, &query, limit), brute.jobs(&query), "{query:?} for {:?}", brute.actor);
    }
}

pub(crate) fn tasks_are_brute_force(queries: &Queries<'_>, brute: &Brute<'_>, limit: usize) {
    for query in task_queries() {
        assert_eq!(all_tasks(queries, &query, limit), brute.tasks(&query), "{query:?} for {:?}", brute.actor);
    }
}
