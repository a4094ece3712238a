"""What was loaded: the records of the `batch` table, and naming one by the beginning of its id."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import DecodeError

from eir import records
from eir.errors import Conflict, InvalidField, NotFound
from eir.registry.change import Registry
from eir.registry.fields import shown
from eir.v1 import registry_pb2 as pb
from store.errors import StoreBroken
from store.snapshot import Snapshot

_CANDIDATES = 5
_LONGEST_ID = 128


def list_batches(registry: Registry) -> pb.ListBatchesResponse:
    """All batches, newest first."""
    with registry.environment.snapshot() as snapshot:
        found = sorted(batches(snapshot), key=lambda batch: (batch.seq, batch.id), reverse=True)
    return pb.ListBatchesResponse(batches=found)


def batches(snapshot: Snapshot, prefix: str = "") -> Iterator[pb.Batch]:
    """Batches whose id begins so, in order of id. Raises StoreBroken."""
    start = records.text_key(prefix)
    for key, value in snapshot.scan("batch", start):
        if not key.startswith(start):
            return
        yield decode_batch(key, value)


def find_batch(snapshot: Snapshot, field: str, prefix: str) -> pb.Batch:
    """The one batch with this id, or whose id begins so.

    Raises InvalidField, NotFound, and Conflict naming the candidates when there are several.
    """
    if not prefix or len(prefix) > _LONGEST_ID:
        raise InvalidField(field, f"expected the id of a batch or its beginning, got {shown(prefix)}")
    found = []
    for batch in batches(snapshot, prefix):
        if batch.id == prefix:
            return batch
        found.append(batch)
        if len(found) > _CANDIDATES:
            break
    if not found:
        raise NotFound(f"there is no batch {shown(prefix)}; `eir batches` lists them")
    if len(found) > 1:
        names = [f"{batch.id} ({batch.file_name})" for batch in found[:_CANDIDATES]]
        more = " and others" if len(found) > _CANDIDATES else ""
        raise Conflict(f"several batches begin with {shown(prefix)}: {', '.join(names)}{more}; give more of the id")
    return found[0]


def encode_batch(batch: pb.Batch) -> tuple[bytes, bytes]:
    """Key and value of `batch`."""
    return records.text_key(batch.id), batch.SerializeToString(deterministic=True)


def decode_batch(key: bytes, value: bytes) -> pb.Batch:
    """Raises StoreBroken."""
    try:
        return pb.Batch.FromString(value)
    except DecodeError as error:
        raise StoreBroken(f"batch {key!r} does not parse: {error}") from error
