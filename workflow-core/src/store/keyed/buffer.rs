//! A transaction with the changes that it is to make.

use std::collections::BTreeMap;

use super::{Change, KeyRange, KeyTransaction, ROWS};
use crate::error::StoreError;

/// A key with its value.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// A key with what it holds, or nothing when a change deletes it.
type Held = (Vec<u8>, Option<Vec<u8>>);

/// A transaction that sees its own changes, which are made when it commits.
pub(super) struct Buffer<'a> {
    transaction: Box<dyn KeyTransaction + 'a>,
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl<'a> Buffer<'a> {
    pub(super) fn new(transaction: Box<dyn KeyTransaction + 'a>) -> Self {
        Self { transaction, changes: BTreeMap::new() }
    }

    pub(super) fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.changes.get(key) {
            Some(change) => Ok(change.clone()),
            None => self.transaction.get(key),
        }
    }

    pub(super) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.changes.insert(key, Some(value));
    }

    pub(super) fn delete(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    /// The rows of a range, as many as it says.
    pub(super) fn range(&mut self, range: &KeyRange) -> Result<Vec<Pair>, StoreError> {
        let mut found = Vec::new();
        let mut rest = range.clone();
        while found.len() < range.limit && rest.from < rest.to {
            rest.limit = range.limit.saturating_sub(found.len()).min(ROWS);
            let page = self.page(&rest)?;
            let Some((last, _)) = page.last() else { break };
            if rest.descending {
                rest.to.clone_from(last);
            } else {
                rest.from.clone_from(last);
                rest.from.push(0);
            }
            let complete = page.len() < rest.limit;
            found.extend(page);
            if complete {
                break;
            }
        }
        Ok(found)
    }

    /// Rows of a range, no more than one call may be asked for.
    fn page(&mut self, range: &KeyRange) -> Result<Vec<Pair>, StoreError> {
        let mut found = Vec::new();
        if self.changes.range(range.from.clone()..range.to.clone()).next().is_none() {
            self.transaction.range(range, &mut |key, value| found.push((key.to_vec(), value.to_vec())))?;
            found.truncate(range.limit);
            return Ok(found);
        }
        // Row by row, so that a change that hides one makes room for the next.
        let mut rest = range.clone();
        while found.len() < range.limit && rest.from < rest.to {
            let Some(row) = self.next(&rest)? else { break };
            if rest.descending {
                rest.to.clone_from(&row.0);
            } else {
                rest.from.clone_from(&row.0);
                rest.from.push(0);
            }
            if let (key, Some(value)) = row {
                found.push((key, value));
            }
        }
        Ok(found)
    }

    /// The next key of a range in its direction, with its value unless a change deletes it.
    fn next(&mut self, range: &KeyRange) -> Result<Option<Held>, StoreError> {
        let mut kept = None;
        let one = KeyRange { limit: 1, ..range.clone() };
        self.transaction.range(&one, &mut |key, value| kept = Some((key.to_vec(), value.to_vec())))?;
        let mut changes = self.changes.range(range.from.clone()..range.to.clone());
        let changed = if range.descending { changes.next_back() } else { changes.next() };
        let changed = changed.map(|(key, value)| (key.clone(), value.clone()));
        let kept = kept.map(|(key, value)| (key, Some(value)));
        Ok(match (changed, kept) {
            // A change of the same key is what it holds.
            (Some(changed), Some(kept)) if changed.0 == kept.0 => Some(changed),
            (Some(changed), Some(kept)) => Some(if (changed.0 < kept.0) == range.descending { kept } else { changed }),
            (changed, kept) => changed.or(kept),
        })
    }

    /// Makes the changes.
    pub(super) fn commit(self) -> Result<(), StoreError> {
        let changes: Vec<Change> = self.changes.into_iter().map(|(key, value)| Change { key, value }).collect();
        if changes.is_empty() {
            // Nothing was written: what was read needs no proof.
            return Ok(());
        }
        self.transaction.commit(&changes)
    }
}
