"""Bytes of the data file for each IMEI on file: pages as they are, half-filled ones included."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import lmdb

from bench.data import BATCHES, Dataset
from bench.rows import Row
from eir import records
from store.environment import Environment
from store.schema import JOURNAL, OWN_TABLES
from store.snapshot import Snapshot

_BARE = 6 + 12  # a key and a value
_LIMIT = "key and value alone"


def space_rows(data: Dataset) -> Iterator[Row]:
    """The hot table, the journal, the devices, and everything else."""
    names = [*(table.name for table in records.SCHEMA.tables), *OWN_TABLES]
    with Environment.open(data.store, records.SCHEMA, readonly=True) as environment, environment.snapshot() as snapshot:
        imeis = snapshot.entries("status")
        each = {name: snapshot.pages(name) * snapshot.page_size / imeis for name in names}
        packed = _packed(snapshot) / imeis
    status, journal, device = each.pop("status"), each.pop(JOURNAL), each.pop("device")
    yield Row("bytes_per_imei", status, "bytes", _BARE, _LIMIT, {"imeis": imeis, "batches": BATCHES})
    yield Row("bytes_per_imei_packed", packed, "bytes", _BARE, _LIMIT)
    yield Row("bytes_per_imei_journal", journal, "bytes")
    yield Row("bytes_per_imei_device", device, "bytes")
    yield Row(
        "bytes_per_imei_rest", sum(each.values()), "bytes", extra={"tables": {k: round(v, 3) for k, v in each.items()}}
    )


def _packed(snapshot: Snapshot) -> int:
    """Bytes of the same records appended in order of key: what LMDB needs at least."""
    size = 4 * (snapshot.pages("status") + 64) * snapshot.page_size
    with tempfile.TemporaryDirectory() as scratch, lmdb.open(scratch, map_size=size, sync=False) as env:
        with env.begin(write=True) as txn:
            txn.cursor().putmulti(snapshot.scan("status"), append=True)
        stat = env.stat()
        return int((stat["branch_pages"] + stat["leaf_pages"]) * stat["psize"])
