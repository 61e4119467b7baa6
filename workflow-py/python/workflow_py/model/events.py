"""What happened: the log's entries and their events.

Written by ``tools/generate`` from the JSON Schemas; do not edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .._record import FrozenDict, Record, Variant

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from .definitions import (
        AutomationKey,
        DateExpression,
        FieldKey,
        FieldValue,
        FirmSettings,
        ItemProgress,
        JobDate,
        Member,
        MemberId,
        PipelineDefinition,
        PipelineKey,
        Priority,
        RoleKey,
        SeriesId,
        SignalKey,
        StageKey,
        StatusKey,
        Tag,
        TaskState,
        Template,
        TemplateKey,
    )
    from .orders import (
        AccountId,
        AccountRecord,
        Actor,
        AttentionReason,
        EntryId,
        ExternalRef,
        FirmId,
        ItemId,
        JobId,
        LogPosition,
        NotificationId,
        SeriesChanges,
        SeriesState,
        SeriesTurn,
        ShiftDeadlines,
        TaskChanges,
        TaskId,
        TemplateKind,
    )
    from .records import (
        Attention,
        ChecklistItem,
        Comment,
        FailedAction,
        FailureEnd,
        IdempotencyKey,
        Item,
        ItemLink,
        Job,
        JobStatus,
        LinkOrigin,
        MoveKind,
        Notification,
        Occurrence,
        Problem,
        Reminder,
        Restored,
        Seal,
        Series,
        SeriesException,
        Task,
        TaskLink,
        Timer,
        TimerKey,
        TimerOf,
        Undone,
        Unmade,
        Wait,
        WaitEnd,
    )

__all__ = [
    "AccountAccessChangedEvent",
    "AccountFieldSetEvent",
    "AccountSavedEvent",
    "AccountTagsChangedEvent",
    "ActionFailedEvent",
    "AttentionClearedEvent",
    "AttentionRaisedEvent",
    "AutomationRanEvent",
    "AutomationSwitchedEvent",
    "AutomationsLeftOutEvent",
    "Cause",
    "CommandUndoneEvent",
    "DeadlinesShiftedEvent",
    "Entry",
    "ErrorKind",
    "Event",
    "FailureEndedEvent",
    "Fired",
    "FiredByHandEvent",
    "FirmConfiguredEvent",
    "FirmCreatedEvent",
    "ItemCreatedEvent",
    "ItemLinkedEvent",
    "ItemNamedEvent",
    "ItemReportedEvent",
    "ItemUnlinkedEvent",
    "JobAssigneesChangedEvent",
    "JobBudgetSetEvent",
    "JobClientStatusSetEvent",
    "JobCommentedEvent",
    "JobCreatedEvent",
    "JobDateSetEvent",
    "JobDeletedEvent",
    "JobDependencyAddedEvent",
    "JobDependencyChangedEvent",
    "JobDependencyRemovedEvent",
    "JobDescribedEvent",
    "JobFieldSetEvent",
    "JobItemChangedEvent",
    "JobMovedEvent",
    "JobPeriodSetEvent",
    "JobPinnedEvent",
    "JobPrioritySetEvent",
    "JobRenamedEvent",
    "JobStatusSetEvent",
    "JobTagsChangedEvent",
    "LogSealedEvent",
    "Logged",
    "LoopCutEvent",
    "MemberSavedEvent",
    "NotificationQueuedEvent",
    "NotificationWithdrawnEvent",
    "OccurrenceRecordedEvent",
    "OccurrenceRunEvent",
    "PassedLimit",
    "PipelineArchivedEvent",
    "PipelinePublishedEvent",
    "RecordRestoredEvent",
    "RecordUnmadeEvent",
    "Recorded",
    "RemindedEvent",
    "RemindersBegunEvent",
    "RemindersEndedEvent",
    "Report",
    "SeriesAccountsChangedEvent",
    "SeriesAdvancedEvent",
    "SeriesContinuedEvent",
    "SeriesCreatedEvent",
    "SeriesEditedEvent",
    "SeriesExceptionSetEvent",
    "SeriesStateSetEvent",
    "SeriesTimedEvent",
    "SignalReceivedEvent",
    "StageJobs",
    "TaskAssigneesChangedEvent",
    "TaskChecklistSetEvent",
    "TaskCreatedEvent",
    "TaskDatesSetEvent",
    "TaskDeletedEvent",
    "TaskEditedEvent",
    "TaskLinkedEvent",
    "TaskStateSetEvent",
    "TaskUnlinkedEvent",
    "TaskWaitsChangedEvent",
    "TemplateDeletedEvent",
    "TemplateSavedEvent",
    "Ticked",
    "TimerDroppedEvent",
    "TimerFailure",
    "TimerFiredEvent",
    "TimerSetEvent",
    "WaitBegunEvent",
    "WaitEndedEvent",
    "WaitLookedAtEvent",
]


class Cause(Record):
    """One link of the chain that led to something: an event, or the command that began it."""

    at: dt.datetime
    """When."""
    entry: EntryId
    """The entry of the log."""
    position: LogPosition
    """Its place in the log."""
    actor: Actor
    """Who gave the command of the entry."""
    command: str
    """The name of that command."""
    text: str
    """In words."""
    automation: AutomationKey | None = None
    """The automation that did it; absent when the command did."""
    event: int | None = None
    """The event, by its place in the entry; absent when this is the command itself."""


class Entry(Record):
    """One entry of the log: everything that one command changed, committed together."""

    id: EntryId
    """Its identifier, made before the commit, so that a commit whose answer was lost is found."""
    firm: FirmId
    """Of which firm."""
    at: dt.datetime
    """When."""
    actor: Actor
    """Who."""
    command: str
    """The name of the command."""
    revision: int
    """The revision of the record that the command was about, after it."""
    events: Sequence[Recorded]
    """What happened, in order."""
    account: AccountId | None = None
    """The account it was about."""
    cause: EntryId | None = None
    """The entry that led to this one, when it is of a follow-up. Absent in entries of commands, and in those of
    follow-ups that were left by a version of this library that did not tell.
    """
    continues: bool = False
    """Whether the entry before is of the same commit."""
    definition: int | None = None
    """Version of the job's pipeline that was gone by."""
    fingerprint: int = 0
    """Fingerprint of the command, to notice a key used twice for different things."""
    job: JobId | None = None
    """The job it was about."""
    key: IdempotencyKey | None = None
    """The caller's idempotency key."""
    more: bool = False
    """Whether the next entry is of the same commit: the parts of a bulk that is all or nothing."""


