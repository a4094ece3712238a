"""What the supervisor and its processes agree on.

A child gets one JSON argument (`Task`), writes its port as one line to stdout when it serves, drains and exits with 0 on
SIGTERM, and is sent SIGTERM by the kernel should its supervisor die. SIGINT is the supervisor's to handle.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
import uvloop
from pydantic import TypeAdapter

from eir.errors import outcome
from eir.serve import logs
from eir.serve.counters import Counters, SharedRows
from eir.serve.options import ServeOptions

Log = structlog.typing.FilteringBoundLogger

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Task:
    """Who a child is: the port it serves, its row of the counters, its supervisor."""

    name: str
    options: str  # ServeOptions as JSON
    port: int
    row: int
    rows: int
    counters: int  # descriptor, inherited
    supervisor: int  # process id

    def to_json(self) -> str:
        """For the command line."""
        return _TASK.dump_json(self).decode()


_TASK = TypeAdapter(Task)


class Life:
    """A child's own side: `ready(port)` when it serves, then `ended()` until it is told to drain."""

    def __init__(self, task: Task, log: Log) -> None:
        self.task = task
        self.log = log
        self._ending = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._ending.set)

    def ready(self, port: int) -> None:
        """Tells the supervisor."""
        os.write(sys.stdout.fileno(), b"%d\n" % port)
        self.log.info("serving", port=port)

    async def ended(self) -> None:
        """Returns when it is time to drain."""
        await self._ending.wait()


Serve = Callable[[ServeOptions, Counters, Life], Awaitable[None]]


def main(serve: Serve) -> int:
    """The body of a child process; returns its exit code."""
    task = _TASK.validate_json(sys.argv[1])
    _die_with(task.supervisor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    options = ServeOptions.from_json(task.options)
    log = logs.configure(options, task.name)
    counters = SharedRows(task.counters, task.rows).row(task.row)
    counters.settle()

    async def run() -> None:
        await serve(options, counters, Life(task, log))

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    except Exception as error:
        code = outcome(error).exit_code
        log.error("failed", error=str(error), exc_info=code != 2)  # a caller's error needs no traceback
        return code
    log.info("drained")
    return 0


def _die_with(supervisor: int) -> None:
    """No orphan outlives a supervisor that was killed: it could not be told to stop, and would hold the port."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != supervisor:  # it died before the line above
        raise SystemExit(1)
