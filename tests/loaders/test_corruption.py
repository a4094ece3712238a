"""Whatever becomes of a file on its way: a report, rows that add up, devices whole, and no identifier that no cell has."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir.identity import Imei, fold
from eir.v1 import registry_pb2 as pb
from store.audit import audit
from store.environment import Environment
from tests.effort import tries
from tests.loaders.registries import EXAMPLES, adds_up, device, on_file, registry, run, tables
from tests.loaders.test_workbook import saved

Grid = list[list[str]]
FORMS = ("csv", "zip", "xlsx", "json")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1256")


class Kind(NamedTuple):
    """A sound file of one kind, as cells, header first; the options it is loaded with."""

    grid: Grid
    options: Mapping[str, Any] = MappingProxyType({})


def _example(name: str, delimiter: str = ",") -> Grid:
    lines = (EXAMPLES / name).read_text(encoding="utf-8-sig").splitlines()
    return list(csv.reader(lines[:9], delimiter=delimiter))


PAIRS = [(35693803000000 + 977 * n, 35693803000001 + 977 * n) for n in range(8)]
# The column of SIM slots is how a manifest says that no IMEI may be missing.
_MANIFEST = [["sim_count", "imei1", "imei2", "serial", "برند"]] + [
    ["2", Imei(a).with_check_digit(), Imei(b).with_check_digit(), f"SN{n:04}", "ارس"] for n, (a, b) in enumerate(PAIRS)
]
KINDS = {
    "manifest": Kind(_MANIFEST, {"declaration": pb.DeclarationFacts(number="12345678", office="50100", year=1403)}),
    "operator-dump": Kind(_example("operators/mci_20260901_20261031.csv"), {"operator": "mci"}),
    "tac": Kind(_example("tac-catalogue.txt", "|")),
    "stolen": Kind(_example("stolen.csv")),
    "pairs": Kind(_example("pairs.csv")),
}

# ---- damage to cells


DAMAGES = ("columns", "names", "name", "cut", "repeat", "cell", "empty")


@st.composite
def damaged_grids(draw: st.DrawFn, sound: Grid, damages: list[str]) -> Grid:
    """The cells with columns swapped, renamed and dropped, rows cut and repeated, and cells moved from row to row."""
    grid = [list(row) for row in sound]
    width, height = len(grid[0]), len(grid)
    columns, rows = st.integers(0, width - 1), st.integers(1, height - 1)
    for damage in damages:
        if damage == "columns":
            a, b = draw(columns), draw(columns)
            for row in grid:
                row[a], row[b] = row[b], row[a]
        elif damage == "names":
            a, b = draw(columns), draw(columns)
            grid[0][a], grid[0][b] = grid[0][b], grid[0][a]
        elif damage == "name":
            grid[0][draw(columns)] = draw(st.sampled_from(["", "imei", "imei2", "x", "imsi", "سریال"]))
        elif damage == "cut":
            a, b = sorted((draw(rows), draw(rows)))
            grid[a:b] = grid[a : a + 1] * (b - a)  # the place of a cut row is taken by another, so that rows stay as many
        elif damage == "repeat":
            grid[draw(rows)] = list(grid[draw(rows)])
        elif damage == "cell":
            a, b, column = draw(rows), draw(rows), draw(columns)
            grid[a] = list(grid[a])
            grid[a][column] = grid[b][column]
        else:
            grid[draw(rows)] = [""] * width
    return [list(row) for row in grid]


# ---- damage to bytes

HOSTILE = st.sampled_from(b"\",;|\t\n\r'= -/.#*0123456789EeNnAa+{}[]:<>&\\\x00\xff\xd9\xdb\xe2\x80\x8c")


@st.composite
def damaged_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """Some bytes replaced, inserted or removed; or the end cut off."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, max(0, len(changed) - 1)))
        changed[at : at + draw(st.integers(0, 2))] = bytes(draw(st.lists(HOSTILE, max_size=2)))
    return bytes(changed[: draw(st.integers(0, len(changed)))]) if draw(st.integers(0, 9)) == 9 else bytes(changed)


class File(NamedTuple):
    """What is sent, and all the text in it as it may be read."""

    data: bytes
    texts: list[str]
    named: bool = True  # no name of a column stands over another


@st.composite
def files(draw: st.DrawFn, kind: Kind) -> File:
    damages = draw(st.lists(st.sampled_from(DAMAGES), max_size=3))
    file = draw(_files(draw(damaged_grids(kind.grid, damages))))
    return file._replace(named=not {"name", "names"}.intersection(damages))


@st.composite
def _files(draw: st.DrawFn, grid: Grid) -> File:
    form = draw(st.sampled_from(FORMS))
    if form == "xlsx":
        return draw(_workbooks(grid))
    if form == "json":
        header, *rows = grid
        text = json.dumps([dict(zip(header, row, strict=True)) for row in rows], ensure_ascii=False)
        data = draw(damaged_bytes(text.encode()))
        return File(data, _texts(data))
    delimiter = draw(st.sampled_from(",;|\t"))
    lines = draw(_encoded(_delimited(grid, delimiter)))
    data = draw(damaged_bytes(lines))
    texts = [text.replace("\t", "|") if delimiter == "\t" else text for text in _texts(data)]
    return File(draw(_zips(data)) if form == "zip" else data, texts)


