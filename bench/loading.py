"""Loads one file some times over, in a process of its own: `python -m bench.loading TASK`. Writes the result as one line.

The process is given its cores before anything starts threads (`Task.cores`, and POLARS_MAX_THREADS by its parent). Every
load goes into a fresh copy of the store, so each does the whole work; loads and limits take turns, and the medians count.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import lmdb
import polars as pl

from bench.data import keys_of
from eir import records
from eir.policy import Policy
from eir.v1 import registry_pb2 as pb
from loaders.kinds import LOADERS
from loaders.load import Context, load
from store.environment import Environment


@dataclass(frozen=True, slots=True)
class Task:
    """`kind` is a number of LoadKind. `cores`: which may be used, none = all. `limit`: whether to measure the bare way."""

    kind: int
    file: str
    store: str
    scratch: str
    rounds: int
    cores: Sequence[int]
    limit: bool

    def to_json(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))


Cost = tuple[float, float]  # seconds by the wall, seconds of CPU


def _timed(work: Callable[[], None]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _load(task: Task, folder: Path) -> tuple[Cost, pb.LoadReport]:
    kind = next(kind for kind in LOADERS if kind == task.kind)
    options = pb.LoadOptions(kind=kind, file_name=Path(task.file).name, author=pb.Author(actor="bench"))
    if task.kind == pb.LOAD_KIND_MANIFEST:
        options.declaration.number = "12345678"
    context = Context(Policy.default(), int(time.time()), options)
    reports = []
    shutil.copy(Path(task.store) / "data.mdb", folder)
    with Environment.open(folder, records.SCHEMA) as environment:
        loader = LOADERS[kind]
        cost = _timed(lambda: reports.append(load(environment, loader, Path(task.file), context, actor="bench")))
    report = reports[0]
    if report.outcome != pb.LOAD_OUTCOME_LOADED or report.rejected or report.review:
        raise SystemExit(
            f"{pb.LoadKind.Name(kind)}: {pb.LoadOutcome.Name(report.outcome)}: {[*report.codes]} {[*report.notes]}"
        )
    return cost, report


def _bare(task: Task, folder: Path) -> Cost:
    """What any loader of this file must do: read the same columns, make sorted keys, put them, wait for the disk."""

    def work() -> None:
        text = {"serial": pl.String, "brand": pl.String, "model": pl.String}
        frame = pl.read_csv(task.file, schema_overrides={"imei1": pl.UInt64, "imei2": pl.UInt64, **text})
        imeis = pl.concat((frame["imei1"], frame["imei2"])) // 10
        value = bytes(12)
        with lmdb.open(str(folder), map_size=1 << 36, max_dbs=1) as env:
            status = env.open_db(b"status")
            with env.begin(write=True, db=status) as txn:
                txn.cursor().putmulti([(key, value) for key in keys_of(imeis.sort().to_numpy())])
            env.sync(True)

    shutil.copy(Path(task.store) / "data.mdb", folder)
    return _timed(work)


def _medians(costs: Sequence[Cost]) -> Cost:
    return median(wall for wall, _ in costs), median(cpu for _, cpu in costs)


def main(task: Task) -> dict[str, object]:
    """The costs of both ways, and how many rows the load accepted."""
    loads: list[Cost] = []
    bares: list[Cost] = []
    rows = changes = 0
    for at in range(task.rounds):
        for load_it in (True, False) if at % 2 == 0 else (False, True):
            with tempfile.TemporaryDirectory(dir=task.scratch) as folder:
                if load_it:
                    cost, report = _load(task, Path(folder))
                    loads.append(cost)
                    rows, changes = report.ok + report.warn, report.changes
                elif task.limit:
                    bares.append(_bare(task, Path(folder)))
    return {"rows": rows, "changes": changes, "load": _medians(loads), "bare": _medians(bares) if bares else None}


if __name__ == "__main__":
    given = Task(**json.loads(sys.argv[1]))
    if given.cores:
        os.sched_setaffinity(0, given.cores)
    print(json.dumps(main(given)), flush=True)
