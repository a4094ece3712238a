"""The stolen list: what a report blocks, what it leaves alone, and what is there again when it is taken back."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir.identity import Imei
from eir.lists import Listing, Lists, Reason
from eir.records import Device, State, encode_device, imei_key
from eir.v1 import registry_pb2 as pb
from store.environment import Environment
from tests import strategies as ids
from tests.effort import tries
from tests.loaders.registries import (
    EXAMPLES,
    NOW,
    TODAY,
    adds_up,
    codes,
    day_number,
    device,
    put,
    registry,
    run,
    tables,
    undo,
)

ONE, TWO = 35260411688340, 35260411688341
HEADER = "imei,reporting_date,status\n"
DELTA = "imei,reporting_date,status,change_type\n"
STOLEN = Device(Listing(Lists.BLACK, Reason.STOLEN, since=day_number(TODAY)))
IMPORTED = Device(Listing(Lists.WHITE, Reason.REGISTERED, since=20000), State.RELEASED, 7)


def text(imei14: int) -> str:
    return Imei(imei14).with_check_digit()


def on_file(environment: Environment, record: Device, imei14: int = ONE) -> None:
    put(environment, "status", imei_key(imei14), encode_device(record))


@pytest.mark.parametrize("status", ["", "blacklist", "BlackList", " blacklist "])
def test_a_report_blocks(status: str) -> None:
    with registry() as environment:
        report = run(environment, "stolen", HEADER + f"{text(ONE)},,{status}\n")
        assert (report.outcome, report.ok, report.imeis) == (pb.LOAD_OUTCOME_LOADED, 1, 1)
        assert device(environment, ONE) == STOLEN


@pytest.mark.parametrize("status", ["pending", "Provisional"])
def test_a_provisional_report_blocks_nothing(status: str) -> None:
    with registry() as environment:
        report = run(environment, "stolen", HEADER + f"{text(ONE)},,{status}\n")
        assert (report.outcome, report.ok, report.changes) == (pb.LOAD_OUTCOME_UNCHANGED, 1, 0)


def test_pending_to_empty_and_back_are_changes() -> None:
    with registry() as environment:
        on_file(environment, IMPORTED)
        for number, (status, black) in enumerate((("pending", False), ("", True), ("pending", False), ("blacklist", True))):
            report = run(environment, "stolen", HEADER + f"{text(ONE)},,{status}\n" + "\n" * number)
            assert report.changes == (0 if number == 0 else 1)
            found = device(environment, ONE)
            assert found is not None
            assert (Lists.BLACK in found.listing.lists) == black


@pytest.mark.parametrize(
    ("date", "since", "code"),
    [
        ("20260914", dt.date(2026, 9, 14), ""),
        ("1405/06/23", dt.date(2026, 9, 14), ""),
        ("", TODAY, ""),
        ("20261123", TODAY, ""),
        ("20261124", TODAY, "DATE_FUTURE"),
        ("19691231", None, "DATE_BAD"),
        ("yesterday", None, "DATE_BAD"),
    ],
)
def test_the_block_dates_from_the_report(date: str, since: dt.date | None, code: str) -> None:
    with registry() as environment:
        report = run(environment, "stolen", HEADER + f"{text(ONE)},{date},\n{text(TWO)},,\n")
        assert codes(report) == ({code: 1} if code else {})
        found = device(environment, ONE)
        assert (found.listing.since if found else None) == (day_number(since) if since else None)


def test_a_report_without_a_day_keeps_the_day_on_file() -> None:
    with registry() as environment:
        run(environment, "stolen", HEADER + f"{text(ONE)},20260914,\n")
        for number, date in enumerate(("", "20260901")):
            run(environment, "stolen", HEADER + f"{text(ONE)},{date},\n", now=NOW + 86400 * (number + 1))
            found = device(environment, ONE)
            assert found is not None
            assert found.listing.since == day_number(dt.date(2026, 9, 14 if not date else 1))


LISTED = [
    (State.RELEASED, Lists.WHITE, Reason.REGISTERED, 0),
    (State.RELEASED, Lists.GREY, Reason.NOT_ACTIVATED, 1_900_000_000),
    (State.DECLARED, Lists.GREY, Reason.NOT_RELEASED, 0),
    (State.ACTIVE, Lists.WHITE, Reason.REGISTERED, 0),
    (State.LEGACY, Lists.WHITE, Reason.LEGACY, 0),
    (State.GRACE, Lists.GREY, Reason.UNREGISTERED, 1_900_000_000),
    (State.TRAVELLER_ACTIVE, Lists.WHITE | Lists.GREY, Reason.TRAVELLER, 1_900_000_000),
    (State.EXEMPT, Lists.WHITE, Reason.EXEMPT, 0),
    (State.BLOCKED, Lists.BLACK, Reason.UNREGISTERED, 0),
]


@pytest.mark.parametrize(("state", "lists", "reason", "deadline"), LISTED)
@pytest.mark.parametrize("how", ["remove", "pending"])
def test_a_report_taken_away_leaves_what_was_there(
    state: State, lists: Lists, reason: Reason, deadline: int, how: str
) -> None:
    before = Device(Listing(lists, reason, deadline, since=20000), state, 9)
    with registry() as environment:
        on_file(environment, before)
        run(environment, "stolen", HEADER + f"{text(ONE)},20260914,\n")
        since = day_number(dt.date(2026, 9, 14))
        assert device(environment, ONE) == Device(
            Listing(lists | Lists.BLACK, Reason.STOLEN, deadline, since=since), state, 9
        )
        run(environment, "stolen", DELTA + f"{text(ONE)},,,{how}\n" if how == "remove" else HEADER + f"{text(ONE)},,{how}\n")
        after = before._replace(listing=before.listing._replace(since=day_number(TODAY)))
        assert device(environment, ONE) == after


def test_every_state_says_something_when_a_report_is_taken_away() -> None:
    with registry() as environment:
        for state in State:
            on_file(environment, Device(Listing(Lists.WHITE | Lists.BLACK, Reason.STOLEN), state))
            run(environment, "stolen", DELTA + f"{text(ONE)},,,remove\n" + "\n" * state)
            found = device(environment, ONE)
            assert found is not None
            assert found.state is state
            assert found.listing.reason is not Reason.STOLEN


def test_a_record_that_was_only_a_report_goes_with_it() -> None:
    with registry() as environment:
        run(environment, "stolen", HEADER + f"{text(ONE)},,\n")
        run(environment, "stolen", DELTA + f"{text(ONE)},,,remove\n")
        assert tables(environment)["status"] == {}


def test_a_clone_is_still_served_with_its_pairs_only() -> None:
    clone = Device(Listing(Lists.GREY, Reason.DUPLICATE, paired_only=True, since=20000))
    with registry() as environment:
        on_file(environment, clone)
        run(environment, "stolen", HEADER + f"{text(ONE)},,\n")
        run(environment, "stolen", DELTA + f"{text(ONE)},,,remove\n")
        assert device(environment, ONE) == clone._replace(listing=clone.listing._replace(since=day_number(TODAY)))


@pytest.mark.parametrize(
    ("before", "row", "code", "outcome"),
    [
        (None, ",,,add", "", "ok"),
        (STOLEN, ",,,add", "ADD_PRESENT", "warn"),
        (STOLEN, ",20260101,blacklist,update", "", "ok"),
        (None, ",,,update", "UPDATE_ABSENT", "warn"),
        (None, ",,,remove", "REMOVE_ABSENT", "warn"),
        (IMPORTED, ",,,remove", "REMOVE_ABSENT", "warn"),
        (STOLEN, ",,,REMOVE ", "", "ok"),
        (IMPORTED, ",,,drop", "CHANGE_BAD", "rejected"),
        (IMPORTED, ",,,", "CHANGE_BAD", "rejected"),
        (IMPORTED, ",,lifted,add", "STATUS_OTHER", "warn"),
        (STOLEN, ",,blaklist,update", "STATUS_LIFTS", "review"),
        (Device(Listing(Lists.BLACK, Reason.BARRED)), ",,,add", "BARRED_ALREADY", "review"),
        (Device(Listing(Lists.BLACK, Reason.UNREGISTERED)), ",,,add", "BLACK_ALREADY", "warn"),
        (Device(Listing(Lists.BLACK, Reason.BARRED)), ",,,remove", "REMOVE_ABSENT", "warn"),
    ],
)
def test_deltas_against_what_is_on_file(before: Device | None, row: str, code: str, outcome: str) -> None:
    other = f"{text(TWO)},,,add\n"
    with registry() as environment:
        if before:
            on_file(environment, before)
        report = run(environment, "stolen", DELTA + f"{text(ONE)}{row}\n{other}")
        assert getattr(report, outcome) == (2 if outcome == "ok" else 1)
        assert code in codes(report) or not code
        if outcome in ("review", "rejected"):
            assert device(environment, ONE) == before


def test_a_list_does_not_free_what_it_does_not_name() -> None:
    with registry() as environment:
        run(environment, "stolen", HEADER + f"{text(ONE)},,\n{text(TWO)},,\n")
        assert run(environment, "stolen", HEADER + f"{text(TWO)},,\n").outcome == pb.LOAD_OUTCOME_UNCHANGED
        assert device(environment, ONE) == STOLEN


@pytest.mark.parametrize(
    ("cell", "code", "outcome"),
    [
        (f"{ONE:014}", "", "ok"),
        (f"{ONE:014}01", "", "ok"),
        ("۳۵۲۶۰۴۱۱-۶۸۸۳۴۰-۹", "", "ok"),
        (f"{ONE:014}0", "SPARE_DIGIT", "warn"),
        (f"{ONE:014}5", "CHECK_DIGIT", "rejected"),
        ("-", "EMPTY_IMEI", "rejected"),
        ("000000000000000", "PLACEHOLDER", "rejected"),
        ("004401123456788", "TEST_IMEI", "rejected"),
        ("3.5260411E+14", "DIGITS_LOST", "rejected"),
        (f'"{text(ONE)},{text(35260411688342)}"', "SEVERAL_PARTS", "rejected"),
    ],
)
def test_imeis_are_read_as_documents_write_them(cell: str, code: str, outcome: str) -> None:
    with registry() as environment:
        report = run(environment, "stolen", HEADER + f"{cell},,\n{text(TWO)},,\n")
        assert getattr(report, outcome) == (2 if outcome == "ok" else 1)
        assert codes(report) == ({code: 1} if code else {})
        assert (device(environment, ONE) is not None) == (outcome in ("ok", "warn"))
        assert device(environment, TWO) == STOLEN


def test_rows_that_contradict_each_other_are_all_held() -> None:
    rows = f"{text(ONE)},,\n{ONE:014},,pending\n{text(ONE)},,\n{text(TWO)},,\n{TWO:014},,\n"
    with registry() as environment:
        report = run(environment, "stolen", HEADER + rows)
        assert (report.ok, report.warn, report.review) == (1, 1, 3)
        assert codes(report) == {"ROWS_CONFLICT": 3, "DUPLICATE_IN_FILE": 1}
        assert device(environment, ONE) is None
        assert device(environment, TWO) == STOLEN


@pytest.mark.parametrize("header", ["imei,reporting_date", "imei,reporting_date,standing", "reporting_date,status"])
def test_a_column_that_decides_must_be_there(header: str) -> None:
    with registry() as environment:
        report = run(environment, "stolen", header + f"\n{text(ONE)},,pending\n")
        assert report.outcome == pb.LOAD_OUTCOME_REFUSED
        assert tables(environment)["status"] == {}


@pytest.mark.parametrize(("data", "outcome"), [(HEADER, pb.LOAD_OUTCOME_UNCHANGED), (b"", pb.LOAD_OUTCOME_REFUSED)])
def test_a_list_without_rows_says_nothing_and_a_file_without_bytes_is_refused(data: str | bytes, outcome: int) -> None:
    with registry() as environment:
        assert run(environment, "stolen", data).outcome == outcome


@tries(20)
@given(st.data())
def test_a_series_of_lists_leaves_the_known_truth(data: st.DataObject) -> None:
    imeis = [ONE, TWO, 1324706181152, 86390518937850]
    start = {ONE: IMPORTED, TWO: Device(Listing(Lists.GREY, Reason.UNREGISTERED, 1_900_000_000, since=5), State.GRACE)}
    blocked: set[int] = set()
    with registry() as environment:
        for imei14, record in start.items():
            on_file(environment, record, imei14)
        states = [tables(environment)]
        seqs = []
        for number in range(data.draw(st.integers(1, 4))):
            chosen = data.draw(st.lists(st.sampled_from(imeis), min_size=1, unique=True))
            rows = ""
            for imei14 in chosen:
                status, change = data.draw(
                    st.sampled_from([("", "add"), ("blacklist", "update"), ("pending", "update"), ("", "remove")])
                )
                rows += f"{data.draw(ids.document_forms(imei14))},,{status},{change}\n"
                blocked = blocked | {imei14} if change != "remove" and status != "pending" else blocked - {imei14}
            report = run(environment, "stolen", "".join((DELTA, rows, "\n" * number)))
            assert adds_up(report)
            assert report.ok + report.warn == len(chosen)
            found = {imei14: device(environment, imei14) for imei14 in imeis}
            assert {imei14 for imei14, one in found.items() if one and Lists.BLACK in one.listing.lists} == blocked
            for imei14, record in start.items():
                one = found[imei14]
                assert one is not None
                assert one._replace(listing=one.listing._replace(since=0, reason=Reason.UNSPECIFIED)) == record._replace(
                    listing=record.listing._replace(
                        since=0,
                        reason=Reason.UNSPECIFIED,
                        lists=record.listing.lists | (Lists.BLACK if imei14 in blocked else Lists.NONE),
                    )
                )
            if report.seq:
                states.append(tables(environment))
                seqs.append(report.seq)
        for seq, before in zip(reversed(seqs), reversed(states[:-1]), strict=True):
            undo(environment, seq)
            assert tables(environment) == before


def test_the_example_list_is_clean() -> None:
    with registry() as environment:
        report = run(environment, "stolen", EXAMPLES / "stolen.csv")
        assert (report.outcome, report.ok, report.rows_read, report.changes) == (pb.LOAD_OUTCOME_LOADED, 7, 7, 6)
        assert device(environment, 86390518937850) is None  # still pending
