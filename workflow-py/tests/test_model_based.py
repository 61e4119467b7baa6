"""The engine beside a simple model of it, on commands drawn at random."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

import workflow_py as wf

STAGES = ["intake", "prepare", "review", "done"]
#: Stages that a job leaves by itself when all that it waits for is done.
AUTOMOVES = {"intake": False, "prepare": True, "review": True, "done": False}
PIPELINE = """
key: line
name: Line
stages:
  - key: intake
  - key: prepare
    automove: true
    on_entry: [{key: ask, do: [{create_task: {key: t, title: T}}]}]
  - key: review
    automove: true
    on_empty: advance
    when: {not: {job_tags: {any: [express]}}}
  - key: done
automations:
  - key: vip
    on: {account_tag_added: {tag: vip}}
    do: [{add_job_tags: [express]}]
"""
TAGS = ["vip", "express", "late"]


class Model:
    """What a job ought to be."""

    def __init__(self) -> None:
        self.stage = "intake"
        self.tags: set[str] = set()
        self.tasks: list[wf.TaskId] = []
        self.completed = False

    def enter(self, stage: str, made: list[wf.TaskId]) -> None:
        self.stage = stage
        self.tasks = list(made)
        self.completed = stage == "done"

    def next(self) -> str:
        later = STAGES[STAGES.index(self.stage) + 1 :]
        return next(stage for stage in later if stage != "review" or "express" not in self.tags)


class Line(RuleBasedStateMachine):
    """Moves, tags and tasks, on the engine and on the model."""

    jobs: Bundle[wf.JobId] = Bundle("jobs")

    @initialize()
    def open(self) -> None:
        clock = wf.ManualClock(datetime(2026, 1, 5, 15, tzinfo=UTC))
        self.engine = wf.Engine("memory:", clock=clock, seed=1)
        self.firm = self.engine.acting(uuid4(), wf.SystemActor("machine"))
        self.firm.save_firm(name="Ledger & Sons")
        self.firm.publish(PIPELINE)
        self.account = wf.AccountId(uuid4())
        self.firm.save_account(id=self.account, name="Jane Doe")
        self.models: dict[wf.JobId, Model] = {}
        self.account_tags: set[str] = set()

    @rule(target=jobs)
    def create(self) -> wf.JobId:
        job = self.firm.create_job(account=self.account, pipeline="line").job
        assert job is not None
        self.models[job] = Model()
        return job

    @rule(job=jobs, to=st.sampled_from(STAGES))
    def move(self, job: wf.JobId, to: str) -> None:
        model = self.models[job]
        outcome = self.firm.move_job(job=job, to=to)
        if to == model.stage:
            assert outcome.unchanged is not None
            return
        model.enter(to, list(outcome.tasks_created))
        if to == "review":
            # Nothing to wait for: it goes on at once.
            model.enter("done", [])

    @rule(job=jobs)
    def complete(self, job: wf.JobId) -> None:
        model = self.models[job]
        if not model.tasks:
            return
        self.firm.complete_task(task=model.tasks.pop())
        if AUTOMOVES[model.stage] and not model.tasks:
            model.enter(model.next(), [])
            if model.stage == "review":
                model.enter("done", [])

    @rule(job=jobs, tag=st.sampled_from(TAGS), on=st.booleans())
    def tag(self, job: wf.JobId, tag: str, on: bool) -> None:
        model = self.models[job]
        outcome = self.firm.tag_job(job=job, add={tag} if on else set(), remove=set() if on else {tag})
        assert (outcome.unchanged is not None) == ((tag in model.tags) == on)
        (model.tags.add if on else model.tags.discard)(tag)

    @rule(on=st.booleans())
    def tag_account(self, on: bool) -> None:
        self.firm.tag_account(account=self.account, add={"vip"} if on else set(), remove=set() if on else {"vip"})
        if on and "vip" not in self.account_tags:
            for model in self.models.values():
                model.tags.add("express")
        (self.account_tags.add if on else self.account_tags.discard)("vip")

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "models"):
            return
        for job, model in self.models.items():
            found = self.firm.job(job=job).job
            assert (found.stage, set(found.tags)) == (model.stage, model.tags)
            assert (found.status == "completed") == model.completed

    def teardown(self) -> None:
        if hasattr(self, "models"):
            assert not self.firm.verify().differences
            self.engine.close()


TestLine = Line.TestCase
TestLine.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
