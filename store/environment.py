"""The files of a store: create, open, grow, back up. Hands out snapshots and makes commits.

    path/data.mdb    everything
    path/lock.mdb    the table of readers

Any number of processes may hold an environment open; LMDB lets one of them write at a time, and readers never wait for it.
Open it after a fork, never before. One environment object may be used from several threads.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import lmdb

from store.commit import Commit
from store.errors import LayoutMismatch, StoreBroken, StoreError, StoreExists, StoreFull, StoreMissing
from store.schema import META, META_LAYOUT, OWN_TABLES, Schema
from store.snapshot import Snapshot

Result = TypeVar("Result")

GIB = 1 << 30
FIRST_MAP = 4 * GIB  # address space, not memory or disk
MAP_LIMIT = 1024 * GIB
GROW_AT = 0.7  # share of the map in use at which the next commit doubles it
ALARM_AT = 0.7  # share of the limit in use at which an operator must act
MAX_READERS = 1024
_GROW_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Usage:
    """How full the store is, in bytes. `limit` is the configured one or what the disk can still take, whichever is less."""

    used: int
    mapped: int
    limit: int

    @property
    def share(self) -> float:
        """Of the limit."""
        return self.used / self.limit

    @property
    def alarm(self) -> bool:
        """Whether an operator must make room."""
        return self.share >= ALARM_AT


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit that is on disk. `seq` 0: nothing changed, so there is none."""

    seq: int
    changes: int


class _Gate:
    """Lets transactions of this process run side by side, and the growing of the map alone: it moves the pages they read."""

    def __init__(self) -> None:
        self._idle = threading.Condition()
        self._running = 0

    def enter(self) -> None:
        with self._idle:
            self._running += 1

    def leave(self) -> None:
        with self._idle:
            self._running -= 1
            if not self._running:
                self._idle.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._idle:
            if not self._idle.wait_for(lambda: not self._running, _GROW_WAIT_S):
                raise StoreError("the map must grow, but a read has been open for a minute; close it and try again")
            yield


