//! Undoing a command with everything that followed from it.
//!
//! Records are put back as they were. Those that belong together (a job, its tasks and items) are put
//! back together or not at all: when one of them was changed since by anything else, all of them stay. If
//! they are what the command itself was about, it is refused; if they only followed from it, the answer
//! names them. No automations run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{About, Decider, Need, Step, Stop, check_limit};
use crate::error::Rejection;
use crate::event::{Actor, Entry, Event};
use crate::id::{AccountId, EntryId, JobId};
use crate::limits;
use crate::model::{DoneRule, Intent, Item, Job, JobStatus, Kept, KeptReason, Restored, Subject, Undone, Unmade};
use crate::store::{DocId, Document, FollowUpWork};
use crate::undo::{Involved, Sent, Undoing};

/// Records that are put back together.
struct Group {
    records: BTreeSet<DocId>,
    /// The entries that changed them, by their places.
    entries: BTreeSet<usize>,
    /// Why they stay, if they do.
    kept: Option<(KeptReason, String)>,
}

/// Under what an entry of the log is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum File {
    Job(JobId),
    Account(AccountId),
    Nothing,
}

/// What is put back under one entry.
#[derive(Default)]
struct Drawer {
    events: Vec<Event>,
    asks: Vec<(JobId, Intent)>,
}

