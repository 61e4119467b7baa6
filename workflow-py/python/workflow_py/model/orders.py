"""What commands and questions are made of.

Written by ``tools/generate`` from the JSON Schemas; do not edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NewType, TypeAlias
from uuid import UUID

from .._record import FrozenDict, Record, Variant

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from .._record import Change
    from .definitions import (
        Assignment,
        AutomationKey,
        DateExpression,
        FieldKey,
        FieldTest,
        FieldValue,
        ItemKind,
        JobDate,
        MemberId,
        PipelineKey,
        Priority,
        RoleKey,
        Schedule,
        SeriesId,
        Span,
        StageKey,
        StatusKey,
        Tag,
        TagTest,
        TaskState,
        TaskTemplate,
        TemplateKey,
    )

__all__ = [
    "AccountActivityOf",
    "AccountFieldReaction",
    "AccountId",
    "AccountJobScope",
    "AccountLedgerOf",
    "AccountQuery",
    "AccountRecord",
    "AccountTagsReaction",
    "AccountTaskScope",
    "ActionFailedAttentionReason",
    "ActionFailedReaction",
    "ActionOrigin",
    "ActivityOf",
    "ActivityQuery",
    "Actor",
    "AssignMode",
    "AssigneeJobScope",
    "AssigneeTaskScope",
    "AttentionReason",
    "Audience",
    "BulkMode",
    "ByPostpone",
    "CalendarQuery",
    "CatchUp",
    "ClientActor",
    "ClockReaction",
    "CsvExportFormat",
    "Cursor",
    "DatesReaction",
    "DeclinedAttentionReason",
    "DependencyReaction",
    "EntryId",
    "ExportDetail",
    "ExportFormat",
    "ExportQuery",
    "ExportedTable",
    "ExternalItemRef",
    "ExternalRef",
    "FirmId",
    "HeldAttentionReason",
    "IdItemRef",
    "Interval",
    "ItemId",
    "ItemReaction",
    "ItemRef",
    "JobActivityOf",
    "JobChanges",
    "JobId",
    "JobJobScope",
    "JobQuery",
    "JobScope",
    "JobSeriesWork",
    "KnownSeal",
    "LedgerOf",
    "LedgerQuery",
    "LinkedAccount",
    "LogPosition",
    "MakeOccurrence",
    "MeasuresQuery",
    "MemberActivityOf",
    "MemberActor",
    "MoveJob",
    "NewItem",
    "NewJob",
    "NewSeries",
    "NewTask",
    "Notation",
    "NotificationId",
    "OverTimeAttentionReason",
    "PageRequest",
    "Period",
    "PeriodKey",
    "PipelineJobScope",
    "Postpone",
    "Queue",
    "QueuedState",
    "Reaction",
    "Receipt",
    "ReconsiderReaction",
    "RejectedAttentionReason",
    "RoleTaskScope",
    "SeriesChanges",
    "SeriesJob",
    "SeriesLedgerOf",
    "SeriesQuery",
    "SeriesScope",
    "SeriesState",
    "SeriesTask",
    "SeriesTurn",
    "SeriesWork",
    "ShiftDeadlines",
    "ShiftDeadlinesReaction",
    "SystemActor",
    "TaskChanges",
    "TaskId",
    "TaskQuery",
    "TaskScope",
    "TaskSeriesWork",
    "TemplateKind",
    "ThisAndFollowingSeriesScope",
    "ThisSeriesScope",
    "ToPostpone",
    "UnfilledRoleAttentionReason",
    "WipLimitAttentionReason",
    "WorkloadQuery",
]

AccountId = NewType("AccountId", UUID)
"""A client of the firm."""


class AccountQuery(Record):
    """A list of accounts, by name. Filters that are absent let every account through."""

    prefix: str | None = None
    """Whose name begins with this, case and all: found by index."""
    tag: Tag | None = None
    """With this tag."""
    text: str | None = None
    """Whose name has this text in it, whatever the case."""


class AccountRecord(Record):
    """What the host says of an account."""

    id: AccountId
    """Its identifier."""
    name: str
    """What it is called."""
    external: ExternalRef | None = None
    """How the host's own system calls it; unique in the firm."""
    fields: Mapping[str, FieldValue] = FrozenDict()
    """Custom fields, all of them."""
    linked: Sequence[LinkedAccount] = ()
    """Related accounts, all of them."""
    roles: Mapping[str, AbstractSet[MemberId]] = FrozenDict()
    """Role holders, all of them."""


