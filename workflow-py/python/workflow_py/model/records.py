"""Records as the engine keeps them, and the rows and answers made of them.

Written by ``tools/generate`` from the JSON Schemas; do not edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NewType, TypeAlias
from uuid import UUID

from .._record import FrozenDict, Record, Variant

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from .definitions import (
        AccessMode,
        AutomationKey,
        DateExpression,
        FieldKey,
        FieldValue,
        FirmSettings,
        ItemKind,
        ItemProgress,
        MemberId,
        Party,
        PipelineKey,
        Priority,
        Reminders,
        RoleKey,
        Schedule,
        SeriesId,
        SignalKey,
        Span,
        StageKey,
        StatusKey,
        Tag,
        TaskState,
        TemplateKey,
        WipLimit,
    )
    from .events import Cause, Fired, Recorded
    from .orders import (
        AccountId,
        ActionOrigin,
        Actor,
        AttentionReason,
        Audience,
        CatchUp,
        Cursor,
        EntryId,
        ExternalRef,
        FirmId,
        ItemId,
        JobId,
        KnownSeal,
        LinkedAccount,
        LogPosition,
        NewJob,
        NotificationId,
        Period,
        PeriodKey,
        SeriesState,
        SeriesTurn,
        SeriesWork,
        ShiftDeadlines,
        TaskId,
    )

__all__ = [
    "Account",
    "AccountDatesFollowUpWork",
    "AccountFieldFollowUpWork",
    "AccountRestored",
    "AccountSubject",
    "AccountTagsFollowUpWork",
    "Alteration",
    "AlterationKind",
    "ApplyFolderTemplateIntent",
    "Arrival",
    "Attention",
    "AutomationExplanation",
    "AutomationTimerKey",
    "Basis",
    "Board",
    "BoardColumn",
    "CalendarDay",
    "CancelItemIntent",
    "CancelledWaitEnd",
    "Chain",
    "ChecklistItem",
    "ClientJob",
    "Comment",
    "CommentId",
    "CommentRestored",
    "CommentSubject",
    "CommentUnmade",
    "CompleteItemIntent",
    "Count",
    "CreateJobFollowUpWork",
    "DateAnchor",
    "DeadLetter",
    "DependencyFollowUpWork",
    "Elapsed",
    "Explanation",
    "FailedAction",
    "FailureEnd",
    "Firm",
    "FollowUp",
    "FollowUpId",
    "FollowUpQueuedBody",
    "FollowUpWork",
    "Hold",
    "HoldReason",
    "IdempotencyKey",
    "Intent",
    "Item",
    "ItemFollowUpWork",
    "ItemLink",
    "ItemReminderOf",
    "ItemRestored",
    "ItemSubject",
    "ItemUnmade",
    "Job",
    "JobAt",
    "JobExplanation",
    "JobForecast",
    "JobMeasures",
    "JobOccurrenceOutcome",
    "JobRestored",
    "JobRow",
    "JobStatus",
    "JobSubject",
    "JobTimerOf",
    "JobUnmade",
    "JobView",
    "Kept",
    "KeptReason",
    "LinkOrigin",
    "LogVerification",
    "Measures",
    "MemberLoad",
    "MemberWeek",
    "MigrateFollowUpWork",
    "MoveKind",
    "NextStep",
    "Notification",
    "NotificationQueuedBody",
    "NotificationSubject",
    "Occasion",
    "Occurrence",
    "OccurrenceFollowUpWork",
    "OccurrenceOutcome",
    "OtherSubject",
    "Outlook",
    "PartyMeasures",
    "PartyTime",
    "Passed",
    "PipelineRow",
    "PlannedOccurrence",
    "PlannedRow",
    "Preview",
    "PreviewedAutomation",
    "Problem",
    "Quantiles",
    "QueuedBody",
    "RefusedOccurrenceOutcome",
    "RemindOfItemIntent",
    "RemindOfTaskIntent",
    "Reminder",
    "ReminderOf",
    "RequestItemIntent",
    "Restored",
    "RetimeFollowUpWork",
    "Seal",
    "Series",
    "SeriesAccountFollowUpWork",
    "SeriesException",
    "SeriesTimerOf",
    "SeriesView",
    "Severity",
    "ShiftDeadlinesFollowUpWork",
    "ShiftPreview",
    "SignalIntent",
    "Spread",
    "StageFreedFollowUpWork",
    "StageMeasures",
    "StageMigration",
    "StageTime",
    "StatusMeasures",
    "StatusTime",
    "Subject",
    "Tally",
    "Task",
    "TaskLink",
    "TaskOccurrenceOutcome",
    "TaskReminderOf",
    "TaskRestored",
    "TaskRow",
    "TaskSubject",
    "TaskTimerKey",
    "TaskUnmade",
    "Throughput",
    "Timer",
    "TimerKey",
    "TimerOf",
    "TimerQueuedBody",
    "Undone",
    "Unmade",
    "UpdateAccountAccessIntent",
    "Verification",
    "Visit",
    "Wait",
    "WaitCancelled",
    "WaitEnd",
    "Waiting",
    "WaitingAction",
    "WhyNot",
]


class Account(Record):
    """A client. The host owns its clients; this is the light record that the engine needs."""

    id: AccountId
    """Its identifier."""
    name: str
    """What it is called."""
    created: dt.datetime
    """When the engine first heard of it."""
    updated: dt.datetime
    """When it last changed."""
    access: AbstractSet[MemberId] = frozenset()
    """Members that automations gave access to the account; the host enforces it."""
    external: ExternalRef | None = None
    """How the host's own system calls it; unique in the firm."""
    fields: Mapping[str, FieldValue] = FrozenDict()
    """Custom fields."""
    linked: Sequence[LinkedAccount] = ()
    """Related accounts."""
    roles: Mapping[str, AbstractSet[MemberId]] = FrozenDict()
    """Who holds which seat."""
    tags: AbstractSet[Tag] = frozenset()
    """Tags."""


class Alteration(Record):
    """The first thing in a log that is not as it was sealed."""

    kind: AlterationKind
    """What became of it."""
    seal: int
    """The number of the seal that tells."""
    why: str
    """In words."""
    entry: EntryId | None = None
    """The entry: the altered one, the one that was put in, the one before which one is missing, or the seal's own."""
    position: LogPosition | None = None
    """Its place in the log."""


AlterationKind: TypeAlias = 'Literal["altered", "missing", "added", "seal", "head"]'
"""What became of a sealed log."""


class Arrival(Record):
    """How a job came into its stage."""

    since: dt.datetime
    """Since when it is there."""
    how: MoveKind | None
    """How it was moved; absent when it was created there."""
    from_: StageKey | None
    """From which stage."""
    passed: Sequence[StageKey]
    """Conditional stages that it passed over then."""
    actor: Actor
    """Who gave the command that moved it."""
    command: str
    """The name of that command."""
    automation: AutomationKey | None
    """The automation that moved it."""
    entry: EntryId
    """The entry of the log."""
    position: LogPosition
    """Its place in the log."""
    event: int
    """The event, by its place in the entry."""
    causes: Sequence[Cause]
    """What led to it: what set it off first, the command that began it last. It ends where the actor may see no
    further.
    """
    text: str
    """In words."""


class Attention(Record):
    """Why somebody should look at a job."""

    reason: AttentionReason
    """What kind of reason."""
    text: str
    """In words."""
    since: dt.datetime
    """Since when."""


