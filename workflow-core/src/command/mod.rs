//! Commands: everything that can be asked of the engine to change.

mod change;
mod create;
mod reaction;
mod series;
mod shift;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use change::{AssignMode, Change, JobChanges, MoveJob};
pub use create::{NewItem, NewJob, NewTask};
pub use reaction::Reaction;
pub use series::{MakeOccurrence, NewSeries, SeriesChanges, SeriesScope};
pub use shift::{Postpone, ShiftDeadlines};

use crate::definition::{Assignment, PipelineDefinition, Template, TemplateKind, is_default, is_true, yes};
use crate::event::{AccountRecord, Actor, TaskChanges};
use crate::id::{
    AccountId, AutomationKey, EntryId, ExternalRef, FieldKey, FirmId, IdempotencyKey, ItemId, JobId, PipelineKey,
    SeriesId, SignalKey, StageKey, StatusKey, Tag, TaskId, TemplateKey,
};
use crate::model::{AttentionReason, FieldValue, FirmSettings, Member, TaskState};

/// A command with who gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// In which firm.
    pub firm: FirmId,
    /// Who.
    pub actor: Actor,
    /// Makes the command have one effect however often it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<IdempotencyKey>,
    /// What is to be done.
    pub command: Command,
}

impl Request {
    /// A command of the host's own system.
    #[must_use]
    pub fn new(firm: FirmId, actor: Actor, command: Command) -> Self {
        Self { firm, actor, key: None, command }
    }

    /// The same under an idempotency key.
    #[must_use]
    pub fn keyed(mut self, key: IdempotencyKey) -> Self {
        self.key = Some(key);
        self
    }
}

/// Names an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemRef {
    /// By the engine's identifier.
    Id(ItemId),
    /// By the host's.
    External(ExternalRef),
}

impl From<ItemId> for ItemRef {
    fn from(id: ItemId) -> Self {
        Self::Id(id)
    }
}

impl From<ExternalRef> for ItemRef {
    fn from(name: ExternalRef) -> Self {
        Self::External(name)
    }
}

/// Whether a bulk command is atomic as a whole or for each of its entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulkMode {
    /// Each is done or refused by itself.
    #[default]
    Each,
    /// All are done, or none.
    AllOrNothing,
}

