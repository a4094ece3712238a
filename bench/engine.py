"""`Engine.check` in process, beside bare reads of the same keys.

Both loops run in short chunks, A B, B A, A B …, in one process, and the medians are compared: what disturbs the machine
for a moment disturbs both or falls out. They walk the same IMEIs half a list apart, so neither finds the pages that the
other has just warmed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from bench.data import Dataset, home_imsis
from bench.rows import Row
from eir import records
from eir.engine import Engine
from eir.policy import Policy
from store.environment import Environment

LIMIT = "bare txn.get, same IMEIs"
_CHUNK = 10_000

Chunks = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Pace:
    """Nanoseconds for one question, median over the chunks, of the engine and of the bare loop."""

    engine: float
    bare: float
    chunks: int


def engine_rows(data: Dataset, questions: int) -> Iterator[Row]:
    """Known devices, known devices with a subscriber, unknown devices."""
    known, unknown = data.known(questions), data.unknown(questions)
    with Environment.open(data.store, records.SCHEMA, readonly=True) as environment:
        engine = Engine(environment, Policy.default())
        yield _row("engine_check", compare(environment, engine, known))
        yield _row("engine_check_imsi", compare(environment, engine, known, home_imsis(questions, data.seed)))
        yield _row("engine_check_unknown", compare(environment, engine, unknown))


def _row(name: str, pace: Pace) -> Row:
    return Row(name, 1e9 / pace.engine, "checks/s", 1e9 / pace.bare, LIMIT, {"chunks": pace.chunks, "chunk": _CHUNK})


def compare(environment: Environment, engine: Engine, imeis: Sequence[int], imsis: Sequence[int] = ()) -> Pace:
    """Runs both loops over all IMEIs twice, and times the second time: a server has met most kinds of records before."""
    questions, subscribers = _cut(imeis), _cut(imsis)
    keys = [[records.imei_key(imei) for imei in chunk] for chunk in questions]
    engine_ns, bare_ns = [], []
    now, apart = int(time.time()), len(questions) // 2

    def ask(at: int) -> None:
        engine_ns.append(ask_engine(engine, now, questions[at], subscribers[at] if subscribers else ()))

    def read(at: int) -> None:
        chunk = keys[(at + apart) % len(keys)]
        bare_ns.append(_read_bare(environment, chunk))

    for _ in ("warm", "timed"):
        engine_ns.clear()
        bare_ns.clear()
        for at in range(len(questions)):
            both: tuple[Callable[[int], None], ...] = (ask, read) if at % 2 else (read, ask)
            for one in both:
                one(at)
    return Pace(median(engine_ns), median(bare_ns), len(questions))


def ask_engine(engine: Engine, now: int, imeis: Sequence[int], imsis: Sequence[int]) -> float:
    """Nanoseconds for one question, over a chunk in one view."""
    with engine.view(now) as view:
        check = view.check
        begun = time.perf_counter_ns()
        if imsis:
            for imei, imsi in zip(imeis, imsis, strict=True):
                check(imei, imsi)
        else:
            for imei in imeis:
                check(imei)
        return (time.perf_counter_ns() - begun) / len(imeis)


def _read_bare(environment: Environment, keys: Sequence[bytes]) -> float:
    with environment.snapshot() as snapshot:
        get = snapshot.getter("status")  # of the first table this is `txn.get` itself
        begun = time.perf_counter_ns()
        for key in keys:
            get(key)
        return (time.perf_counter_ns() - begun) / len(keys)


def _cut(numbers: Sequence[int]) -> Chunks:
    return [numbers[at : at + _CHUNK] for at in range(0, len(numbers), _CHUNK)]
