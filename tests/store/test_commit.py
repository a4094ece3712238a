"""Writing and reading through one environment: what a commit takes, refuses and leaves in the journal."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import journal, snapshot
from store.audit import audit
from store.commit import BULK_CHANGES, Commit
from store.environment import Committed, Environment
from store.errors import NoSuchCommit, StoreError
from store.schema import TOUCHED
from tests.effort import tries
from tests.store.small import SCHEMA, dump, key, write


def test_a_commit_is_one_entry_with_its_note_and_its_lines(environment: Environment) -> None:
    def apply(commit: Commit) -> tuple[str, bytes]:
        assert commit.number == 1
        commit.put("cold", b"k", b"v", line=12)
        commit.delete("cold", b"k")
        assert commit.get("cold", b"k") is None
        commit.write("hot", [key(1), key(2)], [b"1", b"2"], [3, 4])
        return "result", b"note"

    assert environment.commit(apply) == ("result", Committed(1, 4))
    with environment.snapshot() as now:
        header = now.header(1)
        assert (now.seq, now.digest) == (1, header.digest)
        assert (header.time_ms, header.changes, header.blocks, header.note) == (1_000_000, 4, 3, b"note")
        lines = [(block.table, [block.line(index) for index in range(len(block.keys))]) for block in now.blocks(header)]
        assert lines == [("cold", [12]), ("cold", [0]), ("hot", [3, 4])]


def test_what_is_already_so_is_not_journalled(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1", key(3): b"3"}))
    assert write(environment, ("hot", {key(1): b"1", key(2): b"2", key(3): b"3", key(4): None})) == Committed(2, 1)
    with environment.snapshot() as now:
        (block,) = now.blocks(now.header(2))
        assert list(block.keys) == [key(2)]


def test_a_commit_without_change_takes_no_number(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}))
    assert write(environment, ("hot", {key(1): b"1"}), ("cold", {b"none": None})) == Committed(0, 0)
    assert write(environment) == Committed(0, 0)
    assert write(environment, ("hot", {key(1): b"2"})) == Committed(2, 1)


def test_nothing_stays_of_a_commit_that_raises(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}))
    before = dump(environment)

    def apply(commit: Commit) -> tuple[None, bytes]:
        commit.put("hot", key(1), b"2")
        commit.put("cold", b"k", b"v")
        raise KeyError("no")

    with pytest.raises(KeyError):
        environment.commit(apply)
    assert dump(environment) == before
    assert write(environment, ("hot", {key(2): b"2"})).seq == 2
    audit(environment)


@pytest.mark.parametrize(
    ("keys", "values", "lines"),
    [
        ([b"b", b"a"], [b"", b""], None),
        ([b"a", b"a"], [b"", b""], None),
        ([b"a", b"b"], [b""], None),
        ([b"a"], [b"", b""], None),
        ([b"a", b"b"], [b"", b""], [1]),
        ([b"a"], [b""], [1, 2]),
    ],
)
def test_writes_out_of_order_or_step_are_refused(
    environment: Environment, keys: Sequence[bytes], values: Sequence[bytes], lines: Sequence[int] | None
) -> None:
    with pytest.raises(ValueError, match="cold"):
        environment.commit(lambda commit: (commit.write("cold", keys, values, lines), b""))
    assert write(environment, ("cold", {b"a": b""})).seq == 1


@pytest.mark.parametrize("bad", [b"", b"x" * 600])
def test_a_key_that_lmdb_cannot_hold_is_an_error_and_commits_nothing(environment: Environment, bad: bytes) -> None:
    with pytest.raises(StoreError, match="nothing was committed"):
        write(environment, ("cold", {b"a": b"", bad: b""}))
    assert dump(environment)["cold"] == {}


def test_lines_beyond_four_bytes_commit_nothing(environment: Environment) -> None:
    with pytest.raises(OverflowError):
        environment.commit(lambda commit: (commit.write("cold", [b"a"], [b""], [2**32]), b""))
    assert dump(environment)["cold"] == {}


def test_a_long_write_is_cut_into_blocks(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BLOCK_CHANGES", 10)
    assert write(environment, ("cold", {key(n): b"v" for n in range(25)})) == Committed(1, 25)
    with environment.snapshot() as now:
        assert [len(block.keys) for block in now.blocks(now.header(1))] == [10, 10, 5]
    audit(environment)


def test_few_changes_are_listed_by_subject_and_many_once(environment: Environment) -> None:
    write(environment, ("hot", {key(1 << 16): b"1", key(2 << 16): b"1"}), ("text", {b"ab": b"1"}), ("cold", {b"k": b""}))
    write(environment, ("hot", {key(n): b"" for n in range(BULK_CHANGES - 1)}))
    write(environment, ("hot", {key(n): b"x" for n in range(BULK_CHANGES)}))
    write(environment, ("text", {b"abcdef": b"1"}))
    with environment.snapshot() as now:
        assert now.touched(b"\0\1") == [1, 3]
        assert now.touched(b"\0\0") == [2, 3]
        assert now.touched(b"ab") == [1, 3]  # not 4: its subject is only a longer one
        assert now.touched(b"abcd") == [3, 4]
        assert now.touched(b"no") == [3]
        assert [now.header(seq).bulk for seq in (1, 2, 3, 4)] == [False, False, True, False]
        assert now.entries(TOUCHED) == 3 + 1 + 1 + 1


@tries(60)
@given(
    stored=st.sets(st.integers(0, 60)),
    wanted=st.sets(st.integers(0, 60)),
    limit=st.sampled_from([0, 1, 3, 4096]),
)
def test_many_gets_are_single_gets(shared: Environment, stored: set[int], wanted: set[int], limit: int) -> None:
    """Through seeks alone, single gets alone, and a change from one to the other."""
    write(shared, ("hot", {key(n): b"%d" % n if n in stored else None for n in range(61)}))
    keys = [key(n) for n in sorted(wanted)]
    with pytest.MonkeyPatch.context() as patch, shared.snapshot() as now:
        patch.setattr(snapshot, "_SPARSE_SEEKS", limit)
        assert now.get_many("hot", keys) == [now.get("hot", one) for one in keys]
        assert now.get_many("hot", keys) == [b"%d" % n if n in stored else None for n in sorted(wanted)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    where = tmp_path_factory.mktemp("shared")
    Environment.create(where, SCHEMA)
    return Environment.open(where, SCHEMA)


def test_scan_is_in_order_and_bounded(environment: Environment) -> None:
    write(environment, ("cold", {key(n): b"%d" % n for n in range(0, 10, 2)}))
    with environment.snapshot() as now:
        assert [found for found, _ in now.scan("cold", key(3), key(8))] == [key(4), key(6)]
        assert list(now.keys("cold")) == [found for found, _ in now.scan("cold")] == [key(n) for n in range(0, 10, 2)]
        assert list(now.scan("cold", key(9))) == list(now.scan("text")) == []
        assert now.seek("cold", key(5)) == (key(6), b"6")
        assert now.seek("cold", key(9)) is None
        assert now.last("cold") == (key(8), b"8")
        assert now.last("text") is None
        assert now.entries("cold") == 5


def test_getters_read_their_own_table(environment: Environment) -> None:
    write(environment, ("hot", {b"k": b"hot"}), ("cold", {b"k": b"cold"}))
    with environment.snapshot() as now:
        assert [now.getter(table)(b"k") for table in ("hot", "text", "cold")] == [b"hot", None, b"cold"]
        assert [now.get(table, b"k") for table in ("hot", "text", "cold")] == [b"hot", None, b"cold"]


@pytest.mark.parametrize("seq", [-1, 0, 2, 2**64])
def test_a_commit_that_never_was_is_named(environment: Environment, seq: int) -> None:
    write(environment, ("hot", {key(1): b"1"}))
    with environment.snapshot() as now:
        assert [header.seq for header in now.headers(0, 99)] == [1]
        with pytest.raises(NoSuchCommit, match="the last one is 1"):
            now.header(seq)


def test_a_snapshot_does_not_see_later_commits(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}))
    with environment.snapshot() as before:
        write(environment, ("hot", {key(1): b"2"}))
        assert (before.seq, before.get("hot", key(1))) == (1, b"1")
        with environment.snapshot() as after:
            assert (after.seq, after.get("hot", key(1))) == (2, b"2")


def test_a_closed_environment_says_so(environment: Environment) -> None:
    environment.close()
    with pytest.raises(StoreError), environment.snapshot():
        pass
    with pytest.raises(StoreError):
        write(environment, ("hot", {key(1): b"1"}))
    environment.close()
