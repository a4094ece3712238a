"""The files: made whole or not at all, opened only when they are ours and of this layout, upgraded when told to."""

from __future__ import annotations

from collections.abc import Callable
from errno import ENOSPC, EROFS
from pathlib import Path

import lmdb
import pytest

from store import upgrade as upgrade_module
from store.audit import audit
from store.environment import Environment
from store.errors import LayoutMismatch, StoreBroken, StoreError, StoreExists, StoreFull, StoreMissing
from store.schema import META, META_LAYOUT, Schema, Table
from store.upgrade import Step, upgrade
from tests.store.small import MIB, ROWS, SCHEMA, dump, key, tamper, write


def of_layout(layout: int, *more: str) -> Schema:
    return Schema(layout, (*SCHEMA.tables, *map(Table, more)))


def test_a_new_store_is_empty_and_alone_in_its_folder(tmp_path: Path) -> None:
    where = tmp_path / "a" / "b"
    Environment.create(where, SCHEMA)
    assert [one.name for one in where.iterdir()] == ["data.mdb"]
    assert (where / "data.mdb").stat().st_mode & 0o007 == 0
    with Environment.open(where, SCHEMA) as environment, environment.snapshot() as now:
        assert (now.seq, now.digest) == (0, bytes(32))
        assert dump(now) == {"hot": {}, "text": {}, "cold": {}}


def test_a_store_is_not_made_over_another(path: Path) -> None:
    with Environment.open(path, SCHEMA) as environment:
        write(environment, ("hot", {key(1): b"1"}))
    with pytest.raises(StoreExists):
        Environment.create(path, SCHEMA)
    with Environment.open(path, SCHEMA) as environment:
        assert dump(environment)["hot"] == {key(1): b"1"}
    assert sorted(one.name for one in path.iterdir()) == ["data.mdb", "lock.mdb"]


def test_a_store_is_not_made_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreExists, match="is not a folder"):
        Environment.create(tmp_path / "file", SCHEMA)
    with pytest.raises(StoreError, match="no store can be made"):
        Environment.create(tmp_path / "file" / "below", SCHEMA)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize("where", ["none", ".", "file", "file/below"])
def test_a_missing_store_is_named_with_the_way_to_make_one(tmp_path: Path, where: str, readonly: bool) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreMissing, match="`eir init` makes one"):
        Environment.open(tmp_path / where, SCHEMA, readonly=readonly)
    with pytest.raises(StoreMissing):
        upgrade(tmp_path / where, SCHEMA, {})
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize("content", [b"", b"x", b"garbage" * 5000, bytes(16384)])
def test_a_file_that_is_not_a_store_is_refused_and_left_alone(tmp_path: Path, content: bytes, readonly: bool) -> None:
    data = tmp_path / "data.mdb"
    data.write_bytes(content)
    with pytest.raises(StoreBroken, match="restore a backup"):
        Environment.open(tmp_path, SCHEMA, readonly=readonly)
    with pytest.raises(StoreBroken):
        upgrade(tmp_path, SCHEMA, {})
    assert data.read_bytes() == content


@pytest.mark.parametrize("readonly", [False, True])
def test_an_lmdb_file_of_another_program_is_refused(tmp_path: Path, readonly: bool) -> None:
    with lmdb.open(str(tmp_path), max_dbs=1) as env, env.begin(write=True) as txn:
        txn.put(b"k", b"v", db=env.open_db(b"theirs", txn=txn))
    with pytest.raises(StoreBroken, match="not a store of this program"):
        Environment.open(tmp_path, SCHEMA, readonly=readonly)


def test_a_store_without_layout_or_table_is_broken(path: Path) -> None:
    with pytest.raises(StoreBroken, match="lacks a table"):
        Environment.open(path, of_layout(SCHEMA.layout, "more"))
    tamper(path, META, {META_LAYOUT: None})
    with pytest.raises(StoreBroken, match="no layout version"):
        Environment.open(path, SCHEMA)


def test_a_store_that_this_process_has_open_does_not_open_again(environment: Environment) -> None:
    with pytest.raises(StoreError, match="already open in this process") as caught:
        Environment.open(environment.path, SCHEMA, readonly=True)
    assert not isinstance(caught.value, StoreBroken)
    assert write(environment, ("hot", {key(1): b"1"})).seq == 1


