//! Writing a firm to a file.

use std::io::Write;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::Carried;
use super::file::{Row, Writer};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Rejection, StoreError};
use crate::id::FirmId;
use crate::limits;
use crate::store::{DocId, LogBy, LogPosition, LogScan, Queue, QueueScan, QueuedBody, QueuedState, Transact, Waiting};

impl Engine {
    /// Writes a firm: its whole log, and what waits in its queues. [`Engine::import_firm`] makes the
    /// same firm of it in another store.
    ///
    /// The file is of one moment, also while the firm is worked on. It is written as it is read, in
    /// lines of JSON: give it a buffered writer. Leases are not written; [`Carried::under_way`] tells
    /// which notifications somebody held.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use workflow_core::engine::Engine;
    /// use workflow_core::event::Actor;
    /// use workflow_core::model::FirmSettings;
    /// use workflow_core::store::memory::MemoryStore;
    ///
    /// let here = Engine::new(Arc::new(MemoryStore::new()));
    /// let firm = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
    /// here.acting(firm, Actor::system("setup")).save_firm(FirmSettings::named("Ledger & Sons"))?;
    /// let mut file = Vec::new();
    /// let written = here.export_firm(firm, &mut file)?;
    ///
    /// let there = Engine::new(Arc::new(MemoryStore::new()));
    /// let read = there.import_firm(file.as_slice())?;
    /// assert_eq!((read.firm, read.entries), (firm, 1));
    /// assert_eq!(read.sha256, written.sha256);
    /// assert!(there.verify(firm)?.differences.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such firm, the store cannot be read, or the file cannot be written
    /// ([`ErrorKind::Unavailable`]). [`ErrorKind::Busy`] when queued work changed meanwhile in a store
    /// that cannot show one moment ([`Transact::at_one_moment`]): let the firm rest and try again.
    /// What was written by then has no end and is refused by an import.
    pub fn export_firm(&self, firm: FirmId, to: impl Write) -> Result<Carried, Error> {
        let store = &*self.shared.store;
        if store.get(firm, &[DocId::Firm])?.into_iter().flatten().next().is_none() {
            return Err(Rejection::not_found("firm", firm).into());
        }
        let mut export = Export {
            file: Writer::begin(to, firm)?,
            carried: Carried::of(firm),
            after: None,
            now: self.now(),
            rows: Sha256::new(),
        };
        // Most of the log lies behind the moment, and does not change any more.
        export.log(store)?;
        export.finish(store)
    }
}

struct Export<W> {
    file: Writer<W>,
    carried: Carried,
    /// How far the log is written.
    after: Option<LogPosition>,
    now: DateTime<Utc>,
    /// Sum of the rows as they were listed.
    rows: Sha256,
}

impl<W: Write> Export<W> {
    /// Writes the log on to its end.
    fn log(&mut self, store: &dyn Transact) -> Result<(), Error> {
        loop {
            let scan = LogScan { after: self.after, ..LogScan::new(LogBy::Firm, limits::PAGE) };
            let page = store.log(self.carried.firm, &scan)?;
            let Some(last) = page.last() else { return Ok(()) };
            self.after = Some(last.position);
            for logged in &page {
                self.file.entry(&logged.entry)?;
                self.carried.entries = self.carried.entries.saturating_add(1);
            }
        }
    }

    /// Writes what is left of the log, and the rows, as they are at one moment.
    fn finish(mut self, store: &dyn crate::store::Store) -> Result<Carried, Error> {
        let firm = self.carried.firm;
        let mut written = None;
        let shown = store.at_one_moment(firm, &mut |moment| {
            written = Some(self.rest(moment));
            Ok(())
        });
        match (shown, written) {
            (_, Some(Err(error))) => return Err(error),
            (Err(error), None) if error.kind() == ErrorKind::Unsupported => self.rest_unshown(store)?,
            (Err(error), _) => return Err(error.into()),
            (Ok(()), _) => {}
        }
        let Carried { entries, outbox, follow_ups, timers, .. } = self.carried;
        let rows = outbox.saturating_add(follow_ups).saturating_add(timers);
        self.carried.sha256 = self.file.end(entries, rows)?;
        Ok(self.carried)
    }

    fn rest(&mut self, moment: &dyn Transact) -> Result<(), Error> {
        self.log(moment)?;
        for (queue, state) in sections() {
            each_row(moment, self.carried.firm, queue, state, &mut |waiting| {
                note(&mut self.rows, waiting);
                // A timer that nobody has touched is as its record says, and is set by it.
                if matches!(waiting.body, QueuedBody::Timer(_))
                    && waiting.attempts == 0
                    && state == QueuedState::Waiting
                {
                    return Ok(());
                }
                let row = Row::of(waiting, state, self.now);
                self.carried.count(&row);
                self.file.row(&row)
            })?;
        }
        Ok(())
    }

    /// The same where the store cannot show a moment. The rows are looked at twice: when none has
    /// changed in between, they were so when the log was read to its end, which was in between.
    /// A row never becomes again what it was before: it counts its leases, or has another place.
    fn rest_unshown(&mut self, store: &dyn Transact) -> Result<(), Error> {
        let mut before = Sha256::new();
        for (queue, state) in sections() {
            each_row(store, self.carried.firm, queue, state, &mut |waiting| {
                note(&mut before, waiting);
                Ok(())
            })?;
        }
        self.rest(store)?;
        if before.finalize() == self.rows.clone().finalize() {
            return Ok(());
        }
        let why = "queued work of the firm changed while it was exported, and this store cannot show one moment: \
                   let the firm rest and export it again";
        Err(StoreError::new(ErrorKind::Busy, why).into())
    }
}

/// The queues in the order in which they are written.
fn sections() -> impl Iterator<Item = (Queue, QueuedState)> {
    Queue::ALL.into_iter().flat_map(|queue| [(queue, QueuedState::Waiting), (queue, QueuedState::Dead)])
}

fn each_row(
    store: &dyn Transact,
    firm: FirmId,
    queue: Queue,
    state: QueuedState,
    visit: &mut dyn FnMut(&Waiting) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut scan = QueueScan { queue, firm, state, after: None, limit: limits::PAGE };
    loop {
        let page = store.queued(&scan)?;
        let Some(last) = page.last() else { return Ok(()) };
        scan.after = Some(last.sequence);
        page.iter().try_for_each(&mut *visit)?;
    }
}

/// Adds a row as it is listed to a sum.
fn note(sum: &mut Sha256, waiting: &Waiting) {
    let leased = waiting.leased_until.map_or(0, |until| until.timestamp_micros());
    let numbers = [
        i128::from(waiting.sequence),
        i128::from(waiting.due.timestamp_micros()),
        i128::from(waiting.attempts),
        i128::from(waiting.generation),
        i128::from(leased),
    ];
    sum.update(waiting.id.as_bytes());
    numbers.iter().for_each(|number| sum.update(number.to_be_bytes()));
}
