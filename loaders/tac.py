"""The TAC catalogue: which type of device a TAC stands for, and when enforcement begins for it.

Two forms: the pipe-separated text of the GSMA, of which six columns are needed in any order (TAC, Manufacturer, Model Name,
Bands, Allocation Date, Device Type), and public lists of TAC, brand and model (Osmocom: `tac,name,name,…`). Further columns
are kept as attributes. The optional column `Cut-over Date` sets the start of that day at home as the second from which the
type is enforced; an empty cell, and a file without the column, leave what is on file.

A file replaces the records of the TACs that it names. Those that it lacks stay, however many: a TAC is never allocated
twice, phones outlive lists, the two forms cover different types and would wipe each other out, and a list that was cut short
must not change a verdict. The report says how many there are.

A TAC that is in the file twice: the last row counts, since lists are corrected by appending, and nothing but a description
depends on it. Two cut-over dates for one TAC decide on service, so all rows of such a TAC are held for a person.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from eir import records
from eir.civil import parse_date, start_of_day
from eir.identity import fold, tac_from_document
from eir.v1 import registry_pb2 as pb
from eir.v1.records_pb2 import Type
from loaders.codes import refused
from loaders.columns import EXTRA, TAC
from loaders.findings import Findings
from loaders.load import Context, Diff, Parsed, Writes
from loaders.named import Remarks, refuse_nothing
from loaders.rows import Rows, read_rows
from loaders.source import Source
from store.snapshot import Snapshot

_GSMA = ("tac", "manufacturer", "model", "bands", "allocation_date", "device_type")
_OF_GSMA_ONLY = ("manufacturer", "bands", "allocation_date")
_PUBLIC = ("tac", "brand", "model")
_FIELDS = ("manufacturer", "brand", "model", "device_type", "bands", "radio", "goods_id")
_OWN = frozenset((*_FIELDS, "tac", "allocation_date", "cutover_date"))

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UNREADABLE = -1
_GSMA_DATE = re.compile(r"([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})")


@dataclass(slots=True)
class Entry:
    """One TAC. `cutover`: unix seconds, None where the file leaves it as it is. `lines`: all that name the TAC."""

    type: bytes
    cutover: int | None
    lines: list[int]


@dataclass(slots=True)
class Catalogue(Parsed):
    """What a catalogue says, by TAC, ascending."""

    entries: dict[int, Entry] = field(default_factory=dict)


class TacCatalogue:
    """The loader."""

    kind = pb.LOAD_KIND_TAC

    def parse(self, source: Source, context: Context) -> Catalogue:
        """Raises FileRefused."""
        context.progress("read", 0, 0)
        rows = read_rows(source, TAC, required=("tac", "model"))
        _require_form(rows)
        context.progress("check", 0, rows.rows_read)
        findings = Findings()
        entries = _Reader(rows, context, findings).entries()
        return Catalogue(rows, findings.issues, findings.warned, entries=entries)

    def diff(self, parsed: Catalogue, snapshot: Snapshot, context: Context, batch: str) -> Diff:
        """Raises FileRefused (NOTHING_ACCEPTED)."""
        refuse_nothing(parsed.rows, parsed.entries)
        keys = [records.tac_key(tac) for tac in parsed.entries]
        stored = snapshot.get_many("tac", keys)
        news: list[bytes | None] = []
        for entry, old in zip(parsed.entries.values(), stored, strict=True):
            cutover = entry.cutover
            if cutover is None:
                cutover = records.decode_cutover(old) if old else 0
            news.append(records.encode_cutover(cutover) + entry.type)
        diff = Diff([Writes("tac", keys, news, [entry.lines[-1] for entry in parsed.entries.values()])])
        missing = snapshot.entries("tac") - sum(old is not None for old in stored)
        if missing:
            diff.notes.append(f"{missing} TACs on file are not in this list; they stay")
        return diff


def _require_form(rows: Rows) -> None:
    """Raises FileRefused (COLUMN_MISSING) unless the columns are those of one of the forms."""
    columns = rows.frame.columns
    form = _GSMA if any(name in columns for name in _OF_GSMA_ONLY) else _PUBLIC
    missing = [name for name in form if name not in columns]
    if missing:
        raise refused("COLUMN_MISSING", ", ".join(missing))


class _Reader:
    """Reads the rows of one file."""

    def __init__(self, rows: Rows, context: Context, findings: Findings) -> None:
        self._rows = rows
        self._zone = context.policy.zone()
        self._findings = findings
        self._remarks = Remarks()

    def entries(self) -> dict[int, Entry]:
        """By TAC, ascending; every row that is in none of them has its code."""
        entries: dict[int, Entry] = {}
        disputed: set[int] = set()
        numeric = self._rows.numeric.get("cutover_date")
        for index, (line, row) in enumerate(
            zip(self._rows.lines.tolist(), self._rows.frame.iter_rows(named=True), strict=True)
        ):
            tac = self._tac(line, row["tac"])
            cutover = self._cutover(line, row.get("cutover_date", ""), numeric is not None and bool(numeric[index]))
            if tac is None or cutover == _UNREADABLE:
                continue
            entry = Entry(self._type(line, row), cutover, [line])
            before = entries.get(tac)
            if before is not None:
                if None not in (before.cutover, cutover) and before.cutover != cutover:
                    disputed.add(tac)
                entry = Entry(entry.type, before.cutover if cutover is None else cutover, [*before.lines, line])
            entries[tac] = entry
        self._settle(entries, disputed)
        self._remarks.report(self._findings)
        return dict(sorted(entries.items()))

    def _settle(self, entries: dict[int, Entry], disputed: set[int]) -> None:
        for tac in disputed:
            for line in entries.pop(tac).lines:
                self._findings.add(line, "cutover_date", "ROWS_CONFLICT")
        for entry in entries.values():
            for line in entry.lines[:-1]:
                self._remarks.add("TAC_TWICE", line)

    def _tac(self, line: int, cell: str) -> int | None:
        tac = tac_from_document(cell)
        if tac is None:
            # A number of seven digits is what a spreadsheet leaves of 01234567; whose it is, a person must say.
            lost = re.fullmatch(r"[0-9]{7}(\.0)?", fold(cell).strip())
            self._findings.add(line, "tac", "LEADING_ZERO_LOST" if lost else "TAC_BAD", cell)
        return tac

    def _cutover(self, line: int, cell: str, numeric: bool) -> int | None:
        if not cell.strip():
            return None
        try:
            cutover = start_of_day(_date(cell, numeric), self._zone)
        except ValueError:
            cutover = _UNREADABLE
        if cutover < 0:
            self._findings.add(line, "cutover_date", "DATE_BAD", cell)
            return _UNREADABLE
        return cutover

    def _type(self, line: int, row: Mapping[str, str]) -> bytes:
        """A Type in bytes, the same for the same cells."""
        found = Type(allocated=self._allocated(line, row.get("allocation_date", "")))
        for name in _FIELDS:
            setattr(found, name, row.get(name, "").strip())
        for column, cell in row.items():
            if column not in _OWN and cell.strip():
                found.attributes[column.removeprefix(EXTRA)] = cell.strip()
        return found.SerializeToString(deterministic=True)

    def _allocated(self, line: int, cell: str) -> str:
        """YYYY-MM-DD, or nothing with a remark: no verdict depends on it."""
        try:
            return _date(cell, numeric=False).isoformat() if cell.strip() else ""
        except ValueError:
            self._remarks.add("DATE_LEFT_OUT", line)
            return ""


def _date(cell: str, numeric: bool) -> dt.date:
    """DD-Mon-YYYY as the GSMA writes it, or what `civil.parse_date` reads. Raises ValueError."""
    found = _GSMA_DATE.fullmatch(cell.strip())
    if found is None:
        return parse_date(cell, numeric=numeric)
    return dt.date(int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1]))
