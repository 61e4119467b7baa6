//! From a decision to a batch.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::catalog::Catalog;
use crate::command::Request;
use crate::decide::{Decision, Part};
use crate::event::{Entry, Event, Recorded};
use crate::id::{AutomationKey, EntryId, FirmId, FollowUpId, IdSource, JobId};
use crate::model::{Job, JobStatus, Notification};
use crate::seal::Seal;
use crate::state::State;
use crate::store::{
    Batch, Chain, Check, DocId, Document, Enqueue, FollowUp, FollowUpWork, Lease, QueuedBody, SetTimer, Settle,
    StageDelta, StageGuard, StageTally,
};

/// A command to carry out, with what belongs to the same commit.
pub(super) struct Work<'a> {
    pub(super) request: &'a Request,
    /// What went before, when it is a follow-up.
    pub(super) chain: &'a Chain,
    /// Queued work that this settles.
    pub(super) settle: Vec<Settle>,
    /// The lease under which follow-ups are queued by who means to run them at once.
    pub(super) lease: Option<Lease>,
}

/// A decision ready to be committed.
pub(super) struct Prepared {
    pub(super) batch: Batch,
    pub(super) warnings: Vec<crate::error::Problem>,
    pub(super) unchanged: Option<String>,
    pub(super) follow_ups: Vec<(FirmId, Arc<FollowUp>)>,
    /// How often automations have run along the chain by now.
    pub(super) runs: Runs,
}

/// How often each automation ran on each job.
pub(super) type Runs = Vec<(JobId, AutomationKey, u32)>;

impl Prepared {
    pub(super) fn new(
        work: &Work<'_>,
        catalog: &Catalog,
        decision: Decision,
        now: DateTime<Utc>,
        ids: &mut dyn IdSource,
    ) -> Self {
        let request = work.request;
        let mut batch = Batch::new(request.firm);
        let unchanged = decision.unchanged();
        let Decision { state, parts, guards, settle, warnings } = decision;
        (batch.puts, batch.deletes) = state.writes();
        batch.checks = state.checks();
        // INVARIANT: whoever decides by a catalog commits only if the firm's definitions are still
        // those. When the firm's own record is written, its expected revision says the same.
        if !batch.puts.iter().any(|put| matches!(put.document, crate::store::Document::Firm(_))) {
            batch.checks.push(Check { id: DocId::Firm, expected: catalog.revision() });
        }
        batch.tallies = deltas(state.changed_jobs());
        batch.guards = guards.into_iter().map(|guard| with_own_jobs(guard, &state, &batch.tallies)).collect();
        batch.timers = timers(&batch, request.command.is_clock());
        batch.settle.clone_from(&work.settle);
        batch.settle.extend(settle);
        let last = parts.len().saturating_sub(1);
        let (mut follow_ups, mut runs) = (Vec::new(), Runs::new());
        for (place, part) in parts.into_iter().enumerate() {
            let revision = part.subject.as_ref().map_or(0, |subject| state.next_revision(subject));
            enqueue_notifications(&mut batch, &part, now);
            let left: Vec<FollowUpId> = part.follow_ups.iter().map(|_| FollowUpId(ids.next_uuid())).collect();
            let entry = entry_id(request.firm, &part.events, ids);
            let root = part.chain.root.or(left.first().copied());
            for (id, work_left) in left.into_iter().zip(part.follow_ups.iter().cloned()) {
                let hops = part.chain.hops.saturating_add(1);
                let chain = Chain { root, cause: Some(entry), hops, runs: part.chain.runs.clone() };
                let follow_up = Arc::new(FollowUp { id, work: work_left, chain });
                batch.enqueue.push(Enqueue {
                    id: id.0,
                    lane: follow_up_lane(&follow_up.work),
                    due: now,
                    lease: work.lease,
                    body: QueuedBody::FollowUp(Arc::clone(&follow_up)),
                });
                follow_ups.push((request.firm, follow_up));
            }
            let key = request.key.clone().filter(|_| place == last);
            batch.entries.push(Arc::new(Entry {
                id: entry,
                firm: request.firm,
                at: now,
                actor: request.actor.clone(),
                command: part.command.into(),
                fingerprint: if key.is_some() { request.command.fingerprint() } else { 0 },
                key,
                job: part.about.job,
                account: part.about.account,
                revision,
                definition: part.about.version,
                cause: work.chain.cause,
                more: place < last,
                continues: place > 0,
                events: part.events,
            }));
            runs = part.chain.runs;
        }
        Self { batch, warnings, unchanged, follow_ups, runs }
    }

    /// Gives the batch away, and keeps of it what an answer tells.
    pub(super) fn hand_over(&mut self) -> Batch {
        let left = Batch { entries: self.batch.entries.clone(), ..Batch::new(self.batch.firm) };
        std::mem::replace(&mut self.batch, left)
    }

    /// Whether nothing happened that has to be remembered.
    pub(super) fn is_void(&self) -> bool {
        self.batch.entries.iter().all(|entry| entry.events.is_empty() && entry.key.is_none())
            && self.batch.settle.is_empty()
    }
}

