"""The map grows under a writer, beside readers of this process and of others, up to its limit."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import environment as environment_module
from store.audit import audit
from store.commit import Commit
from store.environment import ALARM_AT, GROW_AT, Environment, Usage
from store.errors import StoreBusy, StoreFull
from store.gate import Gate
from tests.store.processes import answer, answer_questions, grow, hold_a_commit, running
from tests.store.small import MIB, ROWS, SCHEMA, dump, key, write


@pytest.fixture
def small(path: Path) -> Iterator[Environment]:
    """A store with a map of half a mebibyte, which may grow to 64."""
    with Environment.open(path, SCHEMA, first_map=MIB // 2, limit=64 * MIB) as opened:
        yield opened


def test_a_commit_larger_than_the_map_is_made_in_a_grown_map(small: Environment) -> None:
    runs = []

    def apply(commit: Commit) -> tuple[int, bytes]:
        runs.append(commit.number)
        commit.write("hot", list(ROWS), list(ROWS.values()))
        return len(runs), b""

    assert small.usage().mapped == MIB // 2
    result, done = small.commit(apply)
    assert (done.seq, done.changes) == (1, len(ROWS))
    assert result == len(runs) > 1
    assert set(runs) == {1}
    assert MIB // 2 < small.usage().mapped <= 64 * MIB
    assert dump(small)["hot"] == ROWS
    audit(small)


def test_the_map_grows_before_it_is_full(small: Environment) -> None:
    """So no commit is made twice, unless it is large."""
    runs, grown = 0, 0

    def apply(commit: Commit) -> tuple[None, bytes]:
        nonlocal runs
        runs += 1
        commit.put("hot", key(commit.number), b"x" * 400)
        commit.put("cold", key(commit.number), b"x" * 400)
        return None, b""

    while (before := small.usage()).mapped < 2 * MIB:
        done = small.commit(apply)[1]
        due = before.used >= GROW_AT * before.mapped
        assert small.usage().mapped == before.mapped * (2 if due else 1)
        grown += due
        assert done.seq == runs
    assert grown == 2


def test_at_the_limit_nothing_is_applied_and_the_store_stays_usable(path: Path) -> None:
    with Environment.open(path, SCHEMA, first_map=MIB // 2, limit=MIB) as full:
        write(full, ("hot", {key(1): b"1"}))
        before = dump(full)
        for _ in range(3):
            with pytest.raises(StoreFull, match="its limit of 1 MiB"):
                write(full, ("hot", ROWS))
            assert dump(full) == before
        assert write(full, ("hot", {key(1): None})).seq == 2
        assert full.usage().mapped == MIB
        audit(full)
    with Environment.open(path, SCHEMA, limit=16 * MIB) as raised:
        assert write(raised, ("hot", ROWS)).seq == 3


def test_the_first_map_is_no_larger_than_the_limit(path: Path) -> None:
    with Environment.open(path, SCHEMA, limit=2 * MIB) as environment:
        assert environment.usage().mapped == 2 * MIB


def test_a_store_larger_than_its_first_map_opens_whole(path: Path) -> None:
    with Environment.open(path, SCHEMA, first_map=16 * MIB) as environment:
        write(environment, ("hot", ROWS))
    for readonly in (False, True):
        with Environment.open(path, SCHEMA, first_map=MIB // 2, readonly=readonly) as environment:
            assert dump(environment)["hot"] == ROWS


@pytest.mark.parametrize(("used", "limit", "alarm"), [(69, 100, False), (70, 100, True), (100, 100, True)])
def test_the_alarm_is_by_the_share_of_the_limit(used: int, limit: int, alarm: bool) -> None:
    assert Usage(used, 1000, limit).alarm is alarm
    assert Usage(used, 1000, limit).share == used / limit
    assert ALARM_AT == 0.7


def test_a_reading_process_follows_the_grown_map(small: Environment) -> None:
    write(small, ("hot", {key(1): b"1"}))
    with running(answer_questions, small.path) as (_, pipe):
        pipe.send(key(1))
        assert answer(pipe) == (1, b"1")
        for seq in (2, 3, 4):
            write(small, ("hot", {key(n): b"%d" % seq + b"x" * 300 for n in range(seq * 2000)}))
            pipe.send(key(1))
            assert answer(pipe) == (seq, b"%d" % seq + b"x" * 300)


def test_a_writer_follows_the_map_that_another_process_grew(small: Environment, path: Path) -> None:
    with running(grow, path) as (_, pipe):
        assert answer(pipe) == 1
        with small.snapshot() as now:
            assert now.seq == 1
        pipe.send(None)
        assert answer(pipe) == 2
        assert write(small, ("cold", {b"k": b"v"})).seq == 3
        assert len(dump(small)["hot"]) == 2 * len(ROWS)
        audit(small)


@pytest.mark.parametrize("early", [0.7, 2], ids=["before it is full", "when it is full"])
def test_threads_read_on_while_the_map_grows(path: Path, monkeypatch: pytest.MonkeyPatch, early: float) -> None:
    """More threads than cores read without a pause; the map moves under all of them, and each sees whole commits."""
    monkeypatch.setattr(environment_module, "GROW_AT", early)
    stop, seen, failed = threading.Event(), [0] * 4, list[BaseException]()

    def read(index: int) -> None:
        try:
            while not stop.is_set():
                with environment.snapshot() as now:
                    one = b"%d" % now.seq if now.seq else None
                    assert now.get("hot", b"number") == now.get("cold", b"number") == one
                    with environment.snapshot() as inner:
                        assert inner.seq >= now.seq
                seen[index] += 1
        except BaseException as error:
            failed.append(error)
            raise

    with Environment.open(path, SCHEMA, first_map=MIB // 4, limit=64 * MIB) as environment:
        threads = [threading.Thread(target=read, args=(index,)) for index in range(len(seen))]
        for thread in threads:
            thread.start()
        try:
            for number in range(1, 40):
                rows = {key(number * 1000 + n): b"x" * 400 for n in range(200)}
                tag = {b"number": b"%d" % number}
                write(environment, ("hot", tag), ("text", rows), ("cold", tag))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert not failed
        assert all(seen)
        assert environment.usage().mapped >= 8 * MIB


def test_a_commit_that_is_given_up_does_not_wait_for_busy_readers_to_end(small: Environment) -> None:
    stop, given_up = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            with small.snapshot() as now:
                now.get("hot", key(1))

    def give_up() -> None:
        for _ in range(20):
            write(small, ("hot", {key(1): None}))  # nothing changes
            with pytest.raises(ValueError, match="ascend"):
                small.commit(lambda commit: (commit.write("hot", [b"b", b"a"], [b"", b""]), b""))
            given_up.append(small.usage())

    readers = [threading.Thread(target=read) for _ in range(4)]
    writer = threading.Thread(target=give_up)
    for thread in (*readers, writer):
        thread.start()
    writer.join(30)
    done = len(given_up)
    stop.set()
    for thread in (*readers, writer):
        thread.join()
    assert done == 20


def test_threads_commit_side_by_side(small: Environment) -> None:
    """Each adds to one counter, and the map grows meanwhile: no addition is lost."""

    def add() -> None:
        for _ in range(25):
            small.commit(plus_one)

    def plus_one(commit: Commit) -> tuple[None, bytes]:
        found = int(commit.get("hot", b"sum") or b"0")
        commit.put("hot", b"sum", b"%d" % (found + 1))
        commit.put("cold", b"row %d" % commit.number, b"x" * 5000)
        return None, b""

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dump(small)["hot"] == {b"sum": b"100"}
    assert small.usage().mapped > MIB // 2
    audit(small)


def test_a_thread_that_holds_a_snapshot_is_told_so_when_the_map_must_move(small: Environment) -> None:
    with small.snapshot(), pytest.raises(StoreBusy, match="this thread has a snapshot open"):
        write(small, ("hot", ROWS))
    assert dump(small)["hot"] == {}
    assert write(small, ("hot", ROWS)).seq == 1


def test_a_reader_behind_a_grown_map_waits_for_a_thread_that_is_inside(small: Environment, path: Path) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with small.snapshot():
            inside.set()
            go_on.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    with running(grow, path) as (_, pipe):
        assert answer(pipe) == 1
        timer = threading.Timer(0.05, go_on.set)
        timer.start()
        with small.snapshot() as now:
            assert (now.seq, go_on.is_set()) == (1, True)
        timer.join()
    thread.join()


def test_one_commit_waits_for_that_of_another_process_and_snapshots_do_not(environment: Environment) -> None:
    with running(hold_a_commit, environment.path) as (_, pipe):
        done: list[int] = []
        thread = threading.Thread(target=lambda: done.append(write(environment, ("hot", {b"ours": b""})).seq))
        thread.start()
        with environment.snapshot() as now:
            assert now.seq == 0
        with running(answer_questions, environment.path):  # nor does opening for reading
            pass
        assert not done
        pipe.send(None)
        assert answer(pipe) == "done"
        thread.join()
    assert done == [2]
    assert dump(environment)["hot"] == {b"held": b"", b"ours": b""}


# ---- the gate itself


def test_who_waits_to_be_alone_is_not_starved_by_short_reads() -> None:
    gate, stop = Gate(), threading.Event()

    def read() -> None:
        while not stop.is_set():
            with gate.shared():
                time.sleep(0.001)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            with gate.alone(30):
                pass
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_being_alone_is_given_up_after_a_while() -> None:
    gate, go_on, inside = Gate(), threading.Event(), threading.Event()

    def hold() -> None:
        with gate.shared():
            inside.set()
            go_on.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    with pytest.raises(StoreBusy, match="another thread"), gate.alone(0.01):
        pass
    with gate.shared():  # and others get in again
        pass
    go_on.set()
    thread.join()
    with gate.alone(0.01):
        pass
