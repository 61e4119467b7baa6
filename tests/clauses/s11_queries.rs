//! Lists, each held against what all records say.

use std::collections::BTreeSet;

use workflow_core::event::Actor;
use workflow_core::id::{JobId, TaskId};
use workflow_core::model::{Job, JobStatus, Task};
use workflow_core::query::{
    Cursor, JobQuery, JobRow, JobScope, Page, PageRequest, Queries, TaskQuery, TaskRow, TaskScope,
};

use crate::crowd::{Crowd, Dice, PRIORITIES, Records, TAGS, lookers, members, today};
use crate::kit::{account, firm, key};

/// All rows of a query, page by page; no page is longer than asked for.
pub(crate) fn all<T>(limit: usize, mut page: impl FnMut(&PageRequest) -> Page<T>) -> Vec<T> {
    let mut request = PageRequest::first(limit);
    let mut rows = Vec::new();
    loop {
        let found = page(&request);
        assert!(found.rows.len() <= limit);
        rows.extend(found.rows);
        request.after = found.next;
        if request.after.is_none() {
            return rows;
        }
    }
}

fn queries(crowd: &Crowd, actor: Actor) -> Queries<'_> {
    crowd.office.engine.query(firm(), actor).expect("a firm")
}

fn maybe<T>(dice: &mut Dice, sides: usize, value: impl FnOnce(&mut Dice) -> T) -> Option<T> {
    dice.one_in(sides).then(|| value(dice))
}

fn job_scopes() -> Vec<JobScope> {
    let mut scopes = vec![JobScope::Firm, JobScope::Unassigned, JobScope::Attention];
    scopes.extend([1, 2, 5].map(|number| JobScope::Account(account(number))));
    scopes.extend(members().into_iter().map(JobScope::Assignee));
    for pipeline in ["p", "q", "r"] {
        scopes.push(JobScope::Pipeline { pipeline: key(pipeline), stages: [].into() });
        scopes.push(JobScope::Pipeline { pipeline: key(pipeline), stages: [key("work"), key("out")].into() });
    }
    scopes
}

fn job_query(dice: &mut Dice, scope: JobScope) -> JobQuery {
    const STATUSES: &[&str] = &["active", "completed", "archived", "on hold", "stuck"];
    JobQuery {
        scope,
        statuses: (0..dice.roll(3)).map(|_| key(dice.pick(STATUSES))).collect(),
        archived: dice.one_in(3),
        tags: (0..dice.roll(3) / 2).map(|_| key(dice.pick(TAGS))).collect(),
        at_least: maybe(dice, 3, |dice| serde_json::from_value(dice.pick(PRIORITIES).into()).expect("a priority")),
        due_from: maybe(dice, 4, Dice::day),
        due_to: maybe(dice, 4, Dice::day),
        overdue: dice.one_in(5),
        text: maybe(dice, 4, |dice| dice.pick(&["RETURN", "audit", "7", "nothing"]).to_owned()),
        descending: dice.one_in(2),
    }
}

fn job_is_asked_for(query: &JobQuery, job: &Job) -> bool {
    let scope = match &query.scope {
        JobScope::Firm => true,
        JobScope::Pipeline { pipeline, stages } => {
            job.pipeline == *pipeline && (stages.is_empty() || stages.contains(&job.stage))
        }
        JobScope::Account(account) => job.account == *account,
        JobScope::Assignee(member) => job.assignees.contains(member),
        JobScope::Unassigned => job.assignees.is_empty(),
        JobScope::Attention => !job.attention.is_empty(),
        JobScope::Job(id) => job.id == *id,
    };
    let status = match query.statuses.is_empty() {
        true => query.archived || job.status != JobStatus::Archived || matches!(query.scope, JobScope::Job(_)),
        false => query.statuses.iter().any(|status| status.as_str() == job.status.as_str()),
    };
    scope
        && status
        && query.tags.iter().all(|tag| job.tags.contains(tag))
        && query.at_least.is_none_or(|least| job.priority >= least)
        && query.due_from.is_none_or(|from| job.due >= Some(from))
        && query.due_to.is_none_or(|to| job.due.is_some_and(|due| due <= to))
        && (!query.overdue || Records::is_late(job))
        && query.text.as_ref().is_none_or(|text| job.name.to_lowercase().contains(&text.to_lowercase()))
}

