//! Pipelines written in Rust.
//!
//! A builder collects and [`PipelineBuilder::build`] validates: what comes out makes sense by
//! itself, and every problem is answered at once, as for a document.

use crate::dates::Span;
use crate::definition::{
    Access, Action, Automation, Condition, JobSort, JobTemplate, MoveRule, OnEmpty, Party, PipelineDefinition, Refire,
    Stage, Status, TaskTemplate, Transition, Trigger, Versioning, WipLimit,
};
use crate::error::{Problem, Rejection};
use crate::id::{AutomationKey, InvalidKey, PipelineKey, StageKey, StatusKey};
use crate::validate::validate;

/// Builds a pipeline.
///
/// ```
/// use workflow_core::builder::{AutomationBuilder, PipelineBuilder, StageBuilder};
/// use workflow_core::definition::{Action, TaskTemplate};
/// use workflow_core::model::Priority;
///
/// let task: TaskTemplate = serde_json::from_str(r#"{"key": "prepare", "title": "Prepare"}"#)?;
/// let pipeline = PipelineBuilder::new("individual-1040", "Individual 1040")
///     .task_template(task)
///     .stage(StageBuilder::new("prepare").automove().on_entry(
///         AutomationBuilder::new("make the task")
///             .act(Action::CreateTasks(vec!["prepare".try_into()?]))
///             .act(Action::SetPriority(Priority::High)),
///     ))
///     .stage(StageBuilder::new("done"))
///     .build()?;
/// assert_eq!(pipeline.stages.len(), 2);
/// let refused = PipelineBuilder::new("p", "P").stage(StageBuilder::new(" ")).build();
/// assert!(refused.is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct PipelineBuilder {
    key: String,
    name: String,
    stages: Vec<StageBuilder>,
    statuses: Vec<StatusBuilder>,
    automations: Vec<AutomationBuilder>,
    transitions: Vec<(String, String)>,
    description: Option<String>,
    access: Access,
    moves: MoveRule,
    versioning: Versioning,
    complete_at_final: bool,
    sort: JobSort,
    job_defaults: Option<JobTemplate>,
    task_templates: Vec<TaskTemplate>,
}

impl PipelineBuilder {
    /// A pipeline of this key and name, without stages.
    #[must_use]
    pub fn new(key: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            name: name.into(),
            stages: Vec::new(),
            statuses: Vec::new(),
            automations: Vec::new(),
            transitions: Vec::new(),
            description: None,
            access: Access::default(),
            moves: MoveRule::default(),
            versioning: Versioning::default(),
            complete_at_final: true,
            sort: JobSort::default(),
            job_defaults: None,
            task_templates: Vec::new(),
        }
    }

    /// Says what it is for.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Adds a stage after those before it.
    #[must_use]
    pub fn stage(mut self, stage: StageBuilder) -> Self {
        self.stages.push(stage);
        self
    }

    /// Adds a custom status.
    #[must_use]
    pub fn status(mut self, status: StatusBuilder) -> Self {
        self.statuses.push(status);
        self
    }

    /// Adds a way from one stage to another besides the default path.
    #[must_use]
    pub fn transition(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.transitions.push((from.into(), to.into()));
        self
    }

    /// Adds an automation of the pipeline's own; it needs a trigger.
    #[must_use]
    pub fn automation(mut self, automation: AutomationBuilder) -> Self {
        self.automations.push(automation);
        self
    }

    /// Adds a task template of the pipeline's own.
    #[must_use]
    pub fn task_template(mut self, template: TaskTemplate) -> Self {
        self.task_templates.push(template);
        self
    }

    /// Sets what new jobs begin with.
    #[must_use]
    pub fn job_defaults(mut self, defaults: JobTemplate) -> Self {
        self.job_defaults = Some(defaults);
        self
    }

    /// Sets who may see and work on its jobs.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Allows manual moves along its own ways only.
    #[must_use]
    pub fn restrict_moves(mut self) -> Self {
        self.moves = MoveRule::Transitions;
        self
    }

    /// Keeps new jobs on the version that they were created under.
    #[must_use]
    pub fn pin_jobs(mut self) -> Self {
        self.versioning = Versioning::Pin;
        self
    }

    /// Leaves jobs active in a final stage, for people to complete.
    #[must_use]
    pub fn leave_final_jobs_active(mut self) -> Self {
        self.complete_at_final = false;
        self
    }

    /// Sets how cards are sorted on the board.
    #[must_use]
    pub fn sort(mut self, sort: JobSort) -> Self {
        self.sort = sort;
        self
    }

    /// Validates it all.
    ///
    /// # Errors
    /// [`Rejection::Document`] with every problem and its path.
    pub fn build(self) -> Result<PipelineDefinition, Rejection> {
        let mut problems = Vec::new();
        let mut keys = Keys { problems: &mut problems };
        let key = keys.read("key", PipelineKey::new(&self.key));
        let stages: Vec<Option<Stage>> =
            self.stages.into_iter().enumerate().map(|(place, stage)| stage.build(place, &mut keys)).collect();
        let statuses: Vec<Option<Status>> =
            self.statuses.into_iter().enumerate().map(|(place, status)| status.build(place, &mut keys)).collect();
        let automations = build_all("automations", self.automations, &mut keys);
        let transition = |(place, (from, to)): (usize, (String, String)), keys: &mut Keys<'_>| {
            let from = keys.read(&format!("transitions[{place}].from"), StageKey::new(from))?;
            Some(Transition { from, to: keys.read(&format!("transitions[{place}].to"), StageKey::new(to))? })
        };
        let transitions: Vec<Option<Transition>> =
            self.transitions.into_iter().enumerate().map(|one| transition(one, &mut keys)).collect();
        let Some(key) = key.filter(|_| problems.is_empty()) else { return Err(Rejection::Document(problems)) };
        let definition = PipelineDefinition {
            key,
            name: self.name,
            description: self.description,
            access: self.access,
            moves: self.moves,
            versioning: self.versioning,
            complete_at_final: self.complete_at_final,
            sort: self.sort,
            job_template: None,
            job_defaults: self.job_defaults,
            statuses: statuses.into_iter().flatten().collect(),
            stages: stages.into_iter().flatten().collect(),
            transitions: transitions.into_iter().flatten().collect(),
            automations,
            task_templates: self.task_templates,
        };
        let problems = validate(&definition);
        if problems.is_empty() { Ok(definition) } else { Err(Rejection::Document(problems)) }
    }
}

