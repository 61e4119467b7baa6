"""examples/fastapi_board: served on loopback, and used in a browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "fastapi_board"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def address() -> Iterator[str]:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKFLOW_")}
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "app:app",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--log-level",
            "error",
        ],
        cwd=FOLDER,
        env=environment,
    )
    try:
        found = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{found}/board").raise_for_status()
                break
            except httpx.TransportError:
                assert server.poll() is None
                assert time.monotonic() < until, "the app does not answer"
                time.sleep(0.1)
        yield found
    finally:
        server.terminate()
        server.wait(30)


def test_the_app_moves_cards_and_refuses_in_words(address: str) -> None:
    board = httpx.get(f"{address}/board").json()
    jobs = [card["id"] for card in board["columns"][0]["cards"]]
    assert len(jobs) == 3
    for job in jobs[:2]:
        moved = httpx.post(f"{address}/jobs/{job}/move", json={"to": "review"})
        assert moved.status_code == 200
    full = httpx.post(f"{address}/jobs/{jobs[2]}/move", json={"to": "review"})
    assert full.status_code == 409
    assert full.json()["rule"] == "wip_limit"
    assert httpx.post(f"{address}/jobs/{jobs[2]}/move", json={"to": "nowhere"}).status_code == 404
    assert httpx.post(f"{address}/jobs/nobody/move", json={"to": "done"}).status_code == 404


@pytest.mark.skipif(BROWSER is None and "CI" not in os.environ, reason="there is no Chromium here")
def test_a_card_is_dragged_in_a_browser(address: str) -> None:
    from playwright.sync_api import expect, sync_playwright

    assert BROWSER is not None, "install Chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, headless=True, args=FLAGS)
        try:
            page, watcher = browser.new_page(), browser.new_page()
            page.goto(address)
            watcher.goto(address)
            expect(page.locator("h1")).to_have_text("Tax return")
            card = page.locator("[data-stage=intake] .card", has_text="Jane Doe")
            card.drag_to(page.locator("[data-stage=prepare]"))
            # The one who dragged it sees it there with its task, and so does everybody else.
            for looking in (page, watcher):
                moved = looking.locator("[data-stage=prepare] .card", has_text="Jane Doe")
                expect(moved).to_contain_text("0 of 1 done")
                expect(looking.locator("[data-stage=intake] .count")).to_have_text("2")
            for name in ("Bob & Sons", "Zoë Nowak"):
                page.locator(".card", has_text=name).drag_to(page.locator("[data-stage=review]"))
                expect(page.locator("[data-stage=review] .card", has_text=name)).to_be_visible()
            page.locator(".card", has_text="Jane Doe").drag_to(page.locator("[data-stage=review]"))
            expect(page.locator("#says")).to_contain_text("review")
            expect(page.locator("[data-stage=prepare] .card", has_text="Jane Doe")).to_be_visible()
        finally:
            browser.close()
