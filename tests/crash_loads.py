"""Loads that a process makes one after the other until it is killed: step n is always the same, so others know what it does.

Steps go in turn through the kinds. Each makes one commit, so the commit that the store stands at says which step is next.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import NamedTuple

from eir.identity import Imei
from eir.policy import Policy
from eir.records import SCHEMA
from eir.registry import Registry
from eir.v1 import registry_pb2 as pb
from loaders.service import Service
from store.environment import Environment

POLICY = Policy.default()
NOW = int(dt.datetime(2026, 11, 23, 12, tzinfo=POLICY.zone()).timestamp())
KINDS = (pb.LOAD_KIND_MANIFEST, pb.LOAD_KIND_OPERATOR_DUMP, pb.LOAD_KIND_STOLEN, pb.LOAD_KIND_PAIRS, pb.LOAD_KIND_BLOCK_LIST)
MANIFESTS, SEEN = 35_260_411_000_000, 35_410_093_000_000  # where the IMEIs of step 1 begin
APART = 2_000  # IMEIs of two steps
LINKS = 432_110_000_000_000


class Step(NamedTuple):
    """What one step says: devices of a manifest by serial, IMEIs reported stolen, or IMEIs with subscribers."""

    kind: pb.LoadKind
    devices: Mapping[str, frozenset[int]] = MappingProxyType({})
    stolen: frozenset[int] = frozenset()
    links: frozenset[tuple[int, int]] = frozenset()


def step(number: int) -> Step:
    """Step `number`, from 1."""
    random, kind = Random(number), KINDS[(number - 1) % len(KINDS)]
    size = random.choice([1, 20, 150, 500])
    if kind == pb.LOAD_KIND_MANIFEST:
        return Step(kind, devices=_devices(MANIFESTS + number * APART, size, random, number))
    if kind == pb.LOAD_KIND_STOLEN:  # of the manifest two steps before
        imeis = sorted(imei for slots in step(number - 2).devices.values() for imei in slots)
        return Step(kind, stolen=frozenset(imeis[:: random.choice([1, 2, 7])]))
    if kind == pb.LOAD_KIND_BLOCK_LIST:
        return Step(kind)
    links = frozenset((SEEN + number * APART + n, LINKS + number * APART + n) for n in range(size))
    return Step(kind, links=links)


def _devices(first: int, size: int, random: Random, number: int) -> dict[str, frozenset[int]]:
    devices = {}
    for n in range(size):
        slots = random.randint(1, 3)
        devices[f"S{number}-{n}"] = frozenset(range(first, first + slots))
        first += slots
    return devices


def content(number: int) -> tuple[pb.LoadOptions, bytes]:
    """The file of a step, and the options that it is loaded with. Manifests have a row that is refused too."""
    one = step(number)
    options = pb.LoadOptions(kind=one.kind, file_name=f"{number}.csv")
    if one.kind == pb.LOAD_KIND_MANIFEST:
        options.declaration.number = str(10_000_000 + number)
        rows = [[*map(_text, sorted(slots)), *[""] * (3 - len(slots)), serial] for serial, slots in one.devices.items()]
        return options, _csv("imei1,imei2,imei3,serial", [*rows, ["0", "", "", "refused"]])
    if one.kind == pb.LOAD_KIND_STOLEN:
        return options, _csv("imei,reporting_date,status", [[_text(imei), "20261101", ""] for imei in sorted(one.stolen)])
    if one.kind == pb.LOAD_KIND_PAIRS:
        return options, _csv("imei,imsi,msisdn", [[_text(imei), str(imsi), ""] for imei, imsi in sorted(one.links)])
    options.operator = "mci"
    rows = [["20261101", _text(imei), str(imsi), ""] for imei, imsi in sorted(one.links)]
    return options, _csv("date,imei,imsi,msisdn", rows)


def _text(imei14: int) -> str:
    return Imei(imei14).with_check_digit()


def _csv(header: str, rows: Sequence[Sequence[str]]) -> bytes:
    return "".join(f"{line}\n" for line in (header, *map(",".join, rows))).encode()


def make(environment: Environment, number: int, folder: Path) -> tuple[pb.LoadOutcome, int, str]:
    """Makes a step; its outcome, commit and batch."""
    service = Service(Registry(environment, POLICY, lambda: NOW))
    if step(number).kind == pb.LOAD_KIND_BLOCK_LIST:
        first, *_ = service.build_block_list(pb.BuildBlockListRequest(max_new_share=1), "crash")
        return pb.LOAD_OUTCOME_LOADED, first.report.seq, first.report.batch
    options, data = content(number)
    file = folder / options.file_name
    file.write_bytes(data)
    report = service.load(options, file, "crash")
    return report.outcome, report.seq, report.batch


def make_all(pipe: Connection, path: Path, folder: Path) -> None:
    """Makes steps from where the store stands, and acknowledges each with its commit and batch."""
    with Environment.open(path, SCHEMA, first_map=1 << 20) as environment:
        with environment.snapshot() as now:
            number = now.seq + 1
        pipe.send("ready")
        while True:
            outcome, seq, batch = make(environment, number, folder)
            if (outcome, seq) != (pb.LOAD_OUTCOME_LOADED, number):
                pipe.send(f"step {number} ended with {outcome} as commit {seq}")
                return
            pipe.send((number, batch))
            number += 1
