"""Who changes the registry and why: what a commit says of itself in the journal."""

from __future__ import annotations

from eir.policy import Policy
from eir.v1 import registry_pb2 as pb


def note(policy: Policy, kind: str, actor: str, reason: str = "", source: str = "", batch: str = "") -> bytes:
    """A JournalNote, ready for the journal. `kind` is the command, `source` the file name."""
    return pb.JournalNote(
        kind=kind, actor=actor, reason=reason, source=source, batch=batch, policy_digest=policy.digest()
    ).SerializeToString(deterministic=True)
