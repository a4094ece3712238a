"""A registry in a temporary folder, at a fixed second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eir.policy import Policy
from eir.records import SCHEMA
from eir.registry import Registry
from store.environment import Environment
from tests.registry.cases import NOW


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    Environment.create(tmp_path, SCHEMA)
    with Environment.open(tmp_path, SCHEMA, clock=lambda: NOW) as environment:
        yield Registry(environment, Policy.default(), clock=lambda: NOW)
