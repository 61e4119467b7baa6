"""Writes ``workflow_py.model`` and ``workflow_py.commands`` from the JSON Schemas in ``docs/schema``.

The schemas are those of the Rust types, so that what Python calls things cannot drift from them.
Run without arguments to write the files, with ``--check`` to tell whether they are fresh.
"""

from __future__ import annotations

import json
import keyword
import re
import subprocess
import sys
import textwrap
from collections import ChainMap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
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
    "orders": ("What commands and questions are made of.", ["account", "command", "inquiry", "receipt"]),
    "records": ("Records as the engine keeps them, and the rows and answers made of them.", ["answer"]),
    "events": ("What happened: the log's entries and their events.", ["outcome", "ticked"]),
    "outbox": (
        "Notifications, errors, and firms in files, as documents.",
        ["notification", "delivery", "deliveries", "error", "carried"],
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
    "notification": "Notification",
    "delivery": "Delivery",
    "deliveries": "Deliveries",
    "receipt": "Receipt",
    "error": "Report",
    "ticked": "Ticked",
    "carried": "Carried",
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


#: Records that notebooks show: the method, and the function that draws.
SHOWN = {
    "Board": [("_repr_html_", "board_html"), ("__rich__", "board_table")],
    "JobView": [("_repr_html_", "job_html")],
    "PipelineDefinition": [
        ("_repr_svg_", "pipeline_svg"),
        ("to_mermaid", "pipeline_mermaid"),
        ("to_yaml", "pipeline_yaml"),
    ],
}


def shown(name: str) -> list[str]:
    """How a notebook shows a record."""
    lines = []
    for method, draw in SHOWN.get(name, ()):
        form = draw.rpartition("_")[2]
        answer, words = ("Any", "a table of rich's") if form == "table" else ("str", form.upper())
        lines += ["", f"    def {method}(self) -> {answer}:", f'        """It as {words}."""']
        lines += [f"        from .._show import {draw}", "", f"        return {draw}(self)"]
    return lines


def is_tagged(schema: Schema) -> bool:
    return "properties" in schema and len(schema["properties"]) == 1 and len(schema.get("required", ())) == 1


def alias(name: str, annotation: str, text: str) -> list[str]:
    quote = "'" if '"' in annotation else '"'
    line = f"{name}: TypeAlias = {quote}{annotation}{quote}"
    if len(line) > WIDTH:
        wrapped = textwrap.wrap(annotation, WIDTH - 8, break_long_words=False)
        parts = [
            f"    {quote}{part}{' ' if number + 1 < len(wrapped) else ''}{quote}" for number, part in enumerate(wrapped)
        ]
        line = "\n".join([f"{name}: TypeAlias = (", *parts, ")"])
    return [*line.split("\n"), *docstring(text, ""), ""]


def record(name: str, base: str, text: str, fields: list[Field]) -> list[str]:
    lines = ["", f"class {name}({base}):", *docstring(text or f"{name}.", "    ")]
    ordered = [field for field in fields if field[2] is None] + [field for field in fields if field[2] is not None]
    if ordered:
        lines.append("")
    for field, annotation, absent, meaning in ordered:
        lines.append(f"    {field}: {annotation}" + ("" if absent is None else f" = {absent}"))
        lines += docstring(meaning, "    ")
    return [*lines, *shown(name), ""]


def union(types: Types, name: str, schemas: list[Schema]) -> list[str]:
    """The classes of an enum's variants, and the alias for any of them."""
    lines, members = [], []
    for variant in schemas[0]["oneOf"]:
        if not is_tagged(variant):
            members.append(types.annotation(variant))
            continue
        ((tag, body),) = variant["properties"].items()
        title = f"{pascal(tag)}{name}"
        if title in types.found:
            title = f"{name}{pascal(tag)}"
        members.append(title)
        text = prose(variant)
        if body.get("type") == "object" and "properties" in body and "generic" not in body:
            bodies = [
                other["properties"][tag]
                for schema in schemas
                for other in schema["oneOf"]
                if is_tagged(other) and tag in other["properties"]
            ]
            lines += record(title, f'Record, tag="{tag}"', text, types.fields(f"{name}.{tag}", bodies))
        else:
            lines += record(title, f'Variant, tag="{tag}"', text, [("value", types.annotation(body), None, "")])
    return [*lines, "", *alias(name, types.union(members), prose(schemas[0]))]


def define(types: Types, name: str) -> list[str]:
    schemas = types.found[name]
    schema = schemas[0]
    if "properties" in schema:
        return record(name, "Record", prose(schema), types.fields(name, schemas))
    if "oneOf" in schema:
        if any(is_tagged(variant) for variant in schema["oneOf"]):
            return union(types, name, schemas)
        return alias(name, types.annotation(schema), prose(schema))
    if schema.get("format") == "uuid":
        return [f'{name} = NewType("{name}", UUID)', *docstring(prose(schema) or "An identifier.", ""), ""]
    return alias(name, types.annotation(schema), prose(schema))


def names_in(lines: list[str]) -> set[str]:
    code = re.sub(r'"""[\s\S]*?"""', "", "\n".join(lines))
    return set(re.findall(r"\b[A-Z]\w+\b", code))


HEADER = (
    '"""{title}\n\nWritten by ``tools/generate.py`` from the JSON Schemas; do not edit.\n"""\n\n'
    "from __future__ import annotations\n"
)


def imports(lines: list[str], own: set[str], homes: dict[str, str], records: str) -> list[str]:
    """What a module has to import, for the interpreter and for type checkers."""
    used = names_in(lines)
    head: list[str] = []
    typed: list[str] = []
    abc = sorted(used & {"Mapping", "Sequence"})
    if abc:
        typed.append(f"    from collections.abc import {', '.join(abc)}")
    if "AbstractSet" in used:
        typed.append("    from collections.abc import Set as AbstractSet")
    if "dt." in "\n".join(lines):
        typed.insert(0, "    import datetime as dt")
    ids = bool(re.search(r"NewType\(", "\n".join(lines)))
    typing = sorted(name for name in ("Any", "Literal", "NewType", "TypeAlias") if name in used)
    head.append(f"from typing import {', '.join(['TYPE_CHECKING', *typing])}")
    if "UUID" in used:
        (head if ids else typed).append("from uuid import UUID" if ids else "    from uuid import UUID")
    own_records = sorted(name for name in ("Change", "FrozenDict", "Page", "Record", "Variant") if name in used)
    runtime = [name for name in own_records if name in ("FrozenDict", "Record", "Variant")]
    later = [name for name in own_records if name not in runtime]
    if runtime:
        head += ["", f"from {records} import {', '.join(runtime)}"]
    if later:
        typed.append(f"\n    from {records} import {', '.join(later)}")
    by_module: dict[str, list[str]] = {}
    for name in sorted(used - own):
        if name in homes:
            by_module.setdefault(homes[name], []).append(name)
    for module, names in sorted(by_module.items()):
        line = f"    from .{module} import {', '.join(names)}"
        if len(line) > WIDTH:
            line = f"    from .{module} import (\n" + "".join(f"        {name},\n" for name in names) + "    )"
        typed.append(line)
    if typed:
        head += ["", "if TYPE_CHECKING:", *typed]
    return head


def titles(lines: list[str]) -> list[str]:
    found = re.findall(r"^(?:class (\w+)|(\w+): TypeAlias|(\w+) = NewType)", "\n".join(lines), flags=re.M)
    return [next(filter(None, names)) for names in found]


def exports(names: list[str]) -> list[str]:
    return ["__all__ = [", *(f'    "{name}",' for name in sorted(names)), "]", ""]


def model(types: Types) -> dict[str, str]:
    bodies: dict[str, list[str]] = {}
    for module in MODULES:
        lines: list[str] = []
        for name in sorted(types.found):
            if types.module[name] == module:
                lines += define(types, name)
        bodies[module] = lines
    homes = {name: module for module, lines in bodies.items() for name in titles(lines)}
    files = {}
    for module, lines in bodies.items():
        own = set(titles(lines))
        head = imports(lines, own, homes, ".._record")
        text = [HEADER.format(title=MODULES[module][0]), *head, "", *exports(sorted(own)), *lines]
        files[f"model/{module}.py"] = tidy(text)
    init = [HEADER.format(title="Everything that commands, answers and events are made of.")]
    for module in sorted(MODULES):
        names = titles(bodies[module])
        init += [f"from .{module} import (", *(f"    {name}," for name in sorted(names, key=str)), ")"]
    init += ["", *exports(list(homes))]
    files["model/__init__.py"] = tidy(init)
    files["commands.py"] = commands(types, homes)
    files["_orders.py"] = orders(types, homes)
    files["_questions.py"] = questions(types, homes)
    files["aio/_methods.py"] = methods(types, homes)
    return files


def tidy(lines: list[str]) -> str:
    text = "\n".join(lines)
    text = re.sub(r"\n{4,}", "\n\n\n", text)
    return text.rstrip() + "\n"


#: Commands that the engine gives to itself, and the one that is a method of its own.
INTERNAL = {"advance_series", "make_occurrence", "react", "reject_notification", "bulk"}
#: Commands that have a typed way in, with the call that makes them.
TYPED = {
    "move_job": "_native.move_job(job, to, pipeline, reenter, _list(leave_out), fire_jumped, override)",
    "set_task_state": "_native.set_task_state(task, state, custom, override)",
    "report_item": "_report_item(item, status)",
}


def parameters(types: Types) -> list[tuple[str, str, list[Field], bool]]:
    """Every command: its name, what it does, its fields, whether it is one value under its name."""
    found = []
    document = json.loads((SCHEMAS / "command.schema.json").read_text())
    for variant in document["oneOf"]:
        ((tag, body),) = variant["properties"].items()
        if tag in INTERNAL:
            continue
        body = types.inlined(body, document["$defs"])
        text = prose(variant)
        reference = body.get("$ref", "").removeprefix("#/$defs/")
        if reference and "properties" in types.found[reference][0]:
            fields = types.fields(reference, types.found[reference])
            text += "\n\n" + "\n\n".join(prose(types.found[reference][0]).split("\n\n")[1:])
        elif reference:
            fields = [(tag.rpartition("_")[2], reference, None, "The whole of it.")]
            found.append((tag, text.strip(), fields, True))
            continue
        else:
            fields = types.fields(tag, [body])
        found.append((tag, text.strip(), fields, False))
    return found


def signature(name: str, fields: list[Field], lead: list[str], answer: str) -> list[str]:
    ordered = [field for field in fields if field[2] is None] + [field for field in fields if field[2] is not None]
    names = [
        f"{field}: {loosened(annotation)}" + ("" if absent is None else f" = {absent}")
        for field, annotation, absent, _ in ordered
    ]
    star = ["*"] if names or lead[1:] else []
    line = f"def {name}({', '.join([*lead[:1], *star, *names, *lead[1:]])}) -> {answer}:"
    indent = "    " if lead[:1] else ""
    if len(indent + line) <= WIDTH:
        return [indent + line]
    parts = [*lead[:1], *star, *names, *lead[1:]]
    return [f"{indent}def {name}(", *(f"{indent}    {part}," for part in parts), f"{indent}) -> {answer}:"]


def loosened(annotation: str) -> str:
    """What a function takes where a record has this: lists and sets alike, records or documents."""
    annotation = annotation.replace("AbstractSet[", "Collection[").replace("Sequence[", "Collection[")
    return re.sub(r"\bItemRef\b", "ItemRef | ItemId", annotation)


def given(field: Field) -> str:
    """A parameter as a part of a document."""
    name, annotation, _, _ = field
    return f"_item_ref({name})" if annotation == "ItemRef" else name


def numpy_doc(text: str, fields: list[Field], indent: str, more: list[str]) -> list[str]:
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    ordered = [field for field in fields if field[2] is None] + [field for field in fields if field[2] is not None]
    lines = []
    for number, paragraph in enumerate(paragraphs):
        lines += ([""] if number else []) + textwrap.wrap(paragraph, WIDTH - len(indent) - 4)
    lines += ["", "Parameters", "----------"] if ordered or more else []
    for field, _, _, meaning in ordered:
        lines.append(field)
        lines += [
            "    " + line for line in textwrap.wrap(" ".join((meaning or "Which.").split()), WIDTH - len(indent) - 8)
        ]
    lines += more
    return [f'{indent}"""{lines[0]}', *(f"{indent}{line}".rstrip() for line in lines[1:]), f'{indent}"""']


def commands(types: Types, homes: dict[str, str]) -> str:
    lines: list[str] = []
    names = []
    for tag, text, fields, whole in parameters(types):
        names.append(tag)
        lines += ["", *signature(tag, fields, [], "Command")]
        lines += numpy_doc(text, fields, "    ", [])
        if tag in TYPED:
            lines.append(f"    return {TYPED[tag]}")
        elif whole:
            lines.append(f'    return _of("{tag}", {fields[0][0]})')
        else:
            parts = [f'"{field[0].rstrip("_")}": {given(field)}' for field in fields]
            call = f'    return _of("{tag}", {{{", ".join(parts)}}})'
            if len(call) > WIDTH:
                pairs = [f"            {part}," for part in parts]
                call = "\n".join(["    return _of(", f'        "{tag}",', "        {", *pairs, "        },", "    )"])
            lines += call.split("\n")
        lines.append("")
    return function_file(
        "Commands: everything that can be asked of the engine to change.",
        lines,
        names,
        homes,
        ["from . import _native", "from ._command import _item_ref, _list, _of, _report_item"],
        ["from ._native import Command"],
    )


def orders(types: Types, homes: dict[str, str]) -> str:
    key = "idempotency_key: str | None = None"
    lines = ["", "class Orders:", '    """A method for every command, carried out at once."""', ""]
    lines += [
        "    __slots__ = ()",
        "",
        "    def execute(self, command: Command, *, idempotency_key: str | None = None) -> Outcome:",
        '        """Carries out a command."""',
        "        raise NotImplementedError",
        "",
    ]
    for tag, text, fields, _ in parameters(types):
        lines += signature(tag, fields, ["self", key], "Outcome")
        lines += numpy_doc(
            text, fields, "        ", ["idempotency_key", "    Makes it have one effect however often it is given."]
        )
        given = ", ".join(f"{field}={field}" for field, *_ in fields)
        call = f"        command = {TYPED.get(tag) or f'commands.{tag}({given})'}"
        if len(call) > WIDTH:
            call = "\n".join(
                [
                    f"        command = commands.{tag}(",
                    *(f"            {field}={field}," for field, *_ in fields),
                    "        )",
                ]
            )
        lines += [*call.split("\n"), "        return self.execute(command, idempotency_key=idempotency_key)", ""]
    return function_file(
        "Commands as methods.",
        lines,
        ["Orders"],
        homes,
        ["from . import _native, commands", "from ._command import _list, _report_item"],
        ["from ._native import Command", "from ._outcome import Outcome"],
    )


#: Questions that are asked another way: a preview is one of a command.
OTHERWISE = {"preview"}


def questions(types: Types, homes: dict[str, str]) -> str:
    """Every question as a method."""
    inquiry = json.loads((SCHEMAS / "inquiry.schema.json").read_text())["$defs"]
    answers = answers_of(types)
    lines = ["", "class Questions:", '    """A method for every question."""', "", "    __slots__ = ()", ""]
    lines += [
        "    def _ask(self, question: str, fields: dict[str, Any], answer: str) -> Any:",
        "        raise NotImplementedError",
        "",
    ]
    lines += [
        "    def _rows(self, question: str, fields: dict[str, Any], row: str, page_size: int) -> Rows[Any]:",
        "        raise NotImplementedError",
        "",
    ]
    for variant in inquiry["Question"]["oneOf"]:
        tag = variant.get("const") or next(iter(variant["properties"]))
        if tag in OTHERWISE:
            continue
        lines += question(types, tag, variant, answers[tag])
    return function_file(
        "Questions as methods.",
        lines,
        ["Questions"],
        homes,
        [],
        ["from ._rows import Rows"],
    )


def asked_with(types: Types, tag: str, variant: Schema) -> tuple[list[Field], list[str]]:
    """What a question is asked with: parameters, and the parts of the document made of them."""
    body = variant["properties"][tag] if "properties" in variant else {}
    given: list[str] = []
    flat: list[Field] = []
    for field in types.fields(f"Question.{tag}", [body]) if body else []:
        name, annotation, _, _ = field
        inner = annotation.removesuffix(" | None")
        if name == "query":
            parts = types.fields(inner, types.found[inner])
            flat += parts
            pairs = ", ".join(f'"{part.rstrip("_")}": {part}' for part, *_ in parts)
            given.append(f'"query": _said({{{pairs}}})')
        elif name != "page":
            flat.append(field)
            given.append(f'"{name.rstrip("_")}": {name}')
    return flat, given


def question(types: Types, tag: str, variant: Schema, answer: str) -> list[str]:
    """A question as a method."""
    flat, given = asked_with(types, tag, variant)
    row = re.fullmatch(r"Page\[(.*)\]", answer)
    if row:
        flat.append(("page_size", "int", "100", "How many rows are fetched at a time."))
    asked = "{" + ", ".join(given) + "}"
    result = f"Rows[{row[1]}]" if row else answer
    lines = signature(tag, flat, ["self"], result)
    lines += numpy_doc(prose(variant), flat, "        ", [])
    call = f'_ask("{tag}", {asked}, {json.dumps(answer)})'
    if row:
        call = f'_rows("{tag}", {asked}, "{row[1]}", page_size)'
    return [*lines, f"        found: {result} = self.{call}", "        return found", ""]


def answers_of(types: Types) -> dict[str, str]:
    """What each question is answered with."""
    document = json.loads((SCHEMAS / "answer.schema.json").read_text())
    found = {}
    for variant in document["oneOf"]:
        ((tag, body),) = types.inlined(variant, document["$defs"])["properties"].items()
        found[tag] = types.annotation(body)
    return found


def methods(types: Types, homes: dict[str, str]) -> str:
    """Every command and question as an awaitable method over the one that is not."""
    lines = [
        'P = ParamSpec("P")',
        'T = TypeVar("T")',
        "",
        "",
        "class Methods:",
        '    """A method for every command and every question, carried out on a worker thread."""',
        "",
        "    __slots__ = ()",
        "    _sync: Sync",
        "",
        "    async def _run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:",
        "        raise NotImplementedError",
        "",
    ]
    key = "idempotency_key: str | None = None"
    for tag, text, fields, _ in parameters(types):
        lines += awaited(tag, text, fields, ["self", key], "Outcome")
    answers = answers_of(types)
    inquiry = json.loads((SCHEMAS / "inquiry.schema.json").read_text())["$defs"]
    for variant in inquiry["Question"]["oneOf"]:
        tag = variant.get("const") or next(iter(variant["properties"]))
        if tag not in OTHERWISE:
            fields, _ = asked_with(types, tag, variant)
            row = re.fullmatch(r"Page\[(.*)\]", answers[tag])
            if row:
                fields = [*fields, ("page_size", "int", "100", "")]
            lines += awaited(tag, prose(variant), fields, ["self"], f"AsyncRows[{row[1]}]" if row else answers[tag])
    return (
        function_file(
            "Commands and questions as awaitable methods.",
            lines,
            ["Methods"],
            homes,
            [
                "from typing import ParamSpec, TypeVar",
                "",
                "from ._rows import AsyncRows",
            ],
            ["from .._acting import Acting as Sync", "from .._outcome import Outcome"],
        )
        .replace("from ._record", "from .._record")
        .replace("from .model", "from ..model")
    )


def awaited(tag: str, text: str, fields: list[Field], lead: list[str], answer: str) -> list[str]:
    """A method that awaits the one of the same name."""
    rows = answer.startswith("AsyncRows")
    lines = signature(tag, fields, lead, answer)
    if not rows:
        lines[0] = lines[0].replace("def ", "async def ", 1)
    summary = " ".join(text.split("\n\n")[0].split())
    names = [field for field, *_ in fields] + [part.partition(":")[0] for part in lead[1:]]
    given = ", ".join(f"{name}={name}" for name in names)
    lines += docstring(f"{summary}\n\nAs :meth:`workflow_py.Acting.{tag}`.", "        ")
    if rows:
        lines.append(f"        return AsyncRows(self._run, lambda: self._sync.{tag}({given}))")
    else:
        lines.append(f"        return await self._run(self._sync.{tag}{', ' if given else ''}{given})")
    return [*lines, ""]


def function_file(
    title: str, lines: list[str], names: list[str], homes: dict[str, str], runtime: list[str], typed: list[str]
) -> str:
    used = names_in(lines)
    if "_said(" in "\n".join(lines):
        runtime = [*runtime, "from ._rows import _said"]
    head = [HEADER.format(title=title), "from typing import TYPE_CHECKING", "", *runtime]
    if "FrozenDict" in used:
        head.append("from ._record import FrozenDict")
    later = []
    abc = sorted(used & {"Callable", "Collection", "Mapping", "Sequence"})
    if abc:
        later.append(f"    from collections.abc import {', '.join(abc)}")
    if "dt." in "\n".join(lines):
        later.insert(0, "    import datetime as dt")
    typing = sorted(name for name in ("Any", "Literal") if name in used)
    if typing:
        later.append(f"    from typing import {', '.join(typing)}")
    later.append("")
    later += [f"    {line}" for line in typed]
    if "Change" in used:
        later.append("    from ._record import Change")
    mine = sorted(name for name in used if name in homes)
    later += ["    from .model import (", *(f"        {name}," for name in mine), "    )"]
    return tidy([*head, "", "if TYPE_CHECKING:", *later, "", *exports(names), *lines])


def formatted(name: str, text: str) -> str:
    """A file as ``ruff`` leaves it."""
    config = ["--config", str(ROOT / "workflow-py" / "pyproject.toml"), "--stdin-filename", str(PACKAGE / name)]
    for order in (["check", "--fix", "--quiet", "--exit-zero", "--select", "I,D"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *order, *config, "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, check=True, text=True).stdout
    return text


def main() -> int:
    types = Types(load())
    stale = []
    for name, text in model(types).items():
        text = formatted(name, text)
        path = PACKAGE / name
        if "--check" in sys.argv:
            if not path.exists() or path.read_text() != text:
                stale.append(name)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if stale:
        print(f"old: {', '.join(stale)}; run workflow-py/tools/generate.py", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    raise SystemExit(main())
