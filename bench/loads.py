"""Files in: rows a second from the file to the committed state, on one core and on all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import files
from bench.data import Dataset
from bench.loading import Task
from bench.processes import line_of, python, running
from bench.rows import Row, Skipped
from eir.v1 import registry_pb2 as pb
from loaders.kinds import LOADERS

_LIMIT = "read_csv, sort, putmulti, fsync"


def manifest_rows(data: Dataset, folder: Path, rows: int, rounds: int) -> Iterator[Row]:
    """Devices with two IMEIs each, beside the least that any loader must do."""
    file = folder / "manifest.csv"
    files.write_manifest(file, data, rows)
    yield _row("manifest_load", _run(data, pb.LOAD_KIND_MANIFEST, file, rounds, one_core=True, limit=True))
    yield _row("manifest_load_all_cores", _run(data, pb.LOAD_KIND_MANIFEST, file, 1, one_core=False))


def catalogue_row(data: Dataset, folder: Path, rows: int) -> Row:
    """A catalogue of types."""
    file = folder / "catalogue.txt"
    files.write_catalogue(file, data, rows)
    return _row("tac_load", _run(data, pb.LOAD_KIND_TAC, file, 1, one_core=True))


def dump_row(data: Dataset, folder: Path, rows: int) -> Row:
    """What an operator saw in a month."""
    file = folder / files.DUMP_NAME
    files.write_dump(file, data, rows)
    return _row("operator_dump_load", _run(data, pb.LOAD_KIND_OPERATOR_DUMP, file, 1, one_core=True))


def _run(data: Dataset, kind: int, file: Path, rounds: int, *, one_core: bool, limit: bool = False) -> dict[str, Any]:
    if kind not in LOADERS:
        raise Skipped("there is no loader for such files yet")
    cores = [max(os.sched_getaffinity(0))] if one_core else []
    task = Task(kind, str(file), str(data.store), str(file.parent), rounds, cores, limit)
    threads = {"POLARS_MAX_THREADS": "1"} if one_core else {}
    with running(python("bench.loading", task.to_json()), environment=threads) as process:
        result: dict[str, Any] = json.loads(line_of(process))
        return result | {"rounds": rounds, "cores": len(cores) or len(os.sched_getaffinity(0))}


def _row(name: str, result: dict[str, Any]) -> Row:
    rows, (wall, cpu), bare = result["rows"], result["load"], result["bare"]
    extra = {"rows": rows, "changes": result["changes"], "seconds": wall, "cpu_s": cpu}
    extra |= {"rounds": result["rounds"], "cores": result["cores"]}
    if bare is None:
        return Row(name, rows / wall, "rows/s", extra=extra)
    extra |= {"limit_seconds": bare[0], "limit_cpu_s": bare[1], "ratio_by_cpu": bare[1] / cpu}
    return Row(name, rows / wall, "rows/s", rows / bare[0], _LIMIT, extra)
