"""Generated registries for the tests of block lists: few devices, subscribers and dates, so that they meet."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from eir.lists import Listing, Lists, Reason
from eir.policy import Policy
from loaders import blocklist
from loaders.blocklists.rows import BlockLists
from store.environment import Environment
from tests.loaders.blocklist_registry import (
    DAY,
    Entry,
    build,
    commit,
    enforced_from,
    instant,
    listed,
    locked,
    now_lists,
    operator,
    paired,
    seen,
    span,
)

DEFAULT = Policy.default()
CLOCK = float(instant(2026, 11, 1))  # of all commits but runs
START = instant(2026, 11, 1)
IMEIS = [
    *(35410093000000 + serial for serial in range(4)),
    *(1324706999996 + serial for serial in range(6)),  # across the end of a TAC; a leading zero
    440112345678,  # a test allocation
    88888888888888,  # a placeholder
    99999999999999,
]
IMSIS = [0, 432110000000001, 432110000000002, 432350000000001, 432990000000001, 262010000000001, 43211]
DATES = [START - DAY, START, START + DAY, START + 3 * DAY, START + 40 * DAY]
SECONDS = sorted({date + shift for date in DATES for shift in (-1, 0)})
SPANS = [(1324706999990, 1324706999997), (1324706999998, 1324707000000), (35410093000001, 35410093000002)]

listings = st.builds(
    Listing,
    lists=st.sampled_from([Lists(mask) for mask in range(8)]),
    reason=st.sampled_from([Reason.REGISTERED, Reason.UNREGISTERED, Reason.STOLEN, Reason.DUPLICATE, Reason.LEGACY]),
    deadline=st.sampled_from([0, *DATES]),
    paired_only=st.booleans(),
    since=st.sampled_from([0, 20_000, 20_001]),
)
imeis = st.sampled_from(IMEIS)
imsis = st.sampled_from(IMSIS)
spans = st.sampled_from(SPANS)
numbers = st.sampled_from([0, 989710000001, 989710000002])
put = st.one_of(
    st.builds(listed, imeis, listings, st.sampled_from([0, 256])),
    st.builds(
        seen, imeis, imsis, st.sampled_from([1, 2]), st.sampled_from([START // DAY - 8, START // DAY]), numbers
    ),
    st.builds(paired, imeis, imsis.filter(bool), numbers),
    st.builds(lambda ends, listing, svns: span(*ends, listing, *svns), spans, listings, st.sampled_from([(), (7,)])),
    st.builds(enforced_from, st.sampled_from([35410093, 1324706]), st.sampled_from([0, *DATES])),
    st.builds(operator, st.just(3), st.sampled_from(["newcomer", "mci"])),
)  # fmt: skip
locks = st.builds(locked, imsis.filter(bool), imeis)


def removal(entry: Entry) -> Entry:
    table, key, _ = entry
    return table, key, None


# A removed key is often one that is not there: then there is no commit, or it is one of the other changes.
changes = st.lists(
    st.one_of(put, put, put.filter(lambda entry: entry[0] != "operator").map(removal)), min_size=1, max_size=5
)
runs = st.integers(0, 45).map(lambda days: START + days * DAY)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies that differ in what decides a verdict, and in the look-back."""
    default = DEFAULT
    statuses = st.sampled_from(["white", "grey", "black", "unknown"])
    custom = {key: draw(statuses) for key in default.custom_response}
    block_list = default.block_list.model_copy(
        update={"lookback_days": draw(st.sampled_from([0, 7])), "grace_days": draw(st.sampled_from([0, 2, 30]))}
    )
    home = default.home.model_copy(
        update={
            "roamers_exempt": draw(st.sampled_from([True, True, False])),
            "exempt_imsi": draw(st.sampled_from([(), ("432110000000002",), ("2620",)])),
        }
    )
    return default.model_copy(
        update={
            "response_type": draw(st.sampled_from([2, 2, 1, 3, "custom"])),
            "custom_response": custom,
            "override": draw(st.sampled_from(["off"] * 5 + ["white", "black"])),
            "malformed": draw(statuses),
            "test": draw(statuses),
            "block_list": block_list,
            "home": home,
        }
    )


@dataclass
class Told:
    """A story told to a store: the lists after each commit, made when it was the last one."""

    lists: dict[int, BlockLists]


def tell(environment: Environment, policy: Policy, story: list[list[Entry] | int]) -> Told:
    """Commits changes and runs in turn; runs never go back in time."""
    told = Told({0: blocklist.lists_at(environment, policy, 0)})
    commit(environment, operator(1, "mci"), operator(2, "irancell"))
    told.lists[1] = now_lists(environment, policy, int(CLOCK))
    latest = 0
    for step in story:
        if isinstance(step, int):
            latest = max(latest, step)
            report, _ = build(environment, policy, latest, max_new_share=1)
            told.lists[report.seq] = now_lists(environment, policy, latest)
        else:
            seq = commit(environment, *step).seq
            if seq:
                told.lists[seq] = now_lists(environment, policy, int(CLOCK))
    return told