/// A seal is found by its entry; every other entry has an identifier of its own.
fn entry_id(firm: FirmId, events: &[Recorded], ids: &mut dyn IdSource) -> EntryId {
    match events {
        [Recorded { event: Event::LogSealed(seal), .. }] => Seal::entry(firm, seal.number),
        _ => EntryId(ids.next_uuid()),
    }
}

fn enqueue_notifications(batch: &mut Batch, part: &Part, now: DateTime<Utc>) {
    for recorded in &part.events {
        if let Event::NotificationQueued(notification) = &recorded.event {
            batch.enqueue.push(Enqueue {
                id: notification.id.0,
                lane: notification_lane(notification),
                due: now,
                lease: None,
                body: QueuedBody::Notification(Arc::clone(notification)),
            });
        }
    }
}

/// Claims of one timer's row between two changes of its record, at most: more than attempts there are.
pub(super) const CLAIMS: u64 = 1 << 16;

/// The timers that change with their records. Those of a command that does what is due are set in
/// any case, so that what is still due then is handed out anew.
fn timers(batch: &Batch, always: bool) -> Vec<SetTimer> {
    let mut timers = Vec::new();
    for put in &batch.puts {
        let Some((of, due)) = put.document.timer() else { continue };
        let before = put.previous.as_ref().and_then(Document::timer).and_then(|(_, due)| due);
        if due != before || (always && due.is_some()) {
            let generation = put.expected.unwrap_or(0).saturating_add(1).saturating_mul(CLAIMS);
            timers.push(SetTimer { of, due, generation });
        }
    }
    for delete in &batch.deletes {
        if let Some((of, Some(_))) = delete.previous.timer() {
            let generation = delete.expected.saturating_add(1).saturating_mul(CLAIMS);
            timers.push(SetTimer { of, due: None, generation });
        }
    }
    timers
}

/// The lane of a queued row.
pub(super) fn lane(body: &QueuedBody) -> Option<Uuid> {
    match body {
        QueuedBody::Notification(notification) => notification_lane(notification),
        QueuedBody::FollowUp(follow_up) => follow_up_lane(&follow_up.work),
        QueuedBody::Timer(_) => None,
    }
}

/// Notifications of one job are delivered in order; so are those of an account that are about no job.
fn notification_lane(notification: &Notification) -> Option<Uuid> {
    notification.job.map(|job| job.0).or(notification.account.map(|account| account.0))
}

/// News for one job or account is told in order.
fn follow_up_lane(work: &FollowUpWork) -> Option<Uuid> {
    match work {
        FollowUpWork::AccountTags { account, .. }
        | FollowUpWork::AccountField { account, .. }
        | FollowUpWork::AccountDates { account, .. } => Some(account.0),
        FollowUpWork::Dependency { job, .. } | FollowUpWork::Item { job, .. } => Some(job.0),
        FollowUpWork::CreateJob { .. }
        | FollowUpWork::Migrate { .. }
        | FollowUpWork::Retime { .. }
        | FollowUpWork::Occurrence { .. }
        | FollowUpWork::SeriesAccount { .. }
        | FollowUpWork::RetimeSeries
        | FollowUpWork::FirmDates
        | FollowUpWork::ShiftDeadlines { .. }
        | FollowUpWork::StageFreed { .. } => None,
    }
}

/// A bound that leaves room for the jobs that the same decision let in past it, by an override or out
/// of the archive: it is there against others who come in at the same time.
fn with_own_jobs(guard: StageGuard, state: &State, tallies: &[StageDelta]) -> StageGuard {
    let before = state.stage_jobs.get(&guard.pipeline).and_then(|stages| stages.get(&guard.stage)).copied();
    let own = tallies.iter().find(|delta| delta.stage == guard.stage && delta.pipeline == guard.pipeline);
    let after = before.unwrap_or(0).saturating_add(own.map_or(0, |delta| delta.by.jobs));
    StageGuard { at_most: guard.at_most.max(after), ..guard }
}

/// How the stages' counts change with their jobs.
pub(super) fn deltas<'a>(
    changed: impl Iterator<Item = (Option<&'a Arc<Job>>, Option<&'a Arc<Job>>)>,
) -> Vec<StageDelta> {
    let mut deltas: Vec<StageDelta> = Vec::new();
    let mut add = |job: &Job, by: StageTally| {
        let place = deltas.iter_mut().find(|delta| delta.stage == job.stage && delta.pipeline == job.pipeline);
        match place {
            Some(delta) => delta.by = delta.by.plus(by),
            None => deltas.push(StageDelta { pipeline: job.pipeline.clone(), stage: job.stage.clone(), by }),
        }
    };
    for (before, now) in changed {
        if let Some(job) = before {
            add(job, contribution(job).negated());
        }
        if let Some(job) = now {
            add(job, contribution(job));
        }
    }
    deltas.retain(|delta| delta.by != StageTally::default());
    deltas
}

/// What a job adds to the counts of its stage.
pub(super) fn contribution(job: &Job) -> StageTally {
    if job.status == JobStatus::Archived {
        return StageTally::default();
    }
    let blockers = job.blockers();
    StageTally {
        jobs: 1,
        attention: i64::from(!job.attention.is_empty()),
        open_blockers: i64::from(blockers.open),
        done_blockers: i64::from(blockers.done),
    }
}
