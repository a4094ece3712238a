"""Listings of single devices, and of malformed texts that phones send.

A listing replaces the one before it. An empty one takes it away, and keeps what the record says beside it: the state and the
device. A listing that serves a device with its pairs only needs no list.

Test IMEIs are answered by the policy whatever is listed (row TEST), so listing one is refused. All-zero and placeholder
IMEIs, and malformed texts, are sent by many devices at once: zeros and placeholders can be grey or black but never white,
a malformed text can be on any list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from eir import records
from eir.errors import InvalidField
from eir.identity import ImeiClass
from eir.lists import Listing, Lists, Reason
from eir.records import Device
from eir.registry import fields
from eir.registry.author import note
from eir.registry.change import Registry, Writes, execute
from eir.v1 import check_pb2
from eir.v1 import registry_pb2 as pb
from store.snapshot import Snapshot

_LISTS = {pb.LIST_WHITE: Lists.WHITE, pb.LIST_GREY: Lists.GREY, pb.LIST_BLACK: Lists.BLACK}
_GOOD, _BAD = Lists.WHITE, Lists.GREY | Lists.BLACK

# The lists that a reason is a reason for. Reasons that are not here belong to other rows of the decision table.
FITS: Mapping[Reason, Lists] = {
    Reason.REGISTERED: _GOOD,
    Reason.LEGACY: _GOOD,
    Reason.EXEMPT: _GOOD,
    # Served for a time, then no more.
    Reason.TRAVELLER: _GOOD | _BAD,
    Reason.NOT_ACTIVATED: _GOOD | _BAD,
    Reason.NOT_RELEASED: _BAD,
    Reason.UNREGISTERED: _BAD,
    Reason.DUPLICATE: _BAD,
    Reason.STOLEN: _BAD,
    Reason.LOST: _BAD,
    Reason.BARRED: _BAD,
    Reason.TAC_NOT_ALLOCATED: _BAD,
    Reason.TYPE_NOT_APPROVED: _BAD,
    Reason.MALFORMED_IMEI: _BAD,
    Reason.PLACEHOLDER_IMEI: _BAD,
}
_PAIRED_ONLY_FITS = (Reason.DUPLICATE,)  # the clone's reason, on whatever list the device stays


def set_listings(registry: Registry, request: pb.ListingsRequest, actor: str) -> pb.CommitResponse:
    """Replaces the listing of each IMEI or malformed text. Raises InvalidField."""
    now, today = registry.now(), registry.today()
    wanted = fields.distinct("listings", _read_all(registry, fields.items("listings", request.listings), now))
    line = note(registry.policy, "set listings", request.author, actor)
    return execute(registry, line, lambda snapshot: plan_listings(snapshot, wanted, today))


def plan_listings(snapshot: Snapshot, wanted: Mapping[int | str, Listing], today: int) -> Writes:
    """The changes that give IMEIs (numbers) and malformed texts their listings. `today` in days since 1970."""
    devices: dict[bytes, bytes | None] = {}
    texts: dict[bytes, bytes | None] = {}
    for subject, listing in wanted.items():
        if isinstance(subject, int):
            key = records.imei_key(subject)
            devices[key] = _device(snapshot.get("status", key), listing, today)
        else:
            key = records.text_key(subject)
            texts[key] = _text(snapshot.get("malformed", key), listing, today)
    return {"status": devices, "malformed": texts}


def _device(value: bytes | None, listing: Listing, today: int) -> bytes | None:
    old = records.decode_device(value) if value else Device(Listing())
    new = old._replace(listing=dated(old.listing, listing, today))
    return records.encode_device(new) if new != Device(Listing()) else None


def _text(value: bytes | None, listing: Listing, today: int) -> bytes | None:
    old = records.decode_listing(value)[0] if value else Listing()
    new = dated(old, listing, today)
    return records.encode_listing(new) if new != Listing() else None


def dated(old: Listing, new: Listing, today: int) -> Listing:
    """`new`, since today, or `old` where it says the same already."""
    if new == old._replace(since=0):
        return old
    return new._replace(since=today) if new != Listing() else new


# ---- reading requests


def _read_all(registry: Registry, listings: Sequence[pb.Listing], now: int) -> Iterable[tuple[int | str, Listing]]:
    classes = registry.policy.imei_classes()
    for index, given in enumerate(listings):
        field = f"listings[{index}]"
        listing = read_listing(field, given.lists, given.reason, given.deadline, now, paired_only=given.paired_only)
        text = fields.malformed(given.imei)
        if text is not None:
            if listing.paired_only:
                raise InvalidField(f"{field}.paired_only", "a malformed text has no pairs")
            yield text, listing
            continue
        number = fields.imei(f"{field}.imei", given.imei, classes)
        _check_class(field, classes.classify(number), listing)
        yield number, listing


def _check_class(field: str, imei_class: ImeiClass, listing: Listing) -> None:
    if listing == Listing() or imei_class is ImeiClass.NORMAL:
        return
    if imei_class is ImeiClass.TEST:
        raise InvalidField(f"{field}.imei", "a test IMEI is answered by the policy (`test`), not by a listing")
    if Lists.WHITE in listing.lists or listing.paired_only:
        raise InvalidField(f"{field}.lists", "all-zero and placeholder IMEIs can be grey or black only")


def read_listing(
    field: str, lists: Iterable[pb.List], reason: int, deadline: int, now: int, *, paired_only: bool = False
) -> Listing:
    """A listing as a request words it, `since` still 0. Raises InvalidField unless its parts fit together."""
    mask = Lists.NONE
    for index, number in enumerate(lists):
        if number not in _LISTS:
            raise InvalidField(f"{field}.lists[{index}]", f"expected LIST_WHITE, LIST_GREY or LIST_BLACK, got {number}")
        mask |= _LISTS[number]
    if not mask and not paired_only:
        for name, given in (("reason", reason), ("deadline", deadline)):
            if given:
                raise InvalidField(f"{field}.{name}", "no lists are given, so the listing is taken away: leave this out")
        return Listing()
    return Listing(mask, _reason(field, mask, reason, paired_only), _deadline(field, mask, deadline, now), paired_only)


def _reason(field: str, mask: Lists, number: int, paired_only: bool) -> Reason:
    """The reason holds for the strictest list: a stolen device may stay on the white list too."""
    strictest = next((one for one in (Lists.BLACK, Lists.GREY, Lists.WHITE) if one in mask), Lists.NONE)
    fitting = [
        reason
        for reason, fits in FITS.items()
        if strictest in fits or (paired_only and reason in _PAIRED_ONLY_FITS)  # no list fits every reason
    ]
    if number not in fitting:
        known = number in check_pb2.Reason.values()
        found = check_pb2.Reason.Name(check_pb2.Reason.ValueType(number)) if known else str(number)
        expected = ", ".join(f"REASON_{reason.name}" for reason in fitting)
        raise InvalidField(f"{field}.reason", f"{found} is no reason for this listing; expected one of {expected}")
    return Reason(number)


def _deadline(field: str, mask: Lists, deadline: int, now: int) -> int:
    name = f"{field}.deadline"
    if not fields.seconds(name, deadline):
        return 0
    if Lists.GREY not in mask:
        raise InvalidField(name, "only a grey listing has a deadline")
    if deadline <= now:
        raise InvalidField(name, f"expected a time to come, got {deadline}, which is past")
    return deadline
