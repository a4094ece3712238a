"""What can go wrong in the store. `eir/errors.py` maps these, like its own, to exit codes and wires."""

from __future__ import annotations

from collections.abc import Sequence


class StoreError(Exception):
    """The root: one sentence that says what happened and what to do."""


class StoreMissing(StoreError):
    """There is no store at this path."""


class StoreExists(StoreError):
    """There is one already, where a new one was asked for."""


class LayoutMismatch(StoreError):
    """The files were written by another layout version."""


class StoreFull(StoreError):
    """The map has reached its limit, or the disk is full. Nothing of the commit was applied."""


class StoreBroken(StoreError):
    """The files contradict themselves: an audit failed, or a record does not parse."""


class NoSuchCommit(StoreError):
    """The journal has no entry with this sequence number."""


class StoreBusy(StoreError):
    """The map has to move and an open transaction of this process is in the way. Nothing was changed; try again."""


class AlreadyUndone(StoreError):
    """The commit has been taken back before. Undo that undo to have its changes again."""

    def __init__(self, seq: int, by: int) -> None:
        super().__init__(f"commit {seq} has been undone already, by commit {by}")
        self.seq = seq
        self.by = by


class UndoConflict(StoreError):
    """Later commits touched keys of the commit to be undone.

    `touched` names the first hundred, as (table, key, sequence number of the later commit); `total` counts all.
    """

    def __init__(self, seq: int, touched: Sequence[tuple[str, bytes, int]], total: int) -> None:
        super().__init__(f"commit {seq} cannot be undone: later commits touched {total} of its keys")
        self.seq = seq
        self.touched = touched
        self.total = total