impl Decider<'_> {
    pub(super) fn undo(&mut self, entry: EntryId) -> Step {
        let Some(undoing) = self.state.undoing.clone() else { return self.need(Need::Undoing(entry)) };
        self.check_undoing(&undoing)?;
        if undoing.own_entries().iter().all(|entry| entry.events.is_empty()) {
            self.unchanged = Some("the command changed nothing".to_owned());
            return Ok(());
        }
        let mut groups = groups(&undoing);
        let mut missing = false;
        for group in &mut groups {
            match self.why_kept(group, &undoing) {
                Ok(kept) => group.kept = kept,
                Err(Stop::Missing) => missing = true,
                Err(stop) => return Err(stop),
            }
        }
        if missing {
            return Err(Stop::Missing);
        }
        refuse_own(&groups, &undoing)?;
        self.check_undo_access(&groups, &undoing)?;
        self.put_back(&groups, &undoing)
    }

    /// Refuses what is not undone whatever has happened since.
    fn check_undoing(&self, undoing: &Undoing) -> Step {
        let refused = |rule, why: String| Err(Rejection::Refused { rule, why }.into());
        if undoing.in_hand.is_some_and(|until| until > self.now) {
            return refused("under_way", "what follows from it is being done just now; try again".to_owned());
        }
        for entry in undoing.own_entries() {
            let instead = match &*entry.command {
                "react" | "advance_series" | "make_occurrence" | "reject_notification" | "seal_log" => {
                    "the engine did that by itself, because its time had come or the host said so"
                }
                "shift_deadlines" => "shift the deadlines again instead",
                command if command.contains("series") || command.contains("occurrence") => {
                    "pause, end or edit the series instead"
                }
                _ => continue,
            };
            return refused("not_reversible", format!("`{}` is not undone: {instead}", entry.command));
        }
        Ok(())
    }

    /// Why the records of a group stay as they are, if they do.
    fn why_kept(&mut self, group: &Group, undoing: &Undoing) -> Step<Option<(KeptReason, String)>> {
        for id in &group.records {
            let Some(involved) = undoing.records.get(id) else { continue };
            if !id.kind().is_work() {
                let why = format!("{id} is part of what the firm has set up, and stays as it is now");
                return Ok(Some((KeptReason::NotReversible, why)));
            }
            if let Some(since) = &involved.since {
                return Ok(Some((KeptReason::ChangedSince, changed_since(id, since))));
            }
            if matches!(id, DocId::Account(_)) && involved.before.is_none() {
                let why = format!("{id} is the host's own: it is not taken back");
                return Ok(Some((KeptReason::NotReversible, why)));
            }
            if let Some(Document::Job(job)) = &involved.before
                && let Some(why) = self.lost_place(job)?
            {
                return Ok(Some((KeptReason::StageGone, why)));
            }
            if let Some(before) = &involved.before
                && let Some(why) = self.lost_name(before)?
            {
                return Ok(Some((KeptReason::NameTaken, why)));
            }
        }
        Ok(None)
    }

    /// Why a job cannot be where it was, if its pipeline has changed so.
    fn lost_place(&mut self, job: &Job) -> Step<Option<String>> {
        if self.catalog.newest(&job.pipeline).is_none() {
            return Ok(Some(format!("the pipeline `{}` is gone", job.pipeline)));
        }
        let compiled = self.compiled(job)?;
        if compiled.stage_named(&job.stage).is_none() {
            return Ok(Some(format!("the pipeline `{}` has no stage `{}` any more", job.pipeline, job.stage)));
        }
        Ok(match &job.status {
            JobStatus::Custom(status) if compiled.status(status).is_none() => {
                Some(format!("the pipeline `{}` has no status `{status}` any more", job.pipeline))
            }
            _ => None,
        })
    }

    /// Why a record cannot be called as it was, if another is called so now.
    fn lost_name(&mut self, before: &Document) -> Step<Option<String>> {
        let (name, holder) = match before {
            Document::Item(item) => {
                let Some(name) = &item.external else { return Ok(None) };
                match self.state.external_items.get(name) {
                    Some(holder) => (name, holder.filter(|holder| *holder != item.id).map(DocId::Item)),
                    None => return self.need(Need::ExternalItem(name.clone())),
                }
            }
            Document::Account(account) => {
                let Some(name) = &account.external else { return Ok(None) };
                match self.state.external_accounts.get(name) {
                    Some(holder) => (name, holder.filter(|holder| *holder != account.id).map(DocId::Account)),
                    None => return self.need(Need::ExternalAccount(name.clone())),
                }
            }
            _ => return Ok(None),
        };
        Ok(holder.map(|holder| format!("{} was called `{name}`, which is the name of {holder} now", before.id())))
    }

    /// Refuses to undo work on jobs that the actor has no access to.
    fn check_undo_access(&mut self, groups: &[Group], undoing: &Undoing) -> Step {
        if !matches!(self.actor, Actor::Member(_)) {
            return Ok(());
        }
        let own = groups.iter().filter(|group| is_own(group, undoing));
        let jobs: Vec<&DocId> = own.flat_map(|group| &group.records).collect();
        let mut missing = false;
        for id in jobs {
            let DocId::Job(job) = id else { continue };
            let before = match undoing.records.get(id).and_then(|involved| involved.before.as_ref()) {
                Some(Document::Job(job)) => Arc::clone(job),
                _ => self.job(*job)?,
            };
            match (self.account(before.account), self.compiled(&before)) {
                (Ok(account), Ok(compiled)) => self.check_access(&compiled, &account)?,
                (Err(Stop::Rejected(rejection)), _) | (_, Err(Stop::Rejected(rejection))) => {
                    return Err(rejection.into());
                }
                _ => missing = true,
            }
        }
        if missing { Err(Stop::Missing) } else { Ok(()) }
    }

    /// Puts back what can be put back: an entry of the log for each job and account, the command's own last.
    fn put_back(&mut self, groups: &[Group], undoing: &Undoing) -> Step {
        let own = undoing.own_entries().last().map_or(File::Nothing, |entry| file_of(entry));
        let mut drawers: BTreeMap<File, Drawer> = BTreeMap::new();
        let (mut kept, mut stays): (Vec<Kept>, BTreeSet<usize>) = (Vec::new(), BTreeSet::new());
        for group in groups {
            if let Some((reason, why)) = &group.kept {
                kept.extend(group.records.iter().map(|id| Kept {
                    what: subject(id),
                    reason: *reason,
                    why: why.clone(),
                }));
                stays.extend(&group.entries);
                continue;
            }
            for id in &group.records {
                let Some(involved) = undoing.records.get(id) else { continue };
                let file = match self.file_of(id, involved, group) {
                    File::Nothing => own,
                    file => file,
                };
                self.put_back_one(id, involved, undoing, drawers.entry(file).or_default(), &mut kept)?;
            }
        }
        self.withdraw(undoing, own, &stays, &mut drawers, &mut kept);
        self.settle.extend(undoing.to_follow.iter().cloned());
        kept.truncate(limits::PROBLEMS);
        let last = drawers.remove(&own).unwrap_or_default();
        for (file, drawer) in drawers {
            self.open(file, undoing);
            self.empty(drawer);
            self.close_part("undo");
        }
        self.open(own, undoing);
        let undone = Undone {
            entry: undoing.named.id,
            command: undoing.named.command.clone().into_owned(),
            entries: undoing.ids(),
            kept,
        };
        self.emit(Event::CommandUndone(Box::new(undone)));
        self.empty(last);
        let events = self.parts.iter().map(|part| part.events.len()).sum::<usize>().saturating_add(self.events.len());
        check_limit("CASCADE_EVENTS", limits::CASCADE_EVENTS, events, "the number of events")?;
        Ok(())
    }

    /// Under what the putting back of a record is filed.
    fn file_of(&self, id: &DocId, involved: &Involved, group: &Group) -> File {
        let now = match id {
            DocId::Account(account) => return File::Account(*account),
            DocId::Job(job) => return File::Job(*job),
            DocId::Task(task) => self.state.task(*task).and_then(|task| task.job),
            DocId::Item(item) => self.state.item(*item).and_then(|item| first_job(item, group)),
            DocId::Comment(comment) => {
                self.state.comments.get(comment).and_then(|slot| slot.get()).map(|comment| comment.job)
            }
            _ => None,
        };
        let before = match &involved.before {
            Some(Document::Task(task)) => task.job,
            Some(Document::Item(item)) => first_job(item, group),
            Some(Document::Comment(comment)) => Some(comment.job),
            _ => None,
        };
        before.or(now).map_or(File::Nothing, File::Job)
    }

    fn put_back_one(
        &mut self,
        id: &DocId,
        involved: &Involved,
        undoing: &Undoing,
        drawer: &mut Drawer,
        kept: &mut Vec<Kept>,
    ) -> Step {
        let event = match (&involved.before, id) {
            (Some(Document::Account(account)), _) => Event::RecordRestored(Restored::Account(Arc::clone(account))),
            (Some(Document::Job(job)), _) => Event::RecordRestored(Restored::Job(self.counted_on(job))),
            (Some(Document::Task(task)), _) => Event::RecordRestored(Restored::Task(Arc::clone(task))),
            (Some(Document::Item(item)), _) => Event::RecordRestored(Restored::Item(Arc::clone(item))),
            (Some(Document::Comment(comment)), _) => Event::RecordRestored(Restored::Comment(Arc::clone(comment))),
            // What came and went within the cascade is gone already.
            (None, DocId::Job(id)) if self.state.job(*id).is_some() => Event::RecordUnmade(Unmade::Job(*id)),
            (None, DocId::Task(id)) if self.state.task(*id).is_some() => Event::RecordUnmade(Unmade::Task(*id)),
            (None, DocId::Comment(id)) => Event::RecordUnmade(Unmade::Comment(*id)),
            (None, DocId::Item(id)) => match self.state.item(*id).cloned() {
                Some(item) => self.unmake_item(&item, undoing, drawer, kept),
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        drawer.events.push(event);
        Ok(())
    }

    /// A job as it was, that goes on counting from where it is: what was numbered since may be known by its
    /// number outside.
    fn counted_on(&self, before: &Arc<Job>) -> Arc<Job> {
        let mut job = Arc::clone(before);
        if let Some(now) = self.state.job(before.id)
            && (now.failures, now.waits_begun, now.reminders_begun)
                != (before.failures, before.waits_begun, before.reminders_begun)
        {
            let job = Arc::make_mut(&mut job);
            job.failures = now.failures.max(before.failures);
            job.waits_begun = now.waits_begun.max(before.waits_begun);
            job.reminders_begun = now.reminders_begun.max(before.reminders_begun);
        }
        job
    }

    /// An item that the host has been asked for, or may have been, stays with no job; the host is asked to
    /// withdraw it, where the client would be asked to do something with it.
    fn unmake_item(&self, item: &Arc<Item>, undoing: &Undoing, drawer: &mut Drawer, kept: &mut Vec<Kept>) -> Event {
        let asked = undoing.notifications().find_map(|(_, notification)| match &notification.intent {
            Intent::RequestItem { item: asked, .. } if *asked == item.id => Some(notification),
            _ => None,
        });
        let gone = asked.filter(|asked| matches!(undoing.outbox.get(&asked.id), Some(Sent::Gone) | None));
        let Some(asked) = gone else { return Event::RecordUnmade(Unmade::Item(item.id)) };
        let rule = self.catalog.firm.as_ref().and_then(|(_, firm)| item.kind.done_rule(&firm.settings));
        let actionable = !matches!(rule, None | Some(DoneRule::NotActionable));
        let why = match asked.job.filter(|_| actionable) {
            Some(job) => {
                drawer.asks.push((job, Intent::CancelItem { item: item.id, kind: item.kind.clone() }));
                "the host has been asked for it, or may have been; it is asked to withdraw it"
            }
            None => "the host has been asked for it, or may have been",
        };
        let (what, reason) = (Subject::Item(item.id), KeptReason::Delivered);
        kept.push(Kept { what, reason, why: format!("the {} `{}`: {why}", item.kind, item.title) });
        let mut alone = Item::clone(item);
        alone.jobs.clear();
        Event::RecordRestored(Restored::Item(Arc::new(alone)))
    }

    /// Takes notifications out of the outbox, those that nobody was given.
    fn withdraw(
        &mut self,
        undoing: &Undoing,
        own: File,
        stays: &BTreeSet<usize>,
        drawers: &mut BTreeMap<File, Drawer>,
        kept: &mut Vec<Kept>,
    ) {
        for (place, notification) in undoing.notifications() {
            if stays.contains(&place) {
                continue;
            }
            let file = undoing.entries.get(place).map_or(own, |entry| file_of(entry));
            match undoing.outbox.get(&notification.id) {
                Some(Sent::Waits(settle)) => {
                    self.settle.push(settle.clone());
                    let event = Event::NotificationWithdrawn { notification: notification.id };
                    drawers.entry(file).or_default().events.push(event);
                }
                _ => {
                    let what = Subject::Notification(notification.id);
                    let why = format!("the host was given the {}, or may have been", notification.intent.name());
                    kept.push(Kept { what, reason: KeptReason::Delivered, why });
                }
            }
        }
        for recorded in undoing.entries.iter().flat_map(|entry| &entry.events) {
            if let Event::NotificationWithdrawn { notification } = &recorded.event {
                let what = Subject::Notification(*notification);
                let why = "it was withdrawn before it was delivered, and is not sent after all".to_owned();
                kept.push(Kept { what, reason: KeptReason::Withdrawn, why });
            }
        }
    }

    /// Files what comes next.
    fn open(&mut self, file: File, undoing: &Undoing) {
        match file {
            File::Job(id) => {
                let entry = undoing.entries.iter().rev().find(|entry| entry.job == Some(id));
                let (account, version) = entry.map_or((None, None), |entry| (entry.account, entry.definition));
                self.about = About { job: Some(id), account, version };
                self.subject = Some(DocId::Job(id));
            }
            File::Account(id) => {
                self.about.account = Some(id);
                self.subject = Some(DocId::Account(id));
            }
            File::Nothing => {}
        }
    }

    fn empty(&mut self, drawer: Drawer) {
        for event in drawer.events {
            let was = match &event {
                Event::RecordRestored(Restored::Job(job)) => Some((job.id, self.state.job(job.id).cloned())),
                Event::RecordUnmade(Unmade::Job(id)) => Some((*id, self.state.job(*id).cloned())),
                _ => None,
            };
            self.emit(event);
            if let Some((id, was)) = was {
                self.tell_of(id, was.as_deref());
            }
        }
        for (job, intent) in drawer.asks {
            let account = self.about.account;
            self.notify(Some(job), account, intent);
        }
    }

    /// Files a job's entry under its account and version too, and lets others know: those that wait for the
    /// job, and those that wait for room in the stage that it was in.
    fn tell_of(&mut self, id: JobId, was: Option<&Job>) {
        let is = self.state.job(id).cloned();
        let (Some(known), pipelines) = (is.as_deref().or(was), self.catalog) else { return };
        if self.about.job == Some(id) {
            self.about.account = Some(known.account);
            self.about.version = pipelines
                .newest(&known.pipeline)
                .map(|newest| if known.pinned { known.version } else { newest.version() });
        }
        let finished = is.as_ref().is_none_or(|job| job.status.is_finished());
        if was.is_none_or(|was| was.status.is_finished()) != finished {
            for other in &known.awaited_by {
                self.follow_ups.push(FollowUpWork::Dependency { job: *other, on: id, finished });
            }
        }
        let Some(was) = was else { return };
        if is.is_none_or(|is| (&is.pipeline, &is.stage) != (&was.pipeline, &was.stage))
            && let Some(compiled) = pipelines.newest(&was.pipeline).cloned()
        {
            self.free(&compiled, &was.stage);
        }
    }
}

/// Sorts what a command has changed into what is put back together.
fn groups(undoing: &Undoing) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for place in 0..undoing.entries.len() {
        let changed = undoing.records.iter().filter(|(_, involved)| involved.by.contains(&place));
        let (accounts, others): (BTreeSet<DocId>, BTreeSet<DocId>) =
            changed.map(|(id, _)| id.clone()).partition(|id| matches!(id, DocId::Account(_)));
        let mut sets: Vec<BTreeSet<DocId>> = accounts.into_iter().map(|id| [id].into()).collect();
        sets.push(others);
        for records in sets.into_iter().filter(|records| !records.is_empty()) {
            let mut group = Group { records, entries: [place].into(), kept: None };
            let (joined, apart): (Vec<Group>, Vec<Group>) =
                groups.into_iter().partition(|known| !known.records.is_disjoint(&group.records));
            groups = apart;
            for other in joined {
                group.records.extend(other.records);
                group.entries.extend(other.entries);
            }
            groups.push(group);
        }
    }
    groups
}

