"""The store against plain dictionaries, through any sequence of commits, undos and restarts."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from store import audit as audit_module
from store import commit as commit_module
from store import journal, snapshot
from store.audit import audit
from store.commit import Commit
from store.environment import Committed, Environment
from store.errors import AlreadyUndone, UndoConflict
from store.undo import Key, revert, undone
from tests.store.small import SCHEMA, TABLES, dump, key

KEYS = [key(n) for n in (1, 2, 3, 1 << 16, 1 << 17)]
KEY, TABLE, VALUE = st.sampled_from(KEYS), st.sampled_from(TABLES), st.sampled_from([None, b"", b"a", b"b", b"long"])
WRITES = st.lists(st.tuples(TABLE, st.dictionaries(KEY, VALUE, min_size=1, max_size=4)), max_size=4)
State = dict[Key, bytes]


class Entry(NamedTuple):
    """A commit as the model knows it: what it changed in all, and what it took back."""

    changes: dict[Key, tuple[bytes | None, bytes | None]]
    undoes: int


class Model(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "store"
        self.state: State = {}
        self.entries: list[Entry] = []
        self.patch = pytest.MonkeyPatch()

    @initialize(bulk=st.sampled_from([2, 4, 1000]), block=st.sampled_from([1, 3, 1000]), seeks=st.sampled_from([0, 2, 99]))
    def open(self, bulk: int, block: int, seeks: int) -> None:
        for module, name, value in (
            (commit_module, "BULK_CHANGES", bulk),
            (audit_module, "BULK_CHANGES", bulk),
            (journal, "BLOCK_CHANGES", block),
            (snapshot, "_SPARSE_SEEKS", seeks),
        ):
            self.patch.setattr(module, name, value)
        Environment.create(self.path, SCHEMA)
        self.store = Environment.open(self.path, SCHEMA)

    def teardown(self) -> None:
        audit(self.store)
        self.store.close()
        self.patch.undo()
        self.folder.cleanup()

    # ---- what is done to both

    def entered(self, done: Committed, after: State, touched: set[Key], undoes: int = 0) -> None:
        """The commit took a number exactly if it changed anything."""
        if not touched:
            assert done == Committed(0, 0)
            return
        assert done.seq == len(self.entries) + 1
        changes = {one: (self.state.get(one), after.get(one)) for one in touched}
        self.entries.append(Entry(changes, undoes))
        self.state = after

    @rule(writes=WRITES, singly=st.booleans(), fails=st.booleans())
    def write(self, writes: list[tuple[str, dict[bytes, bytes | None]]], singly: bool, fails: bool) -> None:
        after, touched = dict(self.state), set[Key]()
        for table, changes in writes:
            for one, value in changes.items():
                if after.get((table, one)) != value:
                    touched.add((table, one))
                    put(after, (table, one), value)

        def apply(commit: Commit) -> tuple[None, bytes]:
            for table, changes in writes:
                write_one(commit, table, changes, singly)
            for table in TABLES:
                assert commit.get_many(table, KEYS) == [after.get((table, one)) for one in KEYS]
            if fails:
                raise InterruptedError
            return None, b"note"

        if fails:
            with pytest.raises(InterruptedError):
                self.store.commit(apply)
        else:
            self.entered(self.store.commit(apply)[1], after, touched)

    @precondition(lambda self: self.entries)
    @rule(data=st.data(), keep=st.sets(st.tuples(TABLE, KEY), max_size=2))
    def undo(self, data: st.DataObject, keep: set[Key]) -> None:
        seq = data.draw(st.integers(1, len(self.entries)))

        def apply(commit: Commit) -> tuple[None, bytes]:
            revert(commit, seq, keep)
            return None, b"undo"

        if self.undone_by(seq):
            with pytest.raises(AlreadyUndone):
                self.store.commit(apply, undoes=seq)
            return
        expected = {one for one in self.changed_since(seq) if one in self.entries[seq - 1].changes and one not in keep}
        if expected:
            with pytest.raises(UndoConflict) as caught:
                self.store.commit(apply, undoes=seq)
            assert {(table, one) for table, one, _ in caught.value.touched} == expected
            return
        after, touched = dict(self.state), set[Key]()
        for one, (old, _) in self.entries[seq - 1].changes.items():
            if one not in keep:
                touched.add(one)
                put(after, one, old)
        self.entered(self.store.commit(apply, undoes=seq)[1], after, touched, seq)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Environment.open(self.path, SCHEMA)

    @rule()
    def audited(self) -> None:
        assert audit(self.store).seq == len(self.entries)

    # ---- what the model says

    def undone_by(self, seq: int) -> int:
        """The newest undo of `seq` that was not taken back itself."""
        for number in range(len(self.entries), seq, -1):
            if self.entries[number - 1].undoes == seq and not self.undone_by(number):
                return number
        return 0

    def changed_since(self, seq: int) -> set[Key]:
        """Keys that a commit after `seq` changed, unless that commit and its undo left them as they were."""
        pairs = {number: self.undone_by(number) for number in range(seq + 1, len(self.entries) + 1)}
        found: set[Key] = set()
        for number, undo in pairs.items():
            if number in pairs.values():
                continue  # an undo is judged with the commit that it took back
            mine, back = self.entries[number - 1].changes, self.entries[undo - 1].changes if undo else {}
            found |= {one for one in mine | back if mine.get(one) != tuple(reversed(back.get(one, ("never",))))}
        return found

    @invariant()
    def same(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.snapshot() as now:
            assert {(table, one): value for table, rows in dump(now).items() for one, value in rows.items()} == self.state
            for table in TABLES:
                assert now.get_many(table, KEYS) == [self.state.get((table, one)) for one in KEYS]
                assert now.get_many(table, KEYS[1::2]) == [now.get(table, one) for one in KEYS[1::2]]
            assert now.seq == len(self.entries)
            previous = journal.NO_DIGEST
            for entry, header in zip(self.entries, now.headers(), strict=True):
                assert header.previous == previous
                assert header.undoes == entry.undoes
                assert {(block.table, one) for block in now.blocks(header) for one in block.keys} == set(entry.changes)
                previous = header.digest
            assert now.digest == previous
            for seq in range(1, len(self.entries) + 1):
                assert undone(now, seq) == self.undone_by(seq)
            self.indexed(now)

    def indexed(self, now: snapshot.Snapshot) -> None:
        bulk = {header.seq for header in now.headers() if header.bulk}
        for subject in {one[:2] for one in KEYS}:
            by_subject = {
                seq
                for seq, entry in enumerate(self.entries, 1)
                for table, one in entry.changes
                if table == "hot" and one[:2] == subject
            }
            assert set(now.touched(subject)) == bulk | by_subject


def put(state: State, one: Key, value: bytes | None) -> None:
    if value is None:
        state.pop(one, None)
    else:
        state[one] = value


def write_one(commit: Commit, table: str, changes: dict[bytes, bytes | None], singly: bool) -> None:
    if not singly:
        keys = sorted(changes)
        commit.write(table, keys, [changes[one] for one in keys])
        return
    for one, value in changes.items():
        if value is None:
            commit.delete(table, one)
        else:
            commit.put(table, one, value)


FAST = settings(max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))


def test_the_store_is_what_dictionaries_would_be() -> None:
    run_state_machine_as_test(Model, settings=FAST)


@pytest.mark.campaign
def test_the_store_is_what_dictionaries_would_be_for_long() -> None:
    run_state_machine_as_test(Model, settings=settings(FAST, max_examples=1500, stateful_step_count=40))
