"""What people author: pipelines, stages, automations, templates, settings.

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

__all__ = [
    "Access",
    "AccessChange",
    "AccessMode",
    "AccountTagAddedTrigger",
    "AccountTagRemovedTrigger",
    "AccountTagsCondition",
    "AccountTarget",
    "Action",
    "AddAccountTagsAction",
    "AddJobTagsAction",
    "Adjustment",
    "AllCondition",
    "AnnualPreset",
    "AnyCondition",
    "ApplyFolderTemplateAction",
    "AssignAction",
    "Assignment",
    "AtLeastCompare",
    "AtMostCompare",
    "Automation",
    "AutomationKey",
    "BiweeklyPreset",
    "BusinessHours",
    "CalendarDefinition",
    "CalendarKey",
    "CancelItemsAction",
    "CancelTasksAction",
    "Compare",
    "CompleteItemsAction",
    "CompleteTasksAction",
    "Condition",
    "ContainsCompare",
    "Covers",
    "CreateJob",
    "CreateJobAction",
    "CreateTaskAction",
    "CreateTasksAction",
    "DateCondition",
    "DateExpression",
    "DateTest",
    "DateUnit",
    "DatesHolidayRule",
    "DayOfMonth",
    "Delay",
    "DiffersCompare",
    "DueApproachingTrigger",
    "EasterHolidayRule",
    "EndItems",
    "EndTasks",
    "EqualsCompare",
    "FieldChangedTrigger",
    "FieldCondition",
    "FieldKey",
    "FieldScope",
    "FieldTest",
    "FieldValue",
    "FirmSettings",
    "FixedHolidayRule",
    "GreaterThanCompare",
    "Holiday",
    "HolidayRule",
    "HolidaySet",
    "HoursSpan",
    "ItemKind",
    "ItemKindDefinition",
    "ItemProgress",
    "ItemReachedTrigger",
    "ItemTest",
    "ItemsCondition",
    "JobDate",
    "JobSort",
    "JobTagAddedTrigger",
    "JobTagRemovedTrigger",
    "JobTagsCondition",
    "JobTemplate",
    "LastWeekdayHolidayRule",
    "LessThanCompare",
    "LinkedAccountTarget",
    "Member",
    "MemberId",
    "MonthDay",
    "MonthlyPreset",
    "MoveRule",
    "MoveToAction",
    "MoveToPipelineAction",
    "NotCondition",
    "NthWeekdayHolidayRule",
    "NthWeekdayPreset",
    "NumberTest",
    "Observed",
    "OnEmpty",
    "OneOfCompare",
    "OnlyAccess",
    "OverdueTrigger",
    "Party",
    "PeriodLength",
    "PipelineCondition",
    "PipelineDefinition",
    "PipelineKey",
    "Preset",
    "Priority",
    "PriorityCondition",
    "PriorityTest",
    "QuarterlyPreset",
    "RecurrenceRule",
    "Refire",
    "Reminders",
    "RemoveAccountTagsAction",
    "RemoveJobTagsAction",
    "ReplaceAccountTagsAction",
    "ReplaceAssigneesAction",
    "ReplaceTags",
    "RequestAction",
    "RequestItem",
    "RoleFilledCondition",
    "RoleKey",
    "Schedule",
    "ScheduleTrigger",
    "SemiAnnualPreset",
    "SemiMonthlyPreset",
    "SendSignal",
    "SeriesId",
    "SetClientStatusAction",
    "SetDate",
    "SetDateAction",
    "SetField",
    "SetFieldAction",
    "SetPriorityAction",
    "SetStatusAction",
    "SignalAction",
    "SignalKey",
    "SignalTrigger",
    "Span",
    "Stage",
    "StageKey",
    "StartSeriesAction",
    "Status",
    "StatusCondition",
    "StatusKey",
    "StatusSetTrigger",
    "StopSeriesAction",
    "Tag",
    "TagTest",
    "TaskCompletedTrigger",
    "TaskState",
    "TaskTemplate",
    "TaskTest",
    "TasksCondition",
    "Template",
    "TemplateJob",
    "TemplateKey",
    "TemplateTask",
    "Transition",
    "Trigger",
    "UnassignAction",
    "UpdateAccountAccessAction",
    "Versioning",
    "VisitTest",
    "VisitsCondition",
    "WaitAction",
    "WatchedDate",
    "WeekdayOnOrAfterHolidayRule",
    "WeekdayOnOrBeforeHolidayRule",
    "WeeklyPreset",
    "WipLimit",
    "WipMode",
    "Within",
]


class OnlyAccess(Record, tag="only"):
    """The members named, and the holders of the roles named on the job's account."""

    members: AbstractSet[MemberId] = frozenset()
    """Members by id."""
    roles: AbstractSet[RoleKey] = frozenset()
    """Roles on the job's account."""


Access: TypeAlias = 'Literal["everyone"] | OnlyAccess'
"""Who may see and work on a pipeline's jobs."""


class AccessChange(Record):
    """Change which members may see the account."""

    mode: AccessMode
    """How."""
    who: Assignment
    """For whom."""


AccessMode: TypeAlias = 'Literal["add", "remove", "replace"]'
"""How account access changes."""


class LinkedAccountTarget(Variant, tag="linked"):
    """Every account linked to the job's own under this relation, such as ``spouse``."""

    value: str


AccountTarget: TypeAlias = 'Literal["same"] | LinkedAccountTarget'
"""For which account an automation creates a job."""


class CreateTasksAction(Variant, tag="create_tasks"):
    """Create a task from each of these templates."""

    value: Sequence[TemplateKey]


