"""The command line: every command on the example country, JSON as the RPCs', errors in one line."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from google.protobuf import json_format

from eir.v1 import check_pb2
from eir.v1 import registry_pb2 as pb
from tests.cli import ROOT, eir

EXAMPLES = ROOT / "examples"
REGISTERED = "352604116883409"
SMUGGLED = "015892133698004"
STOLEN = "352604115208665"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a catalogue, one manifest, the stolen list and one dump."""
    store = tmp_path_factory.mktemp("cli") / "eir"
    assert eir("init", store=store).returncode == 0
    for command in (
        ("tac", EXAMPLES / "tac-catalogue.txt"),
        ("manifest", EXAMPLES / "manifests/1403-12345678.csv"),
        ("stolen", EXAMPLES / "stolen.csv"),
        ("operator-dump", EXAMPLES / "operators/irancell_20260901_20260930.csv"),
    ):
        done = eir("load", *command, store=store)
        assert done.returncode == 0, done.stderr
        assert "loaded" in done.stdout
    return store


def parsed(message: object, text: str) -> dict[str, object]:
    """The JSON of an answer; it must be the mapping of this message, with no field unknown to it."""
    json_format.Parse(text, message)  # type: ignore[type-var]  # any message
    result: dict[str, object] = json.loads(text)
    return result


def test_check_says_status_rule_and_reason_with_defaults(loaded: Path) -> None:
    answer = parsed(check_pb2.CheckResponse(), eir("check", REGISTERED, "--json", store=loaded).stdout)
    assert answer == {
        "status": "EQUIPMENT_STATUS_WHITELISTED",
        "rule": "RULE_DEVICE",
        "reason": "REASON_REGISTERED",
        "deadline": "0",
        "as_of": "4",
    }


@pytest.mark.parametrize(
    "form", [REGISTERED, REGISTERED[:14], REGISTERED[:14] + "06", "352604-11-688340-9", "۳۵۲۶۰۴۱۱۶۸۸۳۴۰۹"]
)
def test_check_takes_every_form_of_a_number(loaded: Path, form: str) -> None:
    assert "whitelisted" in eir("check", form, store=loaded).stdout


def test_check_notes_a_wrong_check_digit_and_answers(loaded: Path) -> None:
    done = eir("check", REGISTERED[:14] + "1", store=loaded)
    assert done.returncode == 0
    assert "whitelisted" in done.stdout
    assert REGISTERED in done.stderr


def test_history_names_file_line_and_actor(loaded: Path) -> None:
    answer = parsed(pb.HistoryResponse(), eir("history", STOLEN, "--json", store=loaded).stdout)
    events = answer["events"]
    assert isinstance(events, list)
    assert [event["source"] for event in events] == ["1403-12345678.csv", "stolen.csv"]
    assert all(event["line"] and "@" in event["actor"] for event in events)
    assert "stolen.csv" in eir("history", STOLEN, store=loaded).stdout


def test_batches_status_and_audit(loaded: Path) -> None:
    batches = parsed(pb.ListBatchesResponse(), eir("batches", "--json", store=loaded).stdout)["batches"]
    assert isinstance(batches, list)
    assert [batch["kind"] for batch in batches] == [
        "LOAD_KIND_OPERATOR_DUMP",
        "LOAD_KIND_STOLEN",
        "LOAD_KIND_MANIFEST",
        "LOAD_KIND_TAC",
    ]
    status = parsed(pb.StoreStatus(), eir("status", "--json", store=loaded).stdout)
    assert status["seq"] == "4"
    assert "4 commits" in eir("audit", store=loaded).stdout
    assert "manifest" in eir("batches", store=loaded).stdout
    assert "commit 4" in eir("status", store=loaded).stdout


