"""Listings of devices and malformed texts, and cut-overs."""

from __future__ import annotations

from typing import Any

import pytest

from eir import records
from eir.errors import InvalidField
from eir.lists import Listing, Lists, Reason, Rule, Status
from eir.registry import Registry, set_cutovers, set_listings
from eir.registry.listings import FITS
from eir.v1 import check_pb2, records_pb2
from eir.v1 import registry_pb2 as pb
from store.commit import Commit
from tests.registry.cases import IMEI, NOW, OTHER, TODAY, check, device_row, load, table

WHITE, GREY, BLACK = pb.LIST_WHITE, pb.LIST_GREY, pb.LIST_BLACK
STOLEN, REGISTERED, UNREGISTERED = check_pb2.REASON_STOLEN, check_pb2.REASON_REGISTERED, check_pb2.REASON_UNREGISTERED


def one(imei: str, *lists: Any, **facts: Any) -> pb.Listing:
    return pb.Listing(imei=imei, lists=lists, **facts)


def put(registry: Registry, *listings: pb.Listing) -> pb.CommitResponse:
    return set_listings(registry, pb.ListingsRequest(listings=listings), "op")


def device(registry: Registry, imei: str = IMEI) -> records.Device:
    return records.decode_device(table(registry, "status")[records.imei_key(int(imei))])


def test_a_listing_is_set_and_answers(registry: Registry) -> None:
    deadline = NOW + 100
    assert put(
        registry, one(IMEI + "9", BLACK, reason=STOLEN), one(OTHER, GREY, reason=UNREGISTERED, deadline=deadline)
    ) == pb.CommitResponse(seq=1, changes=2)
    assert device(registry).listing == Listing(Lists.BLACK, Reason.STOLEN, since=TODAY)
    assert check(registry, IMEI).rule is Rule.BARRED
    assert check(registry, OTHER) == (Status.GREY, Rule.DEVICE, Reason.UNREGISTERED, deadline)
    assert check(registry, OTHER, now=deadline).status is Status.BLACK


def test_the_same_listing_again_commits_nothing_and_keeps_its_day(registry: Registry) -> None:
    put(registry, one(IMEI, WHITE, BLACK, reason=STOLEN))
    later = Registry(registry.environment, registry.policy, clock=lambda: NOW + 864_000)
    assert put(later, one(IMEI, BLACK, WHITE, reason=STOLEN)).seq == 0
    assert put(later, one(IMEI, BLACK, reason=STOLEN)).seq == 2
    assert device(registry).listing.since == TODAY + 10


def test_a_listing_replaces_the_one_before_and_keeps_state_and_device(registry: Registry) -> None:
    load(registry, "b1", {"status": dict([device_row(IMEI, Listing(Lists.WHITE, Reason.REGISTERED, since=5), 7)])})
    put(registry, one(IMEI, BLACK, reason=STOLEN))
    assert device(registry) == records.Device(Listing(Lists.BLACK, Reason.STOLEN, since=TODAY), records.State.RELEASED, 7)
    put(registry, one(IMEI))
    assert device(registry) == records.Device(Listing(), records.State.RELEASED, 7)
    assert put(registry, one(IMEI)).seq == 0


def test_a_record_of_which_nothing_is_left_goes(registry: Registry) -> None:
    put(registry, one(IMEI, BLACK, reason=STOLEN), one("abc", BLACK, reason=STOLEN))
    assert put(registry, one(IMEI), one("ABC"), one(OTHER)).changes == 2
    assert not table(registry, "status") and not table(registry, "malformed")


def test_a_malformed_text_is_listed_in_upper_case(registry: Registry) -> None:
    put(registry, one("abc*#1", BLACK, reason=STOLEN), one("1234567890123", WHITE, reason=check_pb2.REASON_EXEMPT))
    assert set(table(registry, "malformed")) == {b"ABC*#1", b"1234567890123"}
    assert check(registry, "AbC*#1") == (Status.BLACK, Rule.MALFORMED, Reason.STOLEN, 0)


def test_a_clone_is_served_with_its_pairs_only_on_any_list_or_none(registry: Registry) -> None:
    clone = {"reason": check_pb2.REASON_DUPLICATE, "paired_only": True}
    put(registry, one(IMEI, **clone), one(OTHER, WHITE, **clone))
    assert device(registry).listing == Listing(Lists.NONE, Reason.DUPLICATE, 0, True, TODAY)
    assert (
        check(registry, IMEI, "432110000000001").status is check(registry, OTHER, "432110000000001").status is Status.BLACK
    )
    put(registry, one(IMEI))
    assert records.imei_key(int(IMEI)) not in table(registry, "status")


def test_all_zeros_and_placeholders_can_be_black_and_taken_off(registry: Registry) -> None:
    put(registry, one("0" * 15, BLACK, reason=check_pb2.REASON_PLACEHOLDER_IMEI), one("8" * 14, GREY, reason=UNREGISTERED))
    assert check(registry, "0" * 14) == (Status.BLACK, Rule.MALFORMED, Reason.PLACEHOLDER_IMEI, 0)
    assert put(registry, one("0" * 14), one("8" * 14), one("00440100000000")).changes == 2


