//! Clause 11.5: the log tells whether it was altered, and what was altered first.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::json;
use workflow_core::command::{Command, Request};
use workflow_core::engine::{AlterationKind, Engine, KnownSeal, LogVerification, ManualClock};
use workflow_core::error::{Error, Rejection, StoreError};
use workflow_core::event::{Actor, Entry, Event};
use workflow_core::id::FirmId;
use workflow_core::limits;
use workflow_core::query::{Answer, Inquiry, Question};
use workflow_core::seal::Seal;
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{Batch, Committed, Conflict, LogBy, LogScan, Logged, Transact};
use workflow_suites::around::{Around, Hand};

use crate::kit::{Office, firm, member, plain};

type Log = Vec<Logged>;

/// A store whose log somebody has changed behind its back.
struct Altered {
    store: Arc<MemoryStore>,
    log: Mutex<Option<Log>>,
}

impl Hand for Altered {
    fn store(&self) -> &dyn Transact {
        &*self.store
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.store.commit(batches)
    }

    fn log(&self, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
        let log = self.log.lock().expect("nobody panicked");
        let Some(log) = &*log else { return self.store.log(firm, scan) };
        let wanted = |logged: &&Logged| match &scan.by {
            LogBy::Firm => true,
            LogBy::Entry(id) => logged.entry.id == *id,
            other => panic!("not asked by {other:?}"),
        };
        let past = |logged: &&Logged| scan.after.is_none_or(|after| logged.position > after);
        Ok(log.iter().filter(wanted).filter(past).take(scan.limit).cloned().collect())
    }
}

fn whole(office: &Office) -> Log {
    office.store.log(firm(), &LogScan::new(LogBy::Firm, 1_000_000)).expect("readable")
}

/// What is found in an office's log once it was changed so.
fn found(office: &Office, known: Option<&KnownSeal>, change: impl FnOnce(&mut Log)) -> LogVerification {
    let mut log = whole(office);
    change(&mut log);
    let store = Altered { store: Arc::clone(&office.store), log: Mutex::new(Some(log)) };
    Engine::new(Arc::new(Around(store))).verify_log(firm(), known).expect("read")
}

fn kind(found: &LogVerification) -> Option<(AlterationKind, u64)> {
    found.altered.as_ref().map(|altered| (altered.kind, altered.seal))
}

fn alter(logged: &mut Logged, change: impl FnOnce(&mut Entry)) {
    let mut entry = Entry::clone(&logged.entry);
    change(&mut entry);
    logged.entry = Arc::new(entry);
}

fn seal(office: &Office) -> Option<Arc<Seal>> {
    let outcome = office.run(Command::SealLog {});
    outcome.entries.iter().flat_map(|entry| &entry.events).find_map(|recorded| match &recorded.event {
        Event::LogSealed(seal) => Some(Arc::clone(seal)),
        _ => None,
    })
}

/// An office whose log has two seals, and a little after them.
fn sealed() -> Office {
    let office = Office::with(plain());
    let job = office.job();
    seal(&office).expect("a seal");
    office.run(Command::CommentJob { job, text: "a word".into() });
    office.run(Command::CommentJob { job, text: "another".into() });
    seal(&office).expect("a seal");
    office.run(Command::CommentJob { job, text: "after".into() });
    office
}

#[test]
fn s11_5_a_log_is_sealed_on_from_where_it_was() {
    let office = Office::with(plain());
    let before = whole(&office).len();
    let first = seal(&office).expect("a seal");
    assert_eq!((first.number, first.covers()), (1, before));
    assert_eq!(whole(&office).last().expect("an entry").entry.id, Seal::entry(firm(), 1));
    // A seal alone is nothing to seal.
    let again = office.run(Command::SealLog {});
    assert!(again.unchanged.as_deref().is_some_and(|why| why.contains("sealed last")), "{again:?}");
    let job = office.job();
    let second = seal(&office).expect("a seal");
    assert_eq!((second.number, second.covers()), (2, 2));
    assert_ne!(first.head, second.head);
    let found = office.engine.verify_log(firm(), None).expect("read");
    assert_eq!(found.altered, None);
    assert_eq!((found.entries, found.sealed), (before as u64 + 3, before as u64 + 2));
    assert_eq!(found.last, Some(KnownSeal { number: 2, head: second.head.clone() }));
    assert!(office.find(job).is_some());
}

