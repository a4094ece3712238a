"""Identifiers: published vectors, traps of the language, properties, and python-stdnum as an oracle."""

from __future__ import annotations

import itertools
import random
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import imei as oracle
from stdnum import luhn

from eir import identity as ids
from eir import identity_columns as columns
from eir.identity import Fault, Imei, ImeiClass, Importer, ImporterType, LastDigit, Note, Reading
from tests import strategies as eirst

SERIALS = "35693803564380"
IMEI = "356938035643809"


def is_subsequence(needle: str, haystack: str) -> bool:
    rest = iter(haystack)
    return all(char in rest for char in needle)


# --- Check digit -----------------------------------------------------------------------------------------------------

CHECK_DIGITS = [
    ("26053179311383", 7),  # printed in TS 23.003 annex B
    ("49015420323751", 8),
    ("35693803564380", 9),
    ("35693803564381", 7),
    ("35693803564382", 5),
    ("35693803564383", 3),
    ("35693803564384", 1),
    ("35693803564385", 8),
    ("35145120840121", 6),
    ("35209900176148", 1),
    ("01234567890123", 7),
    ("04901542032375", 1),
    ("00000000000000", 0),
]


@pytest.mark.parametrize(("digits", "expected"), CHECK_DIGITS)
def test_check_digit_of_published_imeis(digits: str, expected: int) -> None:
    assert ids.check_digit(int(digits)) == expected
    assert Imei(int(digits)).with_check_digit() == f"{digits}{expected}"


@given(eirst.keys)
def test_check_digit_agrees_with_stdnum(key: int) -> None:
    assert str(ids.check_digit(key)) == luhn.calc_check_digit(f"{key:014}")
    assert oracle.is_valid(Imei(key).with_check_digit())


@given(st.lists(eirst.keys, max_size=50))
def test_check_digits_of_an_array_are_those_of_its_elements(keys: list[int]) -> None:
    array = np.array(keys, dtype=np.uint64)
    assert columns.check_digits(array).tolist() == [ids.check_digit(key) for key in keys]


def test_check_digits_keep_the_shape_and_reach_the_largest_key() -> None:
    array = np.array([[0, ids.IMEI14_END - 1], [int(SERIALS), 1]], dtype=np.uint64)
    found = columns.check_digits(array)
    assert found.shape == (2, 2)
    assert found.dtype == np.uint8
    assert found.tolist() == [[0, int(luhn.calc_check_digit("9" * 14))], [9, int(luhn.calc_check_digit("0" * 13 + "1"))]]


def test_check_digits_refuse_a_number_of_fifteen_digits() -> None:
    with pytest.raises(IndexError, match="14 digits"):
        columns.check_digits(np.array([ids.IMEI14_END], dtype=np.uint64))


@given(eirst.imei14s, st.integers(0, 14), st.integers(1, 9))
def test_any_wrong_digit_is_found(key: int, position: int, shift: int) -> None:
    digits = list(Imei(key).with_check_digit())
    digits[position] = str((int(digits[position]) + shift) % 10)
    wrong = "".join(digits)
    assert ids.last_digit(wrong) is not LastDigit.MATCH
    if wrong[14] != "0":
        assert Imei.from_document(wrong).imei is None


@given(eirst.keys, st.integers(0, 13))
def test_swapped_neighbours_are_found_unless_they_are_0_and_9(key: int, position: int) -> None:
    digits = Imei(key).with_check_digit()
    a, b = digits[position], digits[position + 1]
    swapped = digits[:position] + b + a + digits[position + 2 :]
    assert (ids.last_digit(swapped) is LastDigit.MATCH) == (a == b or {a, b} == {"0", "9"})


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        (SERIALS, LastDigit.ABSENT),
        (SERIALS + "9", LastDigit.MATCH),
        (SERIALS + "0", LastDigit.ZERO),
        (SERIALS + "1", LastDigit.MISMATCH),
        ("0" * 15, LastDigit.MATCH),
        (SERIALS + "16", LastDigit.ABSENT),
    ],
)
def test_last_digit_is_named(digits: str, expected: LastDigit) -> None:
    assert ids.last_digit(digits) is expected


# --- Classes ---------------------------------------------------------------------------------------------------------

CLASSES = [
    ("35693803564380", ImeiClass.NORMAL),
    ("01234567890123", ImeiClass.NORMAL),  # RBI 01 is real
    ("10010100000000", ImeiClass.NORMAL),
    ("00100100000000", ImeiClass.TEST),
    ("00101799999999", ImeiClass.TEST),
    ("00101899999999", ImeiClass.TEST),  # RBI 00
    ("00440000000000", ImeiClass.TEST),
    ("00869999999999", ImeiClass.TEST),
    ("00910000000000", ImeiClass.TEST),
    ("00000000000001", ImeiClass.TEST),
    ("00000000000000", ImeiClass.ALL_ZERO),
    ("88888888888888", ImeiClass.PLACEHOLDER),
    ("88888888888887", ImeiClass.NORMAL),
    ("11111111111111", ImeiClass.NORMAL),  # suspicious, reserved by nobody
]


