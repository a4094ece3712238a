"""What the decision table says of very many devices: asked once for each kind of device, since few kinds exist.

The question is that of a home subscriber who is neither paired nor locked to another device: what the three lists are about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eir import records
from eir.engine import CLASS_REASON as UNFIT
from eir.identity import ClassTable, ImeiClass
from eir.identity_columns import classify
from eir.lists import Answers, Facts, Listing, Verdict, decide
from loaders.blocklists.state import Mask, Numbers, State, find

_TAC = np.uint64(1_000_000)
_SMALL = 1 << 16


@dataclass(frozen=True, slots=True)
class Kinds:
    """Devices by what the rules can see of them: device i is of the kind `facts[of[i]]`."""

    facts: list[Facts]
    of: npt.NDArray[np.intp]

    def verdicts(self, answers: Answers, **otherwise: Any) -> list[Verdict]:
        """The verdict on each kind, with these facts otherwise."""
        return [decide(facts._replace(**otherwise), answers) for facts in self.facts]

    def where(self, chosen: Iterable[bool]) -> Mask:
        """The devices whose kind is chosen; one bool for each kind."""
        return np.fromiter(chosen, np.bool_, len(self.facts))[self.of]

    def spread(self, values: Iterable[int]) -> Numbers:
        """A value for each device, given one for each kind."""
        return np.fromiter(values, np.uint64, len(self.facts))[self.of]


def kinds(state: State, classes: ClassTable, imeis: Numbers) -> Kinds:
    """Sorts IMEIs, which ascend, into kinds."""
    listings, device = _devices(state, imeis)
    spans, span = _ranges(state, imeis)
    enforced = ~find(state.not_enforced, imeis // _TAC)[1]
    codes = (device * len(spans) + span) * 8 + classify(imeis, classes).astype(np.int64) * 2 + enforced
    found, of = _grouped(codes)
    facts = [
        Facts(
            now=state.at,
            unfit=UNFIT.get(ImeiClass(code // 2 % 4)),
            has_imsi=True,
            device=listings[code // 8 // len(spans)],
            range=spans[code // 8 % len(spans)],
            cutover=0 if code % 2 else state.at + 1,
        )
        for code in found.tolist()
    ]
    return Kinds(facts, of)


def _grouped(codes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    """The distinct codes, ascending, and which of them each one is."""
    end = int(codes.max(initial=0)) + 1
    if end > 2 * len(codes) + _SMALL:  # else a table of all codes is cheaper than to sort them
        return np.unique(codes, return_inverse=True)
    occurs = np.zeros(end, np.bool_)
    occurs[codes] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[codes]


def _devices(state: State, imeis: Numbers) -> tuple[list[Listing | None], npt.NDArray[np.int64]]:
    """The distinct listings on file, the first of them none, and which of them each IMEI has."""
    heads, which = state.heads
    places, there = find(state.on_file, imeis)
    index = np.zeros(len(imeis), np.int64)
    index[there] = which[places[there]] + 1
    listings = (records.decode_listing(head.to_bytes(records.HEAD, "big"))[0] for head in heads.tolist())
    return [None, *listings], index


def _ranges(state: State, imeis: Numbers) -> tuple[list[Listing | None], npt.NDArray[np.int64]]:
    """The distinct listings of ranges, the first of them none, and which of them each IMEI lies in."""
    spans = state.ranges
    index = np.zeros(len(imeis), np.int64)
    if not spans:
        return [None], index
    listings = list(dict.fromkeys(span.listing for span in spans))
    number = {listing: at for at, listing in enumerate(listings, start=1)}
    firsts = np.array([span.first for span in spans], np.uint64)
    lasts = np.array([span.last for span in spans], np.uint64)
    places = np.searchsorted(lasts, imeis)
    inside = places < len(spans)
    inside[inside] = firsts[places[inside]] <= imeis[inside]
    index[inside] = np.array([number[span.listing] for span in spans], np.int64)[places[inside]]
    return [None, *listings], index
