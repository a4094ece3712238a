"""Who may be inside the map of a process at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from store.errors import StoreBusy


class Gate:
    """Lets the transactions of this process run side by side, and the moving of the map alone: it takes their pages away.

    Once someone waits to be alone, threads that have nothing open wait for it; else a stream of short reads would keep it
    waiting for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._inside: dict[int, int] = {}  # thread -> its open transactions
        self._wanted = 0

    def enter(self) -> int:
        """Counts a transaction in. Returns what `leave` wants."""
        thread = threading.get_ident()
        with self._lock:
            while self._wanted and thread not in self._inside:
                self._changed.wait()
            self._inside[thread] = self._inside.get(thread, 0) + 1
        return thread

    def leave(self, thread: int) -> None:
        """Counts it out."""
        with self._lock:
            left = self._inside[thread] - 1
            if left:
                self._inside[thread] = left
                return
            del self._inside[thread]
            if not self._inside:
                self._changed.notify_all()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """For the time of the block, the map stays where it is."""
        thread = self.enter()
        try:
            yield
        finally:
            self.leave(thread)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """For the time of the block, no other thread begins a transaction; those that have one go on."""
        with self._changed:
            self._wanted += 1
        try:
            yield
        finally:
            with self._changed:
                self._wanted -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self, patience_s: float) -> Iterator[None]:
        """For the time of the block, no transaction is open. Raises StoreBusy when that does not come about."""
        with self._changed:
            if threading.get_ident() in self._inside:
                raise StoreBusy("the map must move, but this thread has a snapshot open; close it first")
            self._wanted += 1
            try:
                if not self._changed.wait_for(lambda: not self._inside, patience_s):
                    raise StoreBusy(
                        f"the map must move, but another thread has had a transaction open for {patience_s:.0f} s; try again"
                    )
                yield
            finally:
                self._wanted -= 1
                self._changed.notify_all()
