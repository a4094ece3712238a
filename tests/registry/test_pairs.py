"""Pairs and locks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eir import records
from eir.errors import InvalidField
from eir.lists import Rule
from eir.registry import Registry, add_locks, add_pairs, fields, remove_locks, remove_pairs
from eir.v1 import registry_pb2 as pb
from tests.registry.cases import IMEI, IMSI, IMSI2, NOW, OTHER, TODAY, check, last_note, table, tables


def pairs(*given: tuple[str, ...]) -> pb.PairsRequest:
    return pb.PairsRequest(pairs=[pb.Pair(**dict(zip(("imei", "imsi", "msisdn"), one, strict=False))) for one in given])


def locks(*given: tuple[str, str]) -> pb.LocksRequest:
    return pb.LocksRequest(locks=[pb.Lock(imsi=imsi, imei=imei) for imsi, imei in given])


@pytest.mark.parametrize("form", [IMEI, IMEI + "9", IMEI + "0", IMEI + "01", "35-693803-564380-9", "۳۵۶۹۳۸۰۳۵۶۴۳۸۰۹"])
def test_a_pair_is_filed_whatever_the_form_of_its_imei(registry: Registry, form: str) -> None:
    assert add_pairs(registry, pairs((form, IMSI, "09121234567")), "op") == pb.CommitResponse(seq=1, changes=1)
    key, value = next(iter(table(registry, "pair").items()))
    assert key == records.pair_key(int(IMEI), int(IMSI))
    assert records.decode_pair(value) == (records.PAIR_FROM_COMMAND, TODAY, 989121234567)
    assert check(registry, IMEI, IMSI).rule is Rule.PAIR


def test_filing_a_pair_again_commits_nothing_but_a_new_number(registry: Registry) -> None:
    add_pairs(registry, pairs((IMEI, IMSI, "09121234567")), "op")
    later = Registry(registry.environment, registry.policy, clock=lambda: NOW + 10 * 86400)
    assert add_pairs(later, pairs((IMEI, IMSI)), "op") == pb.CommitResponse()
    assert add_pairs(later, pairs((IMEI, IMSI, "+98 912 123 4568")), "op").changes == 1
    (value,) = table(registry, "pair").values()
    assert records.decode_pair(value) == (records.PAIR_FROM_COMMAND, TODAY, 989121234568)


def test_removing_takes_what_is_there_and_does_not_mind_what_is_not(registry: Registry) -> None:
    add_pairs(registry, pairs((IMEI, IMSI), (OTHER, IMSI)), "op")
    assert remove_pairs(registry, pairs((IMEI + "9", IMSI), (IMEI, IMSI2)), "op").changes == 1
    assert list(table(registry, "pair")) == [records.pair_key(int(OTHER), int(IMSI))]
    assert remove_pairs(registry, pairs((IMEI, IMSI)), "op").seq == 0


def test_a_lock_ties_a_subscription_to_its_devices(registry: Registry) -> None:
    assert add_locks(registry, locks((IMSI, IMEI), (IMSI, IMEI)), "op").changes == 1
    assert add_locks(registry, locks((IMSI, IMEI)), "op").seq == 0
    assert (check(registry, OTHER, IMSI).rule, check(registry, IMEI, IMSI).rule) == (Rule.IMSI_LOCK, Rule.UNKNOWN)
    assert remove_locks(registry, locks((IMSI, IMEI), (IMSI2, IMEI)), "op").changes == 1
    assert check(registry, OTHER, IMSI).rule is Rule.UNKNOWN


def test_the_same_pair_twice_is_one_and_with_two_numbers_is_refused(registry: Registry) -> None:
    assert add_pairs(registry, pairs((IMEI, IMSI), (IMEI + "9", IMSI)), "op").changes == 1
    with pytest.raises(InvalidField, match=r"^pairs\[1\]: contradicts pairs\[0\]"):
        add_pairs(registry, pairs((IMEI, IMSI, "09121234567"), (IMEI, IMSI, "09121234568")), "op")


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("abc", IMSI), r"pairs[1].imei: expected 14 to 16 digits, got 'abc'"),
        (("", IMSI), r"pairs[1].imei: expected 14 to 16 digits, got ''"),
        (
            ("3569380356438", IMSI),
            r"pairs[1].imei: expected 14 to 16 digits, got '3569380356438': a leading zero may be lost",
        ),
        (("9" * 5000, IMSI), f"pairs[1].imei: expected 14 to 16 digits, got '{'9' * 64}' and 4936 more characters"),
        ((IMEI + "8", IMSI), f"pairs[1].imei: check digit 8 of '{IMEI}8' is wrong: expected 9"),
        (("0" * 15, IMSI), f"pairs[1].imei: '{'0' * 15}' is all zeros, which cannot be registered"),
        (("8" * 15, IMSI), f"pairs[1].imei: '{'8' * 15}' is a placeholder, which cannot be registered"),
        (("00440100000000", IMSI), "pairs[1].imei: '00440100000000' is a test IMEI, which cannot be registered"),
        ((IMEI, "12345"), "pairs[1].imsi: expected 6 to 15 digits, got '12345'"),
        ((IMEI, "4" * 16), f"pairs[1].imsi: expected 6 to 15 digits, got '{'4' * 16}'"),
        ((IMEI, "000000"), "pairs[1].imsi: expected 6 to 15 digits, got '000000'"),
        ((IMEI, "43211x0000"), "pairs[1].imsi: expected 6 to 15 digits, got '43211x0000'"),
        ((IMEI, IMSI, "7"), "pairs[1].msisdn: expected a mobile number, a foreign one with + or 00 in front, got '7'"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_written(registry: Registry, pair: tuple[str, ...], message: str) -> None:
    with pytest.raises(InvalidField) as caught:
        add_pairs(registry, pairs((OTHER, IMSI2), pair), "op")
    assert str(caught.value) == message
    assert not table(registry, "pair")


@pytest.mark.parametrize("command", [add_locks, remove_locks])
def test_a_bad_field_of_a_lock_is_named(registry: Registry, command: Callable[..., pb.CommitResponse]) -> None:
    with pytest.raises(InvalidField, match=r"^locks\[0\].imsi: expected 6 to 15"):
        command(registry, locks(("1", IMEI)), "op")
    with pytest.raises(InvalidField, match=r"^locks\[1\].imei: check digit"):
        command(registry, locks((IMSI, IMEI), (IMSI, IMEI + "1")), "op")


def test_what_may_not_be_filed_may_still_be_taken_away(registry: Registry) -> None:
    """A class of IMEIs can be added to the policy after the fact."""
    assert remove_pairs(registry, pairs(("00440100000000", IMSI)), "op").seq == 0
    assert remove_locks(registry, locks((IMSI, "0" * 14)), "op").seq == 0


def test_empty_and_overlong_requests_are_refused(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidField, match=r"^pairs: expected at least one, got none"):
        add_pairs(registry, pairs(), "op")
    monkeypatch.setattr(fields, "MAX_ITEMS", 2)
    with pytest.raises(InvalidField, match=r"^locks: expected at most 2, got 3"):
        add_locks(registry, locks(*[(IMSI, IMEI)] * 3), "op")


def test_the_journal_says_who_and_why_under_which_policy(registry: Registry) -> None:
    request = pairs((IMEI, IMSI))
    request.author.MergeFrom(pb.Author(actor="sara", reason="ticket ۱۲"))
    add_pairs(registry, request, "CN=ops")
    assert last_note(registry) == pb.JournalNote(
        kind="add pairs", actor="sara via CN=ops", reason="ticket ۱۲", policy_digest=registry.policy.digest()
    )


@pytest.mark.parametrize(("claimed", "known", "who"), [("", "op", "op"), ("op", "op", "op"), ("sara", "", "sara")])
def test_an_actor_said_once_is_written_once(registry: Registry, claimed: str, known: str, who: str) -> None:
    request = pairs((IMEI, IMSI))
    request.author.actor = claimed
    add_pairs(registry, request, known)
    assert last_note(registry).actor == who


@pytest.mark.parametrize(
    ("author", "field"),
    [
        (pb.Author(actor="a\nb"), "author.actor"),
        (pb.Author(reason="\x1b[2J"), "author.reason"),
        (pb.Author(reason="x" * 1001), "author.reason"),
    ],
)
def test_an_author_that_could_forge_lines_is_refused(registry: Registry, author: pb.Author, field: str) -> None:
    request = pairs((IMEI, IMSI))
    request.author.CopyFrom(author)
    with pytest.raises(InvalidField) as caught:
        add_pairs(registry, request, "op")
    assert caught.value.field == field
    assert not any(tables(registry).values())
