//! What automations do.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cascade::Running;
use super::dates::NewDate;
use super::task::{Home, find_task_template, open_tasks_of};
use super::wait::Waiting;
use super::{Decider, Need, Step, Stop, check_limit};
use crate::command::{AssignMode, NewJob};
use crate::compile::Compiled;
use crate::definition::{
    AccessChange, AccessMode, AccountTarget, Action, Assignment, CreateJob, EndTasks, FieldScope, SendSignal, SetDate,
    SetField, TaskTemplate, after, numbered,
};
use crate::error::Rejection;
use crate::event::{Event, FailureEnd};
use crate::id::{JobId, SeriesId, TaskId, TemplateKey};
use crate::limits;
use crate::model::{Account, Intent, Job, ReminderOf, Task, TaskState};
use crate::store::{ActionOrigin, DocId, FollowUpWork};

impl Decider<'_> {
    /// Does one action on the job in focus. Answers why it could not be done.
    pub(super) fn perform(
        &mut self,
        id: JobId,
        compiled: &Arc<Compiled>,
        running: &Running,
        action: &Action,
    ) -> Step<Result<(), String>> {
        let result = self.perform_or_stop(id, compiled, running, action);
        match result {
            // What a command would be refused for, an action fails for.
            Err(Stop::Rejected(rejection)) => Ok(Err(rejection.to_string())),
            other => other,
        }
    }

    fn perform_or_stop(
        &mut self,
        id: JobId,
        compiled: &Arc<Compiled>,
        running: &Running,
        action: &Action,
    ) -> Step<Result<(), String>> {
        let job = self.job(id)?;
        let account = self.account(job.account)?;
        match action {
            Action::CreateTasks(keys) => self.create_tasks(job, &account, compiled, running, keys),
            Action::CreateTask(template) => self.create_task(job, &account, compiled, running, &[template]),
            Action::Request(request) => self.request_item(job, &account, compiled, running, request),
            Action::ApplyFolderTemplate(template) => Ok(self.apply_folder_template(&job, template)),
            Action::AddAccountTags(tags) => self.change_account_tags(account.id, tags, &BTreeSet::new()).map(done),
            Action::RemoveAccountTags(tags) => self.change_account_tags(account.id, &BTreeSet::new(), tags).map(done),
            Action::ReplaceAccountTags(tags) => self.change_account_tags(account.id, &tags.add, &tags.remove).map(done),
            Action::ClearAccountTags => self.change_account_tags(account.id, &BTreeSet::new(), &account.tags).map(done),
            Action::AddJobTags(tags) => {
                drop(job);
                self.tag_job(id, tags, &BTreeSet::new()).map(done)
            }
            Action::RemoveJobTags(tags) => {
                drop(job);
                self.tag_job(id, &BTreeSet::new(), tags).map(done)
            }
            Action::SetStatus(status) => Ok(self.set_status(id, status)?.map(|_| ())),
            Action::SetPriority(to) => {
                if job.priority != *to {
                    self.emit(Event::JobPrioritySet { job: id, to: *to });
                }
                Ok(Ok(()))
            }
            Action::SetDate(order) => self.set_date(&job, order),
            Action::SetField(order) => self.set_field(&job, order),
            Action::SetClientStatus(source) => self.set_client_status(id, Some(source)),
            Action::Assign(who) => self.assign_by_automation(&job, &account, AssignMode::Add, who),
            Action::Unassign(who) => self.assign_by_automation(&job, &account, AssignMode::Remove, who),
            Action::ReplaceAssignees(who) => self.assign_by_automation(&job, &account, AssignMode::Replace, who),
            Action::UpdateAccountAccess(change) => Ok(self.update_access(&job, &account, change)),
            other => self.perform_further(&job, &account, compiled, running, other),
        }
    }

    fn perform_further(
        &mut self,
        job: &Arc<Job>,
        account: &Arc<Account>,
        compiled: &Arc<Compiled>,
        running: &Running,
        action: &Action,
    ) -> Step<Result<(), String>> {
        match action {
            Action::MoveTo(stage) => {
                let target = self.target(job, None, Some(stage))?;
                self.move_by_automation(job.id, &target)
            }
            Action::MoveNext => match self.next_stage(job)? {
                Some((target, _)) => self.move_by_automation(job.id, &target),
                None => Ok(Err(format!("there is no stage after `{}`", job.stage))),
            },
            Action::MoveToPipeline { pipeline, stage } => {
                let target = self.target(job, Some(pipeline), stage.as_ref())?;
                self.move_by_automation(job.id, &target)
            }
            Action::CreateJob(order) => self.create_other_job(job, account, compiled, running, order),
            Action::CompleteTasks(which) => self.end_tasks(job, which, TaskState::Completed),
            Action::CancelTasks(which) => self.end_tasks(job, which, TaskState::Cancelled),
            Action::CompleteItems(which) => self.end_items(job, which, true),
            Action::CancelItems(which) => self.end_items(job, which, false),
            Action::StartSeries(series) => Ok(self.join_series(*series, true, job, running)),
            Action::StopSeries(series) => Ok(self.join_series(*series, false, job, running)),
            Action::Archive => self.put_away(job.id, true).map(Ok),
            Action::Signal(signal) => Ok(self.send_signal(job, signal)),
            // Waits are begun where actions are run in order.
            _ => Ok(Err("this version of the engine does not know the action".to_owned())),
        }
    }

    fn create_tasks(
        &mut self,
        job: Arc<Job>,
        account: &Arc<Account>,
        compiled: &Arc<Compiled>,
        running: &Running,
        keys: &[TemplateKey],
    ) -> Step<Result<(), String>> {
        // All templates are found before any task is made: a retry must not make some twice.
        let mut templates = Vec::with_capacity(keys.len());
        for key in keys {
            match find_task_template(self.catalog, Some(compiled), key) {
                Some(template) => templates.push(template),
                None => return Ok(Err(format!("there is no task template `{key}`"))),
            }
        }
        self.create_task(job, account, compiled, running, &templates)
    }

    fn create_task(
        &mut self,
        job: Arc<Job>,
        account: &Arc<Account>,
        compiled: &Arc<Compiled>,
        running: &Running,
        templates: &[&TaskTemplate],
    ) -> Step<Result<(), String>> {
        let mut people = Vec::with_capacity(templates.len());
        for template in templates {
            let resolved = self.resolve(&template.assign, Some(account));
            if let Some(trouble) = resolved.trouble() {
                return Ok(Err(trouble));
            }
            people.push(resolved);
        }
        let count = job.tasks.len().saturating_add(templates.len());
        check_limit("JOB_TASKS", limits::JOB_TASKS, count, "the tasks of the job")?;
        // All are written before one is made: a retry must not make some twice.
        let mut tasks: Vec<Task> = Vec::with_capacity(templates.len());
        for (template, people) in templates.iter().zip(people) {
            let id = TaskId(self.next_id());
            let mut waits_for: BTreeSet<TaskId> = open_tasks_of(&job, &template.after).into_iter().collect();
            let made_before =
                tasks.iter().filter(|task| task.template.as_ref().is_some_and(|key| template.after.contains(key)));
            waits_for.extend(made_before.map(|task| task.id));
            let home =
                Home { job: Some(&job), account: Some(account), compiled: Some(compiled), origin: running.origin() };
            match self.write_task(id, template, waits_for, people, &home) {
                Ok(task) => tasks.push(task),
                Err(why) => return Ok(Err(why)),
            }
        }
        let mut reminders = Vec::new();
        for (task, rule) in tasks.iter().zip(templates).filter_map(|(task, template)| Some((task, template.remind?))) {
            match self.first_reminder(&job, &rule, reminders.len().saturating_add(1)) {
                Ok(first) => reminders.push((task.id, rule, first)),
                Err(why) => return Ok(Err(why)),
            }
        }
        let owner = job.id;
        drop(job);
        for task in tasks {
            let id = task.id;
            self.emit(Event::TaskCreated { task: Arc::new(task), origin: Some(running.origin()) });
            for (_, rule, first) in reminders.iter().filter(|(task, ..)| *task == id) {
                self.begin_reminders(owner, ReminderOf::Task(id), rule, *first);
            }
        }
        Ok(Ok(()))
    }

    fn set_date(&mut self, job: &Arc<Job>, order: &SetDate) -> Step<Result<(), String>> {
        match &order.to {
            Some(rule) => self.set_date_by_rule(job.id, order.date, rule),
            None => self.set_job_date(job.id, order.date, NewDate { to: None, rule: None, reason: None }).map(Ok),
        }
    }

    fn set_field(&mut self, job: &Arc<Job>, order: &SetField) -> Step<Result<(), String>> {
        match order.scope {
            FieldScope::Job => self.set_job_field(job.id, &order.field, order.value.as_ref()).map(Ok),
            FieldScope::Account => self.set_account_field(job.account, &order.field, order.value.as_ref()).map(done),
        }
    }

    fn assign_by_automation(
        &mut self,
        job: &Arc<Job>,
        account: &Arc<Account>,
        mode: AssignMode,
        who: &Assignment,
    ) -> Step<Result<(), String>> {
        let mut change = self.resolve(who, Some(account));
        if mode == AssignMode::Remove {
            change.members.extend(&who.members);
        } else if let Some(trouble) = change.trouble() {
            return Ok(Err(trouble));
        }
        self.set_assignees(job.id, mode, &change).map(done)
    }

    fn update_access(&mut self, job: &Job, account: &Account, change: &AccessChange) -> Result<(), String> {
        let mut who = self.resolve(&change.who, Some(account));
        if change.mode == AccessMode::Remove {
            // Who left the firm can still be taken off.
            who.members.extend(&change.who.members);
        } else if let Some(trouble) = who.trouble() {
            return Err(trouble);
        }
        let access = match change.mode {
            AccessMode::Add => &account.access | &who.members,
            AccessMode::Remove => &account.access - &who.members,
            AccessMode::Replace => who.members.clone(),
        };
        if access != account.access {
            self.emit(Event::AccountAccessChanged { account: account.id, access });
            let members = who.members.into_iter().collect();
            let intent = Intent::UpdateAccountAccess { mode: change.mode, members };
            self.notify(Some(job.id), Some(account.id), intent);
        }
        Ok(())
    }

    fn apply_folder_template(&mut self, job: &Job, template: &TemplateKey) -> Result<(), String> {
        let known = self.catalog.firm.as_ref().and_then(|(_, firm)| firm.settings.folder_templates.as_ref());
        if known.is_some_and(|known| !known.contains(template)) {
            return Err(format!("there is no folder template `{template}`"));
        }
        self.notify(Some(job.id), Some(job.account), Intent::ApplyFolderTemplate { template: template.clone() });
        Ok(())
    }

    fn send_signal(&mut self, job: &Job, signal: &SendSignal) -> Result<(), String> {
        let intent = Intent::Signal { name: signal.name.clone(), payload: signal.payload.clone() };
        self.notify(Some(job.id), Some(job.account), intent);
        Ok(())
    }

    fn create_other_job(
        &mut self,
        job: &Arc<Job>,
        account: &Arc<Account>,
        compiled: &Arc<Compiled>,
        running: &Running,
        order: &CreateJob,
    ) -> Step<Result<(), String>> {
        let pipeline = order.pipeline.clone().unwrap_or_else(|| job.pipeline.clone());
        let Some(newest) = self.catalog.newest(&pipeline) else {
            return Ok(Err(format!("there is no pipeline `{pipeline}`")));
        };
        if let Some(stage) = &order.stage
            && newest.graph().position(stage).is_none()
        {
            return Ok(Err(format!("`{pipeline}` has no stage `{stage}`")));
        }
        if let Some(key) = &order.template
            && self.catalog.job_template(key).is_none()
        {
            return Ok(Err(format!("there is no job template `{key}`")));
        }
        let accounts = match &order.account {
            AccountTarget::Same => vec![account.id],
            AccountTarget::Linked(relation) => {
                let linked = account.linked.iter().filter(|linked| linked.relation == *relation);
                linked.map(|linked| linked.account).collect()
            }
        };
        if accounts.is_empty() {
            return Ok(Err("no account is linked under that relation".to_owned()));
        }
        let name = match order.name.as_deref().map(|name| self.write(name, Some(job), Some(account), Some(compiled))) {
            None => None,
            // It is written already: what looks like a shortcode in it is part of a name.
            Some(Ok(name)) => Some(crate::shortcode::as_it_is(&name)),
            Some(Err(why)) => return Ok(Err(why)),
        };
        for account in accounts {
            let mut new = NewJob::new(account, pipeline.clone());
            new.id = Some(JobId(self.next_id()));
            new.stage.clone_from(&order.stage);
            new.template.clone_from(&order.template);
            new.name.clone_from(&name);
            (new.period_start, new.period_end) = (job.period_start, job.period_end);
            let origin = action_origin(job.id, running);
            self.follow_ups.push(FollowUpWork::CreateJob { new: Box::new(new), origin });
        }
        Ok(Ok(()))
    }

    /// Lets the job's account join a series, or leave it.
    fn join_series(&mut self, series: SeriesId, join: bool, job: &Job, running: &Running) -> Result<(), String> {
        let origin = action_origin(job.id, running);
        self.follow_ups.push(FollowUpWork::SeriesAccount { series, account: job.account, join, origin });
        Ok(())
    }

    fn end_tasks(&mut self, job: &Arc<Job>, which: &EndTasks, to: TaskState) -> Step<Result<(), String>> {
        let wanted = |template: &Option<TemplateKey>| {
            which.templates.is_empty() || template.as_ref().is_some_and(|key| which.templates.contains(key))
        };
        let open: Vec<TaskId> = job
            .tasks
            .iter()
            .filter(|link| !link.state.is_ended() && wanted(&link.template))
            .map(|link| link.task)
            .collect();
        let missing: Vec<DocId> =
            open.iter().filter(|id| !self.state.tasks.contains_key(*id)).map(|id| DocId::Task(*id)).collect();
        if !missing.is_empty() {
            self.needs.extend(missing.into_iter().map(Need::Document));
            return Err(Stop::Missing);
        }
        for task in open {
            self.emit(Event::TaskStateSet { task, job: Some(job.id), to, custom: None });
        }
        Ok(Ok(()))
    }

    /// Does one failed action again.
    pub(super) fn retry_action(&mut self, id: JobId, number: u32) -> Step {
        let job = self.open_job(id)?;
        let Some(failure) = job.failed.iter().find(|failure| failure.number == number).cloned() else {
            return Err(Rejection::not_found("failed action", number).into());
        };
        let compiled = self.compiled(&job)?;
        let rule = compiled.rule_named(&failure.automation);
        let actions = rule.map(|rule| Arc::clone(&rule.automation));
        let actions = actions.as_ref().map(|automation| automation.actions.as_slice()).unwrap_or_default();
        let Some((_, action)) = numbered(actions).into_iter().find(|(number, _)| *number == failure.action) else {
            let why = format!("`{}` is not in the pipeline any more; dismiss the action", failure.automation);
            return Err(Rejection::refused("action_gone", why).into());
        };
        let mut running = Running {
            automation: failure.automation.clone(),
            action: failure.action,
            visit: failure.visit,
            status_round: failure.status_round,
        };
        self.by = Some(failure.automation.clone());
        let result = match action {
            Action::Wait(delay) => self.begin_wait(id, &compiled, &running, delay)?.map(|waiting| match waiting {
                Waiting::Begun => None,
                Waiting::Passed => after(actions, failure.action),
            }),
            action => self.perform(id, &compiled, &running, action)?.map(|()| None),
        };
        let rest = result.map_err(|why| Rejection::refused("action_failed", why))?;
        if let Some((rest, first)) = rest {
            self.run_actions(id, &compiled, &mut running, rest, first)?;
        }
        self.by = None;
        self.end_failure(id, number, FailureEnd::Retried);
        self.run_cascade()
    }
}

fn done(_changed: bool) -> Result<(), String> {
    Ok(())
}

/// Where an action is, for the follow-up that it leaves.
fn action_origin(job: JobId, running: &Running) -> ActionOrigin {
    ActionOrigin {
        job,
        automation: running.automation.clone(),
        action: running.action,
        visit: running.visit,
        status_round: running.status_round,
    }
}
