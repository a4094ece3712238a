"""JSON: an array of objects, one object per line, or an envelope of declaration facts around an array.

Numbers keep the text they were written with, and are flagged, because a number may have lost digits on its way. Values are
read one object at a time and packed in blocks, so the memory is the text and the frame.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Generator, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from eir.errors import FileRefused
from loaders.codes import refused
from loaders.columns import EXTRA, MAX_IMEI_COLUMNS, Aliases, fold
from loaders.header import Header
from loaders.source import Limits, Source
from loaders.table import IssueLog, Table

_SPACE = re.compile(r"[ \t\n\r]*")
_DEVICES = frozenset({"devices", "rows", "items"})
_DECLARATION = frozenset({"declaration", "header", fold("اظهارنامه")})
_IMEI_LISTS = frozenset({"imeis", "imeilist"})
_UNSAFE = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of surrogate pairs, which are no characters
_BLOCK = 65_536


def read_json(source: Source, aliases: Aliases, required: tuple[str, ...], limits: Limits) -> Table:
    """The table in a JSON file. `lines`: of JSON lines, the line; of an array, the number of the object from 1.

    Columns are the union over all objects; what an object lacks is ''. Raises FileRefused.
    """
    if len(source.data) > limits.max_json:
        raise refused("FILE_TOO_LARGE", f"{len(source.data)} bytes of JSON, limit {limits.max_json}")
    document = _Document(source.data.decode(), aliases)
    issues = IssueLog(limits)
    pack = _Pack(limits)
    spans = _Spans(document.text)
    rows_seen = 0
    for item in document.items():
        rows_seen += 1
        spans.add(item)
        try:
            row = _flatten(item, aliases, limits)
        except _BadRow as bad:
            issues.note(item.line, bad.code, spans(item.line), bad.text)
            continue
        if any(row.values()):
            pack.add(row, item.line)
        else:
            issues.note(item.line, "BLANK_ROW", spans(item.line))
    missing = [name for name in required if name not in pack.fields]
    if missing and pack.lines:
        raise refused("COLUMN_MISSING", ", ".join(missing))
    names = tuple(sorted(pack.fields, key=lambda name: name.startswith(EXTRA))) or required
    frame, numeric = pack.finish(names)
    return Table(
        header=Header(names, required, aliases, 0),
        frame=frame,
        lines=np.array(pack.lines, np.uint32),
        issues=issues,
        rows_seen=rows_seen,
        original=spans,
        preamble=document.preamble,
        numeric={name: flags.to_numpy() for name, flags in numeric.to_dict().items()},
    )


class _Number(str):
    """The text of a JSON number."""

    __slots__ = ()


class _Object(NamedTuple):
    """A JSON object with its pairs as they came: a dict would drop the first of two equal keys."""

    pairs: list[tuple[str, Any]]


class _Item(NamedTuple):
    value: Any
    line: int
    start: int  # in the text
    end: int


# ---- one object to one row -------------------------------------------------------------------------------------


class _BadRow(Exception):
    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.text = text


def _flatten(item: _Item, aliases: Aliases, limits: Limits) -> dict[str, str]:
    """{field: text} of one object. Raises _BadRow, and FileRefused for a cell over the limit."""
    if not isinstance(item.value, _Object):
        raise _BadRow("JSON_NOT_OBJECT")
    row: dict[str, str] = {}
    for key, value in item.value.pairs:
        name = aliases.field_of(key) or EXTRA + " ".join(key.split())[:200]
        if isinstance(value, list) and (fold(key) in _IMEI_LISTS or name == "imei1"):
            if len(value) > MAX_IMEI_COLUMNS:
                raise _BadRow("TOO_MANY_IMEIS")
            named = [(f"imei{number}", imei) for number, imei in enumerate(value, 1)]
        else:
            named = [(name, value)]
        for name, scalar in named:
            if name in row:
                raise _BadRow("JSON_KEY_TWICE", f"the object names {_printable(name)} twice")
            row[name] = _text(name, scalar)
            if len(row[name]) > limits.max_cell:
                raise refused("CELL_TOO_LONG", f"limit {limits.max_cell} characters", item.line)
    return row


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _text(name: str, value: Any) -> str:
    if _UNSAFE.search(name):
        raise _BadRow("TEXT_INVALID")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise _BadRow("JSON_NESTED", f"{name} holds a nested value where text is expected")
    if _UNSAFE.search(value):
        raise _BadRow("TEXT_INVALID")
    return value


class _Pack:
    """Rows with whatever fields they have, packed into frames block by block."""

    def __init__(self, limits: Limits) -> None:
        self.fields: dict[str, None] = {}  # in order of appearance
        self.lines = array("I")
        self._limits = limits
        self._rows: list[dict[str, str]] = []
        self._frames: list[pl.DataFrame] = []
        self._flags: list[pl.DataFrame] = []

    def add(self, row: Mapping[str, str], line: int) -> None:
        self.fields.update(dict.fromkeys(row))
        if len(self.fields) > self._limits.max_columns:
            raise refused("TOO_MANY_COLUMNS", f"limit {self._limits.max_columns}", line)
        self._rows.append(dict(row))
        self.lines.append(line)
        if len(self._rows) >= _BLOCK:
            self._flush()

    def finish(self, names: tuple[str, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The cells, and per cell whether it was a number; columns in the order of `names`."""
        self._flush()
        cells = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        flags = pl.DataFrame(schema=dict.fromkeys(names, pl.Boolean))
        return (
            pl.concat([cells, *self._frames], how="diagonal").fill_null(""),
            pl.concat([flags, *self._flags], how="diagonal").fill_null(value=False),
        )

    def _flush(self) -> None:
        names = list(self.fields) if self._rows else []
        cells = {name: [row.get(name, "") for row in self._rows] for name in names}
        self._frames.append(
            pl.DataFrame(
                {name: pl.Series([str(cell) for cell in column], dtype=pl.String) for name, column in cells.items()}
            )
        )
        self._flags.append(
            pl.DataFrame(
                {
                    name: pl.Series([isinstance(cell, _Number) for cell in column], dtype=pl.Boolean)
                    for name, column in cells.items()
                }
            )
        )
        self._rows = []


