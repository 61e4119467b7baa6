"""The records: ``workflow_py.model``."""

from __future__ import annotations

import re
import textwrap

from schemas import MODULES, WIDTH, Field, Schema, Types, docstring, is_tagged, pascal, prose

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
    '"""{title}\n\nWritten by ``tools/generate`` from the JSON Schemas; do not edit.\n"""\n\n'
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


def model(types: Types) -> tuple[dict[str, str], dict[str, str]]:
    """The files of the records, and in which module each name is."""
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
    return files, homes


def tidy(lines: list[str]) -> str:
    text = "\n".join(lines)
    text = re.sub(r"\n{4,}", "\n\n\n", text)
    return text.rstrip() + "\n"
