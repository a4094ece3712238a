"""Lists whose rows name something and say what changes about it (stolen list, pairs): what they have in common.

A list with a column `change_type` is a delta. One without it adds and updates; it never takes away what it does not name,
because a list that was cut short would free what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from eir.identity import ClassTable
from loaders import imei_columns
from loaders.codes import CODES, SKIP, refused
from loaders.findings import Findings
from loaders.rows import Rows


class Change(Enum):
    """What a row wants. LISTED: the list has no changes, only rows."""

    LISTED = ""
    ADD = "add"
    UPDATE = "update"
    REMOVE = "remove"


Value = TypeVar("Value")


class Said(NamedTuple, Generic[Value]):
    """What one row says of one thing, which its key names."""

    key: tuple[int, ...]
    line: int
    value: Value


def read_imeis(rows: Rows, classes: ClassTable, findings: Findings, *, accept_wrong: bool = False) -> list[int]:
    """The IMEI of each row, 0 for rows that are not accepted, with their codes. What a row says is said of one IMEI."""
    read = imei_columns.read_imeis(rows, ("imei",), classes, accept_wrong=accept_wrong, findings=findings)
    imeis = np.zeros(len(rows.lines), np.uint64)
    imeis[read.row_of] = read.imeis
    several = np.flatnonzero(np.bincount(read.row_of, minlength=len(imeis)) > 1)
    imeis[several] = 0
    for row, cell in zip(several.tolist(), rows.frame["imei"].gather(several), strict=True):
        findings.add(int(rows.lines[row]), "imei", "SEVERAL_PARTS", cell, "several IMEIs; write each in a row of its own")
    return imeis.tolist()


def read_changes(rows: Rows, allowed: Iterable[Change], findings: Findings) -> list[Change | None]:
    """What each row wants, None for words that are not allowed, with their code."""
    if "change_type" not in rows.frame.columns:
        return [Change.LISTED] * len(rows.lines)
    words: Mapping[str, Change] = {change.value: change for change in allowed}
    cells = rows.frame["change_type"].to_list()
    changes = [words.get(cell.strip().lower()) for cell in cells]
    for line, cell, change in zip(rows.lines.tolist(), cells, changes, strict=True):
        if change is None:
            findings.add(line, "change_type", "CHANGE_BAD", cell, f"use {' or '.join(words)}")
    return changes


def settle(said: Iterable[Said[Value]], findings: Findings, twice: str) -> list[Said[Value]]:
    """One row for each key, in order of key. The same again is a remark `twice`; different ones are all held."""
    first: dict[tuple[int, ...], Said[Value]] = {}
    again: dict[tuple[int, ...], list[Said[Value]]] = {}
    for row in said:
        if first.setdefault(row.key, row) is not row:
            again.setdefault(row.key, []).append(row)
    remarks = Remarks()
    for key, others in again.items():
        if all(row.value == first[key].value for row in others):
            for row in others:
                remarks.add(twice, row.line)
        else:
            for row in (first.pop(key), *others):
                findings.add(row.line, "", "ROWS_CONFLICT")
    remarks.report(findings)
    return [first[key] for key in sorted(first)]


class Remarks:
    """Lines by code, until it is known whether they are few."""

    def __init__(self) -> None:
        self._lines: dict[str, list[int]] = {}

    def add(self, code: str, line: int) -> None:
        """Notes one line; no code, no remark."""
        if code:
            self._lines.setdefault(code, []).append(line)

    def report(self, findings: Findings) -> None:
        """Hands them over."""
        for code, lines in self._lines.items():
            findings.warn(np.array(lines, np.uint32), code)


def refuse_nothing(rows: Rows, accepted: Sized) -> None:
    """A file with rows of which none is accepted is refused, so that nobody takes it for loaded. Raises FileRefused."""
    skipped = sum(1 for issue in rows.issues if CODES[issue.code].row_class == SKIP)
    if not len(accepted) and rows.rows_read > skipped:
        raise refused("NOTHING_ACCEPTED")
