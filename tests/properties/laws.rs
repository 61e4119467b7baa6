//! What the engine promises of every command.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use workflow_core::command::{BulkMode, Command, Request};
use workflow_core::error::{Error, ErrorKind, Rejection};
use workflow_core::event::{Actor, Event, Recorded};
use workflow_core::id::AutomationKey;
use workflow_core::model::{Kept, Subject};
use workflow_core::store::{DocId, Document, Record, Waiting};

use crate::always;
use crate::draw::Step;
use crate::firm::firm;
use crate::lists::board_and_lists;
use crate::office::{Answer, Office};

#[test]
fn s11_5_the_records_are_the_fold_of_the_log() {
    always(records_are_the_fold_of_the_log);
}

pub(crate) fn records_are_the_fold_of_the_log(steps: &[Step]) {
    let mut office = Office::new();
    for (place, some) in steps.chunks(50).enumerate() {
        office.run(some);
        office.verify(&format!("after {} commands", place * 50 + some.len()));
    }
}

#[test]
fn s12_2_a_refused_command_changes_nothing() {
    always(a_refused_command_changes_nothing);
}

pub(crate) fn a_refused_command_changes_nothing(steps: &[Step]) {
    let mut office = Office::new();
    let mut before = office.holdings();
    for step in steps {
        if step.minutes() > 0 {
            office.wait(*step);
            before = office.holdings();
        }
        let (request, answer, news) = office.carry_out_now(*step);
        let after = office.holdings();
        if let Answer::Refused(why) = &answer {
            assert_eq!(news, [], "{request:?} was refused: {why}");
            assert_eq!(before, after, "{request:?} was refused: {why}");
        }
        before = after;
    }
}

#[test]
fn s5_4_the_same_commands_at_the_same_times_give_the_same_result() {
    always(the_same_commands_give_the_same_result);
}

pub(crate) fn the_same_commands_give_the_same_result(steps: &[Step]) {
    let (mut one, mut other) = (Office::new(), Office::new());
    for step in steps {
        let ours = one.carry_out(*step);
        let theirs = other.carry_out(*step);
        assert_eq!(ours, theirs);
    }
    assert_eq!(one.holdings(), other.holdings());
}

#[test]
fn s6_6_many_commands_at_once_do_what_they_do_one_by_one() {
    always(many_at_once_do_what_they_do_one_by_one);
}

pub(crate) fn many_at_once_do_what_they_do_one_by_one(steps: &[Step]) {
    let (mut one_by_one, mut at_once, mut aside) = (Office::new(), Office::new(), Office::committing_aside());
    let mut rest = steps;
    while let Some(first) = rest.first() {
        // Chunks of 1 to 40 commands; time passes between them.
        let (chunk, further) = rest.split_at((usize::from(first.0[4]) % 40 + 1).min(rest.len()));
        rest = further;
        one_by_one.wait(*first);
        at_once.wait(*first);
        aside.wait(*first);
        let (mut requests, mut expected) = (Vec::new(), Vec::new());
        for step in chunk {
            let request = one_by_one.request(*step);
            expected.push(Answer::of(&one_by_one.engine.execute(&request)));
            requests.push(request);
            one_by_one.read_on();
        }
        for office in [&mut at_once, &mut aside] {
            let answers = office.engine.execute_many(&requests);
            office.read_on();
            for ((request, expected), answer) in requests.iter().zip(&expected).zip(&answers) {
                assert_eq!(*expected, Answer::of(answer), "{request:?}, one of {}", requests.len());
            }
            assert_eq!(answers.len(), requests.len());
        }
    }
    assert_eq!(one_by_one.holdings(), at_once.holdings());
    assert_eq!(one_by_one.holdings(), aside.holdings(), "committed aside");
    at_once.verify("many at once");
    aside.verify("many at once, committed aside");
}

#[test]
fn s11_4_a_command_that_is_undone_at_once_leaves_no_trace_in_the_records() {
    always(an_undone_command_leaves_no_trace);
}

