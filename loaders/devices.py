"""From rows of IMEIs to devices: one device per row, or rows grouped by what names the device; and repetitions among them.

A device is accepted with all its IMEIs or not at all, so whatever is wrong with one of its rows holds all of them. All is in
columns: a device is an index, its IMEIs are a run of `imeis`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from eir.identity import Fault, Imei
from loaders.codes import CODES, REVIEW, ROW, Issue
from loaders.findings import Findings
from loaders.imei_columns import Flags, ImeiRows, Indexes, Numbers
from loaders.rows import Rows

MAX_IMEIS = 4  # of one device; the portals that take such lists allow no more
_NAMES = re.compile(r"[^\s,;|\"']+")


@dataclass(frozen=True)
class Devices:
    """Devices in order of their first row.

    `imeis`: of all devices, one after the other. `slots`: how many each has, at least one. `rows`: the first row of each (an
    index into the frame). `device_of_row`: the device of every row, -1 for rows that are part of none.
    """

    imeis: Numbers
    slots: Indexes
    rows: Indexes
    device_of_row: Indexes

    def __len__(self) -> int:
        return len(self.slots)

    def owners(self) -> Indexes:
        """The device of each of `imeis`."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.slots)

    def starts(self) -> Indexes:
        """Where the IMEIs of each device begin in `imeis`."""
        return np.concatenate((np.zeros(1, np.int64), np.cumsum(self.slots)[:-1])) if len(self) else self.slots

    def imeis_of(self, device: int, starts: Indexes) -> frozenset[int]:
        """The keys of one device."""
        at = int(starts[device])
        return frozenset(self.imeis[at : at + int(self.slots[device])].tolist())

    def members(self, devices: Iterable[int]) -> Iterator[tuple[int, int]]:
        """(device, row) for all rows of some devices."""
        wanted = np.fromiter(devices, np.int64)
        if len(wanted):
            rows = np.flatnonzero(np.isin(self.device_of_row, wanted))
            yield from zip(self.device_of_row[rows].tolist(), rows.tolist(), strict=True)

    def keep(self, mask: Flags) -> Devices:
        """Only the devices of the mask."""
        if mask.all():
            return self
        renumbered = np.append(np.where(mask, np.cumsum(mask) - 1, -1), -1)  # the last one is for -1
        return Devices(
            self.imeis[np.repeat(mask, self.slots)], self.slots[mask], self.rows[mask], renumbered[self.device_of_row]
        )


def report(devices: Devices, rows: Rows, held: Mapping[int, tuple[str, str]], findings: Findings) -> Flags:
    """An issue on each row of the held devices, and the mask of the others. `held`: device -> code, text (or empty)."""
    for device, row in devices.members(held):
        code, text = held[device]
        findings.add(int(rows.lines[row]), "", code, "", text)
    mask = np.ones(len(devices), np.bool_)
    mask[list(held)] = False
    return mask


def hold(devices: Devices, rows: Rows, held: Mapping[int, tuple[str, str]], findings: Findings) -> Devices:
    """The devices without those that are held."""
    return devices.keep(report(devices, rows, held, findings)) if held else devices


def find_devices(rows: Rows, read: ImeiRows, columns: int, findings: Findings) -> Devices:
    """The devices of a file. `columns`: how many IMEI columns it has."""
    repeats = _has_repeats(read.imeis)
    bad = read.bad | _repeated_in_row(rows, read, findings) if repeats else read.bad
    group = _grouping(rows, columns)
    devices = _by_row(read, bad) if group is None else _by_group(rows, read, bad, group, findings)
    many = np.flatnonzero(devices.slots > MAX_IMEIS).tolist()
    devices = hold(devices, rows, dict.fromkeys(many, ("TOO_MANY_IMEIS", "")), findings)
    if repeats:
        devices = _drop_repeated(devices, rows, _names(rows, devices, group or "serial"), findings)
    return devices if group == "serial" else _hold_shared_serials(devices, rows, findings)