/// Something to be changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Command {
    /// Set the firm up, or change its settings.
    SaveFirm(Box<FirmSettings>),
    /// Add a member, or change one.
    SaveMember(Member),
    /// Add a template, or change one.
    SaveTemplate(Box<Template>),
    /// Delete a template. What was made from it stays.
    DeleteTemplate {
        /// Of which kind.
        kind: TemplateKind,
        /// Which.
        key: TemplateKey,
    },
    /// Publish a pipeline, or a new version of one.
    PublishPipeline {
        /// What is published.
        definition: Box<PipelineDefinition>,
        /// Where the jobs of stages that it drops go.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        mapping: BTreeMap<StageKey, StageKey>,
    },
    /// Let a pipeline take no new jobs, or take them again.
    ArchivePipeline {
        /// Which.
        pipeline: PipelineKey,
        /// Whether it takes none.
        archived: bool,
    },
    /// Switch an automation on or off, from the next event on.
    SwitchAutomation {
        /// Of which pipeline.
        pipeline: PipelineKey,
        /// Which.
        automation: AutomationKey,
        /// Whether it runs.
        enabled: bool,
    },
    /// Tell the engine of an account, or of changes to one. Tags are not touched.
    SaveAccount(AccountRecord),
    /// Put tags on an account and take others off.
    TagAccount {
        /// Which account.
        account: AccountId,
        /// Put these on.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        add: BTreeSet<Tag>,
        /// Take these off.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        remove: BTreeSet<Tag>,
    },
    /// Set or clear a custom field of an account.
    SetAccountField {
        /// Which account.
        account: AccountId,
        /// Which field.
        field: FieldKey,
        /// To what; cleared when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<FieldValue>,
    },
    /// Move deadlines of many jobs to a later day.
    ShiftDeadlines(Box<ShiftDeadlines>),
    /// Create a job.
    CreateJob(Box<NewJob>),
    /// Change a job.
    EditJob {
        /// Which job.
        job: JobId,
        /// What.
        changes: Box<JobChanges>,
    },
    /// Move a job, within its pipeline or into another.
    MoveJob(MoveJob),
    /// Set a job's status: `active`, `completed` or a custom one.
    SetStatus {
        /// Which job.
        job: JobId,
        /// To what.
        status: StatusKey,
        /// Do not run these automations of the status.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        leave_out: BTreeSet<AutomationKey>,
    },
    /// Change a job's assignees.
    AssignJob {
        /// Which job.
        job: JobId,
        /// How.
        mode: AssignMode,
        /// Whom.
        who: Assignment,
    },
    /// Resolve a job's assigned roles again, to the account's present role holders.
    ResolveRoles {
        /// Which job.
        job: JobId,
    },
    /// Put tags on a job and take others off.
    TagJob {
        /// Which job.
        job: JobId,
        /// Put these on.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        add: BTreeSet<Tag>,
        /// Take these off.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        remove: BTreeSet<Tag>,
    },
    /// Archive a job, or take it out of the archive with the status it had.
    ArchiveJob {
        /// Which job.
        job: JobId,
        /// Whether it is to be archived.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        archived: bool,
    },
    /// Delete a job and its tasks. Only the log remembers it.
    DeleteJob {
        /// Which job.
        job: JobId,
    },
    /// Leave a comment on a job.
    CommentJob {
        /// Which job.
        job: JobId,
        /// What to say.
        text: String,
    },
    /// Pin a job to the version it is on, or let it follow the newest again.
    PinJob {
        /// Which job.
        job: JobId,
        /// Whether it is to be pinned.
        pinned: bool,
    },
    /// Let a job wait for another.
    AddJobDependency {
        /// Which job.
        job: JobId,
        /// The one it waits for.
        on: JobId,
    },
    /// Let a job wait for another no longer.
    RemoveJobDependency {
        /// Which job.
        job: JobId,
        /// The one it waits for.
        on: JobId,
    },
    /// Take note of a reason for attention and clear it.
    ClearAttention {
        /// Which job.
        job: JobId,
        /// Which reason.
        reason: AttentionReason,
    },
    /// Try a failed action again.
    RetryAction {
        /// Of which job.
        job: JobId,
        /// Which failure.
        number: u32,
    },
    /// Go on without a failed action.
    DismissAction {
        /// Of which job.
        job: JobId,
        /// Which failure.
        number: u32,
    },
    /// Fire an automation by hand, if its condition holds.
    FireAutomation {
        /// On which job.
        job: JobId,
        /// Which.
        automation: AutomationKey,
    },
    /// Let actions that wait go on at once, or cancel them.
    EndWait {
        /// On which job.
        job: JobId,
        /// Which wait.
        number: u32,
        /// Whether it is cancelled: the actions after it are not done.
        #[serde(default, skip_serializing_if = "is_default")]
        cancel: bool,
    },
    /// Send a job a signal.
    SignalJob {
        /// Which job.
        job: JobId,
        /// Its name.
        name: SignalKey,
        /// What goes with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<serde_json::Value>,
    },
    /// Create a task.
    CreateTask(Box<NewTask>),
    /// Set a task's state, in the engine's or the firm's own words.
    SetTaskState {
        /// Which task.
        task: TaskId,
        /// To what.
        state: TaskState,
        /// A custom status that stands for that state.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom: Option<StatusKey>,
        /// Start or complete it although it waits for others.
        #[serde(default, skip_serializing_if = "is_default", rename = "override")]
        override_rules: bool,
    },
    /// Change a task.
    EditTask {
        /// Which task.
        task: TaskId,
        /// What.
        changes: Box<TaskChanges>,
    },
    /// Set a task's dates. They no longer follow the job's.
    SetTaskDates {
        /// Which task.
        task: TaskId,
        /// When it begins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<NaiveDate>,
        /// When it is due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<NaiveDate>,
    },
    /// Change a task's assignees.
    AssignTask {
        /// Which task.
        task: TaskId,
        /// How.
        mode: AssignMode,
        /// Whom.
        who: Assignment,
    },
    /// Tick a step of a task's checklist, or untick it.
    CheckTask {
        /// Which task.
        task: TaskId,
        /// Which step, from 0.
        step: u32,
        /// Whether it is done.
        done: bool,
    },
    /// Replace the steps of a task's checklist. Steps whose text stays keep their tick.
    SetChecklist {
        /// Which task.
        task: TaskId,
        /// The texts.
        steps: Vec<String>,
    },
    /// Let a task wait for another.
    AddTaskDependency {
        /// Which task.
        task: TaskId,
        /// The one it waits for.
        on: TaskId,
    },
    /// Let a task wait for another no longer.
    RemoveTaskDependency {
        /// Which task.
        task: TaskId,
        /// The one it waits for.
        on: TaskId,
    },
    /// Link a task to a job by hand.
    LinkTask {
        /// Which task.
        task: TaskId,
        /// To which job.
        job: JobId,
    },
    /// Take a task off its job.
    UnlinkTask {
        /// Which task.
        task: TaskId,
    },
    /// Delete a task.
    DeleteTask {
        /// Which task.
        task: TaskId,
    },
    /// Tell the engine of an item that the host made, and link it to a job.
    CreateItem(Box<NewItem>),
    /// Link an item to a job by hand.
    LinkItem {
        /// Which item.
        item: ItemRef,
        /// To which job.
        job: JobId,
    },
    /// Take an item off a job. The item stays.
    UnlinkItem {
        /// Which item.
        item: ItemRef,
        /// Off which job.
        job: JobId,
    },
    /// Say how the host's own system calls an item.
    NameItem {
        /// Which item.
        item: ItemId,
        /// So.
        external: ExternalRef,
    },
    /// Report an item's status: `submitted`, `signed`, `paid`, `declined`, `cancelled`, …
    ReportItem {
        /// Which item.
        item: ItemRef,
        /// The status.
        status: StatusKey,
    },
    /// Create a series: work that comes again, period after period.
    CreateSeries(Box<NewSeries>),
    /// Change one occurrence of a series, it and those that follow, or all.
    EditSeries {
        /// Which series.
        series: SeriesId,
        /// Which occurrences.
        scope: SeriesScope,
        /// How.
        changes: Box<SeriesChanges>,
    },
    /// Let accounts join a series and leave it, from the next occurrence on.
    ChangeSeriesAccounts {
        /// Which series.
        series: SeriesId,
        /// These join.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        add: BTreeSet<AccountId>,
        /// These leave.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        remove: BTreeSet<AccountId>,
    },
    /// Leave an occurrence of a series out, or take it in again.
    SkipOccurrence {
        /// Of which series.
        series: SeriesId,
        /// Which, by its day by the rule.
        day: NaiveDate,
        /// For these accounts; for all when empty.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        accounts: BTreeSet<AccountId>,
        /// Whether it is left out.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        skip: bool,
    },
    /// Make the work of an occurrence now, also again where it was refused or skipped. What was
    /// made is not made twice.
    RunOccurrence {
        /// Of which series.
        series: SeriesId,
        /// Which, by its day by the rule.
        day: NaiveDate,
        /// For these accounts; for all of the series when empty.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        accounts: BTreeSet<AccountId>,
    },
    /// Pause a series, or resume it: what was missed follows its catch-up policy.
    PauseSeries {
        /// Which series.
        series: SeriesId,
        /// Whether it is paused.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        paused: bool,
    },
    /// End a series for good.
    EndSeries {
        /// Which series.
        series: SeriesId,
    },
    /// Let the turns of a series that have come begin. Given by the engine to itself.
    AdvanceSeries {
        /// Which series.
        series: SeriesId,
    },
    /// Make what a series makes for one account. Given by the engine to itself.
    MakeOccurrence(Box<MakeOccurrence>),
    /// Mark a job for attention because the host refused a notification about it.
    RejectNotification {
        /// About which job.
        job: JobId,
        /// Which notification.
        notification: crate::id::NotificationId,
        /// Why.
        why: String,
    },
    /// Undo a command, with everything that followed from it, as far as nothing else has changed it since.
    /// What could not be taken back is in the event.
    Undo {
        /// The entry of the log that the command wrote.
        entry: EntryId,
    },
    /// Seal what the log has grown by since the last seal, up to [`crate::limits::SEAL_ENTRIES`] entries of it:
    /// until nothing changes any more, all of it is sealed. For the host and for admins.
    SealLog {},
    /// React to a change on another record. Given by the engine to itself as a follow-up.
    React(Box<Reaction>),
    /// Do many things: each by itself, or all or none.
    Bulk {
        /// How.
        #[serde(default)]
        mode: BulkMode,
        /// What. No bulk commands, and nothing that changes settings, members, templates or pipelines.
        commands: Vec<Command>,
    },
}

