"""The files of a store: create, open, grow, back up. Hands out snapshots and makes commits.

    path/data.mdb    everything
    path/lock.mdb    the table of readers

Any number of processes may hold an environment open; LMDB lets one of them write at a time, and readers never wait for it.
Open it after a fork, never before. One environment object may be used from several threads.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import lmdb

from store.commit import Commit
from store.errors import LayoutMismatch, StoreBroken, StoreBusy, StoreExists, StoreFull, StoreMissing
from store.faults import fault
from store.gate import Gate
from store.schema import META, META_LAYOUT, OWN_TABLES, SCRATCH, Schema
from store.snapshot import Snapshot

Result = TypeVar("Result")

GIB = 1 << 30
FIRST_MAP = 4 * GIB  # address space, not memory or disk
MAP_LIMIT = 1024 * GIB
GROW_AT = 0.7  # share of the map in use at which the next commit doubles it
ALARM_AT = 0.7  # share of the limit in use at which an operator must act
MAX_READERS = 1024
_MODE = 0o660  # the umask takes the rest; the registry is nobody else's to read
_PATIENCE_S = 60.0  # to wait for the transactions of this process where the map must move,
_EARLY_PATIENCE_S = 0.2  # and where it may as well move at a later commit


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


class Environment:
    """An open store. Close it, or use it as a context manager."""

    def __init__(self, path: Path, schema: Schema, env: lmdb.Environment, limit: int, clock: Callable[[], float]) -> None:
        self.path = path
        self.schema = schema
        self._env = env
        self._limit = limit
        self._clock = clock
        self._gate = Gate()
        self._writing = threading.RLock()
        try:
            self._dbs = {name: env.open_db(name.encode(), create=False) for name in _table_names(schema)}
        except lmdb.NotFoundError as error:
            raise StoreBroken(f"the store at {path} lacks a table of layout {schema.layout}; restore a backup") from error
        self._main = self._dbs[schema.tables[0].name]

    # ---- opening and closing

    @classmethod
    def create(cls, path: Path, schema: Schema) -> None:
        """Makes an empty store, whole or not at all. Raises StoreExists, StoreError."""
        names = _table_names(schema)
        if path.exists() and not path.is_dir():
            raise StoreExists(f"{path} is not a folder")
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="new-", dir=path) as scratch:
                with lmdb.open(scratch, map_size=16 << 20, max_dbs=len(names), mode=_MODE) as env:
                    dbs = {name: env.open_db(name.encode()) for name in names}
                    with env.begin(write=True) as txn:
                        txn.put(META_LAYOUT, schema.layout.to_bytes(4, "big"), db=dbs[META])
                (path / "data.mdb").hardlink_to(Path(scratch) / "data.mdb")  # fails where there is one
            sync_file(path)
        except FileExistsError as error:
            raise StoreExists(f"there is a store at {path} already") from error
        except (lmdb.Error, OSError) as error:
            raise fault(error, f"no store can be made at {path}") from error

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
        """Opens an existing store. Waits for a commit that is being made, unless `readonly`.

        Raises StoreMissing, LayoutMismatch, StoreBroken, StoreError.
        """
        size = data_size(path)
        try:
            env = lmdb.open(
                str(path),
                map_size=max(min(first_map, limit), size) if not readonly else 0,  # 0: as the writer set it
                max_dbs=len(_table_names(schema)),
                max_readers=MAX_READERS,
                readonly=readonly,
                create=False,
                max_spare_txns=8,
                mode=_MODE,
            )
        except lmdb.Error as error:
            raise fault(error, f"the store at {path} does not open") from error
        try:
            check_layout(env, path, schema)
            opened = cls(path, schema, env, limit, clock)
        except BaseException:
            env.close()
            raise
        opened.clear_stale_readers()
        return opened

    def close(self) -> None:
        """Ends all use of this object, once other threads have left it. Raises StoreBusy when they do not."""
        with self._gate.alone(_PATIENCE_S):
            self._env.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # ---- reading

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The last committed state, for the time of the block. Keep it short; for one thread. Raises StoreBroken."""
        return _Reading(self)

    def _begin(self, *, write: bool) -> tuple[int, lmdb.Transaction[bytes]]:
        while True:
            thread = self._gate.enter()
            try:
                return thread, self._env.begin(write=write, db=self._main)
            except lmdb.MapResizedError:  # another process has grown the map
                self._gate.leave(thread)
            except lmdb.Error as error:
                self._gate.leave(thread)
                raise fault(error, f"no transaction on the store at {self.path}") from error
            self._move_map(0)

    # ---- writing

    def commit(self, apply: Callable[[Commit], tuple[Result, bytes]], *, undoes: int = 0) -> tuple[Result, Committed]:
        """Makes one commit of what `apply` writes. It returns its own result and the note for the journal.

        When this returns, the commit is on disk and in every later snapshot; when it raises, nothing of it is. `apply` runs
        again from the start when the map has to grow, so it must have no effect but its writes. Not for a thread that has a
        snapshot open. Raises StoreFull, StoreBusy.
        """

        def write(txn: lmdb.Transaction[bytes]) -> tuple[Result, Committed]:
            commit = Commit(txn, self._dbs, self.schema)
            result, note = apply(commit)
            if not commit.changes:
                return result, Committed(0, 0)
            commit.close(time_ms=int(self._clock() * 1000), note=note, undoes=undoes)
            txn.commit()
            return result, Committed(commit.number, commit.changes)

        return self._write(write, "nothing was committed to")

    def compact(self, table: str) -> None:
        """Moves the entries of a table onto full pages, in order: the same content in less room, and faster to read.

        One transaction, of which readers see nothing; other writers wait for it. Needs room for two more copies of the
        table while it runs, which later commits use again. Raises StoreFull, StoreBusy.
        """

        def write(txn: lmdb.Transaction[bytes]) -> None:
            db, scratch = self._dbs[table], self._dbs[SCRATCH]
            for source, target in ((db, scratch), (scratch, db)):
                txn.cursor(target).putmulti(txn.cursor(source).iternext(), append=True)
                txn.drop(source, delete=False)
            txn.commit()

        self._write(write, f"{table} was not compacted in")

    def _write(self, write: Callable[[lmdb.Transaction[bytes]], Result], failure: str) -> Result:
        with self._writing:
            try:
                self._grow_if_due()
                while True:
                    try:
                        return self._try(write)
                    except lmdb.MapFullError as error:
                        self._grow(error)
            except lmdb.Error as error:
                raise fault(error, f"{failure} the store at {self.path}") from error

    def _try(self, write: Callable[[lmdb.Transaction[bytes]], Result]) -> Result:
        thread, txn = self._begin(write=True)
        try:
            return write(txn)
        finally:
            with self._gate.quiet():  # py-lmdb aborts a write in a moment without reads, and busy threads may leave none
                txn.abort()  # nothing to abort after a commit
            self._gate.leave(thread)

    def _grow_if_due(self) -> None:
        usage = self.usage()
        if usage.used >= GROW_AT * usage.mapped and usage.mapped < self._limit:
            with suppress(StoreBusy):  # a later commit will, or this one when it finds the map full
                self._move_map(min(2 * usage.mapped, self._limit), _EARLY_PATIENCE_S)

    def _grow(self, error: Exception) -> None:
        mapped = self.usage().mapped
        if mapped >= self._limit:
            raise StoreFull(f"the store has reached its limit of {self._limit >> 20} MiB; raise the limit") from error
        self._move_map(min(2 * mapped, self._limit))

    def _move_map(self, size: int, patience_s: float = _PATIENCE_S) -> None:
        with self._gate.alone(patience_s):
            self._env.set_mapsize(size)

    # ---- care

    def usage(self) -> Usage:
        """How full the store is."""
        with self._gate.shared():
            info = self._env.info()
            page = int(self._env.stat()["psize"])
        used = (int(info["last_pgno"]) + 1) * page
        room = data_size(self.path) + shutil.disk_usage(self.path).free
        return Usage(used, int(info["map_size"]), min(self._limit, room))

    def readers(self) -> int:
        """How many slots of the reader table are taken, also by processes that died."""
        with self._gate.shared():
            return len(self._env.readers().splitlines()) - 1  # under one line of headings

    def clear_stale_readers(self) -> int:
        """Frees the slots of dead processes, whose snapshots would keep old pages for ever. Returns how many."""
        with self._gate.shared():
            return self._env.reader_check()

    def backup(self, destination: Path) -> int:
        """A consistent, compacted copy of the last committed state, taken while others read and write. Returns its `seq`.

        Complete and on disk when it returns; when it raises, nothing stays at the destination. Raises StoreExists,
        StoreFull, StoreError.
        """
        if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
            raise StoreExists(f"{destination} exists and is not an empty folder")
        try:
            destination.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=destination.name + ".partial-", dir=destination.parent) as scratch:
                partial = Path(scratch) / "copy"
                partial.mkdir()
                seq = self._copy(partial)
                sync_file(partial / "data.mdb")
                sync_file(partial)
                partial.rename(destination)  # takes the place of an empty folder
            sync_file(destination.parent)
        except (lmdb.Error, OSError) as error:
            raise fault(error, f"no backup was written to {destination}") from error
        return seq

    def _copy(self, folder: Path) -> int:
        thread, txn = self._begin(write=False)
        try:
            self._env.copy(str(folder), compact=True, txn=txn)
            return Snapshot(txn, self._dbs, self.schema).seq
        finally:
            txn.abort()
            self._gate.leave(thread)


