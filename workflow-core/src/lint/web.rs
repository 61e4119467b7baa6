//! What automations change, and what sets them off.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::Scene;
use crate::compile::Place;
use crate::definition::{
    AccountTarget, Action, EndItems, EndTasks, FieldScope, Refire, RequestItem, SetField, Trigger, WipMode,
};
use crate::id::{FieldKey, Tag, TemplateKey};
use crate::model::{FieldValue, ItemKind};
use crate::validate::Rule;

/// A fact that an automation brings about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Change<'a> {
    Entered(usize),
    Left(usize),
    /// Another job was created in this pipeline.
    NewJob,
    /// Another job began in this stage.
    NewJobIn(usize),
    Status(&'a str),
    TagAdded(FieldScope, &'a Tag),
    TagRemoved(FieldScope, &'a Tag),
    AccountTagsCleared,
    Field(FieldScope, &'a FieldKey),
    /// Tasks were completed: those of a template, or all.
    TasksDone(Option<&'a TemplateKey>),
    /// Items reached a status: those of a kind, or all.
    ItemsReached(Option<&'a ItemKind>, &'static str),
    TasksMade,
    ItemMade(&'a ItemKind),
}

/// What sets automations off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Cue<'a> {
    Entered(usize),
    Left(usize),
    Created,
    Status(&'a str),
    TaskDone(Option<&'a TemplateKey>),
    AllTasksDone,
    ItemReached(Option<&'a ItemKind>, Option<&'a TemplateKey>, &'a str),
    TagAdded(FieldScope, Option<&'a Tag>),
    TagRemoved(FieldScope, Option<&'a Tag>),
    Field(FieldScope, Option<&'a FieldKey>),
}

/// A change that an automation makes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effect<'a> {
    pub(super) change: Change<'a>,
    /// Whether it comes about whenever the automation runs and finds things otherwise.
    pub(super) certain: bool,
    /// The value that a field gets.
    pub(super) value: Option<&'a FieldValue>,
    /// Whether it can take the job back along the declared order.
    pub(super) back: bool,
}

/// What an automation waits for and what it changes.
#[derive(Debug)]
pub(super) struct Conduct<'a> {
    pub(super) cues: Vec<Cue<'a>>,
    pub(super) effects: Vec<Effect<'a>>,
    /// Whether it runs every time that it is set off.
    pub(super) always: bool,
    /// Whether it takes the job out of the pipeline or archives it.
    pub(super) ends: bool,
}

/// What every automation of the scene does.
pub(super) fn conducts<'a>(scene: &Scene<'a>) -> Vec<Conduct<'a>> {
    scene.rules.iter().map(|rule| conduct(scene, rule)).collect()
}

fn conduct<'a>(scene: &Scene<'a>, rule: &Rule<'a>) -> Conduct<'a> {
    let automation = rule.automation;
    let by_stage = matches!(automation.on, Some(Trigger::StageEntered | Trigger::StageLeft));
    let mut effects = Effects::new(scene, rule);
    add_all(&mut effects, &automation.actions);
    effects.settle_tags();
    Conduct {
        cues: cues(scene, rule),
        effects: effects.list,
        always: automation.enabled
            && automation.condition.is_none()
            && automation.refire == Refire::EveryEntry
            && (automation.stages.is_empty() || by_stage),
        ends: effects.ends,
    }
}

/// Adds what actions change. What comes after a wait may never come about, and does not come about
/// at once: such a circle is not without end.
fn add_all<'a>(effects: &mut Effects<'_, 'a>, actions: &'a [Action]) {
    let mut sure = usize::MAX;
    for action in actions {
        if matches!(action, Action::Wait(_)) {
            sure = sure.min(effects.list.len());
            add_all(effects, action.within());
        }
        effects.add(action);
    }
    effects.list.iter_mut().skip(sure).for_each(|effect| effect.certain = false);
}

fn cues<'a>(scene: &Scene<'a>, rule: &Rule<'a>) -> Vec<Cue<'a>> {
    let automation = rule.automation;
    let in_stages = |cue: fn(usize) -> Cue<'a>| match scene.bound_to(rule) {
        Some(places) => places.into_iter().map(cue).collect(),
        None => (0..scene.stages().len()).map(cue).collect(),
    };
    match &rule.place {
        Place::Entry(stage) => return vec![Cue::Entered(*stage)],
        Place::Exit(stage) => return vec![Cue::Left(*stage)],
        Place::Status(key) => {
            let status = scene.definition.statuses.iter().find(|status| status.key == *key);
            return status.map(|status| Cue::Status(status.key.as_str())).into_iter().collect();
        }
        Place::Pipeline => {}
    }
    let Some(trigger) = &automation.on else { return Vec::new() };
    vec![match trigger {
        Trigger::StageEntered => return in_stages(Cue::Entered),
        Trigger::StageLeft => return in_stages(Cue::Left),
        Trigger::JobCreated => Cue::Created,
        Trigger::StatusSet { status } => Cue::Status(status.as_str()),
        Trigger::TaskCompleted { template } => Cue::TaskDone(template.as_ref()),
        Trigger::AllTasksCompleted => Cue::AllTasksDone,
        Trigger::ItemReached { kind, template, status } => {
            Cue::ItemReached(kind.as_ref(), template.as_ref(), status.as_str())
        }
        Trigger::AccountTagAdded { tag } => Cue::TagAdded(FieldScope::Account, tag.as_ref()),
        Trigger::AccountTagRemoved { tag } => Cue::TagRemoved(FieldScope::Account, tag.as_ref()),
        Trigger::JobTagAdded { tag } => Cue::TagAdded(FieldScope::Job, tag.as_ref()),
        Trigger::JobTagRemoved { tag } => Cue::TagRemoved(FieldScope::Job, tag.as_ref()),
        Trigger::FieldChanged { scope, field } => Cue::Field(*scope, field.as_ref()),
        // People, the host and time set these off, automations do not.
        Trigger::ByHand
        | Trigger::Signal { .. }
        | Trigger::DueApproaching { .. }
        | Trigger::Overdue { .. }
        | Trigger::Schedule(_)
        | Trigger::StageTimeLimit => return Vec::new(),
    }]
}

/// The effects of one automation as its actions are gone through in order.
struct Effects<'s, 'a> {
    scene: &'s Scene<'a>,
    list: Vec<Effect<'a>>,
    /// Where the job can be by now.
    places: BTreeSet<usize>,
    /// Whether the automation has moved the job, so that `places` is sure.
    moved: bool,
    /// The status that the job has by now, where it is known.
    status: Option<&'a str>,
    ends: bool,
}

impl<'s, 'a> Effects<'s, 'a> {
    fn new(scene: &'s Scene<'a>, rule: &Rule<'a>) -> Self {
        let all = 0..scene.stages().len();
        let left = matches!(rule.place, Place::Exit(_)) || rule.automation.on == Some(Trigger::StageLeft);
        let bound = scene.bound_to(rule);
        let places = match bound.as_deref() {
            // Who has left a stage is in another.
            Some([stage]) if left => all.filter(|place| place != stage).collect(),
            Some(places) if !left => places.iter().copied().collect(),
            _ => all.collect(),
        };
        let status = match cues(scene, rule).first() {
            Some(Cue::Status(status)) => Some(*status),
            _ => None,
        };
        Self { scene, list: Vec::new(), places, moved: false, status, ends: false }
    }

    fn push(&mut self, change: Change<'a>, certain: bool) {
        self.list.push(Effect { change, certain, value: None, back: false });
    }

    fn add(&mut self, action: &'a Action) {
        match action {
            Action::CreateTasks(_) | Action::CreateTask(_) => self.push(Change::TasksMade, true),
            Action::Request(RequestItem { kind, .. }) => self.push(Change::ItemMade(kind), true),
            Action::AddAccountTags(tags) => self.tags(FieldScope::Account, tags, Change::TagAdded),
            Action::RemoveAccountTags(tags) => self.tags(FieldScope::Account, tags, Change::TagRemoved),
            Action::ReplaceAccountTags(tags) => {
                // A tag on both lists stays.
                for tag in tags.remove.difference(&tags.add) {
                    self.push(Change::TagRemoved(FieldScope::Account, tag), true);
                }
                self.tags(FieldScope::Account, &tags.add, Change::TagAdded);
            }
            Action::ClearAccountTags => self.push(Change::AccountTagsCleared, false),
            Action::AddJobTags(tags) => self.tags(FieldScope::Job, tags, Change::TagAdded),
            Action::RemoveJobTags(tags) => self.tags(FieldScope::Job, tags, Change::TagRemoved),
            Action::SetStatus(status) => {
                let status = status.as_str();
                self.push(Change::Status(status), self.status != Some(status));
                self.status = Some(status);
            }
            Action::SetField(SetField { scope, field, value }) => {
                let change = Change::Field(*scope, field);
                self.list.push(Effect { change, certain: true, value: value.as_ref(), back: false });
            }
            Action::MoveTo(stage) => self.go_to(self.scene.target(Some(stage))),
            Action::MoveNext => self.go_on(),
            Action::MoveToPipeline { pipeline, stage } if self.scene.is_own(pipeline) => {
                self.go_to(self.scene.target(stage.as_ref()));
            }
            Action::MoveToPipeline { .. } => {
                self.leave_for(None);
                self.ends = true;
            }
            Action::CreateJob(job) if job.pipeline.as_ref().is_none_or(|key| self.scene.is_own(key)) => {
                if let Some(place) = self.scene.target(job.stage.as_ref()) {
                    let certain = job.account == AccountTarget::Same;
                    self.push(Change::NewJob, certain);
                    self.push(Change::NewJobIn(place), certain);
                }
            }
            Action::CompleteTasks(EndTasks { templates }) => {
                let done = templates.iter().map(Some).chain(templates.is_empty().then_some(None));
                done.for_each(|template| self.push(Change::TasksDone(template), false));
            }
            Action::CompleteItems(which) => self.items(which, "completed"),
            Action::CancelItems(which) => self.items(which, "cancelled"),
            Action::Archive => {
                self.push(Change::Status("archived"), true);
                self.ends = true;
            }
            _ => {}
        }
    }

    fn tags(&mut self, scope: FieldScope, tags: &'a BTreeSet<Tag>, change: fn(FieldScope, &'a Tag) -> Change<'a>) {
        tags.iter().for_each(|tag| self.push(change(scope, tag), true));
    }

    fn items(&mut self, which: &'a EndItems, status: &'static str) {
        let kinds = which.kinds.iter().map(Some).chain(which.kinds.is_empty().then_some(None));
        kinds.for_each(|kind| self.push(Change::ItemsReached(kind, status), false));
    }

    fn go_to(&mut self, target: Option<usize>) {
        let Some(target) = target else { return };
        // Moving a job to where it is changes nothing.
        if self.moved && self.places.iter().all(|place| *place == target) {
            return;
        }
        let certain =
            self.may_leave() && !self.is_bounded(target) && (self.places.len() != 1 || !self.places.contains(&target));
        let back = self.places.iter().any(|place| *place > target);
        self.leave_for(Some(target));
        self.list.push(Effect { change: Change::Entered(target), certain, value: None, back });
        self.places = BTreeSet::from([target]);
        self.moved = true;
    }

    fn go_on(&mut self) {
        let targets: BTreeSet<usize> =
            self.places.iter().flat_map(|place| self.scene.graph.automove_candidates(*place)).copied().collect();
        if targets.is_empty() {
            return;
        }
        let certain = self.may_leave()
            && self.places.len() == 1
            && targets.len() == 1
            && !targets.iter().any(|target| self.is_bounded(*target));
        self.leave_for(None);
        targets.iter().for_each(|target| self.push(Change::Entered(*target), certain));
        self.moved = true;
        self.places = targets;
    }

    /// Notes that the job leaves the stage that it can be in, other than the one it goes to.
    fn leave_for(&mut self, target: Option<usize>) {
        let certain = self.places.len() == 1 && self.may_leave();
        let left: Vec<usize> = self.places.iter().copied().filter(|place| Some(*place) != target).collect();
        left.into_iter().for_each(|place| self.push(Change::Left(place), certain));
    }

    /// Whether no exit requirement can hold the job.
    fn may_leave(&self) -> bool {
        self.places.iter().all(|place| self.scene.stages().get(*place).is_some_and(|stage| stage.exit.is_none()))
    }

    /// Whether the stage may refuse the job for being full.
    fn is_bounded(&self, place: usize) -> bool {
        let limit = self.scene.stages().get(place).and_then(|stage| stage.wip_limit);
        limit.is_some_and(|limit| limit.mode == WipMode::Refuse)
    }

    /// Of a tag that is put on and taken off, only what comes last is sure to change something.
    fn settle_tags(&mut self) {
        let mut last: BTreeMap<(FieldScope, &Tag), usize> = BTreeMap::new();
        for (place, effect) in self.list.iter().enumerate() {
            if let Change::TagAdded(scope, tag) | Change::TagRemoved(scope, tag) = effect.change {
                last.insert((scope, tag), place);
            }
        }
        for (place, effect) in self.list.iter_mut().enumerate() {
            if let Change::TagAdded(scope, tag) | Change::TagRemoved(scope, tag) = effect.change {
                effect.certain &= last.get(&(scope, tag)) == Some(&place);
            }
        }
    }
}
