//! Names of roles, templates, stages, pipelines and kinds of item that do not exist.

use std::collections::BTreeSet;

use super::scene::Scene;
use crate::definition::{Access, Action, Assignment, Condition, CreateJob, RequestItem, TaskTemplate, Trigger};
use crate::id::{ItemKindKey, PipelineKey, RoleKey, StageKey, TemplateKey};
use crate::model::ItemKind;
use crate::suggest::near;
use crate::validate::{Findings, WrittenTask, circle_message, circles, written_tasks};

pub(super) fn check(scene: &Scene<'_>, found: &mut Findings) {
    let tasks = written_tasks(scene.definition);
    let own = scene.definition.task_templates.iter().map(|task| &task.key);
    let mut templates: BTreeSet<&TemplateKey> = own.chain(scene.around.task_templates.keys()).collect();
    let templates_only = templates.clone();
    templates.extend(tasks.iter().map(|(_, task)| &task.key));
    let mut names = Names { scene, found, templates: templates_only, tasks: templates };
    names.check_settings();
    tasks.iter().for_each(|(path, task)| names.check_task(path, task));
    for rule in &scene.rules {
        rule.actions().into_iter().for_each(|(path, action)| names.check_action(&path, action));
    }
    scene.triggers().for_each(|(path, trigger)| names.check_trigger(&path, trigger));
    scene.each_test(|path, test| names.check_test(path, test));
    check_circles(scene, tasks, found);
}

/// Circles that go through the firm's task templates. Those among the pipeline's own are found
/// without them.
fn check_circles<'a>(scene: &Scene<'a>, mut tasks: Vec<WrittenTask<'a>>, found: &mut Findings) {
    let hidden: BTreeSet<&TemplateKey> = scene.definition.task_templates.iter().map(|task| &task.key).collect();
    let firm = scene.around.task_templates.iter().filter(|(key, _)| !hidden.contains(key));
    // The firm's have no place in the document.
    tasks.extend(firm.map(|(_, task)| (String::new(), task)));
    for mut circle in circles(&tasks) {
        let Some(start) = circle.iter().position(|(path, _)| !path.is_empty()) else { continue };
        circle.rotate_left(start);
        if let Some((path, _)) = circle.first()
            && circle.iter().any(|(path, _)| path.is_empty())
        {
            let names: Vec<String> = circle.iter().map(|(_, task)| format!("`{}`", task.key)).collect();
            found.error(&format!("{path}.after"), "task_circle", || circle_message(&names));
        }
    }
}

struct Names<'s, 'a> {
    scene: &'s Scene<'a>,
    found: &'s mut Findings,
    /// Task templates, of the pipeline and the firm.
    templates: BTreeSet<&'s TemplateKey>,
    /// The same, and tasks written in place.
    tasks: BTreeSet<&'s TemplateKey>,
}

impl Names<'_, '_> {
    fn check_settings(&mut self) {
        let definition = self.scene.definition;
        if let Access::Only { roles, .. } = &definition.access {
            self.check_roles("access.only", roles);
        }
        if let Some(template) = &definition.job_template {
            self.check_job_template("job_template", template);
        }
        if let Some(defaults) = &definition.job_defaults {
            self.check_people("job_defaults.assign", &defaults.assign);
        }
    }

    fn check_task(&mut self, path: &str, task: &TaskTemplate) {
        self.check_people(&format!("{path}.assign"), &task.assign);
        task.after.iter().for_each(|key| self.check_made_from(&format!("{path}.after"), key));
    }

