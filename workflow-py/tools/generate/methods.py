"""Commands as functions and as methods, questions as methods, and both to be awaited."""

from __future__ import annotations

import json
import re
import textwrap

from model import HEADER, exports, names_in, tidy
from schemas import SCHEMAS, WIDTH, Field, Schema, Types, docstring, prose

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
