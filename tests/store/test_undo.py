"""Taking commits back: exactly, once, and not under later changes."""

from collections.abc import Container, Mapping, Sequence

import pytest

from store import journal
from store.audit import audit
from store.commit import BULK_CHANGES, Commit
from store.environment import Committed, Environment
from store.errors import AlreadyUndone, NoSuchCommit, UndoConflict
from store.undo import Key, revert, undone
from tests.store.small import dump, key, write


def take_back(
    environment: Environment, seq: int, keep: Container[Key] = (), **extra: Mapping[bytes, bytes | None]
) -> Committed:
    """Undoes a commit; `extra` are changes by table that the same commit makes besides."""

    def apply(commit: Commit) -> tuple[None, bytes]:
        revert(commit, seq, keep)
        for table, changes in extra.items():
            commit.write(table, list(changes), list(changes.values()))
        return None, b""

    return environment.commit(apply, undoes=seq)[1]


def conflict(environment: Environment, seq: int, keep: Container[Key] = ()) -> UndoConflict:
    before = dump(environment)
    with pytest.raises(UndoConflict) as caught:
        take_back(environment, seq, keep)
    assert dump(environment) == before
    return caught.value


def standing(environment: Environment, seqs: Sequence[int]) -> list[int]:
    with environment.snapshot() as now:
        return [undone(now, seq) for seq in seqs]


def test_an_undo_restores_every_table(environment: Environment) -> None:
    write(environment, ("hot", {key(n): b"old%d" % n for n in range(5)}), ("cold", {b"k": b""}))
    before = dump(environment)
    write(
        environment,
        ("hot", {key(0): None, key(1): b"new", key(9): b"nine"}),
        ("cold", {b"k": None, b"l": b"1"}),
        ("hot", {key(0): b"again", key(1): None, key(9): b"ten"}),
        ("text", {b"t": b"t"}),
    )
    assert take_back(environment, 2) == Committed(3, 9)
    assert dump(environment) == before
    assert standing(environment, [1, 2, 3]) == [0, 3, 0]
    with environment.snapshot() as now:
        assert [header.undoes for header in now.headers()] == [0, 0, 2]
    audit(environment)


def test_a_change_under_a_later_one_is_refused_and_named(environment: Environment) -> None:
    write(environment, ("hot", {key(n): b"1" for n in range(4)}), ("cold", {b"k": b"1"}))
    write(environment, ("hot", {key(2): b"2", key(7): b"2"}))
    write(environment, ("cold", {b"k": None}), ("hot", {key(1): None}))
    error = conflict(environment, 1)
    assert (error.seq, error.total) == (1, 3)
    assert error.touched == [("hot", key(2), 2), ("cold", b"k", 3), ("hot", key(1), 3)]


def test_a_hundred_conflicts_are_named_and_all_counted(environment: Environment) -> None:
    write(environment, ("hot", {key(n): b"1" for n in range(300)}))
    write(environment, ("hot", {key(n): b"2" for n in range(80)}))
    write(environment, ("hot", {key(n): b"3" for n in range(50, 250)}))
    error = conflict(environment, 1)
    assert error.total == 280
    assert [(one, seq) for _, one, seq in error.touched] == [(key(n), 2) for n in range(80)] + [
        (key(n), 3) for n in range(50, 70)
    ]


def test_a_value_that_was_changed_and_changed_back_is_a_conflict(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}))
    write(environment, ("hot", {key(1): b"2"}))
    write(environment, ("hot", {key(1): b"1"}))
    assert conflict(environment, 1).touched == [("hot", key(1), 2), ("hot", key(1), 3)]


def test_the_same_key_of_another_table_is_no_conflict(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}))
    write(environment, ("cold", {key(1): b"2"}))
    take_back(environment, 1)
    assert dump(environment) == {"hot": {}, "text": {}, "cold": {key(1): b"2"}}


def test_later_commits_that_were_undone_do_not_count(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}))
    write(environment, ("hot", {key(1): b"2"}))
    write(environment, ("hot", {key(1): b"3"}))
    assert conflict(environment, 1).total == 2
    take_back(environment, 3)
    assert [seq for _, _, seq in conflict(environment, 1).touched] == [2]
    take_back(environment, 2)
    take_back(environment, 1)
    assert dump(environment)["hot"] == {}
    assert standing(environment, [1, 2, 3, 4, 5, 6]) == [6, 5, 4, 0, 0, 0]
    audit(environment)


