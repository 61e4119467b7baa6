//! What comes out is what went in.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::json;
use workflow_core::engine::{Carried, Delivered, Engine, Notifier};
use workflow_core::error::{Error, ErrorKind, Rejection};
use workflow_core::id::{IdempotencyKey, NotificationId};
use workflow_core::model::Notification;
use workflow_core::store::{LogBy, LogScan, Queue, QueuedState, Store};

use crate::kit::{Office, account, engine, export, in_a_file, in_memory, rows, verified};

/// Whether two engines hold the same of a firm: log, queues and what their files say.
#[track_caller]
pub(crate) fn same(ours: &Engine, theirs: &Engine, office: &Office) {
    let firm = office.season.firm;
    verified(theirs, firm);
    for queue in Queue::ALL {
        for state in [QueuedState::Waiting, QueuedState::Dead] {
            // A timer that nobody has touched begins with a generation of its own, in another order.
            let known = |engine: &Engine| {
                let mut rows = rows(engine, firm, queue, state);
                if queue == Queue::Timers {
                    rows.iter_mut().filter(|row| row.attempts == 0).for_each(|row| row.generation = 0);
                    rows.sort_by_key(|row| row.id);
                }
                rows
            };
            assert_eq!(known(ours), known(theirs), "{queue:?} {state:?}");
        }
    }
    let entries = |engine: &Engine| {
        let logged = engine.store().log(firm, &LogScan::new(LogBy::Firm, 100_000)).expect("readable");
        logged.into_iter().map(|logged| logged.entry).collect::<Vec<_>>()
    };
    assert_eq!(entries(ours), entries(theirs));
    let pipelines = ["individual-1040", "slow"].map(|key| key.parse().expect("a key"));
    for key in &pipelines {
        let tallies = |engine: &Engine| {
            let mut found = engine.store().tallies(firm, key).expect("readable");
            found.retain(|(_, tally)| *tally != Default::default());
            found.sort_by(|(one, _), (other, _)| one.cmp(other));
            found
        };
        assert_eq!(tallies(ours), tallies(theirs));
        assert!(!tallies(ours).is_empty());
    }
}

#[test]
fn s10_3_a_firm_goes_from_memory_to_a_file_and_back_and_is_the_same() {
    let office = Office::new(in_memory());
    let (written, carried) = office.export();
    let Carried { entries, outbox, follow_ups, dead, timers, .. } = carried;
    assert!(entries > 80 && outbox > 10 && follow_ups >= 2 && dead >= 3 && timers == 0, "{carried:?}");
    let (file, _folder) = in_a_file();
    let (there, back) = (engine(file, &office.clock, 2), engine(in_memory(), &office.clock, 3));
    let brought = there.import_firm(written.as_slice()).expect("imported");
    assert_eq!(brought, carried);
    same(&office.season.engine, &there, &office);
    let (again, _) = export(&there, office.season.firm);
    assert_eq!(again, written, "byte by byte");
    back.import_firm(again.as_slice()).expect("imported");
    same(&office.season.engine, &back, &office);
    assert_eq!(export(&back, office.season.firm).0, written, "byte by byte");
}

#[test]
fn s10_3_a_firm_goes_from_a_file_to_memory_and_is_the_same() {
    let (file, _folder) = in_a_file();
    let office = Office::new(file);
    let (written, _) = office.export();
    let there = engine(in_memory(), &office.clock, 2);
    there.import_firm(written.as_slice()).expect("imported");
    same(&office.season.engine, &there, &office);
    assert_eq!(export(&there, office.season.firm).0, written, "byte by byte");
}

/// Remembers what it has delivered.
#[derive(Default)]
struct Heard(Mutex<Vec<NotificationId>>);

impl Notifier for Heard {
    fn deliver(&self, notification: &Notification) -> Delivered {
        self.0.lock().expect("not poisoned").push(notification.id);
        Delivered::Done
    }
}

/// What an engine delivers of what waits already, until nothing is left.
fn heard(engine: &Engine) -> Vec<NotificationId> {
    let heard = Heard::default();
    engine.deliver(&heard, 10_000).expect("delivered");
    heard.0.into_inner().expect("not poisoned")
}

#[test]
fn s10_3_the_copy_works_on_as_the_firm_would_have() {
    let office = Office::new(in_memory());
    let firm = office.season.firm;
    let (written, _) = office.export();
    let (file, _folder) = in_a_file();
    let there = engine(file, &office.clock, 2);
    there.import_firm(written.as_slice()).expect("imported");
    // Three weeks later, everywhere.
    office.clock.advance(TimeDelta::days(21));
    let timers = [&office.season.engine, &there].map(|engine| {
        while engine.run_follow_ups(1_000).expect("run") > 0 {}
        let now = engine.now();
        while engine.tick(now, 500).expect("ticked").next.is_some_and(|next| next <= now) {}
        verified(engine, firm);
        assert_eq!(rows(engine, firm, Queue::FollowUps, QueuedState::Waiting), []);
        rows(engine, firm, Queue::Timers, QueuedState::Waiting).len()
    });
    assert!(timers[0] >= 3 && timers[0] == timers[1], "{timers:?}");
    let (ours, theirs) = (heard(&office.season.engine), heard(&there));
    assert_eq!(ours.len(), theirs.len());
    // What was queued before the move comes under the same identifiers, each once.
    let before: BTreeSet<NotificationId> = {
        let known = engine(in_memory(), &office.clock, 4);
        known.import_firm(written.as_slice()).expect("imported");
        rows(&known, firm, Queue::Outbox, QueuedState::Waiting).iter().map(|row| row.id.into()).collect()
    };
    for heard in [&ours, &theirs] {
        let once: BTreeSet<NotificationId> = heard.iter().copied().collect();
        assert_eq!(once.len(), heard.len());
        assert!(before.is_subset(&once));
    }
}