ErrorKind: TypeAlias = (
    'Literal["invalid", "document", "not_found", "exists", "forbidden", "refused", "cycle", "limit", "key_reused", '
    '"conflict", "busy", "unavailable", "corrupt", "newer_version", "not_a_store", "unsupported", "ambiguous"]'
)
"""The kinds of error, the same in every language. Codes are never reused."""


class FirmCreatedEvent(Record, tag="firm_created"):
    """The firm was set up."""

    settings: FirmSettings
    """As this."""


class FirmConfiguredEvent(Record, tag="firm_configured"):
    """The firm's settings changed."""

    settings: FirmSettings
    """To these."""


class MemberSavedEvent(Variant, tag="member_saved"):
    """A member was added or changed."""

    value: Member


class TemplateSavedEvent(Variant, tag="template_saved"):
    """A template was added or changed."""

    value: Template


class TemplateDeletedEvent(Record, tag="template_deleted"):
    """A template was deleted."""

    kind: TemplateKind
    """Of which kind."""
    key: TemplateKey
    """Which."""


class PipelinePublishedEvent(Record, tag="pipeline_published"):
    """A version of a pipeline was published."""

    version: int
    """Which version."""
    definition: PipelineDefinition
    """What was published."""
    mapping: Mapping[str, StageKey] = FrozenDict()
    """Where the jobs of dropped stages go."""


class PipelineArchivedEvent(Record, tag="pipeline_archived"):
    """A pipeline was put away, or taken out again."""

    pipeline: PipelineKey
    """Which."""
    archived: bool
    """Whether it is put away now."""


class AutomationSwitchedEvent(Record, tag="automation_switched"):
    """An automation was switched on or off."""

    pipeline: PipelineKey
    """Of which pipeline."""
    automation: AutomationKey
    """Which."""
    enabled: bool
    """Whether it runs now."""


class AccountSavedEvent(Variant, tag="account_saved"):
    """An account was added or changed by the host."""

    value: AccountRecord


class AccountTagsChangedEvent(Record, tag="account_tags_changed"):
    """Tags of an account changed."""

    account: AccountId
    """Which account."""
    added: Sequence[Tag] = ()
    """Tags it got."""
    removed: Sequence[Tag] = ()
    """Tags it lost."""


