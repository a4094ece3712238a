"""The tables that lists are made from, in columns, after any commit.

The last state is read from the store. An earlier one is the last with the journal applied backwards: of all changes of a
key after that commit, the first one knows the value that the key had. Memory: 27 bytes for each sighting, 24 for a pair and
18 for a record, as much again for what is taken back, 100 for a range or a type; while lists are made, some 130 for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from eir import records
from loaders.load import Progress
from store.errors import StoreBroken
from store.journal import Block
from store.snapshot import Snapshot

Numbers: TypeAlias = npt.NDArray[np.uint64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Raw: TypeAlias = npt.NDArray[np.void]  # entries of a table, ascending: fields `key` and `value`, as stored

_CHUNK = 1 << 11  # so few that the interpreter reuses their memory at once


def _entry(key: int, value: int) -> np.dtype[np.void]:
    # Fixed text ("S") compares as bytes do; that it ignores zeros at the end is harmless where all have one width.
    return np.dtype([("key", f"S{key}"), ("value", f"S{value}")])


_LARGE = {"status": _entry(6, 12), "pair": _entry(13, 11), "sighting": _entry(15, 12)}
_SMALL = ("range", "tac", "operator")

# Where numbers stand in the entries, as `eir/records.py` draws them.
IMEI, IMSI = slice(0, 6), slice(6, 13)
STATUS_HEAD, STATUS_DEVICE = slice(6, 14), slice(14, 18)
PAIR_MSISDN = slice(16, 24)
SIGHTING_OPERATOR, SIGHTING_LAST, SIGHTING_MSISDN = slice(13, 15), slice(17, 19), slice(19, 27)


def numbers(entries: Raw, part: slice) -> Numbers:
    """A part of each entry as a number."""
    octets = np.ascontiguousarray(entries).view(np.uint8).reshape(len(entries), entries.dtype.itemsize)
    wide = np.zeros((len(entries), 8), np.uint8)
    wide[:, 8 - (part.stop - part.start) :] = octets[:, part]
    return wide.view(">u8").ravel().astype(np.uint64)


def octets(values: Numbers, size: int) -> npt.NDArray[np.bytes_]:
    """Each number as `size` bytes: a key, or a part of one."""
    wide = values.astype(">u8").view(np.uint8).reshape(len(values), 8)
    return np.ascontiguousarray(wide[:, 8 - size :]).view(f"S{size}").ravel()


def find(stored: npt.NDArray[np.generic], wanted: npt.NDArray[np.generic]) -> tuple[npt.NDArray[np.intp], Mask]:
    """For each wanted value, its place in an ascending array, and whether it is there."""
    places = np.searchsorted(stored, wanted)
    if not len(stored):
        return places, np.zeros(len(wanted), np.bool_)
    return places, stored[np.minimum(places, len(stored) - 1)] == wanted


def distinct(ascending: Numbers) -> Numbers:
    """An ascending array without repetitions."""
    return ascending[np.concatenate(([True], ascending[1:] != ascending[:-1]))] if len(ascending) else ascending


@dataclass(frozen=True, slots=True)
class Tables:
    """Entries of the tables that lists are made from. Of a type only the cut-over is kept."""

    large: Mapping[str, Raw]
    small: Mapping[str, Mapping[bytes, bytes]]

    @classmethod
    def empty(cls) -> Tables:
        """As before the first commit."""
        return cls({name: np.empty(0, entry) for name, entry in _LARGE.items()}, {name: {} for name in _SMALL})

    @classmethod
    def read(cls, snapshot: Snapshot, progress: Progress) -> Tables:
        """As the snapshot has them."""
        large = {name: _read(snapshot, name, progress) for name in _LARGE}
        small = {name: {key: _kept(name, value) for key, value in snapshot.scan(name)} for name in _SMALL}
        return cls(large, small)

    def before(self, snapshot: Snapshot, first: int, last: int) -> Tables:
        """As they were before the commits first..last, the last of which made them what they are."""
        large: dict[str, list[tuple[Raw, Mask]]] = {}
        small: dict[str, dict[bytes, bytes | None]] = {name: {} for name in _SMALL}
        for header in snapshot.headers(first, last):
            for block in snapshot.blocks(header):
                if block.table in _LARGE:
                    large.setdefault(block.table, []).append(_olds(block))
                elif block.table in small:
                    for key, old in zip(block.keys, block.olds, strict=True):
                        small[block.table].setdefault(key or b"", old)
        return Tables(
            {
                name: _overlaid(entries, *map(np.concatenate, zip(*large[name], strict=True))) if name in large else entries
                for name, entries in self.large.items()
            },
            {name: _overlaid_small(name, entries, small[name]) for name, entries in self.small.items()},
        )

    def with_status(self, entries: Raw) -> Tables:
        """With these entries of `status` instead of those of the same keys."""
        status = _overlaid(self.large["status"], entries, np.ones(len(entries), np.bool_))
        return Tables({**self.large, "status": status}, self.small)


def _read(snapshot: Snapshot, table: str, progress: Progress) -> Raw:
    """All of a table. Keys and values in turn, which is a quarter quicker than in pairs."""
    entry, total = _LARGE[table], snapshot.entries(table)
    entries = np.empty(total, entry)
    for field, column in (("key", snapshot.keys(table)), ("value", snapshot.values(table))):
        size = entry[field].itemsize
        for start in range(0, total, _CHUNK):
            chunk = b"".join(islice(column, _CHUNK))
            end = min(start + _CHUNK, total)
            if len(chunk) != size * (end - start):
                raise _other_width(table)
            entries[field][start:end] = np.frombuffer(chunk, f"S{size}")
            if field == "value":
                progress("read", end, total)
    return entries


def _other_width(table: str) -> StoreBroken:
    return StoreBroken(f"the table {table} has entries of another width; run `eir audit`")


def _as_entries(table: str, data: bytes | bytearray) -> Raw:
    if len(data) % _LARGE[table].itemsize:
        raise _other_width(table)
    return np.frombuffer(data, _LARGE[table])


def _kept(table: str, value: bytes) -> bytes:
    return value[:8] if table == "tac" else value


def _olds(block: Block) -> tuple[Raw, Mask]:
    """The changed keys of a block with the values before, and which of them had one."""
    absent = bytes(_LARGE[block.table]["value"].itemsize)
    olds = list(block.olds)
    joined = b"".join(chain.from_iterable((key or b"", old or absent) for key, old in zip(block.keys, olds, strict=True)))
    return _as_entries(block.table, joined), np.fromiter((old is not None for old in olds), np.bool_, len(olds))


def _overlaid(entries: Raw, changed: Raw, present: Mask) -> Raw:
    """Entries with the first change of each key made: its value, or none where it is not present."""
    keys, firsts = np.unique(changed["key"], return_index=True)
    places, there = find(entries["key"], keys)
    kept = np.delete(entries, places[there])
    added = changed[firsts[present[firsts]]]
    return np.insert(kept, np.searchsorted(kept["key"], added["key"]), added)


def _overlaid_small(table: str, entries: Mapping[bytes, bytes], changed: Mapping[bytes, bytes | None]) -> dict[bytes, bytes]:
    overlaid = {key: value for key, value in entries.items() if key not in changed}
    overlaid.update((key, _kept(table, value)) for key, value in changed.items() if value is not None)
    return dict(sorted(overlaid.items()))


class State:
    """The registry after commit `seq`, looked at in the second `at`."""

    def __init__(self, tables: Tables, seq: int, at: int) -> None:
        self.tables = tables
        self.seq = seq
        self.at = at
        self.sightings = tables.large["sighting"]
        self.pairs = tables.large["pair"]

    @cached_property
    def on_file(self) -> Numbers:
        """IMEIs that have a record, ascending."""
        return numbers(self.tables.large["status"], IMEI)

    @cached_property
    def seen(self) -> Numbers:
        """The IMEI of each sighting, ascending."""
        return numbers(self.sightings, IMEI)

    @cached_property
    def seen_with(self) -> Numbers:
        """The IMSI of each sighting; 0 = not known."""
        return numbers(self.sightings, IMSI)

    @cached_property
    def devices(self) -> Numbers:
        """IMEIs seen or on file, ascending."""
        both = np.concatenate((self.on_file, distinct(self.seen)))
        both.sort(kind="stable")  # merges what is in order already
        return distinct(both)

    @cached_property
    def heads(self) -> tuple[Numbers, npt.NDArray[np.intp]]:
        """The distinct listings among the records, as numbers of eight bytes, and which of them each record has."""
        heads, which = np.unique(numbers(self.tables.large["status"], STATUS_HEAD), return_inverse=True)
        return heads, which

    @cached_property
    def ranges(self) -> list[records.Range]:
        """Ranges that match whatever the software version, ascending."""
        spans = (records.decode_range(key, value) for key, value in self.tables.small["range"].items())
        return [span for span in spans if not span.svns]

    @cached_property
    def not_enforced(self) -> Numbers:
        """TACs whose enforcement has not begun, ascending."""
        tacs = (key for key, value in self.tables.small["tac"].items() if records.decode_cutover(value) > self.at)
        return np.array([records.number(key) for key in tacs], np.uint64)

    @cached_property
    def operators(self) -> dict[int, str]:
        """Names of the operators that sent dumps."""
        return {records.number(key): value.decode() for key, value in self.tables.small["operator"].items()}
