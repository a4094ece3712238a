"""CSV and its relatives: the traps that belong to text, and that two tokenizers give one result."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir.errors import FileRefused
from loaders import delimited
from loaders.columns import MANIFEST, STOLEN, TAC, Aliases
from loaders.delimited import Body, tokenise_plain, tokenise_quoted
from loaders.header import Header
from loaders.rows import Rows, read_rows
from loaders.source import DEFAULT_LIMITS, Limits, read_source
from tests.effort import tries

A, B = "356938035643809", "490154203237518"
TAC_CSV = Path(__file__).parents[3] / "shared/data/tac/osmocom-tacdb.csv"


def read(text: str | bytes, *, aliases: Aliases = MANIFEST, required=("imei1",), limits=DEFAULT_LIMITS, **more) -> Rows:
    data = text.encode() if isinstance(text, str) else text
    return read_rows(read_source(data, "list.csv", limits), aliases, required=required, limits=limits, **more)


def refusal(text: str | bytes, **more) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read(text, **more)
    return caught.value


def issues(rows: Rows) -> list[tuple[int, str]]:
    return [(issue.line, issue.code) for issue in rows.issues]


PLAIN = f"imei,brand,model\n{A},Nokia,N1\n{B},,N 2\n"
SAME_TABLE = {
    "comma": PLAIN,
    "trap 4: semicolon": PLAIN.replace(",", ";"),
    "trap 4: tab": PLAIN.replace(",", "\t"),
    "trap 4: pipe": PLAIN.replace(",", "|"),
    "trap 5: CRLF": PLAIN.replace("\n", "\r\n"),
    "trap 5: CR": PLAIN.replace("\n", "\r"),
    "trap 5: no newline at the end": PLAIN.rstrip(),
    "trap 14: case and NBSP": PLAIN.replace("imei,brand,model", "I M_E-I,\u00a0BRAND ,Mo\u200cdel"),
    "trap 14: Persian with Arabic letters": PLAIN.replace("imei,brand,model", "شناسه IMEI,برند,مدل"),
    "trap 14: ZWNJ, ي and ك": PLAIN.replace("imei,brand,model", "سريال\u200cIMEI,نام تجاري,مدل"),
    "quoted header": PLAIN.replace("imei,brand", '"imei","brand"'),
    "quoted header over two lines": PLAIN.replace("imei,brand", '"ime\ni",brand'),
    "quoted cells": PLAIN.replace("Nokia", '"Nokia"'),
}


@pytest.mark.parametrize("text", SAME_TABLE.values(), ids=SAME_TABLE.keys())
def test_one_table_in_every_accepted_form(text: str) -> None:
    rows = read(text)
    assert rows.frame.to_dict(as_series=False) == {"imei1": [A, B], "brand": ["Nokia", ""], "model": ["N1", "N 2"]}
    shift = "ime\ni" in text
    assert rows.lines.tolist() == [2 + shift, 3 + shift]
    assert rows.rows_read == 2
    assert rows.issues == []


def test_trap_13_and_17_columns_in_any_order_and_unknown_ones_kept() -> None:
    rows = read(f"Notes,model,imei,,Notes\nx,N1,{A},y,z\n")
    assert rows.frame.columns == ["extra:Notes", "model", "imei1", "extra:column 4", "extra:Notes (5)"]
    assert rows.frame.row(0) == ("x", "N1", A, "y", "z")


REFUSED = {
    "trap 4: rows under another delimiter": (f"imei,brand\n{A},x\n{B};y\n", "DELIMITER_MIXED", 3),
    "trap 4: header with two delimiters": (f"imei,brand;model\n{A},x\n", "DELIMITER_MIXED", 1),
    "trap 7: quote that is never closed": (f'imei,brand\n{A},x\n{A},"y\n{B},z\n', "QUOTE_UNCLOSED", 3),
    "trap 7: quote closed inside a cell": (f'imei,brand\n{A},"x"y\n', "QUOTE_UNCLOSED", 2),
    "trap 7: rows swallowed by two stray quotes": (f'imei,brand\n{A},"x\n{B},y\n{B},z\n{A},"\n', "QUOTE_UNCLOSED", 2),
    "trap 7: one row swallowed": (f'imei,brand\n{A},"x\n{B},"\n', "QUOTE_UNCLOSED", 2),
    "trap 8: long cell": (f"imei,brand\n{A},{'x' * 131_073}\n", "CELL_TOO_LONG", 2),
    "trap 8: long quoted cell": (f'imei,brand\n{A},"{"x" * 131_073}"\n', "CELL_TOO_LONG", 2),
    "trap 9: empty": ("", "EMPTY_FILE", 0),
    "trap 9: white space only": (" \n\r\n\t", "EMPTY_FILE", 0),
    "trap 9: header only": ("imei,brand\n", "EMPTY_FILE", 0),
    "trap 9: nothing but a total": ("imei,brand\nجمع,0\n", "EMPTY_FILE", 0),
    "trap 15: header too far down": ("title\n" * 20 + PLAIN, "NO_HEADER", 0),
    "trap 15: data above the header": (f"{B},a,b\n{PLAIN}", "NO_HEADER", 1),
    "trap 16: no header": (f"{A},x\n{B},y\n", "NO_HEADER", 1),
    "trap 16: mandatory column missing": (f"serial,brand\n{A},x\n".replace(A, "R58M"), "COLUMN_MISSING", 1),
    "trap 16: two columns for one field": (f"imei,IMEI1\n{A},{B}\n", "COLUMN_TWICE", 1),
    "trap 19: another header in the middle": (f"imei,imei2\n{A},{B}\nimei2,imei\n{A},{B}\n", "HEADERS_DISAGREE", 3),
    "more columns than the limit": ("imei" + ",x" * 600 + "\n", "TOO_MANY_COLUMNS", 1),
    "fact with two values": (f"# declaration: 1\n# کوتاژ: 2\nimei\n{A}\n", "FACT_TWICE", 2),
}


@pytest.mark.parametrize(("text", "code", "line"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_cannot_be_trusted_is_refused_with_its_line(text: str, code: str, line: int) -> None:
    error = refusal(text)
    assert (error.code, error.line) == (code, line)


@pytest.mark.parametrize("data", ["", "\n", "imei,brand\n", "imei,brand\n\n"])
def test_trap_9_an_empty_list_is_right_where_the_kind_allows_it(data: str) -> None:
    rows = read(data, allow_empty=True)
    assert len(rows.frame) == 0
    assert "imei1" in rows.frame.columns


def test_trap_15_titles_and_facts_above_the_header() -> None:
    rows = read(f"لیست دستگاه ها\n# کوتاژ: 12345678,,\n# declared devices = 2\n\n#,imei,brand\n1,{A},x\n")
    assert rows.preamble == {"declaration": "12345678", "declared_devices": "2"}
    assert rows.frame.to_dict(as_series=False) == {"extra:#": ["1"], "imei1": [A], "brand": ["x"]}
    assert rows.lines.tolist() == [6]


@pytest.mark.parametrize("quote", ["", '"'])
def test_trap_18_and_19_rows_that_are_none_are_counted_with_their_line(quote: str) -> None:
    rows = read(
        f"imei,brand,quantity\n{A},{quote}x{quote},1\n\n,,\n{B},y\n{B},y,1,\n# note, with \"quotes\nIMEI,Brand,Quantity\n"
        f"جمع کل:,,۲\nمجموع\n \u200f,\u00a0, \nTotal,,2\n{B},total,1\n".replace('with "', f"with {quote}")
    )  # fmt: skip
    assert rows.frame["brand"].to_list() == ["x", "total"]
    assert rows.lines.tolist() == [2, 13]
    assert issues(rows) == [
        (3, "BLANK_ROW"), (4, "BLANK_ROW"), (5, "RAGGED_ROW"), (6, "RAGGED_ROW"), (7, "COMMENT"), (8, "REPEATED_HEADER"),
        (9, "TOTAL_ROW"), (10, "TOTAL_ROW"), (11, "BLANK_ROW"), (12, "TOTAL_ROW"),
    ]  # fmt: skip
    assert rows.rows_read == 12


def test_trap_19_a_total_that_names_an_identifier_is_not_skipped() -> None:
    rows = read(f"brand,imei\ntotal,{A}\nsum,35693803\n")
    assert (len(rows.frame), rows.issues) == (2, [])


KEPT = [
    "='1+1",
    "'" + A,
    "3.56938035643809E+14",
    "3.56938E+14",
    "۳۵۶۹۳۸۰۳۵۶۴۳۸۰۹",
    f"\u200e{A}\ufeff",
    "356,938",
    " " + A,
    "NA",
    "null",
]


@pytest.mark.parametrize("cell", KEPT)
def test_trap_20_to_28_the_text_of_a_cell_is_never_changed(cell: str) -> None:
    rows = read(f"imei;brand\n{cell};x\n")
    assert rows.frame.row(0) == (cell, "x")


def test_trap_24_formula_text_around_digits_comes_through_both_ways_of_quoting() -> None:
    rows = read(f'imei,brand\n="{A}",x\n"=""{B}""",y\n')
    assert rows.frame["imei1"].to_list() == [f'="{A}"', f'="{B}"']