/// Reads keys and notes those that are none.
struct Keys<'a> {
    problems: &'a mut Vec<Problem>,
}

impl Keys<'_> {
    fn read<K>(&mut self, path: &str, key: Result<K, InvalidKey>) -> Option<K> {
        key.map_err(|error| self.problems.push(Problem::error(path, "invalid", error.to_string()))).ok()
    }
}

/// Builds a stage.
#[derive(Debug, Clone)]
pub struct StageBuilder {
    key: String,
    on_entry: Vec<AutomationBuilder>,
    on_exit: Vec<AutomationBuilder>,
    name: Option<String>,
    client_name: Option<String>,
    waiting_for: Option<Party>,
    when: Option<Condition>,
    automove: bool,
    on_empty: OnEmpty,
    is_final: bool,
    time_limit: Option<Span>,
    wip_limit: Option<WipLimit>,
    exit: Option<Condition>,
}

impl StageBuilder {
    /// A stage of this key.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            on_entry: Vec::new(),
            on_exit: Vec::new(),
            name: None,
            client_name: None,
            waiting_for: None,
            when: None,
            automove: false,
            on_empty: OnEmpty::default(),
            is_final: false,
            time_limit: None,
            wip_limit: None,
            exit: None,
        }
    }

    /// Sets what it is called.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets what clients see of it.
    #[must_use]
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = Some(name.into());
        self
    }

    /// Sets whose turn it is, for measures; unless said, what the job waits for tells.
    #[must_use]
    pub fn waiting_for(mut self, party: Party) -> Self {
        self.waiting_for = Some(party);
        self
    }

    /// Makes it conditional: jobs that move by themselves skip it when this does not hold.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        self.when = Some(condition);
        self
    }

    /// Lets jobs move on when everything that the stage asked for is done.
    #[must_use]
    pub fn automove(mut self) -> Self {
        self.automove = true;
        self
    }

    /// Lets jobs move on also when there was nothing to do.
    #[must_use]
    pub fn advance_when_empty(mut self) -> Self {
        self.on_empty = OnEmpty::Advance;
        self
    }

    /// Lets the pipeline end here.
    #[must_use]
    pub fn final_stage(mut self) -> Self {
        self.is_final = true;
        self
    }

    /// Sets how long a job should stay.
    #[must_use]
    pub fn time_limit(mut self, limit: Span) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Sets how many jobs it should hold.
    #[must_use]
    pub fn wip_limit(mut self, limit: WipLimit) -> Self {
        self.wip_limit = Some(limit);
        self
    }

    /// Sets what must hold before a job leaves.
    #[must_use]
    pub fn exit(mut self, condition: Condition) -> Self {
        self.exit = Some(condition);
        self
    }

    /// Adds an automation that runs when a job enters.
    #[must_use]
    pub fn on_entry(mut self, automation: AutomationBuilder) -> Self {
        self.on_entry.push(automation);
        self
    }

    /// Adds an automation that runs when a job leaves.
    #[must_use]
    pub fn on_exit(mut self, automation: AutomationBuilder) -> Self {
        self.on_exit.push(automation);
        self
    }

    fn build(self, place: usize, keys: &mut Keys<'_>) -> Option<Stage> {
        let key = keys.read(&format!("stages[{place}].key"), StageKey::new(&self.key));
        let on_entry = build_all(&format!("stages[{place}].on_entry"), self.on_entry, keys);
        let on_exit = build_all(&format!("stages[{place}].on_exit"), self.on_exit, keys);
        Some(Stage {
            key: key?,
            name: self.name,
            client_name: self.client_name,
            waiting_for: self.waiting_for,
            description: None,
            when: self.when,
            automove: self.automove,
            on_empty: self.on_empty,
            is_final: self.is_final,
            time_limit: self.time_limit,
            wip_limit: self.wip_limit,
            exit: self.exit,
            on_entry,
            on_exit,
        })
    }
}