def test_undo_takes_a_batch_back_and_says_no_the_second_time(loaded: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    assert eir("backup", copy, store=loaded).returncode == 0
    batches = json.loads(eir("batches", "--json", store=copy).stdout)["batches"]
    manifest = next(batch["id"] for batch in batches if batch["kind"] == "LOAD_KIND_MANIFEST")
    conflict = eir("undo", manifest, store=copy)
    assert conflict.returncode == 2
    assert "stolen.csv" in conflict.stderr  # the stolen list touched devices of the manifest
    stolen = next(batch["id"] for batch in batches if batch["kind"] == "LOAD_KIND_STOLEN")
    assert eir("undo", stolen[:8], store=copy).returncode == 0
    parsed(pb.UndoResponse(), eir("undo", manifest, "--json", store=copy).stdout)
    assert "unknown" in eir("check", REGISTERED, store=copy).stdout
    assert eir("undo", manifest, store=copy).returncode == 2


def test_block_lists_are_shown_then_built_then_their_delta(loaded: Path, tmp_path: Path) -> None:
    copy, lists = tmp_path / "copy", tmp_path / "lists"
    eir("backup", copy, store=loaded)
    dry = parsed(pb.BlockListReport(), eir("blocklist", "build", "--dry-run", "--json", store=copy).stdout)
    assert dry["newly_greylisted"] != "0"
    assert not lists.exists()
    built = parsed(pb.BlockListReport(), eir("blocklist", "build", "--out", lists, "--json", store=copy).stdout)
    assert built["newly_greylisted"] == dry["newly_greylisted"]
    assert "greylisted" in eir("check", SMUGGLED, store=copy).stdout
    manifest = json.loads(next(lists.glob("*_manifest.json")).read_text())
    assert manifest
    assert {path.name for path in lists.iterdir()} == {file["name"] for file in built["files"]}  # type: ignore[attr-defined]
    delta = eir("blocklist", "delta", "--from", 4, "--out", tmp_path / "delta", store=copy)
    assert delta.returncode == 0, delta.stderr
    assert any(path.name.endswith("_new.csv") for path in (tmp_path / "delta").iterdir())
    assert "_notifications_irancell_delta" in delta.stdout
    assert "_kish_" not in delta.stdout  # its files are empty, and not worth a line


def test_single_commands_are_json_requests(loaded: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    eir("backup", copy, store=loaded)
    request = json.dumps({"pairs": [{"imei": SMUGGLED, "imsi": "432350000000001"}]})
    assert "commit 5" in eir("command", "add-pairs", request, store=copy).stdout
    assert "nothing changed" in eir("command", "add-pairs", "-", store=copy, stdin=request).stdout
    assert "PAIR" in eir("check", SMUGGLED, "--imsi", "432350000000001", store=copy).stdout
    bad = eir("command", "add-pairs", '{"pairs": [{"imei": "12", "imsi": "1"}]}', store=copy)
    assert (bad.returncode, "pairs[0].imei" in bad.stderr) == (2, True)
    assert eir("command", "add-pears", "{}", store=copy).returncode == 2
    assert eir("command", "add-pairs", "{", store=copy).returncode == 2


def one_line(text: str) -> bool:
    return text.startswith("eir: ") and text.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "xyz"),
        ("check", ""),
        ("check", "12345678901234567"),
        ("check", REGISTERED, "--imsi", "12"),
        ("check", REGISTERED, "--software-version", "x"),
        ("check", REGISTERED, "--at", "yesterday"),
        ("history", "zzz"),
        ("undo", "ffffffff"),
        ("blocklist", "build"),
        ("blocklist", "delta", "--from", "99", "--out", "/tmp/nowhere"),
        ("lode", "manifest"),
        ("load", "manifest"),
        ("load", "manifest", "x", "--declared-devices", "many"),
        ("load", "tac", "x", "--no-such-option"),
        ("serve", "--log-level", "loud"),
        ("--address", "127.0.0.1:9", "load", "tac", "missing.txt"),
    ],
    ids=" ".join,
)
def test_the_callers_mistake_is_one_line_and_exit_2(loaded: Path, arguments: tuple[str, ...]) -> None:
    done = eir(*arguments, store=loaded)
    assert done.returncode == 2
    assert one_line(done.stderr), done.stderr