class CreateTaskAction(Variant, tag="create_task"):
    """Create the task described here."""

    value: TaskTemplate


class RequestAction(Variant, tag="request"):
    """Ask the host for an item: an organizer, a proposal, an invoice, an email, …"""

    value: RequestItem


class ApplyFolderTemplateAction(Variant, tag="apply_folder_template"):
    """Ask the host to lay out the account's folders by one of its templates."""

    value: TemplateKey


class AddAccountTagsAction(Variant, tag="add_account_tags"):
    """Put tags on the account."""

    value: AbstractSet[Tag]


class RemoveAccountTagsAction(Variant, tag="remove_account_tags"):
    """Take tags off the account."""

    value: AbstractSet[Tag]


class ReplaceAccountTagsAction(Variant, tag="replace_account_tags"):
    """Take tags off the account and put others on."""

    value: ReplaceTags


class AddJobTagsAction(Variant, tag="add_job_tags"):
    """Put tags on the job."""

    value: AbstractSet[Tag]


class RemoveJobTagsAction(Variant, tag="remove_job_tags"):
    """Take tags off the job."""

    value: AbstractSet[Tag]


class SetStatusAction(Variant, tag="set_status"):
    """Set the job's status: ``active``, ``completed`` or a custom one."""

    value: StatusKey


class SetPriorityAction(Variant, tag="set_priority"):
    """Set the job's priority."""

    value: Priority


class SetDateAction(Variant, tag="set_date"):
    """Set one of the job's dates."""

    value: SetDate


class SetFieldAction(Variant, tag="set_field"):
    """Set a custom field of the account or the job."""

    value: SetField


class SetClientStatusAction(Variant, tag="set_client_status"):
    """Set what the client sees of the job's state; shortcodes allowed."""

    value: str


class AssignAction(Variant, tag="assign"):
    """Add assignees to the job."""

    value: Assignment


class UnassignAction(Variant, tag="unassign"):
    """Remove assignees from the job."""

    value: Assignment


class ReplaceAssigneesAction(Variant, tag="replace_assignees"):
    """Replace the job's assignees."""

    value: Assignment


class UpdateAccountAccessAction(Variant, tag="update_account_access"):
    """Change which members may see the account."""

    value: AccessChange


class MoveToAction(Variant, tag="move_to"):
    """Move the job to this stage."""

    value: StageKey


class MoveToPipelineAction(Record, tag="move_to_pipeline"):
    """Move the job to another pipeline."""

    pipeline: PipelineKey
    """Which pipeline."""
    stage: StageKey | None = None
    """Which stage; the first when absent."""


class CreateJobAction(Variant, tag="create_job"):
    """Create another job."""

    value: CreateJob


class CompleteTasksAction(Variant, tag="complete_tasks"):
    """Complete open tasks of the job."""

    value: EndTasks


class CancelTasksAction(Variant, tag="cancel_tasks"):
    """Cancel open tasks of the job."""

    value: EndTasks


class CompleteItemsAction(Variant, tag="complete_items"):
    """Mark open items of the job as done."""

    value: EndItems


class CancelItemsAction(Variant, tag="cancel_items"):
    """Cancel open items of the job."""

    value: EndItems


class StartSeriesAction(Variant, tag="start_series"):
    """Let the job's account join a series, from its next occurrence on."""

    value: SeriesId


class StopSeriesAction(Variant, tag="stop_series"):
    """Let the job's account leave a series. What the series has made stays."""

    value: SeriesId


class SignalAction(Variant, tag="signal"):
    """Send the host a signal."""

    value: SendSignal


class WaitAction(Variant, tag="wait"):
    """Wait before the actions after it."""

    value: Delay


Action: TypeAlias = (
    'Literal["clear_account_tags", "move_next", "archive"] | CreateTasksAction | CreateTaskAction | RequestAction | '
    "ApplyFolderTemplateAction | AddAccountTagsAction | RemoveAccountTagsAction | ReplaceAccountTagsAction | "
    "AddJobTagsAction | RemoveJobTagsAction | SetStatusAction | SetPriorityAction | SetDateAction | SetFieldAction | "
    "SetClientStatusAction | AssignAction | UnassignAction | ReplaceAssigneesAction | UpdateAccountAccessAction | "
    "MoveToAction | MoveToPipelineAction | CreateJobAction | CompleteTasksAction | CancelTasksAction | "
    "CompleteItemsAction | CancelItemsAction | StartSeriesAction | StopSeriesAction | SignalAction | WaitAction"
)
"""One thing an automation does."""

Adjustment: TypeAlias = (
    'Literal["exact", "following", "preceding", "modified_following", "modified_preceding", "nearest"]'
)
"""What becomes of a date that falls on a closed day."""


class Assignment(Record):
    """Members, named or by the seats they hold on the account."""

    members: AbstractSet[MemberId] = frozenset()
    """Members by id."""
    roles: AbstractSet[RoleKey] = frozenset()
    """All holders of these roles on the account."""


class Automation(Record):
    """When something happens, and a condition holds, do these things in this order."""

    key: AutomationKey
    """Names the automation in its pipeline."""
    do: Sequence[Action]
    """What it does, in order."""
    enabled: bool = True
    """Whether it runs at all. It can also be switched without a new version."""
    if_: Condition | None = None
    """What must hold."""
    name: str | None = None
    """What people call it; the key when absent."""
    on: Trigger | None = None
    """What sets it off. Not written on automations of a stage's entry or exit, or of a status: their place says it."""
    refire: Refire = "every_entry"
    """On which entries it runs again."""
    stages: AbstractSet[StageKey] = frozenset()
    """Only for jobs in these stages; in any stage when empty."""


