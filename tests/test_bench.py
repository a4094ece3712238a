"""The benchmarks: goals, the kept results, and a tiny run of what needs no server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import results
from bench.__main__ import MEASURES, main
from bench.client import read_exchanges, write_exchanges
from bench.data import BODIES, Dataset, dataset
from bench.files import write_manifest
from bench.processes import cpu_seconds, line_of, python, running
from bench.rows import GOALS, Goal, Row
from eir import records
from eir.identity import Imei
from store.audit import audit
from store.environment import Environment

KEYS = {"name", "value", "unit", "limit", "ratio", "goal", "met", "limit_name", "better"}
PROMISED = {"engine_check", "check_batch_256", "grpc_check_cpu", "manifest_load", "blocklist", "bytes_per_imei"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return dataset(tmp_path_factory.mktemp("bench"), 2_000, 1, lambda text: None)


# ---- goals and rows


def test_every_measured_row_has_its_line_in_the_table_of_goals() -> None:
    measured = [name for names in MEASURES for name in names.split()]
    assert sorted(measured) == sorted(GOALS)
    assert set(measured) >= PROMISED


@pytest.mark.parametrize(
    ("goal", "value", "ratio", "met"),
    [
        (Goal("higher", ratio=0.5), 1, 0.5, True),
        (Goal("higher", ratio=0.5), 1, 0.49, False),
        (Goal("lower", ratio=1.5), 1, 1.5, True),
        (Goal("lower", ratio=1.5), 1, 1.51, False),
        (Goal("higher", ratio=0.5, value=300), 299, 0.9, False),
        (Goal("higher", ratio=0.5, value=300), 300, 0.4, False),
        (Goal("higher", ratio=0.5, value=300), 300, 0.5, True),
        (Goal("lower", value=2), 1.9, None, True),
        (Goal("higher", ratio=0.5), 1, None, False),
        (Goal("higher"), 1, 2, None),
    ],
)
def test_a_goal_is_met_when_all_its_conditions_are(goal: Goal, value: float, ratio: float | None, met: bool | None) -> None:
    assert goal.met(value, ratio) is met


def test_ratio_is_value_to_limit() -> None:
    row = Row("engine_check", 60.0, "checks/s", 100.0, "bare").to_json()
    assert (row["ratio"], row["goal"], row["met"]) == (0.6, 0.55, True)


# ---- the data set


def test_data_set_is_seeded_and_distinct(data: Dataset, tmp_path: Path) -> None:
    again, other = dataset(tmp_path, 2_000, 1, lambda text: None), dataset(tmp_path, 2_000, 2, lambda text: None)
    assert np.array_equal(again.imeis, data.imeis)
    assert not np.array_equal(other.imeis, data.imeis)
    assert len(np.unique(data.imeis)) == len(data.imeis) == 2_000
    assert set((data.imeis // 10**12).tolist()) <= set(BODIES)


def test_data_set_is_built_anew_when_its_stamp_differs(tmp_path: Path) -> None:
    said: list[str] = []
    folder = dataset(tmp_path, 500, 1, said.append).store.parent
    built = len(said)
    dataset(tmp_path, 500, 1, said.append)
    assert len(said) == built
    (folder / "stamp.json").write_text("{}", encoding="utf-8")
    dataset(tmp_path, 500, 1, said.append)
    assert len(said) == 2 * built


def test_data_set_is_a_sound_store_of_all_its_imeis(data: Dataset) -> None:
    with Environment.open(data.store, records.SCHEMA) as environment:
        audit(environment)
        with environment.snapshot() as snapshot:
            assert [records.number(key) for key in snapshot.keys("status")] == data.imeis.tolist()


def test_unknown_and_new_imeis_are_not_in_the_store(data: Dataset) -> None:
    known = set(data.imeis.tolist())
    newcomers = data.newcomers(1_000).tolist()
    assert len(set(newcomers)) == 1_000
    assert known.isdisjoint(newcomers)
    assert known.isdisjoint(data.unknown(1_000))
    assert known.issuperset(data.known(1_000))


def test_generated_manifest_has_devices_of_two_valid_imeis_of_one_type(data: Dataset, tmp_path: Path) -> None:
    write_manifest(tmp_path / "manifest.csv", data, 300)
    header, *lines = (tmp_path / "manifest.csv").read_text(encoding="utf-8").splitlines()
    assert header == "imei1,imei2,serial,brand,model"
    assert len(lines) == 300
    for line in lines:
        first, second = (Imei.from_document(cell).imei for cell in line.split(",")[:2])
        assert first and second and first.tac == second.tac


# ---- a run


def test_tiny_run_writes_rows_with_all_keys(tmp_path: Path) -> None:
    places = ["--work", f"{tmp_path}/work", "--out", f"{tmp_path}/out"]
    assert main(["--quick", "--imeis", "2000", *places, "--only", "engine", "bytes"]) == 0
    (path,) = (tmp_path / "out").iterdir()
    run = json.loads(path.read_text(encoding="utf-8"))
    names = [row["name"] for row in run["rows"]]
    assert {"engine_check", "engine_check_imsi", "engine_check_unknown", "bytes_per_imei"} <= set(names)
    for row in run["rows"]:
        assert row.keys() >= KEYS
        assert row["value"] > 0
    assert run["skipped"] == []
    assert not run["whole"]
    assert path.name == f"{run['date']}-2k.json"


def test_exchanges_come_back_as_they_were_written(tmp_path: Path) -> None:
    exchanges = [(b"ask", b"answer"), (b"", b""), (b"x" * 1000, b"\0")]
    write_exchanges(tmp_path / "file", exchanges)
    assert list(read_exchanges(tmp_path / "file")) == exchanges


def test_started_process_is_measured_and_gone_after_the_block() -> None:
    with running(python("bench.reference")) as process:
        assert int(line_of(process)) > 0
        assert cpu_seconds(process.pid) >= 0
        assert process.poll() is None
    assert process.returncode == 0


# ---- what is published


def _results(date: str, *, whole: bool, value: float) -> dict[str, Any]:
    row = Row("engine_check", value, "checks/s", 2 * value, "bare reads").to_json()
    libraries = {"lmdb": "1"}
    machine = {"cpu": "C", "cores": 2, "memory_gib": 4, "kernel": "K", "python": "3", "libraries": libraries}
    return {
        "date": date,
        "imeis": 5_000_000,
        "seed": 1,
        "commit": None,
        "machine": {**machine, "liblmdb": "0", "load_before": 0},
        "rows": [row],
        "skipped": [{"name": "redis_get_256", "why": "not installed"}],
        "whole": whole,
    }


def test_results_of_another_day_are_never_overwritten(tmp_path: Path) -> None:
    first = results.write_results(tmp_path, _results("2026-01-01", whole=True, value=1.0))
    before = first.read_bytes()
    second = results.write_results(tmp_path, _results("2026-01-02", whole=True, value=2.0))
    assert (first.name, second.name) == ("2026-01-01-5M.json", "2026-01-02-5M.json")
    assert first.read_bytes() == before


def test_table_shows_the_newest_whole_run_and_leaves_the_text_alone(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"above\n{results.BEGIN}\nold\n{results.END}\nbelow\n", encoding="utf-8")
    results.write_results(tmp_path, _results("2026-01-01", whole=True, value=1000.0))
    results.write_results(tmp_path, _results("2026-01-02", whole=True, value=3000.0))
    results.write_results(tmp_path, _results("2026-01-03", whole=False, value=5000.0))
    results.write_table(readme, tmp_path)
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("above\n") and text.endswith("\nbelow\n")
    assert "| engine_check | 3,000 checks/s | 6,000 (bare reads) | 0.50 | ≥ 0.55 | **no** |" in text
    assert "skipped: not installed" in text
    assert "old" not in text


def test_readme_shows_what_the_newest_results_say() -> None:
    text = results.README.read_text(encoding="utf-8")
    shown = text.partition(results.BEGIN)[2].partition(results.END)[0]
    assert shown == "\n" + results.table(results.newest_whole())