def test_trap_38_a_quoted_cell_may_hold_delimiters_and_line_ends() -> None:
    rows = read(f'imei,brand\n"{A},\n{B}",x\n{B},y\n')
    assert rows.frame["imei1"].to_list() == [f"{A},\n{B}", B]
    assert rows.lines.tolist() == [2, 4]
    assert rows.original(2) == f'"{A},\n{B}",x'
    assert rows.original(4) == f"{B},y"


def test_the_original_row_is_given_back_for_every_line() -> None:
    rows = read(f"imei,brand\r\n{A},x\r\n{B}\r\n")
    assert [rows.original(line) for line in range(5)] == ["", "imei,brand", f"{A},x", B, ""]


def test_a_list_without_header_goes_by_position_only_when_the_kind_says_so() -> None:
    slots = ("imei1", "imei2", "imei3")
    rows = read(f"{A}\t{B}\n{B}\n", headerless=slots)
    assert rows.frame.to_dict(as_series=False) == {"imei1": [A], "imei2": [B]}
    assert issues(rows) == [(2, "RAGGED_ROW")]
    assert refusal(f"{A}\t{A};{B}\n", headerless=slots).code == "DELIMITER_MIXED"
    assert refusal("1,2,3,4\n", headerless=slots).code == "TOO_MANY_COLUMNS"
    named = read(f"imei2,imei1\n{A},{B}\n", headerless=slots)
    assert named.frame.columns == ["imei2", "imei1"]


