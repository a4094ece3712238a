"""The traps of CSV and XLSX files, one case for each, through the whole load: what becomes of the file and of the row.

Every file has five plain devices besides what the case is about. They must be loaded whenever the file is, and nothing at
all when it is not.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import pytest

from eir.identity import Imei
from eir.lists import Listing, Lists, Reason
from eir.policy import Policy
from eir.records import Device, State, encode_cutover, encode_device, imei_key, number, tac_key
from eir.v1 import records_pb2
from eir.v1 import registry_pb2 as pb
from store.commit import Commit
from store.environment import Environment
from tests.loaders.registries import NOW, POLICY, adds_up, codes, registry, run, tables

A, B, C = "356938035643809", "356938035643817", "356938035643825"  # one TAC, consecutive
KEY_A, KEY_B, KEY_C = (int(text[:14]) for text in (A, B, C))
ZERO, KEY_ZERO = "049015420323751", 4901542032375  # without its zero it looks like 14 digits of another device
PLAIN = [35145120840121 + index for index in range(5)]
HEADER = "imei,imei2,serial,brand"
DECLARATION = pb.DeclarationFacts(number="12345678")
FACTS = f"# declaration: {DECLARATION.number}\n"


def whole(imei14: int) -> str:
    return Imei(imei14).with_check_digit()


PLAIN_ROWS = [f"{whole(imei14)},,P{index},Arvand" for index, imei14 in enumerate(PLAIN)]


def rows(*odd: str, header: str = HEADER, plain: bool = True) -> str:
    """A file: the header, the plain devices, then the rows that the case is about."""
    width = header.count(",") - HEADER.count(",")
    return "\n".join([header, *((row + "," * width for row in PLAIN_ROWS) if plain else ()), *odd]) + "\n"


def cell(text: str) -> str:
    """A file with one odd cell in the first IMEI column."""
    return rows('"' + text.replace('"', '""') + '",,X,Arvand')


def sheet(*odd: tuple[object, ...], change: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in (HEADER.split(","), *([whole(imei14), "", f"P{n}", "Arvand"] for n, imei14 in enumerate(PLAIN)), *odd):
        book.active.append(row)
    if change:
        change(book)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def packed(**members: str | bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


@dataclass(frozen=True)
class Case:
    """`ends`: the class in which the `odd` odd rows end, or FILE. `loaded`: keys besides the plain ones, unless `alone`."""

    trap: int
    name: str
    data: str | bytes
    ends: str = "OK"
    code: str = ""
    loaded: tuple[int, ...] = ()
    odd: int = 1
    alone: bool = False
    file_name: str = "list.csv"
    policy: Policy = POLICY
    facts: pb.DeclarationFacts = field(default_factory=lambda: DECLARATION)
    on_file: tuple[tuple[int, Device], ...] = ()


def lenient() -> Policy:
    manifest = POLICY.manifest.model_copy(update={"wrong_check_digit": "warn"})
    return POLICY.model_copy(update={"manifest": manifest})


def declared(**facts: Any) -> pb.DeclarationFacts:
    return pb.DeclarationFacts(**{"number": DECLARATION.number, **facts})


def hide(book: openpyxl.Workbook) -> None:
    book.active.row_dimensions[2].hidden = True
    book.create_sheet("notes").append(("nothing",))


def two_lists(book: openpyxl.Workbook) -> None:
    second = book.create_sheet("more")
    second.append(("imei",))
    second.append((A,))


def last_row(book: openpyxl.Workbook) -> None:
    book.active.cell(1_048_576, 1, A)


def with_macros() -> bytes:
    file = io.BytesIO(sheet())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    return file.getvalue()


def many(count: int, text: str) -> str:
    return rows(*(f"{text},,L{index},Arvand" for index in range(count)))


OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
STOLEN = Device(Listing(Lists.BLACK, Reason.STOLEN))
EXPIRED = Device(Listing(Lists.GREY, Reason.UNREGISTERED, NOW - 1), State.GRACE)
GRACE = Device(Listing(Lists.GREY, Reason.UNREGISTERED, NOW + 1), State.GRACE)
LEGACY = Device(Listing(Lists.WHITE, Reason.LEGACY), State.LEGACY)
CLONE = Device(Listing(Lists.WHITE, Reason.DUPLICATE, paired_only=True))
ACTIVE = Device(Listing(Lists.WHITE, Reason.REGISTERED), State.ACTIVE)
ODD = f"{A},{B},X,Arvand"
GROUPED = ("35 693803 564380 9", "35-693803-564380-9", "35693803/564380/9")
LETTERS = (A[:14] + "O", "35693803564380A", A[:14] + "*", A[:14] + "#")
NOTHING = ("", "-", "N/A", "null", "ندارد")
RANGE = f"imei from,imei to\n{A},{A}\n"
QUANTITY_RANGE = f"imei from,imei to,qty\n{A},{C},2\n{A},{A},1\n"
MARKS = (",", ";", "/", " ", "\n", " و ")
QUANTITIES = (f"{ODD},۱", f"{C},,Y,Arvand,1.0")
THREE_FORMS = (f"{A},,X,Arvand", f"{A[:14]},,X,Arvand", f"{A[:14]}01,,,Arvand")
MERGED = sheet((A, "", "X", "Arvand"), ("", "", "Y", "Arvand"), change=lambda book: book.active.merge_cells("A7:A8"))
PERSIAN, ARABIC, WIDE = (A.translate({48 + n: chr(zero + n) for n in range(10)}) for zero in (0x6F0, 0x660, 0xFF10))

CASES = [
    Case(1, "byte order mark", b"\xef\xbb\xbf" + rows(ODD).encode(), loaded=(KEY_A, KEY_B)),
    Case(2, "UTF-16 with a mark", rows(ODD).encode("utf-16"), loaded=(KEY_A, KEY_B)),
    Case(2, "UTF-16 without a mark", rows(ODD).encode("utf-16-le"), "FILE", "ENCODING_UNKNOWN"),
    Case(3, "CP1256", rows(f"{A},,سريال,Arvand").encode("cp1256"), "OK", "ENCODING_CP1256", (KEY_A,)),
    Case(3, "bytes of no encoding", rows(f"{A},,X,\x01").encode() + b"\xff\x81\n", "FILE", "ENCODING_UNKNOWN"),
    Case(4, "semicolons", rows(ODD).replace(",", ";"), loaded=(KEY_A, KEY_B)),
    Case(4, "tabs", rows(ODD).replace(",", "\t"), loaded=(KEY_A, KEY_B)),
    Case(4, "bars", rows(ODD).replace(",", "|"), loaded=(KEY_A, KEY_B)),
    Case(4, "two delimiters", "imei,imei2;serial,brand\n" + ODD + "\n", "FILE", "DELIMITER_MIXED"),
    Case(5, "CRLF", rows(ODD).replace("\n", "\r\n"), loaded=(KEY_A, KEY_B)),
    Case(5, "CR", rows(ODD).replace("\n", "\r"), loaded=(KEY_A, KEY_B)),
    Case(5, "no newline at the end", rows(ODD)[:-1], loaded=(KEY_A, KEY_B)),
    Case(6, "NUL bytes", rows(f"{A}\0,,X,Arvand"), "FILE", "NUL_BYTES"),
    Case(7, "unclosed quote", rows(f'{A},,"X,Arvand', ODD), "FILE", "QUOTE_UNCLOSED"),
    Case(8, "endless cell", rows(f"{A},,{'X' * 131_073},Arvand"), "FILE", "CELL_TOO_LONG"),
    Case(9, "empty", b"", "FILE", "EMPTY_FILE"),
    Case(9, "header only", HEADER + "\n", "FILE", "EMPTY_FILE"),
    Case(10, "HTML called xls", "<html><table><tr><td>imei</td></tr></table>", "FILE", "WRONG_KIND", file_name="list.xls"),
    Case(10, "CSV called xls", rows(ODD), loaded=(KEY_A, KEY_B), file_name="list.xls"),
    Case(10, "old workbook", OLD_WORKBOOK, "FILE", "WORKBOOK_OLD", file_name="list.xlsx"),
    Case(10, "encrypted", OLD_WORKBOOK + "EncryptedPackage".encode("utf-16-le"), "FILE", "WORKBOOK_ENCRYPTED"),
    Case(11, "two members", packed(a=rows(ODD), b=rows(ODD)), "FILE", "ZIP_MEMBERS"),
    Case(11, "path in the name", packed(**{"../a": rows(ODD)}), "FILE", "ZIP_NAME"),
    Case(11, "bomb", packed(a=bytes(32 << 20)), "FILE", "ZIP_SUSPECT"),
    Case(13, "other order", f"brand,serial,imei2,imei1\nArvand,X,{B},{A}\n", loaded=(KEY_A, KEY_B), alone=True),
    Case(14, "other names", rows(ODD).replace(HEADER, "شناسه\u200c IMEI,شناسه دوم,S/N,برند"), loaded=(KEY_A, KEY_B)),
    Case(14, "Arabic letters", rows(ODD).replace(HEADER, "IMEI1,IMEI_2,سريال,BRAND"), loaded=(KEY_A, KEY_B)),
    Case(15, "title above", "Packing list,,,\n,,,\n" + rows(ODD), loaded=(KEY_A, KEY_B)),
    Case(15, "header too far down", "Title,,,\n" * 30 + rows(ODD), "FILE", "NO_HEADER"),
    Case(16, "no header", ODD + "\n", "FILE", "NO_HEADER"),
    Case(16, "no IMEI column", "serial,brand\nX,Arvand\n", "FILE", "COLUMN_MISSING"),
    Case(16, "two columns for one field", rows(f"{ODD},{B}", header=HEADER + ",second imei"), "FILE", "COLUMN_TWICE"),
    Case(17, "unknown column", rows(f"{ODD},blue", header=HEADER + ",mood"), loaded=(KEY_A, KEY_B)),
    Case(17, "IMEIs in an unknown column", rows(*[f"{A},,X,,{B}"] * 9, header=HEADER + ",other"), "FILE", "COLUMN_TWICE"),
    Case(18, "short row", rows(f"{A},{B}"), "ROW", "RAGGED_ROW"),
    Case(18, "long row", rows(f"{ODD},more"), "ROW", "RAGGED_ROW"),
    Case(19, "blank", rows(",,,"), "SKIP", "BLANK_ROW"),
    Case(19, "total", rows("Total,,,6"), "SKIP", "TOTAL_ROW"),
    Case(19, "header again", rows(HEADER), "SKIP", "REPEATED_HEADER"),
    *(Case(20, text, cell(text), loaded=(KEY_A,)) for text in (PERSIAN, ARABIC, WIDE)),
    Case(20, "mixed digits", cell(PERSIAN[:4] + A[4:]), loaded=(KEY_A,)),
    Case(21, "invisible characters", cell("\u200f35\u200c6938035643809\ufeff\u00a0"), loaded=(KEY_A,)),
    *(Case(22, f"grouped {text!r}", cell(text), loaded=(KEY_A,)) for text in GROUPED),
    Case(23, "apostrophe", cell("'" + A), "WARN", "APOSTROPHE", (KEY_A,)),
    Case(24, "formula around digits", cell(f'="{A}"'), "WARN", "FORMULA_UNWRAPPED", (KEY_A,)),
    Case(24, "another formula", cell(f'=HYPERLINK("http://x","{A}")'), "ROW", "FORMULA_TEXT"),
    Case(25, "decimal zero", cell(A + ".0"), "WARN", "DECIMAL_ZERO", (KEY_A,)),
    Case(26, "exact exponent", cell("3.56938035643809E+14"), "WARN", "EXPONENT_EXACT", (KEY_A,)),
    Case(26, "exponent, wrong check digit", cell("3.56938035643808E+14"), "ROW", "CHECK_DIGIT"),
    Case(26, "exponent is never waved through", cell("3.56938035643808E+14"), "ROW", "CHECK_DIGIT", policy=lenient()),
    Case(27, "digits lost", cell("3.56938E+14"), "ROW", "DIGITS_LOST"),
    Case(27, "digits lost in many rows", many(3, "3.56938E+14"), "FILE", "DIGITS_LOST_MANY"),
    Case(28, "thousands", cell("356,938,035,643,809"), "ROW", "THOUSANDS_SEPARATORS"),
    Case(29, "13 digits", cell("4901542032375"), "REVIEW", "LEADING_ZERO_LOST"),
    Case(29, "14 digits from a number", sheet((int(ZERO), "", "X", "Arvand")), "REVIEW", "LEADING_ZERO_LOST"),
    Case(29, "zeros lost in many rows", many(3, "4901542032375"), "FILE", "LEADING_ZERO_LOST_MANY"),
    Case(30, "14 digits as text", cell(A[:14]), loaded=(KEY_A,)),
    Case(30, "leading zero as text", cell(ZERO), loaded=(KEY_ZERO,)),
    Case(31, "spare digit", cell(A[:14] + "0"), "WARN", "SPARE_DIGIT", (KEY_A,)),
    Case(32, "wrong check digit", cell(A[:14] + "8"), "ROW", "CHECK_DIGIT"),
    Case(32, "wrong check digit, profile", cell(A[:14] + "8"), "WARN", "CHECK_DIGIT_ACCEPTED", (KEY_A,), policy=lenient()),
    Case(33, "IMEISV", cell(A[:14] + "07"), loaded=(KEY_A,)),
    Case(33, "IMEISV from a number", sheet((int(A[:14] + "07"), "", "X", "Arvand")), "WARN", "SIXTEENTH_DIGIT", (KEY_A,)),
    Case(34, "15 + 2", cell(A + " 07"), loaded=(KEY_A,)),
    Case(34, "17 digits", cell(A + "07"), "ROW", "LENGTH"),
    Case(34, "15 + 2, wrong check digit", cell(A[:14] + "8 07"), "ROW", "CHECK_DIGIT"),
    *(Case(35, repr(text), cell(text), "ROW", "CHARACTERS") for text in LETTERS),
    Case(35, "plus sign", cell("+" + A[:14]), "ROW", "CHARACTERS"),
    Case(35, "superscripts", cell(A[:14] + "²"), "ROW", "CHARACTERS"),
    Case(36, "zeros", cell("0" * 15), "ROW", "PLACEHOLDER"),
    Case(36, "eights", cell("8" * 15), "ROW", "PLACEHOLDER"),
    Case(36, "test IMEI", cell(whole(101012345678)), "ROW", "TEST_IMEI"),
    *(Case(37, f"{text!r} as the first", cell(text), "ROW", "EMPTY_IMEI") for text in NOTHING),
    *(Case(37, f"{text!r} as the second", rows(f"{A},{text},X,Arvand"), loaded=(KEY_A,)) for text in NOTHING),
    *(Case(38, f"split by {mark!r}", cell(f"{A}{mark}{B}"), loaded=(KEY_A, KEY_B)) for mark in MARKS),
    Case(38, "one part is wrong", cell(f"{A},{B[:14]}0{B[:1]}9"), "ROW", "LENGTH"),
    Case(39, "ICCID beside it", cell(f"{A} ICCID 8998110000000000001"), "WARN", "EXTRA_PART_DROPPED", (KEY_A,)),
    Case(39, "something beside it", cell(f"{A} blue"), "ROW", "SEVERAL_PARTS"),
    Case(40, "MEID", cell("A0000027000056"), "ROW", "WRONG_IDENTIFIER"),
    Case(40, "EID", cell("89" + "0" * 30), "ROW", "WRONG_IDENTIFIER"),
    Case(40, "serial", cell("SN-123"), "ROW", "CHARACTERS"),
    Case(41, "range", f"imei from,imei to\n{A},{C}\n", loaded=(KEY_A, KEY_B, KEY_C), alone=True),
    Case(41, "range backwards", RANGE + f"{C},{A}\n", "ROW", "RANGE_BAD", (KEY_A,), alone=True),
    Case(41, "range over TACs", RANGE + f"{A},{whole(35693804000000)}\n", "ROW", "RANGE_BAD", (KEY_A,), alone=True),
    Case(41, "range too long", RANGE + f"{A},{whole(35693803999999)}\n", "ROW", "RANGE_TOO_LONG", (KEY_A,), alone=True),
    Case(41, "more than declared", QUANTITY_RANGE, "ROW", "RANGE_TOO_LONG", (KEY_A,), alone=True),
    Case(41, "wrong end", RANGE + f"{A},{C[:14]}9\n", "ROW", "CHECK_DIGIT", (KEY_A,), alone=True),
    Case(42, "Jalali date", "# date: ۱۴۰۳/۱۲/۳۰\n" + rows(ODD), loaded=(KEY_A, KEY_B)),
    Case(42, "no such day", "# date: 1403/07/31\n" + rows(ODD), "FILE", "DATE_HEADER"),
    Case(42, "no such year", "# date: 1250-01-01\n" + rows(ODD), "FILE", "DATE_HEADER"),
    Case(43, "Persian quantity", rows(*QUANTITIES, header=HEADER + ",qty"), loaded=(KEY_A, KEY_B, KEY_C), odd=2),
    Case(43, "unit text", rows(f"{ODD},1 pcs", header=HEADER + ",qty"), "REVIEW", "QUANTITY_UNIT"),
    Case(43, "unit text in the header", "# declared devices: 6 pcs\n" + rows(ODD), "FILE", "QUANTITY_BAD"),
    Case(44, "number", sheet((int(A), "", "X", "Arvand")), loaded=(KEY_A,)),
    Case(45, "formula without a value", sheet((A, "=A2", "X", "Arvand")), "ROW", "FORMULA_NO_VALUE"),
    Case(45, "error cell in the second slot", sheet((A, "#REF!", "X", "Arvand")), "ROW", "CELL_ERROR"),
    Case(46, "merged IMEI", MERGED, "ROW", "EMPTY_IMEI", (KEY_A,)),
    Case(47, "hidden parts", sheet((A, B, "X", "Arvand"), change=hide), "OK", "HIDDEN_PARTS", (KEY_A, KEY_B)),
    Case(47, "two sheets that fit", sheet(change=two_lists), "FILE", "TWO_SHEETS"),
    Case(48, "last row of a sheet", sheet(change=last_row), "FILE", "TRUNCATED_SHEET"),
    Case(49, "macros", with_macros(), "FILE", "WORKBOOK_MACROS"),
    Case(50, "one IMEI in both slots", rows(f"{A},{A},X,Arvand"), "ROW", "SAME_IMEI_TWICE"),
    Case(50, "the same in 14 digits", rows(f"{A},{A[:14]},X,Arvand"), "ROW", "SAME_IMEI_TWICE"),
    Case(50, "twice in one cell", cell(f"{A},{A}"), "ROW", "SAME_IMEI_TWICE"),
    Case(51, "same device again", rows(ODD, f"{B},{A},X,Arvand"), "WARN", "DUPLICATE_IN_FILE", (KEY_A, KEY_B)),
    Case(51, "other serial", rows(f"{A},,X,Arvand", f"{A},,Y,Arvand"), "REVIEW", "TWO_DEVICES", odd=2),
    Case(52, "first of one, second of another", rows(ODD, f"{C},{A},Y,Arvand"), "REVIEW", "TWO_DEVICES", odd=2),
    Case(52, "part of another", rows(ODD, f"{A},,Y,Arvand"), "REVIEW", "TWO_DEVICES", odd=2),
    Case(53, "14, 15 and 16 digits", rows(*THREE_FORMS), "WARN", "DUPLICATE_IN_FILE", (KEY_A,), odd=2),
    Case(54, "stolen", rows(ODD), "ROW", "BLOCKED", on_file=((KEY_B, STOLEN),)),
    Case(54, "grace is over", rows(ODD), "ROW", "BLOCKED", on_file=((KEY_B, EXPIRED),)),
    Case(54, "in grace", rows(ODD), "WARN", "SEEN_BEFORE", (KEY_A, KEY_B), on_file=((KEY_B, GRACE),)),
    Case(54, "legacy", rows(ODD), "WARN", "SEEN_BEFORE", (KEY_A, KEY_B), on_file=((KEY_B, LEGACY),)),
    Case(54, "clone", rows(ODD), "REVIEW", "ALREADY_LIVE_OTHER", on_file=((KEY_B, CLONE),)),
    Case(54, "active without a declaration", rows(ODD), "REVIEW", "ALREADY_LIVE_OTHER", on_file=((KEY_B, ACTIVE),)),
    Case(55, "unknown TAC", rows(f"{whole(99000000123456)},,X,Arvand"), "WARN", "TAC_UNKNOWN", (99000000123456,)),
    Case(56, "other brand", rows(f"{A},{B},X,Tellara"), "REVIEW", "TAC_DISAGREES"),
    Case(56, "maker for brand", rows(f"{A},{B},X,ARVAND Telecom Co"), loaded=(KEY_A, KEY_B)),
    Case(56, "other TAC in its column", rows(f"{ODD},49015420", header=HEADER + ",tac"), "REVIEW", "TAC_DISAGREES"),
    Case(57, "different makers", rows(f"{A},{whole(86613012000001)},X,"), "REVIEW", "NOT_SIBLINGS"),
    Case(58, "one serial on two", rows(f"{A},,X,Arvand", f"{B},,X,Arvand"), "REVIEW", "SERIAL_TWICE", odd=2),
    Case(58, "five IMEIs", cell(",".join(whole(KEY_A + n) for n in range(5))), "ROW", "TOO_MANY_IMEIS"),
    Case(58, "no serial is not a serial", rows(f"{A},,N/A,Arvand", f"{B},,N/A,Arvand"), loaded=(KEY_A, KEY_B), odd=2),
    Case(60, "file name", rows(ODD), "FILE", "DECLARATION_DISAGREES", file_name="1403-87654321.csv"),
    Case(60, "line above the header", "# declaration: 87654321\n" + rows(ODD), "FILE", "DECLARATION_DISAGREES"),
    Case(60, "column", rows(f"{ODD},87654321", header=HEADER + ",declaration"), "FILE", "DECLARATION_DISAGREES"),
    Case(60, "same in the name", rows(ODD), loaded=(KEY_A, KEY_B), file_name="1403-12345678.csv"),
    Case(60, "a folder is not the name", rows(ODD), loaded=(KEY_A, KEY_B), file_name="87654321/list.csv"),
    Case(60, "a date in the name", rows(ODD), loaded=(KEY_A, KEY_B), file_name="list_20261123.csv"),
]  # fmt: skip

CATALOGUE = {35693803: "Arvand", 35145120: "Arvand", 4901542: "Arvand", 86613012: "Qinghe", 35693804: "Arvand"}


def prepare(environment: Environment, case: Case) -> None:
    def apply(commit: Commit) -> tuple[None, bytes]:
        for tac, brand in CATALOGUE.items():
            entry = records_pb2.Type(brand=brand, manufacturer=f"{brand} Telecom Co")
            commit.put("tac", tac_key(tac), encode_cutover(0) + entry.SerializeToString())
        for imei14, record in case.on_file:
            commit.put("status", imei_key(imei14), encode_device(record))
        return None, b""

    environment.commit(apply)


def load(environment: Environment, case: Case) -> pb.LoadReport:
    return run(environment, "manifest", case.data, case.file_name, policy=case.policy, declaration=case.facts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.trap:02} {case.name}")
def test_a_trap_ends_as_the_table_says(case: Case) -> None:
    with registry() as environment:
        prepare(environment, case)
        before = tables(environment)
        report = load(environment, case)
        assert not case.code or case.code in codes(report)
        assert adds_up(report)
        if case.ends == "FILE":
            assert report.outcome == pb.LOAD_OUTCOME_REFUSED
            assert tables(environment) == before
            return
        assert report.outcome == pb.LOAD_OUTCOME_LOADED
        ended = {
            "OK": report.ok,
            "WARN": report.warn,
            "REVIEW": report.review,
            "ROW": report.rejected,
            "SKIP": report.skipped,
        }
        assert ended[case.ends] >= case.odd
        assert sum(ended.values()) - ended["OK"] == (case.odd if case.ends != "OK" else 0)
        after = tables(environment)
        plain = () if case.alone else PLAIN
        released = {number(key) for key, value in after["status"].items() if before["status"].get(key) != value}
        assert released == {*plain, *case.loaded}
        assert report.imeis == len(plain) + len(case.loaded)


def test_every_trap_has_a_case() -> None:
    # 12 is below; 59, formulas in text that we write, is the reject file's.
    assert {case.trap for case in CASES} == set(range(1, 61)) - {12, 59}


def test_trap_12_the_same_bytes_change_nothing_whatever_they_are_called() -> None:
    with registry() as environment:
        first = load(environment, Case(12, "", rows(ODD)))
        before = tables(environment)
        second = load(environment, Case(12, "", rows(ODD), file_name="copy.csv"))
        assert (second.outcome, second.batch) == (pb.LOAD_OUTCOME_UNCHANGED, first.batch)
        assert tables(environment) == before


def test_trap_12_the_same_rows_in_another_file_change_nothing_and_name_the_first_batch() -> None:
    with registry() as environment:
        first = load(environment, Case(12, "", rows(ODD)))
        before = tables(environment)
        second = load(environment, Case(12, "", rows(ODD) + "\n"))
        assert second.outcome == pb.LOAD_OUTCOME_UNCHANGED
        assert codes(second) | {"BLANK_ROW": 0} == codes(second) | {"BLANK_ROW": 0, "SAME_ROWS": 1, "ALREADY_LIVE": 6}
        assert first.batch in second.notes[0]
        assert tables(environment) == before


def test_trap_54_another_declaration_is_held_with_both_references() -> None:
    with registry() as environment:
        load(environment, Case(54, "", rows(ODD)))
        report = load(
            environment, Case(54, "", rows(f"{C},,Z,", ODD, plain=False), facts=pb.DeclarationFacts(number="22222222"))
        )
        assert (report.outcome, report.review, report.imeis) == (pb.LOAD_OUTCOME_LOADED, 1, 1)
        text = next(issue.text for issue in report.issues if issue.code == "ALREADY_LIVE_OTHER")
        assert "12345678" in text
        assert "22222222" in text
