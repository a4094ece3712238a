"""The rows of the three lists, made from one state.

    black list      every IMEI on file or seen whose answer to a home subscriber is black
    notifications   grey ones whose deadline is to come, for each subscriber that uses them, by operator
    exceptions      pairs that the registry serves, by operator

The lists serve this logic in an operator's own EIR: not on the black list -> allow; on it, and with this IMSI on the
exceptions -> allow; else block (DIRBS, EIR requirements). It says block exactly where `Check` says black,
but for what lists of IMEIs cannot say:

- exempt subscribers (foreign roamers by default) and IMSIs locked to other devices, which are rules about the IMSI;
- a paired-only device asked without an IMSI, where the answer is the policy's;
- ranges that name software versions, and malformed IMEIs: no 14 digits say them;
- devices neither on file nor seen, when a range or the policy has them black: they enter the list once they are seen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from eir.civil import civil_day
from eir.identity import operator_of
from eir.identity_columns import imsis_aligned
from eir.lists import Answers, Facts, Lists, Rule, Status, Verdict, decide
from eir.policy import Policy
from eir.registry.change import EPOCH
from loaders.blocklists import state as stored
from loaders.blocklists.coverage import exempt, recent
from loaders.blocklists.state import Mask, Numbers, Raw, State, find, numbers
from loaders.blocklists.verdicts import kinds
from store.errors import StoreBroken

# Rows in the order of their bytes: big-endian, the key first.
Rows: TypeAlias = npt.NDArray[np.void]
BLACK = np.dtype([("imei", ">u8"), ("date", ">u4"), ("reason", "u1")])
NOTIFICATION = np.dtype([("imei", ">u8"), ("imsi", ">u8"), ("msisdn", ">u8"), ("date", ">u4"), ("reason", "u1")])
EXCEPTION = np.dtype([("imei", ">u8"), ("imsi", ">u8"), ("msisdn", ">u8")])

_NOWHERE = -1
_OF_A_LISTING = {Rule.MALFORMED, Rule.BARRED, Rule.DEVICE, Rule.RANGE}


@dataclass(frozen=True, slots=True)
class BlockLists:
    """The lists of a state. `date` is YYYYMMDD or 0 = not known, `reason` a Reason; the maps are by operator, all of them.

    `pending` are the IMEIs that are grey until a deadline, ascending, used or not.
    """

    seq: int
    at: int
    black: Rows
    notifications: Mapping[str, Rows]
    exceptions: Mapping[str, Rows]
    pending: Numbers


def block_lists(state: State, policy: Policy) -> BlockLists:
    """The three lists, each ascending by IMEI, then IMSI."""
    answers, zone, imeis = policy.answers(), policy.zone(), state.devices
    sorted_out = kinds(state, policy.imei_classes(), imeis)
    verdicts = sorted_out.verdicts(answers)
    dated = list(zip(sorted_out.facts, verdicts, strict=True))
    dates = sorted_out.spread(_block_date(facts, verdict, zone) for facts, verdict in dated)
    reasons = sorted_out.spread(verdict.reason for verdict in verdicts)
    black = sorted_out.where(verdict.status is Status.BLACK for verdict in verdicts)
    grey = sorted_out.where(_becomes_black(facts, verdict, answers) for facts, verdict in dated)
    operators = _Operators(state, policy)
    return BlockLists(
        state.seq,
        state.at,
        _rows(BLACK, imei=imeis[black], date=dates[black], reason=reasons[black]),
        _notifications(state, policy, operators, _rows(BLACK, imei=imeis[grey], date=dates[grey], reason=reasons[grey])),
        _exceptions(state, policy, operators),
        imeis[grey],
    )


def black_rows(lists: BlockLists, imeis: Numbers) -> Mask:
    """Which of the IMEIs are on the black list."""
    return find(lists.black["imei"].astype(np.uint64), imeis)[1]


def _becomes_black(facts: Facts, verdict: Verdict, answers: Answers) -> bool:
    """Grey until a deadline that makes it black: a date that may be announced."""
    if verdict.status is not Status.GREY or verdict.deadline <= facts.now:
        return False
    return decide(facts._replace(now=verdict.deadline), answers).status is Status.BLACK


def _block_date(facts: Facts, verdict: Verdict, zone: ZoneInfo) -> int:
    """The first civil day without service, as far as a listing says it; grey that ran out did so at its deadline."""
    listing = facts.range if verdict.rule is Rule.RANGE else facts.device
    if listing is None or verdict.rule not in _OF_A_LISTING:
        return 0
    if listing.deadline and Lists.GREY in listing.lists and Lists.BLACK not in listing.lists:
        return int(civil_day(listing.deadline, zone).strftime("%Y%m%d"))
    return int((EPOCH + dt.timedelta(days=listing.since)).strftime("%Y%m%d")) if listing.since else 0


def _rows(dtype: np.dtype[np.void], **columns: npt.NDArray[np.generic]) -> Rows:
    rows = np.empty(len(next(iter(columns.values()))), dtype)
    for name, column in columns.items():
        rows[name] = column
    return rows


class _Operators:
    """Who gets rows: the policy's operators and those that sent dumps, in order of name."""

    def __init__(self, state: State, policy: Policy) -> None:
        self._networks = policy.home.networks
        self._mccs = np.array([int(mcc) for mcc in policy.home.mcc], np.uint64)
        self.names = sorted({*policy.home.networks.values(), *state.operators.values()})
        self._number = {name: number for number, name in enumerate(self.names)}
        self._seen = np.full(1 << 16, _NOWHERE)
        for operator, name in state.operators.items():
            self._seen[operator] = self._number[name]

    def home(self, imsis: Numbers) -> npt.NDArray[np.int64]:
        """The operator of each IMSI by its network code, as an index into `names`; -1 where the policy is silent."""
        prefixes, which = np.unique(imsis_aligned(imsis) // np.uint64(10**9), return_inverse=True)
        known = (operator_of(prefix * 10**9, self._networks) if prefix else None for prefix in prefixes.tolist())
        return np.array([_NOWHERE if name is None else self._number[name] for name in known], np.int64)[which]

    def is_home(self, imsis: Numbers) -> Mask:
        """Which IMSIs are of the home country."""
        return np.isin(imsis_aligned(imsis) // np.uint64(10**12), self._mccs)

    def that_saw(self, sightings: Raw) -> npt.NDArray[np.int64]:
        """The operator of each sighting, as an index into `names`. Raises StoreBroken when one has no name."""
        seen: npt.NDArray[np.int64] = self._seen[numbers(sightings, stored.SIGHTING_OPERATOR)]
        if np.any(seen == _NOWHERE):
            raise StoreBroken("a sighting is of an operator that has no name; run `eir audit`")
        return seen

    def split(self, rows: Rows, target: npt.NDArray[np.int64]) -> dict[str, Rows]:
        """The rows of each operator."""
        return {name: rows[target == number] for number, name in enumerate(self.names)}


def _notifications(state: State, policy: Policy, operators: _Operators, grey: Rows) -> dict[str, Rows]:
    """To the operator of the IMSI; where the policy does not know it, or there is no IMSI, to all that saw it."""
    places, there = find(grey["imei"].astype(np.uint64), state.seen)
    used = np.flatnonzero(there & recent(state, policy))
    sightings, device = state.sightings[used], grey[places[used]]
    imsis = state.seen_with[used]
    paired = find(_subscribers(state.pairs), _subscribers(sightings))[1]
    told = ~paired & ((imsis == 0) | (operators.is_home(imsis) & ~exempt(imsis, policy)))
    home = operators.home(imsis)
    rows = _rows(
        NOTIFICATION,
        imei=state.seen[used],
        imsi=imsis,
        msisdn=numbers(sightings, stored.SIGHTING_MSISDN),
        date=device["date"],
        reason=device["reason"],
    )
    target = np.where(home == _NOWHERE, operators.that_saw(sightings), home)
    kept = _one_each(rows, target, numbers(sightings, stored.SIGHTING_LAST), told)
    return operators.split(rows[kept], target[kept])


def _subscribers(entries: Raw) -> npt.NDArray[np.bytes_]:
    """IMEI and IMSI of each entry, as bytes."""
    return entries["key"].astype("S13")


def _one_each(rows: Rows, target: npt.NDArray[np.int64], last: Numbers, told: Mask) -> npt.NDArray[np.intp]:
    """Of the sightings of a device and subscriber that go to one operator, the last one with a number; in order."""
    order: npt.NDArray[np.intp] = np.lexsort((rows["msisdn"], last, rows["msisdn"] > 0, rows["imsi"], rows["imei"], target))
    order = order[told[order]]
    same = (target[order][1:] == target[order][:-1]) & np.all(
        [rows[name][order][1:] == rows[name][order][:-1] for name in ("imei", "imsi")], axis=0
    )
    last_of_each: Mask = np.concatenate((~same, np.ones(min(len(order), 1), np.bool_)))
    return order[last_of_each]


def _exceptions(state: State, policy: Policy, operators: _Operators) -> dict[str, Rows]:
    """To the operator of the IMSI; where the policy does not know it, to every operator."""
    imeis = numbers(state.pairs, stored.IMEI)
    each, which = np.unique(imeis, return_inverse=True)
    sorted_out = kinds(state, policy.imei_classes(), each)
    # A pair helps where the table says so: not against theft, nor against an answer forced for everyone.
    served = (verdict.status is not Status.BLACK for verdict in sorted_out.verdicts(policy.answers(), paired=True))
    kept = sorted_out.where(served)[which]
    imsis = numbers(state.pairs, stored.IMSI)[kept]
    rows = _rows(EXCEPTION, imei=imeis[kept], imsi=imsis, msisdn=numbers(state.pairs[kept], stored.PAIR_MSISDN))
    home = operators.home(imsis)
    return {name: rows[(home == number) | (home == _NOWHERE)] for number, name in enumerate(operators.names)}
