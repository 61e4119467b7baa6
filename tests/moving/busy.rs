//! Firms that are worked on while they are carried, and several who carry.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use serde_json::json;
use uuid::Uuid;
use workflow_core::command::Request;
use workflow_core::engine::Engine;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::event::{Actor, Event};
use workflow_core::id::FirmId;
use workflow_core::store::{
    Batch, Committed, Conflict, LogBy, LogScan, Queue, QueueScan, QueuedState, ReadMoment, Store, Transact, Waiting,
};
use workflow_suites::around::{Around, Hand};

use crate::kit::{Office, account, engine, export, in_a_file, in_memory, rows, verified};

fn events(engine: &Engine, firm: FirmId) -> Vec<Event> {
    let logged = engine.store().log(firm, &LogScan::new(LogBy::Firm, 1_000_000)).expect("readable");
    logged.iter().flat_map(|logged| logged.entry.events.iter().map(|recorded| recorded.event.clone())).collect()
}

/// Notifications that the log queued.
fn queued(events: &[Event]) -> BTreeSet<Uuid> {
    let id = |event: &Event| match event {
        Event::NotificationQueued(notification) => Some(notification.id.0),
        _ => None,
    };
    events.iter().filter_map(id).collect()
}

/// Exports go on while another thread gives commands that leave follow-ups: each is of one moment.
pub(crate) fn is_of_one_moment(store: Arc<dyn Store>) {
    let office = Office::new(store);
    let firm = office.season.firm;
    let begun: BTreeSet<Uuid> = queued(&events(&office.season.engine, firm));
    let settled: BTreeSet<Uuid> = {
        let waiting = [QueuedState::Waiting, QueuedState::Dead].map(|state| {
            rows(&office.season.engine, firm, Queue::Outbox, state).into_iter().map(|row| row.id).collect::<Vec<_>>()
        });
        let waiting: BTreeSet<Uuid> = waiting.into_iter().flatten().collect();
        begun.difference(&waiting).copied().collect()
    };
    let done = AtomicBool::new(false);
    let mut seen = BTreeSet::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..160 {
                let on = number % 2 == 0;
                // Sets an automation off on each job of the account, by a follow-up.
                let (add, remove) = if on { (vec!["vip"], vec![]) } else { (vec![], vec!["vip"]) };
                let tag = json!({ "tag_account": { "account": account(3), "add": add, "remove": remove } });
                office.season.engine.execute(&office.request(tag)).expect("tagged");
            }
            done.store(true, Ordering::SeqCst);
        });
        while !done.load(Ordering::SeqCst) {
            let (file, carried) = office.export();
            let there = engine(in_memory(), &office.clock, 2);
            there.import_firm(file.as_slice()).expect("imported");
            verified(&there, firm);
            assert_eq!(
                there.store().log(firm, &LogScan::new(LogBy::Firm, 1_000_000)).expect("readable").len() as u64,
                carried.entries
            );
            // Nothing is delivered meanwhile: what the log queued waits.
            let waiting = [QueuedState::Waiting, QueuedState::Dead].map(|state| {
                rows(&there, firm, Queue::Outbox, state).into_iter().map(|row| row.id).collect::<Vec<_>>()
            });
            let waiting: BTreeSet<Uuid> = waiting.into_iter().flatten().collect();
            let wanted: BTreeSet<Uuid> = queued(&events(&there, firm)).difference(&settled).copied().collect();
            assert_eq!(waiting, wanted);
            // Work that was left at that moment is done in the copy, once: every tag that the account
            // got was told to each of its jobs.
            there.run_follow_ups(1_000).expect("run");
            let after = events(&there, firm);
            let tagged = |event: &&Event| match event {
                Event::AccountTagsChanged { account: of, added, .. } => *of == account(3) && !added.is_empty(),
                _ => false,
            };
            let told = |event: &&Event| match event {
                Event::AutomationRan { job, automation } => *job == office.slow && automation.as_str() == "tagged",
                _ => false,
            };
            assert_eq!(after.iter().filter(told).count(), after.iter().filter(tagged).count());
            seen.insert(carried.entries);
        }
    });
    assert!(!seen.is_empty(), "nothing was exported");
}