def _delimited(grid: Grid, delimiter: str) -> list[str]:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(grid)
    return out.getvalue().splitlines(keepends=True)


@st.composite
def _encoded(draw: st.DrawFn, lines: list[str]) -> bytes:
    """In one encoding, or one line in another."""
    encoding = draw(st.sampled_from(ENCODINGS))
    if draw(st.integers(0, 3)):
        return "".join(lines).encode(encoding, "replace")
    at, other = draw(st.integers(0, len(lines) - 1)), draw(st.sampled_from(ENCODINGS))
    parts = ("".join(lines[:at]), encoding), (lines[at], other), ("".join(lines[at + 1 :]), encoding)
    return b"".join(text.encode(name, "replace") for text, name in parts)


@st.composite
def _zips(draw: st.DrawFn, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("list.csv"), data)
    return draw(damaged_bytes(file.getvalue())) if draw(st.booleans()) else file.getvalue()


@st.composite
def _workbooks(draw: st.DrawFn, grid: Grid) -> File:
    """Cells as text or as numbers; the archive damaged, or a part in it."""
    book, numbers = openpyxl.Workbook(), draw(st.booleans())
    for row in grid:
        book.active.append([int(cell) if numbers and re.fullmatch("[1-9][0-9]{0,14}", cell) else cell for cell in row])
    data = _dateless(saved(book))
    part = draw(st.sampled_from(["", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"]))
    if part:
        data = _dateless(data, {part: lambda xml: draw(damaged_bytes(xml))})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = [text for name in archive.namelist() for text in _texts(archive.read(name))]
    return File(data if part else draw(damaged_bytes(data)), texts)


def _dateless(data: bytes, changes: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType({})) -> bytes:
    """A workbook packed again without the time of its making, so that an example is the same when it is tried again."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = re.sub(rb"[0-9]{4}-[0-9-]{5}T[0-9:]{8}Z", b"2026-11-23T12:00:00Z", old.read(name))
            new.writestr(zipfile.ZipInfo(name), changes.get(name, bytes)(part))
    return file.getvalue()


def _texts(data: bytes) -> list[str]:
    found = []
    for encoding in ENCODINGS:
        try:
            found.append(data.decode(encoding))
        except UnicodeError:
            found.append(data.decode(encoding, "ignore"))
    return found


def digits_in(text: str) -> str:
    """The text with digits folded and grouping removed; numbers in scientific notation are there in full too."""
    plain = re.sub("[ /-]", "", fold(text))
    exact = (str(int(Decimal(number))) for number in re.findall(r"[0-9]+(?:\.[0-9]+)?[Ee]\+?[0-9]{1,2}(?![0-9])", plain))
    return "\n".join((plain, *exact))


def identifiers(environment: Environment) -> set[str]:
    """All that the registry holds: IMEIs, subscribers and TACs, by their digits."""
    found = tables(environment)
    imeis = {key[:6] for table in ("status", "pair", "sighting") for key in found[table]}
    imsis = {int.from_bytes(key[6:13], "big") for table in ("pair", "sighting") for key in found[table]}
    tacs = {int.from_bytes(key, "big") for key in found["tac"]}
    texts = {f"{int.from_bytes(imei, 'big'):014}" for imei in imeis} | {str(imsi) for imsi in imsis if imsi}
    return texts | {f"{tac:08}" for tac in tacs} | {key.decode() for key in found["malformed"]}


# ---- what holds


@pytest.mark.parametrize("word", KINDS)
@tries(60)
@given(data=st.data())
def test_corruption_ends_in_a_report_that_adds_up_and_invents_nothing(word: str, data: st.DataObject) -> None:
    kind = KINDS[word]
    file = data.draw(files(kind))
    with registry() as environment:
        report = run(environment, word, file.data, **kind.options)
        assert adds_up(report)
        found = identifiers(environment)
        if report.outcome != pb.LOAD_OUTCOME_LOADED:
            assert report.outcome in (pb.LOAD_OUTCOME_REFUSED, pb.LOAD_OUTCOME_UNCHANGED)
            assert not found
            return
        written = "\n".join(map(digits_in, file.texts))
        assert not [one for one in found if one not in written], "an identifier that no cell has"
        again = run(environment, word, file.data, **kind.options)
        assert again.outcome == pb.LOAD_OUTCOME_UNCHANGED
        assert audit(environment).seq == report.seq
        if word == "manifest":
            assert_devices_whole(environment, report)
            if file.named and "simcount" in written.replace("_", ""):
                assert all(len(one.imeis) == 2 for one in on_file(environment).values()), "a slot was lost"


def assert_devices_whole(environment: Environment, report: pb.LoadReport) -> None:
    devices = on_file(environment)
    assert (report.devices, report.imeis) == (len(devices), sum(len(one.imeis) for one in devices.values()))
    assert len(tables(environment)["status"]) == report.imeis
    assert all((record := device(environment, imei)) and record.device for one in devices.values() for imei in one.imeis)
