"""The byte layout of every table. Numbers are big-endian, so that the order of keys is the order of numbers.

    imei14   6    TAC and serial as one number; check digit and software version are never part of a key (TS 23.003 §6.2)
    imsi     7    the digits as one number (`identity.imsi_number`)
    day      2    civil days since 1970-01-01

    status       imei14                  lists/state 1 | reason 1 | deadline 4 | since day 2 | device 4
    range        last imei14             first imei14 6 | lists/state 1 | reason 1 | deadline 4 | since 2 | SVN 1 …
    pair         imei14 | imsi           kind 1 | since day 2 | msisdn 8
    imsi_lock    imsi | imei14           since day 2
    malformed    folded text             lists/state 1 | reason 1 | deadline 4 | since 2
    tac          TAC 4                   cut-over 8 | Type
    device       last device id 4        DeviceBlock
    batch        batch id, text          Batch
    declaration  office/year/number      Declaration
    sighting     imei14 | imsi | op 2    first day 2 | last day 2 | msisdn 8
    operator     op 2                    name

lists/state: bits 0-2 the lists (white, grey, black), bit 3 PAIRED_ONLY, bits 4-7 the state. `deadline` in unix seconds
(until 2106), `device` a device id, `cut-over` in unix seconds; 0 = none, everywhere. A range without SVNs covers all of
them. Ranges do not overlap. Type, DeviceBlock, Batch, Declaration: protobuf, in proto/eir/v1.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from eir.lists import Listing, Lists, Reason
from store.errors import StoreBroken
from store.schema import Schema, Table
from store.upgrade import Step

_IMEI = slice(0, 6)

SCHEMA = Schema(
    layout=1,
    tables=(
        Table("status", _IMEI),
        Table("range", _IMEI),
        Table("pair", _IMEI),
        Table("imsi_lock", slice(7, 13)),
        Table("malformed", slice(0, 16)),
        Table("tac"),
        Table("device"),
        Table("batch"),
        Table("declaration"),
        Table("sighting"),
        Table("operator"),
    ),
)

MAX_IMEI14 = 10**14 - 1
MAX_IMSI = 10**15 - 1
HEAD = 8  # bytes of a listing
DECIDING = 6  # of them, those that a verdict depends on: first, so that records which differ in the rest share one
IN_FORCE = bytes(8)  # how the value of a TAC begins that has no cut-over to wait for

_LISTING = struct.Struct(">BBIH")
_PAIR = struct.Struct(">BHQ")
_SIGHTING = struct.Struct(">HHQ")
_PAIRED_ONLY = 8


class State(IntEnum):
    """Where a device is in its life. Only these fit: four bits."""

    NONE = 0
    RESERVED = 1
    DECLARED = 2
    RELEASED = 3
    ACTIVE = 4
    LEGACY = 5
    TRANSFER_PENDING = 6
    TRAVELLER_PENDING = 7
    TRAVELLER_ACTIVE = 8
    GRACE = 9
    BLOCKED = 10
    EXPORTED = 11
    SCRAPPED = 12
    SUPERSEDED = 13
    EXEMPT = 14


class Device(NamedTuple):
    """The record of one IMEI: its listing, its state, and the device it is a slot of (0 = none on file)."""

    listing: Listing
    state: State = State.NONE
    device: int = 0


class Range(NamedTuple):
    """A listing of all IMEIs from first to last, both included. `svns` empty = any software version."""

    first: int
    last: int
    listing: Listing
    svns: tuple[int, ...] = ()


class Pair(NamedTuple):
    """An IMEI and an IMSI on file together. `kind` is one of PAIR_KINDS; msisdn is for the lists of operators."""

    kind: int
    since: int
    msisdn: int


PAIR_FROM_FILE, PAIR_FROM_COMMAND = 1, 2


class Sighting(NamedTuple):
    """When an operator saw an IMEI with an IMSI: first and last civil day, and the number last used."""

    first: int
    last: int
    msisdn: int


# ---- keys


def imei_key(imei14: int) -> bytes:
    """Key of `status`."""
    return imei14.to_bytes(6, "big")


def number(key: bytes) -> int:
    """A key or a part of one as a number."""
    return int.from_bytes(key, "big")


def pair_key(imei14: int, imsi: int) -> bytes:
    """Key of `pair`."""
    return imei14.to_bytes(6, "big") + imsi.to_bytes(7, "big")


def lock_key(imsi: int, imei14: int) -> bytes:
    """Key of `imsi_lock`."""
    return imsi.to_bytes(7, "big") + imei14.to_bytes(6, "big")


def tac_key(tac: int) -> bytes:
    """Key of `tac`."""
    return tac.to_bytes(4, "big")


def device_key(device: int) -> bytes:
    """Key of `device`."""
    return device.to_bytes(4, "big")


def sighting_key(imei14: int, imsi: int, operator: int) -> bytes:
    """Key of `sighting`; imsi 0 = not known."""
    return imei14.to_bytes(6, "big") + imsi.to_bytes(7, "big") + operator.to_bytes(2, "big")


def text_key(text: str) -> bytes:
    """Key of `malformed`, `batch` and `declaration`."""
    return text.encode()


# ---- values


def encode_listing(listing: Listing, state: State = State.NONE) -> bytes:
    """The eight bytes of a listing; the first six decide a verdict."""
    packed = listing.lists | (_PAIRED_ONLY if listing.paired_only else 0) | state << 4
    return _LISTING.pack(packed, listing.reason, listing.deadline, listing.since)


def decode_listing(head: bytes) -> tuple[Listing, State]:
    """Raises StoreBroken when the bytes are not a listing of this layout."""
    try:
        packed, reason, deadline, since = _LISTING.unpack(head)
        listing = Listing(Lists(packed & 7), Reason(reason), deadline, bool(packed & _PAIRED_ONLY), since)
        return listing, State(packed >> 4)
    except (struct.error, ValueError) as error:
        raise StoreBroken(f"listing {head.hex()} does not parse: {error}") from error


def encode_device(device: Device) -> bytes:
    """Value of `status`."""
    return encode_listing(device.listing, device.state) + device.device.to_bytes(4, "big")


def decode_device(value: bytes) -> Device:
    """Value of `status`. Raises StoreBroken."""
    if len(value) != HEAD + 4:
        raise StoreBroken(f"status value of {len(value)} bytes")
    return Device(*decode_listing(value[:HEAD]), number(value[HEAD:]))


def encode_range(span: Range) -> tuple[bytes, bytes]:
    """Key and value of `range`."""
    return imei_key(span.last), imei_key(span.first) + encode_listing(span.listing) + bytes(span.svns)


def decode_range(key: bytes, value: bytes) -> Range:
    """Raises StoreBroken."""
    listing, _ = decode_listing(value[6 : 6 + HEAD])
    return Range(number(value[:6]), number(key), listing, tuple(value[6 + HEAD :]))


def encode_pair(pair: Pair) -> bytes:
    """Value of `pair`."""
    return _PAIR.pack(*pair)


def decode_pair(value: bytes) -> Pair:
    """Value of `pair`."""
    return Pair(*_PAIR.unpack(value))


def encode_sighting(sighting: Sighting) -> bytes:
    """Value of `sighting`."""
    return _SIGHTING.pack(*sighting)


def decode_sighting(value: bytes) -> Sighting:
    """Value of `sighting`."""
    return Sighting(*_SIGHTING.unpack(value))


def encode_day(day: int) -> bytes:
    """Value of `imsi_lock`."""
    return day.to_bytes(2, "big")


def encode_cutover(cutover: int) -> bytes:
    """First part of a value of `tac`; the rest is a Type."""
    return cutover.to_bytes(8, "big")


def decode_cutover(value: bytes) -> int:
    """Unix seconds from a value of `tac`."""
    return number(value[:8])


# ---- layouts before this one: how to rewrite the tables of layout n into n + 1. There is none yet.

UPGRADES: Mapping[int, Step] = {}
