"""Commands and questions as awaitable methods.

Written by ``tools/generate`` from the JSON Schemas; do not edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar

from .._record import FrozenDict
from ._rows import AsyncRows

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Any

    from .._acting import Acting as Sync
    from .._outcome import Outcome
    from ..model import (
        Account,
        AccountId,
        ActivityOf,
        Assignment,
        AssignMode,
        AttentionReason,
        Audience,
        AutomationExplanation,
        AutomationKey,
        Board,
        BusinessHours,
        CalendarDay,
        CalendarDefinition,
        CalendarKey,
        CatchUp,
        ClientJob,
        DateExpression,
        DeadLetter,
        EntryId,
        ExternalRef,
        FieldKey,
        FieldTest,
        FieldValue,
        Firm,
        HolidaySet,
        Interval,
        ItemId,
        ItemKind,
        ItemKindDefinition,
        ItemRef,
        JobAt,
        JobChanges,
        JobDate,
        JobExplanation,
        JobForecast,
        JobId,
        JobMeasures,
        JobRow,
        JobScope,
        JobView,
        KnownSeal,
        LedgerOf,
        LinkedAccount,
        Logged,
        LogPosition,
        LogVerification,
        Measures,
        Member,
        MemberId,
        MemberLoad,
        MemberWeek,
        Notation,
        Occurrence,
        PipelineDefinition,
        PipelineKey,
        PipelineRow,
        PlannedRow,
        Postpone,
        Priority,
        Problem,
        Queue,
        QueuedState,
        RoleKey,
        Schedule,
        Series,
        SeriesChanges,
        SeriesId,
        SeriesScope,
        SeriesState,
        SeriesView,
        SeriesWork,
        ShiftDeadlines,
        ShiftPreview,
        SignalKey,
        Span,
        StageKey,
        StatusKey,
        Tag,
        TagTest,
        TaskChanges,
        TaskId,
        TaskRow,
        TaskScope,
        TaskState,
        TaskTemplate,
        Template,
        TemplateKey,
        TemplateKind,
        Verification,
        Waiting,
    )

__all__ = [
    "Methods",
]

P = ParamSpec("P")
T = TypeVar("T")


class Methods:
    """A method for every command and every question, carried out on a worker thread."""

    __slots__ = ()
    _sync: Sync

    async def _run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        raise NotImplementedError

    async def save_firm(
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

        As :meth:`workflow_py.Acting.save_firm`.
        """
        return await self._run(
            self._sync.save_firm,
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
            idempotency_key=idempotency_key,
        )

    async def save_member(
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

        As :meth:`workflow_py.Acting.save_member`.
        """
        return await self._run(
            self._sync.save_member,
            id=id,
            name=name,
            active=active,
            admin=admin,
            email=email,
            weekly_minutes=weekly_minutes,
            idempotency_key=idempotency_key,
        )

    async def save_template(self, *, template: Template, idempotency_key: str | None = None) -> Outcome:
        """Add a template, or change one.

        As :meth:`workflow_py.Acting.save_template`.
        """
        return await self._run(self._sync.save_template, template=template, idempotency_key=idempotency_key)

    async def delete_template(
        self, *, kind: TemplateKind, key: TemplateKey, idempotency_key: str | None = None
    ) -> Outcome:
        """Delete a template. What was made from it stays.

        As :meth:`workflow_py.Acting.delete_template`.
        """
        return await self._run(self._sync.delete_template, kind=kind, key=key, idempotency_key=idempotency_key)

    async def publish_pipeline(
        self,
        *,
        definition: PipelineDefinition,
        mapping: Mapping[str, StageKey] = FrozenDict(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Publish a pipeline, or a new version of one.

        As :meth:`workflow_py.Acting.publish_pipeline`.
        """
        return await self._run(
            self._sync.publish_pipeline, definition=definition, mapping=mapping, idempotency_key=idempotency_key
        )

    async def archive_pipeline(
        self, *, pipeline: PipelineKey, archived: bool, idempotency_key: str | None = None
    ) -> Outcome:
        """Let a pipeline take no new jobs, or take them again.

        As :meth:`workflow_py.Acting.archive_pipeline`.
        """
        return await self._run(
            self._sync.archive_pipeline, pipeline=pipeline, archived=archived, idempotency_key=idempotency_key
        )

    async def switch_automation(
        self,
        *,
        pipeline: PipelineKey,
        automation: AutomationKey,
        enabled: bool,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Switch an automation on or off, from the next event on.

        As :meth:`workflow_py.Acting.switch_automation`.
        """
        return await self._run(
            self._sync.switch_automation,
            pipeline=pipeline,
            automation=automation,
            enabled=enabled,
            idempotency_key=idempotency_key,
        )

    async def save_account(
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

        As :meth:`workflow_py.Acting.save_account`.
        """
        return await self._run(
            self._sync.save_account,
            id=id,
            name=name,
            external=external,
            fields=fields,
            linked=linked,
            roles=roles,
            idempotency_key=idempotency_key,
        )

    async def tag_account(
        self,
        *,
        account: AccountId,
        add: Collection[Tag] = frozenset(),
        remove: Collection[Tag] = frozenset(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Put tags on an account and take others off.

        As :meth:`workflow_py.Acting.tag_account`.
        """
        return await self._run(
            self._sync.tag_account, account=account, add=add, remove=remove, idempotency_key=idempotency_key
        )

    async def set_account_field(
        self,
        *,
        account: AccountId,
        field: FieldKey,
        value: FieldValue | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Set or clear a custom field of an account.

        As :meth:`workflow_py.Acting.set_account_field`.
        """
        return await self._run(
            self._sync.set_account_field, account=account, field=field, value=value, idempotency_key=idempotency_key
        )

    async def shift_deadlines(
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

        As :meth:`workflow_py.Acting.shift_deadlines`.
        """
        return await self._run(
            self._sync.shift_deadlines,
            postpone=postpone,
            reason=reason,
            dates=dates,
            accounts=accounts,
            field=field,
            from_=from_,
            pipelines=pipelines,
            until=until,
            idempotency_key=idempotency_key,
        )

    async def create_job(
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

        As :meth:`workflow_py.Acting.create_job`.
        """
        return await self._run(
            self._sync.create_job,
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
            idempotency_key=idempotency_key,
        )

    async def edit_job(self, *, job: JobId, changes: JobChanges, idempotency_key: str | None = None) -> Outcome:
        """Change a job.

        As :meth:`workflow_py.Acting.edit_job`.
        """
        return await self._run(self._sync.edit_job, job=job, changes=changes, idempotency_key=idempotency_key)

    async def move_job(
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

        As :meth:`workflow_py.Acting.move_job`.
        """
        return await self._run(
            self._sync.move_job,
            job=job,
            to=to,
            fire_jumped=fire_jumped,
            leave_out=leave_out,
            override=override,
            pipeline=pipeline,
            reenter=reenter,
            idempotency_key=idempotency_key,
        )

    async def set_status(
        self,
        *,
        job: JobId,
        status: StatusKey,
        leave_out: Collection[AutomationKey] = frozenset(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Set a job's status: ``active``, ``completed`` or a custom one.

        As :meth:`workflow_py.Acting.set_status`.
        """
        return await self._run(
            self._sync.set_status, job=job, status=status, leave_out=leave_out, idempotency_key=idempotency_key
        )

    async def assign_job(
        self,
        *,
        job: JobId,
        mode: AssignMode,
        who: Assignment,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Change a job's assignees.

        As :meth:`workflow_py.Acting.assign_job`.
        """
        return await self._run(self._sync.assign_job, job=job, mode=mode, who=who, idempotency_key=idempotency_key)

    async def resolve_roles(self, *, job: JobId, idempotency_key: str | None = None) -> Outcome:
        """Resolve a job's assigned roles again, to the account's present role holders.

        As :meth:`workflow_py.Acting.resolve_roles`.
        """
        return await self._run(self._sync.resolve_roles, job=job, idempotency_key=idempotency_key)

    async def tag_job(
        self,
        *,
        job: JobId,
        add: Collection[Tag] = frozenset(),
        remove: Collection[Tag] = frozenset(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Put tags on a job and take others off.

        As :meth:`workflow_py.Acting.tag_job`.
        """
        return await self._run(self._sync.tag_job, job=job, add=add, remove=remove, idempotency_key=idempotency_key)

    async def archive_job(self, *, job: JobId, archived: bool = True, idempotency_key: str | None = None) -> Outcome:
        """Archive a job, or take it out of the archive with the status it had.

        As :meth:`workflow_py.Acting.archive_job`.
        """
        return await self._run(self._sync.archive_job, job=job, archived=archived, idempotency_key=idempotency_key)

    async def delete_job(self, *, job: JobId, idempotency_key: str | None = None) -> Outcome:
        """Delete a job and its tasks. Only the log remembers it.

        As :meth:`workflow_py.Acting.delete_job`.
        """
        return await self._run(self._sync.delete_job, job=job, idempotency_key=idempotency_key)

    async def comment_job(self, *, job: JobId, text: str, idempotency_key: str | None = None) -> Outcome:
        """Leave a comment on a job.

        As :meth:`workflow_py.Acting.comment_job`.
        """
        return await self._run(self._sync.comment_job, job=job, text=text, idempotency_key=idempotency_key)

    async def pin_job(self, *, job: JobId, pinned: bool, idempotency_key: str | None = None) -> Outcome:
        """Pin a job to the version it is on, or let it follow the newest again.

        As :meth:`workflow_py.Acting.pin_job`.
        """
        return await self._run(self._sync.pin_job, job=job, pinned=pinned, idempotency_key=idempotency_key)

    async def add_job_dependency(self, *, job: JobId, on: JobId, idempotency_key: str | None = None) -> Outcome:
        """Let a job wait for another.

        As :meth:`workflow_py.Acting.add_job_dependency`.
        """
        return await self._run(self._sync.add_job_dependency, job=job, on=on, idempotency_key=idempotency_key)

    async def remove_job_dependency(self, *, job: JobId, on: JobId, idempotency_key: str | None = None) -> Outcome:
        """Let a job wait for another no longer.

        As :meth:`workflow_py.Acting.remove_job_dependency`.
        """
        return await self._run(self._sync.remove_job_dependency, job=job, on=on, idempotency_key=idempotency_key)

    async def clear_attention(
        self, *, job: JobId, reason: AttentionReason, idempotency_key: str | None = None
    ) -> Outcome:
        """Take note of a reason for attention and clear it.

        As :meth:`workflow_py.Acting.clear_attention`.
        """
        return await self._run(self._sync.clear_attention, job=job, reason=reason, idempotency_key=idempotency_key)

    async def retry_action(self, *, job: JobId, number: int, idempotency_key: str | None = None) -> Outcome:
        """Try a failed action again.

        As :meth:`workflow_py.Acting.retry_action`.
        """
        return await self._run(self._sync.retry_action, job=job, number=number, idempotency_key=idempotency_key)

    async def dismiss_action(self, *, job: JobId, number: int, idempotency_key: str | None = None) -> Outcome:
        """Go on without a failed action.

        As :meth:`workflow_py.Acting.dismiss_action`.
        """
        return await self._run(self._sync.dismiss_action, job=job, number=number, idempotency_key=idempotency_key)

    async def fire_automation(
        self, *, job: JobId, automation: AutomationKey, idempotency_key: str | None = None
    ) -> Outcome:
        """Fire an automation by hand, if its condition holds.

        As :meth:`workflow_py.Acting.fire_automation`.
        """
        return await self._run(
            self._sync.fire_automation, job=job, automation=automation, idempotency_key=idempotency_key
        )

    async def end_wait(
        self, *, job: JobId, number: int, cancel: bool = False, idempotency_key: str | None = None
    ) -> Outcome:
        """Let actions that wait go on at once, or cancel them.

        As :meth:`workflow_py.Acting.end_wait`.
        """
        return await self._run(
            self._sync.end_wait, job=job, number=number, cancel=cancel, idempotency_key=idempotency_key
        )

    async def signal_job(
        self,
        *,
        job: JobId,
        name: SignalKey,
        payload: Any | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Send a job a signal.

        As :meth:`workflow_py.Acting.signal_job`.
        """
        return await self._run(
            self._sync.signal_job, job=job, name=name, payload=payload, idempotency_key=idempotency_key
        )

    async def create_task(
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

        As :meth:`workflow_py.Acting.create_task`.
        """
        return await self._run(
            self._sync.create_task,
            account=account,
            id=id,
            job=job,
            task=task,
            template=template,
            waits_for=waits_for,
            idempotency_key=idempotency_key,
        )

    async def set_task_state(
        self,
        *,
        task: TaskId,
        state: TaskState,
        custom: StatusKey | None = None,
        override: bool = False,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Set a task's state, in the engine's or the firm's own words.

        As :meth:`workflow_py.Acting.set_task_state`.
        """
        return await self._run(
            self._sync.set_task_state,
            task=task,
            state=state,
            custom=custom,
            override=override,
            idempotency_key=idempotency_key,
        )

    async def edit_task(self, *, task: TaskId, changes: TaskChanges, idempotency_key: str | None = None) -> Outcome:
        """Change a task.

        As :meth:`workflow_py.Acting.edit_task`.
        """
        return await self._run(self._sync.edit_task, task=task, changes=changes, idempotency_key=idempotency_key)

    async def set_task_dates(
        self,
        *,
        task: TaskId,
        due: dt.date | None = None,
        start: dt.date | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Set a task's dates. They no longer follow the job's.

        As :meth:`workflow_py.Acting.set_task_dates`.
        """
        return await self._run(
            self._sync.set_task_dates, task=task, due=due, start=start, idempotency_key=idempotency_key
        )

    async def assign_task(
        self,
        *,
        task: TaskId,
        mode: AssignMode,
        who: Assignment,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Change a task's assignees.

        As :meth:`workflow_py.Acting.assign_task`.
        """
        return await self._run(self._sync.assign_task, task=task, mode=mode, who=who, idempotency_key=idempotency_key)

    async def check_task(self, *, task: TaskId, step: int, done: bool, idempotency_key: str | None = None) -> Outcome:
        """Tick a step of a task's checklist, or untick it.

        As :meth:`workflow_py.Acting.check_task`.
        """
        return await self._run(self._sync.check_task, task=task, step=step, done=done, idempotency_key=idempotency_key)

    async def set_checklist(
        self, *, task: TaskId, steps: Collection[str], idempotency_key: str | None = None
    ) -> Outcome:
        """Replace the steps of a task's checklist. Steps whose text stays keep their tick.

        As :meth:`workflow_py.Acting.set_checklist`.
        """
        return await self._run(self._sync.set_checklist, task=task, steps=steps, idempotency_key=idempotency_key)

    async def add_task_dependency(self, *, task: TaskId, on: TaskId, idempotency_key: str | None = None) -> Outcome:
        """Let a task wait for another.

        As :meth:`workflow_py.Acting.add_task_dependency`.
        """
        return await self._run(self._sync.add_task_dependency, task=task, on=on, idempotency_key=idempotency_key)

    async def remove_task_dependency(self, *, task: TaskId, on: TaskId, idempotency_key: str | None = None) -> Outcome:
        """Let a task wait for another no longer.

        As :meth:`workflow_py.Acting.remove_task_dependency`.
        """
        return await self._run(self._sync.remove_task_dependency, task=task, on=on, idempotency_key=idempotency_key)

    async def link_task(self, *, task: TaskId, job: JobId, idempotency_key: str | None = None) -> Outcome:
        """Link a task to a job by hand.

        As :meth:`workflow_py.Acting.link_task`.
        """
        return await self._run(self._sync.link_task, task=task, job=job, idempotency_key=idempotency_key)

    async def unlink_task(self, *, task: TaskId, idempotency_key: str | None = None) -> Outcome:
        """Take a task off its job.

        As :meth:`workflow_py.Acting.unlink_task`.
        """
        return await self._run(self._sync.unlink_task, task=task, idempotency_key=idempotency_key)

    async def delete_task(self, *, task: TaskId, idempotency_key: str | None = None) -> Outcome:
        """Delete a task.

        As :meth:`workflow_py.Acting.delete_task`.
        """
        return await self._run(self._sync.delete_task, task=task, idempotency_key=idempotency_key)

    async def create_item(
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

        As :meth:`workflow_py.Acting.create_item`.
        """
        return await self._run(
            self._sync.create_item,
            kind=kind,
            title=title,
            account=account,
            external=external,
            id=id,
            job=job,
            payment_submitted_is_done=payment_submitted_is_done,
            without_invoice=without_invoice,
            idempotency_key=idempotency_key,
        )

    async def link_item(self, *, item: ItemRef | ItemId, job: JobId, idempotency_key: str | None = None) -> Outcome:
        """Link an item to a job by hand.

        As :meth:`workflow_py.Acting.link_item`.
        """
        return await self._run(self._sync.link_item, item=item, job=job, idempotency_key=idempotency_key)

    async def unlink_item(self, *, item: ItemRef | ItemId, job: JobId, idempotency_key: str | None = None) -> Outcome:
        """Take an item off a job. The item stays.

        As :meth:`workflow_py.Acting.unlink_item`.
        """
        return await self._run(self._sync.unlink_item, item=item, job=job, idempotency_key=idempotency_key)

    async def name_item(self, *, item: ItemId, external: ExternalRef, idempotency_key: str | None = None) -> Outcome:
        """Say how the host's own system calls an item.

        As :meth:`workflow_py.Acting.name_item`.
        """
        return await self._run(self._sync.name_item, item=item, external=external, idempotency_key=idempotency_key)

    async def report_item(
        self, *, item: ItemRef | ItemId, status: StatusKey, idempotency_key: str | None = None
    ) -> Outcome:
        """Report an item's status: ``submitted``, ``signed``, ``paid``, ``declined``, ``cancelled``, …

        As :meth:`workflow_py.Acting.report_item`.
        """
        return await self._run(self._sync.report_item, item=item, status=status, idempotency_key=idempotency_key)

    async def create_series(
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

        As :meth:`workflow_py.Acting.create_series`.
        """
        return await self._run(
            self._sync.create_series,
            name=name,
            makes=makes,
            schedule=schedule,
            backfill=backfill,
            catch_up=catch_up,
            for_=for_,
            id=id,
            lead=lead,
            idempotency_key=idempotency_key,
        )

    async def edit_series(
        self,
        *,
        series: SeriesId,
        scope: SeriesScope,
        changes: SeriesChanges,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Change one occurrence of a series, it and those that follow, or all.

        As :meth:`workflow_py.Acting.edit_series`.
        """
        return await self._run(
            self._sync.edit_series, series=series, scope=scope, changes=changes, idempotency_key=idempotency_key
        )

    async def change_series_accounts(
        self,
        *,
        series: SeriesId,
        add: Collection[AccountId] = frozenset(),
        remove: Collection[AccountId] = frozenset(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Let accounts join a series and leave it, from the next occurrence on.

        As :meth:`workflow_py.Acting.change_series_accounts`.
        """
        return await self._run(
            self._sync.change_series_accounts, series=series, add=add, remove=remove, idempotency_key=idempotency_key
        )

    async def skip_occurrence(
        self,
        *,
        series: SeriesId,
        day: dt.date,
        accounts: Collection[AccountId] = frozenset(),
        skip: bool = True,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Leave an occurrence of a series out, or take it in again.

        As :meth:`workflow_py.Acting.skip_occurrence`.
        """
        return await self._run(
            self._sync.skip_occurrence,
            series=series,
            day=day,
            accounts=accounts,
            skip=skip,
            idempotency_key=idempotency_key,
        )

    async def run_occurrence(
        self,
        *,
        series: SeriesId,
        day: dt.date,
        accounts: Collection[AccountId] = frozenset(),
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Make the work of an occurrence now, also again where it was refused or skipped. What was made is not made
        twice.

        As :meth:`workflow_py.Acting.run_occurrence`.
        """
        return await self._run(
            self._sync.run_occurrence, series=series, day=day, accounts=accounts, idempotency_key=idempotency_key
        )

    async def pause_series(
        self, *, series: SeriesId, paused: bool = True, idempotency_key: str | None = None
    ) -> Outcome:
        """Pause a series, or resume it: what was missed follows its catch-up policy.

        As :meth:`workflow_py.Acting.pause_series`.
        """
        return await self._run(self._sync.pause_series, series=series, paused=paused, idempotency_key=idempotency_key)

    async def end_series(self, *, series: SeriesId, idempotency_key: str | None = None) -> Outcome:
        """End a series for good.

        As :meth:`workflow_py.Acting.end_series`.
        """
        return await self._run(self._sync.end_series, series=series, idempotency_key=idempotency_key)

    async def undo(self, *, entry: EntryId, idempotency_key: str | None = None) -> Outcome:
        """Undo a command, with everything that followed from it, as far as nothing else has changed it since. What
        could not be taken back is in the event.

        As :meth:`workflow_py.Acting.undo`.
        """
        return await self._run(self._sync.undo, entry=entry, idempotency_key=idempotency_key)

    async def seal_log(self, *, idempotency_key: str | None = None) -> Outcome:
        """Seal what the log has grown by since the last seal, up to ``SEAL_ENTRIES`` entries of it: until nothing
        changes any more, all of it is sealed. For the host and for admins.

        As :meth:`workflow_py.Acting.seal_log`.
        """
        return await self._run(self._sync.seal_log, idempotency_key=idempotency_key)

    async def today(self) -> dt.date:
        """Which day it is for the firm.

        As :meth:`workflow_py.Acting.today`.
        """
        return await self._run(self._sync.today)

    async def firm(self) -> Firm:
        """The firm with its settings.

        As :meth:`workflow_py.Acting.firm`.
        """
        return await self._run(self._sync.firm)

    async def members(self) -> Sequence[Member]:
        """The firm's members, by identifier.

        As :meth:`workflow_py.Acting.members`.
        """
        return await self._run(self._sync.members)

    async def templates(self, *, kind: TemplateKind | None = None) -> Sequence[Template]:
        """The firm's templates, by kind and key.

        As :meth:`workflow_py.Acting.templates`.
        """
        return await self._run(self._sync.templates, kind=kind)

    async def pipelines(self) -> Sequence[PipelineRow]:
        """The firm's pipelines that are open to the actor, by key.

        As :meth:`workflow_py.Acting.pipelines`.
        """
        return await self._run(self._sync.pipelines)

    async def definition(self, *, pipeline: PipelineKey) -> PipelineDefinition:
        """The newest version of a pipeline, as it was published.

        As :meth:`workflow_py.Acting.definition`.
        """
        return await self._run(self._sync.definition, pipeline=pipeline)

    async def graph(self, *, pipeline: PipelineKey, notation: Notation = "dot") -> str:
        """The newest version of a pipeline, drawn.

        As :meth:`workflow_py.Acting.graph`.
        """
        return await self._run(self._sync.graph, pipeline=pipeline, notation=notation)

    async def board(self, *, pipeline: PipelineKey, cards: int = 20) -> Board:
        """The board of a pipeline.

        As :meth:`workflow_py.Acting.board`.
        """
        return await self._run(self._sync.board, pipeline=pipeline, cards=cards)

    def column(self, *, pipeline: PipelineKey, stage: StageKey, page_size: int = 100) -> AsyncRows[JobRow]:
        """The cards of one stage of a board.

        As :meth:`workflow_py.Acting.column`.
        """
        return AsyncRows(self._run, lambda: self._sync.column(pipeline=pipeline, stage=stage, page_size=page_size))

    def jobs(
        self,
        *,
        archived: bool = False,
        at_least: Priority | None = None,
        descending: bool = False,
        due_from: dt.date | None = None,
        due_to: dt.date | None = None,
        overdue: bool = False,
        scope: JobScope = "firm",
        statuses: Collection[StatusKey] = frozenset(),
        tags: Collection[Tag] = frozenset(),
        text: str | None = None,
        page_size: int = 100,
    ) -> AsyncRows[JobRow]:
        """A list of jobs.

        As :meth:`workflow_py.Acting.jobs`.
        """
        return AsyncRows(
            self._run,
            lambda: self._sync.jobs(
                archived=archived,
                at_least=at_least,
                descending=descending,
                due_from=due_from,
                due_to=due_to,
                overdue=overdue,
                scope=scope,
                statuses=statuses,
                tags=tags,
                text=text,
                page_size=page_size,
            ),
        )

    async def job(self, *, job: JobId) -> JobView:
        """One job in full.

        As :meth:`workflow_py.Acting.job`.
        """
        return await self._run(self._sync.job, job=job)

    async def job_at(self, *, job: JobId, at: dt.datetime | None = None, position: LogPosition | None = None) -> JobAt:
        """A job as it was once: at an instant, or at a place of the log.

        As :meth:`workflow_py.Acting.job_at`.
        """
        return await self._run(self._sync.job_at, job=job, at=at, position=position)

    async def explain_job(self, *, job: JobId) -> JobExplanation:
        """Why a job is where it is, and why it is not moving.

        As :meth:`workflow_py.Acting.explain_job`.
        """
        return await self._run(self._sync.explain_job, job=job)

    async def explain_automation(
        self, *, job: JobId, automation: AutomationKey, limit: int = 10
    ) -> AutomationExplanation:
        """Why an automation ran on a job, or did not.

        As :meth:`workflow_py.Acting.explain_automation`.
        """
        return await self._run(self._sync.explain_automation, job=job, automation=automation, limit=limit)

    def tasks(
        self,
        *,
        at_least: Priority | None = None,
        descending: bool = False,
        due_from: dt.date | None = None,
        due_to: dt.date | None = None,
        overdue: bool = False,
        scope: TaskScope = "firm",
        states: Collection[TaskState] = frozenset(),
        tags: Collection[Tag] = frozenset(),
        template: TemplateKey | None = None,
        text: str | None = None,
        page_size: int = 100,
    ) -> AsyncRows[TaskRow]:
        """A list of tasks.

        As :meth:`workflow_py.Acting.tasks`.
        """
        return AsyncRows(
            self._run,
            lambda: self._sync.tasks(
                at_least=at_least,
                descending=descending,
                due_from=due_from,
                due_to=due_to,
                overdue=overdue,
                scope=scope,
                states=states,
                tags=tags,
                template=template,
                text=text,
                page_size=page_size,
            ),
        )

    def accounts(
        self,
        *,
        prefix: str | None = None,
        tag: Tag | None = None,
        text: str | None = None,
        page_size: int = 100,
    ) -> AsyncRows[Account]:
        """A list of accounts, by name.

        As :meth:`workflow_py.Acting.accounts`.
        """
        return AsyncRows(self._run, lambda: self._sync.accounts(prefix=prefix, tag=tag, text=text, page_size=page_size))

    async def account(self, *, account: AccountId) -> Account:
        """One account.

        As :meth:`workflow_py.Acting.account`.
        """
        return await self._run(self._sync.account, account=account)

    async def account_by_external(self, *, external: ExternalRef) -> Account | None:
        """The account that the host's own system calls so, if there is one.

        As :meth:`workflow_py.Acting.account_by_external`.
        """
        return await self._run(self._sync.account_by_external, external=external)

    def client_jobs(self, *, account: AccountId, page_size: int = 100) -> AsyncRows[ClientJob]:
        """The jobs of an account in client-facing words, newest first.

        As :meth:`workflow_py.Acting.client_jobs`.
        """
        return AsyncRows(self._run, lambda: self._sync.client_jobs(account=account, page_size=page_size))

    async def workload(self) -> Sequence[MemberLoad]:
        """What each working member has to do.

        As :meth:`workflow_py.Acting.workload`.
        """
        return await self._run(self._sync.workload)

    async def workload_by_week(
        self, *, from_: dt.date, to: dt.date, member: MemberId | None = None
    ) -> Sequence[MemberWeek]:
        """What each working member has to do in which week.

        As :meth:`workflow_py.Acting.workload_by_week`.
        """
        return await self._run(self._sync.workload_by_week, from_=from_, to=to, member=member)

    async def calendar(self, *, from_: dt.date, to: dt.date, member: MemberId | None = None) -> Sequence[CalendarDay]:
        """The days of a stretch on which something is due.

        As :meth:`workflow_py.Acting.calendar`.
        """
        return await self._run(self._sync.calendar, from_=from_, to=to, member=member)

    def series_list(
        self,
        *,
        account: AccountId | None = None,
        pipeline: PipelineKey | None = None,
        state: SeriesState | None = None,
        text: str | None = None,
        page_size: int = 100,
    ) -> AsyncRows[Series]:
        """A list of series, by name.

        As :meth:`workflow_py.Acting.series_list`.
        """
        return AsyncRows(
            self._run,
            lambda: self._sync.series_list(
                account=account, pipeline=pipeline, state=state, text=text, page_size=page_size
            ),
        )

    async def series(self, *, series: SeriesId, upcoming: int = 12) -> SeriesView:
        """One series with its next occurrences.

        As :meth:`workflow_py.Acting.series`.
        """
        return await self._run(self._sync.series, series=series, upcoming=upcoming)

    async def planned(self, *, from_: dt.date, to: dt.date, account: AccountId | None = None) -> Sequence[PlannedRow]:
        """What the active series are to make on the days of a stretch.

        As :meth:`workflow_py.Acting.planned`.
        """
        return await self._run(self._sync.planned, from_=from_, to=to, account=account)

    def ledger(
        self,
        *,
        of: LedgerOf,
        descending: bool = False,
        refused: bool = False,
        page_size: int = 100,
    ) -> AsyncRows[Occurrence]:
        """Lines of the ledger of series.

        As :meth:`workflow_py.Acting.ledger`.
        """
        return AsyncRows(
            self._run, lambda: self._sync.ledger(of=of, descending=descending, refused=refused, page_size=page_size)
        )

    def activity(
        self,
        *,
        of: ActivityOf = "firm",
        oldest_first: bool = False,
        page_size: int = 100,
    ) -> AsyncRows[Logged]:
        """What happened.

        As :meth:`workflow_py.Acting.activity`.
        """
        return AsyncRows(self._run, lambda: self._sync.activity(of=of, oldest_first=oldest_first, page_size=page_size))

    def job_measures(
        self,
        *,
        archived: bool = False,
        at_least: Priority | None = None,
        descending: bool = False,
        due_from: dt.date | None = None,
        due_to: dt.date | None = None,
        overdue: bool = False,
        scope: JobScope = "firm",
        statuses: Collection[StatusKey] = frozenset(),
        tags: Collection[Tag] = frozenset(),
        text: str | None = None,
        page_size: int = 100,
    ) -> AsyncRows[JobMeasures]:
        """How long a list of jobs took, each: in its stages, statuses, and waiting for whom.

        As :meth:`workflow_py.Acting.job_measures`.
        """
        return AsyncRows(
            self._run,
            lambda: self._sync.job_measures(
                archived=archived,
                at_least=at_least,
                descending=descending,
                due_from=due_from,
                due_to=due_to,
                overdue=overdue,
                scope=scope,
                statuses=statuses,
                tags=tags,
                text=text,
                page_size=page_size,
            ),
        )

    async def measures(self, *, pipeline: PipelineKey, from_: dt.date, to: dt.date, by: Interval = "week") -> Measures:
        """How the jobs of a pipeline went through it in a stretch of days.

        As :meth:`workflow_py.Acting.measures`.
        """
        return await self._run(self._sync.measures, pipeline=pipeline, from_=from_, to=to, by=by)

    def forecasts(
        self,
        *,
        archived: bool = False,
        at_least: Priority | None = None,
        descending: bool = False,
        due_from: dt.date | None = None,
        due_to: dt.date | None = None,
        overdue: bool = False,
        scope: JobScope = "firm",
        statuses: Collection[StatusKey] = frozenset(),
        tags: Collection[Tag] = frozenset(),
        text: str | None = None,
        page_size: int = 100,
    ) -> AsyncRows[JobForecast]:
        """When the unfinished ones of a list of jobs may be expected to be done, and how likely that is before their
        deadlines, by how their pipelines' jobs went.

        As :meth:`workflow_py.Acting.forecasts`.
        """
        return AsyncRows(
            self._run,
            lambda: self._sync.forecasts(
                archived=archived,
                at_least=at_least,
                descending=descending,
                due_from=due_from,
                due_to=due_to,
                overdue=overdue,
                scope=scope,
                statuses=statuses,
                tags=tags,
                text=text,
                page_size=page_size,
            ),
        )

    async def preview_shift(self, *, order: ShiftDeadlines) -> ShiftPreview:
        """Which deadlines an order would move. For the host and for admins.

        As :meth:`workflow_py.Acting.preview_shift`.
        """
        return await self._run(self._sync.preview_shift, order=order)

    async def lint(self, *, definition: PipelineDefinition) -> Sequence[Problem]:
        """What is wrong or worth a look in a definition, as publishing it would find.

        As :meth:`workflow_py.Acting.lint`.
        """
        return await self._run(self._sync.lint, definition=definition)

    def dead_letters(self, *, page_size: int = 100) -> AsyncRows[DeadLetter]:
        """Notifications that could not be delivered, oldest first. For the host and for admins.

        As :meth:`workflow_py.Acting.dead_letters`.
        """
        return AsyncRows(self._run, lambda: self._sync.dead_letters(page_size=page_size))

    def queued(self, *, queue: Queue, state: QueuedState = "waiting", page_size: int = 100) -> AsyncRows[Waiting]:
        """Queued work, oldest first. For the host and for admins.

        As :meth:`workflow_py.Acting.queued`.
        """
        return AsyncRows(self._run, lambda: self._sync.queued(queue=queue, state=state, page_size=page_size))

    async def verify(self) -> Verification:
        """Whether the stored records are what the log says. Reads everything that the firm has. For the host and for
        admins.

        As :meth:`workflow_py.Acting.verify`.
        """
        return await self._run(self._sync.verify)

    async def verify_log(self, *, known: KnownSeal | None = None) -> LogVerification:
        """Whether the log is as it was sealed. Reads all of it. For the host and for admins.

        As :meth:`workflow_py.Acting.verify_log`.
        """
        return await self._run(self._sync.verify_log, known=known)
