"""Reading: one short read transaction over all tables."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from store import journal
from store.errors import NoSuchCommit, StoreBroken
from store.schema import JOURNAL, META, META_DIGEST, META_SEQ, TOUCHED, Schema

if TYPE_CHECKING:
    import lmdb

Get = Callable[[bytes], "bytes | None"]

# A merge by seeking pays off while the stored keys are sparse between the wanted ones; past this many seeks, single gets.
_SPARSE_SEEKS = 4096
# The two kinds of keys in the `touched` index: commits with very many changes, and (subject, commit).
TOUCHED_BULK, TOUCHED_SUBJECT = b"\x00", b"\x01"


class Snapshot:
    """One consistent state of the store, the one after commit `seq`.

    Lives as long as its transaction: short, because an old snapshot keeps the pages that later commits free. Belongs to the
    thread that opened it. Values are copies and may outlive it.
    """

    def __init__(self, txn: lmdb.Transaction[bytes], dbs: Mapping[str, lmdb._Database], schema: Schema) -> None:
        self._txn = txn
        self._dbs = dbs
        self.schema = schema

    @property
    def seq(self) -> int:
        """Sequence number of the last commit in this state; 0 = none yet."""
        return int.from_bytes(self._txn.get(META_SEQ, b"", self._dbs[META]), "big")

    @property
    def digest(self) -> bytes:
        """Digest of the last commit in this state."""
        return self._txn.get(META_DIGEST, journal.NO_DIGEST, self._dbs[META])

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value of one key, or None."""
        return self._txn.get(key, None, self._dbs[table])

    def getter(self, table: str) -> Get:
        """`get` for one table, without the look-up of the table's name: for loops."""
        if table == self.schema.tables[0].name:
            return self._txn.get  # the transaction's own default table
        get, db = self._txn.get, self._dbs[table]
        return lambda key: get(key, None, db)

    def seeker(self, table: str) -> Callable[[bytes], tuple[bytes, bytes] | None]:
        """A function to the first entry at or after a key. One cursor serves all its calls."""
        cursor = self._txn.cursor(self._dbs[table])
        return lambda key: cursor.item() if cursor.set_range(key) else None

    def seek(self, table: str, key: bytes) -> tuple[bytes, bytes] | None:
        """The first entry at or after a key."""
        return self.seeker(table)(key)

    def last(self, table: str) -> tuple[bytes, bytes] | None:
        """The last entry of a table."""
        cursor = self._txn.cursor(self._dbs[table])
        return cursor.item() if cursor.last() else None

    def scan(self, table: str, start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Entries with start <= key < stop, in order of key."""
        cursor = self._txn.cursor(self._dbs[table])
        if not cursor.set_range(start):  # also false on an empty table
            return
        if stop is None:
            yield from cursor.iternext()
            return
        for key, value in cursor.iternext():
            if key >= stop:
                return
            yield key, value

    def keys(self, table: str) -> Iterator[bytes]:
        """All keys of a table, in order."""
        return self._txn.cursor(self._dbs[table]).iternext(keys=True, values=False)

    def values(self, table: str) -> Iterator[bytes]:
        """All values of a table, in order of key."""
        return self._txn.cursor(self._dbs[table]).iternext(keys=False, values=True)

    def entries(self, table: str) -> int:
        """How many entries a table has."""
        return int(self._txn.stat(self._dbs[table])["entries"])

    def pages(self, table: str) -> int:
        """How many pages a table fills."""
        stat = self._txn.stat(self._dbs[table])
        return int(stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"])

    @property
    def page_size(self) -> int:
        """Of the data file, in bytes."""
        return int(self._txn.stat(self._dbs[META])["psize"])

    def get_many(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of ascending keys, in step; None where there is none.

        Leaps from stored key to wanted key, so a run of new keys costs one seek. Where both interleave it reads key by key.
        """
        found: list[bytes | None] = [None] * len(keys)
        cursor = self._txn.cursor(self._dbs[table])
        at, seeks, count = 0, 0, len(keys)
        while at < count and cursor.set_range(keys[at]):
            stored = cursor.key()
            at = bisect_left(keys, stored, at)
            if at < count and keys[at] == stored:
                found[at] = cursor.value()
                at += 1
            seeks += 1
            if seeks > _SPARSE_SEEKS:
                get, db = self._txn.get, self._dbs[table]
                found[at:] = [get(key, None, db) for key in keys[at:]]
                break
        return found

    # ---- the journal

    def header(self, seq: int) -> journal.Header:
        """What commit `seq` says of itself. Raises NoSuchCommit, StoreBroken."""
        if not 1 <= seq <= self.seq:
            raise NoSuchCommit(f"the journal has no commit {seq}; the last one is {self.seq}")
        data = self.get(JOURNAL, journal.part_key(seq, 0))
        if data is None:
            raise StoreBroken(f"journal entry {seq} is missing")
        return journal.decode_header(seq, data)

    def headers(self, first: int = 1, last: int | None = None) -> Iterator[journal.Header]:
        """Headers of the commits first..last, ascending. Reads only headers."""
        for seq in range(max(first, 1), (self.seq if last is None else min(last, self.seq)) + 1):
            yield self.header(seq)

    def raw_blocks(self, header: journal.Header) -> Iterator[bytes]:
        """The blocks of a commit as stored. Raises StoreBroken when one is missing."""
        for part in range(1, header.blocks + 1):
            yield self.raw_block(header, part)

    def raw_block(self, header: journal.Header, part: int) -> bytes:
        """One block of a commit, from 1. Raises StoreBroken when it is missing."""
        data = self.get(JOURNAL, journal.part_key(header.seq, part))
        if data is None:
            raise StoreBroken(f"journal entry {header.seq}: block {part} of {header.blocks} is missing")
        return data

    def blocks(self, header: journal.Header) -> Iterator[journal.Block]:
        """The changes of a commit, in order of application."""
        return map(journal.decode_block, self.raw_blocks(header))

    def touched(self, subject: bytes) -> list[int]:
        """Sequence numbers of the commits that changed a key of this subject, ascending.

        Commits with very many changes are all included: they are not indexed one by one, the caller looks into them.
        """
        found = set()
        for prefix in (TOUCHED_BULK, TOUCHED_SUBJECT + subject):
            for key, _ in self.scan(TOUCHED, prefix + bytes(8), prefix + b"\xff" * 8):
                if len(key) == len(prefix) + 8:  # not a longer subject that begins with this one
                    found.add(int.from_bytes(key[-8:], "big"))
        return sorted(found)
