"""Commands that set a firm up."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import click

from .. import commands
from .._acting import read_definition
from .._native import Command
from ..errors import DocumentError, WorkflowError
from ..model import AccountId, Problem
from ._desk import FILE, Desk, parsed, pass_desk

#: So many clients are saved together.
CHUNK = 200


@click.command()
@click.argument("name")
@click.option("--time-zone", default="UTC", show_default=True, help="An IANA time zone, such as America/New_York.")
@click.option("--file", "path", default="practice.db", show_default=True, help="The SQLite file to keep all in.")
@pass_desk
def init(desk: Desk, name: str, time_zone: str, path: str) -> None:
    """Set a firm called NAME up, and remember it in workflow.toml."""
    file = Path(FILE)
    if file.exists():
        raise click.UsageError(f"{file} is there already: there is one firm to a folder.")
    desk._store = desk._store or f"sqlite:{path}"
    desk._firm = desk._firm or str(uuid4())
    desk.firm.save_firm(name=name, time_zone=time_zone)
    file.write_text(f'store = "{desk._store}"\nfirm = "{desk.firm_id}"\n', encoding="utf-8")
    desk.answer(
        {"store": desk._store, "firm": desk.firm_id}, f"{name} is kept in {desk._store}, as {file} says from now on."
    )


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "mapping", multiple=True, metavar="OLD=NEW", help="Where jobs of a stage that is dropped go.")
@pass_desk
def publish(desk: Desk, files: tuple[Path, ...], mapping: tuple[str, ...]) -> None:
    """Publish the pipelines in FILES, in YAML or JSON."""
    stages = dict(pair(text) for text in mapping)
    for file in files:
        outcome = desk.firm.publish(file, mapping=stages)
        for warning in outcome.warnings:
            told(file, warning)
        desk.answer(outcome.to_document(), f"{file}: {outcome.unchanged or 'published'}")


def pair(text: str) -> tuple[str, str]:
    """Two stages with a sign between them."""
    old, sign, new = text.partition("=")
    if not sign:
        raise click.BadParameter(f"`{text}` has no `=`.", param_hint="--map")
    return old, new


def told(file: Path, problem: Problem) -> None:
    """Tells a problem of a file."""
    colour = "red" if problem.severity == "error" else "yellow"
    line = f":{problem.line}" if problem.line else ""
    path = f"{problem.path}: " if problem.path else ""
    click.echo(f"{file}{line}: {click.style(problem.severity, fg=colour)}: {path}{problem.message}", err=True)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_desk
@click.pass_context
def lint(ctx: click.Context, desk: Desk, files: tuple[Path, ...]) -> None:
    """Tell what is wrong or worth a look in pipelines, as publishing them would find.

    Without a firm, the form of the documents is looked at.
    """
    errors = 0
    for file in files:
        problems = found_in(desk, file)
        errors += sum(problem.severity == "error" for problem in problems)
        for problem in problems:
            if desk.as_json:
                click.echo(problem.to_json())
            else:
                told(file, problem)
        if not problems and not desk.as_json:
            click.echo(f"{file}: nothing to say")
    ctx.exit(1 if errors else 0)


def found_in(desk: Desk, file: Path) -> list[Problem]:
    """The problems of a file."""
    try:
        definition = read_definition(file)
    except DocumentError as error:
        return list(error.problems)
    if not (desk._firm or desk.settings.get("firm")):
        return []
    return list(desk.firm.lint(definition=definition))


@click.command("import-clients")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_desk
@click.pass_context
def import_clients(ctx: click.Context, desk: Desk, file: Path) -> None:
    """Save the clients in a CSV FILE as accounts.

    It needs a column `name`. A column `id` is how your own software calls the client: importing again changes the
    same accounts. `tags` are put on the account, several with semicolons between them. Every other column is a custom
    field.
    """
    with file.open(newline="", encoding="utf-8-sig") as opened:
        reader = csv.DictReader(opened)
        if "name" not in (reader.fieldnames or ()):
            raise click.UsageError(f"{file} has no column `name`; it has {', '.join(reader.fieldnames or ())}.")
        rows = list(reader)
    saved, refused = 0, []
    for some in progress(desk, rows):
        orders = [order for row in some for order in orders_of(desk, row)]
        results = desk.firm.execute_many([command for _, command in orders])
        for (row, _), result in zip(orders, results, strict=True):
            if isinstance(result, WorkflowError):
                refused.append((row, result))
        saved += len(some)
    for row, error in refused:
        click.echo(f"{click.style('error', fg='red')}: {row['name']}: {error}", err=True)
    desk.answer({"saved": saved, "refused": len(refused)}, f"{saved} clients, {len(refused)} refusals")
    ctx.exit(1 if refused else 0)


def progress(desk: Desk, rows: list[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """Rows in chunks, with a bar where somebody watches."""
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    if desk.as_json or not desk.console.is_terminal:
        yield from chunks
        return
    from rich.progress import track

    yield from track(chunks, description="Clients", console=desk.console)


def orders_of(desk: Desk, row: dict[str, str]) -> Iterator[tuple[dict[str, str], Command]]:
    """The commands that save a client."""
    external = row.get("id") or None
    account = AccountId(uuid5(UUID(str(desk.firm_id)), external or row["name"]))
    known = {"id", "name", "tags"}
    fields = {name: parsed(value) for name, value in row.items() if name not in known and value}
    yield row, commands.save_account(id=account, name=row["name"], external=external, fields=fields)
    tags = {tag.strip() for tag in (row.get("tags") or "").split(";") if tag.strip()}
    if tags:
        yield row, commands.tag_account(account=account, add=tags)


@click.command("import-firm")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_desk
def import_firm(desk: Desk, file: Path) -> None:
    """Bring a firm that `workflow export firm` wrote into FILE into the store."""
    carried = desk.engine.import_firm(path=file)
    desk.answer(carried, f"{carried.entries} entries of firm {carried.firm}")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what completes commands in a SHELL: `eval "$(workflow completion bash)"`."""
    from click.shell_completion import get_completion_class

    from . import workflow

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"{shell} cannot be completed")
    click.echo(made(workflow, {}, "workflow", "_WORKFLOW_COMPLETE").source())


COMMANDS = [init, publish, lint, import_clients, import_firm, completion]