@pytest.mark.parametrize(("digits", "expected"), CLASSES)
def test_class_of_reserved_and_ordinary_keys(digits: str, expected: ImeiClass) -> None:
    assert ids.classify(int(digits)) is expected


def test_classes_of_an_array_are_those_of_its_elements() -> None:
    keys = [int(digits) for digits, _ in CLASSES] + [row * 10**8 for row in range(0, 10**6, 997)]
    array = np.array(keys, dtype=np.uint64)
    assert columns.classify(array, ids.DEFAULT_CLASSES).tolist() == [ids.classify(key) for key in keys]


prefixes = st.text("089", min_size=1, max_size=4)


@given(st.dictionaries(prefixes, st.sampled_from(ImeiClass), max_size=8), st.lists(prefixes, max_size=8))
def test_longest_prefix_wins_in_any_table(rows: dict[str, ImeiClass], leads: list[str]) -> None:
    table = ids.ClassTable(ids.ClassRow(prefix, imei_class, "test") for prefix, imei_class in rows.items())
    keys = [int(lead.ljust(14, fill)) for lead in (*leads, *rows) for fill in "059"]
    for key in keys:
        matching = [prefix for prefix in rows if f"{key:014}".startswith(prefix)]
        expected = rows[max(matching, key=len)] if matching else ImeiClass.NORMAL
        assert ids.classify(key, table) is expected
        assert table.special_leads[key // 10**12] or not matching
    assert columns.classify(np.array(keys, dtype=np.uint64), table).tolist() == [table.classify(key) for key in keys]


def test_leads_gate_only_what_a_row_could_match() -> None:
    table = ids.ClassTable([ids.ClassRow("7", ImeiClass.TEST, "a"), ids.ClassRow("35693", ImeiClass.TEST, "b")])
    assert [lead for lead in range(100) if table.special_leads[lead]] == [35, *range(70, 80)]
    assert [lead for lead in range(100) if ids.DEFAULT_CLASSES.special_leads[lead]] == [0, 88]


@pytest.mark.parametrize("prefix", ["", "x", "۳۵", "1" * 15, "35\n"])
def test_table_refuses_a_prefix_that_is_not_digits(prefix: str) -> None:
    with pytest.raises(ValueError, match="1 to 14 digits"):
        ids.ClassTable([ids.ClassRow(prefix, ImeiClass.TEST, "test")])


def test_table_refuses_a_prefix_given_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        ids.ClassTable([ids.ClassRow("35", ImeiClass.TEST, "a"), ids.ClassRow("35", ImeiClass.NORMAL, "b")])


# --- Network side ----------------------------------------------------------------------------------------------------


@given(eirst.keys, st.data())
def test_every_network_form_of_a_device_has_one_key(key: int, data: st.DataObject) -> None:
    form = data.draw(eirst.network_forms(key))
    assert ids.imei14_from_network(form) == key
    imei = Imei.from_network(form)
    assert imei is not None
    assert (imei.number, imei.svn) == (key, form[14:] if len(form) == 16 else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3" * 13,
        "3" * 17,
        "۳" * 15,
        "٣" * 14,
        "３" * 14,
        "²" * 15,
        "①" * 15,
        IMEI + "\n",
        " " + SERIALS,
        "+" + SERIALS,
        "-" + SERIALS,
        "3_5693803564380",
        SERIALS + "A",
        "35-693803564380",
        "3569380356438\x00",
        "\ud800" * 15,
    ],
)
def test_malformed_network_text_has_no_key(text: str) -> None:
    assert ids.imei14_from_network(text) is None
    assert Imei.from_network(text) is None


@given(st.text(max_size=18) | eirst.phone_texts)
def test_network_key_exists_exactly_for_14_to_16_ascii_digits(text: str) -> None:
    well_formed = 14 <= len(text) <= 16 and set(text) <= set("0123456789")
    assert ids.imei14_from_network(text) == (int(text[:14]) if well_formed else None)


@given(eirst.phone_texts)
def test_anything_a_phone_could_send_has_a_text_key_whatever_its_case(text: str) -> None:
    assert ids.malformed_key(text) == ids.malformed_key(text.lower()) == text.upper()


@pytest.mark.parametrize("text", ["", "1" * 17, "12 34", "G", "35\n", "۳۵", "é", "\x00", "*#06#+"])
def test_what_no_phone_can_send_has_no_text_key(text: str) -> None:
    assert ids.malformed_key(text) is None


