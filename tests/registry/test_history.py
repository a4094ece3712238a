"""The history of one IMEI."""

from __future__ import annotations

from importlib import import_module

import pytest

from eir import records
from eir.errors import InvalidField
from eir.lists import Listing, Lists, Reason
from eir.registry import Registry, add_locks, add_pairs, history, remove_pairs, set_listings, set_ranges, undo
from eir.registry.declared import declared
from eir.v1 import check_pb2, records_pb2
from eir.v1 import registry_pb2 as pb
from store.commit import BULK_CHANGES
from store.errors import StoreBroken
from tests.registry.cases import AUTHOR, IMEI, IMSI, NOW, OTHER, device_row, load

WHITE = Listing(Lists.WHITE, Reason.REGISTERED, since=19_000)


def of(registry: Registry, imei: str = IMEI) -> pb.HistoryResponse:
    return history(registry, pb.HistoryRequest(imei=imei))


def told(answer: pb.HistoryResponse) -> list[tuple[int, str, str, str]]:
    return [(event.seq, event.table, event.before, event.after) for event in answer.events]


def bulk(listing: Listing = WHITE, device: int = 12) -> dict[str, dict[bytes, bytes]]:
    """As many devices as make a commit too large for the index; IMEI and its neighbour among them."""
    imeis = range(int(IMEI) - BULK_CHANGES // 2, int(IMEI) + BULK_CHANGES // 2)
    return {"status": dict(device_row(f"{imei:014}", listing, device) for imei in imeis)}


def test_every_change_is_told_with_who_why_and_from_where(registry: Registry) -> None:
    load(registry, "manifest1", bulk(), lines=2)
    deadline = NOW + 86_400
    listing = pb.Listing(imei=IMEI, lists=[pb.LIST_GREY], reason=check_pb2.REASON_UNREGISTERED, deadline=deadline)
    set_listings(registry, pb.ListingsRequest(listings=[listing], author=AUTHOR), "sara")
    answer = of(registry, IMEI + "9")
    assert answer.imei == IMEI
    assert told(answer) == [
        (1, "status", "", "white (REGISTERED), released, device 12"),
        (
            2,
            "status",
            "white (REGISTERED), released, device 12",
            "grey (UNREGISTERED) until 2023-11-16 01:43, released, device 12",
        ),
    ]
    first, second = answer.events
    assert (first.actor, first.reason, first.source, first.batch) == (
        "customs",
        "load stolen: as ordered",
        "manifest1.csv",
        "manifest1",
    )
    assert (first.line, first.time) == (2 + BULK_CHANGES // 2, NOW)
    assert (second.actor, second.reason, second.source, second.line) == ("sara", "set listings: as ordered", "", 0)
    assert answer.now.status == check_pb2.EQUIPMENT_STATUS_GREYLISTED
    assert (answer.now.rule, answer.now.deadline, answer.now.as_of) == (check_pb2.RULE_DEVICE, deadline, 2)


def test_an_undo_is_told_too(registry: Registry) -> None:
    load(registry, "manifest1", bulk())
    undo(registry, pb.UndoRequest(batch="manifest1"), "op")
    answer = of(registry)
    assert told(answer)[1] == (2, "status", "white (REGISTERED), released, device 12", "")
    assert [event.undoes for event in answer.events] == [0, 1]
    assert answer.now.rule == check_pb2.RULE_UNKNOWN


def test_pairs_and_locks_of_the_device_are_told_and_no_others(registry: Registry) -> None:
    pair, other = pb.Pair(imei=IMEI, imsi=IMSI, msisdn="09121234567"), pb.Pair(imei=OTHER, imsi=IMSI)
    add_pairs(registry, pb.PairsRequest(pairs=[other, pair]), "op")
    add_locks(registry, pb.LocksRequest(locks=[pb.Lock(imsi=IMSI, imei=imei) for imei in (IMEI, OTHER)]), "op")
    assert of(registry).imsis_paired == [IMSI]
    remove_pairs(registry, pb.PairsRequest(pairs=[pair]), "op")
    paired = f"paired with IMSI {IMSI}, number 989121234567, by a command, since 2023-11-15"
    answer = of(registry)
    assert told(answer) == [
        (1, "pair", "", paired),
        (2, "imsi_lock", "", f"IMSI {IMSI} is locked to it, since 2023-11-15"),
        (3, "pair", paired, ""),
    ]
    assert not answer.imsis_paired


def test_changes_of_the_range_that_covers_it_are_told(registry: Registry) -> None:
    def put(first: str, lists: list[pb.List], svns: list[str]) -> None:
        span = pb.Range(first=first, last="35693803", lists=lists, software_versions=svns, reason=check_pb2.REASON_BARRED)
        set_ranges(registry, pb.RangesRequest(ranges=[span]), "op")

    put("35693803", [pb.LIST_BLACK], ["01", "02"])
    put(OTHER, [pb.LIST_GREY, pb.LIST_BLACK], [])
    assert told(of(registry))[-1][1:] == (
        "range",
        "",
        f"35693803000000 to {IMEI} black (BARRED), software version 01 02",
    )
    assert [row[0] for row in told(of(registry, OTHER))] == [1, 2]
    assert told(of(registry, OTHER))[1][3] == f"{OTHER} to 35693803999999 grey and black (BARRED)"
    assert told(of(registry, "86000000000000")) == []


def test_a_malformed_text_has_a_history_of_its_own(registry: Registry) -> None:
    listings = [
        pb.Listing(imei=text, lists=[pb.LIST_BLACK], reason=check_pb2.REASON_STOLEN) for text in ("ABC", "ABCD", "12")
    ]
    set_listings(registry, pb.ListingsRequest(listings=listings), "op")
    set_listings(registry, pb.ListingsRequest(listings=[pb.Listing(imei="abc")]), "op")
    answer = of(registry, "abc")
    assert (answer.imei, answer.now.rule) == ("ABC", check_pb2.RULE_MALFORMED)
    assert told(answer) == [(1, "malformed", "", "black (STOLEN)"), (2, "malformed", "black (STOLEN)", "")]


@pytest.mark.parametrize("imei", ["", "xyz", IMEI + "1", "1" * 17])
def test_what_is_no_imei_is_refused(registry: Registry, imei: str) -> None:
    with pytest.raises(InvalidField, match=r"^imei: "):
        of(registry, imei)


@pytest.mark.parametrize(
    ("imei", "rule"),
    [("0" * 15, check_pb2.RULE_MALFORMED), ("8" * 14, check_pb2.RULE_MALFORMED), ("00440100000000", check_pb2.RULE_TEST)],
)
def test_reserved_imeis_have_a_history_too(registry: Registry, imei: str, rule: int) -> None:
    assert of(registry, imei).now.rule == rule


def test_a_long_history_is_cut_to_its_newest_events(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("eir.registry.history"), "MAX_EVENTS", 3)
    for _ in range(3):
        add_pairs(registry, pb.PairsRequest(pairs=[pb.Pair(imei=IMEI, imsi=IMSI)]), "op")
        remove_pairs(registry, pb.PairsRequest(pairs=[pb.Pair(imei=IMEI, imsi=IMSI)]), "op")
    assert [event.seq for event in of(registry).events] == [4, 5, 6]


# ---- the device as declared

BLOCK = records_pb2.DeviceBlock(
    first=10,
    batch="manifest1",
    slots=[2, 1, 2],
    imeis=[1, 2, int(IMEI), 4, 5],
    lines=[2, 3, 4],
    serials=["S1", "S2", "S3"],
    names=["Acme", "One", "Two"],
    brands=[1, 1, 0],
    models=[2, 3, 0],
)


def test_the_device_is_described_as_it_was_declared(registry: Registry) -> None:
    block = {records.device_key(12): BLOCK.SerializeToString()}
    load(registry, "manifest1", {"status": dict([device_row(IMEI, WHITE, 11)]), "device": block})
    expected = pb.Device(id=11, imeis=[IMEI], serial="S2", brand="Acme", model="Two", batch="manifest1", line=3)
    assert of(registry).device == expected
    assert not of(registry, OTHER).HasField("device")
    with registry.environment.snapshot() as snapshot:
        last = declared(snapshot, 12)
        assert last == pb.Device(id=12, imeis=["00000000000004", "00000000000005"], serial="S3", batch="manifest1", line=4)
        assert [declared(snapshot, number) for number in (0, 9, 13)] == [None] * 3


@pytest.mark.parametrize("damage", [{"slots": [1]}, {"brands": [9]}, {"serials": ["S1"]}])
def test_a_block_that_contradicts_itself_is_said_to_be_broken(registry: Registry, damage: dict[str, list[object]]) -> None:
    block = records_pb2.DeviceBlock()
    block.CopyFrom(BLOCK)
    for column, values in damage.items():
        block.ClearField(column)
        getattr(block, column).extend(values)
    load(registry, "manifest1", {"device": {records.device_key(12): block.SerializeToString()}})
    with registry.environment.snapshot() as snapshot, pytest.raises(StoreBroken, match="devices up to 12"):
        for number in (10, 11, 12):
            declared(snapshot, number)