class AutomationExplanation(Record):
    """Why an automation ran on a job, or did not."""

    automation: AutomationKey
    """Which automation."""
    name: str | None
    """What it is called."""
    job: JobId
    """On which job."""
    pipeline: PipelineKey
    """Of which pipeline."""
    version: int
    """The version that it is told by: the job's, or the last one that had the automation."""
    current: bool
    """Whether the version that the job goes by has it."""
    summary: str
    """Everything in a few sentences."""
    trigger: str
    """What sets it off, in words."""
    enabled: bool
    """Whether it is switched on now."""
    in_stage: bool
    """Whether the job is where it runs: in one of the stages that it is bound to, if it is to some."""
    condition: Explanation | None
    """Its condition with the values as they are now."""
    last_set_off: dt.datetime | None
    """When what sets it off last happened on the job; never when absent."""
    next_due: dt.datetime | None
    """When a date or a schedule next sets it off."""
    occasions: Sequence[Occasion]
    """When it ran, and when it was set off and did not, the newest first."""


Basis: TypeAlias = 'Literal["age", "stage", "pipeline", "nothing"]'
"""What a forecast is told by: the first of these for which enough jobs were done."""


class Board(Record):
    """The board of a pipeline: its stages with their cards. Archived jobs are not on it."""

    pipeline: PipelineKey
    """Which pipeline."""
    name: str
    """What it is called."""
    version: int
    """Its newest version."""
    columns: Sequence[BoardColumn]
    """Its stages, in declared order. After them come stages that the newest version dropped, as long as jobs are in
    them that are pinned to an older one.
    """

    def _repr_html_(self) -> str:
        """It as HTML."""
        from .._show import board_html

        return board_html(self)

    def __rich__(self) -> Any:
        """It as a table of rich's."""
        from .._show import board_table

        return board_table(self)


class BoardColumn(Record):
    """A stage on the board."""

    stage: StageKey
    """Which stage."""
    name: str
    """What it is called."""
    final: bool
    """Whether jobs end in it."""
    conditional: bool
    """Whether jobs enter it on a condition."""
    jobs: int
    """How many jobs are in it."""
    attention: int
    """How many of them somebody should look at."""
    overdue: Count
    """How many are late."""
    open_blockers: int
    """Blockers of the jobs' present visits that are not done."""
    done_blockers: int
    """And those that are."""
    cards: Sequence[JobRow]
    """The first cards."""
    next: Cursor | None
    """Where the cards go on: for ``column``."""
    wip_limit: WipLimit | None = None
    """How many jobs it should hold."""


class CalendarDay(Record):
    """What is due on a day."""

    day: dt.date
    """Which day."""
    open: bool
    """Whether the firm is open."""
    jobs: Sequence[JobRow]
    """Jobs due, those that are not archived."""
    tasks: Sequence[TaskRow]
    """Open tasks due."""
    planned: Sequence[PlannedRow] = ()
    """What series are to make that is on this day. Nothing of it has been made. Empty in the calendar of one member:
    who does it is known when it is made.
    """


class Chain(Record):
    """What a chain of follow-ups has done so far, so that one that goes in circles is cut."""

    hops: int
    """How many follow-ups went before."""
    cause: EntryId | None = None
    """The entry of the log that left the work."""
    root: FollowUpId | None = None
    """The first follow-up of the command that began it: the same in all its branches."""
    runs: Sequence[Sequence[Any]] = ()
    """How often each automation ran on each job."""


class ChecklistItem(Record):
    """A step to tick off."""

    text: str
    """What it says."""
    done: bool = False
    """Whether it is ticked."""


class ClientJob(Record):
    """A job as its client sees it, in client-facing words."""

    id: JobId
    """Its identifier."""
    name: str
    """What it is called."""
    status: str
    """Where it stands: the client-facing status, or the status's or the stage's client-facing name."""
    completed: bool
    """Whether it is finished."""


class Comment(Record):
    """A remark left on a job."""

    id: CommentId
    """Its identifier."""
    job: JobId
    """On which job."""
    text: str
    """What it says."""
    at: dt.datetime
    """When."""
    author: MemberId | None = None
    """By whom; absent when the host's system left it."""


CommentId = NewType("CommentId", UUID)
"""A remark that a member left on a job."""


class Count(Record):
    """A number that is counted up to a bound."""

    counted: int
    """The number."""
    more: bool
    """Whether there are more."""


DateAnchor: TypeAlias = "str"


class DeadLetter(Record):
    """A notification that could not be delivered."""

    sequence: int
    """Its place in the list: go on after it."""
    notification: Notification
    """The notification."""
    attempts: int
    """How often it was tried."""
    why: str
    """Why it failed."""


class Elapsed(Record):
    """How long something took."""

    seconds: int
    """Seconds that went by."""
    business_seconds: int
    """Those of them within the firm's business hours, on days that it is open."""


class Explanation(Record):
    """A condition with the values that were compared."""

    test: str
    """What was asked, in words."""
    holds: bool
    """Whether it holds."""
    found: str | None = None
    """What was found."""
    missing: bool = False
    """Whether a value was missing. Then a comparison does not hold."""
    parts: Sequence[Explanation] = ()
    """The parts of a condition that is made of others."""


class FailedAction(Record):
    """An action that could not be done."""

    number: int
    """Tells it from the job's other failures; counted up."""
    automation: AutomationKey
    """Of which automation."""
    action: int
    """Its place among the automation's actions, from 0."""
    visit: int
    """During which visit."""
    why: str
    """Why."""
    at: dt.datetime
    """When."""
    status_round: int | None = None
    """In which round of status automations, if it belongs to one."""


FailureEnd: TypeAlias = 'Literal["retried", "dismissed"]'
"""How a failed action was dealt with."""


class Firm(Record):
    """A firm and its settings."""

    id: FirmId
    """Its identifier."""
    settings: FirmSettings
    """What it set up."""
    definitions: int
    """Counts changes of settings, members, templates and pipelines, so that a host notices when what it remembers of
    them is old.
    """
    created: dt.datetime
    """When it was set up."""


class FollowUp(Record):
    """Work that a command left for later, committed with it."""

    id: FollowUpId
    """Its identifier, from which the idempotency keys of its commands derive."""
    work: FollowUpWork
    """What is to be done."""
    chain: Chain
    """What went before it."""


FollowUpId = NewType("FollowUpId", UUID)
"""A piece of work that one command left for later."""


class AccountTagsFollowUpWork(Record, tag="account_tags"):
    """Let the account's jobs react to its tags."""

    account: AccountId
    """Which account."""
    added: Sequence[Tag]
    """Tags it got."""
    removed: Sequence[Tag]
    """Tags it lost."""
    except_: JobId | None
    """The job that has reacted already."""


class AccountFieldFollowUpWork(Record, tag="account_field"):
    """Let the account's jobs react to a custom field."""

    account: AccountId
    """Which account."""
    field: FieldKey
    """Which field."""
    except_: JobId | None
    """The job that has reacted already."""


class AccountDatesFollowUpWork(Record, tag="account_dates"):
    """Let the account's jobs derive dates that count from a custom field again."""

    account: AccountId
    """Which account."""
    field: FieldKey
    """Which field."""
    except_: JobId | None
    """The job that has done so already."""


