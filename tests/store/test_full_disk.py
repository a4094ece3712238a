"""A disk that takes no more: the commit fails whole, and the store goes on when there is room again."""

import resource
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from store.audit import audit
from store.environment import Environment
from store.errors import StoreFull
from tests.store.processes import answer, running
from tests.store.small import MIB, ROWS, SCHEMA, dump, key, write


def fill_up(pipe: Connection, path: Path, room: int) -> None:
    """Commits in a process whose files may be `room` bytes longer than the store is; then, without that limit, once more."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with Environment.open(path, SCHEMA) as environment:
        pipe.send("ready")
        size = (path / "data.mdb").stat().st_size
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, hard))
        try:
            write(environment, ("hot", ROWS))
        except StoreFull as error:
            pipe.send(str(error))
        small = write(environment, ("cold", {b"small": b"1"})).seq if room >= MIB else 0
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        pipe.send((small, dump(environment), write(environment, ("hot", {key(1): b"1"})).seq))


@pytest.mark.parametrize("room", [0, 5000, 12345, MIB])
def test_a_commit_that_the_disk_refuses_is_not_there(path: Path, room: int) -> None:
    with Environment.open(path, SCHEMA) as environment:
        write(environment, ("hot", {key(7): b"7"}), ("cold", {key(n): b"x" * 30 for n in range(500)}))
        before = dump(environment)
    with running(fill_up, path, room) as (_, pipe):
        assert "make room on the disk" in answer(pipe)
        small, tables, seq = answer(pipe)
    if small:
        before["cold"][b"small"] = b"1"
    assert tables == before
    assert seq == 2 + bool(small)
    with Environment.open(path, SCHEMA) as environment:
        assert audit(environment).seq == seq
        assert dump(environment)["hot"] == before["hot"] | {key(1): b"1"}
        assert write(environment, ("hot", ROWS)).seq == seq + 1
