"""What happened to one IMEI, or one malformed text: the verdict now, and every change with who, when, why and from where.

The journal lists small commits by subject; commits with very many changes are looked into one by one, by bisection. Entries
never change, so each is read in a snapshot of its own and a long history holds nobody up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from eir import records
from eir.engine import Engine
from eir.identity import Imei, imsi_text
from eir.lists import Verdict
from eir.registry import fields
from eir.registry.change import Registry
from eir.registry.declared import declared
from eir.registry.ranges import covering
from eir.registry.words import decode_note, value_words
from eir.v1 import check_pb2
from eir.v1 import registry_pb2 as pb
from store.journal import Block, Header
from store.snapshot import Snapshot

MAX_EVENTS = 1000  # the newest
MAX_PAIRS = 1000

_Indexes = Callable[[Block], Iterator[int]]  # which changes of a block belong to the history


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a history is of: its text, its keys in the index of the journal, and where its changes are, by table."""

    text: str
    keys: tuple[bytes, ...]
    tables: Mapping[str, _Indexes]


def history(registry: Registry, request: pb.HistoryRequest) -> pb.HistoryResponse:
    """The history of an IMEI in any form, or of a malformed text. Events oldest first. Raises InvalidField."""
    text = fields.malformed(request.imei)
    imei14 = None if text is not None else fields.imei("imei", request.imei, registry.policy.imei_classes())
    with registry.environment.snapshot() as snapshot:
        subject = _malformed(text or "") if imei14 is None else _device(snapshot, imei14)
        view = Engine(registry.environment, registry.policy).over(snapshot, registry.now())
        answer = pb.HistoryResponse(imei=subject.text, now=check_response(view.check_network(subject.text), view.as_of))
        if imei14 is not None:
            _describe(snapshot, imei14, answer)
        seqs = sorted({seq for key in subject.keys for seq in snapshot.touched(key)}, reverse=True)
    events = list(islice(_events(registry, subject, seqs), MAX_EVENTS))
    answer.events.extend(reversed(events))
    return answer


def check_response(verdict: Verdict, as_of: int) -> check_pb2.CheckResponse:
    """A verdict as a message: its enums are numbered as the proto's."""
    return check_pb2.CheckResponse(
        status=verdict.status,  # type: ignore[arg-type]
        rule=verdict.rule,  # type: ignore[arg-type]
        reason=verdict.reason,  # type: ignore[arg-type]
        deadline=verdict.deadline,
        as_of=as_of,
    )


def _malformed(text: str) -> _Subject:
    key = records.text_key(text)
    return _Subject(text, (key,), {"malformed": lambda block: _equal(block, key)})


def _device(snapshot: Snapshot, imei14: int) -> _Subject:
    key = records.imei_key(imei14)
    tables: dict[str, _Indexes] = {
        "status": lambda block: _equal(block, key),
        "pair": lambda block: _beginning(block, key),
        "imsi_lock": lambda block: _ending(block, key),
    }
    span = covering(snapshot, imei14)
    if span is None:
        return _Subject(Imei(imei14).text, (key,), tables)
    last = records.imei_key(span.last)
    tables["range"] = lambda block: _over(block, last, imei14)
    return _Subject(Imei(imei14).text, (key, last), tables)


def _describe(snapshot: Snapshot, imei14: int, answer: pb.HistoryResponse) -> None:
    """The device as declared, and the subscribers paired with it."""
    key = records.imei_key(imei14)
    value = snapshot.get("status", key)
    device = declared(snapshot, records.decode_device(value).device) if value else None
    if device is not None:
        answer.device.CopyFrom(device)
    pairs = takewhile(lambda pair: pair[0].startswith(key), snapshot.scan("pair", key))
    answer.imsis_paired.extend(imsi_text(records.number(pair[6:])) for pair, _ in islice(pairs, MAX_PAIRS))


# ---- events


def _events(registry: Registry, subject: _Subject, seqs: list[int]) -> Iterator[pb.HistoryEvent]:
    """Newest first, and so within a commit."""
    zone = registry.policy.zone()
    for seq in seqs:
        with registry.environment.snapshot() as snapshot:
            header = snapshot.header(seq)
            found = [
                _event(header, block, index, zone)
                for block in snapshot.blocks(header)
                if block.table in subject.tables
                for index in subject.tables[block.table](block)
            ]
        yield from reversed(found)


def _event(header: Header, block: Block, index: int, zone: ZoneInfo) -> pb.HistoryEvent:
    note, key = decode_note(header), block.key(index)

    def words(value: bytes | None) -> str:
        return "" if value is None else value_words(block.table, key, value, zone)

    return pb.HistoryEvent(
        seq=header.seq,
        time=header.time_ms // 1000,
        actor=note.actor,
        reason=f"{note.kind}: {note.reason}" if note.reason else note.kind,
        source=note.source,
        line=block.line(index),
        batch=note.batch,
        table=block.table,
        before=words(block.olds[index]),
        after=words(block.news[index]),
        undoes=header.undoes,
    )


def _equal(block: Block, key: bytes) -> Iterator[int]:
    index = block.find(key)
    if index < len(block.keys) and block.key(index) == key:
        yield index


def _beginning(block: Block, key: bytes) -> Iterator[int]:
    index = block.find(key)
    while index < len(block.keys) and block.key(index).startswith(key):
        yield index
        index += 1


def _ending(block: Block, key: bytes) -> Iterator[int]:
    """Locks are in order of IMSI, so all of them are looked at."""
    return (index for index, found in enumerate(block.keys) if found is not None and found.endswith(key))


def _over(block: Block, last: bytes, imei14: int) -> Iterator[int]:
    """Changes of the range with this end, unless it did not reach the IMEI before or after."""
    for index in _equal(block, last):
        values = (block.olds[index], block.news[index])
        if any(value is not None and records.decode_range(last, value).first <= imei14 for value in values):
            yield index