class ActionOrigin(Record):
    """The action that left a follow-up."""

    job: JobId
    """On which job."""
    automation: AutomationKey
    """Of which automation."""
    action: int
    """Its place among the automation's actions, from 0."""
    visit: int
    """During which visit."""
    status_round: int | None = None
    """In which round of status automations, if it belongs to one."""


class JobActivityOf(Variant, tag="job"):
    """What happened to a job."""

    value: JobId


class AccountActivityOf(Variant, tag="account"):
    """What happened to an account and its jobs."""

    value: AccountId


class MemberActivityOf(Variant, tag="member"):
    """What a member did."""

    value: MemberId


ActivityOf: TypeAlias = 'Literal["firm"] | JobActivityOf | AccountActivityOf | MemberActivityOf'
"""Whose activity."""


class ActivityQuery(Record):
    """A list of what happened."""

    of: ActivityOf = "firm"
    """Whose."""
    oldest_first: bool = False
    """Oldest first, instead of newest first."""


class MemberActor(Variant, tag="member"):
    """A member of the firm."""

    value: MemberId


class ClientActor(Variant, tag="client"):
    """A client, through the host's portal: the account they act for."""

    value: AccountId


class SystemActor(Variant, tag="system"):
    """The host's own system, by a name of its choice. It may do everything."""

    value: str


Actor: TypeAlias = 'MemberActor | ClientActor | Literal["automation"] | SystemActor'
"""Who gave a command."""

AssignMode: TypeAlias = 'Literal["add", "remove", "replace"]'
"""How assignees change."""


class DeclinedAttentionReason(Variant, tag="declined"):
    """The client declined this item."""

    value: ItemId


class ActionFailedAttentionReason(Variant, tag="action_failed"):
    """An action could not be done; the number is that of the ``FailedAction``."""

    value: int


class UnfilledRoleAttentionReason(Variant, tag="unfilled_role"):
    """Nobody holds a role that the job was to be assigned to."""

    value: RoleKey


class WipLimitAttentionReason(Variant, tag="wip_limit"):
    """A stage holds more jobs than it should."""

    value: StageKey


class HeldAttentionReason(Variant, tag="held"):
    """Everything is done, and the job waits for room in this stage."""

    value: StageKey


class OverTimeAttentionReason(Variant, tag="over_time"):
    """It has been in this stage for longer than it should."""

    value: StageKey


class RejectedAttentionReason(Variant, tag="rejected"):
    """The host refused a notification."""

    value: NotificationId


AttentionReason: TypeAlias = (
    'DeclinedAttentionReason | ActionFailedAttentionReason | Literal["loop"] | UnfilledRoleAttentionReason | '
    "WipLimitAttentionReason | HeldAttentionReason | OverTimeAttentionReason | RejectedAttentionReason"
)
"""What kind of reason there is to look at a job."""


class Audience(Record):
    """For whom a series makes its work: the accounts named, and those that have one of the tags when their turn comes.
    An account that gets a tag later joins with the next occurrence.
    """

    accounts: AbstractSet[AccountId] = frozenset()
    """These accounts."""
    except_: AbstractSet[AccountId] = frozenset()
    """Not these, whatever tags they have."""
    firm: bool = False
    """One task for the firm itself, and no account."""
    tags: AbstractSet[Tag] = frozenset()
    """Accounts with any of these tags."""


BulkMode: TypeAlias = 'Literal["each", "all_or_nothing"]'
"""Whether a bulk command is atomic as a whole or for each of its entries."""


class CalendarQuery(Record):
    """A stretch of the calendar."""

    from_: dt.date
    """From this day."""
    to: dt.date
    """To this day, which is part of it."""
    member: MemberId | None = None
    """Of one member; of the firm when absent."""


CatchUp: TypeAlias = 'Literal["all", "latest", "none"]'
"""What becomes of occurrences whose day has gone by before their work was made: after downtime, a pause, or a clock
that jumped.
"""

