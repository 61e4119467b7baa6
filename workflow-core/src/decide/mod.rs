//! Decisions: what a command means, given what is so.
//!
//! [`decide`] is pure. It is given the records that were loaded, the command, the time and where
//! identifiers come from, and answers events and what follows from them, or a rejection, or which
//! records it has to see first. It reads no clock, draws no randomness and touches nothing.

mod access;
mod account;
mod action;
mod cascade;
mod clock;
mod dates;
mod definitions;
mod dependency;
mod facts;
mod item;
mod job;
mod moves;
mod people;
mod preview;
mod recur;
mod remind;
mod request;
pub(crate) mod rest;
pub(crate) mod retrace;
mod seal;
mod series;
mod shift;
mod task;
mod undo;
mod wait;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use dates::Moved;
pub use definitions::problems;
pub(crate) use moves::Room;
pub use preview::{Outlook, PreviewedAutomation, StageMigration, preview};
pub(crate) use shift::shifts;
pub(crate) use wait::delay_of;

use crate::apply::apply;
use crate::catalog::Catalog;
use crate::command::{BulkMode, Command, Request};
use crate::compile::Compiled;
use crate::error::{Problem, Rejection};
use crate::event::{Actor, Event, Recorded};
use crate::id::{
    AccountId, AutomationKey, EntryId, ExternalRef, FirmId, IdSource, ItemId, JobId, NotificationId, PipelineKey,
    SeriesId, TaskId,
};
use crate::limits;
use crate::model::{Account, Intent, Item, Job, Notification, Series, Task};
use crate::recurrence::Period;
use crate::shortcode::{Text, Words};
use crate::state::State;
use crate::store::{Chain, DocId, FollowUpWork, Settle, StageGuard};
use facts::{Pending, Trail};

/// A record, or something found by an index, that a decision has to see.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Need {
    /// A record by key.
    Document(DocId),
    /// The item of an external reference.
    ExternalItem(ExternalRef),
    /// The account of an external reference.
    ExternalAccount(ExternalRef),
    /// How many jobs the stages of a pipeline hold.
    StageJobs(PipelineKey),
    /// An older version of a pipeline, for a job that is pinned to it.
    Version(PipelineKey, u32),
    /// What a command has done, and what was before it.
    Undoing(EntryId),
    /// The seal that the log is to have next.
    Seal,
}

/// Why there is no decision yet, or none at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Undecided {
    /// The command is refused.
    Rejected(Rejection),
    /// These have to be loaded; then decide again.
    Needs(BTreeSet<Need>),
}

impl From<Rejection> for Undecided {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// What goes into a decision besides the command.
pub struct Situation<'a> {
    /// What the firm has set up.
    pub catalog: &'a Catalog,
    /// Older versions of pipelines, as far as they were asked for.
    pub versions: &'a BTreeMap<(PipelineKey, u32), Arc<Compiled>>,
    /// The records loaded so far.
    pub state: &'a State,
    /// The time.
    pub now: DateTime<Utc>,
    /// What went before, when the command is a follow-up.
    pub chain: &'a Chain,
}

/// What a command changes.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The records after it.
    pub state: State,
    /// What happened: one part, or one for each command of a bulk.
    pub parts: Vec<Part>,
    /// Bounds that must hold at the commit.
    pub guards: Vec<StageGuard>,
    /// Queued work that it makes an end of.
    pub settle: Vec<Settle>,
    /// What is worth a look in a definition that was published all the same.
    pub warnings: Vec<Problem>,
}

impl Decision {
    /// Why nothing changes, when nothing does.
    #[must_use]
    pub fn unchanged(&self) -> Option<String> {
        match self.parts.as_slice() {
            [part] => part.unchanged.clone(),
            parts if parts.iter().all(|part| part.events.is_empty()) => Some("nothing changed".to_owned()),
            _ => None,
        }
    }
}

/// What one command changes: an entry of the log.
#[derive(Debug, Clone)]
pub struct Part {
    /// The name of the command.
    pub command: &'static str,
    /// What happened, in order.
    pub events: Vec<Recorded>,
    /// Work left for other jobs, to be committed with it.
    pub follow_ups: Vec<FollowUpWork>,
    /// What went before that work.
    pub chain: Chain,
    /// The record that the command was about.
    pub subject: Option<DocId>,
    /// The job, account and version that the log files it under.
    pub about: About,
    /// Why nothing changed, when nothing did.
    pub unchanged: Option<String>,
}

