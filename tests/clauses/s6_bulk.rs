//! Thousands of commands at once: each by itself, or all or none.

use serde_json::{Value, json};
use workflow_core::command::{BulkMode, Command, MoveJob, NewJob, Request};
use workflow_core::engine::Outcome;
use workflow_core::error::{Error, ErrorKind, Rejection};
use workflow_core::event::{AccountRecord, Actor};
use workflow_core::id::{IdempotencyKey, JobId};
use workflow_core::limits;
use workflow_core::model::JobStatus;
use workflow_core::query::{JobQuery, PageRequest};
use workflow_core::store::{LogBy, LogScan, Transact};

use crate::kit::{Office, account, command, firm, key, member, plain};

const MANY: u128 = 10_000;

/// Every hundredth of many, from the 50th on, is bad: a hundred of ten thousand.
fn is_bad(place: usize) -> bool {
    place % 100 == 50
}

fn bulk(mode: BulkMode, commands: Vec<Command>) -> Command {
    Command::Bulk { mode, commands }
}

/// Accounts 1 to `count`, told of in one command.
fn with_accounts(pipeline: Value, count: u128) -> Office {
    let office = Office::with(pipeline);
    let record = |number: u128| AccountRecord {
        id: account(number),
        name: format!("Client {number}"),
        external: None,
        fields: [].into(),
        roles: [(key("preparer"), [member(1 + number % 3)].into())].into(),
        linked: vec![],
    };
    let accounts = (1..=count).map(|number| Command::SaveAccount(record(number))).collect();
    let outcome = office.run(bulk(BulkMode::Each, accounts));
    assert!(outcome.each.iter().all(Result::is_ok));
    office
}

fn create(number: u128) -> Command {
    let mut new = NewJob::new(account(number), key("p"));
    new.id = Some(job(number));
    Command::CreateJob(Box::new(new))
}

fn job(number: u128) -> JobId {
    JobId(uuid::Uuid::from_u128(0x10_0000 + number))
}

/// A bad command, and what it is refused with.
fn bad_create(place: usize) -> (Command, ErrorKind, &'static str) {
    let new = |more: Value| {
        let mut new = json!({ "account": account(place as u128 + 1), "pipeline": "p" });
        for (field, value) in more.as_object().expect("an object") {
            new[field] = value.clone();
        }
        command(json!({ "create_job": new }))
    };
    match place / 100 % 6 {
        0 => (new(json!({ "account": account(9_999_999) })), ErrorKind::NotFound, "no account"),
        1 => (new(json!({ "pipeline": "nowhere" })), ErrorKind::NotFound, "no pipeline `nowhere`"),
        2 => (new(json!({ "stage": "nowhere" })), ErrorKind::NotFound, "no stage `nowhere`"),
        3 => (new(json!({ "name": "x".repeat(501) })), ErrorKind::Limit, "NAME_BYTES"),
        4 => (new(json!({ "assign": { "roles": ["partner"] } })), ErrorKind::Refused, "`partner`"),
        _ => (new(json!({ "id": job(1) })), ErrorKind::Exists, "exists already"),
    }
}

fn jobs_of_firm(office: &Office) -> usize {
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    query.board(&key("p"), 1).expect("a board").columns.iter().map(|column| column.jobs).sum::<u64>() as usize
}

fn log_length(office: &Office) -> usize {
    let mut scan = LogScan::new(LogBy::Firm, limits::PAGE);
    let mut count = 0;
    loop {
        let page = office.store.log(firm(), &scan).expect("a log");
        let Some(last) = page.last() else { return count };
        (count, scan.after) = (count + page.len(), Some(last.position));
    }
}

