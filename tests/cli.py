"""Runs the `eir` command as a person would: a process, its output, its exit code."""

from __future__ import annotations

import atexit
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.forks import SERVER

ROOT = Path(__file__).parent.parent
PATIENCE_S = 120


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int | None
    stdout: str
    stderr: str


def eir(*arguments: object, store: Path, stdin: str = "") -> Done:
    """One run. Fails the test on a traceback: whatever happens, a person must never see one."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("EIR_")}
    environment |= {"EIR_STORE": str(store), "COLUMNS": "200", "TZ": "UTC"}
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("stdin", "stdout", "stderr")]
        streams[0].write_text(stdin, encoding="utf-8")
        process = SERVER.Process(target=_command, args=(environment, streams, [*map(str, arguments)]))
        process.start()
        process.join(PATIENCE_S)
        assert process.exitcode is not None, f"{arguments} goes on and on"
        done = Done(process.exitcode, *(stream.read_text(encoding="utf-8") for stream in streams[1:]))
        process.close()
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return done


def _command(environment: dict[str, str], streams: list[Path], arguments: list[str]) -> None:
    """A forked process becomes the command: its surroundings, then the entry point that pyproject.toml names."""
    from eir.__main__ import main

    for number, stream in enumerate(streams):
        opened = os.open(stream, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # multiprocessing has closed it
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(ROOT)
    sys.argv = ["eir", *arguments]
    try:
        main()
    finally:
        atexit._run_exitfuncs()
