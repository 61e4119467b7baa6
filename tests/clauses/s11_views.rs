//! Board, calendar, workload, one job in full, activity and the client's view, held against what all records say.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use serde_json::json;
use workflow_core::definition::Access;
use workflow_core::event::{Actor, Event};
use workflow_core::id::{FirmId, JobId, PipelineKey, TaskId};
use workflow_core::model::{Account, Comment, Job, JobStatus, Tally};
use workflow_core::query::{
    AccountQuery, ActivityOf, ActivityQuery, CalendarQuery, ClientJob, JobQuery, JobRow, PageRequest, Queries,
    TaskQuery,
};
use workflow_core::store::{LogPosition, Logged};

use crate::crowd::{Crowd, Records, lookers, members, today};
use crate::kit::{account, command, firm, key, member};
use crate::s11_queries::all;

fn queries(crowd: &Crowd, actor: Actor) -> Queries<'_> {
    crowd.office.engine.query(firm(), actor).expect("a firm")
}

/// Whether the actor may have anything to do with a pipeline at all.
fn may_open(actor: &Actor, pipeline: &PipelineKey) -> bool {
    match (actor, Records::access(pipeline)) {
        (Actor::Member(id), Access::Only { members, roles }) => {
            *id == member(1) || members.contains(id) || !roles.is_empty()
        }
        _ => true,
    }
}

#[test]
fn s11_1_the_board_is_what_the_records_say() {
    for seed in 21..=24 {
        let mut crowd = Crowd::new(seed, 70);
        let records = Records::of(&crowd.office);
        for actor in lookers() {
            for pipeline in ["p", "q", "r"] {
                let asker = queries(&crowd, actor.clone());
                let pipeline_key: PipelineKey = key(pipeline);
                let Ok(board) = asker.board(&pipeline_key, 3) else {
                    assert!(!may_open(&actor, &pipeline_key), "{actor:?} {pipeline}");
                    continue;
                };
                assert!(may_open(&actor, &pipeline_key), "{actor:?} {pipeline}");
                assert_eq!((board.name, board.version), (format!("Pipeline {pipeline}"), 1));
                let stages: Vec<(&str, &str, bool)> =
                    board.columns.iter().map(|c| (c.stage.as_str(), &*c.name, c.is_final)).collect();
                let expected = [
                    ("in", "Incoming", false),
                    ("work", "In work", false),
                    ("check", "check", false),
                    ("out", "Filed", true),
                ];
                assert_eq!(stages, expected);
                for column in &board.columns {
                    let mut jobs: Vec<&Job> = records
                        .jobs
                        .values()
                        .map(|(_, job)| &**job)
                        .filter(|job| job.pipeline == pipeline_key && job.stage == column.stage)
                        .filter(|job| job.status != JobStatus::Archived && records.sees_job(&actor, job))
                        .collect();
                    // Active jobs first; within them by due date, or by urgency and then due date.
                    let by_priority = pipeline == "q";
                    jobs.sort_by_key(|job| {
                        let urgency = by_priority.then_some(Reverse(job.priority));
                        (job.status != JobStatus::Active, urgency, job.due.is_none(), job.due, job.id)
                    });
                    let what = format!("{actor:?} {pipeline} {}", column.stage);
                    assert_eq!(column.jobs, jobs.len() as u64, "{what}");
                    let attention = jobs.iter().filter(|job| !job.attention.is_empty()).count();
                    assert_eq!(column.attention, attention as u64, "{what}");
                    let late = jobs.iter().filter(|job| Records::is_late(job)).count();
                    assert_eq!((column.overdue.counted, column.overdue.more), (late as u64, false), "{what}");
                    let (open, done) = jobs
                        .iter()
                        .map(|job| records.blockers(job))
                        .fold((0, 0), |(open, done), next| (open + u64::from(next.0), done + u64::from(next.1)));
                    assert_eq!((column.open_blockers, column.done_blockers), (open, done), "{what}");
                    let rows: Vec<JobRow> = jobs.iter().map(|job| records.row(job.id)).collect();
                    assert_eq!(column.cards, rows[..rows.len().min(3)], "{what}");
                    assert!(column.next.is_some() || rows.len() <= 3, "{what}");
                    // The cursor of the board goes on with the column's cards.
                    let mut cards = column.cards.clone();
                    let mut next = column.next.clone();
                    while let Some(cursor) = next {
                        let limit = crowd.dice.pick(&[1, 2, 5]);
                        let asker = queries(&crowd, actor.clone());
                        let page = PageRequest::after(limit, cursor);
                        let page = asker.column(&pipeline_key, &column.stage, &page).expect("cards");
                        cards.extend(page.rows);
                        next = page.next;
                    }
                    assert_eq!(cards, rows, "{what}");
                }
            }
        }
    }
}

