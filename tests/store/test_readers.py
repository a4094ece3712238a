"""Many processes read beside one that writes, and a dead one does not hold old pages for ever."""

from contextlib import ExitStack
from pathlib import Path

from store.environment import Environment
from tests.store.processes import answer, hold_a_snapshot, running, watch
from tests.store.small import MIB, SCHEMA, key, write


def test_readers_beside_a_writer_see_whole_commits_only(path: Path) -> None:
    with ExitStack() as stack:
        readers = [stack.enter_context(running(watch, path))[1] for _ in range(6)]
        environment = stack.enter_context(Environment.open(path, SCHEMA, first_map=MIB // 4))
        for number in range(1, 100):
            tag = b"%d" % number
            rows = {key(number * 100 + n): b"x" * 100 for n in range(40)}
            write(environment, ("hot", {b"number": tag}), ("text", rows), ("cold", {b"number": tag}))
        assert environment.usage().mapped > MIB // 4  # it grew under them
        for pipe in readers:
            if not pipe.poll():
                pipe.send(None)
            verdict, seen, *found = answer(pipe)
            assert verdict == "whole", found
            assert seen > 0


def test_the_slot_of_a_killed_reader_is_cleared(environment: Environment) -> None:
    write(environment, ("hot", {key(1): b"1"}))
    with environment.snapshot():
        ours = environment.readers()
    with running(hold_a_snapshot, environment.path) as (process, _):
        theirs = environment.readers() - ours
        assert theirs >= 1
        assert environment.clear_stale_readers() == 0  # it lives
        process.kill()
        process.join()
        assert environment.readers() == ours + theirs
        assert environment.clear_stale_readers() == theirs
        assert environment.readers() == ours


def test_opening_clears_the_slots_of_the_dead(path: Path) -> None:
    with running(watch, path):  # so that the table of readers lives on
        with running(hold_a_snapshot, path) as (process, _):
            process.kill()
            process.join()
        with Environment.open(path, SCHEMA) as environment:
            assert environment.clear_stale_readers() == 0


def test_pages_of_a_dead_reader_are_used_again(environment: Environment) -> None:
    def churn() -> int:
        for number in range(30):
            write(environment, ("hot", {key(n): b"%d" % number + b"x" * 200 for n in range(200)}))
        return environment.usage().used

    churn()
    with running(hold_a_snapshot, environment.path) as (process, _):
        held = -churn() + churn()
        process.kill()
        process.join()
    assert environment.clear_stale_readers() >= 1
    before = churn()
    assert churn() - before < held
