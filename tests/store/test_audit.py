"""An audit passes on what commits made, and on nothing else."""

from collections.abc import Callable, Mapping
from pathlib import Path

import lmdb
import pytest

from store import journal
from store.audit import audit
from store.commit import Commit
from store.environment import Environment
from store.errors import StoreBroken
from store.schema import JOURNAL, META, META_DIGEST, META_SEQ, TOUCHED
from store.snapshot import TOUCHED_BULK, TOUCHED_SUBJECT
from store.undo import revert
from tests.store.small import SCHEMA, key, tamper, write

Changes = Mapping[bytes, bytes | None]
SEQ = [number.to_bytes(8, "big") for number in range(6)]


@pytest.fixture
def filled(path: Path) -> Path:
    """A closed store of four commits: small, with a block of each table, an undo, and a bulk one."""

    def undo(commit: Commit) -> tuple[None, bytes]:
        revert(commit, 2)
        return None, b"undo"

    with Environment.open(path, SCHEMA) as environment:
        write(environment, ("hot", {key(1): b"11", key(2): b"22"}), ("text", {b"abcdef": b"t"}), note=b"first")
        write(environment, ("hot", {key(1): None}), ("cold", {b"k": b"v"}), note=b"second")
        environment.commit(undo, undoes=2)
        write(environment, ("cold", {key(n): b"%d" % n for n in range(1200)}), note=b"bulk")
    return path


def verdict(path: Path) -> str:
    with Environment.open(path, SCHEMA, readonly=True) as environment, pytest.raises(StoreBroken) as caught:
        audit(environment)
    assert not list(path.glob("audit-*"))
    return str(caught.value)


def entry(path: Path, table: str, one: bytes) -> bytes:
    with lmdb.open(str(path), max_dbs=9, readonly=True) as env, env.begin() as txn:
        value = txn.get(one, db=env.open_db(table.encode(), txn=txn, create=False))
        assert value is not None
        return value


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :]


def test_what_commits_made_passes_and_leaves_nothing_behind(filled: Path) -> None:
    steps: list[tuple[int, int]] = []
    with Environment.open(filled, SCHEMA) as environment:
        found = audit(environment, lambda done, total: steps.append((done, total)))
        with environment.snapshot() as now:
            assert (found.seq, found.digest) == (4, now.digest)
    assert (found.changes, found.rows) == (3 + 2 + 2 + 1200, 2 + 1 + 1200 + (2 + 1 + 1 + 1))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert sorted(one.name for one in filled.iterdir()) == ["data.mdb", "lock.mdb"]


def test_an_empty_store_passes(environment: Environment) -> None:
    assert audit(environment).seq == 0


def test_a_later_commit_does_not_disturb(environment: Environment) -> None:
    for number in range(3):
        write(environment, ("hot", {key(number): b"1"}))

    def meanwhile(done: int, total: int) -> None:
        write(environment, ("hot", {key(100 + done): b"2"}))

    assert audit(environment, meanwhile).seq == 3
    assert audit(environment).seq == 6


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("hot", {key(2): b"23"}),
        ("hot", {key(2): None}),
        ("hot", {key(3): b"33"}),
        ("hot", {key(2): None, key(4): b"22"}),
        ("text", {b"abcdef": b""}),
        ("cold", {key(1199): b"119"}),
        (TOUCHED, {TOUCHED_SUBJECT + b"\0\0" + SEQ[1]: None}),
        (TOUCHED, {TOUCHED_SUBJECT + b"\0\0" + SEQ[4]: b""}),
        (TOUCHED, {TOUCHED_SUBJECT + b"\0\0" + SEQ[1]: b"1"}),
        (TOUCHED, {TOUCHED_BULK + SEQ[4]: None}),
        (TOUCHED, {TOUCHED_BULK + SEQ[1]: b""}),
    ],
)
def test_a_table_that_says_otherwise_than_the_journal_is_found(filled: Path, table: str, changes: Changes) -> None:
    tamper(filled, table, changes)
    assert "is not what the journal says" in verdict(filled)


