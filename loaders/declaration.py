"""The declaration that a manifest belongs to: its facts from every source, and its account over all its batches.

Facts come from the options of the call, from '# key: value' lines (or the envelope of a JSON file), and from columns
repeated on each row. Only the number is required. Sources that say different things refuse the file: none of them outranks
another. The account (R2, R3 and R4 of the customs formats) is kept over all batches of a declaration, because a check of a
file against its own header stops nobody who writes both.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import polars as pl

from eir import civil
from eir.errors import FileRefused
from eir.identity import Importer, ImporterType, declaration_number, fold
from eir.records import text_key
from eir.v1 import records_pb2
from eir.v1 import registry_pb2 as pb
from loaders.codes import Issue, refused
from loaders.rows import Rows

_MAX_OFFICE = 64
_MANY = 1000  # different texts of one fact, past which they need not be read to disagree

Value = TypeVar("Value")


@dataclass(frozen=True)
class _Said:
    """One fact as one source puts it."""

    source: str
    text: str
    numeric: bool = False


def read_facts(rows: Rows, file_name: str, options: pb.DeclarationFacts, form: str) -> pb.DeclarationFacts:
    """The facts that all sources agree on, in canonical form; the date stays in the calendar it was written in. `form` is
    the policy's regular expression for numbers of declarations.

    Raises FileRefused: DECLARATION_MISSING, DECLARATION_BAD, DECLARATION_DISAGREES, FACT_DISAGREES, IMPORTER_BAD,
    QUANTITY_BAD, DATE_HEADER.
    """
    facts = pb.DeclarationFacts()
    number = _agreed("declaration", lambda said: _number(said, form), _said(rows, "declaration", options.number))
    if number is None:
        raise refused("DECLARATION_MISSING")
    facts.number = number
    _check_file_name(file_name, number)
    facts.office = _agreed("office", _office, _said(rows, "office", options.office)) or ""
    kinds = _agreed("importer_type", _importer_type, _said(rows, "importer_type", ""))
    importer = _agreed("importer", lambda said: _importer(said, kinds), _said(rows, "importer", options.importer))
    facts.importer = str(importer or "")
    facts.declared_devices = _count(rows, "declared_devices", options.declared_devices)
    facts.declared_imeis = _count(rows, "declared_imeis", options.declared_imeis)
    dates = list(_said(rows, "declaration_date", options.date))
    date = _agreed("declaration_date", _date, dates)
    year = _agreed("declaration_year", _year, _said(rows, "declaration_year", str(options.year or "")))
    if date is not None:
        written = re.match(r"[0-9]{4}[/-][0-9]{1,2}[/-][0-9]{1,2}|[0-9]{8}", fold(dates[0].text).strip())
        facts.date = written[0] if written else date.isoformat()
        year = _year_of(date, facts.date, year)
    facts.year = year or 0
    return facts


def declaration_key(facts: pb.DeclarationFacts) -> bytes:
    """Key of the `declaration` table: 'office/year/number', because a number is unique only with the other two."""
    return text_key(f"{facts.office}/{facts.year}/{facts.number}")


def reference(facts: pb.DeclarationFacts) -> str:
    """A declaration in words: 'office/year/number', without what is not known."""
    return "/".join(filter(None, (facts.office, str(facts.year or ""), facts.number)))


# ---- sources


def _said(rows: Rows, name: str, option: str) -> Iterator[_Said]:
    """What each source says of one fact, the most deliberate first."""
    if option.strip():
        yield _Said("the option", option)
    if rows.preamble.get(name, "").strip():
        yield _Said("the lines above the header", rows.preamble[name])
    if name in rows.frame.columns:
        numeric = rows.numeric.get(name)
        cells = rows.frame.select(text=pl.col(name), numeric=pl.lit(False) if numeric is None else pl.Series(numeric))
        different = cells.filter(pl.col("text").str.strip_chars() != "").unique(maintain_order=True)
        if len(different) > _MANY:
            raise _disagreement(name, f"{len(different)} different values in the rows")
        for text, as_number in different.iter_rows():
            yield _Said("the rows", text, as_number)


def _agreed(name: str, read: Callable[[_Said], Value], sources: Iterable[_Said]) -> Value | None:
    """The value that all sources give, None when none does."""
    first: tuple[Value, _Said] | None = None
    for said in sources:
        value = read(said)
        if first is None:
            first = value, said
        elif value != first[0]:
            told = f"{first[1].source}: {_short(first[1].text)}; {said.source}: {_short(said.text)}"
            raise _disagreement(name, told)
    return first[0] if first else None


def _disagreement(name: str, found: str) -> FileRefused:
    return refused("DECLARATION_DISAGREES" if name == "declaration" else "FACT_DISAGREES", f"{name}: {found}")


def _short(text: str) -> str:
    return repr(text[:40])


# ---- one fact each, from text that anybody may have written


def _number(said: _Said, form: str) -> str:
    number = declaration_number(said.text.removesuffix(".0") if said.numeric else said.text)
    if number is None or not re.fullmatch(form, number):
        raise refused(
            "DECLARATION_BAD", f"{_short(said.text)} does not have the form {form} (policy: manifest.declaration_number)"
        )
    return number


def _office(said: _Said) -> str:
    text = " ".join(fold(said.text.removesuffix(".0") if said.numeric else said.text).split())
    if not text or len(text) > _MAX_OFFICE or "/" in text or any(unicodedata.category(char)[0] == "C" for char in text):
        raise refused("DECLARATION_BAD", f"customs office {_short(said.text)}")
    return text


def _importer_type(said: _Said) -> ImporterType:
    name = fold(said.text).strip().upper()
    if name not in ImporterType.__members__:
        raise refused("IMPORTER_BAD", f"type {_short(said.text)}; LEGAL, PERSON or FOREIGN expected")
    return ImporterType[name]


def _importer(said: _Said, kind: ImporterType | None) -> Importer:
    """Eleven digits are a company and ten a person, by their check digits; anything else is a foreigner's code."""
    importer = Importer.from_document(said.text, kind, numeric=said.numeric)
    if importer is None and kind is None and not re.fullmatch("[0-9]{10,11}", re.sub("[ /-]", "", fold(said.text).strip())):
        importer = Importer.from_document(said.text, ImporterType.FOREIGN)
    if importer is None:
        raise refused("IMPORTER_BAD", _short(said.text))
    return importer


