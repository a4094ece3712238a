"""The commands that README shows give the output that it shows, on the example country and a running server."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.cli import ROOT

BIN = Path(sys.executable).parent

BLOCKS = re.findall(r"<!-- run -->\n```console\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
SHOWN = [
    tuple(part.partition("\n")[::2])  # the command, what it prints
    for block in BLOCKS
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
]


@pytest.fixture(scope="module")
def second_terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], str]]:
    """What `make run` does, on ports that are free: the environment of a second terminal, and the port of the checks."""
    store = tmp_path_factory.mktemp("readme") / "eir"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("EIR_")}
    environment |= {"STORE": str(store), "EIR_STORE": str(store), "BIN": str(BIN)}
    subprocess.run(["sh", ROOT / "examples/load.sh"], env=environment, check=True, capture_output=True, timeout=120)
    ports = ("--data-port=0", "--control-port=0", "--metrics-port=0", "--workers=1")
    server = subprocess.Popen(
        [BIN / "eir", "serve", *ports], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        yield environment, _port(server.stdout)
    finally:
        server.terminate()
        server.communicate(timeout=60)


def _port(lines: IO[str]) -> str:
    for line in lines:
        if found := re.search(r"EquipmentIdentity .*:(\d+)$", line):
            return found[1]
    raise AssertionError("the server ended before it said where it listens")


def matches(shown: str, printed: str) -> bool:
    """Whether it prints what is shown. "..." is anything in a line, and alone on a line any lines."""
    lines = (r"(?:.*\n)*" if line == "..." else _pattern(line) + r" *\n" for line in shown.splitlines())
    return re.fullmatch("".join(lines), printed) is not None


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in re.split(r" *\.\.\. *", line))


def test_readme_shows_an_exchange() -> None:
    assert len(BLOCKS) == 2
    assert any("/eir check" in command for command, _ in SHOWN)
    assert any("examples/ask.py" in command for command, _ in SHOWN)


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_command_prints_what_readme_shows(second_terminal: tuple[dict[str, str], str], command: str, shown: str) -> None:
    environment, port = second_terminal
    words = [
        word.replace(".venv/bin", str(BIN)).replace(":50051", f":{port}")  # the folder's name may have a space
        for word in shlex.split(command)
    ]
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert matches(shown, done.stdout), done.stdout


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a ... c\n", "a b c\n", True),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a ...\n", "a b\nc\n", False),
        ("a.c\n", "abc\n", False),
        ("a\n", "a\nb\n", False),
        ("a b\n", "a  b\n", False),
        ("", "a\n", False),
    ],
)
def test_dots_stand_for_anything_and_nothing_else_does(shown: str, printed: str, same: bool) -> None:
    assert matches(shown, printed) is same