Cursor: TypeAlias = "str"
"""Where a page ends, and the next begins. A text to be handed back as it is."""

EntryId = NewType("EntryId", UUID)
"""One entry of the log: everything one command changed."""

ExportDetail: TypeAlias = 'Literal["stages", "work", "all"]'
"""Which events are told."""


class CsvExportFormat(Variant, tag="csv"):
    """A table as CSV (RFC 4180), in UTF-8."""

    value: ExportedTable


ExportFormat: TypeAlias = 'Literal["xes", "ocel"] | CsvExportFormat'
"""The form of an export."""


class ExportQuery(Record):
    """What is exported, and how."""

    format: ExportFormat
    """In which form."""
    detail: ExportDetail = "work"
    """Which events."""
    from_: dt.date | None = None
    """Only events of this day of the firm's or a later one. For what consists of events."""
    pipeline: PipelineKey | None = None
    """Only jobs that are in this pipeline now, and what belongs to them; everything when absent."""
    raw: bool = False
    """In CSV: texts just as they are, also those that a spreadsheet would take for a formula. Else they get an
    apostrophe before them.
    """
    to: dt.date | None = None
    """Only events of this day of the firm's or an earlier one. For what consists of events."""


ExportedTable: TypeAlias = 'Literal["accounts", "jobs", "tasks", "items", "events", "measures", "stage_times"]'
"""A table that can be exported."""

ExternalRef: TypeAlias = "str"

FirmId = NewType("FirmId", UUID)
"""A firm: the tenant that every record belongs to."""

Interval: TypeAlias = 'Literal["day", "week", "month"]'
"""A step of the calendar."""

ItemId = NewType("ItemId", UUID)
"""Something linked to a job that lives in the host."""


class IdItemRef(Variant, tag="id"):
    """By the engine's identifier."""

    value: ItemId


class ExternalItemRef(Variant, tag="external"):
    """By the host's."""

    value: ExternalRef


ItemRef: TypeAlias = "IdItemRef | ExternalItemRef"
"""Names an item."""


class JobChanges(Record):
    """What to change of a job. Absent parts stay."""

    budget_minutes: Change[int] | None = None
    """The time budget, in minutes."""
    client_status: Change[str] | None = None
    """What the client sees of its state; shortcodes allowed."""
    dates: Mapping[str, Change[DateExpression]] = FrozenDict()
    """Dates. One that counts from another follows it from then on; a fixed one follows none."""
    description: Change[str] | None = None
    """The description; shortcodes allowed."""
    fields: Mapping[str, Change[FieldValue]] = FrozenDict()
    """Custom fields."""
    name: str | None = None
    """The name; shortcodes allowed."""
    period_end: Change[dt.date] | None = None
    """Last day of the period it is about."""
    period_start: Change[dt.date] | None = None
    """First day of the period it is about."""
    priority: Priority | None = None
    """The priority."""


JobId = NewType("JobId", UUID)
"""One service for one account."""


class JobQuery(Record):
    """A list of jobs. Filters that are absent or empty let every job through."""

    archived: bool = False
    """Archived ones too, when no status is named."""
    at_least: Priority | None = None
    """At least this urgent."""
    descending: bool = False
    """The other way round."""
    due_from: dt.date | None = None
    """Due on this day or later."""
    due_to: dt.date | None = None
    """Due on this day or earlier."""
    overdue: bool = False
    """Active and due before today."""
    scope: JobScope = "firm"
    """Which."""
    statuses: AbstractSet[StatusKey] = frozenset()
    """With one of these statuses; all but archived ones when empty."""
    tags: AbstractSet[Tag] = frozenset()
    """With all of these tags."""
    text: str | None = None
    """Whose name has this text in it, whatever the case."""


class PipelineJobScope(Record, tag="pipeline"):
    """Those of a pipeline, or of some of its stages, by due date."""

    pipeline: PipelineKey
    """Which."""
    stages: AbstractSet[StageKey] = frozenset()
    """Only in these stages; all when empty."""


class AccountJobScope(Variant, tag="account"):
    """Those of an account, by creation."""

    value: AccountId