class Environment:
    """An open store. Close it, or use it as a context manager."""

    def __init__(self, path: Path, schema: Schema, env: lmdb.Environment, limit: int, clock: Callable[[], float]) -> None:
        self.path = path
        self.schema = schema
        self._env = env
        self._limit = limit
        self._clock = clock
        self._gate = _Gate()
        self._dbs = {name: env.open_db(name.encode(), create=False) for name in _table_names(schema)}
        self._main = self._dbs[schema.tables[0].name]

    # ---- opening and closing

    @classmethod
    def create(cls, path: Path, schema: Schema) -> None:
        """Makes an empty store. Raises StoreExists."""
        if (path / "data.mdb").exists():
            raise StoreExists(f"there is a store at {path} already")
        path.mkdir(parents=True, exist_ok=True)
        names = _table_names(schema)
        with lmdb.open(str(path), map_size=16 << 20, max_dbs=len(names)) as env:
            dbs = {name: env.open_db(name.encode()) for name in names}
            with env.begin(write=True) as txn:
                txn.put(META_LAYOUT, schema.layout.to_bytes(4, "big"), db=dbs[META])

    @classmethod
    def open(
        cls,
        path: Path,
        schema: Schema,
        *,
        readonly: bool = False,
        first_map: int = FIRST_MAP,
        limit: int = MAP_LIMIT,
        clock: Callable[[], float] = time.time,
    ) -> Environment:
        """Opens an existing store. Raises StoreMissing, LayoutMismatch, StoreBroken."""
        data = path / "data.mdb"
        if not data.exists():
            raise StoreMissing(f"there is no store at {path}; `eir init` makes one")
        try:
            env = lmdb.open(
                str(path),
                map_size=max(first_map, data.stat().st_size) if not readonly else 0,
                max_dbs=len(_table_names(schema)),
                max_readers=MAX_READERS,
                readonly=readonly,
                create=False,
                max_spare_txns=8,
            )
        except lmdb.Error as error:
            raise StoreBroken(f"{path} does not open: {error}; restore a backup") from error
        try:
            check_layout(env, path, schema)
            opened = cls(path, schema, env, limit, clock)
        except BaseException:
            env.close()
            raise
        opened.clear_stale_readers()
        return opened

    def close(self) -> None:
        """Ends all use of this object."""
        with self._gate.alone():
            self._env.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # ---- reading

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The last committed state, for the time of the block. Keep it short; for one thread."""
        self._gate.enter()
        try:
            txn = self._begin()
            try:
                yield Snapshot(txn, self._dbs, self.schema)
            finally:
                txn.abort()
        finally:
            self._gate.leave()

    def _begin(self) -> lmdb.Transaction[bytes]:
        try:
            return self._env.begin(db=self._main)
        except lmdb.MapResizedError:  # another process has grown the map
            self._gate.leave()
            try:
                with self._gate.alone():
                    self._env.set_mapsize(0)
            finally:
                self._gate.enter()
            return self._env.begin(db=self._main)

    # ---- writing

    def commit(self, apply: Callable[[Commit], tuple[Result, bytes]], *, undoes: int = 0) -> tuple[Result, Committed]:
        """Makes one commit of what `apply` writes. It returns its own result and the note for the journal.

        When this returns, the commit is on disk and in every later snapshot; when it raises, nothing of it is. `apply` runs
        again from the start when the map has to grow, so it must have no effect but its writes. Raises StoreFull.
        """
        self._grow_if_due()
        while True:
            try:
                return self._try(apply, undoes)
            except lmdb.MapFullError as error:
                self._grow(error)
            except lmdb.DiskError as error:
                raise StoreFull(f"the disk refused the write: {error}") from error

    def _try(self, apply: Callable[[Commit], tuple[Result, bytes]], undoes: int) -> tuple[Result, Committed]:
        self._gate.enter()
        try:
            txn = self._begin_write()
            try:
                commit = Commit(txn, self._dbs, self.schema)
                result, note = apply(commit)
                if commit.changes:
                    commit.close(time_ms=int(self._clock() * 1000), note=note, undoes=undoes)
                    txn.commit()
                    return result, Committed(commit.number, commit.changes)
                return result, Committed(0, 0)
            finally:
                txn.abort()  # nothing to abort after a commit
        finally:
            self._gate.leave()

    def _begin_write(self) -> lmdb.Transaction[bytes]:
        try:
            return self._env.begin(write=True, db=self._main)
        except lmdb.MapResizedError:
            self._env.set_mapsize(0)
            return self._env.begin(write=True, db=self._main)

    def _grow_if_due(self) -> None:
        usage = self.usage()
        if usage.used >= GROW_AT * usage.mapped and usage.mapped < self._limit:
            with self._gate.alone():
                self._env.set_mapsize(min(2 * usage.mapped, self._limit))

    def _grow(self, error: Exception) -> None:
        mapped = self.usage().mapped
        if mapped >= self._limit:
            raise StoreFull(f"the store has reached its limit of {self._limit >> 20} MiB; raise the limit") from error
        with self._gate.alone():
            self._env.set_mapsize(min(2 * mapped, self._limit))

    # ---- care

    def usage(self) -> Usage:
        """How full the store is."""
        info = self._env.info()
        page = int(self._env.stat()["psize"])
        used = (int(info["last_pgno"]) + 1) * page
        file_size = (self.path / "data.mdb").stat().st_size
        room = file_size + shutil.disk_usage(self.path).free
        return Usage(used, int(info["map_size"]), min(self._limit, room))

    def readers(self) -> int:
        """How many slots of the reader table are in use."""
        return int(self._env.info()["num_readers"])

    def clear_stale_readers(self) -> int:
        """Frees the slots of dead processes, whose snapshots would keep old pages for ever. Returns how many."""
        return self._env.reader_check()

    def backup(self, destination: Path) -> None:
        """A consistent, compacted copy of the last committed state, taken while others read and write.

        Complete and on disk when it returns; when it raises, nothing stays at the destination. Raises StoreExists.
        """
        if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
            raise StoreExists(f"{destination} exists and is not an empty folder")
        partial = destination.with_name(destination.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        self._gate.enter()
        try:
            self._env.copy(str(partial), compact=True)
            sync_file(partial / "data.mdb")
            if destination.is_dir():
                destination.rmdir()
            partial.rename(destination)
            sync_file(destination.parent)
        except (lmdb.Error, OSError) as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise StoreFull(f"the backup could not be written to {destination}: {error}") from error
        finally:
            self._gate.leave()


def sync_file(path: Path) -> None:
    """Waits until a file or a folder's entries are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_layout(env: lmdb.Environment, path: Path, schema: Schema) -> None:
    """Raises LayoutMismatch unless the files are of the schema's layout, StoreBroken when they are not a store of ours."""
    found = read_layout(env, path)
    if found < schema.layout:
        raise LayoutMismatch(
            f"the store at {path} has layout {found}, this program needs {schema.layout}; back it up, then run `eir upgrade`"
        )
    if found > schema.layout:
        raise LayoutMismatch(
            f"the store at {path} has layout {found}, newer than this program's {schema.layout}; update the program"
        )


def read_layout(env: lmdb.Environment, path: Path) -> int:
    """The layout version in the files."""
    try:
        meta = env.open_db(META.encode(), create=False)
        with env.begin(db=meta) as txn:
            data = txn.get(META_LAYOUT)
    except lmdb.Error as error:
        raise StoreBroken(f"{path} is an LMDB file, but not a store of this program") from error
    if data is None:
        raise StoreBroken(f"{path} has no layout version")
    return int.from_bytes(data, "big")


def _table_names(schema: Schema) -> tuple[str, ...]:
    return (*(table.name for table in schema.tables), *OWN_TABLES)
