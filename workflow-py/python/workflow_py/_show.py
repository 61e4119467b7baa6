"""Boards, jobs and pipelines as notebooks show them."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rich.table import Table

    from .model import Board, BoardColumn, JobRow, JobView, PipelineDefinition

__all__ = ["board_html", "board_table", "job_html", "pipeline_mermaid", "pipeline_svg", "pipeline_yaml"]

COLUMN = "vertical-align:top;text-align:left;padding:6px;min-width:11em;background:#f4f5f7;border:2px solid #fff"
CARD = "background:#fff;border:1px solid #d8dbe0;border-radius:4px;margin:4px 0;padding:5px;color:#172b4d"
SMALL = "font-size:85%;color:#5e6c84"
MARK = "border-radius:3px;padding:0 4px;font-size:80%;color:#fff;background:"
RED, ORANGE, GREY = "#bf2600", "#c65f00", "#5e6c84"


def board_html(board: Board) -> str:
    """A board as a table: a column for each stage, a card for each job."""
    heads = "".join(f'<th style="{COLUMN}">{_head(column)}</th>' for column in board.columns)
    cells = "".join(f'<td style="{COLUMN}">{_cards(column)}</td>' for column in board.columns)
    return (
        f'<div style="overflow-x:auto"><table><caption><b>{escape(board.name)}</b> '
        f'<span style="{SMALL}">version {board.version}</span></caption>'
        f"<thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table></div>"
    )


def _head(column: BoardColumn) -> str:
    limit = f" of {column.wip_limit.max}" if column.wip_limit else ""
    marks = [_mark(f"{column.overdue.counted} overdue", RED)] if column.overdue.counted else []
    if column.attention:
        marks.append(_mark(f"{column.attention} to look at", ORANGE))
    return f'{escape(column.name)} <span style="{SMALL}">{column.jobs}{limit}</span> {" ".join(marks)}'


def _cards(column: BoardColumn) -> str:
    more = column.jobs - len(column.cards)
    rest = f'<div style="{SMALL}">and {more} more</div>' if more > 0 else ""
    return "".join(map(_card, column.cards)) + rest


def _card(card: JobRow) -> str:
    marks = []
    if card.priority in ("high", "urgent"):
        marks.append(_mark(card.priority, ORANGE))
    if card.overdue:
        marks.append(_mark("overdue", RED))
    marks += [_mark(tag, GREY) for tag in sorted(card.tags)]
    told = [escape(card.account_name)]
    if card.due:
        told.append(f"due {card.due.isoformat()}")
    if card.open_blockers or card.done_blockers:
        told.append(f"{card.done_blockers} of {card.done_blockers + card.open_blockers} done")
    looks = "".join(f'<div style="color:{ORANGE};font-size:85%">{escape(one.text)}</div>' for one in card.attention)
    return (
        f'<div style="{CARD}"><div>{escape(card.name)}</div><div style="{SMALL}">{" · ".join(told)}</div>'
        f"<div>{' '.join(marks)}</div>{looks}</div>"
    )


def _mark(text: str, colour: str) -> str:
    return f'<span style="{MARK}{colour}">{escape(text)}</span>'


def board_table(board: Board) -> Table:
    """A board as a table for a terminal: a column for each stage, a card in each cell."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"{escape(board.name)}, version {board.version}", title_justify="left", show_lines=True)
    for column in board.columns:
        limit = f"/{column.wip_limit.max}" if column.wip_limit else ""
        late = f" [red]{column.overdue.counted} overdue[/red]" if column.overdue.counted else ""
        heading = f"{escape(column.name)} [dim]{column.jobs}{limit}[/dim]{late}"
        table.add_column(heading, overflow="fold")
    depth = max((len(column.cards) for column in board.columns), default=0)
    for place in range(depth):
        cards = (column.cards[place] if place < len(column.cards) else None for column in board.columns)
        table.add_row(*(_card_words(card) if card else "" for card in cards))
    return table


def _card_words(row: JobRow) -> str:
    from rich.markup import escape

    lines = [f"[bold]{escape(row.name)}[/bold]"]
    if row.due:
        lines.append(f"[red]due {row.due}[/red]" if row.overdue else f"due {row.due}")
    if row.open_blockers:
        lines.append(f"[dim]{row.done_blockers} of {row.done_blockers + row.open_blockers} done[/dim]")
    lines += [f"[yellow]{escape(reason.text)}[/yellow]" for reason in row.attention]
    return "\n".join(lines)


