"""A whole run of `eir serve` beside the tests: `running()` starts it, and nothing of it is left afterwards."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eir import records
from eir.lists import Listing, Lists, Reason
from eir.records import Device, Range
from eir.serve import supervisor
from eir.serve.options import Addresses, ServeOptions
from store.commit import Commit
from store.environment import Environment

ROOT = Path(__file__).resolve().parents[2]
WHITE, BLACK, GREY, RANGED, NOBODY = 35693803564380, 35693803564381, 35693803564382, 86000000000001, 35693803564389
IMSI = 432111234567890
DEADLINE = 4_000_000_000
WAIT_S = 20.0


def fill(path: Path) -> None:
    """A store with one device of each kind, in one commit."""
    Environment.create(path, records.SCHEMA)
    listings = {
        WHITE: Listing(Lists.WHITE, Reason.REGISTERED),
        BLACK: Listing(Lists.BLACK, Reason.STOLEN),
        GREY: Listing(Lists.GREY, Reason.UNREGISTERED, DEADLINE),
    }
    keys = [records.imei_key(imei) for imei in listings]

    def apply(commit: Commit) -> tuple[None, bytes]:
        commit.write("status", keys, [records.encode_device(Device(listing)) for listing in listings.values()])
        span = Range(RANGED, RANGED + 10, Listing(Lists.BLACK, Reason.TAC_NOT_ALLOCATED), (7,))
        commit.put("range", *records.encode_range(span))
        commit.put("pair", records.pair_key(GREY, IMSI), records.encode_pair(records.Pair(2, 1, 0)))
        return None, b""

    with Environment.open(path, records.SCHEMA) as environment:
        environment.commit(apply)


@dataclass
class Run:
    process: subprocess.Popen[str]
    addresses: Addresses
    log: Path
    temporary: Path  # where its processes keep temporary files

    def children(self) -> dict[int, str]:
        """Process ids and their modules."""
        return children(self.process.pid)

    def workers(self) -> list[int]:
        return sorted(pid for pid, module in self.children().items() if module == "eir.serve.worker")


def options(store: Path, **changes: Any) -> ServeOptions:
    ports = {"data_port": 0, "control_port": 0, "metrics_port": 0}
    return ServeOptions(store=store, **{**ports, "workers": 1, "grace_s": 5.0, **changes})


@contextmanager
def running(store: Path, log: Path, **changes: Any) -> Iterator[Run]:
    """A run that serves; it and all its processes are gone after the block."""
    temporary = log.parent / "temporary"
    temporary.mkdir()
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.serve.running", options(store, **changes).to_json()],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
        )
    pids: set[int] = set()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        pids = set(children(process.pid))
        assert line, log.read_text()
        yield Run(process, Addresses(**json.loads(line)), log, temporary)
    finally:
        pids |= set(children(process.pid))
        stop(process)
        for pid in pids:
            kill(pid)
        assert process.stdout is not None
        process.stdout.close()


def stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def children(pid: int) -> dict[int, str]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return {}
    return {int(child): module(int(child)) for child in found}


def module(pid: int) -> str:
    """What a process of ours runs; empty when it is gone."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return ""
    return words[words.index("-m") + 1] if "-m" in words else ""


def kill(pid: int) -> None:
    if module(pid).startswith("eir.serve."):
        os.kill(pid, signal.SIGKILL)


def eventually(true: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.02)


def main() -> int:
    def ready(addresses: Addresses) -> None:
        print(json.dumps(dataclasses.asdict(addresses)), flush=True)

    return supervisor.run(ServeOptions.from_json(sys.argv[1]), ready)


if __name__ == "__main__":
    sys.exit(main())