class AssigneeJobScope(Variant, tag="assignee"):
    """Those assigned to a member, by due date."""

    value: MemberId


class JobJobScope(Variant, tag="job"):
    """One job, also when it is archived."""

    value: JobId


JobScope: TypeAlias = (
    'Literal["firm", "unassigned", "attention"] | PipelineJobScope | AccountJobScope | AssigneeJobScope | JobJobScope'
)
"""Which jobs, among those that the filters leave."""


class KnownSeal(Record):
    """A head that was written down outside the store, to be compared."""

    number: int
    """The seal's number."""
    head: str
    """Its head, in hexadecimal digits."""


class SeriesLedgerOf(Variant, tag="series"):
    """A series', by period."""

    value: SeriesId


class AccountLedgerOf(Variant, tag="account"):
    """An account's, by day."""

    value: AccountId


LedgerOf: TypeAlias = 'SeriesLedgerOf | AccountLedgerOf | Literal["firm"]'
"""Whose ledger."""


class LedgerQuery(Record):
    """Lines of the ledger of series."""

    of: LedgerOf
    """Whose."""
    descending: bool = False
    """The newest first."""
    refused: bool = False
    """Only what could not be made."""


class LinkedAccount(Record):
    """A relation from one account to another."""

    relation: str
    """What the other is to this one, such as ``spouse`` or ``partner``."""
    account: AccountId
    """The other account."""


LogPosition: TypeAlias = "int"
"""A place in a store's log. Later commits have greater positions; there may be gaps."""


class MakeOccurrence(Record):
    """What a series makes for one account. Given by the engine to itself."""

    series: SeriesId
    """Which series."""
    turn: SeriesTurn
    """Which time of it."""
    account: AccountId | None = None
    """For which account; for the firm itself when absent."""
    again: bool = False
    """Try again what was refused, and make what was skipped."""
    refused: str | None = None
    """It could not be made, for this reason: that is to be kept."""


class MeasuresQuery(Record):
    """What is measured of a pipeline."""

    pipeline: PipelineKey
    """Of which pipeline."""
    from_: dt.date
    """From this day."""
    to: dt.date
    """To this day, which is part of it."""
    by: Interval = "week"
    """In what steps throughput is counted."""


class MoveJob(Record):
    """Where and how to move a job by hand."""

    job: JobId
    """Which job."""
    to: StageKey
    """To which stage."""
    fire_jumped: bool = False
    """Also run the entry automations of the stages jumped over."""
    leave_out: AbstractSet[AutomationKey] = frozenset()
    """Do not run these automations of the stage."""
    override: bool = False
    """Leave although the exit requirements do not hold, and enter although the stage is full."""
    pipeline: PipelineKey | None = None
    """In another pipeline."""
    reenter: bool = False
    """Enter the stage anew if the job is in it already."""


class NewItem(Record):
    """An item to link by hand."""

    kind: ItemKind
    """What kind."""
    title: str
    """What it is called."""
    account: AccountId | None = None
    """For which account, when it has no job."""
    external: ExternalRef | None = None
    """How the host's own system calls it."""
    id: ItemId | None = None
    """Its identifier; made by the engine when absent."""
    job: JobId | None = None
    """To which job it is linked."""
    payment_submitted_is_done: bool = False
    """For an invoice: a submitted payment is enough."""
    without_invoice: bool = False
    """For a proposal: it has no one-time invoice."""


class NewJob(Record):
    """A job to create. What it leaves out comes from its template, then from the pipeline's defaults."""

    account: AccountId
    """For whom."""
    pipeline: PipelineKey
    """In which pipeline."""
    assign: Assignment | None = None
    """Who is responsible."""
    budget_minutes: int | None = None
    """Time budgeted, in minutes."""
    description: str | None = None
    """What is to be done; shortcodes allowed."""
    due: DateExpression | None = None
    """When the firm wants it done."""
    extended: DateExpression | None = None
    """When the law wants it done after an extension."""
    fields: Mapping[str, FieldValue] = FrozenDict()
    """Its custom fields, over the template's."""
    id: JobId | None = None
    """Its identifier; made by the engine when absent."""
    name: str | None = None
    """What it is called; shortcodes allowed."""
    period_end: dt.date | None = None
    """Last day of the period it is about."""
    period_start: dt.date | None = None
    """First day of the period it is about."""
    priority: Priority | None = None
    """How urgent."""
    stage: StageKey | None = None
    """In which stage; the first when absent."""
    start: DateExpression | None = None
    """When work should begin."""
    statutory: DateExpression | None = None
    """When the law wants it done."""
    tags: AbstractSet[Tag] = frozenset()
    """Its tags, besides the template's."""
    template: TemplateKey | None = None
    """From which template."""