class AccountFieldSetEvent(Record, tag="account_field_set"):
    """A custom field of an account changed."""

    account: AccountId
    """Which account."""
    field: FieldKey
    """Which field."""
    value: FieldValue | None = None
    """To what; cleared when absent."""


class AccountAccessChangedEvent(Record, tag="account_access_changed"):
    """Members with access to an account changed."""

    account: AccountId
    """Which account."""
    access: AbstractSet[MemberId]
    """Who has access now."""


class JobCreatedEvent(Variant, tag="job_created"):
    """A job was created, in its first stage."""

    value: Job


class JobMovedEvent(Record, tag="job_moved"):
    """A job moved from one stage to another, perhaps of another pipeline, or entered its own anew."""

    job: JobId
    """Which job."""
    from_: StageKey
    """From which stage."""
    to: StageKey
    """To which stage."""
    version: int
    """The version it goes by from now on."""
    how: MoveKind
    """How it came to move."""
    pipeline: PipelineKey | None = None
    """Into which pipeline, if it is another."""
    skipped: Sequence[StageKey] = ()
    """Conditional stages that were passed over because their condition did not hold."""


class JobStatusSetEvent(Record, tag="job_status_set"):
    """A job's status was set."""

    job: JobId
    """Which job."""
    to: JobStatus
    """To what."""


class JobRenamedEvent(Record, tag="job_renamed"):
    """A job was renamed."""

    job: JobId
    """Which job."""
    name: str
    """To what."""


class JobDescribedEvent(Record, tag="job_described"):
    """A job's description changed."""

    job: JobId
    """Which job."""
    description: str | None = None
    """To what."""


class JobPrioritySetEvent(Record, tag="job_priority_set"):
    """A job's priority was set."""

    job: JobId
    """Which job."""
    to: Priority
    """To what."""


class JobDateSetEvent(Record, tag="job_date_set"):
    """One of a job's dates was set or cleared."""

    job: JobId
    """Which job."""
    date: JobDate
    """Which date."""
    derived: bool = False
    """Whether it followed another date: then the expression it has stays."""
    reason: str | None = None
    """Why somebody moved it."""
    rule: DateExpression | None = None
    """The expression that it follows from now on."""
    to: dt.date | None = None
    """To what."""


class JobPeriodSetEvent(Record, tag="job_period_set"):
    """A job's period was set."""

    job: JobId
    """Which job."""
    end: dt.date | None = None
    """Its last day."""
    start: dt.date | None = None
    """Its first day."""


class DeadlinesShiftedEvent(Record, tag="deadlines_shifted"):
    """Deadlines of many jobs are moved: each job has its own events."""

    order: ShiftDeadlines
    """How, and of which."""


class JobBudgetSetEvent(Record, tag="job_budget_set"):
    """A job's time budget changed."""

    job: JobId
    """Which job."""
    minutes: int | None = None
    """To how many minutes."""


class JobFieldSetEvent(Record, tag="job_field_set"):
    """A custom field of a job changed."""

    job: JobId
    """Which job."""
    field: FieldKey
    """Which field."""
    value: FieldValue | None = None
    """To what; cleared when absent."""


class JobTagsChangedEvent(Record, tag="job_tags_changed"):
    """Tags of a job changed."""

    job: JobId
    """Which job."""
    added: Sequence[Tag] = ()
    """Tags it got."""
    removed: Sequence[Tag] = ()
    """Tags it lost."""


class JobAssigneesChangedEvent(Record, tag="job_assignees_changed"):
    """A job's assignees changed."""

    job: JobId
    """Which job."""
    assignees: AbstractSet[MemberId]
    """Who is responsible now."""
    members: AbstractSet[MemberId] = frozenset()
    """Those who were assigned by name."""
    roles: AbstractSet[RoleKey] = frozenset()
    """The roles among them."""


class JobClientStatusSetEvent(Record, tag="job_client_status_set"):
    """What the client sees of a job's state changed."""

    job: JobId
    """Which job."""
    text: str | None = None
    """To what."""


class JobPinnedEvent(Record, tag="job_pinned"):
    """A job was pinned to its version, or follows the newest again."""

    job: JobId
    """Which job."""
    pinned: bool
    """Whether it is pinned now."""


