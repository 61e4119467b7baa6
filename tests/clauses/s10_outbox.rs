//! The outbox: delivered at least once, in order per job, under the same identifier every time.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use workflow_core::command::Command;
use workflow_core::engine::{Clock, Delivered, Deliveries, Delivery, Engine, Notifier};
use workflow_core::error::ErrorKind;
use workflow_core::event::Actor;
use workflow_core::id::{JobId, NotificationId};
use workflow_core::limits;
use workflow_core::model::{AttentionReason, Intent, Notification};
use workflow_core::store::{Queue, QueuedState};

use crate::kit::{Office, account, firm, key};

/// Each entry of a stage sends two signals, named after the stage.
fn talkative() -> Value {
    let stage = |name: &str| {
        json!({ "key": name, "on_entry": [{ "key": format!("tell {name}"), "do": [
            { "signal": { "name": format!("{name}-1") } }, { "signal": { "name": format!("{name}-2") } }] }] })
    };
    json!({ "key": "p", "name": "P", "stages": [stage("one"), stage("two"), stage("three")] })
}

fn claim(engine: &Engine, limit: usize) -> Vec<Delivery> {
    engine.claim_notifications(Some(firm()), TimeDelta::seconds(60), limit).expect("claimed")
}

/// What a signal is called.
fn name(notification: &Notification) -> String {
    match &notification.intent {
        Intent::Signal { name, .. } => name.to_string(),
        other => panic!("no signal: {other:?}"),
    }
}

fn names(deliveries: &[Delivery]) -> Vec<String> {
    deliveries.iter().map(|delivery| name(&delivery.notification)).collect()
}

fn waiting(office: &Office) -> usize {
    office.engine.queued(Queue::Outbox, firm(), QueuedState::Waiting, None, 1_000).expect("listed").len()
}

#[test]
fn s10_1_a_notification_is_committed_with_the_change_that_caused_it() {
    let office = Office::with(talkative());
    let job = office.job();
    let moved = office.move_to(job, "two");
    let caused: Vec<NotificationId> = moved.notifications().iter().map(|notification| notification.id).collect();
    let queued = office.engine.queued(Queue::Outbox, firm(), QueuedState::Waiting, None, 10).expect("listed");
    let queued: Vec<NotificationId> = queued.iter().map(|waiting| waiting.id.into()).collect();
    assert_eq!(queued[2..], caused);
    // A refused command and a preview leave nothing behind.
    let nowhere = workflow_core::command::MoveJob::to(job, key("nowhere"));
    office.refused(Command::MoveJob(nowhere));
    let onward = Command::MoveJob(workflow_core::command::MoveJob::to(job, key("three")));
    let request = workflow_core::command::Request::new(firm(), Actor::system("test"), onward);
    assert_eq!(office.engine.preview(&request).expect("a preview").notifications().len(), 2);
    assert_eq!(waiting(&office), 4);
}

#[test]
fn s10_1_it_says_what_the_host_is_to_do() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [
        { "key": "one", "on_entry": [{ "key": "ask", "do": [
            { "request": { "kind": "organizer", "template": "1040", "title": "Organizer for {{ account.name }}",
                           "body": "Hello {{ account.name }}" } },
            { "apply_folder_template": "tax" },
            { "update_account_access": { "mode": "add", "who": { "members": [crate::kit::member(3)] } } },
            { "signal": { "name": "started", "payload": { "year": 2025 } } },
            { "complete_items": {} }] }] },
        { "key": "two", "on_entry": [{ "key": "withdraw", "do": [
            { "request": { "kind": "invoice" } }, { "cancel_items": { "kinds": ["invoice"] } }] }] },
        { "key": "three" }] }));
    let job = office.job();
    let item = office.items(job, "organizer")[0].id;
    office.move_to(job, "two");
    let mut intents = Vec::new();
    loop {
        let page = claim(&office.engine, 10);
        let Some(delivery) = page.first() else { break };
        assert_eq!((delivery.notification.job, delivery.notification.account), (Some(job), Some(account(1))));
        assert_eq!(delivery.notification.at, office.now());
        intents.push(serde_json::to_value(&delivery.notification.intent).expect("json"));
        assert!(office.engine.acknowledge(&delivery.receipt).expect("settled"));
    }
    let invoice = office.items(job, "invoice")[0].id;
    let expected = json!([
        { "request_item": { "item": item, "kind": "organizer", "template": "1040", "title": "Organizer for Jane Doe",
                            "body": "Hello Jane Doe" } },
        { "apply_folder_template": { "template": "tax" } },
        { "update_account_access": { "mode": "add", "members": [crate::kit::member(3)] } },
        { "signal": { "name": "started", "payload": { "year": 2025 } } },
        { "complete_item": { "item": item, "kind": "organizer" } },
        { "request_item": { "item": invoice, "kind": "invoice", "title": "invoice" } },
        { "cancel_item": { "item": invoice, "kind": "invoice" } },
    ]);
    assert_eq!(Value::Array(intents), expected);
}

