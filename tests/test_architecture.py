"""The walls of the house: who may import whom, and that generated code is what the protos say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("store", "eir", "loaders")
ALLOWED = {"store": {"store"}, "eir": {"eir", "store"}, "loaders": {"loaders", "eir", "store"}}
WIRING = ROOT / "eir" / "cli"  # the one composition root sees everything


def _imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def _modules(room: str) -> list[Path]:
    return [path for path in sorted((ROOT / room).rglob("*.py")) if WIRING not in path.parents]


@pytest.mark.parametrize("room", ROOMS)
def test_imports_go_one_way(room: str) -> None:
    rooms = {*ROOMS, "bench", "tests", "examples"}
    seen = 0
    for path in _modules(room):
        for name in _imports(path):
            top = name.partition(".")[0]
            seen += top in rooms
            assert top not in rooms or top in ALLOWED[room], f"{path.relative_to(ROOT)} imports {name}"
    assert seen, f"found no import between rooms in {room}: the test looks at the wrong place"


def test_only_the_wiring_imports_the_front_ends() -> None:
    for room in ("store", "loaders"):
        for path in _modules(room):
            assert not any(name.startswith(("eir.cli", "eir.serve")) for name in _imports(path)), path


def test_the_hot_path_imports_no_logs_metrics_or_wires() -> None:
    for name in ("engine", "lists", "records"):
        imports = _imports(ROOT / "eir" / f"{name}.py")
        assert imports
        assert not [
            used for used in imports if used.partition(".")[0] in {"structlog", "logging", "prometheus_client", "grpc"}
        ]


def test_generated_code_is_what_the_protos_say(tmp_path: Path) -> None:
    protos = sorted((ROOT / "proto/eir/v1").glob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I", "proto", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    subprocess.run([*command, *(str(path.relative_to(ROOT)) for path in protos)], cwd=ROOT, check=True)
    generated = sorted((tmp_path / "eir/v1").iterdir())
    assert len(generated) == 2 * len(protos)
    for path in generated:
        assert path.read_text() == (ROOT / "eir/v1" / path.name).read_text(), f"{path.name} is stale: run `make proto`"
