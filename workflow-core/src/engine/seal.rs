//! Sealing the log, and looking whether it still agrees with its seals.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Engine;
use crate::error::{Error, ErrorKind, StoreError};
use crate::event::{Entry, Event, Recorded};
use crate::id::{EntryId, FirmId};
use crate::limits;
use crate::seal::{Seal, Sealing, Sum, kept, sum};
use crate::store::{LogBy, LogPosition, LogScan, Logged, Transact};

/// The seals of a firm's log.
#[derive(Clone, Copy)]
pub(super) struct Seals<'a> {
    pub(super) store: &'a dyn Transact,
    pub(super) firm: FirmId,
}

/// A head that was written down outside the store, to be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownSeal {
    /// The seal's number.
    pub number: u64,
    /// Its head, in hexadecimal digits.
    pub head: String,
}

/// What a look through the log by its seals found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogVerification {
    /// Entries of the log that were read.
    pub entries: u64,
    /// Of these, the ones that agree with their seal.
    pub sealed: u64,
    /// The last seal, to be written down outside the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<KnownSeal>,
    /// The first thing that is not as it was sealed. Nothing after it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altered: Option<Alteration>,
}

/// What became of a sealed log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlterationKind {
    /// An entry is not what it was.
    Altered,
    /// An entry is gone.
    Missing,
    /// An entry was put in.
    Added,
    /// A seal is gone, or does not agree with what it covers or with the seal before.
    Seal,
    /// The seal that was written down outside is not this one: all that it stands for may be altered.
    Head,
}

/// The first thing in a log that is not as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Alteration {
    /// What became of it.
    pub kind: AlterationKind,
    /// The number of the seal that tells.
    pub seal: u64,
    /// The entry: the altered one, the one that was put in, the one before which one is missing, or the
    /// seal's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryId>,
    /// Its place in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<LogPosition>,
    /// In words.
    pub why: String,
}

impl Engine {
    /// Reads a firm's log from its beginning and compares it with its seals, and a seal with what was
    /// written down of it outside. What is not sealed yet is counted and not compared.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use workflow_core::engine::Engine;
    /// # use workflow_core::event::Actor;
    /// # use workflow_core::model::FirmSettings;
    /// # use workflow_core::store::memory::MemoryStore;
    /// # let engine = Engine::new(Arc::new(MemoryStore::new()));
    /// # let firm = "0190a5d0-0000-7000-8000-000000000001".parse()?;
    /// let acting = engine.acting(firm, Actor::system("audit"));
    /// acting.save_firm(FirmSettings::named("Ledger & Sons"))?;
    /// acting.seal_log()?;
    /// let found = engine.verify_log(firm, None)?;
    /// assert!(found.altered.is_none());
    /// // The head goes where nobody who can write to the store can alter it.
    /// let known = found.last;
    /// assert!(engine.verify_log(firm, known.as_ref())?.altered.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn verify_log(&self, firm: FirmId, known: Option<&KnownSeal>) -> Result<LogVerification, Error> {
        let seals = Seals { store: &*self.shared.store, firm };
        let mut look = Look { log: Reader::new(seals, None), seals, known, found: LogVerification::default() };
        let altered = look.through()?;
        Ok(LogVerification { altered, ..look.found })
    }
}