class ShiftDeadlinesFollowUpWork(Record, tag="shift_deadlines"):
    """Move deadlines of many jobs."""

    order: ShiftDeadlines
    """How, and of which."""
    at: dt.datetime
    """When it was ordered."""


class CreateJobFollowUpWork(Record, tag="create_job"):
    """Create a job."""

    new: NewJob
    """The job."""
    origin: ActionOrigin
    """The action that wants it, to be told when it is refused."""


class DependencyFollowUpWork(Record, tag="dependency"):
    """Tell a job that one it waits for was finished or opened again."""

    job: JobId
    """Which job."""
    on: JobId
    """The one it waits for."""
    finished: bool
    """Whether that one is finished, or gone."""


class ItemFollowUpWork(Record, tag="item"):
    """Tell a job of an item's status."""

    job: JobId
    """Which job."""
    item: ItemId
    """Which item."""


class MigrateFollowUpWork(Record, tag="migrate"):
    """Move jobs out of stages that the newest version dropped."""

    pipeline: PipelineKey
    """Of which pipeline."""


class RetimeFollowUpWork(Record, tag="retime"):
    """Let the jobs of a pipeline look at their timers and waits again: its automations, or the firm's calendar, have
    changed.
    """

    pipeline: PipelineKey
    """Of which pipeline."""


class OccurrenceFollowUpWork(Record, tag="occurrence"):
    """Make the work of one occurrence of a series, account by account."""

    series: SeriesId
    """Of which series."""
    turn: SeriesTurn
    """Which time of it."""
    accounts: Sequence[AccountId] = ()
    """For these accounts; for all of the series when empty."""
    again: bool = False
    """Try again what was refused, and make what was skipped."""


class SeriesAccountFollowUpWork(Record, tag="series_account"):
    """Let an account join a series, or leave it."""

    series: SeriesId
    """Which series."""
    account: AccountId
    """Which account."""
    join: bool
    """Whether it joins."""
    origin: ActionOrigin
    """The action that wants it, to be told when it is refused."""


class StageFreedFollowUpWork(Record, tag="stage_freed"):
    """Let jobs that wait to enter a full stage try again."""

    pipeline: PipelineKey
    """Of which pipeline."""
    stage: StageKey
    """Which stage."""


FollowUpWork: TypeAlias = (
    'Literal["firm_dates", "retime_series"] | AccountTagsFollowUpWork | AccountFieldFollowUpWork | '
    "AccountDatesFollowUpWork | ShiftDeadlinesFollowUpWork | CreateJobFollowUpWork | DependencyFollowUpWork | "
    "ItemFollowUpWork | MigrateFollowUpWork | RetimeFollowUpWork | OccurrenceFollowUpWork | SeriesAccountFollowUpWork "
    "| StageFreedFollowUpWork"
)
"""What a follow-up does."""


class Hold(Record):
    """One thing that holds a job, with the values behind it. What does not apply is absent."""

    reason: HoldReason
    """What sort of thing."""
    text: str
    """In a sentence."""
    assignees: AbstractSet[MemberId] = frozenset()
    """Who has it."""
    automation: AutomationKey | None = None
    """The automation that made it, failed, or waits."""
    condition: Explanation | None = None
    """What must hold, with the values that were compared."""
    count: int | None = None
    """How many jobs are in it."""
    done_when: str | None = None
    """What counts as done."""
    due: dt.date | None = None
    """When it is due."""
    item: ItemId | None = None
    """The item that is not done."""
    job: JobId | None = None
    """The job that is not finished."""
    most: int | None = None
    """How many may be."""
    number: int | None = None
    """The number of the failed action, or of the wait."""
    since: dt.datetime | None = None
    """Since when."""
    stage: StageKey | None = None
    """The stage that is full."""
    state: str | None = None
    """Its state, or the item's last status."""
    task: TaskId | None = None
    """The task that is not done."""
    title: str | None = None
    """What the task, item or job is called."""
    until: dt.datetime | None = None
    """Until when, at the latest."""


HoldReason: TypeAlias = (
    'Literal["archived", "completed", "status", "empty_status", "open_task", "open_item", "declined_item", '
    '"failed_action", "loop_cut", "prerequisite", "wait", "final_stage", "no_automove", "empty_visit", '
    '"exit_requirement", "no_way_on", "wip_limit", "visits"]'
)
"""What sort of thing holds a job."""

IdempotencyKey: TypeAlias = "str"


class RequestItemIntent(Record, tag="request_item"):
    """Make this item and send it to the client: an organizer, an invoice, an email, …"""

    item: ItemId
    """The engine's record of it; report its status under this id."""
    kind: ItemKind
    """What kind."""
    title: str
    """What it is called."""
    body: str | None = None
    """A text to go with it."""
    template: TemplateKey | None = None
    """The host's template."""


class CompleteItemIntent(Record, tag="complete_item"):
    """Consider an item done: the firm does not wait for it any more."""

    item: ItemId
    """Which."""
    kind: ItemKind
    """What kind."""


class CancelItemIntent(Record, tag="cancel_item"):
    """Withdraw an item that was asked for."""

    item: ItemId
    """Which."""
    kind: ItemKind
    """What kind."""


class RemindOfItemIntent(Record, tag="remind_of_item"):
    """Remind whoever has something to do with an item."""

    item: ItemId
    """Which."""
    kind: ItemKind
    """What kind."""
    title: str
    """What it is called."""
    count: int
    """The how many-eth reminder it is."""
    at_most: int
    """How many there are at most."""


class RemindOfTaskIntent(Record, tag="remind_of_task"):
    """Remind the assignees of a task."""

    task: TaskId
    """Which."""
    title: str
    """Its title."""
    assignees: AbstractSet[MemberId]
    """Whom."""
    count: int
    """The how many-eth reminder it is."""
    at_most: int
    """How many there are at most."""


class ApplyFolderTemplateIntent(Record, tag="apply_folder_template"):
    """Lay out the account's folders."""

    template: TemplateKey
    """By this template of the host's."""


class UpdateAccountAccessIntent(Record, tag="update_account_access"):
    """Change which members may see the account."""

    mode: AccessMode
    """How."""
    members: Sequence[MemberId]
    """For whom."""


class SignalIntent(Record, tag="signal"):
    """Take note of a signal."""

    name: SignalKey
    """Its name."""
    payload: Any | None = None
    """What goes with it."""


Intent: TypeAlias = (
    "RequestItemIntent | CompleteItemIntent | CancelItemIntent | RemindOfItemIntent | RemindOfTaskIntent | "
    "ApplyFolderTemplateIntent | UpdateAccountAccessIntent | SignalIntent"
)
"""What the host is asked to do."""


class Item(Record):
    """Something linked to jobs that lives in the host."""

    id: ItemId
    """Its identifier."""
    kind: ItemKind
    """What kind."""
    title: str
    """What it is called."""
    progress: ItemProgress
    """How far it has come."""
    created: dt.datetime
    """When it was requested or linked first."""
    updated: dt.datetime
    """When it last changed."""
    account: AccountId | None = None
    """The account it is for."""
    external: ExternalRef | None = None
    """How the host's own system calls it; unique in the firm."""
    jobs: AbstractSet[JobId] = frozenset()
    """The jobs it is linked to."""
    payment_submitted_is_done: bool = False
    """For an invoice: a submitted payment is enough."""
    reached: AbstractSet[StatusKey] = frozenset()
    """Every status the host has reported."""
    status: StatusKey | None = None
    """The last status the host reported."""
    template: TemplateKey | None = None
    """The host's template it was requested from."""
    without_invoice: bool = False
    """For a proposal: it has no one-time invoice, a signature is enough."""


