"""The driver that all loaders share: one commit or none, the same answer when dry, every row in one class."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir.records import number
from eir.v1 import registry_pb2 as pb
from loaders.codes import CODES
from loaders.kinds import LOADERS, WORDS
from loaders.load import Context, load
from store.audit import audit
from tests.effort import tries
from tests.loaders.registries import EXAMPLES, NOW, POLICY, Tables, adds_up, codes, registry, run, tables, undo

LISTS: dict[str, tuple[Path, ...]] = {
    "tac": (EXAMPLES / "tac-catalogue.txt",),
    "stolen": (EXAMPLES / "stolen.csv",),
    "pairs": (EXAMPLES / "pairs.csv",),
    "operator-dump": tuple(sorted((EXAMPLES / "operators").iterdir())),
}
FILES = [(word, file) for word, files in LISTS.items() for file in files]
COUNTS = ("rows_read", "ok", "warn", "review", "rejected", "skipped", "devices", "imeis", "changes", "batch", "sha256")
examples = pytest.mark.parametrize(("word", "file"), FILES, ids=[file.name for _, file in FILES])


def counts(report: pb.LoadReport) -> dict[str, object]:
    """What a dry run and a load must agree on."""
    return {
        "codes": list(report.codes),
        "issues": list(report.issues),
        "gates": list(report.gates),
        "notes": list(report.notes),
        **{name: getattr(report, name) for name in COUNTS},
    }


def test_every_kind_of_file_has_a_word_and_a_loader() -> None:
    assert list(WORDS) == ["manifest", "operator-dump", "tac", "stolen", "pairs"]
    assert set(LOADERS) == set(WORDS.values()) == set(pb.LoadKind.values()) - {0, pb.LOAD_KIND_BLOCK_LIST}
    assert all(LOADERS[kind].kind == kind for kind in LOADERS)


@examples
def test_the_examples_load_but_for_their_deliberate_bad_rows(word: str, file: Path) -> None:
    bad = {
        "irancell_20260901_20260930.csv": {"EMPTY_IMEI": 1, "CHARACTERS": 1, "LENGTH": 1},
        "mci_20260901_20261031.csv": {"EMPTY_IMEI": 1, "CHARACTERS": 1, "PLACEHOLDER": 1},
    }
    with registry() as environment:
        report = run(environment, word, file)
        assert report.outcome == pb.LOAD_OUTCOME_LOADED
        assert codes(report) == bad.get(file.name, {})
        assert (report.warn, report.review, report.skipped) == (0, 0, 0)
        assert adds_up(report)


@examples
def test_a_dry_run_says_what_the_load_does_and_changes_nothing(word: str, file: Path) -> None:
    with registry() as environment:
        dry = run(environment, word, file, dry_run=True)
        assert (dry.outcome, dry.seq, dry.dry_run) == (pb.LOAD_OUTCOME_DRY_RUN, 0, True)
        assert not any(tables(environment).values())
        real = run(environment, word, file)
        assert counts(dry) == counts(real)
        assert real.changes > 0
        again = run(environment, word, file, dry_run=True)
        assert (again.outcome, again.changes) == (pb.LOAD_OUTCOME_UNCHANGED, 0)


@examples
def test_the_same_bytes_are_one_batch_whatever_the_file_is_called(word: str, file: Path) -> None:
    name = file.name if word == "operator-dump" else "other.name"
    with registry() as environment:
        first = run(environment, word, file)
        before = tables(environment)
        second = run(environment, word, file.read_bytes(), name)
        assert (second.outcome, second.batch, second.seq) == (pb.LOAD_OUTCOME_UNCHANGED, first.batch, 0)
        assert second.notes == [f"already loaded as commit {first.seq}: nothing to do"]
        assert tables(environment) == before
        assert (second.rows_read, second.rejected) == (first.rows_read, first.rejected)


@examples
def test_the_batch_is_on_file_and_goes_with_its_commit(word: str, file: Path) -> None:
    with registry() as environment:
        report = run(environment, word, file)
        [batch] = [pb.Batch.FromString(value) for value in tables(environment)["batch"].values()]
        assert (batch.id, batch.seq, batch.outcome, batch.actor) == (report.batch, 1, pb.LOAD_OUTCOME_LOADED, "test")
        assert (batch.file_name, batch.sha256, batch.time) == (file.name, report.sha256, NOW)
        assert (batch.rows_read, batch.imeis, batch.rejected) == (report.rows_read, report.imeis, report.rejected)
        with environment.snapshot() as snapshot:
            note = pb.JournalNote.FromString(snapshot.header(1).note)
        assert (note.kind, note.actor, note.batch) == (f"load {word.replace('-', ' ')}", "test", report.batch)
        undo(environment, report.seq)
        assert not any(tables(environment).values())
        assert run(environment, word, file).outcome == pb.LOAD_OUTCOME_LOADED


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("word", list(LISTS))
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\x00\x01\x02\x03" * 50, "NUL_BYTES"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "WORKBOOK_OLD"),
        (b"PK\x03\x04 not an archive", "ZIP_BROKEN"),
        (b"<html><table></table></html>", "WRONG_KIND"),
        (b"colour,size\nred,4\n", "NO_HEADER COLUMN_MISSING"),
        ('imei,imsi,date,status,tac,model\n"3526'.encode("utf-16-le"), "ENCODING_UNKNOWN"),
        (b"\x1f\x8b\x08\x00", "WRONG_KIND"),
    ],
)
def test_a_refused_file_has_a_report_and_leaves_the_store_untouched(
    word: str, data: bytes, code: str, dry_run: bool
) -> None:
    with registry() as environment:
        run(environment, "stolen", EXAMPLES / "stolen.csv")
        before = tables(environment)
        report = run(environment, word, data, "mci_20260901_20260930.csv", dry_run=dry_run)
        assert report.outcome == pb.LOAD_OUTCOME_REFUSED
        [found] = report.codes
        assert found.code in code.split()
        assert report.issues[0].text
        assert (report.seq, report.changes) == (0, 0)
        assert tables(environment) == before


def test_an_archive_that_expands_without_end_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.csv", b"imei,imsi\n" + b"0" * (64 << 20))
    with registry() as environment:
        assert codes(run(environment, "pairs", packed.getvalue())) == {"ZIP_SUSPECT": 1}


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with registry() as environment:
        assert codes(run(environment, "pairs", tmp_path / "none.csv")) == {"FILE_UNREADABLE": 1}


GATED = POLICY.model_copy(
    update={"operator_dump": POLICY.operator_dump.model_copy(update={"gate_from_rows": 2, "malformed_imei_share": 0.4})}
)
HALF_BAD = "date,imei,imsi,msisdn\n20260901,35260411688340,,\n20260901,35,,\n"


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_gate_stops_a_load_and_says_so(dry_run: bool) -> None:
    with registry() as environment:
        report = run(environment, "operator-dump", HALF_BAD, operator="mci", policy=GATED, dry_run=dry_run)
        assert (report.outcome, report.changes) == (pb.LOAD_OUTCOME_REFUSED, 0)
        assert [gate.name for gate in report.gates if not gate.passed] == ["malformed_imei_share"]
        assert "malformed_imei_share" in report.notes[0]
        assert (report.rows_read, report.rejected) == (2, 1)
        assert not any(tables(environment).values())


def test_the_reject_file_explains_every_row_that_failed(tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    rows = "356938035643809,432110000000001,x\n12,432,\nA,432110000000001,\n"
    rows += "356938035643809,432110000000001\n=1+1,432110000000001,\n"
    with registry() as environment:
        report = run(environment, "pairs", "imei,imsi,msisdn\n" + rows, rejects=rejects)
        assert report.reject_file == str(rejects)
    with rejects.open(encoding="utf-8", newline="") as file:
        found = [(int(row["line"]), row["column"], row["code"], row["cell"], row["row"]) for row in csv.DictReader(file)]
    assert found == [
        (3, "imei", "LENGTH", "12", "12,432,"),
        (3, "imsi", "IMSI_BAD", "432", "12,432,"),
        (4, "imei", "CHARACTERS", "A", "A,432110000000001,"),
        (5, "", "RAGGED_ROW", "356938035643809,432110000000001", "356938035643809,432110000000001"),
        (6, "imei", "FORMULA_TEXT", "'=1+1", "'=1+1,432110000000001,"),
    ]
    assert (report.rejected, report.warn, report.ok) == (4, 1, 0)


def test_a_row_counts_once_in_the_worst_of_its_classes() -> None:
    rows = "352604116883404,43,x\n352604116883404,432110000000001,x\n352604116883409,432110000000002,\n"
    with registry() as environment:
        report = run(environment, "pairs", "imei,imsi,msisdn\n" + rows)
    assert codes(report) == {"CHECK_DIGIT_ACCEPTED": 2, "IMSI_BAD": 1, "MSISDN_LEFT_OUT": 2}
    assert (report.rows_read, report.ok, report.warn, report.rejected) == (3, 1, 1, 1)


def test_there_is_no_reject_file_when_all_is_accepted(tmp_path: Path) -> None:
    with registry() as environment:
        report = run(environment, "pairs", EXAMPLES / "pairs.csv", rejects=tmp_path / "rejects.csv")
    assert report.reject_file == ""
    assert list(tmp_path.iterdir()) == []


def test_a_load_goes_on_when_the_map_has_to_grow() -> None:
    rows = "".join(f"20260901,{35260411000000 + n},43211{n:010},989{n:09}\n" for n in range(6000))
    with registry(first_map=256 << 10) as environment:
        report = run(environment, "operator-dump", "date,imei,imsi,msisdn\n" + rows, operator="mci")
        assert (report.outcome, report.ok, report.changes) == (pb.LOAD_OUTCOME_LOADED, 6000, 6001)
        assert len(tables(environment)["sighting"]) == 6000
        assert environment.usage().mapped > 256 << 10


def test_progress_is_told_while_it_works() -> None:
    stages: list[tuple[str, int, int]] = []
    with registry() as environment:
        options = pb.LoadOptions(file_name="pairs.csv")
        context = Context(POLICY, NOW, options, lambda *stage: stages.append(stage))
        load(environment, LOADERS[pb.LOAD_KIND_PAIRS], EXAMPLES / "pairs.csv", context, actor="test")
    assert [stage for stage, _, _ in stages] == ["read", "compare", "write", "commit"]
    assert stages[-1] == ("commit", 4, 4)


def test_changes_are_journalled_with_their_lines() -> None:
    with registry() as environment:
        report = run(environment, "pairs", EXAMPLES / "pairs.csv")
        with environment.snapshot() as snapshot:
            [block] = [block for block in snapshot.blocks(snapshot.header(report.seq)) if block.table == "pair"]
        lines = {number(block.key(n)[6:]): block.line(n) for n in range(len(block.keys))}
    assert lines == {432119921783632: 2, 432359922726193: 3, 432119912043835: 4, 432119923040380: 5}


# ---- whatever the bytes

_TRAPS = ("", "\n", ",", "|", '"', "\r", "\x00", "0", "9", "۱", "imei", "add", "#", "=", "\t", ";", "PK\x03\x04")
_PIECES = st.sampled_from([trap.encode() for trap in _TRAPS]) | st.binary(max_size=4)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The beginning of a file with a few pieces replaced."""
    data = data[: draw(st.integers(0, 1500))]
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(_PIECES) + data[at + draw(st.integers(0, 12)) :]
    return data


