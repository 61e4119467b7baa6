//! Pages over one or several scans.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Cursor, Page, PageRequest, Queries};
use crate::error::{Error, Rejection};
use crate::limits;
use crate::model::Job;
use crate::store::{Cell, Document, Hit, Scan};

/// Scans whose rows are merged by sort cell and key. A query goes through its stretches one after
/// the other.
pub(super) type Stretch = Vec<Scan>;

/// A number that is the same for equal queries.
pub(super) fn fingerprint(query: &impl std::fmt::Debug) -> u64 {
    let text = format!("{query:?}");
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

impl Queries<'_> {
    /// A page of the rows that `keep` turns hits into, in order. `keep` gets a handful of hits at
    /// a time and answers for each, in order, a row or nothing.
    pub(super) fn page<T>(
        &self,
        query: u64,
        stretches: &[Stretch],
        request: &PageRequest,
        mut keep: impl FnMut(&[Hit]) -> Result<Vec<Option<T>>, Error>,
    ) -> Result<Page<T>, Error> {
        request.check()?;
        let (mut place, mut last) = match &request.after {
            None => (0, None),
            Some(cursor) if cursor.query == query => (cursor.stretch, cursor.last.clone()),
            Some(_) => {
                return Err(Rejection::invalid("after", "the cursor belongs to another query").into());
            }
        };
        let mut rows = Vec::new();
        let mut looked_at = 0usize;
        // A record that changes between two scans can be found by both: it is shown once.
        let mut shown = (stretches.iter().map(Vec::len).sum::<usize>() > 1).then(BTreeSet::new);
        while let Some(stretch) = stretches.get(place) {
            let wanted = request.limit.saturating_sub(rows.len());
            let (hits, exhausted) = self.merge(stretch, last.as_ref(), wanted.max(16))?;
            looked_at = looked_at.saturating_add(hits.len());
            for (hit, row) in hits.iter().zip(keep(&hits)?) {
                if rows.len() == request.limit {
                    let next = Some(Cursor { query, stretch: place, last });
                    return Ok(Page { rows, next });
                }
                let key = hit.record.document.id().cell();
                let again = row.is_some() && shown.as_mut().is_some_and(|shown| !shown.insert(key.clone()));
                last = Some((hit.sort.clone(), key));
                rows.extend(row.filter(|_| !again));
            }
            if exhausted {
                (place, last) = (place.saturating_add(1), None);
            }
            let more = place < stretches.len();
            if more && (rows.len() >= request.limit || looked_at >= limits::SCAN) {
                return Ok(Page { rows, next: Some(Cursor { query, stretch: place, last }) });
            }
        }
        Ok(Page { rows, next: None })
    }

    /// The next rows of a stretch, and whether they are the last ones.
    fn merge(&self, stretch: &Stretch, after: Option<&(Cell, Cell)>, limit: usize) -> Result<(Vec<Hit>, bool), Error> {
        let limit = limit.min(limits::PAGE);
        let mut merged = Vec::new();
        let mut exhausted = true;
        let mut descending = false;
        for scan in stretch {
            let mut scan = scan.clone();
            (scan.after, scan.limit) = (after.cloned(), limit);
            descending = scan.descending;
            let hits = self.store.scan(self.firm, &scan)?;
            exhausted &= hits.len() < limit;
            merged.extend(hits);
        }
        if stretch.len() > 1 {
            let place = |hit: &Hit| (hit.sort.clone(), hit.record.document.id().cell());
            merged.sort_by_cached_key(place);
            if descending {
                merged.reverse();
            }
            exhausted &= merged.len() <= limit;
            merged.truncate(limit);
        }
        Ok((merged, exhausted))
    }
}

/// A scan that is gone through to its end, some rows at a time.
struct Walk {
    scan: Scan,
    /// Rows that are read and not taken, the next one last.
    read: Vec<Hit>,
    ended: bool,
}

impl Walk {
    /// Rows that are read in one go.
    const ROWS: usize = 100;

    fn next(&self) -> Option<(&Cell, Cell)> {
        self.read.last().map(|hit| (&hit.sort, hit.record.document.id().cell()))
    }

    fn fill(&mut self, queries: &Queries<'_>) -> Result<(), Error> {
        if self.read.is_empty() && !self.ended {
            self.read = queries.store.scan(queries.firm, &self.scan)?;
            self.ended = self.read.len() < self.scan.limit;
            self.scan.after = self.read.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()));
            self.read.reverse();
        }
        Ok(())
    }
}

impl Queries<'_> {
    /// Goes through the rows of several descending scans in their common order, and reads each
    /// once: for those who want many, where a page wants few. `each` gets a handful at a time and answers
    /// whether to go on.
    pub(super) fn walk(
        &self,
        scans: impl IntoIterator<Item = Scan>,
        mut each: impl FnMut(&[Hit]) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let walk = |scan| Walk { scan: Scan { limit: Walk::ROWS, ..scan }, read: Vec::new(), ended: false };
        let mut walks: Vec<Walk> = scans.into_iter().map(walk).collect();
        walks.iter_mut().try_for_each(|walk| walk.fill(self))?;
        loop {
            let mut hits = Vec::with_capacity(Walk::ROWS);
            while hits.len() < Walk::ROWS {
                let Some(first) = walks.iter_mut().max_by(|one, other| one.next().cmp(&other.next())) else { break };
                let Some(hit) = first.read.pop() else { break };
                hits.push(hit);
                first.fill(self)?;
            }
            if hits.is_empty() || !each(&hits)? {
                return Ok(());
            }
        }
    }
}

/// The jobs among hits.
pub(super) fn jobs(hits: &[Hit]) -> Vec<Option<&Arc<Job>>> {
    hits.iter()
        .map(|hit| match &hit.record.document {
            Document::Job(job) => Some(job),
            _ => None,
        })
        .collect()
}
