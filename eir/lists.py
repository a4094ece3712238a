"""The rules: lists, reasons, response types and the decision table. Everything that decides a verdict is in this file.

Three ideas, then the table.

*Lists.* A device or a range is on any of three lists at once, white, grey and black, for one reason. A grey listing may
carry a deadline; from that second on it is black instead, so nothing has to run at midnight for a deadline to hold.

*Response types.* Which status a combination of lists gives is the operator's choice among three commercial types or a table
of its own (`RESPONSE_TYPES`, after Oracle EAGLE `chg-deiropts`).

*Rows.* `RULES` is the decision table, first match answers. So when two rows apply the upper one wins: a pair beats a
device's own listing, a device's own listing beats its range, and a reason that no pair may override beats the pair.

    OVERRIDE       one answer is forced for everything              that answer
    MALFORMED      no IMEI at all, zeros, a placeholder             its own listing, else by policy
    TEST           a test allocation                                by policy
    EXEMPT_IMSI    a foreign roamer, or an exempt IMSI range        white
    BARRED         black for a reason that no pair may override     black
    PAIR           this IMEI and IMSI are on file together          white
    IMSI_LOCK      this IMSI is locked to other devices             black
    DEVICE         the IMEI has a listing of its own                its lists, by the response type
    RANGE          it lies in a listed range (and the SVN fits)     the range's lists, by the response type
    CUTOVER        enforcement has not begun for its TAC            white
    UNKNOWN        nothing matched                                  by the response type

`decide` knows neither the store nor the wire: facts in, verdict out. Sources: `docs/formats.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum, IntFlag
from typing import NamedTuple


class Status(IntEnum):
    """TS 29.272 §7.3.51 and §7.4.3.5; numbered as in check.proto, each wire translates."""

    WHITE = 1
    BLACK = 2
    GREY = 3
    UNKNOWN = 4


class Lists(IntFlag):
    """The lists that hold a device or range, any combination."""

    NONE = 0
    WHITE = 1
    GREY = 2
    BLACK = 4


class Rule(IntEnum):
    """The rows of the table, numbered as in check.proto."""

    OVERRIDE = 1
    MALFORMED = 2
    TEST = 3
    EXEMPT_IMSI = 4
    BARRED = 5
    PAIR = 6
    IMSI_LOCK = 7
    DEVICE = 8
    RANGE = 9
    CUTOVER = 10
    UNKNOWN = 11


class Reason(IntEnum):
    """Why a row holds, numbered as in check.proto."""

    UNSPECIFIED = 0
    OVERRIDE = 1
    MALFORMED_IMEI = 2
    PLACEHOLDER_IMEI = 3
    TEST_IMEI = 4
    ROAMER = 5
    EXEMPT_IMSI = 6
    PAIR = 7
    IMSI_LOCK = 8
    CUTOVER = 9
    NOT_LISTED = 10
    REGISTERED = 11
    LEGACY = 12
    EXEMPT = 13
    TRAVELLER = 14
    NOT_ACTIVATED = 15
    NOT_RELEASED = 16
    UNREGISTERED = 17
    DUPLICATE = 18
    STOLEN = 19
    LOST = 20
    BARRED = 21
    TAC_NOT_ALLOCATED = 22
    TYPE_NOT_APPROVED = 23


class ReasonRow(NamedTuple):
    """What a reason means for the rules, and for people."""

    pair_overrides: bool  # may a pair on file override a black listing for this reason?
    text: str


REASONS: Mapping[Reason, ReasonRow] = {
    Reason.UNSPECIFIED: ReasonRow(True, "no reason given"),
    Reason.OVERRIDE: ReasonRow(True, "one answer is forced for every device"),
    Reason.MALFORMED_IMEI: ReasonRow(True, "not an IMEI: 14 to 16 decimal digits are expected"),
    Reason.PLACEHOLDER_IMEI: ReasonRow(True, "all zeros, or digits that stand for a missing IMEI"),
    Reason.TEST_IMEI: ReasonRow(True, "an IMEI of a test allocation"),
    Reason.ROAMER: ReasonRow(True, "the subscriber belongs to a foreign network"),
    Reason.EXEMPT_IMSI: ReasonRow(True, "the subscriber is in an exempt range"),
    Reason.PAIR: ReasonRow(True, "this device and this subscriber are on file together"),
    Reason.IMSI_LOCK: ReasonRow(True, "this subscription may only be used in other devices"),
    Reason.CUTOVER: ReasonRow(True, "enforcement has not begun for this type of device"),
    Reason.NOT_LISTED: ReasonRow(True, "nothing is known of this device"),
    Reason.REGISTERED: ReasonRow(True, "imported and released by customs"),
    Reason.LEGACY: ReasonRow(True, "in use before enforcement began"),
    Reason.EXEMPT: ReasonRow(True, "exempted"),
    Reason.TRAVELLER: ReasonRow(True, "declared by a traveller"),
    Reason.NOT_ACTIVATED: ReasonRow(True, "released by customs, not yet activated"),
    Reason.NOT_RELEASED: ReasonRow(True, "declared to customs, not yet released"),
    Reason.UNREGISTERED: ReasonRow(True, "no import, legacy use or exemption is on file"),
    Reason.DUPLICATE: ReasonRow(True, "several devices carry this IMEI"),
    # Oracle lets any IMSI match override black; a thief's own SIM must not lift a police report, and DIRBS leaves barred
    # devices out of its exceptions too. So these three stand above pairs.
    Reason.STOLEN: ReasonRow(False, "reported stolen"),
    Reason.LOST: ReasonRow(False, "reported lost"),
    Reason.BARRED: ReasonRow(False, "barred by the state"),
    Reason.TAC_NOT_ALLOCATED: ReasonRow(True, "no such type of device has been allocated"),
    Reason.TYPE_NOT_APPROVED: ReasonRow(True, "this type of device is not approved"),
}

_LETTERS = {"u": Status.UNKNOWN, "w": Status.WHITE, "g": Status.GREY, "b": Status.BLACK}


def _type(by_mask: str) -> tuple[Status, ...]:
    return tuple(_LETTERS[letter] for letter in by_mask.split())


# Oracle EAGLE 47.1 chg-deiropts. Columns: the combination of lists, in the order of the mask's value.
#                                     --  w  g wg  b wb gb wgb
RESPONSE_TYPES: Mapping[int, tuple[Status, ...]] = {
    1: _type("w  w  g  g  b  b  b  b"),
    2: _type("u  w  g  g  b  b  b  b"),
    3: _type("u  w  u  g  u  b  u  b"),
}


class Listing(NamedTuple):
    """What a record says of a device or a range. `since` in days, `deadline` in seconds since 1970; 0 = none."""

    lists: Lists = Lists.NONE
    reason: Reason = Reason.UNSPECIFIED
    deadline: int = 0
    paired_only: bool = False  # a clone: served with its pairs only
    since: int = 0

    def in_force(self, now: int) -> Lists:
        """The lists at a second: a grey listing past its deadline is black."""
        if self.deadline and now >= self.deadline and Lists.GREY in self.lists:
            return self.lists & ~Lists.GREY | Lists.BLACK
        return self.lists


class Answers(NamedTuple):
    """What the policy says where the rules leave it to the policy (`eir/policy.py`)."""

    response: tuple[Status, ...] = RESPONSE_TYPES[2]
    override: Status | None = None
    malformed: Status = Status.UNKNOWN
    test: Status = Status.UNKNOWN
    paired_only_without_imsi: Status = Status.GREY


class Facts(NamedTuple):
    """All that a verdict can depend on."""

    now: int  # unix seconds
    unfit: Reason | None = None  # MALFORMED_IMEI, PLACEHOLDER_IMEI or TEST_IMEI
    has_imsi: bool = False
    exempt: Reason | None = None  # ROAMER or EXEMPT_IMSI
    paired: bool = False
    locked_elsewhere: bool = False
    device: Listing | None = None
    range: Listing | None = None  # the range that the IMEI lies in, if the software version fits it
    cutover: int = 0  # unix seconds at which enforcement begins for the TAC


class Verdict(NamedTuple):
    """One row of the table and its answer. `deadline`: unix seconds at which a grey device becomes black, 0 = none."""

    status: Status
    rule: Rule
    reason: Reason
    deadline: int = 0


def decide(facts: Facts, answers: Answers) -> Verdict:
    """The first row that matches answers. Total: the last row always matches."""
    for row in RULES:
        verdict = row(facts, answers)
        if verdict is not None:
            return verdict
    raise AssertionError("the last row of the table matches everything")


def _override(_: Facts, answers: Answers) -> Verdict | None:
    return Verdict(answers.override, Rule.OVERRIDE, Reason.OVERRIDE) if answers.override is not None else None


def _malformed(facts: Facts, answers: Answers) -> Verdict | None:
    if facts.unfit not in (Reason.MALFORMED_IMEI, Reason.PLACEHOLDER_IMEI):
        return None
    if facts.device and facts.device.lists:  # the text itself is listed
        return _by_lists(facts.device, Rule.MALFORMED, facts, answers)
    return Verdict(answers.malformed, Rule.MALFORMED, facts.unfit)


def _test(facts: Facts, answers: Answers) -> Verdict | None:
    return Verdict(answers.test, Rule.TEST, facts.unfit) if facts.unfit is Reason.TEST_IMEI else None


def _exempt_imsi(facts: Facts, _: Answers) -> Verdict | None:
    return Verdict(Status.WHITE, Rule.EXEMPT_IMSI, facts.exempt) if facts.exempt is not None else None


def _barred(facts: Facts, _: Answers) -> Verdict | None:
    device = facts.device
    if device and Lists.BLACK in device.in_force(facts.now) and not REASONS[device.reason].pair_overrides:
        return Verdict(Status.BLACK, Rule.BARRED, device.reason)
    return None


def _pair(facts: Facts, _: Answers) -> Verdict | None:
    return Verdict(Status.WHITE, Rule.PAIR, Reason.PAIR) if facts.paired else None


def _imsi_lock(facts: Facts, _: Answers) -> Verdict | None:
    return Verdict(Status.BLACK, Rule.IMSI_LOCK, Reason.IMSI_LOCK) if facts.locked_elsewhere else None


def _device(facts: Facts, answers: Answers) -> Verdict | None:
    device = facts.device
    if device is None or not (device.lists or device.paired_only):
        return None
    if not device.paired_only:
        return _by_lists(device, Rule.DEVICE, facts, answers)
    if not facts.has_imsi:
        # The rightful owner cannot be told from the clone, so the answer is the policy's.
        return Verdict(answers.paired_only_without_imsi, Rule.DEVICE, device.reason)
    lists = device.in_force(facts.now)
    if Lists.GREY in lists and Lists.BLACK not in lists:
        return Verdict(Status.GREY, Rule.DEVICE, device.reason, device.deadline)
    return Verdict(Status.BLACK, Rule.DEVICE, device.reason)


def _range(facts: Facts, answers: Answers) -> Verdict | None:
    if facts.range is None or not facts.range.lists:
        return None
    return _by_lists(facts.range, Rule.RANGE, facts, answers)


def _cutover(facts: Facts, _: Answers) -> Verdict | None:
    return Verdict(Status.WHITE, Rule.CUTOVER, Reason.CUTOVER) if facts.now < facts.cutover else None


def _unknown(_: Facts, answers: Answers) -> Verdict:
    return Verdict(answers.response[Lists.NONE], Rule.UNKNOWN, Reason.NOT_LISTED)


def _by_lists(listing: Listing, rule: Rule, facts: Facts, answers: Answers) -> Verdict:
    lists = listing.in_force(facts.now)
    status = answers.response[lists]
    pending = status is Status.GREY and Lists.GREY in lists  # a custom table can make grey of a deadline that has passed
    return Verdict(status, rule, listing.reason, listing.deadline if pending else 0)


RULES: tuple[Callable[[Facts, Answers], Verdict | None], ...] = (
    _override,
    _malformed,
    _test,
    _exempt_imsi,
    _barred,
    _pair,
    _imsi_lock,
    _device,
    _range,
    _cutover,
    _unknown,
)