class ItemLink(Record):
    """An item of a job, as far as the job needs to know it."""

    item: ItemId
    """Which item."""
    kind: ItemKind
    """What kind."""
    progress: ItemProgress
    """How far it has come."""
    visit: int
    """During which visit, as a place in ``visits``. It blocks that visit."""
    automation: AutomationKey | None = None
    """By which automation; by hand when absent."""
    status: StatusKey | None = None
    """Its last reported status."""
    status_round: int | None = None
    """In which round of status automations, if one of them made it."""
    template: TemplateKey | None = None
    """The template it was requested from."""


class Job(Record):
    """A job."""

    id: JobId
    """Its identifier."""
    account: AccountId
    """For whom."""
    name: str
    """What it is called."""
    pipeline: PipelineKey
    """The pipeline it goes through."""
    version: int
    """The version it last went by."""
    stage: StageKey
    """The stage it is in."""
    status: JobStatus
    """Active, completed, archived, or a custom status."""
    visits: Sequence[Visit]
    """Its stage visits, the present one last. Never empty."""
    created: dt.datetime
    """When it was created."""
    updated: dt.datetime
    """When it last changed."""
    archived: dt.datetime | None = None
    """When it was archived, if it is."""
    assigned_members: AbstractSet[MemberId] = frozenset()
    """Those of the assignees who were assigned by name; they stay when roles are resolved again."""
    assigned_roles: AbstractSet[RoleKey] = frozenset()
    """The roles that assignees were resolved from; they can be resolved again."""
    assignees: AbstractSet[MemberId] = frozenset()
    """Who is responsible."""
    attention: Sequence[Attention] = ()
    """Why somebody should look at it."""
    awaited_by: AbstractSet[JobId] = frozenset()
    """Jobs that wait for it."""
    budget_minutes: int | None = None
    """Time budgeted, in minutes."""
    client_status: str | None = None
    """What the client sees of its state."""
    comments: int = 0
    """How many comments were left on it."""
    completed: dt.datetime | None = None
    """When it was completed, if it is."""
    date_rules: Mapping[str, DateExpression] = FrozenDict()
    """How its dates follow from others, those that do."""
    description: str | None = None
    """What is to be done."""
    due: dt.date | None = None
    """When the firm wants it done."""
    extended: dt.date | None = None
    """When the law wants it done after an extension."""
    failed: Sequence[FailedAction] = ()
    """Actions that could not be done and wait to be retried or dismissed."""
    failures: int = 0
    """The number of the last failed action there was."""
    fields: Mapping[str, FieldValue] = FrozenDict()
    """Custom fields."""
    fired: Sequence[Fired] = ()
    """Timers that have fired, and for when; in the order of their keys."""
    items: Sequence[ItemLink] = ()
    """Its items, in the order they were linked."""
    period: PeriodKey | None = None
    """The name of its period in that series' ledger."""
    period_end: dt.date | None = None
    """Last day of the period it is about."""
    period_start: dt.date | None = None
    """First day of the period it is about."""
    pinned: bool = False
    """Whether it stays on that version."""
    priority: Priority = "medium"
    """How urgent."""
    reminders: Sequence[Reminder] = ()
    """Reminders of what is not done, in the order they began."""
    reminders_begun: int = 0
    """The number of the last reminder there was."""
    series: SeriesId | None = None
    """The series that made it."""
    start: dt.date | None = None
    """When work should begin."""
    status_before_archive: JobStatus | None = None
    """The status it had when it was archived."""
    status_round: int = 0
    """Counts how often the status was set, so that what a status automation created is told from what an earlier one
    did.
    """
    statutory: dt.date | None = None
    """When the law wants it done."""
    tags: AbstractSet[Tag] = frozenset()
    """Tags."""
    tasks: Sequence[TaskLink] = ()
    """Its tasks, in the order they were linked."""
    timers: Sequence[Timer] = ()
    """Times at which automations and its stage's limit fire, in the order of their keys."""
    waits: Sequence[Wait] = ()
    """Actions of automations that wait, in the order they began to."""
    waits_begun: int = 0
    """The number of the last wait there was."""
    waits_for: Mapping[str, bool] = FrozenDict()
    """Jobs it waits for, and whether each is finished."""


class JobAt(Record):
    """A job as it was once."""

    job: Job
    """The job as it was stored then."""
    revision: int
    """The revision that it had."""
    tasks: Sequence[Task]
    """Its tasks as they were, in the order they were linked: those that the job's log tells of. A task that was made
    before it was linked is left out; what the job knew of it is in ``tasks``.
    """
    changed: dt.datetime
    """When the last change before that moment happened."""
    entry: EntryId
    """The entry of that change."""
    position: LogPosition
    """Its place in the log."""


class JobExplanation(Record):
    """Why a job is where it is, why it is not moving, and where it would go."""

    id: JobId
    """Which job."""
    name: str
    """What it is called."""
    account: AccountId
    """For whom."""
    account_name: str
    """What they are called."""
    pipeline: PipelineKey
    """The pipeline it is in."""
    version: int
    """The version that it goes by."""
    stage: StageKey
    """The stage it is in."""
    status: JobStatus
    """Its status."""
    summary: str
    """Everything in a few sentences."""
    here: Arrival
    """How it came into the stage."""
    holds: Sequence[Hold]
    """Everything that holds it; nothing when it is empty."""
    next: NextStep | None
    """What it would do by itself if nothing held it; nothing in a stage that leads nowhere."""
    waiting_for: Party | None
    """Whose turn it is; nobody's when it is finished."""
    waits: Sequence[WaitingAction]
    """Actions of automations that wait, whether or not they hold it."""
    next_timer: dt.datetime | None
    """When time next does something to it."""
    attention: Sequence[Attention]
    """Why somebody should look at it."""


class JobForecast(Record):
    """When a job may be expected to be done.

    It is told by how long others of its pipeline took from where it is, in business hours; those that are not done
    count as far as they have come. It says what is usual, and knows nothing of this job but where it is and for how
    long.
    """

    id: JobId
    """Its identifier."""
    name: str
    """What it is called."""
    account: AccountId
    """For whom."""
    account_name: str
    """What they are called."""
    pipeline: PipelineKey
    """The pipeline it is in."""
    stage: StageKey
    """The stage it is in."""
    status: JobStatus
    """Its status."""
    due: dt.date | None
    """When the firm wants it done."""
    statutory: dt.date | None
    """When the law wants it done."""
    extended: dt.date | None
    """When the law wants it done after an extension."""
    basis: Basis
    """What it is told by."""
    jobs: int
    """How many jobs it is told by."""
    done: int
    """How many of them were done."""
    before_due: float | None
    """How likely it is done by the end of the due date, 0 to 1. Absent without one, and when too few jobs were done to
    tell.
    """
    before_statutory: float | None
    """The same for the statutory date."""
    before_extended: float | None
    """The same for the extended date."""
    p50: dt.datetime | None
    """By when half of such jobs are done."""
    p85: dt.datetime | None
    """By when 85 of 100 are. Absent, as are the others, when that was never seen."""
    p95: dt.datetime | None
    """By when 95 of 100 are."""


