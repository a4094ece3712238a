"""LMDB's errors as ours: whose fault, and what to do."""

from __future__ import annotations

import errno

import lmdb

from store.errors import StoreBroken, StoreError, StoreFull

_BROKEN = (
    lmdb.CorruptedError,
    lmdb.PageNotFoundError,
    lmdb.InvalidError,
    lmdb.VersionMismatchError,
    lmdb.IncompatibleError,
)
# A write that the disk took only in part is reported by LMDB as EIO.
_REFUSED = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO))


def fault(error: lmdb.Error | OSError, doing: str) -> StoreError:
    """The error to raise instead of one of LMDB's or the operating system's."""
    if isinstance(error, _BROKEN):
        return StoreBroken(f"{doing}: {error}; restore a backup")
    code = error.errno if isinstance(error, OSError) else getattr(error, "code", 0)
    if isinstance(error, lmdb.DiskError) or code in _REFUSED:
        return StoreFull(f"{doing}: {error}; make room on the disk, or check it")
    if isinstance(error, lmdb.ReadersFullError):
        return StoreError(f"{doing}: all slots for readers are taken; end some of the processes that read")
    if isinstance(error, lmdb.PanicError):
        return StoreError(f"{doing}: the disk failed an earlier write; check it, then start this process again")
    return StoreError(f"{doing}: {error}")
