"""Event logs and tables, as other programs read them."""

from __future__ import annotations

import asyncio
import csv
import json
from collections import Counter
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

import jsonschema
import pandas as pd
import pytest
from lxml import etree

import workflow_py as wf
from conftest import Office
from workflow_py import aio, errors

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = '=HYPERLINK("http://x","y") <&> ]]> \x01\x08\x0b\x1b\ufffe\uffff\0 \'a\' \t\r\n 🧾 \u202eé'
#: What a reader gets of it where a format cannot hold all of it.
CLEAN = HOSTILE.translate({ord(letter): "\ufffd" for letter in "\x01\x08\x0b\x1b\ufffe\uffff\0"})

#: What the standard's own schema asks of a log in JSON.
TYPES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "attributes"],
        "properties": {
            "name": {"type": "string"},
            "attributes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "type"],
                    "properties": {"type": {"enum": ["string", "time", "integer", "float", "boolean"]}},
                },
            },
        },
    },
}
RELATIONSHIPS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["objectId", "qualifier"],
        "properties": {"objectId": {"type": "string"}, "qualifier": {"type": "string"}},
    },
}


def attributes(*required: str) -> dict[str, Any]:
    properties = {name: {"type": "string"} for name in ("name", "value", "time")}
    return {"type": "array", "items": {"type": "object", "required": [*required], "properties": properties}}


OCEL = {
    "type": "object",
    "required": ["eventTypes", "objectTypes", "events", "objects"],
    "properties": {
        "eventTypes": TYPES,
        "objectTypes": TYPES,
        "events": {
            "type": "array",
            "items": {
                "required": ["id", "type", "time"],
                "properties": {
                    "time": {"type": "string", "format": "date-time"},
                    "attributes": attributes("name", "value"),
                    "relationships": RELATIONSHIPS,
                },
            },
        },
        "objects": {
            "type": "array",
            "items": {
                "required": ["id", "type"],
                "properties": {"attributes": attributes("name", "value", "time"), "relationships": RELATIONSHIPS},
            },
        },
    },
}


#: What the standard asks of a log in XML: which elements where, and what their attributes may hold.
XES = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="http://www.xes-standard.org/"
    targetNamespace="http://www.xes-standard.org/" elementFormDefault="qualified">
  {types}
  <xs:group name="attributes"><xs:choice>{elements}</xs:choice></xs:group>
  <xs:element name="log"><xs:complexType>
    <xs:sequence>
      <xs:element name="extension" maxOccurs="unbounded"><xs:complexType>
        <xs:attribute name="name" type="xs:NCName" use="required"/>
        <xs:attribute name="prefix" type="xs:NCName" use="required"/>
        <xs:attribute name="uri" type="xs:anyURI" use="required"/>
      </xs:complexType></xs:element>
      <xs:element name="global" minOccurs="2" maxOccurs="2"><xs:complexType>
        <xs:group ref="attributes" maxOccurs="unbounded"/>
        <xs:attribute name="scope" type="xs:NCName" use="required"/>
      </xs:complexType></xs:element>
      <xs:element name="classifier" maxOccurs="unbounded"><xs:complexType>
        <xs:attribute name="name" type="xs:NCName" use="required"/>
        <xs:attribute name="keys" type="xs:token" use="required"/>
      </xs:complexType></xs:element>
      <xs:group ref="attributes" minOccurs="0" maxOccurs="unbounded"/>
      <xs:element name="trace" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
        <xs:group ref="attributes" minOccurs="0" maxOccurs="unbounded"/>
        <xs:element name="event" maxOccurs="unbounded"><xs:complexType>
          <xs:group ref="attributes" minOccurs="0" maxOccurs="unbounded"/>
        </xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element>
    </xs:sequence>
    <xs:attribute name="xes.version" type="xs:decimal" use="required"/>
    <xs:attribute name="xes.features" type="xs:token"/>
  </xs:complexType></xs:element>