def job_html(view: JobView) -> str:
    """A job with its tasks and items."""
    job = view.job
    facts = [
        ("Account", view.account.name),
        ("Stage", f"{view.pipeline_name}: {view.stage_name}"),
        ("Status", job.status),
        ("Priority", job.priority),
        ("Due", job.due.isoformat() if job.due else "-"),
        ("Tags", ", ".join(sorted(job.tags)) or "-"),
    ]
    facts += [(f"Task: {task.title}", task.state.replace("_", " ")) for task in view.tasks]
    facts += [(f"Item: {item.title}", item.status or "-") for item in view.items]
    facts += [("To look at", reason.text) for reason in job.attention]
    rows = "".join(
        f'<tr><td style="text-align:left">{escape(name)}</td><td style="text-align:left">{escape(str(value))}</td></tr>'
        for name, value in facts
    )
    return f"<table><caption><b>{escape(job.name)}</b></caption><tbody>{rows}</tbody></table>"


class _Box(NamedTuple):
    """Where a stage is drawn."""

    left: float
    width: float

    @property
    def middle(self) -> float:
        return self.left + self.width / 2

    @property
    def right(self) -> float:
        return self.left + self.width


TOP, HEIGHT, GAP = 70.0, 44.0, 36.0


def pipeline_svg(pipeline: PipelineDefinition) -> str:
    """A pipeline as a drawing: stages in a row, the default path straight, other ways as arcs."""
    boxes: dict[str, _Box] = {}
    left = 10.0
    for stage in pipeline.stages:
        width = max(80.0, 8.0 * len(stage.name or stage.key) + 24)
        boxes[stage.key] = _Box(left, width)
        left += width + GAP
    parts = [_stage(stage.name or stage.key, boxes[stage.key], stage.when is not None, stage.automove)
             for stage in pipeline.stages]  # fmt: skip
    keys = [stage.key for stage in pipeline.stages]
    for first, second in pairwise(keys):
        parts.append(_line(boxes[first].right, TOP + HEIGHT / 2, boxes[second].left, TOP + HEIGHT / 2))
    ways = [way for way in pipeline.transitions if way.from_ in boxes and way.to in boxes]
    parts += [_arc(boxes[way.from_], boxes[way.to]) for way in ways]
    size = f'width="{left:.0f}" height="{TOP + HEIGHT + 66:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
        f"<title>{escape(pipeline.name)}</title>"
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#5e6c84"/></marker></defs>'
        f'<text x="10" y="20" font-weight="bold">{escape(pipeline.name)}</text>{"".join(parts)}</svg>'
    )


def _stage(name: str, box: _Box, conditional: bool, automove: bool) -> str:
    dash = ' stroke-dasharray="5 3"' if conditional else ""
    mark = f'<text x="{box.right - 14:.0f}" y="{TOP + 15:.0f}" fill="#00875a">»</text>' if automove else ""
    return (
        f'<rect x="{box.left:.0f}" y="{TOP:.0f}" width="{box.width:.0f}" height="{HEIGHT:.0f}" rx="6" fill="#f4f5f7" '
        f'stroke="#5e6c84"{dash}/><text x="{box.middle:.0f}" y="{TOP + HEIGHT / 2 + 5:.0f}" '
        f'text-anchor="middle">{escape(name)}</text>{mark}'
    )


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.0f} {y1:.0f} L{x2:.0f} {y2:.0f}" stroke="#5e6c84" fill="none" marker-end="url(#tip)"/>'


def _arc(start: _Box, end: _Box) -> str:
    """Forward over the stages, back under them."""
    forward = end.left >= start.left
    edge, bend = (TOP, TOP - 40) if forward else (TOP + HEIGHT, TOP + HEIGHT + 50)
    return (
        f'<path d="M{start.middle:.0f} {edge:.0f} C{start.middle:.0f} {bend:.0f} {end.middle:.0f} {bend:.0f} '
        f'{end.middle:.0f} {edge:.0f}" stroke="#5e6c84" fill="none" marker-end="url(#tip)"/>'
    )


def pipeline_mermaid(pipeline: PipelineDefinition) -> str:
    """A pipeline as a Mermaid diagram, as the engine draws it."""
    from . import _native

    return _native.to_mermaid(pipeline.to_json().encode())


def pipeline_yaml(pipeline: PipelineDefinition) -> str:
    """A pipeline as YAML. Reading it back gives the same pipeline."""
    from . import _native

    return _native.to_yaml(pipeline.to_json().encode())
