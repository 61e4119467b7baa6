"""What Python costs: ``make bench-py``. Figures in docs/benchmarks.md.

A step through Python beside the same step in Rust (``benches/python.rs``, whose line is read from
the file that ``WORKFLOW_DIRECT`` names), and stage moves beside libraries that do them without a
store, without a log and without automations.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from statemachine import State, StateMachine
from transitions import Machine

import workflow_py as wf
from season import Season, a_season

#: Jobs side by side where each step is a call of its own.
JOBS = 1_000
#: Jobs whose steps are one call each: what the call is given.
MANY = 10_000
STAGES = [f"stage {number}" for number in range(9)]


def compare(benchmark: Any, steps: int, direct: str) -> None:
    """Notes what a step costs, and how often more than in Rust."""
    step = benchmark.stats.stats.median / steps * 1e6
    benchmark.extra_info["microseconds"] = round(step, 2)
    file = os.environ.get("WORKFLOW_DIRECT")
    if file:
        benchmark.extra_info["over rust"] = round(step / json.loads(Path(file).read_text())[direct], 2)


@pytest.mark.benchmark(timer=time.process_time)
def test_a_step(benchmark: Any) -> None:
    benchmark.pedantic(Season.drive, setup=a_season(JOBS), rounds=7)
    compare(benchmark, JOBS * 7, "step")


@pytest.mark.benchmark(timer=time.process_time)
def test_execute_many(benchmark: Any) -> None:
    benchmark.pedantic(Season.drive_many, setup=a_season(MANY), rounds=7)
    compare(benchmark, MANY * 7, "many")


def test_a_board(benchmark: Any) -> None:
    season = Season(wf.Engine("memory:"), 200)
    board = benchmark(lambda: season.firm.board(pipeline="individual-1040", cards=20))
    assert len(board.columns) == 9


def moving() -> tuple[Any, list[wf.JobId]]:
    """Jobs in a pipeline of nine stages, each of which tags the job and asks for an email."""
    firm = wf.Engine("memory:").acting(uuid4(), wf.SystemActor("bench"))
    firm.save_firm(name="Ledger & Sons")
    actions = [{"add_job_tags": ["seen"]}, {"request": {"kind": "email", "title": "Moved"}}]
    stages = [{"key": name, "on_entry": [{"key": name, "do": actions}]} for name in STAGES]
    firm.publish({"key": "line", "name": "Line", "stages": stages})
    account = wf.AccountId(uuid4())
    firm.save_account(id=account, name="Jane Doe")
    jobs = [firm.create_job(account=account, pipeline="line").job for _ in range(500)]
    return firm, [job for job in jobs if job is not None]


def move_all(firm: Any, jobs: list[wf.JobId]) -> None:
    for name in STAGES[1:]:
        for job in jobs:
            firm.move_job(job=job, to=name)


@pytest.mark.benchmark(group="a move", timer=time.process_time)
def test_a_move_here(benchmark: Any) -> None:
    benchmark.pedantic(move_all, setup=lambda: (moving(), {}), rounds=7)
    benchmark.extra_info["microseconds"] = round(benchmark.stats.stats.median / 4_000 * 1e6, 2)


@pytest.mark.benchmark(group="a move", timer=time.process_time)
def test_a_move_with_transitions(benchmark: Any) -> None:
    class Job:
        tagged = 0

        def on_enter(self) -> None:
            self.tagged += 1

    def setup() -> tuple[tuple[list[Any]], dict[str, object]]:
        jobs: list[Any] = [Job() for _ in range(500)]
        names = [name.replace(" ", "_") for name in STAGES]
        machine = Machine(model=jobs, states=names, initial=names[0], after_state_change="on_enter")
        machine.add_ordered_transitions()
        return (jobs,), {}

    def run(jobs: list[Any]) -> None:
        for _ in STAGES[1:]:
            for job in jobs:
                job.next_state()

    benchmark.pedantic(run, setup=setup, rounds=7)
    benchmark.extra_info["microseconds"] = round(benchmark.stats.stats.median / 4_000 * 1e6, 2)


class Line(StateMachine):
    """Nine states in a row."""

    s0 = State(initial=True)
    s1, s2, s3, s4, s5, s6, s7 = (State() for _ in range(7))
    s8 = State(final=True)
    go = s0.to(s1) | s1.to(s2) | s2.to(s3) | s3.to(s4) | s4.to(s5) | s5.to(s6) | s6.to(s7) | s7.to(s8)
    tagged = 0

    def after_go(self) -> None:
        self.tagged += 1


@pytest.mark.benchmark(group="a move", timer=time.process_time)
def test_a_move_with_statemachine(benchmark: Any) -> None:
    def run(jobs: list[Line]) -> None:
        for _ in STAGES[1:]:
            for job in jobs:
                job.go()

    benchmark.pedantic(run, setup=lambda: (([Line() for _ in range(500)],), {}), rounds=7)
    benchmark.extra_info["microseconds"] = round(benchmark.stats.stats.median / 4_000 * 1e6, 2)


def processor_time_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.benchmark(timer=processor_time_of_children)
def test_import(benchmark: Any) -> None:
    def start(code: str) -> None:
        subprocess.run([sys.executable, "-c", code], check=True)

    def bare() -> float:
        before = processor_time_of_children()
        start("pass")
        return processor_time_of_children() - before

    python = sorted(bare() for _ in range(11))[5]
    benchmark.pedantic(start, args=("import workflow_py",), rounds=11)
    benchmark.extra_info["milliseconds beyond python"] = round((benchmark.stats.stats.median - python) * 1e3, 1)
