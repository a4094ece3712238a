"""Runs the `eir` command as a person would: a process, its output, its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
EIR = Path(sys.executable).parent / "eir"


def eir(*arguments: object, store: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """One run. Fails the test on a traceback: whatever happens, a person must never see one."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("EIR_")}
    environment |= {"EIR_STORE": str(store), "COLUMNS": "200", "TZ": "UTC"}
    done = subprocess.run(
        [str(EIR), *map(str, arguments)], env=environment, input=stdin, capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return done
