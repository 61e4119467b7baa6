//! The log of a firm.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::event::{Actor, Entry};
use crate::id::{AccountId, EntryId, IdempotencyKey, JobId, MemberId};
use crate::store::{Conflict, DocId, LogBy, LogPosition, LogScan, Logged};

#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    entries: Vec<(LogPosition, Arc<Entry>)>,
    /// By identifier, key, job, account and member: places in `entries`.
    ids: FxHashMap<EntryId, usize>,
    keys: FxHashMap<IdempotencyKey, usize>,
    jobs: FxHashMap<JobId, Vec<usize>>,
    accounts: FxHashMap<AccountId, Vec<usize>>,
    members: FxHashMap<MemberId, Vec<usize>>,
}

impl Log {
    pub(super) fn check(&self, entries: &[Arc<Entry>]) -> Result<(), Conflict> {
        let (mut ids, mut keys) = (FxHashSet::default(), FxHashSet::default());
        for entry in entries {
            if let Some(key) = entry.key.as_ref().filter(|key| self.keys.contains_key(*key) || !keys.insert(*key)) {
                return Err(Conflict::Key(key.clone()));
            }
            if self.ids.contains_key(&entry.id) || !ids.insert(entry.id) {
                // The same commit, given again. Who loads and looks for its entry finds it.
                return Err(Conflict::Document(DocId::Firm));
            }
        }
        Ok(())
    }

    pub(super) fn append(&mut self, position: LogPosition, entry: &Arc<Entry>) {
        let place = self.entries.len();
        self.ids.insert(entry.id, place);
        if let Some(key) = &entry.key {
            self.keys.insert(key.clone(), place);
        }
        if let Some(job) = entry.job {
            self.jobs.entry(job).or_default().push(place);
        }
        if let Some(account) = entry.account {
            self.accounts.entry(account).or_default().push(place);
        }
        if let Actor::Member(member) = entry.actor {
            self.members.entry(member).or_default().push(place);
        }
        self.entries.push((position, Arc::clone(entry)));
    }

    pub(super) fn scan(&self, scan: &LogScan) -> Vec<Logged> {
        let one = |place: Option<&usize>| place.map(|place| vec![*place]).unwrap_or_default();
        let many = |places: Option<&Vec<usize>>| places.cloned().unwrap_or_default();
        let places = match &scan.by {
            LogBy::Firm => return self.scan_all(scan),
            LogBy::Job(job) => many(self.jobs.get(job)),
            LogBy::Account(account) => many(self.accounts.get(account)),
            LogBy::Member(member) => many(self.members.get(member)),
            LogBy::Entry(id) => one(self.ids.get(id)),
            LogBy::Key(key) => one(self.keys.get(key)),
        };
        let logged = places.into_iter().filter_map(|place| self.entries.get(place));
        select(logged, scan)
    }

    fn scan_all(&self, scan: &LogScan) -> Vec<Logged> {
        let Some(after) = scan.after else { return select(self.entries.iter(), scan) };
        let entries = if scan.descending {
            self.entries.get(..self.entries.partition_point(|(position, _)| *position < after))
        } else {
            self.entries.get(self.entries.partition_point(|(position, _)| *position <= after)..)
        };
        select(entries.unwrap_or_default().iter(), scan)
    }
}

fn select<'a>(entries: impl DoubleEndedIterator<Item = &'a (LogPosition, Arc<Entry>)>, scan: &LogScan) -> Vec<Logged> {
    let past = |position: LogPosition| match scan.after {
        None => true,
        Some(after) if scan.descending => position < after,
        Some(after) => position > after,
    };
    let logged =
        |(position, entry): &(LogPosition, Arc<Entry>)| Logged { position: *position, entry: Arc::clone(entry) };
    let entries = entries.filter(|(position, _)| past(*position));
    if scan.descending {
        entries.rev().map(logged).take(scan.limit).collect()
    } else {
        entries.map(logged).take(scan.limit).collect()
    }
}
