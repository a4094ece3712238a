"""The facts of a declaration, from wherever they come, and the account of its devices over all its batches."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir.identity import Imei
from eir.policy import Policy
from eir.v1 import records_pb2
from eir.v1 import registry_pb2 as pb
from loaders.declaration import add_batch, reference, whole_number
from store.environment import Environment
from tests import strategies as ids
from tests.loaders.registries import codes, registry, run, tables, undo

COMPANY, PERSON = "10380284790", "0499370899"
NUMBER = "12345678"


def whole(serial: int) -> str:
    return Imei(35693803000000 + serial).with_check_digit()


def devices(*serials: int, header: str = "imei", cells: str = "") -> str:
    return header + "\n" + "".join(f"{whole(serial)}{cells}\n" for serial in serials)


def facts_of(data: str, name: str = "list.csv", **options: Any) -> pb.DeclarationFacts:
    with registry() as environment:
        report = run(environment, "manifest", data, name, declaration=pb.DeclarationFacts(**options))
        assert report.outcome == pb.LOAD_OUTCOME_LOADED, report.issues
        return report.declaration


def refusal(data: str, name: str = "list.csv", **options: Any) -> str:
    with registry() as environment:
        before = tables(environment)
        report = run(environment, "manifest", data, name, declaration=pb.DeclarationFacts(**options))
        assert report.outcome == pb.LOAD_OUTCOME_REFUSED
        assert tables(environment) == before
        return report.codes[0].code


FACTS = {"declaration": NUMBER, "office": "50100", "importer": COMPANY, "declared devices": "1", "date": "1403/09/24"}
FULL = pb.DeclarationFacts(
    number=NUMBER, office="50100", year=1403, importer=f"LEGAL:{COMPANY}", declared_devices=1, date="1403/09/24"
)


def test_facts_come_from_lines_above_the_header() -> None:
    assert facts_of("".join(f"# {key}: {value}\n" for key, value in FACTS.items()) + devices(1)) == FULL


def test_facts_come_from_columns_repeated_on_each_row() -> None:
    header = ",".join(["imei", *FACTS])
    cells = "," + ",".join(FACTS.values())
    assert facts_of(devices(1, header=header, cells=cells)) == FULL
    assert facts_of(devices(1, header=header, cells=cells.replace("50100", " 50100 ").replace("1403", "۱۴۰۳"))) == FULL


def test_facts_come_from_the_envelope_of_a_json_file() -> None:
    data = json.dumps({"declaration": {**FACTS, "declared devices": 1}, "devices": [{"imeis": [whole(1), whole(2)]}]})
    assert facts_of(data) == FULL


def test_facts_come_from_the_options() -> None:
    options = {"number": NUMBER, "office": "50100", "importer": COMPANY, "declared_devices": 1, "date": "1403/09/24"}
    assert facts_of(devices(1), **options) == FULL


def test_only_the_number_is_required() -> None:
    assert facts_of(devices(1), number=NUMBER) == pb.DeclarationFacts(number=NUMBER)
    assert refusal(devices(1)) == "DECLARATION_MISSING"


def test_cells_left_empty_below_a_filled_one_say_nothing() -> None:
    data = f"imei,declaration,office\n{whole(1)},{NUMBER},50100\n{whole(2)},,\n"
    assert facts_of(data) == pb.DeclarationFacts(number=NUMBER, office="50100")


@pytest.mark.parametrize(
    ("line", "options", "code"),
    [
        ("# declaration: 87654321\n", {}, "DECLARATION_DISAGREES"),
        ("# office: 1\n", {"office": "2"}, "FACT_DISAGREES"),
        ("# date: 1403/09/24\n", {"date": "2024-12-15"}, "FACT_DISAGREES"),
        ("# date: 1403/09/24\n", {"year": 1402}, "FACT_DISAGREES"),
        (f"# importer: {COMPANY}\n", {"importer": PERSON}, "FACT_DISAGREES"),
        ("# declared devices: 2\n", {"declared_devices": 1}, "FACT_DISAGREES"),
        ("# imei count: 2\n", {"declared_imeis": 1}, "FACT_DISAGREES"),
    ],
)
def test_sources_that_disagree_refuse_the_file(line: str, options: dict[str, Any], code: str) -> None:
    assert refusal(line + devices(1), number=NUMBER, **options) == code


@pytest.mark.parametrize(
    ("column", "first", "second", "code"),
    [
        ("declaration", NUMBER, "87654321", "DECLARATION_DISAGREES"),
        ("office", "50100", "50200", "FACT_DISAGREES"),
        ("date", "1403/09/24", "1403/09/25", "FACT_DISAGREES"),
    ],
)
def test_rows_that_disagree_refuse_the_file(column: str, first: str, second: str, code: str) -> None:
    assert refusal(f"imei,{column}\n{whole(1)},{first}\n{whole(2)},{second}\n", number=NUMBER) == code


def test_one_date_in_two_calendars_agrees_and_stays_as_the_option_has_it() -> None:
    facts = facts_of("# date: ۱۴۰۳/۰۹/۲۴\n" + devices(1), number=NUMBER, date="2024-12-14")
    assert (facts.date, facts.year) == ("2024-12-14", 2024)
    assert facts_of("# date: ۱۴۰۳/۰۹/۲۴\n" + devices(1), number=NUMBER, date="2024-12-14", year=1403).year == 1403


def test_a_date_left_as_a_day_count_is_read_and_agrees_with_the_others() -> None:
    text = f"imei,declaration_date\n{whole(1)},45603\n{whole(2)},1403/08/17\n{whole(3)},2024-11-07\n"
    assert facts_of(text, number=NUMBER).date == "2024-11-07"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"number": "1234#567"}, "DECLARATION_BAD"),
        ({"number": "1" * 33}, "DECLARATION_BAD"),
        ({"office": "501/00"}, "DECLARATION_BAD"),
        ({"office": "5" * 65}, "DECLARATION_BAD"),
        ({"office": "50\x07"}, "DECLARATION_BAD"),
        ({"importer": COMPANY[:-1] + "1"}, "IMPORTER_BAD"),
        ({"importer": "0499370898"}, "IMPORTER_BAD"),
        ({"importer": "PERSON:" + COMPANY}, "IMPORTER_BAD"),
        ({"date": "24.12.2024"}, "DATE_HEADER"),
        ({"year": 24}, "DATE_HEADER"),
    ],
)
def test_a_fact_that_cannot_be_right_refuses_the_file(options: dict[str, Any], code: str) -> None:
    assert refusal(devices(1), **{"number": NUMBER, **options}) == code


@pytest.mark.parametrize(
    ("text", "importer"),
    [
        (COMPANY, "LEGAL:" + COMPANY),
        (PERSON, "PERSON:" + PERSON),
        ("a1234567", "FOREIGN:A1234567"),
        ("FOREIGN: 123456789012", "FOREIGN:123456789012"),
    ],
)
def test_an_importer_is_a_company_a_person_or_a_foreigner(text: str, importer: str) -> None:
    assert facts_of(devices(1), number=NUMBER, importer=text).importer == importer


@given(st.integers(0, 10**9), st.data())
def test_a_quantity_is_read_in_any_digits_and_never_guessed(number: int, data: st.DataObject) -> None:
    zero = data.draw(st.sampled_from((ord("0"), *ids.FOREIGN_ZEROS)))
    text = "".join(chr(zero + int(digit)) for digit in str(number))
    assert whole_number(text) == whole_number(f" {text}.0 ") == number
    assert whole_number(text + " pcs") is whole_number("-" + text) is whole_number(text + ".5") is None


# ---- the account over all batches


def load(environment: Environment, data: str, **options: Any) -> pb.LoadReport:
    return run(environment, "manifest", data, declaration=pb.DeclarationFacts(**{"number": NUMBER, **options}))


def test_more_devices_than_declared_over_all_batches_hold_the_batch() -> None:
    with registry() as environment:
        first = load(environment, devices(1, 2), declared_devices=3)
        assert first.outcome == pb.LOAD_OUTCOME_LOADED
        assert "INCOMPLETE" in first.notes[0]
        before = tables(environment)
        second = load(environment, devices(3, 4), declared_devices=3)
        assert second.outcome == pb.LOAD_OUTCOME_REFUSED
        assert codes(second)["EXCESS_QUANTITY"] == 1
        assert [(gate.value, gate.limit) for gate in second.gates if not gate.passed] == [(4, 3)]
        assert tables(environment) == before
        rest = load(environment, devices(1, 2, 3))
        assert (rest.outcome, rest.devices, codes(rest)["ALREADY_LIVE"]) == (pb.LOAD_OUTCOME_LOADED, 1, 2)
        assert not rest.notes


def test_the_declared_quantity_on_file_binds_batches_that_do_not_repeat_it() -> None:
    with registry() as environment:
        load(environment, devices(1), declared_devices=1)
        assert load(environment, devices(2)).outcome == pb.LOAD_OUTCOME_REFUSED
        report = load(environment, devices(2), declared_devices=2)
        assert codes(report) == {"FACT_DISAGREES": 1}
        assert load(environment, devices(2), office="other").outcome == pb.LOAD_OUTCOME_LOADED


def test_imeis_are_counted_against_their_own_declared_number() -> None:
    with registry() as environment:
        both = {"declared_devices": 2, "declared_imeis": 3}
        too_many = load(environment, f"imei,imei2\n{whole(1)},{whole(2)}\n{whole(3)},{whole(4)}\n", **both)
        assert codes(too_many)["IMEI_COUNT"] == 1
        slot_missing = load(environment, devices(1, 3), **both)
        assert codes(slot_missing)["IMEI_COUNT"] == 1
        assert load(environment, f"imei,imei2\n{whole(1)},{whole(2)}\n", **both).outcome == pb.LOAD_OUTCOME_LOADED
        assert load(environment, devices(3), **both).outcome == pb.LOAD_OUTCOME_LOADED


def test_undo_gives_the_quantity_back() -> None:
    with registry() as environment:
        before = tables(environment)
        report = load(environment, devices(1), declared_devices=1)
        undo(environment, report.seq)
        assert tables(environment, "batch") == {name: rows for name, rows in before.items() if name != "batch"}
        assert load(environment, devices(2), declared_devices=1).outcome == pb.LOAD_OUTCOME_LOADED


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 4)), min_size=1), st.integers(1, 200), st.integers(0, 600))
def test_the_account_passes_exactly_what_the_declaration_covers(
    batches: list[tuple[int, int]], devices: int, imeis: int
) -> None:
    record = records_pb2.Declaration(
        facts=pb.DeclarationFacts(number=NUMBER, declared_devices=devices, declared_imeis=imeis)
    )
    total_devices = total_imeis = 0
    for number, (count, slots) in enumerate(batches):
        total_devices += count
        total_imeis += count * slots
        account = add_batch(record, str(number), count, count * slots)
        short = imeis and total_imeis < imeis and total_devices == devices
        fits = total_devices <= devices and (not imeis or total_imeis <= imeis) and not short
        assert all(gate.passed for gate in account.gates) == fits
        assert bool(account.notes) == (total_devices < devices)
    assert (record.devices, record.imeis, len(record.batches)) == (total_devices, total_imeis, len(batches))
    assert reference(record.facts) == NUMBER


def test_the_policy_says_what_a_number_looks_like() -> None:
    assert facts_of(devices(1), number="im-2026.17").number == "IM-2026.17"
    default = Policy.default()
    strict = default.model_copy(update={"manifest": default.manifest.model_copy(update={"declaration_number": "[0-9]{8}"})})
    with registry() as environment:
        declaration = pb.DeclarationFacts(number="1234567O")
        report = run(environment, "manifest", devices(1), "list.csv", policy=strict, declaration=declaration)
    assert codes(report) == {"DECLARATION_BAD": 1}
