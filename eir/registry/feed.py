"""The journal as messages: what a copy of the register is fed with, and what anyone may verify.

A commit comes as its header, then its changes in order of application. Entries never change, so every block is read in a
snapshot of its own: a slow reader holds up neither the writer nor the reuse of pages, and needs memory for one block.
"""

from __future__ import annotations

from collections.abc import Iterator

from eir.registry.words import decode_note
from eir.v1 import registry_pb2 as pb
from store.environment import Environment
from store.journal import Block, Header, decode_block

MESSAGE_BYTES = 1 << 20  # a message stays below it, unless a single change is larger
_ROOM = MESSAGE_BYTES - 4096  # for the table's name, the sequence number and the framing
_EACH = 24  # framing of one change: five tags and lengths, and the line


def parts(environment: Environment, from_seq: int) -> Iterator[pb.JournalPart]:
    """The commits from a sequence number (0 and 1 are the first) to the last one there is when it gets there.

    Nothing when there is none yet; so a caller that follows asks again from the one after the last header it got.
    """
    seq = max(from_seq, 1)
    while (header := _header(environment, seq)) is not None:
        yield pb.JournalPart(header=_header_message(header))
        for part in range(1, header.blocks + 1):
            for message in _messages(seq, part, _block(environment, header, part)):
                yield pb.JournalPart(block=message)
        seq += 1


def _header(environment: Environment, seq: int) -> Header | None:
    with environment.snapshot() as snapshot:
        return snapshot.header(seq) if seq <= snapshot.seq else None


def _block(environment: Environment, header: Header, part: int) -> Block:
    with environment.snapshot() as snapshot:
        raw = snapshot.raw_block(header, part)
    return decode_block(raw)


def _header_message(header: Header) -> pb.JournalHeader:
    return pb.JournalHeader(
        seq=header.seq,
        time_ms=header.time_ms,
        digest=header.digest,
        previous_digest=header.previous,
        changes=header.changes,
        blocks=header.blocks,
        undoes=header.undoes,
        note=decode_note(header),
    )


def _messages(seq: int, part: int, block: Block) -> Iterator[pb.ChangeBlock]:
    message, size = pb.ChangeBlock(seq=seq, part=part, table=block.table), 0
    for index, (key, old, new) in enumerate(zip(block.keys, block.olds, block.news, strict=True)):
        more = _EACH + len(key or b"") + len(old or b"") + len(new or b"")
        if message.changes and size + more > _ROOM:
            yield message
            message, size = pb.ChangeBlock(seq=seq, part=part, table=block.table), 0
        message.changes.append(pb.Change(key=key, old=old, new=new, line=block.line(index)))
        size += more
    yield message
