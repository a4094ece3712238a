"""Workbooks: values as stored, every sheet looked at, and archives that try to cost more than they should."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
import python_calamine
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from eir.errors import FileRefused
from loaders.columns import MANIFEST
from loaders.rows import Rows, read_rows
from loaders.source import DEFAULT_LIMITS, Limits, read_source
from loaders.workbook import NO_VALUE
from loaders.xlsx import date_text, number_text, read_sheets
from tests.effort import tries

A, B = "356938035643809", "490154203237518"
SHEET = "xl/worksheets/sheet1.xml"


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def workbook(*rows: tuple[object, ...], before: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if before:
        before(book)
    return saved(book)


def edited(data: bytes, changes: dict[str, Callable[[bytes], bytes]], **added: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, bytes)(old.read(name)))
        for name, part in added.items():
            new.writestr(name.replace("__", "/").replace("_", "."), part)
    return file.getvalue()


def sheet_with(cells: str, head: str = '<row r="1"><c r="A1" t="inlineStr"><is><t>imei</t></is></c></row>') -> bytes:
    """A workbook whose sheet has this XML below a header row."""
    body = f"<sheetData>{head}{cells}</sheetData>".encode()
    return edited(workbook(("x",)), {SHEET: lambda xml: re.sub(b"<sheetData>.*</sheetData>", body, xml, flags=re.DOTALL)})


def read(data: bytes, limits: Limits = DEFAULT_LIMITS, **more) -> Rows:
    return read_rows(read_source(data, "list", limits), MANIFEST, required=("imei1",), limits=limits, **more)


def refusal(data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(FileRefused) as caught:
        read(data, limits)
    return caught.value.code


def test_trap_44_numbers_are_read_as_stored_and_flagged() -> None:
    rows = read(workbook(("imei", "brand"), (int(A), "x"), (A, "y"), (float(B), 12)))
    assert rows.frame.to_dict(as_series=False) == {"imei1": [A, A, B], "brand": ["x", "y", "12"]}
    assert rows.lines.tolist() == [2, 3, 4]
    assert {name: flags.tolist() for name, flags in rows.numeric.items()} == {
        "imei1": [True, False, True],
        "brand": [False, False, True],
    }


STORED = {
    A: A,
    "3.56938035643809E+14": A,
    "356938035643809.0": A,
    "3569380356438091": "3569380356438091",
    "3.5693803564380912E+16": "3.5693803564380912E+16",
    "012": "012",
    "-5.0": "-5",
    "1.5": "1.5",
    "1e999": "1e999",
    "0.10000000000000001": "0.1",
}


@pytest.mark.parametrize(("stored", "text"), STORED.items())
def test_trap_26_no_digit_of_a_stored_number_is_invented_or_lost(stored: str, text: str) -> None:
    assert number_text(stored) == text


def test_trap_42_dates_become_iso_text_in_both_date_systems() -> None:
    row = (A, dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 13, 5), dt.time(13, 5))  # noqa: DTZ001 - a sheet has no time zone

    def mac(book: openpyxl.Workbook) -> None:
        book.epoch = CALENDAR_MAC_1904

    for before in (None, mac):
        book = openpyxl.Workbook()
        if before:
            before(book)
        book.active.append(("imei", "a", "b", "c"))
        book.active.append(row)
        rows = read(saved(book))
        assert rows.frame.row(0)[1:3] == ("2024-02-29", "2024-02-29T13:05:00")
    assert date_text("0.5", epoch_1904=False) == "12:00:00"
    assert [date_text(day, epoch_1904=False) for day in ("1", "59", "61")] == ["1900-01-01", "1900-02-28", "1900-03-01"]
    assert date_text(A, epoch_1904=False) == ""


def test_booleans_and_long_text() -> None:
    rows = read(workbook(("imei", "is used", "x"), (A, True, " a\nb ")))
    assert rows.frame.row(0) == (A, "true", " a\nb ")


def test_trap_45_error_cells_and_formulas_without_a_value_are_not_empty() -> None:
    rows = read(workbook(("imei", "imei2", "imei3"), (A, "#N/A", "=A1+1")))
    assert rows.frame.row(0) == (A, "#N/A", NO_VALUE)
    assert rows.numeric == {}


def test_trap_46_of_merged_cells_only_the_first_has_the_value() -> None:
    rows = read(workbook(("imei", "brand"), (A, "x"), (B,), before=lambda book: book.active.merge_cells("B2:B3")))
    assert rows.frame["brand"].to_list() == ["x", ""]


def hide(book: openpyxl.Workbook) -> None:
    book.active.row_dimensions[2].hidden = True
    book.active.column_dimensions["B"].hidden = True
    book.create_sheet("notes").append(("nothing", "here"))
    book.create_sheet("empty").sheet_state = "hidden"


def test_trap_47_hidden_parts_are_read_and_other_sheets_named_with_a_warning() -> None:
    rows = read(workbook(("imei", "brand"), (A, "x"), (B, "y"), before=hide))
    assert rows.frame["imei1"].to_list() == [A, B]
    notes = {issue.code: (issue.line, issue.raw, issue.text) for issue in rows.issues}
    assert notes == {
        "HIDDEN_PARTS": (0, "Sheet", "hidden: 1 rows, 1 columns; all were read"),
        "SHEETS_IGNORED": (0, "notes", ""),
    }


def test_trap_47_a_hidden_sheet_is_read_and_two_that_fit_are_refused() -> None:
    book = openpyxl.Workbook()
    book.active.append(("a note",))
    hidden = book.create_sheet("list")
    hidden.append(("imei",))
    hidden.append((A,))
    hidden.sheet_state = "hidden"
    assert {issue.code for issue in read(saved(book)).issues} == {"HIDDEN_PARTS", "SHEETS_IGNORED"}
    book.active.append(("imei",))
    assert refusal(saved(book)) == "TWO_SHEETS"


def test_trap_15_titles_and_facts_above_the_header() -> None:
    rows = read(workbook(("فهرست",), ("# کوتاژ: ۱۲۳",), (), (None, "imei", "brand"), (None, A, "x")))
    assert rows.preamble == {"declaration": "۱۲۳"}
    assert rows.frame.to_dict(as_series=False)["imei1"] == [A]
    assert rows.lines.tolist() == [5]


def test_trap_18_and_19_rows_that_are_none_are_counted_with_their_line() -> None:
    rows = read(workbook(("imei", "brand"), (A, "x"), (), (" ",), ("IMEI", "Brand"), (B, "y", "z"), ("جمع", 2), (B,)))
    assert rows.lines.tolist() == [2, 8]
    assert [(issue.line, issue.code) for issue in rows.issues] == [
        (3, "BLANK_ROW"), (4, "BLANK_ROW"), (5, "REPEATED_HEADER"), (6, "RAGGED_ROW"), (7, "TOTAL_ROW"),
    ]  # fmt: skip
    assert rows.rows_read == 7
    assert [rows.original(line) for line in (2, 6, 7, 99)] == [f"{A},x", f"{B},y,z", "جمع,2", ""]


def test_trap_48_a_sheet_that_uses_its_last_row_was_probably_cut() -> None:
    cell = '<row r="{0}"><c r="A{0}"><v>1</v></c></row>'
    last = sheet_with(cell.format(2) + cell.format(1_048_576))
    assert refusal(last) == "TRUNCATED_SHEET"
    assert refusal(sheet_with(cell.format(1_048_577))) == "WORKBOOK_BROKEN"


def test_trap_49_macros_are_refused() -> None:
    assert refusal(edited(workbook(("imei",), (A,)), {}, xl__vbaProject_bin=b"x")) == "WORKBOOK_MACROS"


def test_shared_texts_are_read_without_their_phonetic_hints() -> None:
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="9" uniqueCount="99999999999999">'
        b"<si><t>ime</t><rPh><t>zz</t></rPh><r><t>i</t></r></si><si><t/></si><si><t>a_x000A_b</t></si></sst>"
    )
    data = sheet_with(
        '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c><c r="C2" t="s"><v>2</v></c></row>', head=""
    )
    relation = (
        b'<Relationship Id="s" Type="http://x/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )
    rels = {"xl/_rels/workbook.xml.rels": lambda xml: xml.replace(b"</Relationships>", relation)}
    (sheet,) = read_sheets(edited(data, rels, xl__sharedStrings_xml=strings), DEFAULT_LIMITS)
    assert sheet.rows[0].cells == ["imei", "", "a\nb"]
    assert refusal(data) == "WORKBOOK_BROKEN"


BAD_SHEETS = {
    "trap 11: two cells that span the whole sheet": ('<row r="2"><c r="XFD2"><v>1</v></c></row>', "TOO_MANY_COLUMNS"),
    "a column that does not exist": ('<row r="2"><c r="XFE2"><v>1</v></c></row>', "WORKBOOK_BROKEN"),
    "a reference that is none": ('<row r="2"><c r="A99999999999"><v>1</v></c></row>', "WORKBOOK_BROKEN"),
    "a cell that belongs to another row": ('<row r="2"><c r="A3"><v>1</v></c></row>', "WORKBOOK_BROKEN"),
    "cells out of order": ('<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>', "WORKBOOK_BROKEN"),
    "a row twice": ('<row r="1"><c r="A1"><v>1</v></c></row>', "WORKBOOK_BROKEN"),
    "a number that is none": ('<row r="2"><c r="A2"><v>1_000</v></c></row>', "WORKBOOK_BROKEN"),
    "not a number": ('<row r="2"><c r="A2"><v>NaN</v></c></row>', "WORKBOOK_BROKEN"),
    "a text that is not in the table": ('<row r="2"><c r="A2" t="s"><v>-1</v></c></row>', "WORKBOOK_BROKEN"),
    "XML that does not close": ('<row r="2">', "WORKBOOK_BROKEN"),
    "trap 8: a long cell": (f'<row r="2"><c r="A2" t="str"><v>{"x" * 131_073}</v></c></row>', "CELL_TOO_LONG"),
    "trap 9: header only": ("", "EMPTY_FILE"),
}


@pytest.mark.parametrize(("cells", "code"), BAD_SHEETS.values(), ids=BAD_SHEETS.keys())
def test_a_sheet_that_claims_what_it_has_not_is_refused(cells: str, code: str) -> None:
    assert refusal(sheet_with(cells)) == code


def test_cells_without_references_follow_one_another() -> None:
    rows = read(sheet_with(f"<row><c><v>{A}</v></c></row>"))
    assert rows.frame["imei1"].to_list() == [A]


def test_a_document_type_is_refused_so_no_entity_expands() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    assert refusal(edited(workbook(("imei",)), {SHEET: lambda xml: bomb + xml})) == "WORKBOOK_BROKEN"


def test_trap_11_an_expanding_workbook_is_stopped() -> None:
    data = edited(workbook(("imei",), (A,)), {SHEET: lambda xml: xml + b" " * 3_000_000})
    assert refusal(data, Limits(ratio_floor=10_000)) == "ZIP_SUSPECT"
    assert refusal(data, Limits(max_expanded=1_000_000)) == "ZIP_SUSPECT"
    assert refusal(workbook(("imei",), *[(A,)] * 20), Limits(max_sheet_cells=10)) == "SHEET_TOO_LARGE"


def test_a_zip_with_a_workbook_in_it_is_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("list.xlsx", workbook(("imei",), (A,)))
    assert read(file.getvalue()).frame["imei1"].to_list() == [A]


def test_a_list_without_header_goes_by_position_only_when_the_kind_says_so() -> None:
    data = workbook((A, B), (B,))
    assert refusal(data) == "NO_HEADER"
    rows = read(data, headerless=("imei1", "imei2"))
    assert rows.frame.to_dict(as_series=False) == {"imei1": [A, B], "imei2": [B, ""]}


@tries(80)
@given(st.integers(0, 10_000), st.binary(max_size=8), st.sampled_from([SHEET, "xl/workbook.xml", "xl/styles.xml", None]))
def test_a_damaged_workbook_never_raises_anything_but_a_refusal(at: int, junk: bytes, part: str | None) -> None:
    def damage(data: bytes) -> bytes:
        place = at % len(data)
        return data[:place] + junk + data[place + len(junk) :]

    data = workbook(("imei", "brand"), (int(A), dt.date(2024, 1, 1)), ("جمع", True))
    data = edited(data, {part: damage}) if part else damage(data)
    try:
        rows = read(data, allow_empty=True)
    except FileRefused:
        return
    assert rows.rows_read == len(rows.frame) + sum(issue.line > 0 for issue in rows.issues)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 10**15 - 1),
    st.floats(0, 1e6).map(lambda value: round(value, 3)),
    st.dates(dt.date(1905, 1, 1), dt.date(2100, 1, 1)),
    st.text("abc سلام0189", min_size=1, max_size=9).map(lambda text: "x" + text),
)


@tries(60)
@given(st.lists(st.lists(VALUES, min_size=1, max_size=4), min_size=1, max_size=6))
def test_values_are_those_that_an_independent_reader_finds(grid: list[list[object]]) -> None:
    data = workbook(*map(tuple, grid))
    oracle = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    expected = [[shown(value) for value in row] for row in oracle.to_python(skip_empty_area=False)]
    (sheet,) = read_sheets(data, DEFAULT_LIMITS)
    width = max((len(row) for row in expected), default=0)
    found = {row.line: row.cells + [""] * (width - len(row.cells)) for row in sheet.rows}
    assert found == {line: row for line, row in enumerate(expected, 1) if any(row)}


def shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)
