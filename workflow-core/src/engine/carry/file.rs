//! The file: lines of JSON, sealed as it goes along.
//!
//! The first line says what the file is, then come entries, then rows of queues, and the last line
//! says that this was all. After every stretch of whole commits a line holds the SHA-256 of
//! everything before it. A reader uses nothing that is not sealed, so that nothing altered is ever
//! brought into a store, and keeps no more in memory than one stretch.

use std::io::{BufRead, Read, Write};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::definition::is_default;
use crate::error::{Error, ErrorKind, Rejection, StoreError};
use crate::event::Entry;
use crate::id::FirmId;
use crate::limits;
use crate::model::Notification;
use crate::store::{FollowUp, QueuedBody, QueuedState, RestoredRow, TimerOf, Waiting};

/// What the file is called by its first line.
pub(super) const FORMAT: &str = "workflow firm";
/// The version of the format that is written, and the newest that is read.
pub(super) const VERSION: u32 = 1;
/// Bytes after which a stretch is sealed, once its last commit is complete.
const STRETCH: u64 = 64 * 1024;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    format: String,
    version: u32,
    pub(super) firm: FirmId,
}

/// Every other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// An entry of the log.
    Entry(Arc<Entry>),
    /// A row of a queue.
    Row(Box<Row>),
    /// Everything before this line has this sum.
    Seal(String),
    /// That was all.
    End(End),
}

/// The last line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) entries: u64,
    pub(super) rows: u64,
    pub(super) sha256: String,
}

/// A row of a queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) body: Body,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) dead: bool,
    due: DateTime<Utc>,
    attempts: u32,
    generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Whether somebody was handling it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) under_way: bool,
}

/// What a row carries.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Body {
    Notification(Arc<Notification>),
    FollowUp(Arc<FollowUp>),
    Timer(TimerOf),
}

impl Row {
    /// A row as it is listed, at an instant.
    pub(super) fn of(waiting: &Waiting, state: QueuedState, now: DateTime<Utc>) -> Self {
        let body = match &waiting.body {
            QueuedBody::Notification(notification) => Body::Notification(Arc::clone(notification)),
            QueuedBody::FollowUp(follow_up) => Body::FollowUp(Arc::clone(follow_up)),
            QueuedBody::Timer(of) => Body::Timer(*of),
        };
        Self {
            body,
            dead: state == QueuedState::Dead,
            due: waiting.due,
            attempts: waiting.attempts,
            generation: waiting.generation,
            error: waiting.error.clone(),
            under_way: waiting.leased_until.is_some_and(|until| until > now),
        }
    }

    /// The row for another store.
    pub(super) fn restored(self) -> RestoredRow {
        let (id, body) = match self.body {
            Body::Notification(notification) => (notification.id.0, QueuedBody::Notification(notification)),
            Body::FollowUp(follow_up) => (follow_up.id.0, QueuedBody::FollowUp(follow_up)),
            Body::Timer(of) => (of.row(), QueuedBody::Timer(of)),
        };
        RestoredRow {
            id,
            lane: crate::engine::commit::lane(&body),
            state: if self.dead { QueuedState::Dead } else { QueuedState::Waiting },
            due: self.due,
            attempts: self.attempts,
            generation: self.generation,
            error: self.error,
            body,
        }
    }
}

/// A failure of what the file is written to or read from.
fn transport(what: &str, error: std::io::Error) -> Error {
    StoreError::new(ErrorKind::Unavailable, format!("{what}: {error}")).caused_by(error).into()
}

/// The file is not what was written.
fn damaged(line: u64, why: impl std::fmt::Display) -> Error {
    let message = format!("line {line} of the export: {why}; the file is damaged or was altered");
    StoreError::new(ErrorKind::Corrupt, message).into()
}

