"""What the rows of a manifest say besides their IMEIs, as far as it decides: slots, quantity, HS code, TAC.

Such columns repeat few values, so each different text is judged once.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from eir.identity import fold, tac_from_document
from loaders.declaration import whole_number
from loaders.device_blocks import Names, column_of
from loaders.devices import Devices, hold
from loaders.findings import Findings
from loaders.imei_columns import Indexes
from loaders.rows import Rows

_SNR = np.uint64(1_000_000)
_NOT_SAID = -1
_UNREADABLE = -2
_OLD, _NEW = 1, 2
_MANY = 10**12
# Before HS 2022 all telephones for cellular networks; some public pages still name it for feature phones.
_OLD_HS = "851712"


def check_values(devices: Devices, rows: Rows, findings: Findings) -> Devices:
    """Holds the devices whose rows contradict themselves."""
    held: dict[int, tuple[str, str]] = {}
    old = _judged(rows, devices, "hs_code", _hs_code)
    if old is not None:
        held.update(_held(old == _UNREADABLE, "HS_CODE_BAD"))
        findings.warn(rows.lines[devices.rows[old == _OLD]], "HS_CODE_OLD")
    quantity = _judged(rows, devices, "quantity", _count)
    if quantity is not None:
        held.update(_held(quantity == _UNREADABLE, "QUANTITY_UNIT"))
    slots = _judged(rows, devices, "sim_count", _slots)
    if slots is not None:
        held.update(_held((slots >= 0) & (slots != devices.slots), "SLOTS"))
    tac = _judged(rows, devices, "tac", _tac)
    if tac is not None and len(devices):
        owners = devices.owners()
        other = tac[owners] != (devices.imeis // _SNR).astype(np.int64)
        matching = np.bincount(owners[~other], minlength=len(devices))
        held.update(_held((tac >= 0) & (matching == 0), "TAC_DISAGREES"))
    return hold(devices, rows, held, findings)


def _judged(rows: Rows, devices: Devices, column: str, judge: Callable[[str], int]) -> Indexes | None:
    """A number for the cell of each device's first row; None without the column, or without a device."""
    if column not in rows.frame.columns or not len(devices):
        return None
    names = Names(column_of(rows, devices, column))
    return np.array([judge(text) for text in names.texts], np.int64)[names.codes]


def _held(mask: np.ndarray[tuple[int], np.dtype[np.bool_]], code: str) -> dict[int, tuple[str, str]]:
    return dict.fromkeys(np.flatnonzero(mask).tolist(), (code, ""))


def _count(text: str) -> int:
    number = whole_number(text)
    if number is not None:
        return number
    return _UNREADABLE if fold(text).strip() else _NOT_SAID


def _slots(text: str) -> int:
    """Words say nothing; but a number that no device has, such as an IMEI in the wrong column, is not its slots either."""
    return _MANY if re.fullmatch(r"[0-9][0-9 ./-]{12,}", fold(text).strip()) else _count(text)


def _hs_code(text: str) -> int:
    digits = re.sub(r"[. ]", "", fold(text).strip())
    if not digits:
        return _NOT_SAID
    if not re.fullmatch(r"[0-9]{6,12}", digits):
        return _UNREADABLE
    return _OLD if digits.startswith(_OLD_HS) else _NEW


def _tac(text: str) -> int:
    tac = tac_from_document(text)
    return _NOT_SAID if tac is None else tac
