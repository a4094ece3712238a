"""Lists of earlier commits, and the deltas between them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir import records
from eir.errors import InvalidField, NotFound
from eir.lists import Listing, Lists, Reason
from eir.policy import Policy
from loaders import blocklist
from loaders.blocklists import state as stored
from loaders.load import silent
from store.environment import Environment
from tests.effort import tries
from tests.loaders.blocklist_registry import (
    Entry,
    Files,
    apply,
    build,
    commit,
    delta,
    full,
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
from tests.loaders.blocklist_stories import CLOCK, changes, policies, runs, tell

POLICY = Policy.default()
RUN, AFTER = instant(2026, 11, 23), instant(2026, 12, 24, 0)
MCI, MCI_2 = 432110000000001, 432110000000002
PHONE, SECOND = 35410093000010, 35410093000020
BLACK = Listing(Lists.BLACK, Reason.STOLEN, since=20_710)
FAST = tries(25)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    with registry(tmp_path / "store", CLOCK) as opened:
        commit(opened, operator(1, "mci"))
        yield opened


def nonempty(contents: Files) -> dict[str, list[str]]:
    """Rows by what the end of the file's name says."""
    found = {name[16:-4]: rows_of(data) for name, data in contents.items() if name.endswith(".csv")}
    return {name: rows for name, rows in found.items() if rows}


