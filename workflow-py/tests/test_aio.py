"""The engine for asyncio."""

from __future__ import annotations

import asyncio
import threading
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


def test_every_method_has_one_that_awaits() -> None:
    public = {name for name in dir(wf.Acting) if not name.startswith("_")}
    assert public - set(dir(aio.Acting)) == {"actor", "firm_id", "lint_document"}


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
