"""CSV, TSV and their relatives: the delimiter and the header found, then one of two tokenizers with one result.

`tokenise_plain`: text without a quote character, where a line is a row. Numpy counts the delimiters of every line, the few
odd lines are judged one by one, and polars parses the rest. `tokenise_quoted`: everything else, by the strict csv module.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from eir.errors import OurError
from loaders.codes import Issue, refused
from loaders.columns import Aliases
from loaders.header import SOME_DIGITS, Header, HeaderSearch, is_blank, is_comment
from loaders.source import Limits, Source
from loaders.table import FrameBuilder, IssueLog, Lines, Table, frame_of

DELIMITERS = ",;\t|"
_CHUNK = 64 << 20
_NEWLINE, _SPACE, _HASH = ord("\n"), ord(" "), ord("#")


class Body(NamedTuple):
    """What lies below the header: where it begins, and how it is cut into cells."""

    offset: int  # of the first byte
    line: int  # of the first row, from 1
    delimiter: str


class Tokens(NamedTuple):
    """The result of either tokenizer. `ends`: last line of each row that spans several."""

    frame: pl.DataFrame
    lines: Lines
    issues: list[Issue]
    rows_seen: int
    ends: dict[int, int]


def read_delimited(
    source: Source,
    aliases: Aliases,
    required: tuple[str, ...],
    headerless: tuple[str, ...] | None,
    limits: Limits,
) -> Table:
    """The table in a text file. Lines are counted from 1; a row over several lines has the number of its first.

    Raises FileRefused. A header above the data wins over `headerless`, whose names go by position otherwise.
    """
    csv.field_size_limit(limits.max_cell)
    search = HeaderSearch(aliases, required, limits)
    header, body = _find_header(source.data, search)
    if header is None:
        if headerless is None:
            raise search.failure()
        header, body = _by_position(source.data, aliases, required, headerless)
    tokenise = tokenise_quoted if b'"' in source.data else tokenise_plain
    tokens = tokenise(source.data, body, header, limits)
    return Table(
        header=header,
        frame=tokens.frame,
        lines=tokens.lines,
        issues=tokens.issues,
        rows_seen=tokens.rows_seen,
        original=_Originals(source.data, tokens.ends),
        preamble=search.preamble,
    )


# ---- header and delimiter --------------------------------------------------------------------------------------


def _head(data: bytes, limits: Limits) -> list[str]:
    """The first lines, with their line ends: enough for the header and as many comments again."""
    stream = io.BytesIO(data)
    lines: list[str] = []
    budget = 4 * limits.max_cell
    while budget > 0 and len(lines) < 10 * limits.header_search_rows and (raw := stream.readline(budget)):
        lines.append(raw.decode("utf-8", "replace"))  # a cut through a letter only happens where the budget ends
        budget -= len(raw)
    return lines


def _row_at(lines: list[str], index: int, delimiter: str) -> tuple[list[str], int]:
    """The row that begins on a line, and how many lines it takes. Raises csv.Error."""
    if '"' not in lines[index]:
        return lines[index].rstrip("\n").split(delimiter), 1
    reader = csv.reader(iter(lines[index:]), delimiter=delimiter, strict=True)
    return next(reader), reader.line_num


def _find_header(data: bytes, search: HeaderSearch) -> tuple[Header | None, Body]:
    lines = _head(data, search.limits)
    for index, text in enumerate(lines):
        if search.exhausted:
            break
        if is_comment(text) or is_comment(text.lstrip('"')):
            search.comment(text, index + 1)
            continue
        fitting: dict[str, tuple[list[str], int]] = {}
        widest: list[str] = [text]
        for delimiter in DELIMITERS:
            try:
                cells, height = _row_at(lines, index, delimiter)
            except csv.Error:
                continue
            widest = max(widest, cells, key=len)
            if search.fits(cells) and cells not in [other for other, _ in fitting.values()]:
                fitting[delimiter] = (cells, height)
        if len(fitting) > 1:
            raise refused("DELIMITER_MIXED", " and ".join(map(repr, fitting)), index + 1)
        for delimiter, (cells, height) in fitting.items():
            _refuse_mixed_header(search.aliases, cells, delimiter, index + 1)
            header = search.offer(cells, index + 1)
            offset = len("".join(lines[: index + height]).encode())
            return header, Body(offset, index + height + 1, delimiter)
        search.offer(widest, index + 1)
    return None, Body(0, 1, ",")


def _refuse_mixed_header(aliases: Aliases, cells: list[str], delimiter: str, line: int) -> None:
    for cell in cells:
        for other in DELIMITERS.replace(delimiter, ""):
            parts = cell.split(other)
            if len(parts) > 1 and all(aliases.field_of(part) for part in parts):
                raise refused("DELIMITER_MIXED", f"{delimiter!r} and {other!r}", line)


def _by_position(data: bytes, aliases: Aliases, required: tuple[str, ...], names: tuple[str, ...]) -> tuple[Header, Body]:
    """For a list without a header: as many of the names as the first row has cells."""
    first = next((line for line in data.split(b"\n", 1000)[:1000] if not _is_filler(line)), None)
    if first is None:
        raise refused("EMPTY_FILE")
    text = first.decode()
    present = [delimiter for delimiter in DELIMITERS if delimiter in text]
    if len(present) > 1:
        raise refused("DELIMITER_MIXED", " and ".join(map(repr, present)))
    delimiter = present[0] if present else ","
    width = text.count(delimiter) + 1
    if width > len(names):
        raise refused("TOO_MANY_COLUMNS", f"{width}, expected at most {len(names)} without a header")
    missing = [name for name in required if name not in names[:width]]
    if missing:
        raise refused("COLUMN_MISSING", ", ".join(missing))
    return Header(names[:width], required, aliases, 0), Body(0, 1, delimiter)


def _is_filler(line: bytes) -> bool:
    text = line.decode("utf-8", "replace")
    return is_blank(text) or is_comment(text)


# ---- one row that is not plainly data --------------------------------------------------------------------------


def _judge(header: Header, cells: Sequence[str], line: int, delimiter: str, limits: Limits) -> str:
    """As `Header.judge`; also refuses the file for a cell too long or a row under another delimiter."""
    if any(len(cell) > limits.max_cell for cell in cells):
        raise refused("CELL_TOO_LONG", f"limit {limits.max_cell} characters", line)
    code = header.judge(cells, line)
    if code == "RAGGED_ROW" and len(cells) == 1:
        for other in DELIMITERS.replace(delimiter, ""):
            if header.width > 1 and cells[0].count(other) == header.width - 1:
                raise refused("DELIMITER_MIXED", f"{delimiter!r} and {other!r}", line)
    return code


# ---- without quotes --------------------------------------------------------------------------------------------


def tokenise_plain(data: bytes, body: Body, header: Header, limits: Limits) -> Tokens:
    """Text without a quote character. Memory: the text once more in pieces of 64 MiB, and the frame."""
    frames = [frame_of([], header.fields)]
    numbers: list[Lines] = [np.empty(0, np.uint32)]
    issues = IssueLog(limits)
    rows_seen, line, offset = 0, body.line, body.offset
    while offset < len(data):
        end = _chunk_end(data, offset)
        chunk = np.frombuffer(data, np.uint8, end - offset, offset)
        starts, ends = _line_bounds(chunk)
        good = _good_lines(chunk, starts, ends, line, body.delimiter, header, issues, limits)
        frames.append(_parse(chunk, starts, ends, good, body.delimiter, header))
        numbers.append((np.flatnonzero(good) + line).astype(np.uint32))
        rows_seen += len(starts)
        line += len(starts)
        offset = end
    return Tokens(pl.concat(frames), np.concatenate(numbers), issues, rows_seen, {})


def _chunk_end(data: bytes, offset: int) -> int:
    if len(data) - offset <= _CHUNK:
        return len(data)
    end = data.rfind(b"\n", offset, offset + _CHUNK)
    if end < 0:
        end = data.find(b"\n", offset)
    return len(data) if end < 0 else end + 1


_Bytes = npt.NDArray[np.uint8]
_Offsets = npt.NDArray[np.intp]
_Mask = npt.NDArray[np.bool_]


def _line_bounds(chunk: _Bytes) -> tuple[_Offsets, _Offsets]:
    """Where each line begins and where its text ends."""
    ends = np.flatnonzero(chunk == _NEWLINE)
    if chunk[-1] != _NEWLINE:
        ends = np.append(ends, len(chunk))
    starts = np.empty_like(ends)
    starts[0] = 0
    starts[1:] = ends[:-1] + 1
    return starts, ends


def _good_lines(
    chunk: _Bytes,
    starts: _Offsets,
    ends: _Offsets,
    first_line: int,
    delimiter: str,
    header: Header,
    issues: IssueLog,
    limits: Limits,
) -> _Mask:
    """Which lines are rows as wide as the header; an issue for each of the others."""
    delimiters = np.flatnonzero(chunk == ord(delimiter))
    counts = np.diff(np.searchsorted(delimiters, ends), prepend=0)
    first = chunk[starts]  # of an empty line, its line end
    odd = (counts != header.width - 1) | (first == _HASH) | (first == _SPACE) | (ends == starts)
    odd |= ends - starts > limits.max_cell
    for index in np.flatnonzero(odd).tolist():
        text = chunk[starts[index] : ends[index]].tobytes().decode()
        line = first_line + index
        code = "COMMENT" if is_comment(text) else _judge(header, text.split(delimiter), line, delimiter, limits)
        if code:
            issues.note(line, code, text)
        else:
            odd[index] = False
    good: _Mask = ~odd
    return good


def _parse(chunk: _Bytes, starts: _Offsets, ends: _Offsets, good: _Mask, delimiter: str, header: Header) -> pl.DataFrame:
    if not good.any():
        return frame_of([], header.fields)
    if not good.all():
        lengths = ends - starts + 1  # with the line end, which the last line may lack
        chunk = chunk[np.repeat(good, lengths)[: len(chunk)]]
    frame = pl.read_csv(
        chunk.tobytes(),
        has_header=False,
        separator=delimiter,
        quote_char=None,
        infer_schema=False,
        new_columns=list(header.fields),
    ).fill_null("")
    if frame.shape != (int(good.sum()), header.width):
        raise OurError("the two parsers of plain text disagree; please report the file")
    return frame


# ---- with quotes -----------------------------------------------------------------------------------------------


@dataclass
class _LineFeed:
    """Lines for the csv reader. Comments between rows do not reach it: a quote in a comment is only text."""

    lines: Iterator[str]
    on_comment: Callable[[int, str], None]
    number: int  # of the line given out last
    start: int = 0  # line on which the present row begins
    row: list[str] = field(default_factory=list)  # lines of the present row

    def __iter__(self) -> _LineFeed:
        return self

    def __next__(self) -> str:
        for text in self.lines:
            self.number += 1
            if not self.row:
                if is_comment(text):
                    self.on_comment(self.number, text.rstrip("\n"))
                    continue
                self.start = self.number
            self.row.append(text)
            return text
        raise StopIteration


def tokenise_quoted(data: bytes, body: Body, header: Header, limits: Limits) -> Tokens:
    """Any text, by RFC 4180: doubled quotes inside quotes, a quoted cell may hold delimiters and line ends."""
    issues = IssueLog(limits)
    rows = FrameBuilder(header.fields)
    ends: dict[int, int] = {}
    rows_seen, width = 0, header.width
    raw = io.BytesIO(data)  # shares the bytes
    raw.seek(body.offset)
    text = io.TextIOWrapper(raw, "utf-8", newline="\n")
    feed = _LineFeed(text, lambda line, comment: issues.note(line, "COMMENT", comment), body.line - 1)
    reader = csv.reader(feed, delimiter=body.delimiter, strict=True)
    try:
        for cells in reader:
            rows_seen += 1
            if len(feed.row) > 1:
                ends[feed.start] = feed.number
                _refuse_swallowed_rows(header, cells, feed.start, body.delimiter)
            odd = len(cells) != width or cells[0][:1] in ("#", " ") or cells == [""]
            code = _judge(header, cells, feed.start, body.delimiter, limits) if odd else ""
            if code:
                issues.note(feed.start, code, "".join(feed.row).rstrip("\n"))
            else:
                rows.add(cells, feed.start)
            feed.row.clear()
    except csv.Error as error:
        code = "CELL_TOO_LONG" if "field larger" in str(error) else "QUOTE_UNCLOSED"
        raise refused(code, line=feed.start) from error
    frame, lines = rows.finish()
    comments = sum(issue.code == "COMMENT" for issue in issues)
    return Tokens(frame, lines, issues, rows_seen + comments, ends)


def _refuse_swallowed_rows(header: Header, cells: list[str], line: int, delimiter: str) -> None:
    """A cell with line ends in it is fine, unless the lines inside look like rows: then a quote was left open.

    IMEI columns may list several on lines of their own; what they hold is looked at anyway.
    """
    for name, cell in zip(header.fields, cells, strict=False):
        if name.startswith("imei") or name in header.required or header.width < 2:
            continue
        for offset, inner in enumerate(cell.split("\n")[1:], 1):
            if inner.count(delimiter) >= header.width - 1 and SOME_DIGITS.search(inner):
                raise refused("QUOTE_UNCLOSED", f"a row {offset} lines below lies inside a quoted cell", line)


# ---- the row as it came ----------------------------------------------------------------------------------------


class _Originals:
    """The text of the row that begins on a line; the index of lines is built on first use."""

    def __init__(self, data: bytes, ends: dict[int, int]) -> None:
        self._data = data
        self._ends = ends
        self._breaks: _Offsets | None = None

    def __call__(self, line: int) -> str:
        if self._breaks is None:
            self._breaks = np.flatnonzero(np.frombuffer(self._data, np.uint8) == _NEWLINE)
        last = self._ends.get(line, line)
        if line < 1 or line > len(self._breaks) + 1:
            return ""
        start = int(self._breaks[line - 2]) + 1 if line > 1 else 0
        end = int(self._breaks[last - 1]) if last <= len(self._breaks) else len(self._data)
        return self._data[start:end].decode()
