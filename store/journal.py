"""The byte layout of the journal. Pure: bytes in, values out.

A commit is a header (part 0) and blocks of changes (parts 1..n), under the key

    sequence number, 8 bytes | part, 4 bytes                                                      big-endian, both

    header   version B | flags B | time_ms q | blocks I | changes Q | undoes Q | previous digest 32 | digest 32 | note …
    block    version B | length of table name B | table name | count I | keys | olds | news | lines
    column   kind 0                        all absent
             kind 1 | width I | data       all present, of one width
             kind 2 | count * length i | data      -1 = absent
    lines    kind 0, or kind 1 | count * line I    the line of the source file that caused each change

Columns, because a bulk load writes millions of changes of one shape: they are written with one join, and one key is found
in them by bisection without decoding the rest. Keys ascend within a block.

digest = SHA-256( previous digest | sequence number | every block | header up to the digests | note ), so an entry cannot be
changed, dropped or moved without every later digest changing too.
"""

from __future__ import annotations

import hashlib
import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sys import byteorder

from store.errors import StoreBroken

VERSION = 1
BLOCK_CHANGES = 16384  # about half a megabyte for the widest fixed table
NO_DIGEST = bytes(32)
FLAG_BULK = 1  # too many changes to be listed one by one in the `touched` index

_PART = struct.Struct(">QI")
_HEADER = struct.Struct(">BBqIQQ")
_U32 = struct.Struct(">I")

Values = Sequence[bytes | None]


def part_key(seq: int, part: int) -> bytes:
    """The key of one part of a commit in the journal table."""
    return _PART.pack(seq, part)


def seq_of(key: bytes) -> int:
    """The sequence number in a journal key."""
    seq: int = _PART.unpack(key)[0]
    return seq


@dataclass(frozen=True, slots=True)
class Header:
    """What a commit says of itself. `note` is the owner's own bytes; `undoes` is 0 or the commit that this one took back."""

    seq: int
    time_ms: int
    blocks: int
    changes: int
    undoes: int
    bulk: bool
    previous: bytes
    digest: bytes
    note: bytes


class Digester:
    """Builds the digest of one commit while its blocks are written or read."""

    def __init__(self, previous: bytes, seq: int) -> None:
        self._hash = hashlib.sha256(previous + seq.to_bytes(8, "big"))
        self._previous = previous
        self._seq = seq

    def add(self, block: bytes) -> None:
        """The next block."""
        self._hash.update(block)

    def header(
        self, *, time_ms: int, blocks: int, changes: int, undoes: int, bulk: bool, note: bytes
    ) -> tuple[Header, bytes]:
        """Closes the commit: its header, and the header's bytes."""
        head = _HEADER.pack(VERSION, FLAG_BULK if bulk else 0, time_ms, blocks, changes, undoes)
        self._hash.update(head)
        self._hash.update(note)
        digest = self._hash.digest()
        header = Header(self._seq, time_ms, blocks, changes, undoes, bulk, self._previous, digest, note)
        return header, head + self._previous + digest + note


def decode_header(seq: int, data: bytes) -> Header:
    """Raises StoreBroken when the bytes are not a header of this version."""
    try:
        version, flags, time_ms, blocks, changes, undoes = _HEADER.unpack_from(data)
    except struct.error as error:
        raise StoreBroken(f"journal entry {seq}: header is cut short") from error
    at = _HEADER.size
    if version != VERSION or flags & ~FLAG_BULK or len(data) < at + 64:
        raise StoreBroken(f"journal entry {seq}: header of version {version}, flags {flags}, {len(data)} bytes")
    previous, digest, note = data[at : at + 32], data[at + 32 : at + 64], data[at + 64 :]
    return Header(seq, time_ms, blocks, changes, undoes, bool(flags & FLAG_BULK), previous, digest, note)


def encode_block(table: str, keys: Sequence[bytes], olds: Values, news: Values, lines: Sequence[int] | None) -> bytes:
    """One block of changes. All four run in step; keys ascend."""
    name = table.encode()
    head = bytes((VERSION, len(name))) + name + _U32.pack(len(keys))
    return b"".join((head, *_present(keys), *_column(olds), *_column(news), *_lines(lines)))


def _column(values: Values) -> tuple[bytes, ...]:
    if all(values):  # the common case, and the quickest test that none is absent
        return _present(values)  # type: ignore[arg-type]
    absent = values.count(None)
    if absent == len(values):
        return (b"\x00",)
    if not absent:
        return _present(values)  # type: ignore[arg-type]
    lengths = array("i", [-1 if value is None else len(value) for value in values])
    return b"\x02", _big_endian(lengths), b"".join(value for value in values if value is not None)


