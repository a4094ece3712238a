"""The bytes of the tables: golden, there and back, and refused when they are something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir import records
from eir.lists import Listing, Lists, Reason
from eir.records import Device, Pair, Range, Sighting, State
from store.errors import StoreBroken
from tests import strategies as eirst

listings = st.builds(
    Listing,
    st.integers(0, 7).map(Lists),
    st.sampled_from(Reason),
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.integers(0, 2**16 - 1),
)
DEVICE = Device(Listing(Lists.WHITE | Lists.BLACK, Reason.STOLEN, 1_800_000_000, True, 20_000), State.RELEASED, 7)


def test_keys_have_these_bytes() -> None:
    assert records.imei_key(35693803564380).hex() == "20769c7b6d5c"
    assert records.pair_key(35693803564380, 432350000000001).hex() == "20769c7b6d5c018938542b2c01"
    assert records.lock_key(1, 2).hex() == "00000000000001" + "000000000002"
    assert records.tac_key(35693803).hex() == "0220a4eb"
    assert records.sighting_key(1, 2, 3).hex() == "000000000001" + "00000000000002" + "0003"


def test_a_status_record_has_these_bytes() -> None:
    data = records.encode_device(DEVICE)
    assert data.hex(" ") == "3d 13 6b 49 d2 00 4e 20 00 00 00 07"
    assert records.decode_device(data) == DEVICE


def test_what_decides_a_verdict_comes_first() -> None:
    listing = DEVICE.listing
    other = Device(listing._replace(since=1), DEVICE.state, 99)
    assert records.encode_device(DEVICE)[: records.DECIDING] == records.encode_device(other)[: records.DECIDING]
    for changed in (listing._replace(lists=Lists.GREY), listing._replace(reason=Reason.LOST), listing._replace(deadline=5)):
        data = records.encode_device(DEVICE._replace(listing=changed))
        assert data[: records.DECIDING] != records.encode_device(DEVICE)[: records.DECIDING]


@given(listings, st.sampled_from(State), st.integers(0, 2**32 - 1))
def test_status_records_read_back(listing: Listing, state: State, device: int) -> None:
    record = Device(listing, state, device)
    assert records.decode_device(records.encode_device(record)) == record


@given(eirst.keys, eirst.keys, listings, st.lists(st.integers(0, 99), max_size=5))
def test_ranges_read_back(first: int, last: int, listing: Listing, svns: list[int]) -> None:
    span = Range(min(first, last), max(first, last), listing, tuple(svns))
    assert records.decode_range(*records.encode_range(span)) == span


@given(st.integers(0, 255), st.integers(0, 2**16 - 1), st.integers(0, 2**64 - 1))
def test_pairs_and_sightings_read_back(kind: int, day: int, msisdn: int) -> None:
    assert records.decode_pair(records.encode_pair(Pair(kind, day, msisdn))) == Pair(kind, day, msisdn)
    assert records.decode_sighting(records.encode_sighting(Sighting(day, day, msisdn))) == Sighting(day, day, msisdn)


@given(st.binary(max_size=16))
def test_other_bytes_are_a_record_or_a_broken_store(data: bytes) -> None:
    try:
        record = records.decode_device(data)
    except StoreBroken:
        return
    assert records.encode_device(record) == data


def test_keys_keep_the_order_of_numbers() -> None:
    numbers = [0, 1, 255, 256, 10**6, 35693803564380, records.MAX_IMEI14]
    assert sorted(map(records.imei_key, numbers)) == list(map(records.imei_key, numbers))


@pytest.mark.parametrize("state", State)
def test_every_state_fits(state: State) -> None:
    assert state < 16
