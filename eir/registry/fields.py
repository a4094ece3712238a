"""Reading the fields of requests. Values are documents: typed by people, or pasted by systems (`eir/identity.py`).

Every function takes the name of its field as the proto spells it (`pairs[3].imei`) and raises InvalidField with it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

from eir.errors import InvalidField
from eir.identity import (
    ClassTable,
    Fault,
    Imei,
    ImeiClass,
    check_digit,
    fold,
    imei14_from_network,
    imsi_number,
    malformed_key,
    msisdn_from_document,
    svn_from_network,
    tac_from_document,
)

MAX_ITEMS = 100_000
MAX_TIME = 2**32 - 1  # records keep seconds in four bytes; it also catches milliseconds

_LONGEST = 64
_RESERVED = {ImeiClass.TEST: "a test IMEI", ImeiClass.ALL_ZERO: "all zeros", ImeiClass.PLACEHOLDER: "a placeholder"}
_TELLING = (Fault.DIGITS_LOST, Fault.THOUSANDS, Fault.LEADING_ZERO_LOST)

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def shown(text: str) -> str:
    """A value of the caller's for a message: quoted, escaped, not too long."""
    return repr(text) if len(text) <= _LONGEST else f"{text[:_LONGEST]!r} and {len(text) - _LONGEST} more characters"


def items(name: str, given: Sequence[Item]) -> Sequence[Item]:
    """The items of a request: at least one, and no more than one commit should hold up the others for."""
    if not given:
        raise InvalidField(name, "expected at least one, got none")
    if len(given) > MAX_ITEMS:
        raise InvalidField(name, f"expected at most {MAX_ITEMS}, got {len(given)}; send them in parts, or load a file")
    return given


def distinct(name: str, pairs: Iterable[tuple[Key, Value]]) -> dict[Key, Value]:
    """Values by key, in order. The same item twice is one; the same key with another value is refused."""
    found: dict[Key, Value] = {}
    where: dict[Key, int] = {}
    for index, (key, value) in enumerate(pairs):
        first = where.setdefault(key, index)
        if found.setdefault(key, value) != value:
            raise InvalidField(f"{name}[{index}]", f"contradicts {name}[{first}]; leave one of them out")
    return found


def imei(field: str, text: str, classes: ClassTable) -> int:
    """The 14-digit number of any well-formed IMEI, reserved ones too; a wrong check digit is refused."""
    if len(text) > _LONGEST:
        raise InvalidField(field, f"expected 14 to 16 digits, got {shown(text)}")
    reading = Imei.from_document(text, table=classes)
    if reading.imei is not None:
        return reading.imei.number
    if reading.fault in (Fault.ALL_ZERO, Fault.PLACEHOLDER):
        number = imei14_from_network(reading.digits)
        if number is not None:
            return number
    if reading.fault is Fault.CHECK_DIGIT:
        digit = check_digit(int(reading.digits[:14]))
        raise InvalidField(field, f"check digit {reading.digits[14]} of {shown(text)} is wrong: expected {digit}")
    why = f": {reading.fault.value}" if reading.fault in _TELLING else ""
    raise InvalidField(field, f"expected 14 to 16 digits, got {shown(text)}{why}")


def production_imei(field: str, text: str, classes: ClassTable) -> int:
    """As `imei`, but only of devices that can be registered: no test IMEI, zeros or placeholder."""
    number = imei(field, text, classes)
    reserved = _RESERVED.get(classes.classify(number))
    if reserved:
        raise InvalidField(field, f"{shown(text)} is {reserved}, which cannot be registered")
    return number


def malformed(text: str) -> str | None:
    """The key of a malformed text that a phone could send; None for what has 14 to 16 digits, and for all else."""
    return None if imei14_from_network(text) is not None else malformed_key(text)


def imsi(field: str, text: str) -> int:
    """6 to 15 digits. Zero is none: nothing may be filed under it."""
    number = imsi_number(fold(text).strip())
    if not number:
        raise InvalidField(field, f"expected 6 to 15 digits, got {shown(text)}")
    return number


def msisdn(field: str, text: str) -> int:
    """A home mobile number or an international one; 0 when empty."""
    if not text:
        return 0
    number = msisdn_from_document(text) if len(text) <= _LONGEST else None
    if number is None:
        raise InvalidField(field, f"expected a mobile number, a foreign one with + or 00 in front, got {shown(text)}")
    return int(number)


def tac(field: str, text: str) -> int:
    """Eight digits."""
    number = tac_from_document(text) if len(text) <= _LONGEST else None
    if number is None:
        raise InvalidField(field, f"expected 8 digits, got {shown(text)}")
    return number


def svns(field: str, texts: Sequence[str]) -> tuple[int, ...]:
    """Software versions, ascending, each once; of two digits."""
    found = set()
    for index, text in enumerate(texts):
        svn = svn_from_network(text)
        if svn is None:
            raise InvalidField(f"{field}[{index}]", f"expected 2 digits, got {shown(text)}")
        found.add(int(svn))
    return tuple(sorted(found))


def seconds(field: str, value: int) -> int:
    """Unix seconds that a record can hold."""
    if not 0 <= value <= MAX_TIME:
        raise InvalidField(field, f"expected unix seconds from 0 to {MAX_TIME}, got {value}")
    return value