def test_a_file_of_bad_rows_does_not_fill_the_memory() -> None:
    assert refusal("imei,brand\n" + "\n" * 50, limits=Limits(max_issues=20)).code == "TOO_MANY_BAD_ROWS"


def test_repeated_header_names_have_the_meaning_that_the_table_gives_them() -> None:
    text = (
        'Licence (c) 2016\ntac,name,name,contributor,gsmarena,gsmarena\n35675904,Oppo,N1,"K, R",,x\n 35675905,Oppo,N2,,,\n'
    )
    rows = read(text, aliases=TAC, required=("tac",))
    assert rows.frame.columns[:3] == ["tac", "brand", "model"]
    assert rows.frame["brand"].to_list() == ["Oppo", "Oppo"]
    assert rows.rows_read == 2


@pytest.mark.skipif(not TAC_CSV.exists(), reason="the public TAC list is not on this machine")
def test_the_public_tac_list_is_read_whole() -> None:
    rows = read(TAC_CSV.read_bytes(), aliases=TAC, required=("tac",))
    assert rows.rows_read == len(rows.frame) == 22_527


def test_gsma_pipe_file_is_read_in_any_column_order() -> None:
    text = "Model Name|TAC|Manufacturer|Bands|Allocation Date|Device Type\nN1|35675904|Oppo|LTE, 5G|01-Jan-2014|Phone\n"
    rows = read(text, aliases=TAC, required=("tac",))
    assert rows.frame.columns == ["model", "tac", "manufacturer", "bands", "allocation_date", "device_type"]
    assert rows.frame["bands"].to_list() == ["LTE, 5G"]


CELLS = st.sampled_from([A, "", "x", " ", "#", "# c", "total", "جمع", "imei", "\u200c", "\x0b", "\x85", "\u2028", "'=", "۱"])
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=4).map(",".join), max_size=12)


@tries(300)
@given(LINES, st.integers(1, 3), st.booleans(), st.integers(1, 40))
def test_both_tokenizers_give_one_result_on_text_without_quotes(lines, width, ended, chunk) -> None:
    data = ("\n".join(lines) + "\n" * ended).encode()
    header = Header(("imei", "extra:b", "extra:c")[:width], ("imei",), STOLEN, 0)
    body = Body(0, 1, ",")
    results = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_CHUNK", chunk)
        for tokenise in (tokenise_plain, tokenise_quoted):
            try:
                tokens = tokenise(data, body, header, DEFAULT_LIMITS)
            except FileRefused as error:
                results.append((error.code, error.line))
                continue
            kept = sorted(tokens.issues)
            results.append((tokens.frame.rows(), tokens.lines.tolist(), kept, tokens.rows_seen))
    assert results[0] == results[1]
