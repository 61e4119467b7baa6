"""Stores in PostgreSQL, from Python."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result

import workflow_py as wf
from conftest import RETURN, Office
from postgres import Server, programs
from workflow_py import aio, commands, errors
from workflow_py.cli import workflow


def found() -> Path | str:
    """The server's programs, or why there can be no tests on a server."""
    with pytest.raises(errors.StoreError) as caught:
        wf.Engine("postgres://nobody@%2Fnowhere/nothing")
    if isinstance(caught.value, errors.UnsupportedError):
        return str(caught.value)
    return programs() or "PostgreSQL is not installed: `make postgres` installs it"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    bin = found()
    if isinstance(bin, str):
        (pytest.fail if "CI" in os.environ else pytest.skip)(bin)
    running = Server(bin)
    yield running
    running.close()


@pytest.fixture
def address(server: Server) -> str:
    return server.address()


def test_s10_3_a_firm_on_a_server(address: str, clock: wf.ManualClock) -> None:
    with wf.Engine(address, clock=clock) as engine:
        assert engine.capabilities.shared
        office = Office(engine, clock)
        created = office.firm.create_job(account=office.jane, pipeline="return")
        assert created.job is not None
        moved = office.firm.complete_task(task=created.tasks_created[0], idempotency_key="prepared")
        assert any(isinstance(event, wf.JobMovedEvent) and event.to == "review" for event in moved.events)
        assert office.firm.complete_task(task=created.tasks_created[0], idempotency_key="prepared").replayed
        board = office.firm.board(pipeline="return")
        assert [(column.name, column.jobs) for column in board.columns] == [("prepare", 0), ("review", 1), ("done", 0)]
        seen: list[wf.Notification] = []
        assert engine.deliver(seen.append).delivered == 1
        assert isinstance(seen[0].intent, wf.RequestItemIntent)
        office.firm.move_job(job=created.job, to="done")
        with pytest.raises(errors.NotFoundError):
            office.firm.move_job(job=created.job, to="nowhere")
        orders = [commands.comment_job(job=created.job, text=f"{number}") for number in range(150)]
        assert not [found for found in office.firm.execute_many(orders) if isinstance(found, wf.WorkflowError)]
        assert len(office.firm.activity(of=wf.JobActivityOf(created.job), page_size=40).all()) > 150
        assert not office.firm.verify().differences
    with wf.Engine(address, clock=clock) as again:
        job = again.acting(office.id, wf.SystemActor("tests")).job(job=created.job).job
        assert (job.stage, job.status) == ("done", "completed")


def test_s10_3_two_engines_see_what_the_other_commits(address: str, clock: wf.ManualClock) -> None:
    with wf.Engine(address, clock=clock) as one, wf.Engine(address, clock=clock) as two:
        here = Office(one, clock)
        there = two.acting(here.id, wf.SystemActor("tests"))
        job = here.job()
        assert there.job(job=job).job.stage == "prepare"
        there.move_job(job=job, to="review")
        assert here.firm.job(job=job).job.stage == "review"
        here.firm.publish(RETURN.replace("- key: review", "- key: second look"), mapping={"review": "second look"})
        assert there.job(job=job).job.stage == "second look"
        there.save_firm(name="Ledger & Daughters")
        assert here.firm.firm().settings.name == "Ledger & Daughters"
        assert here.firm.board(pipeline="return") == there.board(pipeline="return")
        with two.start_runner(notifier=lambda _: None) as runner:
            runner.wake()
            by_hand = one.deliver(lambda _: None).delivered + two.deliver(lambda _: None).delivered
        assert by_hand + runner.status.notifications.done == 1
        assert not one.claim_notifications()


def test_s12_2_a_server_that_is_lost_is_told_and_comes_back(
    server: Server, address: str, clock: wf.ManualClock, folder: Path
) -> None:
    with wf.Engine(address, clock=clock) as engine:
        office = Office(engine, clock)
        job = office.job()
        server.stop()
        try:
            with pytest.raises(errors.StoreError) as moved:
                office.firm.move_job(job=job, to="done", idempotency_key="done")
            assert isinstance(moved.value, (errors.UnavailableError, errors.AmbiguousError))
            assert moved.value.retryable
            with pytest.raises(errors.UnavailableError) as asked:
                office.firm.board(pipeline="return")
            assert (asked.value.code, asked.value.kind, asked.value.retryable) == (202, "unavailable", True)
            with pytest.raises(errors.UnavailableError) as opened:
                wf.Engine(address)
            assert opened.value.retryable
            assert run("--store", address, "--firm", str(office.id), "jobs", code=4).stderr.startswith("error")
        finally:
            server.start()
        # The same command under the same key, as one would.
        office.firm.move_job(job=job, to="done", idempotency_key="done")
        assert office.firm.job(job=job).job.stage == "done"


def test_s12_2_what_a_server_does_not_have_is_no_store(server: Server) -> None:
    with pytest.raises(errors.StoreError, match="database"):
        wf.Engine(server.address("x").replace("/postgres?", "/nothing?"))
    with pytest.raises(errors.StoreError, match="colour"):
        wf.Engine(server.address("x") + "&colour=blue")


