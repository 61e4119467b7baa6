//! Finds out what a command has done, what followed from it, and what was before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::load::Loader;
use crate::apply::{apply_entry, touched};
use crate::decide::check_limit;
use crate::error::{Error, Rejection};
use crate::event::{Entry, Event};
use crate::id::{AccountId, EntryId, NotificationId};
use crate::limits;
use crate::state::State;
use crate::store::{
    DocId, LogBy, LogPosition, LogScan, Logged, Queue, QueueScan, QueuedBody, QueuedState, Settle, SettleHow, Waiting,
};
use crate::undo::{Involved, Sent, Undoing};

impl Loader<'_> {
    /// Gathers what is to be known to undo the command of an entry, and loads the records that it changed.
    pub(super) fn undoing(&self, named: EntryId, state: &mut State) -> Result<Undoing, Error> {
        let Some(found) = self.log(LogBy::Entry(named), None, false, 1)?.into_iter().next() else {
            return Err(Rejection::not_found("entry", named).into());
        };
        if let Some(cause) = found.entry.cause {
            let why = format!("the entry `{named}` followed from another: undo `{cause}`, and it is undone with it");
            return Err(Rejection::Refused { rule: "not_a_command", why }.into());
        }
        let first = self.first_of_commit(&found)?;
        let mut gathering = Gathering::new(found.entry);
        let mut after = LogPosition(first.0.saturating_sub(1));
        // What is read of the records is as old as the log that is read after them, or newer: then the commit
        // finds it out.
        loop {
            after = self.gather(&mut gathering, after)?;
            let unread: Vec<DocId> = gathering.records.keys().filter(|id| !state.has(id)).cloned().collect();
            if unread.is_empty() {
                break;
            }
            self.load_documents(unread, state)?;
        }
        let Gathering { named, entries, ids, own, mut records, .. } = gathering;
        self.fill_before(&entries, own, &ids, &mut records, state)?;
        let outbox = self.outbox_of(&entries)?;
        let (mut to_follow, mut in_hand) = (Vec::new(), None);
        self.each_row(Queue::FollowUps, QueuedState::Waiting, &mut |row| {
            if let QueuedBody::FollowUp(follow_up) = &row.body
                && follow_up.chain.cause.is_some_and(|cause| ids.contains(&cause))
            {
                in_hand = row.leased_until.max(in_hand);
                to_follow.push(settle(Queue::FollowUps, row));
            }
        })?;
        Ok(Undoing { named, entries, own, records, outbox, to_follow, in_hand })
    }

    fn log(&self, by: LogBy, after: Option<LogPosition>, descending: bool, limit: usize) -> Result<Vec<Logged>, Error> {
        Ok(self.store.log(self.firm, &LogScan { by, after, descending, limit })?)
    }

    /// Where the commit of an entry begins: a bulk that is all or nothing has an entry for each command.
    fn first_of_commit(&self, entry: &Logged) -> Result<LogPosition, Error> {
        let mut first = entry.position;
        loop {
            let page = self.log(LogBy::Firm, Some(first), true, limits::PAGE)?;
            let before = first;
            for earlier in page.iter().take_while(|logged| logged.entry.more) {
                first = earlier.position;
            }
            if first == before || page.iter().any(|logged| !logged.entry.more) {
                return Ok(first);
            }
        }
    }

    /// Reads the log on to its end. Answers how far it was read.
    fn gather(&self, gathering: &mut Gathering, mut after: LogPosition) -> Result<LogPosition, Error> {
        loop {
            let page = self.log(LogBy::Firm, Some(after), false, limits::PAGE)?;
            let Some(last) = page.last() else { return Ok(after) };
            after = last.position;
            for logged in &page {
                gathering.take(&logged.entry)?;
            }
        }
    }

    /// Finds out what the records were before: by folding the log without the entries that are undone.
    fn fill_before(
        &self,
        entries: &[Arc<Entry>],
        own: usize,
        skip: &BTreeSet<EntryId>,
        records: &mut BTreeMap<DocId, Involved>,
        state: &State,
    ) -> Result<(), Error> {
        let mut wanted: BTreeMap<DocId, Option<u64>> = BTreeMap::new();
        for (id, involved) in records.iter().filter(|(_, involved)| involved.since.is_none()) {
            if id.kind().is_work() && !made_by(id, entries, &involved.by) {
                // The command's own entries are of one commit.
                let own_commit = usize::from(involved.by.iter().any(|place| *place < own));
                let commits = own_commit.saturating_add(involved.by.iter().filter(|place| **place >= own).count());
                let commits = u64::try_from(commits).unwrap_or(u64::MAX);
                let now = state.next_revision(id);
                wanted.insert(id.clone(), (now > 0).then(|| now.saturating_sub(commits)));
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let accounts: BTreeSet<AccountId> = entries.iter().filter_map(|entry| entry.account).collect();
        let ids: BTreeSet<DocId> = wanted.keys().cloned().collect();
        let mut folded = Folded::default();
        if let (1, Some(account)) = (accounts.len(), accounts.first()) {
            folded = self.fold(LogBy::Account(*account), skip, &ids)?;
        }
        // A record counts the commits that touched it: when as many entries were found, each a commit of its
        // own, they are all. Of a commit with several entries one can be filed elsewhere.
        let all = !folded.shared
            && wanted.iter().all(|(id, revision)| {
                revision.is_some_and(|revision| revision > 0 && folded.state.next_revision(id) == revision)
            });
        if !all {
            folded = self.fold(LogBy::Firm, skip, &ids)?;
        }
        let mut before = folded.state.records();
        for id in &ids {
            if let Some(involved) = records.get_mut(id) {
                involved.before = before.remove(id).map(|record| record.document);
            }
        }
        Ok(())
    }

    /// Folds what a part of the log has to do with these records.
    fn fold(&self, by: LogBy, skip: &BTreeSet<EntryId>, wanted: &BTreeSet<DocId>) -> Result<Folded, Error> {
        let (mut folded, mut after) = (Folded::default(), None);
        loop {
            let page = self.log(by.clone(), after, false, limits::PAGE)?;
            let Some(last) = page.last() else { return Ok(folded) };
            after = Some(last.position);
            for logged in page.iter().filter(|logged| !skip.contains(&logged.entry.id)) {
                let mut concerned = false;
                each_touched(&logged.entry, &folded.state, &mut |id| concerned |= wanted.contains(&id));
                if concerned {
                    folded.shared |= logged.entry.more || logged.entry.continues;
                    apply_entry(&mut folded.state, &logged.entry);
                } else if !logged.entry.more {
                    folded.state.settle();
                }
            }
        }
    }

    fn outbox_of(&self, entries: &[Arc<Entry>]) -> Result<BTreeMap<NotificationId, Sent>, Error> {
        let mut outbox = BTreeMap::new();
        for recorded in entries.iter().flat_map(|entry| &entry.events) {
            if let Event::NotificationQueued(notification) = &recorded.event {
                outbox.insert(notification.id, Sent::Gone);
            }
        }
        if outbox.is_empty() {
            return Ok(outbox);
        }
        self.each_row(Queue::Outbox, QueuedState::Waiting, &mut |row| {
            if let Some(sent) = outbox.get_mut(&NotificationId(row.id))
                && row.attempts == 0
                && row.leased_until.is_none()
            {
                *sent = Sent::Waits(settle(Queue::Outbox, row));
            }
        })?;
        Ok(outbox)
    }

    fn each_row(&self, queue: Queue, state: QueuedState, each: &mut dyn FnMut(&Waiting)) -> Result<(), Error> {
        let mut scan = QueueScan { queue, firm: self.firm, state, after: None, limit: limits::PAGE };
        loop {
            let page = self.store.queued(&scan)?;
            page.iter().for_each(&mut *each);
            match page.last().filter(|_| page.len() == scan.limit) {
                Some(last) => scan.after = Some(last.sequence),
                None => return Ok(()),
            }
        }
    }
}

/// Records as a part of the log tells of them.
#[derive(Default)]
struct Folded {
    state: State,
    /// Whether an entry shared its commit with others.
    shared: bool,
}

/// Takes a row out of its queue, if nobody has been given it since.
fn settle(queue: Queue, row: &Waiting) -> Settle {
    Settle { queue, id: row.id, generation: Some(row.generation), how: SettleHow::Done }
}

/// A command, what followed from it, and what else has happened to the records that they changed.
struct Gathering {
    named: Arc<Entry>,
    entries: Vec<Arc<Entry>>,
    ids: BTreeSet<EntryId>,
    own: usize,
    /// Whether the command's commit goes on.
    more: bool,
    looked_at: usize,
    records: BTreeMap<DocId, Involved>,
}

impl Gathering {
    fn new(named: Arc<Entry>) -> Self {
        let (entries, ids, records) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        Self { named, entries, ids, own: 0, more: true, looked_at: 0, records }
    }

    fn take(&mut self, entry: &Arc<Entry>) -> Result<(), Rejection> {
        self.looked_at = self.looked_at.saturating_add(1);
        check_limit("UNDO_ENTRIES", limits::UNDO_ENTRIES, self.looked_at, "the number of commands since that one")?;
        let follows = entry.cause.is_some_and(|cause| self.ids.contains(&cause));
        if self.more || follows {
            if self.more {
                self.own = self.own.saturating_add(1);
                self.more = entry.more;
            }
            let place = self.entries.len();
            self.ids.insert(entry.id);
            self.entries.push(Arc::clone(entry));
            let records = &mut self.records;
            each_touched(entry, &State::default(), &mut |id| {
                records.entry(id).or_default().by.insert(place);
            });
        } else {
            let records = &mut self.records;
            each_touched(entry, &State::default(), &mut |id| {
                if let Some(involved) = records.get_mut(&id) {
                    involved.since.get_or_insert_with(|| Arc::clone(entry));
                }
            });
        }
        Ok(())
    }
}

/// Names the records that an entry changed.
fn each_touched(entry: &Entry, state: &State, each: &mut dyn FnMut(DocId)) {
    for recorded in &entry.events {
        touched(&recorded.event, state, each);
        // Which job a task belongs to, the task says; its dates are filed under the job.
        if matches!(recorded.event, Event::TaskDatesSet { .. }) {
            entry.job.into_iter().for_each(|job| each(DocId::Job(job)));
        }
    }
}

/// Whether one of these entries made the record, with nothing there before.
fn made_by(id: &DocId, entries: &[Arc<Entry>], by: &BTreeSet<usize>) -> bool {
    let first = by.first().and_then(|place| entries.get(*place));
    first.into_iter().flat_map(|entry| &entry.events).any(|recorded| match (&recorded.event, id) {
        (Event::JobCreated(job), DocId::Job(id)) => job.id == *id,
        (Event::TaskCreated { task, .. }, DocId::Task(id)) => task.id == *id,
        (Event::ItemCreated(item), DocId::Item(id)) => item.id == *id,
        (Event::JobCommented(comment), DocId::Comment(id)) => comment.id == *id,
        _ => false,
    })
}