#[test]
fn s10_1_in_order_per_job_and_one_at_a_time() {
    let office = Office::with(talkative());
    let (first, second) = (office.job(), office.job());
    office.move_to(first, "two");
    let mut heard: BTreeMap<JobId, Vec<String>> = BTreeMap::new();
    loop {
        let page = claim(&office.engine, 10);
        if page.is_empty() {
            break;
        }
        let jobs: BTreeSet<_> = page.iter().map(|delivery| delivery.notification.job).collect();
        assert_eq!(jobs.len(), page.len(), "one per job at a time");
        assert_eq!(claim(&office.engine, 10), [], "what is handed out is not handed out again");
        for delivery in page {
            let job = delivery.notification.job.expect("a job");
            heard.entry(job).or_default().push(name(&delivery.notification));
            assert!(office.engine.acknowledge(&delivery.receipt).expect("settled"));
        }
    }
    assert_eq!(heard[&first], ["one-1", "one-2", "two-1", "two-2"]);
    assert_eq!(heard[&second], ["one-1", "one-2"]);
}

#[test]
fn s10_1_the_identifier_is_the_same_over_every_redelivery() {
    let office = Office::with(talkative());
    office.job();
    let id = claim(&office.engine, 1)[0].notification.id;
    for attempt in 2..6 {
        // The host died: its lease runs out.
        assert_eq!(claim(&office.engine, 1), []);
        office.advance(TimeDelta::seconds(60));
        let again = claim(&office.engine, 1);
        assert_eq!((again[0].notification.id, again[0].attempts), (id, attempt));
    }
}

#[test]
fn s10_3_a_lease_that_ran_out_settles_nothing() {
    let office = Office::with(talkative());
    office.job();
    let slow = claim(&office.engine, 1).remove(0);
    office.advance(TimeDelta::seconds(59));
    assert_eq!(claim(&office.engine, 1), []);
    office.advance(TimeDelta::seconds(1));
    let quick = claim(&office.engine, 1).remove(0);
    assert_eq!(quick.notification, slow.notification);
    let engine = &office.engine;
    assert!(!engine.acknowledge(&slow.receipt).expect("answered"));
    assert!(!engine.fail(&slow.receipt, "late", None).expect("answered"));
    assert!(!engine.reject(&slow.receipt, "late").expect("answered"));
    assert_eq!(engine.acknowledge_many(&[slow.receipt, quick.receipt]).expect("answered"), [false, true]);
    assert!(!engine.acknowledge(&quick.receipt).expect("answered"), "done is done");
    assert_eq!(names(&claim(engine, 1)), ["one-2"]);
    assert!(engine.dead_letters(firm(), None, 10).expect("listed").is_empty());
}

#[test]
fn s10_3_two_engines_never_hold_the_same() {
    let office = Office::with(talkative());
    for _ in 0..40 {
        office.job();
    }
    let other = Engine::with_clock(Arc::clone(&office.store) as _, Arc::clone(&office.clock) as _);
    let page = |engine: &Engine| {
        let mut held = Vec::new();
        loop {
            let some = claim(engine, 3);
            if some.is_empty() {
                return held;
            }
            held.extend(some.into_iter().map(|delivery| delivery.notification.id));
        }
    };
    let (mine, theirs) = std::thread::scope(|scope| {
        let mine = scope.spawn(|| page(&office.engine));
        let theirs = scope.spawn(|| page(&other));
        (mine.join().expect("no panic"), theirs.join().expect("no panic"))
    });
    let all: BTreeSet<_> = mine.iter().chain(&theirs).collect();
    assert_eq!((all.len(), mine.len() + theirs.len()), (40, 40), "one of each job, each once");
}

