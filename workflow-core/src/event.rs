//! Events: immutable facts. The log is made of them, and every document is their fold.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::command::{SeriesChanges, ShiftDeadlines};
use crate::dates::DateExpression;
use crate::definition::{JobDate, PipelineDefinition, Template, TemplateKind, is_default};
use crate::id::{
    AccountId, AutomationKey, EntryId, ExternalRef, FieldKey, FirmId, IdempotencyKey, ItemId, JobId, MemberId,
    PipelineKey, RoleKey, SeriesId, SignalKey, StageKey, StatusKey, Tag, TaskId, TemplateKey,
};
use crate::model::{
    Attention, AttentionReason, ChecklistItem, Comment, FailedAction, FieldValue, FirmSettings, Item, ItemLink,
    ItemProgress, Job, JobStatus, LinkOrigin, LinkedAccount, Member, Notification, Occurrence, Priority, Reminder,
    Series, SeriesException, SeriesState, SeriesTurn, Task, TaskState, Timer, TimerKey, Wait, WaitEnd,
};

/// Who gave a command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A member of the firm.
    Member(MemberId),
    /// A client, through the host's portal: the account they act for.
    Client(AccountId),
    /// The engine itself, carrying on what an automation began.
    Automation,
    /// The host's own system, by a name of its choice. It may do everything.
    System(Arc<str>),
}

impl Actor {
    /// The host's own system under this name.
    #[must_use]
    pub fn system(name: &str) -> Self {
        Self::System(name.into())
    }
}

/// One entry of the log: everything that one command changed, committed together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Its identifier, made before the commit, so that a commit whose answer was lost is found.
    pub id: EntryId,
    /// Of which firm.
    pub firm: FirmId,
    /// When.
    #[serde(serialize_with = "crate::instant::write", deserialize_with = "crate::instant::read")]
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// The name of the command.
    pub command: Cow<'static, str>,
    /// The caller's idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<IdempotencyKey>,
    /// Fingerprint of the command, to notice a key used twice for different things.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fingerprint: u64,
    /// The job it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// The account it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The revision of the record that the command was about, after it.
    pub revision: u64,
    /// Version of the job's pipeline that was gone by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<u32>,
    /// The entry that left this to be done, when it was a follow-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EntryId>,
    /// Whether the next entry is of the same commit: the parts of a bulk that is all or nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub more: bool,
    /// What happened, in order.
    pub events: Vec<Recorded>,
}

/// An event with what caused it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// What happened.
    pub event: Event,
    /// The automation that did it; the command itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AutomationKey>,
    /// The event of the same entry that set that automation off, by its place. Absent when what
    /// set it off happened to another record, in an earlier entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u32>,
}

/// How a job came to a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MoveKind {
    /// A person or the host moved it.
    Manual,
    /// Everything asked for was done.
    Automove,
    /// An automation moved it.
    Automation,
    /// A new version of the pipeline dropped the stage it was in.
    Migration,
}

/// How a failed action was dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureEnd {
    /// It was tried again and worked.
    Retried,
    /// Somebody decided to go on without it.
    Dismissed,
}

/// What the host says of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountRecord {
    /// Its identifier.
    pub id: AccountId,
    /// What it is called.
    pub name: String,
    /// How the host's own system calls it; unique in the firm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalRef>,
    /// Custom fields, all of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<FieldKey, FieldValue>,
    /// Role holders, all of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<RoleKey, BTreeSet<MemberId>>,
    /// Related accounts, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linked: Vec<LinkedAccount>,
}