class JobMeasures(Record):
    """How long a job took, or has taken until now."""

    id: JobId
    """Its identifier."""
    name: str
    """What it is called."""
    account: AccountId
    """For whom."""
    account_name: str
    """What they are called."""
    pipeline: PipelineKey
    """The pipeline it is in."""
    stage: StageKey
    """The stage it is in."""
    status: JobStatus
    """Its status."""
    due: dt.date | None
    """When it is due."""
    late: bool
    """Whether it was completed after its due date, or is overdue."""
    created: dt.datetime
    """When it was created."""
    started: dt.datetime | None
    """When work on it began: a task of it was taken up or completed, or it left the stage that it was created in."""
    completed: dt.datetime | None
    """When it was completed."""
    lead: Elapsed
    """Lead time: from its creation until it was completed or put away; until now when it is open."""
    cycle: Elapsed | None
    """Cycle time: the same from when work on it began."""
    age: Elapsed | None
    """How long it is in its stage, when it is open."""
    reentries: int
    """How often it came into a stage that it had been in before."""
    stages: Sequence[StageTime]
    """How long it was in which stage, in the order it first came into them."""
    statuses: Sequence[StatusTime]
    """How long it had which status; completed and archived left out."""
    waiting: Sequence[PartyTime]
    """For how long it was whose turn."""


class JobRow(Record):
    """A job in a list, or a card on a board."""

    id: JobId
    """Its identifier."""
    revision: int
    """Its revision."""
    name: str
    """What it is called."""
    account: AccountId
    """For whom."""
    account_name: str
    """What they are called."""
    pipeline: PipelineKey
    """Which pipeline."""
    stage: StageKey
    """Which stage."""
    stage_since: dt.datetime | None
    """Since when."""
    status: JobStatus
    """Its status."""
    priority: Priority
    """How urgent."""
    assignees: AbstractSet[MemberId]
    """Who is responsible."""
    due: dt.date | None
    """When it is due."""
    overdue: bool
    """Whether it is late."""
    tags: AbstractSet[Tag]
    """Its tags."""
    open_blockers: int
    """Blockers of its present visit that are not done."""
    done_blockers: int
    """And those that are."""
    attention: Sequence[Attention]
    """Why somebody should look at it."""
    client_status: str | None
    """What the client sees."""


JobStatus: TypeAlias = "StatusKey"


class JobView(Record):
    """One job with everything about it."""

    job: Job
    """The job."""
    revision: int
    """Its revision."""
    account: Account
    """Its account."""
    pipeline_name: str
    """What its pipeline is called."""
    stage_name: str
    """What its stage is called."""
    overdue: bool
    """Whether it is late."""
    blockers: Tally
    """What its present visit waits for."""
    tasks: Sequence[Task]
    """Its tasks, in the order they were linked."""
    items: Sequence[Item]
    """Its items, in the order they were linked."""
    comments: Sequence[Comment]
    """The first comments on it, oldest first; no more than ``PAGE``."""

    def _repr_html_(self) -> str:
        """It as HTML."""
        from .._show import job_html

        return job_html(self)


class Kept(Record):
    """Something that could not be taken back."""

    what: Subject
    """What."""
    reason: KeptReason
    """Why not."""
    why: str
    """The same in words."""


KeptReason: TypeAlias = (
    'Literal["changed_since", "delivered", "withdrawn", "stage_gone", "name_taken", "not_reversible"]'
)
"""Why something could not be taken back."""


class LinkOrigin(Record):
    """How a task or item came to a job."""

    visit: int
    """During which visit, as a place in ``visits``. It blocks that visit."""
    automation: AutomationKey | None = None
    """By which automation; by hand when absent."""
    status_round: int | None = None
    """In which round of status automations, if one of them made it."""


class LogVerification(Record):
    """What a look through the log by its seals found."""

    entries: int
    """Entries of the log that were read."""
    sealed: int
    """Of these, the ones that agree with their seal."""
    altered: Alteration | None = None
    """The first thing that is not as it was sealed. Nothing after it was looked at."""
    last: KnownSeal | None = None
    """The last seal, to be written down outside the store."""


class Measures(Record):
    """How the jobs that are in a pipeline now, archived ones too, went through it in a stretch of days."""

    pipeline: PipelineKey
    """Of which pipeline."""
    from_: dt.date
    """From this day."""
    to: dt.date
    """To this day, which is part of it."""
    jobs: int
    """Jobs that were looked at."""
    more: bool
    """Whether there are more, which are not in the numbers."""
    created: int
    """Jobs created in the stretch."""
    completed: int
    """Jobs completed in the stretch."""
    throughput: Sequence[Throughput]
    """The same by step of the calendar: every step, also those in which nothing happened."""
    lead: Spread
    """Lead time of the jobs completed: from creation to completion."""
    cycle: Spread
    """Cycle time of the jobs completed: from when work began to completion."""
    completed_with_due: int
    """Jobs completed that had a due date."""
    completed_late: int
    """Those of them that were completed after it."""
    open: int
    """Jobs that are open now."""
    open_late: int
    """Those of them that are overdue."""
    age: Spread
    """How old the open ones are, since their creation."""
    reworked: int
    """Jobs completed that came into a stage that they had been in before."""
    reentries: int
    """How often they did."""
    stages: Sequence[StageMeasures]
    """The stages, in declared order; after them those that the newest version dropped."""
    statuses: Sequence[StatusMeasures]
    """For how long the jobs completed had which status."""
    waiting: Sequence[PartyMeasures]
    """For how long it was whose turn on the jobs completed."""
    late_rate: float | None = None
    """The share of these, 0 to 1. Absent when none had a due date."""


class MemberLoad(Record):
    """What a member has to do."""

    member: MemberId
    """Who."""
    name: str
    """Their name."""
    tasks: int
    """Open tasks."""
    overdue: int
    """Of which late."""
    budget_minutes: int
    """Minutes budgeted for the open tasks. A task of several people counts for each in full."""
    jobs: Count
    """Active jobs."""
    more: bool
    """Whether there are more tasks than were looked at, ``SCAN``."""


class MemberWeek(Record):
    """What a member has to do in a week."""

    member: MemberId
    """Who."""
    name: str
    """Their name."""
    week: str
    """The week, as ISO 8601 names it: ``2026-W15``."""
    monday: dt.date
    """Its Monday."""
    tasks: int
    """Open tasks due in it. Those that are late count for the week of today."""
    jobs: int
    """Active jobs due in it. Those that are late count for the week of today."""
    planned_minutes: int
    """Minutes budgeted for the tasks, and for those of the jobs that have no tasks. What several people do counts for
    each in full.
    """
    capacity_minutes: int | None
    """Minutes that they have for it, as far as that is known."""


MoveKind: TypeAlias = 'Literal["manual", "automove", "automation", "migration"]'
"""How a job came to a stage."""


class NextStep(Record):
    """What a job would do by itself."""

    to: StageKey | None
    """The stage that it would move to; absent when it would be completed where it is."""
    passed: Sequence[Passed]
    """Conditional stages that it would pass over, with their conditions."""
    condition: Explanation | None
    """The condition of the stage that it would move to."""


class Notification(Record):
    """An intent for the host to carry out, delivered at least once, in order per job."""

    id: NotificationId
    """Its identifier, which is also its idempotency key: the same however often it is delivered."""
    firm: FirmId
    """Of which firm."""
    at: dt.datetime
    """When the change that caused it was made."""
    intent: Intent
    """What is to be done."""
    account: AccountId | None = None
    """About which account."""
    job: JobId | None = None
    """About which job."""


