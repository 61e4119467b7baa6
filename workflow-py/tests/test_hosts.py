"""Stores, notifiers and clocks written in Python."""

from __future__ import annotations

import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

import workflow_py as wf
from conftest import Office
from workflow_py import errors
from workflow_py._store import Change
from workflow_py.testing import MemoryKeyspace, check_store, store_checks


@pytest.mark.parametrize("area", sorted({name.partition("/")[0] for name in store_checks()}))
def test_a_store_in_python_keeps_the_contract(area: str) -> None:
    report = check_store(MemoryKeyspace, only=f"{area}/")
    assert report.passed
    assert report.failed == ()


def test_the_suite_finds_a_store_that_forgets() -> None:
    class Forgetful(MemoryKeyspace):
        def begin(self, write: bool) -> wf.KeyTransaction:
            if write:
                self._keys.clear()
                self._rows.clear()
            return super().begin(write)

    assert check_store(Forgetful, only="documents/").failed


def test_a_firm_runs_on_a_store_in_python(office_of: Callable[[wf.Engine], Office], clock: wf.ManualClock) -> None:
    office = office_of(wf.Engine(MemoryKeyspace(), clock=clock))
    job = office.job()
    office.firm.move_job(job=job, to="done")
    assert office.firm.job(job=job).job.status == "completed"
    assert not office.firm.verify().differences
    assert office.engine.capabilities == ("python memory", "none", False)


def test_a_store_is_checked_when_it_is_made() -> None:
    class Nameless(wf.Keyspace):
        def begin(self, write: bool) -> wf.KeyTransaction:
            raise NotImplementedError

    with pytest.raises(TypeError, match="name is missing"):
        Nameless()

    class Boasting(Nameless):
        name = "boasting"
        durability = "for ever"  # type: ignore[assignment]

    with pytest.raises(TypeError, match="durability"):
        Boasting()

    class Half(wf.Keyspace):
        name = "half"

    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]


class DiskFull(Exception):
    pass


class Failing(MemoryKeyspace):
    """Raises something when it is told to."""

    raises: BaseException | None = None

    def begin(self, write: bool) -> wf.KeyTransaction:
        transaction = super().begin(write)
        return Raising(transaction, self.raises) if write and self.raises else transaction


class Raising(wf.KeyTransaction):
    def __init__(self, inner: wf.KeyTransaction, raises: BaseException) -> None:
        self.inner, self.raises = inner, raises

    def get(self, key: bytes) -> bytes | None:
        return self.inner.get(key)

    def range(
        self, start: bytes, stop: bytes, descending: bool, limit: int, keys_only: bool
    ) -> Iterable[tuple[bytes, bytes]]:
        return self.inner.range(start, stop, descending, limit, keys_only)

    def commit(self, changes: Sequence[Change]) -> None:
        raise self.raises

    def abandon(self) -> None:
        self.inner.abandon()


def test_what_a_store_raises_comes_back_as_it_is(office_of: Callable[[wf.Engine], Office]) -> None:
    store = Failing()
    office = office_of(wf.Engine(store))
    job = office.job()
    store.raises = DiskFull("no space left")
    with pytest.raises(DiskFull) as caught:
        office.firm.move_job(job=job, to="done")
    assert caught.value is store.raises
    assert "commit" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    store.raises = None
    assert office.firm.job(job=job).job.stage == "prepare"


def test_a_store_may_raise_our_errors(office_of: Callable[[wf.Engine], Office]) -> None:
    store = Failing()
    office = office_of(wf.Engine(store))
    store.raises = errors.BusyError("the database is locked")
    with pytest.raises(errors.BusyError, match="locked") as caught:
        office.job()
    assert caught.value.retryable


def test_what_a_notifier_raises_comes_back_as_it_is(desk: Office) -> None:
    desk.job()
    desk.job()
    raised = DiskFull("no mail today")

    def failing(_: wf.Notification) -> None:
        raise raised

    with pytest.raises(DiskFull) as caught:
        desk.engine.deliver(failing)
    assert caught.value is raised
    assert "failing" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    # That one is tried again later; the other is still to come.
    seen: list[wf.Notification] = []
    assert desk.engine.deliver(seen.append).delivered == 1
    desk.clock.advance(timedelta(hours=1))
    assert desk.engine.deliver(seen.append).delivered == 1
    assert len({notification.id for notification in seen}) == 2


