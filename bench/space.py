"""Bytes of the data file for each IMEI on file: pages as they are, half-filled ones included."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.data import BATCHES, Dataset
from bench.rows import Row
from eir import records
from store.environment import Environment
from store.schema import JOURNAL, OWN_TABLES
from store.snapshot import Snapshot

_BARE = 6 + 12  # a key and a value
_LIMIT = "key and value alone"


def space_rows(data: Dataset, folder: Path) -> Iterator[Row]:
    """The hot table, compacted and as the batches left it, the journal, the devices, and everything else."""
    names = [*(table.name for table in records.SCHEMA.tables), *OWN_TABLES]
    with Environment.open(data.store, records.SCHEMA, readonly=True) as environment, environment.snapshot() as snapshot:
        imeis = snapshot.entries("status")
        each = {name: _size(snapshot, name) / imeis for name in names}
    status, journal, device = each.pop("status"), each.pop(JOURNAL), each.pop("device")
    yield Row("bytes_per_imei", _compacted(data, folder) / imeis, "bytes", _BARE, _LIMIT, {"imeis": imeis})
    yield Row("bytes_per_imei_loaded", status, "bytes", _BARE, _LIMIT, {"batches": BATCHES})
    yield Row("bytes_per_imei_journal", journal, "bytes")
    yield Row("bytes_per_imei_device", device, "bytes")
    tables = {name: round(size, 3) for name, size in each.items()}
    yield Row("bytes_per_imei_rest", sum(each.values()), "bytes", extra={"tables": tables})


def _compacted(data: Dataset, folder: Path) -> int:
    """Bytes of the hot table after `eir compact`, in a copy."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        shutil.copy(data.store / "data.mdb", scratch)
        with Environment.open(Path(scratch), records.SCHEMA) as environment:
            environment.compact("status")
            with environment.snapshot() as snapshot:
                return _size(snapshot, "status")


def _size(snapshot: Snapshot, table: str) -> int:
    return snapshot.pages(table) * snapshot.page_size