#[test]
fn s10_3_an_export_of_a_busy_firm_is_of_one_moment_in_memory() {
    is_of_one_moment(in_memory());
}

#[test]
fn s10_3_an_export_of_a_busy_firm_is_of_one_moment_in_a_file() {
    let (store, _folder) = in_a_file();
    is_of_one_moment(store);
}

/// A store that cannot show a moment, and in which a row is claimed between two looks at them.
struct Plain {
    store: Arc<dyn Store>,
    looks: AtomicUsize,
    /// At which look at the rows something happens before.
    busy_at: usize,
}

impl Hand for Plain {
    fn store(&self) -> &dyn Transact {
        &*self.store
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.store.commit(batches)
    }

    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        if self.looks.fetch_add(1, Ordering::SeqCst) == self.busy_at {
            let now = crate::kit::begin() + chrono::TimeDelta::days(30);
            let lease = workflow_core::store::Lease { owner: Uuid::from_u128(9), until: now };
            let claim = workflow_core::store::Claim { queue: Queue::Outbox, firm: None, now, lease, limit: 1 };
            assert_eq!(self.store.claim(&claim).expect("claimed").len(), 1);
        }
        self.store.queued(scan)
    }

    fn at_one_moment(&self, _: FirmId, _: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        Err(StoreError::new(ErrorKind::Unsupported, "not here"))
    }
}

#[test]
fn s10_3_a_store_that_shows_no_moments_exports_a_firm_that_rests() {
    let store = in_memory();
    let office = Office::new(Arc::clone(&store));
    let firm = office.season.firm;
    let plain = |busy_at| {
        let plain = Plain { store: Arc::clone(&store), looks: AtomicUsize::new(0), busy_at };
        engine(Arc::new(Around(plain)), &office.clock, 2)
    };
    assert_eq!(export(&plain(usize::MAX), firm).0, office.export().0);
    // The outbox is looked at first: what changes before it is looked at once more is noticed.
    for busy_at in [3, 8, 10] {
        let error = plain(busy_at).export_firm(firm, Vec::new()).expect_err("it did not rest");
        assert_eq!(error.kind(), ErrorKind::Busy, "at look {busy_at}");
    }
    // What changes after that is of a later moment.
    let before = office.export().0;
    assert_eq!(export(&plain(13), firm).0, before);
}

#[test]
fn s10_3_two_who_import_one_firm_bring_it_once() {
    let office = Office::new(in_memory());
    let firm = office.season.firm;
    let (written, _) = office.export();
    for round in 0..4 {
        let (store, _folder) = in_a_file();
        let barrier = Barrier::new(3);
        let engines: Vec<Engine> = (0..3).map(|number| engine(Arc::clone(&store), &office.clock, 2 + number)).collect();
        let answers: Vec<_> = std::thread::scope(|scope| {
            let import = |engine: &Engine| {
                barrier.wait();
                engine.import_firm(written.as_slice())
            };
            let threads: Vec<_> = engines.iter().map(|engine| scope.spawn(move || import(engine))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let done = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!(done <= 1, "round {round}: {answers:?}");
        for error in answers.into_iter().filter_map(Result::err) {
            assert!(matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Exists | ErrorKind::Refused), "{error}");
        }
        if done == 0 {
            engines[0].import_firm(written.as_slice()).expect("it goes on");
        }
        verified(&engines[0], firm);
        assert_eq!(export(&engines[0], firm).0, written);
    }
}

#[test]
fn s10_3_who_sets_the_firm_up_meanwhile_is_told_from_an_import() {
    let office = Office::new(in_memory());
    let (written, _) = office.export();
    let there = engine(in_memory(), &office.clock, 2);
    there.import_firm(&written[..written.len() - 1]).expect_err("it has no end");
    let settings = json!({ "save_firm": { "name": "Another" } });
    let command = serde_json::from_value(settings).expect("a command");
    there.execute(&Request::new(office.season.firm, Actor::system("host"), command)).expect("set up");
    assert_eq!(there.import_firm(written.as_slice()).expect_err("it is there").kind(), ErrorKind::Exists);
}
