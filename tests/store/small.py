"""A small schema and shorthands for the tests of the store."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import lmdb

from store.commit import Commit
from store.environment import Committed, Environment
from store.schema import OWN_TABLES, Schema, Table
from store.snapshot import Snapshot

SCHEMA = Schema(layout=3, tables=(Table("hot", slice(0, 2)), Table("text", slice(0, 4)), Table("cold")))
MIB = 1 << 20
TABLES = tuple(table.name for table in SCHEMA.tables)

Writes = Sequence[tuple[str, Mapping[bytes, bytes | None]]]


def key(number: int) -> bytes:
    return number.to_bytes(4, "big")


ROWS = {key(number): b"x" * 100 for number in range(5000)}  # about 1 MiB in a table, and as much in the journal


def write(environment: Environment, *writes: tuple[str, Mapping[bytes, bytes | None]], note: bytes = b"") -> Committed:
    """One commit of these writes, in their order."""

    def apply(commit: Commit) -> tuple[None, bytes]:
        for table, changes in writes:
            keys = sorted(changes)
            commit.write(table, keys, [changes[one] for one in keys])
        return None, note

    return environment.commit(apply)[1]


def dump(source: Environment | Snapshot) -> dict[str, dict[bytes, bytes]]:
    """All of the owner's tables."""
    if isinstance(source, Environment):
        with source.snapshot() as snapshot:
            return dump(snapshot)
    return {table: dict(source.scan(table)) for table in TABLES}


def tamper(path: Path, table: str, changes: Mapping[bytes, bytes | None]) -> None:
    """Changes a closed store behind the back of its journal."""
    with lmdb.open(str(path), max_dbs=len(TABLES) + len(OWN_TABLES), map_size=1 << 30) as env:
        db = env.open_db(table.encode(), create=False)
        with env.begin(write=True, db=db) as txn:
            for one, value in changes.items():
                if value is None:
                    assert txn.delete(one)
                else:
                    txn.put(one, value)
