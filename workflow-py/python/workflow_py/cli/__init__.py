"""The command line: ``workflow``."""

from __future__ import annotations

import json
import sys

import click

from ..errors import DocumentError, StoreError, WorkflowError
from . import _back, _book, _measures, _outbox, _setup, _why, _work
from ._desk import Desk

__all__ = ["main", "workflow"]

REFUSED, FAILED, TRY_AGAIN = 1, 3, 4


class Reporting(click.Group):
    """A group that tells the engine's errors in words, and ends with a code by their kind."""

    def invoke(self, ctx: click.Context) -> object:
        """Runs a command."""
        try:
            return super().invoke(ctx)
        except WorkflowError as error:
            told = ctx.find_object(Desk)
            report(error, as_json=told is not None and told.as_json)
            ctx.exit(TRY_AGAIN if error.retryable else FAILED if isinstance(error, StoreError) else REFUSED)


def report(error: WorkflowError, *, as_json: bool) -> None:
    """Tells an error on the standard error stream."""
    if as_json:
        click.echo(json.dumps(error.detail.to_document(), ensure_ascii=False), err=True)
        return
    if not isinstance(error, DocumentError):
        click.echo(f"{click.style('error', fg='red', bold=True)}: {error}", err=True)
        return
    for problem in error.problems:
        place = f"line {problem.line}: " if problem.line else ""
        path = f"{problem.path}: " if problem.path else ""
        click.echo(f"{click.style(problem.severity, fg='red', bold=True)}: {place}{path}{problem.message}", err=True)


@click.group(cls=Reporting, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--store", envvar="WORKFLOW_STORE", metavar="ADDRESS", help="The store, such as sqlite:practice.db.")
@click.option("--firm", envvar="WORKFLOW_FIRM", metavar="UUID", help="The firm.")
@click.option("--as", "member", envvar="WORKFLOW_MEMBER", metavar="UUID", help="The member who acts; the host itself.")
@click.option("--json", "as_json", is_flag=True, help="Answers for machines.")
@click.version_option(package_name="workflow-py", prog_name="workflow")
@click.pass_context
def workflow(ctx: click.Context, store: str | None, firm: str | None, member: str | None, as_json: bool) -> None:
    """Run a firm's pipelines from the command line.

    The store and the firm are those of the nearest workflow.toml, which `workflow init` writes, unless told
    otherwise. It ends with 0 when all went well, 1 when something was refused, 2 when it was called wrongly, 3 when
    the store failed, and 4 when it failed in a way that trying again can help.
    """
    ctx.obj = Desk(store=store, firm=firm, member=member, as_json=as_json)
    ctx.call_on_close(ctx.obj.close)


for command in (
    *_setup.COMMANDS,
    *_book.COMMANDS,
    *_back.COMMANDS,
    *_measures.COMMANDS,
    *_why.COMMANDS,
    *_work.COMMANDS,
    *_outbox.COMMANDS,
):
    workflow.add_command(command)


def main() -> None:
    """Runs the command line."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    workflow(prog_name="workflow")
