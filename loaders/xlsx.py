"""XLSX: from the zip archive of XML parts to rows of text, read with expat, one cell at a time.

A general spreadsheet library allocates what the file claims (the whole area between two stray cells, the declared number
of strings), which a file of a few kilobytes can turn into an abort of the process. Here memory follows what is really in
the file, numbers keep the digits that are stored, and cells without a value are told from empty ones.

Office Open XML, ECMA-376 part 1: workbook 18.2, worksheet 18.3, shared strings 18.4, styles 18.8.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from xml.parsers import expat

from loaders.codes import refused
from loaders.source import Limits, expand, open_zip

NO_VALUE = "#NO VALUE!"  # a formula whose result was not stored; error cells keep their text (#N/A, #REF! …)
MAX_ROWS = 1_048_576
_MAX_COLUMNS = 16_384


class SheetRow(NamedTuple):
    """One row with at least one value. `numbers`: bit n = the cell of column n was a number."""

    line: int
    cells: list[str]
    numbers: int


@dataclass
class Sheet:
    """The filled rows of one sheet, and what was hidden in it."""

    name: str
    hidden: bool
    rows: list[SheetRow] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: int = 0


# ---- parts of the archive --------------------------------------------------------------------------------------


class _Parts:
    """The XML parts of the archive by path, unpacked when asked for, within one budget for all of them."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._archive, members = open_zip(data, limits)
        self._limits = limits
        self._budget = limits.max_expanded
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            path = member.filename.lower()
            if path in self._members:
                raise refused("WORKBOOK_BROKEN", "a part occurs twice")
            self._members[path] = member
        if any(path.endswith("vbaproject.bin") or path.startswith("xl/macrosheets/") for path in self._members):
            raise refused("WORKBOOK_MACROS")

    def read(self, path: str) -> bytes | None:
        member = self._members.get(path.lower())
        if member is None:
            return None
        data = expand(self._archive, member, self._limits, self._budget)
        self._budget -= len(data)
        return data


_Attributes = dict[str, str]


