//! The log of a firm.

use std::collections::BTreeMap;
use std::iter::successors;
use std::num::NonZeroUsize;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::documents::Documents;
use crate::event::{Actor, Entry};
use crate::id::{EntryId, IdempotencyKey};
use crate::store::{Conflict, DocId, LogBy, LogPosition, LogScan, Logged};

#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    lines: Vec<Line>,
    /// Sorted, since identifiers grow: a new one is looked for and put where the last one was.
    ids: BTreeMap<EntryId, Number>,
    keys: FxHashMap<IdempotencyKey, Number>,
}

/// The number of an entry in the firm's log, counted from 1.
pub(super) type Number = NonZeroUsize;

/// An entry, and those before it of the same job, account and member. The last of each is kept with its
/// document, and those before it are found from line to line: a list for each would be one more place in memory
/// that every command goes to.
#[derive(Debug, Clone)]
struct Line {
    position: LogPosition,
    entry: Arc<Entry>,
    of_job: Option<Number>,
    of_account: Option<Number>,
    of_member: Option<Number>,
}

impl Log {
    pub(super) fn check(&self, entries: &[Arc<Entry>]) -> Result<(), Conflict> {
        let (mut ids, mut keys) = (FxHashSet::default(), FxHashSet::default());
        let several = entries.len() > 1;
        for entry in entries {
            let known = |key: &&IdempotencyKey| self.keys.contains_key(*key);
            if let Some(key) = entry.key.as_ref().filter(|key| known(key) || (several && !keys.insert(*key))) {
                return Err(Conflict::Key(key.clone()));
            }
            if self.ids.contains_key(&entry.id) || (several && !ids.insert(entry.id)) {
                // The same commit, given again. Who loads and looks for its entry finds it.
                return Err(Conflict::Document(DocId::Firm));
            }
        }
        Ok(())
    }

    pub(super) fn append(&mut self, position: LogPosition, entry: &Arc<Entry>, documents: &mut Documents) {
        let number = Number::MIN.saturating_add(self.lines.len());
        self.ids.insert(entry.id, number);
        if let Some(key) = &entry.key {
            self.keys.insert(key.clone(), number);
        }
        let member = match entry.actor {
            Actor::Member(member) => Some(member),
            _ => None,
        };
        let mut before = |id: Option<DocId>| documents.end_with(id?, number);
        self.lines.push(Line {
            position,
            entry: Arc::clone(entry),
            of_job: before(entry.job.map(DocId::Job)),
            of_account: before(entry.account.map(DocId::Account)),
            of_member: before(member.map(DocId::Member)),
        });
    }

    pub(super) fn scan(&self, scan: &LogScan, documents: &Documents) -> Vec<Logged> {
        let back = |last: Option<Number>, before: fn(&Line) -> Option<Number>| {
            let line = |number: Number| self.lines.get(number.get().saturating_sub(1));
            let lines = successors(last.and_then(line), |line_now| before(line_now).and_then(line));
            newest_first(lines, scan)
        };
        match &scan.by {
            LogBy::Firm => self.scan_all(scan),
            LogBy::Job(job) => back(documents.last(&DocId::Job(*job)), |line| line.of_job),
            LogBy::Account(account) => back(documents.last(&DocId::Account(*account)), |line| line.of_account),
            LogBy::Member(member) => back(documents.last(&DocId::Member(*member)), |line| line.of_member),
            LogBy::Entry(id) => back(self.ids.get(id).copied(), |_| None),
            LogBy::Key(key) => back(self.keys.get(key).copied(), |_| None),
        }
    }

    fn scan_all(&self, scan: &LogScan) -> Vec<Logged> {
        let until = |position| self.lines.partition_point(|line| line.position <= position);
        let before = |position| self.lines.partition_point(|line| line.position < position);
        let lines = match scan.after {
            None => Some(self.lines.as_slice()),
            Some(after) if scan.descending => self.lines.get(..before(after)),
            Some(after) => self.lines.get(until(after)..),
        };
        let lines = lines.unwrap_or_default().iter().map(logged);
        if scan.descending { lines.rev().take(scan.limit).collect() } else { lines.take(scan.limit).collect() }
    }
}

fn logged(line: &Line) -> Logged {
    Logged { position: line.position, entry: Arc::clone(&line.entry) }
}

/// What a scan asks for, of lines that come newest first.
fn newest_first<'a>(lines: impl Iterator<Item = &'a Line>, scan: &LogScan) -> Vec<Logged> {
    if scan.descending {
        let past = |line: &&Line| scan.after.is_none_or(|after| line.position < after);
        return lines.filter(past).map(logged).take(scan.limit).collect();
    }
    let past = |line: &&Line| scan.after.is_none_or(|after| line.position > after);
    let mut lines: Vec<&Line> = lines.take_while(past).collect();
    lines.reverse();
    lines.into_iter().map(logged).take(scan.limit).collect()
}
