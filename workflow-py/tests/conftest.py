"""What the tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

import workflow_py as wf

RETURN = """
key: return
name: Tax return
stages:
  - key: prepare
    automove: true
    on_entry:
      - key: make the task
        do:
          - create_task: { key: prepare, title: "Prepare the return of {{ account.name }}" }
          - request: { kind: email, title: "We have begun" }
  - key: review
  - key: done
"""


class Office:
    """A firm with one client, on a clock that stands."""

    def __init__(self, engine: wf.Engine, clock: wf.ManualClock) -> None:
        self.engine = engine
        self.clock = clock
        self.id = wf.FirmId(uuid4())
        self.firm = engine.acting(self.id, wf.SystemActor("tests"))
        self.firm.save_firm(name="Ledger & Sons", time_zone="America/New_York")
        self.firm.publish(RETURN)
        self.jane = self.account("Jane Doe")

    def account(self, name: str) -> wf.AccountId:
        account = wf.AccountId(uuid4())
        self.firm.save_account(id=account, name=name)
        return account

    def job(self, account: wf.AccountId | None = None) -> wf.JobId:
        job = self.firm.create_job(account=account or self.jane, pipeline="return").job
        assert job is not None
        return job


@pytest.fixture
def clock() -> wf.ManualClock:
    return wf.ManualClock(datetime(2026, 1, 5, 15, tzinfo=UTC))


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: wf.ManualClock) -> Iterator[Office]:
    """An office over each of the stores that are built in."""
    address = "memory:" if request.param == "memory" else f"sqlite:{tmp_path / 'practice.db'}?durability=process"
    with wf.Engine(address, clock=clock) as engine:
        yield Office(engine, clock)


@pytest.fixture
def desk(clock: wf.ManualClock) -> Office:
    """An office over the store in memory, for what has nothing to do with stores."""
    return Office(wf.Engine("memory:", clock=clock), clock)


@pytest.fixture
def office_of(clock: wf.ManualClock) -> Callable[[wf.Engine], Office]:
    return lambda engine: Office(engine, clock)
