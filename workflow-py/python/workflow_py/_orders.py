"""Commands as methods.

Written by ``tools/generate`` from the JSON Schemas; do not edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _native, commands
from ._command import _list, _report_item
from ._record import FrozenDict

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping
    from typing import Any

    from ._native import Command
    from ._outcome import Outcome
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
    "Orders",
]


class Orders:
    """A method for every command, carried out at once."""

    __slots__ = ()

    def execute(self, command: Command, *, idempotency_key: str | None = None) -> Outcome:
        """Carries out a command."""
        raise NotImplementedError

    def save_firm(
        self,
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
        idempotency_key: str | None = None,
    ) -> Outcome:
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
            The tags that the host puts on accounts. Lint warns of conditions on others that no automation puts
            there; when absent it says nothing of account tags. Any tag can be put on an account all the same.
        business_hours
            When it works, in local time, on days that are open; 09:00 to 17:00 when absent.
        calendars
            Business calendars besides the default one, which is made of the working days, holidays and holiday sets
            above.
        folder_templates
            The host's folder templates; any is accepted when absent.
        holiday_sets
            Sets of holidays that the default calendar observes besides: built-in ones such as ``us-dc``, and the
            firm's own.
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
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.save_firm(
            name=name,
            time_zone=time_zone,
            working_days=working_days,
            account_tags=account_tags,
            business_hours=business_hours,
            calendars=calendars,
            folder_templates=folder_templates,
            holiday_sets=holiday_sets,
            holidays=holidays,
            host_templates=host_templates,
            item_kinds=item_kinds,
            own_holiday_sets=own_holiday_sets,
            payment_submitted_is_done=payment_submitted_is_done,
            roles=roles,
            task_statuses=task_statuses,
        )
        return self.execute(command, idempotency_key=idempotency_key)

    def save_member(
        self,
        *,
        id: MemberId,
        name: str,
        active: bool = True,
        admin: bool = False,
        email: str | None = None,
        weekly_minutes: int | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
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
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.save_member(
            id=id,
            name=name,
            active=active,
            admin=admin,
            email=email,
            weekly_minutes=weekly_minutes,
        )
        return self.execute(command, idempotency_key=idempotency_key)

    def save_template(self, *, template: Template, idempotency_key: str | None = None) -> Outcome:
        """Add a template, or change one.

        Parameters
        ----------
        template
            The whole of it.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.save_template(template=template)
        return self.execute(command, idempotency_key=idempotency_key)

    def delete_template(self, *, kind: TemplateKind, key: TemplateKey, idempotency_key: str | None = None) -> Outcome:
        """Delete a template. What was made from it stays.

        Parameters
        ----------
        kind
            Of which kind.
        key
            Which.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.delete_template(kind=kind, key=key)
        return self.execute(command, idempotency_key=idempotency_key)

    def publish_pipeline(
        self,
        *,
        definition: PipelineDefinition,
        mapping: Mapping[str, StageKey] = FrozenDict(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Publish a pipeline, or a new version of one.

        Parameters
        ----------
        definition
            What is published.
        mapping
            Where the jobs of stages that it drops go.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.publish_pipeline(definition=definition, mapping=mapping)
        return self.execute(command, idempotency_key=idempotency_key)

    def archive_pipeline(self, *, pipeline: PipelineKey, archived: bool, idempotency_key: str | None = None) -> Outcome:
        """Let a pipeline take no new jobs, or take them again.

        Parameters
        ----------
        pipeline
            Which.
        archived
            Whether it takes none.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.archive_pipeline(pipeline=pipeline, archived=archived)
        return self.execute(command, idempotency_key=idempotency_key)

    def switch_automation(
        self,
        *,
        pipeline: PipelineKey,
        automation: AutomationKey,
        enabled: bool,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Switch an automation on or off, from the next event on.

        Parameters
        ----------
        pipeline
            Of which pipeline.
        automation
            Which.
        enabled
            Whether it runs.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.switch_automation(pipeline=pipeline, automation=automation, enabled=enabled)
        return self.execute(command, idempotency_key=idempotency_key)

    def save_account(
        self,
        *,
        id: AccountId,
        name: str,
        external: ExternalRef | None = None,
        fields: Mapping[str, FieldValue] = FrozenDict(),
        linked: Collection[LinkedAccount] = (),
        roles: Mapping[str, Collection[MemberId]] = FrozenDict(),
        idempotency_key: str | None = None,
    ) -> Outcome:
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
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.save_account(id=id, name=name, external=external, fields=fields, linked=linked, roles=roles)
        return self.execute(command, idempotency_key=idempotency_key)

    def tag_account(
        self,
        *,
        account: AccountId,
        add: Collection[Tag] = frozenset(),
        remove: Collection[Tag] = frozenset(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Put tags on an account and take others off.

        Parameters
        ----------
        account
            Which account.
        add
            Put these on.
        remove
            Take these off.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.tag_account(account=account, add=add, remove=remove)
        return self.execute(command, idempotency_key=idempotency_key)

    def set_account_field(
        self,
        *,
        account: AccountId,
        field: FieldKey,
        value: FieldValue | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Set or clear a custom field of an account.

        Parameters
        ----------
        account
            Which account.
        field
            Which field.
        value
            To what; cleared when absent.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.set_account_field(account=account, field=field, value=value)
        return self.execute(command, idempotency_key=idempotency_key)

    def shift_deadlines(
        self,
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
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Move deadlines of many jobs to a later day.

        Of each job that fits, those of the dates named that lie in the range are moved. A date that follows another
        one that is named too is left to follow it. Moving a date ends its derivation. Dates never move back: one
        that lies after the new day already stays.

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
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.shift_deadlines(
            postpone=postpone,
            reason=reason,
            dates=dates,
            accounts=accounts,
            field=field,
            from_=from_,
            pipelines=pipelines,
            until=until,
        )
        return self.execute(command, idempotency_key=idempotency_key)

    def create_job(
        self,
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
        idempotency_key: str | None = None,
    ) -> Outcome:
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
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.create_job(
            account=account,
            pipeline=pipeline,
            assign=assign,
            budget_minutes=budget_minutes,
            description=description,
            due=due,
            extended=extended,
            fields=fields,
            id=id,
            name=name,
            period_end=period_end,
            period_start=period_start,
            priority=priority,
            stage=stage,
            start=start,
            statutory=statutory,
            tags=tags,
            template=template,
        )
        return self.execute(command, idempotency_key=idempotency_key)

    def edit_job(self, *, job: JobId, changes: JobChanges, idempotency_key: str | None = None) -> Outcome:
        """Change a job.

        Parameters
        ----------
        job
            Which job.
        changes
            What.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.edit_job(job=job, changes=changes)
        return self.execute(command, idempotency_key=idempotency_key)

    def move_job(
        self,
        *,
        job: JobId,
        to: StageKey,
        fire_jumped: bool = False,
        leave_out: Collection[AutomationKey] = frozenset(),
        override: bool = False,
        pipeline: PipelineKey | None = None,
        reenter: bool = False,
        idempotency_key: str | None = None,
    ) -> Outcome:
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
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = _native.move_job(job, to, pipeline, reenter, _list(leave_out), fire_jumped, override)
        return self.execute(command, idempotency_key=idempotency_key)

    def set_status(
        self,
        *,
        job: JobId,
        status: StatusKey,
        leave_out: Collection[AutomationKey] = frozenset(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Set a job's status: ``active``, ``completed`` or a custom one.

        Parameters
        ----------
        job
            Which job.
        status
            To what.
        leave_out
            Do not run these automations of the status.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.set_status(job=job, status=status, leave_out=leave_out)
        return self.execute(command, idempotency_key=idempotency_key)

    def assign_job(
        self,
        *,
        job: JobId,
        mode: AssignMode,
        who: Assignment,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Change a job's assignees.

        Parameters
        ----------
        job
            Which job.
        mode
            How.
        who
            Whom.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.assign_job(job=job, mode=mode, who=who)
        return self.execute(command, idempotency_key=idempotency_key)

    def resolve_roles(self, *, job: JobId, idempotency_key: str | None = None) -> Outcome:
        """Resolve a job's assigned roles again, to the account's present role holders.

        Parameters
        ----------
        job
            Which job.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.resolve_roles(job=job)
        return self.execute(command, idempotency_key=idempotency_key)

    def tag_job(
        self,
        *,
        job: JobId,
        add: Collection[Tag] = frozenset(),
        remove: Collection[Tag] = frozenset(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Put tags on a job and take others off.

        Parameters
        ----------
        job
            Which job.
        add
            Put these on.
        remove
            Take these off.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.tag_job(job=job, add=add, remove=remove)
        return self.execute(command, idempotency_key=idempotency_key)

    def archive_job(self, *, job: JobId, archived: bool = True, idempotency_key: str | None = None) -> Outcome:
        """Archive a job, or take it out of the archive with the status it had.

        Parameters
        ----------
        job
            Which job.
        archived
            Whether it is to be archived.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.archive_job(job=job, archived=archived)
        return self.execute(command, idempotency_key=idempotency_key)

    def delete_job(self, *, job: JobId, idempotency_key: str | None = None) -> Outcome:
        """Delete a job and its tasks. Only the log remembers it.

        Parameters
        ----------
        job
            Which job.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.delete_job(job=job)
        return self.execute(command, idempotency_key=idempotency_key)

    def comment_job(self, *, job: JobId, text: str, idempotency_key: str | None = None) -> Outcome:
        """Leave a comment on a job.

        Parameters
        ----------
        job
            Which job.
        text
            What to say.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.comment_job(job=job, text=text)
        return self.execute(command, idempotency_key=idempotency_key)

    def pin_job(self, *, job: JobId, pinned: bool, idempotency_key: str | None = None) -> Outcome:
        """Pin a job to the version it is on, or let it follow the newest again.

        Parameters
        ----------
        job
            Which job.
        pinned
            Whether it is to be pinned.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.pin_job(job=job, pinned=pinned)
        return self.execute(command, idempotency_key=idempotency_key)

    def add_job_dependency(self, *, job: JobId, on: JobId, idempotency_key: str | None = None) -> Outcome:
        """Let a job wait for another.

        Parameters
        ----------
        job
            Which job.
        on
            The one it waits for.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.add_job_dependency(job=job, on=on)
        return self.execute(command, idempotency_key=idempotency_key)

    def remove_job_dependency(self, *, job: JobId, on: JobId, idempotency_key: str | None = None) -> Outcome:
        """Let a job wait for another no longer.

        Parameters
        ----------
        job
            Which job.
        on
            The one it waits for.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.remove_job_dependency(job=job, on=on)
        return self.execute(command, idempotency_key=idempotency_key)

    def clear_attention(self, *, job: JobId, reason: AttentionReason, idempotency_key: str | None = None) -> Outcome:
        """Take note of a reason for attention and clear it.

        Parameters
        ----------
        job
            Which job.
        reason
            Which reason.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.clear_attention(job=job, reason=reason)
        return self.execute(command, idempotency_key=idempotency_key)

    def retry_action(self, *, job: JobId, number: int, idempotency_key: str | None = None) -> Outcome:
        """Try a failed action again.

        Parameters
        ----------
        job
            Of which job.
        number
            Which failure.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.retry_action(job=job, number=number)
        return self.execute(command, idempotency_key=idempotency_key)

    def dismiss_action(self, *, job: JobId, number: int, idempotency_key: str | None = None) -> Outcome:
        """Go on without a failed action.

        Parameters
        ----------
        job
            Of which job.
        number
            Which failure.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.dismiss_action(job=job, number=number)
        return self.execute(command, idempotency_key=idempotency_key)

    def fire_automation(self, *, job: JobId, automation: AutomationKey, idempotency_key: str | None = None) -> Outcome:
        """Fire an automation by hand, if its condition holds.

        Parameters
        ----------
        job
            On which job.
        automation
            Which.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.fire_automation(job=job, automation=automation)
        return self.execute(command, idempotency_key=idempotency_key)

    def end_wait(self, *, job: JobId, number: int, cancel: bool = False, idempotency_key: str | None = None) -> Outcome:
        """Let actions that wait go on at once, or cancel them.

        Parameters
        ----------
        job
            On which job.
        number
            Which wait.
        cancel
            Whether it is cancelled: the actions after it are not done.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.end_wait(job=job, number=number, cancel=cancel)
        return self.execute(command, idempotency_key=idempotency_key)

    def signal_job(
        self,
        *,
        job: JobId,
        name: SignalKey,
        payload: Any | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Send a job a signal.

        Parameters
        ----------
        job
            Which job.
        name
            Its name.
        payload
            What goes with it.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.signal_job(job=job, name=name, payload=payload)
        return self.execute(command, idempotency_key=idempotency_key)

    def create_task(
        self,
        *,
        account: AccountId | None = None,
        id: TaskId | None = None,
        job: JobId | None = None,
        task: TaskTemplate | None = None,
        template: TemplateKey | None = None,
        waits_for: Collection[TaskId] = frozenset(),
        idempotency_key: str | None = None,
    ) -> Outcome:
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
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.create_task(
            account=account,
            id=id,
            job=job,
            task=task,
            template=template,
            waits_for=waits_for,
        )
        return self.execute(command, idempotency_key=idempotency_key)

    def set_task_state(
        self,
        *,
        task: TaskId,
        state: TaskState,
        custom: StatusKey | None = None,
        override: bool = False,
        idempotency_key: str | None = None,
    ) -> Outcome:
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
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = _native.set_task_state(task, state, custom, override)
        return self.execute(command, idempotency_key=idempotency_key)

    def edit_task(self, *, task: TaskId, changes: TaskChanges, idempotency_key: str | None = None) -> Outcome:
        """Change a task.

        Parameters
        ----------
        task
            Which task.
        changes
            What.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.edit_task(task=task, changes=changes)
        return self.execute(command, idempotency_key=idempotency_key)

    def set_task_dates(
        self,
        *,
        task: TaskId,
        due: dt.date | None = None,
        start: dt.date | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Set a task's dates. They no longer follow the job's.

        Parameters
        ----------
        task
            Which task.
        due
            When it is due.
        start
            When it begins.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.set_task_dates(task=task, due=due, start=start)
        return self.execute(command, idempotency_key=idempotency_key)

    def assign_task(
        self,
        *,
        task: TaskId,
        mode: AssignMode,
        who: Assignment,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Change a task's assignees.

        Parameters
        ----------
        task
            Which task.
        mode
            How.
        who
            Whom.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.assign_task(task=task, mode=mode, who=who)
        return self.execute(command, idempotency_key=idempotency_key)

    def check_task(self, *, task: TaskId, step: int, done: bool, idempotency_key: str | None = None) -> Outcome:
        """Tick a step of a task's checklist, or untick it.

        Parameters
        ----------
        task
            Which task.
        step
            Which step, from 0.
        done
            Whether it is done.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.check_task(task=task, step=step, done=done)
        return self.execute(command, idempotency_key=idempotency_key)

    def set_checklist(self, *, task: TaskId, steps: Collection[str], idempotency_key: str | None = None) -> Outcome:
        """Replace the steps of a task's checklist. Steps whose text stays keep their tick.

        Parameters
        ----------
        task
            Which task.
        steps
            The texts.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.set_checklist(task=task, steps=steps)
        return self.execute(command, idempotency_key=idempotency_key)

    def add_task_dependency(self, *, task: TaskId, on: TaskId, idempotency_key: str | None = None) -> Outcome:
        """Let a task wait for another.

        Parameters
        ----------
        task
            Which task.
        on
            The one it waits for.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.add_task_dependency(task=task, on=on)
        return self.execute(command, idempotency_key=idempotency_key)

    def remove_task_dependency(self, *, task: TaskId, on: TaskId, idempotency_key: str | None = None) -> Outcome:
        """Let a task wait for another no longer.

        Parameters
        ----------
        task
            Which task.
        on
            The one it waits for.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.remove_task_dependency(task=task, on=on)
        return self.execute(command, idempotency_key=idempotency_key)

    def link_task(self, *, task: TaskId, job: JobId, idempotency_key: str | None = None) -> Outcome:
        """Link a task to a job by hand.

        Parameters
        ----------
        task
            Which task.
        job
            To which job.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.link_task(task=task, job=job)
        return self.execute(command, idempotency_key=idempotency_key)

    def unlink_task(self, *, task: TaskId, idempotency_key: str | None = None) -> Outcome:
        """Take a task off its job.

        Parameters
        ----------
        task
            Which task.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.unlink_task(task=task)
        return self.execute(command, idempotency_key=idempotency_key)

    def delete_task(self, *, task: TaskId, idempotency_key: str | None = None) -> Outcome:
        """Delete a task.

        Parameters
        ----------
        task
            Which task.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.delete_task(task=task)
        return self.execute(command, idempotency_key=idempotency_key)

    def create_item(
        self,
        *,
        kind: ItemKind,
        title: str,
        account: AccountId | None = None,
        external: ExternalRef | None = None,
        id: ItemId | None = None,
        job: JobId | None = None,
        payment_submitted_is_done: bool = False,
        without_invoice: bool = False,
        idempotency_key: str | None = None,
    ) -> Outcome:
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
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.create_item(
            kind=kind,
            title=title,
            account=account,
            external=external,
            id=id,
            job=job,
            payment_submitted_is_done=payment_submitted_is_done,
            without_invoice=without_invoice,
        )
        return self.execute(command, idempotency_key=idempotency_key)

    def link_item(self, *, item: ItemRef | ItemId, job: JobId, idempotency_key: str | None = None) -> Outcome:
        """Link an item to a job by hand.

        Parameters
        ----------
        item
            Which item.
        job
            To which job.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.link_item(item=item, job=job)
        return self.execute(command, idempotency_key=idempotency_key)

    def unlink_item(self, *, item: ItemRef | ItemId, job: JobId, idempotency_key: str | None = None) -> Outcome:
        """Take an item off a job. The item stays.

        Parameters
        ----------
        item
            Which item.
        job
            Off which job.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.unlink_item(item=item, job=job)
        return self.execute(command, idempotency_key=idempotency_key)

    def name_item(self, *, item: ItemId, external: ExternalRef, idempotency_key: str | None = None) -> Outcome:
        """Say how the host's own system calls an item.

        Parameters
        ----------
        item
            Which item.
        external
            So.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.name_item(item=item, external=external)
        return self.execute(command, idempotency_key=idempotency_key)

    def report_item(self, *, item: ItemRef | ItemId, status: StatusKey, idempotency_key: str | None = None) -> Outcome:
        """Report an item's status: ``submitted``, ``signed``, ``paid``, ``declined``, ``cancelled``, …

        Parameters
        ----------
        item
            Which item.
        status
            The status.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = _report_item(item, status)
        return self.execute(command, idempotency_key=idempotency_key)

    def create_series(
        self,
        *,
        name: str,
        makes: SeriesWork,
        schedule: Schedule,
        backfill: bool = False,
        catch_up: CatchUp = "latest",
        for_: Audience | None = None,
        id: SeriesId | None = None,
        lead: Span | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
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
            Also catches up with occurrences whose day had gone by when the series was created. Else it begins with
            the first whose day has not.
        catch_up
            What becomes of occurrences whose day has gone by.
        for_
            For whom. Nobody yet when absent: accounts can join later.
        id
            Its identifier; made by the engine when absent.
        lead
            How long before an occurrence its work is made, in days, business days, weeks, months or years; on the
            day itself when absent.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.create_series(
            name=name,
            makes=makes,
            schedule=schedule,
            backfill=backfill,
            catch_up=catch_up,
            for_=for_,
            id=id,
            lead=lead,
        )
        return self.execute(command, idempotency_key=idempotency_key)

    def edit_series(
        self,
        *,
        series: SeriesId,
        scope: SeriesScope,
        changes: SeriesChanges,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Change one occurrence of a series, it and those that follow, or all.

        Parameters
        ----------
        series
            Which series.
        scope
            Which occurrences.
        changes
            How.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.edit_series(series=series, scope=scope, changes=changes)
        return self.execute(command, idempotency_key=idempotency_key)

    def change_series_accounts(
        self,
        *,
        series: SeriesId,
        add: Collection[AccountId] = frozenset(),
        remove: Collection[AccountId] = frozenset(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Let accounts join a series and leave it, from the next occurrence on.

        Parameters
        ----------
        series
            Which series.
        add
            These join.
        remove
            These leave.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.change_series_accounts(series=series, add=add, remove=remove)
        return self.execute(command, idempotency_key=idempotency_key)

    def skip_occurrence(
        self,
        *,
        series: SeriesId,
        day: dt.date,
        accounts: Collection[AccountId] = frozenset(),
        skip: bool = True,
        idempotency_key: str | None = None,
    ) -> Outcome:
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
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.skip_occurrence(series=series, day=day, accounts=accounts, skip=skip)
        return self.execute(command, idempotency_key=idempotency_key)

    def run_occurrence(
        self,
        *,
        series: SeriesId,
        day: dt.date,
        accounts: Collection[AccountId] = frozenset(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Make the work of an occurrence now, also again where it was refused or skipped. What was made is not made
        twice.

        Parameters
        ----------
        series
            Of which series.
        day
            Which, by its day by the rule.
        accounts
            For these accounts; for all of the series when empty.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.run_occurrence(series=series, day=day, accounts=accounts)
        return self.execute(command, idempotency_key=idempotency_key)

    def pause_series(self, *, series: SeriesId, paused: bool = True, idempotency_key: str | None = None) -> Outcome:
        """Pause a series, or resume it: what was missed follows its catch-up policy.

        Parameters
        ----------
        series
            Which series.
        paused
            Whether it is paused.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.pause_series(series=series, paused=paused)
        return self.execute(command, idempotency_key=idempotency_key)

    def end_series(self, *, series: SeriesId, idempotency_key: str | None = None) -> Outcome:
        """End a series for good.

        Parameters
        ----------
        series
            Which series.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.end_series(series=series)
        return self.execute(command, idempotency_key=idempotency_key)

    def undo(self, *, entry: EntryId, idempotency_key: str | None = None) -> Outcome:
        """Undo a command, with everything that followed from it, as far as nothing else has changed it since. What
        could not be taken back is in the event.

        Parameters
        ----------
        entry
            The entry of the log that the command wrote.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.undo(entry=entry)
        return self.execute(command, idempotency_key=idempotency_key)

    def seal_log(self, *, idempotency_key: str | None = None) -> Outcome:
        """Seal what the log has grown by since the last seal, up to ``SEAL_ENTRIES`` entries of it: until nothing
        changes any more, all of it is sealed. For the host and for admins.

        Parameters
        ----------
        idempotency_key
            Makes it have one effect however often it is given.
        """
        command = commands.seal_log()
        return self.execute(command, idempotency_key=idempotency_key)