AutomationKey: TypeAlias = "str"


class BusinessHours(Record):
    """The hours of each weekday, in local time. A weekday that is left out has none.

    They count on days that the calendar has open; see ``BusinessTime``.
    """

    fri: Sequence[HoursSpan] = ()
    """Friday's."""
    mon: Sequence[HoursSpan] = ()
    """Monday's hours, in order and apart."""
    sat: Sequence[HoursSpan] = ()
    """Saturday's."""
    sun: Sequence[HoursSpan] = ()
    """Sunday's."""
    thu: Sequence[HoursSpan] = ()
    """Thursday's."""
    tue: Sequence[HoursSpan] = ()
    """Tuesday's."""
    wed: Sequence[HoursSpan] = ()
    """Wednesday's."""


class CalendarDefinition(Record):
    """A business calendar besides the firm's default one."""

    working_days: AbstractSet[str] = frozenset(
        (
            "Mon",
            "Tue",
            "Wed",
            "Thu",
            "Fri",
        )
    )
    """Weekdays on which it is open."""
    business_hours: BusinessHours | None = None
    """Its business hours, where they are not the firm's."""
    holiday_sets: AbstractSet[CalendarKey] = frozenset()
    """Sets of holidays that it observes: built-in ones, and the firm's own."""
    holidays: AbstractSet[dt.date] = frozenset()
    """Days on which it is closed although the weekday is a working one."""
    rules: Sequence[Holiday] = ()
    """Holidays by rules of its own."""


CalendarKey: TypeAlias = "str"


class EqualsCompare(Variant, tag="equals"):
    """Equal to this."""

    value: FieldValue


class DiffersCompare(Variant, tag="differs"):
    """Has a value that is not this."""

    value: FieldValue


class LessThanCompare(Variant, tag="less_than"):
    """Less than this."""

    value: FieldValue


class AtMostCompare(Variant, tag="at_most"):
    """At most this."""

    value: FieldValue


class GreaterThanCompare(Variant, tag="greater_than"):
    """Greater than this."""

    value: FieldValue


class AtLeastCompare(Variant, tag="at_least"):
    """At least this."""

    value: FieldValue


class ContainsCompare(Variant, tag="contains"):
    """A text that holds this one, or a list that has it as a member. Letters' case counts."""

    value: str


class OneOfCompare(Variant, tag="one_of"):
    """Equal to one of these."""

    value: Sequence[FieldValue]


Compare: TypeAlias = (
    'Literal["present", "absent"] | EqualsCompare | DiffersCompare | LessThanCompare | AtMostCompare | '
    "GreaterThanCompare | AtLeastCompare | ContainsCompare | OneOfCompare"
)
"""A comparison with a field's value. Numbers compare as numbers, dates (written ``YYYY-MM-DD``) as dates, texts by
their letters; values of different kinds never match.
"""


class AllCondition(Variant, tag="all"):
    """Every one holds; true when empty."""

    value: Sequence[Condition]


class AnyCondition(Variant, tag="any"):
    """At least one holds; false when empty."""

    value: Sequence[Condition]


class NotCondition(Variant, tag="not"):
    """It does not hold."""

    value: Condition


class AccountTagsCondition(Variant, tag="account_tags"):
    """Tags of the account."""

    value: TagTest


class JobTagsCondition(Variant, tag="job_tags"):
    """Tags of the job."""

    value: TagTest


class FieldCondition(Variant, tag="field"):
    """A custom field of the account or the job."""

    value: FieldTest


class RoleFilledCondition(Variant, tag="role_filled"):
    """Somebody holds the role on the account."""

    value: RoleKey


class StatusCondition(Variant, tag="status"):
    """The job's status is one of these."""

    value: AbstractSet[StatusKey]


class PriorityCondition(Variant, tag="priority"):
    """The job's priority."""

    value: PriorityTest


class DateCondition(Variant, tag="date"):
    """A date of the job."""

    value: DateTest


class VisitsCondition(Variant, tag="visits"):
    """How often the job entered a stage."""

    value: VisitTest


class TasksCondition(Variant, tag="tasks"):
    """Tasks of the job."""

    value: TaskTest


class ItemsCondition(Variant, tag="items"):
    """Items of the job."""

    value: ItemTest


class PipelineCondition(Variant, tag="pipeline"):
    """The job is in one of these pipelines."""

    value: AbstractSet[PipelineKey]


Condition: TypeAlias = (
    "AllCondition | AnyCondition | NotCondition | AccountTagsCondition | JobTagsCondition | FieldCondition | "
    "RoleFilledCondition | StatusCondition | PriorityCondition | DateCondition | VisitsCondition | TasksCondition | "
    "ItemsCondition | PipelineCondition"
)
"""One test, or several put together."""

Covers: TypeAlias = 'Literal["this", "previous"]'
"""Which period an occurrence is about."""


class CreateJob(Record):
    """Create another job."""

    account: AccountTarget = "same"
    """For whom."""
    name: str | None = None
    """Called so; shortcodes allowed."""
    pipeline: PipelineKey | None = None
    """In this pipeline; the same when absent."""
    stage: StageKey | None = None
    """In this stage; the first when absent."""
    template: TemplateKey | None = None
    """From this job template."""


DateExpression: TypeAlias = "str"
"""A day, fixed or counted from another. A date ``YYYY-MM-DD``, or one of ``creation``, ``start``, ``due``,
``statutory``, ``extended``, ``stage entry``, ``period start``, ``period end``, ``completion of task KEY``,
``account.FIELD``, ``job.FIELD``, ``due date of form NAME``; before that, if wanted, ``3 business days before`` or
``15th of the 4th month after``; after it ``, following`` and ``on CALENDAR``.
"""


