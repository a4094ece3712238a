"""What the processes count, in memory they share: rows of u64, one row for each process, made by the supervisor.

    0           received: questions taken in; a batch of n counts n
    1 ..        answered: 128 cells, status << 4 | rule
    129 ..      errors by kind
    145 ..      calls of each method: 55 cells by duration, and the sum of the durations in nanoseconds
    257 ..      load reports: 64 cells, kind << 3 | outcome

Each row has one writer, so an increment needs no lock, and a process that replaces a dead one goes on in its row: nothing
counted is lost. At rest, received = answered + errors; a reader that looks while questions are being answered sees more
received than answered, never fewer (`read` reads in that order).
"""

from __future__ import annotations

import mmap
import os
from array import array
from collections.abc import Iterable
from enum import IntEnum

METHODS = ("Check", "CheckBatch")
STATUSES, RULES = 8, 16
_KINDS, _OUTCOMES = 8, 8

RECEIVED = 0
ANSWERED = RECEIVED + 1
ERRORS = ANSWERED + STATUSES * RULES
CALLS = ERRORS + 16
# A duration of n ns is in cell (n >> 10).bit_length(): below 1.024 us, below 2.048 us, … so no table is searched.
FIRST_BOUND_NS = 1 << 10
DURATIONS = 55
CALL_CELLS = DURATIONS + 1
LOADS = CALLS + CALL_CELLS * len(METHODS)
ROW = LOADS + _KINDS * _OUTCOMES
_CELL = 8


class ErrorKind(IntEnum):
    """Why a question got no verdict."""

    INVALID_ARGUMENT = 0
    UNDECODABLE = 1
    INTERNAL = 2
    WORKER_DIED = 3  # with the question in hand


class Counters:
    """One process's row. Durations in nanoseconds."""

    def __init__(self, cells: memoryview) -> None:
        self.cells = cells

    def received(self, questions: int = 1) -> None:
        """Questions were taken in. Each ends in exactly one of `answered` and `failed`."""
        self.cells[RECEIVED] += questions

    def answered(self, cell: int, questions: int = 1) -> None:
        """Questions got a verdict; cell = status << 4 | rule."""
        self.cells[ANSWERED + cell] += questions

    def failed(self, kind: ErrorKind, questions: int = 1) -> None:
        """Questions got an error."""
        self.cells[ERRORS + kind] += questions

    def called(self, method: int, duration: int) -> None:
        """A call of METHODS[method] ended."""
        cells, at = self.cells, CALLS + CALL_CELLS * method
        cells[at + (duration >> 10).bit_length()] += 1
        cells[at + DURATIONS] += duration

    def loaded(self, kind: int, outcome: int) -> None:
        """A load was reported; the numbers of LoadKind and LoadOutcome."""
        self.cells[LOADS + (kind << 3 | outcome)] += 1

    def settle(self) -> None:
        """Taking over a dead process's row: what it had received and not answered, it took with it."""
        self.cells[ERRORS + ErrorKind.WORKER_DIED] += self.cells[RECEIVED] - sum(self.cells[ANSWERED:CALLS])


class SharedRows:
    """All rows. `descriptor` is a file without a name, to be inherited by the processes; it lives as long as they do."""

    def __init__(self, descriptor: int, rows: int) -> None:
        self.descriptor = descriptor
        self.rows = rows
        self._map = mmap.mmap(descriptor, rows * ROW * _CELL)
        self._cells = memoryview(self._map).cast("Q")

    @classmethod
    def create(cls, rows: int) -> SharedRows:
        """All zero."""
        descriptor = os.memfd_create("eir-counters")
        os.ftruncate(descriptor, rows * ROW * _CELL)
        return cls(descriptor, rows)

    def row(self, index: int) -> Counters:
        """The row of one process."""
        return Counters(self._cells[index * ROW : (index + 1) * ROW])

    def read(self) -> Totals:
        """The sums over all rows."""
        totals = array("Q", bytes(ROW * _CELL))
        for span in (slice(ANSWERED, ROW), slice(RECEIVED, ANSWERED)):
            for index in range(self.rows):
                row = array("Q", bytes(self.row(index).cells[span]))
                totals[span] = array("Q", map(int.__add__, totals[span], row))
        return Totals(totals)


class Totals:
    """Sums, as they were at one moment."""

    def __init__(self, cells: Iterable[int]) -> None:
        self._cells = list(cells)

    @property
    def received(self) -> int:
        """Questions taken in."""
        return self._cells[RECEIVED]

    def answered(self, status: int, rule: int) -> int:
        """Verdicts of one status by one rule."""
        return self._cells[ANSWERED + (status << 4 | rule)]

    def failed(self, kind: ErrorKind) -> int:
        """Questions without a verdict."""
        return self._cells[ERRORS + kind]

    def durations(self, method: int) -> list[int]:
        """Calls by duration: element i counts those below FIRST_BOUND_NS << i nanoseconds and not below the one before."""
        at = CALLS + CALL_CELLS * method
        return self._cells[at : at + DURATIONS]

    def seconds(self, method: int) -> float:
        """Sum of all durations."""
        return self._cells[CALLS + CALL_CELLS * method + DURATIONS] / 1e9

    def loaded(self, kind: int, outcome: int) -> int:
        """Load reports of one kind and outcome."""
        return self._cells[LOADS + (kind << 3 | outcome)]
