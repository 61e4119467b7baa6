"""The engine for asyncio."""

from __future__ import annotations

import asyncio
import inspect
import threading
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

import workflow_py as wf
from conftest import RETURN, Office
from workflow_py import aio, commands
from workflow_py.testing import MemoryKeyspace


def test_s10_3_many_tasks_on_one_engine(tmp_path: Path) -> None:
    async def main() -> None:
        async with aio.Engine(f"sqlite:{tmp_path / 'practice.db'}?durability=process") as engine:
            firm = engine.acting(uuid4(), wf.SystemActor("tests"))
            await firm.save_firm(name="Ledger & Sons")
            await firm.publish(RETURN)
            jane = wf.AccountId(uuid4())
            await firm.save_account(id=jane, name="Jane Doe")

            async def season() -> wf.JobId:
                created = await firm.create_job(account=jane, pipeline="return")
                assert created.job is not None
                await firm.complete_task(task=created.tasks_created[0])
                await firm.move_job(job=created.job, to="done")
                return created.job

            jobs = await asyncio.gather(*(season() for _ in range(40)))
            assert len(set(jobs)) == 40
            rows = [row async for row in firm.jobs(scope=wf.PipelineJobScope(pipeline="return"), page_size=7)]
            assert {row.id for row in rows} == set(jobs)
            assert {row.stage for row in rows} == {"done"}
            assert len(await firm.tasks(states={"completed"}).all()) == 40
            assert await firm.tasks().first() is None
            assert (await engine.deliver(lambda _: None)).delivered == 40
            assert not (await firm.verify()).differences

    asyncio.run(main())


def test_the_loop_goes_on_meanwhile() -> None:
    let_go = threading.Event()

    class Slow(MemoryKeyspace):
        def begin(self, write: bool) -> wf.KeyTransaction:
            if write:
                assert let_go.wait(60), "the loop stood still"
            return super().begin(write)

    async def main() -> None:
        opening = aio.Engine(Slow())
        entering = asyncio.create_task(opening.__aenter__())
        for _ in range(100):
            await asyncio.sleep(0)
        assert not entering.done()
        let_go.set()
        async with await entering as engine:
            firm = engine.acting(uuid4(), wf.SystemActor("tests"))
            assert (await firm.save_firm(name="Ledger & Sons")).revision == 1

    asyncio.run(main())


def test_an_engine_is_shared_with_what_does_not_await(desk: Office) -> None:
    async def main() -> None:
        engine = aio.Engine(desk.engine)
        firm = engine.acting(desk.id, wf.SystemActor("tests"))
        job = desk.job()
        assert (await firm.job(job=job)).job.id == job
        preview = await firm.preview(commands.move_job(job=job, to="done"))
        assert preview.events
        with pytest.raises(wf.errors.NotFoundError):
            await firm.archive_job(job=wf.JobId(uuid4()))
        await engine.close()

    asyncio.run(main())
    assert desk.engine.closed


#: Of the engine for asyncio alone.
OWN = {(aio.Engine, "sync")}
#: They ask neither the store nor a thread for anything.
NOT_AWAITED = {(aio.Engine, "acting"), (aio.Engine, "now"), (aio.Runner, "wake")}
PAIRS = [(wf.Engine, aio.Engine), (wf.Acting, aio.Acting), (wf.Runner, aio.Runner), (wf.Rows, aio.AsyncRows)]


