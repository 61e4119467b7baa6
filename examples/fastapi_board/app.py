"""A board in the browser: ``uvicorn app:app``, from this folder.

The board is served as JSON and drawn by ``page.html``; a card that is dropped on another stage moves
the job, and everybody who looks sees it. Set ``WORKFLOW_STORE`` for a file of your own, and
``WORKFLOW_FIRM`` and ``WORKFLOW_PIPELINE`` for your own firm; without them there is one in memory, with
some clients in it.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel

import workflow_py as wf
from workflow_py import aio

HERE = Path(__file__).parent
PIPELINE = os.environ.get("WORKFLOW_PIPELINE", "return")
RETURN = """
key: return
name: Tax return
stages:
  - key: intake
    name: Intake
  - key: prepare
    name: Prepare
    automove: true
    on_entry:
      - key: make the task
        do: [{ create_task: { key: prepare, title: "Prepare the return of {{ account.name }}" } }]
  - key: review
    name: Review
    wip_limit: { max: 2, mode: refuse }
  - key: done
    name: Done
"""


class Move(BaseModel):
    """Where a card was dropped."""

    to: str


class Watchers:
    """Those who look at the board."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[str]] = set()

    def tell(self, what: str) -> None:
        """Tells everybody."""
        for queue in self._queues:
            queue.put_nowait(what)

    async def listen(self, request: Request) -> AsyncIterator[str]:
        """What is told from now on, as server-sent events."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._queues.add(queue)
        try:
            yield "event: ready\ndata: {}\n\n"
            while not await request.is_disconnected():
                try:
                    yield f"event: changed\ndata: {await asyncio.wait_for(queue.get(), 1)}\n\n"
                except TimeoutError:
                    yield ": still there\n\n"
        finally:
            self._queues.discard(queue)


async def furnish(firm: aio.Acting) -> None:
    """A firm with some clients, where there is none."""
    await firm.save_firm(name="Ledger & Sons", time_zone="America/New_York")
    await firm.publish(RETURN)
    for name in ("Jane Doe", "Bob & Sons", "Zoë Nowak"):
        account = wf.AccountId(uuid4())
        await firm.save_account(id=account, name=name)
        await firm.create_job(account=account, pipeline="return")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens the store for as long as the app runs."""
    async with aio.Engine(os.environ.get("WORKFLOW_STORE", "memory:")) as engine:
        known = os.environ.get("WORKFLOW_FIRM")
        app.state.firm = engine.acting(UUID(known) if known else uuid4(), wf.SystemActor("board"))
        app.state.watchers = Watchers()
        if not known:
            await furnish(app.state.firm)
        yield


app = FastAPI(title="Board", lifespan=lifespan)


@app.exception_handler(wf.WorkflowError)
async def refused(_: Request, error: wf.WorkflowError) -> JSONResponse:
    """The engine's words for the browser, with a status by the kind of error."""
    status = {"not_found": 404, "forbidden": 403, "conflict": 409, "refused": 409}.get(error.kind, 400)
    return JSONResponse(error.detail.to_document(), status_code=503 if error.retryable else status)


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    """The page."""
    return (HERE / "page.html").read_text(encoding="utf-8")


@app.get("/board")
async def board(request: Request) -> JSONResponse:
    """The board as a document."""
    firm: aio.Acting = request.app.state.firm
    return JSONResponse((await firm.board(pipeline=PIPELINE, cards=100)).to_document())


@app.post("/jobs/{job}/move")
async def move(request: Request, job: str, move: Move) -> JSONResponse:
    """Moves a card."""
    firm: aio.Acting = request.app.state.firm
    try:
        identifier = wf.JobId(UUID(job))
    except ValueError as error:
        raise HTTPException(404, "there is no such job") from error
    outcome = await firm.move_job(job=identifier, to=move.to)
    if outcome.unchanged is None:
        request.app.state.watchers.tell(json.dumps({"job": job}))
    return JSONResponse(outcome.to_document())


@app.get("/events")
async def events(request: Request) -> StreamingResponse:
    """What changes, as it changes."""
    return StreamingResponse(request.app.state.watchers.listen(request), media_type="text/event-stream")
