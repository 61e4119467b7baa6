//! Commands on jobs.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::account::check_value;
use super::facts::{Fact, each_fact_of_creation};
use super::moves::{Room, Target};
use super::{Decider, Need, Step, check_limit, check_name, check_text};
use crate::command::{AssignMode, Change, JobChanges, NewJob, Reaction};
use crate::compile::Compiled;
use crate::definition::{Assignment, DateExpression, JobDate, JobTemplate, Versioning, WipMode};
use crate::error::Rejection;
use crate::event::{Actor, Event, FailureEnd};
use crate::id::{AutomationKey, CommentId, FieldKey, JobId, NotificationId, SignalKey, StatusKey, Tag};
use crate::limits;
use crate::model::{Account, AttentionReason, Comment, FieldValue, Job, JobStatus, OccurrenceId, Priority, Visit};
use crate::store::{DocId, FollowUpWork};

impl Decider<'_> {
    /// Brings a job into focus for a person's command, after checking access.
    pub(super) fn open_job(&mut self, id: JobId) -> Step<Arc<Job>> {
        let job = self.focus(id)?;
        self.subject = Some(DocId::Job(id));
        let (compiled, account) = (self.compiled(&job)?, self.account(job.account)?);
        self.check_access(&compiled, &account)?;
        Ok(job)
    }

    pub(super) fn create_job(&mut self, new: &NewJob) -> Step {
        let id = match new.id {
            Some(id) => {
                let exists = match self.state.jobs.get(&id) {
                    Some(slot) => slot.get().is_some(),
                    None => return self.need(Need::Document(DocId::Job(id))),
                };
                if exists {
                    return Err(Rejection::Exists { what: "job", name: id.to_string() }.into());
                }
                id
            }
            None => JobId(self.next_id()),
        };
        self.create_job_as(id, new, None)
    }

    /// Creates a job under an identifier that no other has; of a period of a series, perhaps.
    pub(super) fn create_job_as(&mut self, id: JobId, new: &NewJob, of: Option<&OccurrenceId>) -> Step {
        let Some(newest) = self.catalog.newest(&new.pipeline).cloned() else {
            return Err(Rejection::not_found("pipeline", &new.pipeline).into());
        };
        if self.catalog.pipeline(&new.pipeline).is_some_and(|head| head.archived) {
            return Err(Rejection::refused("pipeline_archived", format!("`{}` is archived", new.pipeline)).into());
        }
        let account = self.account(new.account)?;
        self.check_access(&newest, &account)?;
        let stage = match &new.stage {
            Some(stage) => newest.graph().position(stage).ok_or_else(|| Rejection::not_found("stage", stage))?,
            None => 0,
        };
        let target = Target { compiled: Arc::clone(&newest), place: stage };
        let room = self.room(&target, None, false)?;
        if let (Room::Full { max, mode: WipMode::Refuse }, Some(stage)) = (room, target.stage()) {
            let why = format!("`{}` holds {max} jobs already, as many as it may", stage.key);
            return Err(Rejection::refused("wip_limit", why).into());
        }
        let unfilled = self.seed_job((id, of), new, &newest, stage, &account)?;
        self.subject = Some(DocId::Job(id));
        self.focus = Some(id);
        self.about.job = Some(id);
        self.about.account = Some(account.id);
        self.about.version = Some(newest.version());
        for role in unfilled {
            let text = format!("nobody holds the role `{role}`, which the job was to be assigned to");
            self.raise(id, AttentionReason::UnfilledRole(role), text);
        }
        self.warn_if_full(id, &target, room);
        each_fact_of_creation(&newest, stage, &mut |fact| self.note_in_visit(0, 0, fact));
        self.run_cascade()
    }

    /// Emits the new job. Answers the roles it was to be assigned to that nobody holds.
    fn seed_job(
        &mut self,
        (id, of): (JobId, Option<&OccurrenceId>),
        new: &NewJob,
        compiled: &Arc<Compiled>,
        stage: usize,
        account: &Arc<Account>,
    ) -> Step<Vec<crate::id::RoleKey>> {
        let key = new.template.as_ref().or(compiled.definition().job_template.as_ref());
        let catalog = self.catalog;
        let named = match key {
            Some(key) => Some(catalog.job_template(key).ok_or_else(|| Rejection::not_found("job template", key))?),
            None => None,
        };
        let none = JobTemplate::default();
        let (first, second) = (named.unwrap_or(&none), compiled.definition().job_defaults.as_ref().unwrap_or(&none));
        let who: Assignment = new
            .assign
            .clone()
            .unwrap_or_else(|| if first.assign.is_empty() { second.assign.clone() } else { first.assign.clone() });
        let resolved = if new.assign.is_some() {
            self.resolve_strictly(&who, Some(account))?
        } else {
            self.resolve(&who, Some(account))
        };
        check_limit("ASSIGNEES", limits::ASSIGNEES, resolved.members.len(), "the number of assignees")?;
        let tags: BTreeSet<Tag> = new.tags.iter().chain(&first.tags).chain(&second.tags).cloned().collect();
        check_limit("TAGS", limits::TAGS, tags.len(), "the number of tags")?;
        let mut fields = second.fields.clone();
        fields.extend(first.fields.clone());
        fields.extend(new.fields.clone());
        check_limit("FIELDS", limits::FIELDS, fields.len(), "the number of custom fields")?;
        fields.iter().try_for_each(|(field, value)| check_value(field, value))?;
        let stage_key = compiled.stage(stage).map(|stage| stage.key.clone());
        let Some(stage_key) = stage_key else { return Err(Rejection::not_found("stage", stage).into()) };
        let visit =
            Visit { pipeline: Some(compiled.key().clone()), stage: stage_key.clone(), entered: self.now, left: None };
        let mut job = Job {
            id,
            account: account.id,
            name: Arc::from(""),
            description: None,
            pipeline: compiled.key().clone(),
            version: compiled.version(),
            pinned: compiled.definition().versioning == Versioning::Pin,
            stage: stage_key,
            status: JobStatus::Active,
            status_before_archive: None,
            status_round: 0,
            priority: new.priority.or(first.priority).or(second.priority).unwrap_or(Priority::Medium),
            assignees: resolved.members,
            assigned_roles: resolved.roles,
            assigned_members: resolved.named,
            start: None,
            due: None,
            statutory: None,
            extended: None,
            date_rules: std::collections::BTreeMap::new(),
            period_start: new.period_start,
            period_end: new.period_end,
            series: of.map(|of| of.series),
            period: of.map(|of| of.period.clone()),
            budget_minutes: new.budget_minutes.or(first.budget_minutes).or(second.budget_minutes),
            tags,
            fields,
            client_status: None,
            attention: Vec::new(),
            failed: Vec::new(),
            failures: 0,
            visits: vec![visit],
            tasks: Vec::new(),
            items: Vec::new(),
            timers: Vec::new(),
            fired: Vec::new(),
            waits: Vec::new(),
            waits_begun: 0,
            reminders: Vec::new(),
            reminders_begun: 0,
            waits_for: std::collections::BTreeMap::new(),
            awaited_by: BTreeSet::new(),
            comments: 0,
            created: self.now,
            updated: self.now,
            completed: None,
            archived: None,
        };
        let rule = |given: &Option<DateExpression>, first: &Option<DateExpression>, second: &Option<DateExpression>| {
            given.clone().or_else(|| first.clone()).or_else(|| second.clone())
        };
        let rules = [
            (JobDate::Statutory, rule(&new.statutory, &first.statutory, &second.statutory)),
            (JobDate::Extended, rule(&new.extended, &first.extended, &second.extended)),
            (JobDate::Due, rule(&new.due, &first.due, &second.due)),
            (JobDate::Start, rule(&new.start, &first.start, &second.start)),
        ];
        self.settle_job_dates(&mut job, &rules)?;
        self.name_job(&mut job, new, first, second, compiled, account)?;
        self.emit(Event::JobCreated(Arc::new(job)));
        Ok(resolved.unfilled)
    }

    /// Writes a new job's name, description and client-facing status, shortcodes filled in.
    fn name_job(
        &mut self,
        job: &mut Job,
        new: &NewJob,
        first: &JobTemplate,
        second: &JobTemplate,
        compiled: &Arc<Compiled>,
        account: &Arc<Account>,
    ) -> Step {
        let pick = |given: &Option<String>, first: &Option<String>, second: &Option<String>| {
            given.clone().or_else(|| first.clone()).or_else(|| second.clone())
        };
        let write = |field: &str, source: &str, job: &Job| self.write_part(field, source, job, account, compiled);
        job.name = match pick(&new.name, &first.name, &second.name) {
            Some(source) => write("name", &source, job)?,
            None => format!("{} – {}", account.name, compiled.definition().name).into(),
        };
        check_name("name", &job.name)?;
        if let Some(source) = pick(&new.description, &first.description, &second.description) {
            job.description = Some(write("description", &source, job)?);
        }
        if let Some(source) = first.client_status.as_ref().or(second.client_status.as_ref()) {
            job.client_status = Some(write("client_status", source, job)?);
        }
        Ok(())
    }

    /// Writes a text that is part of a job, shortcodes filled in.
    fn write_part(
        &self,
        field: &str,
        source: &str,
        job: &Job,
        account: &Arc<Account>,
        compiled: &Arc<Compiled>,
    ) -> Result<Arc<str>, Rejection> {
        check_text(field, source)?;
        self.write(source, Some(job), Some(account), Some(compiled)).map_err(|why| Rejection::invalid(field, why))
    }

    pub(super) fn edit_job(&mut self, id: JobId, changes: &JobChanges) -> Step {
        let job = self.open_job(id)?;
        let account = self.account(job.account)?;
        let compiled = self.compiled(&job)?;
        let before = self.events.len();
        if let Some(source) = &changes.name {
            let name = self.write_part("name", source, &job, &account, &compiled)?;
            check_name("name", &name)?;
            if name != job.name {
                self.emit(Event::JobRenamed { job: id, name });
            }
        }
        if let Some(change) = &changes.description {
            let description = match change {
                Change::To(source) => Some(self.write_part("description", source, &job, &account, &compiled)?),
                Change::Clear => None,
            };
            if description != job.description {
                self.emit(Event::JobDescribed { job: id, description });
            }
        }
        if let Some(to) = changes.priority.filter(|to| *to != job.priority) {
            self.emit(Event::JobPrioritySet { job: id, to });
        }
        if let Some(minutes) = changes.budget_minutes.clone().map(Change::value)
            && minutes != job.budget_minutes
        {
            self.emit(Event::JobBudgetSet { job: id, minutes });
        }
        if let Some(change) = &changes.client_status {
            let source = match change {
                Change::To(source) => Some(source.as_str()),
                Change::Clear => None,
            };
            source.map_or(Ok(()), |source| check_text("client_status", source))?;
            self.set_client_status(id, source)?.map_err(|why| Rejection::invalid("client_status", why))?;
        }
        for (field, change) in &changes.fields {
            self.set_job_field(id, field, change.clone().value().as_ref())?;
        }
        self.edit_period(id, changes.period_start.as_ref(), changes.period_end.as_ref())?;
        self.edit_dates(id, &changes.dates)?;
        if self.events.len() == before {
            self.unchanged = Some("the job is like that already".to_owned());
        }
        self.run_cascade()
    }

    /// Sets or clears a custom field of a job, if it changes.
    pub(super) fn set_job_field(&mut self, id: JobId, field: &FieldKey, value: Option<&FieldValue>) -> Step {
        let job = self.job(id)?;
        if job.fields.get(field) == value {
            return Ok(());
        }
        if let Some(value) = value {
            check_value(field, value)?;
            let more = usize::from(!job.fields.contains_key(field));
            let count = job.fields.len().saturating_add(more);
            check_limit("FIELDS", limits::FIELDS, count, "the number of custom fields")?;
        }
        self.emit(Event::JobFieldSet { job: id, field: field.clone(), value: value.cloned() });
        Ok(())
    }

    /// Sets what the client sees, shortcodes filled in. Answers why it could not.
    pub(super) fn set_client_status(&mut self, id: JobId, source: Option<&str>) -> Step<Result<(), String>> {
        let job = self.job(id)?;
        let (account, compiled) = (self.account(job.account)?, self.compiled(&job)?);
        let text = match source {
            None => None,
            Some(source) => match self.write(source, Some(&job), Some(&account), Some(&compiled)) {
                Ok(text) => Some(text),
                Err(why) => return Ok(Err(why)),
            },
        };
        if text != job.client_status {
            self.emit(Event::JobClientStatusSet { job: id, text });
        }
        Ok(Ok(()))
    }

    pub(super) fn set_status_by_command(
        &mut self,
        id: JobId,
        status: &StatusKey,
        leave_out: &BTreeSet<AutomationKey>,
    ) -> Step {
        let job = self.open_job(id)?;
        let compiled = self.compiled(&job)?;
        if let Some(key) = leave_out.iter().find(|key| compiled.rule_named(key).is_none()) {
            return Err(Rejection::not_found("automation", key).into());
        }
        self.leave_out = Rc::new(leave_out.clone());
        if !self.set_status(id, status)?.map_err(|why| Rejection::refused("status", why))? {
            self.unchanged = Some(format!("the job is `{status}` already"));
        } else if !leave_out.is_empty() {
            self.emit(Event::AutomationsLeftOut { job: id, automations: leave_out.iter().cloned().collect() });
        }
        self.leave_out = Rc::default();
        self.run_cascade()
    }

    /// Sets a job's status. Answers whether it changed, or why it could not.
    pub(super) fn set_status(&mut self, id: JobId, status: &StatusKey) -> Step<Result<bool, String>> {
        let job = self.job(id)?;
        let compiled = self.compiled(&job)?;
        let to = JobStatus::from_key(status);
        if job.status == JobStatus::Archived {
            return Ok(Err("the job is archived; take it out of the archive first".to_owned()));
        }
        match &to {
            JobStatus::Archived => return Ok(Err("archive the job instead of setting this status".to_owned())),
            JobStatus::Custom(key) if compiled.status(key).is_none() => {
                let near = crate::suggest::near(
                    key.as_str(),
                    compiled.definition().statuses.iter().map(|status| status.key.as_str()),
                );
                return Ok(Err(format!("`{}` has no status `{key}`{near}", compiled.key())));
            }
            JobStatus::Completed if job.waits_for.values().any(|finished| !finished) => {
                return Ok(Err("a job that this one waits for is not finished".to_owned()));
            }
            _ => {}
        }
        if job.status == to {
            return Ok(Ok(false));
        }
        self.emit(Event::JobStatusSet { job: id, to });
        Ok(Ok(true))
    }

    pub(super) fn assign_job(&mut self, id: JobId, mode: AssignMode, who: &Assignment) -> Step {
        let job = self.open_job(id)?;
        let account = self.account(job.account)?;
        let change = match mode {
            // Who left the firm, or lost the seat, can still be taken off.
            AssignMode::Remove => {
                let mut change = self.resolve(who, Some(&account));
                change.members.extend(&who.members);
                change
            }
            AssignMode::Add | AssignMode::Replace => self.resolve_strictly(who, Some(&account))?,
        };
        if !self.set_assignees(id, mode, &change)? {
            self.unchanged = Some("the assignees are these already".to_owned());
        }
        self.run_cascade()
    }

    pub(super) fn set_assignees(
        &mut self,
        id: JobId,
        mode: AssignMode,
        change: &super::people::Resolved,
    ) -> Step<bool> {
        let job = self.job(id)?;
        let (assignees, roles) = self.reassign(mode, (&job.assignees, &job.assigned_roles), change)?;
        let members = match mode {
            AssignMode::Add => &job.assigned_members | &change.named,
            AssignMode::Remove => &job.assigned_members - &change.members,
            AssignMode::Replace => change.named.clone(),
        };
        if (&assignees, &roles, &members) == (&job.assignees, &job.assigned_roles, &job.assigned_members) {
            return Ok(false);
        }
        self.emit(Event::JobAssigneesChanged { job: id, assignees, roles, members });
        for role in change.roles.iter().filter(|role| !change.unfilled.contains(role)) {
            self.calm(id, &AttentionReason::UnfilledRole(role.clone()));
        }
        Ok(true)
    }

    pub(super) fn resolve_roles(&mut self, id: JobId) -> Step {
        let job = self.open_job(id)?;
        let account = self.account(job.account)?;
        let who = Assignment { roles: job.assigned_roles.clone(), members: BTreeSet::new() };
        let mut resolved = self.resolve(&who, Some(&account));
        // Who was assigned by name is no matter of who holds a seat.
        resolved.members.extend(&job.assigned_members);
        resolved.named.clone_from(&job.assigned_members);
        let before = self.events.len();
        for role in &who.roles {
            let reason = AttentionReason::UnfilledRole(role.clone());
            if resolved.unfilled.contains(role) {
                let text = format!("nobody holds the role `{role}`, which the job is assigned to");
                self.raise(id, reason, text);
            } else {
                self.calm(id, &reason);
            }
        }
        if !who.roles.is_empty() {
            let mode = if resolved.unfilled.is_empty() { AssignMode::Replace } else { AssignMode::Add };
            self.set_assignees(id, mode, &resolved)?;
        }
        if self.events.len() == before {
            self.unchanged = Some("the roles have the same holders as before".to_owned());
        }
        self.run_cascade()
    }

    pub(super) fn tag_job_by_command(&mut self, id: JobId, add: &BTreeSet<Tag>, remove: &BTreeSet<Tag>) -> Step {
        self.open_job(id)?;
        if !self.tag_job(id, add, remove)? {
            self.unchanged = Some("the job has these tags already".to_owned());
        }
        self.run_cascade()
    }

    /// Puts tags on a job and takes others off. Answers whether anything changed.
    pub(super) fn tag_job(&mut self, id: JobId, add: &BTreeSet<Tag>, remove: &BTreeSet<Tag>) -> Step<bool> {
        let job = self.job(id)?;
        let removed: Vec<Tag> =
            remove.iter().filter(|tag| job.tags.contains(*tag) && !add.contains(*tag)).cloned().collect();
        let added: Vec<Tag> = add.iter().filter(|tag| !job.tags.contains(*tag)).cloned().collect();
        if added.is_empty() && removed.is_empty() {
            return Ok(false);
        }
        let after = job.tags.len().saturating_add(added.len()).saturating_sub(removed.len());
        check_limit("TAGS", limits::TAGS, after, "the number of tags")?;
        drop(job);
        self.emit(Event::JobTagsChanged { job: id, added, removed });
        Ok(true)
    }

    pub(super) fn archive_job(&mut self, id: JobId, archived: bool) -> Step {
        let job = self.open_job(id)?;
        if archived == (job.status == JobStatus::Archived) {
            self.unchanged = Some("the job is like that already".to_owned());
            return Ok(());
        }
        self.put_away(id, archived)?;
        self.run_cascade()
    }

    /// Archives a job, or takes it out with the status it had.
    pub(super) fn put_away(&mut self, id: JobId, archived: bool) -> Step {
        let job = self.job(id)?;
        let compiled = self.compiled(&job)?;
        if archived {
            self.emit(Event::JobStatusSet { job: id, to: JobStatus::Archived });
            self.free(&compiled, &job.stage);
        } else {
            let to = match job.status_before_archive.clone().unwrap_or(JobStatus::Active) {
                JobStatus::Custom(key) if compiled.status(&key).is_none() => JobStatus::Active,
                status => status,
            };
            self.emit(Event::JobStatusSet { job: id, to });
        }
        Ok(())
    }

    pub(super) fn delete_job(&mut self, id: JobId) -> Step {
        let job = self.open_job(id)?;
        let compiled = self.compiled(&job)?;
        let mut missing = false;
        let needs = job.tasks.iter().map(|link| DocId::Task(link.task));
        let needs = needs.chain(job.items.iter().map(|link| DocId::Item(link.item)));
        let needs = needs.chain(job.waits_for.keys().map(|on| DocId::Job(*on)));
        for need in needs {
            let loaded = match &need {
                DocId::Task(id) => self.state.tasks.contains_key(id),
                DocId::Item(id) => self.state.items.contains_key(id),
                DocId::Job(id) => self.state.jobs.contains_key(id),
                _ => true,
            };
            if !loaded {
                missing = true;
                self.needs.insert(Need::Document(need));
            }
        }
        if missing {
            return Err(super::Stop::Missing);
        }
        for link in &job.tasks {
            self.emit(Event::TaskDeleted { task: link.task, job: Some(id) });
        }
        for link in &job.items {
            self.emit(Event::ItemUnlinked { item: link.item, job: id });
        }
        for on in job.waits_for.keys() {
            self.emit(Event::JobDependencyRemoved { job: id, on: *on });
        }
        for other in &job.awaited_by {
            self.follow_ups.push(FollowUpWork::Dependency { job: *other, on: id, finished: true });
        }
        self.emit(Event::JobDeleted { job: id });
        self.free(&compiled, &job.stage);
        Ok(())
    }

    pub(super) fn comment_job(&mut self, id: JobId, text: &str) -> Step {
        self.open_job(id)?;
        if text.trim().is_empty() {
            return Err(Rejection::invalid("text", "it is empty").into());
        }
        check_text("text", text)?;
        let author = match self.actor {
            Actor::Member(member) => Some(*member),
            _ => None,
        };
        let comment = CommentId(self.next_id());
        let comment = Comment { id: comment, job: id, author, text: text.to_owned(), at: self.now };
        self.emit(Event::JobCommented(Arc::new(comment)));
        self.run_cascade()
    }

    pub(super) fn pin_job(&mut self, id: JobId, pinned: bool) -> Step {
        let job = self.open_job(id)?;
        if job.pinned == pinned {
            self.unchanged = Some("the job is like that already".to_owned());
            return Ok(());
        }
        let compiled = self.compiled(&job)?;
        if pinned && job.version != compiled.version() {
            // A job that follows goes by the newest version, whatever it last moved under.
            self.migrate_in_place(&job, &compiled);
        }
        self.emit(Event::JobPinned { job: id, pinned });
        // It may follow a version now that does not have its stage.
        self.focus(id)?;
        self.run_cascade()
    }

    /// Notes that a job goes by this version from now on, in the same stage.
    fn migrate_in_place(&mut self, job: &Arc<Job>, compiled: &Arc<Compiled>) {
        self.emit(Event::JobMoved {
            job: job.id,
            from: job.stage.clone(),
            to: job.stage.clone(),
            pipeline: None,
            version: compiled.version(),
            how: crate::event::MoveKind::Migration,
            skipped: Vec::new(),
        });
    }

    pub(super) fn clear_attention_by_command(&mut self, id: JobId, reason: &AttentionReason) -> Step {
        let job = self.open_job(id)?;
        if !job.attention.iter().any(|known| known.reason == *reason) {
            self.unchanged = Some("the job has no such reason for attention".to_owned());
        }
        self.calm(id, reason);
        self.run_cascade()
    }

    pub(super) fn dismiss_action(&mut self, id: JobId, number: u32) -> Step {
        let job = self.open_job(id)?;
        if !job.failed.iter().any(|failure| failure.number == number) {
            return Err(Rejection::not_found("failed action", number).into());
        }
        self.end_failure(id, number, FailureEnd::Dismissed);
        self.run_cascade()
    }

    pub(super) fn end_failure(&mut self, id: JobId, number: u32, how: FailureEnd) {
        self.emit(Event::FailureEnded { job: id, number, how });
        self.calm(id, &AttentionReason::ActionFailed(number));
    }

    pub(super) fn fire_automation(&mut self, id: JobId, automation: &AutomationKey) -> Step {
        let job = self.open_job(id)?;
        let compiled = self.compiled(&job)?;
        let Some(rule) = compiled.rule_named(automation) else {
            return Err(Rejection::not_found("automation", automation).into());
        };
        if job.status == JobStatus::Archived {
            return Err(Rejection::refused("archived", "the job is archived; take it out of the archive first").into());
        }
        let fact = Fact::ByHand(automation.clone());
        match self.verdict(&compiled, rule, &fact, &job)? {
            super::cascade::Verdict::Runs => {}
            verdict => return Err(Rejection::refused("automation", verdict.why()).into()),
        }
        // Its record in the log is the fact that sets the automation off.
        self.emit(Event::FiredByHand { job: id, automation: automation.clone() });
        self.run_cascade()
    }

    pub(super) fn signal_job(&mut self, id: JobId, name: &SignalKey, payload: Option<&serde_json::Value>) -> Step {
        self.open_job(id)?;
        if let Some(payload) = payload {
            check_limit(
                "PAYLOAD_DEPTH",
                limits::PAYLOAD_DEPTH,
                crate::payload::depth(payload),
                "the payload's nesting",
            )?;
            let size = payload.to_string().len();
            check_limit("PAYLOAD_BYTES", limits::PAYLOAD_BYTES, size, "the payload")?;
        }
        self.emit(Event::SignalReceived { job: id, name: name.clone(), payload: payload.cloned() });
        self.run_cascade()
    }

    pub(super) fn reject_notification(&mut self, id: JobId, notification: NotificationId, why: &str) -> Step {
        self.open_job(id)?;
        check_text("why", why)?;
        let text = format!("the host refused a notification: {why}");
        self.raise(id, AttentionReason::Rejected(notification), text);
        self.run_cascade()
    }

    /// Lets a job react to what happened elsewhere.
    pub(super) fn react(&mut self, reaction: &Reaction) -> Step {
        let id = reaction.job();
        // The job may be gone by the time the news arrives: then there is nobody to tell.
        if self.state.jobs.get(&id).is_some_and(|slot| slot.get().is_none()) {
            self.unchanged = Some("the job is gone".to_owned());
            return Ok(());
        }
        let job = self.focus(id)?;
        self.subject = Some(DocId::Job(id));
        match reaction {
            Reaction::AccountTags { added, removed, .. } => self.note_account_tags(id, added, removed, None),
            Reaction::AccountField { field, .. } => {
                let scope = crate::definition::FieldScope::Account;
                self.note(id, None, Fact::FieldChanged(scope, field.clone()));
            }
            Reaction::Dependency { on, finished, .. } => self.learn_dependency(&job, *on, *finished),
            Reaction::Item { item, .. } => self.learn_item(id, *item)?,
            Reaction::ActionFailed { origin, why } => {
                let running = super::cascade::Running {
                    automation: origin.automation.clone(),
                    action: origin.action,
                    visit: origin.visit,
                    status_round: origin.status_round,
                };
                self.fail_action(id, &running, why.clone());
            }
            Reaction::Clock { .. } => return self.fire_due(id),
            Reaction::Dates { .. } => self.note_everything_moved(id),
            Reaction::ShiftDeadlines { order, at, .. } => self.shift_job(id, order, *at)?,
            Reaction::Reconsider { .. } => {}
        }
        self.run_cascade()
    }
}