impl Command {
    /// Its name, as it is written in documents and in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SaveFirm(_) => "save_firm",
            Self::SaveMember(_) => "save_member",
            Self::SaveTemplate(_) => "save_template",
            Self::DeleteTemplate { .. } => "delete_template",
            Self::PublishPipeline { .. } => "publish_pipeline",
            Self::ArchivePipeline { .. } => "archive_pipeline",
            Self::SwitchAutomation { .. } => "switch_automation",
            Self::SaveAccount(_) => "save_account",
            Self::TagAccount { .. } => "tag_account",
            Self::SetAccountField { .. } => "set_account_field",
            Self::ShiftDeadlines(_) => "shift_deadlines",
            Self::CreateJob(_) => "create_job",
            Self::EditJob { .. } => "edit_job",
            Self::MoveJob(_) => "move_job",
            Self::SetStatus { .. } => "set_status",
            Self::AssignJob { .. } => "assign_job",
            Self::ResolveRoles { .. } => "resolve_roles",
            Self::TagJob { .. } => "tag_job",
            Self::ArchiveJob { .. } => "archive_job",
            Self::DeleteJob { .. } => "delete_job",
            Self::CommentJob { .. } => "comment_job",
            Self::PinJob { .. } => "pin_job",
            Self::AddJobDependency { .. } => "add_job_dependency",
            Self::RemoveJobDependency { .. } => "remove_job_dependency",
            Self::ClearAttention { .. } => "clear_attention",
            Self::RetryAction { .. } => "retry_action",
            Self::DismissAction { .. } => "dismiss_action",
            Self::FireAutomation { .. } => "fire_automation",
            Self::EndWait { .. } => "end_wait",
            Self::SignalJob { .. } => "signal_job",
            Self::CreateTask(_) => "create_task",
            Self::SetTaskState { .. } => "set_task_state",
            Self::EditTask { .. } => "edit_task",
            Self::SetTaskDates { .. } => "set_task_dates",
            Self::AssignTask { .. } => "assign_task",
            Self::CheckTask { .. } => "check_task",
            Self::SetChecklist { .. } => "set_checklist",
            Self::AddTaskDependency { .. } => "add_task_dependency",
            Self::RemoveTaskDependency { .. } => "remove_task_dependency",
            Self::LinkTask { .. } => "link_task",
            Self::UnlinkTask { .. } => "unlink_task",
            Self::DeleteTask { .. } => "delete_task",
            Self::CreateItem(_) => "create_item",
            Self::LinkItem { .. } => "link_item",
            Self::UnlinkItem { .. } => "unlink_item",
            Self::NameItem { .. } => "name_item",
            Self::ReportItem { .. } => "report_item",
            Self::CreateSeries(_) => "create_series",
            Self::EditSeries { .. } => "edit_series",
            Self::ChangeSeriesAccounts { .. } => "change_series_accounts",
            Self::SkipOccurrence { .. } => "skip_occurrence",
            Self::RunOccurrence { .. } => "run_occurrence",
            Self::PauseSeries { .. } => "pause_series",
            Self::EndSeries { .. } => "end_series",
            Self::AdvanceSeries { .. } => "advance_series",
            Self::MakeOccurrence(_) => "make_occurrence",
            Self::RejectNotification { .. } => "reject_notification",
            Self::Undo { .. } => "undo",
            Self::SealLog {} => "seal_log",
            Self::React(_) => "react",
            Self::Bulk { .. } => "bulk",
        }
    }

    /// A number that is the same for equal commands, in every version of this library.
    #[must_use]
    pub(crate) fn fingerprint(&self) -> u64 {
        // FNV-1a over the JSON form: stable across releases, which the standard hasher is not.
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
    }
}