#[test]
fn s6_6_each_by_itself_ten_thousand_of_which_a_hundred_are_bad() {
    let office = with_accounts(plain(), MANY);
    let commands: Vec<Command> = (0..MANY as usize)
        .map(|place| if is_bad(place) { bad_create(place).0 } else { create(place as u128 + 1) })
        .collect();
    let outcome = office.run(bulk(BulkMode::Each, commands));
    assert_eq!((outcome.each.len(), outcome.unchanged.is_none()), (MANY as usize, true));
    let mut bad = 0;
    for (place, answer) in outcome.each.iter().enumerate() {
        match answer {
            Ok(done) => {
                assert!(!is_bad(place), "{place}");
                assert_eq!((done.job(), done.revision()), (Some(job(place as u128 + 1)), 1));
            }
            Err(error) => {
                let (_, kind, words) = bad_create(place);
                assert!(is_bad(place), "{place}: {error}");
                assert_eq!(error.kind(), kind, "{place}: {error}");
                assert!(error.to_string().contains(words), "{place}: {error}");
                bad += 1;
            }
        }
    }
    assert_eq!((bad, jobs_of_firm(&office)), (100, 9_900));

    // All of them are moved at once; those that are not there are answered so.
    let moves = (1..=MANY).map(|number| Command::MoveJob(MoveJob::to(job(number), key("two")))).collect();
    let outcome = office.run(bulk(BulkMode::Each, moves));
    for (place, answer) in outcome.each.iter().enumerate() {
        match answer {
            Ok(_) => assert!(!is_bad(place), "{place}"),
            Err(error) => assert_eq!((is_bad(place), error.kind()), (true, ErrorKind::NotFound), "{place}: {error}"),
        }
    }
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    let board = query.board(&key("p"), 60).expect("a board");
    let counts: Vec<(u64, usize)> = board.columns.iter().map(|column| (column.jobs, column.cards.len())).collect();
    assert_eq!(counts, [(0, 0), (9_900, 60), (0, 0)]);
}

#[test]
fn s6_6_all_or_nothing_ten_thousand_of_which_a_hundred_are_bad() {
    let office = with_accounts(plain(), MANY + 1);
    office.run(create(1));
    let before = log_length(&office);
    let commands: Vec<Command> = (0..MANY as usize)
        .map(|place| if is_bad(place) { bad_create(place).0 } else { create(place as u128 + 2) })
        .collect();
    let Rejection::Document(problems) = office.refused(bulk(BulkMode::AllOrNothing, commands.clone())) else {
        panic!("not refused with problems")
    };
    let named: Vec<String> = problems.iter().map(|problem| problem.path.clone()).collect();
    let expected: Vec<String> =
        (0..MANY as usize).filter(|place| is_bad(*place)).map(|place| format!("commands[{place}]")).collect();
    assert_eq!(named, expected);
    for (problem, place) in problems.iter().zip((0..).filter(|place| is_bad(*place))) {
        assert!(problem.message.contains(bad_create(place).2), "{place}: {problem}");
    }
    assert_eq!((log_length(&office), jobs_of_firm(&office)), (before, 1), "nothing happened");

    // Without the bad ones all are done, in one commit.
    let good = commands.into_iter().enumerate().filter(|(place, _)| !is_bad(*place));
    let outcome = office.run(bulk(BulkMode::AllOrNothing, good.map(|(_, command)| command).collect()));
    assert_eq!((outcome.entries.len(), jobs_of_firm(&office)), (9_900, 9_901));
    assert!(outcome.entries.iter().rev().skip(1).all(|entry| entry.more));
}

/// Ten jobs of ten accounts, in the first stage.
fn ten() -> Office {
    let mut pipeline = plain();
    pipeline["statuses"] = json!([{ "key": "on hold" }]);
    let office = with_accounts(pipeline, 10);
    office.run(bulk(BulkMode::Each, (1..=10).map(create).collect()));
    office
}