    fn check_action(&mut self, path: &str, action: &Action) {
        match action {
            Action::CreateTasks(keys) => {
                for (place, key) in keys.iter().enumerate() {
                    self.check_task_template(&format!("{path}.create_tasks[{place}]"), key);
                }
            }
            Action::Request(request) => self.check_request(&format!("{path}.request"), request),
            Action::ApplyFolderTemplate(key) => self.check_folder(&format!("{path}.apply_folder_template"), key),
            Action::Assign(who) => self.check_people(&format!("{path}.assign"), who),
            Action::Unassign(who) => self.check_people(&format!("{path}.unassign"), who),
            Action::ReplaceAssignees(who) => self.check_people(&format!("{path}.replace_assignees"), who),
            Action::UpdateAccountAccess(change) => {
                self.check_people(&format!("{path}.update_account_access.who"), &change.who);
            }
            Action::MoveTo(stage) => self.check_own_stage(&format!("{path}.move_to"), stage),
            Action::MoveToPipeline { pipeline, stage } => {
                self.check_target(&format!("{path}.move_to_pipeline"), pipeline, stage.as_ref());
            }
            Action::CreateJob(job) => self.check_create_job(&format!("{path}.create_job"), job),
            Action::CompleteTasks(which) => {
                let path = format!("{path}.complete_tasks.templates");
                which.templates.iter().for_each(|key| self.check_made_from(&path, key));
            }
            Action::CancelTasks(which) => {
                let path = format!("{path}.cancel_tasks.templates");
                which.templates.iter().for_each(|key| self.check_made_from(&path, key));
            }
            Action::CompleteItems(which) => {
                let path = format!("{path}.complete_items.kinds");
                which.kinds.iter().for_each(|kind| self.check_kind(&path, kind));
            }
            Action::CancelItems(which) => {
                let path = format!("{path}.cancel_items.kinds");
                which.kinds.iter().for_each(|kind| self.check_kind(&path, kind));
            }
            // Tasks written in place are checked with the others.
            _ => {}
        }
    }

    fn check_trigger(&mut self, path: &str, trigger: &Trigger) {
        match trigger {
            Trigger::TaskCompleted { template: Some(key) } => {
                self.check_made_from(&format!("{path}.task_completed.template"), key);
            }
            Trigger::DueApproaching { template: Some(key), .. } => {
                self.check_made_from(&format!("{path}.due_approaching.template"), key);
            }
            Trigger::Overdue { template: Some(key), .. } => {
                self.check_made_from(&format!("{path}.overdue.template"), key);
            }
            Trigger::ItemReached { kind: Some(kind), template, .. } => {
                self.check_item(&format!("{path}.item_reached"), kind, template.as_ref());
            }
            _ => {}
        }
    }

    fn check_test(&mut self, path: &str, test: &Condition) {
        match test {
            Condition::RoleFilled(role) => self.check_role(&format!("{path}.role_filled"), role),
            Condition::Visits(test) => {
                if let Some(stage) = &test.stage {
                    self.check_own_stage(&format!("{path}.visits.stage"), stage);
                }
            }
            Condition::Tasks(test) => {
                if let Some(key) = &test.template {
                    self.check_made_from(&format!("{path}.tasks.template"), key);
                }
            }
            Condition::Items(test) => {
                if let Some(kind) = &test.kind {
                    self.check_item(&format!("{path}.items"), kind, test.template.as_ref());
                }
            }
            Condition::Pipeline(wanted) => {
                for key in wanted {
                    self.check_pipeline(&format!("{path}.pipeline"), key);
                }
            }
            _ => {}
        }
    }

    fn check_people(&mut self, path: &str, who: &Assignment) {
        self.check_roles(path, &who.roles);
    }

    fn check_roles(&mut self, path: &str, roles: &BTreeSet<RoleKey>) {
        roles.iter().for_each(|role| self.check_role(&format!("{path}.roles"), role));
    }

    fn check_role(&mut self, path: &str, role: &RoleKey) {
        let Some(known) = self.scene.around.roles.as_ref() else { return };
        if !known.contains(role) {
            self.found.error(path, "unknown_role", || {
                let near = near(role.as_str(), known.iter().map(RoleKey::as_str));
                format!("there is no role `{role}` in the firm's settings{near}")
            });
        }
    }

    /// Checks a template that tasks are to be made from.
    fn check_task_template(&mut self, path: &str, key: &TemplateKey) {
        unknown_task(path, key, &self.templates, self.found);
    }

    /// Checks a template that tasks may have been made from.
    fn check_made_from(&mut self, path: &str, key: &TemplateKey) {
        unknown_task(path, key, &self.tasks, self.found);
    }

    fn check_job_template(&mut self, path: &str, key: &TemplateKey) {
        let known = &self.scene.around.job_templates;
        if !known.contains(key) {
            self.found.error(path, "unknown_job_template", || {
                let near = near(key.as_str(), known.iter().map(TemplateKey::as_str));
                format!("there is no job template `{key}` in the firm{near}")
            });
        }
    }

