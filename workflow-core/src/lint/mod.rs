//! Whether a pipeline works as a whole, and in its firm.
//!
//! [`lint`] finds what [`mod@crate::validate`] cannot see in one place of the document: stages that no
//! job reaches or leaves, automations that go in circles, tests of tags that nothing sets,
//! automove that never fires, and names of things that do not exist.

mod automove;
pub(crate) mod cycle;
mod dates;
mod loops;
mod names;
mod reach;
mod scene;
mod tags;
mod web;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::calendar::BuiltIn;
use crate::definition::{Action, JobTemplate, PipelineDefinition, TaskTemplate, numbered};
use crate::error::Problem;
use crate::id::{CalendarKey, ItemKindKey, PipelineKey, RoleKey, StageKey, Tag, TemplateKey};
use crate::model::{FirmSettings, ItemKind};
use crate::validate::Findings;
pub(crate) use dates::check_template;
use scene::Scene;

/// What a pipeline can name besides its own parts. What is `None` is not known, and any name is
/// accepted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surroundings {
    /// The firm's task templates.
    pub task_templates: BTreeMap<TemplateKey, TaskTemplate>,
    /// The firm's job templates.
    pub job_templates: BTreeSet<TemplateKey>,
    /// The firm's published pipelines and their stages. The pipeline in question goes by its own
    /// definition, whether it is here or not.
    pub pipelines: BTreeMap<PipelineKey, BTreeSet<StageKey>>,
    /// The seats that accounts have.
    pub roles: Option<BTreeSet<RoleKey>>,
    /// The kinds of item that the host defines, besides the built-in ones.
    pub item_kinds: Option<BTreeSet<ItemKindKey>>,
    /// The host's templates per kind of item. A kind that is not here accepts any.
    pub host_templates: BTreeMap<ItemKind, BTreeSet<TemplateKey>>,
    /// The host's folder templates.
    pub folder_templates: Option<BTreeSet<TemplateKey>>,
    /// The firm's calendars, and those that are built in.
    pub calendars: Option<BTreeSet<CalendarKey>>,
    /// The tags that the host puts on accounts.
    pub account_tags: Option<BTreeSet<Tag>>,
    /// The tags that the firm's templates and its other pipelines put on accounts and jobs.
    pub tags_elsewhere: TagsSet,
}

/// Tags that definitions put on accounts and jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagsSet {
    /// On accounts.
    pub account: BTreeSet<Tag>,
    /// On jobs.
    pub job: BTreeSet<Tag>,
}

impl TagsSet {
    /// Takes in what the automations and the job defaults of a pipeline set.
    pub fn add_pipeline(&mut self, definition: &PipelineDefinition) {
        let on_stages = definition.stages.iter().flat_map(|stage| stage.on_entry.iter().chain(&stage.on_exit));
        let on_statuses = definition.statuses.iter().flat_map(|status| &status.on_set);
        for automation in on_stages.chain(on_statuses).chain(&definition.automations) {
            for (_, action) in numbered(&automation.actions) {
                match action {
                    Action::AddAccountTags(tags) => self.account.extend(tags.iter().cloned()),
                    Action::ReplaceAccountTags(tags) => self.account.extend(tags.add.iter().cloned()),
                    Action::AddJobTags(tags) => self.job.extend(tags.iter().cloned()),
                    _ => {}
                }
            }
        }
        if let Some(defaults) = &definition.job_defaults {
            self.add_template(defaults);
        }
    }

    /// Takes in the tags that a template gives its jobs.
    pub fn add_template(&mut self, template: &JobTemplate) {
        self.job.extend(template.tags.iter().cloned());
    }
}

impl Surroundings {
    /// Takes over what a firm's settings say: roles, kinds of item, templates of the host. Roles
    /// stay unknown when the settings name none.
    pub fn set_firm(&mut self, settings: &FirmSettings) {
        self.roles = (!settings.roles.is_empty()).then(|| settings.roles.clone());
        self.item_kinds = Some(settings.item_kinds.keys().cloned().collect());
        self.host_templates.clone_from(&settings.host_templates);
        self.folder_templates.clone_from(&settings.folder_templates);
        let built_in = BuiltIn::all().iter().map(|calendar| calendar.key.clone());
        self.calendars = Some(settings.calendars.keys().cloned().chain(built_in).collect());
        self.account_tags.clone_from(&settings.account_tags);
    }
}

/// What does not work, or may not, in a pipeline as a whole. Errors refuse a publish, warnings do
/// not; errors come first, and at most [`crate::limits::PROBLEMS`] are listed.
///
/// The definition should have passed [`crate::validate::validate`]; one that has not is linted as
/// far as it makes sense.
///
/// ```
/// use workflow_core::definition::PipelineDefinition;
/// use workflow_core::lint::{Surroundings, lint};
///
/// let definition: PipelineDefinition = serde_json::from_str(
///     r#"{"key": "p", "name": "P", "stages": [
///         {"key": "prepare", "on_entry": [{"key": "go", "do": [{"move_to": "revue"}]}]},
///         {"key": "review"}
///     ]}"#,
/// )?;
/// let problems = lint(&definition, &Surroundings::default());
/// assert_eq!(problems[0].path, "stages[0].on_entry[0].do[0].move_to");
/// assert_eq!(problems[0].message, "there is no stage `revue` in this pipeline; did you mean `review`?");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn lint(definition: &PipelineDefinition, around: &Surroundings) -> Vec<Problem> {
    let scene = Scene::new(definition, around);
    let mut found = Findings::default();
    names::check(&scene, &mut found);
    dates::check(&scene, &mut found);
    reach::check(&scene, &mut found);
    loops::check(&scene, &mut found);
    automove::check(&scene, &mut found);
    tags::check(&scene, &mut found);
    found.into_problems()
}