@pytest.mark.parametrize(
    ("listing", "field", "problem"),
    [
        (one(IMEI, WHITE, reason=STOLEN), "listings[1].reason", "REASON_STOLEN is no reason for this listing"),
        (one(IMEI, BLACK, reason=REGISTERED), "listings[1].reason", "REASON_REGISTERED is no reason"),
        (one(IMEI, WHITE, GREY, reason=REGISTERED), "listings[1].reason", "REASON_REGISTERED is no reason"),
        (one(IMEI, BLACK), "listings[1].reason", "REASON_UNSPECIFIED is no reason"),
        (one(IMEI, BLACK, reason=check_pb2.REASON_PAIR), "listings[1].reason", "REASON_PAIR is no reason"),
        (one(IMEI, BLACK, reason=99), "listings[1].reason", "99 is no reason"),
        (one(IMEI, reason=STOLEN), "listings[1].reason", "no lists are given"),
        (one(IMEI, deadline=NOW + 9), "listings[1].deadline", "no lists are given"),
        (one(IMEI, 7, reason=STOLEN), "listings[1].lists[0]", "expected LIST_WHITE"),
        (one(IMEI, BLACK, 0, reason=STOLEN), "listings[1].lists[1]", "expected LIST_WHITE"),
        (one(IMEI, BLACK, reason=STOLEN, deadline=NOW + 9), "listings[1].deadline", "only a grey listing"),
        (one(IMEI, GREY, reason=UNREGISTERED, deadline=NOW), "listings[1].deadline", "expected a time to come"),
        (one(IMEI, GREY, reason=UNREGISTERED, deadline=2**32), "listings[1].deadline", "expected unix seconds"),
        (one(IMEI, GREY, reason=UNREGISTERED, deadline=-1), "listings[1].deadline", "expected unix seconds"),
        (one(IMEI + "1", BLACK, reason=STOLEN), "listings[1].imei", "check digit 1"),
        (one("", BLACK, reason=STOLEN), "listings[1].imei", "expected 14 to 16 digits"),
        (one("xyz", BLACK, reason=STOLEN), "listings[1].imei", "expected 14 to 16 digits"),
        (one("A" * 17, BLACK, reason=STOLEN), "listings[1].imei", "expected 14 to 16 digits"),
        (one("00440100000000", BLACK, reason=STOLEN), "listings[1].imei", "a test IMEI is answered by the policy"),
        (one("0" * 14, WHITE, reason=REGISTERED), "listings[1].lists", "can be grey or black only"),
        (one("abc", WHITE, reason=REGISTERED, paired_only=True), "listings[1].paired_only", "has no pairs"),
        (one(OTHER + "01", GREY, reason=STOLEN), "listings[1]", "contradicts listings[0]"),
    ],
)
def test_a_listing_that_does_not_fit_is_refused_whole(
    registry: Registry, listing: pb.Listing, field: str, problem: str
) -> None:
    with pytest.raises(InvalidField) as caught:
        put(registry, one(OTHER, BLACK, reason=STOLEN), listing)
    assert caught.value.field == field
    assert problem in caught.value.problem
    assert not table(registry, "status") and not table(registry, "malformed")


def test_every_reason_of_a_listing_fits_some_list_and_those_above_pairs_never_white() -> None:
    assert all(FITS.values())
    assert not any(Lists.WHITE in FITS[reason] for reason in (Reason.STOLEN, Reason.LOST, Reason.BARRED))


# ---- cut-overs


def cut(registry: Registry, *cutovers: tuple[str, int]) -> pb.CommitResponse:
    given = [pb.Cutover(tac=tac, time=time) for tac, time in cutovers]
    return set_cutovers(registry, pb.CutoversRequest(cutovers=given), "op")


def test_a_cutover_keeps_what_the_catalogue_says_of_the_type(registry: Registry) -> None:
    key, entry = records.tac_key(35693803), records_pb2.Type(brand="Acme").SerializeToString()

    def apply(commit: Commit) -> tuple[None, bytes]:
        commit.put("tac", key, records.encode_cutover(0) + entry)
        return None, b""

    registry.environment.commit(apply)
    assert cut(registry, ("35693803", NOW + 50)).changes == 1
    assert table(registry, "tac")[key] == records.encode_cutover(NOW + 50) + entry
    assert (check(registry, IMEI).rule, check(registry, IMEI, now=NOW + 50).rule) == (Rule.CUTOVER, Rule.UNKNOWN)
    cut(registry, ("35693803", 0))
    assert table(registry, "tac")[key] == records.encode_cutover(0) + entry


def test_a_tac_that_the_catalogue_lacks_has_a_record_while_it_has_a_cutover(registry: Registry) -> None:
    cut(registry, ("01234567", NOW + 50))
    assert table(registry, "tac") == {records.tac_key(1234567): records.encode_cutover(NOW + 50)}
    cut(registry, ("01234567", 0))
    assert not table(registry, "tac")
    assert cut(registry, ("01234567", 0)).seq == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([("1234567", 0)], "cutovers[0].tac"),
        ([("35693803", -1)], "cutovers[0].time"),
        ([("35693803", NOW * 1000)], "cutovers[0].time"),
        ([("35693803", 5), ("35693803", 6)], "cutovers[1]"),
        ([], "cutovers"),
    ],
)
def test_a_bad_cutover_is_named(registry: Registry, given: list[tuple[str, int]], field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        cut(registry, *given)
    assert caught.value.field == field