def test_s10_1_a_notifier_says_what_became_of_it(desk: Office) -> None:
    job = desk.job()

    class Mail(wf.Notifier):
        tries = 0

        def deliver(self, notification: wf.Notification) -> wf.Delivered:
            self.tries += 1
            if self.tries == 1:
                return wf.Retry(why="greylisted", at=desk.clock() + timedelta(minutes=5))
            return wf.Reject(why="no such address")

    mail = Mail()
    assert desk.engine.deliver(mail).retried == 1
    assert desk.engine.deliver(mail) == wf.Deliveries(delivered=0, retried=0, rejected=0)
    desk.clock.advance(timedelta(minutes=5))
    assert desk.engine.deliver(mail).rejected == 1
    (dead,) = desk.firm.dead_letters()
    assert dead.why == "no such address"
    assert desk.firm.job(job=job).job.attention
    desk.engine.send_again(firm=desk.id, notification=dead.notification.id)
    assert desk.engine.deliver(lambda _: None).delivered == 1


def test_a_notifier_that_answers_nonsense(desk: Office) -> None:
    desk.job()
    with pytest.raises(TypeError, match="None, Retry or Reject"):
        desk.engine.deliver(lambda _: 5)  # type: ignore[arg-type, return-value]


def test_s10_1_notifications_can_be_pulled(desk: Office) -> None:
    desk.job()
    (delivery,) = desk.engine.claim_notifications(firm=desk.id, lease=timedelta(seconds=30))
    assert desk.engine.claim_notifications() == []
    assert desk.engine.fail(delivery.receipt, why="later")
    desk.clock.advance(timedelta(hours=1))
    (again,) = desk.engine.claim_notifications()
    assert not desk.engine.acknowledge(delivery.receipt)
    assert again.attempts == 2
    assert desk.engine.acknowledge_many([again.receipt]) == [True]


def test_s10_2_a_clock_is_a_function(office_of: Callable[[wf.Engine], Office]) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    office = office_of(wf.Engine("memory:", clock=lambda: now))
    assert office.engine.now() == now
    assert office.firm.job(job=office.job()).job.created == now