/// What an entry of the log is filed under.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct About {
    /// The job.
    pub job: Option<JobId>,
    /// The account.
    pub account: Option<AccountId>,
    /// The version of the job's pipeline.
    pub version: Option<u32>,
}

/// Decides a command.
///
/// # Errors
/// [`Undecided::Rejected`] when it is refused, [`Undecided::Needs`] when records are to be loaded
/// first; the same call with them loaded comes further.
pub fn decide(situation: &Situation<'_>, request: &Request, ids: &mut dyn IdSource) -> Result<Decision, Undecided> {
    Decider::new(situation, request, ids).run(request).map(|(decision, _)| decision)
}

/// Leaves a decision: it is refused, or it has to see more.
#[derive(Debug)]
pub(crate) enum Stop {
    Rejected(Rejection),
    Missing,
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

pub(crate) type Step<T = ()> = Result<T, Stop>;

/// A decision in the making.
pub(crate) struct Decider<'a> {
    firm: FirmId,
    actor: &'a Actor,
    now: DateTime<Utc>,
    today: NaiveDate,
    catalog: &'a Catalog,
    versions: &'a BTreeMap<(PipelineKey, u32), Arc<Compiled>>,
    ids: &'a mut dyn IdSource,
    state: State,
    events: Vec<Recorded>,
    by: Option<AutomationKey>,
    of: Option<u32>,
    pending: VecDeque<Pending>,
    /// Anchors that changed and whose dates are not derived again yet, by job.
    moved: BTreeMap<JobId, Moved>,
    chain: Chain,
    /// The automations that led to what is happening now.
    trail: Option<Rc<Trail>>,
    /// What went before the command.
    before: &'a Chain,
    parts: Vec<Part>,
    /// Automations that the command leaves out.
    leave_out: Rc<BTreeSet<AutomationKey>>,
    /// The period of a series that work is being made for.
    period: Option<Period>,
    /// The job whose cascade is running: what happens to others becomes follow-ups.
    focus: Option<JobId>,
    follow_ups: Vec<FollowUpWork>,
    guards: Vec<StageGuard>,
    settle: Vec<Settle>,
    needs: BTreeSet<Need>,
    subject: Option<DocId>,
    about: About,
    warnings: Vec<Problem>,
    unchanged: Option<String>,
    /// What was looked at on the way, when this is a preview.
    outlook: Option<Outlook>,
}

impl<'a> Decider<'a> {
    fn new(situation: &Situation<'a>, request: &'a Request, ids: &'a mut dyn IdSource) -> Self {
        Self {
            firm: request.firm,
            actor: &request.actor,
            now: situation.now,
            today: situation.catalog.calendar().civil_date(situation.now),
            catalog: situation.catalog,
            versions: situation.versions,
            ids,
            state: situation.state.clone(),
            events: Vec::with_capacity(16),
            by: None,
            of: None,
            pending: VecDeque::new(),
            moved: BTreeMap::new(),
            chain: situation.chain.clone(),
            trail: None,
            before: situation.chain,
            parts: Vec::new(),
            leave_out: Rc::default(),
            period: None,
            focus: None,
            follow_ups: Vec::new(),
            guards: Vec::new(),
            settle: Vec::new(),
            needs: BTreeSet::new(),
            subject: None,
            about: About::default(),
            warnings: Vec::new(),
            unchanged: None,
            outlook: None,
        }
    }

    fn run(mut self, request: &Request) -> Result<(Decision, Outlook), Undecided> {
        let result = self.execute(&request.command);
        if !self.needs.is_empty() {
            return Err(Undecided::Needs(self.needs));
        }
        result.map_err(|stop| match stop {
            Stop::Rejected(rejection) => Undecided::Rejected(rejection),
            Stop::Missing => Undecided::Needs(BTreeSet::new()),
        })?;
        let outlook = self.outlook.take().unwrap_or_default();
        if !matches!(request.command, Command::Bulk { .. }) {
            self.close_part(request.command.name());
        }
        let Self { state, parts, guards, settle, warnings, .. } = self;
        Ok((Decision { state, parts, guards, settle, warnings }, outlook))
    }