def _parse(
    xml: bytes,
    start: Callable[[str, _Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Runs the handlers over a part. UTF-8 only, no document type, so no entities to expand. Raises FileRefused."""

    def no_doctype(*_: object) -> None:
        raise refused("WORKBOOK_BROKEN", "a document type declaration")

    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = no_doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise refused("WORKBOOK_BROKEN", str(error)) from error


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def read_sheets(data: bytes, limits: Limits) -> list[Sheet]:
    """Every worksheet of a workbook, hidden or not, in its order. Raises FileRefused."""
    parts = _Parts(data, limits)
    listed: list[tuple[str, bool, str]] = []
    epoch_1904 = False

    def on_book(name: str, attributes: _Attributes) -> None:
        nonlocal epoch_1904
        tag = _local(name)
        if tag == "workbookPr":
            epoch_1904 = attributes.get("date1904", "").lower() in ("1", "true")
        elif tag == "sheet":
            key = next((value for attribute, value in attributes.items() if _local(attribute) == "id"), "")
            listed.append((attributes.get("name", ""), attributes.get("state", "visible") != "visible", key))

    _parse(parts.read("xl/workbook.xml") or b"", on_book)
    targets = _relations(parts)
    strings = _shared_strings(parts, targets, limits)
    dates = _date_styles(parts, targets)
    sheets = []
    for name, hidden, key in listed:
        kind, path = targets.get(key, ("", ""))
        if kind in ("chartsheet", "dialogsheet"):
            continue
        xml = parts.read(path) if kind == "worksheet" else None
        if xml is None:
            raise refused("WORKBOOK_BROKEN", f"sheet {name[:80]!r} is missing")
        sheet = Sheet(name, hidden)
        reader = _SheetReader(sheet, strings, dates, epoch_1904, limits)
        _parse(xml, reader.start, reader.end, reader.text.append)
        sheets.append(sheet)
    return sheets


def _relations(parts: _Parts) -> dict[str, tuple[str, str]]:
    """Relation id -> (last word of its type, path of the part)."""
    targets: dict[str, tuple[str, str]] = {}

    def on_relation(name: str, attributes: _Attributes) -> None:
        if _local(name) == "Relationship" and attributes.get("TargetMode") != "External":
            path = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).lstrip("/")
            targets[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], path)

    _parse(parts.read("xl/_rels/workbook.xml.rels") or b"", on_relation)
    return targets


def _part_of(parts: _Parts, targets: dict[str, tuple[str, str]], kind: str) -> bytes | None:
    path = next((path for found, path in targets.values() if found == kind), None)
    return parts.read(path) if path else None


def _shared_strings(parts: _Parts, targets: dict[str, tuple[str, str]], limits: Limits) -> list[str]:
    xml = _part_of(parts, targets, "sharedStrings")
    strings: list[str] = []
    text: list[str] = []
    phonetic = 0

    def start(name: str, _: _Attributes) -> None:
        nonlocal phonetic
        tag = _local(name)
        phonetic += tag == "rPh"
        if tag in ("si", "t") and not phonetic:
            if tag == "si":
                strings.append("")
            text.clear()

    def end(name: str) -> None:
        nonlocal phonetic
        tag = _local(name)
        if tag == "t" and strings and not phonetic:
            strings[-1] += _unescape("".join(text))
            if len(strings[-1]) > limits.max_cell:
                raise refused("CELL_TOO_LONG", f"limit {limits.max_cell} characters")
        phonetic -= tag == "rPh"

    if xml is not None:
        _parse(xml, start, end, text.append)
    return strings


def _unescape(text: str) -> str:
    """White space that the format writes as _xHHHH_ (ECMA-376 part 1, 22.9.2.19)."""
    return re.sub("_x(000[9AaDd])_", lambda match: chr(int(match[1], 16)), text) if "_x000" in text else text


# ---- numbers and dates -----------------------------------------------------------------------------------------

_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NOT_DATE_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")


def _date_styles(parts: _Parts, targets: dict[str, tuple[str, str]]) -> set[str]:
    """Indexes (as text) of the cell formats that show a number as a date."""
    xml = _part_of(parts, targets, "styles")
    formats: dict[str, str] = {}
    styles: set[str] = set()
    count = 0
    inside = False

    def start(name: str, attributes: _Attributes) -> None:
        nonlocal count, inside
        tag = _local(name)
        if tag == "cellXfs":
            inside = True
        elif tag == "numFmt":
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "xf" and inside:
            if _shows_date(attributes.get("numFmtId", "0"), formats):
                styles.add(str(count))
            count += 1

    def end(name: str) -> None:
        nonlocal inside
        inside = inside and _local(name) != "cellXfs"

    if xml is not None:
        _parse(xml, start, end)
    return styles


def _shows_date(format_id: str, formats: dict[str, str]) -> bool:
    code = formats.get(format_id)
    if code is None:
        return format_id.isascii() and format_id.isdigit() and len(format_id) < 4 and int(format_id) in _BUILT_IN_DATES
    code = _NOT_DATE_LETTERS.sub("", code).lower()
    return "general" not in code and any(letter in code for letter in "ymdhs")


def number_text(stored: str) -> str:
    """The text of a stored number: digits as they are; below 2^53 an integer in plain digits and a fraction in its
    shortest form; anything else, which may have lost digits already, as stored.
    """
    if stored.isascii() and stored.isdigit():
        return stored
    value = float(stored)
    if abs(value) >= 2**53:
        return stored
    return str(int(value)) if value.is_integer() else repr(value)


def date_text(stored: str, epoch_1904: bool) -> str:
    """A serial date as ISO text, a number below 1 as a time; '' when it is outside the calendar of spreadsheets."""
    value = float(stored)
    if not 0 <= value < 2_958_466:
        return ""
    # The 1900 system has a 29 February 1900, serial 60. Spreadsheets know no time zone.
    base = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30 if value >= 61 else 31)  # noqa: DTZ001
    try:
        moment = base + timedelta(seconds=round(value * 86_400))
    except OverflowError:
        return ""
    if value < 1 and not epoch_1904:
        return moment.time().isoformat()
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat()


# ---- a sheet ---------------------------------------------------------------------------------------------------

_COLUMN_NUMBERS: dict[str, int] = {}  # letters -> number from 1; at most the columns that there are


def _column_number(letters: str) -> int:
    """A = 1 to XFD = 16384; 0 for anything else."""
    if not re.fullmatch("[A-Z]{1,3}", letters):
        return 0
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    if number > _MAX_COLUMNS:
        return 0
    _COLUMN_NUMBERS[letters] = number
    return number


class _SheetReader:
    """Handlers for one worksheet part; fills `sheet`. Rows and cells must come in order, as the format demands."""

    def __init__(self, sheet: Sheet, strings: list[str], dates: set[str], epoch_1904: bool, limits: Limits) -> None:
        self.text: list[str] = []  # of the element that is open
        self._sheet = sheet
        self._strings = strings
        self._dates = dates
        self._epoch_1904 = epoch_1904
        self._limits = limits
        self._line = 0
        self._line_text = "0"
        self._column = 0  # of the cell that is open, from 1
        self._cells: list[str] = []
        self._numbers = 0
        self._type = self._style = self._value = ""
        self._formula = False
        self._phonetic = False
        self._area = 0

    def start(self, name: str, attributes: _Attributes) -> None:
        """An element opens."""
        tag = name if ":" not in name else _local(name)
        if tag == "c":
            self._open_cell(attributes)
        elif tag in ("v", "t"):
            self.text.clear()
        elif tag == "row":
            self._open_row(attributes)
        elif tag == "f":
            self._formula = True
        elif tag == "rPh":
            self._phonetic = True
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            self._sheet.hidden_columns += _span(attributes)

    def end(self, name: str) -> None:
        """An element closes."""
        tag = name if ":" not in name else _local(name)
        if tag == "v":
            self._value = "".join(self.text)
        elif tag == "t" and not self._phonetic:
            self._value += "".join(self.text)
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "c":
            self._close_cell()
        elif tag == "row" and any(self._cells):
            self._area += len(self._cells)
            if self._area > self._limits.max_sheet_cells:
                raise refused("SHEET_TOO_LARGE", f"limit {self._limits.max_sheet_cells} cells", self._line)
            self._sheet.rows.append(SheetRow(self._line, self._cells, self._numbers))

    def _open_row(self, attributes: _Attributes) -> None:
        given = attributes.get("r", "")
        line = int(given) if re.fullmatch("[1-9][0-9]{0,6}", given) else self._line + 1
        if (given and str(line) != given) or line <= self._line or line > MAX_ROWS:
            raise refused("WORKBOOK_BROKEN", f"row {given[:20]!r} out of order", self._line)
        self._line, self._line_text, self._column = line, str(line), 0
        self._cells, self._numbers = [], 0
        if attributes.get("hidden") in ("1", "true"):
            self._sheet.hidden_rows += 1

    def _open_cell(self, attributes: _Attributes) -> None:
        column = self._column + 1
        given = attributes.get("r")
        if given is not None:
            letters = given.removesuffix(self._line_text)
            column = _COLUMN_NUMBERS.get(letters) or _column_number(letters)
            if len(letters) == len(given) or column <= self._column:
                raise refused("WORKBOOK_BROKEN", f"cell {given[:20]!r} out of order", self._line)
        self._column = column
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._value, self._formula = "", False

    def _close_cell(self) -> None:
        text, is_number = self._cell_text()
        if not text:
            return
        if self._column > self._limits.max_columns:
            raise refused("TOO_MANY_COLUMNS", f"limit {self._limits.max_columns}", self._line)
        if len(text) > self._limits.max_cell:
            raise refused("CELL_TOO_LONG", f"limit {self._limits.max_cell} characters", self._line)
        self._cells.extend([""] * (self._column - len(self._cells) - 1))
        self._cells.append(text)
        if is_number:
            self._numbers |= 1 << (self._column - 1)

    def _cell_text(self) -> tuple[str, bool]:
        """The text of the cell that closes, and whether it was a number (ECMA-376 part 1, 18.18.11)."""
        value, kind = self._value, self._type
        if kind == "s":
            if not value:
                return "", False
            index = int(value) if re.fullmatch("[0-9]{1,9}", value) else -1
            if not 0 <= index < len(self._strings):
                raise refused("WORKBOOK_BROKEN", "a text that is not in the table of texts", self._line)
            return self._strings[index], False
        if kind != "n":
            if not value and self._formula and kind != "str":
                return NO_VALUE, False
            return ({"0": "false", "1": "true"}.get(value, value) if kind == "b" else _unescape(value)), False
        value = value.strip()
        if not value:
            return (NO_VALUE if self._formula else ""), False
        if not _NUMBER.fullmatch(value) or len(value) > 400:
            raise refused("WORKBOOK_BROKEN", "a number that is none", self._line)
        shown = date_text(value, self._epoch_1904) if self._style in self._dates else ""
        return (shown, False) if shown else (number_text(value), True)


def _span(attributes: _Attributes) -> int:
    low, high = attributes.get("min", "1"), attributes.get("max", "1")
    if not (re.fullmatch("[0-9]{1,5}", low) and re.fullmatch("[0-9]{1,5}", high)):
        return 1
    return max(1, int(high) - int(low) + 1)
