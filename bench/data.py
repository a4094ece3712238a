"""The registry that everything is measured on: seeded, built once, kept for the next run.

Types are as unequally popular as in networks (Zipf), under reporting bodies that allocate or have allocated TACs. Serials
of a type come in runs with gaps. A consignment, some hundred devices of one type, arrives in one batch, batches arrive one
after another, each all over the key space: so pages are as full as a registry in use has them, not as one sorted load leaves
them. A few devices in a hundred are not simply white; a few are paired, a few subscribers locked.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eir import records
from eir.lists import Listing, Lists, Reason
from eir.records import Range, State
from eir.v1 import records_pb2
from store.commit import Commit
from store.environment import Environment

Imeis = npt.NDArray[np.uint64]
Say = Callable[[str], None]

RECIPE = 3  # of this file; part of the stamp
BATCHES = 20
# Reporting bodies and their share of the types. 35 and 86 give out most of what is sold today.
BODIES = {35: 0.55, 86: 0.33, 1: 0.06, 99: 0.02, 45: 0.01, 44: 0.01, 52: 0.01, 91: 0.01}
_TYPES = 4000
_ZIPF = 0.8
_SERIALS = 1_000_000
_RUN = 150  # devices between two gaps, on average
_CONSIGNMENT = 1000  # IMEIs that arrive together, on average
_BLOCK = 4096  # devices in a value of the table `device`
_FIRST_DAY, _DAYS = 18_628, 2_100  # declared from 2021 on
_FIRST_DEADLINE = 2_400_000_000  # later than any run, so that no answer depends on its date

# Share, listing and state. The rest is white.
_KINDS: tuple[tuple[float, Lists, Reason, State, bool], ...] = (
    (0.945, Lists.WHITE, Reason.REGISTERED, State.RELEASED, False),
    (0.030, Lists.WHITE, Reason.LEGACY, State.LEGACY, False),
    (0.015, Lists.GREY, Reason.UNREGISTERED, State.GRACE, True),
    (0.005, Lists.BLACK, Reason.UNREGISTERED, State.BLOCKED, False),
    (0.005, Lists.BLACK, Reason.STOLEN, State.BLOCKED, False),
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A built registry: its store, and what is in it, ascending."""

    store: Path
    size: int
    seed: int
    imeis: Imeis

    def known(self, count: int, salt: int = 0) -> list[int]:
        """IMEIs with a record, drawn at random with repetition."""
        numbers: list[int] = rng_of(self.seed, 100 + salt).choice(self.imeis, count).tolist()
        return numbers

    def unknown(self, count: int, salt: int = 0) -> list[int]:
        """IMEIs of the same types without a record, drawn at random with repetition."""
        rng = rng_of(self.seed, 200 + salt)
        drawn = rng.choice(self.imeis, 4 * count) // _SERIALS * _SERIALS + rng.integers(
            0, _SERIALS, 4 * count, dtype=np.uint64
        )
        return np.resize(drawn[~np.isin(drawn, self.imeis)], count).tolist()

    def newcomers(self, count: int, salt: int = 0) -> Imeis:
        """Distinct IMEIs of the same kind of spread, none of them in the store; ascending, in runs."""
        drawn = draw_imeis(rng_of(self.seed, 300 + salt), types(self.seed, self.size), 2 * count)
        fresh = np.setdiff1d(drawn, self.imeis, assume_unique=True)
        begin = int(rng_of(self.seed, 500 + salt).integers(0, len(fresh) - count + 1))
        return fresh[begin : begin + count]


def home_imsis(count: int, seed: int) -> list[int]:
    """Subscribers of home networks that no pair and no lock names."""
    numbers: list[int] = (432_11_5_000_000_000 + rng_of(seed, 400).integers(0, 10**9, count)).tolist()
    return numbers


