//! A published pipeline made ready: its graph, its rules by what sets them off, its templates and
//! texts parsed. Built once per version; a command never parses a definition.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::definition::{
    Action, Automation, Condition, FieldScope, JobTemplate, PipelineDefinition, Stage, Status, TaskTemplate, Trigger,
    numbered,
};
use crate::error::Problem;
use crate::graph::StageGraph;
use crate::id::{AutomationKey, PipelineKey, StageKey, StatusKey, TemplateKey};
use crate::limits;
use crate::recurrence::CompiledSchedule;
use crate::shortcode::Text;
use crate::validate::gather;

/// Where an automation is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the entry of a stage.
    Entry(usize),
    /// On the exit of a stage.
    Exit(usize),
    /// On a custom status.
    Status(StatusKey),
    /// On the pipeline.
    Pipeline,
}

/// An automation with its place.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) automation: Arc<Automation>,
    pub(crate) place: Place,
}

/// A version of a pipeline, made ready.
#[derive(Debug)]
pub struct Compiled {
    definition: Arc<PipelineDefinition>,
    version: u32,
    graph: StageGraph,
    rules: Vec<Rule>,
    by_key: FxHashMap<AutomationKey, usize>,
    entered: Vec<Vec<usize>>,
    left: Vec<Vec<usize>>,
    others: Vec<usize>,
    timed: Vec<usize>,
    schedules: FxHashMap<usize, CompiledSchedule>,
    keeps_time: bool,
    has_waits: bool,
    task_templates: FxHashMap<TemplateKey, Arc<TaskTemplate>>,
    texts: Texts,
    watches_account_tags: bool,
    watches_account_fields: bool,
}

/// Texts with shortcodes, parsed, by their source.
#[derive(Debug, Default)]
pub(crate) struct Texts(FxHashMap<Box<str>, (String, Text)>);

impl Texts {
    /// Parses a text and remembers it.
    pub(crate) fn add(&mut self, path: &str, source: &str, problems: &mut Vec<Problem>) {
        if self.0.contains_key(source) {
            return;
        }
        match Text::compile(source) {
            Ok(text) => drop(self.0.insert(source.into(), (path.to_owned(), text))),
            Err(error) => problems.push(Problem::error(path, error.code, error.message)),
        }
    }

    /// The parsed text of a source.
    pub(crate) fn get(&self, source: &str) -> Option<&Text> {
        self.0.get(source).map(|(_, text)| text)
    }

    /// Every parsed text, with the first place where it is written.
    pub(crate) fn all(&self) -> impl Iterator<Item = &(String, Text)> {
        self.0.values()
    }
}