@pytest.mark.parametrize(
    "changes",
    [
        {META_SEQ: SEQ[3]},
        {META_SEQ: SEQ[5]},
        {META_SEQ: None},
        {META_SEQ: b"\xff" * 8},
        {META_DIGEST: bytes(32)},
        {META_DIGEST: None},
    ],
)
def test_a_forged_end_of_the_journal_is_found(filled: Path, changes: Changes) -> None:
    tamper(filled, META, changes)
    assert "journal" in verdict(filled) or "digest" in verdict(filled)


@pytest.mark.parametrize(("seq", "part"), [(1, 0), (1, 1), (1, 2), (2, 0), (3, 0), (4, 0), (4, 1)])
def test_a_dropped_entry_is_found(filled: Path, seq: int, part: int) -> None:
    tamper(filled, JOURNAL, {journal.part_key(seq, part): None})
    assert "journal" in verdict(filled)


@pytest.mark.parametrize(("seq", "part"), [(0, 0), (1, 3), (5, 0), (5, 1), (2**64 - 1, 0)])
def test_an_added_entry_is_found(filled: Path, seq: int, part: int) -> None:
    tamper(filled, JOURNAL, {journal.part_key(seq, part): entry(filled, JOURNAL, journal.part_key(1, 1))})
    assert "belong to no commit" in verdict(filled)


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 3), (1, 4)])
def test_two_entries_that_changed_places_are_found(filled: Path, one: int, other: int, part: int) -> None:
    first, second = journal.part_key(one, part), journal.part_key(other, part)
    tamper(filled, JOURNAL, {first: entry(filled, JOURNAL, second), second: entry(filled, JOURNAL, first)})
    assert verdict(filled)


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("seq", [1, 3])
def test_any_changed_byte_of_an_entry_is_found(filled: Path, seq: int, part: int) -> None:
    one = journal.part_key(seq, part)
    data = entry(filled, JOURNAL, one)
    for at in range(len(data)):
        tamper(filled, JOURNAL, {one: flipped(data, at)})
        assert verdict(filled)
    tamper(filled, JOURNAL, {one: data[:-1]})
    assert verdict(filled)


def forge(path: Path, block: bytes, changes: int, bulk: bool = False) -> None:
    """Makes a fifth commit of this block, with a digest that follows."""
    with Environment.open(path, SCHEMA, readonly=True) as environment, environment.snapshot() as now:
        digester = journal.Digester(now.digest, 5)
    digester.add(block)
    header, data = digester.header(time_ms=0, blocks=1, changes=changes, undoes=0, bulk=bulk, note=b"")
    tamper(path, JOURNAL, {journal.part_key(5, 0): data, journal.part_key(5, 1): block})
    tamper(path, META, {META_SEQ: SEQ[5], META_DIGEST: header.digest})


FORGED: dict[str, tuple[Callable[[], bytes], int, bool]] = {
    "holds 1": (lambda: journal.encode_block("cold", [b"x"], [None], [b"y"], None), 2, False),
    "says 1 changes": (lambda: journal.encode_block("cold", [b"x"], [None], [b"y"], None), 1, True),
    "does not have": (lambda: journal.encode_block("none", [b"x"], [None], [b"y"], None), 1, False),
    "layout does not": (lambda: journal.encode_block(TOUCHED, [b"x"], [None], [b"y"], None), 1, False),
    "another value": (lambda: journal.encode_block("cold", [b"k"], [b"u"], [b"w"], None), 1, False),
    "do not ascend": (lambda: journal.encode_block("cold", [b"y", b"x"], [None, None], [b"", b""], None), 2, False),
    "is not what": (lambda: journal.encode_block("cold", [b"x"], [None], [b"y"], None), 1, False),
    "cut short": (lambda: journal.encode_block("cold", [b"x"], [None], [b"y"], None)[:-1], 1, False),
}


@pytest.mark.parametrize("message", FORGED)
def test_an_entry_that_contradicts_itself_or_the_tables_is_found(filled: Path, message: str) -> None:
    block, changes, bulk = FORGED[message]
    forge(filled, block(), changes, bulk)
    assert message in verdict(filled)
