"""The journal as messages, and the status of the store."""

from __future__ import annotations

from eir.lists import Listing, Lists, Reason
from eir.registry import Registry, add_pairs, parts, status
from eir.registry.feed import MESSAGE_BYTES
from eir.v1 import registry_pb2 as pb
from store.journal import NO_DIGEST
from tests.registry.cases import IMEI, IMSI, NOW, device_row, last_note, load, tables

WHITE = Listing(Lists.WHITE, Reason.REGISTERED)
Rows = dict[str, dict[bytes, bytes]]


def replay(messages: list[pb.JournalPart]) -> Rows:
    """The tables that the changes make, checking every old value on the way."""
    rows: Rows = {}
    for message in messages:
        for change in message.block.changes:
            rows_of = rows.setdefault(message.block.table, {})
            assert rows_of.get(change.key) == (change.old if change.HasField("old") else None)
            if change.HasField("new"):
                rows_of[change.key] = change.new
            else:
                del rows_of[change.key]
    return rows


def fill(registry: Registry) -> None:
    add_pairs(registry, pb.PairsRequest(pairs=[pb.Pair(imei=IMEI, imsi=IMSI)]), "op")
    devices = dict(device_row(f"{int(IMEI) + index}", WHITE) for index in range(20_000))
    blocks = {bytes([index]): bytes(300_000) for index in range(9)}
    load(registry, "big", {"status": devices, "device": blocks}, lines=2)
    load(registry, "more", {"status": dict([device_row(IMEI, WHITE, 3)])})


def test_the_feed_replayed_gives_the_tables(registry: Registry) -> None:
    fill(registry)
    messages = list(parts(registry.environment, 0))
    assert replay(messages) == {name: rows for name, rows in tables(registry).items() if rows}


def test_each_commit_is_its_header_then_all_its_changes_in_small_messages(registry: Registry) -> None:
    fill(registry)
    messages = list(parts(registry.environment, 1))
    assert all(message.ByteSize() < MESSAGE_BYTES for message in messages)
    counts: list[int] = []
    for message in messages:
        if message.HasField("header"):
            assert message.header.seq == len(counts) + 1
            counts.append(0)
        else:
            assert message.block.seq == len(counts)
            assert message.block.changes
            counts[-1] += len(message.block.changes)
    assert counts == [message.header.changes for message in messages if message.HasField("header")] == [1, 20_010, 2]


def test_headers_are_chained_and_carry_the_note_and_lines(registry: Registry) -> None:
    fill(registry)
    messages = list(parts(registry.environment, 1))
    headers = [message.header for message in messages if message.HasField("header")]
    assert [header.previous_digest for header in headers] == [NO_DIGEST, headers[0].digest, headers[1].digest]
    assert headers[2].note == last_note(registry)
    assert headers[2].time_ms == NOW * 1000
    lines = [change.line for message in messages for change in message.block.changes if message.block.table == "status"]
    assert lines[:20_000] == list(range(2, 20_002))


def test_the_feed_resumes_at_any_commit_and_is_empty_past_the_end(registry: Registry) -> None:
    assert not list(parts(registry.environment, 0))
    fill(registry)
    whole = list(parts(registry.environment, 1))
    start = next(index for index, message in enumerate(whole) if message.header.seq == 3)
    assert list(parts(registry.environment, 3)) == whole[start:]
    assert not list(parts(registry.environment, 4))
    assert not list(parts(registry.environment, 2**64 - 1))


def test_a_change_larger_than_a_message_comes_alone(registry: Registry) -> None:
    load(registry, "huge", {"device": {b"1": b"", b"2": bytes(2 * MESSAGE_BYTES), b"3": b""}})
    blocks = [message.block for message in parts(registry.environment, 1) if message.block.table == "device"]
    assert [[change.key for change in block.changes] for block in blocks] == [[b"1"], [b"2"], [b"3"]]


def test_a_feed_that_waits_for_its_reader_holds_no_snapshot_and_sees_new_commits(registry: Registry) -> None:
    add_pairs(registry, pb.PairsRequest(pairs=[pb.Pair(imei=IMEI, imsi=IMSI)]), "op")
    feed = parts(registry.environment, 1)
    assert next(feed).header.seq == 1
    load(registry, "next", {})
    with registry.environment._gate.alone(0.0):  # raises when a snapshot is open
        pass
    assert [message.header.seq for message in feed if message.HasField("header")] == [2]


# ---- status


def test_the_status_of_an_empty_store(registry: Registry) -> None:
    answer = status(registry)
    assert (answer.seq, answer.layout, answer.last_commit_time, answer.last_digest) == (0, 1, 0, NO_DIGEST)
    assert not answer.alarm


def test_the_status_tells_size_tables_last_commit_and_policy(registry: Registry) -> None:
    fill(registry)
    answer = status(registry)
    with registry.environment.snapshot() as snapshot:
        assert (answer.seq, answer.last_digest) == (3, snapshot.digest)
    assert answer.last_commit_time == NOW
    assert answer.policy_digest == registry.policy.digest().hex()
    assert answer.path == str(registry.environment.path)
    assert 0 < answer.used_bytes < answer.map_bytes
    assert answer.used_share == answer.used_bytes / answer.limit_bytes
    rows = {each.name: each.rows for each in answer.tables}
    assert rows.items() >= {name: len(table) for name, table in tables(registry).items()}.items()
    assert {"journal", "touched", "meta"} <= set(rows)
    assert sum(each.bytes for each in answer.tables) <= answer.used_bytes