class NewSeries(Record):
    """A series to create."""

    name: str
    """What it is called in the firm."""
    makes: SeriesWork
    """What it makes."""
    schedule: Schedule
    """When it occurs."""
    backfill: bool = False
    """Also catches up with occurrences whose day had gone by when the series was created. Else it begins with the
    first whose day has not.
    """
    catch_up: CatchUp = "latest"
    """What becomes of occurrences whose day has gone by."""
    for_: Audience | None = None
    """For whom. Nobody yet when absent: accounts can join later."""
    id: SeriesId | None = None
    """Its identifier; made by the engine when absent."""
    lead: Span | None = None
    """How long before an occurrence its work is made, in days, business days, weeks, months or years; on the day
    itself when absent.
    """


class NewTask(Record):
    """A task to create by hand."""

    account: AccountId | None = None
    """For which account, when it has no job."""
    id: TaskId | None = None
    """Its identifier; made by the engine when absent."""
    job: JobId | None = None
    """For which job. It counts as linked by hand during the present visit."""
    task: TaskTemplate | None = None
    """What it is, when it comes from no template."""
    template: TemplateKey | None = None
    """From which of the firm's or the pipeline's templates."""
    waits_for: AbstractSet[TaskId] = frozenset()
    """Tasks it waits for."""


Notation: TypeAlias = 'Literal["dot", "mermaid"]'
"""In which notation a graph is drawn."""

NotificationId = NewType("NotificationId", UUID)
"""A notification for the host to carry out."""


class PageRequest(Record):
    """Which page of rows."""

    after: Cursor | None = None
    """After this row: the ``next`` of the page before, of the same query."""
    limit: int = 50
    """No more rows than this, 1 to ``PAGE``."""


class Period(Record):
    """A stretch of days."""

    start: dt.date
    """Its first day."""
    end: dt.date
    """Its last day."""


PeriodKey: TypeAlias = "str"


class ToPostpone(Variant, tag="to"):
    """To this day."""

    value: dt.date


class ByPostpone(Variant, tag="by"):
    """By so long. Business days are those of the firm's default calendar."""

    value: Span


Postpone: TypeAlias = "ToPostpone | ByPostpone"
"""How far deadlines are moved."""

Queue: TypeAlias = 'Literal["outbox", "follow_ups", "timers"]'
"""Which queue."""

QueuedState: TypeAlias = 'Literal["waiting", "dead"]'
"""In which state a queued row is."""


class AccountTagsReaction(Record, tag="account_tags"):
    """The account's tags changed."""

    job: JobId
    """The job that reacts."""
    added: Sequence[Tag]
    """Tags the account got."""
    removed: Sequence[Tag]
    """Tags it lost."""


class AccountFieldReaction(Record, tag="account_field"):
    """A custom field of the account changed."""

    job: JobId
    """The job that reacts."""
    field: FieldKey
    """Which field."""


class DependencyReaction(Record, tag="dependency"):
    """A job that it waits for was finished or opened again."""

    job: JobId
    """The job that reacts."""
    on: JobId
    """The one it waits for."""
    finished: bool
    """Whether that one is finished, or gone."""


class ItemReaction(Record, tag="item"):
    """An item of it was reported on."""

    job: JobId
    """The job that reacts."""
    item: ItemId
    """Which item."""


class ActionFailedReaction(Record, tag="action_failed"):
    """An action of an automation on it could not be done after all."""

    origin: ActionOrigin
    """Which."""
    why: str
    """Why."""


class ClockReaction(Record, tag="clock"):
    """Time has passed: what is due on it is done."""

    job: JobId
    """The job."""


class DatesReaction(Record, tag="dates"):
    """What its dates count from may have changed."""

    job: JobId
    """The job that reacts."""


