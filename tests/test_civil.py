"""Civil dates: published vectors, the break-year method as an independent oracle, shapes, and days in a time zone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir import civil
from eir.civil import DateProfile

TEHRAN = ZoneInfo("Asia/Tehran")

VECTORS = [
    ("1348/10/11", "1970-01-01"),
    ("1375/12/30", "1997-03-20"),
    ("1394/09/15", "2015-12-06"),
    ("1397/02/01", "2018-04-21"),
    ("1399/12/30", "2021-03-20"),
    ("1400/04/12", "2021-07-03"),
    ("1400/04/19", "2021-07-10"),
    ("1400/05/02", "2021-07-24"),
    ("1400/05/09", "2021-07-31"),
    ("1401/05/12", "2022-08-03"),
    ("1403/01/01", "2024-03-20"),
    ("1403/08/17", "2024-11-07"),
    ("1403/12/30", "2025-03-20"),
    ("1404/01/01", "2025-03-21"),
    ("1404/04/30", "2025-07-21"),
    ("1408/12/30", "2030-03-20"),
    ("1409/01/01", "2030-03-21"),
    ("1300/01/01", "1921-03-21"),
    ("1499/12/29", "2121-03-20"),
]


@pytest.mark.parametrize(("jalali", "gregorian"), VECTORS)
def test_published_dates_convert_both_ways(jalali: str, gregorian: str) -> None:
    date = dt.date.fromisoformat(gregorian)
    assert civil.parse_date(jalali) == date
    assert civil.format_jalali(date) == jalali


@pytest.mark.parametrize(
    "date", [(1402, 12, 30), (1404, 12, 30), (1403, 7, 31), (1403, 6, 32), (1403, 1, 0), (1403, 0, 1), (1403, 13, 1)]
)
def test_days_that_are_not_there_are_errors(date: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="Jalali"):
        civil.jalali_to_gregorian(*date)


@pytest.mark.parametrize("year", [-1, 0, 1299, 1500])
def test_years_out_of_range_are_errors(year: int) -> None:
    with pytest.raises(ValueError, match="1300 to 1499"):
        civil.jalali_to_gregorian(year, 1, 1)


@pytest.mark.parametrize("date", ["1921-03-20", "2121-03-21"])
def test_gregorian_days_out_of_range_are_errors(date: str) -> None:
    with pytest.raises(ValueError, match="1300 to 1499"):
        civil.gregorian_to_jalali(dt.date.fromisoformat(date))


def test_leap_years_are_those_of_the_break_year_method() -> None:
    """Borkowski: within a cycle of breaks, 33-year sub-cycles with a leap year each fourth year and a five-year step."""
    start, end = 1210, 1635  # the break years around the range
    for year in civil.JALALI_YEARS:
        n = year - start
        jump = end - start
        if jump - n % 33 < 6 and jump - n < 6:
            n = n - jump + (jump + 4) // 33 * 33
        leap = ((n + 1) % 33 - 1) % 4
        assert civil.is_jalali_leap(year) == (leap == 0 and (n + 1) % 33 != 0)


def test_leap_years_nearby_are_the_published_ones() -> None:
    found = [year for year in range(1388, 1442) if civil.is_jalali_leap(year)]
    assert found == [1391, 1395, 1399, 1403, 1408, 1412, 1416, 1420, 1424, 1428, 1432, 1436, 1441]


def test_every_day_of_the_range_converts_there_and_back_in_order() -> None:
    before = (1299, 12, 30)
    for number in range(dt.date(1921, 3, 21).toordinal(), dt.date(2121, 3, 20).toordinal() + 1):
        date = dt.date.fromordinal(number)
        jalali = civil.gregorian_to_jalali(date)
        assert jalali > before
        assert civil.jalali_to_gregorian(*jalali) == date
        before = jalali
    assert before == (1499, 12, 29)


SHAPES = {
    "slashes": ("1403/12/30", DateProfile(), False),
    "hyphens": ("2025-03-20", DateProfile(), False),
    "compact Jalali": ("14031230", DateProfile(), False),
    "compact Gregorian": ("20250320", DateProfile(), False),
    "compact numeric": ("20250320.0", DateProfile(), True),
    "one-digit month": ("2025/3/20", DateProfile(), False),
    "Persian digits and marks": ("\u200f۱۴۰۳/۱۲/۳۰\u00a0", DateProfile(), False),
    "time of day": ("2025-03-20 23:59:59", DateProfile(), False),
    "ISO time of day": ("2025-03-20T00:00", DateProfile(), False),
    "day first": ("30/12/1403", DateProfile(day_first=True), False),
    "year first where day first is allowed": ("1403-12-30", DateProfile(day_first=True), False),
    "two digits, Jalali": ("03/12/30", DateProfile(century=1400), False),
    "two digits, Gregorian, day first": ("20/03/25", DateProfile(century=2000, day_first=True), False),
    "spreadsheet day": ("45736", DateProfile(), True),
    "spreadsheet day and time": ("45736.75", DateProfile(), True),
    "spreadsheet day of 1904": ("44274", DateProfile(epoch_1904=True), True),
}


@pytest.mark.parametrize("name", SHAPES)
def test_date_is_read_in_every_accepted_shape(name: str) -> None:
    text, profile, numeric = SHAPES[name]
    assert civil.parse_date(text, profile, numeric=numeric) == dt.date(2025, 3, 20)


REFUSED = {
    "empty": ("", False),
    "word": ("null", False),
    "two-digit year": ("03/12/30", False),
    "day first without profile": ("30/12/1403", False),
    "mixed separators": ("1403/12-30", False),
    "year between the calendars": ("1500/01/01", False),
    "year too late": ("2100/01/01", False),
    "year too early": ("1299/12/29", False),
    "no such day": ("2025/02/29", False),
    "no such month": ("2025/13/01", False),
    "dots": ("2025.03.20", False),
    "zone": ("2025-03-20T10:00:00Z", False),
    "day count as text": ("45736", False),
    "day before March 1900": ("60", True),
    "day after 2099": ("73051", True),
    "superscript": ("²025/03/20", False),
    "line of digits": ("2025032020250320", True),
    "far too long": ("1" * 100_000, True),
    "negative": ("-45736", True),
}


@pytest.mark.parametrize("name", REFUSED)
def test_date_in_any_other_shape_is_refused(name: str) -> None:
    text, numeric = REFUSED[name]
    with pytest.raises(ValueError):
        civil.parse_date(text, numeric=numeric)


def test_first_and_last_spreadsheet_days_are_read() -> None:
    assert civil.parse_date("61", numeric=True) == dt.date(1900, 3, 1)
    assert civil.parse_date("73050", numeric=True) == dt.date(2099, 12, 31)
    assert civil.parse_date("0", DateProfile(epoch_1904=True), numeric=True) == dt.date(1904, 1, 1)


def test_two_digit_day_first_date_is_never_read_year_first() -> None:
    profile = DateProfile(day_first=True, century=2000)
    with pytest.raises(ValueError, match="month"):
        civil.parse_date("03/13/25", profile)
    with pytest.raises(ValueError, match="expected"):
        civil.parse_date("25/12/3", profile)


def test_profile_refuses_a_century_of_no_calendar() -> None:
    with pytest.raises(ValueError, match="century"):
        DateProfile(century=1800)


@given(
    st.text("0123456789۰۱٢３/- T:.", max_size=20) | st.text(max_size=10),
    st.builds(DateProfile, st.booleans(), st.sampled_from([0, 1300, 1400, 1900, 2000]), st.booleans()),
    st.booleans(),
)
def test_any_text_is_a_date_in_range_or_a_value_error(text: str, profile: DateProfile, numeric: bool) -> None:
    try:
        date = civil.parse_date(text, profile, numeric=numeric)
    except ValueError:
        return
    assert dt.date(1900, 1, 1) <= date <= dt.date(2121, 3, 20)


@given(st.dates(dt.date(1921, 3, 21), dt.date(2099, 12, 31)), st.sampled_from(["jalali", "iso", "compact"]))
def test_written_dates_read_back(date: dt.date, form: str) -> None:
    text = civil.format_jalali(date) if form == "jalali" else date.isoformat()
    assert civil.parse_date(text.replace("-", "") if form == "compact" else text) == date


@given(st.dates(dt.date(1971, 1, 1), dt.date(2099, 12, 30)))
def test_a_day_begins_where_the_one_before_ends(date: dt.date) -> None:
    start = civil.start_of_day(date, TEHRAN)
    assert civil.civil_day(start, TEHRAN) == date
    assert civil.civil_day(start - 1, TEHRAN) == date - dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        ("2025-07-01", "2025-06-30T20:30:00+00:00"),  # +03:30 all year since 2023
        ("2022-07-01", "2022-06-30T19:30:00+00:00"),  # +04:30 in summer until 2022
        ("2022-03-22", "2022-03-21T20:30:00+00:00"),  # the clock went from 00:00 to 01:00
        ("2022-09-22", "2022-09-21T20:30:00+00:00"),  # and back, from 24:00 to 23:00
    ],
)
def test_a_day_begins_by_the_clock_of_its_year(day: str, begins: str) -> None:
    start = civil.start_of_day(dt.date.fromisoformat(day), TEHRAN)
    assert start == int(dt.datetime.fromisoformat(begins).timestamp())
