"""An embeddable workflow engine for practice management.

>>> from uuid import uuid4
>>> import workflow_py as wf
>>> engine = wf.Engine("memory:")
>>> firm = engine.acting(uuid4(), wf.SystemActor("tour"))
>>> _ = firm.save_firm(name="Ledger & Sons")
>>> _ = firm.publish('''
... key: return
... name: Tax return
... stages: [{key: prepare}, {key: done}]
... ''')
>>> jane = wf.AccountId(uuid4())
>>> _ = firm.save_account(id=jane, name="Jane Doe")
>>> job = firm.create_job(account=jane, pipeline="return").job
>>> _ = firm.move_job(job=job, to="done")
>>> [(row.stage, row.status) for row in firm.jobs(scope=wf.PipelineJobScope(pipeline="return"))]
[('done', 'completed')]
"""

from __future__ import annotations

from . import commands, errors, model
from ._acting import Acting, read_definition
from ._command import command_of
from ._engine import Capabilities, Clock, Engine
from ._frames import to_arrow, to_dataframe, to_polars
from ._native import VERSION as __version__  # noqa: N811
from ._native import Command, ManualClock
from ._notify import Delivered, Notifier, Notify, Reject, Retry
from ._outcome import Outcome
from ._record import CLEAR, Change, Clear, FrozenDict, Page, Record
from ._rows import Rows
from ._runner import Runner, RunnerStatus, WorkStatus
from ._store import Keyspace, KeyTransaction
from .errors import Rejection, StoreError, WorkflowError
from .model import *  # noqa: F403

__all__ = [
    "CLEAR",
    "Acting",
    "Capabilities",
    "Change",
    "Clear",
    "Clock",
    "Command",
    "Delivered",
    "Engine",
    "FrozenDict",
    "KeyTransaction",
    "Keyspace",
    "ManualClock",
    "Notifier",
    "Notify",
    "Outcome",
    "Page",
    "Record",
    "Reject",
    "Rejection",
    "Retry",
    "Rows",
    "Runner",
    "RunnerStatus",
    "StoreError",
    "WorkStatus",
    "WorkflowError",
    "__version__",
    "command_of",
    "commands",
    "errors",
    "model",
    "read_definition",
    "to_arrow",
    "to_dataframe",
    "to_polars",
]
__all__ += model.__all__
