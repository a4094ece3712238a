"""Brings the files of an older layout to this one, one step a version, when told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import lmdb

from store.environment import FIRST_MAP, read_layout
from store.errors import LayoutMismatch, StoreMissing
from store.schema import META, META_LAYOUT, Schema

# Rewrites the tables of layout n into those of layout n + 1, inside one transaction.
Step = Callable[[lmdb.Environment, "lmdb.Transaction[bytes]"], None]


def upgrade(path: Path, schema: Schema, steps: Mapping[int, Step]) -> tuple[int, int]:
    """Applies the steps from the layout found up to the schema's. Each is one transaction: a kill between them is harmless.

    Returns (layout before, layout after). Raises StoreMissing, LayoutMismatch when no step leads on.
    """
    if not (path / "data.mdb").exists():
        raise StoreMissing(f"there is no store at {path}")
    size = max(FIRST_MAP, 2 * (path / "data.mdb").stat().st_size)
    with lmdb.open(str(path), map_size=size, max_dbs=64, create=False) as env:
        first = layout = read_layout(env, path)
        if layout > schema.layout:
            raise LayoutMismatch(f"layout {layout} is newer than this program's {schema.layout}; update the program")
        while layout < schema.layout:
            step = steps.get(layout)
            if step is None:
                raise LayoutMismatch(f"no way leads from layout {layout} to {layout + 1}; load the files into a new store")
            meta = env.open_db(META.encode())
            with env.begin(write=True) as txn:
                step(env, txn)
                layout += 1
                txn.put(META_LAYOUT, layout.to_bytes(4, "big"), db=meta)
    return first, layout
