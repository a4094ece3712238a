"""Shared Hypothesis strategies for identifiers."""

from __future__ import annotations

from hypothesis import strategies as st

from eir.identity import IMEI14_END, Imei, classify

FOREIGN_ZEROS = (0x06F0, 0x0660, 0xFF10)  # Persian, Arabic-Indic, fullwidth
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad"
SPACES = " \t\u00a0\u2007\u2009\u202f\u3000"

keys = st.integers(0, IMEI14_END - 1)  # any 14 digits, reserved ones included
imei14s = st.integers(10**12, IMEI14_END - 1).filter(lambda key: not classify(key))  # what a sold device may carry
svns = st.text("0123456789", min_size=2, max_size=2)
imeis = st.builds(Imei, imei14s, st.none() | svns)
tacs = st.integers(1_000_000, 99_999_999)
# 6 to 15 digits; the country code begins with 2 to 7 (E.212), or is 001 of test networks
imsis = st.from_regex(r"([2-7][0-9]{2}|001)[0-9]{3,12}", fullmatch=True).map(int)
home_imsis = st.builds(
    lambda mnc, msin: int(f"432{mnc}{msin:010}"), st.sampled_from([11, 20, 35]), st.integers(0, 10**10 - 1)
)
home_msisdns = st.integers(0, 10**9 - 1).map(lambda number: f"989{number:09}")
phone_texts = st.text("0123456789ABCDEFabcdef*#", min_size=1, max_size=16)  # what a phone can send


@st.composite
def network_forms(draw: st.DrawFn, imei14: int) -> str:
    """A key as the network may hold it: 14 digits, 15 with any last digit, or 16."""
    return f"{imei14:014}" + draw(st.text("0123456789", max_size=2))


@st.composite
def disguised(draw: st.DrawFn, digits: str) -> str:
    """The same digits as people and spreadsheets write them: other scripts, invisible characters, grouping."""
    joints = st.text(INVISIBLE, max_size=2)
    grouping = st.sampled_from(["", "", "", " ", "-", "/", "\u00a0"])
    out = draw(joints)
    for index, digit in enumerate(digits):
        zero = draw(st.sampled_from((ord("0"), *FOREIGN_ZEROS)))
        out += chr(zero + int(digit)) + draw(joints)
        if index < len(digits) - 1:
            out += draw(grouping)
    return draw(st.text(SPACES, max_size=2)) + out + draw(st.text(SPACES, max_size=2))


@st.composite
def document_forms(draw: st.DrawFn, imei14: int) -> str:
    """A device as a manifest may write it rightly: 14 digits, 15 with the check digit, 16 with a version; disguised."""
    imei = Imei(imei14)
    return draw(disguised(draw(st.sampled_from([imei.text, imei.with_check_digit(), imei.text + draw(svns)]))))


@st.composite
def national_ids(draw: st.DrawFn) -> str:
    """A valid national id: the check digit by trial, as the weighted sum with it is divisible by 11, or it is r < 2."""
    nine = draw(st.text("0123456789", min_size=9, max_size=9).filter(lambda text: len(set(text)) > 1))
    total = sum(int(digit) * (10 - index) for index, digit in enumerate(nine))
    return nine + next(str(c) for c in range(10) if (total + c) % 11 == 0 or c == total % 11 < 2)