class JobCommentedEvent(Variant, tag="job_commented"):
    """A comment was left on a job."""

    value: Comment


class JobDependencyAddedEvent(Record, tag="job_dependency_added"):
    """A job waits for another from now on."""

    job: JobId
    """Which job."""
    on: JobId
    """The one it waits for."""
    finished: bool
    """Whether that one is finished."""


class JobDependencyRemovedEvent(Record, tag="job_dependency_removed"):
    """A job no longer waits for another."""

    job: JobId
    """Which job."""
    on: JobId
    """The one it waited for."""


class JobDependencyChangedEvent(Record, tag="job_dependency_changed"):
    """A job that this one waits for was finished, or opened again."""

    job: JobId
    """Which job."""
    on: JobId
    """The one it waits for."""
    finished: bool
    """Whether that one is finished now."""


class AttentionRaisedEvent(Record, tag="attention_raised"):
    """Somebody should look at a job."""

    job: JobId
    """Which job."""
    attention: Attention
    """Why."""


class AttentionClearedEvent(Record, tag="attention_cleared"):
    """A reason to look at a job is gone."""

    job: JobId
    """Which job."""
    reason: AttentionReason
    """Which reason."""


class JobDeletedEvent(Record, tag="job_deleted"):
    """A job was deleted. Its tasks went with it; its items stay."""

    job: JobId
    """Which job."""


class AutomationRanEvent(Record, tag="automation_ran"):
    """An automation ran on a job."""

    job: JobId
    """Which job."""
    automation: AutomationKey
    """Which automation."""


class AutomationsLeftOutEvent(Record, tag="automations_left_out"):
    """A person moved a job and left these automations out."""

    job: JobId
    """Which job."""
    automations: Sequence[AutomationKey]
    """Which automations."""


class LoopCutEvent(Record, tag="loop_cut"):
    """A chain of automations went in circles and was cut."""

    job: JobId
    """On which job."""
    cycle: Sequence[AutomationKey]
    """The automations of the circle, in the order they set each other off."""


class ActionFailedEvent(Record, tag="action_failed"):
    """An action of an automation could not be done."""

    job: JobId
    """On which job."""
    failure: FailedAction
    """What failed, and why."""


class SeriesCreatedEvent(Variant, tag="series_created"):
    """A series was created."""

    value: Series


class SeriesEditedEvent(Record, tag="series_edited"):
    """A series was changed, for all occurrences that have not had their turn."""

    series: SeriesId
    """Which series."""
    changes: SeriesChanges
    """How."""


class SeriesAccountsChangedEvent(Record, tag="series_accounts_changed"):
    """Accounts joined a series, or left it."""

    series: SeriesId
    """Which series."""
    added: Sequence[AccountId] = ()
    """Who joined."""
    removed: Sequence[AccountId] = ()
    """Who left."""


class SeriesExceptionSetEvent(Record, tag="series_exception_set"):
    """One occurrence of a series is not as the rest, or is again."""

    series: SeriesId
    """Of which series."""
    day: dt.date
    """Which occurrence, by its day by the rule."""
    exception: SeriesException | None = None
    """How it is; as the rest when absent."""


class SeriesStateSetEvent(Record, tag="series_state_set"):
    """A series was paused, resumed or ended."""

    series: SeriesId
    """Which series."""
    to: SeriesState
    """To what."""


class SeriesContinuedEvent(Record, tag="series_continued"):
    """Another series goes on from one."""

    series: SeriesId
    """From which series."""
    through: dt.date
    """Its last day by the rule."""
    by: SeriesId
    """The one that goes on."""


class SeriesAdvancedEvent(Record, tag="series_advanced"):
    """Occurrences of a series had their turn."""

    series: SeriesId
    """Which series."""
    cursor: dt.date | None = None
    """How far it has come."""
    left_out: Sequence[Any] | None = None
    """The first and the last of those that the catch-up policy left out."""
    made: Sequence[dt.date] = ()
    """Occurrences whose work is made, by their days by the rule."""
    skipped: Sequence[dt.date] = ()
    """Those that were skipped."""


class OccurrenceRunEvent(Record, tag="occurrence_run"):
    """An occurrence of a series was run by hand."""

    series: SeriesId
    """Of which series."""
    turn: SeriesTurn
    """Which."""
    accounts: Sequence[AccountId] = ()
    """For these accounts; for all of the series when empty."""