class Occasion(Record):
    """One time that something happened which sets an automation off."""

    at: dt.datetime
    """When it ran, or was passed over."""
    ran: bool
    """Whether it ran."""
    why_not: WhyNot | None
    """Why it did not."""
    text: str
    """In words."""
    entry: EntryId
    """The entry of the log."""
    position: LogPosition
    """Its place in the log."""
    event: int | None
    """The event that says that it ran, by its place in the entry."""
    version: int
    """The version of the pipeline that was gone by."""
    stage: StageKey
    """The stage that the job was in."""
    condition: Explanation | None
    """Its condition with the values that were compared then."""
    failed: Sequence[str]
    """Why actions of it could not be done."""
    causes: Sequence[Cause]
    """What set it off first, then what led to that, back to the command that began it. It ends where the actor may see
    no further.
    """


class Occurrence(Record):
    """A line of the ledger: what became of one period of a series for one account. There is one at most, and it stays
    when the work is deleted.
    """

    period: PeriodKey
    """Of which period."""
    series: SeriesId
    """Of which series."""
    day: dt.date
    """The day by the rule."""
    date: dt.date
    """The day by the calendar, or the one it was put on by hand."""
    starts: dt.date
    """First day of the period."""
    ends: dt.date
    """Last day of the period."""
    outcome: OccurrenceOutcome
    """What became of it."""
    at: dt.datetime
    """When."""
    account: AccountId | None = None
    """Of which account; of the firm itself when absent."""


class JobOccurrenceOutcome(Variant, tag="job"):
    """This job was made."""

    value: JobId


class TaskOccurrenceOutcome(Variant, tag="task"):
    """This task was made."""

    value: TaskId


class RefusedOccurrenceOutcome(Variant, tag="refused"):
    """It could not be made, for this reason. It can be run again."""

    value: str


OccurrenceOutcome: TypeAlias = (
    'JobOccurrenceOutcome | TaskOccurrenceOutcome | Literal["skipped"] | RefusedOccurrenceOutcome'
)
"""What became of one period of a series for one account."""


class Outlook(Record):
    """What a preview tells besides the events: what was looked at on the way."""

    automations: Sequence[PreviewedAutomation]
    """Automations that something in the cascade could set off, in the order they were looked at."""
    migrations: Sequence[StageMigration]
    """For a publish: stages that are dropped, and where their jobs go."""


class PartyMeasures(Record):
    """For how long jobs waited for somebody."""

    party: Party
    """For whom."""
    time: Spread
    """How long, each job that did."""
    share: float
    """The share of all jobs' time, 0 to 1."""


class PartyTime(Record):
    """For how long it was somebody's turn on a job."""

    party: Party
    """Whose turn."""
    time: Elapsed
    """For how long altogether."""


class Passed(Record):
    """A conditional stage that is passed over."""

    stage: StageKey
    """Which."""
    condition: Explanation
    """Its condition, which does not hold."""


class PipelineRow(Record):
    """A pipeline in the list of the firm's."""

    key: PipelineKey
    """Its key."""
    newest: int
    """The newest version."""
    published: dt.datetime
    """When the newest version was published."""
    name: str
    """What its newest version is called."""
    archived: bool = False
    """Whether it takes no new jobs."""
    moved_stages: Mapping[str, StageKey] = FrozenDict()
    """Stages that newer versions dropped, and where the jobs in them belong now."""
    switches: Mapping[str, bool] = FrozenDict()
    """Automations switched on or off since they were written."""


class PlannedOccurrence(Record):
    """An occurrence that has not had its turn."""

    day: dt.date
    """The day by the rule, by which commands name it."""
    date: dt.date
    """The day by the calendar, or the one it was put on by hand."""
    opens: dt.datetime | None
    """When its work is made."""
    period: Period
    """What it is about."""
    key: PeriodKey
    """The name of that."""
    changed: bool = False
    """Whether it makes something else than the rest."""
    moved: bool = False
    """Whether it was put on its day by hand."""
    skip: bool = False
    """Whether it is left out."""
    skipped_accounts: int = 0
    """For how many accounts it is left out."""


class PlannedRow(Record):
    """What a series has planned for a day."""

    series: SeriesId
    """Which series."""
    name: str
    """What it is called."""
    accounts: int
    """How many accounts it names. Those that belong to it by a tag are not counted."""
    occurrence: PlannedOccurrence
    """Which time of it."""
    pipeline: PipelineKey | None = None
    """The pipeline of its jobs; absent when it makes tasks."""


class Preview(Record):
    """What a command would do."""

    events: Sequence[Recorded]
    """What would happen, in order."""
    outlook: Outlook
    """Automations that it would run or not run, and why; for a publish, where jobs would go."""
    unchanged: str | None = None
    """Why nothing would change, when nothing would."""
    warnings: Sequence[Problem] = ()
    """What is worth a look in a definition that would be published all the same."""


class PreviewedAutomation(Record):
    """An automation that a preview looked at."""

    automation: AutomationKey
    """Which."""
    runs: bool
    """Whether it would run."""
    why: str
    """Why not, or that nothing stands against it."""
    condition: Explanation | None = None
    """Its condition with the values that were compared."""
    name: str | None = None
    """What it is called."""


class Problem(Record):
    """A problem in a document, with its place."""

    path: str
    """Where, such as ``stages[2].on_entry[0].do[1].request.kind``; empty for the document itself."""
    severity: Severity
    """Whether it refuses the document or only warns."""
    code: str
    """Which check found it; stable, such as ``unknown_field`` or ``unreachable_stage``."""
    message: str
    """What is wrong and what to do."""
    line: int | None = None
    """Line in the text, from 1, where it is known."""


class Quantiles(Record):
    """What durations have in common, in seconds. A share's duration is the shortest that so many of them do not
    exceed: one of those that were measured, not a value between two.
    """

    mean: int
    """Their mean."""
    p50: int
    """Half of them took no longer."""
    p85: int
    """85 of 100 took no longer."""
    p95: int
    """95 of 100 took no longer."""
    max: int
    """The longest."""


class NotificationQueuedBody(Variant, tag="notification"):
    """In the outbox."""

    value: Notification


class FollowUpQueuedBody(Variant, tag="follow_up"):
    """Among the follow-ups."""

    value: FollowUp


class TimerQueuedBody(Variant, tag="timer"):
    """Among the timers."""

    value: TimerOf


QueuedBody: TypeAlias = "NotificationQueuedBody | FollowUpQueuedBody | TimerQueuedBody"
"""What a queued row carries."""


class Reminder(Record):
    """Reminders of something that is not done."""

    number: int
    """Tells it from the job's other reminders; counted up."""
    of: ReminderOf
    """Of what."""
    rule: Reminders
    """How often."""
    next: dt.datetime
    """When the next one comes."""
    sent: int = 0
    """How many there were."""


class ItemReminderOf(Variant, tag="item"):
    """An item that the client, or another, has to do something with."""

    value: ItemId


class TaskReminderOf(Variant, tag="task"):
    """A task."""

    value: TaskId


ReminderOf: TypeAlias = "ItemReminderOf | TaskReminderOf"
"""What a reminder is of."""


class AccountRestored(Variant, tag="account"):
    """An account."""

    value: Account