    fn check_request(&mut self, path: &str, request: &RequestItem) {
        self.check_item(path, &request.kind, request.template.as_ref());
    }

    /// Checks a kind of item, and the host's template for one.
    fn check_item(&mut self, path: &str, kind: &ItemKind, template: Option<&TemplateKey>) {
        self.check_kind(&format!("{path}.kind"), kind);
        let known = self.scene.around.host_templates.get(kind);
        if let (Some(key), Some(known)) = (template, known)
            && !known.contains(key)
        {
            self.found.warning(&format!("{path}.template"), "unknown_host_template", || {
                let near = near(key.as_str(), known.iter().map(TemplateKey::as_str));
                format!("the host has no template `{key}` for {kind}{near}")
            });
        }
    }

    fn check_kind(&mut self, path: &str, kind: &ItemKind) {
        if let (ItemKind::Host(key), Some(known)) = (kind, self.scene.around.item_kinds.as_ref())
            && !known.contains(key)
        {
            self.found.error(path, "unknown_item_kind", || {
                let built_in = ItemKind::BUILT_IN.iter().map(ItemKind::as_str);
                let near = near(key.as_str(), built_in.chain(known.iter().map(ItemKindKey::as_str)));
                format!("there is no kind of item `{key}`, neither built in nor in the firm's settings{near}")
            });
        }
    }

    fn check_folder(&mut self, path: &str, key: &TemplateKey) {
        let Some(known) = self.scene.around.folder_templates.as_ref() else { return };
        if !known.contains(key) {
            self.found.warning(path, "unknown_folder_template", || {
                let near = near(key.as_str(), known.iter().map(TemplateKey::as_str));
                format!("the host has no folder template `{key}`{near}")
            });
        }
    }

    fn check_create_job(&mut self, path: &str, job: &CreateJob) {
        if let Some(template) = &job.template {
            self.check_job_template(&format!("{path}.template"), template);
        }
        let scene = self.scene;
        self.check_target(path, job.pipeline.as_ref().unwrap_or(&scene.definition.key), job.stage.as_ref());
    }

    /// Checks the pipeline and the stage that a job comes to.
    fn check_target(&mut self, path: &str, pipeline: &PipelineKey, stage: Option<&StageKey>) {
        let known = self.check_pipeline(&format!("{path}.pipeline"), pipeline);
        let (true, Some(stage)) = (known, stage) else { return };
        let path = format!("{path}.stage");
        if self.scene.is_own(pipeline) {
            self.check_own_stage(&path, stage);
        } else if let Some(known) = self.scene.around.pipelines.get(pipeline)
            && !known.contains(stage)
        {
            self.found.error(&path, "unknown_stage", || {
                let near = near(stage.as_str(), known.iter().map(StageKey::as_str));
                format!("there is no stage `{stage}` in the pipeline `{pipeline}`{near}")
            });
        }
    }

    /// Checks a pipeline of the firm. Answers whether it exists.
    fn check_pipeline(&mut self, path: &str, key: &PipelineKey) -> bool {
        let known = &self.scene.around.pipelines;
        let exists = self.scene.is_own(key) || known.contains_key(key);
        if !exists {
            let own = self.scene.definition.key.as_str();
            self.found.error(path, "unknown_pipeline", || {
                let near = near(key.as_str(), known.keys().map(PipelineKey::as_str).chain([own]));
                format!("there is no pipeline `{key}` in the firm{near}")
            });
        }
        exists
    }

    fn check_own_stage(&mut self, path: &str, stage: &StageKey) {
        let scene = self.scene;
        if scene.graph.position(stage).is_none() {
            self.found.error(path, "unknown_stage", || {
                let near = near(stage.as_str(), scene.stages().iter().map(|stage| stage.key.as_str()));
                format!("there is no stage `{stage}` in this pipeline{near}")
            });
        }
    }
}

fn unknown_task(path: &str, key: &TemplateKey, known: &BTreeSet<&TemplateKey>, found: &mut Findings) {
    if !known.contains(key) {
        found.error(path, "unknown_task_template", || {
            let near = near(key.as_str(), known.iter().map(|key| key.as_str()));
            format!("there is no task template `{key}`, neither in this pipeline nor in the firm{near}")
        });
    }
}
