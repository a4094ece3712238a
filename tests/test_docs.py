"""What the documents say is so: commands, metrics, codes, links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from eir import records
from eir.serve.counters import SharedRows
from eir.serve.metrics import Metrics, Processes
from loaders.codes import CODES
from store.environment import Environment
from tests.cli import ROOT, eir

DOCS = [ROOT / "README.md", ROOT / "examples/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = {
    line.strip()
    for path in DOCS
    for block in re.findall(r"```(?:sh|console)\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    for line in block.splitlines()
    if re.match(r"(\$ )?(\S+/)?eir ", line.strip())
}


def test_every_code_is_in_the_formats_as_the_program_says_it() -> None:
    text = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    for code in CODES.values():
        assert f"| `{code.name}` | {code.text} | {code.what_to_do} |" in text, code.name


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_commands_of_the_documents_exist_with_their_options(command: str, tmp_path: Path) -> None:
    words = shlex.split(command.removeprefix("$ ").split("#")[0].split(";")[0])[1:]
    words = [part for word in words for part in word.split("|")[:1]]
    names = [word for word in words if re.fullmatch(r"[a-z][a-z-]+", word)]
    known = names[: 2 if names[0] in ("load", "blocklist") else 1]
    help_text = eir(*known, "--help", store=tmp_path)
    assert help_text.returncode == 0, command
    general = eir("--help", store=tmp_path).stdout
    for option in (word for word in words if word.startswith("--")):
        assert option in help_text.stdout or option in general, option


def test_metrics_of_the_guide_exist(tmp_path: Path) -> None:
    Environment.create(tmp_path / "eir", records.SCHEMA)
    with Environment.open(tmp_path / "eir", records.SCHEMA) as environment:
        families = list(Metrics(SharedRows.create(1), environment, Processes).collect())
    shown = {family.name for family in families} | {f"{family.name}_total" for family in families}
    named = set(re.findall(r"`(eir_[a-z_]+)[`{]", (ROOT / "docs/operators-guide.md").read_text(encoding="utf-8")))
    assert len(named) > 8
    assert named <= shown
