"""Operator dumps: sightings as plain Python would count them, whatever the form, the order and the span of the rows."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import dataclass

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir.records import Sighting, decode_sighting, number
from eir.v1 import registry_pb2 as pb
from store.environment import Environment
from tests import strategies as ids
from tests.effort import tries
from tests.loaders.registries import POLICY, adds_up, codes, day_number, registry, run, tables, undo

HEADER = "date,imei,imsi,msisdn,rat\n"
FIRST, LAST = dt.date(2026, 10, 20), dt.date(2026, 11, 10)
NAME = "mci_20261020_20261110.csv"
Seen = dict[tuple[int, int, str], Sighting]


def day(date: dt.date | str) -> int:
    return day_number(date if isinstance(date, dt.date) else dt.date.fromisoformat(date))


def seen(environment: Environment) -> Seen:
    """The table of sightings in plain values."""
    stored = tables(environment)
    names = {key: name.decode() for key, name in stored["operator"].items()}
    return {
        (number(key[:6]), number(key[6:13]), names[key[13:]]): decode_sighting(value)
        for key, value in stored["sighting"].items()
    }


@dataclass(frozen=True)
class DumpRow:
    date: dt.date
    text: str
    imei14: int
    imsi: int
    msisdn: int

    def line(self) -> str:
        imsi = f"{self.imsi:015}" if self.imsi else ""
        return f"{self.date:%Y%m%d},{self.text},{imsi},{self.msisdn or ''},001|006"


@st.composite
def dump_rows(draw: st.DrawFn) -> DumpRow:
    imei14 = draw(st.sampled_from((35260411688340, 1589213369800, 86200000000017)) | ids.imei14s)
    return DumpRow(
        date=draw(st.dates(FIRST, LAST)),
        text=draw(ids.network_forms(imei14)),
        imei14=imei14,
        imsi=draw(st.sampled_from((0, 432110000000001, 432350000000002)) | ids.home_imsis),
        msisdn=draw(st.just(0) | st.integers(1, 10**15 - 1)),
    )


def expected(rows: list[DumpRow], operator: str = "mci") -> Seen:
    """What the rows say, counted one by one."""
    truth: Seen = {}
    for key in {(row.imei14, row.imsi) for row in rows}:
        mine = [row for row in rows if (row.imei14, row.imsi) == key]
        numbered = max(((row.date, row.msisdn) for row in mine if row.msisdn), default=(None, 0))
        days = [day(row.date) for row in mine]
        truth[(*key, operator)] = Sighting(min(days), max(days), numbered[1])
    return truth


def text(rows: list[DumpRow]) -> str:
    return HEADER + "".join(row.line() + "\n" for row in rows)


@tries(25)
@given(st.lists(dump_rows(), min_size=1, max_size=30))
def test_sightings_are_what_the_rows_say(rows: list[DumpRow]) -> None:
    with registry() as environment:
        report = run(environment, "operator-dump", text(rows), NAME)
        assert (report.outcome, report.ok, report.rows_read) == (pb.LOAD_OUTCOME_LOADED, len(rows), len(rows))
        assert report.imeis == len({row.imei14 for row in rows})
        assert seen(environment) == expected(rows)


@tries(10)
@given(st.lists(dump_rows(), min_size=1, max_size=12), st.lists(dump_rows(), min_size=1, max_size=12))
def test_overlapping_dumps_may_come_in_any_order(one: list[DumpRow], two: list[DumpRow]) -> None:
    numbered = [DumpRow(row.date, row.text, row.imei14, row.imsi, row.msisdn or 7) for row in one + two]
    first, second = text(numbered[: len(one) + 1]), text(numbered[len(one) :])  # the row between them is in both
    found = []
    for files in ((first, second), (second, first), (first, second, first + "\n", second + "\n")):
        with registry() as environment:
            for file in files:
                run(environment, "operator-dump", file, NAME)
            found.append(seen(environment))
    assert found == [expected(numbered)] * 3


@tries(25)
@given(st.lists(dump_rows(), min_size=1, max_size=12))
def test_the_same_rows_again_change_nothing_and_undo_restores_all(rows: list[DumpRow]) -> None:
    with registry() as environment:
        run(environment, "operator-dump", text(rows[:1]), NAME, operator="irancell")
        before = tables(environment)
        report = run(environment, "operator-dump", text(rows), NAME)
        for again in (text(rows), text(rows[::-1]) + "\n"):
            assert run(environment, "operator-dump", again, NAME).outcome == pb.LOAD_OUTCOME_UNCHANGED
        undo(environment, report.seq)
        assert tables(environment) == before


@pytest.mark.parametrize(
    ("one", "two", "number_used"),
    [
        (("20261021", "5"), ("20261022", "4"), 4),
        (("20261021", "5"), ("20261021", "4"), 5),
        (("20261021", "5"), ("20261022", ""), 5),
        (("20261021", ""), ("20261022", "4"), 4),
        (("20261022", ""), ("20261021", "4"), 4),
    ],
)
def test_the_number_of_the_last_day_is_kept(one: tuple[str, str], two: tuple[str, str], number_used: int) -> None:
    for files in ((one, two), (two, one)):
        with registry() as environment:
            for date, msisdn in files:
                run(environment, "operator-dump", HEADER + f"{date},35260411688340,,{msisdn},\n", NAME)
            assert [sighting.msisdn for sighting in seen(environment).values()] == [number_used]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-10-20", "2026-11-10"),
        ("2025-12-25", "2026-01-07"),
        ("2026-01-31", "2026-03-01"),
        ("2024-02-28", "2024-03-01"),
        ("2026-08-31", "2026-10-01"),
        ("2026-05-05", "2026-05-05"),
    ],
)
def test_spans_across_month_and_year_ends_are_complete(first: str, last: str) -> None:
    start, days = dt.date.fromisoformat(first), day(last) - day(first) + 1
    dates = [start + dt.timedelta(n) for n in range(days)]
    rows = "".join(f"{date:%Y%m%d},{35260411000000 + n},432110000000001,\n" for n, date in enumerate(dates))
    with registry() as environment:
        name = f"mci_{first.replace('-', '')}_{last.replace('-', '')}.csv"
        report = run(environment, "operator-dump", "date,imei,imsi,msisdn\n" + rows, name)
        assert report.ok == days
        assert [one.first for one in seen(environment).values()] == [day(date) for date in dates]


def test_rows_outside_the_period_are_refused() -> None:
    rows = "".join(f"{date},35260411688340,432110000000001,\n" for date in ("20261019", "20261020", "20261110", "20261111"))
    with registry() as environment:
        report = run(environment, "operator-dump", "date,imei,imsi,msisdn\n" + rows, NAME)
        assert (report.ok, codes(report)) == (2, {"DATE_OUTSIDE": 2})
        assert list(seen(environment).values()) == [Sighting(day("2026-10-20"), day("2026-11-10"), 0)]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "EMPTY_IMEI"),
        ("35A9380356438", "CHARACTERS"),
        ("*#06#", "CHARACTERS"),
        ("352604116883٤٠", "CHARACTERS"),
        ("+35260411688340", "CHARACTERS"),
        ("3526 0411688340", "CHARACTERS"),
        ("356938035", "LENGTH"),
        ("3526041168834", "LENGTH"),
        ("35260411688340999", "LENGTH"),
        ("000000000000000", "PLACEHOLDER"),
        ("8888888888888800", "PLACEHOLDER"),
    ],
)
def test_what_is_no_imei_is_counted_and_not_stored(cell: str, code: str) -> None:
    good = "20261020,35260411688340,432110000000001,\n"
    with registry() as environment:
        report = run(environment, "operator-dump", f"date,imei,imsi,msisdn\n20261020,{cell},432110000000001,\n{good}", NAME)
        assert (report.ok, report.rejected, codes(report)) == (1, 1, {code: 1})
        assert [issue.raw for issue in report.issues] == [cell]
        assert len(seen(environment)) == 1


def test_a_test_imei_was_seen() -> None:
    with registry() as environment:
        report = run(environment, "operator-dump", HEADER + "20261020,004401123456780,432110000000001,,\n", NAME)
        assert report.ok == 1
        assert set(seen(environment)) == {(440112345678, 432110000000001, "mci")}


@pytest.mark.parametrize(
    ("imsi", "msisdn", "stored", "code"),
    [
        ("43211", "989120000001", (0, 989120000001), "IMSI_LEFT_OUT"),
        ("4321100000000012", "", (0, 0), "IMSI_LEFT_OUT"),
        ("43211x000000001", "", (0, 0), "IMSI_LEFT_OUT"),
        ("432110", "", (432110, 0), ""),
        ("", "9", (0, 9), ""),
        ("432110000000001", "+98912", (432110000000001, 0), "MSISDN_LEFT_OUT"),
        ("432110000000001", "9891200000000001", (432110000000001, 0), "MSISDN_LEFT_OUT"),
    ],
)
def test_an_unusable_subscriber_is_left_out_with_a_warning(
    imsi: str, msisdn: str, stored: tuple[int, int], code: str
) -> None:
    with registry() as environment:
        report = run(environment, "operator-dump", HEADER + f"20261020,35260411688340,{imsi},{msisdn},\n", NAME)
        assert (report.warn, report.ok) == ((1, 0) if code else (0, 1))
        assert codes(report) == ({code: 1} if code else {})
        [(key, sighting)] = seen(environment).items()
        assert (key[1], sighting.msisdn) == stored


@pytest.mark.parametrize("date", ["", "2026", "20261320", "20260229", "19691231", "tomorrow", "20261020000000"])
def test_a_bad_date_refuses_the_row(date: str) -> None:
    rows = f"{date},35260411688340,,\n20261020,35260411688341,,\n"
    with registry() as environment:
        report = run(environment, "operator-dump", "date,imei,imsi,msisdn\n" + rows, operator="mci")
        assert (report.ok, codes(report)) == (1, {"DATE_BAD": 1})


def test_dates_may_be_jalali_or_written_with_hyphens() -> None:
    rows = "1405/07/28,35260411688340,,\n2026-10-21,35260411688340,,\n"
    with registry() as environment:
        run(environment, "operator-dump", "date,imei,imsi,msisdn\n" + rows, "mci_14050701_14050830.csv")
        assert list(seen(environment).values()) == [Sighting(day("2026-10-20"), day("2026-10-21"), 0)]


@pytest.mark.parametrize(
    ("name", "option", "operator"),
    [
        ("mci_20261020_20261110.csv", "", "mci"),
        ("MCI_20261020_20261110.csv.zip", "", "mci"),
        ("/in/box/mci_20261020_20261110", "", "mci"),
        ("C:\\box\\mci_20261020_20261110.csv", "", "mci"),
        ("anything.csv", "RighTel", "rightel"),
        ("mci_20261020_20261110.csv", "irancell", "irancell"),
    ],
)
def test_operator_comes_from_the_option_or_the_name(name: str, option: str, operator: str) -> None:
    with registry() as environment:
        report = run(environment, "operator-dump", HEADER + "20261020,35260411688340,,,\n", name, operator=option)
        assert report.outcome == pb.LOAD_OUTCOME_LOADED
        assert {key[2] for key in seen(environment)} == {operator}
        assert bool(option and name.startswith("mci")) == any("file name says" in note for note in report.notes)


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("dump.csv", ""),
        ("", ""),
        ("mci_20261110_20261020.csv", ""),
        ("mci_20261301_20261302.csv", ""),
        ("mci_2026_2027.csv", ""),
        ("m_ci_20261020_20261110.csv", ""),
        ("dump.csv", "a" * 33),
        ("dump.csv", "mci/../x"),
        ("dump.csv", "همراه"),
    ],
)
def test_a_name_that_says_nothing_is_refused(name: str, option: str) -> None:
    with registry() as environment:
        report = run(environment, "operator-dump", HEADER + "20261020,35260411688340,,,\n", name, operator=option)
        assert (report.outcome, codes(report)) == (pb.LOAD_OUTCOME_REFUSED, {"FILE_NAME": 1})


def test_the_same_bytes_for_another_period_or_operator_are_another_batch() -> None:
    data = HEADER + "20261020,35260411688340,,,\n20261115,35260411688340,,,\n"
    with registry() as environment:
        reports = [
            run(environment, "operator-dump", data, name)
            for name in ("mci_20261001_20261031.csv", "mci_20261101_20261130.csv", "irancell_20261101_20261130.csv")
        ]
        assert [report.outcome for report in reports] == [pb.LOAD_OUTCOME_LOADED] * 3
        assert len({report.batch for report in reports}) == 3
        assert seen(environment)[35260411688340, 0, "mci"] == Sighting(day("2026-10-20"), day("2026-11-15"), 0)


def test_operators_get_numbers_in_the_order_of_their_first_dump() -> None:
    with registry() as environment:
        for operator in ("rightel", "mci", "rightel", "irancell"):
            run(environment, "operator-dump", HEADER + "20261020,35260411688340,,,\n", operator=operator)
        names = {number(key): name for key, name in tables(environment)["operator"].items()}
        assert names == {1: b"rightel", 2: b"mci", 3: b"irancell"}


@pytest.mark.parametrize(
    ("gate", "bad"),
    [
        ("empty_imei_share", ",432110000000001"),
        ("malformed_imei_share", "12,432110000000001"),
        ("roamer_share", "35260411688340,262010000000001"),
    ],
)
def test_a_gate_stops_a_dump_from_the_size_that_says_something(gate: str, bad: str) -> None:
    section = POLICY.operator_dump.model_copy(update={"gate_from_rows": 10, gate: 0.2})
    policy = POLICY.model_copy(update={"operator_dump": section})
    good = "".join(f"20261020,{35260411000000 + n},432110000000001,,\n" for n in range(7))
    with registry() as environment:
        stopped = run(environment, "operator-dump", HEADER + good + f"20261020,{bad},,\n" * 3, NAME, policy=policy)
        assert stopped.outcome == pb.LOAD_OUTCOME_REFUSED
        assert [one.name for one in stopped.gates if not one.passed] == [gate]
        assert seen(environment) == {}
        passed = run(environment, "operator-dump", HEADER + good + f"20261020,{bad},,\n" * 2, NAME, policy=policy)
        assert passed.outcome == pb.LOAD_OUTCOME_LOADED  # nine rows are too few
        assert all(one.passed for one in passed.gates)


@pytest.mark.parametrize(
    ("imsi", "foreign"), [("432110000000001", 0), ("432110", 0), ("262010", 1), ("001010000000001", 1), ("", 0)]
)
def test_the_country_of_an_imsi_is_its_first_three_digits(imsi: str, foreign: int) -> None:
    with registry() as environment:
        report = run(environment, "operator-dump", HEADER + f"20261020,35260411688340,{imsi},,\n", NAME)
        assert [gate.value for gate in report.gates if gate.name == "roamer_share"] == [foreign]


def test_each_sighting_is_journalled_with_the_first_line_that_shows_it() -> None:
    rows = "20261022,352604116883400,,,\n20261021,35260411688341,,,\n20261020,3526041168834012,,,\n"
    with registry() as environment:
        report = run(environment, "operator-dump", HEADER + rows, NAME)
        with environment.snapshot() as snapshot:
            blocks = [block for block in snapshot.blocks(snapshot.header(report.seq)) if block.table == "sighting"]
        assert [(number(block.key(n)[:6]), block.line(n)) for block in blocks for n in range(len(block.keys))] == [
            (35260411688340, 2),
            (35260411688341, 3),
        ]


def test_a_zip_with_the_dump_in_it_is_the_dump() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mci_20261020_20261110.csv", HEADER + "20261020,35260411688340,,,\n")
    with registry() as environment:
        assert run(environment, "operator-dump", packed.getvalue(), "mci_20261020_20261110.zip").ok == 1


def test_a_number_of_14_digits_in_a_workbook_is_held() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["date", "imei", "imsi", "msisdn"],
        ["20261020", 13247066756075, "", ""],
        ["20261020", "13247066756075", "", ""],
    ):
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    with registry() as environment:
        report = run(environment, "operator-dump", data.getvalue(), NAME)
        assert (report.ok, report.review, codes(report)) == (1, 1, {"LEADING_ZERO_LOST": 1})


@tries(30)
@given(st.lists(st.tuples(*[st.text("0123456789aF*# ,\"'\n\u06f1", max_size=17)] * 4), max_size=6))
def test_rows_of_anything_end_in_one_class_each(rows: list[tuple[str, ...]]) -> None:
    data = HEADER + "".join(",".join((*row, "")) + "\n" for row in rows)
    with registry() as environment:
        report = run(environment, "operator-dump", data, NAME)
        assert adds_up(report)
        assert report.outcome != pb.LOAD_OUTCOME_UNSPECIFIED
