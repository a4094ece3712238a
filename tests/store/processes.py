"""What other processes do in the tests of the store. Each gets one end of a pipe; the first message says it is ready."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

from store.commit import Commit
from store.environment import Environment
from store.undo import revert
from tests.forks import SERVER
from tests.store.small import MIB, ROWS, SCHEMA, Writes, key, write

PATIENCE_S = 60


@contextmanager
def running(target: Callable[..., None], *arguments: Any) -> Iterator[tuple[BaseProcess, Connection]]:
    """A process at work; killed at the end of the block."""
    ours, theirs = SERVER.Pipe()
    process = SERVER.Process(target=target, args=(theirs, *arguments))
    process.start()
    theirs.close()
    try:
        assert answer(ours) == "ready"
        yield process, ours
    finally:
        process.kill()
        process.join()
        ours.close()


def answer(pipe: Connection) -> Any:
    """The next message. Raises EOFError when the process is dead."""
    assert pipe.poll(PATIENCE_S)
    return pipe.recv()


# ---- readers


def answer_questions(pipe: Connection, path: Path) -> None:
    """Opens for reading, once, and then says what is under each key asked for, and the number of the last commit."""
    with Environment.open(path, SCHEMA, readonly=True) as environment:
        pipe.send("ready")
        for one in iter(pipe.recv, None):
            with environment.snapshot() as now:
                pipe.send((now.seq, now.get("hot", one)))


def hold_a_snapshot(pipe: Connection, path: Path) -> None:
    with Environment.open(path, SCHEMA, readonly=True) as environment, environment.snapshot():
        pipe.send("ready")
        pipe.recv()


def watch(pipe: Connection, path: Path) -> None:
    """Reads until told to stop; sends how many commits it saw, or the first snapshot that was not whole.

    Every commit writes its number under two keys of different tables.
    """
    with Environment.open(path, SCHEMA, readonly=True) as environment:
        pipe.send("ready")
        seen, last = 0, 0
        while not pipe.poll():
            with environment.snapshot() as now:
                found = (now.get("hot", b"number"), now.get("cold", b"number"), b"%d" % now.seq)
                if now.seq < last or (now.seq and len(set(found)) > 1):
                    pipe.send(("torn", last, found))
                    return
                seen, last = seen + (now.seq > last), now.seq
        pipe.send(("whole", seen))


# ---- writers


def write_numbers(pipe: Connection, path: Path, first_map: int) -> None:
    """Commits until told to stop, each time its number under two keys and some bulk; sends the last one."""
    with Environment.open(path, SCHEMA, first_map=first_map) as environment:
        pipe.send("ready")
        number = 0
        while not pipe.poll():
            with environment.snapshot() as now:
                number = now.seq + 1
            rows = {key(number * 100 + n): b"x" * 50 for n in range(40)}
            write(environment, ("hot", {b"number": b"%d" % number}), ("text", rows), ("cold", {b"number": b"%d" % number}))
        pipe.send(number)


def hold_a_commit(pipe: Connection, path: Path) -> None:
    """Keeps the only place of a writer until told to go on."""
    with Environment.open(path, SCHEMA) as environment:

        def apply(commit: Commit) -> tuple[None, bytes]:
            commit.put("hot", b"held", b"")
            pipe.send("ready")
            pipe.recv()
            return None, b""

        environment.commit(apply)
        pipe.send("done")


def grow(pipe: Connection, path: Path) -> None:
    """Makes two commits, each larger than the map of those who opened before; the second when told to."""
    with Environment.open(path, SCHEMA, first_map=MIB // 2, limit=64 * MIB) as environment:
        pipe.send("ready")
        pipe.send(write(environment, ("hot", ROWS)).seq)
        pipe.recv()
        pipe.send(write(environment, ("hot", {key(n): b"y" * 300 for n in range(2 * len(ROWS))})).seq)
        pipe.recv()


def load_of(number: int) -> Writes | int:
    """What commit `number` of the loads does: rows by table, or the commit that it takes back. Always the same."""
    random = Random(number)
    if number % 6 == 5:
        return number - 1
    size = random.choice([1, 3, 20, 1500, 4000])
    start = random.randrange(20_000)
    tag = b"%d" % number

    def rows(count: int, gap: int, missing: float) -> dict[bytes, bytes | None]:
        keys = [key(start + n * gap) for n in range(count)]
        return {one: None if random.random() < missing else tag + b"/%d" % at for at, one in enumerate(keys)}

    return (
        ("hot", rows(size, 3, 0.1)),
        ("text", {tag: b"last"}),
        ("cold", rows(size // 2 + 1, 7, 0.3)),
        ("hot", rows(size // 3 + 1, 2, 0.5)),
        ("text", {b"last": tag}),
    )


def load(pipe: Connection, path: Path) -> None:
    """Commits one load after the other, from where the store stands, and acknowledges each by its number."""
    with Environment.open(path, SCHEMA, first_map=1 << 20) as environment:
        with environment.snapshot() as now:
            number = now.seq + 1
        pipe.send("ready")
        while True:
            pipe.send(commit_load(environment, number))
            number += 1


def commit_load(environment: Environment, number: int) -> int:
    """Makes commit `number` of the loads."""
    writes = load_of(number)
    if not isinstance(writes, int):
        return write(environment, *writes).seq

    def apply(commit: Commit) -> tuple[None, bytes]:
        revert(commit, writes)
        return None, b"undo"

    return environment.commit(apply, undoes=writes)[1].seq
