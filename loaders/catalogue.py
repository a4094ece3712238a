"""What the TAC catalogue says of declared devices: types it does not know, other brands, IMEIs of different makers.

Names are numbered once, so that each question is a comparison of columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from eir.identity import Imei
from eir.records import tac_key
from eir.v1 import records_pb2
from loaders.columns import fold
from loaders.device_blocks import Names, column_of
from loaders.devices import Devices
from loaders.imei_columns import Flags, Indexes
from loaders.rows import Rows
from store.snapshot import Snapshot

_CUTOVER = 8  # bytes before the Type in a value of `tac`
_SNR = np.uint64(1_000_000)


@dataclass(frozen=True)
class Types:
    """The types of devices: `of_imei` is the type of each IMEI; per type, whether it is known, and numbers of folded names.

    Names: 0 = none. A manifest may call a maker by the brand, by its full name, or by the first word of it.
    """

    tacs: Indexes
    of_imei: Indexes
    known: Flags
    brand: Indexes
    maker: Indexes
    maker_word: Indexes
    numbers: dict[str, int]


def read_types(devices: Devices, order: Indexes, snapshot: Snapshot) -> Types:
    """Looks up every TAC of the devices once. `order` sorts the IMEIs."""
    tac = devices.imeis[order] // _SNR
    change = np.ones(len(tac), np.bool_)
    change[1:] = tac[1:] != tac[:-1]
    of_imei = np.empty(len(tac), np.int64)
    of_imei[order] = np.cumsum(change) - 1
    tacs = tac[change].astype(np.int64)
    values = snapshot.get_many("tac", [tac_key(number) for number in tacs.tolist()])
    numbers = {"": 0}
    names = np.zeros((3, len(tacs)), np.int64)
    for at, value in enumerate(values):
        if value is not None:
            entry = records_pb2.Type.FromString(value[_CUTOVER:])
            first, *_ = (*entry.manufacturer.split(), "")
            for name, text in enumerate((entry.brand, entry.manufacturer, first)):
                names[name, at] = numbers.setdefault(fold(text), len(numbers))
    known = np.fromiter((value is not None for value in values), np.bool_, len(values))
    return Types(tacs, of_imei, known, names[0], names[1], names[2], numbers)


def unknown(devices: Devices, types: Types) -> Indexes:
    """Devices with an IMEI whose TAC the catalogue does not have (yet)."""
    mask = np.zeros(len(devices), np.bool_)
    if not types.known.all():
        mask[devices.owners()[~types.known[types.of_imei]]] = True
    return np.flatnonzero(mask)


def disagreements(devices: Devices, types: Types, rows: Rows) -> dict[int, tuple[str, str]]:
    """Devices to hold: device -> code, text."""
    held: dict[int, tuple[str, str]] = {}
    if not types.known.any():
        return held
    owners = devices.owners()
    if "brand" in rows.frame.columns:
        brands = column_of(rows, devices, "brand")
        declared = _numbered(brands, types.numbers)[owners]
        named = types.brand + types.maker > 0
        wrong = (declared != 0) & named[types.of_imei]
        for name in (types.brand, types.maker, types.maker_word):
            wrong &= declared != name[types.of_imei]
        for at in np.flatnonzero(wrong).tolist():
            device = int(owners[at])
            entry = _name(types, int(types.of_imei[at]))
            held[device] = "TAC_DISAGREES", f"TAC {_tac(devices, at)} is of {entry}, the row says {brands[device][:40]!r}"
    first = types.of_imei[devices.starts()][owners]
    other = (types.brand[first] != types.brand[types.of_imei]) & (types.maker[first] != types.maker[types.of_imei])
    for at in np.flatnonzero(other & types.known[first] & types.known[types.of_imei]).tolist():
        makers = f"{_name(types, int(first[at]))} and {_name(types, int(types.of_imei[at]))}"
        held.setdefault(int(owners[at]), ("NOT_SIBLINGS", f"the IMEIs belong to {makers}"))
    return held


def _numbered(texts: pl.Series, numbers: dict[str, int]) -> Indexes:
    """The number of each folded text; -1 for texts that no name in the catalogue equals."""
    names = Names(texts)
    return np.array([numbers.get(fold(text), -1) for text in names.texts], np.int64)[names.codes]


def _tac(devices: Devices, at: int) -> str:
    return Imei(int(devices.imeis[at])).tac_text


def _name(types: Types, index: int) -> str:
    """A type in words: brand, else maker."""
    names = {number: name for name, number in types.numbers.items()}
    return repr(names[int(types.brand[index] or types.maker[index])])