def whole(report: pb.LoadReport) -> bool:
    """What holds for every report."""
    classes = all(getattr(issue, "class") == CODES[issue.code].row_class for issue in report.issues)
    return adds_up(report) and classes and report.outcome != pb.LOAD_OUTCOME_UNSPECIFIED


@pytest.mark.parametrize("word", list(LISTS))
@tries(25)
@given(data=st.data())
def test_damaged_files_are_loaded_row_by_row_or_refused(word: str, data: st.DataObject) -> None:
    file, other = LISTS[word][0], data.draw(st.sampled_from(list(LISTS)))
    content = data.draw(damaged(file.read_bytes()))
    with registry() as environment:
        run(environment, "stolen", EXAMPLES / "stolen.csv")
        before: Tables = tables(environment)
        dry = run(environment, word, content, file.name, dry_run=True)
        report = run(environment, word, content, file.name)
        assert counts(dry) == counts(report)
        assert whole(report)
        if report.outcome != pb.LOAD_OUTCOME_LOADED:
            assert report.outcome in (pb.LOAD_OUTCOME_REFUSED, pb.LOAD_OUTCOME_UNCHANGED)
            assert tables(environment) == before
        else:
            undo(environment, report.seq)
            assert tables(environment) == before
        assert whole(run(environment, other, content, file.name, dry_run=True))


def test_after_all_the_examples_and_their_undoing_the_store_passes_an_audit() -> None:
    with registry() as environment:
        states, seqs = [], []
        for word, file in FILES:
            states.append(tables(environment))
            seqs.append(run(environment, word, file).seq)
        for seq, before in zip(reversed(seqs), reversed(states), strict=True):
            undo(environment, seq)
            assert tables(environment) == before
        assert audit(environment).seq == 2 * len(FILES)
