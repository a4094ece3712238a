"""Takes one commit back: restores exactly the values before it, or refuses where later commits touched its keys.

A later commit that was itself taken back does not count, and neither does the undo that did it. Memory: about 100 bytes for
each key of the commit.
"""

from __future__ import annotations

from collections.abc import Container

from store.commit import Commit
from store.errors import StoreBroken, UndoConflict
from store.journal import Header, decode_block
from store.snapshot import Snapshot

Key = tuple[str, bytes]
_NAMED = 100


def undone(snapshot: Snapshot, seq: int) -> int:
    """The sequence number of the undo of commit `seq` that is in force; 0 when there is none."""
    return next((header.seq for header in _in_force(snapshot, seq) if header.undoes == seq), 0)


def _in_force(snapshot: Snapshot, seq: int) -> list[Header]:
    """Commits after `seq`, newest first, without those that were taken back and the undos that did it."""
    cancelled: set[int] = set()
    kept = []
    for header in reversed(list(snapshot.headers(seq + 1))):
        if header.seq in cancelled:
            continue
        if header.undoes > seq:
            cancelled.add(header.undoes)
        else:
            kept.append(header)
    return kept


def revert(commit: Commit, seq: int, keep: Container[Key] = ()) -> None:
    """Writes into `commit` what takes commit `seq` back, but for the keys in `keep`.

    Raises NoSuchCommit, and UndoConflict naming what later commits touched.
    """
    header = commit.header(seq)
    _refuse_conflicts(commit, header, keep)
    for block in reversed(list(commit.raw_blocks(header))):
        _revert_block(commit, seq, block, keep)


def _refuse_conflicts(snapshot: Snapshot, header: Header, keep: Container[Key]) -> None:
    later = _in_force(snapshot, header.seq)
    if not later:
        return
    keys: dict[str, set[bytes]] = {}
    for block in snapshot.blocks(header):
        keys.setdefault(block.table, set()).update(key for key in block.keys if key is not None)
    touched: list[tuple[str, bytes, int]] = []
    total = 0
    for other in reversed(later):
        for block in snapshot.blocks(other):
            mine = keys.get(block.table)
            if not mine:
                continue
            common = [key for key in block.keys if key in mine and (block.table, key) not in keep and key is not None]
            total += len(common)
            touched += [(block.table, key, other.seq) for key in common[: _NAMED - len(touched)]]
    if total:
        raise UndoConflict(header.seq, touched, total)


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