impl Compiled {
    /// Makes a definition ready.
    ///
    /// # Errors
    /// Every text whose shortcodes are not understood, with its path.
    pub fn new(definition: Arc<PipelineDefinition>, version: u32) -> Result<Self, Vec<Problem>> {
        let graph = StageGraph::new(&definition);
        let mut problems = Vec::new();
        let texts = collect_texts(&definition, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let rules = collect_rules(&definition);
        let by_key = rules.iter().enumerate().map(|(place, rule)| (rule.automation.key.clone(), place)).collect();
        let stages = definition.stages.len();
        let (mut entered, mut left, mut others) = (vec![Vec::new(); stages], vec![Vec::new(); stages], Vec::new());
        for (number, rule) in rules.iter().enumerate() {
            match (&rule.place, &rule.automation.on) {
                (Place::Entry(stage), _) => at(&mut entered, *stage, number),
                (Place::Exit(stage), _) => at(&mut left, *stage, number),
                (Place::Pipeline, Some(Trigger::StageEntered)) => {
                    for stage in stages_of(&definition, &rule.automation) {
                        at(&mut entered, stage, number);
                    }
                }
                (Place::Pipeline, Some(Trigger::StageLeft)) => {
                    for stage in stages_of(&definition, &rule.automation) {
                        at(&mut left, stage, number);
                    }
                }
                _ => others.push(number),
            }
        }
        let is_timed = |rule: &Rule| rule.automation.on.as_ref().is_some_and(Trigger::is_timed);
        let timed: Vec<usize> =
            rules.iter().enumerate().filter(|(_, rule)| is_timed(rule)).map(|(number, _)| number).collect();
        // Those that cannot be compiled were refused when the pipeline was published.
        let schedule = |(number, rule): (usize, &Rule)| match &rule.automation.on {
            Some(Trigger::Schedule(schedule)) => Some((number, schedule.compile().ok()?)),
            _ => None,
        };
        let schedules = rules.iter().enumerate().filter_map(schedule).collect();
        let waits = |rule: &Rule| rule.automation.actions.iter().any(|action| matches!(action, Action::Wait(_)));
        let task_templates =
            definition.task_templates.iter().map(|task| (task.key.clone(), Arc::new(task.clone()))).collect();
        Ok(Self {
            keeps_time: keeps_time(&definition),
            has_waits: rules.iter().any(waits),
            watches_account_tags: watches(&definition, is_account_tag_trigger, mentions_account_tags),
            watches_account_fields: watches(&definition, is_account_field_trigger, mentions_account_fields),
            definition,
            version,
            graph,
            rules,
            by_key,
            entered,
            left,
            others,
            timed,
            schedules,
            task_templates,
            texts,
        })
    }

    /// What was published.
    #[must_use]
    pub fn definition(&self) -> &Arc<PipelineDefinition> {
        &self.definition
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &PipelineKey {
        &self.definition.key
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Its stage graph.
    #[must_use]
    pub fn graph(&self) -> &StageGraph {
        &self.graph
    }

    /// The stage at a place of the declared order.
    pub(crate) fn stage(&self, place: usize) -> Option<&Stage> {
        self.definition.stages.get(place)
    }

    /// The stage of a key, with its place.
    pub(crate) fn stage_named(&self, key: &StageKey) -> Option<(usize, &Stage)> {
        let place = self.graph.position(key)?;
        Some((place, self.stage(place)?))
    }

    /// A custom status.
    pub(crate) fn status(&self, key: &StatusKey) -> Option<&Status> {
        self.definition.statuses.iter().find(|status| status.key == *key)
    }

    pub(crate) fn rule(&self, number: usize) -> Option<&Rule> {
        self.rules.get(number)
    }

    pub(crate) fn rule_named(&self, key: &AutomationKey) -> Option<&Rule> {
        self.rules.get(*self.by_key.get(key)?)
    }

    /// The keys of all rules.
    pub(crate) fn rule_keys(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.automation.key.as_str())
    }

    /// The rule of a key, by its number.
    pub(crate) fn number_of(&self, key: &AutomationKey) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// Rules that run when a job enters the stage.
    pub(crate) fn entered(&self, stage: usize) -> &[usize] {
        self.entered.get(stage).map_or(&[], Vec::as_slice)
    }

    /// Rules that run when a job leaves the stage.
    pub(crate) fn left(&self, stage: usize) -> &[usize] {
        self.left.get(stage).map_or(&[], Vec::as_slice)
    }

    /// Rules that something else than a stage sets off.
    pub(crate) fn others(&self) -> &[usize] {
        &self.others
    }

    /// Rules that the passing of time sets off.
    pub(crate) fn timed(&self) -> impl Iterator<Item = usize> {
        self.timed.iter().copied()
    }

    /// The schedule that sets a rule off.
    pub(crate) fn schedule(&self, number: usize) -> Option<&CompiledSchedule> {
        self.schedules.get(&number)
    }

    /// Whether the passing of time means anything to jobs that have nothing to wait for.
    pub(crate) fn keeps_time(&self) -> bool {
        self.keeps_time
    }

    /// Whether an automation waits.
    pub(crate) fn has_waits(&self) -> bool {
        self.has_waits
    }

    pub(crate) fn task_template(&self, key: &TemplateKey) -> Option<&Arc<TaskTemplate>> {
        self.task_templates.get(key)
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Whether a change of an account's tags can matter to its jobs in this pipeline.
    pub(crate) fn watches_account_tags(&self) -> bool {
        self.watches_account_tags
    }

    /// Whether a change of an account's fields can matter to its jobs in this pipeline.
    pub(crate) fn watches_account_fields(&self) -> bool {
        self.watches_account_fields
    }
}

/// Whether the passing of time means anything to jobs of a pipeline that wait for nothing.
pub(crate) fn keeps_time(definition: &PipelineDefinition) -> bool {
    definition.stages.iter().any(|stage| stage.time_limit.is_some())
        || definition.automations.iter().filter_map(|automation| automation.on.as_ref()).any(Trigger::is_timed)
}

fn at(lists: &mut [Vec<usize>], stage: usize, rule: usize) {
    if let Some(list) = lists.get_mut(stage) {
        list.push(rule);
    }
}

fn stages_of(definition: &PipelineDefinition, automation: &Automation) -> Vec<usize> {
    let wanted = |stage: &Stage| automation.stages.is_empty() || automation.stages.contains(&stage.key);
    (0..).zip(&definition.stages).filter(|(_, stage)| wanted(stage)).map(|(place, _)| place).collect()
}

/// Every automation, in declared order: those of stages, of statuses, of the pipeline.
fn collect_rules(definition: &PipelineDefinition) -> Vec<Rule> {
    let rule = |automation: &Automation, place| Rule { automation: Arc::new(automation.clone()), place };
    let mut rules = Vec::new();
    for (place, stage) in definition.stages.iter().enumerate() {
        rules.extend(stage.on_entry.iter().map(|automation| rule(automation, Place::Entry(place))));
        rules.extend(stage.on_exit.iter().map(|automation| rule(automation, Place::Exit(place))));
    }
    for status in &definition.statuses {
        rules.extend(status.on_set.iter().map(|automation| rule(automation, Place::Status(status.key.clone()))));
    }
    rules.extend(definition.automations.iter().map(|automation| rule(automation, Place::Pipeline)));
    rules
}

pub(crate) fn collect_texts(definition: &PipelineDefinition, problems: &mut Vec<Problem>) -> Texts {
    let mut texts = Texts::default();
    for (place, task) in definition.task_templates.iter().enumerate() {
        task_texts(&mut texts, &format!("task_templates[{place}]"), task, problems);
    }
    if let Some(defaults) = &definition.job_defaults {
        job_texts(&mut texts, "job_defaults", defaults, problems);
    }
    for (place, stage) in definition.stages.iter().enumerate() {
        automation_texts(&mut texts, &format!("stages[{place}].on_entry"), &stage.on_entry, problems);
        automation_texts(&mut texts, &format!("stages[{place}].on_exit"), &stage.on_exit, problems);
    }
    for (place, status) in definition.statuses.iter().enumerate() {
        automation_texts(&mut texts, &format!("statuses[{place}].on_set"), &status.on_set, problems);
    }
    automation_texts(&mut texts, "automations", &definition.automations, problems);
    texts
}

fn automation_texts(texts: &mut Texts, path: &str, automations: &[Automation], problems: &mut Vec<Problem>) {
    for (place, automation) in automations.iter().enumerate() {
        let mut actions = Vec::new();
        gather(&format!("{path}[{place}].do"), &automation.actions, limits::WAIT_DEPTH, &mut actions);
        for (path, action) in actions {
            match action {
                Action::CreateTask(task) => task_texts(texts, &format!("{path}.create_task"), task, problems),
                Action::Request(request) => {
                    optional(texts, &format!("{path}.request.title"), request.title.as_deref(), problems);
                    optional(texts, &format!("{path}.request.body"), request.body.as_deref(), problems);
                }
                Action::SetClientStatus(text) => texts.add(&format!("{path}.set_client_status"), text, problems),
                Action::CreateJob(job) => {
                    optional(texts, &format!("{path}.create_job.name"), job.name.as_deref(), problems);
                }
                _ => {}
            }
        }
    }
}

fn optional(texts: &mut Texts, path: &str, source: Option<&str>, problems: &mut Vec<Problem>) {
    if let Some(source) = source {
        texts.add(path, source, problems);
    }
}

pub(crate) fn task_texts(texts: &mut Texts, path: &str, task: &TaskTemplate, problems: &mut Vec<Problem>) {
    texts.add(&format!("{path}.title"), &task.title, problems);
    optional(texts, &format!("{path}.description"), task.description.as_deref(), problems);
}

pub(crate) fn job_texts(texts: &mut Texts, path: &str, job: &JobTemplate, problems: &mut Vec<Problem>) {
    optional(texts, &format!("{path}.name"), job.name.as_deref(), problems);
    optional(texts, &format!("{path}.description"), job.description.as_deref(), problems);
    optional(texts, &format!("{path}.client_status"), job.client_status.as_deref(), problems);
}

fn is_account_tag_trigger(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::AccountTagAdded { .. } | Trigger::AccountTagRemoved { .. })
}

fn is_account_field_trigger(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::FieldChanged { scope: FieldScope::Account, .. })
}

fn mentions_account_tags(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(mentions_account_tags),
        Condition::Not(part) => mentions_account_tags(part),
        Condition::AccountTags(_) => true,
        _ => false,
    }
}

fn mentions_account_fields(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(mentions_account_fields),
        Condition::Not(part) => mentions_account_fields(part),
        Condition::Field(test) => test.scope == FieldScope::Account,
        _ => false,
    }
}

/// Whether a trigger of the pipeline, what holds a job in a stage, or what an automation waits for
/// looks at an account's part.
fn watches(definition: &PipelineDefinition, trigger: fn(&Trigger) -> bool, mentions: fn(&Condition) -> bool) -> bool {
    let on_stages = definition.stages.iter().flat_map(|stage| stage.on_entry.iter().chain(&stage.on_exit));
    let on_statuses = definition.statuses.iter().flat_map(|status| &status.on_set);
    let mut automations = on_stages.chain(on_statuses).chain(&definition.automations);
    definition.automations.iter().filter_map(|automation| automation.on.as_ref()).any(trigger)
        || definition.stages.iter().filter_map(|stage| stage.exit.as_ref()).any(mentions)
        || automations.any(|automation| {
            numbered(&automation.actions).into_iter().any(|(_, action)| match action {
                Action::Wait(delay) => delay.condition.as_ref().is_some_and(mentions),
                _ => false,
            })
        })
}