def _present(values: Sequence[bytes]) -> tuple[bytes, ...]:
    widths = set(map(len, values))
    if len(widths) == 1:
        return b"\x01", _U32.pack(widths.pop()), b"".join(values)
    return b"\x02", _big_endian(array("i", map(len, values))), b"".join(values)


def _lines(lines: Sequence[int] | None) -> tuple[bytes, ...]:
    return (b"\x00",) if lines is None else (b"\x01", _big_endian(array("I", lines)))


def _big_endian(numbers: array[int]) -> bytes:
    if byteorder == "little":
        numbers.byteswap()
    return numbers.tobytes()


class Column(Sequence["bytes | None"]):
    """One decoded column: values are cut out only when they are asked for."""

    __slots__ = ("_count", "_data", "_offsets", "_width")

    def __init__(self, data: bytes, count: int, width: int, offsets: tuple[array[int], array[int]] | None) -> None:
        self._data, self._count, self._width, self._offsets = data, count, width, offsets

    def __len__(self) -> int:
        return self._count

    @property
    def shortest(self) -> int:
        """Length of the shortest value; 0 where one is absent, and in a column of none."""
        if not self._count:
            return 0
        return max(self._width if self._offsets is None else min(self._offsets[1]), 0)

    def __getitem__(self, index: int) -> bytes | None:  # type: ignore[override]  # no slices: nothing asks for them
        if not 0 <= index < self._count:
            raise IndexError(index)
        if self._width >= 0:
            return self._data[index * self._width : (index + 1) * self._width]
        if self._offsets is None:
            return None
        starts, lengths = self._offsets
        length = lengths[index]
        return None if length < 0 else self._data[starts[index] : starts[index] + length]

    def __iter__(self) -> Iterator[bytes | None]:
        if self._width > 0:
            data, width = self._data, self._width
            return iter([data[at : at + width] for at in range(0, self._count * width, width)])
        return iter([self[index] for index in range(self._count)])


@dataclass(frozen=True, slots=True)
class Block:
    """Changes of one table, in step: key, value before, value after, line of the source file."""

    table: str
    keys: Column
    olds: Column
    news: Column
    lines: array[int] | None

    def key(self, index: int) -> bytes:
        """The key of one change. Keys are never absent."""
        return self.keys[index] or b""

    def line(self, index: int) -> int:
        """The source line of one change; 0 when it did not come from a line."""
        return self.lines[index] if self.lines else 0

    def find(self, start: bytes) -> int:
        """The index of the first key that is not below `start`."""
        return bisect_left(self.keys, start)  # type: ignore[type-var]  # keys are never absent


def decode_block(data: bytes) -> Block:
    """Raises StoreBroken when the bytes are not a whole block of this version."""
    reader = _Reader(data)
    version, name_length = reader.take(2)
    if version != VERSION:
        raise StoreBroken(f"journal block of version {version}")
    try:
        table = reader.take(name_length).decode()
    except UnicodeDecodeError as error:
        raise StoreBroken("journal block of a table whose name is not text") from error
    count = reader.number()
    keys = reader.column(count)
    if not keys.shortest:  # so there are no more changes than bytes, whatever the count says
        raise StoreBroken("journal block with a change of no key, or with no change")
    olds, news = reader.column(count), reader.column(count)
    lines = reader.lines(count)
    reader.end()
    return Block(table, keys, olds, news, lines)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        end = self._at + size
        if size < 0 or end > len(self._data):
            raise StoreBroken("journal block is cut short")
        cut = self._data[self._at : end]
        self._at = end
        return cut

    def number(self) -> int:
        value: int = _U32.unpack(self.take(4))[0]
        return value

    def numbers(self, code: str, count: int) -> array[int]:
        numbers = array(code, self.take(4 * count))
        if byteorder == "little":
            numbers.byteswap()
        return numbers

    def lines(self, count: int) -> array[int] | None:
        kind = self.take(1)[0]
        if kind > 1:
            raise StoreBroken(f"journal block with lines of kind {kind}")
        return self.numbers("I", count) if kind else None

    def column(self, count: int) -> Column:
        kind = self.take(1)[0]
        if kind == 0:
            return Column(b"", count, -1, None)
        if kind == 1:
            width = self.number()
            return Column(self.take(width * count), count, width, None)
        if kind != 2:
            raise StoreBroken(f"journal column of kind {kind}")
        lengths = self.numbers("i", count)
        if min(lengths, default=0) < -1:
            raise StoreBroken("journal column with a length below absence")
        starts, total = array("Q"), 0
        for length in lengths:
            starts.append(total)
            total += max(length, 0)
        return Column(self.take(total), count, -1, (starts, lengths))

    def end(self) -> None:
        if self._at != len(self._data):
            raise StoreBroken("journal block has bytes after its end")
