"""Files of results, one for each day and size, and the table that README.md shows of the newest whole run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent
RESULTS = BENCH / "results"
README = BENCH / "README.md"
BEGIN, END = "<!-- table: written by python -m bench --table -->", "<!-- end of table -->"
NONE_YET = "No whole run has been published yet.\n"

Results = Mapping[str, Any]


def size_word(imeis: int) -> str:
    """5000000 as 5M, 200000 as 200k."""
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if imeis >= unit and imeis % unit == 0:
            return f"{imeis // unit}{letter}"
    return str(imeis)


def write_results(folder: Path, results: Results) -> Path:
    """A later run of the same day and size takes the place of the earlier one; no other day's is touched."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results['date']}-{size_word(results['imeis'])}.json"
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def newest_whole(folder: Path = RESULTS) -> Results | None:
    """The newest run of all rows at full size."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    whole: list[Results] = [results for results in found if results["whole"]]
    return max(whole, key=lambda results: (results["date"], results["imeis"]), default=None)


def table(results: Results | None) -> str:
    """What stands between the markers of README.md."""
    if results is None:
        return NONE_YET
    machine = results["machine"]
    libraries = ", ".join(f"{name} {number}" for name, number in machine["libraries"].items())
    hardware = f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['kernel']}"
    software = f"Python {machine['python']}, {libraries}, liblmdb {machine['liblmdb']}"
    lines = [
        f"{results['date']}, commit {results['commit'] or 'unknown'}, {results['imeis']:,} IMEIs, seed {results['seed']}.",
        f"{hardware}; {software}; load before {machine['load_before']}.",
        "",
        "| row | value | limit | ratio | goal | reached |",
        "|---|---:|---:|---:|---:|---|",
        *map(_line, results["rows"]),
        *(f"| {skip['name']} | – | – | – | – | skipped: {skip['why']} |" for skip in results["skipped"]),
    ]
    return "\n".join(lines) + "\n"


def _line(row: Mapping[str, Any]) -> str:
    limit = "–" if row["limit"] is None else f"{number(row['limit'])} ({row['limit_name']})"
    ratio = "–" if row["ratio"] is None else f"{row['ratio']:.2f}"
    sign = "≥" if row["better"] == "higher" else "≤"
    goals = [f"{sign} {row['goal']:.2f}"] if row["goal"] is not None else []
    goals += [f"{sign} {number(row['goal_value'])} {row['unit']}"] if "goal_value" in row else []
    reached = {None: "", True: "yes", False: "**no**"}[row["met"]]
    cells = (row["name"], f"{number(row['value'])} {row['unit']}", limit, ratio, " and ".join(goals) or "–", reached)
    return f"| {' | '.join(cells)} |"


def number(value: float) -> str:
    """Three digits that count, thousands grouped."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"


def write_table(readme: Path = README, folder: Path = RESULTS) -> None:
    """Puts the newest whole run into README.md. Raises ValueError where the markers are missing."""
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{readme} lacks the markers of the table")
    readme.write_text(f"{before}{BEGIN}\n{table(newest_whole(folder))}{END}{after}", encoding="utf-8")
