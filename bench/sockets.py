"""`CheckBatch` and `Check` over real sockets: the worker that `eir serve` starts, and a client in a process of its own.

The loads that are compared run in turns, A B, B A, A B …, for a second or so each. The worker counts as it always does;
collecting the counts for Prometheus is the supervisor's job, and not in the way of a call. Client and server share the
machine, so rates depend on how many cores there are; server CPU for each call does not, and is the figure to compare.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import reference
from bench.client import Exchange, Load, write_exchanges
from bench.data import Dataset
from bench.engine import ask_engine
from bench.processes import Process, cpu_seconds, line_of, python, running
from bench.rows import Row
from eir import records
from eir.engine import Engine
from eir.policy import Policy
from eir.serve import ports
from eir.serve.child import Task
from eir.serve.counters import SharedRows
from eir.serve.options import ServeOptions, address
from eir.serve.questions import SERVICE
from eir.v1 import check_pb2 as pb
from store.environment import Environment

BATCH = 256
_HOST = "127.0.0.1"
_BATCHES_IN_FLIGHT, _CHECKS_IN_FLIGHT = 8, 32
_PERCENTILES = ("p50_ms", "p99_ms", "p999_ms")


@dataclass(frozen=True, slots=True)
class Server:
    """A process and where it listens."""

    pid: int
    address: str


@dataclass(slots=True)
class Seen:
    """What several turns of one load saw."""

    turns: list[dict[str, float]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Calls a second, median over the turns."""
        return median(turn["calls"] / turn["seconds"] for turn in self.turns)

    @property
    def cpu_us(self) -> float:
        """Server CPU for each call, in microseconds, over all turns: a turn is too short for the kernel's clock."""
        return 1e6 * sum(turn["cpu_s"] for turn in self.turns) / sum(turn["calls"] for turn in self.turns)

    def percentiles(self) -> dict[str, float]:
        """Median over the turns."""
        names = [name for name in (*_PERCENTILES, "late_p99_ms") if name in self.turns[0]]
        return {name: median(turn[name] for turn in self.turns) for name in names}


class Client:
    """The other end of `bench.client`. `load` makes a load and measures the server meanwhile."""

    def __init__(self, process: Process, server: Server) -> None:
        self._process = process
        self._server = server

    def load(self, load: Load) -> dict[str, float]:
        """One turn."""
        assert self._process.stdin is not None
        before = cpu_seconds(self._server.pid)
        self._process.stdin.write(load.to_json() + "\n")
        self._process.stdin.flush()
        seen: dict[str, float] = json.loads(line_of(self._process))
        return seen | {"cpu_s": cpu_seconds(self._server.pid) - before}


@contextmanager
def worker(store: Path) -> Iterator[Server]:
    """One worker of the data plane over a store, on a port of its own."""
    options = ServeOptions(store=store, host=_HOST, workers=1, log_level="error")
    with ExitStack() as stack:
        held = stack.enter_context(ports.hold(_HOST, 0))
        counters = SharedRows.create(1)
        stack.callback(os.close, counters.descriptor)
        port = held.getsockname()[1]
        task = Task("bench", options.to_json(), port, 0, 1, counters.descriptor, os.getpid())
        command = python("eir.serve.worker", task.to_json())
        process = stack.enter_context(running(command, descriptors=(counters.descriptor,)))
        yield Server(process.pid, address(_HOST, int(line_of(process))))


@contextmanager
def empty_server() -> Iterator[Server]:
    """The asyncio server of grpcio server, doing nothing."""
    with running(python("bench.reference")) as process:
        yield Server(process.pid, address(_HOST, int(line_of(process))))


@contextmanager
def client(server: Server, method: str, exchanges: Sequence[Exchange], folder: Path) -> Iterator[Client]:
    """A client that has asked every question once and found every answer right."""
    path = folder / f"exchanges-{server.pid}"
    write_exchanges(path, exchanges)
    with running(python("bench.client", server.address, method, str(path))) as process:
        line_of(process)
        yield Client(process, server)


def in_turns(rounds: int, *sides: Callable[[], None]) -> None:
    """Each side once in each round, the order reversed from round to round."""
    for at in range(rounds):
        for side in sides if at % 2 == 0 else reversed(sides):
            side()


# ---- CheckBatch