    /// Ends what one command changes; the next begins afresh on the same records.
    fn close_part(&mut self, command: &'static str) {
        let chain = std::mem::replace(&mut self.chain, self.before.clone());
        let mut events = std::mem::take(&mut self.events);
        // A store in memory keeps them as they are.
        events.shrink_to_fit();
        self.parts.push(Part {
            command,
            events,
            follow_ups: std::mem::take(&mut self.follow_ups),
            chain,
            subject: self.subject.take(),
            about: std::mem::take(&mut self.about),
            unchanged: self.unchanged.take(),
        });
        (self.focus, self.period) = (None, None);
    }

    fn execute(&mut self, command: &Command) -> Step {
        if self.catalog.firm.is_none() && !matches!(command, Command::SaveFirm(_)) {
            return Err(Rejection::not_found("firm", self.firm).into());
        }
        self.check_actor(command)?;
        self.carry_out(command)?;
        self.settle_dates()
    }

    fn carry_out(&mut self, command: &Command) -> Step {
        match command {
            Command::SaveFirm(settings) => self.save_firm(settings),
            Command::SaveMember(member) => self.save_member(member),
            Command::SaveTemplate(template) => self.save_template(template),
            Command::DeleteTemplate { kind, key } => self.delete_template(*kind, key),
            Command::PublishPipeline { definition, mapping } => self.publish(definition, mapping),
            Command::ArchivePipeline { pipeline, archived } => self.archive_pipeline(pipeline, *archived),
            Command::SwitchAutomation { pipeline, automation, enabled } => {
                self.switch_automation(pipeline, automation, *enabled)
            }
            Command::SaveAccount(record) => self.save_account(record),
            Command::TagAccount { account, add, remove } => self.tag_account(*account, add, remove),
            Command::SetAccountField { account, field, value } => {
                self.set_account_field_by_command(*account, field, value.as_ref())
            }
            Command::ShiftDeadlines(order) => self.order_shift(order),
            Command::CreateJob(job) => self.create_job(job),
            Command::Bulk { mode, commands } => self.bulk(*mode, commands),
            Command::React(reaction) => self.react(reaction),
            Command::Undo { entry } => self.undo(*entry),
            Command::SealLog {} => self.seal_log(),
            other if other.is_on_series() => self.execute_on_series(other),
            other => self.execute_on_job(other),
        }
    }

    fn execute_on_job(&mut self, command: &Command) -> Step {
        match command {
            Command::EditJob { job, changes } => self.edit_job(*job, changes),
            Command::MoveJob(order) => self.move_job(order),
            Command::SetStatus { job, status, leave_out } => self.set_status_by_command(*job, status, leave_out),
            Command::AssignJob { job, mode, who } => self.assign_job(*job, *mode, who),
            Command::ResolveRoles { job } => self.resolve_roles(*job),
            Command::TagJob { job, add, remove } => self.tag_job_by_command(*job, add, remove),
            Command::ArchiveJob { job, archived } => self.archive_job(*job, *archived),
            Command::DeleteJob { job } => self.delete_job(*job),
            Command::CommentJob { job, text } => self.comment_job(*job, text),
            Command::PinJob { job, pinned } => self.pin_job(*job, *pinned),
            Command::AddJobDependency { job, on } => self.add_job_dependency(*job, *on),
            Command::RemoveJobDependency { job, on } => self.remove_job_dependency(*job, *on),
            Command::ClearAttention { job, reason } => self.clear_attention_by_command(*job, reason),
            Command::RetryAction { job, number } => self.retry_action(*job, *number),
            Command::DismissAction { job, number } => self.dismiss_action(*job, *number),
            Command::FireAutomation { job, automation } => self.fire_automation(*job, automation),
            Command::EndWait { job, number, cancel } => self.end_wait(*job, *number, *cancel),
            Command::SignalJob { job, name, payload } => self.signal_job(*job, name, payload.as_ref()),
            Command::RejectNotification { job, notification, why } => {
                self.reject_notification(*job, *notification, why)
            }
            other => self.execute_on_work(other),
        }
    }

