"""Keys, values and commits in words, for people: histories, conflicts, journals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from google.protobuf.message import DecodeError

from eir import records
from eir.identity import Imei, imsi_text
from eir.lists import Listing, Lists
from eir.records import PAIR_FROM_FILE, State
from eir.registry.change import EPOCH
from eir.v1 import registry_pb2 as pb
from store.errors import StoreBroken
from store.journal import Header


def _imei(part: bytes) -> str:
    return f"IMEI {Imei(records.number(part)).text}"


def _imsi(part: bytes) -> str:
    return f"IMSI {imsi_text(records.number(part))}"


_KEYS: Mapping[str, Callable[[bytes], str]] = {
    "status": _imei,
    "range": lambda key: f"range up to {_imei(key)}",
    "pair": lambda key: f"pair of {_imei(key[:6])} and {_imsi(key[6:])}",
    "imsi_lock": lambda key: f"lock of {_imsi(key[:7])} to {_imei(key[7:])}",
    "malformed": lambda key: f"malformed IMEI {key.decode()}",
    "tac": lambda key: f"TAC {records.number(key):08}",
    "device": lambda key: f"devices up to {records.number(key)}",
    "batch": lambda key: f"batch {key.decode()}",
    "declaration": lambda key: f"declaration {key.decode()}",
    "sighting": lambda key: f"sighting of {_imei(key[:6])} with {_imsi(key[6:13])}",
    "operator": lambda key: f"operator number {records.number(key)}",
}


def key_words(table: str, key: bytes) -> str:
    """What a key of a table stands for."""
    return _KEYS[table](key)


def decode_note(header: Header) -> pb.JournalNote:
    """What a commit says of itself. Raises StoreBroken."""
    try:
        return pb.JournalNote.FromString(header.note)
    except DecodeError as error:
        raise StoreBroken(f"the note of commit {header.seq} does not parse: {error}") from error


def commit_words(header: Header) -> str:
    """`commit 17 (load stolen stolen.csv)`."""
    note = decode_note(header)
    return f"commit {header.seq} ({' '.join(filter(None, (note.kind, note.source)))})"


# ---- values


def value_words(table: str, key: bytes, value: bytes, zone: ZoneInfo) -> str:
    """What a value says; of the tables that a history is kept of. Raises StoreBroken."""
    return _VALUES[table](key, value, zone)


def _status(_: bytes, value: bytes, zone: ZoneInfo) -> str:
    device = records.decode_device(value)
    parts = [_listing(device.listing, zone)]
    if device.state is not State.NONE:
        parts.append(device.state.name.lower().replace("_", " "))
    if device.device:
        parts.append(f"device {device.device}")
    return ", ".join(parts)


def _range(key: bytes, value: bytes, zone: ZoneInfo) -> str:
    span = records.decode_range(key, value)
    svns = f", software version {' '.join(f'{svn:02}' for svn in span.svns)}" if span.svns else ""
    return f"{Imei(span.first).text} to {Imei(span.last).text} {_listing(span.listing, zone)}{svns}"


def _pair(key: bytes, value: bytes, _: ZoneInfo) -> str:
    pair = records.decode_pair(value)
    source = "a file" if pair.kind == PAIR_FROM_FILE else "a command"
    msisdn = f", number {pair.msisdn}" if pair.msisdn else ""
    return f"paired with {_imsi(key[6:])}{msisdn}, by {source}, {_since(pair.since)}"


def _lock(key: bytes, value: bytes, _: ZoneInfo) -> str:
    return f"{_imsi(key[:7])} is locked to it, {_since(records.number(value))}"


def _malformed(_: bytes, value: bytes, zone: ZoneInfo) -> str:
    return _listing(records.decode_listing(value)[0], zone)


_VALUES: Mapping[str, Callable[[bytes, bytes, ZoneInfo], str]] = {
    "status": _status,
    "range": _range,
    "pair": _pair,
    "imsi_lock": _lock,
    "malformed": _malformed,
}


_LISTS = {"white": Lists.WHITE, "grey": Lists.GREY, "black": Lists.BLACK}


def _listing(listing: Listing, zone: ZoneInfo) -> str:
    """`white and grey (NOT_ACTIVATED) until 2025-03-01 00:00`."""
    if not listing.lists and not listing.paired_only:
        return "on no list"
    lists = " and ".join(name for name, one in _LISTS.items() if one in listing.lists)
    pairs = "with its pairs only" if listing.paired_only else ""
    words = " ".join(filter(None, (lists, pairs, f"({listing.reason.name})")))
    return f"{words} until {_second(listing.deadline, zone)}" if listing.deadline else words


def _second(seconds: int, zone: ZoneInfo) -> str:
    return dt.datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %H:%M")


def _since(day: int) -> str:
    return f"since {EPOCH + dt.timedelta(days=day)}"
