"""A run of the block list: whom it marks, what it lists, what its gates stop, and the files it makes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eir import records
from eir.errors import CallerError, Conflict, GateFailed, InvalidField, OurError
from eir.lists import Listing, Lists, Reason, Status
from eir.policy import Policy
from eir.records import State
from eir.registry import Registry, undo
from eir.v1 import registry_pb2 as pb
from loaders import blocklist
from loaders.blocklists import files
from store.audit import audit
from store.environment import Environment
from tests.loaders.blocklist_registry import (
    DAY,
    Files,
    build,
    check,
    commit,
    enforced_from,
    instant,
    listed,
    manifest,
    named,
    operator,
    paired,
    registry,
    rows_of,
    seen,
    span,
)

RUN = instant(2026, 11, 23)
LAST_DAY = instant(2026, 12, 23, 23)
AFTER = instant(2026, 12, 24, 0)
MCI, MCI_2, IRANCELL = 432110000000001, 432110000000002, 432350000000001
NEW_NETWORK, VISITOR = 432990000000001, 262010000000001
SMUGGLED, OTHER, LAWFUL, STOLEN = 35410093000010, 35410093000020, 35260411000010, 35260411000020
WHITE = Listing(Lists.WHITE, Reason.REGISTERED, since=20_000)
BLACK = Listing(Lists.BLACK, Reason.STOLEN, since=20_710)  # 2026-09-14
OPERATORS = operator(1, "mci"), operator(2, "irancell")


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    with registry(tmp_path / "store") as opened:
        commit(opened, *OPERATORS)
        yield opened


def policy(**settings: Any) -> Policy:
    default = Policy.default()
    return default.model_copy(update={"block_list": default.block_list.model_copy(update=settings)})


POLICY = policy()


def stored(environment: Environment, imei: int) -> records.Device | None:
    with environment.snapshot() as snapshot:
        value = snapshot.get("status", records.imei_key(imei))
    return records.decode_device(value) if value else None


# ---- marking


def test_a_device_that_nothing_covers_is_grey_to_the_end_of_the_last_day_announced(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, MCI))
    report, contents = build(environment, POLICY, RUN)
    since = (AFTER - 1) // DAY - 30
    assert stored(environment, SMUGGLED) == records.Device(
        Listing(Lists.GREY, Reason.UNREGISTERED, AFTER, since=since), State.GRACE
    )
    assert (report.newly_greylisted, report.blacklisted, report.seq) == (1, 0, 3)
    assert check(environment, POLICY, SMUGGLED, MCI, LAST_DAY + 3599) is Status.GREY
    assert check(environment, POLICY, SMUGGLED, MCI, AFTER) is Status.BLACK
    assert named(contents, "notifications_mci.csv").splitlines()[1:] == [f"{SMUGGLED},{MCI},,20261224,unregistered"]


@pytest.mark.parametrize(
    "cover",
    [
        [listed(SMUGGLED, WHITE)],
        [listed(SMUGGLED, Listing(Lists.GREY, Reason.NOT_ACTIVATED))],
        [listed(SMUGGLED, BLACK)],
        [listed(SMUGGLED, Listing(paired_only=True, reason=Reason.DUPLICATE))],
        [span(35410093000000, 35410093999999, Listing(Lists.WHITE, Reason.LEGACY))],
        [span(SMUGGLED, SMUGGLED, Listing(Lists.WHITE, Reason.EXEMPT))],
        [enforced_from(35410093, RUN + 1)],
    ],
)
def test_a_covered_device_is_left_alone(environment: Environment, cover: list[Any]) -> None:
    commit(environment, seen(SMUGGLED, MCI), *cover)
    before = stored(environment, SMUGGLED)
    assert build(environment, POLICY, RUN)[0].newly_greylisted == 0
    assert stored(environment, SMUGGLED) == before


@pytest.mark.parametrize(
    "no_cover",
    [
        [],
        [paired(SMUGGLED, MCI)],
        [listed(SMUGGLED, Listing())],
        [span(35410093000000, 35410093999999, Listing(Lists.WHITE, Reason.LEGACY), 7)],
        [span(SMUGGLED + 1, SMUGGLED + 9, Listing(Lists.WHITE, Reason.LEGACY))],
        [span(0, SMUGGLED - 1, Listing(Lists.WHITE, Reason.LEGACY))],
        [enforced_from(35410093, RUN)],
    ],
)
def test_what_does_not_cover_a_device_does_not_spare_it(environment: Environment, no_cover: list[Any]) -> None:
    commit(environment, seen(SMUGGLED, MCI), *no_cover)
    assert build(environment, POLICY, RUN)[0].newly_greylisted == 1


def test_enforcement_that_has_not_begun_is_counted(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, MCI), seen(OTHER, MCI), enforced_from(35410093, RUN + 1))
    assert build(environment, POLICY, RUN)[0].not_covered_before_cutover == 2


@pytest.mark.parametrize("imsi", [MCI, NEW_NETWORK, 0])
def test_subscribers_of_the_home_country_and_unknown_ones_count_as_use(environment: Environment, imsi: int) -> None:
    commit(environment, seen(SMUGGLED, imsi))
    assert build(environment, POLICY, RUN)[0].newly_greylisted == 1


def test_a_device_seen_with_foreign_subscribers_only_is_a_visitor(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, VISITOR), seen(OTHER, VISITOR), seen(OTHER, MCI))
    report, _ = build(environment, POLICY, RUN)
    assert (report.devices_seen, report.newly_greylisted) == (2, 1)
    assert stored(environment, SMUGGLED) is None


def test_exempt_ranges_of_subscribers_and_roamers_inside_the_scheme_follow_the_policy(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, MCI), seen(OTHER, VISITOR))
    home = POLICY.home.model_copy(update={"exempt_imsi": ("4321100",), "roamers_exempt": False})
    build(environment, POLICY.model_copy(update={"home": home}), RUN)
    assert stored(environment, SMUGGLED) is None
    assert stored(environment, OTHER) is not None


@pytest.mark.parametrize("imei", [440112345678, 0, 88888888888888])
def test_test_and_placeholder_imeis_are_never_marked(environment: Environment, imei: int) -> None:
    commit(environment, seen(imei, MCI))
    assert build(environment, POLICY, RUN)[0].newly_greylisted == 0


def test_only_sightings_in_the_look_back_count(environment: Environment) -> None:
    run_day = RUN // DAY
    commit(environment, seen(SMUGGLED, MCI, last=run_day - 90), seen(OTHER, MCI, last=run_day - 91))
    build(environment, policy(lookback_days=90), RUN)
    assert stored(environment, SMUGGLED) is not None
    assert stored(environment, OTHER) is None


def test_a_forced_answer_covers_nobody(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, MCI))
    assert build(environment, POLICY.model_copy(update={"override": "white"}), RUN)[0].newly_greylisted == 1


def test_the_device_that_an_imei_is_a_slot_of_is_kept(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, MCI), listed(SMUGGLED, Listing(), device=0x01020300))
    build(environment, POLICY, RUN)
    marked = stored(environment, SMUGGLED)
    assert marked is not None and marked.device == 0x01020300


def test_a_deadline_announced_is_not_changed_by_a_later_run(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, MCI))
    build(environment, POLICY, RUN)
    first = stored(environment, SMUGGLED)
    report, _ = build(environment, policy(grace_days=5), RUN + DAY)
    assert stored(environment, SMUGGLED) == first
    assert report.newly_greylisted == 0


def test_without_days_of_grace_the_day_of_the_run_is_still_whole(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, MCI))
    build(environment, policy(grace_days=0), RUN)
    marked = stored(environment, SMUGGLED)
    assert marked is not None and marked.listing.deadline == instant(2026, 11, 24, 0)


# ---- lists


def test_the_black_list_says_since_when_and_why_in_order_of_imei(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, MCI), listed(STOLEN, BLACK), listed(LAWFUL, WHITE))
    commit(environment, listed(1324706181152, BLACK._replace(since=0)))
    build(environment, POLICY, RUN)
    report, contents = build(environment, POLICY, AFTER)
    assert named(contents, "blacklist.csv") == (
        f"imei,block_date,reasons\n01324706181152,,stolen\n{STOLEN},20260914,stolen\n{SMUGGLED},20261224,unregistered\n"
    )
    assert [(int(reason.reason), reason.devices) for reason in report.reasons] == [
        (Reason.UNREGISTERED, 1),
        (Reason.STOLEN, 2),
    ]


def test_a_clone_is_black_for_all_but_its_pairs_once_its_deadline_has_passed(environment: Environment) -> None:
    clone = Listing(Lists.GREY, Reason.DUPLICATE, AFTER, paired_only=True, since=20_700)
    commit(environment, listed(LAWFUL, clone), paired(LAWFUL, MCI, 989710000001), seen(LAWFUL, MCI), seen(LAWFUL, MCI_2))
    _, before = build(environment, POLICY, RUN)
    assert rows_of(named(before, "blacklist.csv").encode()) == []
    assert rows_of(named(before, "notifications_mci.csv").encode()) == [f"{LAWFUL},{MCI_2},,20261224,duplicate"]
    _, after = build(environment, POLICY, AFTER)
    assert rows_of(named(after, "blacklist.csv").encode()) == [f"{LAWFUL},20261224,duplicate"]
    assert rows_of(named(after, "exceptions_mci.csv").encode()) == [f"{LAWFUL},{MCI},989710000001"]


def test_a_black_range_lists_the_devices_that_were_seen_in_it(environment: Environment) -> None:
    barred = Listing(Lists.BLACK, Reason.TYPE_NOT_APPROVED, since=20_710)
    commit(environment, span(35410093000000, 35410093999999, barred), seen(SMUGGLED, MCI), seen(OTHER, VISITOR))
    _, contents = build(environment, POLICY, RUN)
    assert rows_of(named(contents, "blacklist.csv").encode()) == [
        f"{SMUGGLED},20260914,type_not_approved",
        f"{OTHER},20260914,type_not_approved",
    ]


def test_a_subscriber_is_notified_by_the_operator_of_the_imsi_once(environment: Environment) -> None:
    commit(
        environment,
        seen(SMUGGLED, IRANCELL, operator=1, last=20_702, msisdn=0),
        seen(SMUGGLED, IRANCELL, operator=2, last=20_700, msisdn=989700000001),
        seen(OTHER, IRANCELL, operator=1, last=20_702, msisdn=989700000003),
        seen(OTHER, IRANCELL, operator=2, last=20_700, msisdn=989700000002),
    )
    _, contents = build(environment, POLICY, RUN)
    assert rows_of(named(contents, "notifications_mci.csv").encode()) == []
    assert rows_of(named(contents, "notifications_irancell.csv").encode()) == [
        f"{SMUGGLED},{IRANCELL},989700000001,20261224,unregistered",
        f"{OTHER},{IRANCELL},989700000003,20261224,unregistered",
    ]


def test_where_the_operator_of_the_imsi_is_not_known_all_that_saw_it_notify(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, NEW_NETWORK, 1), seen(SMUGGLED, NEW_NETWORK, 2), seen(OTHER, 0, 2, msisdn=7))
    _, contents = build(environment, POLICY, RUN)
    both = f"{SMUGGLED},{NEW_NETWORK},,20261224,unregistered"
    assert rows_of(named(contents, "notifications_mci.csv").encode()) == [both]
    assert rows_of(named(contents, "notifications_irancell.csv").encode()) == [both, f"{OTHER},,7,20261224,unregistered"]
    assert rows_of(named(contents, "notifications_rightel.csv").encode()) == []


def test_visitors_and_paired_subscribers_are_not_notified(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, VISITOR), seen(SMUGGLED, MCI), seen(SMUGGLED, MCI_2), paired(SMUGGLED, MCI))
    _, contents = build(environment, POLICY, RUN)
    assert rows_of(named(contents, "notifications_mci.csv").encode()) == [f"{SMUGGLED},{MCI_2},,20261224,unregistered"]
    assert sum(len(rows_of(data)) for name, data in contents.items() if "notifications" in name) == 1


def test_nobody_is_told_a_date_that_will_not_come(environment: Environment) -> None:
    """With response type 3 a device that is on the grey or black list only is unknown, before the date and after."""
    commit(environment, seen(SMUGGLED, MCI))
    _, contents = build(environment, POLICY.model_copy(update={"response_type": 3}), RUN)
    assert rows_of(named(contents, "notifications_mci.csv").encode()) == []


def test_exceptions_are_the_pairs_that_are_served(environment: Environment) -> None:
    commit(environment, listed(STOLEN, BLACK), paired(STOLEN, MCI), paired(SMUGGLED, MCI), paired(OTHER, NEW_NETWORK))
    _, contents = build(environment, POLICY, RUN)
    assert rows_of(named(contents, "exceptions_mci.csv").encode()) == [f"{SMUGGLED},{MCI},", f"{OTHER},{NEW_NETWORK},"]
    assert rows_of(named(contents, "exceptions_taliya.csv").encode()) == [f"{OTHER},{NEW_NETWORK},"]


# ---- gates


def crowd(environment: Environment, devices: int) -> None:
    commit(environment, *(seen(35410093000000 + number, MCI) for number in range(devices)))


def test_a_gate_stops_a_run_that_marks_too_many_and_nothing_is_changed(environment: Environment) -> None:
    crowd(environment, 11)
    strict = policy(max_new_floor=10)
    with pytest.raises(GateFailed, match="new_deadlines: 11 of 11 devices would get a deadline; at most 10 may"):
        build(environment, strict, RUN)
    with environment.snapshot() as snapshot:
        assert (snapshot.seq, snapshot.entries("status"), snapshot.entries("batch")) == (2, 0, 0)


def test_a_gate_stops_a_run_that_newly_blacks_too_many(environment: Environment) -> None:
    commit(environment, *(listed(35410093000000 + number, BLACK) for number in range(11)))
    with pytest.raises(GateFailed, match="newly_blacklisted: 11 of 11"):
        build(environment, policy(max_new_floor=10), RUN)


def test_what_was_black_at_the_last_run_is_not_newly_black(environment: Environment) -> None:
    commit(environment, *(listed(35410093000000 + number, BLACK) for number in range(11)))
    build(environment, policy(max_new_floor=11), RUN)
    commit(environment, listed(STOLEN, BLACK))
    report, _ = build(environment, policy(max_new_floor=1), RUN + 1)
    assert (report.newly_blacklisted, report.blacklisted) == (1, 12)


def test_a_share_given_replaces_ceiling_and_floor(environment: Environment) -> None:
    crowd(environment, 10)
    commit(environment, *(listed(35260411000000 + number, WHITE) for number in range(10)))
    with pytest.raises(GateFailed):
        build(environment, POLICY, RUN, max_new_share=0.49)
    assert build(environment, policy(max_new_floor=0), RUN, max_new_share=0.5)[0].newly_greylisted == 10


def test_a_dry_run_shows_the_failed_gate_and_what_would_change_and_changes_nothing(environment: Environment) -> None:
    crowd(environment, 41)
    commit(environment, listed(STOLEN, BLACK))
    report, contents = build(environment, policy(max_new_floor=10), RUN, dry_run=True)
    assert report.dry_run and contents == {}
    assert [(gate.name, gate.value, gate.limit, gate.passed) for gate in report.gates] == [
        ("new_deadlines", 41, 10, False),
        ("newly_blacklisted", 1, 10, True),
    ]
    assert len(report.samples) == 20
    samples = [
        (change.imei, int(change.before), int(change.after), int(change.reason), change.deadline)
        for change in report.samples
    ]
    assert samples[0] == (str(STOLEN), Status.UNKNOWN, Status.BLACK, Reason.STOLEN, 0)
    assert samples[-1] == ("35410093000040", Status.UNKNOWN, Status.GREY, Reason.UNREGISTERED, AFTER)
    with environment.snapshot() as snapshot:
        assert (snapshot.seq, snapshot.entries("status")) == (3, 1)


# ---- the commit


def test_a_run_is_one_commit_that_can_be_taken_back(environment: Environment) -> None:
    commit(environment, seen(SMUGGLED, MCI), listed(SMUGGLED, Listing(), device=5))
    before = stored(environment, SMUGGLED)
    report, _ = build(environment, POLICY, RUN)
    with environment.snapshot() as snapshot:
        header = snapshot.header(report.seq)
        batch = pb.Batch.FromString(snapshot.get("batch", report.batch.encode()) or b"")
    assert (batch.kind, batch.seq, batch.time, batch.imeis) == (pb.LOAD_KIND_BLOCK_LIST, 3, RUN, 1)
    written = pb.JournalNote.FromString(header.note)
    assert (written.kind, written.actor, written.batch) == ("build block list", "tester", report.batch)
    undo(Registry(environment, POLICY), pb.UndoRequest(batch=report.batch), "tester")
    assert stored(environment, SMUGGLED) == before
    audit(environment)


def test_every_run_has_a_commit_of_its_own(environment: Environment) -> None:
    seqs = [build(environment, POLICY, RUN)[0].seq for _ in range(3)]
    assert seqs == [2, 3, 4]


def test_a_run_taken_back_is_not_the_previous_list(environment: Environment) -> None:
    commit(environment, listed(STOLEN, BLACK))
    report, _ = build(environment, POLICY, RUN)
    undo(Registry(environment, POLICY), pb.UndoRequest(batch=report.batch), "tester")
    assert build(environment, POLICY, RUN - DAY)[0].newly_blacklisted == 1


def test_a_run_cannot_be_before_the_last_one_but_a_dry_run_can(environment: Environment) -> None:
    build(environment, POLICY, RUN)
    with pytest.raises(InvalidField, match=r"at: .* is before the last run's"):
        build(environment, POLICY, RUN - 1)
    assert build(environment, POLICY, RUN - 1, dry_run=True)[0].at == RUN - 1


@pytest.mark.parametrize("at", [-1, 2**32, 2**32 - 40 * DAY + 30 * DAY, 10**18, -(10**18)])
def test_an_instant_beyond_the_dates_of_records_is_refused(environment: Environment, at: int) -> None:
    with pytest.raises(InvalidField, match=r"^at: "):
        build(environment, POLICY, at)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_share_that_is_none_is_refused(environment: Environment, share: float) -> None:
    with pytest.raises(InvalidField, match=r"^max_new_share: "):
        build(environment, POLICY, RUN, max_new_share=share)


def test_without_an_instant_the_run_is_for_now(environment: Environment) -> None:
    parts = blocklist.build(environment, POLICY, pb.BuildBlockListRequest(), "tester", now=RUN)
    assert next(parts).report.at == RUN


# ---- files


def test_a_run_makes_a_file_for_each_list_and_operator_and_a_manifest_of_them(environment: Environment) -> None:
    commit(environment, operator(3, "a/../b"), seen(SMUGGLED, MCI))
    report, contents = build(environment, POLICY, RUN)
    names = ["a%2F..%2Fb", "irancell", "kish", "mci", "mtce", "rightel", "taliya"]
    assert [name.removeprefix("20261123_120000_") for name in contents] == [
        "blacklist.csv",
        *(f"notifications_{name}.csv" for name in names),
        *(f"exceptions_{name}.csv" for name in names),
        "manifest.json",
    ]
    facts = manifest(contents)
    assert (facts["generation"], facts["base"], facts["at"]) == (report.seq, 0, RUN)
    assert facts["policy"] == POLICY.digest().hex()
    assert facts["lists"] == [
        {
            "name": name,
            "rows": len(rows_of(data)),
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        for name, data in contents.items()
        if name.endswith(".csv")
    ]
    assert [(file.name, file.sha256) for file in report.files] == [
        (name, hashlib.sha256(data).hexdigest()) for name, data in contents.items()
    ]


def test_the_same_state_gives_the_same_bytes(tmp_path: Path) -> None:
    made: list[Files] = []
    for name in ("one", "two"):
        with registry(tmp_path / name) as environment:
            commit(environment, *OPERATORS)
            crowd(environment, 50)
            made.append(build(environment, POLICY, RUN)[1])
    assert made[0] == made[1]


def test_a_long_list_comes_in_parts_that_make_one_file(environment: Environment) -> None:
    commit(environment, *(listed(35410093000000 + number, BLACK) for number in range(9000)))
    request = pb.BuildBlockListRequest(at=RUN, max_new_share=1)
    parts = list(blocklist.build(environment, POLICY, request, "tester", now=request.at))
    pieces = [part.chunk for part in parts if part.chunk.file_name.endswith("blacklist.csv")]
    assert len(pieces) == 3 and max(len(piece.data) for piece in pieces) < 1 << 20
    assert len(rows_of(b"".join(piece.data for piece in pieces))) == 9000


def stream(environment: Environment) -> list[pb.BlockListPart]:
    commit(environment, seen(SMUGGLED, MCI))
    return list(blocklist.build(environment, POLICY, pb.BuildBlockListRequest(at=RUN), "tester", now=RUN))


def test_received_files_are_those_of_the_report_and_nothing_else(environment: Environment, tmp_path: Path) -> None:
    parts = stream(environment)
    report = files.receive(parts, tmp_path / "new" / "lists")
    there = sorted((tmp_path / "new" / "lists").iterdir())
    assert [path.name for path in there] == sorted(file.name for file in report.files)
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in there}
    assert digests == {file.name: file.sha256 for file in report.files}
    assert files.receive(parts, tmp_path / "new" / "lists") == report  # a second time changes nothing


def test_a_file_of_another_content_is_not_overwritten_and_nothing_is_written(
    environment: Environment, tmp_path: Path
) -> None:
    other = tmp_path / "20261123_120000_exceptions_mci.csv"
    other.write_text("mine")
    with pytest.raises(Conflict, match=r"exceptions_mci\.csv is there already"):
        files.receive(stream(environment), tmp_path)
    assert other.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [other.name]


def test_a_damaged_or_short_stream_writes_nothing(environment: Environment, tmp_path: Path) -> None:
    parts = stream(environment)
    out = tmp_path / "lists"
    damaged = pb.BlockListPart()
    damaged.CopyFrom(parts[1])
    damaged.chunk.data += b"35410093000010,20260101,stolen\n"
    stray = pb.BlockListPart(chunk=pb.BlockListChunk(file_name="../stray", data=b"x"))
    for broken in ([parts[0], damaged, *parts[2:]], parts[:-1], parts[1:], [*parts, stray]):
        with pytest.raises(OurError):
            files.receive(broken, out)
        assert list(out.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_the_callers_to_mend(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CallerError, match="cannot be written to"):
        files.receive(stream(environment), tmp_path / "file" / "lists")


def test_only_a_dry_run_looks_ahead(environment: Environment) -> None:
    request = pb.BuildBlockListRequest(at=RUN + 2 * 86_400)
    with pytest.raises(InvalidField, match="at: "):
        blocklist.build(environment, POLICY, request, "tester", now=RUN)
    request.dry_run = True
    assert next(blocklist.build(environment, POLICY, request, "tester", now=RUN)).report.dry_run