/// The rows that a query has to answer, in order.
fn expected_jobs(records: &Records, actor: &Actor, query: &JobQuery) -> Vec<JobRow> {
    let asked = records.jobs.values().map(|(_, job)| job);
    let mut jobs: Vec<&Job> =
        asked.map(|job| &**job).filter(|job| job_is_asked_for(query, job) && records.sees_job(actor, job)).collect();
    match query.scope {
        JobScope::Account(_) | JobScope::Attention => jobs.sort_by_key(|job| (job.created, job.id)),
        _ => jobs.sort_by_key(|job| (job.due.is_none(), job.due, job.id)),
    }
    if query.descending {
        jobs.reverse();
    }
    jobs.into_iter().map(|job| records.row(job.id)).collect()
}

#[test]
fn s11_1_every_job_list_is_what_the_records_say() {
    let mut found = 0;
    for seed in 1..=3 {
        let mut crowd = Crowd::new(seed, 60);
        let records = Records::of(&crowd.office);
        for actor in lookers() {
            let some: Vec<JobId> = records.jobs.keys().copied().collect();
            let one = (0..5).map(|_| JobScope::Job(crowd.dice.pick(&some))).collect::<Vec<_>>();
            for scope in job_scopes().into_iter().chain(one) {
                for round in 0..6 {
                    // The first two rounds ask for everything there is, both ways.
                    let query = match round {
                        0 | 1 => JobQuery {
                            scope: scope.clone(),
                            archived: true,
                            descending: round == 1,
                            ..JobQuery::default()
                        },
                        _ => job_query(&mut crowd.dice, scope.clone()),
                    };
                    let limit = crowd.dice.pick(&[1, 2, 3, 7, 17, 1_000]);
                    let asker = queries(&crowd, actor.clone());
                    let rows = all(limit, |page| asker.jobs(&query, page).expect("jobs"));
                    assert_eq!(rows, expected_jobs(&records, &actor, &query), "{actor:?} {query:?} by {limit}");
                    found += rows.len();
                }
            }
        }
    }
    assert!(found > 5_000, "the answers are not all empty: {found}");
}

fn task_scopes() -> Vec<TaskScope> {
    let mut scopes = vec![TaskScope::Firm, TaskScope::Unassigned];
    scopes.extend(["preparer", "reviewer"].map(|role| TaskScope::Role(key(role))));
    scopes.extend([1, 2, 5].map(|number| TaskScope::Account(account(number))));
    scopes.extend(members().into_iter().map(TaskScope::Assignee));
    scopes
}

fn task_query(dice: &mut Dice, scope: TaskScope) -> TaskQuery {
    const STATES: &[&str] = &["planned", "in_progress", "completed", "cancelled"];
    TaskQuery {
        scope,
        states: (0..dice.roll(4)).map(|_| serde_json::from_value(dice.pick(STATES).into()).expect("a state")).collect(),
        tags: (0..dice.roll(3) / 2).map(|_| key(dice.pick(TAGS))).collect(),
        template: maybe(dice, 4, |dice| key(dice.pick(&["a", "b", "x", "y"]))),
        at_least: maybe(dice, 3, |dice| serde_json::from_value(dice.pick(PRIORITIES).into()).expect("a priority")),
        due_from: maybe(dice, 4, Dice::day),
        due_to: maybe(dice, 4, Dice::day),
        overdue: dice.one_in(4),
        text: maybe(dice, 4, |dice| dice.pick(&["draft", "CALL", "e"]).to_owned()),
        descending: dice.one_in(2),
    }
}

fn task_is_asked_for(query: &TaskQuery, task: &Task) -> bool {
    let scope = match &query.scope {
        TaskScope::Firm => true,
        TaskScope::Assignee(member) => task.assignees.contains(member),
        TaskScope::Role(role) => task.assigned_roles.contains(role),
        TaskScope::Account(account) => task.account == Some(*account),
        TaskScope::Unassigned => task.assignees.is_empty(),
    };
    let state = if query.states.is_empty() { !task.state.is_ended() } else { query.states.contains(&task.state) };
    scope
        && state
        && query.tags.iter().all(|tag| task.tags.contains(tag))
        && query.template.as_ref().is_none_or(|template| task.template.as_ref() == Some(template))
        && query.at_least.is_none_or(|least| task.priority >= least)
        && query.due_from.is_none_or(|from| task.due >= Some(from))
        && query.due_to.is_none_or(|to| task.due.is_some_and(|due| due <= to))
        && (!query.overdue || is_late(task))
        && query.text.as_ref().is_none_or(|text| task.title.to_lowercase().contains(&text.to_lowercase()))
}

fn is_late(task: &Task) -> bool {
    !task.state.is_ended() && task.due.is_some_and(|due| due < today())
}