    fn execute_on_work(&mut self, command: &Command) -> Step {
        match command {
            Command::CreateTask(task) => self.create_task_by_command(task),
            Command::SetTaskState { task, state, custom, override_rules } => {
                self.set_task_state_by_command(*task, *state, custom.as_ref(), *override_rules)
            }
            Command::EditTask { task, changes } => self.edit_task(*task, changes),
            Command::SetTaskDates { task, start, due } => self.set_task_dates(*task, *start, *due),
            Command::AssignTask { task, mode, who } => self.assign_task(*task, *mode, who),
            Command::CheckTask { task, step, done } => self.check_task(*task, *step, *done),
            Command::SetChecklist { task, steps } => self.set_checklist(*task, steps),
            Command::AddTaskDependency { task, on } => self.add_task_dependency(*task, *on),
            Command::RemoveTaskDependency { task, on } => self.remove_task_dependency(*task, *on),
            Command::LinkTask { task, job } => self.link_task(*task, *job),
            Command::UnlinkTask { task } => self.unlink_task(*task),
            Command::DeleteTask { task } => self.delete_task(*task),
            Command::CreateItem(item) => self.create_item_by_command(item),
            Command::LinkItem { item, job } => self.link_item(item, *job),
            Command::UnlinkItem { item, job } => self.unlink_item(item, *job),
            Command::NameItem { item, external } => self.name_item(*item, external),
            Command::ReportItem { item, status } => self.report_item(item, status),
            other => Err(Rejection::invalid("command", format!("`{}` cannot be executed", other.name())).into()),
        }
    }

    fn bulk(&mut self, mode: BulkMode, commands: &[Command]) -> Step {
        if mode == BulkMode::Each {
            return Err(Rejection::invalid("mode", "a bulk of `each` is split up before it is decided").into());
        }
        check_limit("BULK", limits::BULK, commands.len(), "the number of commands")?;
        let mut problems = Vec::new();
        for (place, command) in commands.iter().enumerate() {
            if !command.is_bulkable() {
                let path = format!("commands[{place}]");
                let why = format!("`{}` cannot be part of a bulk command", command.name());
                return Err(Rejection::invalid(path, why).into());
            }
            match self.execute(command) {
                Err(Stop::Rejected(rejection)) => {
                    if problems.len() < limits::PROBLEMS {
                        problems.push(Problem::error(format!("commands[{place}]"), "refused", rejection.to_string()));
                    }
                }
                // Needs gather over all commands, so that one load serves them all.
                Ok(()) | Err(Stop::Missing) => {}
            }
            self.pending.clear();
            self.moved.clear();
            self.close_part(command.name());
        }
        if !self.needs.is_empty() {
            return Err(Stop::Missing);
        }
        if problems.is_empty() { Ok(()) } else { Err(Rejection::Document(problems).into()) }
    }

    /// Makes something happen: records it and folds it into the records.
    fn emit(&mut self, event: Event) -> u32 {
        let place = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        apply(&mut self.state, self.firm, self.now, &event);
        self.note_facts(&event, place);
        self.note_moved(&event);
        let ended = self.waits_ended_by(&event);
        self.events.push(Recorded { event, by: self.by.clone(), of: self.of });
        for event in ended {
            self.emit(event);
        }
        place
    }

    fn next_id(&mut self) -> Uuid {
        self.ids.next_uuid()
    }

    fn need<T>(&mut self, need: Need) -> Step<T> {
        self.needs.insert(need);
        Err(Stop::Missing)
    }

    /// The job, which must exist.
    ///
    /// Whoever holds it while an event changes the job makes that change copy it: let go of it
    /// first where commands pass often.
    fn job(&mut self, id: JobId) -> Step<Arc<Job>> {
        match self.state.jobs.get(&id) {
            Some(slot) => slot.get().cloned().ok_or_else(|| Rejection::not_found("job", id).into()),
            None => self.need(Need::Document(DocId::Job(id))),
        }
    }

    /// The task, which must exist.
    fn task(&mut self, id: TaskId) -> Step<Arc<Task>> {
        match self.state.tasks.get(&id) {
            Some(slot) => slot.get().cloned().ok_or_else(|| Rejection::not_found("task", id).into()),
            None => self.need(Need::Document(DocId::Task(id))),
        }
    }

    /// The item, which must exist.
    fn item(&mut self, id: ItemId) -> Step<Arc<Item>> {
        match self.state.items.get(&id) {
            Some(slot) => slot.get().cloned().ok_or_else(|| Rejection::not_found("item", id).into()),
            None => self.need(Need::Document(DocId::Item(id))),
        }
    }

    /// The series, which must exist.
    fn series(&mut self, id: SeriesId) -> Step<Arc<Series>> {
        match self.state.series.get(&id) {
            Some(slot) => slot.get().cloned().ok_or_else(|| Rejection::not_found("series", id).into()),
            None => self.need(Need::Document(DocId::Series(id))),
        }
    }