#[test]
fn s10_1_what_failed_comes_again_later_and_later_and_keeps_its_place() {
    let office = Office::with(talkative());
    let job = office.job();
    let mut waits = Vec::new();
    for attempt in 1..limits::DELIVERY_ATTEMPTS {
        let page = claim(&office.engine, 10);
        assert_eq!((names(&page), page[0].attempts), (vec!["one-1".to_owned()], attempt));
        assert!(office.engine.fail(&page[0].receipt, "the mail server is down", None).expect("settled"));
        let since = office.now();
        while claim_nothing(&office) {
            office.advance(TimeDelta::seconds(1));
        }
        waits.push((office.now() - since).num_seconds());
    }
    assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600]);
    assert!(office.get(job).attention.is_empty());
    // The last try that fails is the last: it is a dead letter, and the next one's turn comes.
    let last = claim(&office.engine, 1).remove(0);
    assert_eq!(last.attempts, limits::DELIVERY_ATTEMPTS);
    assert!(office.engine.fail(&last.receipt, "the mail server is down", None).expect("settled"));
    let dead = office.engine.dead_letters(firm(), None, 10).expect("listed");
    assert_eq!((dead.len(), dead[0].why.as_str(), dead[0].attempts), (1, "the mail server is down", 12));
    assert_eq!(office.get(job).attention[0].reason, AttentionReason::Rejected(last.notification.id));
    assert_eq!(names(&claim(&office.engine, 1)), ["one-2"]);
}

/// Whether nothing is due now, without taking anything.
fn claim_nothing(office: &Office) -> bool {
    let waiting = office.engine.queued(Queue::Outbox, firm(), QueuedState::Waiting, None, 1).expect("listed");
    waiting[0].due > office.clock.now()
}

#[test]
fn s10_1_a_failure_can_say_when_to_try_again() {
    let office = Office::with(talkative());
    office.job();
    let delivery = claim(&office.engine, 1).remove(0);
    let at = office.now() + TimeDelta::hours(3);
    assert!(office.engine.fail(&delivery.receipt, "office hours only", Some(at)).expect("settled"));
    office.advance(TimeDelta::hours(3) - TimeDelta::seconds(1));
    assert_eq!(claim(&office.engine, 1), []);
    office.advance(TimeDelta::seconds(1));
    assert_eq!(claim(&office.engine, 1)[0].notification, delivery.notification);
}

#[test]
fn s10_1_a_lease_may_be_as_long_as_it_likes_and_the_clock_as_late() {
    let office = Office::with(talkative());
    office.job();
    let lease = TimeDelta::MAX;
    let delivery = office.engine.claim_notifications(Some(firm()), lease, 1).expect("claimed").remove(0);
    office.advance(TimeDelta::days(365 * 1_000));
    assert_eq!(claim(&office.engine, 1), []);
    assert!(office.engine.acknowledge(&delivery.receipt).expect("settled"));
    office.clock.set(DateTime::<Utc>::MAX_UTC);
    office.job();
    assert_eq!(claim(&office.engine, 10).len(), 2);
}

#[test]
fn s10_1_what_a_slow_host_has_not_begun_is_left_to_others() {
    // Every delivery takes 25 seconds, so that the lease of a minute is over after three.
    struct Slow<'a>(&'a Office, RefCell<Vec<NotificationId>>);
    impl Notifier for Slow<'_> {
        fn deliver(&self, notification: &Notification) -> Delivered {
            self.1.borrow_mut().push(notification.id);
            self.0.advance(TimeDelta::seconds(25));
            Delivered::Done
        }
    }
    let office = Office::with(talkative());
    for _ in 0..6 {
        office.job();
    }
    let slow = Slow(&office, RefCell::default());
    assert_eq!(office.engine.deliver(&slow, 6).expect("delivered").delivered, 3);
    // What is left is nobody's: another host delivers it, and nothing came twice.
    let rest = claim(&office.engine, 100);
    let mut all: BTreeSet<NotificationId> = rest.iter().map(|delivery| delivery.notification.id).collect();
    assert_eq!(all.len(), 6);
    all.extend(slow.1.borrow().iter());
    assert_eq!(all.len(), 9);
    assert!(rest.iter().all(|delivery| office.engine.acknowledge(&delivery.receipt).expect("settled")));
    // One that takes longer than the lease is still delivered.
    let office = Office::with(talkative());
    let slow = Slow(&office, RefCell::default());
    office.job();
    assert_eq!(office.engine.deliver(&slow, 100).expect("delivered").delivered, 2);
}

