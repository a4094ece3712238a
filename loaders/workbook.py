"""Workbooks: the sheet that holds the list, as a table. The file format itself is in `xlsx.py`."""

from __future__ import annotations

import csv
import io

import numpy as np

from loaders.codes import Issue, refused
from loaders.columns import Aliases
from loaders.header import Header, HeaderSearch
from loaders.source import Limits, Source
from loaders.table import Flags, FrameBuilder, IssueLog, Table
from loaders.xlsx import MAX_ROWS, NO_VALUE, Sheet, read_sheets

__all__ = ["NO_VALUE", "read_workbook"]


def read_workbook(
    source: Source,
    aliases: Aliases,
    required: tuple[str, ...],
    headerless: tuple[str, ...] | None,
    limits: Limits,
) -> Table:
    """The table in the one sheet whose header fits. `lines`: sheet rows from 1. Raises FileRefused."""
    sheets = read_sheets(source.data, limits)
    filled = [sheet for sheet in sheets if sheet.rows]
    if not filled:
        raise refused("EMPTY_FILE")
    searches = [HeaderSearch(aliases, required, limits) for _ in filled]
    headers = [_find_header(sheet, search) for sheet, search in zip(filled, searches, strict=True)]
    fitting = [index for index, header in enumerate(headers) if header is not None]
    if headerless is not None and not fitting and len(filled) == 1:
        headers, fitting = [_by_position(filled[0], aliases, required, headerless)], [0]
    if len(fitting) > 1:
        raise refused("TWO_SHEETS", ", ".join(filled[index].name for index in fitting))
    if not fitting:
        raise max(searches, key=lambda search: search.known_columns).failure()
    sheet, header = filled[fitting[0]], headers[fitting[0]]
    assert header is not None
    if sheet.rows[-1].line >= MAX_ROWS:
        raise refused("TRUNCATED_SHEET", sheet.name, MAX_ROWS)
    return _table(sheet, header, searches[fitting[0]].preamble, _notes(sheet, filled), limits)


def _find_header(sheet: Sheet, search: HeaderSearch) -> Header | None:
    for row in sheet.rows:
        if search.exhausted:
            break
        header = search.offer(row.cells, row.line)
        if header:
            return header
    return None


def _by_position(sheet: Sheet, aliases: Aliases, required: tuple[str, ...], names: tuple[str, ...]) -> Header:
    width = len(sheet.rows[0].cells)
    missing = [name for name in required if name not in names[:width]]
    if width > len(names):
        raise refused("TOO_MANY_COLUMNS", f"{width}, expected at most {len(names)} without a header")
    if missing:
        raise refused("COLUMN_MISSING", ", ".join(missing))
    return Header(names[:width], required, aliases, 0)


def _notes(sheet: Sheet, filled: list[Sheet]) -> tuple[Issue, ...]:
    notes = []
    if sheet.hidden or sheet.hidden_rows or sheet.hidden_columns:
        text = f"hidden: {sheet.hidden_rows} rows, {sheet.hidden_columns} columns" + (
            ", the sheet itself" if sheet.hidden else ""
        )
        notes.append(Issue(0, "", "HIDDEN_PARTS", sheet.name, f"{text}; all were read"))
    others = [other.name for other in filled if other is not sheet]
    if others:
        notes.append(Issue(0, "", "SHEETS_IGNORED", ", ".join(others)[:200]))
    return tuple(notes)


def _table(sheet: Sheet, header: Header, preamble: dict[str, str], notes: tuple[Issue, ...], limits: Limits) -> Table:
    issues = IssueLog(limits)
    builder = FrameBuilder(header.fields)
    numbers: list[int] = []
    set_aside: dict[int, str] = {}
    previous, width = header.line, header.width
    for line, cells, bits in sheet.rows:
        if line <= header.line:
            continue
        for blank in range(previous + 1, line):
            issues.note(blank, "BLANK_ROW")
        previous = line
        cells = cells + [""] * (width - len(cells))
        code = header.judge(cells, line) if len(cells) > width else ""
        if code:
            set_aside[line] = _as_csv(cells)
            issues.note(line, code, set_aside[line])
        else:
            builder.add(cells, line)
            numbers.append(bits)
    frame, lines = builder.finish()

    def original(line: int) -> str:
        index = int(np.searchsorted(lines, line))
        if index < len(lines) and lines[index] == line:
            return _as_csv(list(frame.row(index)))
        return set_aside.get(line, "")

    return Table(
        header=header,
        frame=frame,
        lines=lines,
        issues=issues,
        rows_seen=previous - header.line,
        original=original,
        preamble=preamble,
        numeric={name: _flags(numbers, column) for column, name in enumerate(header.fields)},
        notes=notes,
    )


def _flags(numbers: list[int], column: int) -> Flags:
    return np.fromiter((bits >> column & 1 for bits in numbers), np.bool_, len(numbers))


def _as_csv(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