/// Every second command that changed something is undone, and every second of these undoings again.
pub(crate) fn an_undone_command_leaves_no_trace(steps: &[Step]) {
    let mut office = Office::new();
    let (mut undone, mut refused) = (0, BTreeMap::<String, usize>::new());
    for (place, step) in steps.iter().enumerate() {
        office.wait(*step);
        let before = work(&office);
        let (request, answer, news) = office.carry_out_now(*step);
        let each = matches!(&request.command, Command::Bulk { mode: BulkMode::Each, .. });
        let Some(entry) = news.first().filter(|_| place % 2 == 0 && !each) else { continue };
        if entry.entry.events.is_empty() {
            continue;
        }
        let after = work(&office);
        match office.engine.acting(firm(), Actor::system("undoer")).undo(entry.entry.id) {
            Ok(outcome) => {
                office.read_on();
                let kept = outcome.undone().expect("undone").kept.clone();
                let spared = spared(&kept);
                let is = work(&office);
                assert_same(
                    &without(&before, &spared),
                    &without(&is, &spared),
                    &format!("{request:?}, {answer:?}, {kept:?}"),
                );
                undone += 1;
                if place % 4 == 0 {
                    let again = outcome.entries.last().expect("an entry").id;
                    let outcome = office.engine.acting(firm(), Actor::system("undoer")).undo(again);
                    let outcome = outcome.unwrap_or_else(|error| panic!("{error}: {request:?}"));
                    office.read_on();
                    let mut spared = spared;
                    spared.extend(self::spared(&outcome.undone().expect("undone").kept));
                    let is = work(&office);
                    assert_same(&without(&after, &spared), &without(&is, &spared), &format!("again: {request:?}"));
                }
            }
            Err(Error::Rejected(Rejection::Refused { rule, .. })) => {
                let why = format!("{rule} {}", request.command.name());
                *refused.entry(why).or_default() += 1;
                assert!(["not_reversible", "name_taken"].contains(&rule), "{rule}: {request:?}");
                assert_eq!(work(&office), after);
            }
            Err(error) => panic!("{error}: {request:?}"),
        }
    }
    office.verify("undone");
    let found = office.engine.verify_log(firm(), None).expect("readable");
    assert_eq!(found.altered, None);
    assert!(undone > 0 || steps.len() < 100, "{refused:?}");
}

/// The records of work as they are written, without the time that they were changed and how far they have counted.
fn work(office: &Office) -> BTreeMap<DocId, Value> {
    let written = |record: Record| {
        let mut written = match &record.document {
            Document::Account(account) => serde_json::to_value(account),
            Document::Job(job) => serde_json::to_value(job),
            Document::Task(task) => serde_json::to_value(task),
            Document::Item(item) => serde_json::to_value(item),
            Document::Comment(comment) => serde_json::to_value(comment),
            _ => return None,
        }
        .expect("JSON");
        let written_as = written.as_object_mut()?;
        // Numbers that were given away are not given away again.
        ["updated", "failures", "waits_begun", "reminders_begun"]
            .iter()
            .for_each(|name| drop(written_as.remove(*name)));
        Some(written)
    };
    office.records().into_iter().filter_map(|(id, record)| Some((id, written(record)?))).collect()
}

/// What an undoing said it left as it was.
fn spared(kept: &[Kept]) -> BTreeSet<DocId> {
    let id = |kept: &Kept| match &kept.what {
        Subject::Account(id) => Some(DocId::Account(*id)),
        Subject::Job(id) => Some(DocId::Job(*id)),
        Subject::Task(id) => Some(DocId::Task(*id)),
        Subject::Item(id) => Some(DocId::Item(*id)),
        Subject::Comment(id) => Some(DocId::Comment(*id)),
        _ => None,
    };
    kept.iter().filter_map(id).collect()
}

/// The same records, or the ones that differ are shown.
fn assert_same(expected: &BTreeMap<DocId, Value>, found: &BTreeMap<DocId, Value>, what: &str) {
    let ids: BTreeSet<&DocId> = expected.keys().chain(found.keys()).collect();
    for id in ids {
        let (expected, found) = (expected.get(id), found.get(id));
        assert!(expected == found, "{id}: {}\nis {}\n{what}", json(expected), json(found));
    }
}

