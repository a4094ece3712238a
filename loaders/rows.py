"""`read_rows`: the rows of a hostile file as text with line numbers, whatever the file is.

Every row below the header is in `Rows.frame`, or has exactly one issue of class ROW or SKIP; nothing is counted twice or
lost. Identifiers are not looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from loaders.codes import Issue, refused
from loaders.columns import Aliases
from loaders.delimited import read_delimited
from loaders.header import Header
from loaders.json_rows import read_json
from loaders.source import DEFAULT_LIMITS, Limits, Source
from loaders.table import Flags, IssueLog, Lines, Table
from loaders.workbook import read_workbook


@dataclass(frozen=True)
class Rows:
    """The data rows of one file.

    `frame`: all columns String, never null, named by field or 'extra:<header text>'. `lines`: of each frame row, from 1, in
    rising order (sheet rows of a workbook; of a JSON array, the number of the object). `numeric`: per column that has any,
    where the cell was a number and not text. `preamble`: field -> value of the '# key: value' lines above the header.
    `issues`: rows set aside here (line > 0) and remarks on the file (line 0). `original(line)`: the row as it came.
    """

    frame: pl.DataFrame
    lines: Lines
    numeric: Mapping[str, Flags]
    preamble: Mapping[str, str]
    issues: list[Issue]
    rows_read: int
    original: Callable[[int], str]


def read_rows(
    source: Source,
    aliases: Aliases,
    *,
    required: tuple[str, ...],
    headerless: tuple[str, ...] | None = None,
    allow_empty: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Rows:
    """Reads a file against the aliases of its kind of list.

    `required`: fields that must be columns. `headerless`: fields by position, for lists that come without a header.
    `allow_empty`: a list without rows is right (columns: `required`). Raises `eir.errors.FileRefused`.
    """
    if not source.data.strip():
        if not allow_empty:
            raise refused("EMPTY_FILE")
        return _empty(source, required)
    if source.form == "json":
        table = read_json(source, aliases, required, limits)
    elif source.form == "workbook":
        table = read_workbook(source, aliases, required, headerless, limits)
    else:
        table = read_delimited(source, aliases, required, headerless, limits)
    rows = _set_aside(source, table, limits)
    if not len(rows.frame) and not allow_empty:
        bad = [issue for issue in rows.issues if issue.code in _UNUSABLE]
        if not bad:
            raise refused("EMPTY_FILE")
    return rows


_UNUSABLE = frozenset({"RAGGED_ROW", "TEXT_INVALID", "JSON_NOT_OBJECT", "JSON_KEY_TWICE", "JSON_NESTED", "TOO_MANY_IMEIS"})


def _empty(source: Source, required: tuple[str, ...]) -> Rows:
    frame = pl.DataFrame(schema=dict.fromkeys(required, pl.String))
    return Rows(frame, np.empty(0, np.uint32), {}, {}, list(source.issues), 0, lambda line: "")


def _set_aside(source: Source, table: Table, limits: Limits) -> Rows:
    """Takes blank rows, totals and repeated headers, as wide as the header, out of the frame."""
    issues = IssueLog(limits)
    issues.extend((*source.issues, *table.notes, *table.issues))
    suspect = np.flatnonzero(_suspects(table.frame, table.header))
    keep = np.ones(len(table.frame), np.bool_)
    for index, cells in zip(suspect.tolist(), table.frame[suspect].iter_rows(), strict=True):
        line = int(table.lines[index])
        code = table.header.judge(cells, line)
        if code:
            keep[index] = False
            issues.note(line, code, table.original(line))
    frame, lines, numeric = table.frame, table.lines, dict(table.numeric)
    if not keep.all():
        frame, lines = frame.filter(pl.Series(keep)), lines[keep]
        numeric = {name: flags[keep] for name, flags in numeric.items()}
    issues.sort(key=lambda issue: issue.line)
    return Rows(
        frame=frame,
        lines=lines,
        numeric={name: flags for name, flags in numeric.items() if flags.any()},
        preamble=table.preamble,
        issues=issues,
        rows_read=table.rows_seen,
        original=table.original,
    )


def _suspects(frame: pl.DataFrame, header: Header) -> Flags:
    """Rows in which no required column looks like the beginning of a number of some length: cheap, and rarely true."""
    mask = np.ones(len(frame), np.bool_)
    for name in header.required:
        cell = pl.col(name)
        odd = frame.select((cell.str.len_bytes() < 8) | (cell < "0") | (cell >= ":")).to_series()
        mask &= odd.to_numpy()
    return mask
