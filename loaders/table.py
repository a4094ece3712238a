"""What each reader (text, workbook, JSON) hands over: named columns of text, with the line of every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from loaders.codes import Issue, refused
from loaders.header import Header
from loaders.source import Limits

Lines = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """Rows that fit the header, and an issue for every other row seen below it.

    `rows_seen` is counted as rows come in, apart from `frame` and `issues`: their lengths must add up to it.
    """

    header: Header
    frame: pl.DataFrame
    lines: Lines
    issues: list[Issue]
    rows_seen: int
    original: Callable[[int], str]
    preamble: Mapping[str, str]
    numeric: Mapping[str, Flags] = field(default_factory=dict)
    notes: tuple[Issue, ...] = ()


class IssueLog(list[Issue]):
    """Issues up to a limit: a file of nothing but bad rows must not fill the memory."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limit = limits.max_issues

    def note(self, line: int, code: str, raw: str = "", text: str = "") -> None:
        """Adds an issue on a whole row; keeps the beginning of the row. Raises FileRefused (TOO_MANY_BAD_ROWS)."""
        if len(self) >= self._limit:
            raise refused("TOO_MANY_BAD_ROWS", f"limit {self._limit}", line)
        self.append(Issue(line, "", code, raw[:200], text))


def frame_of(rows: Sequence[Sequence[str]], fields: Sequence[str]) -> pl.DataFrame:
    """A frame of String columns from rows that are all as wide as `fields`."""
    columns: Sequence[Sequence[str]] = list(zip(*rows, strict=True)) if rows else [()] * len(fields)
    return pl.DataFrame([pl.Series(name, column, dtype=pl.String) for name, column in zip(fields, columns, strict=True)])


class FrameBuilder:
    """Collects rows into a frame block by block, so that they are Python objects only for a moment."""

    _BLOCK = 65_536

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = fields
        self._rows: list[Sequence[str]] = []
        self._lines: list[int] = []
        self._frames: list[pl.DataFrame] = []

    def add(self, cells: Sequence[str], line: int) -> None:
        """Adds a row as wide as the fields."""
        self._rows.append(cells)
        self._lines.append(line)
        if len(self._rows) >= self._BLOCK:
            self._flush()

    def finish(self) -> tuple[pl.DataFrame, Lines]:
        """All rows, and the line of each."""
        self._flush()
        return pl.concat(self._frames), np.array(self._lines, np.uint32)

    def _flush(self) -> None:
        self._frames.append(frame_of(self._rows, self._fields))
        self._rows = []
