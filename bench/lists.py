"""Block lists: what operators saw, against what is covered, to the three lists on disk."""

from __future__ import annotations

import shutil
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

from bench.data import Dataset, keys_of, rng_of
from bench.rows import Row
from eir import records
from eir.policy import Policy
from eir.v1 import registry_pb2 as pb
from loaders import blocklist
from store.commit import Commit
from store.environment import Environment

_PROMISE = 1_000_000
_PIECE = 500_000
_REQUEST = pb.BuildBlockListRequest(max_new_share=1.0)
_OPERATOR = (1).to_bytes(2, "big")
_DAY = 20_600  # any; the look-back of the default policy has no end


def list_row(data: Dataset, folder: Path, sightings: int, rounds: int) -> Row:
    """Sightings a second of a first run: marks, commit and files."""
    seen = folder / "seen"
    seen.mkdir()
    shutil.copy(data.store / "data.mdb", seen)
    written = _see(seen, data, sightings)
    costs = [_build(seen, folder) for _ in range(rounds)]
    wall = median(cost[0] for cost in costs)
    extra = {"sightings": written, "marked": costs[0][2], "seconds": wall, "cpu_s": median(cost[1] for cost in costs)}
    return Row("blocklist", written / wall, "sightings/s", _PROMISE, "the promise", extra | {"rounds": rounds})


def _build(seen: Path, folder: Path) -> tuple[float, float, int]:
    """Seconds by the wall, of CPU, and how many devices got a deadline."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        store = Path(scratch) / "store"
        shutil.copytree(seen, store, ignore=shutil.ignore_patterns("lock.mdb"))
        with Environment.open(store, records.SCHEMA) as environment:
            wall, cpu = time.perf_counter(), time.process_time()
            parts = blocklist.build(environment, Policy.default(), _REQUEST, "bench", now=int(time.time()))
            report = next(parts).report
            with (Path(scratch) / "lists").open("wb") as out:
                for part in parts:
                    out.write(part.chunk.data)
            return time.perf_counter() - wall, time.process_time() - cpu, report.newly_greylisted


def _see(store: Path, data: Dataset, count: int) -> int:
    """Eight in ten sightings are of registered devices, one of others, and one is of a device with a second subscriber."""
    rng = rng_of(data.seed, 700)
    tenth = max(1, count // 10)
    known = rng.choice(data.imeis, min(count - 2 * tenth, len(data.imeis)), replace=False)
    imeis = np.concatenate((known, data.newcomers(tenth, salt=9)))
    imeis = np.sort(np.concatenate((imeis, rng.choice(imeis, tenth, replace=False))))
    subscribers = (432_11_0_000_000_000 + np.arange(len(imeis))).astype(np.uint64)
    value = records.encode_sighting(records.Sighting(_DAY, _DAY + 20, 0))
    with Environment.open(store, records.SCHEMA) as environment:
        environment.commit(partial(_write, "operator", [_OPERATOR], [b"mci"]))
        for at in range(0, len(imeis), _PIECE):
            devices, imsis = imeis[at : at + _PIECE], subscribers[at : at + _PIECE]
            tails = [word[1:] + _OPERATOR for word in _words(imsis)]
            keys = [key + tail for key, tail in zip(keys_of(devices), tails, strict=True)]
            environment.commit(partial(_write, "sighting", keys, [value] * len(keys)))
    return len(imeis)


def _write(table: str, keys: list[bytes], values: list[bytes], commit: Commit) -> tuple[None, bytes]:
    commit.write(table, keys, values)
    return None, table.encode()


def _words(numbers: npt.NDArray[np.uint64]) -> list[bytes]:
    data = numbers.astype(">u8").tobytes()
    return [data[at : at + 8] for at in range(0, len(data), 8)]
