//! Follow-ups: what commands left for other jobs, done after them.
//!
//! A follow-up is committed with the command that caused it, leased to the engine that gave the
//! command, which runs it at once. When that engine dies, the lease runs out and any other takes
//! it up ([`Engine::run_follow_ups`]). What it does to each job carries an idempotency key of its
//! own or settles the follow-up in the same commit, so that it happens once.

use std::sync::Arc;

use chrono::TimeDelta;

use super::clock::after;
use super::commit::Work;
use super::round::{Held, Round};
use super::{Engine, LEASE};
use crate::command::{Command, NewJob, Reaction, Request};
use crate::dates::DateAnchor;
use crate::error::{Error, ErrorKind, Rejection, StoreError};
use crate::event::Actor;
use crate::id::{AccountId, FieldKey, FirmId, IdempotencyKey, JobId, PipelineKey, StageKey};
use crate::limits;
use crate::model::{AttentionReason, Job, JobStatus};
use crate::store::{
    ActionOrigin, Batch, Cell, Claim, Document, FollowUp, FollowUpWork, IndexName, Queue, QueuedBody, Scan, Settle,
    SettleHow,
};

/// How many jobs are told before the lease is renewed.
const RENEW_EVERY: usize = 100;

impl Engine {
    /// Takes up follow-ups that no living engine holds: after a crash, or when commands were
    /// carried out inside a host's own transaction. Answers how many it has run, those that
    /// followed from them included.
    ///
    /// # Errors
    /// When the store cannot hand them out. A follow-up that fails is tried again later, and kept
    /// as a dead letter when it cannot be done.
    pub fn run_follow_ups(&self, limit: usize) -> Result<usize, Error> {
        let now = self.now();
        let claim =
            Claim { queue: Queue::FollowUps, firm: None, now, lease: self.lease(now), limit: limit.min(limits::CLAIM) };
        let held = self.shared.store.claim(&claim)?.into_iter().filter_map(|claimed| match claimed.body {
            QueuedBody::FollowUp(follow_up) => {
                Some(Held { firm: claimed.firm, follow_up, generation: claimed.generation, attempts: claimed.attempts })
            }
            QueuedBody::Notification(_) | QueuedBody::Timer(_) => None,
        });
        Ok(self.run_all(Round::new(held), &mut |_| {}))
    }

    /// Runs the follow-ups that a command has just left, leased to this engine.
    pub(super) fn follow(&self, follow_ups: Vec<(FirmId, Arc<FollowUp>)>) {
        let left = self.make_sole(follow_ups.into_iter().map(Held::fresh).collect());
        if !left.is_empty() {
            self.run_all(Round::new(left.into_iter()), &mut |_| {});
        }
    }

    /// Runs follow-ups and those that follow from them, and tells of those that failed. Answers how
    /// many it has run.
    pub(super) fn run_all(&self, mut round: Round, failed: &mut dyn FnMut(&Error)) -> usize {
        let mut count = 0usize;
        while let Some(held) = round.next() {
            count = count.saturating_add(1);
            let result = self.run_one(&held, &mut round);
            if let Err(error) = result {
                failed(&error);
                self.give_up(&held, &error);
            }
        }
        count
    }

    /// Notes that a follow-up failed: it is tried again later, or kept as a dead letter. When not
    /// even that works its lease runs out.
    fn give_up(&self, held: &Held, error: &Error) {
        let error = error.to_string();
        let how = if held.attempts >= limits::DELIVERY_ATTEMPTS {
            SettleHow::Dead { error }
        } else {
            SettleHow::Retry { at: after(self.now(), backoff(held.attempts)), error }
        };
        drop(self.settle(held.firm, held.settle(how)));
    }

    /// Settles queued work by itself. Answers whether it was still there to settle.
    pub(super) fn settle(&self, firm: FirmId, settle: Settle) -> Result<bool, StoreError> {
        let mut batch = Batch::new(firm);
        batch.settle.push(settle);
        let results = self.shared.store.commit(std::slice::from_ref(&batch))?;
        Ok(results.iter().all(Result::is_ok))
    }

