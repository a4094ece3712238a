"""Writing: one transaction that changes tables and enters the change in the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress, cycle, islice
from operator import eq, lt
from typing import TYPE_CHECKING

from store import journal
from store.schema import JOURNAL, META, META_DIGEST, META_SEQ, TOUCHED, Schema
from store.snapshot import TOUCHED_BULK, TOUCHED_SUBJECT, Snapshot

if TYPE_CHECKING:
    import lmdb

BULK_CHANGES = 1000  # from here on a commit is listed once in the `touched` index, not once for each subject

# A run of new keys between old ones goes in in two turns, 18 of 35 first. In one turn LMDB would split a full page in the
# middle again and again and never come back to the left half, so pages would stay half full; so they are halves after the
# first turn, and the second fills them to 98 %. A status record then takes about 32 bytes, not 53.
_FIRST = (True, False) * 17 + (True,)
_SECOND = tuple(not first for first in _FIRST)


class Commit(Snapshot):
    """The next state of the store, while it is being made. Reads see what was written so far.

    Nothing is visible to others, or durable, until the environment closes the commit; then all of it is.
    """

    def __init__(self, txn: lmdb.Transaction[bytes], dbs: Mapping[str, lmdb._Database], schema: Schema) -> None:
        super().__init__(txn, dbs, schema)
        self.number = self.seq + 1
        self.changes = 0
        self._blocks = 0
        self._subjects: set[bytes] = set()
        self._digester = journal.Digester(self.digest, self.number)

    def put(self, table: str, key: bytes, value: bytes, line: int = 0) -> None:
        """Sets one value."""
        self.write(table, (key,), (value,), (line,) if line else None)

    def delete(self, table: str, key: bytes) -> None:
        """Removes one key, if it is there."""
        self.write(table, (key,), (None,))

    def write(
        self,
        table: str,
        keys: Sequence[bytes],
        values: Sequence[bytes | None],
        lines: Sequence[int] | None = None,
    ) -> int:
        """Sets many values of one table; None removes. Keys ascend and differ; all run in step. Returns how many changed.

        What is already so is left alone, and not journalled. Raises ValueError for keys out of order.
        """
        if len(values) != len(keys) or (lines is not None and len(lines) != len(keys)):
            raise ValueError(f"{table}: keys, values and lines are not in step")
        if not all(map(lt, keys, islice(keys, 1, None))):  # what is found in `get_many` and appended in `_apply` rests on it
            raise ValueError(f"{table}: keys do not ascend")
        changed = 0
        for at in range(0, len(keys), journal.BLOCK_CHANGES):
            end = at + journal.BLOCK_CHANGES
            changed += self._write_block(table, keys[at:end], values[at:end], None if lines is None else lines[at:end])
        return changed

    def _write_block(
        self, table: str, keys: Sequence[bytes], news: Sequence[bytes | None], lines: Sequence[int] | None
    ) -> int:
        olds = self.get_many(table, keys)
        fresh = olds.count(None) == len(olds) and (all(news) or None not in news)
        if not fresh and any(map(eq, olds, news)):
            keep = [index for index, (old, new) in enumerate(zip(olds, news, strict=True)) if old != new]
            if not keep:
                return 0
            keys, news = [keys[index] for index in keep], [news[index] for index in keep]
            olds = [olds[index] for index in keep]
            lines = None if lines is None else [lines[index] for index in keep]
        self._apply(table, keys, news)
        self._enter(table, journal.encode_block(table, keys, olds, news, lines), keys)
        return len(keys)

    def _apply(self, table: str, keys: Sequence[bytes], news: Sequence[bytes | None]) -> None:
        cursor = self._txn.cursor(self._dbs[table])
        if all(news) or None not in news:
            if not cursor.last() or cursor.key() < keys[0]:
                cursor.putmulti(zip(keys, news, strict=True), append=True)  # type: ignore[arg-type]  # none is None
            else:
                for turn in (_FIRST, _SECOND):
                    cursor.putmulti(compress(zip(keys, news, strict=True), cycle(turn)))  # type: ignore[arg-type]
            return
        put, delete, db = self._txn.put, self._txn.delete, self._dbs[table]
        for key, new in zip(keys, news, strict=True):
            if new is None:
                delete(key, b"", db)
            else:
                put(key, new, db=db)

    def _enter(self, table: str, block: bytes, keys: Sequence[bytes]) -> None:
        self._blocks += 1
        self.changes += len(keys)
        self._digester.add(block)
        self._txn.put(journal.part_key(self.number, self._blocks), block, db=self._dbs[JOURNAL])
        subject = self.schema.table(table).subject
        if subject is not None and self.changes < BULK_CHANGES:
            self._subjects.update(key[subject] for key in keys)

    def close(self, *, time_ms: int, note: bytes, undoes: int = 0) -> journal.Header:
        """Enters the commit in the journal and makes it the last one. The environment calls this, then commits."""
        bulk = self.changes >= BULK_CHANGES
        header, data = self._digester.header(
            time_ms=time_ms, blocks=self._blocks, changes=self.changes, undoes=undoes, bulk=bulk, note=note
        )
        put, seq = self._txn.put, self.number.to_bytes(8, "big")
        put(journal.part_key(self.number, 0), data, db=self._dbs[JOURNAL])
        for prefix in (TOUCHED_BULK,) if bulk else sorted(TOUCHED_SUBJECT + subject for subject in self._subjects):
            put(prefix + seq, b"", db=self._dbs[TOUCHED])
        put(META_SEQ, seq, db=self._dbs[META])
        put(META_DIGEST, header.digest, db=self._dbs[META])
        return header
