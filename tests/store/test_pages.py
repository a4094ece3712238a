"""How full pages are: runs of new keys between old ones, and compaction."""

from __future__ import annotations

import random
from pathlib import Path

from store.audit import audit
from store.environment import Environment
from tests.store.small import MIB, ROWS, SCHEMA, dump, key, write


def bytes_each(environment: Environment, count: int) -> float:
    with environment.snapshot() as snapshot:
        return snapshot.pages("hot") * snapshot.page_size / count


def in_runs(environment: Environment, runs: int, length: int) -> int:
    """Records of 4 + 12 bytes, in runs that arrive in random order between each other."""
    starts = random.Random(5).sample(range(runs * 4), runs)
    for start in starts:
        first = start * length
        write(environment, ("hot", {key(first + at): b"x" * 12 for at in range(length)}))
    return runs * length


def test_runs_between_old_keys_leave_pages_nearly_full(environment: Environment) -> None:
    count = in_runs(environment, 40, 2000)
    assert bytes_each(environment, count) < 1.2 * (8 + 2 + 4 + 12)


def test_compacting_fills_pages_and_changes_nothing_else(environment: Environment) -> None:
    count = in_runs(environment, 60, 150)
    before, state = bytes_each(environment, count), dump(environment)
    environment.compact("hot")
    assert bytes_each(environment, count) < 1.05 * (8 + 2 + 4 + 12) < before
    assert dump(environment) == state
    assert audit(environment).seq == 60
    assert write(environment, ("hot", {key(1): b"more"})).seq == 61


def test_compacting_an_empty_table_is_nothing(environment: Environment) -> None:
    environment.compact("cold")
    assert dump(environment)["cold"] == {}


def test_compacting_makes_the_map_grow_when_it_must(path: Path) -> None:
    with Environment.open(path, SCHEMA, first_map=3 * MIB, limit=64 * MIB) as environment:
        write(environment, ("cold", ROWS))
        environment.compact("cold")
        assert dump(environment)["cold"] == ROWS