#[test]
fn s11_5_the_first_entry_that_was_altered_is_named() {
    let office = sealed();
    let log = whole(&office);
    let covered = log.len() - 2;
    for place in 0..covered {
        let changed = found(&office, None, |log| {
            alter(&mut log[place], |entry| entry.at += TimeDelta::microseconds(1));
            // What is altered after it does not hide it.
            alter(&mut log[covered - 1], |entry| entry.actor = Actor::system("nobody"));
        });
        let altered = changed.altered.expect("noticed");
        assert_eq!(altered.kind, AlterationKind::Altered, "{altered:?}");
        assert_eq!((altered.entry, altered.position), (Some(log[place].entry.id), Some(log[place].position)));
        assert_eq!(changed.sealed, place as u64);
    }
}

#[test]
fn s11_5_entries_that_are_gone_or_were_put_in_are_told_from_altered_ones() {
    let office = sealed();
    let log = whole(&office);
    for place in 0..log.len() - 3 {
        if Seal::entry(firm(), 1) == log[place].entry.id {
            continue;
        }
        let gone = found(&office, None, |log| drop(log.remove(place))).altered.expect("noticed");
        let last_of_stretch = log[place + 1].entry.id == Seal::entry(firm(), 1);
        if last_of_stretch {
            assert_eq!(gone.entry, Some(log[place + 1].entry.id), "{gone:?}");
        } else {
            assert_eq!((gone.kind, gone.entry), (AlterationKind::Missing, Some(log[place + 1].entry.id)), "{gone:?}");
        }
        let added = found(&office, None, |log| {
            let mut twin = log[place].clone();
            alter(&mut twin, |entry| entry.id = workflow_core::id::EntryId(uuid::Uuid::from_u128(9)));
            log.insert(place, twin);
        });
        let added = added.altered.expect("noticed");
        assert_eq!(added.kind, AlterationKind::Added, "{added:?}");
        assert_eq!(added.entry, Some(workflow_core::id::EntryId(uuid::Uuid::from_u128(9))));
    }
    // Two that changed places.
    let swapped = found(&office, None, |log| {
        let (a, b) = (log[1].entry.clone(), log[2].entry.clone());
        (log[1].entry, log[2].entry) = (b, a);
    });
    assert_eq!(swapped.altered.expect("noticed").position, Some(log[1].position));
}

#[test]
fn s11_5_a_seal_that_was_altered_or_taken_away_is_noticed() {
    let office = sealed();
    let log = whole(&office);
    let first = log.iter().position(|logged| logged.entry.id == Seal::entry(firm(), 1)).expect("a seal");
    let second = log.iter().position(|logged| logged.entry.id == Seal::entry(firm(), 2)).expect("a seal");
    let with = |place: usize, change: &dyn Fn(&mut Seal)| {
        found(&office, None, |log| {
            alter(&mut log[place], |entry| {
                for recorded in &mut entry.events {
                    if let Event::LogSealed(seal) = &mut recorded.event {
                        change(Arc::make_mut(seal));
                    }
                }
            });
        })
    };
    assert_eq!(kind(&with(first, &|seal| seal.head = seal.head.replace('a', "b"))), Some((AlterationKind::Seal, 1)));
    let other = log[0].entry.id;
    assert_eq!(kind(&with(first, &|seal| seal.through = other)), Some((AlterationKind::Seal, 1)));
    assert_eq!(kind(&with(second, &|seal| seal.number = 7)), Some((AlterationKind::Seal, 2)));
    // One that covers less than it did.
    assert_eq!(kind(&with(first, &|seal| seal.digests.truncate(32))), Some((AlterationKind::Seal, 1)));
    let gone = found(&office, None, |log| drop(log.remove(first)));
    assert_eq!(kind(&gone), Some((AlterationKind::Seal, 1)), "{gone:?}");
    // The last one may be gone with nobody the wiser, unless its head was written down.
    let known = office.engine.verify_log(firm(), None).expect("read").last.expect("a seal");
    assert_eq!(kind(&found(&office, None, |log| log.truncate(second))), None);
    assert_eq!(kind(&found(&office, Some(&known), |log| log.truncate(second))), Some((AlterationKind::Head, 2)));
}

#[test]
fn s11_5_a_log_that_was_made_anew_with_all_its_seals_is_told_by_a_head_written_down() {
    let office = sealed();
    let known = office.engine.verify_log(firm(), None).expect("read").last.expect("a seal");
    // The same commands, but for one word, sealed as before: all in order by itself.
    let forged = Office::with(plain());
    let job = forged.job();
    seal(&forged).expect("a seal");
    forged.run(Command::CommentJob { job, text: "a lie".into() });
    forged.run(Command::CommentJob { job, text: "another".into() });
    seal(&forged).expect("a seal");
    assert_eq!(forged.engine.verify_log(firm(), None).expect("read").altered, None);
    let found = forged.engine.verify_log(firm(), Some(&known)).expect("read");
    assert_eq!(kind(&found), Some((AlterationKind::Head, 2)));
    assert_eq!(office.engine.verify_log(firm(), Some(&known)).expect("read").altered, None);
}

