"""The reject file: complete, in order, safe to open in a spreadsheet, and there whole or not at all."""

import csv

import pytest

from eir.errors import OurError
from eir.v1 import registry_pb2 as pb
from loaders.codes import CODES, Issue, refused
from loaders.columns import MANIFEST
from loaders.rejects import COLUMNS, safe_cell, write_rejects
from loaders.rows import read_rows
from loaders.source import read_source


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_trap_59_text_that_looks_like_a_formula_is_escaped(start: str) -> None:
    assert safe_cell(start + "1") == "'" + start + "1"
    assert safe_cell("1" + start) == "1" + start


def test_each_issue_has_its_line_reason_cell_and_original_row(tmp_path) -> None:
    text = 'imei,brand\n=1+1,x\n356938035643809,"a ""b"", c"\n356938035643809\n'
    rows = read_rows(read_source(text.encode(), ""), MANIFEST, required=("imei1",))
    path = tmp_path / "rejects.csv"
    found = [
        Issue(3, "imei1", "CHECK_DIGIT", "356938035643809"),
        Issue(2, "imei1", "FORMULA_TEXT", "=1+1", "own text"),
        *rows.issues,
    ]
    assert write_rejects(path, iter(found), rows) == 3
    with path.open(newline="", encoding="utf-8") as file:
        header, *lines = csv.reader(file)
    assert tuple(header) == COLUMNS
    assert lines == [
        ["2", "imei1", "FORMULA_TEXT", "REJECTED", "own text", "'=1+1", "'=1+1,x"],
        ["3", "imei1", "CHECK_DIGIT", "REJECTED", "digit 15 is not the check digit; compare with the device or its box",
         "356938035643809", '356938035643809,"a ""b"", c"'],
        ["4", "", "RAGGED_ROW", "REJECTED",
         "the row has more or fewer cells than the header; quote cells that contain the delimiter",
         "356938035643809", "356938035643809"],
    ]  # fmt: skip


def test_nothing_is_left_behind_when_writing_fails(tmp_path) -> None:
    path = tmp_path / "rejects.csv"
    path.write_text("before")
    with pytest.raises(KeyError):
        write_rejects(path, [Issue(1, "", "NO_SUCH_CODE")])
    assert [entry.name for entry in tmp_path.iterdir()] == ["rejects.csv"]
    assert path.read_text() == "before"
    with pytest.raises(OurError, match="cannot be written"):
        write_rejects(tmp_path / "none" / "rejects.csv", [])


def test_every_code_says_what_is_wrong_and_what_to_do() -> None:
    for name, code in CODES.items():
        assert name == code.name
        assert code.row_class not in (pb.ROW_CLASS_UNSPECIFIED, pb.ROW_CLASS_OK)
        assert code.text
        assert code.what_to_do
    assert refused("EMPTY_FILE", "found", 3).line == 3