/// Builds a custom status.
#[derive(Debug, Clone)]
pub struct StatusBuilder {
    key: String,
    name: Option<String>,
    client_name: Option<String>,
    waiting_for: Option<Party>,
    automove: bool,
    on_set: Vec<AutomationBuilder>,
}

impl StatusBuilder {
    /// A status of this key.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), name: None, client_name: None, waiting_for: None, automove: false, on_set: Vec::new() }
    }

    /// Sets what it is called.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets what clients see of it.
    #[must_use]
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = Some(name.into());
        self
    }

    /// Sets whose turn it is, for measures; unless said, what the job waits for tells.
    #[must_use]
    pub fn waiting_for(mut self, party: Party) -> Self {
        self.waiting_for = Some(party);
        self
    }

    /// Makes the job active again when everything that its automations created is done.
    #[must_use]
    pub fn automove(mut self) -> Self {
        self.automove = true;
        self
    }

    /// Adds an automation that runs when it is set.
    #[must_use]
    pub fn on_set(mut self, automation: AutomationBuilder) -> Self {
        self.on_set.push(automation);
        self
    }

    fn build(self, place: usize, keys: &mut Keys<'_>) -> Option<Status> {
        let key = keys.read(&format!("statuses[{place}].key"), StatusKey::new(&self.key));
        let on_set = build_all(&format!("statuses[{place}].on_set"), self.on_set, keys);
        Some(Status {
            key: key?,
            name: self.name,
            client_name: self.client_name,
            waiting_for: self.waiting_for,
            automove: self.automove,
            on_set,
        })
    }
}

/// Builds an automation.
#[derive(Debug, Clone)]
pub struct AutomationBuilder {
    key: String,
    name: Option<String>,
    on: Option<Trigger>,
    stages: Vec<String>,
    condition: Option<Condition>,
    enabled: bool,
    refire: Refire,
    actions: Vec<Action>,
}

impl AutomationBuilder {
    /// An automation of this key, without actions.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            name: None,
            on: None,
            stages: Vec::new(),
            condition: None,
            enabled: true,
            refire: Refire::default(),
            actions: Vec::new(),
        }
    }

    /// Sets what it is called.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets what sets it off: for automations of the pipeline's own.
    #[must_use]
    pub fn on(mut self, trigger: Trigger) -> Self {
        self.on = Some(trigger);
        self
    }

    /// Binds it to a stage, besides those before.
    #[must_use]
    pub fn in_stage(mut self, stage: impl Into<String>) -> Self {
        self.stages.push(stage.into());
        self
    }

    /// Sets what must hold for it to run.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        self.condition = Some(condition);
        self
    }

    /// Leaves it off until it is switched on.
    #[must_use]
    pub fn switched_off(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Sets on which entries it runs.
    #[must_use]
    pub fn refire(mut self, refire: Refire) -> Self {
        self.refire = refire;
        self
    }

    /// Adds an action after those before it.
    #[must_use]
    pub fn act(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    fn build(self, path: &str, keys: &mut Keys<'_>) -> Option<Automation> {
        let key = keys.read(&format!("{path}.key"), AutomationKey::new(&self.key));
        let stages = self.stages.iter().map(|stage| keys.read(&format!("{path}.stages"), StageKey::new(stage)));
        let stages = stages.collect::<Vec<_>>().into_iter().flatten().collect();
        Some(Automation {
            key: key?,
            name: self.name,
            on: self.on,
            stages,
            condition: self.condition,
            enabled: self.enabled,
            refire: self.refire,
            actions: self.actions,
        })
    }
}

fn build_all(path: &str, builders: Vec<AutomationBuilder>, keys: &mut Keys<'_>) -> Vec<Automation> {
    let automation = |(place, builder): (usize, AutomationBuilder)| builder.build(&format!("{path}[{place}]"), keys);
    builders.into_iter().enumerate().filter_map(automation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s2_1_a_builder_answers_every_problem_at_once() {
        let built = PipelineBuilder::new("", "P")
            .stage(StageBuilder::new(" a").on_entry(AutomationBuilder::new("\u{7}")))
            .transition("a", "")
            .build();
        let Err(Rejection::Document(problems)) = built else { panic!("not refused") };
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["key", "stages[0].key", "stages[0].on_entry[0].key", "transitions[0].to"]);
    }

    #[test]
    fn s2_1_a_builder_validates_like_a_document() {
        let twice = PipelineBuilder::new("p", "P").stage(StageBuilder::new("a")).stage(StageBuilder::new("a")).build();
        let Err(Rejection::Document(problems)) = twice else { panic!("not refused") };
        assert_eq!(problems[0].code, "duplicate_key");
    }
}
