//! Facts: what happened to a job that automations can react to.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::Decider;
use super::moves::Target;
use crate::compile::Compiled;
use crate::definition::FieldScope;
use crate::event::Event;
use crate::id::{AutomationKey, FieldKey, JobId, SignalKey, StatusKey, Tag, TemplateKey};
use crate::model::{ItemKind, Job, JobStatus, TaskState, TimerKey};
use crate::store::FollowUpWork;

/// Something that happened to the job in focus.
#[derive(Debug, Clone)]
pub(super) enum Fact {
    Entered {
        compiled: Arc<Compiled>,
        stage: usize,
        forward: bool,
        leave_out: Rc<BTreeSet<AutomationKey>>,
    },
    Left {
        compiled: Arc<Compiled>,
        stage: usize,
        leave_out: Rc<BTreeSet<AutomationKey>>,
    },
    Created,
    StatusSet {
        status: JobStatus,
        round: u32,
        leave_out: Rc<BTreeSet<AutomationKey>>,
    },
    TaskCompleted {
        template: Option<TemplateKey>,
    },
    AllTasksCompleted,
    ItemReached {
        kind: ItemKind,
        template: Option<TemplateKey>,
        status: StatusKey,
    },
    AccountTagAdded(Tag),
    AccountTagRemoved(Tag),
    JobTagAdded(Tag),
    JobTagRemoved(Tag),
    FieldChanged(FieldScope, FieldKey),
    Signal(SignalKey),
    ByHand(AutomationKey),
    /// A time that an automation waited for has come.
    Clock(AutomationKey),
    /// The job has been in its stage for longer than it should.
    OverTime,
}

/// A fact that waits for the automations it sets off.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) fact: Fact,
    /// The event it comes from, by its place; absent when that is of another entry of the log.
    pub(super) event: Option<u32>,
    /// The visit that what its automations create belongs to.
    pub(super) visit: u32,
    /// The automations that led to it, the last one first.
    pub(super) trail: Option<Rc<Trail>>,
}

/// A chain of automations, each set off by the one before.
#[derive(Debug)]
pub(super) struct Trail {
    pub(super) automation: AutomationKey,
    pub(super) before: Option<Rc<Trail>>,
}

impl Trail {
    /// The circle that this automation would close: from where it ran last to now.
    pub(super) fn circle(trail: Option<&Rc<Trail>>, automation: &AutomationKey) -> Vec<AutomationKey> {
        let mut circle = Vec::new();
        let mut next = trail;
        while let Some(link) = next {
            circle.push(link.automation.clone());
            if link.automation == *automation {
                circle.reverse();
                return circle;
            }
            next = link.before.as_ref();
        }
        // It did not set itself off within this command: it came back through another job.
        vec![automation.clone()]
    }
}

/// What an event means to a job, which is as the event left it. What moves and new jobs mean is told by
/// [`each_fact_of_move`] and [`each_fact_of_creation`].
pub(super) fn each_fact(event: &Event, job: &Job, leave_out: &Rc<BTreeSet<AutomationKey>>, each: &mut dyn FnMut(Fact)) {
    match event {
        Event::JobStatusSet { job: id, to } if *id == job.id => {
            let leave_out = Rc::clone(leave_out);
            each(Fact::StatusSet { status: to.clone(), round: job.status_round, leave_out });
        }
        Event::TaskStateSet { task, job: Some(id), to: TaskState::Completed, .. } if *id == job.id => {
            let template = job.tasks.iter().find(|link| link.task == *task).and_then(|link| link.template.clone());
            each(Fact::TaskCompleted { template });
            if job.tasks.iter().all(|link| link.state.is_ended()) {
                each(Fact::AllTasksCompleted);
            }
        }
        Event::JobItemChanged { job: id, item, status: Some(status), .. } if *id == job.id => {
            if let Some(link) = job.items.iter().find(|link| link.item == *item) {
                let (kind, template) = (link.kind.clone(), link.template.clone());
                each(Fact::ItemReached { kind, template, status: status.clone() });
            }
        }
        Event::JobTagsChanged { job: id, added, removed } if *id == job.id => {
            removed.iter().for_each(|tag| each(Fact::JobTagRemoved(tag.clone())));
            added.iter().for_each(|tag| each(Fact::JobTagAdded(tag.clone())));
        }
        Event::JobFieldSet { job: id, field, .. } if *id == job.id => {
            each(Fact::FieldChanged(FieldScope::Job, field.clone()));
        }
        Event::AccountTagsChanged { account, added, removed } if *account == job.account => {
            removed.iter().for_each(|tag| each(Fact::AccountTagRemoved(tag.clone())));
            added.iter().for_each(|tag| each(Fact::AccountTagAdded(tag.clone())));
        }
        Event::AccountFieldSet { account, field, .. } if *account == job.account => {
            each(Fact::FieldChanged(FieldScope::Account, field.clone()));
        }
        Event::SignalReceived { job: id, name, .. } if *id == job.id => each(Fact::Signal(name.clone())),
        Event::FiredByHand { job: id, automation } if *id == job.id => each(Fact::ByHand(automation.clone())),
        Event::TimerFired { job: id, key, .. } if *id == job.id => each(match key {
            TimerKey::StageLimit => Fact::OverTime,
            TimerKey::Automation(automation) | TimerKey::Task { automation, .. } => Fact::Clock(automation.clone()),
        }),
        _ => {}
    }
}