    fn run_one(&self, held: &Held, round: &mut Round) -> Result<(), Error> {
        if let Some(error) = round.refusal(held) {
            return self.cut(held, error, round);
        }
        match &held.follow_up.work {
            FollowUpWork::AccountTags { account, added, removed, except } => {
                self.tell_account(held, *account, *except, round, &|job| Reaction::AccountTags {
                    job,
                    added: added.clone(),
                    removed: removed.clone(),
                })
            }
            FollowUpWork::AccountField { account, field, except } => {
                self.tell_account(held, *account, *except, round, &|job| Reaction::AccountField {
                    job,
                    field: field.clone(),
                })
            }
            FollowUpWork::AccountDates { account, field, except } => {
                self.tell_dates_of_account(held, *account, field, *except, round)
            }
            FollowUpWork::FirmDates => self.tell_dates_of_firm(held, round),
            FollowUpWork::ShiftDeadlines { order, at } => self.shift_deadlines(held, order, *at, round),
            FollowUpWork::CreateJob { new, origin } => self.create_job(held, new, origin, round),
            FollowUpWork::Dependency { job, on, finished } => {
                let reaction = Reaction::Dependency { job: *job, on: *on, finished: *finished };
                self.run_command(held, Command::React(Box::new(reaction)), round)
            }
            FollowUpWork::Item { job, item } => {
                let reaction = Reaction::Item { job: *job, item: *item };
                self.run_command(held, Command::React(Box::new(reaction)), round)
            }
            FollowUpWork::Migrate { pipeline } => self.migrate(held, pipeline, round),
            FollowUpWork::Retime { pipeline } => self.retime(held, pipeline, round),
            FollowUpWork::Occurrence { series, turn, accounts, again } => {
                self.make_occurrences(held, *series, turn, accounts, *again)
            }
            FollowUpWork::SeriesAccount { series, account, join, origin } => {
                let (add, remove) = if *join { ([*account].into(), [].into()) } else { ([].into(), [*account].into()) };
                let command = Command::ChangeSeriesAccounts { series: *series, add, remove };
                self.run_action(held, command, origin, round)
            }
            FollowUpWork::RetimeSeries => self.retime_series(held, round),
            FollowUpWork::StageFreed { pipeline, stage } => self.fill_stage(held, pipeline, stage, round),
        }
    }

    /// Leaves a follow-up that is one too many undone: it is kept as a dead letter. An action that
    /// wanted a job has failed then.
    fn cut(&self, held: &Held, error: String, round: &mut Round) -> Result<(), Error> {
        let dead = held.settle(SettleHow::Dead { error: error.clone() });
        if let FollowUpWork::CreateJob { origin, .. } | FollowUpWork::SeriesAccount { origin, .. } =
            &held.follow_up.work
        {
            let reaction = Reaction::ActionFailed { origin: origin.clone(), why: error };
            let command = Command::React(Box::new(reaction));
            match self.give(held, command, None, vec![dead.clone()], round) {
                Err(Error::Rejected(_)) => {}
                done => return done,
            }
        }
        self.settle(held.firm, dead)?;
        Ok(())
    }

    /// Creates a job for an action on another. When it is refused, the action has failed after all.
    fn create_job(&self, held: &Held, new: &NewJob, origin: &ActionOrigin, round: &mut Round) -> Result<(), Error> {
        self.run_action(held, Command::CreateJob(Box::new(new.clone())), origin, round)
    }

    /// Does what an action wants of another record. When it is refused, the action has failed.
    fn run_action(&self, held: &Held, command: Command, origin: &ActionOrigin, round: &mut Round) -> Result<(), Error> {
        let what = match &command {
            Command::CreateJob(_) => "the job could not be created",
            _ => "the series could not be changed",
        };
        match self.give(held, command, None, vec![held.settle(SettleHow::Done)], round) {
            Err(Error::Rejected(rejection)) => {
                let why = format!("{what}: {rejection}");
                let reaction = Reaction::ActionFailed { origin: origin.clone(), why };
                self.run_command(held, Command::React(Box::new(reaction)), round)
            }
            done => done,
        }
    }

    /// Gives the one command of a follow-up, which settles it in the same commit.
    fn run_command(&self, held: &Held, command: Command, round: &mut Round) -> Result<(), Error> {
        let done = self.give(held, command, None, vec![held.settle(SettleHow::Done)], round);
        match done {
            Ok(()) => Ok(()),
            Err(Error::Rejected(rejection)) => self.bury(held, &rejection),
            Err(error) => Err(error),
        }
    }

    /// A follow-up that is refused will be refused again: it is kept as a dead letter.
    fn bury(&self, held: &Held, rejection: &Rejection) -> Result<(), Error> {
        self.settle(held.firm, held.settle(SettleHow::Dead { error: rejection.to_string() }))?;
        Ok(())
    }

