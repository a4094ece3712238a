"""Operator dumps: which IMEI was seen with which IMSI, and when. The form is that of DIRBS: `date,imei,imsi,msisdn[,rat]`.

The file is called `<operator>_<from>_<to>` (dates YYYYMMDD, both included), or the operator is an option; a row outside the
period is refused. What is kept is a sighting for each IMEI, IMSI and operator: first day, last day, and the number last
used. A sighting that is on file grows, it never shrinks, so dumps may overlap and come in any order.

Rows without a usable IMEI are counted and go to the reject file; nothing can be done for a device that has no number. An
IMSI or MSISDN that cannot be used is left out with a warning, because the device was there all the same. `rat` is not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from eir import records
from eir.identity_columns import imsis_aligned
from eir.v1 import registry_pb2 as pb
from loaders.codes import Issue, refused
from loaders.columns import OPERATOR_DUMP
from loaders.load import Context, Diff, Lines, Parsed, Writes
from loaders.named import refuse_nothing
from loaders.network_columns import NO_DAY, Flags, Numbers, Values, read_days, read_imeis, read_imsis, read_msisdns
from loaders.rows import Rows, read_rows
from loaders.source import DEFAULT_LIMITS, Source
from store.errors import StoreBroken
from store.snapshot import Snapshot

_OPERATOR = re.compile(r"[a-z0-9-]{1,32}")
_NAME = re.compile(r"([A-Za-z0-9-]{1,32})_([0-9]{8})_([0-9]{8})((?:\.[A-Za-z0-9]{1,5})*)")
_LAST_OPERATOR = 0xFFFF

# Sightings in columns, as the bytes of records.sighting_key and records.encode_sighting.
_KEY = 15
_VALUE = np.dtype([("first", ">u2"), ("last", ">u2"), ("msisdn", ">u8")])
_NEVER = np.array([(0xFFFF, 0, 0)], _VALUE).tobytes()  # merges with a sighting into that sighting


class Period(NamedTuple):
    """Civil days, both included."""

    first: int
    last: int


class Sightings(NamedTuple):
    """In step, in ascending order of (imei14, imsi), which differ. `lines`: where each was first met in the file."""

    imei14: Numbers
    imsi: Numbers
    first: npt.NDArray[np.uint16]
    last: npt.NDArray[np.uint16]
    msisdn: Numbers
    lines: Lines


@dataclass(slots=True)
class Dump(Parsed):
    """What a dump says. `shares`: rows without an IMEI, with a malformed one, with a foreign IMSI; of all data rows."""

    sightings: Sightings = field(default_factory=lambda: _aggregated([np.empty(0, np.uint64)] * 5))
    shares: tuple[float, float, float] = (0.0, 0.0, 0.0)


class OperatorDump:
    """The loader."""

    kind = pb.LOAD_KIND_OPERATOR_DUMP

    def parse(self, source: Source, context: Context) -> Dump:
        """Raises FileRefused (FILE_NAME and those of `read_rows`)."""
        operator, period, notes = _named(source.name, context)
        context.progress("read", 0, 0)
        rows = read_rows(source, OPERATOR_DUMP, required=("date", "imei", "imsi"))
        context.progress("check", 0, rows.rows_read)
        dump = _read(rows, period, context)
        dump.operator, dump.notes = operator, notes
        dump.scope = f"{period.first}-{period.last}" if period else ""
        return dump

    def diff(self, parsed: Dump, snapshot: Snapshot, context: Context, batch: str) -> Diff:
        """Raises FileRefused (NOTHING_ACCEPTED)."""
        seen = parsed.sightings
        gates = _gates(parsed, context)
        if all(gate.passed for gate in gates):
            refuse_nothing(parsed.rows, seen.imei14)
        number, new_operator = _operator_number(snapshot, parsed.operator)
        keys = _keys(seen, number)
        stored = snapshot.get_many("sighting", keys)
        values = _merged(seen, stored)
        new = stored.count(None)
        changed = sum(old != value for old, value in zip(stored, values, strict=True))
        diff = Diff(gates=gates, imeis=int(np.count_nonzero(_starts(seen.imei14))))
        diff.notes.append(f"{len(keys)} sightings: {new} new, {changed - new} extended")
        if keys:
            diff.writes = [*new_operator, Writes("sighting", keys, values, seen.lines.tolist())]
        return diff


# ---- the name


def _named(name: str, context: Context) -> tuple[str, Period | None, list[str]]:
    """Operator, period when the name gives one, and remarks."""
    base = PurePosixPath(PureWindowsPath(name).name).name
    found = _NAME.fullmatch(base)
    period = _period(base, found[2], found[3]) if found else None
    operator = context.options.operator.strip().lower() or (found[1].lower() if found else "")
    if not operator:
        raise refused("FILE_NAME", base[:80])
    if not _OPERATOR.fullmatch(operator):
        raise refused("FILE_NAME", f"operator {operator[:40]!r}")
    notes = []
    if found and found[1].lower() != operator:
        notes.append(f"loaded for operator {operator}, although the file name says {found[1].lower()}")
    if operator not in context.policy.home.networks.values():
        notes.append(f"operator {operator} is not among the home networks of the policy")
    return operator, period, notes


def _period(base: str, first: str, last: str) -> Period:
    days = read_days(pl.Series([first, last])).tolist()
    if NO_DAY in days or days[0] > days[1]:
        raise refused("FILE_NAME", base[:80])
    return Period(*days)


# ---- the rows


def _read(rows: Rows, period: Period | None, context: Context) -> Dump:
    frame, total = rows.frame, len(rows.frame)
    imeis = read_imeis(frame["imei"], context.policy.imei_classes(), rows.numeric.get("imei"))
    days = read_days(frame["date"], rows.numeric.get("date"))
    imsis = read_imsis(frame["imsi"])
    nothing = Values(np.zeros(total, np.uint64), np.zeros(total, np.bool_))
    msisdns = read_msisdns(frame["msisdn"]) if "msisdn" in frame.columns else nothing
    dated = days != NO_DAY
    outside = dated & ((days < period.first) | (days > period.last)) if period else np.zeros(total, np.bool_)
    accepted = imeis.usable & dated & ~outside

    faults = [("imei", code, flags) for code, flags in imeis.codes.items()]
    faults += [("date", "DATE_BAD", ~dated), ("date", "DATE_OUTSIDE", outside)]
    left_out = (("IMSI_LEFT_OUT", imsis), ("MSISDN_LEFT_OUT", msisdns))
    empty = imeis.codes["EMPTY_IMEI"]
    foreign = _foreign(imsis.numbers, context)
    flagged = (empty, ~imeis.usable & ~empty, foreign)
    return Dump(
        rows=rows,
        issues=_issues(rows, faults),
        warned={code: rows.lines[accepted & read.unusable] for code, read in left_out if read.unusable[accepted].any()},
        sightings=_aggregated(
            [
                imeis.imei14[accepted],
                imsis.numbers[accepted],
                days[accepted],
                msisdns.numbers[accepted],
                rows.lines[accepted],
            ]
        ),
        shares=tuple(float(flags.mean()) if total else 0.0 for flags in flagged),  # type: ignore[arg-type]  # three
    )


def _issues(rows: Rows, faults: list[tuple[str, str, Flags]]) -> list[Issue]:
    """Of every fault of every row. Raises FileRefused (TOO_MANY_BAD_ROWS)."""
    if sum(int(flags.sum()) for _, _, flags in faults) > DEFAULT_LIMITS.max_issues:
        raise refused("TOO_MANY_BAD_ROWS", f"limit {DEFAULT_LIMITS.max_issues}")
    issues = []
    for column, code, flags in faults:
        at = np.flatnonzero(flags)
        cells = rows.frame[column].gather(at).to_list()
        issues += [Issue(line, column, code, raw) for line, raw in zip(rows.lines[at].tolist(), cells, strict=True)]
    return issues


def _foreign(imsis: Numbers, context: Context) -> Flags:
    home = [int(code) for code in context.policy.home.mcc]
    countries = imsis_aligned(imsis) // np.uint64(10**12)
    return (imsis > 0) & ~np.isin(countries, np.array(home, np.uint64))


def _aggregated(columns: list[npt.NDArray[np.generic]]) -> Sightings:
    """One row for each (imei14, imsi). Of the numbers used on the last day that has one, the greatest: any rule does
    that does not depend on the order of rows and files.
    """
    names = ("imei14", "imsi", "day", "msisdn", "line")
    rows = pl.DataFrame(dict(zip(names, columns, strict=True))).sort("imei14", "imsi", "day", "msisdn")
    imei14, imsi, day, msisdn, line = (rows[name].to_numpy() for name in names)
    start = np.flatnonzero(_starts(imei14) | _starts(imsi))
    end = np.append(start[1:], len(rows)) - 1 if len(rows) else start
    numbered = np.where(msisdn > 0, np.arange(len(rows)), -1)
    used = np.maximum.reduceat(numbered, start) if len(rows) else start
    return Sightings(
        imei14[start],
        imsi[start],
        day[start].astype(np.uint16),
        day[end].astype(np.uint16),
        np.where(used >= 0, msisdn[used], np.uint64(0)),
        np.minimum.reduceat(line, start).astype(np.uint32) if len(rows) else line[start].astype(np.uint32),
    )


def _starts(numbers: Numbers) -> Flags:
    """Where a run of equal numbers begins."""
    return np.concatenate((np.ones(min(len(numbers), 1), np.bool_), numbers[1:] != numbers[:-1]))


# ---- against the registry


def _gates(dump: Dump, context: Context) -> list[pb.GateResult]:
    policy, rows = context.policy.operator_dump, len(dump.rows.frame)
    judged = rows >= policy.gate_from_rows
    limits = (
        ("empty_imei_share", policy.empty_imei_share, "rows without an IMEI"),
        ("malformed_imei_share", policy.malformed_imei_share, "rows whose IMEI is malformed"),
        ("roamer_share", policy.roamer_share, "rows with a foreign IMSI"),
    )
    return [
        pb.GateResult(
            name=name,
            value=share,
            limit=limit,
            passed=not judged or share <= limit,
            text=f"{share:.2%} {text}, at most {limit:.2%}" + ("" if judged else f"; {rows} rows are too few to judge"),
        )
        for (name, limit, text), share in zip(limits, dump.shares, strict=True)
    ]


def _operator_number(snapshot: Snapshot, operator: str) -> tuple[int, list[Writes]]:
    """The number of an operator, and how to enter it if it is new."""
    name, last = operator.encode(), 0
    for key, value in snapshot.scan("operator"):
        last = records.number(key)
        if value == name:
            return last, []
    if last == _LAST_OPERATOR:
        raise refused("FILE_NAME", "no more operators fit into the registry")
    return last + 1, [Writes("operator", [(last + 1).to_bytes(2, "big")], [name])]


def _keys(seen: Sightings, operator: int) -> list[bytes]:
    packed = np.empty((len(seen.imei14), _KEY), np.uint8)
    packed[:, :6] = seen.imei14.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
    packed[:, 6:13] = seen.imsi.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 1:]
    packed[:, 13:] = tuple(operator.to_bytes(2, "big"))
    return _cut(packed.tobytes(), _KEY)


def _merged(seen: Sightings, stored: list[bytes | None]) -> list[bytes | None]:
    """What is on file, extended by what was seen."""
    on_file = b"".join(_NEVER if value is None else value for value in stored)
    if len(on_file) != _VALUE.itemsize * len(stored):
        raise StoreBroken("a sighting on file has the wrong length; run `eir audit`")
    old = np.frombuffer(on_file, _VALUE)
    new = np.empty(len(stored), _VALUE)
    new["first"] = np.minimum(seen.first, old["first"])
    new["last"] = np.maximum(seen.last, old["last"])
    later = np.where(seen.last > old["last"], seen.msisdn, old["msisdn"])
    new["msisdn"] = np.where((seen.last == old["last"]) | (later == 0), np.maximum(seen.msisdn, old["msisdn"]), later)
    return list(_cut(new.tobytes(), _VALUE.itemsize))


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]