class ShiftDeadlinesReaction(Record, tag="shift_deadlines"):
    """Its deadlines are among those that are moved."""

    job: JobId
    """The job that reacts."""
    order: ShiftDeadlines
    """How they are moved."""
    at: dt.datetime
    """When that was ordered: jobs created later are not concerned."""


class ReconsiderReaction(Record, tag="reconsider"):
    """Something around it changed: a newer version of its pipeline, a stage with room again."""

    job: JobId
    """The job that reacts."""


Reaction: TypeAlias = (
    "AccountTagsReaction | AccountFieldReaction | DependencyReaction | ItemReaction | ActionFailedReaction | "
    "ClockReaction | DatesReaction | ShiftDeadlinesReaction | ReconsiderReaction"
)
"""A change on another record that a job reacts to."""


class Receipt(Record):
    """Names a delivery. Good as long as its lease, and in any process: it can be kept as a document."""

    firm: FirmId
    """Of which firm."""
    notification: NotificationId
    """Which notification."""
    generation: int
    """Which time that it was handed out."""
    attempts: int
    """How often it was handed out."""
    job: JobId | None = None
    """About which job."""


class SeriesChanges(Record):
    """What to change of a series. Absent parts stay."""

    catch_up: CatchUp | None = None
    """What becomes of occurrences whose day has gone by."""
    date: Change[dt.date] | None = None
    """The day that one occurrence is put on."""
    lead: Change[Span] | None = None
    """How long before an occurrence its work is made."""
    makes: SeriesWork | None = None
    """What it makes."""
    name: str | None = None
    """What it is called."""
    schedule: Schedule | None = None
    """When it occurs."""
    tags: AbstractSet[Tag] | None = None
    """Accounts with any of these tags belong to it, besides those named."""


class SeriesJob(Record):
    """A job as a series makes it. What it leaves out comes from its template, then from the pipeline's defaults, as
    they are when the job is made.
    """

    pipeline: PipelineKey
    """In which pipeline."""
    assign: Assignment | None = None
    """Who is responsible."""
    budget_minutes: int | None = None
    """Time budgeted, in minutes."""
    description: str | None = None
    """What is to be done; shortcodes allowed."""
    due: DateExpression | None = None
    """When the firm wants it done. When no template says so either, on the day of the occurrence."""
    extended: DateExpression | None = None
    """When the law wants it done after an extension."""
    fields: Mapping[str, FieldValue] = FrozenDict()
    """Its custom fields, over the template's."""
    name: str | None = None
    """What it is called; shortcodes allowed, those of the period among them."""
    priority: Priority | None = None
    """How urgent."""
    stage: StageKey | None = None
    """In which stage; the first when absent."""
    start: DateExpression | None = None
    """When work should begin."""
    statutory: DateExpression | None = None
    """When the law wants it done."""
    tags: AbstractSet[Tag] = frozenset()
    """Its tags, besides the template's."""
    template: TemplateKey | None = None
    """From which template."""


class SeriesQuery(Record):
    """A list of series, by name. Filters that are absent let every series through."""

    account: AccountId | None = None
    """That this account belongs to, by name or by a tag that it has now."""
    pipeline: PipelineKey | None = None
    """That make jobs in this pipeline."""
    state: SeriesState | None = None
    """In this state."""
    text: str | None = None
    """Whose name has this text in it, whatever the case."""


class ThisSeriesScope(Variant, tag="this"):
    """This one alone."""

    value: dt.date


class ThisAndFollowingSeriesScope(Variant, tag="this_and_following"):
    """This one and those after it: another series goes on from here."""

    value: dt.date


SeriesScope: TypeAlias = 'ThisSeriesScope | ThisAndFollowingSeriesScope | Literal["all"]'
"""Which occurrences of a series an edit is about. Occurrences are named by their day by the rule, before any
adjustment.
"""

SeriesState: TypeAlias = 'Literal["active", "paused", "ended"]'
"""Whether a series runs."""


class SeriesTask(Record):
    """A task as a series makes it: from a template of the firm's, or as described. When neither says when it is due,
    it is due on the day of the occurrence.
    """

    task: TaskTemplate | None = None
    """What it is, when it comes from no template."""
    template: TemplateKey | None = None
    """From which of the firm's templates, as it is when the task is made."""


