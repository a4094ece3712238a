"""What the tests of the commands share: a second, two devices, two subscribers, and looking at tables."""

from __future__ import annotations

from eir import records
from eir.engine import Engine
from eir.lists import Listing, Verdict
from eir.registry import Registry
from eir.registry.author import note
from eir.registry.batches import encode_batch
from eir.registry.change import Writes
from eir.v1 import registry_pb2 as pb
from store.commit import Commit

NOW = 1_700_000_000  # 2023-11-15 in Tehran
TODAY = 19_676
IMEI, OTHER = "35693803564380", "35693803564381"  # check digit of the first: 9
IMSI, IMSI2 = "432110000000001", "432350000000002"
AUTHOR = pb.Author(reason="as ordered")


def table(registry: Registry, name: str) -> dict[bytes, bytes]:
    with registry.environment.snapshot() as snapshot:
        return dict(snapshot.scan(name))


def tables(registry: Registry) -> dict[str, dict[bytes, bytes]]:
    return {each.name: table(registry, each.name) for each in registry.environment.schema.tables}


def check(registry: Registry, imei: str, imsi: str = "0", now: int = NOW) -> Verdict:
    with Engine(registry.environment, registry.policy).view(now) as view:
        return view.check_network(imei, int(imsi))


def last_note(registry: Registry) -> pb.JournalNote:
    with registry.environment.snapshot() as snapshot:
        return pb.JournalNote.FromString(snapshot.header(snapshot.seq).note)


def load(registry: Registry, batch: str, writes: Writes, lines: int = 0, **facts: object) -> int:
    """A batch as a loader commits it; its sequence number. With `lines`, its rows come from that line on."""

    def apply(commit: Commit) -> tuple[None, bytes]:
        for name, rows in writes.items():
            keys = sorted(rows)
            commit.write(name, keys, [rows[key] for key in keys], list(range(lines, lines + len(keys))) if lines else None)
        record = pb.Batch(id=batch, outcome=pb.LOAD_OUTCOME_LOADED, seq=commit.number, file_name=f"{batch}.csv", **facts)  # type: ignore[arg-type]
        commit.put("batch", *encode_batch(record))
        return None, note(registry.policy, "load stolen", AUTHOR, "customs", source=f"{batch}.csv", batch=batch)

    return registry.environment.commit(apply)[1].seq


def device_row(imei: str, listing: Listing, device: int = 0) -> tuple[bytes, bytes]:
    state = records.State.RELEASED
    return records.imei_key(int(imei)), records.encode_device(records.Device(listing, state, device))