#[test]
fn s6_6_every_kind_of_change_in_bulk() {
    for mode in ["each", "all_or_nothing"] {
        let office = ten();
        let all = |written: &dyn Fn(JobId) -> Value| {
            let commands: Vec<Value> = (1..=10).map(|number| written(job(number))).collect();
            office.give(json!({ "bulk": { "mode": mode, "commands": commands } }))
        };
        let each = |check: &dyn Fn(&workflow_core::model::Job) -> bool| (1..=10).all(|n| check(&office.get(job(n))));
        all(&|job| json!({ "move_job": { "job": job, "to": "two" } }));
        assert!(each(&|job| job.stage.as_str() == "two"));
        all(&|job| json!({ "assign_job": { "job": job, "mode": "add", "who": { "roles": ["preparer"] } } }));
        assert!((1..=10).all(|n| office.get(job(n)).assignees == [member(1 + n % 3)].into()));
        all(&|job| json!({ "tag_job": { "job": job, "add": ["rush"] } }));
        assert!(each(&|job| job.tags == [key("rush")].into()));
        all(&|job| json!({ "edit_job": { "job": job, "changes": { "priority": "urgent" } } }));
        assert!(each(&|job| job.priority == workflow_core::model::Priority::Urgent));
        all(&|job| json!({ "set_status": { "job": job, "status": "on hold" } }));
        assert!(each(&|job| job.status.as_str() == "on hold"));
        let outcome = all(&|job| json!({ "archive_job": { "job": job } }));
        assert!(each(&|job| job.status == JobStatus::Archived));
        assert_eq!(outcome.each.len(), if mode == "each" { 10 } else { 0 });
        let outcome = all(&|job| json!({ "archive_job": { "job": job } }));
        assert!(outcome.unchanged.is_some(), "done already");
        all(&|job| json!({ "delete_job": { "job": job } }));
        assert!((1..=10).all(|number| office.find(job(number)).is_none()));
    }
}

#[test]
fn s6_6_there_is_no_cap_at_fifty() {
    let office = with_accounts(plain(), 51);
    for mode in [BulkMode::Each, BulkMode::AllOrNothing] {
        let shift = if mode == BulkMode::Each { 0 } else { 1_000 };
        let new = |number: u128| {
            let mut new = NewJob::new(account(number), key("p"));
            new.id = Some(job(shift + number));
            Command::CreateJob(Box::new(new))
        };
        office.run(bulk(mode, (1..=51).map(new).collect()));
    }
    assert_eq!(jobs_of_firm(&office), 102);
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    let rows = query.jobs(&JobQuery::default(), &PageRequest::first(200)).expect("jobs").rows;
    assert_eq!(rows.len(), 102);
}

#[test]
fn s6_6_commands_of_a_bulk_see_what_those_before_them_did() {
    for mode in [BulkMode::Each, BulkMode::AllOrNothing] {
        let office = with_accounts(plain(), 1);
        let commands = vec![
            create(1),
            command(json!({ "tag_job": { "job": job(1), "add": ["a"] } })),
            Command::MoveJob(MoveJob::to(job(1), key("two"))),
            command(json!({ "create_task": { "job": job(1), "task": { "key": "t", "title": "T" } } })),
            command(json!({ "tag_job": { "job": job(1), "add": ["b"], "remove": ["a"] } })),
        ];
        office.run(bulk(mode, commands));
        let found = office.get(job(1));
        assert_eq!((found.stage.as_str(), &found.tags, found.tasks.len()), ("two", &[key("b")].into(), 1));
    }
}

#[test]
fn s6_6_automations_and_notifications_of_a_bulk_are_those_of_its_commands() {
    for mode in [BulkMode::Each, BulkMode::AllOrNothing] {
        let mut pipeline = plain();
        pipeline["stages"][0]["on_entry"] = json!([{ "key": "go", "do": [{ "request": { "kind": "organizer" } }] }]);
        let office = with_accounts(pipeline, 20);
        let outcome = office.run(bulk(mode, (1..=20).map(create).collect()));
        let told = |outcome: &Outcome| outcome.notifications().iter().filter_map(|n| n.job).collect::<Vec<_>>();
        let jobs: Vec<JobId> = match mode {
            BulkMode::Each => outcome.each.iter().flatten().flat_map(told).collect(),
            BulkMode::AllOrNothing => told(&outcome),
        };
        assert_eq!(jobs, (1..=20).map(job).collect::<Vec<_>>());
        assert!((1..=20).all(|number| office.items(job(number), "organizer").len() == 1));
    }
}

