"""Civil dates: Jalali and Gregorian, read, converted and written; and the instants at which they begin.

A civil date (`datetime.date`, proleptic Gregorian) and an instant (UTC, unix seconds) are different types here, and only
`start_of_day` and `civil_day` lead from one to the other, through the home time zone. Grace periods are counted in civil
days and published as a date.

The calendar is own code because little is left of it here: Jalali years 1300 to 1499 only, in which the break-year method
(Borkowski) comes down to one rule, as its break years nearest to them are 1210 and 1635. `jalali-core` (and `jdatetime`
on it) is LGPL and takes any year; `persiantools` is MIT and agrees with this module on every day of the range, but is some
2,500 lines, untyped at the calls needed, for the few lines below.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from eir.identity import fold

JALALI_YEARS = range(1300, 1500)
GREGORIAN_YEARS = range(1900, 2100)

_LEAP_REMAINDERS = frozenset({1, 5, 9, 13, 17, 22, 26, 30})  # of the year by 33; holds from 1210 to 1633
_MONTH_STARTS = (0, 31, 62, 93, 124, 155, 186, 216, 246, 276, 306, 336)  # six months of 31 days, then of 30


def is_jalali_leap(year: int) -> bool:
    """Whether month 12 has 30 days, for years 1210 to 1633."""
    return year % 33 in _LEAP_REMAINDERS


def _new_years() -> Iterator[int]:
    """Day number (`date.toordinal`) of 1 Farvardin of each year of the range, and of the year after it."""
    day = dt.date(1921, 3, 21).toordinal()
    for year in JALALI_YEARS:
        yield day
        day += 366 if is_jalali_leap(year) else 365
    yield day


_NEW_YEARS = tuple(_new_years())


def jalali_to_gregorian(year: int, month: int, day: int) -> dt.date:
    """The civil date of a Jalali one. ValueError when there is no such day, or the year is not in 1300 to 1499."""
    if year not in JALALI_YEARS or not 1 <= month <= 12:
        raise ValueError(f"{year}/{month}/{day} is no Jalali date of the years 1300 to 1499")
    length = 31 if month <= 6 else 30 if month < 12 or is_jalali_leap(year) else 29
    if not 1 <= day <= length:
        raise ValueError(f"{year}/{month}/{day}: Jalali month {month} of {year} has {length} days")
    return dt.date.fromordinal(_NEW_YEARS[year - JALALI_YEARS.start] + _MONTH_STARTS[month - 1] + day - 1)


def gregorian_to_jalali(date: dt.date) -> tuple[int, int, int]:
    """Jalali year, month and day. ValueError outside 1921-03-21 to 2121-03-20."""
    number = date.toordinal()
    if not _NEW_YEARS[0] <= number < _NEW_YEARS[-1]:
        raise ValueError(f"{date} is not in the Jalali years 1300 to 1499")
    index = bisect_right(_NEW_YEARS, number) - 1
    day = number - _NEW_YEARS[index]
    month = bisect_right(_MONTH_STARTS, day)
    return JALALI_YEARS.start + index, month, day - _MONTH_STARTS[month - 1] + 1


def format_jalali(date: dt.date) -> str:
    """`1403/12/30`. ValueError as `gregorian_to_jalali`."""
    year, month, day = gregorian_to_jalali(date)
    return f"{year:04}/{month:02}/{day:02}"


@dataclass(frozen=True, slots=True)
class DateProfile:
    """What a source's dates look like beyond the shapes that need no telling.

    Attributes:
        day_first: `DD/MM/YYYY` is also read; without it such a date is refused.
        century: added to a two-digit year, and with it fixes the calendar (1400 or 1300, 2000 or 1900); 0 refuses them.
        epoch_1904: numeric cells count days from 1904-01-01 instead of from 1899-12-30.
    """

    day_first: bool = False
    century: int = 0
    epoch_1904: bool = False

    def __post_init__(self) -> None:
        if self.century not in (0, 1300, 1400, 1900, 2000):
            raise ValueError(f"century {self.century}: expected 0, 1300, 1400, 1900 or 2000")


_TIME = r"(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?"  # a local time of day; a zone is refused
_YEAR_FIRST = re.compile(r"([0-9]{4}|[0-9]{2})([/-])([0-9]{1,2})\2([0-9]{1,2})" + _TIME)
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})" + _TIME)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_SERIAL = re.compile(r"([0-9]{1,5})(?:\.[0-9]{1,20})?")
_LONGEST = 64


def parse_date(text: str, profile: DateProfile = DateProfile(), *, numeric: bool = False) -> dt.date:
    """Read one date in a document: `YYYY/MM/DD`, `YYYY-MM-DD` or `YYYYMMDD`, and what the profile adds.

    Digits are folded. The year tells the calendar: 1300 to 1499 Jalali, 1900 to 2099 Gregorian. A time of day after the
    date is left off.

    Args:
        text: the cell; a numeric cell's stored value.
        profile: what the source is known to write.
        numeric: the cell was a number, so up to five digits are a spreadsheet's day count.

    Raises:
        ValueError: another shape, a year in neither range, or no such day.
    """
    if len(text) > _LONGEST:
        raise ValueError("not a date: too long")
    folded = fold(text).strip()
    if numeric and (serial := _SERIAL.fullmatch(folded)):
        return _from_serial(int(serial[1]), profile.epoch_1904)
    if numeric:
        folded = folded.removesuffix(".0")
    year, month, day = _fields(folded, profile)
    if len(year) == 2 and not profile.century:
        raise ValueError(f"{text!r}: a year of two digits")
    return _civil(int(year) + (profile.century if len(year) == 2 else 0), int(month), int(day))


def _fields(text: str, profile: DateProfile) -> tuple[str, str, str]:
    """Year, month and day as written."""
    if compact := _COMPACT.fullmatch(text):
        return compact[1], compact[2], compact[3]
    if profile.day_first and (found := _DAY_FIRST.fullmatch(text)):
        return found[4], found[3], found[1]
    found = _YEAR_FIRST.fullmatch(text)
    if not found or (profile.day_first and len(found[1]) == 2):
        raise ValueError(f"{text!r} is no date: expected YYYY/MM/DD, YYYY-MM-DD or YYYYMMDD")
    return found[1], found[3], found[4]


def _civil(year: int, month: int, day: int) -> dt.date:
    if year in JALALI_YEARS:
        return jalali_to_gregorian(year, month, day)
    if year not in GREGORIAN_YEARS:
        raise ValueError(f"year {year}: expected 1300 to 1499 (Jalali) or 1900 to 2099 (Gregorian)")
    return dt.date(year, month, day)


def _from_serial(days: int, epoch_1904: bool) -> dt.date:
    """A spreadsheet's day count. Before day 61 the 1900 system counts a 29 February 1900 that never was: refused."""
    if days < 61 and not epoch_1904:
        raise ValueError(f"{days} is no spreadsheet date after February 1900")
    date = (dt.date(1904, 1, 1) if epoch_1904 else dt.date(1899, 12, 30)) + dt.timedelta(days=days)
    if date.year not in GREGORIAN_YEARS:
        raise ValueError(f"spreadsheet date {days} lies in the year {date.year}: expected 1900 to 2099")
    return date


def civil_day(instant: float, zone: ZoneInfo) -> dt.date:
    """The civil date at an instant (unix seconds) in the home time zone."""
    return dt.datetime.fromtimestamp(instant, zone).date()


def start_of_day(date: dt.date, zone: ZoneInfo) -> int:
    """The first instant (unix seconds) of a civil day; where the clock skips midnight, that of the skip."""
    return int(dt.datetime.combine(date, dt.time(), zone).timestamp())