fn json(record: Option<&Value>) -> String {
    record.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

fn without(records: &BTreeMap<DocId, Value>, spared: &BTreeSet<DocId>) -> BTreeMap<DocId, Value> {
    records.iter().filter(|(id, _)| !spared.contains(id)).map(|(id, record)| (id.clone(), record.clone())).collect()
}

#[test]
fn s11_2_a_preview_tells_what_the_command_then_does() {
    always(a_preview_tells_what_the_command_does);
}

pub(crate) fn a_preview_tells_what_the_command_does(steps: &[Step]) {
    let mut office = Office::new();
    for step in steps {
        office.wait(*step);
        let request = office.request(*step);
        let (before, known) = (office.view.position, known(&office));
        let preview = office.engine.preview(&request);
        assert_eq!(office.read_on(), [], "a preview commits nothing");
        assert_eq!(office.view.position, before);
        let answer = office.engine.execute(&request);
        office.read_on();
        if matches!(&request.command, Command::Bulk { mode: BulkMode::Each, .. }) {
            // Its commands are previewed one by one.
            continue;
        }
        match (preview, answer) {
            (Ok(preview), Ok(outcome)) if outcome.replayed => {
                assert!(preview.events.is_empty() && preview.unchanged.is_some(), "{request:?} was done before");
            }
            (Ok(preview), Ok(outcome)) => {
                assert_eq!(nameless(&preview.events, &known), nameless(outcome.events(), &known), "{request:?}");
                assert_eq!(preview.unchanged, outcome.unchanged, "{request:?}");
                assert_eq!(preview.warnings, outcome.warnings, "{request:?}");
                let ran: Vec<&AutomationKey> = preview.events.iter().filter_map(ran).collect();
                let foreseen = preview.outlook.automations.iter().filter(|looked_at| looked_at.runs);
                let foreseen: Vec<&AutomationKey> = foreseen.map(|looked_at| &looked_at.automation).collect();
                let cut = preview.events.iter().any(|recorded| matches!(recorded.event, Event::LoopCut { .. }));
                assert!(cut || ran == foreseen, "{request:?}: ran {ran:?}, foreseen {foreseen:?}");
            }
            (Err(Error::Rejected(foreseen)), Err(Error::Rejected(rejection))) => {
                assert_eq!(foreseen, rejection, "{request:?}");
            }
            (preview, answer) => panic!("{request:?}: foreseen {preview:?}, came {answer:?}"),
        }
    }
}

fn ran(recorded: &Recorded) -> Option<&AutomationKey> {
    match &recorded.event {
        Event::AutomationRan { automation, .. } => Some(automation),
        _ => None,
    }
}

/// The identifiers of what exists.
fn known(office: &Office) -> BTreeSet<String> {
    let view = &office.view;
    let (jobs, tasks, items) = (view.jobs.ever(), view.tasks.ever(), view.items.ever());
    let jobs = jobs.map(|job| job.to_string()).chain(tasks.map(|task| task.to_string()));
    jobs.chain(items.map(|item| item.to_string())).collect()
}

/// Events with new identifiers numbered as they come: those of a preview are made up.
fn nameless<'a>(events: impl IntoIterator<Item = &'a Recorded>, known: &BTreeSet<String>) -> Vec<Value> {
    fn walk(value: &mut Value, known: &BTreeSet<String>, numbers: &mut BTreeMap<String, usize>) {
        match value {
            Value::String(text) if text.len() == 36 && text.parse::<uuid::Uuid>().is_ok() && !known.contains(text) => {
                let next = numbers.len();
                let number = *numbers.entry(text.clone()).or_insert(next);
                *text = format!("new {number}");
            }
            Value::Array(values) => values.iter_mut().for_each(|value| walk(value, known, numbers)),
            Value::Object(values) => values.values_mut().for_each(|value| walk(value, known, numbers)),
            _ => {}
        }
    }
    let mut numbers = BTreeMap::new();
    let mut written: Vec<Value> = events.into_iter().map(|event| serde_json::to_value(event).expect("JSON")).collect();
    written.iter_mut().for_each(|value| walk(value, known, &mut numbers));
    written
}

#[test]
fn s11_1_every_store_ends_with_the_same_records_board_and_lists() {
    always(every_store_ends_alike);
}

pub(crate) fn every_store_ends_alike(steps: &[Step]) {
    let (mut memory, mut file) = (Office::new(), Office::in_a_file());
    for step in steps {
        let ((request, ours, news), (same, theirs, others)) = (memory.carry_out(*step), file.carry_out(*step));
        assert_eq!((&request, &ours), (&same, &theirs));
        let entries = |news: &[workflow_core::store::Logged]| -> Vec<_> {
            news.iter().map(|logged| std::sync::Arc::clone(&logged.entry)).collect()
        };
        assert_eq!(entries(&news), entries(&others), "{request:?}");
    }
    let (ours, theirs) = (memory.holdings(), file.holdings());
    assert_eq!(ours.records, theirs.records);
    assert_eq!(ours.tallies, theirs.tallies);
    // The places of rows are each store's own; their order is not.
    let rows =
        |rows: &[Waiting]| -> Vec<Waiting> { rows.iter().map(|row| Waiting { sequence: 0, ..row.clone() }).collect() };
    for (ours, theirs) in [
        (&ours.outbox, &theirs.outbox),
        (&ours.follow_ups, &theirs.follow_ups),
        (&ours.timers, &theirs.timers),
        (&ours.dead, &theirs.dead),
    ] {
        assert_eq!(rows(ours), rows(theirs));
    }
    assert_eq!(board_and_lists(&memory), board_and_lists(&file));
    file.verify("in a file");
}