#[test]
fn s11_5_two_hosts_make_one_chain_of_seals() {
    let office = Office::with(plain());
    let job = office.job();
    let engines: Vec<Engine> = (0..4).map(|_| Engine::new(Arc::clone(&office.store) as _)).collect();
    std::thread::scope(|scope| {
        for engine in &engines {
            scope.spawn(move || {
                for _ in 0..20 {
                    let acting = engine.acting(firm(), Actor::system("host"));
                    acting.execute(Command::CommentJob { job, text: "a word".into() }).expect("said");
                    acting.seal_log().expect("sealed");
                }
            });
        }
    });
    let found = office.engine.verify_log(firm(), None).expect("read");
    assert_eq!(found.altered, None);
    let seals = whole(&office).iter().filter(|logged| logged.entry.command == "seal_log").count();
    assert_eq!(found.last.expect("a seal").number, seals as u64);
    assert!(seals > 20, "{seals}");
}

#[test]
fn s11_5_a_long_log_is_sealed_by_stretches() {
    let office = Office::with(plain());
    let job = office.job();
    let comment = || Request::new(firm(), Actor::system("test"), Command::CommentJob { job, text: "a word".into() });
    let requests: Vec<Request> = (0..limits::SEAL_ENTRIES).map(|_| comment()).collect();
    assert!(office.engine.execute_many(&requests).iter().all(Result::is_ok));
    let before = whole(&office).len();
    let first = seal(&office).expect("a seal");
    assert_eq!(first.covers(), limits::SEAL_ENTRIES);
    let second = seal(&office).expect("a seal");
    assert_eq!(first.covers() + second.covers(), before + 1);
    assert!(seal(&office).is_none());
    let found = office.engine.verify_log(firm(), None).expect("read");
    assert_eq!((found.altered, found.sealed), (None, before as u64 + 1));
}

#[test]
fn s11_5_sealing_is_for_the_host_and_for_admins() {
    let office = sealed();
    for (number, allowed) in [(1, true), (2, false)] {
        let done = office.as_member(number, Command::SealLog {});
        let asked = Inquiry::new(firm(), Actor::Member(member(number)), Question::VerifyLog { known: None });
        let asked = office.engine.ask(&asked);
        if allowed {
            done.expect("done");
            assert!(matches!(asked, Ok(Answer::VerifyLog(found)) if found.altered.is_none()));
        } else {
            assert!(matches!(done, Err(Error::Rejected(Rejection::Forbidden(_)))), "{done:?}");
            assert!(matches!(asked, Err(Error::Rejected(Rejection::Forbidden(_)))), "{asked:?}");
        }
    }
    let bulk = office.refused(Command::Bulk { mode: Default::default(), commands: vec![Command::SealLog {}] });
    assert!(bulk.to_string().contains("seal_log"), "{bulk}");
}

#[test]
fn s11_5_seals_go_along_when_a_firm_is_carried_to_another_store() {
    let office = sealed();
    let known = office.engine.verify_log(firm(), None).expect("read").last;
    let mut file = Vec::new();
    office.engine.export_firm(firm(), &mut file).expect("written");
    let clock = Arc::new(ManualClock::at(office.now()));
    let there = Engine::with_clock(Arc::new(MemoryStore::new()), clock);
    there.import_firm(file.as_slice()).expect("read");
    let found = there.verify_log(firm(), known.as_ref()).expect("read");
    assert_eq!(found.altered, None);
    let outcome = there.acting(firm(), Actor::system("there")).seal_log().expect("sealed");
    assert!(outcome.unchanged.is_none());
    assert_eq!(there.verify_log(firm(), known.as_ref()).expect("read").last.expect("a seal").number, 3);
}

#[test]
fn s11_5_what_follows_from_a_command_names_the_entry_that_led_to_it() {
    let mut pipeline = plain();
    pipeline["automations"] = json!([
        { "key": "greet", "on": { "account_tag_added": { "tag": "vip" } }, "do": [{ "add_job_tags": ["greeted"] }] }
    ]);
    let office = Office::with(pipeline);
    let job = office.job();
    let outcome = office.give(json!({ "tag_account": { "account": crate::kit::account(1), "add": ["vip"] } }));
    let first = outcome.entries.last().expect("an entry").id;
    assert!(office.get(job).tags.contains("greeted"));
    let log = office.log();
    let led: Vec<_> = log.iter().filter(|entry| entry.cause == Some(first)).collect();
    assert_eq!(led.len(), 1, "{led:?}");
    assert_eq!(led[0].job, Some(job));
    assert!(log.iter().filter(|entry| entry.command != "react").all(|entry| entry.cause.is_none()));
}
