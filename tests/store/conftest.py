from collections.abc import Iterator
from pathlib import Path

import pytest

from store.environment import Environment
from tests.store.small import SCHEMA


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An empty store."""
    where = tmp_path / "store"
    Environment.create(where, SCHEMA)
    return where


@pytest.fixture
def environment(path: Path) -> Iterator[Environment]:
    """An open, empty store whose clock stands at 1000 s."""
    with Environment.open(path, SCHEMA, clock=lambda: 1000.0) as opened:
        yield opened
