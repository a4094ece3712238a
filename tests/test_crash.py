"""A process killed at any instant of real loads: what it acknowledged is there whole, the next whole or not at all."""

from __future__ import annotations

import time
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import pytest

from eir.lists import Lists, Reason
from eir.records import SCHEMA, decode_device, number, text_key
from eir.v1 import registry_pb2 as pb
from store.audit import audit
from store.environment import Environment
from tests.crash_loads import KINDS, Step, make, make_all, step
from tests.loaders.registries import on_file
from tests.store.processes import answer, running

Batches = dict[int, str]


class Expected:
    """The registry after so many steps, made without it."""

    def __init__(self) -> None:
        self.steps = 0
        self.devices: dict[str, frozenset[int]] = {}
        self.stolen: set[int] = set()
        self.pairs: set[tuple[int, int]] = set()
        self.sightings: set[tuple[int, int]] = set()
        self.grey: set[int] = set()

    def advance(self, steps: int) -> None:
        while self.steps < steps:
            self.steps += 1
            self._add(step(self.steps))

    def _add(self, one: Step) -> None:
        self.devices |= one.devices
        self.stolen |= one.stolen
        if one.kind == pb.LOAD_KIND_PAIRS:
            self.pairs |= one.links
        elif one.kind == pb.LOAD_KIND_OPERATOR_DUMP:
            self.sightings |= one.links
        elif one.kind == pb.LOAD_KIND_BLOCK_LIST:
            self.grey = {imei for imei, _ in self.sightings}


def assert_is(environment: Environment, expected: Expected) -> None:
    """Exactly that is in the registry: every device with all its IMEIs, every mark, every row, and nothing else."""
    assert {device.serial: device.imeis for device in on_file(environment).values()} == expected.devices
    with environment.snapshot() as snapshot:
        listings = {number(key): decode_device(value).listing for key, value in snapshot.scan("status")}
        pairs, sightings = (
            {(number(key[:6]), number(key[6:13])) for key, _ in snapshot.scan(table)} for table in ("pair", "sighting")
        )
    of_manifests = {imei for slots in expected.devices.values() for imei in slots}
    assert listings.keys() == of_manifests | expected.grey
    assert {imei for imei, listing in listings.items() if listing.lists & Lists.BLACK} == expected.stolen
    assert {imei for imei, listing in listings.items() if listing.reason is Reason.STOLEN} == expected.stolen
    assert {imei for imei, listing in listings.items() if listing.lists & Lists.GREY} == expected.grey
    assert pairs == expected.pairs
    assert sightings == expected.sightings


def kill_in_the_middle(path: Path, folder: Path, random: Random) -> Batches:
    """Lets a process make some loads and kills it in one of the next; the batches that it acknowledged by step."""
    acknowledged: Batches = {}
    with running(make_all, path, folder) as (process, pipe):
        for _ in range(random.choice([0, 0, 1, 4])):  # by number, so that a slow machine comes as far
            acknowledged.update([_acknowledged(pipe)])
        time.sleep(random.uniform(0, 0.1))
        process.kill()
        process.join()
        try:
            while True:
                acknowledged.update([_acknowledged(pipe)])
        except EOFError:
            return acknowledged


def _acknowledged(pipe: Connection) -> tuple[int, str]:
    said = answer(pipe)
    assert isinstance(said, tuple), said
    return said


def survive(path: Path, folder: Path, seed: int, kills: int) -> None:
    Environment.create(path, SCHEMA)
    random, expected = Random(seed), Expected()
    batches: Batches = {}
    for _ in range(kills):
        batches |= kill_in_the_middle(path, folder, random)
        last = max(batches, default=0)
        with Environment.open(path, SCHEMA) as environment:
            found = audit(environment)
            assert max(last, expected.steps) <= found.seq <= max(last, expected.steps) + 1
            expected.advance(found.seq)
            assert_is(environment, expected)
            with environment.snapshot() as now:
                for seq, batch in batches.items():
                    record = pb.Batch.FromString(now.get("batch", text_key(batch)) or b"")
                    assert (record.seq, record.kind, record.outcome) == (seq, step(seq).kind, pb.LOAD_OUTCOME_LOADED)
                assert sum(1 for _ in now.scan("batch")) == found.seq
    assert expected.steps > max(kills // 2, 2 * len(KINDS))  # the loads went on
    again(path, folder, expected)


def again(path: Path, folder: Path, expected: Expected) -> None:
    """Every file loaded once more says nothing new, whatever was killed while it was loaded first."""
    with Environment.open(path, SCHEMA) as environment:
        for file in range(1, expected.steps + 1):
            if step(file).kind != pb.LOAD_KIND_BLOCK_LIST:
                assert make(environment, file, folder)[:2] == (pb.LOAD_OUTCOME_UNCHANGED, 0)
        assert audit(environment).seq == expected.steps
        assert_is(environment, expected)


def test_loads_acknowledged_are_whole_after_a_kill_and_others_whole_or_not_there(tmp_path: Path) -> None:
    survive(tmp_path / "store", tmp_path, seed=1, kills=28)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 110))
def test_loads_are_whole_after_hundreds_of_kills(tmp_path: Path, seed: int) -> None:
    survive(tmp_path / "store", tmp_path, seed, kills=40)
