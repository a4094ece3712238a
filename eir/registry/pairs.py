"""Devices and subscribers on file together.

A pair lets a subscriber use a device whatever its listing (unless the reason stands above pairs); a lock ties a subscription
to the devices that it is locked to. What is on file already, or already gone, is no error and no change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from eir import records
from eir.identity import ClassTable
from eir.records import PAIR_FROM_COMMAND, Pair
from eir.registry import fields
from eir.registry.author import note
from eir.registry.change import Registry, Writes, execute
from eir.v1 import registry_pb2 as pb
from store.snapshot import Snapshot

_ReadImei = Callable[[str, str, ClassTable], int]


def add_pairs(registry: Registry, request: pb.PairsRequest, actor: str) -> pb.CommitResponse:
    """Files pairs. One on file stays as it is, but a number given replaces its number. Raises InvalidField."""
    read = _read_pairs(registry, fields.items("pairs", request.pairs), fields.production_imei)
    wanted, today = fields.distinct("pairs", read), registry.today()
    line = note(registry.policy, "add pairs", request.author, actor)
    return execute(registry, line, lambda snapshot: plan_pairs(snapshot, wanted, today))


def remove_pairs(registry: Registry, request: pb.PairsRequest, actor: str) -> pb.CommitResponse:
    """Takes pairs away, whatever number is on file with them. Raises InvalidField."""
    keys = [key for key, _ in _read_pairs(registry, fields.items("pairs", request.pairs), fields.imei)]
    line = note(registry.policy, "remove pairs", request.author, actor)
    return execute(registry, line, lambda _: {"pair": dict.fromkeys(keys)})


def add_locks(registry: Registry, request: pb.LocksRequest, actor: str) -> pb.CommitResponse:
    """Locks subscriptions to devices. Raises InvalidField."""
    keys = list(_read_locks(registry, fields.items("locks", request.locks), fields.production_imei))
    value = records.encode_day(registry.today())
    line = note(registry.policy, "add locks", request.author, actor)
    return execute(registry, line, lambda snapshot: plan_locks(snapshot, keys, value))


def remove_locks(registry: Registry, request: pb.LocksRequest, actor: str) -> pb.CommitResponse:
    """Takes locks away. Raises InvalidField."""
    keys = list(_read_locks(registry, fields.items("locks", request.locks), fields.imei))
    line = note(registry.policy, "remove locks", request.author, actor)
    return execute(registry, line, lambda _: {"imsi_lock": dict.fromkeys(keys)})


def plan_pairs(snapshot: Snapshot, wanted: Mapping[bytes, int], today: int) -> Writes:
    """The changes that file pairs: number (0 = not given) by key. `today` in days since 1970."""
    rows: dict[bytes, bytes | None] = {}
    for key, msisdn in wanted.items():
        value = snapshot.get("pair", key)
        pair = records.decode_pair(value) if value else Pair(PAIR_FROM_COMMAND, today, msisdn)
        rows[key] = records.encode_pair(pair._replace(msisdn=msisdn or pair.msisdn))
    return {"pair": rows}


def plan_locks(snapshot: Snapshot, keys: Iterable[bytes], value: bytes) -> Writes:
    """The changes that file locks; those on file keep their day."""
    return {"imsi_lock": {key: snapshot.get("imsi_lock", key) or value for key in keys}}


def _read_pairs(registry: Registry, pairs: Sequence[pb.Pair], read_imei: _ReadImei) -> Iterator[tuple[bytes, int]]:
    """Key and number of each."""
    classes = registry.policy.imei_classes()
    for index, pair in enumerate(pairs):
        field = f"pairs[{index}]"
        imei, imsi = read_imei(f"{field}.imei", pair.imei, classes), fields.imsi(f"{field}.imsi", pair.imsi)
        yield records.pair_key(imei, imsi), fields.msisdn(f"{field}.msisdn", pair.msisdn)


def _read_locks(registry: Registry, locks: Sequence[pb.Lock], read_imei: _ReadImei) -> Iterator[bytes]:
    """The key of each."""
    classes = registry.policy.imei_classes()
    for index, lock in enumerate(locks):
        field = f"locks[{index}]"
        imsi, imei = fields.imsi(f"{field}.imsi", lock.imsi), read_imei(f"{field}.imei", lock.imei, classes)
        yield records.lock_key(imsi, imei)