/// What an event is called; of moves and reasons for attention, also of which kind.
fn name(event: &Event) -> String {
    let written = serde_json::to_value(event).expect("JSON");
    let (name, details) = written.as_object().and_then(|event| event.iter().next()).expect("events have details");
    let reason = &details["attention"]["reason"];
    let kind = match (name.as_str(), reason.as_object()) {
        ("job_moved", _) => details["how"].as_str(),
        (_, Some(reason)) => reason.keys().next().map(String::as_str),
        _ => reason.as_str(),
    };
    kind.map_or_else(|| name.clone(), |kind| format!("{name} {kind}"))
}

#[test]
fn s12_2_every_kind_of_command_is_drawn_and_all_that_may_work_does() {
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
    let (mut worked, mut refused, mut replayed) = (BTreeMap::new(), BTreeMap::new(), 0);
    let mut happened: BTreeSet<String> = BTreeSet::new();
    for _ in 0..36 {
        let steps = crate::draw::Sequences(200).new_tree(&mut runner).expect("a sequence").current();
        assert!(steps.len() >= 200);
        let mut office = Office::new();
        for step in steps {
            let mut news = office.wait(step);
            let (request, answer, further) = office.carry_out_now(step);
            news.extend(further);
            let events = news.iter().flat_map(|logged| &logged.entry.events);
            happened.extend(events.map(|recorded| name(&recorded.event)));
            match answer {
                Answer::Refused(_) => *refused.entry(request.command.name()).or_insert(0) += 1,
                Answer::Done { replayed: true, .. } => replayed += 1,
                Answer::Done { .. } => *worked.entry(request.command.name()).or_insert(0) += 1,
            }
        }
    }
    for wanted in [
        "job_moved manual",
        "job_moved automove",
        "job_moved automation",
        "job_moved migration",
        "attention_raised held",
        "attention_raised wip_limit",
        "attention_raised declined",
        "attention_raised unfilled_role",
        "action_failed",
        "failure_ended",
        "automation_switched",
        "automations_left_out",
        "fired_by_hand",
        "job_dependency_changed",
        "loop_cut",
        "task_linked",
        "task_dates_set",
        "account_access_changed",
        "timer_set",
        "timer_dropped",
        "timer_fired",
        "wait_begun",
        "wait_looked_at",
        "wait_ended",
        "reminders_begun",
        "reminded",
        "reminders_ended",
        "job_period_set",
    ] {
        assert!(happened.contains(wanted), "no `{wanted}` among {happened:?}");
    }
    let kinds = crate::draw::kinds();
    assert_eq!(kinds.len(), 52, "every command has its kind: {kinds:?}");
    for kind in &kinds {
        // `react` is the engine's own.
        assert_eq!(worked.contains_key(kind), *kind != "react", "{kind}: {worked:?}");
    }
    let (worked, refused): (u32, u32) = (worked.values().sum(), refused.values().sum());
    assert!(replayed > 20, "{replayed} of {worked} were replayed");
    assert!(worked > refused / 2 && refused > worked / 20, "{worked} worked, {refused} were refused");
}

#[test]
fn s12_2_a_sequence_shrinks_to_the_commands_that_matter() {
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;
    let mut tree = crate::draw::Sequences(200).new_tree(&mut TestRunner::deterministic()).expect("a sequence");
    // Two commands, one by somebody and one about a record far down the list.
    let fails = |steps: &[Step]| {
        let by_somebody = steps.iter().position(|step| step.0[5] > 0);
        by_somebody.is_some_and(|place| steps[place + 1..].iter().any(|step| step.0[1] >= 300))
    };
    assert!(fails(&tree.current()), "the sequence has such commands");
    let (mut attempts, mut more) = (0, tree.simplify());
    while more {
        attempts += 1;
        more = if fails(&tree.current()) { tree.simplify() } else { tree.complicate() };
    }
    let left = tree.current();
    assert_eq!(left, [Step([0, 0, 0, 0, 0, 1, 0, 0]), Step([0, 300, 0, 0, 0, 0, 0, 0])]);
    assert!(attempts < 2_000, "{attempts}");
}

#[test]
fn s12_2_no_refusal_can_be_tried_again() {
    always(|steps| {
        let mut office = Office::new();
        for step in steps {
            office.wait(*step);
            let request: Request = office.request(*step);
            assert_eq!(request.firm, firm());
            if let Err(error) = office.engine.execute(&request) {
                assert!(!error.retryable(), "{error}");
                assert_ne!(error.kind(), ErrorKind::Conflict, "nobody else is at work: {error}");
                assert!(!error.to_string().is_empty());
            }
            office.read_on();
        }
    });
}
