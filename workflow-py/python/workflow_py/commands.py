"""Commands: everything that can be asked of the engine to change.

Written by ``tools/generate`` from the JSON Schemas; do not edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _native
from ._command import _item_ref, _list, _of, _report_item
from ._record import FrozenDict

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping
    from typing import Any

    from ._native import Command
    from .model import (
        AccountId,
        Assignment,
        AssignMode,
        AttentionReason,
        Audience,
        AutomationKey,
        BusinessHours,
        CalendarDefinition,
        CalendarKey,
        CatchUp,
        DateExpression,
        EntryId,
        ExternalRef,
        FieldKey,
        FieldTest,
        FieldValue,
        HolidaySet,
        ItemId,
        ItemKind,
        ItemKindDefinition,
        ItemRef,
        JobChanges,
        JobDate,
        JobId,
        LinkedAccount,
        MemberId,
        PipelineDefinition,
        PipelineKey,
        Postpone,
        Priority,
        RoleKey,
        Schedule,
        SeriesChanges,
        SeriesId,
        SeriesScope,
        SeriesWork,
        SignalKey,
        Span,
        StageKey,
        StatusKey,
        Tag,
        TagTest,
        TaskChanges,
        TaskId,
        TaskState,
        TaskTemplate,
        Template,
        TemplateKey,
        TemplateKind,
    )

__all__ = [
    "add_job_dependency",
    "add_task_dependency",
    "archive_job",
    "archive_pipeline",
    "assign_job",
    "assign_task",
    "change_series_accounts",
    "check_task",
    "clear_attention",
    "comment_job",
    "create_item",
    "create_job",
    "create_series",
    "create_task",
    "delete_job",
    "delete_task",
    "delete_template",
    "dismiss_action",
    "edit_job",
    "edit_series",
    "edit_task",
    "end_series",
    "end_wait",
    "fire_automation",
    "link_item",
    "link_task",
    "move_job",
    "name_item",
    "pause_series",
    "pin_job",
    "publish_pipeline",
    "remove_job_dependency",
    "remove_task_dependency",
    "report_item",
    "resolve_roles",
    "retry_action",
    "run_occurrence",
    "save_account",
    "save_firm",
    "save_member",
    "save_template",
    "seal_log",
    "set_account_field",
    "set_checklist",
    "set_status",
    "set_task_dates",
    "set_task_state",
    "shift_deadlines",
    "signal_job",
    "skip_occurrence",
    "switch_automation",
    "tag_account",
    "tag_job",
    "undo",
    "unlink_item",
    "unlink_task",
]


def save_firm(
    *,
    name: str,
    time_zone: str = "UTC",
    working_days: Collection[str] = frozenset(
        (
            "Mon",
            "Tue",
            "Wed",
            "Thu",
            "Fri",
        )
    ),
    account_tags: Collection[Tag] | None = None,
    business_hours: BusinessHours | None = None,
    calendars: Mapping[str, CalendarDefinition] = FrozenDict(),
    folder_templates: Collection[TemplateKey] | None = None,
    holiday_sets: Collection[CalendarKey] = frozenset(),
    holidays: Collection[dt.date] = frozenset(),
    host_templates: Mapping[str, Collection[TemplateKey]] = FrozenDict(),
    item_kinds: Mapping[str, ItemKindDefinition] = FrozenDict(),
    own_holiday_sets: Mapping[str, HolidaySet] = FrozenDict(),
    payment_submitted_is_done: bool = False,
    roles: Collection[RoleKey] = frozenset(),
    task_statuses: Mapping[str, TaskState] = FrozenDict(),
) -> Command:
    """Set the firm up, or change its settings.

    Parameters
    ----------
    name
        The firm's name.
    time_zone
        IANA name of the time zone that its dates are in, such as ``America/New_York``.
    working_days
        Days on which it is open.
    account_tags
        The tags that the host puts on accounts. Lint warns of conditions on others that no automation puts there;
        when absent it says nothing of account tags. Any tag can be put on an account all the same.
    business_hours
        When it works, in local time, on days that are open; 09:00 to 17:00 when absent.
    calendars
        Business calendars besides the default one, which is made of the working days, holidays and holiday sets
        above.
    folder_templates
        The host's folder templates; any is accepted when absent.
    holiday_sets
        Sets of holidays that the default calendar observes besides: built-in ones such as ``us-dc``, and the firm's
        own.
    holidays
        Days on which it is closed although the weekday is a working one.
    host_templates
        The host's templates per kind of item. A kind that is listed accepts only these; a request for another
        template fails, and lint warns of it. A kind not listed accepts any.
    item_kinds
        Kinds of item besides the built-in ones.
    own_holiday_sets
        The firm's own sets of holidays.
    payment_submitted_is_done
        Whether a submitted payment counts as an invoice paid.
    roles
        The seats that accounts have.
    task_statuses
        Custom task statuses and the state that each stands for.
    """
    return _of(
        "save_firm",
        {
            "name": name,
            "time_zone": time_zone,
            "working_days": working_days,
            "account_tags": account_tags,
            "business_hours": business_hours,
            "calendars": calendars,
            "folder_templates": folder_templates,
            "holiday_sets": holiday_sets,
            "holidays": holidays,
            "host_templates": host_templates,
            "item_kinds": item_kinds,
            "own_holiday_sets": own_holiday_sets,
            "payment_submitted_is_done": payment_submitted_is_done,
            "roles": roles,
            "task_statuses": task_statuses,
        },
    )


def save_member(
    *,
    id: MemberId,
    name: str,
    active: bool = True,
    admin: bool = False,
    email: str | None = None,
    weekly_minutes: int | None = None,
) -> Command:
    """Add a member, or change one.

    Parameters
    ----------
    id
        Their identifier.
    name
        Their name.
    active
        Whether they work here now. One who does not can act no longer and is assigned nothing.
    admin
        Whether they set the firm up: settings, members, templates, pipelines; and see everything.
    email
        Their email address, for the host's use.
    weekly_minutes
        How many minutes a week they have for their work.
    """
    return _of(
        "save_member",
        {
            "id": id,
            "name": name,
            "active": active,
            "admin": admin,
            "email": email,
            "weekly_minutes": weekly_minutes,
        },
    )


def save_template(*, template: Template) -> Command:
    """Add a template, or change one.

    Parameters
    ----------
    template
        The whole of it.
    """
    return _of("save_template", template)


def delete_template(*, kind: TemplateKind, key: TemplateKey) -> Command:
    """Delete a template. What was made from it stays.

    Parameters
    ----------
    kind
        Of which kind.
    key
        Which.
    """
    return _of("delete_template", {"kind": kind, "key": key})


def publish_pipeline(*, definition: PipelineDefinition, mapping: Mapping[str, StageKey] = FrozenDict()) -> Command:
    """Publish a pipeline, or a new version of one.

    Parameters
    ----------
    definition
        What is published.
    mapping
        Where the jobs of stages that it drops go.
    """
    return _of("publish_pipeline", {"definition": definition, "mapping": mapping})


def archive_pipeline(*, pipeline: PipelineKey, archived: bool) -> Command:
    """Let a pipeline take no new jobs, or take them again.

    Parameters
    ----------
    pipeline
        Which.
    archived
        Whether it takes none.
    """
    return _of("archive_pipeline", {"pipeline": pipeline, "archived": archived})


def switch_automation(*, pipeline: PipelineKey, automation: AutomationKey, enabled: bool) -> Command:
    """Switch an automation on or off, from the next event on.

    Parameters
    ----------
    pipeline
        Of which pipeline.
    automation
        Which.
    enabled
        Whether it runs.
    """
    return _of("switch_automation", {"pipeline": pipeline, "automation": automation, "enabled": enabled})


def save_account(
    *,
    id: AccountId,
    name: str,
    external: ExternalRef | None = None,
    fields: Mapping[str, FieldValue] = FrozenDict(),
    linked: Collection[LinkedAccount] = (),
    roles: Mapping[str, Collection[MemberId]] = FrozenDict(),
) -> Command:
    """Tell the engine of an account, or of changes to one. Tags are not touched.

    Parameters
    ----------
    id
        Its identifier.
    name
        What it is called.
    external
        How the host's own system calls it; unique in the firm.
    fields
        Custom fields, all of them.
    linked
        Related accounts, all of them.
    roles
        Role holders, all of them.
    """
    return _of(
        "save_account",
        {
            "id": id,
            "name": name,
            "external": external,
            "fields": fields,
            "linked": linked,
            "roles": roles,
        },
    )


def tag_account(
    *,
    account: AccountId,
    add: Collection[Tag] = frozenset(),
    remove: Collection[Tag] = frozenset(),
) -> Command:
    """Put tags on an account and take others off.

    Parameters
    ----------
    account
        Which account.
    add
        Put these on.
    remove
        Take these off.
    """
    return _of("tag_account", {"account": account, "add": add, "remove": remove})


def set_account_field(*, account: AccountId, field: FieldKey, value: FieldValue | None = None) -> Command:
    """Set or clear a custom field of an account.

    Parameters
    ----------
    account
        Which account.
    field
        Which field.
    value
        To what; cleared when absent.
    """
    return _of("set_account_field", {"account": account, "field": field, "value": value})


def shift_deadlines(
    *,
    postpone: Postpone,
    reason: str,
    dates: Collection[JobDate] = frozenset(
        (
            "due",
            "statutory",
            "extended",
        )
    ),
    accounts: TagTest | None = None,
    field: FieldTest | None = None,
    from_: dt.date | None = None,
    pipelines: Collection[PipelineKey] = frozenset(),
    until: dt.date | None = None,
) -> Command:
    """Move deadlines of many jobs to a later day.

    Of each job that fits, those of the dates named that lie in the range are moved. A date that follows another one
    that is named too is left to follow it. Moving a date ends its derivation. Dates never move back: one that lies
    after the new day already stays.

    Parameters
    ----------
    postpone
        To when.
    reason
        Why; kept with each date that is moved.
    dates
        Which dates.
    accounts
        Of accounts with these tags.
    field
        Of jobs or accounts whose custom field passes this test.
    from_
        Only dates on this day or later.
    pipelines
        In these pipelines; in all of them when empty.
    until
        Only dates on this day or earlier.
    """
    return _of(
        "shift_deadlines",
        {
            "postpone": postpone,
            "reason": reason,
            "dates": dates,
            "accounts": accounts,
            "field": field,
            "from": from_,
            "pipelines": pipelines,
            "until": until,
        },
    )


def create_job(
    *,
    account: AccountId,
    pipeline: PipelineKey,
    assign: Assignment | None = None,
    budget_minutes: int | None = None,
    description: str | None = None,
    due: DateExpression | None = None,
    extended: DateExpression | None = None,
    fields: Mapping[str, FieldValue] = FrozenDict(),
    id: JobId | None = None,
    name: str | None = None,
    period_end: dt.date | None = None,
    period_start: dt.date | None = None,
    priority: Priority | None = None,
    stage: StageKey | None = None,
    start: DateExpression | None = None,
    statutory: DateExpression | None = None,
    tags: Collection[Tag] = frozenset(),
    template: TemplateKey | None = None,
) -> Command:
    """Create a job.

    Parameters
    ----------
    account
        For whom.
    pipeline
        In which pipeline.
    assign
        Who is responsible.
    budget_minutes
        Time budgeted, in minutes.
    description
        What is to be done; shortcodes allowed.
    due
        When the firm wants it done.
    extended
        When the law wants it done after an extension.
    fields
        Its custom fields, over the template's.
    id
        Its identifier; made by the engine when absent.
    name
        What it is called; shortcodes allowed.
    period_end
        Last day of the period it is about.
    period_start
        First day of the period it is about.
    priority
        How urgent.
    stage
        In which stage; the first when absent.
    start
        When work should begin.
    statutory
        When the law wants it done.
    tags
        Its tags, besides the template's.
    template
        From which template.
    """
    return _of(
        "create_job",
        {
            "account": account,
            "pipeline": pipeline,
            "assign": assign,
            "budget_minutes": budget_minutes,
            "description": description,
            "due": due,
            "extended": extended,
            "fields": fields,
            "id": id,
            "name": name,
            "period_end": period_end,
            "period_start": period_start,
            "priority": priority,
            "stage": stage,
            "start": start,
            "statutory": statutory,
            "tags": tags,
            "template": template,
        },
    )


def edit_job(*, job: JobId, changes: JobChanges) -> Command:
    """Change a job.

    Parameters
    ----------
    job
        Which job.
    changes
        What.
    """
    return _of("edit_job", {"job": job, "changes": changes})


def move_job(
    *,
    job: JobId,
    to: StageKey,
    fire_jumped: bool = False,
    leave_out: Collection[AutomationKey] = frozenset(),
    override: bool = False,
    pipeline: PipelineKey | None = None,
    reenter: bool = False,
) -> Command:
    """Move a job, within its pipeline or into another.

    Parameters
    ----------
    job
        Which job.
    to
        To which stage.
    fire_jumped
        Also run the entry automations of the stages jumped over.
    leave_out
        Do not run these automations of the stage.
    override
        Leave although the exit requirements do not hold, and enter although the stage is full.
    pipeline
        In another pipeline.
    reenter
        Enter the stage anew if the job is in it already.
    """
    return _native.move_job(job, to, pipeline, reenter, _list(leave_out), fire_jumped, override)


def set_status(*, job: JobId, status: StatusKey, leave_out: Collection[AutomationKey] = frozenset()) -> Command:
    """Set a job's status: ``active``, ``completed`` or a custom one.

    Parameters
    ----------
    job
        Which job.
    status
        To what.
    leave_out
        Do not run these automations of the status.
    """
    return _of("set_status", {"job": job, "status": status, "leave_out": leave_out})


def assign_job(*, job: JobId, mode: AssignMode, who: Assignment) -> Command:
    """Change a job's assignees.

    Parameters
    ----------
    job
        Which job.
    mode
        How.
    who
        Whom.
    """
    return _of("assign_job", {"job": job, "mode": mode, "who": who})


def resolve_roles(*, job: JobId) -> Command:
    """Resolve a job's assigned roles again, to the account's present role holders.

    Parameters
    ----------
    job
        Which job.
    """
    return _of("resolve_roles", {"job": job})


def tag_job(*, job: JobId, add: Collection[Tag] = frozenset(), remove: Collection[Tag] = frozenset()) -> Command:
    """Put tags on a job and take others off.

    Parameters
    ----------
    job
        Which job.
    add
        Put these on.
    remove
        Take these off.
    """
    return _of("tag_job", {"job": job, "add": add, "remove": remove})


def archive_job(*, job: JobId, archived: bool = True) -> Command:
    """Archive a job, or take it out of the archive with the status it had.

    Parameters
    ----------
    job
        Which job.
    archived
        Whether it is to be archived.
    """
    return _of("archive_job", {"job": job, "archived": archived})


def delete_job(*, job: JobId) -> Command:
    """Delete a job and its tasks. Only the log remembers it.

    Parameters
    ----------
    job
        Which job.
    """
    return _of("delete_job", {"job": job})


def comment_job(*, job: JobId, text: str) -> Command:
    """Leave a comment on a job.

    Parameters
    ----------
    job
        Which job.
    text
        What to say.
    """
    return _of("comment_job", {"job": job, "text": text})


def pin_job(*, job: JobId, pinned: bool) -> Command:
    """Pin a job to the version it is on, or let it follow the newest again.

    Parameters
    ----------
    job
        Which job.
    pinned
        Whether it is to be pinned.
    """
    return _of("pin_job", {"job": job, "pinned": pinned})


def add_job_dependency(*, job: JobId, on: JobId) -> Command:
    """Let a job wait for another.

    Parameters
    ----------
    job
        Which job.
    on
        The one it waits for.
    """
    return _of("add_job_dependency", {"job": job, "on": on})


def remove_job_dependency(*, job: JobId, on: JobId) -> Command:
    """Let a job wait for another no longer.

    Parameters
    ----------
    job
        Which job.
    on
        The one it waits for.
    """
    return _of("remove_job_dependency", {"job": job, "on": on})


def clear_attention(*, job: JobId, reason: AttentionReason) -> Command:
    """Take note of a reason for attention and clear it.

    Parameters
    ----------
    job
        Which job.
    reason
        Which reason.
    """
    return _of("clear_attention", {"job": job, "reason": reason})


def retry_action(*, job: JobId, number: int) -> Command:
    """Try a failed action again.

    Parameters
    ----------
    job
        Of which job.
    number
        Which failure.
    """
    return _of("retry_action", {"job": job, "number": number})


def dismiss_action(*, job: JobId, number: int) -> Command:
    """Go on without a failed action.

    Parameters
    ----------
    job
        Of which job.
    number
        Which failure.
    """
    return _of("dismiss_action", {"job": job, "number": number})


def fire_automation(*, job: JobId, automation: AutomationKey) -> Command:
    """Fire an automation by hand, if its condition holds.

    Parameters
    ----------
    job
        On which job.
    automation
        Which.
    """
    return _of("fire_automation", {"job": job, "automation": automation})


def end_wait(*, job: JobId, number: int, cancel: bool = False) -> Command:
    """Let actions that wait go on at once, or cancel them.

    Parameters
    ----------
    job
        On which job.
    number
        Which wait.
    cancel
        Whether it is cancelled: the actions after it are not done.
    """
    return _of("end_wait", {"job": job, "number": number, "cancel": cancel})


def signal_job(*, job: JobId, name: SignalKey, payload: Any | None = None) -> Command:
    """Send a job a signal.

    Parameters
    ----------
    job
        Which job.
    name
        Its name.
    payload
        What goes with it.
    """
    return _of("signal_job", {"job": job, "name": name, "payload": payload})


def create_task(
    *,
    account: AccountId | None = None,
    id: TaskId | None = None,
    job: JobId | None = None,
    task: TaskTemplate | None = None,
    template: TemplateKey | None = None,
    waits_for: Collection[TaskId] = frozenset(),
) -> Command:
    """Create a task.

    Parameters
    ----------
    account
        For which account, when it has no job.
    id
        Its identifier; made by the engine when absent.
    job
        For which job. It counts as linked by hand during the present visit.
    task
        What it is, when it comes from no template.
    template
        From which of the firm's or the pipeline's templates.
    waits_for
        Tasks it waits for.
    """
    return _of(
        "create_task",
        {
            "account": account,
            "id": id,
            "job": job,
            "task": task,
            "template": template,
            "waits_for": waits_for,
        },
    )


def set_task_state(
    *,
    task: TaskId,
    state: TaskState,
    custom: StatusKey | None = None,
    override: bool = False,
) -> Command:
    """Set a task's state, in the engine's or the firm's own words.

    Parameters
    ----------
    task
        Which task.
    state
        To what.
    custom
        A custom status that stands for that state.
    override
        Start or complete it although it waits for others.
    """
    return _native.set_task_state(task, state, custom, override)


def edit_task(*, task: TaskId, changes: TaskChanges) -> Command:
    """Change a task.

    Parameters
    ----------
    task
        Which task.
    changes
        What.
    """
    return _of("edit_task", {"task": task, "changes": changes})


def set_task_dates(*, task: TaskId, due: dt.date | None = None, start: dt.date | None = None) -> Command:
    """Set a task's dates. They no longer follow the job's.

    Parameters
    ----------
    task
        Which task.
    due
        When it is due.
    start
        When it begins.
    """
    return _of("set_task_dates", {"task": task, "due": due, "start": start})


def assign_task(*, task: TaskId, mode: AssignMode, who: Assignment) -> Command:
    """Change a task's assignees.

    Parameters
    ----------
    task
        Which task.
    mode
        How.
    who
        Whom.
    """
    return _of("assign_task", {"task": task, "mode": mode, "who": who})


def check_task(*, task: TaskId, step: int, done: bool) -> Command:
    """Tick a step of a task's checklist, or untick it.

    Parameters
    ----------
    task
        Which task.
    step
        Which step, from 0.
    done
        Whether it is done.
    """
    return _of("check_task", {"task": task, "step": step, "done": done})


def set_checklist(*, task: TaskId, steps: Collection[str]) -> Command:
    """Replace the steps of a task's checklist. Steps whose text stays keep their tick.

    Parameters
    ----------
    task
        Which task.
    steps
        The texts.
    """
    return _of("set_checklist", {"task": task, "steps": steps})


def add_task_dependency(*, task: TaskId, on: TaskId) -> Command:
    """Let a task wait for another.

    Parameters
    ----------
    task
        Which task.
    on
        The one it waits for.
    """
    return _of("add_task_dependency", {"task": task, "on": on})


def remove_task_dependency(*, task: TaskId, on: TaskId) -> Command:
    """Let a task wait for another no longer.

    Parameters
    ----------
    task
        Which task.
    on
        The one it waits for.
    """
    return _of("remove_task_dependency", {"task": task, "on": on})


def link_task(*, task: TaskId, job: JobId) -> Command:
    """Link a task to a job by hand.

    Parameters
    ----------
    task
        Which task.
    job
        To which job.
    """
    return _of("link_task", {"task": task, "job": job})


def unlink_task(*, task: TaskId) -> Command:
    """Take a task off its job.

    Parameters
    ----------
    task
        Which task.
    """
    return _of("unlink_task", {"task": task})


def delete_task(*, task: TaskId) -> Command:
    """Delete a task.

    Parameters
    ----------
    task
        Which task.
    """
    return _of("delete_task", {"task": task})


def create_item(
    *,
    kind: ItemKind,
    title: str,
    account: AccountId | None = None,
    external: ExternalRef | None = None,
    id: ItemId | None = None,
    job: JobId | None = None,
    payment_submitted_is_done: bool = False,
    without_invoice: bool = False,
) -> Command:
    """Tell the engine of an item that the host made, and link it to a job.

    Parameters
    ----------
    kind
        What kind.
    title
        What it is called.
    account
        For which account, when it has no job.
    external
        How the host's own system calls it.
    id
        Its identifier; made by the engine when absent.
    job
        To which job it is linked.
    payment_submitted_is_done
        For an invoice: a submitted payment is enough.
    without_invoice
        For a proposal: it has no one-time invoice.
    """
    return _of(
        "create_item",
        {
            "kind": kind,
            "title": title,
            "account": account,
            "external": external,
            "id": id,
            "job": job,
            "payment_submitted_is_done": payment_submitted_is_done,
            "without_invoice": without_invoice,
        },
    )


def link_item(*, item: ItemRef | ItemId, job: JobId) -> Command:
    """Link an item to a job by hand.

    Parameters
    ----------
    item
        Which item.
    job
        To which job.
    """
    return _of("link_item", {"item": _item_ref(item), "job": job})


def unlink_item(*, item: ItemRef | ItemId, job: JobId) -> Command:
    """Take an item off a job. The item stays.

    Parameters
    ----------
    item
        Which item.
    job
        Off which job.
    """
    return _of("unlink_item", {"item": _item_ref(item), "job": job})


def name_item(*, item: ItemId, external: ExternalRef) -> Command:
    """Say how the host's own system calls an item.

    Parameters
    ----------
    item
        Which item.
    external
        So.
    """
    return _of("name_item", {"item": item, "external": external})


def report_item(*, item: ItemRef | ItemId, status: StatusKey) -> Command:
    """Report an item's status: ``submitted``, ``signed``, ``paid``, ``declined``, ``cancelled``, …

    Parameters
    ----------
    item
        Which item.
    status
        The status.
    """
    return _report_item(item, status)


def create_series(
    *,
    name: str,
    makes: SeriesWork,
    schedule: Schedule,
    backfill: bool = False,
    catch_up: CatchUp = "latest",
    for_: Audience | None = None,
    id: SeriesId | None = None,
    lead: Span | None = None,
) -> Command:
    """Create a series: work that comes again, period after period.

    Parameters
    ----------
    name
        What it is called in the firm.
    makes
        What it makes.
    schedule
        When it occurs.
    backfill
        Also catches up with occurrences whose day had gone by when the series was created. Else it begins with the
        first whose day has not.
    catch_up
        What becomes of occurrences whose day has gone by.
    for_
        For whom. Nobody yet when absent: accounts can join later.
    id
        Its identifier; made by the engine when absent.
    lead
        How long before an occurrence its work is made, in days, business days, weeks, months or years; on the day
        itself when absent.
    """
    return _of(
        "create_series",
        {
            "name": name,
            "makes": makes,
            "schedule": schedule,
            "backfill": backfill,
            "catch_up": catch_up,
            "for": for_,
            "id": id,
            "lead": lead,
        },
    )


def edit_series(*, series: SeriesId, scope: SeriesScope, changes: SeriesChanges) -> Command:
    """Change one occurrence of a series, it and those that follow, or all.

    Parameters
    ----------
    series
        Which series.
    scope
        Which occurrences.
    changes
        How.
    """
    return _of("edit_series", {"series": series, "scope": scope, "changes": changes})


def change_series_accounts(
    *,
    series: SeriesId,
    add: Collection[AccountId] = frozenset(),
    remove: Collection[AccountId] = frozenset(),
) -> Command:
    """Let accounts join a series and leave it, from the next occurrence on.

    Parameters
    ----------
    series
        Which series.
    add
        These join.
    remove
        These leave.
    """
    return _of("change_series_accounts", {"series": series, "add": add, "remove": remove})


def skip_occurrence(
    *,
    series: SeriesId,
    day: dt.date,
    accounts: Collection[AccountId] = frozenset(),
    skip: bool = True,
) -> Command:
    """Leave an occurrence of a series out, or take it in again.

    Parameters
    ----------
    series
        Of which series.
    day
        Which, by its day by the rule.
    accounts
        For these accounts; for all when empty.
    skip
        Whether it is left out.
    """
    return _of("skip_occurrence", {"series": series, "day": day, "accounts": accounts, "skip": skip})


def run_occurrence(*, series: SeriesId, day: dt.date, accounts: Collection[AccountId] = frozenset()) -> Command:
    """Make the work of an occurrence now, also again where it was refused or skipped. What was made is not made twice.

    Parameters
    ----------
    series
        Of which series.
    day
        Which, by its day by the rule.
    accounts
        For these accounts; for all of the series when empty.
    """
    return _of("run_occurrence", {"series": series, "day": day, "accounts": accounts})


def pause_series(*, series: SeriesId, paused: bool = True) -> Command:
    """Pause a series, or resume it: what was missed follows its catch-up policy.

    Parameters
    ----------
    series
        Which series.
    paused
        Whether it is paused.
    """
    return _of("pause_series", {"series": series, "paused": paused})


def end_series(*, series: SeriesId) -> Command:
    """End a series for good.

    Parameters
    ----------
    series
        Which series.
    """
    return _of("end_series", {"series": series})


def undo(*, entry: EntryId) -> Command:
    """Undo a command, with everything that followed from it, as far as nothing else has changed it since. What could
    not be taken back is in the event.

    Parameters
    ----------
    entry
        The entry of the log that the command wrote.
    """
    return _of("undo", {"entry": entry})


def seal_log() -> Command:
    """Seal what the log has grown by since the last seal, up to ``SEAL_ENTRIES`` entries of it: until nothing changes
    any more, all of it is sealed. For the host and for admins.
    """
    return _of("seal_log", {})