def _grouping(rows: Rows, columns: int) -> str | None:
    """The column that names the device of a row: device_id; with one IMEI column the serial; if any name comes twice."""
    for name in ("device_id", "serial") if columns == 1 else ("device_id",):
        if name in rows.frame.columns:
            named = rows.frame[name].str.strip_chars()
            return name if named.filter(named != "").is_duplicated().any() else None
    return None


# ---- rows to devices


def _repeated_in_row(rows: Rows, read: ImeiRows, findings: Findings) -> Flags:
    """Rows that name one IMEI twice (trap 50): the other slot is missing, or the row is about something else."""
    bad = np.zeros(len(rows.lines), np.bool_)
    order = np.lexsort((read.imeis, read.row_of))
    imeis, row_of = read.imeis[order], read.row_of[order]
    twice = (imeis[1:] == imeis[:-1]) & (row_of[1:] == row_of[:-1])
    for row in np.unique(row_of[1:][twice]).tolist():
        bad[row] = True
        findings.add(int(rows.lines[row]), "", "SAME_IMEI_TWICE")
    return bad


def _has_repeats(numbers: Numbers) -> bool:
    ordered = np.sort(numbers)
    return bool((ordered[1:] == ordered[:-1]).any())


def _by_row(read: ImeiRows, bad: Flags) -> Devices:
    slots = np.bincount(read.row_of, minlength=len(bad))
    taken = (slots > 0) & ~bad
    device_of_row = np.where(taken, np.cumsum(taken) - 1, -1)
    return Devices(read.imeis[taken[read.row_of]], slots[taken], np.flatnonzero(taken), device_of_row)


