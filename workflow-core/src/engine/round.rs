//! A round of follow-ups: those in hand, and what each cascade has done so far.
//!
//! A follow-up carries what went before it along its own chain. One command can begin many chains,
//! by telling many jobs that tell each other in turn; what all of them did together is counted
//! here, so that one cascade is bounded as a whole. A host that takes follow-ups up after a crash
//! counts anew from what their chains carry.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::commit::Runs;
use super::session::Done;
use crate::id::{AutomationKey, FirmId, FollowUpId, JobId};
use crate::limits;
use crate::store::{Chain, FollowUp, Queue, Settle, SettleHow};

/// A follow-up in hand.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) firm: FirmId,
    pub(super) follow_up: Arc<FollowUp>,
    pub(super) generation: u64,
    pub(super) attempts: u32,
}

impl Held {
    /// One that this engine has just queued, leased to itself.
    pub(super) fn fresh((firm, follow_up): (FirmId, Arc<FollowUp>)) -> Self {
        Self { firm, follow_up, generation: 1, attempts: 1 }
    }

    pub(super) fn settle(&self, how: SettleHow) -> Settle {
        Settle { queue: Queue::FollowUps, id: self.follow_up.id.0, generation: Some(self.generation), how }
    }

    fn root(&self) -> FollowUpId {
        self.follow_up.chain.root.unwrap_or(self.follow_up.id)
    }
}

/// What one command and all that follows from it has done so far.
#[derive(Default)]
struct Cascade {
    follow_ups: usize,
    runs: FxHashMap<JobId, Vec<(AutomationKey, u32)>>,
}

/// Follow-ups to run, one after the other, and the cascades that they belong to.
pub(super) struct Round {
    queue: VecDeque<Held>,
    cascades: FxHashMap<FollowUpId, Cascade>,
}

impl Round {
    pub(super) fn new(queue: impl Iterator<Item = Held>) -> Self {
        Self { queue: queue.collect(), cascades: FxHashMap::default() }
    }

    /// The next follow-up, counted towards its cascade.
    pub(super) fn next(&mut self) -> Option<Held> {
        let held = self.queue.pop_front()?;
        let cascade = self.cascades.entry(held.root()).or_default();
        cascade.follow_ups = cascade.follow_ups.saturating_add(1);
        Some(held)
    }

    /// Why a follow-up is one too many, if it is.
    pub(super) fn refusal(&self, held: &Held) -> Option<String> {
        if held.follow_up.chain.hops > limits::FOLLOW_UP_HOPS {
            let max = limits::FOLLOW_UP_HOPS;
            return Some(format!("the chain of follow-ups is past the limit FOLLOW_UP_HOPS of {max}"));
        }
        let count = self.cascades.get(&held.root()).map_or(0, |cascade| cascade.follow_ups);
        let many = count > limits::FOLLOW_UPS;
        many.then(|| {
            format!("the follow-ups that one command set off are past the limit FOLLOW_UPS of {}", limits::FOLLOW_UPS)
        })
    }

    /// What went before a command on a job: along the chain, and on that job in the whole cascade.
    pub(super) fn chain(&self, held: &Held, job: Option<JobId>) -> Chain {
        let mut chain = held.follow_up.chain.clone();
        let known = self.cascades.get(&held.root()).zip(job);
        let Some((job, counts)) = known.and_then(|(cascade, job)| Some((job, cascade.runs.get(&job)?))) else {
            return chain;
        };
        for (automation, count) in counts {
            match chain.runs.iter_mut().find(|(other, known, _)| *other == job && known == automation) {
                Some((_, _, runs)) => *runs = (*runs).max(*count),
                None => chain.runs.push((job, automation.clone(), *count)),
            }
        }
        chain
    }

    /// Notes what a command of a follow-up has done, and takes up what it left.
    pub(super) fn note(&mut self, held: &Held, done: Done) {
        if done.lost_lease {
            return;
        }
        if let Some(job) = done.outcome.job() {
            self.count(held.root(), job, done.runs);
        }
        self.queue.extend(done.follow_ups.into_iter().map(Held::fresh));
    }

    fn count(&mut self, root: FollowUpId, job: JobId, runs: Runs) {
        let counts: Vec<_> = runs.into_iter().filter(|(other, _, _)| *other == job).collect();
        if !counts.is_empty() {
            let counts = counts.into_iter().map(|(_, automation, count)| (automation, count)).collect();
            self.cascades.entry(root).or_default().runs.insert(job, counts);
        }
    }
}
