"""When enforcement begins for a type. Kept in the record of the TAC, in front of what the catalogue says of it."""

from __future__ import annotations

from collections.abc import Mapping

from eir import records
from eir.registry import fields
from eir.registry.author import note
from eir.registry.change import Registry, Writes, execute
from eir.v1 import registry_pb2 as pb
from store.snapshot import Snapshot

_IN_FORCE = records.encode_cutover(0)


def set_cutovers(registry: Registry, request: pb.CutoversRequest, actor: str) -> pb.CommitResponse:
    """Sets the second from which devices of a TAC are checked; 0 = they are. Raises InvalidField."""
    given = fields.items("cutovers", request.cutovers)
    wanted = fields.distinct(
        "cutovers",
        (
            (fields.tac(f"cutovers[{index}].tac", one.tac), fields.seconds(f"cutovers[{index}].time", one.time))
            for index, one in enumerate(given)
        ),
    )
    line = note(registry.policy, "set cut-overs", request.author, actor)
    return execute(registry, line, lambda snapshot: plan_cutovers(snapshot, wanted))


def plan_cutovers(snapshot: Snapshot, wanted: Mapping[int, int]) -> Writes:
    """The changes that give TACs their cut-over. A TAC that the catalogue lacks has a record for the cut-over alone."""
    rows: dict[bytes, bytes | None] = {}
    for tac, cutover in wanted.items():
        key = records.tac_key(tac)
        old = snapshot.get("tac", key) or b""
        new = records.encode_cutover(cutover) + old[len(_IN_FORCE) :]
        rows[key] = new if new != _IN_FORCE else None
    return {"tac": rows}