fn expected_tasks(records: &Records, actor: &Actor, query: &TaskQuery) -> Vec<TaskRow> {
    let mut tasks: Vec<_> = records
        .tasks
        .values()
        .filter(|(_, task)| task_is_asked_for(query, task) && records.sees_task(actor, task))
        .collect();
    tasks.sort_by_key(|(_, task)| (task.due.is_none(), task.due, task.id));
    if query.descending {
        tasks.reverse();
    }
    let row = |(revision, task): &(u64, std::sync::Arc<Task>)| TaskRow {
        task: task.clone(),
        revision: *revision,
        job_name: task.job.map(|job| records.jobs[&job].1.name.clone()),
        overdue: is_late(task),
    };
    tasks.into_iter().map(row).collect()
}

#[test]
fn s11_1_every_task_list_is_what_the_records_say() {
    let mut found = 0;
    for seed in 4..=6 {
        let mut crowd = Crowd::new(seed, 60);
        let records = Records::of(&crowd.office);
        for actor in lookers() {
            for scope in task_scopes() {
                for round in 0..6 {
                    let states = ["planned", "in_progress", "completed", "cancelled"]
                        .map(|state| serde_json::from_value(state.into()).expect("a state"));
                    let query = match round {
                        0 | 1 => TaskQuery {
                            scope: scope.clone(),
                            states: states.into(),
                            descending: round == 1,
                            ..TaskQuery::default()
                        },
                        _ => task_query(&mut crowd.dice, scope.clone()),
                    };
                    let limit = crowd.dice.pick(&[1, 2, 3, 7, 17, 1_000]);
                    let asker = queries(&crowd, actor.clone());
                    let rows = all(limit, |page| asker.tasks(&query, page).expect("tasks"));
                    assert_eq!(rows, expected_tasks(&records, &actor, &query), "{actor:?} {query:?} by {limit}");
                    found += rows.len();
                }
            }
        }
    }
    assert!(found > 5_000, "the answers are not all empty: {found}");
}

/// Pages through a list while jobs change, appear and go. Answers what was listed, and the jobs that changed.
fn disturbed<T>(
    crowd: &mut Crowd,
    limit: usize,
    page: impl Fn(&Queries<'_>, &PageRequest) -> Page<T>,
) -> (Vec<T>, BTreeSet<JobId>) {
    let mut changed = BTreeSet::new();
    let mut request = PageRequest::first(limit);
    let mut rows = Vec::new();
    let jobs: Vec<JobId> = Records::of(&crowd.office).jobs.into_keys().collect();
    loop {
        let found = page(&queries(crowd, Actor::system("t")), &request);
        rows.extend(found.rows);
        request.after = found.next;
        if request.after.is_none() {
            return (rows, changed);
        }
        for _ in 0..2 {
            let job = crowd.dice.pick(&jobs);
            changed.insert(job);
            match crowd.dice.roll(8) {
                0 => drop(crowd.office.attempt(workflow_core::command::Command::DeleteJob { job })),
                1 => changed.extend(crowd.add_job()),
                _ => crowd.change(job),
            }
        }
    }
}

#[test]
fn s11_1_cursors_hold_while_jobs_change_between_pages() {
    for seed in 7..=9 {
        for scope in job_scopes() {
            for descending in [false, true] {
                let mut crowd = Crowd::new(seed, 25);
                let query = JobQuery { scope: scope.clone(), archived: true, descending, ..JobQuery::default() };
                let before = expected_jobs(&Records::of(&crowd.office), &Actor::system("t"), &query);
                let (rows, changed) = disturbed(&mut crowd, 3, |asker, page| asker.jobs(&query, page).expect("jobs"));
                let still = |rows: Vec<JobRow>| -> Vec<JobRow> {
                    rows.into_iter().filter(|row| !changed.contains(&row.id)).collect()
                };
                assert_eq!(still(rows), still(before), "{query:?}");
            }
        }
    }
}

#[test]
fn s11_1_cursors_hold_while_tasks_change_between_pages() {
    for seed in 10..=12 {
        for scope in task_scopes() {
            let mut crowd = Crowd::new(seed, 25);
            let query = TaskQuery { scope: scope.clone(), ..TaskQuery::default() };
            let before = expected_tasks(&Records::of(&crowd.office), &Actor::system("t"), &query);
            let (rows, changed) = disturbed(&mut crowd, 3, |asker, page| asker.tasks(&query, page).expect("tasks"));
            let still = |rows: Vec<TaskRow>| -> Vec<TaskId> {
                let stayed = rows.into_iter().filter(|row| row.task.job.is_none_or(|job| !changed.contains(&job)));
                stayed.map(|row| row.task.id).collect()
            };
            assert_eq!(still(rows), still(before), "{query:?}");
        }
    }
}

#[test]
fn s11_1_cards_are_neither_skipped_nor_shown_twice_while_others_move() {
    for seed in 13..=18 {
        for (pipeline, stage) in [("p", "work"), ("q", "work"), ("p", "in"), ("q", "out")] {
            let mut crowd = Crowd::new(seed, 40);
            let cards = |asker: &Queries<'_>, page: &PageRequest| {
                asker.column(&key(pipeline), &key(stage), page).expect("cards")
            };
            let before = all(1_000, |page| cards(&queries(&crowd, Actor::system("t")), page));
            let (rows, changed) = disturbed(&mut crowd, 2, cards);
            let still = |rows: Vec<JobRow>| -> Vec<JobRow> {
                rows.into_iter().filter(|row| !changed.contains(&row.id)).collect()
            };
            assert_eq!(still(rows), still(before), "{pipeline} {stage}");
        }
    }
}