    pub(super) fn give(
        &self,
        held: &Held,
        command: Command,
        key: Option<IdempotencyKey>,
        settle: Vec<Settle>,
        round: &mut Round,
    ) -> Result<(), Error> {
        let now = self.now();
        let job = match &command {
            Command::React(reaction) => Some(reaction.job()),
            _ => None,
        };
        let chain = round.chain(held, job);
        let request = Request { firm: held.firm, actor: Actor::Automation, key, command };
        let work = Work { request: &request, chain: &chain, settle, lease: Some(self.lease(now)) };
        let done = self.session(now).carry_out(&work)?;
        round.note(held, done);
        Ok(())
    }

    /// Tells one of many jobs, once however often the follow-up is run. A job that refuses to
    /// hear of it does not keep the others from it.
    fn tell(&self, held: &Held, reaction: Reaction, round: &mut Round) -> Result<(), Error> {
        let key = IdempotencyKey::new(format!("follow-up/{}/{}", held.follow_up.id, reaction.job()));
        let key = key.map_err(Rejection::from)?;
        match self.give(held, Command::React(Box::new(reaction)), Some(key), Vec::new(), round) {
            Ok(()) | Err(Error::Rejected(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn tell_account(
        &self,
        held: &Held,
        account: AccountId,
        except: Option<JobId>,
        round: &mut Round,
        reaction: &dyn Fn(JobId) -> Reaction,
    ) -> Result<(), Error> {
        let scan = Scan::all(IndexName::JobAccounts, vec![Cell::Uuid(account.0)], limits::PAGE);
        let concerned = |job: &Job| Some(job.id) != except && job.status != JobStatus::Archived;
        self.tell_jobs(held, scan, round, &|job| concerned(job).then(|| reaction(job.id)))?;
        self.settle(held.firm, held.settle(SettleHow::Done))?;
        Ok(())
    }

    /// Lets the open jobs of an account whose dates look at a field derive them again.
    fn tell_dates_of_account(
        &self,
        held: &Held,
        account: AccountId,
        field: &FieldKey,
        except: Option<JobId>,
        round: &mut Round,
    ) -> Result<(), Error> {
        let anchor = DateAnchor::account_field(field.clone());
        let scan = Scan::all(IndexName::JobAccounts, vec![Cell::Uuid(account.0)], limits::PAGE);
        let concerned = |job: &Job| Some(job.id) != except && is_open(job) && job.watches(&anchor);
        self.tell_jobs(held, scan, round, &|job| concerned(job).then_some(Reaction::Dates { job: job.id }))?;
        self.settle(held.firm, held.settle(SettleHow::Done))?;
        Ok(())
    }

    /// Lets the firm's open jobs derive their dates again.
    fn tell_dates_of_firm(&self, held: &Held, round: &mut Round) -> Result<(), Error> {
        // The settings that left this made what is remembered of the firm old.
        self.fresh_catalog(held.firm)?;
        let mut told = 0;
        for shelf in 0..2 {
            // A job that is told may be due on another day afterwards, and so be met twice in this
            // order or not at all: they are gathered first.
            let scan = Scan::all(IndexName::Jobs, vec![Cell::Int(shelf)], limits::PAGE);
            let mut concerned: Vec<JobId> = Vec::new();
            self.each_document(held.firm, scan, &mut |document| {
                if let Document::Job(job) = document
                    && is_open(job)
                    && (job.has_derived_dates() || !job.timers.is_empty())
                {
                    concerned.push(job.id);
                }
                Ok(())
            })?;
            for job in concerned {
                self.tell_next(held, Reaction::Dates { job }, &mut told, round)?;
            }
        }
        self.settle(held.firm, held.settle(SettleHow::Done))?;
        Ok(())
    }

    /// Tells the jobs of a scan, page by page.
    fn tell_jobs(
        &self,
        held: &Held,
        scan: Scan,
        round: &mut Round,
        reaction: &dyn Fn(&Job) -> Option<Reaction>,
    ) -> Result<(), Error> {
        let mut told = 0;
        self.each_document(held.firm, scan, &mut |document| {
            let Document::Job(job) = document else { return Ok(()) };
            reaction(job).map_or(Ok(()), |reaction| self.tell_next(held, reaction, &mut told, round))
        })
    }

    /// Tells the next of many jobs, and keeps the lease.
    pub(super) fn tell_next(
        &self,
        held: &Held,
        reaction: Reaction,
        told: &mut usize,
        round: &mut Round,
    ) -> Result<(), Error> {
        self.tell(held, reaction, round)?;
        *told = told.saturating_add(1);
        if told.is_multiple_of(RENEW_EVERY) { self.renew(held) } else { Ok(()) }
    }

    /// Shows the documents of a scan, page by page.
    pub(super) fn each_document(
        &self,
        firm: FirmId,
        mut scan: Scan,
        visit: &mut dyn FnMut(&Document) -> Result<(), Error>,
    ) -> Result<(), Error> {
        loop {
            let hits = self.shared.store.scan(firm, &scan)?;
            let full = hits.len() == scan.limit;
            scan.after = hits.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()));
            for hit in &hits {
                visit(&hit.record.document)?;
            }
            if !full {
                return Ok(());
            }
        }
    }

    pub(super) fn renew(&self, held: &Held) -> Result<(), Error> {
        let until = after(self.now(), LEASE);
        if self.settle(held.firm, held.settle(SettleHow::Renew { until }))? {
            return Ok(());
        }
        Err(StoreError::new(ErrorKind::Conflict, "another host has taken this follow-up up").into())
    }

    /// Moves jobs out of the stages that newer versions of a pipeline dropped.
    fn migrate(&self, held: &Held, pipeline: &PipelineKey, round: &mut Round) -> Result<(), Error> {
        // The publish that left this made what is remembered of the firm old.
        let catalog = self.fresh_catalog(held.firm)?;
        let dropped: Vec<StageKey> =
            catalog.pipeline(pipeline).map(|head| head.moved_stages.keys().cloned().collect()).unwrap_or_default();
        self.tell_stages(held, pipeline, &dropped, 3, round)?;
        self.settle(held.firm, held.settle(SettleHow::Done))?;
        Ok(())
    }

    /// Lets the jobs of a pipeline that are not archived look at their timers again.
    fn retime(&self, held: &Held, pipeline: &PipelineKey, round: &mut Round) -> Result<(), Error> {
        let catalog = self.fresh_catalog(held.firm)?;
        let stages: Vec<StageKey> = match catalog.newest(pipeline) {
            Some(newest) => newest.definition().stages.iter().map(|stage| stage.key.clone()).collect(),
            None => Vec::new(),
        };
        self.tell_stages(held, pipeline, &stages, 2, round)?;
        self.settle(held.firm, held.settle(SettleHow::Done))?;
        Ok(())
    }

    /// Lets the jobs of stages, on the first shelves of the board, look around again.
    fn tell_stages(
        &self,
        held: &Held,
        pipeline: &PipelineKey,
        stages: &[StageKey],
        shelves: i64,
        round: &mut Round,
    ) -> Result<(), Error> {
        for stage in stages {
            for (shelf, urgency) in (0..shelves).flat_map(|shelf| (0..4).map(move |urgency| (shelf, urgency))) {
                let partition = vec![
                    Cell::Text(pipeline.shared()),
                    Cell::Text(stage.shared()),
                    Cell::Int(shelf),
                    Cell::Int(urgency),
                ];
                let scan = Scan::all(IndexName::Board, partition, limits::PAGE);
                self.tell_jobs(held, scan, round, &|job| Some(Reaction::Reconsider { job: job.id }))?;
            }
        }
        Ok(())
    }

    /// Lets jobs that wait for room in a stage try again, the oldest jobs first.
    fn fill_stage(
        &self,
        held: &Held,
        pipeline: &PipelineKey,
        stage: &StageKey,
        round: &mut Round,
    ) -> Result<(), Error> {
        let waits = AttentionReason::Held(stage.clone());
        let scan = Scan::all(IndexName::JobAttention, Vec::new(), limits::PAGE);
        self.tell_jobs(held, scan, round, &|job| {
            let waiting = job.pipeline == *pipeline && job.attention.iter().any(|attention| attention.reason == waits);
            waiting.then_some(Reaction::Reconsider { job: job.id })
        })?;
        self.settle(held.firm, held.settle(SettleHow::Done))?;
        Ok(())
    }
}

/// How long to wait before the next try: longer each time, an hour at most.
pub(super) fn backoff(attempts: u32) -> TimeDelta {
    let seconds = 5i64.saturating_mul(1i64 << attempts.saturating_sub(1).min(10));
    TimeDelta::seconds(seconds.min(3_600))
}

fn is_open(job: &Job) -> bool {
    matches!(job.status, JobStatus::Active | JobStatus::Custom(_))
}