class SeriesTimedEvent(Record, tag="series_timed"):
    """A series next has something to do then."""

    series: SeriesId
    """Which series."""
    next: dt.datetime | None = None
    """When; never when absent."""


class OccurrenceRecordedEvent(Variant, tag="occurrence_recorded"):
    """The ledger knows what became of one period of a series for one account."""

    value: Occurrence


class TimerSetEvent(Record, tag="timer_set"):
    """A timer of a job was set, or set anew."""

    job: JobId
    """Of which job."""
    timer: Timer
    """The timer."""


class TimerDroppedEvent(Record, tag="timer_dropped"):
    """A timer of a job is no longer needed."""

    job: JobId
    """Of which job."""
    key: TimerKey
    """Which timer."""


class TimerFiredEvent(Record, tag="timer_fired"):
    """A timer of a job fired."""

    job: JobId
    """Of which job."""
    key: TimerKey
    """Which timer."""
    due: dt.datetime
    """The time it fired for."""


class WaitBegunEvent(Record, tag="wait_begun"):
    """Actions of an automation wait."""

    job: JobId
    """On which job."""
    wait: Wait
    """What waits, and for what."""


class WaitLookedAtEvent(Record, tag="wait_looked_at"):
    """The condition of a wait was looked at because a day began, and does not hold."""

    job: JobId
    """On which job."""
    number: int
    """Which wait."""
    next: dt.datetime
    """When it is looked at again."""


class WaitEndedEvent(Record, tag="wait_ended"):
    """A wait is over."""

    job: JobId
    """On which job."""
    number: int
    """Which wait."""
    automation: AutomationKey
    """Of which automation."""
    how: WaitEnd
    """How."""


class RemindersBegunEvent(Record, tag="reminders_begun"):
    """There are reminders of something until it is done."""

    job: JobId
    """On which job."""
    reminder: Reminder
    """Of what, and how often."""


class RemindedEvent(Record, tag="reminded"):
    """A reminder was sent."""

    job: JobId
    """On which job."""
    number: int
    """Which reminders."""
    next: dt.datetime | None = None
    """When the next one comes; none does when absent."""


class RemindersEndedEvent(Record, tag="reminders_ended"):
    """Nothing is left to remind of."""

    job: JobId
    """On which job."""
    number: int
    """Which reminders."""


class FailureEndedEvent(Record, tag="failure_ended"):
    """A failed action was dealt with."""

    job: JobId
    """On which job."""
    number: int
    """Which failure."""
    how: FailureEnd
    """How."""


class SignalReceivedEvent(Record, tag="signal_received"):
    """The host sent a signal for a job."""

    job: JobId
    """Which job."""
    name: SignalKey
    """Its name."""
    payload: Any | None = None
    """What came with it."""


class FiredByHandEvent(Record, tag="fired_by_hand"):
    """A person fired an automation."""

    job: JobId
    """On which job."""
    automation: AutomationKey
    """Which automation."""


class TaskCreatedEvent(Record, tag="task_created"):
    """A task was created."""

    task: Task
    """The task."""
    origin: LinkOrigin | None = None
    """How it came to its job, if it has one."""


class TaskStateSetEvent(Record, tag="task_state_set"):
    """A task's state was set."""

    task: TaskId
    """Which task."""
    to: TaskState
    """To what."""
    custom: StatusKey | None = None
    """In the firm's own words."""
    job: JobId | None = None
    """Of which job."""


class TaskEditedEvent(Record, tag="task_edited"):
    """A task was edited: its title, description, priority, tags or time budget."""

    task: TaskId
    """Which task."""
    changes: TaskChanges
    """What changed."""


class TaskDatesSetEvent(Record, tag="task_dates_set"):
    """A task's start or due date was set, or followed another date."""

    task: TaskId
    """Which task."""
    derived: bool
    """Whether the dates follow from the job's: then the task's rules stay."""
    due: dt.date | None = None
    """When it is due."""
    start: dt.date | None = None
    """When it begins."""


class TaskAssigneesChangedEvent(Record, tag="task_assignees_changed"):
    """A task's assignees changed."""

    task: TaskId
    """Which task."""
    assignees: AbstractSet[MemberId]
    """Who does it now."""
    roles: AbstractSet[RoleKey] = frozenset()
    """The roles among them."""


class TaskChecklistSetEvent(Record, tag="task_checklist_set"):
    """A task's checklist changed."""

    task: TaskId
    """Which task."""
    checklist: Sequence[ChecklistItem]
    """What it is now."""


