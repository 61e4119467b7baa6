"""The JSON Schemas, and how each of their types is written in an annotation."""

from __future__ import annotations

import json
import keyword
import re
import textwrap
from collections import ChainMap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = ROOT / "docs" / "schema"
PACKAGE = ROOT / "workflow-py" / "python" / "workflow_py"
WIDTH = 120

Schema = dict[str, Any]
#: A field of a record: its name, its annotation, what it is when absent, what it means.
Field = tuple[str, str, str | None, str]

#: Which documents the types of a module are found in, in the order in which modules are filled.
#: A type belongs to the first that has it.
MODULES = {
    "definitions": (
        "What people author: pipelines, stages, automations, templates, settings.",
        ["pipeline", "template", "settings", "member"],
    ),
    "orders": ("What commands and questions are made of.", ["account", "command", "inquiry", "export", "receipt"]),
    "records": ("Records as the engine keeps them, and the rows and answers made of them.", ["answer"]),
    "events": ("What happened: the log's entries and their events.", ["outcome", "ticked"]),
    "outbox": (
        "Notifications, errors, and what is in files, as documents.",
        ["notification", "delivery", "deliveries", "error", "carried", "exported"],
    ),
}
#: Types that belong elsewhere than where they are first found.
PLACES = dict.fromkeys(("Event", "Entry", "Recorded", "Logged", "Cause", "Fired"), "events")

#: What these are when they are absent, which the schemas do not say. A test holds them against the engine.
ABSENT = {
    "Access": "everyone",
    "AccountTarget": "same",
    "Adjustment": "exact",
    "CatchUp": "latest",
    "Covers": "this",
    "ExportDetail": "work",
    "Interval": "week",
    "JobSort": "due",
    "MoveRule": "free",
    "Notation": "dot",
    "Observed": "none",
    "OnEmpty": "hold",
    "Priority": "medium",
    "Refire": "every_entry",
    "SeriesState": "active",
    "TaskState": "planned",
    "Versioning": "follow",
}
#: Flags that are set when they are absent.
SET = {
    "Member.active",
    "Automation.enabled",
    "PipelineDefinition.complete_at_final",
    "archive_job.archived",
    "skip_occurrence.skip",
    "pause_series.paused",
}

#: Names of documents' own types.
ROOTS = {
    "pipeline": "PipelineDefinition",
    "template": "Template",
    "settings": "FirmSettings",
    "member": "Member",
    "account": "AccountRecord",
    "export": "ExportQuery",
    "notification": "Notification",
    "delivery": "Delivery",
    "deliveries": "Deliveries",
    "receipt": "Receipt",
    "error": "Report",
    "ticked": "Ticked",
    "carried": "Carried",
    "exported": "Exported",
}
#: Types that Python has in another form.
ELSEWHERE = re.compile(r"Change\d*|Page\d*|Command|Question|Outcome|OutcomeOrError|Results|Inquiry|Request")
SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
FORMATS = {"uuid": "UUID", "date": "dt.date", "date-time": "dt.datetime", "partial-time": "dt.time"}


def load() -> dict[str, Schema]:
    names = [name for _, names in MODULES.values() for name in names]
    return {name: json.loads((SCHEMAS / f"{name}.schema.json").read_text()) for name in names}


def pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def python_name(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def prose(schema: Schema) -> str:
    """A description as Python's documentation has it: without Rust's examples and links."""
    text = re.sub(r"\n*```.*?```", "", schema.get("description", ""), flags=re.S)
    text = re.sub(r"\[`(?:\w+::)*(\w+)`\](?:\([^)]*\))?", r"``\1``", text)
    text = re.sub(r"(?<!`)`([^`\n]+)`(?!`)", r"``\1``", text)
    return text.strip()


def docstring(text: str, indent: str) -> list[str]:
    if not text:
        return []
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    first, *rest = paragraphs
    if len(indent) + len(first) + 6 <= WIDTH and not rest:
        return [f'{indent}"""{first}"""']
    lines = []
    for paragraph in paragraphs:
        lines += ["", *textwrap.wrap(paragraph, WIDTH - len(indent) - 4)]
    lines = lines[1:]
    return [f'{indent}"""{lines[0]}', *(f"{indent}{line}".rstrip() for line in lines[1:]), f'{indent}"""']


class Types:
    """Every type of the schemas, and how each is written in an annotation."""

    def __init__(self, documents: dict[str, Schema]) -> None:
        self.found: dict[str, list[Schema]] = {}
        self.module: dict[str, str] = {}
        for module, (_, names) in MODULES.items():
            for name in names:
                document = documents[name]
                types = dict(document.get("$defs", {}))
                if name in ROOTS:
                    types.setdefault(ROOTS[name], {key: value for key, value in document.items() if key != "$defs"})
                for title, schema in types.items():
                    if ELSEWHERE.fullmatch(title):
                        continue
                    self.found.setdefault(title, []).append(self.inlined(schema, types))
                    self.module.setdefault(title, PLACES.get(title, module))

    def inlined(self, schema: Any, types: dict[str, Schema]) -> Any:
        """A schema in which generic types, which have a number for a name, stand in full."""
        if isinstance(schema, list):
            return [self.inlined(inner, types) for inner in schema]
        if not isinstance(schema, dict):
            return schema
        reference = schema.get("$ref", "").removeprefix("#/$defs/")
        if re.fullmatch(r"(Change|Page)\d*", reference):
            return {
                **self.inlined(types[reference], types),
                "generic": reference.rstrip("0123456789"),
                **{key: value for key, value in schema.items() if key != "$ref"},
            }
        return {key: self.inlined(inner, types) for key, inner in schema.items()}

    def annotation(self, schema: Schema) -> str:
        """A schema as Python writes it in an annotation."""
        if schema.get("generic") == "Change":
            return f"Change[{self.annotation(schema['oneOf'][0]['properties']['to'])}]"
        if schema.get("generic") == "Page":
            return f"Page[{self.annotation(schema['properties']['rows']['items'])}]"
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            return {"Results": "Sequence[Any]", "Command": "Mapping[str, Any]", "Outcome": "Mapping[str, Any]"}.get(
                name, str(name)
            )
        if "const" in schema:
            return f"Literal[{json.dumps(schema['const'])}]"
        if "enum" in schema:
            return f"Literal[{', '.join(json.dumps(value) for value in schema['enum'])}]"
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return self.union([self.annotation(inner) for inner in schema[several]])
        kinds = schema.get("type")
        if kinds is None:
            return "Any"
        if isinstance(kinds, list):
            return self.union([self.annotation({**schema, "type": kind}) for kind in kinds])
        if kinds == "array":
            if "prefixItems" in schema:
                return "Sequence[Any]"
            container = "AbstractSet" if schema.get("uniqueItems") else "Sequence"
            return f"{container}[{self.annotation(schema['items'])}]"
        if kinds == "object":
            inner = schema.get("additionalProperties")
            return f"Mapping[str, {self.annotation(inner) if isinstance(inner, dict) else 'Any'}]"
        if kinds == "string":
            return FORMATS.get(schema.get("format", ""), "str")
        return SCALARS[str(kinds)]

    def union(self, members: list[str]) -> str:
        """Several annotations as one, literals together and None last."""
        literals = [member for member in members if member.startswith("Literal[")]
        if len(literals) > 1:
            merged = f"Literal[{', '.join(member[8:-1] for member in literals)}]"
            members = [merged, *(member for member in members if member not in literals)]
        unique = list(dict.fromkeys(members))
        if "None" in unique:
            unique = [member for member in unique if member != "None"] + ["None"]
        return " | ".join(unique)

    def fields(self, name: str, schemas: list[Schema]) -> list[Field]:
        """The fields of an object: name, annotation, what it is when absent, what it means."""
        required = set.intersection(*(set(schema.get("required", ())) for schema in schemas))
        properties = ChainMap(*(schema.get("properties", {}) for schema in schemas))
        # What must be there is listed in the order of the Rust type; the rest by name.
        listed = [key for part in ("required", "properties") for schema in schemas for key in schema.get(part, ())]
        order = [key for key in dict.fromkeys(listed) if key in properties]
        fields = []
        for key in order:
            schema = properties[key]
            annotation = self.annotation(schema)
            absent = None
            if key not in required:
                declared = [s["properties"][key] for s in schemas if key in s.get("properties", {})]
                default = next((inner["default"] for inner in declared if "default" in inner), None)
                absent = self.absent(f"{name}.{key}", key, schema, annotation, default)
                if absent == "None" and not annotation.endswith("None"):
                    annotation += " | None"
            fields.append((python_name(key), annotation, absent, prose(schema)))
        return fields

    def absent(self, place: str, key: str, schema: Schema, annotation: str, default: Any) -> str:
        """What a field is when it is absent, as Python writes it."""
        if default is not None and default != {} and not isinstance(default, list):
            return repr(default) if not isinstance(default, str) else json.dumps(default)
        if isinstance(default, list) and default:
            values = ", ".join(json.dumps(value) for value in default)
            return f"frozenset(({values},))" if annotation.startswith("AbstractSet") else f"({values})"
        if annotation == "bool":
            return str(place in SET)
        if annotation == "int":
            return "0"
        if annotation.startswith("Sequence[") and not annotation.endswith("None"):
            return "()"
        if annotation.startswith("AbstractSet[") and not annotation.endswith("None"):
            return "frozenset()"
        if annotation.startswith("Mapping[") and not annotation.endswith("None"):
            return "FrozenDict()"
        if annotation in ABSENT:
            return json.dumps(ABSENT[annotation])
        return "None"


def is_tagged(schema: Schema) -> bool:
    return "properties" in schema and len(schema["properties"]) == 1 and len(schema.get("required", ())) == 1