def _by_group(rows: Rows, read: ImeiRows, bad: Flags, column: str, findings: Findings) -> Devices:
    """Rows of one name are one device; a row without a name is one of its own."""
    names = rows.frame[column].str.strip_chars()
    codes = names.rank("dense").to_numpy().astype(np.int64)
    nameless = np.flatnonzero((names == "").to_numpy() | _says_nothing(names))
    codes[nameless] = len(names) + 1 + np.arange(len(nameless))
    _, first, group = np.unique(codes, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    device_of_row = rank[group]
    first = np.sort(first)
    order = np.lexsort((read.row_of, device_of_row[read.row_of]))
    imeis, row_of = read.imeis[order], read.row_of[order]
    owner = device_of_row[row_of]
    keep = _first_of_each(rows, imeis, row_of, owner, findings)
    slots = np.bincount(owner[keep], minlength=len(first))
    devices = Devices(imeis[keep], slots, first, device_of_row)
    held = _spoilt(rows, devices, bad, names, findings)
    for device, row in devices.members(held):
        if not bad[row]:
            code, text = held[device]
            findings.add(int(rows.lines[row]), column, code, "", text)
    mask = slots > 0
    mask[list(held)] = False
    return devices.keep(mask)


def _first_of_each(rows: Rows, imeis: Numbers, row_of: Indexes, owner: Indexes, findings: Findings) -> Flags:
    """Which IMEIs are met for the first time in their device; a row that only repeats one is remarked."""
    order = np.lexsort((row_of, imeis, owner))
    again = np.zeros(len(imeis), np.bool_)
    again[order[1:]] = (imeis[order[1:]] == imeis[order[:-1]]) & (owner[order[1:]] == owner[order[:-1]])
    findings.warn(rows.lines[np.unique(row_of[again])], "DUPLICATE_IN_FILE")
    return ~again


def _spoilt(rows: Rows, devices: Devices, bad: Flags, names: pl.Series, findings: Findings) -> dict[int, tuple[str, str]]:
    """Devices one row of which is refused, here or by the reader, with that row's code for the others."""
    held: dict[int, tuple[str, str]] = {}
    if bad.any():
        by_line = {issue.line: issue for issue in reversed(findings.issues) if CODES[issue.code].row_class in (REVIEW, ROW)}
        for row in np.flatnonzero(bad).tolist():
            issue = by_line[int(rows.lines[row])]
            held.setdefault(int(devices.device_of_row[row]), _because(issue))
    lost = [issue for issue in rows.issues if issue.line and CODES[issue.code].row_class == ROW]
    if lost:
        device_of = dict(zip(names.to_list(), devices.device_of_row.tolist(), strict=True))
        for issue in lost:
            for word in _NAMES.findall(rows.original(issue.line)):
                if word in device_of:
                    held.setdefault(device_of[word], _because(issue))
    return held


def _because(issue: Issue) -> tuple[str, str]:
    return issue.code, f"another row of this device was not accepted (line {issue.line}: {CODES[issue.code].text})"


# ---- repetitions among devices


def _drop_repeated(devices: Devices, rows: Rows, names: list[str] | None, findings: Findings) -> Devices:
    """The same device again counts once; different devices with a common IMEI are all held (traps 51 to 53)."""
    order = np.argsort(devices.imeis, kind="stable")
    imeis, owners = devices.imeis[order], devices.owners()[order]
    same = np.flatnonzero(imeis[1:] == imeis[:-1])
    sharing: dict[int, list[int]] = {}
    for at in same.tolist():
        sharing.setdefault(int(imeis[at]), [int(owners[at])]).append(int(owners[at + 1]))
    starts = devices.starts()
    held: dict[int, tuple[str, str]] = {}
    again: dict[int, int] = {}
    for imei, group in sharing.items():
        if _one_device(devices, starts, group, names):
            again.update(dict.fromkeys(group[1:], group[0]))
        else:
            lines = ", ".join(str(rows.lines[devices.rows[device]]) for device in group[:5])
            text = f"the devices in lines {lines} share {Imei(imei).with_check_digit()}"
            held.update(dict.fromkeys(group, ("TWO_DEVICES", text)))
    held.update({device: held[first] for device, first in again.items() if first in held})
    again = {device: first for device, first in again.items() if device not in held}
    findings.warn(rows.lines[[row for _, row in devices.members(again)]], "DUPLICATE_IN_FILE")
    device_of_row = devices.device_of_row.copy()
    for device, row in devices.members(again):
        device_of_row[row] = again[device]
    devices = hold(Devices(devices.imeis, devices.slots, devices.rows, device_of_row), rows, held, findings)
    return devices if not again else _without(devices, held, again)


def _without(devices: Devices, held: Iterable[int], again: Iterable[int]) -> Devices:
    """Takes out repeated devices, whose rows have gone to the first ones; `held` are out already."""
    before = np.array(sorted(held), np.int64)
    numbers = np.array(sorted(again), np.int64)
    mask = np.ones(len(devices), np.bool_)
    mask[numbers - np.searchsorted(before, numbers)] = False
    return devices.keep(mask)


def _one_device(devices: Devices, starts: Indexes, group: list[int], names: list[str] | None) -> bool:
    if len({devices.imeis_of(device, starts) for device in group}) > 1:
        return False
    return names is None or len({names[device].casefold() for device in group} - {""}) < 2


def _hold_shared_serials(devices: Devices, rows: Rows, findings: Findings) -> Devices:
    """R6: one serial on two devices."""
    if "serial" not in rows.frame.columns:
        return devices
    serials = rows.frame["serial"].gather(devices.rows).str.strip_chars()
    if not _has_repeats(serials.hash().to_numpy()):
        return devices
    twice = (serials.is_duplicated() & (serials != "")).to_numpy()
    held = np.flatnonzero(twice & ~_says_nothing(serials)).tolist()
    return hold(devices, rows, dict.fromkeys(held, ("SERIAL_TWICE", "")), findings)


def _names(rows: Rows, devices: Devices, column: str) -> list[str] | None:
    """What names each device."""
    if column not in rows.frame.columns:
        return None
    return rows.frame[column].gather(devices.rows).str.strip_chars().to_list()


def _says_nothing(names: pl.Series) -> npt.NDArray[np.bool_]:
    """Where a name is a word for nothing ('N/A', '-', 'ندارد'), which identity knows."""
    short = names.filter(names.str.len_chars() <= 5).unique().to_list()
    words = [word for word in short if Imei.from_document(word).fault is Fault.EMPTY]
    return names.is_in(words).to_numpy()
