"""Brings the files of an older layout to this one, one step a version, when told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import lmdb

from store.environment import FIRST_MAP, MAP_LIMIT, data_size, read_layout
from store.errors import LayoutMismatch
from store.faults import fault
from store.schema import META, META_LAYOUT, Schema

# Rewrites the tables of layout n into those of layout n + 1, inside one transaction; opens tables with that transaction.
# Runs again from the start when the map has to grow.
Step = Callable[[lmdb.Environment, "lmdb.Transaction[bytes]"], None]


def upgrade(path: Path, schema: Schema, steps: Mapping[int, Step]) -> tuple[int, int]:
    """Applies the steps from the layout found up to the schema's. Each is one transaction: a kill between them is harmless.

    No other process may have the store open. Returns (layout before, layout after). Raises StoreMissing, LayoutMismatch when
    no step leads on, StoreBroken, StoreFull.
    """
    size = max(FIRST_MAP, 2 * data_size(path))
    try:
        with lmdb.open(str(path), map_size=size, max_dbs=64, create=False) as env:
            first = layout = read_layout(env, path)
            if layout > schema.layout:
                raise LayoutMismatch(f"layout {layout} is newer than this program's {schema.layout}; update the program")
            while layout < schema.layout:
                step = steps.get(layout)
                if step is None:
                    raise LayoutMismatch(
                        f"no way leads from layout {layout} to {layout + 1}; load the files into a new store"
                    )
                layout = _take(env, step, layout)
    except lmdb.Error as error:
        raise fault(error, f"the store at {path} was not upgraded") from error
    return first, layout


def _take(env: lmdb.Environment, step: Step, layout: int) -> int:
    meta = env.open_db(META.encode(), create=False)
    while True:
        try:
            with env.begin(write=True) as txn:
                step(env, txn)
                txn.put(META_LAYOUT, (layout + 1).to_bytes(4, "big"), db=meta)
            return layout + 1
        except lmdb.MapFullError:
            size = 2 * int(env.info()["map_size"])
            if size > MAP_LIMIT:
                raise
            env.set_mapsize(size)
