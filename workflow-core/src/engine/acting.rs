//! The engine as one actor of one firm uses it: a method for each thing that is done often.

use std::collections::{BTreeMap, BTreeSet};

use super::{Engine, Outcome, Preview};
use crate::command::{
    BulkMode, Command, ItemRef, JobChanges, MoveJob, NewItem, NewJob, NewTask, Request, ShiftDeadlines,
};
use crate::definition::{PipelineDefinition, Template};
use crate::error::Error;
use crate::event::{AccountRecord, Actor};
use crate::id::{
    AccountId, AutomationKey, EntryId, FieldKey, FirmId, IdempotencyKey, JobId, SignalKey, StageKey, StatusKey, Tag,
    TaskId,
};
use crate::model::{FieldValue, FirmSettings, Member, TaskState};
use crate::query::Queries;

/// The engine in the hands of one actor of one firm.
///
/// Every method is a [`Command`], carried out as by [`Engine::execute`], with its errors. Commands
/// without a method of their own go through [`Acting::execute`].
///
/// ```
/// use std::sync::Arc;
/// use workflow_core::engine::Engine;
/// use workflow_core::event::Actor;
/// use workflow_core::model::FirmSettings;
/// use workflow_core::store::memory::MemoryStore;
///
/// let engine = Engine::new(Arc::new(MemoryStore::new()));
/// let firm = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// let setup = engine.acting(firm, Actor::system("setup"));
/// setup.save_firm(FirmSettings::named("Ledger & Sons"))?;
/// // Given twice under one key, a command has one effect.
/// let once = setup.under("settings/2".parse()?);
/// assert!(!once.save_firm(FirmSettings::named("Ledger & Daughters"))?.replayed);
/// assert!(once.save_firm(FirmSettings::named("Ledger & Daughters"))?.replayed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Acting<'a> {
    pub(super) engine: &'a Engine,
    pub(super) firm: FirmId,
    actor: Actor,
    key: Option<IdempotencyKey>,
}

impl Engine {
    /// The engine in the hands of one actor of one firm.
    #[must_use]
    pub fn acting(&self, firm: FirmId, actor: Actor) -> Acting<'_> {
        Acting { engine: self, firm, actor, key: None }
    }
}

