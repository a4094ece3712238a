"""Takes one commit back: restores exactly the values before it, or refuses where later commits touched its keys.

A later commit that was itself taken back does not count, and neither does the undo that did it; but where the two together
left a key otherwise than they found it (the undo kept it, or wrote it anew), that key counts. Memory: about 100 bytes for
each key of the commit, and 100 more for each of them that an undone commit changed.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from store.commit import Commit
from store.errors import AlreadyUndone, StoreBroken, UndoConflict
from store.journal import Header, decode_block
from store.snapshot import Snapshot

Key = tuple[str, bytes]
_NAMED = 100
_UNTOUCHED = object()


def undone(snapshot: Snapshot, seq: int) -> int:
    """The sequence number of the undo of commit `seq` that is in force; 0 when there is none."""
    return next((header.seq for header, gone in _later(snapshot, seq) if not gone and header.undoes == seq), 0)


def _later(snapshot: Snapshot, seq: int) -> Iterator[tuple[Header, int]]:
    """Commits after `seq`, newest first, but for those taken back. Beside the ones that took another of them back: which."""
    cancelled: set[int] = set()
    for number in range(snapshot.seq, seq, -1):
        if number in cancelled:
            continue
        header = snapshot.header(number)
        gone = header.undoes if header.undoes > seq else 0
        if gone:
            cancelled.add(gone)
        yield header, gone


def revert(commit: Commit, seq: int, keep: Container[Key] = ()) -> None:
    """Writes into `commit` what takes commit `seq` back, but for the keys in `keep`.

    Raises NoSuchCommit, AlreadyUndone, and UndoConflict naming what later commits touched.
    """
    header = commit.header(seq)
    by = undone(commit, seq)
    if by:
        raise AlreadyUndone(seq, by)
    _refuse_conflicts(commit, header, keep)
    for part in range(header.blocks, 0, -1):
        _revert_block(commit, seq, commit.raw_block(header, part), keep)


def _refuse_conflicts(snapshot: Snapshot, header: Header, keep: Container[Key]) -> None:
    later = [(other.seq, gone) for other, gone in _later(snapshot, header.seq)]
    if not later:
        return
    mine = _Keys(snapshot, header, keep)
    touched: list[tuple[str, bytes, int]] = []
    total = 0
    for seq, gone in reversed(later):
        for table, key in mine.changed_by(seq, gone):
            total += 1
            if len(touched) < _NAMED:
                touched.append((table, key, seq))
    if total:
        raise UndoConflict(header.seq, touched, total)


class _Keys:
    """The keys of one commit, and what other commits did to them."""

    def __init__(self, snapshot: Snapshot, header: Header, keep: Container[Key]) -> None:
        self._snapshot = snapshot
        self._keys: dict[str, set[bytes]] = {}
        for block in snapshot.blocks(header):
            keys = (block.key(index) for index in range(len(block.keys)))
            self._keys.setdefault(block.table, set()).update(key for key in keys if (block.table, key) not in keep)

    def changed_by(self, seq: int, gone: int) -> Iterator[Key]:
        """Which of the keys commit `seq` changed, or left changed when it took commit `gone` back. A key may come twice."""
        if not gone:
            yield from (key for key, _, _ in self._changes(seq))
            return
        before: dict[Key, object] = {}
        for key, old, _ in self._changes(gone):
            before.setdefault(key, old)
        after: dict[Key, object] = {key: new for key, _, new in self._changes(seq)}
        yield from (key for key in before | after if before.get(key, _UNTOUCHED) != after.get(key, _UNTOUCHED))

    def _changes(self, seq: int) -> Iterator[tuple[Key, bytes | None, bytes | None]]:
        for block in self._snapshot.blocks(self._snapshot.header(seq)):
            mine = self._keys.get(block.table)
            if mine:
                for index, key in enumerate(block.keys):
                    if key in mine:
                        yield (block.table, block.key(index)), block.olds[index], block.news[index]


def _revert_block(commit: Commit, seq: int, raw: bytes, keep: Container[Key]) -> None:
    block = decode_block(raw)
    wanted = [index for index in range(len(block.keys)) if (block.table, block.key(index)) not in keep]
    keys = [block.key(index) for index in wanted]
    for key, now, after in zip(
        keys, commit.get_many(block.table, keys), (block.news[index] for index in wanted), strict=True
    ):
        if now != after:
            raise StoreBroken(f"{block.table} {key.hex()} is not what commit {seq} left; run `eir audit`")
    commit.write(block.table, keys, [block.olds[index] for index in wanted])