def test_an_undo_of_an_undo_brings_the_commit_back(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}))
    write(environment, ("hot", {key(1): b"2"}))
    take_back(environment, 2)
    take_back(environment, 3)
    assert dump(environment)["hot"] == {key(1): b"2"}
    assert standing(environment, [2, 3, 4]) == [0, 4, 0]
    assert [seq for _, _, seq in conflict(environment, 1).touched] == [2]  # 3 and 4 took each other back
    take_back(environment, 2)
    assert standing(environment, [2, 3, 4, 5]) == [5, 4, 0, 0]
    take_back(environment, 1)
    assert dump(environment)["hot"] == {}
    audit(environment)


def test_a_commit_is_undone_once(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}))
    take_back(environment, 1)
    with pytest.raises(AlreadyUndone, match="commit 1 has been undone already, by commit 2"):
        take_back(environment, 1)
    take_back(environment, 2)
    assert take_back(environment, 1).seq == 4


def test_a_commit_that_never_was_cannot_be_undone(environment: Environment) -> None:
    for seq in (0, 1, 99):
        with pytest.raises(NoSuchCommit):
            take_back(environment, seq)


def test_keys_to_keep_stay_and_do_not_conflict(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1", key(2): b"1"}), ("cold", {b"k": b"1"}))
    write(environment, ("cold", {b"k": b"2"}))
    assert conflict(environment, 1).total == 1
    take_back(environment, 1, keep={("cold", b"k"), ("hot", key(2))})
    assert dump(environment) == {"hot": {key(2): b"1"}, "text": {}, "cold": {b"k": b"2"}}


def test_a_key_that_an_undo_kept_is_still_under_the_undone_commit(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}), ("cold", {b"k": b"1"}))
    write(environment, ("hot", {key(1): b"2"}), ("cold", {b"k": b"2"}))
    take_back(environment, 2, keep={("cold", b"k")})
    assert conflict(environment, 1).touched == [("cold", b"k", 3)]
    take_back(environment, 1, keep={("cold", b"k")})
    assert dump(environment) == {"hot": {}, "text": {}, "cold": {b"k": b"2"}}


def test_a_new_key_that_an_undo_kept_is_still_under_the_undone_commit(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1", key(2): b"1"}))
    write(environment, ("hot", {key(1): None, key(2): b"2"}))
    write(environment, ("hot", {key(1): b"3", key(2): b"3"}))
    take_back(environment, 3, keep={("hot", key(1))})
    assert conflict(environment, 2).touched == [("hot", key(1), 4)]


def test_a_key_that_an_undo_wrote_anew_counts(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}), ("cold", {b"k": b"1"}))
    write(environment, ("hot", {key(1): b"2"}), ("cold", {b"k": b"2"}))
    take_back(environment, 2, keep={("cold", b"k")}, cold={b"k": b"undone"})
    assert conflict(environment, 1).touched == [("cold", b"k", 3)]


def test_a_key_that_an_undo_removed_besides_counts(environment: Environment) -> None:
    write(environment, ("cold", {b"k": b"1"}))
    write(environment, ("hot", {key(1): b"2"}))
    take_back(environment, 2, cold={b"k": None})
    assert conflict(environment, 1).touched == [("cold", b"k", 3)]


def test_an_undo_that_writes_besides_is_itself_undone_whole(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}), ("cold", {b"k": b"loaded"}))
    before = dump(environment)
    take_back(environment, 1, keep={("cold", b"k")}, cold={b"k": b"undone"})
    take_back(environment, 2)
    assert dump(environment) == before


def test_bulk_commits_are_restored_over_many_blocks(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BLOCK_CHANGES", 700)
    write(environment, ("hot", {key(n): b"%d" % n for n in range(0, 4000, 3)}), ("cold", {key(n): b"" for n in range(50)}))
    before = dump(environment)
    rows = {key(n): (None if n % 7 == 0 else b"%d" % (n // 2)) for n in range(4000)}
    done = write(environment, ("hot", rows), ("cold", {key(n): None for n in range(100)}))
    assert done.changes > 2 * BULK_CHANGES
    take_back(environment, done.seq)
    assert dump(environment) == before
    audit(environment)


def test_a_commit_of_more_than_one_full_block_is_restored(environment: Environment) -> None:
    write(environment, ("hot", {key(n): b"old" for n in range(0, 40_000, 5)}))
    before = dump(environment)
    done = write(environment, ("hot", {key(n): b"%012d" % n for n in range(journal.BLOCK_CHANGES + 1000)}))
    with environment.snapshot() as now:
        assert now.header(done.seq).blocks == 2
    take_back(environment, done.seq)
    assert dump(environment) == before
    audit(environment)
