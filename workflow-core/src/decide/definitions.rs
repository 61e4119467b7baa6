//! Commands on settings, members, templates and pipelines.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Decider, Need, Step, Stop, check_limit, check_name};
use crate::calendar::FirmCalendar;
use crate::catalog::Catalog;
use crate::compile::{Compiled, Texts, collect_texts, job_texts, keeps_time, task_texts};
use crate::definition::{PipelineDefinition, Template, TemplateKind, Trigger};
use crate::error::{Problem, Rejection, Severity};
use crate::event::Event;
use crate::id::{AutomationKey, PipelineKey, RoleKey, StageKey, TemplateKey};
use crate::limits;
use crate::lint::{Surroundings, check_template, lint};
use crate::model::{FirmSettings, Member};
use crate::shelf::Slot;
use crate::store::{DocId, FollowUpWork, StageGuard};
use crate::validate::{Findings, validate, validate_template};

impl Decider<'_> {
    /// Takes the firm's record into the state: its counter goes up with every change here.
    fn touch_firm(&mut self) {
        if self.state.firm.is_none() {
            self.state.firm = Some(Slot::loaded(self.catalog.firm.clone()));
        }
    }

    pub(super) fn save_firm(&mut self, settings: &FirmSettings) -> Step {
        check_name("name", &settings.name)?;
        check_sizes(settings)?;
        let mut problems = FirmCalendar::problems(settings);
        if !problems.is_empty() {
            problems.truncate(limits::PROBLEMS);
            return Err(Rejection::Document(problems).into());
        }
        self.touch_firm();
        self.subject = Some(DocId::Firm);
        match self.state.firm.as_ref().and_then(Slot::get) {
            None => drop(self.emit(Event::FirmCreated { settings: Box::new(settings.clone()) })),
            Some(firm) if firm.settings == *settings => {
                self.unchanged = Some("the firm is set up like that already".to_owned());
            }
            Some(firm) => {
                if other_calendar(&firm.settings, settings) {
                    self.follow_ups.push(FollowUpWork::FirmDates);
                    self.follow_ups.push(FollowUpWork::RetimeSeries);
                }
                self.emit(Event::FirmConfigured { settings: Box::new(settings.clone()) });
            }
        }
        Ok(())
    }

    pub(super) fn save_member(&mut self, member: &Member) -> Step {
        check_name("name", &member.name)?;
        if let Some(email) = &member.email {
            check_name("email", email)?;
        }
        self.subject = Some(DocId::Member(member.id));
        let kept = self.catalog.members.get(&member.id);
        if kept.is_some_and(|(_, known)| **known == *member) {
            self.unchanged = Some("the member is like that already".to_owned());
            return Ok(());
        }
        self.touch_firm();
        self.state.members.insert(member.id, Slot::loaded(kept.cloned()));
        self.emit(Event::MemberSaved(Arc::new(member.clone())));
        Ok(())
    }

    pub(super) fn save_template(&mut self, template: &Template) -> Step {
        let key = (template.kind(), template.key().clone());
        self.subject = Some(DocId::Template(key.0, key.1.clone()));
        let problems = template_problems(self.catalog, template);
        if !problems.is_empty() {
            return Err(Rejection::Document(problems).into());
        }
        let kept = self.catalog.templates.get(&key);
        if kept.is_some_and(|(_, known)| **known == *template) {
            self.unchanged = Some("the template is like that already".to_owned());
            return Ok(());
        }
        self.touch_firm();
        self.state.templates.insert(key, Slot::loaded(kept.cloned()));
        self.emit(Event::TemplateSaved(Arc::new(template.clone())));
        Ok(())
    }

    pub(super) fn delete_template(&mut self, kind: TemplateKind, key: &TemplateKey) -> Step {
        let place = (kind, key.clone());
        let Some(kept) = self.catalog.templates.get(&place) else {
            return Err(Rejection::not_found("template", key).into());
        };
        self.subject = Some(DocId::Template(kind, key.clone()));
        self.touch_firm();
        self.state.templates.insert(place, Slot::loaded(Some(kept.clone())));
        self.emit(Event::TemplateDeleted { kind, key: key.clone() });
        Ok(())
    }

    pub(super) fn publish(&mut self, definition: &PipelineDefinition, mapping: &BTreeMap<StageKey, StageKey>) -> Step {
        let key = &definition.key;
        self.subject = Some(DocId::Pipeline(key.clone()));
        let problems = problems(self.catalog, definition);
        let (errors, warnings): (Vec<Problem>, Vec<Problem>) =
            problems.into_iter().partition(|problem| problem.severity == Severity::Error);
        if !errors.is_empty() {
            return Err(Rejection::Document(errors).into());
        }
        self.warnings = warnings;
        let known = self.catalog.newest(key).cloned();
        if let Some(known) = &known {
            if **known.definition() == *definition && mapping.is_empty() {
                self.unchanged = Some(format!("version {} of `{key}` is like that already", known.version()));
                return Ok(());
            }
            self.check_mapping(known, definition, mapping)?;
        } else if let Some(stage) = mapping.keys().next() {
            return Err(Rejection::not_found("stage to map", stage).into());
        }
        let version = known.as_ref().map_or(1, |known| known.version().saturating_add(1));
        let waited = known.as_ref().is_some_and(|known| known.keeps_time() || known.has_waits());
        self.touch_firm();
        let head = self.catalog.pipelines.get(key).cloned();
        self.state.pipelines.insert(key.clone(), Slot::loaded(head));
        self.state.versions.insert((key.clone(), version), Slot::loaded(None));
        let definition = Arc::new(definition.clone());
        self.emit(Event::PipelinePublished { version, definition: Arc::clone(&definition), mapping: mapping.clone() });
        if !mapping.is_empty() {
            self.follow_ups.push(FollowUpWork::Migrate { pipeline: key.clone() });
        }
        if known.is_some() && (waited || keeps_time(&definition)) {
            self.follow_ups.push(FollowUpWork::Retime { pipeline: key.clone() });
        }
        Ok(())
    }

    /// Every dropped stage that holds jobs must be mapped to a stage of the new version.
    fn check_mapping(
        &mut self,
        known: &Arc<Compiled>,
        definition: &PipelineDefinition,
        mapping: &BTreeMap<StageKey, StageKey>,
    ) -> Step {
        let stages: BTreeSet<&StageKey> = definition.stages.iter().map(|stage| &stage.key).collect();
        for (from, to) in mapping {
            if stages.contains(from) {
                let why = "the new version has this stage: map only stages that it drops";
                return Err(Rejection::invalid(format!("mapping.{from}"), why).into());
            }
            if known.graph().position(from).is_none() {
                return Err(Rejection::not_found("stage to map", from).into());
            }
            if !stages.contains(to) {
                return Err(Rejection::not_found("stage to map to", to).into());
            }
        }
        let dropped: Vec<StageKey> = known
            .definition()
            .stages
            .iter()
            .map(|stage| stage.key.clone())
            .filter(|stage| !stages.contains(stage) && !mapping.contains_key(stage))
            .collect();
        if dropped.is_empty() && (mapping.is_empty() || self.outlook.is_none()) {
            return Ok(());
        }
        let Some(counts) = self.state.stage_jobs.get(&definition.key) else {
            return self.need(Need::StageJobs(definition.key.clone()));
        };
        // Jobs that were not touched since an earlier version mapped their stage to this one count
        // as well.
        let moved = self.catalog.pipeline(&definition.key).map(|head| &head.moved_stages);
        let mut held: Vec<(StageKey, u64)> = Vec::new();
        for stage in dropped {
            let earlier = moved.into_iter().flatten().filter(|(_, to)| **to == stage).map(|(from, _)| from);
            let mut jobs = 0i64;
            for from in earlier.chain([&stage]) {
                jobs = jobs.saturating_add(counts.get(from).copied().unwrap_or(0));
                // INVARIANT: no job comes in between this look and the commit.
                self.guards.push(StageGuard { pipeline: definition.key.clone(), stage: from.clone(), at_most: 0 });
            }
            if jobs > 0 {
                held.push((stage, jobs.unsigned_abs()));
            }
        }
        if let Some(outlook) = &mut self.outlook {
            outlook.migrations = mapping
                .iter()
                .map(|(from, to)| {
                    let jobs = counts.get(from).copied().unwrap_or(0).max(0).unsigned_abs();
                    super::StageMigration { from: from.clone(), to: to.clone(), jobs }
                })
                .collect();
        }
        if held.is_empty() { Ok(()) } else { Err(Stop::Rejected(Rejection::StagesHoldJobs(held))) }
    }

    pub(super) fn archive_pipeline(&mut self, key: &PipelineKey, archived: bool) -> Step {
        let Some(kept) = self.catalog.pipelines.get(key) else {
            return Err(Rejection::not_found("pipeline", key).into());
        };
        self.subject = Some(DocId::Pipeline(key.clone()));
        if kept.1.archived == archived {
            self.unchanged = Some(format!("`{key}` is like that already"));
            return Ok(());
        }
        self.touch_firm();
        self.state.pipelines.insert(key.clone(), Slot::loaded(Some(kept.clone())));
        self.emit(Event::PipelineArchived { pipeline: key.clone(), archived });
        Ok(())
    }

    pub(super) fn switch_automation(
        &mut self,
        pipeline: &PipelineKey,
        automation: &AutomationKey,
        enabled: bool,
    ) -> Step {
        let (Some(kept), Some(compiled)) = (self.catalog.pipelines.get(pipeline), self.catalog.newest(pipeline)) else {
            return Err(Rejection::not_found("pipeline", pipeline).into());
        };
        let Some(rule) = compiled.rule_named(automation) else {
            return Err(Rejection::not_found("automation", automation).into());
        };
        self.subject = Some(DocId::Pipeline(pipeline.clone()));
        if kept.1.switches.get(automation).copied().unwrap_or(rule.automation.enabled) == enabled {
            self.unchanged = Some(format!("`{automation}` is like that already"));
            return Ok(());
        }
        self.touch_firm();
        self.state.pipelines.insert(pipeline.clone(), Slot::loaded(Some(kept.clone())));
        let timed = rule.automation.on.as_ref().is_some_and(Trigger::is_timed) || compiled.has_waits();
        self.emit(Event::AutomationSwitched { pipeline: pipeline.clone(), automation: automation.clone(), enabled });
        if timed {
            self.follow_ups.push(FollowUpWork::Retime { pipeline: pipeline.clone() });
        }
        Ok(())
    }
}

