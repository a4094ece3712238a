"""Registries to load into: made for one example, filled from bytes, read back as plain values."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from eir import records
from eir.policy import Policy
from eir.records import SCHEMA
from eir.v1 import records_pb2
from eir.v1 import registry_pb2 as pb
from loaders.kinds import LOADERS, WORDS
from loaders.load import Context, load
from store.commit import Commit
from store.environment import Environment
from store.undo import revert

EXAMPLES = Path(__file__).parents[2] / "examples"
POLICY = Policy.default()
TODAY = dt.date(2026, 11, 23)
NOW = int(dt.datetime(2026, 11, 23, 12, tzinfo=POLICY.zone()).timestamp())

Tables = dict[str, dict[bytes, bytes]]


@contextmanager
def registry(**options: Any) -> Iterator[Environment]:
    """An empty one, for the length of one example."""
    with tempfile.TemporaryDirectory() as folder:
        Environment.create(Path(folder), SCHEMA)
        with Environment.open(Path(folder), SCHEMA, **options) as environment:
            yield environment


def run(
    environment: Environment,
    word: str,
    data: bytes | str | Path,
    name: str = "",
    *,
    now: int = NOW,
    policy: Policy = POLICY,
    rejects: Path | None = None,
    **options: Any,
) -> pb.LoadReport:
    """Loads as `eir load WORD` does."""
    file = data.encode() if isinstance(data, str) else data
    given = pb.LoadOptions(kind=WORDS[word], file_name=name, **options)
    return load(environment, LOADERS[WORDS[word]], file, Context(policy, now, given), actor="test", rejects=rejects)


def tables(environment: Environment, *but: str) -> Tables:
    """All that is in the registry."""
    with environment.snapshot() as snapshot:
        names = [table.name for table in SCHEMA.tables if table.name not in but]
        return {name: dict(snapshot.scan(name)) for name in names}


def undo(environment: Environment, seq: int) -> None:
    """Takes one commit back."""

    def apply(commit: Commit) -> tuple[None, bytes]:
        revert(commit, seq)
        return None, b""

    environment.commit(apply, undoes=seq)


def put(environment: Environment, table: str, key: bytes, value: bytes) -> None:
    """One value, as if by a command."""

    def apply(commit: Commit) -> tuple[None, bytes]:
        commit.put(table, key, value)
        return None, b""

    environment.commit(apply)


def device(environment: Environment, imei14: int) -> records.Device | None:
    """The record of one IMEI."""
    with environment.snapshot() as snapshot:
        value = snapshot.get("status", records.imei_key(imei14))
    return records.decode_device(value) if value else None


class OnFile(NamedTuple):
    """A device as a manifest declared it."""

    imeis: frozenset[int]
    serial: str
    brand: str
    line: int
    batch: str


def on_file(environment: Environment) -> dict[int, OnFile]:
    """The devices of the registry by id, from their blocks; every listing must refer to the device that has its IMEI."""
    found: dict[int, OnFile] = {}
    with environment.snapshot() as snapshot:
        for key, value in snapshot.scan("device"):
            block = records_pb2.DeviceBlock.FromString(value)
            assert records.number(key) == block.first + len(block.slots) - 1
            for index, (start, end) in enumerate(pairwise(accumulate(block.slots, initial=0))):
                serial = block.serials[index] if block.serials else ""
                brand = block.names[block.brands[index] - 1] if block.brands and block.brands[index] else ""
                imeis = frozenset(block.imeis[start:end])
                found[block.first + index] = OnFile(imeis, serial, brand, block.lines[index], block.batch)
    for number_, entry in found.items():
        assert entry.imeis
        for imei14 in entry.imeis:
            record = device(environment, imei14)
            assert record is not None
            assert record.device == number_
    return found


def codes(report: pb.LoadReport) -> dict[str, int]:
    """Rows by code."""
    return {code.code: code.rows for code in report.codes}


def adds_up(report: pb.LoadReport) -> bool:
    """R1: every row in exactly one class."""
    return report.rows_read == report.ok + report.warn + report.review + report.rejected + report.skipped


def day_number(date: dt.date) -> int:
    """Days since 1970."""
    return (date - dt.date(1970, 1, 1)).days