/// What a move means to a job: it leaves its stage, perhaps jumps some, and enters one.
pub(super) fn each_fact_of_move(
    (here, from): (&Arc<Compiled>, Option<usize>),
    target: &Target,
    leave_out: &Rc<BTreeSet<AutomationKey>>,
    fire_jumped: bool,
    each: &mut dyn FnMut(Fact),
) {
    if let Some(stage) = from {
        each(Fact::Left { compiled: Arc::clone(here), stage, leave_out: Rc::clone(leave_out) });
    }
    let same = here.key() == target.compiled.key();
    let mut entered = |stage: usize, forward: bool| {
        let (compiled, leave_out) = (Arc::clone(&target.compiled), Rc::clone(leave_out));
        each(Fact::Entered { compiled, stage, forward, leave_out });
    };
    if fire_jumped && same {
        let first = from.map_or(0, |from| from.saturating_add(1));
        (first..target.place).for_each(|stage| entered(stage, true));
    }
    entered(target.place, !same || from.is_none_or(|from| target.place > from));
}

/// What it means to a job that it is new: it is created, and then enters its stage.
pub(super) fn each_fact_of_creation(compiled: &Arc<Compiled>, stage: usize, each: &mut dyn FnMut(Fact)) {
    each(Fact::Created);
    each(Fact::Entered { compiled: Arc::clone(compiled), stage, forward: true, leave_out: Rc::default() });
}

impl Decider<'_> {
    /// Notes what an event means to the job in focus, and what it means to other jobs.
    pub(super) fn note_facts(&mut self, event: &Event, place: u32) {
        match event {
            Event::JobStatusSet { job, to } => self.tell_awaiting(*job, to),
            Event::AccountTagsChanged { account, added, removed } if self.catalog.watches_account_tags() => {
                self.follow_ups.push(FollowUpWork::AccountTags {
                    account: *account,
                    added: added.clone(),
                    removed: removed.clone(),
                    except: self.focus_on_account(*account),
                });
            }
            Event::AccountFieldSet { account, field, .. } if self.catalog.watches_account_fields() => {
                self.follow_ups.push(FollowUpWork::AccountField {
                    account: *account,
                    field: field.clone(),
                    except: self.focus_on_account(*account),
                });
            }
            _ => {}
        }
        let Self { focus, state, pending, trail, leave_out, .. } = self;
        let Some(job) = focus.and_then(|id| state.job(id)) else { return };
        let visit = job.visit_number();
        each_fact(event, job, leave_out, &mut |fact| {
            pending.push_back(Pending { fact, event: Some(place), visit, trail: trail.clone() });
        });
    }

    /// Notes a fact about the job in focus, during its present visit.
    pub(super) fn note(&mut self, job: JobId, event: impl Into<Option<u32>>, fact: Fact) {
        if self.focus == Some(job) {
            let visit = self.state.job(job).map_or(0, |job| job.visit_number());
            self.note_in_visit(event, visit, fact);
        }
    }

    pub(super) fn note_in_visit(&mut self, event: impl Into<Option<u32>>, visit: u32, fact: Fact) {
        let event = event.into();
        let trail = self.trail.clone();
        self.pending.push_back(Pending { fact, event, visit, trail });
    }

    pub(super) fn note_account_tags(&mut self, job: JobId, added: &[Tag], removed: &[Tag], place: Option<u32>) {
        for tag in removed {
            self.note(job, place, Fact::AccountTagRemoved(tag.clone()));
        }
        for tag in added {
            self.note(job, place, Fact::AccountTagAdded(tag.clone()));
        }
    }

    /// Leaves word for the jobs that wait for one whose status was set.
    fn tell_awaiting(&mut self, on: JobId, to: &JobStatus) {
        let Some(record) = self.state.job(on) else { return };
        let finished = to.is_finished();
        let awaited = record.awaited_by.iter().copied();
        self.follow_ups.extend(awaited.map(|job| FollowUpWork::Dependency { job, on, finished }));
    }

    /// The job in focus, if it is one of the account's.
    fn focus_on_account(&self, account: crate::id::AccountId) -> Option<JobId> {
        let job = self.focus?;
        (self.state.job(job)?.account == account).then_some(job)
    }
}