class DateTest(Record):
    """A test of one of the job's dates, in the firm's time zone. Every part given must hold."""

    date: JobDate
    """Which date."""
    after: dt.date | None = None
    """Later than this day."""
    after_date: JobDate | None = None
    """Later than another date of the job."""
    before: dt.date | None = None
    """Earlier than this day."""
    before_date: JobDate | None = None
    """Earlier than another date of the job."""
    past: bool = False
    """Earlier than today."""
    within: Within | None = None
    """From today to this far ahead, both days included."""


DateUnit: TypeAlias = 'Literal["days", "business_days", "weeks", "months"]'
"""What a test of a date counts in."""

DayOfMonth: TypeAlias = 'int | Literal["last"]'
"""A day of a month, 1 to 31, or ``last``. A month that is too short has it on its last day."""


class Delay(Record):
    """Lets some time pass before the actions after it: a duration, a date, or until something holds.

    One of ``for``, ``until`` and ``condition`` says for what it waits. A wait ends without going on when the job
    leaves the stage, is put away, or is no longer active.
    """

    at_most: Span | None = None
    """Waits no longer than this for the condition."""
    condition: Condition | None = None
    """Until this holds; if it does already, it goes on at once."""
    for_: Span | None = None
    """For how long. Days are counted on the firm's calendar and end at the time of day at which the wait began."""
    keep: bool = False
    """Goes on waiting when the job leaves the stage or is held up."""
    otherwise: Sequence[Action] | None = None
    """What is done when the condition did not hold in time, instead of the actions after the wait. Those are done all
    the same when it is absent.
    """
    until: DateExpression | None = None
    """Until the beginning of this day. A day that has come, or a date that is not set, is not waited for: the first
    goes on at once, the second fails.
    """


class EndItems(Record):
    """Which open items to complete or cancel."""

    kinds: AbstractSet[ItemKind] = frozenset()
    """Only those of these kinds; all when empty."""


class EndTasks(Record):
    """Which open tasks to complete or cancel."""

    templates: AbstractSet[TemplateKey] = frozenset()
    """Only those of these templates; all when empty."""


FieldKey: TypeAlias = "str"

FieldScope: TypeAlias = 'Literal["account", "job"]'
"""Whose custom field."""


class FieldTest(Record):
    """A test of a custom field."""

    scope: FieldScope
    """Of the account or of the job."""
    field: FieldKey
    """Which field."""
    is_: Compare
    """What it must be."""


FieldValue: TypeAlias = "bool | int | float | str | Sequence[str]"
"""The value of a custom field. Dates are texts written ``YYYY-MM-DD``."""


class FirmSettings(Record):
    """What a firm sets up for itself."""

    name: str
    """The firm's name."""
    time_zone: str = "UTC"
    """IANA name of the time zone that its dates are in, such as ``America/New_York``."""
    working_days: AbstractSet[str] = frozenset(
        (
            "Mon",
            "Tue",
            "Wed",
            "Thu",
            "Fri",
        )
    )
    """Days on which it is open."""
    account_tags: AbstractSet[Tag] | None = None
    """The tags that the host puts on accounts. Lint warns of conditions on others that no automation puts there; when
    absent it says nothing of account tags. Any tag can be put on an account all the same.
    """
    business_hours: BusinessHours | None = None
    """When it works, in local time, on days that are open; 09:00 to 17:00 when absent."""
    calendars: Mapping[str, CalendarDefinition] = FrozenDict()
    """Business calendars besides the default one, which is made of the working days, holidays and holiday sets above.
    """
    folder_templates: AbstractSet[TemplateKey] | None = None
    """The host's folder templates; any is accepted when absent."""
    holiday_sets: AbstractSet[CalendarKey] = frozenset()
    """Sets of holidays that the default calendar observes besides: built-in ones such as ``us-dc``, and the firm's
    own.
    """
    holidays: AbstractSet[dt.date] = frozenset()
    """Days on which it is closed although the weekday is a working one."""
    host_templates: Mapping[str, AbstractSet[TemplateKey]] = FrozenDict()
    """The host's templates per kind of item. A kind that is listed accepts only these; a request for another template
    fails, and lint warns of it. A kind not listed accepts any.
    """
    item_kinds: Mapping[str, ItemKindDefinition] = FrozenDict()
    """Kinds of item besides the built-in ones."""
    own_holiday_sets: Mapping[str, HolidaySet] = FrozenDict()
    """The firm's own sets of holidays."""
    payment_submitted_is_done: bool = False
    """Whether a submitted payment counts as an invoice paid."""
    roles: AbstractSet[RoleKey] = frozenset()
    """The seats that accounts have."""
    task_statuses: Mapping[str, TaskState] = FrozenDict()
    """Custom task statuses and the state that each stands for."""


class Holiday(Record):
    """A holiday: its name, its rule, and the years in which the rule holds."""

    name: str
    """What it is called."""
    on: HolidayRule
    """The day it is."""
    every: int | None = None
    """Only every so many years, counted from the first one."""
    except_: AbstractSet[int] = frozenset()
    """Years in which it is none."""
    from_: int | None = None
    """The first year in which it is one."""
    observed: Observed = "none"
    """The day that is closed besides when it falls on a Saturday or Sunday."""
    until: int | None = None
    """The last year in which it is one."""