#: Every export that there is.
ORDERS: list[dict[str, Any]] = [
    {"format": "xes"},
    {"format": "ocel"},
    *(
        {"format": "csv", "table": table}
        for table in ("accounts", "jobs", "tasks", "items", "events", "measures", "stage_times")
    ),
]


def test_s11_7_a_firm_is_carried_from_a_file_to_a_server_and_back(
    address: str, clock: wf.ManualClock, tmp_path: Path
) -> None:
    with (
        wf.Engine(tmp_path / "practice.db", clock=clock) as file,
        wf.Engine(address, clock=clock) as engine,
        wf.Engine("memory:", clock=clock) as memory,
    ):
        office = Office(file, clock)
        jobs = [office.job() for _ in range(4)]
        for job, stage in zip(jobs, ("review", "review", "done"), strict=False):
            office.firm.move_job(job=job, to=stage)
        written = file.export_firm(firm=office.id, path=tmp_path / "firm.jsonl")
        assert engine.import_firm(path=tmp_path / "firm.jsonl").sha256 == written.sha256
        firm = engine.acting(office.id, wf.SystemActor("tests"))
        assert firm.board(pipeline="return") == office.firm.board(pipeline="return")
        assert firm.activity().all() == office.firm.activity().all()
        assert not firm.verify().differences
        for number, order in enumerate(ORDERS):
            paths = [tmp_path / f"{place}-{number}" for place in ("file", "server")]
            for path, exporter in zip(paths, (office.firm, firm), strict=True):
                exporter.export(path=path, detail="all", **order)
            assert paths[0].read_bytes() == paths[1].read_bytes(), order
        assert engine.deliver(lambda _: None).delivered == 4
        with pytest.raises(errors.ExistsError):
            engine.import_firm(path=tmp_path / "firm.jsonl")
        firm.move_job(job=jobs[3], to="review")
        engine.export_firm(firm=office.id, path=tmp_path / "back.jsonl")
        memory.import_firm(path=tmp_path / "back.jsonl")
        there = memory.acting(office.id, wf.SystemActor("tests"))
        assert there.board(pipeline="return") == firm.board(pipeline="return")
        for call in (lambda: engine.backup_to(path=tmp_path / "x.db"), engine.integrity_check):
            with pytest.raises(errors.UnsupportedError):
                call()


def test_s10_3_many_tasks_on_one_server(address: str) -> None:
    async def main() -> None:
        async with aio.Engine(address) as engine:
            firm = engine.acting(uuid4(), wf.SystemActor("tests"))
            await firm.save_firm(name="Ledger & Sons")
            await firm.publish(RETURN)
            jane = wf.AccountId(uuid4())
            await firm.save_account(id=jane, name="Jane Doe")

            async def season() -> None:
                created = await firm.create_job(account=jane, pipeline="return")
                assert created.job is not None
                await firm.complete_task(task=created.tasks_created[0])
                await firm.move_job(job=created.job, to="done")

            await asyncio.gather(*(season() for _ in range(25)))
            board = await firm.board(pipeline="return")
            assert [column.jobs for column in board.columns] == [0, 0, 25]
            delivered = asyncio.Event()
            loop = asyncio.get_running_loop()
            count = 0

            def deliver(_: wf.Notification) -> None:
                nonlocal count
                count += 1
                if count == 25:
                    loop.call_soon_threadsafe(delivered.set)

            async with await engine.start_runner(workers=1, notifier=deliver):
                await asyncio.wait_for(delivered.wait(), 60)
            assert not await engine.claim_notifications()
            assert not (await firm.verify()).differences

    asyncio.run(main())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("WORKFLOW_STORE", "WORKFLOW_FIRM", "WORKFLOW_MEMBER"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(workflow, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_s10_3_a_firm_on_a_server_from_the_command_line(address: str, folder: Path) -> None:
    (folder / "return.yaml").write_text(RETURN)
    (folder / "clients.csv").write_text("id,name,tags\n1,Jane Doe,vip\n")
    run("--store", address, "init", "Ledger & Sons", "--time-zone", "America/New_York")
    assert not (folder / "practice.db").exists()
    run("publish", "return.yaml")
    run("import-clients", "clients.csv")
    firm_id = json.loads((folder / "workflow.toml").read_text().split("firm = ")[1])
    with wf.Engine(address) as engine:
        firm = engine.acting(UUID(firm_id), wf.SystemActor("tests"))
        (jane,) = firm.accounts()
        firm.create_job(account=jane.id, pipeline="return")
        assert "task state set" in run("done", "prepare the return").output
        board = json.loads(run("--json", "board", "return").stdout)
        assert [column["jobs"] for column in board["columns"]] == [0, 1, 0]
        assert [row.stage for row in firm.jobs()] == ["review"]
    run("export", "firm", "-o", "firm.jsonl")
    run("--store", "sqlite:practice.db", "import-firm", "firm.jsonl")
    assert json.loads(run("--store", "sqlite:practice.db", "--json", "board", "return").stdout) == board
