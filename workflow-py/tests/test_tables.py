"""Data frames, and what notebooks show."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, date
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import workflow_py as wf
from conftest import Office

if TYPE_CHECKING:
    from workflow_py import Reaction


def busy(desk: Office) -> wf.JobId:
    job = desk.firm.create_job(
        account=desk.jane, pipeline="return", due=date(2025, 12, 1).isoformat(), priority="urgent", name="<b>Jane</b>"
    ).job
    assert job is not None
    desk.firm.tag_job(job=job, add={"late", "vip"})
    desk.job()
    return job


def test_s11_7_jobs_as_a_data_frame(desk: Office) -> None:
    busy(desk)
    frame = desk.firm.jobs().to_dataframe()
    assert len(frame) == 2
    assert frame["due"].min() == pd.Timestamp(2025, 12, 1)
    assert str(frame["stage_since"].dtype).startswith("datetime64")
    assert frame.loc[frame["overdue"], "tags"].tolist() == [["late", "vip"]]
    assert frame.groupby("stage")["open_blockers"].sum().to_dict() == {"prepare": 2}


def test_s11_7_events_as_a_data_frame(desk: Office) -> None:
    busy(desk)
    frame = desk.firm.activity(oldest_first=True).to_dataframe()
    assert frame["event"].iloc[0] == "firm_created"
    assert {"job_created", "task_created", "job_tags_changed"} <= set(frame["event"])
    assert frame["position"].is_monotonic_increasing


def test_s11_7_tasks_for_polars_and_arrow(desk: Office) -> None:
    busy(desk)
    frame = desk.firm.tasks().to_polars()
    assert frame.height == 2
    assert frame.filter(pl.col("state") == "planned").height == 2
    assert frame.schema["created"] == pl.Datetime("us", "UTC")
    table = desk.firm.jobs().to_arrow()
    assert table.num_rows == 2
    assert table.schema.field("due").type == pa.date32()
    assert table.column("stage_since")[0].as_py().astimezone(UTC) == desk.clock()


def test_no_rows_are_a_table_too(desk: Office) -> None:
    full = desk.firm.accounts().to_dataframe().columns
    assert list(desk.firm.accounts(tag="nobody").to_dataframe().columns) == list(full)
    assert desk.firm.forecasts().to_dataframe()[["name", "before_due", "p85"]].empty
    assert "lead_seconds" in desk.firm.job_measures().to_arrow().column_names
    assert len(desk.firm.jobs().to_dataframe()) == 0
    assert desk.firm.jobs().to_polars().height == 0
    assert desk.firm.jobs().to_arrow().num_rows == 0


class Took(wf.Record):
    seconds: int
    business_seconds: int | None = None


class Ranks(wf.Record):
    mean: float
    p85: float | None = None


class Reach(wf.Record):
    count: int
    calendar: Ranks | None = None
    business: Ranks | None = None


class Flow(wf.Record):
    stage: str
    lead: Took
    cycle: Took | None = None
    time: Reach | None = None


FLOW = {
    "stage": ["prepare", "review"],
    "lead_seconds": [60, 90],
    "lead_business_seconds": [30, None],
    "cycle_seconds": [None, 20],
    "cycle_business_seconds": [None, 10],
    "time_count": [None, 3],
    "time_calendar_mean": [None, 1.5],
    "time_calendar_p85": [None, None],
    "time_business_mean": [None, None],
    "time_business_p85": [None, None],
}


def flows() -> list[Flow]:
    return [
        Flow(stage="prepare", lead=Took(seconds=60, business_seconds=30)),
        Flow(
            stage="review",
            lead=Took(seconds=90),
            cycle=Took(seconds=20, business_seconds=10),
            time=Reach(count=3, calendar=Ranks(mean=1.5)),
        ),
    ]


def test_records_in_records_become_columns_of_their_own() -> None:
    assert wf.to_polars(flows()).to_dict(as_series=False) == FLOW
    assert wf.to_arrow(iter(flows())).to_pydict() == FLOW
    frame = wf.to_dataframe(flows())
    assert list(frame) == list(FLOW)
    assert frame["lead_seconds"].tolist() == [60, 90]
    assert frame["time_count"].isna().tolist() == [True, False]
    assert frame["time_business_mean"].isna().all()


def test_columns_are_the_same_whether_values_are_there_or_not() -> None:
    for row in flows():
        assert wf.to_arrow([row]).column_names == list(FLOW)
    document = flows()[0].replace(lead={"seconds": 60, "business_seconds": 30})
    assert wf.to_arrow([document]).equals(wf.to_arrow(flows()[:1]))


class Kept(wf.Record):
    """What stays as it is: records with more than plain values in them, and one of several things."""

    kind: Reaction | None = None
    period: wf.Period | Literal["none"] = "none"
    load: wf.CalendarDay | None = None
    days: Sequence[wf.Period] = ()
    around: Kept | None = None
    lead: Took | None = None
    lead_seconds: int = 0


def test_what_is_more_than_plain_values_stays_whole() -> None:
    day = date(2026, 1, 5)
    period = wf.Period(start=day, end=day)
    table = wf.to_arrow([Kept(period=period, days=[period], around=Kept(), lead=Took(seconds=5), lead_seconds=7)])
    (row,) = table.to_pylist()
    whole = '{"start": "2026-01-05", "end": "2026-01-05"}'
    assert (row["period"], row["days"], row["around"]) == (whole, [whole], "{}")
    # Two columns of one name would be one.
    assert (row["lead"], row["lead_seconds"]) == ('{"seconds": 5}', 7)
    assert table.column_names == list(Kept._fields)


def test_what_annotations_do_not_tell_stays_whole() -> None:
    class Inner(wf.Record):
        x: int

    class Outer(wf.Record):
        inner: Inner
        # An alias is a text, which has no `|`.
        why: wf.AttentionReason | None = None
        lead: Took | None = None

    (row,) = wf.to_polars([Outer(inner=Inner(x=1), lead=Took(seconds=5))]).to_dicts()
    assert row == {"inner": '{"x": 1}', "why": None, "lead_seconds": 5, "lead_business_seconds": None}


def test_answers_are_tables_as_rows_are(desk: Office) -> None:
    busy(desk)
    board = wf.to_polars(desk.firm.board(pipeline="return").columns)
    assert board["overdue_counted"].to_list() == [1, 0, 0]
    assert {"wip_limit_max", "wip_limit_mode"} <= set(board.columns)
    member = wf.MemberId(uuid4())
    desk.firm.save_member(id=member, name="Ada")
    load = wf.to_dataframe(desk.firm.workload())
    assert load[["name", "jobs_counted", "jobs_more"]].to_numpy().tolist() == [["Ada", 0, False]]
    deliveries = wf.to_dataframe(desk.engine.claim_notifications())
    assert len(deliveries) == 2
    assert deliveries["receipt_firm"].unique().tolist() == [str(desk.id)]


def test_rows_of_several_kinds_are_one_table() -> None:
    table = wf.to_polars([Took(seconds=1), Ranks(mean=2.0)])
    assert table.to_dict(as_series=False) == {
        "seconds": [1, None],
        "business_seconds": [None, None],
        "mean": [None, 2.0],
        "p85": [None, None],
    }
    with pytest.raises(TypeError, match="records, not dict"):
        wf.to_polars([{"seconds": 1}])  # type: ignore[list-item]


class Text(HTMLParser):
    """What a page says, and whether its tags are closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_board_shows_itself(desk: Office) -> None:
    busy(desk)
    page = desk.firm.board(pipeline="return")._repr_html_()
    text = Text(page)
    assert text.open == []
    assert "<b>Jane</b>" in text.words, "names are escaped"
    assert {"urgent", "overdue", "1 overdue", "vip"} <= {word.strip() for word in text.words}


def test_a_job_shows_itself(desk: Office) -> None:
    text = Text(desk.firm.job(job=busy(desk))._repr_html_())
    assert text.open == []
    assert "Task: Prepare the return of Jane Doe" in text.words


def test_a_pipeline_shows_itself(desk: Office) -> None:
    definition = wf.read_definition(
        "key: p\nname: P & Q\nstages: [{key: a}, {key: b, when: {job_tags: {any: [x]}}}, {key: c}]\n"
        "transitions: [{from: c, to: a}, {from: a, to: c}]"
    )
    drawing = ET.fromstring(definition._repr_svg_())
    names = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"P & Q", "a", "b", "c"} <= set(names)
    assert len(drawing.findall("{http://www.w3.org/2000/svg}path")) == 4
    assert definition.to_mermaid().startswith("flowchart") or "graph" in definition.to_mermaid()
    assert wf.read_definition(definition.to_yaml()) == definition
