"""What the registry already holds of the IMEIs of a manifest, and what that means for their devices (R8, trap 54).

black now                       ROW, whatever else is on file
device of this declaration      no change if it has the same IMEIs, else REVIEW
device of another declaration   REVIEW with both references
RESERVED, DECLARED, GRACE       released: a manifest is what these wait for; remarked when it was in GRACE
LEGACY, EXEMPT, or only listed  accepted, remarked; the listing stays and gains the reference to its device. With a policy of
grey release, a late manifest would otherwise put a deadline on a phone in lawful use
any other state, PAIRED_ONLY    REVIEW
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from eir import records
from eir.identity import Imei
from eir.lists import Lists
from eir.records import State
from eir.v1 import records_pb2
from eir.v1 import registry_pb2 as pb
from loaders.declaration import reference
from store.errors import StoreBroken
from store.snapshot import Snapshot

_WAITING = frozenset({State.RESERVED, State.DECLARED, State.GRACE})
_LISTED = frozenset({State.NONE, State.LEGACY, State.EXEMPT})

Found = Mapping[int, records.Device]  # IMEI -> its record


@dataclass
class Live:
    """Verdicts on devices that have an IMEI on record.

    `held`: device -> code, text. `unchanged`, `seen`: accepted with a remark, the first without any change. `kept`: IMEI ->
    record, where the listing stays. `batches`: those that loaded the unchanged devices.
    """

    held: dict[int, tuple[str, str]] = field(default_factory=dict)
    unchanged: set[int] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    kept: dict[int, records.Device] = field(default_factory=dict)
    batches: set[str] = field(default_factory=set)


class Registry:
    """Judges against one state of the registry, for one declaration, at one time (unix seconds)."""

    def __init__(self, snapshot: Snapshot, facts: pb.DeclarationFacts, now: int) -> None:
        self._snapshot = snapshot
        self._reference = reference(facts)
        self._now = now
        self._blocks: dict[bytes, _Block] = {}
        self._references: dict[str, str] = {}

    def judge(self, device: int, imeis: frozenset[int], found: Found, live: Live) -> None:
        """Enters the verdict on one device in `live`."""
        for imei, record in found.items():
            if Lists.BLACK in record.listing.in_force(self._now):
                live.held[device] = "BLOCKED", f"{_text(imei)} is blocked: {_words(record)}"
                return
        owners = {record.device for record in found.values()} - {0}
        if owners:
            self._judge_owned(device, owners, imeis, live)
            return
        for imei, record in found.items():
            if record.listing.paired_only or record.state not in _WAITING | _LISTED:
                live.held[device] = "ALREADY_LIVE_OTHER", f"{_text(imei)} is live without a declaration: {_words(record)}"
                return
        for imei, record in found.items():
            if record.state in _LISTED and record.listing.lists:
                live.kept[imei] = record
                live.seen.add(device)
            elif record.state is State.GRACE:
                live.seen.add(device)

    def _judge_owned(self, device: int, owners: Iterable[int], imeis: frozenset[int], live: Live) -> None:
        for owner in owners:
            block = self._block(owner)
            other = self._declaration_of(block.record.batch)
            if other != self._reference:
                text = f"live under declaration {other} (batch {block.record.batch}); this one is {self._reference}"
            elif block.imeis(owner) != imeis:
                known = ", ".join(map(_text, sorted(block.imeis(owner))))
                text = f"live under this declaration as another device, with {known} (batch {block.record.batch})"
            else:
                live.unchanged.add(device)
                live.batches.add(block.record.batch)
                continue
            live.unchanged.discard(device)
            live.held[device] = "ALREADY_LIVE_OTHER", text
            return

    def _block(self, device: int) -> _Block:
        entry = self._snapshot.seek("device", records.device_key(device))
        if entry is not None:
            key, value = entry
            if key not in self._blocks:
                self._blocks[key] = _Block(records_pb2.DeviceBlock.FromString(value))
            if device >= self._blocks[key].record.first:
                return self._blocks[key]
        raise StoreBroken(f"a listing refers to device {device}, which is not on file; run `eir audit`")

    def _declaration_of(self, batch: str) -> str:
        if batch not in self._references:
            value = self._snapshot.get("batch", records.text_key(batch))
            record = pb.Batch.FromString(value) if value else pb.Batch()
            self._references[batch] = reference(record.declaration)
        return self._references[batch]


class _Block:
    """Devices as they were declared."""

    def __init__(self, record: records_pb2.DeviceBlock) -> None:
        self.record = record
        self._ends = list(accumulate(record.slots, initial=0))

    def imeis(self, device: int) -> frozenset[int]:
        at = device - self.record.first
        return frozenset(self.record.imeis[self._ends[at] : self._ends[at + 1]])


def _text(imei: int) -> str:
    return Imei(imei).with_check_digit()


def _words(record: records.Device) -> str:
    listing = record.listing
    return f"{listing.reason.name}, state {record.state.name}"
