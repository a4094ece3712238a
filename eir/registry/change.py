"""A registry, and how planned changes become one commit."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eir.civil import civil_day
from eir.policy import Policy
from eir.v1 import registry_pb2 as pb
from store.commit import Commit
from store.environment import Environment
from store.snapshot import Snapshot

EPOCH = dt.date(1970, 1, 1)

# By table and key: the new value, None removes. What a plan returns.
Writes = Mapping[str, Mapping[bytes, bytes | None]]


@dataclass(frozen=True, slots=True)
class Registry:
    """What every command works with. `clock` gives unix seconds."""

    environment: Environment
    policy: Policy
    clock: Callable[[], float] = time.time

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock())

    def today(self) -> int:
        """The civil day in the home zone, in days since 1970-01-01, as records keep it."""
        return (civil_day(self.now(), self.policy.zone()) - EPOCH).days


def execute(registry: Registry, note: bytes, plan: Callable[[Snapshot], Writes]) -> pb.CommitResponse:
    """Commits what `plan` makes of the present state, under a note for the journal. Nothing new commits nothing."""

    def apply(commit: Commit) -> tuple[None, bytes]:
        for table, rows in plan(commit).items():
            keys = sorted(rows)
            commit.write(table, keys, [rows[key] for key in keys])
        return None, note

    _, committed = registry.environment.commit(apply)
    return pb.CommitResponse(seq=committed.seq, changes=committed.changes)