#[test]
fn s10_1_a_rejected_one_is_a_dead_letter_and_marks_its_job() {
    let office = Office::with(talkative());
    let job = office.job();
    let delivery = claim(&office.engine, 1).remove(0);
    assert!(office.engine.reject(&delivery.receipt, "there is no template `1040`").expect("settled"));
    let attention = office.get(job).attention.clone();
    assert_eq!(attention[0].reason, AttentionReason::Rejected(delivery.notification.id));
    assert_eq!(attention[0].text, "the host refused a notification: there is no template `1040`");
    let dead = office.engine.dead_letters(firm(), None, 10).expect("listed");
    assert_eq!((&dead[0].notification, dead[0].why.as_str()), (&delivery.notification, "there is no template `1040`"));
    // Sent again, it waits behind what its job has to say by then.
    office.engine.send_again(firm(), delivery.notification.id).expect("a dead letter");
    assert!(office.engine.dead_letters(firm(), None, 10).expect("listed").is_empty());
    let mut heard = Vec::new();
    for _ in 0..2 {
        let next = claim(&office.engine, 10).remove(0);
        heard.push((name(&next.notification), next.attempts));
        assert!(office.engine.acknowledge(&next.receipt).expect("settled"));
    }
    assert_eq!(heard, [("one-2".to_owned(), 1), ("one-1".to_owned(), 1)]);
    let again = office.engine.send_again(firm(), delivery.notification.id).expect_err("it was delivered");
    assert_eq!((again.kind(), again.retryable()), (ErrorKind::NotFound, false));
}

#[test]
fn s10_1_dead_letters_are_listed_page_by_page() {
    let office = Office::with(talkative());
    let jobs: Vec<JobId> = (0..5).map(|_| office.job()).collect();
    for delivery in claim(&office.engine, 10) {
        office.engine.reject(&delivery.receipt, "no").expect("settled");
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = office.engine.dead_letters(firm(), after, 2).expect("listed");
        let Some(last) = page.last() else { break };
        after = Some(last.sequence);
        listed.extend(page.iter().filter_map(|letter| letter.notification.job));
    }
    assert_eq!(listed, jobs);
}

#[test]
fn s10_1_the_notification_of_a_deleted_job_is_delivered_and_may_be_rejected() {
    let office = Office::with(talkative());
    let job = office.job();
    office.run(Command::DeleteJob { job });
    let delivery = claim(&office.engine, 1).remove(0);
    assert!(office.engine.reject(&delivery.receipt, "no").expect("settled"));
    assert_eq!(office.engine.dead_letters(firm(), None, 10).expect("listed").len(), 1);
    assert!(office.find(job).is_none());
}

/// A host whose mail server fails every third time, and that refuses what it does not know.
#[derive(Default)]
struct Flaky {
    calls: RefCell<u32>,
    heard: RefCell<Vec<(JobId, String, NotificationId)>>,
}

impl Notifier for Flaky {
    fn deliver(&self, notification: &Notification) -> Delivered {
        *self.calls.borrow_mut() += 1;
        let signal = name(notification);
        if signal == "two-1" {
            return Delivered::Reject { why: "unheard of".to_owned() };
        }
        if self.calls.borrow().is_multiple_of(3) {
            return Delivered::Retry { at: None, why: "no answer".to_owned() };
        }
        self.heard.borrow_mut().push((notification.job.expect("a job"), signal, notification.id));
        Delivered::Done
    }
}

#[test]
fn s10_1_pushed_through_a_flaky_host_everything_arrives_in_order() {
    let office = Office::with(talkative());
    let jobs: Vec<JobId> = (0..10).map(|_| office.job()).collect();
    for job in &jobs {
        office.move_to(*job, "two");
    }
    let host = Flaky::default();
    let mut sum = Deliveries::default();
    while waiting(&office) > 0 {
        let some = office.engine.deliver(&host, 7).expect("delivered");
        sum.delivered += some.delivered;
        sum.retried += some.retried;
        sum.rejected += some.rejected;
        assert!(some.delivered + some.retried + some.rejected <= 7);
        office.advance(TimeDelta::seconds(5));
    }
    assert_eq!((sum.delivered, sum.rejected), (30, 10));
    assert!(sum.retried > 0);
    let heard = host.heard.borrow();
    for job in &jobs {
        let of_job: Vec<&str> = heard.iter().filter(|(of, ..)| of == job).map(|(_, name, _)| name.as_str()).collect();
        assert_eq!(of_job, ["one-1", "one-2", "two-2"]);
        assert!(matches!(office.get(*job).attention[0].reason, AttentionReason::Rejected(_)));
    }
    let once: BTreeSet<NotificationId> = heard.iter().map(|(.., id)| *id).collect();
    assert_eq!(once.len(), heard.len());
    assert_eq!(office.engine.dead_letters(firm(), None, 100).expect("listed").len(), 10);
}

#[test]
fn s10_1_a_rejection_clears_with_its_attention_and_moves_nothing() {
    let office = Office::with(talkative());
    let job = office.job();
    let delivery = claim(&office.engine, 1).remove(0);
    office.engine.reject(&delivery.receipt, "no").expect("settled");
    assert_eq!(office.stage(job), "one");
    let reason = AttentionReason::Rejected(delivery.notification.id);
    office.run(Command::ClearAttention { job, reason });
    assert!(office.get(job).attention.is_empty());
}