class _Reading:
    """The block of a snapshot. A class: every question of a network opens one, and a generator costs twice as much."""

    __slots__ = ("_environment", "_thread", "_txn")

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def __enter__(self) -> Snapshot:
        environment = self._environment
        self._thread, self._txn = environment._begin(write=False)
        return Snapshot(self._txn, environment._dbs, environment.schema)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._txn.abort()
        self._environment._gate.leave(self._thread)
        if isinstance(error, lmdb.Error):
            raise fault(error, f"reading the store at {self._environment.path}") from error


def data_size(path: Path) -> int:
    """Size of a store's data file in bytes. Raises StoreMissing, StoreBroken, StoreError."""
    data = path / "data.mdb"
    try:
        size = data.stat().st_size
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreMissing(f"there is no store at {path}; `eir init` makes one") from error
    except OSError as error:
        raise fault(error, f"the store at {path} does not open") from error
    if not size:  # LMDB would take it for a new one
        raise StoreBroken(f"{data} is empty; restore a backup")
    return size


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
    except lmdb.NotFoundError as error:
        raise StoreBroken(f"{path} is an LMDB file, but not a store of this program") from error
    except lmdb.Error as error:
        raise fault(error, f"the store at {path} does not open") from error
    if data is None:
        raise StoreBroken(f"{path} has no layout version")
    return int.from_bytes(data, "big")


def _table_names(schema: Schema) -> tuple[str, ...]:
    return (*(table.name for table in schema.tables), *OWN_TABLES)