/// Everything that is wrong in a template.
pub(super) fn template_problems(catalog: &Catalog, template: &Template) -> Vec<Problem> {
    let (mut texts, mut problems) = (Texts::default(), validate_template(template));
    match template {
        Template::Task(task) => task_texts(&mut texts, "task", task, &mut problems),
        Template::Job { defaults, .. } => job_texts(&mut texts, "job.defaults", defaults, &mut problems),
    }
    check_roles_in(catalog, &texts, &mut problems);
    let (mut around, mut found) = (Surroundings::default(), Findings::default());
    if let Some((_, firm)) = &catalog.firm {
        around.set_firm(&firm.settings);
    }
    check_template(template, &around, &mut found);
    problems.extend(found.into_problems());
    problems
}

/// Everything that is wrong, or worth a look, in a definition, as publishing it would find.
///
/// What is past a limit is not looked into further, for it may be of any size.
#[must_use]
pub fn problems(catalog: &Catalog, definition: &PipelineDefinition) -> Vec<Problem> {
    let mut problems = validate(definition);
    let full = problems.len() >= crate::limits::PROBLEMS;
    if full || problems.iter().any(|problem| problem.code == "limit") {
        return problems;
    }
    let texts = collect_texts(definition, &mut problems);
    check_roles_in(catalog, &texts, &mut problems);
    for problem in lint(definition, &surroundings(catalog, &definition.key)) {
        // What does not make sense by itself is not told twice.
        if !problems.iter().any(|known| known.path == problem.path) {
            problems.push(problem);
        }
    }
    // Errors first, so that warnings never crowd one out.
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
    problems.truncate(crate::limits::PROBLEMS);
    problems
}