#[test]
fn s11_1_the_calendar_is_what_the_records_say() {
    for seed in 25..=27 {
        let mut crowd = Crowd::new(seed, 60);
        crowd.office.save_firm(json!({ "name": "F", "time_zone": "America/New_York", "holidays": ["2026-02-04"] }));
        let records = Records::of(&crowd.office);
        for actor in lookers() {
            for whose in members().into_iter().map(Some).chain([None, None, None]) {
                let from = crowd.dice.day();
                let to = from + TimeDelta::days(crowd.dice.roll(30) as i64);
                let query = CalendarQuery { from, to, member: whose };
                let mut expected: BTreeMap<NaiveDate, (Vec<JobId>, Vec<TaskId>)> = BTreeMap::new();
                let days = from..=to;
                for (_, job) in records.jobs.values() {
                    let shown = job.status != JobStatus::Archived
                        && records.sees_job(&actor, job)
                        && whose.is_none_or(|member| job.assignees.contains(&member));
                    if let Some(due) = job.due.filter(|due| shown && days.contains(due)) {
                        expected.entry(due).or_default().0.push(job.id);
                    }
                }
                for (_, task) in records.tasks.values() {
                    let shown = !task.state.is_ended()
                        && records.sees_task(&actor, task)
                        && whose.is_none_or(|member| task.assignees.contains(&member));
                    if let Some(due) = task.due.filter(|due| shown && days.contains(due)) {
                        expected.entry(due).or_default().1.push(task.id);
                    }
                }
                let found = queries(&crowd, actor.clone()).calendar(&query).expect("a calendar");
                let ids = found.iter().map(|day| {
                    let tasks = day.tasks.iter().map(|row| row.task.id).collect::<Vec<_>>();
                    (day.day, (day.jobs.iter().map(|row| row.id).collect::<Vec<_>>(), tasks))
                });
                assert_eq!(ids.collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>(), "{actor:?} {query:?}");
                for day in found {
                    let weekend = matches!(day.day.weekday(), Weekday::Sat | Weekday::Sun);
                    assert_eq!(day.open, !weekend && day.day != "2026-02-04".parse().expect("a day"), "{}", day.day);
                    assert!(day.jobs.iter().all(|row| *row == records.row(row.id)));
                }
            }
        }
    }
}

#[test]
fn s11_1_a_calendar_shows_400_days_at_most() {
    let crowd = Crowd::new(1, 3);
    let asker = queries(&crowd, Actor::system("t"));
    let from = today();
    for (days, fits) in [(0, true), (399, true), (400, false), (-1, false)] {
        let query = CalendarQuery { from, to: from + TimeDelta::days(days), member: None };
        assert_eq!(asker.calendar(&query).is_ok(), fits, "{days}");
    }
}

#[test]
fn s11_1_the_workload_is_what_the_records_say() {
    for seed in 28..=30 {
        let crowd = Crowd::new(seed, 60);
        let records = Records::of(&crowd.office);
        for actor in lookers() {
            let found = queries(&crowd, actor).workload().expect("a workload");
            // Eve does not work here any more.
            assert_eq!(found.iter().map(|load| load.member).collect::<Vec<_>>(), members()[..4]);
            for load in found {
                let open = records.tasks.values().map(|(_, task)| task).filter(|task| !task.state.is_ended());
                let theirs: Vec<_> = open.filter(|task| task.assignees.contains(&load.member)).collect();
                let jobs = records
                    .jobs
                    .values()
                    .filter(|(_, job)| job.status == JobStatus::Active && job.assignees.contains(&load.member));
                let late = theirs.iter().filter(|task| task.due.is_some_and(|due| due < today())).count();
                let minutes: u64 = theirs.iter().map(|task| u64::from(task.budget_minutes.unwrap_or(0))).sum();
                assert_eq!((load.tasks, load.overdue), (theirs.len() as u64, late as u64), "{}", load.name);
                assert_eq!((load.budget_minutes, load.jobs.counted), (minutes, jobs.count() as u64), "{}", load.name);
                assert!(!load.more && !load.jobs.more);
            }
        }
    }
}

