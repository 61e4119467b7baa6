//! Reading a firm from a file.

use std::collections::{BTreeSet, VecDeque};
use std::io::BufRead;
use std::sync::Arc;

use super::Carried;
use super::file::{Body, Reader, Row, bounded};
use super::replay::Unwritten;
use crate::engine::Engine;
use crate::engine::commit::CLAIMS;
use crate::error::{Error, ErrorKind, Rejection, StoreError};
use crate::event::Entry;
use crate::id::FirmId;
use crate::limits;
use crate::store::{
    Batch, Cell, Check, Conflict, DocId, IndexName, LogBy, LogPosition, LogScan, Logged, Restore, Scan, SetTimer,
    TimerOf,
};

impl Engine {
    /// Reads a firm that [`Engine::export_firm`] wrote, and brings it into this engine's store, where
    /// it must not exist yet. Its records, log, counts and queues are then what they were; only the
    /// places of its entries in the log are others.
    ///
    /// The firm appears with the last commit, all of it at once: before, no command, tick or runner
    /// finds anything of it. An import that was interrupted, or whose file turned out to lack its
    /// end, goes on when it is given the whole file: what is there already is compared, entry by
    /// entry, and not written again.
    ///
    /// Nothing is leased in the copy. What was being handled at the moment of the export waits again:
    /// follow-ups and timers are done once all the same; notifications are handed out once more under
    /// their identifiers, and [`Carried::under_way`] names them. Whoever held one can still
    /// acknowledge it here, as long as nobody has taken it since.
    ///
    /// # Errors
    /// [`Rejection::Exists`] when the firm is there, and [`Rejection::Refused`] (`other_log`) when the
    /// store holds entries of the firm that are not the file's: nothing is changed.
    /// [`ErrorKind::NotAStore`] for another file, [`ErrorKind::NewerVersion`] for one of a newer
    /// format. [`ErrorKind::Corrupt`] for one that is damaged, altered or cut off: what was brought
    /// before the damage is as it was written, and hidden. [`ErrorKind::Conflict`] when somebody else
    /// imports the same firm. Else as the store fails.
    pub fn import_firm(&self, from: impl BufRead) -> Result<Carried, Error> {
        let mut file = Reader::begin(from)?;
        let mut import = Import::begin(self, file.firm())?;
        loop {
            let stretch = file.stretch()?;
            import.entries(&stretch.entries)?;
            import.rows(stretch.rows)?;
            if let Some(end) = stretch.end {
                import.carried.sha256 = end.sha256;
                return import.finish();
            }
        }
    }
}

struct Import<'a> {
    engine: &'a Engine,
    carried: Carried,
    /// What an earlier import has left in the store's log and was not met yet.
    known: Known,
    unwritten: Unwritten,
    rows: Vec<Row>,
    /// How many of them there may be.
    most: u64,
}

/// The firm's log in the store, read page by page.
#[derive(Default)]
struct Known {
    page: VecDeque<Logged>,
    after: Option<LogPosition>,
    ended: bool,
}

fn exists(firm: FirmId) -> Error {
    Rejection::Exists { what: "firm", name: firm.to_string() }.into()
}

fn other_log(firm: FirmId) -> Error {
    let why = format!(
        "the store holds entries of the firm {firm} that are not those of this export: it is the remainder of \
         another import, or of another moment of the firm; import into a store that knows nothing of the firm"
    );
    Rejection::refused("other_log", why).into()
}

impl<'a> Import<'a> {
    fn begin(engine: &'a Engine, firm: FirmId) -> Result<Self, Error> {
        if engine.shared.store.get(firm, &[DocId::Firm])?.into_iter().flatten().next().is_some() {
            return Err(exists(firm));
        }
        let (known, unwritten) = (Known::default(), Unwritten::default());
        let carried = Carried::of(firm);
        Ok(Self { engine, carried, known, unwritten, rows: Vec::new(), most: limits::EXPORT_ROWS })
    }

    /// Brings in what a stretch holds of the log.
    fn entries(&mut self, entries: &[Arc<Entry>]) -> Result<(), Error> {
        let firm = self.carried.firm;
        let mut new: Vec<&[Arc<Entry>]> = Vec::new();
        for commit in entries.split_inclusive(|entry| !entry.more) {
            let count = u64::try_from(commit.len()).unwrap_or(u64::MAX);
            self.carried.entries = self.carried.entries.saturating_add(count);
            if self.is_known(commit)? {
                self.unwritten.pass(commit);
                self.carried.already_there = self.carried.already_there.saturating_add(count);
            } else {
                new.push(commit);
            }
        }
        let store = &*self.engine.shared.store;
        for some in new.chunks(COMMITS) {
            let batches = self.unwritten.replay(store, firm, some)?;
            for answer in store.commit(&batches)? {
                answer.map_err(|conflict| beaten(firm, &conflict))?;
            }
        }
        Ok(())
    }

    /// Whether the store has a commit already. What it has must be the beginning of the file.
    fn is_known(&mut self, commit: &[Arc<Entry>]) -> Result<bool, Error> {
        let firm = self.carried.firm;
        for (place, entry) in commit.iter().enumerate() {
            match self.next_known()? {
                Some(logged) if logged.entry == *entry => {}
                None if place == 0 => return Ok(false),
                _ => return Err(other_log(firm)),
            }
        }
        Ok(!commit.is_empty())
    }