#[test]
fn s6_idempotency_keys_answer_with_the_first_result_after_the_move() {
    let office = Office::new(in_memory());
    let key: IdempotencyKey = "order 7".parse().expect("a key");
    let mut request = office.request(json!({ "create_job": { "account": account(5), "pipeline": "slow" } }));
    request.key = Some(key);
    let first = office.season.engine.execute(&request).expect("done");
    let (file, _folder) = in_a_file();
    let there = engine(file, &office.clock, 2);
    there.import_firm(office.export().0.as_slice()).expect("imported");
    let again = there.execute(&request).expect("answered");
    assert!(again.replayed);
    assert_eq!((again.job(), again.entries), (first.job(), first.entries));
    request.command = office.request(json!({ "create_job": { "account": account(6), "pipeline": "slow" } })).command;
    assert_eq!(there.execute(&request).expect_err("refused").kind(), ErrorKind::KeyReused);
}

#[test]
fn s10_1_what_was_being_delivered_is_named_and_handed_out_again() {
    let office = Office::new(in_memory());
    let firm = office.season.firm;
    let here = &office.season.engine;
    let held = here.claim_notifications(Some(firm), TimeDelta::minutes(5), 3).expect("claimed");
    assert_eq!(held.len(), 3);
    let (written, carried) = office.export();
    let mut named = held.iter().map(|delivery| delivery.receipt.notification).collect::<Vec<_>>();
    named.sort_unstable();
    let mut under_way = carried.under_way.clone();
    under_way.sort_unstable();
    assert_eq!(under_way, named);

    let there = engine(in_memory(), &office.clock, 2);
    let brought = there.import_firm(written.as_slice()).expect("imported");
    assert_eq!(brought.under_way, carried.under_way);
    // The file of the copy differs in this alone.
    let (again, leased) = export(&there, firm);
    assert_eq!(leased.under_way, []);
    assert_eq!(String::from_utf8(written).expect("text").matches("\"under_way\":true").count(), 3);
    assert_eq!(String::from_utf8(again).expect("text").matches("under_way").count(), 0);

    // Whoever held one settles it in the copy while nobody has taken it.
    assert!(there.acknowledge(&held[0].receipt).expect("settled"));
    let taken = there.claim_notifications(Some(firm), TimeDelta::minutes(5), 1_000).expect("claimed");
    let receipts = |wanted: NotificationId| taken.iter().find(|delivery| delivery.receipt.notification == wanted);
    assert!(receipts(held[0].receipt.notification).is_none());
    for before in &held[1..] {
        let now = receipts(before.receipt.notification).expect("handed out again");
        assert_eq!((now.attempts, &now.notification), (before.attempts + 1, &before.notification));
        assert!(!there.acknowledge(&before.receipt).expect("asked"), "another has it now");
        assert!(there.acknowledge(&now.receipt).expect("settled"));
    }
}

#[test]
fn s10_2_timers_that_failed_are_tried_again_when_they_would_have_been() {
    let office = Office::new(in_memory());
    let firm = office.season.firm;
    // Their leases run out unused: a host died over them.
    office.clock.advance(TimeDelta::days(40));
    let now = office.season.engine.now();
    let lease = workflow_core::store::Lease { owner: uuid::Uuid::from_u128(9), until: now + TimeDelta::seconds(60) };
    let claim = workflow_core::store::Claim { queue: Queue::Timers, firm: Some(firm), now, lease, limit: 3 };
    assert_eq!(office.season.engine.store().claim(&claim).expect("claimed").len(), 3);
    let (written, carried) = office.export();
    assert_eq!(carried.timers, 3);
    let there = engine(in_memory(), &office.clock, 2);
    assert_eq!(there.import_firm(written.as_slice()).expect("imported").timers, 3);
    let tried = |engine: &Engine| {
        let rows = rows(engine, firm, Queue::Timers, QueuedState::Waiting);
        rows.into_iter()
            .filter(|row| row.attempts > 0)
            .map(|row| (row.id, row.attempts, row.generation))
            .collect::<Vec<_>>()
    };
    assert_eq!(tried(&there), tried(&office.season.engine));
    while there.tick(now, 500).expect("ticked").next.is_some_and(|next| next <= now) {}
    verified(&there, firm);
    assert_eq!(tried(&there), []);
}

#[test]
fn s10_3_a_firm_that_is_there_is_not_imported_over() {
    let office = Office::new(in_memory());
    let (written, _) = office.export();
    let refused = office.season.engine.import_firm(written.as_slice()).expect_err("it is there");
    assert!(matches!(refused, Error::Rejected(Rejection::Exists { what: "firm", .. })), "{refused:?}");
    assert_eq!(office.export().0, written, "nothing was changed");
    let nobody = workflow_core::id::FirmId(uuid::Uuid::from_u128(1));
    let missing = office.season.engine.export_firm(nobody, Vec::new()).expect_err("there is none");
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

#[test]
fn s1_1_a_firm_is_carried_without_its_neighbours() {
    let store: Arc<dyn Store> = in_memory();
    let office = Office::new(Arc::clone(&store));
    let alone = office.export().0;
    let neighbour = workflow_core::id::FirmId(uuid::Uuid::from_u128(0xbeef));
    let settings = json!({ "save_firm": { "name": "Next Door" } });
    let mut request = office.request(settings);
    request.firm = neighbour;
    office.season.engine.execute(&request).expect("set up");
    assert_eq!(office.export().0, alone);
    let there = engine(in_memory(), &office.clock, 2);
    there.execute(&request).expect("set up");
    there.import_firm(alone.as_slice()).expect("imported beside another");
    assert_eq!(export(&there, office.season.firm).0, alone);
}