/// Whether the command itself has changed records of a group.
fn is_own(group: &Group, undoing: &Undoing) -> bool {
    group.entries.iter().any(|place| *place < undoing.own)
}

/// Refuses when what the command was about cannot be put back. Its account alone may stay, where it changed
/// other records too.
fn refuse_own(groups: &[Group], undoing: &Undoing) -> Result<(), Rejection> {
    let own = || groups.iter().filter(|group| is_own(group, undoing));
    let is_account = |group: &&Group| group.records.iter().all(|id| matches!(id, DocId::Account(_)));
    let only_accounts = own().all(|group| is_account(&group));
    let stays = own().filter(|group| only_accounts || !is_account(group)).find_map(|group| group.kept.as_ref());
    match stays {
        Some((reason, why)) => Err(Rejection::Refused { rule: reason.as_str(), why: why.clone() }),
        None => Ok(()),
    }
}

fn changed_since(id: &DocId, since: &Entry) -> String {
    let who = match &since.actor {
        Actor::Member(id) => format!("member {id}"),
        Actor::Client(id) => format!("the client {id}"),
        Actor::Automation => "the engine".to_owned(),
        Actor::System(name) => format!("`{name}`"),
    };
    let Entry { command, at, id: entry, .. } = since;
    format!("{id} was changed since: `{command}` by {who} at {} (entry {entry}); undo that first", at.to_rfc3339())
}

fn file_of(entry: &Entry) -> File {
    entry.job.map(File::Job).or(entry.account.map(File::Account)).unwrap_or(File::Nothing)
}

fn first_job(item: &Item, group: &Group) -> Option<JobId> {
    item.jobs.iter().find(|job| group.records.contains(&DocId::Job(**job))).copied()
}

fn subject(id: &DocId) -> Subject {
    match id {
        DocId::Account(id) => Subject::Account(*id),
        DocId::Job(id) => Subject::Job(*id),
        DocId::Task(id) => Subject::Task(*id),
        DocId::Item(id) => Subject::Item(*id),
        DocId::Comment(id) => Subject::Comment(*id),
        other => Subject::Other(other.to_string()),
    }
}