def test_dump_rule_keeps_14_leading_digits_whatever_follows() -> None:
    assert ids.imei14_from_dump(SERIALS + "A") == int(SERIALS)
    assert ids.imei14_from_dump(SERIALS) == int(SERIALS)
    assert ids.imei14_from_dump(SERIALS + " ") is None
    assert ids.imei14_from_dump("A" + SERIALS) is None
    assert ids.imei14_from_dump(SERIALS + "999") is None


def test_pei_yields_digits_only_when_it_is_an_imei() -> None:
    assert ids.pei_digits("imei-" + IMEI) == IMEI
    assert ids.pei_digits("imeisv-" + SERIALS + "16") == SERIALS + "16"


@pytest.mark.parametrize(
    "pei",
    [
        "",
        IMEI,
        "imei-" + SERIALS,
        "imei-" + SERIALS + "16",
        "imeisv-" + IMEI,
        "IMEI-" + IMEI,
        "imei-" + IMEI + "\n",
        "imei-" + "۳" * 15,
        "mac-00-00-5E-00-53-00",
        "eui-00-00-5E-10-00-00-00-53",
        "anything",
    ],
)
def test_other_peis_are_not_imeis(pei: str) -> None:
    assert ids.pei_digits(pei) is None


@given(eirst.imeis)
def test_formats_read_back(imei: Imei) -> None:
    bare = Imei(imei.number)
    assert Imei.from_network(ids.pei_digits(imei.pei()) or "") == imei
    assert Imei.from_network(imei.text) == bare
    assert Imei.from_document(imei.with_check_digit()) == Reading(
        imei.with_check_digit(), bare, None, (), imei.with_check_digit()
    )
    assert int(imei.tac_text) == imei.tac == int(imei.text[:8])
    assert (len(imei.tac_text), len(imei.text)) == (8, 14)


def test_software_version_is_two_ascii_digits() -> None:
    assert ids.svn_from_network("07") == "07"
    assert [ids.svn_from_network(text) for text in ("", "7", "007", "۰۷", "07\n")] == [None] * 5


def test_tac_is_eight_digits_and_never_padded() -> None:
    assert ids.tac_from_document("01234567") == 1234567
    assert ids.tac_from_document(" ۳۵-۶۹۳۸۰۳ ") == 35693803
    assert ids.tac_from_document("1234567") is None
    assert ids.tac_from_document("O1234567") is None


# --- Documents -------------------------------------------------------------------------------------------------------