#[test]
fn s6_6_what_sets_the_firm_up_is_no_part_of_a_bulk() {
    let office = ten();
    let before = log_length(&office);
    for (mode, inner) in
        [("each", json!({ "bulk": { "commands": [] } })), ("all_or_nothing", json!({ "bulk": { "commands": [] } }))]
            .into_iter()
            .chain(["each", "all_or_nothing"].map(|mode| (mode, json!({ "save_member": member_record() }))))
    {
        let commands = json!([{ "tag_job": { "job": job(1), "add": ["x"] } }, inner]);
        let rejection = office.refused(command(json!({ "bulk": { "mode": mode, "commands": commands } })));
        assert!(rejection.to_string().contains("commands[1]"), "{rejection}");
    }
    assert_eq!(log_length(&office), before);
}

fn member_record() -> Value {
    json!({ "id": member(8), "name": "New", "admin": false, "active": true })
}

#[test]
fn s6_6_a_bulk_under_a_key_is_done_once() {
    for mode in [BulkMode::Each, BulkMode::AllOrNothing] {
        let office = ten();
        let mut commands: Vec<Command> =
            (1..=10).map(|number| command(json!({ "comment_job": { "job": job(number), "text": "hi" } }))).collect();
        let request = |commands: &[Command]| {
            let bulk = bulk(mode, commands.to_vec());
            Request::new(firm(), Actor::system("t"), bulk).keyed(IdempotencyKey::new("k").expect("a key"))
        };
        let first = office.engine.execute(&request(&commands)).expect("done");
        let again = office.engine.execute(&request(&commands)).expect("done before");
        assert!(!first.replayed && again.replayed);
        assert!((1..=10).all(|number| office.get(job(number)).comments == 1));
        // Under the same key something else is refused: as a whole, or that one of them.
        commands[3] = command(json!({ "comment_job": { "job": job(4), "text": "another" } }));
        let answer = office.engine.execute(&request(&commands));
        let errors: Vec<(usize, Error)> = match answer {
            Ok(outcome) => outcome.each.into_iter().enumerate().filter_map(|(n, one)| Some((n, one.err()?))).collect(),
            Err(error) => vec![(3, error)],
        };
        assert!(matches!(&errors[..], [(3, error)] if error.kind() == ErrorKind::KeyReused), "{errors:?}");
        assert!((1..=10).all(|number| office.get(job(number)).comments == 1));
    }
}

#[test]
fn s6_6_who_may_not_is_answered_job_by_job() {
    let office = ten();
    office.publish(json!({ "key": "closed", "name": "Closed", "access": { "only": { "members": [member(3)] } },
        "stages": [{ "key": "in" }, { "key": "out" }] }));
    let closed = office.job_of(1, "closed");
    let tag = |job: JobId| command(json!({ "tag_job": { "job": job, "add": ["x"] } }));
    let commands = vec![tag(job(1)), tag(closed), tag(job(2))];
    let outcome = office.as_member(2, bulk(BulkMode::Each, commands.clone())).expect("answers");
    let kinds: Vec<Option<ErrorKind>> = outcome.each.iter().map(|one| one.as_ref().err().map(Error::kind)).collect();
    assert_eq!(kinds, [None, Some(ErrorKind::Forbidden), None]);
    let revision = office.get(job(3)).tags.len();
    let error = office.as_member(2, bulk(BulkMode::AllOrNothing, vec![tag(job(3)), tag(closed)])).expect_err("refused");
    assert!(error.to_string().contains("commands[1]") && error.to_string().contains("forbidden"), "{error}");
    assert_eq!(office.get(job(3)).tags.len(), revision);
}
