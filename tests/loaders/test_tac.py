"""The TAC catalogue: columns in any order, dates at home, and nothing lost that a file does not name."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir.civil import start_of_day
from eir.records import decode_cutover, encode_cutover, number, tac_key
from eir.v1 import registry_pb2 as pb
from eir.v1.records_pb2 import Type
from store.environment import Environment
from tests import strategies as ids
from tests.effort import tries
from tests.loaders.registries import EXAMPLES, POLICY, codes, put, registry, run, tables, undo

GSMA = ("TAC", "Manufacturer", "Model Name", "Bands", "Allocation Date", "Device Type")
ROW = ("01324706", "Northfield Inc", "NF-N4", "GSM 900,LTE FDD BAND 3", "17-Aug-2021", "Smartphone")
PUBLIC = "A list under a licence (c) somebody\ntac,name,name,contributor,gsmarena,gsmarena,aka\n"


def pipe(*rows: tuple[str, ...], header: tuple[str, ...] = GSMA) -> str:
    return "".join("|".join(row) + "\n" for row in (header, *rows))


def catalogue(environment: Environment) -> dict[int, tuple[int, Type]]:
    stored = tables(environment)["tac"].items()
    return {number(key): (decode_cutover(value), Type.FromString(value[8:])) for key, value in stored}


def cutover(date: dt.date) -> int:
    return start_of_day(date, POLICY.zone())


def test_a_gsma_row_fills_the_record() -> None:
    header = (*GSMA, "Brand Name", "Marketing Name", "Radio Interface", "Bluetooth", "Goods Id", "NFC")
    with registry() as environment:
        report = run(environment, "tac", pipe((*ROW, "Northfield", "N4", "GSM,LTE", "Y", "77", ""), header=header))
        assert (report.outcome, report.ok) == (pb.LOAD_OUTCOME_LOADED, 1)
        assert catalogue(environment) == {
            1324706: (
                0,
                Type(
                    manufacturer="Northfield Inc",
                    brand="Northfield",
                    model="NF-N4",
                    device_type="Smartphone",
                    bands="GSM 900,LTE FDD BAND 3",
                    radio="GSM,LTE",
                    goods_id="77",
                    allocated="2021-08-17",
                    attributes={"marketing_name": "N4", "Bluetooth": "Y"},
                ),
            )
        }


begins = st.none() | st.dates(dt.date(1971, 1, 1), dt.date(2098, 1, 1))
types = st.tuples(ids.tacs, st.dates(dt.date(1990, 1, 1), dt.date(2026, 1, 1)), begins)


@tries(20)
@given(st.permutations(range(8)), st.lists(types, min_size=1, max_size=8, unique_by=lambda row: row[0]))
def test_columns_may_be_in_any_order(order: list[int], rows: list[tuple[int, dt.date, dt.date | None]]) -> None:
    header = (*GSMA, "Cut-over Date", "Colour")
    cells = [
        (f"{tac:08}", "M", f"model {tac}", "B", f"{allocated:%d-%b-%Y}", "Tablet", f"{begins or ''}", "red")
        for tac, allocated, begins in rows
    ]
    data = pipe(*(tuple(row[n] for n in order) for row in cells), header=tuple(header[n] for n in order))
    with registry() as environment:
        assert run(environment, "tac", data).ok == len(rows)
        same = Type(manufacturer="M", bands="B", device_type="Tablet", attributes={"Colour": "red"})
        for tac, allocated, begins in rows:
            expected = Type(model=f"model {tac}", allocated=f"{allocated}")
            expected.MergeFrom(same)
            assert catalogue(environment)[tac] == (cutover(begins) if begins else 0, expected)
        before = tables(environment, "batch")
        again = run(environment, "tac", pipe(*cells, header=header) + "\n")
        assert again.outcome == pb.LOAD_OUTCOME_UNCHANGED
        undo(environment, 1)
        assert not any(tables(environment).values())
        assert run(environment, "tac", data).outcome == pb.LOAD_OUTCOME_LOADED
        assert tables(environment, "batch") == before


@pytest.mark.parametrize("missing", GSMA)
def test_a_gsma_list_needs_its_six_columns(missing: str) -> None:
    header = tuple(name for name in GSMA if name != missing)
    with registry() as environment:
        report = run(environment, "tac", pipe(tuple("1" for _ in header), header=header))
        assert report.outcome == pb.LOAD_OUTCOME_REFUSED
        assert set(codes(report)) <= {"COLUMN_MISSING", "NO_HEADER"}


def test_a_public_list_has_brand_and_model_under_one_name() -> None:
    with registry() as environment:
        report = run(
            environment, "tac", PUBLIC + '35675904,Oppo,N1,K,http://a,http://b,"N1,N1+"\n 01234567,Nokia,1610,,,,\n'
        )
        assert report.ok == 2
        found = catalogue(environment)
        assert (found[1234567][1].brand, found[1234567][1].model) == ("Nokia", "1610")
        assert dict(found[35675904][1].attributes) == {
            "contributor": "K",
            "gsmarena": "http://a",
            "gsmarena (6)": "http://b",
            "aka": "N1,N1+",
        }


def test_a_cutover_date_begins_at_midnight_at_home() -> None:
    with registry() as environment:
        run(environment, "tac", pipe((*ROW, "2099-01-01"), header=(*GSMA, "Cut-over Date")))
        begins = dt.datetime.fromtimestamp(catalogue(environment)[1324706][0], POLICY.zone())
        assert begins.replace(tzinfo=None) == dt.datetime(2099, 1, 1)  # noqa: DTZ001  # read at home


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        (GSMA, ROW, 5_000_000_000),
        ((*GSMA, "Cut-over Date"), (*ROW, " "), 5_000_000_000),
        ((*GSMA, "Cut-over Date"), (*ROW, "20300101"), cutover(dt.date(2030, 1, 1))),
    ],
)
def test_a_cutover_set_by_command_stays_unless_the_file_says_another(
    header: tuple[str, ...], cells: tuple[str, ...], expected: int
) -> None:
    with registry() as environment:
        put(environment, "tac", tac_key(1324706), encode_cutover(5_000_000_000))
        run(environment, "tac", pipe(cells, header=header))
        assert catalogue(environment)[1324706][0] == expected
        assert catalogue(environment)[1324706][1].model == "NF-N4"


def test_types_that_a_list_lacks_stay_and_are_counted() -> None:
    with registry() as environment:
        run(environment, "tac", pipe(ROW, ("35118846", *ROW[1:])))
        report = run(environment, "tac", pipe(("35118846", "New Maker", *ROW[2:])))
        assert set(catalogue(environment)) == {1324706, 35118846}
        assert catalogue(environment)[35118846][1].manufacturer == "New Maker"
        assert report.changes == 1
        assert any(note.startswith("1 TACs on file") for note in report.notes)


@pytest.mark.parametrize(
    ("tac", "code", "outcome"),
    [
        ("1324706", "LEADING_ZERO_LOST", "review"),
        ("1324706.0", "LEADING_ZERO_LOST", "review"),
        ("132470", "TAC_BAD", "rejected"),
        ("013247061", "TAC_BAD", "rejected"),
        ("", "TAC_BAD", "rejected"),
        ("0132470X", "TAC_BAD", "rejected"),
        ("1.32E+06", "TAC_BAD", "rejected"),
        ("²1324706", "TAC_BAD", "rejected"),
    ],
)
def test_what_is_no_tac_is_not_guessed(tac: str, code: str, outcome: str) -> None:
    with registry() as environment:
        report = run(environment, "tac", pipe((tac, *ROW[1:]), ("35118846", *ROW[1:])))
        assert (report.ok, getattr(report, outcome), codes(report)) == (1, 1, {code: 1})
        assert set(catalogue(environment)) == {35118846}


@pytest.mark.parametrize("date", ["someday", "2026-02-30", "0099-01-01", "31-Foo-2026", "1969-06-01", "2026-13-01"])
def test_a_bad_cutover_date_refuses_the_row(date: str) -> None:
    with registry() as environment:
        report = run(environment, "tac", pipe((*ROW, date), ("35118846", *ROW[1:], ""), header=(*GSMA, "Cut-over Date")))
        assert (report.ok, codes(report)) == (1, {"DATE_BAD": 1})


def test_a_bad_allocation_date_is_left_out() -> None:
    with registry() as environment:
        report = run(environment, "tac", pipe((*ROW[:4], "31-Feb-2021", ROW[5])))
        assert (report.warn, codes(report)) == (1, {"DATE_LEFT_OUT": 1})
        assert catalogue(environment)[1324706][1].allocated == ""


def test_the_last_row_of_a_tac_counts() -> None:
    header = (*GSMA, "Cut-over Date")
    with registry() as environment:
        rows = [(*ROW, "2030-01-01"), ("01324706", "Other", *ROW[2:], "")]
        report = run(environment, "tac", pipe(*rows, header=header))
        assert (report.ok, report.warn, codes(report)) == (1, 1, {"TAC_TWICE": 1})
        begins, found = catalogue(environment)[1324706]
        assert (begins, found.manufacturer) == (cutover(dt.date(2030, 1, 1)), "Other")


def test_two_cutover_dates_of_a_tac_are_held() -> None:
    rows = [(*ROW, "2030-01-01"), (*ROW, "2031-01-01"), (*ROW, ""), ("35118846", *ROW[1:], "")]
    with registry() as environment:
        report = run(environment, "tac", pipe(*rows, header=(*GSMA, "Cut-over Date")))
        assert (report.ok, report.review, codes(report)) == (1, 3, {"ROWS_CONFLICT": 3})
        assert set(catalogue(environment)) == {35118846}


def test_a_list_of_which_nothing_is_accepted_is_refused() -> None:
    with registry() as environment:
        report = run(environment, "tac", pipe(("1", *ROW[1:])))
        assert (report.outcome, report.rejected) == (pb.LOAD_OUTCOME_REFUSED, 1)
        assert "NOTHING_ACCEPTED" in codes(report)


def test_the_example_catalogue_is_clean() -> None:
    with registry() as environment:
        report = run(environment, "tac", EXAMPLES / "tac-catalogue.txt")
        assert (report.outcome, report.rows_read, report.ok) == (pb.LOAD_OUTCOME_LOADED, 25, 25)
        assert catalogue(environment)[86772650][0] == cutover(dt.date(2099, 1, 1))
        assert catalogue(environment)[1324706][1].brand == "Northfield"


def public_catalogue() -> Path:
    folder = os.environ.get("EIR_TAC_DATA", str(EXAMPLES.parents[1] / "shared" / "data" / "tac"))
    file = Path(folder) / "osmocom-tacdb.csv"
    if not file.exists():
        pytest.skip(f"the public TAC list is not at {file}; set EIR_TAC_DATA to its folder")
    return file


def test_the_public_catalogue_loads_whole() -> None:
    file = public_catalogue()
    with registry() as environment:
        report = run(environment, "tac", file)
        assert report.outcome == pb.LOAD_OUTCOME_LOADED
        assert report.rows_read == file.read_text(encoding="utf-8").count("\n") - 2
        assert (report.review, report.rejected, report.skipped) == (0, 0, 0)
        assert report.ok + report.warn == report.rows_read
        assert catalogue(environment)[35675904][1].brand == "Oppo"