def test_what_was_opened_for_reading_does_not_write(path: Path) -> None:
    with Environment.open(path, SCHEMA, readonly=True) as environment:
        with pytest.raises(StoreError, match="read-only"):
            write(environment, ("hot", {key(1): b"1"}))
        assert audit(environment).seq == 0


# ---- layouts


@pytest.mark.parametrize("readonly", [False, True])
def test_an_older_layout_is_refused_until_it_is_upgraded(path: Path, readonly: bool) -> None:
    with pytest.raises(LayoutMismatch, match=r"has layout 3, this program needs 4; .*`eir upgrade`"):
        Environment.open(path, of_layout(4), readonly=readonly)


@pytest.mark.parametrize("readonly", [False, True])
def test_a_newer_layout_is_refused(path: Path, readonly: bool) -> None:
    with pytest.raises(LayoutMismatch, match="newer than this program's 2; update the program"):
        Environment.open(path, of_layout(2), readonly=readonly)
    with pytest.raises(LayoutMismatch, match="update the program"):
        upgrade(path, of_layout(2), {})


def add_table(name: bytes) -> Step:
    def step(env: lmdb.Environment, txn: lmdb.Transaction[bytes]) -> None:
        env.open_db(name, txn=txn)
        txn.put(b"k", name, db=env.open_db(b"hot", txn=txn, create=False))

    return step


def fails(env: lmdb.Environment, txn: lmdb.Transaction[bytes]) -> None:
    add_table(b"half")(env, txn)
    raise InterruptedError


def layout_of(path: Path) -> int:
    with pytest.raises(LayoutMismatch) as caught:
        Environment.open(path, of_layout(999))
    return int(str(caught.value).split("has layout ")[1].split(",")[0])


def test_an_upgrade_takes_one_step_after_the_other(path: Path) -> None:
    steps = {3: add_table(b"four"), 4: add_table(b"five"), 5: fails}
    assert upgrade(path, of_layout(5), steps) == (3, 5)
    with Environment.open(path, of_layout(5, "four", "five")) as environment:
        assert dump(environment)["hot"] == {b"k": b"five"}
    assert upgrade(path, of_layout(5), steps) == (5, 5)


@pytest.mark.parametrize(("second", "error"), [(fails, InterruptedError), (None, LayoutMismatch)])
def test_an_upgrade_that_stops_leaves_whole_steps(path: Path, second: Step | None, error: type[Exception]) -> None:
    steps = {3: add_table(b"four")} | ({4: second} if second else {})
    with pytest.raises(error):
        upgrade(path, of_layout(5), steps)
    assert layout_of(path) == 4
    with Environment.open(path, of_layout(4, "four")) as environment:
        assert dump(environment)["hot"] == {b"k": b"four"}
    with pytest.raises(StoreBroken, match="lacks a table"):
        Environment.open(path, of_layout(4, "half"))
    assert upgrade(path, of_layout(5), {4: add_table(b"five")}) == (4, 5)


def fill(env: lmdb.Environment, txn: lmdb.Transaction[bytes]) -> None:
    db = env.open_db(b"hot", txn=txn, create=False)
    for one, value in ROWS.items():
        assert txn.put(one, value, db=db, overwrite=False)


def small_maps(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(upgrade_module, "FIRST_MAP", MIB // 4)
    monkeypatch.setattr(upgrade_module, "MAP_LIMIT", limit)


def test_the_map_grows_under_an_upgrade(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_maps(monkeypatch, limit=64 * MIB)
    assert upgrade(path, of_layout(4), {3: fill}) == (3, 4)
    with Environment.open(path, of_layout(4)) as environment:
        assert dump(environment)["hot"] == ROWS


def test_an_upgrade_at_the_limit_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_maps(monkeypatch, limit=MIB // 2)
    with pytest.raises(StoreError, match="was not upgraded"):
        upgrade(path, of_layout(4), {3: fill})
    with Environment.open(path, SCHEMA) as environment:
        assert dump(environment)["hot"] == {}


# ---- what the disk says


def refusing(number: int) -> Callable[..., None]:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "refused")

    return refuse


def test_a_disk_that_refuses_a_new_store_keeps_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "hardlink_to", refusing(ENOSPC))
    with pytest.raises(StoreFull):
        Environment.create(tmp_path / "store", SCHEMA)
    assert not list((tmp_path / "store").iterdir())


def test_an_audit_without_room_says_so(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.mkdtemp", refusing(EROFS))
    with pytest.raises(StoreError, match="no room for an audit"):
        audit(environment)
