"""Who and why: the note that every commit carries in the journal."""

from __future__ import annotations

from eir.errors import InvalidField
from eir.policy import Policy
from eir.v1 import registry_pb2 as pb

_LONGEST = {"actor": 200, "reason": 1000}


def note(policy: Policy, kind: str, author: pb.Author, actor: str, *, source: str = "", batch: str = "") -> bytes:
    """A JournalNote. `kind` is the command ("add pairs"), `actor` the caller as the transport knows it.

    Raises InvalidField when the author's text is too long or not printable.
    """
    reason = _line("reason", author.reason)
    return pb.JournalNote(
        kind=kind,
        actor=_who(_line("actor", author.actor), actor),
        reason=reason,
        source=source,
        batch=batch,
        policy_digest=policy.digest(),
    ).SerializeToString(deterministic=True)


def _who(claimed: str, known: str) -> str:
    """A claim stands beside what the transport knows, never instead of it."""
    return f"{claimed} via {known}" if claimed and known and claimed != known else claimed or known


def _line(name: str, text: str) -> str:
    """One printable line: it is shown on terminals and in lists."""
    if len(text) > _LONGEST[name]:
        raise InvalidField(f"author.{name}", f"expected at most {_LONGEST[name]} characters, got {len(text)}")
    # ZWNJ is part of Persian spelling and harmless; other unprintable characters could forge lines.
    if not text.replace("\u200c", "").isprintable():
        raise InvalidField(f"author.{name}", "expected one line of printable characters")
    return text