impl Seals<'_> {
    /// The seal of this number.
    fn find(&self, number: u64) -> Result<Option<Arc<Seal>>, StoreError> {
        let found = self.entry(Seal::entry(self.firm, number))?;
        Ok(found.and_then(|logged| held(&logged.entry).cloned()))
    }

    fn entry(&self, id: EntryId) -> Result<Option<Logged>, StoreError> {
        Ok(self.store.log(self.firm, &LogScan::new(LogBy::Entry(id), 1))?.into_iter().next())
    }

    /// The last seal. Looked for by numbers ever twice as great, and then between the last two: a log
    /// has no list of its seals.
    fn last(&self) -> Result<Option<Arc<Seal>>, StoreError> {
        let (mut last, mut past) = (None, 1u64);
        while let Some(seal) = self.find(past)? {
            last = Some(seal);
            past = past.saturating_mul(2);
        }
        while let Some(low) = last.as_ref().map(|seal| seal.number)
            && past.saturating_sub(low) > 1
        {
            let middle = low.saturating_add(past.saturating_sub(low) / 2);
            match self.find(middle)? {
                Some(seal) => last = Some(seal),
                None => past = middle,
            }
        }
        Ok(last)
    }

    /// The seal that is to come next. None when nothing but seals came after the last one.
    pub(super) fn next(&self) -> Result<Option<Seal>, StoreError> {
        let last = self.last()?;
        let after = match &last {
            None => None,
            Some(seal) => match self.entry(seal.through)? {
                Some(logged) => Some(logged.position),
                None => {
                    let why = format!("the log has no entry `{}`, which its seal {} names", seal.through, seal.number);
                    return Err(StoreError::new(ErrorKind::Corrupt, why));
                }
            },
        };
        let number = last.as_ref().map_or(1, |seal| seal.number.saturating_add(1));
        let mut sealing = Sealing::after(number, last.as_ref().map(|seal| &*seal.head));
        let (mut reader, mut news) = (Reader::new(*self, after), false);
        for _ in 0..limits::SEAL_ENTRIES {
            let Some(logged) = reader.next()? else { break };
            news |= held(&logged.entry).is_none();
            sealing.take(&logged.entry, &summed(&logged.entry)?);
        }
        Ok(sealing.close().filter(|_| news))
    }
}

/// The seal that an entry holds, if it is one of a seal.
fn held(entry: &Entry) -> Option<&Arc<Seal>> {
    match &*entry.events {
        [Recorded { event: Event::LogSealed(seal), .. }] => Some(seal),
        _ => None,
    }
}

fn summed(entry: &Entry) -> Result<Sum, StoreError> {
    sum(entry).map_err(|error| {
        StoreError::new(ErrorKind::Corrupt, format!("the entry `{}` cannot be written as JSON", entry.id))
            .caused_by(error)
    })
}

/// Reads a log entry by entry, a page at a time.
struct Reader<'a> {
    seals: Seals<'a>,
    scan: LogScan,
    page: std::vec::IntoIter<Logged>,
    ended: bool,
}

impl<'a> Reader<'a> {
    fn new(seals: Seals<'a>, after: Option<LogPosition>) -> Self {
        let scan = LogScan { after, ..LogScan::new(LogBy::Firm, limits::PAGE) };
        Self { seals, scan, page: Vec::new().into_iter(), ended: false }
    }

    fn next(&mut self) -> Result<Option<Logged>, StoreError> {
        if let Some(logged) = self.page.next() {
            return Ok(Some(logged));
        }
        if self.ended {
            return Ok(None);
        }
        let page = self.seals.store.log(self.seals.firm, &self.scan)?;
        self.ended = page.len() < self.scan.limit;
        self.scan.after = page.last().map(|logged| logged.position).or(self.scan.after);
        self.page = page.into_iter();
        Ok(self.page.next())
    }
}

/// A look through a log.
struct Look<'a> {
    log: Reader<'a>,
    seals: Seals<'a>,
    known: Option<&'a KnownSeal>,
    found: LogVerification,
}