fn in_hex(sum: impl AsRef<[u8]>) -> String {
    sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Ends with an error that names the limit, past it.
pub(super) fn bounded(limit: &'static str, max: u64, actual: u64, what: &str) -> Result<(), Error> {
    if actual <= max {
        return Ok(());
    }
    Err(Rejection::Limit { limit, max, actual, what: what.to_owned() }.into())
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Writes the file.
pub(super) struct Writer<W> {
    to: W,
    sum: Sha256,
    line: Vec<u8>,
    /// Bytes since the last seal.
    stretch: u64,
}

impl<W: Write> Writer<W> {
    /// Begins the file.
    pub(super) fn begin(to: W, firm: FirmId) -> Result<Self, Error> {
        let mut writer = Self { to, sum: Sha256::new(), line: Vec::new(), stretch: 0 };
        writer.write(&Header { format: FORMAT.to_owned(), version: VERSION, firm })?;
        Ok(writer)
    }

    /// Writes an entry, and a seal when a stretch ends with it.
    pub(super) fn entry(&mut self, entry: &Arc<Entry>) -> Result<(), Error> {
        self.write(&Line::Entry(Arc::clone(entry)))?;
        bounded("EXPORT_COMMIT_BYTES", limits::EXPORT_COMMIT_BYTES, self.stretch, "a commit of the log")?;
        if self.stretch >= STRETCH && !entry.more { self.seal() } else { Ok(()) }
    }

    /// Writes a row, and a seal when a stretch ends with it.
    pub(super) fn row(&mut self, row: &Row) -> Result<(), Error> {
        self.write(&Line::Row(Box::new(row.clone())))?;
        if self.stretch >= STRETCH { self.seal() } else { Ok(()) }
    }

    /// Seals what was written since the last seal.
    fn seal(&mut self) -> Result<(), Error> {
        let sum = in_hex(self.sum.clone().finalize());
        self.write(&Line::Seal(sum))?;
        self.stretch = 0;
        Ok(())
    }

    /// Ends the file. Answers its sum.
    pub(super) fn end(mut self, entries: u64, rows: u64) -> Result<String, Error> {
        let sha256 = in_hex(self.sum.clone().finalize());
        self.write(&Line::End(End { entries, rows, sha256: sha256.clone() }))?;
        self.to.flush().map_err(|error| transport("the export cannot be written", error))?;
        Ok(sha256)
    }

    fn write(&mut self, line: &impl Serialize) -> Result<(), Error> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line).map_err(|error| {
            StoreError::new(ErrorKind::Corrupt, "something cannot be written as JSON").caused_by(error)
        })?;
        self.line.push(b'\n');
        bounded("EXPORT_LINE_BYTES", limits::EXPORT_LINE_BYTES, size(&self.line), "a line of the export")?;
        self.sum.update(&self.line);
        self.stretch = self.stretch.saturating_add(size(&self.line));
        self.to.write_all(&self.line).map_err(|error| transport("the export cannot be written", error))
    }
}

/// A stretch of the file that is sealed: whole commits, rows, or some of both.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    pub(super) entries: Vec<Arc<Entry>>,
    pub(super) rows: Vec<Row>,
    /// Set when it is the last.
    pub(super) end: Option<End>,
}