impl Acting<'_> {
    /// The same for one command under an idempotency key.
    #[must_use]
    pub fn under(&self, key: IdempotencyKey) -> Self {
        Self { key: Some(key), ..self.clone() }
    }

    fn request(&self, command: Command) -> Request {
        Request { firm: self.firm, actor: self.actor.clone(), key: self.key.clone(), command }
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn execute(&self, command: Command) -> Result<Outcome, Error> {
        self.engine.execute(&self.request(command))
    }

    /// Tells what a command would do, and does not do it.
    ///
    /// # Errors
    /// As [`Engine::preview`].
    pub fn preview(&self, command: Command) -> Result<Preview, Error> {
        self.engine.preview(&self.request(command))
    }

    /// What the actor may see.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn query(&self) -> Result<Queries<'_>, Error> {
        self.engine.query(self.firm, self.actor.clone())
    }

    /// Carries out many commands: each by itself, or all or none.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn bulk(&self, mode: BulkMode, commands: Vec<Command>) -> Result<Outcome, Error> {
        self.execute(Command::Bulk { mode, commands })
    }

    /// Sets the firm up, or changes its settings.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn save_firm(&self, settings: FirmSettings) -> Result<Outcome, Error> {
        self.execute(Command::SaveFirm(Box::new(settings)))
    }

    /// Undoes the command of an entry, with everything that followed from it; see [`crate::model::Undone`].
    ///
    /// # Errors
    /// As [`Engine::execute`]. [`crate::error::Rejection::Refused`] when the record that the command was about
    /// was changed since (`changed_since`), or the command is of a kind that is not undone (`not_reversible`).
    pub fn undo(&self, entry: EntryId) -> Result<Outcome, Error> {
        self.execute(Command::Undo { entry })
    }

    /// Seals what the log has grown by since the last seal, up to [`crate::limits::SEAL_ENTRIES`] entries of it.
    /// When nothing changes any more, all of it is sealed; see [`crate::seal`].
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn seal_log(&self) -> Result<Outcome, Error> {
        self.execute(Command::SealLog {})
    }

    /// Adds or changes a member.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn save_member(&self, member: Member) -> Result<Outcome, Error> {
        self.execute(Command::SaveMember(member))
    }

    /// Adds or changes a template.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn save_template(&self, template: Template) -> Result<Outcome, Error> {
        self.execute(Command::SaveTemplate(Box::new(template)))
    }

    /// Publishes a version of a pipeline that drops no stage with jobs in it.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn publish(&self, definition: PipelineDefinition) -> Result<Outcome, Error> {
        self.publish_mapped(definition, BTreeMap::new())
    }

    /// Publishes a version of a pipeline; the jobs of stages that it drops go where these are
    /// mapped.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn publish_mapped(
        &self,
        definition: PipelineDefinition,
        mapping: BTreeMap<StageKey, StageKey>,
    ) -> Result<Outcome, Error> {
        self.execute(Command::PublishPipeline { definition: Box::new(definition), mapping })
    }

    /// Adds or changes an account.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn save_account(&self, account: AccountRecord) -> Result<Outcome, Error> {
        self.execute(Command::SaveAccount(account))
    }

    /// Puts tags on an account and takes others off.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn tag_account(&self, account: AccountId, add: BTreeSet<Tag>, remove: BTreeSet<Tag>) -> Result<Outcome, Error> {
        self.execute(Command::TagAccount { account, add, remove })
    }

    /// Sets or clears a custom field of an account.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn set_account_field(
        &self,
        account: AccountId,
        field: FieldKey,
        value: Option<FieldValue>,
    ) -> Result<Outcome, Error> {
        self.execute(Command::SetAccountField { account, field, value })
    }

    /// Moves deadlines of many jobs to a later day: [`Command::ShiftDeadlines`].
    ///
    /// # Errors
    /// [`Error`] when it is refused or the store fails. Jobs that cannot be reached now are moved by
    /// [`Engine::run_follow_ups`](super::Engine::run_follow_ups).
    pub fn shift_deadlines(&self, order: ShiftDeadlines) -> Result<Outcome, Error> {
        self.execute(Command::ShiftDeadlines(Box::new(order)))
    }

    /// Creates a job.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn create_job(&self, job: NewJob) -> Result<Outcome, Error> {
        self.execute(Command::CreateJob(Box::new(job)))
    }

    /// Changes fields of a job.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn edit_job(&self, job: JobId, changes: JobChanges) -> Result<Outcome, Error> {
        self.execute(Command::EditJob { job, changes: Box::new(changes) })
    }

    /// Moves a job.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn move_job(&self, order: MoveJob) -> Result<Outcome, Error> {
        self.execute(Command::MoveJob(order))
    }

    /// Sets a job's status.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn set_status(&self, job: JobId, status: StatusKey) -> Result<Outcome, Error> {
        self.execute(Command::SetStatus { job, status, leave_out: BTreeSet::new() })
    }

    /// Puts tags on a job and takes others off.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn tag_job(&self, job: JobId, add: BTreeSet<Tag>, remove: BTreeSet<Tag>) -> Result<Outcome, Error> {
        self.execute(Command::TagJob { job, add, remove })
    }

    /// Puts a job away, or takes it out again.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn archive_job(&self, job: JobId, archived: bool) -> Result<Outcome, Error> {
        self.execute(Command::ArchiveJob { job, archived })
    }

    /// Deletes a job for good.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn delete_job(&self, job: JobId) -> Result<Outcome, Error> {
        self.execute(Command::DeleteJob { job })
    }

    /// Leaves a remark on a job.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn comment_job(&self, job: JobId, text: impl Into<String>) -> Result<Outcome, Error> {
        self.execute(Command::CommentJob { job, text: text.into() })
    }

    /// Runs an automation of a job's pipeline.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn fire_automation(&self, job: JobId, automation: AutomationKey) -> Result<Outcome, Error> {
        self.execute(Command::FireAutomation { job, automation })
    }

    /// Lets actions that wait go on at once, or cancels them.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn end_wait(&self, job: JobId, number: u32, cancel: bool) -> Result<Outcome, Error> {
        self.execute(Command::EndWait { job, number, cancel })
    }

    /// Tells a job of something that happened in the host.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn signal_job(
        &self,
        job: JobId,
        name: SignalKey,
        payload: Option<serde_json::Value>,
    ) -> Result<Outcome, Error> {
        self.execute(Command::SignalJob { job, name, payload })
    }

    /// Creates a task.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn create_task(&self, task: NewTask) -> Result<Outcome, Error> {
        self.execute(Command::CreateTask(Box::new(task)))
    }

    /// Completes a task.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn complete_task(&self, task: TaskId) -> Result<Outcome, Error> {
        self.set_task_state(task, TaskState::Completed)
    }

    /// Sets a task's state.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn set_task_state(&self, task: TaskId, state: TaskState) -> Result<Outcome, Error> {
        self.execute(Command::SetTaskState { task, state, custom: None, override_rules: false })
    }

    /// Creates an item by hand.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn create_item(&self, item: NewItem) -> Result<Outcome, Error> {
        self.execute(Command::CreateItem(Box::new(item)))
    }

    /// Reports the status of an item, by the engine's identifier or the host's.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn report_item(&self, item: impl Into<ItemRef>, status: StatusKey) -> Result<Outcome, Error> {
        self.execute(Command::ReportItem { item: item.into(), status })
    }
}
