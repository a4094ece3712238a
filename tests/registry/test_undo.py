"""Batches: listing, naming and taking them back."""

from __future__ import annotations

import pytest

from eir import records
from eir.errors import Conflict, InvalidField, NotFound
from eir.lists import Listing, Lists, Reason
from eir.registry import Registry, add_pairs, list_batches, set_listings, undo
from eir.registry.batches import encode_batch
from eir.registry.change import execute
from eir.v1 import check_pb2
from eir.v1 import registry_pb2 as pb
from store.audit import audit
from tests.registry.cases import AUTHOR, IMEI, IMSI, OTHER, device_row, last_note, load, table, tables

STOLEN = Listing(Lists.BLACK, Reason.STOLEN, since=9)
BOTH = {"status": dict([device_row(IMEI, STOLEN), device_row(OTHER, STOLEN)])}


def take_back(registry: Registry, batch: str) -> pb.UndoResponse:
    return undo(registry, pb.UndoRequest(batch=batch, author=AUTHOR), "op")


def relist(registry: Registry, imei: str) -> int:
    listing = pb.Listing(imei=imei, lists=[pb.LIST_BLACK], reason=check_pb2.REASON_LOST)
    return set_listings(registry, pb.ListingsRequest(listings=[listing]), "op").seq


def test_undo_restores_all_but_the_batch_record_which_says_so(registry: Registry) -> None:
    relist(registry, IMEI)
    before = tables(registry)
    load(registry, "abcdef", BOTH)
    assert take_back(registry, "abc") == pb.UndoResponse(batch="abcdef", undone_seq=2, seq=3, changes=3)
    after = tables(registry)
    record = pb.Batch.FromString(after["batch"].pop(b"abcdef"))
    assert (record.outcome, record.undone_by, record.seq) == (pb.LOAD_OUTCOME_UNDONE, 3, 2)
    assert after == before
    assert last_note(registry) == pb.JournalNote(
        kind="undo",
        actor="op",
        reason="as ordered",
        source="abcdef.csv",
        batch="abcdef",
        policy_digest=registry.policy.digest(),
    )
    audit(registry.environment)


def test_a_batch_can_be_loaded_again_after_its_undo_and_undone_again(registry: Registry) -> None:
    for _ in range(2):
        load(registry, "abcdef", BOTH)
        take_back(registry, "abcdef")
    assert not table(registry, "status")
    with pytest.raises(Conflict, match="batch abcdef was undone already, by commit 4"):
        take_back(registry, "abcdef")


def test_later_changes_are_named_in_words_and_nothing_is_done(registry: Registry) -> None:
    load(registry, "first", BOTH)
    load(registry, "second", {"status": dict([device_row(IMEI, STOLEN, 5)])})
    relist(registry, OTHER)
    before = tables(registry)
    with pytest.raises(Conflict) as caught:
        take_back(registry, "first")
    assert f"IMEI {IMEI}, changed again by commit 2 (load stolen second.csv); " in str(caught.value)
    assert f"IMEI {OTHER}, changed again by commit 3 (set listings)." in str(caught.value)
    assert tables(registry) == before


def test_at_most_five_later_changes_are_named(registry: Registry) -> None:
    imeis = [str(int(IMEI) + index) for index in range(8)]
    load(registry, "first", {"status": dict(device_row(imei, STOLEN) for imei in imeis)})
    load(registry, "second", {"status": dict(device_row(imei, STOLEN, 5) for imei in imeis)})
    with pytest.raises(Conflict) as caught:
        take_back(registry, "first")
    assert str(caught.value).count("changed again") == 5
    assert "; and 3 more." in str(caught.value)


def test_a_later_change_that_was_undone_is_no_obstacle(registry: Registry) -> None:
    load(registry, "first", BOTH)
    load(registry, "second", {"status": dict([device_row(IMEI, STOLEN, 5)])})
    take_back(registry, "second")
    take_back(registry, "first")
    assert not table(registry, "status")


def test_the_number_of_an_operator_stays_while_another_batch_uses_it(registry: Registry) -> None:
    """Its sightings refer to the number, which the next operator would else be given."""
    row = {(1).to_bytes(2, "big"): b"mci"}
    sightings = [
        {records.sighting_key(int(imei), 0, 1): records.encode_sighting(records.Sighting(1, 2, 0))} for imei in (IMEI, OTHER)
    ]
    load(registry, "first", {"operator": row, "sighting": sightings[0]}, operator="mci")
    load(registry, "second", {"sighting": sightings[1]}, operator="mci")
    take_back(registry, "first")
    assert table(registry, "operator") == row
    assert table(registry, "sighting") == sightings[1]
    audit(registry.environment)


def test_the_number_of_an_operator_goes_with_its_only_batch(registry: Registry) -> None:
    load(registry, "first", {"operator": {b"\x00\x01": b"mci"}}, operator="mci")
    take_back(registry, "first")
    assert not table(registry, "operator")


def test_an_id_must_name_one_batch(registry: Registry) -> None:
    for batch in ("ab1", "ab2", "ab", "x"):
        load(registry, batch, {"status": dict([device_row(str(int(IMEI) + len(batch)), STOLEN)])} if batch == "ab" else {})
    with pytest.raises(Conflict, match=r"begin with 'a': ab \(ab.csv\), ab1 \(ab1.csv\), ab2 \(ab2.csv\); give more"):
        take_back(registry, "a")
    assert take_back(registry, "ab").batch == "ab"
    for missing in ("y", "xx"):
        with pytest.raises(NotFound, match=f"there is no batch '{missing}'"):
            take_back(registry, missing)
    for nameless in ("", "a" * 129):
        with pytest.raises(InvalidField, match=r"^batch: expected the id"):
            take_back(registry, nameless)


def test_a_batch_that_was_never_loaded_cannot_be_undone(registry: Registry) -> None:
    load(registry, "first", {})

    with registry.environment.snapshot() as snapshot:
        batch = pb.Batch.FromString(snapshot.get("batch", b"first") or b"")
    batch.outcome = pb.LOAD_OUTCOME_REFUSED
    execute(registry, b"", lambda _: {"batch": dict([encode_batch(batch)])})
    with pytest.raises(Conflict, match="was not loaded"):
        take_back(registry, "first")


def test_batches_are_listed_newest_first(registry: Registry) -> None:
    for batch in ("b", "a", "c"):
        load(registry, batch, {})
    add_pairs(registry, pb.PairsRequest(pairs=[pb.Pair(imei=IMEI, imsi=IMSI)]), "op")
    assert [(batch.id, batch.seq) for batch in list_batches(registry).batches] == [("c", 3), ("a", 2), ("b", 1)]
