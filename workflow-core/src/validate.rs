//! Whether a pipeline document makes sense by itself.
//!
//! [`validate`] looks at the document alone; what it names elsewhere, and how its parts play
//! together, is for [`crate::lint`]. Both answer every problem at once.

mod automation;
mod condition;
mod findings;
mod rules;
mod template;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use crate::definition::{Access, PipelineDefinition, Stage, Status, Template};
use crate::error::Problem;
use crate::id::{StageKey, StatusKey};
use crate::limits;
use crate::suggest::near;
pub(crate) use findings::Findings;
pub(crate) use rules::{Rule, each_test, gather, rules};
pub(crate) use template::{WrittenTask, circle_message, circles, written_tasks};

/// Job statuses that every pipeline has.
pub(crate) const BUILT_IN_STATUSES: [&str; 3] = ["active", "completed", "archived"];

/// Everything that is wrong with a pipeline document by itself: sizes past their limits, keys
/// used twice, names of stages and statuses that it does not declare, empty actions and tests,
/// conditions and automove where they cannot be.
///
/// All problems are errors and refuse the document. At most [`limits::PROBLEMS`] are listed.
///
/// ```
/// use workflow_core::definition::PipelineDefinition;
/// use workflow_core::validate::validate;
///
/// let definition: PipelineDefinition = serde_json::from_str(
///     r#"{"key": "p", "name": "P", "stages": [{"key": "a"}, {"key": "a"}]}"#,
/// )?;
/// let problems = validate(&definition);
/// assert_eq!(problems[0].path, "stages[1].key");
/// assert_eq!(problems[0].code, "duplicate_key");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn validate(definition: &PipelineDefinition) -> Vec<Problem> {
    let mut found = Findings::default();
    let names = Names::new(definition);
    check_pipeline(definition, &mut found);
    check_stages(definition, &names, &mut found);
    check_statuses(definition, &mut found);
    check_transitions(definition, &names, &mut found);
    automation::check(definition, &names, &mut found);
    template::check_all(definition, &mut found);
    found.into_problems()
}

/// Everything that is wrong with a firm's template by itself: sizes past their limits, empty
/// titles, dates out of range. Paths begin at the template.
#[must_use]
pub fn validate_template(template: &Template) -> Vec<Problem> {
    let mut found = Findings::default();
    match template {
        Template::Task(task) => template::check_task("task", task, &mut found),
        Template::Job { defaults, .. } => template::check_job("job.defaults", defaults, &mut found),
    }
    found.into_problems()
}

/// What a document declares that its parts can name.
struct Names<'a> {
    stages: FxHashSet<&'a StageKey>,
    statuses: FxHashSet<&'a StatusKey>,
    definition: &'a PipelineDefinition,
}

impl<'a> Names<'a> {
    fn new(definition: &'a PipelineDefinition) -> Self {
        Self {
            stages: definition.stages.iter().map(|stage| &stage.key).collect(),
            statuses: definition.statuses.iter().map(|status| &status.key).collect(),
            definition,
        }
    }

    fn check_stage(&self, path: &str, key: &StageKey, found: &mut Findings) {
        if !self.stages.contains(key) {
            found.error(path, "unknown_stage", || {
                let known = self.definition.stages.iter().map(|stage| stage.key.as_str());
                format!("there is no stage `{key}` in this pipeline{}", near(key.as_str(), known))
            });
        }
    }

    /// Checks a status that a job can be in.
    fn check_status(&self, path: &str, key: &StatusKey, found: &mut Findings) {
        if !self.statuses.contains(key) && !BUILT_IN_STATUSES.contains(&key.as_str()) {
            found.error(path, "unknown_status", || {
                let own = self.definition.statuses.iter().map(|status| status.key.as_str());
                let near = near(key.as_str(), own.chain(BUILT_IN_STATUSES));
                format!("there is no status `{key}` in this pipeline{near}")
            });
        }
    }
}

/// Refuses a size past its limit.
fn check_limit(path: &str, limit: &'static str, max: usize, actual: usize, what: &str, found: &mut Findings) {
    if actual > max {
        found.error(path, "limit", || format!("{what} is past the limit {limit} of {max} (it is {actual})"));
    }
}

/// Refuses a name or title that is empty or too long.
fn check_name(path: &str, name: &str, found: &mut Findings) {
    if name.trim().is_empty() {
        found.error(path, "empty", || "it is empty: write a name, or leave it out where it may be".to_owned());
    }
    check_limit(path, "NAME_BYTES", limits::NAME_BYTES, name.len(), "its length in bytes", found);
}

/// Refuses a longer text that is too long.
fn check_text(path: &str, text: &str, found: &mut Findings) {
    check_limit(path, "TEXT_BYTES", limits::TEXT_BYTES, text.len(), "its length in bytes", found);
}

fn check_optional_name(path: &str, part: &str, name: Option<&str>, found: &mut Findings) {
    if let Some(name) = name {
        check_name(&format!("{path}{part}"), name, found);
    }
}