class _Spans:
    """The text of the object on a line, by where it began and ended."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = array("I")
        self._starts = array("Q")
        self._ends = array("Q")

    def add(self, item: _Item) -> None:
        self._lines.append(item.line)
        self._starts.append(item.start)
        self._ends.append(item.end)

    def __call__(self, line: int) -> str:
        if self._lines and self._lines[-1] == line:  # the usual question while reading
            index = len(self._lines) - 1
        else:
            index = int(np.searchsorted(np.frombuffer(self._lines, np.uint32), line)) if self._lines else 0
        if index >= len(self._lines) or self._lines[index] != line:
            return ""
        return self._text[self._starts[index] : self._ends[index]]


# ---- the document ----------------------------------------------------------------------------------------------


def _no_constant(name: str) -> Any:
    raise refused("JSON_BROKEN", name)


_DECODER = json.JSONDecoder(object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number, parse_constant=_no_constant)


class _Document:
    """Walks the outermost level of the text, and decodes the values in it one by one."""

    def __init__(self, text: str, aliases: Aliases) -> None:
        self.text = text
        self.preamble: dict[str, str] = {}
        self._aliases = aliases

    def items(self) -> Iterator[_Item]:
        """Every element of the array, or the object of every line."""
        start = self._skip(0)
        if self._at(start) == "[":
            self._expect_end((yield from self._array(start)))
        elif self._is_envelope(start):
            yield from self._envelope(start)
        else:
            yield from self._json_lines(start)

    def _json_lines(self, at: int) -> Iterator[_Item]:
        line, counted = 1, 0
        while at < len(self.text):
            line += self.text.count("\n", counted, at)
            counted = at
            value, end = self._value(at)
            yield _Item(value, line, at, end)
            at = self._skip(end)
            if at < len(self.text) and "\n" not in self.text[end:at]:
                raise self._broken("one object in each line expected", at)

    def _array(self, at: int) -> Generator[_Item, None, int]:
        """The elements of the array that begins here. The generator's value: where it ends."""
        at, number = self._skip(at + 1), 0
        if self._at(at) == "]":
            return at + 1
        while True:
            number += 1
            value, end = self._value(at)
            yield _Item(value, number, at, end)
            at = self._skip(end)
            if self._at(at) == "]":
                return at + 1
            at = self._expect(",", at)

    def _is_envelope(self, start: int) -> bool:
        """Whether an object holds an array of devices: then it is not itself a row."""
        at = self._skip(start + 1)
        while self._at(at) == '"':
            key, at = self._key(at)
            if self._opens_devices(key, at):
                return True
            at = self._skip(self._value(at)[1])
            if self._at(at) != ",":
                return False
            at = self._skip(at + 1)
        return False

    def _envelope(self, start: int) -> Iterator[_Item]:
        seen = False
        at = self._skip(start + 1)
        while True:
            key, at = self._key(at)
            if self._opens_devices(key, at):
                if seen:
                    raise self._broken("two arrays of devices", at)
                seen = True
                at = yield from self._array(at)
            else:
                value, at = self._value(at)
                self._note_facts(key, value)
            at = self._skip(at)
            if self._at(at) == "}":
                break
            at = self._expect(",", at)
        self._expect_end(at + 1)

    def _opens_devices(self, key: str, at: int) -> bool:
        return fold(key) in _DEVICES and self._at(at) == "["

    def _note_facts(self, key: str, value: Any) -> None:
        pairs = value.pairs if isinstance(value, _Object) and fold(key) in _DECLARATION else [(key, value)]
        for name, fact in pairs:
            field = self._aliases.fact_of(name) or ("declaration" if fold(name) in ("number", "no") else None)
            if field is None or fact is None or not isinstance(fact, str):
                continue
            if _UNSAFE.search(fact):
                raise refused("JSON_BROKEN", f"{field} is not text")
            if self.preamble.setdefault(field, str(fact)) != fact:
                raise refused("FACT_TWICE", field)

    # ---- characters

    def _at(self, at: int) -> str:
        return self.text[at : at + 1]

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def _expect(self, mark: str, at: int) -> int:
        if self._at(at) != mark:
            raise self._broken(f"{mark!r} expected", at)
        return self._skip(at + 1)

    def _expect_end(self, at: int) -> None:
        if self._skip(at) != len(self.text):
            raise self._broken("text after the end", at)

    def _key(self, at: int) -> tuple[str, int]:
        """A key, and where its value begins."""
        key, at = self._value(at)
        if not isinstance(key, str) or isinstance(key, _Number):
            raise self._broken("a key expected", at)
        return key, self._expect(":", self._skip(at))

    def _value(self, at: int) -> tuple[Any, int]:
        try:
            return _DECODER.raw_decode(self.text, at)
        except RecursionError as error:
            raise refused("JSON_TOO_DEEP", line=self._line(at)) from error
        except json.JSONDecodeError as error:
            raise self._broken(error.msg, error.pos) from error

    def _broken(self, found: str, at: int) -> FileRefused:
        return refused("JSON_BROKEN", found, self._line(at))

    def _line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1
