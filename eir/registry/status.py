"""How the store is: size, alarm, tables, last commit, policy."""

from __future__ import annotations

from eir.registry.change import Registry
from eir.v1 import registry_pb2 as pb
from store.schema import OWN_TABLES


def status(registry: Registry) -> pb.StoreStatus:
    """The store as the last commit left it."""
    environment = registry.environment
    usage = environment.usage()
    answer = pb.StoreStatus(
        layout=environment.schema.layout,
        map_bytes=usage.mapped,
        used_bytes=usage.used,
        limit_bytes=usage.limit,
        used_share=usage.share,
        alarm=usage.alarm,
        readers=environment.readers(),
        policy_digest=registry.policy.digest().hex(),
        path=str(environment.path),
    )
    with environment.snapshot() as snapshot:
        answer.seq, answer.last_digest = snapshot.seq, snapshot.digest
        if snapshot.seq:
            answer.last_commit_time = snapshot.header(snapshot.seq).time_ms // 1000
        for name in (*(table.name for table in environment.schema.tables), *OWN_TABLES):
            answer.tables.add(name=name, rows=snapshot.entries(name), bytes=snapshot.pages(name) * snapshot.page_size)
    return answer