class TaskWaitsChangedEvent(Record, tag="task_waits_changed"):
    """A task waits for another, or no longer does."""

    task: TaskId
    """Which task."""
    on: TaskId
    """The other."""
    waits: bool
    """Whether it waits now."""


class TaskLinkedEvent(Record, tag="task_linked"):
    """A task was linked to a job by hand."""

    task: TaskId
    """Which task."""
    job: JobId
    """To which job."""
    account: AccountId
    """Of which account."""
    link: TaskLink
    """What the job knows of it."""


class TaskUnlinkedEvent(Record, tag="task_unlinked"):
    """A task was taken off its job."""

    task: TaskId
    """Which task."""
    job: JobId
    """Off which job."""


class TaskDeletedEvent(Record, tag="task_deleted"):
    """A task was deleted."""

    task: TaskId
    """Which task."""
    job: JobId | None = None
    """Of which job."""


class ItemCreatedEvent(Variant, tag="item_created"):
    """An item came to be known."""

    value: Item


class ItemLinkedEvent(Record, tag="item_linked"):
    """An item was linked to a job."""

    job: JobId
    """To which job."""
    link: ItemLink
    """What the job knows of it."""


class ItemUnlinkedEvent(Record, tag="item_unlinked"):
    """An item was taken off a job."""

    item: ItemId
    """Which item."""
    job: JobId
    """Off which job."""


class ItemReportedEvent(Record, tag="item_reported"):
    """The host reported an item's status."""

    item: ItemId
    """Which item."""
    status: StatusKey
    """What was reported."""
    progress: ItemProgress
    """How far it has come with it."""


class JobItemChangedEvent(Record, tag="job_item_changed"):
    """A job learned of an item's status."""

    job: JobId
    """Which job."""
    item: ItemId
    """Which item."""
    progress: ItemProgress
    """How far it has come."""
    status: StatusKey | None = None
    """The status."""


class ItemNamedEvent(Record, tag="item_named"):
    """The host said how its own system calls an item."""

    item: ItemId
    """Which item."""
    external: ExternalRef
    """So."""


class NotificationQueuedEvent(Variant, tag="notification_queued"):
    """The host is to be notified."""

    value: Notification


class NotificationWithdrawnEvent(Record, tag="notification_withdrawn"):
    """A notification was withdrawn before it was delivered."""

    notification: NotificationId
    """Which."""


class CommandUndoneEvent(Variant, tag="command_undone"):
    """A command was undone, with what followed from it. The events after it say how."""

    value: Undone


class RecordRestoredEvent(Variant, tag="record_restored"):
    """A record is again as it was before a command that was undone."""

    value: Restored


class RecordUnmadeEvent(Variant, tag="record_unmade"):
    """A record that a command which was undone had made is gone again."""

    value: Unmade


class LogSealedEvent(Variant, tag="log_sealed"):
    """A stretch of the log was sealed."""

    value: Seal


Event: TypeAlias = (
    "FirmCreatedEvent | FirmConfiguredEvent | MemberSavedEvent | TemplateSavedEvent | TemplateDeletedEvent | "
    "PipelinePublishedEvent | PipelineArchivedEvent | AutomationSwitchedEvent | AccountSavedEvent | "
    "AccountTagsChangedEvent | AccountFieldSetEvent | AccountAccessChangedEvent | JobCreatedEvent | JobMovedEvent | "
    "JobStatusSetEvent | JobRenamedEvent | JobDescribedEvent | JobPrioritySetEvent | JobDateSetEvent | "
    "JobPeriodSetEvent | DeadlinesShiftedEvent | JobBudgetSetEvent | JobFieldSetEvent | JobTagsChangedEvent | "
    "JobAssigneesChangedEvent | JobClientStatusSetEvent | JobPinnedEvent | JobCommentedEvent | "
    "JobDependencyAddedEvent | JobDependencyRemovedEvent | JobDependencyChangedEvent | AttentionRaisedEvent | "
    "AttentionClearedEvent | JobDeletedEvent | AutomationRanEvent | AutomationsLeftOutEvent | LoopCutEvent | "
    "ActionFailedEvent | SeriesCreatedEvent | SeriesEditedEvent | SeriesAccountsChangedEvent | "
    "SeriesExceptionSetEvent | SeriesStateSetEvent | SeriesContinuedEvent | SeriesAdvancedEvent | OccurrenceRunEvent "
    "| SeriesTimedEvent | OccurrenceRecordedEvent | TimerSetEvent | TimerDroppedEvent | TimerFiredEvent | "
    "WaitBegunEvent | WaitLookedAtEvent | WaitEndedEvent | RemindersBegunEvent | RemindedEvent | RemindersEndedEvent "
    "| FailureEndedEvent | SignalReceivedEvent | FiredByHandEvent | TaskCreatedEvent | TaskStateSetEvent | "
    "TaskEditedEvent | TaskDatesSetEvent | TaskAssigneesChangedEvent | TaskChecklistSetEvent | TaskWaitsChangedEvent "
    "| TaskLinkedEvent | TaskUnlinkedEvent | TaskDeletedEvent | ItemCreatedEvent | ItemLinkedEvent | "
    "ItemUnlinkedEvent | ItemReportedEvent | JobItemChangedEvent | ItemNamedEvent | NotificationQueuedEvent | "
    "NotificationWithdrawnEvent | CommandUndoneEvent | RecordRestoredEvent | RecordUnmadeEvent | LogSealedEvent"
)
"""A fact."""