#[test]
fn s11_1_one_job_in_full_is_what_the_records_say() {
    let crowd = Crowd::new(31, 60);
    let records = Records::of(&crowd.office);
    let mut comments: BTreeMap<JobId, Vec<Arc<Comment>>> = BTreeMap::new();
    for recorded in records.log.iter().flat_map(|logged| &logged.entry.events) {
        if let Event::JobCommented(comment) = &recorded.event {
            comments.entry(comment.job).or_default().push(Arc::clone(comment));
        }
    }
    for actor in lookers() {
        let asker = queries(&crowd, actor.clone());
        for (id, (revision, job)) in &records.jobs {
            let view = match asker.job(*id) {
                Ok(view) => view,
                Err(error) => {
                    assert!(!records.sees_job(&actor, job), "{actor:?} {error}");
                    assert_eq!(error.kind().code(), 104);
                    continue;
                }
            };
            assert!(records.sees_job(&actor, job));
            assert_eq!((&view.job, view.revision, view.overdue), (job, *revision, Records::is_late(job)));
            assert_eq!(view.account, records.accounts[&job.account]);
            let (open, done) = records.blockers(job);
            assert_eq!(view.blockers, Tally { open, done });
            let tasks: Vec<_> = job.tasks.iter().map(|link| records.tasks[&link.task].1.clone()).collect();
            assert_eq!(view.tasks, tasks);
            let item = |id| records.items.iter().find(|item| item.id == id).expect("an item").clone();
            assert_eq!(view.items, job.items.iter().map(|link| item(link.item)).collect::<Vec<_>>());
            assert_eq!(view.comments, comments.get(id).cloned().unwrap_or_default());
            assert_eq!(view.pipeline_name, format!("Pipeline {}", job.pipeline));
            let names = [("in", "Incoming"), ("work", "In work"), ("check", "check"), ("out", "Filed")];
            let name = names.iter().find(|(key, _)| *key == job.stage.as_str()).map(|(_, name)| *name);
            assert_eq!(Some(&*view.stage_name), name);
        }
    }
    let error = queries(&crowd, Actor::system("t")).job(JobId(uuid::Uuid::from_u128(1))).expect_err("none");
    assert_eq!(error.kind().code(), 102);
}

/// Whether an entry of the log is shown to an actor.
fn is_shown(records: &Records, actor: &Actor, logged: &Logged) -> bool {
    let Actor::Member(id) = actor else { return !logged.entry.events.is_empty() };
    let pipeline_is_open = |event: &Event| match event {
        Event::PipelinePublished { definition, .. } => may_open(actor, &definition.key),
        _ => true,
    };
    let open = match logged.entry.job {
        _ if *id == member(1) => true,
        None => logged.entry.events.iter().all(|recorded| pipeline_is_open(&recorded.event)),
        Some(job) => records.jobs.get(&job).is_some_and(|(_, job)| records.sees_job(actor, job)),
    };
    open && !logged.entry.events.is_empty()
}

#[test]
fn s11_1_activity_is_what_the_log_says() {
    let mut crowd = Crowd::new(32, 50);
    let records = Records::of(&crowd.office);
    // What a job's entries say of its account is so.
    let mut account_of = BTreeMap::new();
    for logged in &records.log {
        for recorded in &logged.entry.events {
            if let Event::JobCreated(job) = &recorded.event {
                account_of.insert(job.id, job.account);
            }
        }
        if let Some(job) = logged.entry.job {
            assert_eq!(logged.entry.account, account_of.get(&job).copied(), "{:?}", logged.entry.command);
        }
    }
    let deleted = account_of.keys().find(|job| !records.jobs.contains_key(job)).copied().expect("a deleted job");
    let mut whose = vec![ActivityOf::Firm, ActivityOf::Job(deleted)];
    whose.extend(records.jobs.keys().step_by(9).map(|job| ActivityOf::Job(*job)));
    whose.extend((1..=8).map(|number| ActivityOf::Account(account(number))));
    whose.extend(members().into_iter().map(ActivityOf::Member));
    for actor in lookers() {
        for of in &whose {
            for oldest_first in [false, true] {
                let query = ActivityQuery { of: of.clone(), oldest_first };
                let asked = |logged: &&Logged| match of {
                    ActivityOf::Firm => true,
                    ActivityOf::Job(job) => logged.entry.job == Some(*job),
                    ActivityOf::Account(account) => logged.entry.account == Some(*account),
                    ActivityOf::Member(member) => logged.entry.actor == Actor::Member(*member),
                };
                let shown = records.log.iter().filter(asked).filter(|logged| is_shown(&records, &actor, logged));
                let mut expected: Vec<LogPosition> = shown.map(|logged| logged.position).collect();
                if !oldest_first {
                    expected.reverse();
                }
                let limit = crowd.dice.pick(&[1, 3, 20, 1_000]);
                let asker = queries(&crowd, actor.clone());
                let rows = all(limit, |page| asker.activity(&query, page).expect("activity"));
                let found: Vec<LogPosition> = rows.iter().map(|logged| logged.position).collect();
                assert_eq!(found, expected, "{actor:?} {query:?}");
            }
        }
    }
}