def test_what_a_clock_raises_comes_back_and_nothing_is_done(desk: Office) -> None:
    times = [datetime(2026, 3, 1, 12, tzinfo=UTC)]

    def clock() -> datetime:
        return times[0]

    engine = wf.Engine("memory:", clock=clock)
    firm = engine.acting(uuid4(), wf.SystemActor("tests"))
    firm.save_firm(name="Ledger & Sons")
    times.clear()
    with pytest.raises(IndexError):
        firm.save_firm(name="Ledger & Daughters")
    times.append(datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert firm.firm().settings.name == "Ledger & Sons"
    times[0] = datetime(2026, 3, 2, 12)
    with pytest.raises((TypeError, ValueError)):
        firm.today()


def test_s10_2_a_runner_does_what_is_due(desk: Office) -> None:
    delivered = threading.Event()
    told: list[Exception] = []
    with desk.engine.start_runner(
        workers=3, notifier=lambda _: delivered.set(), on_error=lambda _, error: told.append(error)
    ) as runner:
        desk.job()
        runner.wake()
        assert delivered.wait(60)
        assert runner.is_running
        assert not runner.status.stopping
    assert not runner.is_running
    assert runner.status.notifications.done == 1
    assert told == []


def test_a_runner_tells_what_its_notifier_raises(desk: Office) -> None:
    told: list[tuple[str, Exception]] = []
    heard = threading.Event()

    def hear(queue: str, error: Exception) -> None:
        told.append((queue, error))
        heard.set()

    def failing(_: wf.Notification) -> None:
        raise DiskFull("no mail today")

    desk.job()
    with desk.engine.start_runner(notifier=failing, on_error=hear):
        assert heard.wait(60)
    queue, error = told[0]
    assert queue == "outbox"
    assert isinstance(error, DiskFull)


def test_a_runner_without_a_listener_tells_the_log(desk: Office, caplog: pytest.LogCaptureFixture) -> None:
    heard = threading.Event()

    def failing(_: wf.Notification) -> None:
        heard.set()
        raise DiskFull("no mail today")

    desk.job()
    with desk.engine.start_runner(notifier=failing):
        assert heard.wait(60)
    assert "no mail today" in caplog.text
    with pytest.raises(errors.LimitError):
        desk.engine.start_runner(workers=100_000)


def test_a_program_may_end_with_a_runner_running() -> None:
    program = """
import threading, workflow_py as wf
from uuid import uuid4
engine = wf.Engine("memory:")
firm = engine.acting(uuid4(), wf.SystemActor("tests"))
firm.save_firm(name="x")
firm.publish("key: p\\nname: P\\nstages: [{key: a, on_entry: [{key: m, do: [{request: {kind: email}}]}]}, {key: b}]")
client = wf.AccountId(uuid4())
firm.save_account(id=client, name="Jane Doe")
told = threading.Event()
runner = engine.start_runner(notifier=lambda _: told.set())
firm.create_job(account=client, pipeline="p")
assert told.wait(60)
print("delivered")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    assert (done.stdout, done.stderr) == ("delivered\n", "")


def test_s11_7_a_firm_is_carried_to_another_store(office: Office, tmp_path: Path) -> None:
    job = office.job()
    office.firm.comment_job(job=job, text="by courier")
    written = office.engine.export_firm(firm=office.id, path=tmp_path / "firm.jsonl")
    with wf.Engine(MemoryKeyspace(), clock=office.clock) as there:
        read = there.import_firm(path=tmp_path / "firm.jsonl")
        assert (read.entries, read.sha256) == (written.entries, written.sha256)
        firm = there.acting(office.id, wf.SystemActor("tests"))
        assert firm.job(job=job) == office.firm.job(job=job)
        assert not firm.verify().differences
        with pytest.raises(errors.ExistsError):
            there.import_firm(path=tmp_path / "firm.jsonl")
    with pytest.raises(errors.UnavailableError, match=r"nowhere\.jsonl"):
        office.engine.import_firm(path=tmp_path / "nowhere.jsonl")


class Reading(wf.KeyTransaction):
    """Counts what is read, and raises at one of the reads."""

    def __init__(self, inner: wf.KeyTransaction, store: FailingReads) -> None:
        self.inner, self.store = inner, store

    def get(self, key: bytes) -> bytes | None:
        self.store.count()
        return self.inner.get(key)

    def range(
        self, start: bytes, stop: bytes, descending: bool, limit: int, keys_only: bool
    ) -> Iterable[tuple[bytes, bytes]]:
        self.store.count()
        return self.inner.range(start, stop, descending, limit, keys_only)

    def commit(self, changes: Sequence[Change]) -> None:
        self.inner.commit(changes)

    def abandon(self) -> None:
        self.inner.abandon()


class FailingReads(MemoryKeyspace):
    reads = 0
    fails_at: int | None = None

    def count(self) -> None:
        self.reads += 1
        if self.reads == self.fails_at:
            raise DiskFull("this block cannot be read")

    def begin(self, write: bool) -> wf.KeyTransaction:
        return Reading(super().begin(write), self)


def test_s11_7_an_export_that_fails_leaves_what_was_there(
    office_of: Callable[[wf.Engine], Office], tmp_path: Path
) -> None:
    store = FailingReads()
    office = office_of(wf.Engine(store))
    job = office.job()
    for number in range(300):
        office.firm.comment_job(job=job, text=f"{number}: " + "x" * 200)
    path = tmp_path / "firm.jsonl"
    store.reads = 0
    office.engine.export_firm(firm=office.id, path=path)
    whole, reads = path.read_bytes(), store.reads
    assert [file.name for file in tmp_path.iterdir()] == ["firm.jsonl"]
    assert reads > 3
    for store.fails_at in range(1, reads + 1):
        store.reads = 0
        with pytest.raises(DiskFull):
            office.engine.export_firm(firm=office.id, path=path)
        assert path.read_bytes() == whole
        store.reads = 0
        with pytest.raises(DiskFull):
            office.engine.export_firm(firm=office.id, path=tmp_path / "new.jsonl")
        assert [file.name for file in tmp_path.iterdir()] == ["firm.jsonl"]


def test_s11_7_an_export_to_where_no_file_can_be_leaves_nothing(desk: Office, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "nowhere" / "firm.jsonl"):
        with pytest.raises(errors.UnavailableError, match=path.name):
            desk.engine.export_firm(firm=desk.id, path=path)
    with pytest.raises(errors.NotFoundError):
        desk.engine.export_firm(firm=uuid4(), path=tmp_path / "nobody.jsonl")
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_s10_3_a_file_is_copied_while_it_is_worked_on_and_looked_through(tmp_path: Path) -> None:
    firm_id = uuid4()
    with wf.Engine(f"sqlite:{tmp_path / 'practice.db'}") as engine:
        engine.acting(firm_id, wf.SystemActor("tests")).save_firm(name="Ledger & Sons")
        engine.backup_to(path=tmp_path / "copy.db")
        assert engine.integrity_check() == []
        with pytest.raises(errors.UnsupportedError):
            engine.backup_to(path=tmp_path / "practice.db")
    with wf.Engine(f"sqlite:{tmp_path / 'copy.db'}?create=false") as copy:
        assert copy.integrity_check() == []
        assert not copy.acting(firm_id, wf.SystemActor("tests")).verify().differences
    with wf.Engine("memory:") as engine, pytest.raises(errors.UnsupportedError):
        engine.backup_to(path=tmp_path / "copy.db")