impl Look<'_> {
    fn through(&mut self) -> Result<Option<Alteration>, StoreError> {
        let mut head: Option<String> = None;
        let mut number = 0u64;
        while let Some(seal) = self.seals.find(number.saturating_add(1))? {
            number = number.saturating_add(1);
            if let Some(altered) = self.stretch(&seal, number, head.as_deref())? {
                return Ok(Some(altered));
            }
            if let Some(known) = self.known.filter(|known| known.number == number && known.head != seal.head) {
                let why = format!("seal {number} is `{}`, and was written down as `{}`", seal.head, known.head);
                return Ok(Some(self.of_seal(AlterationKind::Head, number, why)));
            }
            self.found.last = Some(KnownSeal { number, head: seal.head.clone() });
            head = Some(seal.head.clone());
        }
        while let Some(logged) = self.log.next()? {
            self.found.entries = self.found.entries.saturating_add(1);
            if let Some(seal) = held(&logged.entry).filter(|seal| seal.number > number) {
                let gone = number.saturating_add(1);
                let why = format!("seal {gone} is gone: the log goes on with seal {}", seal.number);
                return Ok(Some(alteration(
                    AlterationKind::Seal,
                    gone,
                    Some(&logged.entry),
                    Some(logged.position),
                    why,
                )));
            }
        }
        if let Some(known) = self.known.filter(|known| known.number > number) {
            let why = format!("the log has no seal {}, which was written down: its last is {number}", known.number);
            return Ok(Some(alteration(AlterationKind::Head, known.number, None, None, why)));
        }
        Ok(None)
    }

    /// Compares the entries that a seal covers.
    fn stretch(&mut self, seal: &Seal, number: u64, head: Option<&str>) -> Result<Option<Alteration>, StoreError> {
        let mut sealing = Sealing::after(number, head);
        for place in 0..seal.covers() {
            let Some(logged) = self.log.next()? else {
                let why = format!("the log ends before the last entry that seal {number} covers");
                return Ok(Some(alteration(AlterationKind::Missing, number, None, None, why)));
            };
            self.found.entries = self.found.entries.saturating_add(1);
            let sum = summed(&logged.entry)?;
            let is = kept(&sum);
            if seal.digest(place) != Some(&is) {
                return self.told_apart(logged, &is, seal, place).map(Some);
            }
            self.found.sealed = self.found.sealed.saturating_add(1);
            sealing.take(&logged.entry, &sum);
        }
        let made = sealing.close();
        let is_own = |made: &Seal| made.head == seal.head && made.through == seal.through && number == seal.number;
        if made.as_ref().is_some_and(is_own) {
            return Ok(None);
        }
        let why = format!("seal {number} does not agree with the entries that it covers and the seal before");
        Ok(Some(self.of_seal(AlterationKind::Seal, number, why)))
    }

    /// Something that is wrong with a seal itself.
    fn of_seal(&self, kind: AlterationKind, seal: u64, why: String) -> Alteration {
        Alteration { kind, seal, entry: Some(Seal::entry(self.seals.firm, seal)), position: None, why }
    }

    /// What became of an entry that is not the one that was sealed.
    fn told_apart(&mut self, found: Logged, is: &str, seal: &Seal, place: usize) -> Result<Alteration, StoreError> {
        let (number, entry, position) = (seal.number, &found.entry, Some(found.position));
        let expected = seal.digest(place);
        if seal.digest(place.saturating_add(1)) == Some(is) {
            let why = format!("an entry is gone from before the entry `{}`", entry.id);
            return Ok(alteration(AlterationKind::Missing, number, Some(entry), position, why));
        }
        let next = self.log.next()?;
        let next = next.map(|next| summed(&next.entry)).transpose()?.map(|sum| kept(&sum));
        if next.is_some() && next.as_deref() == expected {
            let why = format!("the entry `{}` was put in after the log was sealed", entry.id);
            return Ok(alteration(AlterationKind::Added, number, Some(entry), position, why));
        }
        let why = format!("the entry `{}` was altered after the log was sealed", entry.id);
        Ok(alteration(AlterationKind::Altered, number, Some(entry), position, why))
    }
}

fn alteration(
    kind: AlterationKind,
    seal: u64,
    entry: Option<&Entry>,
    position: Option<LogPosition>,
    why: String,
) -> Alteration {
    Alteration { kind, seal, entry: entry.map(|entry| entry.id), position, why }
}
