"""The engine over LMDB, against a reading of the decision table in dictionaries and if-statements, written on its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir import records
from eir.engine import NO_SVN, Engine
from eir.lists import Listing, Lists, Reason, Rule, Status
from eir.policy import Policy
from eir.records import SCHEMA, Device, Pair, Range, State
from store.commit import Commit
from store.environment import Environment
from tests.effort import tries

START = 1_700_000_000
DEADLINES = (START + 10, START + 20, START + 21)
TACS = (35693803, 86123405, 1, 88888888)  # TAC 1 is 00000001: a test allocation
IMEIS = [0, *(tac * 1_000_000 + serial for tac in TACS for serial in (0, 1, 500_000, 888_888, 999_999))]
IMSIS = [432110000000001, 432110000000002, 432350000000003, 432359999999999, 262010000000001, 43211]
SVNS = (NO_SVN, 0, 1)
QUESTIONS = list(product(IMEIS, (0, *IMSIS), SVNS))
TEXTS = ["1234", "ABC", "35693803", "*#06#", "12345678901234F"]
NETWORK_TEXTS = [
    *TEXTS,
    *map(str.lower, TEXTS),
    "3569380300000",
    *(f"{imei:014}{end}" for imei in IMEIS for end in ("", "0", "7", "00", "01", "99", "F")),
]
POLICY_FIELDS = ("response", "custom", "override", "malformed", "test", "paired_only", "roamers_exempt", "exempt")
FAST = tries(40)

Answer = tuple[str, str, str, int]


@dataclass(frozen=True)
class World:
    """A registry and its policy in plain values. Lists are sets of letters."""

    devices: dict[int, tuple[frozenset[str], str, int, bool]] = field(default_factory=dict)
    ranges: list[tuple[int, int, frozenset[str], str, int, tuple[int, ...]]] = field(default_factory=list)
    pairs: frozenset[tuple[int, int]] = frozenset()
    locks: frozenset[tuple[int, int]] = frozenset()  # IMSI, IMEI
    cutovers: dict[int, int] = field(default_factory=dict)
    texts: dict[str, tuple[frozenset[str], str, int]] = field(default_factory=dict)
    response: str | int = 2
    custom: dict[str, str] = field(default_factory=dict)
    override: str = "off"
    malformed: str = "unknown"
    test: str = "unknown"
    paired_only: str = "grey"
    roamers_exempt: bool = True
    exempt: tuple[str, ...] = ()


# ---- the plain reading


TYPES = {  # white, grey, black: types 1, 2 and 3
    "w": ("white", "white", "white"),
    "wg": ("grey", "grey", "grey"),
    "wgb": ("black", "black", "black"),
    "wb": ("black", "black", "black"),
    "g": ("grey", "grey", "unknown"),
    "gb": ("black", "black", "unknown"),
    "b": ("black", "black", "unknown"),
    "": ("white", "unknown", "unknown"),
}


def lists_at(lists: frozenset[str], deadline: int, now: int) -> str:
    if "g" in lists and deadline and now >= deadline:
        lists = lists - {"g"} | {"b"}
    return "".join(letter for letter in "wgb" if letter in lists)


def respond(world: World, lists: str) -> str:
    return world.custom[lists] if isinstance(world.response, str) else TYPES[lists][world.response - 1]


def by_lists(world: World, rule: str, lists: frozenset[str], reason: str, deadline: int, now: int) -> Answer:
    present = lists_at(lists, deadline, now)
    status = respond(world, present)
    return status, rule, reason, deadline if status == "grey" and "g" in present else 0


def exemption(world: World, imsi: int) -> str | None:
    digits = ("00" if str(imsi).startswith("1") else "") + str(imsi)
    if imsi and world.roamers_exempt and not digits.startswith("432"):
        return "ROAMER"
    return "EXEMPT_IMSI" if imsi and digits.startswith(world.exempt) and world.exempt else None


def of_device(world: World, imei: int, imsi: int, now: int) -> Answer | None:
    lists, reason, deadline, paired_only = world.devices.get(imei, (frozenset(), "", 0, False))
    present = lists_at(lists, deadline, now)
    if paired_only:
        if not imsi:
            return world.paired_only, "DEVICE", reason, 0
        if "g" in present and "b" not in present:
            return "grey", "DEVICE", reason, deadline
        return "black", "DEVICE", reason, 0
    return by_lists(world, "DEVICE", lists, reason, deadline, now) if lists else None


def of_range(world: World, imei: int, svn: int, now: int) -> Answer | None:
    for first, last, lists, reason, deadline, svns in world.ranges:
        if first <= imei <= last and (not svns or svn in svns) and lists:
            return by_lists(world, "RANGE", lists, reason, deadline, now)
    return None


def of_subscriber(world: World, imei: int, imsi: int, now: int) -> Answer | None:
    """Rows EXEMPT_IMSI, BARRED, PAIR and IMSI_LOCK."""
    exempt = exemption(world, imsi)
    if exempt:
        return "white", "EXEMPT_IMSI", exempt, 0
    lists, reason, deadline, _ = world.devices.get(imei, (frozenset(), "", 0, False))
    if "b" in lists_at(lists, deadline, now) and reason in ("STOLEN", "LOST", "BARRED"):
        return "black", "BARRED", reason, 0
    if (imei, imsi) in world.pairs:
        return "white", "PAIR", "PAIR", 0
    locked_to = {device for subscriber, device in world.locks if subscriber == imsi}
    if imsi and locked_to and imei not in locked_to:
        return "black", "IMSI_LOCK", "IMSI_LOCK", 0
    return None


def read(world: World, imei: int, imsi: int, svn: int, now: int) -> Answer:
    """The table of the design, row by row, for a number of 14 digits."""
    digits = f"{imei:014}"
    if world.override != "off":
        return world.override, "OVERRIDE", "OVERRIDE", 0
    if digits in ("0" * 14, "8" * 14):
        lists, reason, deadline, _ = world.devices.get(imei, (frozenset(), "", 0, False))
        if lists:
            return by_lists(world, "MALFORMED", lists, reason, deadline, now)
        return world.malformed, "MALFORMED", "PLACEHOLDER_IMEI", 0
    if digits.startswith("00"):
        return world.test, "TEST", "TEST_IMEI", 0
    found = (
        of_subscriber(world, imei, imsi, now) or of_device(world, imei, imsi, now) or of_range(world, imei, svn, now)
    )  # fmt: skip
    if found:
        return found
    if now < world.cutovers.get(int(digits[:8]), 0):
        return "white", "CUTOVER", "CUTOVER", 0
    return respond(world, ""), "UNKNOWN", "NOT_LISTED", 0


def read_text(world: World, text: str, imsi: int, svn: int, now: int) -> Answer:
    """The same for an IMEI as a network holds it."""
    if len(text) in (14, 15, 16) and set(text) <= set("0123456789"):
        return read(world, int(text[:14]), imsi, int(text[14:]) if len(text) == 16 else svn, now)
    if world.override != "off":
        return world.override, "OVERRIDE", "OVERRIDE", 0
    lists, reason, deadline = world.texts.get(text.upper(), (frozenset(), "", 0))
    if lists:
        return by_lists(world, "MALFORMED", lists, reason, deadline, now)
    return world.malformed, "MALFORMED", "MALFORMED_IMEI", 0


# ---- from plain values to the store


LETTERS = {"w": Lists.WHITE, "g": Lists.GREY, "b": Lists.BLACK}


def listing(lists: frozenset[str], reason: str, deadline: int, paired_only: bool = False) -> Listing:
    mask = Lists.NONE
    for letter in lists:
        mask |= LETTERS[letter]
    return Listing(mask, Reason[reason], deadline, paired_only, since=19_000)


def rows_of(world: World) -> dict[str, dict[bytes, bytes]]:
    return {
        "status": {
            records.imei_key(imei): records.encode_device(Device(listing(*row), State.RELEASED, 7))
            for imei, row in world.devices.items()
        },
        "range": dict(
            records.encode_range(Range(first, last, listing(lists, reason, deadline), svns))
            for first, last, lists, reason, deadline, svns in world.ranges
        ),
        "pair": {records.pair_key(*pair): records.encode_pair(Pair(1, 19_000, 0)) for pair in world.pairs},
        "imsi_lock": {records.lock_key(*lock): records.encode_day(19_000) for lock in world.locks},
        "tac": {records.tac_key(tac): records.encode_cutover(time) for tac, time in world.cutovers.items()},
        "malformed": {
            records.text_key(text): records.encode_listing(listing(*row)) for text, row in world.texts.items()
        },
    }  # fmt: skip


def write(environment: Environment, world: World, *, clear: bool = True) -> int:
    """Makes the tables hold this world; the sequence number of the commit, or of the last one when nothing changed."""

    def apply(commit: Commit) -> tuple[int, bytes]:
        for table, rows in rows_of(world).items():
            gone = [key for key in commit.keys(table) if key not in rows] if clear else []
            values: dict[bytes, bytes | None] = dict.fromkeys(gone) | rows
            keys = sorted(values)
            commit.write(table, keys, [values[key] for key in keys])
        return commit.number, b""

    number, committed = environment.commit(apply)
    return committed.seq or number - 1


def policy_of(world: World) -> Policy:
    default = Policy.default()
    home = default.home.model_copy(update={"roamers_exempt": world.roamers_exempt, "exempt_imsi": world.exempt})
    return default.model_copy(
        update={
            "response_type": world.response,
            "custom_response": world.custom or default.custom_response,
            "override": world.override,
            "malformed": world.malformed,
            "test": world.test,
            "paired_only_without_imsi": world.paired_only,
            "home": home,
        }
    )


def plain(verdict: Any) -> Answer:
    return verdict.status.name.lower(), verdict.rule.name, verdict.reason.name, verdict.deadline


# ---- generated worlds and questions


list_sets = st.frozensets(st.sampled_from("wgb"), max_size=3)
reasons = st.sampled_from(["REGISTERED", "UNREGISTERED", "DUPLICATE", "STOLEN", "LOST", "BARRED", "UNSPECIFIED"])
deadlines = st.sampled_from((0, 0, *DEADLINES))
imeis = st.sampled_from(IMEIS)
imsis = st.sampled_from(IMSIS)
statuses = st.sampled_from(["white", "grey", "black", "unknown"])
some_svns = st.frozensets(st.sampled_from([0, 1, 99]), max_size=2).map(lambda svns: tuple(sorted(svns)))
nows = st.sampled_from([START + 9, START + 10, START + 19, START + 20, START + 21])


@st.composite
def range_lists(draw: st.DrawFn) -> list[tuple[int, int, frozenset[str], str, int, tuple[int, ...]]]:
    """Disjoint ranges, with ends on and beside the numbers that are asked for."""
    points = sorted(draw(st.sets(st.sampled_from(IMEIS) | st.sampled_from(IMEIS).map(lambda imei: imei + 3), max_size=8)))
    ends = zip(points[::2], points[1::2], strict=False)
    return [(a, b, draw(list_sets), draw(reasons), draw(deadlines), draw(some_svns)) for a, b in ends]


worlds = st.builds(
    World,
    devices=st.dictionaries(imeis, st.tuples(list_sets, reasons, deadlines, st.booleans()), max_size=16),
    ranges=range_lists(),
    pairs=st.frozensets(st.tuples(imeis, imsis), max_size=6),
    locks=st.frozensets(st.tuples(imsis, imeis), max_size=4),
    cutovers=st.dictionaries(st.sampled_from(TACS), st.just(0) | st.sampled_from(DEADLINES), max_size=3),
    texts=st.dictionaries(st.sampled_from(TEXTS), st.tuples(list_sets, reasons, deadlines), max_size=3),
    response=st.sampled_from([1, 2, 3, "custom"]),
    custom=st.fixed_dictionaries(dict.fromkeys(TYPES, statuses)),
    override=st.sampled_from(["off"] * 20 + ["white", "grey", "black", "unknown"]),
    malformed=statuses,
    test=statuses,
    paired_only=statuses,
    roamers_exempt=st.booleans(),
    exempt=st.sampled_from([(), (), ("43235",), ("4",), ("432110000000002", "262")]),
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    path: Path = tmp_path_factory.mktemp("engine")
    Environment.create(path, SCHEMA)
    with Environment.open(path, SCHEMA) as opened:
        yield opened


# ---- the tests


@FAST
@given(world=worlds, clock=st.lists(nows, min_size=1, max_size=5))
def test_check_agrees_with_a_plain_reading_of_the_table(environment: Environment, world: World, clock: list[int]) -> None:
    """Every question, on one engine, while the clock runs forwards and backwards over deadlines."""
    write(environment, world)
    engine = Engine(environment, policy_of(world))
    for now in clock:
        with engine.view(now) as view:
            for question in QUESTIONS:
                assert plain(view.check(*question)) == read(world, *question, now), (question, now)


@FAST
@given(world=worlds, now=nows)
def test_check_many_agrees_with_a_plain_reading_of_the_table(environment: Environment, world: World, now: int) -> None:
    write(environment, world)
    numbers, subscribers, _ = zip(*QUESTIONS, strict=True)
    with Engine(environment, policy_of(world)).view(now) as view:
        with_imsis, without = view.check_many(numbers, subscribers), view.check_many(IMEIS, [])
    assert list(map(plain, with_imsis)) == [read(world, imei, imsi, NO_SVN, now) for imei, imsi, _ in QUESTIONS]
    assert list(map(plain, without)) == [read(world, imei, 0, NO_SVN, now) for imei in IMEIS]


@FAST
@given(world=worlds, now=nows, imsi=st.just(0) | imsis, svn=st.sampled_from(SVNS))
def test_check_network_agrees_with_a_plain_reading_of_the_table(
    environment: Environment, world: World, now: int, imsi: int, svn: int
) -> None:
    write(environment, world)
    with Engine(environment, policy_of(world)).view(now) as view:
        for text in NETWORK_TEXTS:
            assert plain(view.check_network(text, imsi, svn)) == read_text(world, text, imsi, svn, now), text


@FAST
@given(world=worlds, clock=st.lists(nows, min_size=2, max_size=3, unique=True), order=st.randoms(use_true_random=False))
def test_views_of_several_seconds_side_by_side_each_answer_for_their_own(
    environment: Environment, world: World, clock: list[int], order: Random
) -> None:
    write(environment, world)
    engine = Engine(environment, policy_of(world))
    with environment.snapshot() as snapshot:
        views = [(engine.over(snapshot, now), now) for now in clock]
        for imei in IMEIS:
            for view, now in order.sample(views, len(views)):
                assert plain(view.check(imei)) == read(world, imei, 0, NO_SVN, now)


@FAST
@given(before=worlds, after=worlds, now=nows)
def test_a_view_answers_from_its_commit_whatever_is_committed_later(
    environment: Environment, before: World, after: World, now: int
) -> None:
    after = replace(after, **{name: getattr(before, name) for name in POLICY_FIELDS})
    seq = write(environment, before)
    engine = Engine(environment, policy_of(before))
    with engine.view(now) as view:
        later = write(environment, after)
        assert view.as_of == seq <= later
        assert [plain(view.check(*question)) for question in QUESTIONS] == [read(before, *one, now) for one in QUESTIONS]
    with engine.view(now) as view:
        assert view.as_of == later
        assert [plain(view.check(*question)) for question in QUESTIONS] == [read(after, *one, now) for one in QUESTIONS]


@FAST
@given(world=worlds, order=st.permutations(sorted({imei // 1_000_000 for imei in IMEIS})), now=nows)
def test_the_order_of_commits_that_touch_different_imeis_does_not_matter(
    environment: Environment, world: World, order: list[int], now: int
) -> None:
    """Devices, pairs and locks of each TAC in a commit of their own, in any order."""
    write(environment, World(ranges=world.ranges, cutovers=world.cutovers))
    for tac in order:
        part = World(
            devices={imei: row for imei, row in world.devices.items() if imei // 1_000_000 == tac},
            pairs=frozenset(pair for pair in world.pairs if pair[0] // 1_000_000 == tac),
            locks=frozenset(lock for lock in world.locks if lock[1] // 1_000_000 == tac),
        )
        write(environment, part, clear=False)
    with Engine(environment, policy_of(world)).view(now) as view:
        assert [plain(view.check(*question)) for question in QUESTIONS] == [read(world, *one, now) for one in QUESTIONS]


def test_a_verdict_kept_before_a_deadline_is_not_given_after_it(environment: Environment) -> None:
    """A record first asked for after the deadline, on an engine that was used before it."""
    other, device = IMEIS[1], IMEIS[2]
    world = World(
        devices={
            other: (frozenset("w"), "REGISTERED", 0, False),
            device: (frozenset("g"), "UNREGISTERED", START + 10, False),
        }
    )
    write(environment, world)
    engine = Engine(environment, policy_of(world))
    with engine.view(START) as view:
        assert view.check(other).status is Status.WHITE
    with engine.view(START + 10) as view:
        assert view.check(device).status is Status.BLACK
    with engine.view(START + 9) as view:
        assert (view.check(device).status, view.check(device).deadline) == (Status.GREY, START + 10)
    with engine.view(START + 10) as view:
        assert (view.check(device).status, view.check(device).deadline) == (Status.BLACK, 0)


def test_no_more_records_than_the_limit_are_kept(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eir.engine._KEPT", 2)
    rows = {imei: (frozenset("w"), reason.name, 0, False) for imei, reason in zip(IMEIS[:6], Reason, strict=False)}
    write(environment, World(devices=rows))
    engine = Engine(environment, Policy.default())
    with engine.view(START) as view:
        for _ in range(2):
            assert [view.check(imei).reason.name for imei in rows] == [row[1] for row in rows.values()]
    assert len(engine.verdicts(START)[0]) <= 2


def test_a_record_that_names_no_list_leaves_the_answer_to_the_rows_below(environment: Environment) -> None:
    imei = IMEIS[1]
    write(environment, World(devices={imei: (frozenset(), "UNSPECIFIED", 0, False)}))
    engine = Engine(environment, Policy.default())
    with engine.view(START) as view:
        assert view.check(imei).rule is view.check(imei, IMSIS[0]).rule is Rule.UNKNOWN
