"""The header row: finding it, naming the columns, and telling rows of data from rows that are none.

One set of rules for text, sheets and JSON, so that a list means the same in each of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from eir.errors import FileRefused
from loaders.codes import refused
from loaders.columns import EXTRA, Aliases, fold
from loaders.source import Limits

# A cell that says "total", perhaps with a figure or a colon after it. Folded: no spaces, no case.
_TOTAL = re.compile(
    r"(جمع|جمعکل|مجموع|مجموعکل|مجموعه|تعدادکل|total|totals|grandtotal|subtotal|totaldevices|totalqty|totalquantity|sum|итого|всего)"
    r"[=0-9]*"
)
# Not a lone "#", and not the error of a spreadsheet's cell.
_COMMENT = re.compile(
    r" *#(?! *([,;\t|]|$))(?!(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|NO VALUE!|GETTING_DATA|SPILL!|CALC!))"
)
_DIGITS = "[0-9۰-۹٠-٩０-９]"
_LONG_DIGITS = re.compile(f"{_DIGITS}{{14}}")
SOME_DIGITS = re.compile(f"{_DIGITS}{{8}}")


def is_blank(cell: str) -> bool:
    """Nothing but white space and invisible characters."""
    return not cell or cell.isspace() or all(char.isspace() or unicodedata.category(char) == "Cf" for char in cell)


def is_comment(text: str) -> bool:
    """A line, or the first cell of a row, that is a comment. A lone '#' is the head of a column of row numbers."""
    return text.startswith(("#", " ")) and _COMMENT.match(text) is not None


@dataclass(frozen=True)
class Header:
    """The columns of one file.

    `fields`: one distinct name per column, a canonical field or 'extra:<header text>'. `line`: of the header row, 0 if the
    list has none.
    """

    fields: tuple[str, ...]
    required: tuple[str, ...]
    aliases: Aliases
    line: int

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.fields)

    def judge(self, cells: Sequence[str], line: int) -> str:
        """The code of a row that is no data row or does not fit the header, '' for a row of data.

        Raises FileRefused (HEADERS_DISAGREE): behind another header, every column may mean something else.
        """
        if cells and is_comment(cells[0]):
            return "COMMENT"
        filled = [cell for cell in cells if not is_blank(cell)]
        if not filled:
            return "BLANK_ROW"
        if self._is_header(cells, line):
            return "REPEATED_HEADER"
        if _TOTAL.fullmatch(fold(filled[0])) and not self._has_identifier(cells):
            return "TOTAL_ROW"
        return "" if len(cells) == self.width else "RAGGED_ROW"

    def _is_header(self, cells: Sequence[str], line: int) -> bool:
        known = {self.aliases.field_of(cell) for cell in cells}
        if not self.required or not known.issuperset(self.required):
            return False
        names = [name for name in name_columns(cells, self.aliases) if not name.startswith(EXTRA)]
        if names != [name for name in self.fields if not name.startswith(EXTRA)]:
            raise refused("HEADERS_DISAGREE", line=line)
        return True

    def _has_identifier(self, cells: Sequence[str]) -> bool:
        """Whether a row that says "total" holds an identifier after all: then it is refused, not skipped."""
        if any(_LONG_DIGITS.search(cell) for cell in cells):
            return True
        named = zip(self.fields, cells, strict=False)
        return any(name in self.required and SOME_DIGITS.search(cell) for name, cell in named)


def name_columns(cells: Sequence[str], aliases: Aliases) -> list[str]:
    """A name for each column; a field may still occur twice. Columns without a header text get their number."""
    folded = [fold(cell) for cell in cells]
    counts = Counter(folded)
    strong = {aliases.columns.get(key) for key in folded if key not in aliases.weaker}
    seen: Counter[str] = Counter()
    names: list[str] = []
    taken: set[str] = set()
    for number, (cell, key) in enumerate(zip(cells, folded, strict=True), 1):
        repeated = aliases.repeated.get(key, ())
        name = repeated[seen[key]] if len(repeated) == counts[key] else aliases.columns.get(key, "")
        if key in aliases.weaker and name in strong:
            name = ""
        seen[key] += 1
        if not name:
            text = " ".join(cell.split())[:200]
            name = EXTRA + (text or f"column {number}")
            if name in taken:
                name = f"{name} ({number})"
        taken.add(name)
        names.append(name)
    return names


@dataclass
class HeaderSearch:
    """Looks through the first rows for the header, and collects the '# key: value' lines above it.

    `offer` each row in turn; when it has found nothing and `exhausted`, raise `failure()`.
    """

    aliases: Aliases
    required: tuple[str, ...]
    limits: Limits
    preamble: dict[str, str] = field(default_factory=dict)
    _rows: int = 0
    _data_line: int = 0
    _closest: tuple[int, int, tuple[str, ...]] = (0, 0, ())  # known columns, line, missing

    @property
    def exhausted(self) -> bool:
        """Whether the header should have come by now."""
        return self._rows >= self.limits.header_search_rows

    @property
    def known_columns(self) -> int:
        """The most known columns seen in one row: how close the search came."""
        return self._closest[0]

    def comment(self, text: str, line: int) -> None:
        """Takes in a comment line above the header."""
        match = re.fullmatch(r"[\s\"#]*([^:=]{1,80}?)\s*[:=]\s*(.*)", text, re.DOTALL)
        name = self.aliases.fact_of(match[1]) if match else None
        if not match or not name:
            return
        value = match[2].strip().rstrip(',;\t|"').strip()  # a spreadsheet pads the line with delimiters
        if value and self.preamble.setdefault(name, value) != value:
            raise refused("FACT_TWICE", name, line)

    def fits(self, cells: Sequence[str]) -> int:
        """The number of known columns if all required ones are among them, else 0."""
        known = [name for name in name_columns(cells, self.aliases) if not name.startswith(EXTRA)]
        return len(known) if known and set(self.required) <= set(known) else 0

    def offer(self, cells: Sequence[str], line: int) -> Header | None:
        """The header, if this row is it. Raises FileRefused for a header that cannot be used."""
        if cells and is_comment(cells[0]):
            self.comment(cells[0], line)
            return None
        if all(is_blank(cell) for cell in cells):
            return None
        self._rows += 1
        if not self.fits(cells):
            known = {self.aliases.field_of(cell) for cell in cells} - {None}
            if len(known) > self._closest[0]:
                missing = tuple(name for name in self.required if name not in known)
                self._closest = (len(known), line, missing)
            if not self._data_line and any(_LONG_DIGITS.search(cell) for cell in cells):
                self._data_line = line
            return None
        if self._data_line:
            raise refused("NO_HEADER", "there are data above it", self._data_line)
        return self._header(cells, line)

    def _header(self, cells: Sequence[str], line: int) -> Header:
        if len(cells) > self.limits.max_columns:
            raise refused("TOO_MANY_COLUMNS", f"{len(cells)}, limit {self.limits.max_columns}", line)
        names = name_columns(cells, self.aliases)
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise refused("COLUMN_TWICE", ", ".join(twice), line)
        return Header(tuple(names), self.required, self.aliases, line)

    def failure(self) -> FileRefused:
        """Why no header was found."""
        _, line, missing = self._closest
        if missing and not self._data_line:
            return refused("COLUMN_MISSING", ", ".join(missing), line)
        if not self._rows:
            return refused("EMPTY_FILE")
        return refused("NO_HEADER", f"needed: {', '.join(self.required)}", self._data_line or line)