class FixedHolidayRule(Variant, tag="fixed"):
    """The same date each year. 29 February is only there in leap years."""

    value: MonthDay


class NthWeekdayHolidayRule(Record, tag="nth_weekday"):
    """The first to fifth of a weekday in a month. A fifth is only there in some years."""

    nth: int
    """Which one: 1 is the first."""
    weekday: Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    """Of which weekday."""
    month: int
    """In which month."""


class LastWeekdayHolidayRule(Record, tag="last_weekday"):
    """The last of a weekday in a month."""

    weekday: Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    """Of which weekday."""
    month: int
    """In which month."""


class WeekdayOnOrAfterHolidayRule(Record, tag="weekday_on_or_after"):
    """A weekday on a date or the first one after it."""

    weekday: Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    """The weekday."""
    date: MonthDay
    """From which date on."""


class WeekdayOnOrBeforeHolidayRule(Record, tag="weekday_on_or_before"):
    """A weekday on a date or the last one before it."""

    weekday: Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    """The weekday."""
    date: MonthDay
    """Up to which date."""


class EasterHolidayRule(Variant, tag="easter"):
    """So many days after Easter Sunday of the Gregorian calendar; negative before it."""

    value: int


class DatesHolidayRule(Variant, tag="dates"):
    """These days and no others."""

    value: AbstractSet[dt.date]


HolidayRule: TypeAlias = (
    "FixedHolidayRule | NthWeekdayHolidayRule | LastWeekdayHolidayRule | WeekdayOnOrAfterHolidayRule | "
    "WeekdayOnOrBeforeHolidayRule | EasterHolidayRule | DatesHolidayRule"
)
"""The day that a holiday falls on."""


class HolidaySet(Record):
    """A set of holidays, as it is written in a document.

    Rules hold for the years from ``HOLIDAY_FIRST_YEAR`` to ``HOLIDAY_LAST_YEAR``; outside of them there are no
    holidays by rule.
    """

    holidays: Sequence[Holiday]
    """The holidays."""
    name: str | None = None
    """What people call the set."""
    sources: Sequence[str] = ()
    """Where the days are laid down, such as an act or an address."""


HoursSpan: TypeAlias = "str"
"""A span of one day, to the minute, such as ``09:00-17:30``. The day's end is ``24:00``."""

ItemKind: TypeAlias = "str"


class ItemKindDefinition(Record):
    """A kind of item that the host defines."""

    actionable: bool = False
    """Whether somebody has to do something with it, so that it can block a job."""
    done: AbstractSet[StatusKey] = frozenset()
    """The statuses that mean done."""
    declined: AbstractSet[StatusKey] = frozenset()
    """The statuses that mean declined."""


ItemProgress: TypeAlias = 'Literal["open", "done", "declined", "cancelled", "not_actionable"]'
"""How far an item has come."""


class ItemTest(Record):
    """A test of the job's items."""

    count: NumberTest | None = None
    """How many."""
    kind: ItemKind | None = None
    """Only items of this kind."""
    progress: AbstractSet[ItemProgress] = frozenset()
    """Only items that have come this far."""
    statuses: AbstractSet[StatusKey] = frozenset()
    """Only items whose last reported status is one of these."""
    template: TemplateKey | None = None
    """Only items requested from this template."""


JobDate: TypeAlias = 'Literal["start", "due", "statutory", "extended"]'
"""Which date of a job."""

JobSort: TypeAlias = 'Literal["due", "priority"]'
"""Order of the cards on a board."""


class JobTemplate(Record):
    """Defaults of a job."""

    assign: Assignment | None = None
    """Who is responsible. Roles become their holders when the job is created."""
    budget_minutes: int | None = None
    """Time budgeted, in minutes."""
    client_status: str | None = None
    """What the client sees of its state; shortcodes allowed."""
    description: str | None = None
    """Its description; shortcodes allowed."""
    due: DateExpression | None = None
    """When the firm wants it done."""
    extended: DateExpression | None = None
    """When the law wants it done after an extension."""
    fields: Mapping[str, FieldValue] = FrozenDict()
    """Its custom fields."""
    name: str | None = None
    """The job's name; shortcodes allowed."""
    priority: Priority | None = None
    """How urgent."""
    start: DateExpression | None = None
    """When work should begin."""
    statutory: DateExpression | None = None
    """When the law wants it done."""
    tags: AbstractSet[Tag] = frozenset()
    """Its tags."""


class Member(Record):
    """A person on the firm's team."""

    id: MemberId
    """Their identifier."""
    name: str
    """Their name."""
    active: bool = True
    """Whether they work here now. One who does not can act no longer and is assigned nothing."""
    admin: bool = False
    """Whether they set the firm up: settings, members, templates, pipelines; and see everything."""
    email: str | None = None
    """Their email address, for the host's use."""
    weekly_minutes: int | None = None
    """How many minutes a week they have for their work."""


MemberId = NewType("MemberId", UUID)
"""A person on the firm's team."""


class MonthDay(Record):
    """A date of every year."""

    month: int
    """The month."""
    day: int
    """The day of the month."""


MoveRule: TypeAlias = 'Literal["free", "transitions"]'
"""Where a person may move a job."""


class NumberTest(Record):
    """A test of a count. Every part that is given must hold; with none, at least one."""

    at_least: int | None = None
    """At least this many."""
    at_most: int | None = None
    """At most this many."""
    equals: int | None = None
    """Exactly this many."""


Observed: TypeAlias = 'Literal["none", "friday_or_monday", "sunday_to_monday", "next_monday", "substitute"]'
"""What else is closed when a holiday falls on a weekend. The day itself stays closed."""

