"""The IMEI cells of a manifest, read column by column.

Plain cells, 14 to 16 ASCII digits whose check digit is right where there is one, are read as whole columns. Every other cell
goes through `Imei.from_document` one by one, and what that says becomes a code by the two tables here, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from eir.identity import ClassTable, Fault, Imei, ImeiClass, Note, Reading, split_cell
from eir.identity_columns import check_digits, classify
from loaders.findings import Findings
from loaders.rows import Rows
from loaders.xlsx import NO_VALUE

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.uint64]
Indexes = npt.NDArray[np.int64]

# What is left out is no remark: folded digits, invisible characters and grouping mean one thing only.
NOTE_CODES = {
    Note.APOSTROPHE: "APOSTROPHE",
    Note.FORMULA_TEXT: "FORMULA_UNWRAPPED",
    Note.EXPONENT: "EXPONENT_EXACT",
    Note.TRAILING_DOT_ZERO: "DECIMAL_ZERO",
    Note.DROPPED_EXTRA: "EXTRA_PART_DROPPED",
    Note.SPARE_DIGIT: "SPARE_DIGIT",
    Note.NUMERIC_IMEISV: "SIXTEENTH_DIGIT",
}
FAULT_CODES = {
    Fault.EMPTY: "EMPTY_IMEI",
    Fault.LETTERS: "CHARACTERS",
    Fault.LENGTH: "LENGTH",
    Fault.CHECK_DIGIT: "CHECK_DIGIT",
    Fault.DIGITS_LOST: "DIGITS_LOST",
    Fault.THOUSANDS: "THOUSANDS_SEPARATORS",
    Fault.LEADING_ZERO_LOST: "LEADING_ZERO_LOST",
    Fault.ALL_ZERO: "PLACEHOLDER",
    Fault.PLACEHOLDER: "PLACEHOLDER",
}
# A clearer code where the text of a faulty cell shows what it is instead.
_RECOGNISED = (
    (re.compile(r"=.*", re.DOTALL), "FORMULA_TEXT"),
    (re.compile(re.escape(NO_VALUE)), "FORMULA_NO_VALUE"),
    (re.compile(r"#[A-Z0-9/_]{1,20}[!?]?"), "CELL_ERROR"),
    # MEID, ESN, ICCID, EID
    (re.compile(r"[A-F][0-9A-F]{13,14}|[0-9A-F]{8}|89[0-9]{17,18}F?|89[0-9]{30}"), "WRONG_IDENTIFIER"),
    (re.compile(r"(?:.*[\s,;|/])?[0-9]{14,17}[\s,;|/].*|.*[\s,;|/][0-9]{14,17}", re.DOTALL), "SEVERAL_PARTS"),
)
_FAR = 10**14


@dataclass(frozen=True)
class ImeiRows:
    """The IMEIs of rows: `imeis` and `row_of` run in step, rows ascending. `bad`: rows that are not accepted, without IMEIs.

    `digits_lost`, `zeros_lost`: how many rows a spreadsheet has damaged.
    """

    imeis: Numbers
    row_of: Indexes
    bad: Flags
    digits_lost: int
    zeros_lost: int


class Cell(NamedTuple):
    """What one cell says: IMEIs with remarks, or a code that refuses it, or nothing at all."""

    imeis: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()
    fault: str = ""


def read_imeis(
    rows: Rows, columns: Sequence[str], classes: ClassTable, *, accept_wrong: bool, findings: Findings
) -> ImeiRows:
    """Reads the IMEI columns, slot 1 first. `accept_wrong`: a wrong check digit is a remark, not a fault."""
    count = len(rows.lines)
    reader = _Reader(rows, classes, accept_wrong, findings)
    read = [reader.column(name) for name in columns]
    absent = ~read[0].present & ~reader.bad
    for row in np.flatnonzero(absent).tolist():
        findings.add(int(rows.lines[row]), columns[0], "EMPTY_IMEI")
    bad = reader.bad | absent
    present = np.stack([column.present for column in read], axis=1) & ~bad[:, None]
    imeis = np.stack([column.imeis for column in read], axis=1)[present]
    row_of = np.repeat(np.arange(count, dtype=np.int64), present.sum(axis=1))
    if reader.further:
        more = np.array([row for row, _ in reader.further], np.int64)
        kept = ~bad[more]
        row_of = np.concatenate((row_of, more[kept]))
        imeis = np.concatenate((imeis, np.array([imei for _, imei in reader.further], np.uint64)[kept]))
        order = np.argsort(row_of, kind="stable")
        imeis, row_of = imeis[order], row_of[order]
    reader.report_remarks()
    return ImeiRows(imeis, row_of, bad, len(reader.damaged["DIGITS_LOST"]), len(reader.damaged["LEADING_ZERO_LOST"]))


class _Column(NamedTuple):
    imeis: Numbers
    present: Flags


class _Reader:
    """Reads columns of one file; keeps what concerns whole rows."""

    def __init__(self, rows: Rows, classes: ClassTable, accept_wrong: bool, findings: Findings) -> None:
        self.bad = np.zeros(len(rows.lines), np.bool_)
        self.further: list[tuple[int, int]] = []  # IMEIs beyond the first of a cell: row, IMEI
        self.damaged: dict[str, set[int]] = {"DIGITS_LOST": set(), "LEADING_ZERO_LOST": set()}
        self._rows = rows
        self._classes = classes
        self._accept_wrong = accept_wrong
        self._findings = findings
        self._remarks: dict[str, list[Indexes]] = {}

    def column(self, name: str) -> _Column:
        cells, numeric = self._rows.frame[name], self._rows.numeric.get(name)
        imeis, present, spare = plain(cells, numeric, self._classes)
        if spare.any():
            self._remarks.setdefault("SPARE_DIGIT", []).append(np.flatnonzero(spare))
        odd = np.flatnonzero(~present & (cells != "").to_numpy())
        known: dict[tuple[str, bool], Cell] = {}
        remarks: dict[str, list[int]] = {}
        for row, text in zip(odd.tolist(), cells.gather(odd).to_list(), strict=True):
            as_number = numeric is not None and bool(numeric[row])
            cell = known.get((text, as_number))
            if cell is None:
                cell = known[text, as_number] = read_cell(text, as_number, self._classes, self._accept_wrong)
            if cell.fault:
                self._refuse(row, name, cell.fault, text)
            elif cell.imeis:
                imeis[row], present[row] = cell.imeis[0], True
                self.further += [(row, imei) for imei in cell.imeis[1:]]
                for code in cell.remarks:
                    remarks.setdefault(code, []).append(row)
        for code, where in remarks.items():
            self._remarks.setdefault(code, []).append(np.array(where, np.int64))
        return _Column(imeis, present)

    def report_remarks(self) -> None:
        """Remarks stand beside acceptance, so rows refused meanwhile have none."""
        for code, parts in self._remarks.items():
            where = np.unique(np.concatenate(parts))
            self._findings.warn(self._rows.lines[where[~self.bad[where]]], code)

    def _refuse(self, row: int, column: str, code: str, text: str) -> None:
        self.bad[row] = True
        if code in self.damaged:
            self.damaged[code].add(row)
        self._findings.add(int(self._rows.lines[row]), column, code, text)


def plain(cells: pl.Series, numeric: Flags | None, classes: ClassTable) -> tuple[Numbers, Flags, Flags]:
    """The keys of the cells that need no judgement, which these are, and which of them end in the spare digit.

    A number is plain only with its check digit: without it, a leading zero may be lost (14) or the last digit false (16).
    """
    length = cells.str.len_bytes().to_numpy()
    value = cells.cast(pl.UInt64, strict=False)
    # The cast takes one thing besides ASCII digits, a leading '+', and that sorts below them.
    digits = (value.is_not_null() & (cells >= "0")).to_numpy()
    keys = value.fill_null(0).to_numpy().copy()
    spare = np.zeros(len(keys), np.bool_)
    fifteen = digits & (length == 15)
    if not fifteen.all():
        keys[~fifteen] = _other_lengths(keys, length, digits)[~fifteen]
    heads = np.where(fifteen, keys // np.uint64(10), np.uint64(0))
    last = keys - heads * np.uint64(10)
    match = fifteen & (last == check_digits(heads))
    unmatched = fifteen & ~match
    if unmatched.any():
        spare = unmatched & (last == 0)
    good = match | spare | (digits & ((length == 14) | (length == 16)))
    if numeric is not None:
        # A number that ends in zeros may have been rounded, whatever its check digit: that is looked at cell by cell.
        good &= (match & (heads % np.uint64(1_000_000) != 0)) | ~numeric
        spare &= good
    keys = np.where(fifteen, heads, keys)
    keys[~good] = 0
    good &= (keys != 0) & (classify(keys, classes) == ImeiClass.NORMAL)
    return keys, good, spare & good


def _other_lengths(value: Numbers, length: npt.NDArray[np.uint32], digits: Flags) -> Numbers:
    """Keys of 14 and 16 digits, zero for the rest."""
    keys = np.where(digits & (length == 14), value, np.uint64(0))
    return np.where(digits & (length == 16), value // np.uint64(100), keys)


def read_cell(text: str, numeric: bool, classes: ClassTable, accept_wrong: bool) -> Cell:
    """One cell, with one or several IMEIs in it. All its parts are right, or it is refused."""
    imeis: list[int] = []
    remarks: list[str] = []
    for part in split_cell(text):
        reading = Imei.from_document(part, numeric=numeric, table=classes)
        imei = reading.imei
        if reading.fault is Fault.CHECK_DIGIT and accept_wrong and Note.EXPONENT not in reading.notes:
            imei = Imei.from_network(reading.digits)
            remarks.append("CHECK_DIGIT_ACCEPTED")
        if imei is None:
            return Cell() if reading.fault is Fault.EMPTY else Cell(fault=_fault_code(reading))
        if classes.classify(imei.number) is ImeiClass.TEST:  # a reading with a fault has no class
            return Cell(fault="TEST_IMEI")
        imeis.append(imei.number)
        remarks += [NOTE_CODES[note] for note in reading.notes if note in NOTE_CODES]
    return Cell(tuple(imeis), tuple(dict.fromkeys(remarks)))


def _fault_code(reading: Reading) -> str:
    if reading.fault in (Fault.LETTERS, Fault.LENGTH):
        text = reading.raw.strip().upper()
        for pattern, code in _RECOGNISED:
            if pattern.fullmatch(text):
                return code
    return FAULT_CODES[reading.fault or Fault.EMPTY]


def looks_like_imeis(cells: pl.Series) -> bool:
    """Whether at least half of the filled cells are 15 digits with the right check digit (chance gives a tenth)."""
    filled = cells.filter(cells != "")
    if not len(filled):
        return False
    fifteen = filled.filter((filled.str.len_bytes() == 15) & (filled >= "0")).cast(pl.UInt64, strict=False).drop_nulls()
    values = fifteen.to_numpy()
    keys = values // np.uint64(10)
    right = keys < _FAR
    matches = int((values[right] % np.uint64(10) == check_digits(keys[right])).sum())
    return 2 * matches >= len(filled)
