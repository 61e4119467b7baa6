"""Data frames, and what notebooks show."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, date
from html.parser import HTMLParser

import pandas as pd
import polars as pl
import pyarrow as pa

import workflow_py as wf
from conftest import Office


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
    assert len(desk.firm.jobs().to_dataframe()) == 0
    assert desk.firm.jobs().to_polars().height == 0
    assert desk.firm.jobs().to_arrow().num_rows == 0


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