def dataset(work: Path, size: int, seed: int, say: Say) -> Dataset:
    """The data set of a size and seed: the kept one, or a new one where its stamp differs."""
    folder = work / f"{size}-{seed}"
    stamp = {"recipe": RECIPE, "layout": records.SCHEMA.layout, "size": size, "seed": seed}
    found = folder / "stamp.json"
    if not found.exists() or json.loads(found.read_text(encoding="utf-8")) != stamp:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        imeis = draw_imeis(rng_of(seed, 0), types(seed, size), size)
        np.save(folder / "imeis.npy", imeis)
        _build(folder / "store", imeis, seed, say)
        found.write_text(json.dumps(stamp), encoding="utf-8")
    return Dataset(folder / "store", size, seed, np.load(folder / "imeis.npy"))


def types(seed: int, size: int) -> npt.NDArray[np.int64]:
    """The TACs of a registry of this size, the most popular first."""
    return draw_tacs(rng_of(seed, 1), max(_TYPES, size // 1000))


def brand_and_model(tac: int) -> tuple[str, str]:
    """What the catalogue and the manifests call a type."""
    return f"Brand {tac % 40}", f"Model {tac % 2000}"


def rng_of(seed: int, stream: int) -> np.random.Generator:
    """Random numbers that nothing else of the same seed uses."""
    return np.random.default_rng((seed, stream))


# ---- identifiers


def draw_imeis(rng: np.random.Generator, tacs: npt.NDArray[np.int64], count: int) -> Imeis:
    """Distinct IMEIs, ascending."""
    weights = np.arange(1, len(tacs) + 1) ** -_ZIPF
    shares = rng.multinomial(count, weights / weights.sum())
    parts = [tac * _SERIALS + _serials(rng, n) for tac, n in zip(tacs.tolist(), shares.tolist(), strict=True) if n]
    return np.sort(np.concatenate(parts)).astype(np.uint64)


def draw_tacs(rng: np.random.Generator, count: int) -> npt.NDArray[np.int64]:
    """Distinct TACs, the most popular first."""
    bodies = rng.choice(list(BODIES), 2 * count, p=list(BODIES.values()))
    tacs = bodies * 1_000_000 + rng.integers(0, 1_000_000, 2 * count)
    _, first = np.unique(tacs, return_index=True)
    return tacs[np.sort(first)][:count]


def _serials(rng: np.random.Generator, count: int) -> npt.NDArray[np.int64]:
    """Ascending serials in runs. Raises ValueError when a type has too few of them."""
    if count > _SERIALS:
        raise ValueError(f"one type cannot have {count} devices")
    steps = np.ones(count, np.int64)
    gaps = np.where(rng.random(count) < 1 / _RUN, rng.exponential(3000, count), 0.0)
    gaps[0] = rng.exponential(50_000)
    room = _SERIALS - count
    steps += np.floor(gaps * min(1.0, room / gaps.sum())).astype(np.int64)
    return np.cumsum(steps) - 1


def keys_of(imeis: Imeis) -> list[bytes]:
    """Keys of `status`."""
    data = imeis.astype(">u8").tobytes()
    return [data[at + 2 : at + 8] for at in range(0, len(data), 8)]


# ---- the store


def _build(path: Path, imeis: Imeis, seed: int, say: Say) -> None:
    rng = rng_of(seed, 2)
    Environment.create(path, records.SCHEMA)
    consignment = np.cumsum(rng.random(len(imeis)) < 1 / _CONSIGNMENT)
    batch_of = rng.integers(0, BATCHES, int(consignment[-1]) + 1)[consignment]
    day_of = (_FIRST_DAY + rng.integers(0, _DAYS, int(consignment[-1]) + 1))[consignment]
    with Environment.open(path, records.SCHEMA) as environment:
        environment.commit(lambda commit: _write_types(commit, types(seed, len(imeis))))
        first_device = 1
        for batch in range(BATCHES):
            say(f"data set: batch {batch + 1} of {BATCHES}")
            member = batch_of == batch
            first_device = _load_batch(environment, rng, imeis[member], day_of[member], first_device, f"bench-{batch:04}")
        environment.commit(lambda commit: _write_pairs(commit, rng_of(seed, 3), imeis))


def _write_types(commit: Commit, tacs: npt.NDArray[np.int64]) -> tuple[None, bytes]:
    for tac in np.sort(tacs).tolist():
        brand, model = brand_and_model(tac)
        kind = records_pb2.Type(brand=brand, model=model, device_type="Smartphone", bands="GSM 900,LTE FDD BAND 3")
        commit.put("tac", records.tac_key(tac), records.encode_cutover(0) + kind.SerializeToString())
    listing = Listing(Lists.BLACK, Reason.TAC_NOT_ALLOCATED)
    for tac in range(98_000_000, 98_000_200):
        commit.put("range", *records.encode_range(Range(tac * _SERIALS, (tac + 1) * _SERIALS - 1, listing)))
    return None, b"types"


def _load_batch(
    environment: Environment, rng: np.random.Generator, imeis: Imeis, days: npt.NDArray[np.int64], first: int, batch: str
) -> int:
    """One commit, as a manifest of devices with two IMEIs each would make it. Returns the next free device id."""
    count = len(imeis)
    if not count:
        return first
    devices = (np.arange(count) // 2 + first).tolist()
    kinds = rng.choice(len(_KINDS), count, p=[kind[0] for kind in _KINDS]).tolist()
    heads: dict[tuple[int, int], bytes] = {}
    values: list[bytes | None] = []
    for kind, day, device in zip(kinds, days.tolist(), devices, strict=True):
        head = heads.get((kind, day))
        if head is None:
            head = heads[kind, day] = _head(kind, day)
        values.append(head + device.to_bytes(4, "big"))

    def apply(commit: Commit) -> tuple[None, bytes]:
        commit.write("status", keys_of(imeis), values, list(range(2, count + 2)))
        for at in range(0, count, 2 * _BLOCK):
            block = _device_block(imeis[at : at + 2 * _BLOCK], devices[at], at, batch)
            commit.put("device", records.device_key(devices[min(at + 2 * _BLOCK, count) - 1]), block)
        return None, batch.encode()

    environment.commit(apply)
    return devices[-1] + 1


def _head(kind: int, day: int) -> bytes:
    _, lists, reason, state, dated = _KINDS[kind]
    return records.encode_listing(
        Listing(lists, reason, _FIRST_DEADLINE + 86_400 * (day % 60) if dated else 0, since=day), state
    )


def _device_block(imeis: Imeis, first: int, line: int, batch: str) -> bytes:
    count = (len(imeis) + 1) // 2
    slots = [2] * (len(imeis) // 2) + [1] * (len(imeis) % 2)
    return records_pb2.DeviceBlock(
        first=first,
        batch=batch,
        slots=slots,
        imeis=imeis.tolist(),
        lines=list(range(line // 2 + 2, line // 2 + 2 + count)),
        serials=[f"SN{first + at:010}" for at in range(count)],
        names=["Brand", "Model"],
        brands=[1] * count,
        models=[2] * count,
    ).SerializeToString()


def _write_pairs(commit: Commit, rng: np.random.Generator, imeis: Imeis) -> tuple[None, bytes]:
    """One device in fifty is paired, one subscriber for every five hundred devices is locked."""
    today = _FIRST_DAY + _DAYS
    paired = np.unique(rng.choice(imeis, max(1, len(imeis) // 50))).tolist()
    keys = [records.pair_key(imei, 432_35_0_000_000_000 + at) for at, imei in enumerate(paired)]
    commit.write("pair", keys, [records.encode_pair(records.Pair(records.PAIR_FROM_FILE, today, 0))] * len(keys))
    locked = rng.choice(imeis, max(1, len(imeis) // 500)).tolist()
    keys = [records.lock_key(432_20_0_000_000_000 + at, imei) for at, imei in enumerate(locked)]
    commit.write("imsi_lock", keys, [records.encode_day(today)] * len(keys))
    return None, b"pairs"