    fn next_known(&mut self) -> Result<Option<Logged>, Error> {
        if self.known.page.is_empty() && !self.known.ended {
            let scan = LogScan { after: self.known.after, ..LogScan::new(LogBy::Firm, limits::PAGE) };
            self.known.page = self.engine.shared.store.log(self.carried.firm, &scan)?.into();
            match self.known.page.back() {
                Some(last) => self.known.after = Some(last.position),
                // From here on what is in the log is what this import writes.
                None => self.known.ended = true,
            }
        }
        Ok(self.known.page.pop_front())
    }

    /// Keeps rows: they are written at the end, so that nobody handles them before.
    fn rows(&mut self, rows: Vec<Row>) -> Result<(), Error> {
        rows.iter().for_each(|row| self.carried.count(row));
        self.rows.extend(rows);
        let count = u64::try_from(self.rows.len()).unwrap_or(u64::MAX);
        bounded("EXPORT_ROWS", self.most, count, "the number of queued rows in the export")
    }

    /// Makes the firm appear, with its timers and everything that waits.
    fn finish(mut self) -> Result<Carried, Error> {
        let firm = self.carried.firm;
        if self.next_known()?.is_some() {
            return Err(other_log(firm));
        }
        let Some(record) = self.unwritten.record() else {
            let why = "the export holds no entry that sets the firm up; the file is damaged or was altered";
            return Err(StoreError::new(ErrorKind::Corrupt, why).into());
        };
        let mut batch = Batch::new(firm);
        batch.checks.push(Check { id: DocId::Firm, expected: None });
        batch.timers = self.timers()?;
        batch.restore.push(Restore::Record(record));
        batch.restore.extend(self.rows.drain(..).map(|row| Restore::Row(row.restored())));
        let store = &*self.engine.shared.store;
        let answers = match store.commit(std::slice::from_ref(&batch)) {
            // It happened if the firm is there now.
            Err(error) if error.kind() == ErrorKind::Ambiguous => {
                let found = store.get(firm, &[DocId::Firm])?;
                if found.into_iter().flatten().next().is_none() {
                    return Err(error.into());
                }
                Vec::new()
            }
            answers => answers?,
        };
        for answer in answers {
            answer.map_err(|conflict| beaten(firm, &conflict))?;
        }
        self.engine.shared.alarm.note(&batch);
        Ok(self.carried)
    }

    /// The timers that the records want, but for those of which the file tells more.
    fn timers(&self) -> Result<Vec<SetTimer>, Error> {
        let told = self.rows.iter().filter_map(|row| match row.body {
            Body::Timer(of) => Some(of),
            Body::Notification(_) | Body::FollowUp(_) => None,
        });
        let told: BTreeSet<TimerOf> = told.collect();
        let jobs = (0..3).map(|shelf| Scan::all(IndexName::Jobs, vec![Cell::Int(shelf)], limits::PAGE));
        let series = Scan::all(IndexName::Series, Vec::new(), limits::PAGE);
        let mut timers = Vec::new();
        for mut scan in jobs.chain([series]) {
            loop {
                let hits = self.engine.shared.store.scan(self.carried.firm, &scan)?;
                let Some(last) = hits.last() else { break };
                scan.after = Some((last.sort.clone(), last.record.document.id().cell()));
                for hit in &hits {
                    if let Some((of, Some(due))) = hit.record.document.timer()
                        && !told.contains(&of)
                    {
                        let generation = hit.record.revision.saturating_mul(CLAIMS);
                        timers.push(SetTimer { of, due: Some(due), generation });
                    }
                }
            }
        }
        Ok(timers)
    }
}

/// Commits that are decided on together and share a synchronisation with the disk.
const COMMITS: usize = 256;

/// Somebody else has written to the firm.
fn beaten(firm: FirmId, conflict: &Conflict) -> Error {
    let why = format!("the firm {firm} is written to by another, who imports it too or sets it up ({conflict:?})");
    StoreError::new(ErrorKind::Conflict, why).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;
    use crate::store::{QueuedBody, QueuedState, Waiting};

    #[test]
    fn s12_1_queued_rows_have_a_number() {
        let engine = Engine::new(Arc::new(MemoryStore::new()));
        let mut import = Import::begin(&engine, FirmId(uuid::Uuid::from_u128(1))).expect("begun");
        import.most = 3;
        let of = TimerOf::Job(crate::id::JobId(uuid::Uuid::from_u128(2)));
        let due = chrono::DateTime::UNIX_EPOCH;
        let body = QueuedBody::Timer(of);
        let waiting = Waiting {
            sequence: 1,
            id: of.row(),
            due,
            attempts: 1,
            generation: 1,
            leased_until: None,
            error: None,
            body,
        };
        let rows = |count| (0..count).map(|_| Row::of(&waiting, QueuedState::Waiting, due)).collect();
        import.rows(rows(3)).expect("as many as there may be");
        let error = import.rows(rows(1)).expect_err("one too many");
        assert!(matches!(error, Error::Rejected(Rejection::Limit { limit: "EXPORT_ROWS", .. })), "{error}");
    }
}
