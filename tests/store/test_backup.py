"""Backups: whole, consistent, taken beside a writer, and never a piece of one left behind."""

from collections.abc import Callable
from errno import ENOSPC
from pathlib import Path
from typing import Any

import lmdb
import pytest

from store import environment as environment_module
from store.audit import audit
from store.environment import Environment
from store.errors import StoreError, StoreExists, StoreFull
from tests.store.processes import answer, running, write_numbers
from tests.store.small import MIB, SCHEMA, dump, key, write


def test_a_backup_is_the_store_as_it_was(environment: Environment, tmp_path: Path) -> None:
    write(environment, ("hot", {key(n): b"x" * 50 for n in range(3000)}), ("cold", {b"k": b""}))
    write(environment, ("hot", {key(n): None for n in range(2000)}))
    before = dump(environment)
    assert environment.backup(tmp_path / "new" / "copy") == 2
    write(environment, ("hot", {key(1): b"later"}))
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["copy"]
    assert [one.name for one in (tmp_path / "new" / "copy").iterdir()] == ["data.mdb"]
    with Environment.open(tmp_path / "new" / "copy", SCHEMA) as copy:
        assert dump(copy) == before
        assert audit(copy).seq == 2
        assert copy.usage().used < environment.usage().used  # compacted
        assert write(copy, ("hot", {key(1): b"on"})).seq == 3


def test_a_backup_beside_a_writer_is_one_of_its_commits(path: Path, tmp_path: Path) -> None:
    with running(write_numbers, path, MIB // 4) as (_, pipe), Environment.open(path, SCHEMA, readonly=True) as environment:
        seqs = []
        for index in range(5):
            start = seq_of(environment)
            taken = environment.backup(tmp_path / f"{index}")
            assert start <= taken <= seq_of(environment)
            seqs.append(taken)
            while seq_of(environment) < taken + 3:
                pass
        pipe.send(None)
        assert answer(pipe) >= seqs[-1]
    assert len(set(seqs)) == 5
    for index, seq in enumerate(seqs):
        with Environment.open(tmp_path / f"{index}", SCHEMA, readonly=True) as copy:
            assert audit(copy).seq == seq
            found = dump(copy)
            assert found["hot"].get(b"number") == found["cold"].get(b"number") == (b"%d" % seq if seq else None)


def seq_of(environment: Environment) -> int:
    with environment.snapshot() as now:
        return now.seq


def test_a_backup_into_an_empty_folder_takes_its_place(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    environment.backup(tmp_path / "copy")
    with Environment.open(tmp_path / "copy", SCHEMA) as copy:
        assert seq_of(copy) == 0


@pytest.mark.parametrize("name", ["file", "full"])
def test_a_backup_over_something_is_refused(environment: Environment, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "one").write_text("mine")
    with pytest.raises(StoreExists, match="not an empty folder"):
        environment.backup(tmp_path / name)
    assert (tmp_path / "file").read_text() == (tmp_path / "full" / "one").read_text() == "mine"


def test_a_backup_below_a_file_is_an_error(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="no backup was written"):
        environment.backup(tmp_path / "file" / "copy")


def full_disk(*_: Any) -> None:
    raise OSError(ENOSPC, "No space left on device")


def full_for_lmdb(*_: Any) -> None:
    raise lmdb.DiskError("mdb_env_copy", ENOSPC)


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(("where", "how"), [("sync_file", full_disk), ("Path.rename", full_for_lmdb)])
def test_a_backup_that_fails_leaves_nothing(
    environment: Environment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    how: Callable[..., None],
    there: bool,
) -> None:
    others = tmp_path / "copy.partial"
    others.mkdir()
    (others / "mine").write_text("mine")
    if there:
        (tmp_path / "copy").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with monkeypatch.context() as patch, pytest.raises(StoreFull):
        patch.setattr(f"{environment_module.__name__}.{where}", how)
        environment.backup(tmp_path / "copy")
    assert sorted(tmp_path.rglob("*")) == before
    environment.backup(tmp_path / "copy")