def whole_number(text: str) -> int | None:
    """A quantity as people and spreadsheets write it: digits, perhaps Persian, perhaps with '.0'. None for other text."""
    found = re.fullmatch(r"([0-9]{1,12})(?:\.0{1,6})?", fold(text).strip())
    return int(found[1]) if found else None


def _count(rows: Rows, name: str, option: int) -> int:
    return _agreed(name, _quantity, _said(rows, name, str(option or ""))) or 0


def _quantity(said: _Said) -> int:
    quantity = whole_number(said.text)
    if not quantity:
        raise refused("QUANTITY_BAD", _short(said.text))
    return quantity


def _date(said: _Said) -> dt.date:
    # A date column that lost its format leaves a spreadsheet as its day count; no other date has five digits.
    day_count = said.numeric or re.fullmatch("[0-9]{5}", fold(said.text).strip()) is not None
    try:
        return civil.parse_date(said.text, numeric=day_count)
    except ValueError as error:
        raise refused("DATE_HEADER", str(error)[:120]) from error


def _year(said: _Said) -> int:
    year = whole_number(said.text)
    if year is None or (year not in civil.JALALI_YEARS and year not in civil.GREGORIAN_YEARS):
        raise refused("DATE_HEADER", f"year {_short(said.text)}")
    return year


def _year_of(date: dt.date, written: str, said: int | None) -> int:
    """The year of the declaration: as said, and then of the date in either calendar; else of the date as written."""
    years = [int(written[:4]), date.year]
    if date.year in range(civil.JALALI_YEARS.start + 622, civil.JALALI_YEARS.stop + 621):
        years.append(civil.gregorian_to_jalali(date)[0])
    if said is not None and said not in years:
        raise _disagreement("declaration_year", f"{said}, and the date {written}")
    return said or years[0]


def _check_file_name(file_name: str, number: str) -> None:
    """Eight digits in a file name that are no date name a declaration (trap 60)."""
    name = re.split(r"[/\\]", fold(file_name))[-1]
    named = re.findall(r"(?<![0-9])[0-9]{8}(?![0-9])", name)
    others = [digits for digits in named if digits != number and not _is_date(digits)]
    if others and number not in named:
        raise refused("DECLARATION_DISAGREES", f"the file name says {others[0]}, the declaration is {number}")


def _is_date(digits: str) -> bool:
    try:
        civil.parse_date(digits)
    except ValueError:
        return False
    return True


# ---- the account


@dataclass
class Account:
    """What a batch does to its declaration: the new record, and whether it may."""

    record: records_pb2.Declaration
    gates: list[pb.GateResult] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def on_file(stored: bytes | None, facts: pb.DeclarationFacts) -> records_pb2.Declaration:
    """The declaration so far, with the facts that this file adds. Raises FileRefused (FACT_DISAGREES)."""
    record = records_pb2.Declaration.FromString(stored) if stored else records_pb2.Declaration()
    for name in ("importer", "declared_devices", "declared_imeis"):
        before, now = getattr(record.facts, name), getattr(facts, name)
        if before and now and before != now:
            raise _disagreement(name, f"{reference(facts)} has {before} on file, this file says {now}")
    if record.facts.date and facts.date and civil.parse_date(record.facts.date) != civil.parse_date(facts.date):
        raise _disagreement("declaration_date", f"{record.facts.date} on file, this file says {facts.date}")
    known = pb.DeclarationFacts()
    known.CopyFrom(facts)
    known.MergeFrom(record.facts)
    record.facts.CopyFrom(known)
    return record


def add_batch(record: records_pb2.Declaration, batch: str, devices: int, imeis: int) -> Account:
    """Counts a batch: R2 and R4 may refuse it, R3 only tells that devices are missing."""
    record.batches.append(batch)
    record.devices += devices
    record.imeis += imeis
    facts, name = record.facts, reference(record.facts)
    account = Account(record)
    if facts.declared_devices:
        found = f"{record.devices} devices over all batches of {name}, {facts.declared_devices} declared"
        _gate(account, "declared_devices", record.devices, facts.declared_devices, "EXCESS_QUANTITY", found)
        if record.devices < facts.declared_devices:
            account.issues.append(Issue(0, "", "FEWER_DEVICES", "", f"incomplete: {found}"))
            account.notes.append(f"INCOMPLETE: {found}")
    if facts.declared_imeis:
        found = f"{record.imeis} IMEIs over all batches of {name}, {facts.declared_imeis} declared"
        _gate(account, "declared_imeis", record.imeis, facts.declared_imeis, "IMEI_COUNT", found)
        if record.imeis < facts.declared_imeis and record.devices == facts.declared_devices:
            # Every device is there and IMEIs are not: slots are missing.
            account.gates[-1].passed = False
            account.issues.append(Issue(0, "", "IMEI_COUNT", "", found))
    return account


def _gate(account: Account, name: str, value: int, limit: int, code: str, found: str) -> None:
    account.gates.append(pb.GateResult(name=name, value=value, limit=limit, passed=value <= limit, text=found))
    if value > limit:
        account.issues.append(Issue(0, "", code, "", found))
