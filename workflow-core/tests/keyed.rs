//! The store over ordered keys passes the conformance suite: over a map behind a lock, over one
//! that notices conflicts when it commits, and inside a transaction that is open already.
#![cfg(feature = "conformance")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use workflow_core::command::{Command, Request};
use workflow_core::engine::Engine;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::event::Actor;
use workflow_core::id::FirmId;
use workflow_core::model::FirmSettings;
use workflow_core::store::conformance;
use workflow_core::store::keyed::{Change, FORMAT, FORMAT_KEY, KeyRange, KeyTransaction, KeyedStore, Keyspace, ROWS};
use workflow_core::store::{Capabilities, DocId, Durability, Store, Transact};

type Pairs = BTreeMap<Vec<u8>, Vec<u8>>;

fn capabilities() -> Capabilities {
    Capabilities { name: "map".to_owned(), durability: Durability::None, shared: false }
}

/// What the contract says of every range.
fn rows(pairs: &Pairs, range: &KeyRange, row: &mut dyn FnMut(&[u8], &[u8])) {
    assert!(range.from < range.to, "an empty range was asked for: {range:?}");
    assert!((1..=ROWS).contains(&range.limit), "{range:?}");
    let found = pairs.range(range.from.clone()..range.to.clone());
    let value = |value: &Vec<u8>| if range.keys_only { b"not to be looked at".to_vec() } else { value.clone() };
    if range.descending {
        found.rev().take(range.limit).for_each(|(key, held)| row(key, &value(held)));
    } else {
        found.take(range.limit).for_each(|(key, held)| row(key, &value(held)));
    }
}

fn make(pairs: &mut Pairs, changes: &[Change]) {
    assert!(!changes.is_empty() && changes.is_sorted_by(|a, b| a.key < b.key), "in the order of their keys");
    for Change { key, value } in changes {
        match value {
            Some(value) => drop(pairs.insert(key.clone(), value.clone())),
            None => drop(pairs.remove(key)),
        }
    }
}

/// A map behind a lock.
#[derive(Default)]
struct Locked(Mutex<Pairs>);

struct Lock<'a> {
    pairs: MutexGuard<'a, Pairs>,
    write: bool,
}

impl Keyspace for Locked {
    fn capabilities(&self) -> Capabilities {
        capabilities()
    }
    fn begin(&self, write: bool) -> Result<Box<dyn KeyTransaction + '_>, StoreError> {
        Ok(Box::new(Lock { pairs: self.0.lock().expect("no panic"), write }))
    }
}

impl KeyTransaction for Lock<'_> {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.pairs.get(key).cloned())
    }
    fn range(&mut self, range: &KeyRange, row: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        rows(&self.pairs, range, row);
        Ok(())
    }
    fn commit(mut self: Box<Self>, changes: &[Change]) -> Result<(), StoreError> {
        assert!(self.write, "only what was begun to write commits");
        make(&mut self.pairs, changes);
        Ok(())
    }
}

/// A map whose transactions work on a copy and find out at the end whether they were right.
#[derive(Default)]
struct Optimistic {
    pairs: Mutex<(u64, Arc<Pairs>)>,
    conflicts: AtomicUsize,
}

struct Hopeful<'a> {
    space: &'a Optimistic,
    pairs: Arc<Pairs>,
    read: BTreeSet<Vec<u8>>,
    ranges: Vec<KeyRange>,
}

impl Keyspace for Optimistic {
    fn capabilities(&self) -> Capabilities {
        capabilities()
    }
    fn reads_without_waiting(&self) -> bool {
        true
    }
    fn begin(&self, _: bool) -> Result<Box<dyn KeyTransaction + '_>, StoreError> {
        let pairs = Arc::clone(&self.pairs.lock().expect("no panic").1);
        Ok(Box::new(Hopeful { space: self, pairs, read: BTreeSet::new(), ranges: Vec::new() }))
    }
}

impl KeyTransaction for Hopeful<'_> {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.read.insert(key.to_vec());
        Ok(self.pairs.get(key).cloned())
    }
    fn range(&mut self, range: &KeyRange, row: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        self.ranges.push(range.clone());
        rows(&self.pairs, range, row);
        Ok(())
    }
    fn commit(self: Box<Self>, changes: &[Change]) -> Result<(), StoreError> {
        let mut now = self.space.pairs.lock().expect("no panic");
        let same = |key: &Vec<u8>| now.1.get(key) == self.pairs.get(key);
        let same_range = |range: &KeyRange| {
            let (from, to) = (range.from.clone(), range.to.clone());
            now.1.range(from.clone()..to.clone()).eq(self.pairs.range(from..to))
        };
        if !self.read.iter().all(same) || !self.ranges.iter().all(same_range) {
            self.space.conflicts.fetch_add(1, Ordering::Relaxed);
            return Err(StoreError::new(ErrorKind::Conflict, "another was faster"));
        }
        let mut pairs = Pairs::clone(&now.1);
        make(&mut pairs, changes);
        *now = (now.0 + 1, Arc::new(pairs));
        Ok(())
    }
}

#[test]
fn a_map_behind_a_lock_passes_the_conformance_suite() {
    let store = Arc::new(KeyedStore::open(Locked::default()).expect("a store"));
    conformance::run(&|| store.clone()).assert();
}

#[test]
fn every_check_passes_on_a_new_map_too() {
    conformance::run(&|| Arc::new(KeyedStore::open(Locked::default()).expect("a store"))).assert();
}