class JobRestored(Variant, tag="job"):
    """A job."""

    value: Job


class TaskRestored(Variant, tag="task"):
    """A task."""

    value: Task


class ItemRestored(Variant, tag="item"):
    """An item."""

    value: Item


class CommentRestored(Variant, tag="comment"):
    """A comment."""

    value: Comment


Restored: TypeAlias = "AccountRestored | JobRestored | TaskRestored | ItemRestored | CommentRestored"
"""A record as it was before a command that was undone."""


class Seal(Record):
    """What closes a stretch of a firm's log."""

    number: int
    """The how many-eth of the firm, from 1."""
    through: EntryId
    """The last entry that it covers. The first is the one after the last of the seal before."""
    digests: str
    """The first 16 bytes of the SHA-256 of each entry, as 32 hexadecimal digits, one after the other in the order of
    the log. What is summed is the entry as JSON without spaces.
    """
    head: str
    """SHA-256 in hexadecimal digits of the head of the seal before, the number, and the whole sums of these entries:
    it stands for the log from its beginning.
    """


class Series(Record):
    """Work that comes again, period after period."""

    id: SeriesId
    """Its identifier."""
    name: str
    """What it is called in the firm."""
    makes: SeriesWork
    """What it makes."""
    for_: Audience
    """For whom."""
    schedule: Schedule
    """When it occurs."""
    state: SeriesState
    """Whether it runs."""
    created: dt.datetime
    """When it was created."""
    updated: dt.datetime
    """When it last changed."""
    catch_up: CatchUp = "latest"
    """What becomes of occurrences whose day has gone by."""
    continued_by: SeriesId | None = None
    """The series that goes on from it."""
    continues: SeriesId | None = None
    """The series that it goes on from."""
    cursor: dt.date | None = None
    """Occurrences up to this day by the rule have had their turn."""
    exceptions: Mapping[str, SeriesException] = FrozenDict()
    """Occurrences that are not as the rest, by their day by the rule. Those that have had their turn are forgotten."""
    lead: Span | None = None
    """How long before an occurrence its work is made; on the day itself when absent."""
    next: dt.datetime | None = None
    """When it next has something to do."""
    through: dt.date | None = None
    """The last day by the rule that is this series' own, when another continues it."""


class SeriesException(Record):
    """How one occurrence of a series is not as the rest."""

    date: dt.date | None = None
    """It is on this day."""
    makes: SeriesWork | None = None
    """It makes this instead."""
    skip: bool = False
    """Nothing is made for it."""
    skip_accounts: AbstractSet[AccountId] = frozenset()
    """Nothing is made for these accounts."""


class SeriesView(Record):
    """One series with what it is to make."""

    series: Series
    """The series."""
    revision: int
    """Its revision."""
    upcoming: Sequence[PlannedOccurrence]
    """Its next occurrences, in the order of their dates. None while it is ended."""


Severity: TypeAlias = 'Literal["warning", "error"]'
"""How bad a ``Problem`` is."""


class ShiftPreview(Record):
    """What moving deadlines would change."""

    accounts: int
    """Accounts with at least one job whose deadlines move."""
    jobs: int
    """Jobs whose deadlines move."""
    dates: Mapping[str, int]
    """How many dates of each sort move; those that follow from them are not counted."""


class Spread(Record):
    """How long many things took."""

    count: int
    """How many they are."""
    business: Quantiles | None = None
    """In seconds of business hours. Absent when there are none."""
    calendar: Quantiles | None = None
    """In seconds that went by. Absent when there are none."""


class StageMeasures(Record):
    """How long jobs stay in a stage."""

    stage: StageKey
    """Which stage."""
    name: str
    """What it is called."""
    time: Spread
    """How long the visits took that ended in the stretch."""
    reentries: int
    """How many of these visits were not the job's first."""
    age: Spread
    """How long the jobs that are open and in it now have been there."""


class StageMigration(Record):
    """Jobs of a stage that a new version drops."""

    from_: StageKey
    """From which stage."""
    to: StageKey
    """To which stage."""
    jobs: int
    """How many jobs."""


class StageTime(Record):
    """How long a job was in a stage."""

    pipeline: PipelineKey
    """Of which pipeline."""
    stage: StageKey
    """Which stage."""
    visits: int
    """How often it came in."""
    time: Elapsed
    """How long it was there altogether."""


class StatusMeasures(Record):
    """How long jobs had a status."""

    status: JobStatus
    """Which status."""
    name: str
    """What it is called."""
    time: Spread
    """How long, each job that had it."""


class StatusTime(Record):
    """How long a job had a status."""

    status: JobStatus
    """Which status."""
    time: Elapsed
    """How long altogether."""


class AccountSubject(Variant, tag="account"):
    """An account."""

    value: AccountId


class JobSubject(Variant, tag="job"):
    """A job."""

    value: JobId


class TaskSubject(Variant, tag="task"):
    """A task."""

    value: TaskId


class ItemSubject(Variant, tag="item"):
    """An item."""

    value: ItemId


class CommentSubject(Variant, tag="comment"):
    """A comment."""

    value: CommentId


class NotificationSubject(Variant, tag="notification"):
    """A notification."""

    value: NotificationId


class OtherSubject(Variant, tag="other"):
    """Another record, by kind and key."""

    value: str


Subject: TypeAlias = (
    "AccountSubject | JobSubject | TaskSubject | ItemSubject | CommentSubject | NotificationSubject | OtherSubject"
)
"""A record, or a notification, that an undone command had to do with."""


class Tally(Record):
    """How much of what a visit asked for is done."""

    open: int
    """Blockers not done."""
    done: int
    """Blockers done."""


class Task(Record):
    """A task. It belongs to one job, or to none."""

    id: TaskId
    """Its identifier."""
    title: str
    """What is to be done."""
    state: TaskState
    """Its state."""
    created: dt.datetime
    """When it was created."""
    updated: dt.datetime
    """When it last changed."""
    account: AccountId | None = None
    """The account it is for."""
    assigned_roles: AbstractSet[RoleKey] = frozenset()
    """The roles that assignees were resolved from."""
    assignees: AbstractSet[MemberId] = frozenset()
    """Who does it."""
    budget_minutes: int | None = None
    """Time budgeted, in minutes."""
    checklist: Sequence[ChecklistItem] = ()
    """Steps to tick off. They never hold the task up."""
    completed: dt.datetime | None = None
    """When it was completed, if it is."""
    custom_status: StatusKey | None = None
    """The firm's own name for its state."""
    description: str | None = None
    """How."""
    due: dt.date | None = None
    """When it is due."""
    due_rule: DateExpression | None = None
    """How the due date follows from the job's dates."""
    job: JobId | None = None
    """The job it belongs to."""
    priority: Priority = "medium"
    """How urgent."""
    start: dt.date | None = None
    """When it begins."""
    start_rule: DateExpression | None = None
    """How the start follows from the job's dates."""
    tags: AbstractSet[Tag] = frozenset()
    """Tags."""
    template: TemplateKey | None = None
    """The template it was made from."""
    waits_for: AbstractSet[TaskId] = frozenset()
    """Tasks it waits for."""


