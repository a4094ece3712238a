"""`python -m bench`: measures, prints each row as it comes, keeps the results."""

from __future__ import annotations

import argparse
import datetime as dt
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from bench import machine
from bench.data import Dataset, dataset
from bench.engine import engine_rows
from bench.lists import list_row
from bench.loads import catalogue_row, dump_row, manifest_rows
from bench.peers import postgresql_rows, redis_row
from bench.processes import ROOT
from bench.results import BEGIN, RESULTS, number, write_results, write_table
from bench.rows import Row, Skipped
from bench.sockets import batch_row, check_rows
from bench.space import space_rows

_FULL_IMEIS, _QUICK_IMEIS = 5_000_000, 200_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. `budget_s`: what has not begun or ended by then is skipped."""

    questions: int
    turns: int
    turn_s: float
    rows: int
    rounds: int
    sightings: int
    keys: int
    budget_s: int


FULL = Plan(1_000_000, turns=7, turn_s=2.0, rows=1_000_000, rounds=3, sightings=5_000_000, keys=200_000, budget_s=1140)
QUICK = Plan(100_000, turns=3, turn_s=0.5, rows=100_000, rounds=2, sightings=200_000, keys=20_000, budget_s=115)

Measure = Callable[[Dataset, Path, Plan], Iterable[Row]]

# In order. --only takes the beginnings of names.
MEASURES: Mapping[str, Measure] = {
    "engine_check engine_check_imsi engine_check_unknown": lambda data, _, plan: engine_rows(data, plan.questions),
    "check_batch_256": lambda data, folder, plan: [batch_row(data, folder, plan.turns, plan.turn_s)],
    "grpc_check_cpu grpc_check_rate grpc_check_p99_full grpc_check_p99_half": (
        lambda data, folder, plan: check_rows(data, folder, plan.turns, plan.turn_s)
    ),
    "manifest_load manifest_load_all_cores": lambda data, folder, plan: manifest_rows(data, folder, plan.rows, plan.rounds),
    "tac_load": lambda data, folder, plan: [catalogue_row(data, folder, plan.rows // 5)],
    "operator_dump_load": lambda data, folder, plan: [dump_row(data, folder, plan.rows)],
    "blocklist": lambda data, folder, plan: [list_row(data, folder, plan.sightings, plan.rounds)],
    "bytes_per_imei bytes_per_imei_loaded bytes_per_imei_journal bytes_per_imei_device bytes_per_imei_rest": (
        lambda data, folder, _: space_rows(data, folder)
    ),
    "redis_get_256": lambda data, _, plan: [redis_row(data, plan.keys, plan.turns, plan.turn_s)],
    "postgresql_select postgresql_select_256": (
        lambda data, _, plan: postgresql_rows(data, plan.keys, plan.rounds, plan.turn_s)
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 1 when a measurement failed; a skipped one is no failure."""
    given = _parser().parse_args(arguments)
    if given.table:
        write_table()
        return 0
    plan = QUICK if given.quick else FULL
    imeis = given.imeis or (_QUICK_IMEIS if given.quick else _FULL_IMEIS)
    plan = replace(plan, questions=min(plan.questions, 10 * imeis))  # asking all the same again tells nothing
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    results: dict[str, Any] = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "imeis": imeis,
        "seed": given.seed,
        "quick": given.quick,
        "commit": machine.commit(),
        "machine": machine.describe(),
        "rows": [],
        "skipped": [],
    }
    failed = _run(plan, imeis, given, console, results)
    results["whole"] = not (given.quick or given.only or failed or imeis < _FULL_IMEIS)
    if not given.only or given.out:
        path = write_results(given.out or RESULTS, results)
        console.print(f"results: {path}")
        if results["whole"] and not given.out:
            write_table()
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="What it costs, beside limits of the same run.")
    parser.add_argument("--quick", action="store_true", help="small data set and short turns: to see that all works")
    parser.add_argument("--imeis", type=_count, help="size of the data set (5 million; 200 thousand with --quick)")
    parser.add_argument("--seed", type=int, default=1, help="of the data set and the questions")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="rows whose names begin so; kept with --out only"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where results go (bench/results)")
    parser.add_argument("--work", type=Path, metavar="DIR", default=ROOT / "var" / "bench", help="where data sets are kept")
    parser.add_argument(
        "--table", action="store_true", help=f"only write the newest whole run into README.md, after {BEGIN}"
    )
    return parser


def _count(text: str) -> int:
    count = int(text)
    if not 100 <= count <= 20_000_000:
        raise argparse.ArgumentTypeError("expected 100 to 20 million")
    return count


def _run(plan: Plan, imeis: int, given: argparse.Namespace, console: Console, results: dict[str, Any]) -> bool:
    """Fills in rows and skipped. Returns whether anything failed."""
    failed = False
    begun = time.monotonic()
    with console.status("data set") as status:
        data = dataset(given.work, imeis, given.seed, status.update)
        for words, measure in MEASURES.items():
            names = words.split()
            if given.only and not any(name.startswith(only) for name in names for only in given.only):
                continue
            status.update(names[0])
            try:
                with (
                    tempfile.TemporaryDirectory(dir=given.work) as folder,
                    _at_most(plan.budget_s - time.monotonic() + begun),
                ):
                    for row in measure(data, Path(folder), plan):
                        results["rows"].append(row.to_json())
                        console.print(_line(row))
            except Skipped as skipped:
                results["skipped"].append({"name": names[0], "why": str(skipped)})
                console.print(f"{names[0]:26} skipped: {skipped}")
            except Exception as error:  # noqa: BLE001  # the others can still be measured
                failed = True
                results["skipped"].append({"name": names[0], "why": f"failed: {error}"})
                console.print(f"{names[0]:26} failed: {type(error).__name__}: {error}")
    results["seconds"] = round(time.monotonic() - begun, 1)
    return failed


def _line(row: Row) -> str:
    ratio = "" if row.ratio is None or row.limit is None else f"{row.ratio:6.2f} of {number(row.limit)} ({row.limit_name})"
    reached = {None: "", True: "  goal reached", False: "  GOAL MISSED"}[row.met]
    return f"{row.name:26} {number(row.value):>10} {row.unit:12}{ratio}{reached}"


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raises Skipped in the block when its time is over."""

    def over(*_: object) -> NoReturn:
        raise Skipped("out of time")

    before = signal.signal(signal.SIGALRM, over)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _end(*_: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