#[test]
fn s11_1_activity_goes_on_where_it_was_while_more_happens() {
    let mut crowd = Crowd::new(33, 10);
    let before = Records::of(&crowd.office);
    let jobs: Vec<JobId> = before.jobs.keys().copied().collect();
    for oldest_first in [false, true] {
        let before: Vec<LogPosition> = Records::of(&crowd.office).log.iter().map(|logged| logged.position).collect();
        let query = ActivityQuery { of: ActivityOf::Firm, oldest_first };
        let mut left = 30;
        let mut found: Vec<LogPosition> = Vec::new();
        let mut request = PageRequest::first(4);
        loop {
            let page = queries(&crowd, Actor::system("t")).activity(&query, &request).expect("activity");
            found.extend(page.rows.iter().map(|logged| logged.position));
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
            if left > 0 {
                left -= 1;
                let job = crowd.dice.pick(&jobs);
                crowd.change(job);
            }
        }
        found.retain(|position| before.contains(position));
        if !oldest_first {
            found.reverse();
        }
        assert_eq!(found, before);
    }
}

/// What a client reads of a job.
fn words(job: &Job) -> String {
    if let Some(text) = &job.client_status {
        return text.to_string();
    }
    let words = match (job.status.as_str(), job.stage.as_str()) {
        ("on hold", _) => "We wait for you",
        (_, "in") => "Received",
        (_, "work") => "In work",
        (_, "out") => "Filed",
        (_, stage) => stage,
    };
    words.to_owned()
}

#[test]
fn s11_1_a_client_sees_its_own_jobs_in_client_facing_words() {
    let mut crowd = Crowd::new(34, 80);
    let records = Records::of(&crowd.office);
    for number in 1..=8 {
        let mut actors = lookers();
        actors.push(Actor::Client(account(number)));
        for actor in actors {
            let mut jobs: Vec<&Arc<Job>> = records
                .jobs
                .values()
                .map(|(_, job)| job)
                .filter(|job| job.account == account(number) && job.status != JobStatus::Archived)
                .filter(|job| matches!(actor, Actor::Client(_)) || records.sees_job(&actor, job))
                .collect();
            jobs.sort_by_key(|job| Reverse((job.created, job.id)));
            let row = |job: &&Arc<Job>| ClientJob {
                id: job.id,
                name: job.name.clone(),
                status: words(job),
                completed: job.status == JobStatus::Completed,
            };
            let expected: Vec<ClientJob> = jobs.iter().map(row).collect();
            let limit = crowd.dice.pick(&[1, 2, 100]);
            let asker = queries(&crowd, actor.clone());
            let found = all(limit, |page| asker.client_jobs(account(number), page).expect("jobs"));
            assert_eq!(found, expected, "{actor:?}");
        }
    }
}