class Fired(Record):
    """A timer that has fired: it does not fire for the same time again, nor for the same date when the firm's calendar
    or time zone puts that at another time.
    """

    key: TimerKey
    """Which timer."""
    due: dt.datetime
    """The time it was set for."""
    day: dt.date | None = None
    """The date that it was about, if it was about one."""


class Logged(Record):
    """An entry with its place in the log."""

    position: LogPosition
    """Its place."""
    entry: Entry
    """The entry."""


class PassedLimit(Record):
    """A limit that was passed."""

    name: str
    """Its name in ``limits``."""
    max: int
    """Its value."""
    actual: int
    """The value that exceeds it."""
    counts: str
    """What it counts."""


class Recorded(Record):
    """An event with what caused it."""

    event: Event
    """What happened."""
    by: AutomationKey | None = None
    """The automation that did it; the command itself when absent."""
    of: int | None = None
    """The event of the same entry that set that automation off, by its place. Absent when what set it off happened to
    another record, in an earlier entry.
    """


class Report(Record):
    """An error as a document.

    What it always has is enough to act on. The rest tells, by kind, what a program needs to point at the place: it
    is absent where it says nothing.
    """

    code: int
    """The number of its kind: see ``code``."""
    kind: ErrorKind
    """Its kind."""
    retryable: bool
    """Whether the same call can succeed later without being changed."""
    message: str
    """What is wrong and what to do, in words."""
    causes: Sequence[str] = ()
    """The errors behind it, the nearest first, when the store failed."""
    cycle: Sequence[str] = ()
    """What would wait for each other, when it is ``cycle``."""
    field: str | None = None
    """The part of the call that is not acceptable, when it is ``invalid``."""
    key: IdempotencyKey | None = None
    """The key that was used before, when it is ``key_reused``."""
    limit: PassedLimit | None = None
    """The limit that was passed, when it is ``limit``."""
    name: str | None = None
    """And how it was named."""
    problems: Sequence[Problem] = ()
    """Every problem of the document, when it is ``document``."""
    rule: str | None = None
    """The rule that stands against it, when it is ``refused``."""
    stages: Sequence[StageJobs] = ()
    """Stages that would disappear with jobs in them, under the rule ``stages_hold_jobs``."""
    what: str | None = None
    """The sort of thing that is missing or there already, when it is ``not_found`` or ``exists``."""


class StageJobs(Record):
    """A stage and how many jobs are in it."""

    stage: StageKey
    """Which stage."""
    jobs: int
    """How many jobs."""


class Ticked(Record):
    """What a tick did."""

    outcomes: Sequence[Mapping[str, Any]]
    """What it did to each record that had something due, in the order it was due."""
    failures: Sequence[TimerFailure]
    """Records on which it could not be done. Each is tried again later, and kept as a dead letter after
    ``DELIVERY_ATTEMPTS`` tries.
    """
    next: dt.datetime | None = None
    """When the next is due: not after the tick's time when its limit left some undone. Nothing is when absent."""


class TimerFailure(Record):
    """A record on which what is due could not be done."""

    firm: FirmId
    """Of which firm."""
    of: TimerOf
    """Which."""
    error: Report
    """Why."""
