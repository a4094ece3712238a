"""The values of `device` and `status` for new devices, built from columns."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from eir.lists import Listing
from eir.records import State, device_key, encode_listing
from eir.v1 import records_pb2
from loaders.devices import Devices
from loaders.imei_columns import Indexes, Numbers
from loaders.rows import Rows

BLOCK_DEVICES = 4096
_KEY = 6
_LONGEST = 200  # characters of a serial, brand or model


def status_keys(imeis: Numbers) -> list[bytes]:
    """Keys of `status`, in step: six bytes, big-endian."""
    wide = imeis.astype(">u8").view(np.uint8).reshape(-1, 8)
    return _cut(np.ascontiguousarray(wide[:, 8 - _KEY :]))


def status_values(listing: Listing, state: State, devices: Indexes) -> list[bytes | None]:
    """Values of `status` with one listing, for IMEIs of these device ids, in step."""
    head = np.frombuffer(encode_listing(listing, state), np.uint8)
    values = np.empty((len(devices), len(head) + 4), np.uint8)
    values[:, : len(head)] = head
    values[:, len(head) :] = devices.astype(">u4").view(np.uint8).reshape(-1, 4)
    return cast(list[bytes | None], _cut(values))


def _cut(records: npt.NDArray[np.uint8]) -> list[bytes]:
    """The rows of a contiguous array as bytes objects, made in one pass."""
    pieces: list[bytes] = records.view(f"V{records.shape[1]}").ravel().tolist() if len(records) else []
    return pieces


def device_blocks(devices: Devices, rows: Rows, batch: str, first: int) -> tuple[list[bytes], list[bytes | None]]:
    """Keys and values of `device`: the devices numbered from `first`, in blocks under their last number."""
    lines = rows.lines[devices.rows].astype("<u4")
    starts = np.append(devices.starts(), len(devices.imeis))
    slots, imeis = devices.slots.astype(np.uint8), devices.imeis.astype("<u8")
    serials = _serials(rows, devices)
    names = {field: Names(column_of(rows, devices, field)) for field in ("brand", "model") if field in rows.frame.columns}
    keys: list[bytes] = []
    values: list[bytes | None] = []
    for start in range(0, len(devices), BLOCK_DEVICES):
        end = min(start + BLOCK_DEVICES, len(devices))
        block = records_pb2.DeviceBlock(first=first + start, batch=batch)
        packed = [("slots", slots[start:end]), ("imeis", imeis[starts[start] : starts[end]]), ("lines", lines[start:end])]
        if serials is not None:
            block.serials.extend(serials[start:end].to_list())
        for field, column in names.items():
            occurring, numbers = column.occurring(start, end, 1 + len(block.names))
            block.names.extend(occurring)
            packed.append((f"{field}s", numbers))
        keys.append(device_key(first + end - 1))
        values.append(block.SerializeToString(deterministic=True) + b"".join(_packed(*field) for field in packed))
    return keys, values


def _packed(field: str, numbers: npt.NDArray[np.unsignedinteger]) -> bytes:
    """A packed repeated field as it goes over the wire: numbers below 128 as varints, or little-endian fixed ones."""
    data, tag = numbers.tobytes(), records_pb2.DeviceBlock.DESCRIPTOR.fields_by_name[field].number << 3 | 2
    length = len(data)  # below 2**21: a block has at most 4096 devices of eight IMEIs
    return bytes((tag, length & 127 | 128, length >> 7 & 127 | 128, length >> 14)) + data


def column_of(rows: Rows, devices: Devices, name: str) -> pl.Series:
    """The cell of each device's first row."""
    cells = rows.frame[name]
    return cells if len(devices) == len(cells) else cells.gather(devices.rows)


def _serials(rows: Rows, devices: Devices) -> pl.Series | None:
    """None when there are none."""
    if "serial" not in rows.frame.columns:
        return None
    serials = column_of(rows, devices, "serial").str.strip_chars().str.head(_LONGEST)
    return serials if (serials != "").any() else None


class Names:
    """A column of texts that repeat, as numbers into its different texts."""

    def __init__(self, cells: pl.Series) -> None:
        different = cells.unique().sort()
        self.texts = [text.strip()[:_LONGEST] for text in different.to_list()]
        indexes = pl.Series(np.arange(len(different)), dtype=pl.Int64)
        self.codes: Indexes = cells.replace_strict(different, indexes, return_dtype=pl.Int64).to_numpy()
        self._empty = self.texts.index("") if "" in self.texts else -1

    def occurring(self, start: int, end: int, first: int) -> tuple[list[str], npt.NDArray[np.uint32]]:
        """The texts that occur in a part of the column, to be numbered from `first`, and their numbers in it; 0 = none."""
        codes, which = np.unique(self.codes[start:end], return_inverse=True)
        numbers = np.arange(first, first + len(codes), dtype="<u4")
        numbers[codes == self._empty] = 0
        return [self.texts[code] for code in codes.tolist()], numbers[which]
