"""Other processes of a measurement: started here, measured in /proc, stopped by id whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
_PATIENCE_S = 10.0
_TICKS = os.sysconf("SC_CLK_TCK")

Process = subprocess.Popen[str]


@contextmanager
def running(
    command: Sequence[str],
    *,
    descriptors: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
    log: IO[str] | None = None,
    ended_by: signal.Signals = signal.SIGTERM,
) -> Iterator[Process]:
    """A process with its stdin and stdout, for the time of the block. `log` takes its stderr, `ended_by` ends it.

    It has a session of its own: an interrupt at the terminal reaches the bench alone, which then stops it.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        pass_fds=descriptors,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        stop(process, ended_by)


def python(module: str, *arguments: str) -> list[str]:
    """The command of a module of this project."""
    return [sys.executable, "-m", module, *arguments]


def stop(process: Process, ended_by: signal.Signals) -> None:
    """The signal that it understands, and SIGKILL for what does not end."""
    try:
        process.send_signal(ended_by)
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def line_of(process: Process) -> str:
    """The next line that a process writes. Raises RuntimeError when it ends instead."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"a process ended with {process.wait(_PATIENCE_S)}; its own message is above")
    return line.strip()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, in steps of a clock tick (proc(5), /proc/pid/stat fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