ACCEPTED = {
    "fourteen digits": (SERIALS, False, ()),
    "fourteen numeric digits": (SERIALS, True, ()),
    "check digit": (IMEI, False, ()),
    "Persian digits": ("۳۵۶۹۳۸۰۳۵۶۴۳۸۰۹", False, (Note.FOLDED_DIGITS,)),
    "Arabic-Indic digits": ("٣٥٦٩٣٨٠٣٥٦٤٣٨٠٩", False, (Note.FOLDED_DIGITS,)),
    "fullwidth digits": ("３５６９３８０３５６４３８０９", False, (Note.FOLDED_DIGITS,)),
    "mixed digits": ("۳۵6938035643809", False, (Note.FOLDED_DIGITS,)),
    "invisible and grouped": (
        "\u200f35\u200c693803-564380-9\ufeff",
        False,
        (Note.REMOVED_INVISIBLE, Note.REMOVED_GROUPING),
    ),
    "isolates": ("\u2066" + IMEI + "\u2069", False, (Note.REMOVED_INVISIBLE,)),
    "no-break spaces": ("35\u00a0693803\u00a0564380\u00a09", False, (Note.REMOVED_GROUPING,)),
    "slashes": ("35/693803/564380/9", False, (Note.REMOVED_GROUPING,)),
    "spaces around": (f"\t {IMEI}\u3000\r\n", False, ()),
    "apostrophe": ("'" + IMEI, False, (Note.APOSTROPHE,)),
    "formula that is text": (f'="{IMEI}"', False, (Note.FORMULA_TEXT,)),
    "trailing .0": (IMEI + ".0", False, (Note.TRAILING_DOT_ZERO,)),
    "trailing .0 after fourteen": (SERIALS + ".0", True, (Note.TRAILING_DOT_ZERO,)),
    "full exponent": ("3.56938035643809E+14", False, (Note.EXPONENT,)),
    "full exponent, small e": ("3.56938035643809e14", True, (Note.EXPONENT,)),
    "full exponent, decimal comma": ("3,56938035643809E+14", False, (Note.EXPONENT,)),
    "spare digit": (SERIALS + "0", False, (Note.SPARE_DIGIT,)),
    "numeric IMEISV": (SERIALS + "16", True, (Note.NUMERIC_IMEISV,)),
    "numeric IMEISV by its .0": (SERIALS + "16.0", False, (Note.TRAILING_DOT_ZERO, Note.NUMERIC_IMEISV)),
    "ICCID beside": (f"{IMEI} 8998110012345678901", False, (Note.DROPPED_EXTRA,)),
    "labelled ICCID before": (f"ICCID: 8998110012345678901F, {IMEI}", False, (Note.DROPPED_EXTRA,)),
    "labelled serial beside": (f"{IMEI} / S/N: R58N12ABCDE", False, (Note.DROPPED_EXTRA,)),
    "label": (f"IMEI 1: {IMEI}", False, (Note.DROPPED_EXTRA,)),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_document_cell_is_read_and_says_what_was_done(name: str) -> None:
    text, numeric, notes = ACCEPTED[name]
    reading = Imei.from_document(text, numeric=numeric)
    assert (reading.raw, reading.imei, reading.fault, reading.notes) == (text, Imei(int(SERIALS)), None, notes)


@pytest.mark.parametrize(
    ("text", "svn"),
    [
        (SERIALS + "16", "16"),
        ("35-693803-564380-16", "16"),
        (IMEI + "/16", "16"),
        (IMEI + " - 07", "07"),
        ("35 693803 564380 9 99", "99"),
    ],
)
def test_document_cell_keeps_the_software_version(text: str, svn: str) -> None:
    assert Imei.from_document(text).imei == Imei(int(SERIALS), svn)


REFUSED = {
    "a number with its end rounded away": ("356938000000000", True, Fault.DIGITS_LOST),
    "empty": ("", False, Fault.EMPTY),
    "spaces": (" \t\u00a0\u200f", False, Fault.EMPTY),
    "dash": ("-", False, Fault.EMPTY),
    "n/a": ("N/A", False, Fault.EMPTY),
    "null": ("null", False, Fault.EMPTY),
    "nothing in Persian": ("ندارد", False, Fault.EMPTY),
    "wrapped nothing": ('=""', False, Fault.EMPTY),
    "wrong check digit": (SERIALS + "1", False, Fault.CHECK_DIGIT),
    "exponent, wrong check digit": ("3.56938035643801E+14", False, Fault.CHECK_DIGIT),
    "exponent, spare digit": ("3.56938035643800E+14", False, Fault.CHECK_DIGIT),
    "exponent, digits lost": ("3.56938E+14", False, Fault.DIGITS_LOST),
    "exponent, more digits lost": ("3.56E+14", True, Fault.DIGITS_LOST),
    "exponent, none left": ("4E+14", False, Fault.DIGITS_LOST),
    "exponent of an IMEISV": ("3.56938035643802e+15", False, Fault.DIGITS_LOST),
    "exponent of fourteen digits": ("3.5693803564380E+13", False, Fault.DIGITS_LOST),
    "exponent after zero": ("0.49015420323751E+14", False, Fault.DIGITS_LOST),
    "huge exponent": ("1E+999", False, Fault.DIGITS_LOST),
    "commas between thousands": ("356,938,035,643,809", False, Fault.THOUSANDS),
    "dots between thousands": ("356.938.035.643.809", False, Fault.THOUSANDS),
    "thousands and decimals": ("356,938,035,643,809.00", False, Fault.THOUSANDS),
    "Arabic thousands": ("۳۵۶٬۹۳۸٬۰۳۵٬۶۴۳٬۸۰۹", False, Fault.THOUSANDS),
    "thirteen digits": ("4901542032375", False, Fault.LEADING_ZERO_LOST),
    "thirteen digits and .0": ("1234567890123.0", False, Fault.LEADING_ZERO_LOST),
    "fourteen numeric that pass Luhn behind a zero": ("49015420323751", True, Fault.LEADING_ZERO_LOST),
    "fourteen with .0 that pass Luhn behind a zero": ("49015420323751.0", False, Fault.LEADING_ZERO_LOST),
    "O for zero": ("35693803564380O", False, Fault.LETTERS),
    "l for one": ("3514512084012l6", False, Fault.LETTERS),
    "hexadecimal": ("A0000012345678", False, Fault.LETTERS),
    "star and hash": ("*#06#", False, Fault.LETTERS),
    "superscript": ("²" * 15, False, Fault.LETTERS),
    "circled": ("①" * 15, False, Fault.LETTERS),
    "Devanagari digits": ("३५६९३८०३५६४३८०९", False, Fault.LETTERS),
    "minus": ("-" + IMEI, False, Fault.LETTERS),
    "plus": ("+" + IMEI, False, Fault.LETTERS),
    "underscore": ("356_938035643809", False, Fault.LETTERS),
    "inner line break": ("35693803\n5643809", False, Fault.LETTERS),
    "two apostrophes": ("''" + IMEI, False, Fault.LETTERS),
    "apostrophe behind": (IMEI + "'", False, Fault.LETTERS),
    "other formula": ("=356938035643808+1", False, Fault.LETTERS),
    "formula in a formula": (f'=T("{IMEI}")', False, Fault.LETTERS),
    "decimals": (IMEI + ".5", False, Fault.LETTERS),
    "serial without a label": (f"{IMEI} R58N12ABCDE", False, Fault.LETTERS),
    "digits on both sides of an ICCID": ("3569380 8998110012345678901 35643809", False, Fault.LETTERS),
    "NUL": (IMEI + "\x00", False, Fault.LETTERS),
    "lone surrogate": (IMEI + "\ud800", False, Fault.LETTERS),
    "too short": ("35693803", False, Fault.LENGTH),
    "two IMEIs": (f"{IMEI} 356938035643817", False, Fault.LENGTH),
    "seventeen digits in one": (IMEI + "16", False, Fault.LENGTH),
    "seventeen digits shown otherwise": ("35693803564380 916", False, Fault.LENGTH),
    "IMEI/SV with a wrong check digit": (SERIALS + "1/16", False, Fault.CHECK_DIGIT),
    "IMEI/SV with a spare digit": (SERIALS + "0/16", False, Fault.CHECK_DIGIT),
    "thousands of digits": ("3" * 10_000, False, Fault.LENGTH),
    "all zero, 14": ("0" * 14, False, Fault.ALL_ZERO),
    "all zero, 15": ("0" * 15, False, Fault.ALL_ZERO),
    "all zero, 16": ("0" * 14 + "16", False, Fault.ALL_ZERO),
    "numeric zero": ("0", True, Fault.ALL_ZERO),
    "fifteen eights": ("8" * 15, False, Fault.PLACEHOLDER),
}


@pytest.mark.parametrize("name", REFUSED)
def test_document_cell_is_refused_with_its_reason(name: str) -> None:
    text, numeric, fault = REFUSED[name]
    reading = Imei.from_document(text, numeric=numeric)
    assert (reading.raw, reading.imei, reading.fault) == (text, None, fault)


def test_fourteen_typed_digits_are_taken_even_when_a_zero_in_front_would_pass() -> None:
    assert Imei.from_document("49015420323751").imei == Imei(49015420323751)


def test_test_imei_is_read_and_its_class_reported() -> None:
    reading = Imei.from_document("00101000000000")
    assert (reading.imei, reading.fault, reading.imei_class) == (Imei(101000000000), None, ImeiClass.TEST)


def test_document_follows_the_table_it_is_given() -> None:
    table = ids.ClassTable([ids.ClassRow("356938", ImeiClass.PLACEHOLDER, "test")])
    assert Imei.from_document(IMEI, table=table).fault is Fault.PLACEHOLDER
    assert Imei.from_document("0" * 15, table=table).fault is Fault.ALL_ZERO


def test_wrong_check_digit_leaves_the_digits_for_a_profile_that_accepts_it() -> None:
    reading = Imei.from_document("۳۵-693803-564380-1")
    assert reading.fault is Fault.CHECK_DIGIT
    assert Imei.from_network(reading.digits) == Imei(int(SERIALS))


@given(eirst.imei14s, st.data())
def test_every_right_document_form_of_a_device_gives_its_key(key: int, data: st.DataObject) -> None:
    reading = Imei.from_document(data.draw(eirst.document_forms(key)))
    assert reading.imei is not None
    assert (reading.imei.number, reading.imei_class) == (key, ImeiClass.NORMAL)


confusing = st.lists(
    st.sampled_from([IMEI, SERIALS, "8998110012345678901", "E+14", ".0", "'", '="', '"', ",", "S/N:", "IMEI:", "\n", "و"])
    | st.text("0123456789۰۱۹٣٩３９ ,.-/'\"=eE+*#\u200f\n", max_size=8)
    | st.text(max_size=3),
    max_size=6,
).map("".join)


@given(confusing, st.booleans())
def test_reading_never_raises_and_never_invents_digits(text: str, numeric: bool) -> None:
    reading = Imei.from_document(text, numeric=numeric)
    assert reading.raw == text
    assert (reading.imei is None) != (reading.fault is None)
    if reading.imei:
        assert is_subsequence(reading.imei.text + (reading.imei.svn or ""), ids.fold(text))
        assert reading.imei_class is ids.classify(reading.imei.number)
        assert reading.digits.startswith(reading.imei.text)


@given(eirst.keys, st.sampled_from(["", "CD", "16"]))
def test_stdnum_accepts_what_a_document_may_say(key: int, end: str) -> None:
    text = Imei(key).with_check_digit() if end == "CD" else Imei(key).text + end
    reading = Imei.from_document(text)
    assert oracle.is_valid(text)
    assert reading.imei is not None or reading.fault in (Fault.ALL_ZERO, Fault.PLACEHOLDER)


@given(st.text("0123456789", min_size=15, max_size=15))
def test_stdnum_refuses_what_a_document_may_not_say(text: str) -> None:
    if Imei.from_document(text).fault is Fault.CHECK_DIGIT:
        assert not oracle.is_valid(text)


# --- Several IMEIs in one cell ---------------------------------------------------------------------------------------

A, B = IMEI, "356938035643817"
SPLITS = {
    "comma": (f"{A}, {B}", [A, " " + B]),
    "semicolon": (f"{A};{B}", [A, B]),
    "Persian comma": (f"{A}، {B}", [A, " " + B]),
    "slash": (f"{A}/{B}", [A, B]),
    "space": (f"{A} {B}", [A, B]),
    "no-break space": (f"{A}\u00a0{B}", [A, B]),
    "line break": (f"{A}\r\n{B}\n", [A, B]),
    "and": (f"{A} و {B}", [A + " ", " " + B]),
    "fourteen digits": (f"{A[:14]} {B[:14]}", [A[:14], B[:14]]),
    "grouped": ("35-693803-564380-9 / 35-693803-564381-7", ["35-693803-564380-9 ", " 35-693803-564381-7"]),
    "with versions": (f"{A}/16 {B}/24", [f"{A}/16", f"{B}/24"]),
    "Persian digits stay as they are": ("۳۵۶۹۳۸۰۳۵۶۴۳۸۰۹ " + B, ["۳۵۶۹۳۸۰۳۵۶۴۳۸۰۹", B]),
    "four": (f"{A},{B};{A} {B}", [A, B, A, B]),
}


@pytest.mark.parametrize("name", SPLITS)
def test_cell_with_several_imeis_is_split(name: str) -> None:
    text, parts = SPLITS[name]
    assert ids.split_cell(text) == parts
    assert all(Imei.from_document(part).imei for part in parts)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "N/A",
        A,
        f" {A} ",
        "35 693803 564380 9",
        "35/693803/564380/9",
        f"{A}/16",
        f"{A} 16",
        "356,938,035,643,809",
        f"{A} 8998110012345678901",
        f"{A},{B[:12]}",
        A + B,
    ],
)
def test_cell_with_one_value_stays_whole(text: str) -> None:
    assert ids.split_cell(text) == [text]


