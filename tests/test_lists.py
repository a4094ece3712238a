"""The decision table, against tables written here from the commercial manuals and from the design, not imported."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from eir.lists import (
    REASONS,
    RESPONSE_TYPES,
    RULES,
    Answers,
    Facts,
    Listing,
    Lists,
    Reason,
    Rule,
    Status,
    Verdict,
    decide,
)
from eir.v1 import check_pb2

NOW = 1_700_000_000

# Oracle EAGLE 47.1, chg-deiropts: the lists, then the answer of types 1, 2 and 3.
MANUAL = """
    w    white  white    white
    wg   grey   grey     grey
    wgb  black  black    black
    wb   black  black    black
    g    grey   grey     unknown
    gb   black  black    unknown
    b    black  black    unknown
    -    white  unknown  unknown
"""
TABLE = {
    (frozenset(row[0]) - {"-"}, kind): Status[row[kind].upper()]
    for row in map(str.split, MANUAL.strip().splitlines())
    for kind in (1, 2, 3)
}
LETTERS = {"w": Lists.WHITE, "g": Lists.GREY, "b": Lists.BLACK}
MASKS = [frozenset(letters) for size in range(4) for letters in combinations("wgb", size)]
NO_DEADLINE, PENDING, PASSED = 0, NOW + 1, NOW


def mask(letters: frozenset[str]) -> Lists:
    lists = Lists.NONE
    for letter in letters:
        lists |= LETTERS[letter]
    return lists


def in_force(letters: frozenset[str], deadline: int) -> frozenset[str]:
    if deadline == PASSED and "g" in letters:
        return letters - {"g"} | {"b"}
    return letters


def expected(
    letters: frozenset[str], kind: int, deadline: int, paired_only: bool, imsi: bool, rule: Rule
) -> tuple[Status, Rule, Reason, int]:
    """What the design says of a device with these lists and nothing else on file."""
    unknown = (TABLE[frozenset(), kind], Rule.UNKNOWN, Reason.NOT_LISTED, 0)
    now = in_force(letters, deadline)
    if paired_only and rule is Rule.DEVICE:
        if not imsi:
            return Status.GREY, rule, Reason.DUPLICATE, 0
        if "g" in now and "b" not in now:
            return Status.GREY, rule, Reason.DUPLICATE, deadline
        return Status.BLACK, rule, Reason.DUPLICATE, 0
    if not letters:
        return unknown
    status = TABLE[now, kind]
    return status, rule, Reason.DUPLICATE, deadline if status is Status.GREY else 0


def test_the_written_table_is_whole() -> None:
    assert len(TABLE) == len(MASKS) * len(RESPONSE_TYPES) == 24


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("letters", MASKS, ids=lambda letters: "".join(sorted(letters)) or "none")
def test_every_combination_of_lists_answers_as_the_manual_says(letters: frozenset[str], kind: int) -> None:
    answers = Answers(RESPONSE_TYPES[kind])
    for deadline, paired_only, imsi in product((NO_DEADLINE, PENDING, PASSED), (False, True), (False, True)):
        listing = Listing(mask(letters), Reason.DUPLICATE, deadline, paired_only)
        assert tuple(decide(Facts(NOW, has_imsi=imsi, device=listing), answers)) == expected(
            letters, kind, deadline, paired_only, imsi, Rule.DEVICE
        )
        assert tuple(decide(Facts(NOW, has_imsi=imsi, range=listing), answers)) == expected(
            letters, kind, deadline, paired_only, imsi, Rule.RANGE
        )


def test_a_custom_table_answers_by_mask() -> None:
    custom = (Status.BLACK, Status.GREY, Status.WHITE, Status.UNKNOWN, Status.GREY, Status.WHITE, Status.BLACK, Status.GREY)
    for value in range(1, 8):
        listing = Listing(Lists(value), Reason.LEGACY)
        assert decide(Facts(NOW, device=listing), Answers(custom)).status is custom[value]
    assert decide(Facts(NOW), Answers(custom)).status is Status.BLACK


def test_grey_from_a_custom_table_does_not_tell_a_deadline_that_has_passed() -> None:
    grey_for_all = Answers((Status.GREY,) * 8)
    passed = Listing(Lists.GREY, Reason.UNREGISTERED, NOW)
    assert decide(Facts(NOW, device=passed), grey_for_all) == (Status.GREY, Rule.DEVICE, Reason.UNREGISTERED, 0)


def test_a_deadline_holds_from_its_second_on() -> None:
    listing = Listing(Lists.GREY, Reason.UNREGISTERED, NOW)
    before, at = (decide(Facts(second, device=listing), Answers()) for second in (NOW - 1, NOW))
    assert before == (Status.GREY, Rule.DEVICE, Reason.UNREGISTERED, NOW)
    assert at == (Status.BLACK, Rule.DEVICE, Reason.UNREGISTERED, 0)


# Facts that make a row match, and the verdict that it then gives; in the order of the design. All can be combined, but for
# rows 2 and 3 (one IMEI is malformed or a test IMEI), and BARRED and DEVICE (one listing serves both).
ROWS: dict[str, tuple[dict[str, object], tuple[Status, Rule, Reason]]] = {
    "override": ({}, (Status.GREY, Rule.OVERRIDE, Reason.OVERRIDE)),
    "malformed": ({"unfit": Reason.MALFORMED_IMEI}, (Status.UNKNOWN, Rule.MALFORMED, Reason.MALFORMED_IMEI)),
    "placeholder": ({"unfit": Reason.PLACEHOLDER_IMEI}, (Status.UNKNOWN, Rule.MALFORMED, Reason.PLACEHOLDER_IMEI)),
    "test": ({"unfit": Reason.TEST_IMEI}, (Status.BLACK, Rule.TEST, Reason.TEST_IMEI)),
    "exempt": ({"exempt": Reason.ROAMER, "has_imsi": True}, (Status.WHITE, Rule.EXEMPT_IMSI, Reason.ROAMER)),
    "barred": ({"device": Listing(Lists.BLACK, Reason.STOLEN)}, (Status.BLACK, Rule.BARRED, Reason.STOLEN)),
    "pair": ({"paired": True, "has_imsi": True}, (Status.WHITE, Rule.PAIR, Reason.PAIR)),
    "lock": ({"locked_elsewhere": True, "has_imsi": True}, (Status.BLACK, Rule.IMSI_LOCK, Reason.IMSI_LOCK)),
    "device": ({"device": Listing(Lists.BLACK, Reason.DUPLICATE)}, (Status.BLACK, Rule.DEVICE, Reason.DUPLICATE)),
    "range": ({"range": Listing(Lists.GREY, Reason.NOT_RELEASED)}, (Status.GREY, Rule.RANGE, Reason.NOT_RELEASED)),
    "cutover": ({"cutover": NOW + 1}, (Status.WHITE, Rule.CUTOVER, Reason.CUTOVER)),
    "unknown": ({}, (Status.UNKNOWN, Rule.UNKNOWN, Reason.NOT_LISTED)),
}
# A listed text or placeholder answers by its own listing, in its own row.
LISTED_UNFIT = {("malformed", "barred"), ("placeholder", "barred"), ("malformed", "device"), ("placeholder", "device")}


@pytest.mark.parametrize(("upper", "lower"), list(combinations(ROWS, 2)))
def test_when_two_rows_match_the_upper_one_answers(upper: str, lower: str) -> None:
    facts = {**ROWS[lower][0], **ROWS[upper][0]}
    answers = Answers(override=Status.GREY if upper == "override" else None, test=Status.BLACK)
    verdict = decide(Facts(NOW, **facts), answers)  # type: ignore[arg-type]
    if (upper, lower) in LISTED_UNFIT:
        assert (verdict.status, verdict.rule) == (Status.BLACK, Rule.MALFORMED)
    else:
        assert verdict[:3] == ROWS[upper][1]


@pytest.mark.parametrize("reason", list(Reason))
def test_only_stolen_lost_and_barred_stand_above_a_pair(reason: Reason) -> None:
    device = Listing(Lists.WHITE | Lists.BLACK, reason)
    verdict = decide(Facts(NOW, has_imsi=True, paired=True, device=device), Answers())
    above = reason.name in {"STOLEN", "LOST", "BARRED"}
    assert verdict == ((Status.BLACK, Rule.BARRED, reason, 0) if above else (Status.WHITE, Rule.PAIR, Reason.PAIR, 0))


@pytest.mark.parametrize("status", list(Status))
def test_answers_left_to_the_policy_are_the_policys(status: Status) -> None:
    answers = Answers(malformed=status, test=status, paired_only_without_imsi=status)
    clone = Listing(Lists.WHITE, Reason.DUPLICATE, paired_only=True)
    assert decide(Facts(NOW, Reason.MALFORMED_IMEI), answers) == Verdict(status, Rule.MALFORMED, Reason.MALFORMED_IMEI)
    assert decide(Facts(NOW, Reason.TEST_IMEI), answers) == Verdict(status, Rule.TEST, Reason.TEST_IMEI)
    assert decide(Facts(NOW, device=clone), answers) == Verdict(status, Rule.DEVICE, Reason.DUPLICATE)
    assert decide(Facts(NOW), Answers(override=status)) == Verdict(status, Rule.OVERRIDE, Reason.OVERRIDE)


@pytest.mark.parametrize(
    ("ours", "proto", "prefix"),
    [
        (Rule, check_pb2.Rule, "RULE_"),
        (Reason, check_pb2.Reason, "REASON_"),
    ],
)
def test_rules_and_reasons_are_numbered_as_on_the_wire(ours: type[Rule | Reason], proto: object, prefix: str) -> None:
    numbers = {prefix + member.name: int(member) for member in ours}
    numbers.setdefault(prefix + "UNSPECIFIED", 0)
    assert numbers == dict(proto.items())  # type: ignore[attr-defined]


def test_statuses_are_numbered_as_on_the_wire() -> None:
    names = {"WHITE": "WHITELISTED", "BLACK": "BLACKLISTED", "GREY": "GREYLISTED", "UNKNOWN": "UNKNOWN"}
    for status in Status:
        assert check_pb2.EquipmentStatus.Value("EQUIPMENT_STATUS_" + names[status.name]) == status
    assert len(check_pb2.EquipmentStatus.items()) == len(Status) + 1


def test_every_reason_and_every_rule_has_its_row() -> None:
    assert set(REASONS) == set(Reason)
    assert len(RULES) == len(Rule)
