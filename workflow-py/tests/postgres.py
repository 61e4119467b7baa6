"""A PostgreSQL server for tests: real, in a temporary folder, gone with the test process.

It runs as an ordinary user (as ``postgres`` when the tests are root) and listens on a socket in its own
folder alone. A small shell waits for the test process to end, however it ends, and stops the server and
removes the folder then.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from urllib.parse import quote as escaped

OWNER = "wf"
SETTINGS = ("max_connections = 100", "shared_buffers = 32MB", "fsync = off", "full_page_writes = off")


def programs() -> Path | None:
    """Where the server's programs are, if they are installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin: int(bin.parent.name.partition(".")[0]))
    if (config := shutil.which("pg_config")) is not None:
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        found.append(Path(told.stdout.strip()))
    return next((bin for bin in reversed(found) if (bin / "initdb").exists()), None)


class Server:
    """A running server."""

    def __init__(self, bin: Path) -> None:
        # The names of sockets have to be short.
        self.folder = Path(tempfile.mkdtemp(prefix="wfpg", dir="/tmp"))
        # Root may not run the server.
        self._user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        self._control = [*self._user, str(bin / "pg_ctl"), "-D", str(self.folder / "data")]
        self._numbers = itertools.count(1)
        control = " ".join(map(quote, self._control))
        script = (
            "trap '' HUP INT TERM; cat > /dev/null; "
            f"for try in 1 2 3 4 5; do {control} -m immediate -w stop; {control} status || break; sleep 1; done; "
            f"rm -rf {quote(str(self.folder))}"
        )
        self._watchdog = subprocess.Popen(
            ["sh", "-c", script],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            if self._user:
                shutil.chown(self.folder, "postgres")
            initdb = [str(bin / "initdb"), "-A", "trust", "-U", OWNER, "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
            self._run([*self._user, *initdb, "-D", str(self.folder / "data")])
            settings = (*SETTINGS, "listen_addresses = ''", f"unix_socket_directories = '{self.folder}'")
            with (self.folder / "data" / "postgresql.conf").open("a") as file:
                file.write("\n".join(("", *settings, "")))
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Starts it, also after it was stopped."""
        self._run([*self._control, "-w", "-t", "60", "-l", str(self.folder / "log"), "start"])

    def stop(self) -> None:
        """Stops it as if the machine had lost its power."""
        self._run([*self._control, "-m", "immediate", "-w", "stop"])

    def close(self) -> None:
        """Stops it for good, and removes its folder."""
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.close()
        self._watchdog.wait(60)

    def address(self, schema: str | None = None) -> str:
        """The address of a schema; of one that nobody used before, when none is named."""
        host = escaped(str(self.folder), safe="")
        return f"postgres://{OWNER}@{host}/postgres?schema={schema or f't{next(self._numbers)}'}"

    def _run(self, command: Sequence[str]) -> None:
        # The server would keep a pipe open, and be waited for.
        with (self.folder.parent / f"{self.folder.name}.out").open("w+") as told:
            try:
                done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=told, stderr=told, check=False)
                told.seek(0)
                assert done.returncode == 0, f"{command}\n{told.read()}"
            finally:
                Path(told.name).unlink()
