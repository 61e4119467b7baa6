"""The engine for asyncio: every call on a worker thread, so that the loop never waits for a disk.

Examples
--------
>>> import asyncio
>>> from uuid import uuid4
>>> from workflow_py import SystemActor, aio
>>> async def main() -> str:
...     async with aio.Engine("memory:") as engine:
...         firm = engine.acting(uuid4(), SystemActor("docs"))
...         await firm.save_firm(name="Ledger & Sons")
...         return (await firm.firm()).settings.name
>>> asyncio.run(main())
'Ledger & Sons'
"""

from ._engine import Acting, Engine
from ._rows import AsyncRows
from ._runner import Runner

__all__ = ["Acting", "AsyncRows", "Engine", "Runner"]