/// A fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The firm was set up.
    FirmCreated {
        /// As this.
        settings: Box<FirmSettings>,
    },
    /// The firm's settings changed.
    FirmConfigured {
        /// To these.
        settings: Box<FirmSettings>,
    },
    /// A member was added or changed.
    MemberSaved(Arc<Member>),
    /// A template was added or changed.
    TemplateSaved(Arc<Template>),
    /// A template was deleted.
    TemplateDeleted {
        /// Of which kind.
        kind: TemplateKind,
        /// Which.
        key: TemplateKey,
    },
    /// A version of a pipeline was published.
    PipelinePublished {
        /// Which version.
        version: u32,
        /// What was published.
        definition: Arc<PipelineDefinition>,
        /// Where the jobs of dropped stages go.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        mapping: BTreeMap<StageKey, StageKey>,
    },
    /// A pipeline was put away, or taken out again.
    PipelineArchived {
        /// Which.
        pipeline: PipelineKey,
        /// Whether it is put away now.
        archived: bool,
    },
    /// An automation was switched on or off.
    AutomationSwitched {
        /// Of which pipeline.
        pipeline: PipelineKey,
        /// Which.
        automation: AutomationKey,
        /// Whether it runs now.
        enabled: bool,
    },
    /// An account was added or changed by the host.
    AccountSaved(Box<AccountRecord>),
    /// Tags of an account changed.
    AccountTagsChanged {
        /// Which account.
        account: AccountId,
        /// Tags it got.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        added: Vec<Tag>,
        /// Tags it lost.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        removed: Vec<Tag>,
    },
    /// A custom field of an account changed.
    AccountFieldSet {
        /// Which account.
        account: AccountId,
        /// Which field.
        field: FieldKey,
        /// To what; cleared when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<FieldValue>,
    },
    /// Members with access to an account changed.
    AccountAccessChanged {
        /// Which account.
        account: AccountId,
        /// Who has access now.
        access: BTreeSet<MemberId>,
    },
    /// A job was created, in its first stage.
    JobCreated(Arc<Job>),
    /// A job moved from one stage to another, perhaps of another pipeline, or entered its own anew.
    JobMoved {
        /// Which job.
        job: JobId,
        /// From which stage.
        from: StageKey,
        /// To which stage.
        to: StageKey,
        /// Into which pipeline, if it is another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pipeline: Option<PipelineKey>,
        /// The version it goes by from now on.
        version: u32,
        /// How it came to move.
        how: MoveKind,
        /// Conditional stages that were passed over because their condition did not hold.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skipped: Vec<StageKey>,
    },
    /// A job's status was set.
    JobStatusSet {
        /// Which job.
        job: JobId,
        /// To what.
        to: JobStatus,
    },
    /// A job was renamed.
    JobRenamed {
        /// Which job.
        job: JobId,
        /// To what.
        name: Arc<str>,
    },
    /// A job's description changed.
    JobDescribed {
        /// Which job.
        job: JobId,
        /// To what.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Arc<str>>,
    },
    /// A job's priority was set.
    JobPrioritySet {
        /// Which job.
        job: JobId,
        /// To what.
        to: Priority,
    },
    /// One of a job's dates was set or cleared.
    JobDateSet {
        /// Which job.
        job: JobId,
        /// Which date.
        date: JobDate,
        /// To what.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<NaiveDate>,
        /// The expression that it follows from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<Arc<DateExpression>>,
        /// Whether it followed another date: then the expression it has stays.
        #[serde(default, skip_serializing_if = "is_default")]
        derived: bool,
        /// Why somebody moved it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Arc<str>>,
    },
    /// A job's period was set.
    JobPeriodSet {
        /// Which job.
        job: JobId,
        /// Its first day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<NaiveDate>,
        /// Its last day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        end: Option<NaiveDate>,
    },
    /// Deadlines of many jobs are moved: each job has its own events.
    DeadlinesShifted {
        /// How, and of which.
        order: Box<ShiftDeadlines>,
    },
    /// A job's time budget changed.
    JobBudgetSet {
        /// Which job.
        job: JobId,
        /// To how many minutes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minutes: Option<u32>,
    },
    /// A custom field of a job changed.
    JobFieldSet {
        /// Which job.
        job: JobId,
        /// Which field.
        field: FieldKey,
        /// To what; cleared when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<FieldValue>,
    },
    /// Tags of a job changed.
    JobTagsChanged {
        /// Which job.
        job: JobId,
        /// Tags it got.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        added: Vec<Tag>,
        /// Tags it lost.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        removed: Vec<Tag>,
    },
    /// A job's assignees changed.
    JobAssigneesChanged {
        /// Which job.
        job: JobId,
        /// Who is responsible now.
        assignees: BTreeSet<MemberId>,
        /// The roles among them.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        roles: BTreeSet<RoleKey>,
        /// Those who were assigned by name.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        members: BTreeSet<MemberId>,
    },
    /// What the client sees of a job's state changed.
    JobClientStatusSet {
        /// Which job.
        job: JobId,
        /// To what.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Arc<str>>,
    },
    /// A job was pinned to its version, or follows the newest again.
    JobPinned {
        /// Which job.
        job: JobId,
        /// Whether it is pinned now.
        pinned: bool,
    },
    /// A comment was left on a job.
    JobCommented(Arc<Comment>),
    /// A job waits for another from now on.
    JobDependencyAdded {
        /// Which job.
        job: JobId,
        /// The one it waits for.
        on: JobId,
        /// Whether that one is finished.
        finished: bool,
    },
    /// A job no longer waits for another.
    JobDependencyRemoved {
        /// Which job.
        job: JobId,
        /// The one it waited for.
        on: JobId,
    },
    /// A job that this one waits for was finished, or opened again.
    JobDependencyChanged {
        /// Which job.
        job: JobId,
        /// The one it waits for.
        on: JobId,
        /// Whether that one is finished now.
        finished: bool,
    },
    /// Somebody should look at a job.
    AttentionRaised {
        /// Which job.
        job: JobId,
        /// Why.
        attention: Box<Attention>,
    },
    /// A reason to look at a job is gone.
    AttentionCleared {
        /// Which job.
        job: JobId,
        /// Which reason.
        reason: AttentionReason,
    },
    /// A job was deleted. Its tasks went with it; its items stay.
    JobDeleted {
        /// Which job.
        job: JobId,
    },
    /// An automation ran on a job.
    AutomationRan {
        /// Which job.
        job: JobId,
        /// Which automation.
        automation: AutomationKey,
    },
    /// A person moved a job and left these automations out.
    AutomationsLeftOut {
        /// Which job.
        job: JobId,
        /// Which automations.
        automations: Vec<AutomationKey>,
    },
    /// A chain of automations went in circles and was cut.
    LoopCut {
        /// On which job.
        job: JobId,
        /// The automations of the circle, in the order they set each other off.
        cycle: Vec<AutomationKey>,
    },
    /// An action of an automation could not be done.
    ActionFailed {
        /// On which job.
        job: JobId,
        /// What failed, and why.
        failure: Box<FailedAction>,
    },
    /// A series was created.
    SeriesCreated(Arc<Series>),
    /// A series was changed, for all occurrences that have not had their turn.
    SeriesEdited {
        /// Which series.
        series: SeriesId,
        /// How.
        changes: Box<SeriesChanges>,
    },
    /// Accounts joined a series, or left it.
    SeriesAccountsChanged {
        /// Which series.
        series: SeriesId,
        /// Who joined.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        added: Vec<AccountId>,
        /// Who left.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        removed: Vec<AccountId>,
    },
    /// One occurrence of a series is not as the rest, or is again.
    SeriesExceptionSet {
        /// Of which series.
        series: SeriesId,
        /// Which occurrence, by its day by the rule.
        day: NaiveDate,
        /// How it is; as the rest when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exception: Option<Box<SeriesException>>,
    },
    /// A series was paused, resumed or ended.
    SeriesStateSet {
        /// Which series.
        series: SeriesId,
        /// To what.
        to: SeriesState,
    },
    /// Another series goes on from one.
    SeriesContinued {
        /// From which series.
        series: SeriesId,
        /// Its last day by the rule.
        through: NaiveDate,
        /// The one that goes on.
        by: SeriesId,
    },
    /// Occurrences of a series had their turn.
    SeriesAdvanced {
        /// Which series.
        series: SeriesId,
        /// How far it has come.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<NaiveDate>,
        /// Occurrences whose work is made, by their days by the rule.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        made: Vec<NaiveDate>,
        /// Those that were skipped.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skipped: Vec<NaiveDate>,
        /// The first and the last of those that the catch-up policy left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_out: Option<(NaiveDate, NaiveDate)>,
    },
    /// An occurrence of a series was run by hand.
    OccurrenceRun {
        /// Of which series.
        series: SeriesId,
        /// Which.
        turn: Arc<SeriesTurn>,
        /// For these accounts; for all of the series when empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        accounts: Vec<AccountId>,
    },
    /// A series next has something to do then.
    SeriesTimed {
        /// Which series.
        series: SeriesId,
        /// When; never when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<DateTime<Utc>>,
    },
    /// The ledger knows what became of one period of a series for one account.
    OccurrenceRecorded(Arc<Occurrence>),
    /// A timer of a job was set, or set anew.
    TimerSet {
        /// Of which job.
        job: JobId,
        /// The timer.
        timer: Timer,
    },
    /// A timer of a job is no longer needed.
    TimerDropped {
        /// Of which job.
        job: JobId,
        /// Which timer.
        key: TimerKey,
    },
    /// A timer of a job fired.
    TimerFired {
        /// Of which job.
        job: JobId,
        /// Which timer.
        key: TimerKey,
        /// The time it fired for.
        due: DateTime<Utc>,
    },
    /// Actions of an automation wait.
    WaitBegun {
        /// On which job.
        job: JobId,
        /// What waits, and for what.
        wait: Box<Wait>,
    },
    /// The condition of a wait was looked at because a day began, and does not hold.
    WaitLookedAt {
        /// On which job.
        job: JobId,
        /// Which wait.
        number: u32,
        /// When it is looked at again.
        next: DateTime<Utc>,
    },
    /// A wait is over.
    WaitEnded {
        /// On which job.
        job: JobId,
        /// Which wait.
        number: u32,
        /// Of which automation.
        automation: AutomationKey,
        /// How.
        how: WaitEnd,
    },
    /// There are reminders of something until it is done.
    RemindersBegun {
        /// On which job.
        job: JobId,
        /// Of what, and how often.
        reminder: Box<Reminder>,
    },
    /// A reminder was sent.
    Reminded {
        /// On which job.
        job: JobId,
        /// Which reminders.
        number: u32,
        /// When the next one comes; none does when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<DateTime<Utc>>,
    },
    /// Nothing is left to remind of.
    RemindersEnded {
        /// On which job.
        job: JobId,
        /// Which reminders.
        number: u32,
    },
    /// A failed action was dealt with.
    FailureEnded {
        /// On which job.
        job: JobId,
        /// Which failure.
        number: u32,
        /// How.
        how: FailureEnd,
    },
    /// The host sent a signal for a job.
    SignalReceived {
        /// Which job.
        job: JobId,
        /// Its name.
        name: SignalKey,
        /// What came with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<serde_json::Value>,
    },
    /// A person fired an automation.
    FiredByHand {
        /// On which job.
        job: JobId,
        /// Which automation.
        automation: AutomationKey,
    },
    /// A task was created.
    TaskCreated {
        /// The task.
        task: Arc<Task>,
        /// How it came to its job, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<LinkOrigin>,
    },
    /// A task's state was set.
    TaskStateSet {
        /// Which task.
        task: TaskId,
        /// Of which job.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job: Option<JobId>,
        /// To what.
        to: TaskState,
        /// In the firm's own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom: Option<StatusKey>,
    },
    /// A task was edited: its title, description, priority, tags or time budget.
    TaskEdited {
        /// Which task.
        task: TaskId,
        /// What changed.
        changes: Box<TaskChanges>,
    },
    /// A task's start or due date was set, or followed another date.
    TaskDatesSet {
        /// Which task.
        task: TaskId,
        /// When it begins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<NaiveDate>,
        /// When it is due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<NaiveDate>,
        /// Whether the dates follow from the job's: then the task's rules stay.
        derived: bool,
    },
    /// A task's assignees changed.
    TaskAssigneesChanged {
        /// Which task.
        task: TaskId,
        /// Who does it now.
        assignees: BTreeSet<MemberId>,
        /// The roles among them.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        roles: BTreeSet<RoleKey>,
    },
    /// A task's checklist changed.
    TaskChecklistSet {
        /// Which task.
        task: TaskId,
        /// What it is now.
        checklist: Vec<ChecklistItem>,
    },
    /// A task waits for another, or no longer does.
    TaskWaitsChanged {
        /// Which task.
        task: TaskId,
        /// The other.
        on: TaskId,
        /// Whether it waits now.
        waits: bool,
    },
    /// A task was linked to a job by hand.
    TaskLinked {
        /// Which task.
        task: TaskId,
        /// To which job.
        job: JobId,
        /// Of which account.
        account: AccountId,
        /// What the job knows of it.
        link: Box<crate::model::TaskLink>,
    },
    /// A task was taken off its job.
    TaskUnlinked {
        /// Which task.
        task: TaskId,
        /// Off which job.
        job: JobId,
    },
    /// A task was deleted.
    TaskDeleted {
        /// Which task.
        task: TaskId,
        /// Of which job.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job: Option<JobId>,
    },
    /// An item came to be known.
    ItemCreated(Arc<Item>),
    /// An item was linked to a job.
    ItemLinked {
        /// To which job.
        job: JobId,
        /// What the job knows of it.
        link: Box<ItemLink>,
    },
    /// An item was taken off a job.
    ItemUnlinked {
        /// Which item.
        item: ItemId,
        /// Off which job.
        job: JobId,
    },
    /// The host reported an item's status.
    ItemReported {
        /// Which item.
        item: ItemId,
        /// What was reported.
        status: StatusKey,
        /// How far it has come with it.
        progress: ItemProgress,
    },
    /// A job learned of an item's status.
    JobItemChanged {
        /// Which job.
        job: JobId,
        /// Which item.
        item: ItemId,
        /// The status.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<StatusKey>,
        /// How far it has come.
        progress: ItemProgress,
    },
    /// The host said how its own system calls an item.
    ItemNamed {
        /// Which item.
        item: ItemId,
        /// So.
        external: ExternalRef,
    },
    /// The host is to be notified.
    NotificationQueued(Arc<Notification>),
}

/// What changed of a task. Absent parts stay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskChanges {
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The description; an empty text clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The tags, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeSet<Tag>>,
    /// The time budget in minutes; 0 clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_minutes: Option<u32>,
}
