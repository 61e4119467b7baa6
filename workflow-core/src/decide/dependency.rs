//! Jobs that wait for jobs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{Decider, Need, Step, Stop, check_limit};
use crate::error::Rejection;
use crate::event::Event;
use crate::id::JobId;
use crate::limits;
use crate::model::Job;
use crate::store::DocId;

impl Decider<'_> {
    pub(super) fn add_job_dependency(&mut self, id: JobId, on: JobId) -> Step {
        let job = self.open_job(id)?;
        let other = self.job(on)?;
        self.check_job_access(on)?;
        if job.waits_for.contains_key(&on) {
            self.unchanged = Some("the job waits for that one already".to_owned());
            return Ok(());
        }
        let count = job.waits_for.len().saturating_add(1);
        check_limit("PREREQUISITES", limits::PREREQUISITES, count, "the number of jobs it waits for")?;
        let count = other.awaited_by.len().saturating_add(1);
        check_limit("AWAITED_BY", limits::AWAITED_BY, count, "the number of jobs that wait for it")?;
        if let Some(circle) = self.circle(id, on)? {
            return Err(Rejection::Cycle(circle).into());
        }
        let finished = other.status.is_finished();
        self.emit(Event::JobDependencyAdded { job: id, on, finished });
        self.run_cascade()
    }

    pub(super) fn remove_job_dependency(&mut self, id: JobId, on: JobId) -> Step {
        let job = self.open_job(id)?;
        if !job.waits_for.contains_key(&on) {
            self.unchanged = Some("the job does not wait for that one".to_owned());
            return Ok(());
        }
        if !self.state.jobs.contains_key(&on) {
            return self.need(Need::Document(DocId::Job(on)));
        }
        self.emit(Event::JobDependencyRemoved { job: id, on });
        self.run_cascade()
    }

    pub(super) fn learn_dependency(&mut self, job: &Arc<Job>, on: JobId, finished: bool) {
        if job.waits_for.get(&on).is_some_and(|known| *known != finished) {
            self.emit(Event::JobDependencyChanged { job: job.id, on, finished });
        }
    }

    /// The circle that would close if `id` waited for `on`, by the jobs' names.
    fn circle(&mut self, id: JobId, on: JobId) -> Step<Option<Vec<String>>> {
        let mut came_from: BTreeMap<JobId, JobId> = BTreeMap::new();
        let mut queue = VecDeque::from([on]);
        let mut missing = false;
        while let Some(next) = queue.pop_front() {
            if next == id {
                return Ok(Some(self.name_circle(id, on, &came_from)));
            }
            let count = came_from.len();
            check_limit("DEPENDENCY_WALK", limits::DEPENDENCY_WALK, count, "the number of jobs in the chain")?;
            let Some(slot) = self.state.jobs.get(&next) else {
                self.needs.insert(Need::Document(DocId::Job(next)));
                missing = true;
                continue;
            };
            for further in slot.get().iter().flat_map(|job| job.waits_for.keys()) {
                if *further != on && !came_from.contains_key(further) {
                    came_from.insert(*further, next);
                    queue.push_back(*further);
                }
            }
        }
        if missing { Err(Stop::Missing) } else { Ok(None) }
    }

    fn name_circle(&self, id: JobId, on: JobId, came_from: &BTreeMap<JobId, JobId>) -> Vec<String> {
        let name = |id: JobId| self.state.job(id).map_or_else(|| id.to_string(), |job| job.name.to_string());
        let mut path = vec![name(id)];
        let mut step = id;
        while step != on {
            let Some(before) = came_from.get(&step) else { break };
            step = *before;
            path.push(name(step));
        }
        path.push(name(id));
        path.reverse();
        path
    }
}
