"""Questions as methods.

Written by ``tools/generate`` from the JSON Schemas; do not edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._rows import _said

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence
    from typing import Any

    from ._rows import Rows
    from .model import (
        Account,
        AccountId,
        ActivityOf,
        AutomationExplanation,
        AutomationKey,
        Board,
        CalendarDay,
        ClientJob,
        DeadLetter,
        ExternalRef,
        Firm,
        Interval,
        JobAt,
        JobExplanation,
        JobForecast,
        JobId,
        JobMeasures,
        JobRow,
        JobScope,
        JobView,
        KnownSeal,
        LedgerOf,
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
        Priority,
        Problem,
        Queue,
        QueuedState,
        Series,
        SeriesId,
        SeriesState,
        SeriesView,
        ShiftDeadlines,
        ShiftPreview,
        StageKey,
        StatusKey,
        Tag,
        TaskRow,
        TaskScope,
        TaskState,
        Template,
        TemplateKey,
        TemplateKind,
        Verification,
        Waiting,
    )

__all__ = [
    "Questions",
]


class Questions:
    """A method for every question."""

    __slots__ = ()

    def _ask(self, question: str, fields: dict[str, Any], answer: str) -> Any:
        raise NotImplementedError

    def _rows(self, question: str, fields: dict[str, Any], row: str, page_size: int) -> Rows[Any]:
        raise NotImplementedError

    def today(self) -> dt.date:
        """Which day it is for the firm."""
        found: dt.date = self._ask("today", {}, "dt.date")
        return found

    def firm(self) -> Firm:
        """The firm with its settings."""
        found: Firm = self._ask("firm", {}, "Firm")
        return found

    def members(self) -> Sequence[Member]:
        """The firm's members, by identifier."""
        found: Sequence[Member] = self._ask("members", {}, "Sequence[Member]")
        return found

    def templates(self, *, kind: TemplateKind | None = None) -> Sequence[Template]:
        """The firm's templates, by kind and key.

        Parameters
        ----------
        kind
            Of one kind; of every kind when absent.
        """
        found: Sequence[Template] = self._ask("templates", {"kind": kind}, "Sequence[Template]")
        return found

    def pipelines(self) -> Sequence[PipelineRow]:
        """The firm's pipelines that are open to the actor, by key."""
        found: Sequence[PipelineRow] = self._ask("pipelines", {}, "Sequence[PipelineRow]")
        return found

    def definition(self, *, pipeline: PipelineKey) -> PipelineDefinition:
        """The newest version of a pipeline, as it was published.

        Parameters
        ----------
        pipeline
            Of which.
        """
        found: PipelineDefinition = self._ask("definition", {"pipeline": pipeline}, "PipelineDefinition")
        return found

    def graph(self, *, pipeline: PipelineKey, notation: Notation = "dot") -> str:
        """The newest version of a pipeline, drawn.

        Parameters
        ----------
        pipeline
            Which.
        notation
            How.
        """
        found: str = self._ask("graph", {"pipeline": pipeline, "notation": notation}, "str")
        return found

    def board(self, *, pipeline: PipelineKey, cards: int = 20) -> Board:
        """The board of a pipeline.

        Parameters
        ----------
        pipeline
            Which.
        cards
            So many cards per stage.
        """
        found: Board = self._ask("board", {"pipeline": pipeline, "cards": cards}, "Board")
        return found

    def column(self, *, pipeline: PipelineKey, stage: StageKey, page_size: int = 100) -> Rows[JobRow]:
        """The cards of one stage of a board.

        Parameters
        ----------
        pipeline
            Of which pipeline.
        stage
            Of which stage.
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[JobRow] = self._rows("column", {"pipeline": pipeline, "stage": stage}, "JobRow", page_size)
        return found

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
    ) -> Rows[JobRow]:
        """A list of jobs.

        Parameters
        ----------
        archived
            Archived ones too, when no status is named.
        at_least
            At least this urgent.
        descending
            The other way round.
        due_from
            Due on this day or later.
        due_to
            Due on this day or earlier.
        overdue
            Active and due before today.
        scope
            Which.
        statuses
            With one of these statuses; all but archived ones when empty.
        tags
            With all of these tags.
        text
            Whose name has this text in it, whatever the case.
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[JobRow] = self._rows(
            "jobs",
            {
                "query": _said(
                    {
                        "archived": archived,
                        "at_least": at_least,
                        "descending": descending,
                        "due_from": due_from,
                        "due_to": due_to,
                        "overdue": overdue,
                        "scope": scope,
                        "statuses": statuses,
                        "tags": tags,
                        "text": text,
                    }
                )
            },
            "JobRow",
            page_size,
        )
        return found

    def job(self, *, job: JobId) -> JobView:
        """One job in full.

        Parameters
        ----------
        job
            Which.
        """
        found: JobView = self._ask("job", {"job": job}, "JobView")
        return found

    def job_at(self, *, job: JobId, at: dt.datetime | None = None, position: LogPosition | None = None) -> JobAt:
        """A job as it was once: at an instant, or at a place of the log.

        Parameters
        ----------
        job
            Which.
        at
            At this instant.
        position
            When everything up to this place of the log had happened.
        """
        found: JobAt = self._ask("job_at", {"job": job, "at": at, "position": position}, "JobAt")
        return found

    def explain_job(self, *, job: JobId) -> JobExplanation:
        """Why a job is where it is, and why it is not moving.

        Parameters
        ----------
        job
            Which.
        """
        found: JobExplanation = self._ask("explain_job", {"job": job}, "JobExplanation")
        return found

    def explain_automation(self, *, job: JobId, automation: AutomationKey, limit: int = 10) -> AutomationExplanation:
        """Why an automation ran on a job, or did not.

        Parameters
        ----------
        job
            On which job.
        automation
            Which automation.
        limit
            No more runs than this, and no more times that it did not run.
        """
        found: AutomationExplanation = self._ask(
            "explain_automation", {"job": job, "automation": automation, "limit": limit}, "AutomationExplanation"
        )
        return found

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
    ) -> Rows[TaskRow]:
        """A list of tasks.

        Parameters
        ----------
        at_least
            At least this urgent.
        descending
            The other way round.
        due_from
            Due on this day or later.
        due_to
            Due on this day or earlier.
        overdue
            Open and due before today.
        scope
            Which.
        states
            In one of these states; open ones when empty.
        tags
            With all of these tags.
        template
            Made from this template.
        text
            Whose title has this text in it, whatever the case.
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[TaskRow] = self._rows(
            "tasks",
            {
                "query": _said(
                    {
                        "at_least": at_least,
                        "descending": descending,
                        "due_from": due_from,
                        "due_to": due_to,
                        "overdue": overdue,
                        "scope": scope,
                        "states": states,
                        "tags": tags,
                        "template": template,
                        "text": text,
                    }
                )
            },
            "TaskRow",
            page_size,
        )
        return found

    def accounts(
        self,
        *,
        prefix: str | None = None,
        tag: Tag | None = None,
        text: str | None = None,
        page_size: int = 100,
    ) -> Rows[Account]:
        """A list of accounts, by name.

        Parameters
        ----------
        prefix
            Whose name begins with this, case and all: found by index.
        tag
            With this tag.
        text
            Whose name has this text in it, whatever the case.
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[Account] = self._rows(
            "accounts", {"query": _said({"prefix": prefix, "tag": tag, "text": text})}, "Account", page_size
        )
        return found

    def account(self, *, account: AccountId) -> Account:
        """One account.

        Parameters
        ----------
        account
            Which.
        """
        found: Account = self._ask("account", {"account": account}, "Account")
        return found

    def account_by_external(self, *, external: ExternalRef) -> Account | None:
        """The account that the host's own system calls so, if there is one.

        Parameters
        ----------
        external
            How.
        """
        found: Account | None = self._ask("account_by_external", {"external": external}, "Account | None")
        return found

    def client_jobs(self, *, account: AccountId, page_size: int = 100) -> Rows[ClientJob]:
        """The jobs of an account in client-facing words, newest first.

        Parameters
        ----------
        account
            Whose.
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[ClientJob] = self._rows("client_jobs", {"account": account}, "ClientJob", page_size)
        return found

    def workload(self) -> Sequence[MemberLoad]:
        """What each working member has to do."""
        found: Sequence[MemberLoad] = self._ask("workload", {}, "Sequence[MemberLoad]")
        return found

    def workload_by_week(self, *, from_: dt.date, to: dt.date, member: MemberId | None = None) -> Sequence[MemberWeek]:
        """What each working member has to do in which week.

        Parameters
        ----------
        from_
            From the week of this day.
        to
            To the week of this day.
        member
            Of one member; of all that work here when absent.
        """
        found: Sequence[MemberWeek] = self._ask(
            "workload_by_week", {"query": _said({"from": from_, "to": to, "member": member})}, "Sequence[MemberWeek]"
        )
        return found

    def calendar(self, *, from_: dt.date, to: dt.date, member: MemberId | None = None) -> Sequence[CalendarDay]:
        """The days of a stretch on which something is due.

        Parameters
        ----------
        from_
            From this day.
        to
            To this day, which is part of it.
        member
            Of one member; of the firm when absent.
        """
        found: Sequence[CalendarDay] = self._ask(
            "calendar", {"query": _said({"from": from_, "to": to, "member": member})}, "Sequence[CalendarDay]"
        )
        return found

    def series_list(
        self,
        *,
        account: AccountId | None = None,
        pipeline: PipelineKey | None = None,
        state: SeriesState | None = None,
        text: str | None = None,
        page_size: int = 100,
    ) -> Rows[Series]:
        """A list of series, by name.

        Parameters
        ----------
        account
            That this account belongs to, by name or by a tag that it has now.
        pipeline
            That make jobs in this pipeline.
        state
            In this state.
        text
            Whose name has this text in it, whatever the case.
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[Series] = self._rows(
            "series_list",
            {"query": _said({"account": account, "pipeline": pipeline, "state": state, "text": text})},
            "Series",
            page_size,
        )
        return found

    def series(self, *, series: SeriesId, upcoming: int = 12) -> SeriesView:
        """One series with its next occurrences.

        Parameters
        ----------
        series
            Which.
        upcoming
            So many occurrences.
        """
        found: SeriesView = self._ask("series", {"series": series, "upcoming": upcoming}, "SeriesView")
        return found

    def planned(self, *, from_: dt.date, to: dt.date, account: AccountId | None = None) -> Sequence[PlannedRow]:
        """What the active series are to make on the days of a stretch.

        Parameters
        ----------
        from_
            From this day.
        to
            To this day, which is part of it.
        account
            For one account; for all when absent.
        """
        found: Sequence[PlannedRow] = self._ask(
            "planned", {"from": from_, "to": to, "account": account}, "Sequence[PlannedRow]"
        )
        return found

    def ledger(
        self,
        *,
        of: LedgerOf,
        descending: bool = False,
        refused: bool = False,
        page_size: int = 100,
    ) -> Rows[Occurrence]:
        """Lines of the ledger of series.

        Parameters
        ----------
        of
            Whose.
        descending
            The newest first.
        refused
            Only what could not be made.
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[Occurrence] = self._rows(
            "ledger",
            {"query": _said({"of": of, "descending": descending, "refused": refused})},
            "Occurrence",
            page_size,
        )
        return found

    def activity(self, *, of: ActivityOf = "firm", oldest_first: bool = False, page_size: int = 100) -> Rows[Logged]:
        """What happened.

        Parameters
        ----------
        of
            Whose.
        oldest_first
            Oldest first, instead of newest first.
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[Logged] = self._rows(
            "activity", {"query": _said({"of": of, "oldest_first": oldest_first})}, "Logged", page_size
        )
        return found

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
    ) -> Rows[JobMeasures]:
        """How long a list of jobs took, each: in its stages, statuses, and waiting for whom.

        Parameters
        ----------
        archived
            Archived ones too, when no status is named.
        at_least
            At least this urgent.
        descending
            The other way round.
        due_from
            Due on this day or later.
        due_to
            Due on this day or earlier.
        overdue
            Active and due before today.
        scope
            Which.
        statuses
            With one of these statuses; all but archived ones when empty.
        tags
            With all of these tags.
        text
            Whose name has this text in it, whatever the case.
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[JobMeasures] = self._rows(
            "job_measures",
            {
                "query": _said(
                    {
                        "archived": archived,
                        "at_least": at_least,
                        "descending": descending,
                        "due_from": due_from,
                        "due_to": due_to,
                        "overdue": overdue,
                        "scope": scope,
                        "statuses": statuses,
                        "tags": tags,
                        "text": text,
                    }
                )
            },
            "JobMeasures",
            page_size,
        )
        return found

    def measures(self, *, pipeline: PipelineKey, from_: dt.date, to: dt.date, by: Interval = "week") -> Measures:
        """How the jobs of a pipeline went through it in a stretch of days.

        Parameters
        ----------
        pipeline
            Of which pipeline.
        from_
            From this day.
        to
            To this day, which is part of it.
        by
            In what steps throughput is counted.
        """
        found: Measures = self._ask(
            "measures", {"query": _said({"pipeline": pipeline, "from": from_, "to": to, "by": by})}, "Measures"
        )
        return found

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
    ) -> Rows[JobForecast]:
        """When the unfinished ones of a list of jobs may be expected to be done, and how likely that is before their
        deadlines, by how their pipelines' jobs went.

        Parameters
        ----------
        archived
            Archived ones too, when no status is named.
        at_least
            At least this urgent.
        descending
            The other way round.
        due_from
            Due on this day or later.
        due_to
            Due on this day or earlier.
        overdue
            Active and due before today.
        scope
            Which.
        statuses
            With one of these statuses; all but archived ones when empty.
        tags
            With all of these tags.
        text
            Whose name has this text in it, whatever the case.
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[JobForecast] = self._rows(
            "forecasts",
            {
                "query": _said(
                    {
                        "archived": archived,
                        "at_least": at_least,
                        "descending": descending,
                        "due_from": due_from,
                        "due_to": due_to,
                        "overdue": overdue,
                        "scope": scope,
                        "statuses": statuses,
                        "tags": tags,
                        "text": text,
                    }
                )
            },
            "JobForecast",
            page_size,
        )
        return found

    def preview_shift(self, *, order: ShiftDeadlines) -> ShiftPreview:
        """Which deadlines an order would move. For the host and for admins.

        Parameters
        ----------
        order
            The order.
        """
        found: ShiftPreview = self._ask("preview_shift", {"order": order}, "ShiftPreview")
        return found

    def lint(self, *, definition: PipelineDefinition) -> Sequence[Problem]:
        """What is wrong or worth a look in a definition, as publishing it would find.

        Parameters
        ----------
        definition
            The definition.
        """
        found: Sequence[Problem] = self._ask("lint", {"definition": definition}, "Sequence[Problem]")
        return found

    def dead_letters(self, *, page_size: int = 100) -> Rows[DeadLetter]:
        """Notifications that could not be delivered, oldest first. For the host and for admins.

        Parameters
        ----------
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[DeadLetter] = self._rows("dead_letters", {}, "DeadLetter", page_size)
        return found

    def queued(self, *, queue: Queue, state: QueuedState = "waiting", page_size: int = 100) -> Rows[Waiting]:
        """Queued work, oldest first. For the host and for admins.

        Parameters
        ----------
        queue
            In which queue.
        state
            What waits, or what died.
        page_size
            How many rows are fetched at a time.
        """
        found: Rows[Waiting] = self._rows("queued", {"queue": queue, "state": state}, "Waiting", page_size)
        return found

    def verify(self) -> Verification:
        """Whether the stored records are what the log says. Reads everything that the firm has. For the host and for
        admins.
        """
        found: Verification = self._ask("verify", {}, "Verification")
        return found

    def verify_log(self, *, known: KnownSeal | None = None) -> LogVerification:
        """Whether the log is as it was sealed. Reads all of it. For the host and for admins.

        Parameters
        ----------
        known
            A seal as it was written down outside the store, to be compared.
        """
        found: LogVerification = self._ask("verify_log", {"known": known}, "LogVerification")
        return found