def batch_row(data: Dataset, folder: Path, rounds: int, seconds: float) -> Row:
    """IMEIs a second over a socket, beside the engine's own loop over the same questions."""
    imeis = data.known(200 * BATCH, salt=1)
    batches = [imeis[at : at + BATCH] for at in range(0, len(imeis), BATCH)]
    seen, loop_ns = Seen(), list[float]()
    with Environment.open(data.store, records.SCHEMA, readonly=True) as environment, worker(data.store) as server:
        engine = Engine(environment, Policy.default())
        exchanges = [_batch_exchange(engine, batch) for batch in batches]
        with client(server, f"/{SERVICE}/CheckBatch", exchanges, folder) as asking:
            load = Load(seconds, in_flight=_BATCHES_IN_FLIGHT)
            asking.load(load)  # warm

            def loop() -> None:
                until, now = time.perf_counter() + seconds, int(time.time())
                rounds_ns = []
                while time.perf_counter() < until:
                    rounds_ns.append(ask_engine(engine, now, imeis, ()))
                loop_ns.append(median(rounds_ns))

            in_turns(rounds, lambda: seen.turns.append(asking.load(load)), loop)
    cpu_ns, bare_ns = seen.cpu_us * 1e3 / BATCH, median(loop_ns)
    extra = {
        "server_cpu_ns_per_imei": cpu_ns,
        "engine_ns_per_imei": bare_ns,
        "ratio_by_cpu": bare_ns / cpu_ns,
        "in_flight": _BATCHES_IN_FLIGHT,
        "turns": rounds,
        **seen.percentiles(),
    }
    return Row("check_batch_256", seen.rate * BATCH, "IMEIs/s", 1e9 / bare_ns, "the engine's loop", extra)


def _batch_exchange(engine: Engine, imeis: Sequence[int]) -> Exchange:
    with engine.view(int(time.time())) as view:
        verdicts = view.check_many(imeis, ())
        answer = pb.CheckBatchResponse(
            status=bytes(verdict.status for verdict in verdicts),
            rule=bytes(verdict.rule for verdict in verdicts),
            reason=[verdict.reason for verdict in verdicts],
            as_of=view.as_of,
        )
    return pb.CheckBatchRequest(imei=imeis).SerializeToString(), answer.SerializeToString()


# ---- Check


def check_rows(data: Dataset, folder: Path, rounds: int, seconds: float) -> Iterator[Row]:
    """Server CPU, rate and latency of single questions, beside a server that does nothing with them."""
    with Environment.open(data.store, records.SCHEMA, readonly=True) as environment:
        engine = Engine(environment, Policy.default())
        exchanges = [_check_exchange(engine, imei) for imei in data.known(2000, salt=2)]
    ours, bare = Seen(), Seen()
    with ExitStack() as stack:
        server, empty = stack.enter_context(worker(data.store)), stack.enter_context(empty_server())
        asking = stack.enter_context(client(server, f"/{SERVICE}/Check", exchanges, folder))
        nothing = [(question, b"") for question, _ in exchanges]
        reading = stack.enter_context(client(empty, reference.METHOD, nothing, folder))
        full = Load(seconds, in_flight=_CHECKS_IN_FLIGHT)
        asking.load(full)  # warm
        reading.load(full)
        in_turns(rounds, lambda: ours.turns.append(asking.load(full)), lambda: bare.turns.append(reading.load(full)))
        yield _beside("grpc_check_cpu", ours.cpu_us, "us", bare.cpu_us, {"turns": rounds, "in_flight": _CHECKS_IN_FLIGHT})
        yield _beside("grpc_check_rate", ours.rate, "checks/s", bare.rate)
        yield _latency("grpc_check_p99_full", ours, bare)
        half, half_bare = Seen(), Seen()
        load, load_bare = Load(seconds, rate=ours.rate / 2), Load(seconds, rate=bare.rate / 2)
        in_turns(
            rounds,
            lambda: half.turns.append(asking.load(load)),
            lambda: half_bare.turns.append(reading.load(load_bare)),
        )
        yield _latency("grpc_check_p99_half", half, half_bare)


def _check_exchange(engine: Engine, imei: int) -> Exchange:
    with engine.view(int(time.time())) as view:
        status, rule, reason, deadline = map(int, view.check(imei))
        answer = pb.CheckResponse(status=status, rule=rule, reason=reason, deadline=deadline, as_of=view.as_of)  # type: ignore[arg-type]
    return pb.CheckRequest(imei=f"{imei:014}0").SerializeToString(), answer.SerializeToString()


def _beside(name: str, value: float, unit: str, limit: float, extra: dict[str, float] | None = None) -> Row:
    return Row(name, value, unit, limit, "grpcio's asyncio server, doing nothing", extra or {})


def _latency(name: str, ours: Seen, bare: Seen) -> Row:
    """The 99th percentile, with the others and the rate they were seen at."""
    seen, beside = ours.percentiles(), bare.percentiles()
    extra = seen | {"rate": ours.rate, "limit_rate": bare.rate, "limit_p50_ms": beside["p50_ms"], "cpu_us": ours.cpu_us}
    return _beside(name, seen["p99_ms"], "ms", beside["p99_ms"], extra)