OnEmpty: TypeAlias = 'Literal["hold", "advance"]'
"""A visit without blockers."""

Party: TypeAlias = 'Literal["firm", "client", "third_party"]'
"""Whose turn it is."""

PeriodLength: TypeAlias = 'Literal["day", "week", "month", "quarter", "half", "year"]'
"""How long the periods of a schedule are."""


class PipelineDefinition(Record):
    """A pipeline as it is authored and published."""

    key: PipelineKey
    """Names the pipeline in its firm; publishing the same key again makes a new version."""
    name: str
    """What people call it."""
    stages: Sequence[Stage]
    """The stages; their order is the default path."""
    access: Access = "everyone"
    """Who sees and works on it; everyone unless said."""
    automations: Sequence[Automation] = ()
    """Automations that do not belong to one stage or status."""
    complete_at_final: bool = True
    """Whether a job that comes to rest in a final stage is completed."""
    description: str | None = None
    """What it is for."""
    job_defaults: JobTemplate | None = None
    """Defaults of new jobs, for what neither the command nor its template says."""
    job_template: TemplateKey | None = None
    """Template of new jobs, by key, for jobs that name none."""
    moves: MoveRule = "free"
    """Where a person may move a job."""
    sort: JobSort = "due"
    """Order of the cards on the board."""
    statuses: Sequence[Status] = ()
    """Custom job statuses."""
    task_templates: Sequence[TaskTemplate] = ()
    """Task templates of this pipeline alone; they hide the firm's of the same key."""
    transitions: Sequence[Transition] = ()
    """Further transitions, besides each stage to the next."""
    versioning: Versioning = "follow"
    """Whether new jobs follow the newest version or stay on theirs."""

    def _repr_svg_(self) -> str:
        """It as SVG."""
        from .._show import pipeline_svg

        return pipeline_svg(self)

    def to_mermaid(self) -> str:
        """It as MERMAID."""
        from .._show import pipeline_mermaid

        return pipeline_mermaid(self)

    def to_yaml(self) -> str:
        """It as YAML."""
        from .._show import pipeline_yaml

        return pipeline_yaml(self)


PipelineKey: TypeAlias = "str"


class WeeklyPreset(Record, tag="weekly"):
    """Every week."""

    on: Sequence[Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]] = ()
    """On these weekdays; none is the start's."""


class BiweeklyPreset(Record, tag="biweekly"):
    """Every other week, counted from the start's, which begins on Monday."""

    on: Sequence[Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]] = ()
    """On these weekdays; none is the start's."""


class SemiMonthlyPreset(Record, tag="semi_monthly"):
    """Twice a month."""

    days: Sequence[DayOfMonth] = (1, 15)
    """The two days; the first is at most the 27th. 1 and 15 when left out."""


class MonthlyPreset(Record, tag="monthly"):
    """Every month."""

    day: DayOfMonth | None = None
    """The day; the start's when left out."""


class NthWeekdayPreset(Record, tag="nth_weekday"):
    """A weekday of every month."""

    nth: int
    """Which one: 1 to 5, or -5 to -1 from the end. Months without it are left out."""
    weekday: Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    """Of these days."""


class QuarterlyPreset(Record, tag="quarterly"):
    """Four times a year, three months apart."""

    day: DayOfMonth | None = None
    """The day; the start's when left out."""
    month: int | None = None
    """One of the months, 1 to 12; the start's when left out."""


class SemiAnnualPreset(Record, tag="semi_annual"):
    """Twice a year, six months apart."""

    day: DayOfMonth | None = None
    """The day; the start's when left out."""
    month: int | None = None
    """One of the months, 1 to 12; the start's when left out."""


class AnnualPreset(Record, tag="annual"):
    """Once a year."""

    day: DayOfMonth | None = None
    """The day; the start's when left out."""
    month: int | None = None
    """The month, 1 to 12; the start's when left out."""


Preset: TypeAlias = (
    'WeeklyPreset | BiweeklyPreset | SemiMonthlyPreset | MonthlyPreset | Literal["last_business_day"] | '
    "NthWeekdayPreset | QuarterlyPreset | SemiAnnualPreset | AnnualPreset"
)
"""A recurrence by name (clause 9.3).

What a preset leaves open is as in the start: its weekday, its day of the month, its month.
"""

Priority: TypeAlias = 'Literal["low", "medium", "high", "urgent"]'
"""How urgent something is."""


class PriorityTest(Record):
    """A test of the job's priority. Every part that is given must hold."""

    at_least: Priority | None = None
    """This or more urgent."""
    at_most: Priority | None = None
    """This or less urgent."""


RecurrenceRule: TypeAlias = "str"
"""An RFC 5545 recurrence rule, DAILY or above, such as ``FREQ=MONTHLY;BYMONTHDAY=-1``."""

Refire: TypeAlias = 'Literal["every_entry", "first_entry", "forward_only"]'
"""On which entries of a stage an automation runs."""


class Reminders(Record):
    """Reminds of something until it is done.

    The host gets a notification for each reminder. They stop when the item or task is done, and pause while the job
    is not active.
    """

    every: Span
    """How long after the last one, or after the beginning."""
    at_most: int
    """How many there are at most."""
    first: Span | None = None
    """How long after the beginning the first one comes, if not ``every``."""


class ReplaceTags(Record):
    """Take some tags off and put others on."""

    remove: AbstractSet[Tag]
    """Take these off."""
    add: AbstractSet[Tag]
    """Put these on."""