#[test]
fn s11_1_a_client_sees_nothing_else() {
    let crowd = Crowd::new(35, 5);
    let asker = queries(&crowd, Actor::Client(account(1)));
    let page = PageRequest::default();
    let job = Records::of(&crowd.office).jobs.into_keys().next().expect("a job");
    let answers = [
        asker.client_jobs(account(2), &page).map(drop),
        asker.jobs(&JobQuery::default(), &page).map(drop),
        asker.tasks(&TaskQuery::default(), &page).map(drop),
        asker.board(&key("p"), 1).map(drop),
        asker.column(&key("p"), &key("in"), &page).map(drop),
        asker.calendar(&CalendarQuery { from: today(), to: today(), member: None }).map(drop),
        asker.workload().map(drop),
        asker.job(job).map(drop),
        asker.activity(&ActivityQuery::default(), &page).map(drop),
        asker.accounts(&AccountQuery::default(), &page).map(drop),
        asker.account(account(1)).map(drop),
        asker.members().map(drop),
        asker.pipelines().map(drop),
        asker.definition(&key("p")).map(drop),
    ];
    for answer in answers {
        assert_eq!(answer.expect_err("forbidden").kind().code(), 104);
    }
}

#[test]
fn s11_1_accounts_by_name_tag_beginning_and_part() {
    let crowd = Crowd::new(36, 5);
    for number in [2, 3, 6] {
        crowd.office.give(json!({ "tag_account": { "account": account(number), "add": ["vip"] } }));
    }
    let records = Records::of(&crowd.office);
    for tag in [None, Some("vip"), Some("none")] {
        for prefix in [None, Some("Z"), Some("a"), Some("Bea 2"), Some("zo")] {
            for text in [None, Some("BEA"), Some("1")] {
                let query = AccountQuery {
                    tag: tag.map(key),
                    prefix: prefix.map(str::to_owned),
                    text: text.map(str::to_owned),
                };
                let mut expected: Vec<&Arc<Account>> = records.accounts.values().collect();
                expected.retain(|account| {
                    tag.is_none_or(|tag| account.tags.contains(tag))
                        && prefix.is_none_or(|prefix| account.name.starts_with(prefix))
                        && text.is_none_or(|text| account.name.to_lowercase().contains(&text.to_lowercase()))
                });
                expected.sort_by_key(|account| (account.name.clone(), account.id));
                let asker = queries(&crowd, Actor::Member(member(2)));
                let found = all(2, |page| asker.accounts(&query, page).expect("accounts"));
                assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query:?}");
            }
        }
    }
}

#[test]
fn s11_1_another_firm_sees_nothing() {
    let crowd = Crowd::new(37, 20);
    let other = FirmId(uuid::Uuid::from_u128(0xf2));
    let give = |written| {
        let request = workflow_core::command::Request::new(other, Actor::system("t"), command(written));
        crowd.office.engine.execute(&request).expect("done");
    };
    give(json!({ "save_firm": { "name": "Others" } }));
    give(json!({ "save_account": { "id": account(1), "name": "Same number" } }));
    give(json!({ "publish_pipeline": { "definition": crate::kit::plain() } }));
    let asker = crowd.office.engine.query(other, Actor::system("t")).expect("a firm");
    let page = PageRequest::default();
    assert!(asker.jobs(&JobQuery { archived: true, ..JobQuery::default() }, &page).expect("jobs").rows.is_empty());
    assert!(asker.tasks(&TaskQuery::default(), &page).expect("tasks").rows.is_empty());
    assert!(asker.client_jobs(account(1), &page).expect("jobs").rows.is_empty());
    assert!(asker.board(&key("p"), 5).expect("a board").columns.iter().all(|column| column.jobs == 0));
    assert!(asker.workload().expect("a workload").is_empty());
    let year = CalendarQuery { from: today() - TimeDelta::days(180), to: today() + TimeDelta::days(180), member: None };
    assert!(asker.calendar(&year).expect("a calendar").is_empty());
    for job in Records::of(&crowd.office).jobs.keys() {
        assert_eq!(asker.job(*job).expect_err("none").kind().code(), 102);
        let query = ActivityQuery { of: ActivityOf::Job(*job), ..ActivityQuery::default() };
        assert!(asker.activity(&query, &page).expect("activity").rows.is_empty());
    }
    assert_eq!(asker.activity(&ActivityQuery::default(), &page).expect("activity").rows.len(), 3);
    let accounts = asker.accounts(&AccountQuery::default(), &page).expect("accounts").rows;
    assert_eq!(accounts.iter().map(|account| account.name.as_str()).collect::<Vec<_>>(), ["Same number"]);
    // A member of the one is nobody to the other.
    assert_eq!(
        crowd.office.engine.query(other, Actor::Member(member(1))).map(drop).expect_err("no").kind().code(),
        104
    );
}
