"""Threads, the interpreter's lock, memory."""

from __future__ import annotations

import gc
import resource
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

import workflow_py as wf
from conftest import Office
from workflow_py import commands
from workflow_py.testing import MemoryKeyspace


def test_s10_3_sixteen_threads_on_one_engine(office: Office) -> None:
    accounts = [office.account(f"Client {number}") for number in range(16)]

    def season(account: wf.AccountId) -> list[wf.JobId]:
        jobs = []
        for _ in range(5):
            created = office.firm.create_job(account=account, pipeline="return")
            assert created.job is not None
            office.firm.complete_task(task=created.tasks_created[0])
            office.firm.move_job(job=created.job, to="done")
            jobs.append(created.job)
        return jobs

    with ThreadPoolExecutor(16) as pool:
        made = [job for jobs in pool.map(season, accounts) for job in jobs]
    assert len(set(made)) == 80
    board = office.firm.board(pipeline="return", cards=1)
    assert [column.jobs for column in board.columns] == [0, 0, 80]
    assert not office.firm.verify().differences


def test_s10_3_threads_that_move_one_job(desk: Office) -> None:
    job = desk.job()
    barrier = threading.Barrier(16)

    def move(number: int) -> int:
        barrier.wait()
        return desk.firm.tag_job(job=job, add={f"tag {number}"}).revision

    with ThreadPoolExecutor(16) as pool:
        revisions = list(pool.map(move, range(16)))
    assert len(set(revisions)) == 16
    assert len(desk.firm.job(job=job).job.tags) == 16


def test_a_long_call_lets_others_run(desk: Office) -> None:
    """One thread has its turn while the other is in one call of the engine."""
    jobs = [desk.job() for _ in range(200)]
    orders = [commands.move_job(job=job, to=stage) for stage in ("review", "prepare") * 5 for job in jobs]
    started, done = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        desk.firm.execute_many(orders)
        done.set()

    interval = sys.getswitchinterval()
    # So long that a thread keeps the lock unless it lets go of it by itself.
    sys.setswitchinterval(3_600)
    thread = threading.Thread(target=work)
    counted = 0
    try:
        thread.start()
        started.wait()
        while not done.is_set():
            counted += 1
            # Lets the other thread have the lock when it comes back for it.
            done.wait(0.0005)
    finally:
        sys.setswitchinterval(interval)
        thread.join()
    assert counted


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks the kernel how big the process is")
def test_memory_stays_flat_over_100k_calls(desk: Office) -> None:
    job = desk.job()
    nobody = wf.JobId(uuid4())

    def some(rounds: int) -> None:
        for _ in range(rounds):
            # Refused, unchanged, asked: nothing is stored, so that only a leak can grow.
            try:
                desk.firm.archive_job(job=nobody)
            except wf.errors.NotFoundError:
                pass
            else:
                pytest.fail("there is no such job")
            assert desk.firm.move_job(job=job, to="prepare").unchanged
            desk.firm.today()
            commands.move_job(job=job, to="done")

    some(2_500)
    gc.collect()
    before, objects = resident(), len(gc.get_objects())
    some(25_000)
    gc.collect()
    grown = resident() - before
    assert grown < 8 * 1024 * 1024, f"{grown} bytes more after 100,000 calls"
    assert abs(len(gc.get_objects()) - objects) < 1_000


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def test_objects_of_the_host_are_let_go_of() -> None:
    class Clock:
        def __call__(self) -> datetime:
            return datetime(2026, 1, 1, tzinfo=UTC)

    store, clock = MemoryKeyspace(), Clock()
    seen: list[weakref.ref[object]] = [weakref.ref(store), weakref.ref(clock)]
    engine = wf.Engine(store, clock=clock)
    engine.acting(wf.FirmId(uuid4()), wf.SystemActor("tests")).save_firm(name="x")
    engine.close()
    del store, clock, engine
    gc.collect()
    assert [ref() for ref in seen] == [None, None]
