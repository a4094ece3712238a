"""A writer killed at any instant: what it acknowledged is there, what it had not finished is not, and the next goes on."""

import time
from pathlib import Path
from random import Random

import pytest

from store.audit import audit
from store.environment import Environment
from store.undo import undone
from tests.store.processes import answer, load, load_of, running
from tests.store.small import SCHEMA, dump

Tables = dict[str, dict[bytes, bytes]]


class Expected:
    """The tables after each load, made without the store."""

    def __init__(self) -> None:
        self.seq = 0
        self.tables: Tables = {"hot": {}, "text": {}, "cold": {}}
        self._before = self.tables

    def advance(self, seq: int) -> Tables:
        while self.seq < seq:
            self.seq += 1
            writes = load_of(self.seq)
            if isinstance(writes, int):  # always the load before
                self.tables = self._before
                continue
            self._before = {table: dict(rows) for table, rows in self.tables.items()}
            for table, rows in writes:
                self.tables[table].update({one: value for one, value in rows.items() if value is not None})
                for one in [one for one, value in rows.items() if value is None]:
                    self.tables[table].pop(one, None)
        return self.tables


def kill_in_the_middle(path: Path, random: Random) -> int:
    """Lets a writer work for a random while, kills it, and returns the last commit that it acknowledged; 0 = none."""
    acknowledged = 0
    with running(load, path) as (process, pipe):
        deadline = time.monotonic() + random.uniform(0, 0.2)
        while time.monotonic() < deadline:
            if pipe.poll(max(0, deadline - time.monotonic())):
                acknowledged = answer(pipe)
        process.kill()
        process.join()
        try:
            while True:
                acknowledged = answer(pipe)
        except EOFError:
            return acknowledged


def survive(path: Path, seed: int, kills: int) -> None:
    Environment.create(path, SCHEMA)
    random, expected = Random(seed), Expected()
    for _ in range(kills):
        before = expected.seq
        acknowledged = kill_in_the_middle(path, random) or before
        with Environment.open(path, SCHEMA) as environment:
            found = audit(environment)
            assert found.seq in (acknowledged, acknowledged + 1)
            assert dump(environment) == expected.advance(found.seq)
            assert environment.readers() <= 1  # our own: the dead one's slots are free
            with environment.snapshot() as now:
                assert all(undone(now, seq - 1) == seq for seq in range(5, found.seq + 1, 6))
    assert expected.seq > kills  # the loads went on


@pytest.mark.parametrize("seed", range(4))
def test_nothing_acknowledged_is_lost_and_nothing_is_half_there(tmp_path: Path, seed: int) -> None:
    survive(tmp_path / "store", seed, kills=10)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 120))
def test_nothing_is_lost_or_half_there_after_hundreds_of_kills(tmp_path: Path, seed: int) -> None:
    survive(tmp_path / "store", seed, kills=15)
