"""Manifests that list devices as ranges, `from` to `to`: each member becomes a row of its own (trap 41).

A range runs over the 14-digit key, because check digits do not run in order.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from eir.errors import FileRefused
from eir.identity import ClassTable, Imei
from loaders.columns import MANIFEST
from loaders.declaration import whole_number
from loaders.findings import Findings
from loaders.imei_columns import read_cell
from loaders.rows import Rows, read_rows
from loaders.source import Source

MAX_MEMBERS = 10_000  # of one range: a consignment is listed, not claimed by the million
MAX_TOTAL = 2_000_000  # of one file
_TAC_SPAN = 1_000_000


def read_manifest_rows(source: Source, classes: ClassTable, findings: Findings) -> Rows:
    """The rows of a manifest, one IMEI or more in each. Raises FileRefused."""
    try:
        return read_rows(source, MANIFEST, required=("imei1",))
    except FileRefused as refusal:
        if refusal.code not in ("COLUMN_MISSING", "NO_HEADER"):
            raise
        try:
            rows = read_rows(source, MANIFEST, required=("range_from", "range_to"))
        except FileRefused:
            raise refusal from None
    return _expand(rows, classes, findings)


def _expand(rows: Rows, classes: ClassTable, findings: Findings) -> Rows:
    """A row for each member, on the line of its range. What names one device cannot name many, so serials are left out."""
    quantities = rows.frame["quantity"].to_list() if "quantity" in rows.frame.columns else [""] * len(rows.lines)
    spans: list[tuple[int, int]] = []
    total = 0
    for row, ends in enumerate(rows.frame.select("range_from", "range_to").iter_rows()):
        line = int(rows.lines[row])
        span = _span(ends, _numeric(rows, row), line, classes, findings)
        if span and (
            span[1] > min(MAX_MEMBERS, whole_number(quantities[row]) or MAX_MEMBERS) or total + span[1] > MAX_TOTAL
        ):
            findings.add(line, "", "RANGE_TOO_LONG", " - ".join(ends), f"{span[1]} members")
            span = None
        spans.append(span or (0, 0))
        total += spans[-1][1]
    counts = np.array([count for _, count in spans], np.int64)
    index = np.repeat(np.arange(len(spans)), counts)
    members = [f"{imei:014}" for first, count in spans for imei in range(first, first + count)]
    frame = rows.frame.drop("serial", "device_id", strict=False)[index].with_columns(
        imei1=pl.Series(members, dtype=pl.String)
    )
    numeric = {name: flags[index] for name, flags in rows.numeric.items() if name != "imei1"}
    return replace(rows, frame=frame, lines=rows.lines[index], numeric=numeric)


def _numeric(rows: Rows, row: int) -> tuple[bool, bool]:
    first, last = (rows.numeric.get(name) for name in ("range_from", "range_to"))
    return first is not None and bool(first[row]), last is not None and bool(last[row])


def _span(
    ends: tuple[str, ...], numeric: tuple[bool, bool], line: int, classes: ClassTable, findings: Findings
) -> tuple[int, int] | None:
    """First member and number of members. Both ends are verified as if they were devices in a list."""
    imeis, lengths = [], set()
    for column, text, as_number in zip(("range_from", "range_to"), ends, numeric, strict=True):
        cell = read_cell(text, as_number, classes, False)
        if len(cell.imeis) != 1:
            findings.add(line, column, cell.fault or ("SEVERAL_PARTS" if cell.imeis else "EMPTY_IMEI"), text)
            return None
        imeis.append(cell.imeis[0])
        lengths.add(len(Imei.from_document(text, numeric=as_number, table=classes).digits))
    first, last = imeis
    if last < first or first // _TAC_SPAN != last // _TAC_SPAN or len(lengths) > 1:
        findings.add(line, "", "RANGE_BAD", " - ".join(ends))
        return None
    return first, last - first + 1