class SeriesTurn(Record):
    """One time of a series: what its work is about, and when."""

    day: dt.date
    """The day by the rule, by which commands name it."""
    date: dt.date
    """The day by the calendar, or the one it was put on by hand."""
    period: Period
    """What it is about."""
    key: PeriodKey
    """The name of that."""
    makes: SeriesWork | None = None
    """It makes this instead of what the series makes."""
    moved: bool = False
    """Whether it was put on its day by hand: its work is due then, whatever templates say."""
    skip_accounts: AbstractSet[AccountId] = frozenset()
    """Nothing is made for these accounts."""


class JobSeriesWork(Variant, tag="job"):
    """A job for each account."""

    value: SeriesJob


class TaskSeriesWork(Variant, tag="task"):
    """A task for each account, or one for the firm."""

    value: SeriesTask


SeriesWork: TypeAlias = "JobSeriesWork | TaskSeriesWork"
"""What a series makes."""


class ShiftDeadlines(Record):
    """Moves deadlines of open jobs to a later day, as the authorities do after a disaster.

    Of each job that fits, those of the dates named that lie in the range are moved. A date that follows another one
    that is named too is left to follow it. Moving a date ends its derivation. Dates never move back: one that lies
    after the new day already stays.
    """

    postpone: Postpone
    """To when."""
    reason: str
    """Why; kept with each date that is moved."""
    dates: AbstractSet[JobDate] = frozenset(
        (
            "due",
            "statutory",
            "extended",
        )
    )
    """Which dates."""
    accounts: TagTest | None = None
    """Of accounts with these tags."""
    field: FieldTest | None = None
    """Of jobs or accounts whose custom field passes this test."""
    from_: dt.date | None = None
    """Only dates on this day or later."""
    pipelines: AbstractSet[PipelineKey] = frozenset()
    """In these pipelines; in all of them when empty."""
    until: dt.date | None = None
    """Only dates on this day or earlier."""


class TaskChanges(Record):
    """What changed of a task. Absent parts stay."""

    budget_minutes: int | None = None
    """The time budget in minutes; 0 clears it."""
    description: str | None = None
    """The description; an empty text clears it."""
    priority: Priority | None = None
    """The priority."""
    tags: AbstractSet[Tag] | None = None
    """The tags, all of them."""
    title: str | None = None
    """The title."""


TaskId = NewType("TaskId", UUID)
"""A piece of work for members."""


class TaskQuery(Record):
    """A list of tasks. Filters that are absent or empty let every task through."""

    at_least: Priority | None = None
    """At least this urgent."""
    descending: bool = False
    """The other way round."""
    due_from: dt.date | None = None
    """Due on this day or later."""
    due_to: dt.date | None = None
    """Due on this day or earlier."""
    overdue: bool = False
    """Open and due before today."""
    scope: TaskScope = "firm"
    """Which."""
    states: AbstractSet[TaskState] = frozenset()
    """In one of these states; open ones when empty."""
    tags: AbstractSet[Tag] = frozenset()
    """With all of these tags."""
    template: TemplateKey | None = None
    """Made from this template."""
    text: str | None = None
    """Whose title has this text in it, whatever the case."""


class AssigneeTaskScope(Variant, tag="assignee"):
    """Those assigned to a member."""

    value: MemberId


class RoleTaskScope(Variant, tag="role"):
    """Those assigned to a role."""

    value: RoleKey


class AccountTaskScope(Variant, tag="account"):
    """Those of an account."""

    value: AccountId


TaskScope: TypeAlias = 'Literal["firm", "unassigned"] | AssigneeTaskScope | RoleTaskScope | AccountTaskScope'
"""Which tasks, among those that the filters leave. All by due date."""

TemplateKind: TypeAlias = 'Literal["task", "job"]'
"""The kinds of template that a firm keeps."""


class WorkloadQuery(Record):
    """Weeks of the calendar, those that these days are in."""

    from_: dt.date
    """From the week of this day."""
    to: dt.date
    """To the week of this day."""
    member: MemberId | None = None
    """Of one member; of all that work here when absent."""