@given(st.lists(eirst.imei14s, min_size=1, max_size=4), st.sampled_from([",", ";", "/", " ", "\n", " و ", "، ", " / "]))
def test_joined_imeis_come_apart_again(keys: list[int], separator: str) -> None:
    parts = ids.split_cell(separator.join(Imei(key).with_check_digit() for key in keys))
    assert [Imei.from_document(part).imei for part in parts] == [Imei(key) for key in keys]


@given(confusing)
def test_splitting_never_raises_and_loses_no_digit(text: str) -> None:
    parts = ids.split_cell(text)
    assert parts
    assert [c for c in ids.fold("".join(parts)) if c in "0123456789"] == [c for c in ids.fold(text) if c in "0123456789"]


# --- Folding ---------------------------------------------------------------------------------------------------------


def test_folding_treats_every_code_point_by_its_table_and_category() -> None:
    digits = {chr(zero + i): str(i) for zero in (0x6F0, 0x660, 0xFF10) for i in range(10)}
    for code in itertools.chain(range(0x3100), range(0xFE00, 0x10000), range(0xE0000, 0xE0100)):
        char = chr(code)
        category = unicodedata.category(char)
        expected = "" if category == "Cf" else " " if category == "Zs" or char == "\t" else digits.get(char, char)
        assert ids.fold(char) == expected


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert ids.fold(ids.fold(text)) == ids.fold(text)