@pytest.mark.parametrize(("plain", "awaiting"), PAIRS, ids=lambda kind: kind.__qualname__)
def test_what_can_be_done_can_be_awaited(plain: type, awaiting: type) -> None:
    """The two surfaces are the same, and so are the parameters and answers of their methods."""

    def public(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_") and (kind, name) not in OWN}

    assert public(awaiting) == public(plain)
    for name in public(plain):
        method, twin = getattr(plain, name), getattr(awaiting, name)
        assert callable(method) == callable(twin), name
        if not callable(method):
            continue
        given, taken = inspect.signature(method), inspect.signature(twin)
        assert taken.parameters == given.parameters, name
        answer = given.return_annotation
        rows = answer.startswith("Rows[")
        assert taken.return_annotation == (f"Async{answer}" if rows else answer), name
        assert inspect.iscoroutinefunction(twin) == (not rows and (awaiting, name) not in NOT_AWAITED), name


def test_both_are_opened_alike() -> None:
    plain, awaiting = (inspect.signature(kind).parameters for kind in (wf.Engine, aio.Engine))
    assert set(awaiting) - set(plain) == {"threads"}
    assert {name: awaiting[name].default for name in plain} == {name: plain[name].default for name in plain}


def test_s10_2_a_runner_is_started_and_stopped_while_the_loop_goes_on(desk: Office) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        engine = aio.Engine(desk.engine, threads=1)
        firm = engine.acting(desk.id, wf.SystemActor("tests"))
        job = (await firm.create_job(account=desk.jane, pipeline="return")).job
        assert job is not None
        begun, go_on = asyncio.Event(), threading.Event()

        def comment(_: wf.Notification) -> None:
            """Waits for the loop, which has but one thread for calls, while the runner is being stopped."""
            loop.call_soon_threadsafe(begun.set)
            assert go_on.wait(60)
            asyncio.run_coroutine_threadsafe(firm.comment_job(job=job, text="sent"), loop).result(60)

        async with await engine.start_runner(workers=1, notifier=comment) as runner:
            await asyncio.wait_for(begun.wait(), 60)
            assert runner.is_running
            assert runner.status.working == 1
            runner.wake()
            assert not await runner.stop(within=timedelta(milliseconds=50))
            assert runner.is_running
            assert runner.status.stopping
            loop.call_later(0.05, go_on.set)
        assert not runner.is_running
        assert runner.status.notifications.done == 1
        assert await runner.stop()

        with pytest.raises(wf.errors.LimitError):
            await engine.start_runner(workers=100_000)
        await engine.close()

    asyncio.run(main())


def test_a_runner_may_be_stopped_after_its_engine() -> None:
    async def main() -> None:
        told: list[Exception] = []
        async with aio.Engine("memory:") as engine:
            runner = await engine.start_runner(on_error=lambda _, error: told.append(error))
        assert engine.closed
        assert await runner.stop()
        assert told == []

    asyncio.run(main())


def test_s10_1_what_could_not_be_delivered_is_sent_again(desk: Office) -> None:
    async def main() -> None:
        engine = aio.Engine(desk.engine)
        firm = engine.acting(desk.id, wf.SystemActor("tests"))
        assert (firm.firm_id, firm.actor) == (desk.id, wf.SystemActor("tests"))
        desk.job()
        assert (await engine.deliver(lambda _: wf.Reject(why="no such address"))).rejected == 1
        (dead,) = await firm.dead_letters().all()
        await engine.send_again(firm=desk.id, notification=dead.notification.id)
        assert (await engine.deliver(lambda _: None)).delivered == 1
        assert engine.now() == desk.clock()
        assert engine.capabilities == desk.engine.capabilities
        (problem,) = await firm.lint_document("key: x\nnmae: X\nstages: [{key: a}, {key: b}]")
        assert "did you mean `name`?" in problem.message

    asyncio.run(main())


def test_s11_7_rows_are_awaited_as_pages_and_as_tables(desk: Office) -> None:
    jobs = {desk.job() for _ in range(5)}

    async def main() -> None:
        engine = aio.Engine(desk.engine)
        firm = engine.acting(desk.id, wf.SystemActor("tests"))
        assert not engine.closed
        rows = firm.jobs(page_size=3)
        first = await rows.first()
        assert first is not None
        pages = [await rows.page(), await rows.page(), await rows.page()]
        assert [len(page) for page in pages] == [2, 2, 0]
        assert {first.id, *(row.id for page in pages for row in page)} == jobs
        plain = desk.firm.jobs()
        assert [row.id async for row in firm.jobs()] == [row.id for row in plain]
        assert (await firm.jobs().to_dataframe()).equals(desk.firm.jobs().to_dataframe())
        assert (await firm.jobs().to_polars()).equals(desk.firm.jobs().to_polars())
        assert (await firm.jobs().to_arrow()).equals(desk.firm.jobs().to_arrow())

    asyncio.run(main())


def test_s11_7_a_firm_is_copied_and_carried_from_asyncio(tmp_path: Path) -> None:
    async def main() -> None:
        firm = uuid4()
        async with aio.Engine(f"sqlite:{tmp_path / 'practice.db'}") as engine:
            await engine.acting(firm, wf.SystemActor("tests")).save_firm(name="Ledger & Sons")
            await engine.backup_to(path=tmp_path / "copy.db")
            assert await engine.integrity_check() == []
            written = await engine.export_firm(firm=firm, path=tmp_path / "firm.jsonl")
        async with aio.Engine("memory:") as there:
            assert (await there.import_firm(path=tmp_path / "firm.jsonl")).sha256 == written.sha256

    asyncio.run(main())
