"""Proves that the tables are what the journal says: replays it from the first commit and compares byte for byte."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, zip_longest
from operator import lt
from typing import Self

import lmdb

from store import journal
from store.commit import BULK_CHANGES
from store.environment import Environment
from store.errors import StoreBroken
from store.faults import fault
from store.schema import JOURNAL, TOUCHED
from store.snapshot import TOUCHED_BULK, TOUCHED_SUBJECT, Snapshot

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found to be true."""

    seq: int
    changes: int
    rows: int
    digest: bytes


def audit(environment: Environment, progress: Progress = lambda done, total: None) -> Audit:
    """Replays and compares. Raises StoreBroken naming the first contradiction.

    Reads one snapshot, so others may go on writing. Needs room for a second copy of the tables beside the store.
    """
    try:
        scratch = tempfile.TemporaryDirectory(prefix="audit-", dir=environment.path, ignore_cleanup_errors=True)
    except OSError as error:
        raise fault(error, f"no room for an audit in {environment.path}") from error
    with scratch, environment.snapshot() as snapshot, _Replica(scratch.name, snapshot) as replica:
        changes = _replay(snapshot, replica, progress)
        rows = sum(_compare(snapshot, replica, table) for table in _names(snapshot))
        return Audit(snapshot.seq, changes, rows, snapshot.digest)


def _names(snapshot: Snapshot) -> list[str]:
    return [*(table.name for table in snapshot.schema.tables), TOUCHED]


class _Replica:
    """A scratch LMDB with the same tables, neither synced nor journalled."""

    def __init__(self, path: str, snapshot: Snapshot) -> None:
        names = _names(snapshot)
        pages = sum(snapshot.pages(name) for name in [*names, JOURNAL])
        self.env = lmdb.open(
            path,
            map_size=(64 << 20) + 16 * pages * snapshot.page_size,  # address space; pages half full, and old ones beside new
            max_dbs=len(names),
            sync=False,
            metasync=False,
            lock=False,
        )
        self.dbs = {name: self.env.open_db(name.encode()) for name in names}
        self.tables = {table.name: table for table in snapshot.schema.tables}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.env.close()


def _replay(snapshot: Snapshot, replica: _Replica, progress: Progress) -> int:
    previous, total, changes = journal.NO_DIGEST, snapshot.seq, 0
    if snapshot.entries(JOURNAL) != sum(1 + header.blocks for header in snapshot.headers()):
        raise StoreBroken("the journal has entries that belong to no commit")
    for header in snapshot.headers():
        _check_chain(snapshot, header, previous)
        with replica.env.begin(write=True) as txn:
            count = 0
            subjects: set[bytes] = set()
            for block in snapshot.blocks(header):
                subject = _replay_block(txn, replica, header.seq, block)
                count += len(block.keys)
                if subject is not None and not header.bulk:
                    subjects.update(block.key(index)[subject] for index in range(len(block.keys)))
            if count != header.changes or header.bulk != (count >= BULK_CHANGES):
                raise StoreBroken(f"commit {header.seq} says {header.changes} changes and holds {count}")
            for prefix in [TOUCHED_BULK] if header.bulk else [TOUCHED_SUBJECT + subject for subject in subjects]:
                txn.put(prefix + header.seq.to_bytes(8, "big"), b"", db=replica.dbs[TOUCHED])
        changes += count
        previous = header.digest
        progress(header.seq, total)
    if previous != snapshot.digest:
        raise StoreBroken("the last digest is not the one of the last commit")
    return changes


def _check_chain(snapshot: Snapshot, header: journal.Header, previous: bytes) -> None:
    digester = journal.Digester(previous, header.seq)
    for raw in snapshot.raw_blocks(header):
        digester.add(raw)
    expected, _ = digester.header(
        time_ms=header.time_ms,
        blocks=header.blocks,
        changes=header.changes,
        undoes=header.undoes,
        bulk=header.bulk,
        note=header.note,
    )
    if header != expected:
        raise StoreBroken(f"the digest of commit {header.seq} does not follow from its content and commit {header.seq - 1}")


def _replay_block(txn: lmdb.Transaction[bytes], replica: _Replica, seq: int, block: journal.Block) -> slice | None:
    """Applies the changes. Returns what of the table's keys is a subject."""
    table = replica.tables.get(block.table)
    if table is None:
        raise StoreBroken(f"commit {seq} changes a table {block.table} that this layout does not have")
    if not all(map(lt, block.keys, islice(block.keys, 1, None))):  # type: ignore[arg-type]  # keys are never absent
        raise StoreBroken(f"commit {seq} has a block of {block.table} whose keys do not ascend")
    db = replica.dbs[table.name]
    for key, old, new in zip(block.keys, block.olds, block.news, strict=True):
        if key is None or txn.get(key, None, db) != old:
            raise StoreBroken(
                f"commit {seq} found another value of {block.table} {(key or b'').hex()} than the one before it left"
            )
        if new is None:
            txn.delete(key, b"", db)
        else:
            txn.put(key, new, db=db)
    return table.subject


def _compare(snapshot: Snapshot, replica: _Replica, table: str) -> int:
    rows = 0
    with replica.env.begin(db=replica.dbs[table]) as txn:
        for stored, replayed in zip_longest(snapshot.scan(table), txn.cursor()):
            if stored != replayed:
                key = (stored or replayed or (b"",))[0]
                raise StoreBroken(f"{table} {key.hex()} is not what the journal says")
            rows += 1
    return rows
