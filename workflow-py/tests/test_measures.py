"""How long work takes, and when it may be expected to be done."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

import workflow_py as wf
from conftest import Office


def finished(office: Office, hours: int) -> wf.JobId:
    """A job that was prepared in so many hours, and looked at in one."""
    outcome = office.firm.create_job(account=office.jane, pipeline="return", due=date(2026, 1, 5).isoformat())
    assert outcome.job is not None
    office.clock.advance(timedelta(hours=hours))
    office.firm.set_task_state(task=outcome.tasks_created[0], state="completed")
    office.clock.advance(timedelta(hours=1))
    office.firm.move_job(job=outcome.job, to="done")
    return outcome.job


def test_s11_6_how_long_a_job_took(office: Office) -> None:
    job = finished(office, 3)
    row = office.firm.job_measures(scope=wf.JobJobScope(job)).first()
    assert row is not None
    assert row.lead == wf.Elapsed(seconds=4 * 3600, business_seconds=4 * 3600)
    assert row.cycle == wf.Elapsed(seconds=3600, business_seconds=3600)
    assert row.started == datetime(2026, 1, 5, 18, tzinfo=UTC)
    assert [(stage.stage, stage.visits, stage.time.seconds) for stage in row.stages] == [
        ("prepare", 1, 3 * 3600),
        ("review", 1, 3600),
        ("done", 1, 0),
    ]
    assert [(waiting.party, waiting.time.seconds) for waiting in row.waiting] == [("firm", 4 * 3600)]
    assert not row.late


def test_s11_6_measures_as_data_frames(office: Office) -> None:
    for hours in (1, 2, 30):
        finished(office, hours)
    office.job()
    frame = office.firm.job_measures().to_dataframe()
    assert sorted(frame["lead_seconds"]) == [0, 2 * 3600, 3 * 3600, 31 * 3600]
    done = frame[frame["status"] == "completed"]
    assert sorted(done["cycle_business_seconds"]) == [0, 3600, 3600]
    assert done["late"].sum() == 1
    assert frame["cycle_seconds"].isna().sum() == 1
    assert frame["age_seconds"].notna().sum() == 1
    assert str(frame["completed"].dtype).startswith("datetime64")

    found = office.firm.measures(pipeline="return", from_=date(2026, 1, 5), to=date(2026, 1, 18))
    assert (found.created, found.completed, found.open) == (4, 3, 1)
    stages = wf.to_dataframe(found.stages).set_index("stage")
    assert stages.loc["prepare", "time_count"] == 3
    assert stages.loc["prepare", "time_calendar_p85"] == 30 * 3600
    assert stages.loc["prepare", "age_count"] == 1
    assert math.isnan(float(stages.loc["review", "age_calendar_p50"]))  # type: ignore[arg-type]
    weeks = wf.to_dataframe(found.throughput)
    assert weeks["completed"].tolist() == [3, 0]
    assert weeks["from_"].iloc[0] == pd.Timestamp(2026, 1, 5)
    assert wf.to_arrow(found.waiting).column("share").to_pylist() == [1.0]
    assert wf.to_polars(found.statuses)["time_count"].to_list() == [3]


def test_s11_6_a_forecast(office: Office) -> None:
    for _ in range(5):
        finished(office, 1)
    job = office.firm.create_job(account=office.jane, pipeline="return", due=date(2026, 1, 6).isoformat()).job
    assert job is not None
    (row,) = office.firm.forecasts(scope=wf.JobJobScope(job))
    assert (row.basis, row.jobs, row.done) == ("age", 5, 5)
    assert row.before_due == pytest.approx(1.0)
    assert row.before_statutory is None
    assert row.p50 is not None
    assert len(office.firm.forecasts().to_dataframe()) == 1


def test_s11_6_whose_turn_it_is_can_be_declared(desk: Office) -> None:
    pipeline = wf.PipelineDefinition(
        key="line",
        name="Line",
        statuses=[wf.Status(key="missing", waiting_for="client")],
        stages=[wf.Stage(key="office", waiting_for="third_party"), wf.Stage(key="done")],
    )
    desk.firm.publish(pipeline)
    job = desk.firm.create_job(account=desk.jane, pipeline="line").job
    assert job is not None
    desk.clock.advance(timedelta(hours=2))
    desk.firm.set_status(job=job, status="missing")
    desk.clock.advance(timedelta(hours=1))
    row = desk.firm.job_measures(scope=wf.JobJobScope(job)).first()
    assert row is not None
    assert {waiting.party: waiting.time.seconds for waiting in row.waiting} == {"third_party": 7200, "client": 3600}