</xs:schema>
"""
KINDS = {"string": "string", "date": "dateTime", "int": "long", "float": "double", "boolean": "boolean", "id": "string"}


def is_xes(path: Path) -> None:
    """Holds a file against what the standard asks of it."""
    types = "".join(
        f'<xs:complexType name="{kind}"><xs:attribute name="key" type="xs:Name" use="required"/>'
        f'<xs:attribute name="value" type="xs:{of}" use="required"/></xs:complexType>'
        for kind, of in KINDS.items()
    )
    elements = "".join(f'<xs:element name="{kind}" type="{kind}"/>' for kind in KINDS)
    schema = etree.XMLSchema(etree.fromstring(XES.format(types=types, elements=elements)))
    schema.assertValid(etree.parse(str(path)))


@pytest.fixture(scope="session")
def pm4py() -> Any:
    """The process miner that reads what is exported."""
    import pm4py

    return pm4py


@pytest.fixture
def season(office: Office) -> Office:
    """Five jobs: four done, of which one went back once, and one begun."""
    for number in range(4):
        job = office.job(office.account(f"Client {number}"))
        task = office.firm.job(job=job).tasks[0].id
        office.clock.advance(timedelta(hours=2))
        office.firm.set_task_state(task=task, state="in_progress")
        office.clock.advance(timedelta(hours=3))
        office.firm.complete_task(task=task)
        if number == 1:
            office.clock.advance(timedelta(hours=1))
            office.firm.move_job(job=job, to="prepare")
            office.firm.move_job(job=job, to="review")
        office.clock.advance(timedelta(days=1))
        office.firm.move_job(job=job, to="done")
    office.job()
    return office


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, strict=True)


def test_s11_7_a_process_miner_reads_xes(season: Office, tmp_path: Path, pm4py: Any) -> None:
    path = tmp_path / "season.xes"
    written = season.firm.export(path=path, format="xes", detail="stages")
    assert (written.traces, written.events) == (5, 5 + 4 * 2 + 2)
    assert list(tmp_path.glob("*.part")) == []
    log = pm4py.read_xes(str(path), variant="iterparse")
    assert log["case:concept:name"].nunique() == 5
    assert len(log) == written.events
    graph, begins, ends = pm4py.discover_dfg(log)
    assert graph == {("prepare", "review"): 5, ("review", "done"): 4, ("review", "prepare"): 1}
    assert (begins, ends) == ({"prepare": 5}, {"done": 4, "prepare": 1})
    assert set(log["case:account"]) == {*(f"Client {number}" for number in range(4)), "Jane Doe"}
    assert str(log["time:timestamp"].dtype).startswith("datetime64")
    assert pm4py.get_variants(log)[("prepare", "review", "done")] == 3

    season.firm.export(path=path, format="xes")
    log = pm4py.read_xes(str(path), variant="iterparse")
    task = log[log["concept:name"] == "Task: prepare"]
    assert set(task["lifecycle:transition"]) == {"schedule", "start", "complete"}
    done = log[(log["lifecycle:transition"] == "complete") & (log["event"] != "automation_ran")]
    between = pm4py.discover_dfg(done)[0]
    assert between[("Task: prepare", "review")] == 4
    assert between[("done", "Job completed")] == 4


def test_s11_7_a_process_miner_reads_ocel(season: Office, tmp_path: Path, pm4py: Any) -> None:
    path = tmp_path / "season.json"
    written = season.firm.export(path=path, format="ocel", detail="stages")
    document = json.loads(path.read_text())
    jsonschema.validate(document, OCEL, format_checker=jsonschema.FormatChecker())
    counts = Counter(thing["type"] for thing in document["objects"])
    assert counts == {"pipeline": 1, "account": 5, "job": 5, "task": 6, "item": 6}
    assert written.objects == counts.total()
    log = pm4py.read_ocel2_json(str(path))
    assert len(log.events) == written.events
    # It leaves out what nothing happened to.
    assert log.objects["ocel:type"].value_counts().to_dict() == {"account": 5, "job": 5}
    jobs = pm4py.ocel_flattening(log, "job")
    assert pm4py.discover_dfg(jobs)[0] == {("prepare", "review"): 5, ("review", "done"): 4, ("review", "prepare"): 1}
    changes = log.object_changes
    # The first value is the object's own.
    assert len(changes[changes["ocel:field"] == "stage"]) == written.events - 5
    assert set(log.objects["stage"].dropna()) == {"prepare"}
    assert set(log.o2o["ocel:qualifier"]) == {"for"}

    written = season.firm.export(path=path, format="ocel", detail="all")
    jsonschema.validate(json.loads(path.read_text()), OCEL, format_checker=jsonschema.FormatChecker())
    log = pm4py.read_ocel2_json(str(path))
    assert len(log.events) == written.events
    assert log.objects["ocel:type"].value_counts().to_dict() == {"account": 5, "job": 5, "task": 6, "item": 6}
    assert set(log.o2o["ocel:qualifier"]) == {"for", "part of"}
    graph = pm4py.discover_ocdfg(log)
    assert {"job", "task", "account"} <= set(graph["object_types"])
    assert {"review", "Task completed: prepare", "Job completed"} <= set(graph["activities"])


def test_s11_7_tables_are_read_by_pandas_and_the_csv_module(season: Office, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    for table, number in (("jobs", 5), ("tasks", 6), ("items", 6), ("accounts", 5), ("measures", 5)):
        written = season.firm.export(path=path, format="csv", table=table)  # type: ignore[arg-type]
        assert written.rows == number, table
        frame = pd.read_csv(path)
        assert len(frame) == len(list(rows(path))) == number
        assert list(frame.columns) == path.read_text().splitlines()[0].split(",")
    frame = pd.read_csv(path, parse_dates=["created", "started", "completed"])
    assert str(frame["completed"].dtype).startswith("datetime64")
    assert frame["completed"].notna().sum() == 4
    assert frame["lead_seconds"].max() == (5 + 1 + 24) * 3600
    season.firm.export(path=path, format="csv", table="stage_times")
    frame = pd.read_csv(path)
    assert frame.groupby("stage")["visits"].sum().to_dict() == {"prepare": 6, "review": 5, "done": 4}
    season.firm.export(path=path, format="csv", table="events", detail="stages", to=date(2026, 1, 5))
    found = list(rows(path))
    assert [row["label"] for row in found] == ["prepare", "review"]
    assert {row["resource"] for row in found} == {"tests"}


def test_s11_7_names_of_any_kind_come_through(office: Office, tmp_path: Path, pm4py: Any) -> None:
    account = office.account(HOSTILE)
    fields: dict[str, Any] = {"=f a:b": HOSTILE, "größe": 3, "ratio": 0.5, "yes": True, "list": ["a", "b"]}
    job = office.firm.create_job(account=account, pipeline="return", name=HOSTILE, fields=fields).job
    path = tmp_path / "out"
    office.firm.export(path=path, format="xes", detail="all")
    is_xes(path)
    for tree in (ElementTree.parse(path), etree.parse(str(path))):
        values = {node.get("value") for node in tree.iter("{http://www.xes-standard.org/}string")}
        assert CLEAN in values
    log = pm4py.read_xes(str(path), variant="iterparse")
    assert set(log["case:job"]) == {CLEAN}
    assert set(log["case:concept:name"]) == {str(job)}
    assert set(log["case:field._x003D_f_x0020_a_x003A_b"]) == {CLEAN}
    assert (log["case:field.größe"][0], log["case:field.ratio"][0], log["case:field.yes"][0]) == (3, 0.5, True)
    office.firm.export(path=path, format="ocel")
    document = json.loads(path.read_text())
    jsonschema.validate(document, OCEL, format_checker=jsonschema.FormatChecker())
    names = {value["value"] for thing in document["objects"] for value in thing["attributes"]}
    assert HOSTILE in names
    for raw, name in ((False, f"'{HOSTILE}"), (True, HOSTILE)):
        office.firm.export(path=path, format="csv", table="jobs", raw=raw)
        (row,) = rows(path)
        assert row["name"] == row["account_name"] == name.replace("\0", "\ufffd")
        assert pd.read_csv(path)["name"][0].replace("\r\n", "\n") == row["name"].replace("\r\n", "\n")


def test_s11_7_extensions_globals_and_classifiers_are_declared(season: Office, tmp_path: Path) -> None:
    path = tmp_path / "season.xes"
    season.firm.export(path=path, format="xes", detail="all")
    is_xes(path)
    space = "{http://www.xes-standard.org/}"
    log = ElementTree.parse(path).getroot()
    prefixes = {node.get("prefix") for node in log.findall(f"{space}extension")}
    used = {(node.get("key") or "").split(":")[0] for node in log.iter() if ":" in (node.get("key") or "")}
    assert used == prefixes == {"concept", "time", "lifecycle", "org", "identity"}
    order = [node.tag.removeprefix(space) for node in log]
    kinds = ["extension", "global", "classifier", "string", "id", "trace"]
    assert [kinds.index(kind) for kind in order] == sorted(kinds.index(kind) for kind in order)
    for scope, things in (("trace", "trace"), ("event", "trace/{space}event")):
        (declared,) = (node for node in log.findall(f"{space}global") if node.get("scope") == scope)
        keys = {node.get("key") for node in declared}
        for thing in log.findall(space + things.format(space=space)):
            found = [node.get("key") for node in thing if node.get("key")]
            assert keys <= set(found)
            assert len(found) == len(set(found))
        for node in log.findall(f"{space}classifier"):
            if scope == "event":
                assert set((node.get("keys") or "").split()) <= keys
    identifiers = [node.get("value") or "" for node in log.iter(f"{space}id") if node.get("key") == "identity:id"]
    assert all(str(UUID(identifier)) == identifier for identifier in identifiers)


def test_s11_7_a_member_gets_what_they_may_see(office: Office, tmp_path: Path) -> None:
    member = wf.MemberId(uuid4())
    office.firm.save_member(id=member, name="Bob")
    closed = {
        "key": "closed",
        "name": "Closed",
        "access": {"only": {"members": [str(uuid4())]}},
        "stages": [{"key": "a"}, {"key": "b"}],
    }
    office.firm.publish(closed)
    seen = office.job()
    office.firm.create_job(account=office.jane, pipeline="closed")
    bob = office.engine.acting(office.id, wf.MemberActor(member))
    path = tmp_path / "out"
    assert bob.export(path=path, format="xes").traces == 1
    assert str(seen) in path.read_text()
    assert "closed" not in path.read_text()
    assert bob.export(path=path, format="csv", table="jobs").rows == 1
    with pytest.raises(errors.ForbiddenError):
        bob.export(path=path, format="ocel", pipeline="closed")
    with pytest.raises(errors.ForbiddenError):
        office.engine.acting(office.id, wf.ClientActor(office.jane)).export(path=path, format="ocel")
    assert path.read_text().startswith("id,name,account")


def test_s11_7_what_cannot_be_written_is_said(office: Office, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="which table"):
        office.firm.export(path=tmp_path / "out", format="csv")
    with pytest.raises(ValueError, match="which table"):
        office.firm.export(path=tmp_path / "out", format="xes", table="jobs")
    with pytest.raises(errors.DocumentError):
        office.firm.export(path=tmp_path / "out", format="xes", detail="some")  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidError):
        office.firm.export(path=tmp_path / "out", format="csv", table="jobs", from_=date(2026, 1, 1))
    with pytest.raises(errors.UnavailableError) as failed:
        office.firm.export(path=tmp_path / "nowhere" / "out", format="xes")
    assert failed.value.retryable
    assert list(tmp_path.iterdir()) == [path for path in tmp_path.iterdir() if path.name.startswith("practice.db")]


def test_s11_7_an_export_can_be_awaited(tmp_path: Path) -> None:
    async def main() -> wf.Exported:
        async with aio.Engine("memory:") as engine:
            firm = engine.acting(wf.FirmId(uuid4()), wf.SystemActor("tests"))
            await firm.save_firm(name="Ledger & Sons")
            return await firm.export(path=tmp_path / "log.xes", format="xes", from_=date(2026, 1, 1))

    assert asyncio.run(main()) == wf.Exported(traces=0, objects=0, events=0, rows=0)
    assert StringIO((tmp_path / "log.xes").read_text()).readline().startswith("<?xml")