class TaskLink(Record):
    """A task of a job, as far as the job needs to know it."""

    task: TaskId
    """Which task."""
    state: TaskState
    """Its state."""
    visit: int
    """During which visit, as a place in ``visits``. It blocks that visit."""
    anchored: bool = False
    """Whether its dates follow from others."""
    anchors: Sequence[DateAnchor] = ()
    """What its dates count from that may change."""
    automation: AutomationKey | None = None
    """By which automation; by hand when absent."""
    completed: dt.datetime | None = None
    """When it was completed, if it is."""
    due: dt.date | None = None
    """When it is due."""
    status_round: int | None = None
    """In which round of status automations, if one of them made it."""
    template: TemplateKey | None = None
    """The template it was made from."""


class TaskRow(Record):
    """A task in a list."""

    id: TaskId
    """Its identifier."""
    title: str
    """What is to be done."""
    state: TaskState
    """Its state."""
    created: dt.datetime
    """When it was created."""
    updated: dt.datetime
    """When it last changed."""
    revision: int
    """Its revision."""
    overdue: bool
    """Whether it is late."""
    account: AccountId | None = None
    """The account it is for."""
    assigned_roles: AbstractSet[RoleKey] = frozenset()
    """The roles that assignees were resolved from."""
    assignees: AbstractSet[MemberId] = frozenset()
    """Who does it."""
    budget_minutes: int | None = None
    """Time budgeted, in minutes."""
    checklist: Sequence[ChecklistItem] = ()
    """Steps to tick off. They never hold the task up."""
    completed: dt.datetime | None = None
    """When it was completed, if it is."""
    custom_status: StatusKey | None = None
    """The firm's own name for its state."""
    description: str | None = None
    """How."""
    due: dt.date | None = None
    """When it is due."""
    due_rule: DateExpression | None = None
    """How the due date follows from the job's dates."""
    job: JobId | None = None
    """The job it belongs to."""
    job_name: str | None = None
    """What its job is called."""
    priority: Priority = "medium"
    """How urgent."""
    start: dt.date | None = None
    """When it begins."""
    start_rule: DateExpression | None = None
    """How the start follows from the job's dates."""
    tags: AbstractSet[Tag] = frozenset()
    """Tags."""
    template: TemplateKey | None = None
    """The template it was made from."""
    waits_for: AbstractSet[TaskId] = frozenset()
    """Tasks it waits for."""


class Throughput(Record):
    """What came in and went out in a step of the calendar."""

    from_: dt.date
    """Its first day that is in the stretch."""
    to: dt.date
    """Its last day that is in the stretch."""
    created: int
    """Jobs created."""
    completed: int
    """Jobs completed."""


class Timer(Record):
    """A time at which something happens to a job by itself. It counts while the job is active."""

    key: TimerKey
    """What for. A job has one timer of each key at most: setting it again replaces it."""
    due: dt.datetime
    """When."""
    day: dt.date | None = None
    """The date that it warns of, or that has passed by then, if it is about one."""


class AutomationTimerKey(Variant, tag="automation"):
    """An automation that a date of the job, or a schedule, sets off."""

    value: AutomationKey


class TaskTimerKey(Record, tag="task"):
    """An automation that the due date of a task sets off."""

    automation: AutomationKey
    """Which automation."""
    task: TaskId
    """Which task."""


TimerKey: TypeAlias = 'Literal["stage_limit"] | AutomationTimerKey | TaskTimerKey'
"""What a timer is for."""


class JobTimerOf(Variant, tag="job"):
    """A job's."""

    value: JobId


class SeriesTimerOf(Variant, tag="series"):
    """A series'."""

    value: SeriesId


TimerOf: TypeAlias = "JobTimerOf | SeriesTimerOf"
"""Whose timer."""


class Undone(Record):
    """A command that was undone, with what followed from it."""

    entry: EntryId
    """The entry that was named."""
    command: str
    """The name of its command."""
    entries: Sequence[EntryId]
    """Every entry that was taken back: those of the command, then those that followed from it."""
    kept: Sequence[Kept] = ()
    """What could not be taken back."""


class JobUnmade(Variant, tag="job"):
    """A job."""

    value: JobId


class TaskUnmade(Variant, tag="task"):
    """A task."""

    value: TaskId


class ItemUnmade(Variant, tag="item"):
    """An item."""

    value: ItemId


class CommentUnmade(Variant, tag="comment"):
    """A comment."""

    value: CommentId


Unmade: TypeAlias = "JobUnmade | TaskUnmade | ItemUnmade | CommentUnmade"
"""A record that a command which was undone had made."""


class Verification(Record):
    """What a check of a firm's records found."""

    entries: int
    """Entries of the log that were read."""
    records: int
    """Records that were compared."""
    differences: Sequence[str]
    """What does not agree, in words. Empty when all is well."""


class Visit(Record):
    """A stay in a stage."""

    stage: StageKey
    """Which stage."""
    entered: dt.datetime
    """Since when."""
    left: dt.datetime | None = None
    """Until when; absent while it lasts."""
    pipeline: PipelineKey | None = None
    """Of which pipeline; absent when it is that of the visit before."""


class Wait(Record):
    """Actions of an automation that wait for something."""

    number: int
    """Tells it from the job's other waits; counted up."""
    automation: AutomationKey
    """Of which automation."""
    action: int
    """The number of the waiting action in the automation."""
    version: int
    """The version of the job's pipeline whose actions go on."""
    visit: int
    """During which visit it began."""
    began: dt.datetime
    """Since when."""
    for_condition: bool = False
    """Whether it waits for a condition."""
    keep: bool = False
    """Whether it goes on when the job leaves the stage or is held up."""
    look: dt.datetime | None = None
    """When its condition is looked at again because the day changes, if it looks at the day."""
    status_round: int | None = None
    """In which round of status automations, if it belongs to one."""
    until: dt.datetime | None = None
    """When it is over, at the latest; never by itself when absent."""


WaitCancelled: TypeAlias = (
    'Literal["left_stage", "left_pipeline", "status_changed", "archived", "switched_off", "by_hand"]'
)
"""Why a wait was cancelled."""


class CancelledWaitEnd(Variant, tag="cancelled"):
    """It was cancelled: the actions after it are not done."""

    value: WaitCancelled


WaitEnd: TypeAlias = 'Literal["elapsed", "met", "timed_out", "skipped"] | CancelledWaitEnd'
"""How a wait ended."""


class Waiting(Record):
    """A queued row as it is listed."""

    sequence: int
    """Its place in the order of the queue."""
    id: UUID
    """Its identifier."""
    due: dt.datetime
    """When it is due."""
    attempts: int
    """How often it was handed out."""
    generation: int
    """Counts the leases it had, as ``generation`` does."""
    body: QueuedBody
    """What it carries."""
    error: str | None = None
    """Why it did not work last time."""
    leased_until: dt.datetime | None = None
    """Until when it is leased, if it is."""


class WaitingAction(Record):
    """An action that waits."""

    number: int
    """Tells it from the job's other waits."""
    automation: AutomationKey
    """Of which automation."""
    since: dt.datetime
    """Since when."""
    until: dt.datetime | None
    """Until when, at the latest; for ever when absent."""
    condition: Explanation | None
    """The condition that it waits for, as it is now."""
    text: str
    """In words."""


WhyNot: TypeAlias = (
    'Literal["switched_off", "left_out", "jumped_over", "other_stage", "not_first_entry", "not_forward", '
    '"condition_fails", "loop_cut", "archived", "not_reached"]'
)
"""Why an automation did not run when something happened that sets it off."""