fn check_optional_text(path: &str, part: &str, text: Option<&str>, found: &mut Findings) {
    if let Some(text) = text {
        check_text(&format!("{path}{part}"), text, found);
    }
}

fn check_pipeline(definition: &PipelineDefinition, found: &mut Findings) {
    check_name("name", &definition.name, found);
    check_optional_text("", "description", definition.description.as_deref(), found);
    if definition.stages.is_empty() {
        found.error("stages", "no_stages", || "a pipeline needs at least one stage".to_owned());
    }
    check_limit("stages", "STAGES", limits::STAGES, definition.stages.len(), "the number of stages", found);
    let statuses = definition.statuses.len();
    check_limit("statuses", "STATUSES", limits::STATUSES, statuses, "the number of custom statuses", found);
    if let Access::Only { members, roles } = &definition.access {
        if members.is_empty() && roles.is_empty() {
            let say = || "nobody could see this pipeline: name members or roles, or write `everyone`".to_owned();
            found.error("access.only", "nobody", say);
        }
        template::check_people("access.only", members.len(), roles.len(), found);
    }
    if let Some(defaults) = &definition.job_defaults {
        template::check_job("job_defaults", defaults, found);
    }
}

fn check_stages(definition: &PipelineDefinition, names: &Names<'_>, found: &mut Findings) {
    let mut seen = BTreeSet::new();
    let declared = definition.stages.iter().any(|stage| stage.is_final);
    let last = definition.stages.len().saturating_sub(1);
    for (place, stage) in definition.stages.iter().enumerate() {
        let path = format!("stages[{place}]");
        if !seen.insert(&stage.key) {
            duplicate(&format!("{path}.key"), "stage", stage.key.as_str(), found);
        }
        check_optional_name(&path, ".name", stage.name.as_deref(), found);
        check_optional_name(&path, ".client_name", stage.client_name.as_deref(), found);
        check_optional_text(&path, ".description", stage.description.as_deref(), found);
        check_stage_place(&path, stage, place == 0, if declared { stage.is_final } else { place == last }, found);
        for (part, test) in [("when", &stage.when), ("exit", &stage.exit)] {
            if let Some(test) = test {
                condition::check(&format!("{path}.{part}"), test, names, found);
            }
        }
        if let Some(limit) = stage.time_limit {
            automation::check_span(&format!("{path}.time_limit"), limit, found);
        }
        if stage.wip_limit.is_some_and(|limit| limit.max == 0) {
            let say = || "a limit of `0` would let no job in: write at least 1".to_owned();
            found.error(&format!("{path}.wip_limit.max"), "out_of_range", say);
        }
    }
}

/// What the first stage and final ones cannot have.
fn check_stage_place(path: &str, stage: &Stage, first: bool, last: bool, found: &mut Findings) {
    let key = &stage.key;
    if stage.when.is_some() && first {
        found.error(&format!("{path}.when"), "condition_on_first", || {
            format!("`{key}` is the first stage, where every job begins: it cannot have an entry condition")
        });
    } else if stage.when.is_some() && last {
        found.error(&format!("{path}.when"), "condition_on_final", || {
            format!("`{key}` is a final stage, where jobs end: it cannot have an entry condition")
        });
    }
    if stage.automove && last {
        found.error(&format!("{path}.automove"), "automove_on_final", || {
            format!("`{key}` is a final stage: jobs do not move on from it, so it cannot have automove")
        });
    }
}

fn check_statuses(definition: &PipelineDefinition, found: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (place, Status { key, name, client_name, .. }) in definition.statuses.iter().enumerate() {
        let path = format!("statuses[{place}]");
        if BUILT_IN_STATUSES.contains(&key.as_str()) {
            found.error(&format!("{path}.key"), "reserved_status", || {
                format!("`{key}` is a status that every pipeline has: choose another key")
            });
        }
        if !seen.insert(key) {
            duplicate(&format!("{path}.key"), "status", key.as_str(), found);
        }
        check_optional_name(&path, ".name", name.as_deref(), found);
        check_optional_name(&path, ".client_name", client_name.as_deref(), found);
    }
}

fn check_transitions(definition: &PipelineDefinition, names: &Names<'_>, found: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (place, transition) in definition.transitions.iter().enumerate() {
        let path = format!("transitions[{place}]");
        let (from, to) = (&transition.from, &transition.to);
        names.check_stage(&format!("{path}.from"), from, found);
        names.check_stage(&format!("{path}.to"), to, found);
        if from == to {
            found.error(&path, "transition_to_itself", || {
                format!("`{from}` leads to itself: remove the transition, entering a stage again needs none")
            });
        }
        if !seen.insert((from, to)) {
            let say = || format!("the transition from `{from}` to `{to}` is declared twice: remove one");
            found.error(&path, "duplicate_transition", say);
        }
    }
}

fn duplicate(path: &str, what: &str, key: &str, found: &mut Findings) {
    found.error(path, "duplicate_key", || format!("there is another {what} `{key}`: give each its own key"));
}