def test_folding_never_reverses_and_never_normalises() -> None:
    assert ids.fold("#۷۷۷۷*") == "#7777*"
    assert ids.fold("²①Ⅷ三") == "²①Ⅷ三"


def test_names_get_persian_letters_and_keep_zwnj_and_digits() -> None:
    assert ids.fold_name("گوشي\u200cهاي كره ۲") == "گوشی\u200cهای کره ۲"


# --- IMSI ------------------------------------------------------------------------------------------------------------


@given(eirst.imsis)
def test_imsi_reads_back(imsi: int) -> None:
    assert ids.imsi_number(ids.imsi_text(imsi)) == imsi
    assert ids.imsi_from_supi("imsi-" + ids.imsi_text(imsi)) == imsi
    assert ids.mcc_of(imsi) == int(ids.imsi_text(imsi)[:3])


def test_short_imsi_keeps_its_country() -> None:
    assert ids.imsi_number("432110") == 432110
    assert ids.imsi_text(432110) == "432110"
    assert ids.mcc_of(432110) == 432
    assert (ids.imsi_text(1010000000001), ids.mcc_of(1010000000001)) == ("001010000000001", 1)


@given(st.lists(st.just(0) | eirst.imsis, max_size=20))
def test_aligned_imsis_have_their_country_and_network_on_top(imsis: list[int]) -> None:
    aligned = columns.imsis_aligned(np.array(imsis, np.uint64)).tolist()
    for imsi, top in zip(imsis, aligned, strict=True):
        assert top // 10**12 == (ids.mcc_of(imsi) if imsi else 0)
        assert not imsi or f"{top:015}".startswith(ids.imsi_text(imsi))