#[test]
fn a_map_that_notices_conflicts_at_the_commit_passes_the_conformance_suite() {
    // Each commit copies the map: a new one for every check keeps it small.
    let stores = Mutex::new(Vec::new());
    let open = || {
        let store = Arc::new(KeyedStore::open(Optimistic::default()).expect("a store"));
        stores.lock().expect("no panic").push(Arc::clone(&store));
        store as Arc<dyn Store>
    };
    conformance::run(&open).assert();
    let conflicts = |store: &Arc<KeyedStore<Optimistic>>| store.keyspace().conflicts.load(Ordering::Relaxed);
    let conflicts: usize = stores.lock().expect("no panic").iter().map(conflicts).sum();
    assert!(conflicts > 0, "the suite's threads never met");
}

/// The keys of all firms' queues are those of the firms' own, and nothing is left behind a row that
/// is gone.
#[test]
fn what_is_taken_away_leaves_no_keys() {
    let store = KeyedStore::open(Locked::default()).expect("a store");
    let store = Arc::new(store);
    for check in conformance::checks() {
        drop((check.run)(&*store));
    }
    let pairs = store.keyspace().0.lock().expect("no panic").clone();
    let (mut of_firms, mut of_all) = (BTreeSet::new(), BTreeSet::new());
    for key in pairs.keys() {
        match key.as_slice() {
            // Queue, instant, place and firm.
            [2, rest @ ..] => drop(of_all.insert((rest[17..].to_vec(), rest[..17].to_vec()))),
            [1, rest @ ..] if rest[16] == 12 => drop(of_firms.insert((rest[..16].to_vec(), rest[17..].to_vec()))),
            _ => {}
        }
    }
    assert!(!of_all.is_empty());
    assert_eq!(of_firms, of_all);
}

#[test]
fn keys_of_a_newer_layout_or_of_another_program_are_refused() {
    for (value, kind) in [
        ((FORMAT + 1).to_be_bytes().to_vec(), ErrorKind::NewerVersion),
        (b"mine".to_vec().repeat(2), ErrorKind::NotAStore),
        (0u32.to_be_bytes().to_vec(), ErrorKind::NotAStore),
    ] {
        let pairs = Pairs::from([(FORMAT_KEY.to_vec(), value)]);
        let error = KeyedStore::open(Locked(Mutex::new(pairs))).map(|_| ()).expect_err("not opened");
        assert_eq!(error.kind(), kind);
    }
}

#[test]
fn values_that_the_engine_did_not_write_are_errors() {
    let store = Arc::new(KeyedStore::open(Locked::default()).expect("a store"));
    let engine = Engine::new(store.clone());
    let firm = FirmId(uuid::Uuid::now_v7());
    let settings = Command::SaveFirm(Box::new(FirmSettings::named("Ledger & Sons")));
    engine.execute(&Request::new(firm, Actor::system("test"), settings)).expect("a firm");
    let keys: Vec<Vec<u8>> = store.keyspace().0.lock().expect("no panic").keys().cloned().collect();
    for key in keys.iter().filter(|key| key.as_slice() != FORMAT_KEY) {
        for torn in [b"".as_slice(), b"\x00\x00", b"\xff".repeat(60).as_slice()] {
            let kept = store.keyspace().0.lock().expect("no panic").insert(key.clone(), torn.to_vec());
            if let Err(error) = store.get(firm, &[DocId::Firm]) {
                assert_eq!(error.kind(), ErrorKind::Corrupt);
            }
            let command = Command::SaveFirm(Box::new(FirmSettings::named("Ledger & Daughters")));
            drop(engine.execute(&Request::new(firm, Actor::system("test"), command)));
            let mut pairs = store.keyspace().0.lock().expect("no panic");
            pairs.insert(key.clone(), kept.expect("was there"));
        }
    }
}

/// A transaction that is open already: what is committed in it stays in it until its own end.
struct Inside<'a>(&'a Mutex<Pairs>);

struct Part<'a>(MutexGuard<'a, Pairs>);

impl Keyspace for Inside<'_> {
    fn capabilities(&self) -> Capabilities {
        capabilities()
    }
    fn begin(&self, _: bool) -> Result<Box<dyn KeyTransaction + '_>, StoreError> {
        Ok(Box::new(Part(self.0.lock().expect("no panic"))))
    }
}

impl KeyTransaction for Part<'_> {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(key).cloned())
    }
    fn range(&mut self, range: &KeyRange, row: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        rows(&self.0, range, row);
        Ok(())
    }
    fn commit(mut self: Box<Self>, changes: &[Change]) -> Result<(), StoreError> {
        make(&mut self.0, changes);
        Ok(())
    }
}

#[test]
fn the_engine_works_inside_a_transaction_of_the_hosts() {
    let outside = Arc::new(KeyedStore::open(Locked::default()).expect("a store"));
    let engine = Engine::new(outside.clone());
    let firm = FirmId(uuid::Uuid::now_v7());
    let save = |name: &str| {
        let command = Command::SaveFirm(Box::new(FirmSettings::named(name)));
        Request::new(firm, Actor::system("test"), command)
    };
    for keep in [false, true] {
        // The host's transaction is a copy, which it keeps or throws away.
        let transaction = Mutex::new(outside.keyspace().0.lock().expect("no panic").clone());
        let inside = KeyedStore::open(Inside(&transaction)).expect("the layout is there");
        let session = engine.within(&inside);
        assert_eq!(session.execute(&save("Ledger & Sons")).expect("saved").revision(), 1);
        assert_eq!(session.execute(&save("Ledger & Daughters")).expect("saved").revision(), 2);
        assert!(outside.get(firm, &[DocId::Firm]).expect("read")[0].is_none());
        if keep {
            let kept = transaction.lock().expect("no panic").clone();
            *outside.keyspace().0.lock().expect("no panic") = kept;
        }
    }
    assert_eq!(outside.get(firm, &[DocId::Firm]).expect("read")[0].as_ref().expect("kept").revision, 2);
}