    /// The account, which must exist.
    fn account(&mut self, id: AccountId) -> Step<Arc<Account>> {
        match self.state.accounts.get(&id) {
            Some(slot) => slot.get().cloned().ok_or_else(|| Rejection::not_found("account", id).into()),
            None => self.need(Need::Document(DocId::Account(id))),
        }
    }

    /// The version of its pipeline that a job goes by.
    fn compiled(&mut self, job: &Job) -> Step<Arc<Compiled>> {
        if let Some(newest) = self.catalog.newest(&job.pipeline)
            && (!job.pinned || job.version == newest.version())
        {
            return Ok(Arc::clone(newest));
        }
        let key = (job.pipeline.clone(), job.version);
        match self.versions.get(&key) {
            Some(compiled) => Ok(Arc::clone(compiled)),
            None => self.need(Need::Version(key.0, key.1)),
        }
    }

    /// Writes a text with its shortcodes filled in. Answers why it could not.
    fn write(
        &self,
        source: &str,
        job: Option<&Job>,
        account: Option<&Arc<Account>>,
        compiled: Option<&Arc<Compiled>>,
    ) -> Result<Arc<str>, String> {
        let words = Words {
            catalog: self.catalog,
            account: account.map(|account| &**account),
            job,
            pipeline: compiled.map(|compiled| &**compiled),
            actor: self.actor,
            today: self.today,
            period: self.period,
        };
        let known =
            compiled.and_then(|compiled| compiled.texts().get(source)).or_else(|| self.catalog.texts().get(source));
        match known {
            Some(text) => text.render(&words),
            // A text that came with the command itself.
            None => Text::compile(source).map_err(|error| error.message)?.render(&words),
        }
    }

    fn notify(&mut self, job: Option<JobId>, account: Option<AccountId>, intent: Intent) {
        let id = NotificationId(self.next_id());
        let notification = Notification { id, firm: self.firm, job, account, at: self.now, intent };
        self.emit(Event::NotificationQueued(Arc::new(notification)));
    }
}

impl Command {
    /// Whether only the engine gives it, to itself.
    pub(crate) fn is_internal(&self) -> bool {
        matches!(self, Self::React(_) | Self::AdvanceSeries { .. } | Self::MakeOccurrence(_))
    }

    /// Whether it is about a series.
    fn is_on_series(&self) -> bool {
        matches!(
            self,
            Self::CreateSeries(_)
                | Self::EditSeries { .. }
                | Self::ChangeSeriesAccounts { .. }
                | Self::SkipOccurrence { .. }
                | Self::RunOccurrence { .. }
                | Self::PauseSeries { .. }
                | Self::EndSeries { .. }
                | Self::AdvanceSeries { .. }
                | Self::MakeOccurrence(_)
        )
    }

    /// Whether it does what is due because time passes.
    pub(crate) fn is_clock(&self) -> bool {
        match self {
            Self::React(reaction) => reaction.is_clock(),
            Self::AdvanceSeries { .. } => true,
            _ => false,
        }
    }

    /// Whether it may be part of a bulk command.
    #[must_use]
    pub fn is_bulkable(&self) -> bool {
        !matches!(
            self,
            Self::Bulk { .. }
                | Self::React(_)
                | Self::AdvanceSeries { .. }
                | Self::MakeOccurrence(_)
                | Self::SaveFirm(_)
                | Self::SaveMember(_)
                | Self::SaveTemplate(_)
                | Self::DeleteTemplate { .. }
                | Self::PublishPipeline { .. }
                | Self::ArchivePipeline { .. }
                | Self::SwitchAutomation { .. }
                | Self::ShiftDeadlines(_)
                | Self::Undo { .. }
                | Self::SealLog {}
        )
    }
}

pub(crate) fn check_limit(limit: &'static str, max: usize, actual: usize, what: &str) -> Result<(), Rejection> {
    if actual <= max {
        return Ok(());
    }
    Err(Rejection::Limit { limit, max: max as u64, actual: actual as u64, what: what.to_owned() })
}

/// Checks a name or title that a person wrote.
pub(crate) fn check_name(field: &str, name: &str) -> Result<(), Rejection> {
    if name.trim().is_empty() {
        return Err(Rejection::invalid(field, "it is empty"));
    }
    check_limit("NAME_BYTES", limits::NAME_BYTES, name.len(), field)
}

/// Checks a longer text that a person wrote.
pub(crate) fn check_text(field: &str, text: &str) -> Result<(), Rejection> {
    check_limit("TEXT_BYTES", limits::TEXT_BYTES, text.len(), field)
}