@pytest.mark.parametrize(
    "text", ["", "43211", "4" * 16, "۴" * 15, "43211 0123456789", "432-110123456789", "+43211012345", "4321101\n"]
)
def test_imsi_is_6_to_15_ascii_digits(text: str) -> None:
    assert ids.imsi_number(text) is None


def test_supi_yields_an_imsi_only_when_it_is_one() -> None:
    assert ids.imsi_from_supi("imsi-43211") == 43211
    for supi in ("imsi-4321", "imsi-" + "4" * 16, "imsi-۴۳۲۱۱۰", "nai-user@realm", "gci-1", "gli-1", "432110123456789", ""):
        assert ids.imsi_from_supi(supi) is None


@given(eirst.home_imsis)
def test_home_operator_is_found_by_the_imsi(imsi: int) -> None:
    assert ids.mcc_of(imsi) == ids.IRAN_MCC
    assert ids.operator_of(imsi) == {"11": "MCI", "20": "RighTel", "35": "Irancell"}[ids.imsi_text(imsi)[3:5]]


def test_unknown_network_has_no_operator_and_a_six_digit_one_wins() -> None:
    assert ids.operator_of(432990123456789) is None
    assert ids.operator_of(43211012345678) == "MCI"  # 14 digits
    assert ids.operator_of(310410123456789, {"31041": "short", "310410": "long"}) == "long"


# --- MSISDN ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "09121234567",
        "9121234567",
        "989121234567",
        "0912-123-4567",
        "+98 912 123 4567",
        "00989121234567",
        "۰۹۱۲۱۲۳۴۵۶۷",
        "\u200e٠٩١٢١٢٣٤٥٦٧",
        "\u200e+98\u00a0912/1234567",
    ],
)
def test_home_mobile_number_has_one_canonical_form(text: str) -> None:
    assert ids.msisdn_from_document(text) == "989121234567"
    assert ids.IRAN.is_home("989121234567")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "00",
        "+980912123456",
        "+9809121234567",
        "02188880000",
        "+982188880000",
        "0989121234567",
        "091212345678",
        "0912123456",
        "447911123456",
        "+0447911123456",
        "++989121234567",
        "+1234567890123456",
        "+44²7911123456",
        "9121234567.0",
        "0912123456O",
    ],
)
def test_other_numbers_are_refused(text: str) -> None:
    assert ids.msisdn_from_document(text) is None


def test_foreign_number_is_kept_and_told_apart() -> None:
    assert ids.msisdn_from_document("+447911123456") == ids.msisdn_from_document("0044 7911 123456") == "447911123456"
    assert not ids.IRAN.is_home("447911123456")


def test_another_home_country_has_its_own_rule() -> None:
    plan = ids.NumberingPlan(country_code="998", trunk="", mobile=r"[0-9]{9}")
    assert ids.msisdn_from_document("0901234567", plan) is None
    assert ids.msisdn_from_document("901234567", plan) == "998901234567"
    assert ids.msisdn_from_document("+989121234567", plan) == "989121234567"


@given(eirst.home_msisdns, st.data())
def test_every_writing_of_a_home_number_gives_its_canonical_form(msisdn: str, data: st.DataObject) -> None:
    prefix = data.draw(st.sampled_from(["", "0", "98", "0098"]))
    assert ids.msisdn_from_document(data.draw(eirst.disguised(prefix + msisdn[2:]))) == msisdn


@given(confusing)
def test_msisdn_never_raises_and_gives_digits_only(text: str) -> None:
    found = ids.msisdn_from_document(text)
    assert found is None or (7 <= len(found) <= 15 and set(found) <= set("0123456789"))


