//! Commands on tasks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use chrono::NaiveDate;

use super::people::Resolved;
use super::{Decider, Need, Step, Stop, check_limit, check_name, check_text};
use crate::catalog::Catalog;
use crate::command::{AssignMode, NewTask};
use crate::compile::Compiled;
use crate::dates::Unresolved;
use crate::definition::{Assignment, TaskTemplate, Template};
use crate::error::Rejection;
use crate::event::{Event, TaskChanges};
use crate::id::{JobId, StatusKey, TaskId, TemplateKey};
use crate::limits;
use crate::model::{Account, ChecklistItem, Job, LinkOrigin, Task, TaskLink, TaskState};
use crate::store::DocId;
use crate::validate::validate_template;

/// Where a new task belongs.
pub(super) struct Home<'a> {
    pub(super) job: Option<&'a Arc<Job>>,
    pub(super) account: Option<&'a Arc<Account>>,
    pub(super) compiled: Option<&'a Arc<Compiled>>,
    pub(super) origin: LinkOrigin,
}

impl Decider<'_> {
    /// Writes a task from a template, without making it yet. Answers why it could not.
    pub(super) fn write_task(
        &self,
        id: TaskId,
        template: &TaskTemplate,
        waits_for: BTreeSet<TaskId>,
        people: Resolved,
        home: &Home<'_>,
    ) -> Result<Task, String> {
        let job = home.job.map(|job| &**job);
        let write = |source: &str| self.write(source, job, home.account, home.compiled);
        let title = write(&template.title)?;
        if title.trim().is_empty() {
            return Err("the task's title comes out empty".to_owned());
        }
        check_limit("NAME_BYTES", limits::NAME_BYTES, title.len(), "the task's title")
            .map_err(|why| why.to_string())?;
        let description = template.description.as_deref().map(write).transpose()?;
        let visit = home.origin.visit;
        let owner = home.account.map(|account| &**account);
        let date = |rule: &Option<crate::definition::DateExpression>| {
            let Some(rule) = rule else { return Ok(None) };
            match self.task_date(job, owner, visit, self.today, rule) {
                Ok(date) => Ok(Some(date)),
                Err(Unresolved::Missing(_) | Unresolved::NoDeadline(_) | Unresolved::NoOpenDay(_)) => Ok(None),
                Err(why) => Err(format!("`{rule}`: {why}")),
            }
        };
        let (start, due) = (date(&template.start)?, date(&template.due)?);
        let checklist =
            template.checklist.iter().map(|text| ChecklistItem { text: text.as_str().into(), done: false }).collect();
        Ok(Task {
            id,
            job: job.map(|job| job.id),
            account: home.account.map(|account| account.id),
            title,
            description,
            state: TaskState::Planned,
            custom_status: None,
            priority: template.priority,
            assignees: people.members,
            assigned_roles: people.roles,
            start,
            due,
            start_rule: template.start.clone(),
            due_rule: template.due.clone(),
            tags: template.tags.clone(),
            checklist,
            budget_minutes: template.budget_minutes,
            template: Some(template.key.clone()),
            waits_for,
            created: self.now,
            updated: self.now,
            completed: None,
        })
    }

    pub(super) fn create_task_by_command(&mut self, new: &NewTask) -> Step {
        let id = match new.id {
            Some(id) => match self.state.tasks.get(&id) {
                None => return self.need(Need::Document(DocId::Task(id))),
                Some(slot) if slot.get().is_some() => {
                    return Err(Rejection::Exists { what: "task", name: id.to_string() }.into());
                }
                Some(_) => id,
            },
            None => TaskId(self.next_id()),
        };
        self.create_task_as(id, new)
    }

    /// Creates a task under an identifier that no other has.
    pub(super) fn create_task_as(&mut self, id: TaskId, new: &NewTask) -> Step {
        let job = match new.job {
            Some(job) => Some(self.open_job(job)?),
            None => None,
        };
        let account = match job.as_ref().map(|job| job.account).or(new.account) {
            Some(account) => Some(self.account(account)?),
            None => None,
        };
        let compiled = match &job {
            Some(job) => Some(self.compiled(job)?),
            None => None,
        };
        let template = match (&new.template, &new.task) {
            (Some(key), None) => find_task_template(self.catalog, compiled.as_deref(), key)
                .cloned()
                .ok_or_else(|| Rejection::not_found("task template", key))?,
            (None, Some(task)) => {
                let problems = validate_template(&Template::Task(task.clone()));
                if !problems.is_empty() {
                    return Err(Rejection::Document(problems).into());
                }
                (**task).clone()
            }
            _ => return Err(Rejection::invalid("task", "name a template or describe the task, one of the two").into()),
        };
        let mut waits_for = new.waits_for.clone();
        check_limit("PREREQUISITES", limits::PREREQUISITES, waits_for.len(), "the number of tasks it waits for")?;
        for on in &new.waits_for {
            self.check_task_access(*on)?;
        }
        if let Some(job) = &job {
            waits_for.extend(open_tasks_of(job, &template.after));
        }
        let people = self.resolve_strictly(&template.assign, account.as_deref())?;
        if let Some(job) = &job {
            let count = job.tasks.len().saturating_add(1);
            check_limit("JOB_TASKS", limits::JOB_TASKS, count, "the tasks of the job")?;
        }
        let visit = job.as_ref().map_or(0, |job| job.visit_number());
        let origin = LinkOrigin { visit, automation: None, status_round: None };
        self.subject = Some(DocId::Task(id));
        self.about.account = account.as_ref().map(|account| account.id);
        let home = Home { job: job.as_ref(), account: account.as_ref(), compiled: compiled.as_ref(), origin };
        let task =
            self.write_task(id, &template, waits_for, people, &home).map_err(|why| Rejection::invalid("task", why))?;
        let origin = job.is_some().then_some(home.origin);
        self.emit(Event::TaskCreated { task: Arc::new(task), origin });
        self.run_cascade()
    }

    /// Brings a task and its job into focus for a person's command.
    fn open_task(&mut self, id: TaskId) -> Step<Arc<Task>> {
        let task = self.task(id)?;
        if let Some(job) = task.job {
            if !self.state.jobs.contains_key(&job)
                && let Some(account) = task.account
                && !self.state.accounts.contains_key(&account)
            {
                self.needs.insert(Need::Document(DocId::Account(account)));
            }
            self.open_job(job)?;
        }
        self.subject = Some(DocId::Task(id));
        self.about.account = task.account;
        Ok(task)
    }

    /// Refuses what touches a task of a job that the actor has no access to.
    fn check_task_access(&mut self, id: TaskId) -> Step {
        match self.task(id)?.job {
            Some(job) => self.check_job_access(job),
            None => Ok(()),
        }
    }

    pub(super) fn set_task_state_by_command(
        &mut self,
        id: TaskId,
        to: TaskState,
        custom: Option<&StatusKey>,
        overridden: bool,
    ) -> Step {
        let task = self.open_task(id)?;
        if let Some(key) = custom {
            let statuses = self.catalog.firm.as_ref().map(|(_, firm)| &firm.settings.task_statuses);
            match statuses.and_then(|statuses| statuses.get(key)) {
                None => return Err(Rejection::not_found("task status", key).into()),
                Some(stands_for) if *stands_for != to => {
                    let why = format!("`{key}` stands for {}", stands_for.as_str());
                    return Err(Rejection::invalid("custom", why).into());
                }
                Some(_) => {}
            }
        }
        if task.state == to && task.custom_status.as_ref() == custom {
            self.unchanged = Some(format!("the task is {} already", to.as_str()));
            return Ok(());
        }
        if matches!(to, TaskState::InProgress | TaskState::Completed) && !overridden {
            self.check_ready(&task)?;
        }
        self.emit(Event::TaskStateSet { task: id, job: task.job, to, custom: custom.cloned() });
        if let Some(job) = task.job.filter(|_| task.state.is_ended() && !to.is_ended()) {
            // Its dates stayed as they were while it was done with.
            self.note_everything_moved(job);
        }
        self.run_cascade()
    }

    /// A waiting task cannot be started.
    fn check_ready(&mut self, task: &Arc<Task>) -> Step {
        let mut missing = false;
        for on in &task.waits_for {
            match self.task(*on) {
                Ok(other) if !other.state.is_ended() => {
                    let why = format!("the task waits for `{}`, which is {}", other.title, other.state.as_str());
                    return Err(Rejection::refused("task_waits", why).into());
                }
                // A task that was deleted holds nobody up.
                Ok(_) | Err(Stop::Rejected(_)) => {}
                Err(Stop::Missing) => missing = true,
            }
        }
        if missing { Err(Stop::Missing) } else { Ok(()) }
    }

    pub(super) fn edit_task(&mut self, id: TaskId, changes: &TaskChanges) -> Step {
        let task = self.open_task(id)?;
        if let Some(title) = &changes.title {
            check_name("title", title)?;
        }
        if let Some(description) = &changes.description {
            check_text("description", description)?;
        }
        if let Some(tags) = &changes.tags {
            check_limit("TAGS", limits::TAGS, tags.len(), "the number of tags")?;
        }
        let same = changes.title.as_deref().is_none_or(|title| title == &*task.title)
            && changes
                .description
                .as_deref()
                .is_none_or(|text| text == task.description.as_deref().unwrap_or_default())
            && changes.priority.is_none_or(|priority| priority == task.priority)
            && changes.tags.as_ref().is_none_or(|tags| *tags == task.tags)
            && changes.budget_minutes.is_none_or(|minutes| minutes == task.budget_minutes.unwrap_or(0));
        if same {
            self.unchanged = Some("the task is like that already".to_owned());
            return Ok(());
        }
        self.emit(Event::TaskEdited { task: id, changes: Box::new(changes.clone()) });
        self.run_cascade()
    }

    pub(super) fn set_task_dates(&mut self, id: TaskId, start: Option<NaiveDate>, due: Option<NaiveDate>) -> Step {
        let task = self.open_task(id)?;
        if (start, due) == (task.start, task.due) && task.start_rule.is_none() && task.due_rule.is_none() {
            self.unchanged = Some("the task has these dates already".to_owned());
            return Ok(());
        }
        self.emit(Event::TaskDatesSet { task: id, start, due, derived: false });
        self.run_cascade()
    }

    pub(super) fn assign_task(&mut self, id: TaskId, mode: AssignMode, who: &Assignment) -> Step {
        let task = self.open_task(id)?;
        let account = match task.account {
            Some(account) => Some(self.account(account)?),
            None => None,
        };
        let change = match mode {
            AssignMode::Remove => {
                let mut change = self.resolve(who, account.as_deref());
                change.members.extend(&who.members);
                change
            }
            AssignMode::Add | AssignMode::Replace => self.resolve_strictly(who, account.as_deref())?,
        };
        let (assignees, roles) = self.reassign(mode, (&task.assignees, &task.assigned_roles), &change)?;
        if (&assignees, &roles) == (&task.assignees, &task.assigned_roles) {
            self.unchanged = Some("the assignees are these already".to_owned());
            return Ok(());
        }
        self.emit(Event::TaskAssigneesChanged { task: id, assignees, roles });
        self.run_cascade()
    }

    pub(super) fn check_task(&mut self, id: TaskId, step: u32, done: bool) -> Step {
        let task = self.open_task(id)?;
        let mut checklist = task.checklist.clone();
        let known = usize::try_from(step).ok().and_then(|step| checklist.get_mut(step));
        let Some(item) = known else { return Err(Rejection::not_found("checklist step", step).into()) };
        if item.done == done {
            self.unchanged = Some("the step is like that already".to_owned());
            return Ok(());
        }
        item.done = done;
        self.emit(Event::TaskChecklistSet { task: id, checklist });
        self.run_cascade()
    }

    pub(super) fn set_checklist(&mut self, id: TaskId, steps: &[String]) -> Step {
        let task = self.open_task(id)?;
        check_limit("CHECKLIST", limits::CHECKLIST, steps.len(), "the checklist")?;
        for text in steps {
            check_name("steps", text)?;
        }
        let ticked: BTreeSet<&str> = task.checklist.iter().filter(|item| item.done).map(|item| &*item.text).collect();
        let checklist: Vec<ChecklistItem> = steps
            .iter()
            .map(|text| ChecklistItem { text: text.as_str().into(), done: ticked.contains(text.as_str()) })
            .collect();
        if checklist == task.checklist {
            self.unchanged = Some("the checklist is like that already".to_owned());
            return Ok(());
        }
        self.emit(Event::TaskChecklistSet { task: id, checklist });
        self.run_cascade()
    }

    pub(super) fn add_task_dependency(&mut self, id: TaskId, on: TaskId) -> Step {
        let task = self.open_task(id)?;
        self.check_task_access(on)?;
        if task.waits_for.contains(&on) {
            self.unchanged = Some("the task waits for that one already".to_owned());
            return Ok(());
        }
        let count = task.waits_for.len().saturating_add(1);
        check_limit("PREREQUISITES", limits::PREREQUISITES, count, "the number of tasks it waits for")?;
        if let Some(circle) = self.task_circle(id, on)? {
            return Err(Rejection::Cycle(circle).into());
        }
        self.emit(Event::TaskWaitsChanged { task: id, on, waits: true });
        self.run_cascade()
    }

    /// The circle that would close if `id` waited for `on`, by the tasks' titles.
    fn task_circle(&mut self, id: TaskId, on: TaskId) -> Step<Option<Vec<String>>> {
        let mut came_from: BTreeMap<TaskId, TaskId> = BTreeMap::new();
        let mut queue = VecDeque::from([on]);
        let mut missing = false;
        while let Some(next) = queue.pop_front() {
            if next == id {
                let mut path = vec![self.title(id)];
                let mut step = id;
                while let Some(before) = came_from.get(&step).filter(|_| step != on) {
                    step = *before;
                    path.push(self.title(step));
                }
                path.push(self.title(id));
                path.reverse();
                return Ok(Some(path));
            }
            let count = came_from.len();
            check_limit("DEPENDENCY_WALK", limits::DEPENDENCY_WALK, count, "the number of tasks in the chain")?;
            let Some(slot) = self.state.tasks.get(&next) else {
                self.needs.insert(Need::Document(DocId::Task(next)));
                missing = true;
                continue;
            };
            for further in slot.get().iter().flat_map(|task| &task.waits_for) {
                if *further != on && !came_from.contains_key(further) {
                    came_from.insert(*further, next);
                    queue.push_back(*further);
                }
            }
        }
        if missing { Err(Stop::Missing) } else { Ok(None) }
    }

    fn title(&self, id: TaskId) -> String {
        self.state.task(id).map_or_else(|| id.to_string(), |task| task.title.to_string())
    }

    pub(super) fn remove_task_dependency(&mut self, id: TaskId, on: TaskId) -> Step {
        let task = self.open_task(id)?;
        if !task.waits_for.contains(&on) {
            self.unchanged = Some("the task does not wait for that one".to_owned());
            return Ok(());
        }
        self.emit(Event::TaskWaitsChanged { task: id, on, waits: false });
        self.run_cascade()
    }

    pub(super) fn link_task(&mut self, id: TaskId, job: JobId) -> Step {
        let task = self.task(id)?;
        let record = self.open_job(job)?;
        self.subject = Some(DocId::Task(id));
        match task.job {
            Some(present) if present == job => {
                self.unchanged = Some("the task belongs to that job already".to_owned());
                return Ok(());
            }
            Some(_) => {
                let why = "the task belongs to another job; take it off that one first";
                return Err(Rejection::refused("task_has_job", why).into());
            }
            None => {}
        }
        if task.account.is_some_and(|account| account != record.account) {
            return Err(Rejection::refused("other_account", "the task belongs to another account").into());
        }
        check_limit("JOB_TASKS", limits::JOB_TASKS, record.tasks.len().saturating_add(1), "the tasks of the job")?;
        let origin = LinkOrigin { visit: record.visit_number(), automation: None, status_round: None };
        let link = TaskLink::new(&task, origin);
        self.emit(Event::TaskLinked { task: id, job, account: record.account, link: Box::new(link) });
        if !task.state.is_ended() {
            let record = self.job(job)?;
            self.derive_task_dates(&record, &task, record.visit_number());
        }
        self.run_cascade()
    }

    pub(super) fn unlink_task(&mut self, id: TaskId) -> Step {
        let task = self.open_task(id)?;
        let Some(job) = task.job else {
            self.unchanged = Some("the task belongs to no job".to_owned());
            return Ok(());
        };
        self.note_task_gone(&task);
        self.emit(Event::TaskUnlinked { task: id, job });
        self.run_cascade()
    }

    pub(super) fn delete_task(&mut self, id: TaskId) -> Step {
        let task = self.open_task(id)?;
        self.note_task_gone(&task);
        self.emit(Event::TaskDeleted { task: id, job: task.job });
        self.run_cascade()
    }
}

/// A template by key: the pipeline's own, or the firm's.
pub(super) fn find_task_template<'a>(
    catalog: &'a Catalog,
    compiled: Option<&'a Compiled>,
    key: &TemplateKey,
) -> Option<&'a TaskTemplate> {
    let own = compiled.and_then(|compiled| compiled.task_template(key).map(|template| &**template));
    own.or_else(|| catalog.task_template(key))
}

/// Open tasks of a job that were made from these templates.
pub(super) fn open_tasks_of(job: &Job, templates: &BTreeSet<TemplateKey>) -> Vec<TaskId> {
    let made_from = |link: &&TaskLink| link.template.as_ref().is_some_and(|key| templates.contains(key));
    job.tasks.iter().filter(|link| !link.state.is_ended()).filter(made_from).map(|link| link.task).collect()
}
