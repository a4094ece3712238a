"""Listings of ranges: a TAC, several, or any run of IMEIs. The ranges on file never overlap.

A new range replaces what it overlaps: neighbours are cut at its ends, ranges inside it go. Two ranges of one request may not
overlap unless they are the same, since their order would decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from eir import records
from eir.errors import InvalidField
from eir.identity import ClassTable, tac_from_document
from eir.lists import Listing
from eir.records import Range
from eir.registry import fields
from eir.registry.author import note
from eir.registry.change import Registry, Writes, execute
from eir.registry.listings import read_listing
from eir.v1 import registry_pb2 as pb
from store.snapshot import Snapshot

_TAC_SIZE = 1_000_000


def set_ranges(registry: Registry, request: pb.RangesRequest, actor: str) -> pb.CommitResponse:
    """Lists ranges, or clears them where no lists are given. Raises InvalidField."""
    now, today = registry.now(), registry.today()
    wanted = _read_all(registry, fields.items("ranges", request.ranges), now)
    line = note(registry.policy, "set ranges", request.author, actor)
    return execute(registry, line, lambda snapshot: plan_ranges(snapshot, wanted, today))


def plan_ranges(snapshot: Snapshot, wanted: Sequence[Range], today: int) -> Writes:
    """The changes that put disjoint ascending ranges in place of what they overlap. `today` in days since 1970."""
    writes: dict[bytes, bytes | None] = {}
    floor = 0  # below it all is planned already
    for new in wanted:
        old = [span._replace(first=max(span.first, floor)) for span in overlapping(snapshot, new)]
        changes = splice(old, new, today)
        if changes:
            writes.update(changes)
            floor = new.last + 1
    return {"range": writes}


def splice(old: Sequence[Range], new: Range, today: int) -> Mapping[bytes, bytes | None]:
    """The changes that put `new` in place of the ranges that it overlaps, `old`; without lists it only clears.

    None at all when a range covers it and says the same already.
    """
    if any(span.first <= new.first and new.last <= span.last and _says(span) == _says(new) for span in old):
        return {}
    rest: list[Range] = []
    for span in old:
        if span.first < new.first:
            rest.append(span._replace(last=new.first - 1))
        if span.last > new.last:
            rest.append(span._replace(first=new.last + 1))
    if new.listing.lists:
        rest.append(new._replace(listing=new.listing._replace(since=today)))
    return dict.fromkeys(records.imei_key(span.last) for span in old) | dict(map(records.encode_range, rest))


def _says(span: Range) -> Range:
    """What a range says, wherever it lies and since whenever."""
    return span._replace(first=0, last=0, listing=span.listing._replace(since=0))


def overlapping(snapshot: Snapshot, span: Range) -> Iterator[Range]:
    """The ranges on file that share an IMEI with this one, ascending."""
    for key, value in snapshot.scan("range", records.imei_key(span.first)):
        found = records.decode_range(key, value)
        if found.first > span.last:
            return
        yield found


def covering(snapshot: Snapshot, imei14: int) -> Range | None:
    """The range that an IMEI lies in, whatever its software version."""
    return next(overlapping(snapshot, Range(imei14, imei14, Listing())), None)


# ---- reading requests


def _read_all(registry: Registry, ranges: Sequence[pb.Range], now: int) -> list[Range]:
    classes = registry.policy.imei_classes()
    numbered = [(_read(f"ranges[{index}]", given, classes, now), index) for index, given in enumerate(ranges)]
    return list(_disjoint(sorted(numbered, key=lambda pair: (pair[0].first, pair[0].last, pair[1]))))


def _read(field: str, given: pb.Range, classes: ClassTable, now: int) -> Range:
    first, last = _ends(f"{field}.first", given.first, classes)
    if given.last:
        _, last = _ends(f"{field}.last", given.last, classes)
    if last < first:
        raise InvalidField(f"{field}.last", f"{fields.shown(given.last)} lies before first, {fields.shown(given.first)}")
    listing = read_listing(field, given.lists, given.reason, given.deadline, now)
    svns = fields.svns(f"{field}.software_versions", given.software_versions)
    if svns and not listing.lists:
        raise InvalidField(f"{field}.software_versions", "a range is cleared for all software versions: leave this out")
    return Range(first, last, listing, svns)


def _ends(field: str, text: str, classes: ClassTable) -> tuple[int, int]:
    """The first and last IMEI that a TAC or an IMEI stands for."""
    tac = tac_from_document(text)
    if tac is not None:
        return tac * _TAC_SIZE, (tac + 1) * _TAC_SIZE - 1
    try:
        number = fields.imei(field, text, classes)
    except InvalidField as error:
        raise InvalidField(field, f"neither a TAC of 8 digits nor an IMEI: {error.problem}") from error
    return number, number


def _disjoint(numbered: Iterable[tuple[Range, int]]) -> Iterator[Range]:
    before: tuple[Range, int] | None = None
    for span, index in numbered:
        if before and span.first <= before[0].last:
            if span == before[0]:
                continue
            raise InvalidField(f"ranges[{index}]", f"overlaps ranges[{before[1]}]; send one of them in another request")
        before = span, index
        yield span