#[test]
fn s11_1_a_cursor_of_another_query_or_of_none_is_an_error() {
    let crowd = Crowd::new(1, 30);
    let asker = queries(&crowd, Actor::system("t"));
    let two = PageRequest::first(2);
    let jobs = JobQuery { archived: true, ..JobQuery::default() };
    let of_jobs = asker.jobs(&jobs, &two).expect("jobs").next.expect("more");
    let of_tasks = asker.tasks(&TaskQuery::default(), &two).expect("tasks").next.expect("more");
    let of_cards = asker.column(&key("p"), &key("work"), &PageRequest::first(1)).expect("cards").next.expect("more");
    let of_activity = asker.activity(&Default::default(), &two).expect("activity").next.expect("more");
    let cursors = [of_jobs, of_tasks, of_cards, of_activity];
    for (place, cursor) in cursors.iter().enumerate() {
        // It survives being written down.
        assert_eq!(cursor.to_string().parse::<Cursor>().as_ref(), Ok(cursor));
        let page = PageRequest::after(2, cursor.clone());
        let answers = [
            asker.jobs(&jobs, &page).map(drop),
            asker.tasks(&TaskQuery::default(), &page).map(drop),
            asker.column(&key("p"), &key("work"), &page).map(drop),
            asker.activity(&Default::default(), &page).map(drop),
            asker.jobs(&JobQuery::default(), &page).map(drop),
            asker.jobs(&JobQuery { descending: true, archived: true, ..JobQuery::default() }, &page).map(drop),
            asker.tasks(&TaskQuery { overdue: true, ..TaskQuery::default() }, &page).map(drop),
            asker.column(&key("p"), &key("in"), &page).map(drop),
            asker.column(&key("q"), &key("work"), &page).map(drop),
            asker.client_jobs(account(1), &page).map(drop),
            asker.accounts(&Default::default(), &page).map(drop),
        ];
        for (other, answer) in answers.into_iter().enumerate() {
            if other == place {
                answer.expect("its own query");
            } else {
                let error = answer.expect_err("another query");
                assert_eq!(error.kind().code(), 100, "{error}");
                assert!(
                    error.to_string().contains("`after`") && error.to_string().contains("another query"),
                    "{error}"
                );
            }
        }
    }
    let written = cursors[0].to_string();
    for garbage in ["", "zz", "00", "7b7d", "nonsense", &written[1..], &written[2..], &format!("{written}00"), "é"] {
        let error = garbage.parse::<Cursor>().expect_err("garbage");
        assert!(error.to_string().contains("not a cursor"), "{garbage}: {error}");
    }
}

#[test]
fn s11_1_a_page_has_at_least_one_row_and_no_more_than_the_limit() {
    let crowd = Crowd::new(1, 3);
    let asker = queries(&crowd, Actor::system("t"));
    for (limit, code) in [(0, 100), (1_001, 107)] {
        let page = PageRequest::first(limit);
        let answers = [
            asker.jobs(&JobQuery::default(), &page).map(drop),
            asker.tasks(&TaskQuery::default(), &page).map(drop),
            asker.column(&key("p"), &key("work"), &page).map(drop),
            asker.board(&key("p"), limit).map(drop),
            asker.activity(&Default::default(), &page).map(drop),
            asker.client_jobs(account(1), &page).map(drop),
            asker.accounts(&Default::default(), &page).map(drop),
        ];
        for answer in answers {
            assert_eq!(answer.expect_err("refused").kind().code(), code);
        }
    }
}