/// Reads the file.
pub(super) struct Reader<R> {
    from: R,
    sum: Sha256,
    line: Vec<u8>,
    /// Number of the line that was read last.
    number: u64,
    firm: FirmId,
    entries: u64,
    rows: u64,
    /// Bytes of a line, and of a stretch, at most.
    most: (u64, u64),
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line: what the file is.
    pub(super) fn begin(from: R) -> Result<Self, Error> {
        let mut reader = Self {
            from,
            sum: Sha256::new(),
            line: Vec::new(),
            number: 0,
            firm: FirmId(uuid::Uuid::nil()),
            entries: 0,
            rows: 0,
            most: (limits::EXPORT_LINE_BYTES, limits::EXPORT_COMMIT_BYTES),
        };
        let not_ours = || StoreError::new(ErrorKind::NotAStore, "this is not the export of a firm");
        if !reader.next()? {
            return Err(not_ours().into());
        }
        // Of a newer version not more than the version is asked for.
        let header: serde_json::Value = serde_json::from_slice(&reader.line).map_err(|_| not_ours())?;
        if header.get("format").and_then(serde_json::Value::as_str) != Some(FORMAT) {
            return Err(not_ours().into());
        }
        match header.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version > u64::from(VERSION) => {
                let why = format!(
                    "the export is of format version {version}, and this library reads versions up to {VERSION}: \
                     import it with the version of the library that wrote it, or a newer one"
                );
                return Err(StoreError::new(ErrorKind::NewerVersion, why).into());
            }
            Some(version) if version > 0 => {}
            _ => return Err(damaged(1, "it names no version of the format")),
        }
        let header: Header = serde_json::from_value(header).map_err(|error| damaged(1, error))?;
        reader.firm = header.firm;
        reader.sum.update(&reader.line);
        Ok(reader)
    }

    /// Which firm it is.
    pub(super) fn firm(&self) -> FirmId {
        self.firm
    }

    /// Reads on to the next seal.
    pub(super) fn stretch(&mut self) -> Result<Stretch, Error> {
        let mut stretch = Stretch::default();
        let mut bytes = 0u64;
        loop {
            if !self.next()? {
                return Err(damaged(self.number, "the end of the export is missing"));
            }
            let line: Line = serde_json::from_slice(&self.line)
                .map_err(|error| damaged(self.number, format!("it cannot be read ({error})")))?;
            let seals = matches!(line, Line::Seal(_) | Line::End(_));
            let before = if seals { in_hex(self.sum.clone().finalize()) } else { String::new() };
            self.sum.update(&self.line);
            bytes = bytes.saturating_add(size(&self.line));
            bounded("EXPORT_COMMIT_BYTES", self.most.1, bytes, "a stretch of the export")?;
            match line {
                Line::Entry(entry) => self.take_entry(&mut stretch, entry)?,
                Line::Row(row) => {
                    self.whole(&stretch)?;
                    self.rows = self.rows.saturating_add(1);
                    stretch.rows.push(*row);
                }
                Line::Seal(sum) => {
                    self.whole(&stretch)?;
                    return if sum == before { Ok(stretch) } else { Err(self.altered()) };
                }
                Line::End(end) => {
                    self.whole(&stretch)?;
                    self.ends_with(&end, &before)?;
                    stretch.end = Some(end);
                    return Ok(stretch);
                }
            }
        }
    }

    fn take_entry(&mut self, stretch: &mut Stretch, entry: Arc<Entry>) -> Result<(), Error> {
        if entry.firm != self.firm {
            return Err(damaged(self.number, format!("it is of another firm, {}", entry.firm)));
        }
        if self.rows > 0 {
            return Err(damaged(self.number, "an entry comes after rows of queues"));
        }
        self.entries = self.entries.saturating_add(1);
        stretch.entries.push(entry);
        Ok(())
    }

    /// Ends with an error in the middle of a commit.
    fn whole(&self, stretch: &Stretch) -> Result<(), Error> {
        if stretch.entries.last().is_some_and(|entry| entry.more) {
            return Err(damaged(self.number, "a commit is not complete"));
        }
        Ok(())
    }

    fn altered(&self) -> Error {
        damaged(self.number, "what is before it does not have the sum that it had when it was written")
    }

    fn ends_with(&mut self, end: &End, sum: &str) -> Result<(), Error> {
        if end.sha256 != sum {
            return Err(self.altered());
        }
        if (end.entries, end.rows) != (self.entries, self.rows) {
            return Err(damaged(self.number, "it counts other entries and rows than there are"));
        }
        let after = self.number.saturating_add(1);
        if self.next()? { Err(damaged(after, "it follows the end")) } else { Ok(()) }
    }

    /// Reads a line. Answers whether there was one.
    fn next(&mut self) -> Result<bool, Error> {
        self.line.clear();
        let most = self.most.0;
        let mut from = self.from.by_ref().take(most.saturating_add(1));
        from.read_until(b'\n', &mut self.line).map_err(|error| transport("the export cannot be read", error))?;
        if self.line.is_empty() {
            return Ok(false);
        }
        self.number = self.number.saturating_add(1);
        bounded("EXPORT_LINE_BYTES", most, size(&self.line), "a line of the export")?;
        if self.line.last() != Some(&b'\n') {
            return Err(damaged(self.number, "the file ends in the middle of it"));
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::event::Actor;
    use crate::id::EntryId;

    fn entry(number: u128, more: bool) -> Arc<Entry> {
        Arc::new(Entry {
            id: EntryId(uuid::Uuid::from_u128(number)),
            firm: FirmId(uuid::Uuid::from_u128(1)),
            at: DateTime::UNIX_EPOCH,
            actor: Actor::Automation,
            command: Cow::Borrowed("tick"),
            key: None,
            fingerprint: 0,
            job: None,
            account: None,
            revision: 0,
            definition: None,
            cause: None,
            more,
            events: Vec::new(),
        })
    }

    fn written(entries: &[Arc<Entry>]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut writer = Writer::begin(&mut file, FirmId(uuid::Uuid::from_u128(1))).expect("begun");
        entries.iter().for_each(|entry| writer.entry(entry).expect("written"));
        writer.end(u64::try_from(entries.len()).expect("few"), 0).expect("ended");
        file
    }

    fn reader(file: &[u8]) -> Reader<&[u8]> {
        Reader::begin(file).expect("an export")
    }

    #[test]
    fn a_stretch_ends_with_a_whole_commit() {
        // Two commits of a thousand entries: more than a stretch, which a commit is not cut by.
        let entries: Vec<_> = (0..2_000).map(|number| entry(number, number % 1_000 != 999)).collect();
        let file = written(&entries);
        assert!(u64::try_from(file.len()).expect("small") > 3 * STRETCH);
        let mut reader = reader(&file);
        let lengths: Vec<usize> = (0..3).map(|_| reader.stretch().expect("sealed").entries.len()).collect();
        assert_eq!(lengths, [1_000, 1_000, 0]);
    }

    #[test]
    fn s12_1_lines_and_commits_have_a_size() {
        let file = written(&(0..50).map(|number| entry(number, number < 49)).collect::<Vec<_>>());
        for (most, limit) in [((100, 1_000_000), "EXPORT_LINE_BYTES"), ((100_000, 4_000), "EXPORT_COMMIT_BYTES")] {
            let mut reader = reader(&file);
            reader.most = most;
            let error = reader.stretch().expect_err("too much");
            assert!(matches!(error, Error::Rejected(Rejection::Limit { limit: name, .. }) if name == limit), "{error}");
            // No more was read than that, and a little for the buffer.
            assert!(reader.line.len() <= 1_000);
        }
    }

    #[test]
    fn a_commit_that_does_not_end_is_noticed() {
        let error = reader(&written(&[entry(1, false), entry(2, true)])).stretch().expect_err("not whole");
        assert!(error.to_string().contains("a commit is not complete"), "{error}");
    }

    #[test]
    fn entries_of_another_firm_are_noticed() {
        let mut other = Entry::clone(&entry(1, false));
        other.firm = FirmId(uuid::Uuid::from_u128(2));
        let error = reader(&written(&[Arc::new(other)])).stretch().expect_err("another firm");
        assert!(error.to_string().contains("of another firm"), "{error}");
    }
}
