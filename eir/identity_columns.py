"""Identifiers in columns: what `identity.py` says of one, for arrays of millions. Each is tested equal to the scalar form.

A module of its own so that what asks about single devices, the command line and the data plane, starts without numpy.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from eir.identity import IMEI14_END, LUHN_BLOCK, LUHN_BLOCKS, ClassTable

Numbers: TypeAlias = npt.NDArray[np.uint64]

_LUHN = np.frombuffer(LUHN_BLOCKS, dtype=np.uint8)


def check_digits(imei14: Numbers) -> npt.NDArray[np.uint8]:
    """`check_digit` of each element, same shape. Values must be below 10**14, else IndexError."""
    if imei14.size and int(imei14.max()) >= IMEI14_END:
        raise IndexError("an IMEI key has 14 digits")
    upper = imei14 // np.uint64(LUHN_BLOCK * LUHN_BLOCK)  # six digits
    lower = (imei14 - upper * np.uint64(LUHN_BLOCK * LUHN_BLOCK)).astype(np.uint32)  # eight
    total = np.zeros(imei14.shape, dtype=np.uint8)
    for half in (upper.astype(np.uint32), lower):
        block = half // np.uint32(LUHN_BLOCK)
        total += _LUHN[block]
        total += _LUHN[half - block * np.uint32(LUHN_BLOCK)]
    return (np.uint8(40) - total) % np.uint8(10)


def classify(imei14: Numbers, table: ClassTable) -> npt.NDArray[np.uint8]:
    """The class of each element of a one-dimensional array, as the numbers of ImeiClass."""
    out = np.zeros(imei14.shape, dtype=np.uint8)
    special = np.flatnonzero(np.array(table.special_leads)[imei14 // np.uint64(10**12)])
    keys = imei14[special]
    for divisor, classes in reversed(table.by_length):  # longer prefixes overwrite
        leading = keys // np.uint64(divisor)
        for prefix, imei_class in classes.items():
            out[special[leading == prefix]] = imei_class
    return out


def imsis_aligned(imsis: Numbers) -> Numbers:
    """IMSIs of any length with the MCC at the top of 15 digits: `// 10**12` is it, `// 10**9` has the MNC too. 0 stays 0."""
    aligned = imsis.copy()
    for _ in range(14):
        short = (aligned > 0) & (aligned < np.uint64(10**14))
        if not short.any():
            break
        aligned[short] *= np.uint64(10)
    test = (aligned > 0) & (aligned < np.uint64(2 * 10**14))  # MCC 001
    aligned[test] //= np.uint64(100)
    return aligned
