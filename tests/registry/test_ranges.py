"""Ranges: against a plain array of IMEIs, and at the borders."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir import records
from eir.errors import InvalidField
from eir.lists import Listing, Lists, Reason, Rule
from eir.policy import Policy
from eir.records import SCHEMA, Range
from eir.registry import Registry, set_ranges
from eir.registry.change import execute
from eir.registry.ranges import covering, plan_ranges
from eir.v1 import check_pb2
from eir.v1 import registry_pb2 as pb
from store.environment import Environment
from tests.effort import tries
from tests.registry.cases import IMEI, NOW, TODAY, check, table

BLACK = Listing(Lists.BLACK, Reason.TYPE_NOT_APPROVED, since=TODAY)
FIRST, LAST = 35693803000000, 35693803999999


def one(first: str, last: str = "", *lists: Any, **facts: Any) -> pb.Range:
    if lists:
        facts.setdefault("reason", check_pb2.REASON_TYPE_NOT_APPROVED)
    return pb.Range(first=first, last=last, lists=lists, **facts)


def put(registry: Registry, *ranges: pb.Range) -> pb.CommitResponse:
    return set_ranges(registry, pb.RangesRequest(ranges=ranges), "op")


def on_file(registry: Registry) -> list[Range]:
    return [records.decode_range(*row) for row in sorted(table(registry, "range").items())]


def test_a_tac_is_the_range_of_all_its_serials(registry: Registry) -> None:
    assert put(registry, one("35693803", "", pb.LIST_BLACK)) == pb.CommitResponse(seq=1, changes=1)
    assert on_file(registry) == [Range(FIRST, LAST, BLACK)]
    assert check(registry, IMEI).rule is Rule.RANGE
    assert check(registry, f"{LAST + 1}").rule is check(registry, f"{FIRST - 1}").rule is Rule.UNKNOWN


def test_ends_are_tacs_or_imeis_in_any_form(registry: Registry) -> None:
    put(registry, one("35693803", "35693804", pb.LIST_BLACK), one(IMEI[:8].replace("3", "4") + "000000", "", pb.LIST_BLACK))
    put(registry, one("86000000", "86000000000004", pb.LIST_BLACK, software_versions=["07", "01", "07"]))
    put(registry, one(IMEI + "9", "", pb.LIST_WHITE, reason=check_pb2.REASON_EXEMPT))
    number = int(IMEI)
    white = Listing(Lists.WHITE, Reason.EXEMPT, since=TODAY)
    assert on_file(registry) == [
        Range(FIRST, number - 1, BLACK),
        Range(number, number, white),
        Range(number + 1, 35693804999999, BLACK),
        Range(45694804000000, 45694804000000, BLACK),
        Range(86000000000000, 86000000000004, BLACK, (1, 7)),
    ]


def test_what_is_so_already_commits_nothing_even_inside_a_wider_range(registry: Registry) -> None:
    put(registry, one("35693803", "", pb.LIST_BLACK))
    assert put(registry, one("35693803", "", pb.LIST_BLACK)).seq == 0
    assert put(registry, one(IMEI, "", pb.LIST_BLACK)).seq == 0
    assert put(registry, one("35693805")).seq == 0


def test_a_range_without_lists_clears_what_it_overlaps(registry: Registry) -> None:
    put(registry, one("35693803", "", pb.LIST_BLACK, software_versions=["01"]))
    put(registry, one(IMEI))
    number = int(IMEI)
    assert on_file(registry) == [Range(FIRST, number - 1, BLACK, (1,)), Range(number + 1, LAST, BLACK, (1,))]
    put(registry, one("35693803"))
    assert on_file(registry) == []


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (one("3569380", "", pb.LIST_BLACK), "ranges[1].first"),
        (one(IMEI + "1", "", pb.LIST_BLACK), "ranges[1].first"),
        (one("1" * 1000, "", pb.LIST_BLACK), "ranges[1].first"),
        (one("35693804", "x", pb.LIST_BLACK), "ranges[1].last"),
        (one("35693804", "35693803", pb.LIST_BLACK), "ranges[1].last"),
        (one("35693804", "", pb.LIST_BLACK, reason=0), "ranges[1].reason"),
        (one("35693804", "", pb.LIST_BLACK, deadline=NOW + 1), "ranges[1].deadline"),
        (one("35693804", "", pb.LIST_BLACK, software_versions=["01", "1"]), "ranges[1].software_versions[1]"),
        (one("35693804", "", software_versions=["01"]), "ranges[1].software_versions"),
        (one(IMEI, "", pb.LIST_GREY), "ranges[1]"),
        (one("35693802", "35693804"), "ranges[0]"),
    ],
)
def test_a_bad_range_is_named_and_nothing_is_written(registry: Registry, bad: pb.Range, field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        put(registry, one("35693803", "", pb.LIST_BLACK), bad)
    assert caught.value.field == field
    assert on_file(registry) == []


def test_the_same_range_twice_in_a_request_is_one(registry: Registry) -> None:
    assert put(registry, *[one("35693803", "", pb.LIST_BLACK)] * 2).changes == 1


# ---- against an array that holds what each of forty IMEIs is listed as

SIZE = 40
rules = st.sampled_from([Listing(), BLACK._replace(since=0), Listing(Lists.GREY, Reason.DUPLICATE, NOW + 9)])
svns = st.sampled_from([(), (1,), (1, 2)])


@st.composite
def requests(draw: st.DrawFn) -> list[Range]:
    """Disjoint ascending ranges, as a request is read into."""
    points = sorted(draw(st.sets(st.integers(0, SIZE - 1), min_size=2, max_size=8)))
    spans = []
    for first, last in zip(points[::2], points[1::2], strict=False):
        rule = draw(rules)
        spans.append(Range(first, last, rule, draw(svns) if rule.lists else ()))
    single = draw(st.booleans())
    return [span._replace(last=span.first) for span in spans] if single else spans


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    path = tmp_path_factory.mktemp("ranges")
    Environment.create(path, SCHEMA)
    with Environment.open(path, SCHEMA) as environment:
        yield Registry(environment, Policy.default())


@tries(50)
@given(history=st.lists(requests(), min_size=1, max_size=6))
def test_any_requests_leave_disjoint_ranges_that_say_what_was_said_last(
    shared: Registry, history: list[list[Range]]
) -> None:
    execute(shared, b"", lambda snapshot: {"range": dict.fromkeys(snapshot.keys("range"))})
    array: list[tuple[Listing, tuple[int, ...]]] = [(Listing(), ())] * SIZE
    for wanted in history:
        before = list(array)
        for span in wanted:
            array[span.first : span.last + 1] = [(span.listing, span.svns)] * (span.last - span.first + 1)
        done = execute(shared, b"", lambda snapshot, wanted=wanted: plan_ranges(snapshot, wanted, TODAY))  # type: ignore[misc]
        found = on_file(shared)
        assert all(span.first <= span.last for span in found)
        assert all(one.last < two.first for one, two in pairwise(found))
        assert done.seq or before == array
        with shared.environment.snapshot() as snapshot:
            for imei, said in enumerate(array):
                over = covering(snapshot, imei) or Range(imei, imei, Listing())
                assert (over.listing._replace(since=0), over.svns) == said
