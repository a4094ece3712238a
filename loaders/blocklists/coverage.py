"""Who is seen by operators and covered by nothing: no record, no range, no exemption, no cut-over to come.

What covers a device is not said here again: it is whatever makes the decision table answer with a row above UNKNOWN. Devices
seen with foreign subscribers only are visitors and not looked at; neither are test and placeholder IMEIs, which have a row
of their own. A device that is only paired is not covered: its pairs keep their service, other SIMs do not.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from eir import records
from eir.civil import civil_day, start_of_day
from eir.engine import Exemptions
from eir.errors import InvalidField
from eir.identity_columns import imsis_aligned
from eir.lists import Listing, Lists, Reason, Rule
from eir.policy import Policy
from eir.registry.change import EPOCH
from loaders.blocklists.state import SIGHTING_LAST, STATUS_DEVICE, Mask, Numbers, Raw, State, distinct, find, numbers, octets
from loaders.blocklists.verdicts import kinds

_MCC = np.uint64(10**12)
_LATEST = 0xFFFFFFFF  # the last second that a record can hold as a deadline


@dataclass(frozen=True, slots=True)
class Uncovered:
    """IMEIs to be given a deadline, ascending; and how many would be, had enforcement begun for their type."""

    imeis: Numbers
    before_cutover: int


def uncovered(state: State, policy: Policy) -> Uncovered:
    """Looks at the sightings of subscribers who are inside the scheme, in the look-back of the policy."""
    used = ~exempt(state.seen_with, policy) & recent(state, policy)
    imeis = distinct(state.seen[used])
    sorted_out = kinds(state, policy.imei_classes(), imeis)
    # A forced answer is for emergencies and covers nobody.
    rules = [verdict.rule for verdict in sorted_out.verdicts(policy.answers()._replace(override=None))]
    before = sorted_out.where(rule is Rule.CUTOVER for rule in rules)
    return Uncovered(imeis[sorted_out.where(rule is Rule.UNKNOWN for rule in rules)], int(np.count_nonzero(before)))


def exempt(imsis: Numbers, policy: Policy) -> Mask:
    """Which subscribers are outside the scheme, as `Exemptions` says; 0, an IMSI not known, is inside."""
    exemptions = Exemptions(policy)
    leads = np.array(exemptions.leads)
    outside = np.zeros(len(imsis), np.bool_)
    aligned = imsis_aligned(imsis) // _MCC
    asked = np.flatnonzero(leads[aligned] & (imsis > 0))
    # All subscribers of a foreign country are roamers or none is; the others are asked for one by one.
    countries, country = np.unique(aligned[asked], return_inverse=True)
    roaming = (exemptions.reason(mcc * 10**12 or 1) is Reason.ROAMER for mcc in countries.tolist())
    abroad = np.fromiter(roaming, np.bool_, len(countries))[country]
    outside[asked[abroad]] = True
    asked = asked[~abroad]
    each, which = np.unique(imsis[asked], return_inverse=True)
    reasons = (exemptions.reason(imsi) is not None for imsi in each.tolist())
    outside[asked] = np.fromiter(reasons, np.bool_, len(each))[which]
    return outside


def recent(state: State, policy: Policy) -> Mask:
    """Which sightings lie in the look-back of the policy."""
    days = policy.block_list.lookback_days
    if not days:
        return np.ones(len(state.sightings), np.bool_)
    first = (civil_day(state.at, policy.zone()) - EPOCH).days - days
    return numbers(state.sightings, SIGHTING_LAST) >= np.uint64(max(first, 0))


def grace(at: int, policy: Policy) -> Listing:
    """The listing that a run at this second gives. The last day announced is whole: the deadline is the day after it.

    Raises InvalidField when the dates cannot be held by a record.
    """
    zone = policy.zone()
    try:
        today = civil_day(at, zone)
        deadline = start_of_day(today + dt.timedelta(days=policy.block_list.grace_days + 1), zone)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidField("at", f"{at} is no unix time of a date") from error
    if at <= 0 or deadline > _LATEST:
        raise InvalidField("at", f"{at} is not between 1970 and 2105, in unix seconds")
    return Listing(Lists.GREY, Reason.UNREGISTERED, deadline, since=(today - EPOCH).days)


def marks(state: State, imeis: Numbers, listing: Listing) -> Raw:
    """Entries of `status` that give this listing to IMEIs, and keep the device that they are known as a slot of."""
    status = state.tables.large["status"]
    places, there = find(state.on_file, imeis)
    device = np.zeros(len(imeis), np.uint64)
    device[there] = numbers(status[places[there]], STATUS_DEVICE)
    head = records.encode_listing(listing, records.State.GRACE)
    entries = np.empty((len(imeis), status.dtype.itemsize), np.uint8)
    entries[:, :6] = octets(imeis, 6).view(np.uint8).reshape(-1, 6)
    entries[:, 6:14] = np.frombuffer(head, np.uint8)
    entries[:, 14:] = octets(device, 4).view(np.uint8).reshape(-1, 4)
    return entries.view(status.dtype).ravel()
