"""Columns of a network's records, read whole: IMEI, IMSI, MSISDN and day, as `eir.identity` reads them one by one.

Network form: ASCII digits only, nothing folded or repaired, because no person typed them. Spaces and tabs around a value
belong to the file, not to the value. A column in, arrays in step out.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from eir.civil import parse_date
from eir.identity import ClassTable, ImeiClass
from eir.identity_columns import classify

Numbers = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
NO_DAY = -1
_EPOCH = dt.date(1970, 1, 1).toordinal()
_NUMBER = pl.UInt64()


class Imeis(NamedTuple):
    """`imei14` holds 0 where `codes` has a code; `codes`: fault -> the rows that have it. A row has at most one fault."""

    imei14: Numbers
    codes: dict[str, Flags]

    @property
    def usable(self) -> Flags:
        """Rows without a fault."""
        faulty = np.zeros(len(self.imei14), np.bool_)
        for flags in self.codes.values():
            faulty |= flags
        return ~faulty


class Values(NamedTuple):
    """`numbers` holds 0 where a cell is empty or unusable; `unusable` flags the latter."""

    numbers: Numbers
    unusable: Flags


def read_imeis(column: pl.Series, classes: ClassTable, numeric: Flags | None = None) -> Imeis:
    """`identity.imei14_from_network` of each cell (TS 23.003 §6.2.1: what follows TAC and serial is never looked at).

    Test IMEIs are usable: they were seen. All zeros and placeholders are not. A numeric cell (`numeric`) of 13 or 14 digits
    may have lost a leading zero, and no check digit can tell on the air: it is held, not guessed.
    """
    cells = column.str.strip_chars(" \t")
    size = cells.str.len_bytes()
    digits = cells.str.contains("^[0-9]*$")
    fits = (digits & size.is_between(14, 16)).to_numpy()
    empty = (size == 0).to_numpy()
    shortened = np.zeros(len(cells), np.bool_)
    if numeric is not None:
        shortened = numeric & (digits & size.is_between(13, 14)).to_numpy()
    imei14 = _numbers(cells.str.slice(0, 14), fits & ~shortened)
    kind = classify(imei14, classes)
    reserved = fits & ~shortened & ((kind == ImeiClass.ALL_ZERO) | (kind == ImeiClass.PLACEHOLDER))
    imei14[reserved] = 0
    characters = ~digits.to_numpy()
    return Imeis(
        imei14,
        {
            "EMPTY_IMEI": empty,
            "CHARACTERS": characters,
            "LEADING_ZERO_LOST": shortened,
            "LENGTH": ~(empty | characters | shortened | fits),
            "PLACEHOLDER": reserved,
        },
    )


def read_imsis(column: pl.Series) -> Values:
    """`identity.imsi_number` of each cell: 6 to 15 digits."""
    return _values(column, "^[0-9]{6,15}$")


def read_msisdns(column: pl.Series) -> Values:
    """The number in `identity.msisdn_from_network` of each cell: 1 to 15 digits."""
    return _values(column, "^[0-9]{1,15}$")


def read_days(column: pl.Series, numeric: Flags | None = None) -> npt.NDArray[np.int32]:
    """Civil days since 1970-01-01 by `civil.parse_date`; NO_DAY where a cell is no date, or one before 1970."""
    days = _days(column, numeric=False)
    if numeric is not None:
        days = np.where(numeric, _days(column, numeric=True), days)
    return days


def _days(column: pl.Series, *, numeric: bool) -> npt.NDArray[np.int32]:
    written = column.unique()  # few: a dump has one date for each of its days
    known = [_day(text, numeric) for text in written]
    days = column.replace_strict(written, pl.Series(known, dtype=pl.Int32), return_dtype=pl.Int32)
    return days.to_numpy()


def _day(text: str, numeric: bool) -> int:
    try:
        day = parse_date(text, numeric=numeric).toordinal() - _EPOCH
    except ValueError:
        return NO_DAY
    return day if day >= 0 else NO_DAY


def _values(column: pl.Series, pattern: str) -> Values:
    cells = column.str.strip_chars(" \t")
    fits = cells.str.contains(pattern).to_numpy()
    return Values(_numbers(cells, fits), ~fits & (cells.str.len_bytes() > 0).to_numpy())


def _numbers(cells: pl.Series, fits: Flags) -> Numbers:
    """The numbers where they fit, else 0. Writable."""
    wanted = pl.select(pl.when(pl.Series(fits)).then(cells).otherwise(pl.lit("0"))).to_series()
    return np.array(wanted.cast(_NUMBER).to_numpy())