class RequestItem(Record):
    """Ask the host for an item."""

    kind: ItemKind
    """What kind."""
    body: str | None = None
    """A text to go with it, such as an email's body; shortcodes allowed."""
    payment_submitted_is_done: bool = False
    """For an invoice: a submitted payment counts as done, not only a cleared one."""
    remind: Reminders | None = None
    """Reminds of it until it is done."""
    template: TemplateKey | None = None
    """The host's template for it."""
    title: str | None = None
    """What it is called; shortcodes allowed. The template's key, or the kind, when absent."""
    without_invoice: bool = False
    """For a proposal: it comes without a one-time invoice, so a signature is enough."""


RoleKey: TypeAlias = "str"


class Schedule(Record):
    """When something recurs, as a document says it. ``compile`` makes it ready to be asked."""

    start: dt.date
    """The first day that may be an occurrence. Intervals are counted from it."""
    adjust: Adjustment = "exact"
    """What becomes of an occurrence on a closed day."""
    covers: Covers = "this"
    """Which period an occurrence is about."""
    add: Sequence[dt.date] = ()
    """Days beside those of the rule (RDATE). The period of each is the day itself."""
    at: dt.time | None = None
    """The time of day; midnight when left out."""
    calendar: CalendarKey | None = None
    """The calendar that says which days are open; the firm's when left out."""
    count: int | None = None
    """How many occurrences there are, excepted ones counted, added ones not. This or ``end``."""
    end: dt.date | None = None
    """The last day that may be one, before any adjustment. This or ``count``."""
    except_: Sequence[dt.date] = ()
    """Days that are left out (EXDATE), as they are before any adjustment."""
    fiscal_year_end: int | None = None
    """The month, 1 to 12, with which fiscal years end; December when left out."""
    period: PeriodLength | None = None
    """How long the period of an occurrence is; by the rule when left out."""
    preset: Preset | None = None
    """A recurrence by name. This or ``rule``."""
    rule: RecurrenceRule | None = None
    """An RFC 5545 rule, such as ``FREQ=MONTHLY;BYMONTHDAY=-1``. This or ``preset``."""
    time_zone: str | None = None
    """The time zone of ``at``; the firm's when left out."""


class SendSignal(Record):
    """Send the host a signal."""

    name: SignalKey
    """Its name."""
    payload: Any | None = None
    """What goes with it."""


SeriesId = NewType("SeriesId", UUID)
"""A series: work that comes again, period after period."""


class SetDate(Record):
    """Set one of the job's dates."""

    date: JobDate
    """Which date."""
    to: DateExpression | None = None
    """To what; cleared when absent."""


class SetField(Record):
    """Set a custom field."""

    scope: FieldScope
    """Of the account or of the job."""
    field: FieldKey
    """Which field."""
    value: FieldValue | None = None
    """To what; cleared when absent."""


SignalKey: TypeAlias = "str"

Span: TypeAlias = "str"
"""A length of time: a whole number and a unit, one of minutes, hours, business hours, days, business days, weeks,
months and years.
"""


class Stage(Record):
    """One step of a pipeline: a column of the board."""

    key: StageKey
    """Names the stage in its pipeline."""
    automove: bool = False
    """Whether the job moves on when everything asked for is done."""
    client_name: str | None = None
    """What the client sees."""
    description: str | None = None
    """What is done here."""
    exit: Condition | None = None
    """What must hold before anything but an explicit override leaves."""
    final: bool = False
    """Whether the pipeline ends here; when no stage says so, the last is final."""
    name: str | None = None
    """What people call it; the key when absent."""
    on_empty: OnEmpty = "hold"
    """What automove does with a visit that never had anything to wait for."""
    on_entry: Sequence[Automation] = ()
    """What happens when a job comes in."""
    on_exit: Sequence[Automation] = ()
    """What happens when a job goes out."""
    time_limit: Span | None = None
    """How long a job should stay, such as ``5 business days``. Past it the job is marked for attention, and
    automations on ``stage_time_limit`` run.
    """
    waiting_for: Party | None = None
    """Whose turn it is while a job is here, for measures; told by what it waits for when absent."""
    when: Condition | None = None
    """Makes it a conditional stage: jobs moving by themselves skip it unless this holds."""
    wip_limit: WipLimit | None = None
    """How many jobs should be here at once."""


StageKey: TypeAlias = "str"


class Status(Record):
    """A custom job status: what holds a job up without moving it."""

    key: StatusKey
    """Names the status in its pipeline."""
    automove: bool = False
    """Whether the job becomes active again when all that these automations created is done."""
    client_name: str | None = None
    """What the client sees."""
    name: str | None = None
    """What people call it; the key when absent."""
    on_set: Sequence[Automation] = ()
    """What happens when the status is set."""
    waiting_for: Party | None = None
    """Whose turn it is while a job has it, for measures; told by what it waits for when absent."""


StatusKey: TypeAlias = "str"

Tag: TypeAlias = "str"


class TagTest(Record):
    """A test of a set of tags. Every part that is given must hold."""

    all: AbstractSet[Tag] = frozenset()
    """Has all of these."""
    any: AbstractSet[Tag] = frozenset()
    """Has at least one of these."""
    none: AbstractSet[Tag] = frozenset()
    """Has none of these."""


TaskState: TypeAlias = 'Literal["planned", "in_progress", "completed", "cancelled"]'
"""The state of a task. Custom statuses stand for one of these."""


