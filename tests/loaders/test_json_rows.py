"""JSON: the shapes of an API push, numbers with their text, and objects that contradict themselves."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir.errors import FileRefused
from loaders.columns import MANIFEST
from loaders.rows import Rows, read_rows
from loaders.source import DEFAULT_LIMITS, Limits, read_source
from tests.effort import tries

A, B = "356938035643809", "490154203237518"


def read(text: str, limits: Limits = DEFAULT_LIMITS, **more) -> Rows:
    source = read_source(text.encode("utf-8", "surrogatepass"), "list.json", limits)
    assert source.form == "json"
    return read_rows(source, MANIFEST, required=("imei1",), limits=limits, **more)


def refusal(text: str, limits: Limits = DEFAULT_LIMITS) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read(text, limits)
    return caught.value


OBJECTS = [{"imei": A, "brand": "x"}, {"imei": B, "is_used": True}]
SHAPES = {
    "array": json.dumps(OBJECTS),
    "array over several lines": json.dumps(OBJECTS, indent=2),
    "json lines": "\n".join(map(json.dumps, OBJECTS)) + "\n",
    "json lines with CRLF and byte order mark": "\ufeff" + "\r\n".join(map(json.dumps, OBJECTS)),
    "envelope": json.dumps({"version": [1], "devices": OBJECTS, "note": None}),
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_one_table_in_every_accepted_shape(text: str) -> None:
    rows = read(text)
    assert rows.frame.to_dict(as_series=False) == {"imei1": [A, B], "brand": ["x", ""], "is_used": ["", "true"]}
    assert rows.lines.tolist() == [1, 2]
    assert (rows.rows_read, rows.issues, rows.numeric) == (2, [], {})
    assert json.loads(rows.original(2)) == OBJECTS[1]
    assert rows.original(3) == ""


def test_numbers_keep_the_text_they_were_written_with_and_a_flag() -> None:
    rows = read(f'[{{"imei": {A}}}, {{"imei": "{A}"}}, {{"imei": 3.5693803564380900E+14}}, {{"imei": 0}}]')
    assert rows.frame["imei1"].to_list() == [A, A, "3.5693803564380900E+14", "0"]
    assert rows.numeric["imei1"].tolist() == [True, False, True, True]
    assert read(f'[{{"imei": {"9" * 5000}}}]').frame["imei1"].to_list() == ["9" * 5000]


def test_a_list_of_imeis_becomes_columns() -> None:
    rows = read(json.dumps([{"imeis": [A, int(B)], "brand": "x"}, {"imeis": []}, {"imeis": [B]}, {"imeis": ["1"] * 9}]))
    assert rows.frame.select("imei1", "imei2").rows() == [(A, B), (B, "")]
    assert rows.numeric["imei2"].tolist() == [True, False]
    assert [(issue.line, issue.code) for issue in rows.issues] == [(2, "BLANK_ROW"), (4, "TOO_MANY_IMEIS")]


def test_the_facts_of_an_envelope_are_the_preamble() -> None:
    rows = read(
        json.dumps({"declaration": {"کوتاژ": "12345678", "office": 50100}, "declared_devices": 1, "devices": [{"imei": A}]})
    )
    assert rows.preamble == {"declaration": "12345678", "office": "50100", "declared_devices": "1"}


def test_names_of_the_customs_service_are_known() -> None:
    names = ["imei", "serial_number", "date_of_registration", "date_of_actual_import", "goods_description",
             "customs_duty_tax", "device_type", "brand", "model", "sim", "is_used", "importer_id",
             "importer_name"]  # fmt: skip
    assert not [name for name in read(json.dumps([dict.fromkeys(names, "1")])).frame.columns if name.startswith("extra:")]


BAD_ROWS = {
    "duplicate key": (f'{{"imei": "{A}", "imei": "{B}"}}', "JSON_KEY_TWICE"),
    "two names of one field": (f'{{"imei": "{A}", "IMEI1": "{B}"}}', "JSON_KEY_TWICE"),
    "a list and a single imei": (f'{{"imei": "{A}", "imeis": ["{B}"]}}', "JSON_KEY_TWICE"),
    "nested object": (f'{{"imei": "{A}", "brand": {{"a": 1}}}}', "JSON_NESTED"),
    "nested list": (f'{{"imei": ["{A}", []]}}', "JSON_NESTED"),
    "half of a surrogate pair": (f'{{"imei": "{A}", "brand": "\\ud800"}}', "TEXT_INVALID"),
    "trap 6: NUL": ('{"imei": "35\\u0000693"}', "TEXT_INVALID"),
    "a key that is no text": (f'{{"imei": "{A}", "\\udfff": "x"}}', "TEXT_INVALID"),
    "nothing under such a key": ('{"\\udfff": null}', "TEXT_INVALID"),
    "not an object": ("12", "JSON_NOT_OBJECT"),
    "null": ("null", "JSON_NOT_OBJECT"),
    "empty object": ("{}", "BLANK_ROW"),
    "trap 19: a total": ('{"imei": "جمع", "quantity": 2}', "TOTAL_ROW"),
}


@pytest.mark.parametrize(("text", "code"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_one_bad_object_does_not_cost_the_others(text: str, code: str) -> None:
    rows = read(f'[{{"imei": "{B}"}}, {text}]')
    assert rows.frame["imei1"].to_list() == [B]
    assert [(issue.line, issue.code) for issue in rows.issues] == [(2, code)]
    assert rows.original(2) == text


REFUSED = {
    "NaN": (f'[{{"imei": "{A}", "x": NaN}}]', "JSON_BROKEN"),
    "Infinity": ('[{"imei": -Infinity}]', "JSON_BROKEN"),
    "cut short": (f'[{{"imei": "{A}"}}', "JSON_BROKEN"),
    "text behind the end": (f'[{{"imei": "{A}"}}] x', "JSON_BROKEN"),
    "two objects in a line": (f'{{"imei": "{A}"}} {{"imei": "{A}"}}', "JSON_BROKEN"),
    "two arrays of devices": ('{"devices": [], "rows": []}', "JSON_BROKEN"),
    "nested too deeply": ('{"a": ' + "[" * 100_000, "JSON_TOO_DEEP"),
    "no imei anywhere": ('[{"brand": "x"}]', "COLUMN_MISSING"),
    "trap 9: no objects": ("[]", "EMPTY_FILE"),
    "trap 9: an empty envelope": ('{"devices": []}', "EMPTY_FILE"),
    "two values for one fact": ('{"declaration": "1", "کوتاژ": "2", "devices": []}', "FACT_TWICE"),
    "trap 8: a long cell": (json.dumps([{"imei": "1" * 131_073}]), "CELL_TOO_LONG"),
    "more fields than the limit": (json.dumps([{"imei": A} | {f"x{n}": n for n in range(600)}]), "TOO_MANY_COLUMNS"),
}


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_document_that_cannot_be_trusted_is_refused(text: str, code: str) -> None:
    assert refusal(text).code == code


def test_an_error_names_the_line() -> None:
    assert refusal(f'{{"imei": "{A}"}}\n{{"imei": }}\n').line == 2
    assert refusal(json.dumps(OBJECTS), Limits(max_json=10)).code == "FILE_TOO_LARGE"


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4), st.floats(), st.just(A))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
KEYS = st.sampled_from(["imei", "IMEI 2", "imeis", "brand", "devices", "declaration", "", "\ud800"])


@tries(150)
@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=4) | VALUES, max_size=5), st.booleans())
def test_any_json_gives_rows_that_add_up_or_one_refusal(items: list[object], as_lines: bool) -> None:
    text = "\n".join(map(json.dumps, [{}, *items])) if as_lines else json.dumps(items)
    try:
        rows = read(text, allow_empty=True)
    except FileRefused:
        return
    assert rows.rows_read == len(items) + as_lines == len(rows.frame) + len(rows.issues)
    rows.frame.write_csv()
