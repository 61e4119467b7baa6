//! Events of the firm's settings, members, templates and pipelines.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::definition::PipelineDefinition;
use crate::event::Event;
use crate::id::{FirmId, StageKey};
use crate::model::{Firm, PipelineHead, PipelineVersion};
use crate::shelf::Slot;
use crate::state::State;

pub(super) fn apply(state: &mut State, firm: FirmId, at: DateTime<Utc>, event: &Event) {
    match event {
        Event::FirmCreated { settings } => {
            let record = Firm { id: firm, settings: (**settings).clone(), definitions: 0, created: at };
            state.firm.get_or_insert_with(|| Slot::loaded(None)).put(Arc::new(record));
        }
        Event::FirmConfigured { settings } => {
            if let Some(firm) = state.firm.as_mut().and_then(Slot::edit) {
                firm.settings = (**settings).clone();
            }
        }
        Event::MemberSaved(member) => {
            state.members.put(member.id, Arc::clone(member));
        }
        Event::TemplateSaved(template) => {
            let key = (template.kind(), template.key().clone());
            state.templates.put(key, Arc::clone(template));
        }
        Event::TemplateDeleted { kind, key } => {
            if let Some(slot) = state.templates.get_mut(&(*kind, key.clone())) {
                slot.remove();
            }
        }
        Event::PipelinePublished { version, definition, mapping } => publish(state, at, *version, definition, mapping),
        Event::PipelineArchived { pipeline, archived } => {
            if let Some(head) = state.pipelines.get_mut(pipeline).and_then(Slot::edit) {
                head.archived = *archived;
            }
        }
        Event::AutomationSwitched { pipeline, automation, enabled } => {
            if let Some(head) = state.pipelines.get_mut(pipeline).and_then(Slot::edit) {
                head.switches.insert(automation.clone(), *enabled);
            }
        }
        _ => return,
    }
    // INVARIANT: every change of definitions counts up the firm's counter, so that a host that
    // remembers them notices.
    if let Some(firm) = state.firm.as_mut().and_then(Slot::edit) {
        firm.definitions = firm.definitions.saturating_add(1);
    }
}

fn publish(
    state: &mut State,
    at: DateTime<Utc>,
    version: u32,
    definition: &Arc<PipelineDefinition>,
    mapping: &BTreeMap<StageKey, StageKey>,
) {
    let key = &definition.key;
    let record = PipelineVersion { key: key.clone(), version, definition: Arc::clone(definition), published: at };
    state.versions.put((key.clone(), version), Arc::new(record));
    let stages: BTreeSet<&StageKey> = definition.stages.iter().map(|stage| &stage.key).collect();
    let before = state.pipelines.get(key).and_then(Slot::get);
    let mut moved: BTreeMap<StageKey, StageKey> = before.map(|head| head.moved_stages.clone()).unwrap_or_default();
    // A stage that comes back is itself again; a mapping to a stage that is dropped now goes on
    // to where that one is mapped.
    moved.retain(|from, _| !stages.contains(from));
    for to in moved.values_mut() {
        if let Some(further) = mapping.get(to) {
            *to = further.clone();
        }
    }
    moved.extend(mapping.iter().map(|(from, to)| (from.clone(), to.clone())));
    let automations: BTreeSet<_> = automation_keys(definition).collect();
    let mut switches = before.map(|head| head.switches.clone()).unwrap_or_default();
    switches.retain(|key, _| automations.contains(key));
    let archived = before.is_some_and(|head| head.archived);
    let head =
        PipelineHead { key: key.clone(), newest: version, switches, moved_stages: moved, archived, published: at };
    state.pipelines.put(key.clone(), Arc::new(head));
}

fn automation_keys(definition: &PipelineDefinition) -> impl Iterator<Item = &crate::id::AutomationKey> {
    let stages = definition.stages.iter().flat_map(|stage| stage.on_entry.iter().chain(&stage.on_exit));
    let statuses = definition.statuses.iter().flat_map(|status| &status.on_set);
    stages.chain(statuses).chain(&definition.automations).map(|automation| &automation.key)
}