def test_a_refused_file_is_exit_2_and_leaves_the_store_alone(loaded: Path, tmp_path: Path) -> None:
    before = eir("audit", store=loaded).stdout
    database = tmp_path / "list.csv"
    sqlite3.connect(database).execute("create table t (x)").connection.commit()
    for file in (database, tmp_path / "missing.csv", tmp_path):
        done = eir("load", "manifest", file, "--declaration", "1", store=loaded)
        assert done.returncode == 2, done
        assert one_line(done.stderr), done.stderr
        assert "refused" in done.stderr
    report = parsed(pb.LoadReport(), eir("load", "manifest", database, "--json", store=loaded).stdout)
    assert report["outcome"] == "LOAD_OUTCOME_REFUSED"
    assert eir("audit", store=loaded).stdout == before


def test_a_gate_that_stops_a_load_says_so_in_one_line_with_what_to_do(loaded: Path, tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    file.write_text("imei\n490154203237518\n356938035643809\n")
    declared = ("--declaration", "20000001", "--declared-devices", "1")
    done = eir("load", "manifest", file, *declared, "--dry-run", store=loaded)
    assert (done.returncode, one_line(done.stderr)) == (2, True), done.stderr
    assert "EXCESS_QUANTITY" in done.stderr
    assert "correct the list" in done.stderr


@pytest.mark.parametrize("words", [("--store", "{}", "check", REGISTERED), ("check", REGISTERED, "--store={}"),
                                   ("check", "--store", "{}", REGISTERED)], ids=" ".join)  # fmt: skip
def test_the_store_may_be_named_before_and_after_the_command(loaded: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = eir(*(word.format(loaded) for word in words), store=tmp_path / "another")
    assert (done.returncode, "whitelisted" in done.stdout) == (0, True), done.stderr


def test_no_store_says_how_to_make_one(tmp_path: Path) -> None:
    for command in (("check", REGISTERED), ("status",), ("serve",), ("load", "tac", EXAMPLES / "tac-catalogue.txt")):
        done = eir(*command, store=tmp_path / "none")
        assert done.returncode == 2
        assert one_line(done.stderr)
        assert "eir init" in done.stderr


def test_compacting_changes_no_answer(loaded: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    eir("backup", copy, store=loaded)
    before = eir("audit", store=copy).stdout
    assert "full pages" in eir("compact", store=copy).stdout
    assert eir("audit", store=copy).stdout == before


def test_a_new_store_says_that_nothing_is_in_it(tmp_path: Path) -> None:
    eir("init", store=tmp_path / "new")
    assert "nothing committed yet" in eir("status", store=tmp_path / "new").stdout


def test_init_refuses_a_second_time(tmp_path: Path) -> None:
    assert eir("init", store=tmp_path).returncode == 0
    done = eir("init", store=tmp_path)
    assert (done.returncode, one_line(done.stderr)) == (2, True)


def test_a_broken_policy_names_the_setting(tmp_path: Path) -> None:
    eir("init", store=tmp_path)
    (tmp_path / "policy.toml").write_text("response_type = 9\n")
    done = eir("check", REGISTERED, store=tmp_path)
    assert (done.returncode, one_line(done.stderr)) == (2, True)
    assert "response_type" in done.stderr


def test_a_damaged_store_is_our_fault(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(b"not a database" * 1000)
    done = eir("check", REGISTERED, store=tmp_path)
    assert (done.returncode, one_line(done.stderr)) == (1, True)


@pytest.mark.parametrize(
    "command",
    [
        "init",
        "load manifest",
        "load operator-dump",
        "load tac",
        "load stolen",
        "load pairs",
        "check",
        "history",
        "batches",
        "undo",
        "command",
        "blocklist build",
        "blocklist delta",
        "audit",
        "backup",
        "compact",
        "upgrade",
        "status",
        "serve",
    ],
)
def test_every_command_has_help(command: str, tmp_path: Path) -> None:
    done = eir(*command.split(), "--help", store=tmp_path)
    assert done.returncode == 0
    assert "Usage" in done.stdout