fn surroundings(catalog: &Catalog, pipeline: &PipelineKey) -> Surroundings {
    let mut surroundings = Surroundings::default();
    if let Some((_, firm)) = &catalog.firm {
        surroundings.set_firm(&firm.settings);
    }
    for ((kind, key), (_, template)) in &catalog.templates {
        match (kind, &**template) {
            (TemplateKind::Task, Template::Task(task)) => {
                surroundings.task_templates.insert(key.clone(), (**task).clone());
            }
            (_, Template::Job { defaults, .. }) => {
                surroundings.job_templates.insert(key.clone());
                surroundings.tags_elsewhere.add_template(defaults);
            }
            _ => {}
        }
    }
    for (key, compiled) in &catalog.newest {
        if key != pipeline {
            surroundings.tags_elsewhere.add_pipeline(compiled.definition());
        }
        let stages = compiled.definition().stages.iter().map(|stage| stage.key.clone()).collect();
        surroundings.pipelines.insert(key.clone(), stages);
    }
    surroundings
}

/// Shortcodes that name a role which the firm does not have.
fn check_roles_in(catalog: &Catalog, texts: &Texts, problems: &mut Vec<Problem>) {
    let Some((_, firm)) = &catalog.firm else { return };
    let known = &firm.settings.roles;
    let mut found = Vec::new();
    for (path, text) in texts.all().filter(|_| !known.is_empty()) {
        for role in text.roles_used().into_iter().filter(|role| !known.iter().any(|key| key.as_str() == role)) {
            let near = crate::suggest::near(&role, known.iter().map(RoleKey::as_str));
            let message = format!("there is no role `{role}` in the firm's settings{near}");
            found.push(Problem::error(path, "unknown_role", message));
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    problems.extend(found);
}

/// Checks the lists of a firm's settings.
fn check_sizes(settings: &FirmSettings) -> Result<(), Rejection> {
    let lists = [
        ("the number of working days", settings.working_days.len()),
        ("the number of holidays", settings.holidays.len()),
        ("the number of observed sets of holidays", settings.holiday_sets.len()),
        ("the number of roles", settings.roles.len()),
        ("the number of item kinds", settings.item_kinds.len()),
        ("the number of kinds with host templates", settings.host_templates.len()),
        ("the number of folder templates", settings.folder_templates.as_ref().map_or(0, BTreeSet::len)),
        ("the number of account tags", settings.account_tags.as_ref().map_or(0, BTreeSet::len)),
        ("the number of task statuses", settings.task_statuses.len()),
    ];
    let kinds = settings.item_kinds.values().flat_map(|kind| [kind.done.len(), kind.declined.len()]);
    let statuses = kinds.map(|count| ("the number of statuses of an item kind", count));
    let templates = settings.host_templates.values().map(|keys| ("the number of host templates of a kind", keys.len()));
    let holidays =
        settings.calendars.values().flat_map(|calendar| [calendar.holidays.len(), calendar.holiday_sets.len()]);
    let holidays = holidays.map(|count| ("the number of holidays of a calendar", count));
    let mut all = lists.into_iter().chain(statuses).chain(templates).chain(holidays);
    all.try_for_each(|(what, count)| check_limit("SETTINGS", limits::SETTINGS, count, what))?;
    check_limit("CALENDARS", limits::CALENDARS, settings.calendars.len(), "the number of calendars")?;
    check_limit("CALENDARS", limits::CALENDARS, settings.own_holiday_sets.len(), "the number of sets of holidays")?;
    let of_sets = settings.own_holiday_sets.values().map(|set| set.holidays.len());
    let rules = of_sets.chain(settings.calendars.values().map(|calendar| calendar.rules.len()));
    let rules = rules.fold(0usize, usize::saturating_add);
    check_limit("HOLIDAY_RULES", limits::HOLIDAY_RULES, rules, "the number of holidays by rules")
}

/// Whether days may count otherwise than before. What is neither of these settings is the calendar's.
fn other_calendar(before: &FirmSettings, after: &FirmSettings) -> bool {
    let mut same = after.clone();
    same.name.clone_from(&before.name);
    same.roles.clone_from(&before.roles);
    same.item_kinds.clone_from(&before.item_kinds);
    same.host_templates.clone_from(&before.host_templates);
    same.folder_templates.clone_from(&before.folder_templates);
    same.account_tags.clone_from(&before.account_tags);
    same.task_statuses.clone_from(&before.task_statuses);
    same.payment_submitted_is_done = before.payment_submitted_is_done;
    same != *before
}