def test_msisdn_of_a_record_is_1_to_15_ascii_digits() -> None:
    assert ids.msisdn_from_network("989121234567") == "989121234567"
    assert [ids.msisdn_from_network(text) for text in ("", "9" * 16, "+98912", "۹۸۹۱۲", "98912\n")] == [None] * 5


# --- Persons, companies, papers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "0076229645",
        "1583250689",
        "0183382390",
        "1234567830",
        "1234567891",
        "0959744487",
        "0499370899",
        "007-622964-5",
        "۰۰۷۶۲۲۹۶۴۵",
    ],
)
def test_published_national_ids_are_valid(text: str) -> None:
    assert ids.national_id(text) == ids.fold(text).replace("-", "")


@pytest.mark.parametrize(
    "text", ["1234567890", *(str(d) * 10 for d in range(10)), "", "123", "00762296450", "007622964O", "11537027"]
)
def test_invalid_national_ids_are_refused(text: str) -> None:
    assert ids.national_id(text) is None


def test_lost_zeros_of_a_national_id_return_only_to_a_numeric_cell() -> None:
    assert ids.national_id("11537027", numeric=True) == ids.national_id("11537027.0", numeric=True) == "0011537027"
    assert ids.national_id("499370899", numeric=True) == "0499370899"
    assert ids.national_id("1537027", numeric=True) is None
    assert ids.national_id("11537027.0") is None


@given(eirst.national_ids(), st.integers(1, 9))
def test_national_id_has_one_check_digit(text: str, shift: int) -> None:
    assert ids.national_id(text) == text
    assert ids.national_id(text[:9] + str((int(text[9]) + shift) % 10)) is None


@pytest.mark.parametrize("text", ["10380284790", "14007650912", "10861677542", "10100302746", "10380284700", "۱۰۳۸۰۲۸۴۷۹۰"])
def test_published_legal_ids_are_valid(text: str) -> None:
    assert ids.legal_id(text) == ids.fold(text)


@pytest.mark.parametrize("text", ["10380284791", "10000000000", "1038028479", "", "1038028479O"])
def test_invalid_legal_ids_are_refused(text: str) -> None:
    assert ids.legal_id(text) is None


def test_importer_is_a_type_and_a_value() -> None:
    legal, person = Importer(ImporterType.LEGAL, "10380284790"), Importer(ImporterType.PERSON, "0076229645")
    assert Importer.from_document("10380284790") == legal
    assert Importer.from_document("0076229645") == person
    assert Importer.from_document("11537027", numeric=True) == Importer(ImporterType.PERSON, "0011537027")
    assert Importer.from_document("A12345678") is None
    assert Importer.from_document("a12345678", ImporterType.FOREIGN) == Importer(ImporterType.FOREIGN, "A12345678")
    assert Importer.from_document("A123 456", ImporterType.FOREIGN) is None


def test_importer_text_reads_back() -> None:
    for importer in (
        Importer(ImporterType.LEGAL, "10380284790"),
        Importer(ImporterType.PERSON, "0076229645"),
        Importer(ImporterType.FOREIGN, "10380284790"),
    ):
        assert Importer.from_document(str(importer)) == importer
        assert Importer.from_document(str(importer), importer.type) == importer


def test_importer_of_a_said_type_is_not_taken_for_another() -> None:
    assert Importer.from_document("10380284790", ImporterType.PERSON) is None
    assert Importer.from_document("0076229645", ImporterType.LEGAL) is None
    assert Importer.from_document("PERSON:10380284790") is None
    assert Importer.from_document("LEGAL:10380284790", ImporterType.FOREIGN) is None
    assert Importer.from_document("NOBODY:10380284790") is None


def test_declaration_numbers_are_digits_or_letters_of_bounded_length() -> None:
    assert ids.declaration_number(" ۰۱۲۳۴۵۶۷ ") == "01234567"
    assert ids.declaration_number("im-2026.17") == "IM-2026.17"
    assert [ids.declaration_number(text) for text in ("", "-1", "1/2a", "1" * 33, "۱²", "a b")] == [None] * 6


def test_subscriber_uid_has_its_alphabet() -> None:
    assert ids.subscriber_uid("ab-C\\9") == "ab-C\\9"
    assert [ids.subscriber_uid(text) for text in ("", "a" * 21, "a b", "é", "a\n")] == [None] * 5


def test_random_arrays_agree_with_stdnum() -> None:
    """A seeded sample through the vector code against code that is not ours."""
    rng = random.Random(3569)
    keys = [rng.randrange(ids.IMEI14_END) for _ in range(2000)]
    found = columns.check_digits(np.array(keys, dtype=np.uint64))
    assert all(luhn.is_valid(f"{key:014}{digit}") for key, digit in zip(keys, found.tolist(), strict=True))
