"""Pairs: what comes on file, what goes, and how many an IMEI may have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir.identity import Imei
from eir.records import PAIR_FROM_COMMAND, PAIR_FROM_FILE, Pair, decode_pair, encode_pair, number, pair_key
from eir.v1 import registry_pb2 as pb
from loaders.pairs import MAX_PAIRS
from store.environment import Environment
from tests import strategies as ids
from tests.effort import tries
from tests.loaders.registries import EXAMPLES, NOW, TODAY, codes, day_number, put, registry, run, tables, undo

IMEI = 35260411688340
IMSI = 432110000000001
TODAY_NUMBER = day_number(TODAY)
DELTA = "imei,imsi,msisdn,change_type\n"


def pairs(environment: Environment) -> dict[tuple[int, int], Pair]:
    stored = tables(environment)["pair"].items()
    return {(number(key[:6]), number(key[6:])): decode_pair(value) for key, value in stored}


@tries(20)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from([IMEI, 1324706181152]) | ids.imei14s, ids.imsis),
        st.none() | ids.home_msisdns,
        min_size=1,
        max_size=12,
    ),
    st.data(),
)
def test_pairs_are_what_the_rows_say(wanted: dict[tuple[int, int], str | None], data: st.DataObject) -> None:
    rows = "".join(
        f"{data.draw(ids.document_forms(imei))},{imsi:015},{msisdn or ''}\n" for (imei, imsi), msisdn in wanted.items()
    )
    with registry() as environment:
        report = run(environment, "pairs", "imei,imsi,msisdn\n" + rows)
        assert (report.outcome, report.ok) == (pb.LOAD_OUTCOME_LOADED, len(wanted))
        assert pairs(environment) == {
            key: Pair(PAIR_FROM_FILE, TODAY_NUMBER, int(msisdn or 0)) for key, msisdn in wanted.items()
        }
        again = run(environment, "pairs", "imei,imsi,msisdn\n" + rows + "\n", now=NOW + 5 * 86400)
        assert again.outcome == pb.LOAD_OUTCOME_UNCHANGED
        kept, gone = list(wanted)[1:], next(iter(wanted))
        removal = run(environment, "pairs", DELTA + f"{gone[0]:014},{gone[1]:015},,remove\n")
        assert set(pairs(environment)) == set(kept)
        undo(environment, removal.seq)
        assert set(pairs(environment)) == set(wanted)
        undo(environment, report.seq)
        assert not any(tables(environment).values())


@pytest.mark.parametrize(
    ("row", "code", "outcome"),
    [
        (f"{IMEI}9,{IMSI},", "", "ok"),
        (f"{IMEI}77,{IMSI},", "", "ok"),
        (f"{IMEI}0,{IMSI},", "SPARE_DIGIT", "warn"),
        (f"{IMEI}4,{IMSI},", "CHECK_DIGIT_ACCEPTED", "warn"),
        (f"{IMEI}9,۴۳۲۱۱۰۰۰۰۰۰۰۰۰۱,", "", "ok"),
        (f"{IMEI}9,{IMSI},no number", "MSISDN_LEFT_OUT", "warn"),
        (f"{IMEI}9,,", "PAIR_INCOMPLETE", "rejected"),
        (f",{IMSI},", "EMPTY_IMEI", "rejected"),
        (f"{IMEI}9,43211,", "IMSI_BAD", "rejected"),
        (f"{IMEI}9,{IMSI}1,", "IMSI_BAD", "rejected"),
        (f"{IMEI}9,000000000000000,", "IMSI_BAD", "rejected"),
        (f"3526,{IMSI},", "LENGTH", "rejected"),
        (f"004401123456788,{IMSI},", "TEST_IMEI", "rejected"),
        (f"004401123456784,{IMSI},", "TEST_IMEI", "rejected"),
        (f'"{IMEI}9 {Imei(IMEI + 1).with_check_digit()}",{IMSI},', "SEVERAL_PARTS", "rejected"),
    ],
)
def test_rows_one_by_one(row: str, code: str, outcome: str) -> None:
    with registry() as environment:
        report = run(environment, "pairs", f"imei,imsi,msisdn\n{row}\n013247061811529,{IMSI},\n")
        assert getattr(report, outcome) == (2 if outcome == "ok" else 1)
        assert codes(report) == ({code: 1} if code else {})
        stored = {(1324706181152, IMSI)} | ({(IMEI, IMSI)} if outcome in ("ok", "warn") else set())
        assert set(pairs(environment)) == stored


@pytest.mark.parametrize(
    ("written", "stored"),
    [("09121234567", 989121234567), ("+98 912 123 4567", 989121234567), ("+4915112345678", 4915112345678)],
)
def test_numbers_are_folded(written: str, stored: int) -> None:
    with registry() as environment:
        run(environment, "pairs", f"imei,imsi,msisdn\n{IMEI}9,{IMSI},{written}\n")
        assert pairs(environment)[IMEI, IMSI].msisdn == stored


@pytest.mark.parametrize(
    ("given_number", "stored"), [("", 989120000001), ("09120000002", 989120000002), ("nonsense", 989120000001)]
)
def test_a_pair_on_file_stays_but_for_a_new_number(given_number: str, stored: int) -> None:
    with registry() as environment:
        put(environment, "pair", pair_key(IMEI, IMSI), encode_pair(Pair(PAIR_FROM_COMMAND, 20000, 989120000001)))
        run(environment, "pairs", f"imei,imsi,msisdn\n{IMEI}9,{IMSI},{given_number}\n")
        assert pairs(environment) == {(IMEI, IMSI): Pair(PAIR_FROM_COMMAND, 20000, stored)}


@pytest.mark.parametrize(
    ("change", "present", "code", "after"),
    [
        ("add", False, "", True),
        ("add", True, "ADD_PRESENT", True),
        ("remove", True, "", False),
        ("remove", False, "REMOVE_ABSENT", False),
        ("update", True, "CHANGE_BAD", True),
        ("", True, "CHANGE_BAD", True),
    ],
)
def test_deltas_against_what_is_on_file(change: str, present: bool, code: str, after: bool) -> None:
    with registry() as environment:
        if present:
            put(environment, "pair", pair_key(IMEI, IMSI), encode_pair(Pair(PAIR_FROM_FILE, 20000, 0)))
        report = run(environment, "pairs", DELTA + f"{IMEI}9,{IMSI},,{change}\n013247061811529,{IMSI},,add\n")
        assert codes(report) == ({code: 1} if code else {})
        assert ((IMEI, IMSI) in pairs(environment)) == after


def test_rows_that_contradict_each_other_are_all_held() -> None:
    rows = f"{IMEI}9,{IMSI},,add\n{IMEI},{IMSI},,remove\n{IMEI},{IMSI + 1},,add\n{IMEI}9,{IMSI + 1},,add\n"
    with registry() as environment:
        report = run(environment, "pairs", DELTA + rows)
        assert (report.ok, report.warn, report.review) == (1, 1, 2)
        assert codes(report) == {"PAIR_TWICE": 1, "ROWS_CONFLICT": 2}
        assert set(pairs(environment)) == {(IMEI, IMSI + 1)}


@pytest.mark.parametrize(
    ("on_file", "removed", "added", "held"),
    [
        (0, 0, 16, 0),
        (0, 0, 17, 17),
        (15, 0, 1, 0),
        (15, 0, 2, 2),
        (16, 0, 1, 1),
        (16, 1, 1, 0),
        (20, 2, 1, 1),
        (20, 0, 0, 0),
    ],
)
def test_an_imei_has_a_bounded_number_of_pairs(on_file: int, removed: int, added: int, held: int) -> None:
    with registry() as environment:
        for n in range(on_file):
            put(environment, "pair", pair_key(IMEI, IMSI + n), encode_pair(Pair(PAIR_FROM_FILE, 20000, 0)))
        rows = "".join(f"{IMEI}9,{IMSI + n},,remove\n" for n in range(removed))
        rows += "".join(f"{IMEI}9,{IMSI + 100 + n},,add\n" for n in range(added))
        rows += f"{IMEI + 1},{IMSI},,add\n"  # another device is not concerned
        report = run(environment, "pairs", DELTA + rows)
        assert (report.review, codes(report)) == (held, {"TOO_MANY_PAIRS": held} if held else {})
        assert len(pairs(environment)) == on_file - removed + (0 if held else added) + 1
        assert MAX_PAIRS == 16


def test_the_example_list_is_clean() -> None:
    with registry() as environment:
        report = run(environment, "pairs", EXAMPLES / "pairs.csv")
        assert (report.outcome, report.ok, report.changes) == (pb.LOAD_OUTCOME_LOADED, 4, 4)
