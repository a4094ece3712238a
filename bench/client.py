"""The client of a measurement, in a process of its own: `python -m bench.client ADDRESS METHOD FILE`.

FILE has questions and the answers they must get (`write_exchanges`). All are asked once and compared, then this process
says "ready". After that each line on stdin is a load to make, as JSON, and the answer is a line with what was seen. It ends
with its stdin. Requests are ready bytes, answers are counted and not decoded: the client must not be what is measured.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import uvloop

from eir.v1 import check_pb2

_LENGTHS = struct.Struct(">II")
_AHEAD = 20_000  # calls in flight at a fixed rate; more means that the server has fallen far behind

Exchange = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Load:
    """Calls for so many seconds: `in_flight` at any time, or, with a rate, so many a second whatever the answers do."""

    seconds: float
    in_flight: int = 1
    rate: float = 0.0

    def to_json(self) -> str:
        """For the client's stdin."""
        return json.dumps(asdict(self))


def write_exchanges(path: Path, exchanges: Sequence[Exchange]) -> None:
    """Questions and answers, for a client."""
    with path.open("wb") as file:
        for question, answer in exchanges:
            file.write(_LENGTHS.pack(len(question), len(answer)) + question + answer)


def read_exchanges(path: Path) -> Iterator[Exchange]:
    """What `write_exchanges` wrote."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        asked, answered = _LENGTHS.unpack_from(data, at)
        at += _LENGTHS.size
        yield data[at : at + asked], data[at + asked : at + asked + answered]
        at += asked + answered


async def _verify(call: Any, exchanges: Sequence[Exchange], method: str) -> None:
    """Compares as messages, not as bytes: fields may come in any order."""
    message = getattr(check_pb2, method.rpartition("/")[2] + "Response", None)
    for question, expected in exchanges:
        answer = await call(question)
        same = message.FromString(answer) == message.FromString(expected) if message else answer == expected
        if not same:
            raise SystemExit(f"{method} gave a wrong answer: {answer.hex()} where {expected.hex()} was expected")


async def _closed(call: Any, questions: Sequence[bytes], load: Load) -> tuple[list[int], float]:
    """A fixed number of calls in flight. Returns their durations in ns and the seconds taken."""
    durations: list[int] = []
    begun = time.perf_counter()
    until = begun + load.seconds

    async def one_after_another(lane: int) -> None:
        for at in count(lane * len(questions) // load.in_flight):
            sent = time.perf_counter_ns()
            await call(questions[at % len(questions)])
            durations.append(time.perf_counter_ns() - sent)
            if time.perf_counter() >= until:
                return

    await asyncio.gather(*map(one_after_another, range(load.in_flight)))
    return durations, time.perf_counter() - begun


async def _open(call: Any, questions: Sequence[bytes], load: Load) -> tuple[list[int], float, list[float]]:
    """Calls at a fixed rate. A third list says how late each was sent, in seconds: the client's own fault."""
    durations: list[int] = []
    late: list[float] = []
    pending: set[asyncio.Task[None]] = set()

    async def one(question: bytes) -> None:
        sent = time.perf_counter_ns()
        await call(question)
        durations.append(time.perf_counter_ns() - sent)

    begun = time.perf_counter()
    for at in range(int(load.seconds * load.rate)):
        due = begun + at / load.rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        late.append(time.perf_counter() - due)
        task = asyncio.create_task(one(questions[at % len(questions)]))
        pending.add(task)
        task.add_done_callback(pending.discard)
        if len(pending) > _AHEAD:
            raise SystemExit(f"{_AHEAD} calls without an answer at {load.rate:.0f} a second")
    await asyncio.gather(*pending)
    return durations, time.perf_counter() - begun, late


def _seen(durations: Sequence[int], seconds: float, late: Sequence[float]) -> dict[str, float]:
    p50, p99, p999 = np.percentile(durations, (50, 99, 99.9)) / 1e6
    seen = {"calls": len(durations), "seconds": seconds, "p50_ms": p50, "p99_ms": p99, "p999_ms": p999}
    return seen | ({"late_p99_ms": float(np.percentile(late, 99)) * 1e3} if late else {})


async def _serve(address: str, method: str, path: Path) -> None:
    exchanges = list(read_exchanges(path))
    questions = [question for question, _ in exchanges]
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with grpc.aio.insecure_channel(address) as channel:
        call: Any = channel.unary_unary(method)
        await _verify(call, exchanges, method)
        print("ready", flush=True)
        while line := await lines.readline():
            load = Load(**json.loads(line))
            late: list[float] = []
            if load.rate:
                durations, seconds, late = await _open(call, questions, load)
            else:
                durations, seconds = await _closed(call, questions, load)
            print(json.dumps(_seen(durations, seconds, late)), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
