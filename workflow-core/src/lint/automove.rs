//! Automove that can never fire.

use std::collections::BTreeSet;

use super::scene::Scene;
use crate::compile::Place;
use crate::definition::{Action, OnEmpty, Trigger};
use crate::id::StatusKey;
use crate::model::{DoneRule, FirmSettings, ItemKind};
use crate::validate::{Findings, Rule};

pub(super) fn check(scene: &Scene<'_>, found: &mut Findings) {
    let (blocked, anywhere) = blocked(scene);
    for (place, stage) in scene.stages().iter().enumerate() {
        if !stage.automove || scene.graph.is_final(place) {
            continue;
        }
        let path = format!("stages[{place}].automove");
        if scene.graph.automove_candidates(place).is_empty() {
            found.error(&path, "automove_nowhere", || {
                format!(
                    "automove of `{}` has nowhere to go: declare a stage after it, add a transition, or make it final",
                    stage.key
                )
            });
        } else if stage.on_empty == OnEmpty::Hold && !anywhere && !blocked.contains(&place) {
            found.warning(&path, "automove_never_fires", || {
                format!(
                    "no automation creates a task or an item to wait for in `{}`, so automove fires only after \
                     something linked by hand is done; create one on entry, or write `on_empty: advance`",
                    stage.key
                )
            });
        }
    }
    for (place, status) in scene.definition.statuses.iter().enumerate() {
        if status.automove && !scene.rules.iter().any(|rule| runs_on(rule, &status.key) && creates(rule)) {
            found.warning(&format!("statuses[{place}].automove"), "automove_never_fires", || {
                format!(
                    "setting `{}` creates no task and no item to wait for, so the job never becomes active again by \
                     itself; create one under `on_set`, or leave `automove` out",
                    status.key
                )
            });
        }
    }
}

/// The stages in which automations create what automove waits for, and whether one does so in any.
fn blocked(scene: &Scene<'_>) -> (BTreeSet<usize>, bool) {
    let mut blocked = BTreeSet::new();
    let mut anywhere = false;
    for rule in scene.rules.iter().filter(|rule| creates(rule)) {
        match (&rule.place, scene.bound_to(rule)) {
            // What a stage's exit creates belongs to the visit that has ended.
            (Place::Exit(_), _) => {}
            (Place::Pipeline, _) if rule.automation.on == Some(Trigger::StageLeft) => {}
            (_, Some(places)) => blocked.extend(places),
            (_, None) => anywhere = true,
        }
    }
    (blocked, anywhere)
}

/// Whether setting this status sets the automation off.
fn runs_on(rule: &Rule<'_>, status: &StatusKey) -> bool {
    match &rule.place {
        Place::Status(key) => key == status,
        Place::Pipeline => {
            matches!(&rule.automation.on, Some(Trigger::StatusSet { status: wanted }) if wanted == status)
        }
        Place::Entry(_) | Place::Exit(_) => false,
    }
}

/// Whether an automation creates something that has to be done.
fn creates(rule: &Rule<'_>) -> bool {
    rule.actions().into_iter().any(|(_, action)| match action {
        Action::CreateTasks(_) | Action::CreateTask(_) => true,
        Action::Request(request) => may_block(&request.kind),
        _ => false,
    })
}

/// Whether somebody may have something to do with an item of this kind. Only the host knows of its
/// own kinds, so they may.
fn may_block(kind: &ItemKind) -> bool {
    kind.done_rule(&FirmSettings::named("")) != Some(DoneRule::NotActionable)
}
