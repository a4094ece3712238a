"""A device as it was declared, looked up in the column blocks of the `device` table."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from eir import records
from eir.identity import Imei
from eir.v1 import records_pb2
from eir.v1 import registry_pb2 as pb
from store.errors import StoreBroken
from store.snapshot import Snapshot


def declared(snapshot: Snapshot, device: int) -> pb.Device | None:
    """What its manifest said of a device; None for device 0, and when there is no such device. Raises StoreBroken."""
    found = snapshot.seek("device", records.device_key(device)) if device else None
    if found is None:
        return None
    try:
        block = records_pb2.DeviceBlock.FromString(found[1])
        return _cut(block, device - block.first) if block.first <= device else None
    except (DecodeError, IndexError) as error:
        raise StoreBroken(f"devices up to {records.number(found[0])} do not parse: {error}") from error


def _cut(block: records_pb2.DeviceBlock, index: int) -> pb.Device:
    """One row of the columns. Columns that were never said are empty."""
    start = sum(block.slots[:index])
    imeis = block.imeis[start : start + block.slots[index]]
    return pb.Device(
        id=block.first + index,
        imeis=[Imei(number).text for number in imeis],
        serial=block.serials[index] if block.serials else "",
        brand=_name(block, block.brands[index] if block.brands else 0),
        model=_name(block, block.models[index] if block.models else 0),
        batch=block.batch,
        line=block.lines[index] if block.lines else 0,
    )


def _name(block: records_pb2.DeviceBlock, reference: int) -> str:
    return block.names[reference - 1] if reference else ""
