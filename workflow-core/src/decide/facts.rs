//! Facts: what happened to a job that automations can react to.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::Decider;
use crate::compile::Compiled;
use crate::definition::FieldScope;
use crate::event::Event;
use crate::id::{AutomationKey, FieldKey, JobId, SignalKey, StatusKey, Tag, TemplateKey};
use crate::model::{ItemKind, JobStatus, TaskState};
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

impl Decider<'_> {
    /// Notes what an event means to the job in focus, and what it means to other jobs.
    pub(super) fn note_facts(&mut self, event: &Event, place: u32) {
        match event {
            Event::JobStatusSet { job, to } => self.note_status(*job, to, place),
            Event::TaskStateSet { task, job: Some(job), to: TaskState::Completed, .. } => {
                self.note_task_completed(*job, *task, place);
            }
            Event::JobItemChanged { job, item, status: Some(status), .. } => {
                let link = self.state.job(*job).and_then(|job| job.items.iter().find(|link| link.item == *item));
                if let Some((kind, template)) = link.map(|link| (link.kind.clone(), link.template.clone())) {
                    self.note(*job, place, Fact::ItemReached { kind, template, status: status.clone() });
                }
            }
            Event::JobTagsChanged { job, added, removed } => {
                for tag in removed {
                    self.note(*job, place, Fact::JobTagRemoved(tag.clone()));
                }
                for tag in added {
                    self.note(*job, place, Fact::JobTagAdded(tag.clone()));
                }
            }
            Event::JobFieldSet { job, field, .. } => {
                self.note(*job, place, Fact::FieldChanged(FieldScope::Job, field.clone()));
            }
            Event::AccountTagsChanged { account, added, removed } => {
                let except = self.focus_on_account(*account);
                if let Some(job) = except {
                    self.note_account_tags(job, added, removed, Some(place));
                }
                if self.catalog.watches_account_tags() {
                    self.follow_ups.push(FollowUpWork::AccountTags {
                        account: *account,
                        added: added.clone(),
                        removed: removed.clone(),
                        except,
                    });
                }
            }
            Event::AccountFieldSet { account, field, .. } => {
                let except = self.focus_on_account(*account);
                if let Some(job) = except {
                    self.note(job, place, Fact::FieldChanged(FieldScope::Account, field.clone()));
                }
                if self.catalog.watches_account_fields() {
                    self.follow_ups.push(FollowUpWork::AccountField {
                        account: *account,
                        field: field.clone(),
                        except,
                    });
                }
            }
            Event::SignalReceived { job, name, .. } => self.note(*job, place, Fact::Signal(name.clone())),
            Event::FiredByHand { job, automation } => self.note(*job, place, Fact::ByHand(automation.clone())),
            _ => {}
        }
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

    fn note_status(&mut self, job: JobId, to: &JobStatus, place: u32) {
        let Some(record) = self.state.job(job) else { return };
        let round = record.status_round;
        let finished = to.is_finished();
        let awaited: Vec<JobId> = record.awaited_by.iter().copied().collect();
        for other in awaited {
            self.follow_ups.push(FollowUpWork::Dependency { job: other, on: job, finished });
        }
        let leave_out = Rc::clone(&self.leave_out);
        self.note(job, place, Fact::StatusSet { status: to.clone(), round, leave_out });
    }

    fn note_task_completed(&mut self, job: JobId, task: crate::id::TaskId, place: u32) {
        let Some(record) = self.state.job(job) else { return };
        let template = record.tasks.iter().find(|link| link.task == task).and_then(|link| link.template.clone());
        let all = record.tasks.iter().all(|link| link.state.is_ended());
        self.note(job, place, Fact::TaskCompleted { template });
        if all {
            self.note(job, place, Fact::AllTasksCompleted);
        }
    }

    /// The job in focus, if it is one of the account's.
    fn focus_on_account(&self, account: crate::id::AccountId) -> Option<JobId> {
        let job = self.focus?;
        (self.state.job(job)?.account == account).then_some(job)
    }
}