@FAST
@given(policies(), st.lists(st.one_of(changes, changes, runs), max_size=7), st.data())
def test_deltas_lead_from_any_commit_to_any_later_one(
    policy: Policy, story: list[list[Entry] | int], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder, registry(Path(folder) / "store", CLOCK) as environment:
        told = tell(environment, policy, story).lists
        for seq, lists in told.items():
            assert full(blocklist.lists_at(environment, policy, seq), policy) == full(lists, policy)
        first, second, third = sorted(data.draw(st.lists(st.sampled_from(sorted(told)), min_size=3, max_size=3)))
        texts = {seq: full(told[seq], policy) for seq in (first, second, third)}
        to_second = delta(environment, policy, first, second)[1] if second else {}
        to_third = delta(environment, policy, second, third)[1] if third else {}
        direct = delta(environment, policy, first, third)[1] if third else {}
        assert apply(texts[first], to_second).items() >= texts[second].items()
        assert apply(texts[first], direct).items() >= texts[third].items()
        stepwise = apply(apply(texts[first], to_second), to_third)
        assert stepwise == apply(texts[first], direct)
        assert {name: rows for name, rows in stepwise.items() if rows} == {
            name: rows for name, rows in texts[third].items() if rows
        }


def test_between_a_commit_and_itself_nothing_changes(environment: Environment) -> None:
    commit(environment, listed(PHONE, BLACK), seen(SECOND, MCI), paired(PHONE, MCI))
    seq = build(environment, POLICY, RUN)[0].seq
    report, contents = delta(environment, POLICY, seq, seq)
    assert nonempty(contents) == {}
    assert (report.newly_blacklisted, report.newly_greylisted, list(report.samples)) == (0, 0, [])


def test_a_device_goes_from_new_to_blacklisted_to_unblocked(environment: Environment) -> None:
    seqs = [commit(environment, seen(PHONE, MCI)).seq]
    seqs.append(build(environment, POLICY, RUN)[0].seq)
    seqs.append(build(environment, POLICY, AFTER)[0].seq)
    white = Listing(Lists.WHITE, Reason.REGISTERED)
    seqs.append(commit(environment, listed(PHONE, white)).seq)
    deltas = [nonempty(delta(environment, POLICY, first, last)[1]) for first, last in pairwise(seqs)]
    notified, black = f"{PHONE},{MCI},,20261224,unregistered", f"{PHONE},20261224,unregistered"
    assert deltas == [
        {"notifications_mci_delta_2_3_new": [notified]},
        {"blacklist_delta_3_4_blocked": [black], "notifications_mci_delta_3_4_blacklisted": [notified]},
        {"blacklist_delta_4_5_unblocked": [black]},
    ]
    assert nonempty(delta(environment, POLICY, seqs[0], seqs[-1])[1]) == {}


def test_a_row_that_leaves_the_notifications_says_why(environment: Environment) -> None:
    recent = POLICY.model_copy(update={"block_list": POLICY.block_list.model_copy(update={"lookback_days": 10})})
    today = RUN // 86_400
    phones = [PHONE + number for number in range(4)]
    paired_later, registered_later, unseen_later, renumbered = phones
    commit(environment, *(seen(phone, MCI, last=today) for phone in phones))
    first = build(environment, recent, RUN)[0].seq
    commit(
        environment,
        paired(paired_later, MCI),
        listed(registered_later, Listing(Lists.WHITE, Reason.REGISTERED)),
        seen(renumbered, MCI, last=today + 15, msisdn=989710000009),
    )
    last = build(environment, recent, RUN + 15 * 86_400)[0].seq
    found = nonempty(delta(environment, recent, first, last)[1])
    assert found == {
        f"notifications_mci_delta_{first}_{last}_resolved": [
            f"{paired_later},{MCI},,20261224,unregistered",
            f"{registered_later},{MCI},,20261224,unregistered",
        ],
        f"notifications_mci_delta_{first}_{last}_no_longer_seen": [f"{unseen_later},{MCI},,20261224,unregistered"],
        f"notifications_mci_delta_{first}_{last}_changed": [f"{renumbered},{MCI},989710000009,20261224,unregistered"],
        f"exceptions_mci_delta_{first}_{last}_added": [f"{paired_later},{MCI},"],
    }


def test_a_subscriber_paired_in_time_is_resolved_not_blacklisted(environment: Environment) -> None:
    commit(environment, seen(PHONE, MCI), seen(PHONE, MCI_2))
    first = build(environment, POLICY, RUN)[0].seq
    commit(environment, paired(PHONE, MCI))
    last = build(environment, POLICY, AFTER)[0].seq
    found = nonempty(delta(environment, POLICY, first, last)[1])
    notices = f"notifications_mci_delta_{first}_{last}"
    assert found[f"{notices}_resolved"] == [f"{PHONE},{MCI},,20261224,unregistered"]
    assert found[f"{notices}_blacklisted"] == [f"{PHONE},{MCI_2},,20261224,unregistered"]


def test_a_range_changed_many_times_is_as_each_commit_left_it(environment: Environment) -> None:
    commit(environment, seen(PHONE, MCI))
    days = range(20_711, 20_715)
    seqs = [commit(environment, span(PHONE, PHONE + 9, BLACK._replace(since=since))).seq for since in days]
    commit(environment, ("range", records.imei_key(PHONE + 9), None))
    lists = [full(blocklist.lists_at(environment, POLICY, seq), POLICY)["blacklist"] for seq in (1, *seqs, seqs[-1] + 1)]
    assert lists == [set(), *({f"{PHONE},202609{day},stolen"} for day in (15, 16, 17, 18)), set()]


def test_other_dates_or_reasons_are_changes_and_an_exception_with_another_number_comes_anew(
    environment: Environment,
) -> None:
    first = commit(environment, listed(PHONE, BLACK), paired(SECOND, MCI, 1)).seq
    last = commit(environment, listed(PHONE, BLACK._replace(since=20_711)), paired(SECOND, MCI, 2)).seq
    assert nonempty(delta(environment, POLICY, first, last)[1]) == {
        f"blacklist_delta_{first}_{last}_changed": [f"{PHONE},20260915,stolen"],
        f"exceptions_mci_delta_{first}_{last}_added": [f"{SECOND},{MCI},2"],
        f"exceptions_mci_delta_{first}_{last}_removed": [f"{SECOND},{MCI},1"],
    }


def test_a_delta_says_what_it_leads_from_and_to(environment: Environment) -> None:
    commit(environment, listed(PHONE, BLACK))
    last = build(environment, POLICY, RUN)[0].seq
    report, contents = delta(environment, POLICY, 1)
    assert (report.base_seq, report.seq, report.at, report.newly_blacklisted, report.blacklisted) == (1, last, RUN, 1, 1)
    facts = manifest(contents)
    assert (facts["base"], facts["generation"], facts["at"]) == (1, last, RUN)
    assert [name for name in contents if name.endswith(".json")] == [f"20261123_120000_manifest_delta_1_{last}.json"]
    assert named(contents, f"blacklist_delta_1_{last}_blocked.csv").splitlines()[1:] == [f"{PHONE},20260914,stolen"]


def test_a_delta_from_nothing_has_the_whole_lists(environment: Environment) -> None:
    commit(environment, listed(PHONE, BLACK), seen(SECOND, MCI_2), paired(PHONE, MCI))
    report, whole = build(environment, POLICY, RUN)
    _, contents = delta(environment, POLICY, 0, report.seq)
    assert rows_of(named(contents, "_blocked.csv").encode()) == rows_of(named(whole, "blacklist.csv").encode())
    assert rows_of(named(contents, f"mci_delta_0_{report.seq}_new.csv").encode()) == rows_of(
        named(whole, "notifications_mci.csv").encode()
    )


def test_of_an_empty_registry_the_delta_is_empty(tmp_path: Path) -> None:
    with registry(tmp_path / "store") as environment:
        report, contents = delta(environment, POLICY, 0)
    assert (report.seq, nonempty(contents)) == (0, {})


def test_a_commit_that_is_not_there_is_not_found(environment: Environment) -> None:
    for first, last in ((0, 2), (7, 9)):
        with pytest.raises(NotFound, match=f"no commit {last}"):
            delta(environment, POLICY, first, last)


def test_a_delta_does_not_go_back(environment: Environment) -> None:
    commit(environment, listed(PHONE, BLACK))
    with pytest.raises(InvalidField, match=r"^from_seq: 2 is after commit 1"):
        delta(environment, POLICY, 2, 1)


def test_columns_read_what_records_wrote(environment: Environment) -> None:
    sighting = records.Sighting(20_000, 20_300, 989710000256)
    commit(
        environment,
        ("sighting", records.sighting_key(PHONE, MCI, 513), records.encode_sighting(sighting)),
        paired(PHONE, MCI, 989710000256),
        listed(PHONE, BLACK, 0x01020300),
    )
    with environment.snapshot() as snapshot:
        tables = stored.Tables.read(snapshot, silent).large

    def number(table: str, part: slice) -> list[int]:
        found: list[int] = stored.numbers(tables[table], part).tolist()
        return found

    for table in ("sighting", "pair", "status"):
        assert number(table, stored.IMEI) == [PHONE]
    assert number("sighting", stored.IMSI) == number("pair", stored.IMSI) == [MCI]
    assert number("sighting", stored.SIGHTING_OPERATOR) == [513]
    assert number("sighting", stored.SIGHTING_LAST) == [20_300]
    assert number("sighting", stored.SIGHTING_MSISDN) == number("pair", stored.PAIR_MSISDN) == [989710000256]
    assert number("status", stored.STATUS_HEAD) == [records.number(records.encode_listing(BLACK))]
    assert number("status", stored.STATUS_DEVICE) == [0x01020300]
    assert stored.octets(np.array([PHONE], np.uint64), 6).tobytes() == records.imei_key(PHONE)
