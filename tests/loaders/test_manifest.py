"""Customs manifests: exactly the devices of a file are loaded, each whole, once, and all of it can be taken back."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir.identity import Imei, fold
from eir.lists import Listing, Lists, Reason
from eir.policy import Policy
from eir.records import Device, State, encode_device, imei_key, number
from eir.v1 import registry_pb2 as pb
from loaders.kinds import LOADERS
from loaders.load import Context
from loaders.load import load as load_file
from store.environment import Environment
from tests import strategies as ids
from tests.effort import tries
from tests.loaders.registries import (
    NOW,
    POLICY,
    TODAY,
    OnFile,
    adds_up,
    codes,
    day_number,
    device,
    on_file,
    put,
    registry,
    run,
    tables,
    undo,
)

FACTS = pb.DeclarationFacts(number="12345678", office="50100", year=1403)
OTHER = pb.DeclarationFacts(number="87654321", office="50100", year=1403)
FIRST = 35693803000000


def whole(imei14: int) -> str:
    return Imei(imei14).with_check_digit()


def load(
    environment: Environment, data: str | bytes, facts: pb.DeclarationFacts = FACTS, **options: object
) -> pb.LoadReport:
    return run(environment, "manifest", data, declaration=facts, **options)


def text(*rows: str, header: str = "imei,imei2,serial") -> str:
    return "\n".join((header, *rows)) + "\n"


# ---- exactly what the file says


class Shape(NamedTuple):
    devices: list[list[int]]
    rows: int
    data: str


@st.composite
def manifests(draw: st.DrawFn) -> Shape:
    """Devices with 1 to 4 IMEIs, written in one of the shapes in which manifests come, every cell in any right form."""
    imeis = draw(st.lists(ids.imei14s, min_size=1, max_size=14, unique=True))
    devices, at = [], 0
    while at < len(imeis):
        size = draw(st.integers(1, 4))
        devices.append(imeis[at : at + size])
        at += size
    cells = [[draw(ids.document_forms(imei14)) for imei14 in group] for group in devices]
    shape = draw(st.sampled_from(("columns", "serial", "device_id", "one cell", "json")))
    if shape == "json":
        objects = [{"imeis": group, "serial": f"S{index}"} for index, group in enumerate(cells)]
        return Shape(devices, len(devices), json.dumps(draw(st.sampled_from((objects, {"devices": objects})))))
    if shape == "columns":
        header = ["imei1", "imei2", "imei3", "imei4", "serial"]
        rows = [
            [*group, *[draw(st.sampled_from(("", "-", "N/A")))] * (4 - len(group)), f"S{n}"] for n, group in enumerate(cells)
        ]
    elif shape == "one cell":
        header = ["imei", "serial"]
        rows = [[draw(st.sampled_from((",", ";", "\n", " و "))).join(group), f"S{n}"] for n, group in enumerate(cells)]
    else:
        header = ["imei", shape]
        rows = draw(st.permutations([[cell, f"S{n}"] for n, group in enumerate(cells) for cell in group]))
    out = io.StringIO()
    csv.writer(out, delimiter=draw(st.sampled_from(",;|")), lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [header, *rows]
    )
    return Shape(devices, len(rows), out.getvalue())


@tries(40)
@given(manifests())
def test_a_manifest_loads_exactly_its_devices_once_and_undo_restores_all(shape: Shape) -> None:
    with registry() as environment:
        before = tables(environment)
        report = load(environment, shape.data)
        assert report.outcome == pb.LOAD_OUTCOME_LOADED
        assert sorted(map(sorted, (entry.imeis for entry in on_file(environment).values()))) == sorted(
            map(sorted, shape.devices)
        )
        assert (report.devices, report.imeis) == (len(shape.devices), sum(map(len, shape.devices)))
        assert (report.rows_read, report.ok + report.warn) == (shape.rows, shape.rows)
        loaded = tables(environment)
        assert len(loaded["status"]) == report.imeis
        assert load(environment, shape.data).outcome == pb.LOAD_OUTCOME_UNCHANGED
        again = load(environment, shape.data + "\n")
        assert (again.outcome, again.seq, codes(again)["ALREADY_LIVE"]) == (pb.LOAD_OUTCOME_UNCHANGED, 0, shape.rows)
        assert tables(environment) == loaded
        undo(environment, report.seq)
        assert tables(environment, "batch") == {name: rows for name, rows in before.items() if name != "batch"}


# ---- whatever becomes of its bytes

PAIRS = [(FIRST + 977 * index, FIRST + 977 * index + 1) for index in range(8)]
SOUND = text(*(f"{whole(a)},{whole(b)},SN{index:04}" for index, (a, b) in enumerate(PAIRS))).encode()
BODY = SOUND.index(b"\n") + 1
HOSTILE = st.sampled_from(b"\",;|\t\n\r'= -/.#*0123456789EeNnAa\x00\xff\xd9\xdb\xe2\x80\x8c")


@st.composite
def corrupted(draw: st.DrawFn) -> bytes:
    """The sound file with some bytes of its body replaced, inserted or removed."""
    data = bytearray(SOUND)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(BODY, len(data) - 1))
        data[at : at + draw(st.integers(0, 1))] = bytes(draw(st.lists(HOSTILE, max_size=2)))
    return bytes(data)


@tries(120)
@given(corrupted())
def test_corruption_never_makes_an_identifier_or_a_part_of_a_device(data: bytes) -> None:
    with registry() as environment:
        report = load(environment, data)
        assert adds_up(report)
        devices = on_file(environment)
        if report.outcome == pb.LOAD_OUTCOME_REFUSED:
            assert not devices
            return
        try:
            written = re.sub("[ /-]", "", fold(data.decode()))
        except UnicodeDecodeError:
            written = re.sub("[ /-]", "", fold(data.decode("cp1256")))
        for entry in devices.values():
            assert len(entry.imeis) > 1, "a slot was lost"
            assert all(f"{imei14:014}" in written for imei14 in entry.imeis), "an identifier that the file does not have"
        sound = {line for line, row in enumerate(SOUND.splitlines(), 1) if row in data.splitlines() and line > 1}
        assert len(devices) >= len(sound) - 2 * (8 - len(sound)), "rows that were left alone were lost"


@tries(30)
@given(st.binary(max_size=400))
def test_bytes_of_any_kind_end_in_a_report(data: bytes) -> None:
    with registry() as environment:
        for file in (data, b"imei,serial\n" + data):
            assert adds_up(load(environment, file))


# ---- devices whole or not at all


def test_rows_of_one_device_are_refused_together() -> None:
    rows = [f"{whole(FIRST + n)},S{n // 2}" for n in range(4)] + [f"{whole(FIRST + 8)}00,S1", f"{whole(FIRST + 9)},S2"]
    with registry() as environment:
        report = load(environment, text(*rows, header="imei,serial"))
        assert {entry.imeis for entry in on_file(environment).values()} == {
            frozenset((FIRST, FIRST + 1)),
            frozenset((FIRST + 9,)),
        }
        assert (report.rejected, report.ok + report.warn) == (3, 3)
        assert [(issue.line, issue.code) for issue in report.issues if issue.code == "LENGTH"] == [
            (4, "LENGTH"),
            (5, "LENGTH"),
            (6, "LENGTH"),
        ]


def test_a_row_that_the_reader_sets_aside_takes_its_device_with_it() -> None:
    rows = [f"{whole(FIRST)},S0,x", f"{whole(FIRST + 1)},S0", f"{whole(FIRST + 2)},S1,x", f"{whole(FIRST + 3)},S1,x"]
    with registry() as environment:
        report = load(environment, text(*rows, header="imei,serial,colour"))
        assert [entry.imeis for entry in on_file(environment).values()] == [frozenset((FIRST + 2, FIRST + 3))]
        assert (report.rejected, report.rows_read) == (2, 4)


def test_repeated_rows_within_a_device_count_once() -> None:
    rows = [f"{whole(FIRST)},S0", f"{whole(FIRST + 1)},S0", f"{whole(FIRST)[:14]},S0"]
    with registry() as environment:
        report = load(environment, text(*rows, header="imei,serial"))
        assert (report.devices, report.imeis, codes(report)["DUPLICATE_IN_FILE"]) == (1, 2, 1)


def test_more_imeis_on_one_serial_than_a_device_has_are_refused() -> None:
    rows = [f"{whole(FIRST + n)},S0" for n in range(5)] + [f"{whole(FIRST + 9)},S1"]
    with registry() as environment:
        report = load(environment, text(*rows, header="imei,serial"))
        assert (report.devices, codes(report)["TOO_MANY_IMEIS"]) == (1, 5)


def test_a_held_repetition_holds_the_device_that_it_repeats() -> None:
    """Twice the same device, and a third that shares an IMEI with it: nobody knows which of them is right."""
    rows = [f"{whole(FIRST)},{whole(FIRST + 1)},S0"] * 2 + [
        f"{whole(FIRST + 1)},{whole(FIRST + 2)},S1",
        f"{whole(FIRST + 7)},,S2",
    ]
    with registry() as environment:
        report = load(environment, text(*rows))
        assert [entry.imeis for entry in on_file(environment).values()] == [frozenset((FIRST + 7,))]
        assert codes(report)["TWO_DEVICES"] == 3


@pytest.mark.parametrize("column", ["sims", "quantity", "hs code", "tac"])
def test_values_beside_no_right_imei_decide_nothing(column: str) -> None:
    with registry() as environment:
        report = load(environment, text("1,,2", "x,,", header=f"imei,imei2,{column}"))
        assert (report.rejected, report.rows_read, report.seq) == (2, 2, 0)


@pytest.mark.parametrize(
    ("slots", "review"),
    [("2", 0), ("۲", 0), ("2.0", 0), ("1", 1), ("", 0), ("dual", 0), ("356938030000013", 1)],
)
def test_declared_slots_are_compared_with_the_imeis(slots: str, review: int) -> None:
    with registry() as environment:
        report = load(
            environment,
            text(f"{whole(FIRST)},{whole(FIRST + 1)},{slots}", f"{whole(FIRST + 2)},,1", header="imei,imei2,sims"),
        )
        assert (report.review, codes(report).get("SLOTS", 0)) == (review, review)


def test_hs_codes_of_the_year_before_are_remarked_and_others_refused() -> None:
    hs_codes = ("8517.13.00", "85171200", "8517", "phone", "")
    rows = [f"{whole(FIRST + n)},{code}" for n, code in enumerate(hs_codes)]
    with registry() as environment:
        report = load(environment, text(*rows, header="imei,hs code"))
        assert (codes(report)["HS_CODE_OLD"], codes(report)["HS_CODE_BAD"], report.devices) == (1, 2, 3)


# ---- what is written


def test_devices_are_numbered_on_in_blocks() -> None:
    with registry() as environment:
        rows = [f"{whole(FIRST + n)},,SN{n},{'Arvand' if n % 3 else ''}" for n in range(5000)]
        first = load(environment, text(*rows, header="imei,imei2,serial,brand"))
        second = load(environment, text(f"{whole(FIRST + 9000)},,,", header="imei,imei2,serial,brand"), OTHER)
        with environment.snapshot() as snapshot:
            assert list(map(number, snapshot.keys("device"))) == [4096, 5000, 5001]
        devices = on_file(environment)
        assert len(devices) == 5001
        assert devices[4400] == OnFile(frozenset((FIRST + 4399,)), "SN4399", "Arvand", 4401, first.batch)
        assert devices[1] == OnFile(frozenset((FIRST,)), "SN0", "", 2, first.batch)
        assert devices[5001] == OnFile(frozenset((FIRST + 9000,)), "", "", 2, second.batch)


def test_an_accepted_device_is_released_and_white() -> None:
    with registry() as environment:
        load(environment, text(f"{whole(FIRST)},,"))
        listing = Listing(Lists.WHITE, Reason.REGISTERED, since=day_number(TODAY))
        assert device(environment, FIRST) == Device(listing, State.RELEASED, 1)


def grey(days: int) -> Policy:
    manifest = POLICY.manifest.model_copy(update={"released": "grey", "activation_days": days})
    return POLICY.model_copy(update={"manifest": manifest})


def test_with_a_grey_policy_the_deadline_is_the_end_of_the_last_day() -> None:
    with registry() as environment:
        load(environment, text(f"{whole(FIRST)},,"), policy=grey(30))
        end = dt.datetime.combine(TODAY + dt.timedelta(days=31), dt.time(), POLICY.zone())
        listing = Listing(Lists.GREY, Reason.NOT_ACTIVATED, int(end.timestamp()), since=day_number(TODAY))
        assert device(environment, FIRST) == Device(listing, State.RELEASED, 1)
        load(environment, text(f"{whole(FIRST + 1)},,"), policy=grey(0))
        found = device(environment, FIRST + 1)
        assert found is not None
        assert found.listing.deadline == 0


def test_a_device_in_grace_is_released_and_one_in_use_keeps_its_listing() -> None:
    grace = Device(Listing(Lists.GREY, Reason.UNREGISTERED, NOW + 1, since=5), State.GRACE)
    legacy = Device(Listing(Lists.WHITE, Reason.LEGACY, since=5), State.LEGACY)
    with registry() as environment:
        put(environment, "status", imei_key(FIRST), encode_device(grace))
        put(environment, "status", imei_key(FIRST + 1), encode_device(legacy))
        before = tables(environment)
        report = load(environment, text(f"{whole(FIRST)},,", f"{whole(FIRST + 1)},{whole(FIRST + 2)},"), policy=grey(30))
        assert (report.devices, codes(report)["SEEN_BEFORE"]) == (2, 2)
        released = device(environment, FIRST)
        assert released is not None
        assert (released.state, released.listing.reason) == (State.RELEASED, Reason.NOT_ACTIVATED)
        assert device(environment, FIRST + 1) == legacy._replace(device=2)
        undo(environment, report.seq)
        assert tables(environment, "batch") == {name: rows for name, rows in before.items() if name != "batch"}


def test_every_change_carries_the_line_of_its_device() -> None:
    with registry() as environment:
        report = load(
            environment, "# office: 50100\n" + text(f"{whole(FIRST + 5)},,", f"{whole(FIRST)},{whole(FIRST + 9)},")
        )
        with environment.snapshot() as snapshot:
            block = next(block for block in snapshot.blocks(snapshot.header(report.seq)) if block.table == "status")
            lines = {number(block.key(index)): block.line(index) for index in range(3)}
        assert lines == {FIRST: 4, FIRST + 5: 3, FIRST + 9: 4}


# ---- against what is there


def test_a_file_with_old_and_new_devices_adds_the_new_ones() -> None:
    with registry() as environment:
        load(environment, text(f"{whole(FIRST)},,S0"))
        report = load(environment, text(f"{whole(FIRST)},,S0", f"{whole(FIRST + 1)},,S1"))
        assert (report.outcome, report.devices, codes(report)["ALREADY_LIVE"]) == (pb.LOAD_OUTCOME_LOADED, 1, 1)
        assert len(on_file(environment)) == 2


def test_another_slot_for_a_device_on_file_is_held() -> None:
    with registry() as environment:
        load(environment, text(f"{whole(FIRST)},,S0"))
        before = tables(environment)
        report = load(environment, text(f"{whole(FIRST)},{whole(FIRST + 1)},S0"))
        assert (report.outcome, codes(report)["ALREADY_LIVE_OTHER"]) == (pb.LOAD_OUTCOME_REFUSED, 1)
        assert tables(environment) == before


def test_a_file_of_which_nothing_is_accepted_is_refused_with_all_its_reasons() -> None:
    with registry() as environment:
        before = tables(environment)
        report = load(environment, text(f"{whole(FIRST)[:14]}x,,", ",,S1"))
        assert report.outcome == pb.LOAD_OUTCOME_REFUSED
        assert set(codes(report)) == {"NOTHING_ACCEPTED", "CHARACTERS", "EMPTY_IMEI"}
        assert report.rejected == report.rows_read == 2
        assert tables(environment) == before


def test_a_dry_run_says_what_the_load_does_and_changes_nothing() -> None:
    data = text(f"{whole(FIRST)},,S0", f"{whole(FIRST + 1)},x,S1", f"{whole(FIRST + 2)},{whole(FIRST + 3)},S2")
    with registry() as environment:
        before = tables(environment)
        dry = load(environment, data, dry_run=True)
        assert tables(environment) == before
        real = load(environment, data)
        assert (dry.outcome, dry.changes) == (pb.LOAD_OUTCOME_DRY_RUN, real.changes)
        assert (dry.devices, dry.imeis, codes(dry)) == (real.devices, real.imeis, codes(real))


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    options = pb.LoadOptions(declaration=FACTS)
    with registry() as environment:
        context = Context(POLICY, NOW, options, lambda *stage: told.append(stage))
        load_file(environment, LOADERS[pb.LOAD_KIND_MANIFEST], SOUND, context, actor="test")
    assert {stage for stage, _, _ in told} >= {"read", "check", "compare"}
    assert all(done <= total for _, done, total in told)
