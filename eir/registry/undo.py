"""Takes a batch back: every value that it changed is again what it was before, or nothing is done.

Left as they are: the batch's own record, which then says that it was undone, and the numbers of operators that other batches
use too, since their sightings refer to them.
"""

from __future__ import annotations

from eir import records
from eir.errors import Conflict
from eir.registry.author import note
from eir.registry.batches import batches, encode_batch, find_batch
from eir.registry.change import Registry
from eir.registry.words import commit_words, key_words
from eir.v1 import registry_pb2 as pb
from store.commit import Commit
from store.errors import UndoConflict
from store.snapshot import Snapshot
from store.undo import Key, revert

_NAMED = 5


def undo(registry: Registry, request: pb.UndoRequest, actor: str) -> pb.UndoResponse:
    """Raises NotFound, InvalidField, and Conflict: an ambiguous id, a batch undone before, or later changes, named."""
    with registry.environment.snapshot() as snapshot:
        batch = find_batch(snapshot, "batch", request.batch)
    line = note(registry.policy, "undo", request.author, actor, source=batch.file_name, batch=batch.id)

    def apply(commit: Commit) -> tuple[pb.Batch, bytes]:
        now = find_batch(commit, "batch", batch.id)
        if now.seq != batch.seq:
            raise Conflict(f"batch {batch.id} has just been loaded again; look at `eir batches` and try again")
        if now.outcome != pb.LOAD_OUTCOME_LOADED:
            raise Conflict(_not_loaded(now))
        revert(commit, now.seq, _kept(commit, now))
        now.outcome, now.undone_by = pb.LOAD_OUTCOME_UNDONE, commit.number
        commit.put("batch", *encode_batch(now))
        return now, line

    try:
        done, committed = registry.environment.commit(apply, undoes=batch.seq)
    except UndoConflict as error:
        raise Conflict(_conflict(registry, batch, error)) from error
    return pb.UndoResponse(batch=done.id, undone_seq=done.seq, seq=committed.seq, changes=committed.changes)


def _kept(snapshot: Snapshot, batch: pb.Batch) -> set[Key]:
    others = {
        other.operator for other in batches(snapshot) if other.id != batch.id and other.outcome == pb.LOAD_OUTCOME_LOADED
    }
    in_use = {("operator", key) for key, name in snapshot.scan("operator") if name.decode() in others}
    return {("batch", records.text_key(batch.id)), *in_use}


def _not_loaded(batch: pb.Batch) -> str:
    if batch.outcome == pb.LOAD_OUTCOME_UNDONE:
        return f"batch {batch.id} was undone already, by commit {batch.undone_by}"
    return f"batch {batch.id} was not loaded, so there is nothing to undo"


def _conflict(registry: Registry, batch: pb.Batch, error: UndoConflict) -> str:
    with registry.environment.snapshot() as snapshot:
        named = [
            f"{key_words(table, key)}, changed again by {commit_words(snapshot.header(seq))}"
            for table, key, seq in error.touched[:_NAMED]
        ]
    more = f"; and {error.total - len(named)} more" if error.total > len(named) else ""
    later = "; ".join(named)
    return (
        f"batch {batch.id} cannot be undone, later changes build on it: {later}{more}. Undo those first, or correct by hand"
    )
