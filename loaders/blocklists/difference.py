"""From one state's lists to another's: pure, a difference of sets.

`blocked`, `new` and `added` rows, and `changed` ones, are as in the new list; rows that left a list are as in the old one,
with why they left (the names are DIRBS's).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from loaders.blocklists.rows import EXCEPTION, NOTIFICATION, BlockLists, Rows, black_rows
from loaders.blocklists.state import Mask, Numbers, find

_IMEI, _IMEI_IMSI = 8, 16  # bytes of the key at the head of a row


def _bytes(rows: Rows, width: int) -> npt.NDArray[np.bytes_]:
    octets = np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), rows.dtype.itemsize)
    return np.ascontiguousarray(octets[:, :width]).view(f"S{width}").ravel()


def compared(old: Rows, new: Rows, key: int) -> tuple[Mask, Mask, Mask]:
    """Which rows left (of `old`), which came and which differ (of `new`). Both ascend by a key of so many bytes."""
    places, there = find(_bytes(old, key), _bytes(new, key))
    left = np.ones(len(old), np.bool_)
    left[places[there]] = False
    differ = np.zeros(len(new), np.bool_)
    width = new.dtype.itemsize
    differ[there] = _bytes(old[places[there]], width) != _bytes(new[there], width)
    return left, ~there, differ


def black_difference(old: Rows, new: Rows) -> Iterator[tuple[str, Rows]]:
    """Rows by what became of them."""
    left, came, differ = compared(old, new, _IMEI)
    yield "blocked", new[came]
    yield "unblocked", old[left]
    yield "changed", new[differ]


def notification_difference(operator: str, old: BlockLists, new: BlockLists) -> Iterator[tuple[str, Rows]]:
    """Rows of one operator by what became of them."""
    before = old.notifications.get(operator, np.empty(0, NOTIFICATION))
    after = new.notifications.get(operator, np.empty(0, NOTIFICATION))
    left, came, differ = compared(before, after, _IMEI_IMSI)
    gone = before[left]
    imeis: Numbers = gone["imei"].astype(np.uint64)
    pair = find(_excepted(new), _bytes(gone, _IMEI_IMSI))[1]
    black = ~pair & black_rows(new, imeis)
    unseen = ~pair & ~black & find(new.pending, imeis)[1]
    yield "new", after[came]
    yield "resolved", gone[~black & ~unseen]
    yield "blacklisted", gone[black]
    yield "no_longer_seen", gone[unseen]
    yield "changed", after[differ]


def _excepted(lists: BlockLists) -> npt.NDArray[np.bytes_]:
    """IMEI and IMSI of all exceptions, ascending."""
    keys = [_bytes(rows, _IMEI_IMSI) for rows in lists.exceptions.values()]
    return np.unique(np.concatenate([np.empty(0, f"S{_IMEI_IMSI}"), *keys]))


def exception_difference(operator: str, old: BlockLists, new: BlockLists) -> Iterator[tuple[str, Rows]]:
    """Rows of one operator that came and went; one whose number changed does both."""
    before = old.exceptions.get(operator, np.empty(0, EXCEPTION))
    after = new.exceptions.get(operator, np.empty(0, EXCEPTION))
    left, came, _ = compared(before, after, EXCEPTION.itemsize)
    yield "added", after[came]
    yield "removed", before[left]


def operators(old: BlockLists, new: BlockLists) -> list[str]:
    """All that have rows in either, in order of name."""
    return sorted({*old.exceptions, *new.exceptions})