class TaskTemplate(Record):
    """Defaults of a task."""

    key: TemplateKey
    """Names the template. Also on a task written in place: conditions find it by this key."""
    title: str
    """The task's title; shortcodes allowed."""
    after: AbstractSet[TemplateKey] = frozenset()
    """It waits for the job's open tasks made from these templates."""
    assign: Assignment | None = None
    """Who does it. Roles become their holders when the task is created."""
    budget_minutes: int | None = None
    """Time budgeted, in minutes."""
    checklist: Sequence[str] = ()
    """Its checklist, which never holds the task up."""
    description: str | None = None
    """What to do; shortcodes allowed."""
    due: DateExpression | None = None
    """When it is due."""
    priority: Priority = "medium"
    """How urgent."""
    remind: Reminders | None = None
    """Reminds its assignees of it until it is done. A task without a job reminds of nothing."""
    start: DateExpression | None = None
    """When it begins."""
    tags: AbstractSet[Tag] = frozenset()
    """Its tags."""


class TaskTest(Record):
    """A test of the job's tasks."""

    count: NumberTest | None = None
    """How many."""
    states: AbstractSet[TaskState] = frozenset()
    """Only tasks in one of these states."""
    template: TemplateKey | None = None
    """Only tasks made from this template."""


class TemplateTask(Variant, tag="task"):
    """Of a task, under its own key."""

    value: TaskTemplate


class TemplateJob(Record, tag="job"):
    """Of a job."""

    key: TemplateKey
    """Names the template."""
    defaults: JobTemplate
    """The defaults."""


Template: TypeAlias = "TemplateTask | TemplateJob"
"""A template that the firm keeps, for any of its pipelines."""

TemplateKey: TypeAlias = "str"


class Transition(Record):
    """A way from one stage to another, besides the default path."""

    from_: StageKey
    """From this stage."""
    to: StageKey
    """To this one. A stage with a forward transition is a branching stage: automove tries its forward transitions in
    declared order.
    """


class StatusSetTrigger(Record, tag="status_set"):
    """The job got this status: ``active``, ``completed``, ``archived`` or a custom one."""

    status: StatusKey
    """The status."""


class TaskCompletedTrigger(Record, tag="task_completed"):
    """A task of the job was completed."""

    template: TemplateKey | None = None
    """Only a task of this template."""


class ItemReachedTrigger(Record, tag="item_reached"):
    """An item of the job reached a status."""

    status: StatusKey
    """The status."""
    kind: ItemKind | None = None
    """Only an item of this kind."""
    template: TemplateKey | None = None
    """Only an item requested from this template."""


class AccountTagAddedTrigger(Record, tag="account_tag_added"):
    """The account got a tag."""

    tag: Tag | None = None
    """Only this tag."""


class AccountTagRemovedTrigger(Record, tag="account_tag_removed"):
    """The account lost a tag."""

    tag: Tag | None = None
    """Only this tag."""


class JobTagAddedTrigger(Record, tag="job_tag_added"):
    """The job got a tag."""

    tag: Tag | None = None
    """Only this tag."""


class JobTagRemovedTrigger(Record, tag="job_tag_removed"):
    """The job lost a tag."""

    tag: Tag | None = None
    """Only this tag."""


class FieldChangedTrigger(Record, tag="field_changed"):
    """A custom field changed."""

    scope: FieldScope
    """Of the account or of the job."""
    field: FieldKey | None = None
    """Only this field."""


class DueApproachingTrigger(Record, tag="due_approaching"):
    """A date of the job, or a task's due date, comes near."""

    before: Span
    """How long before that day begins."""
    date: WatchedDate = "due"
    """Which date."""
    template: TemplateKey | None = None
    """Only tasks of this template; with ``task_due`` alone."""


class OverdueTrigger(Record, tag="overdue"):
    """A date of the job, or a task's due date, has passed."""

    date: WatchedDate = "due"
    """Which date."""
    after: Span | None = None
    """How long after that day has ended; at once when absent."""
    template: TemplateKey | None = None
    """Only tasks of this template; with ``task_due`` alone."""


class ScheduleTrigger(Variant, tag="schedule"):
    """A time of a schedule has come, while the job is here. Times that passed while nobody ticked, or while the job
    was not active, set it off once.
    """

    value: Schedule


class SignalTrigger(Record, tag="signal"):
    """The host sent a signal for the job."""

    name: SignalKey
    """Its name."""


Trigger: TypeAlias = (
    'Literal["stage_entered", "stage_left", "job_created", "all_tasks_completed", "stage_time_limit", "by_hand"] | '
    "StatusSetTrigger | TaskCompletedTrigger | ItemReachedTrigger | AccountTagAddedTrigger | AccountTagRemovedTrigger "
    "| JobTagAddedTrigger | JobTagRemovedTrigger | FieldChangedTrigger | DueApproachingTrigger | OverdueTrigger | "
    "ScheduleTrigger | SignalTrigger"
)
"""What sets an automation off."""

Versioning: TypeAlias = 'Literal["follow", "pin"]'
"""Which version of a pipeline its new jobs go by."""


class VisitTest(Record):
    """A test of how often the job entered a stage."""

    count: NumberTest | None = None
    """How often, the present visit included."""
    stage: StageKey | None = None
    """Which stage; the present one when absent."""


WatchedDate: TypeAlias = 'Literal["start", "due", "statutory", "extended", "task_due"]'
"""A date that can come near or pass."""


class WipLimit(Record):
    """How many jobs should be in a stage at once."""

    max: int
    """The most jobs."""
    mode: WipMode = "warn"
    """What happens to one more."""


WipMode: TypeAlias = 'Literal["warn", "refuse"]'
"""What happens to a job that would exceed a work-in-progress limit."""


class Within(Record):
    """A distance in time."""

    count: int
    """How many."""
    unit: DateUnit
    """Of what."""
