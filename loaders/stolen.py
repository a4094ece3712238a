"""The stolen list: `imei,reporting_date,status[,change_type]`, the form of DIRBS.

A row whose status is empty or `blacklist` puts the IMEI that it names on the black list for reason STOLEN; every other
status is provisional, so it blocks nothing, and takes the block of an earlier row away. Both directions are changes. A
status that is not documented (`pending` and `provisional` are) never lifts a block: the row is held, since a slip of the pen
must not free a stolen device. Only the IMEIs that are named: the other slots of the device are not looked up, since a report
names what its author read off the box, and a block of what nobody reported must be somebody's decision.

A file with `change_type` is a delta of `add`, `update` and `remove`. A file without it adds and updates, and never replaces
the list: what it does not name stays blocked.

A report keeps the white and grey lists, the state, the deadline and the device of the record, so that taking the block away
leaves what was there, with the reason that its state gives (`lifted`). The record has room for one reason: a report replaces
a weaker one for which the device was black already, with a remark; a bar of the state stays, and the row is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from eir import records
from eir.lists import Listing, Lists, Reason
from eir.records import Device, State
from eir.v1 import registry_pb2 as pb
from loaders.columns import STOLEN
from loaders.findings import Findings
from loaders.load import Context, Diff, Parsed, Writes
from loaders.named import Change, Remarks, Said, read_changes, read_imeis, refuse_nothing, settle
from loaders.network_columns import NO_DAY, read_days
from loaders.rows import Rows, read_rows
from loaders.source import Source
from store.snapshot import Snapshot

_CHANGES = (Change.ADD, Change.UPDATE, Change.REMOVE)
_BLOCKING = frozenset({"", "blacklist"})
_PROVISIONAL = frozenset({"pending", "provisional"})
_NOT_GIVEN = -2

# What a state says of itself when no report stands above it.
_REASONS: Mapping[State, Reason] = {
    State.NONE: Reason.UNSPECIFIED,
    State.RESERVED: Reason.NOT_RELEASED,
    State.DECLARED: Reason.NOT_RELEASED,
    State.RELEASED: Reason.REGISTERED,
    State.ACTIVE: Reason.REGISTERED,
    State.LEGACY: Reason.LEGACY,
    State.TRANSFER_PENDING: Reason.REGISTERED,
    State.TRAVELLER_PENDING: Reason.TRAVELLER,
    State.TRAVELLER_ACTIVE: Reason.TRAVELLER,
    State.GRACE: Reason.UNREGISTERED,
    State.BLOCKED: Reason.UNREGISTERED,
    State.EXPORTED: Reason.UNSPECIFIED,
    State.SCRAPPED: Reason.UNSPECIFIED,
    State.SUPERSEDED: Reason.UNSPECIFIED,
    State.EXEMPT: Reason.EXEMPT,
}
_TO_BE_ACTIVATED = frozenset({State.RELEASED, State.TRANSFER_PENDING})
_BLACK_STATES = frozenset({State.BLOCKED, State.SCRAPPED, State.SUPERSEDED})


class Report(NamedTuple):
    """What a row says. `since`: the reporting day, in days since 1970, or None. `known`: the status is a documented word."""

    change: Change
    blocks: bool
    since: int | None
    known: bool


@dataclass(slots=True)
class StolenList(Parsed):
    """What a stolen list says: one row for each IMEI, ascending."""

    reports: list[Said[Report]] = field(default_factory=list)


class Stolen:
    """The loader."""

    kind = pb.LOAD_KIND_STOLEN

    def parse(self, source: Source, context: Context) -> StolenList:
        """`status` must be a column: under a name that is not known, pending reports would block. Raises FileRefused."""
        context.progress("read", 0, 0)
        rows = read_rows(source, STOLEN, required=("imei", "status"), allow_empty=bool(source.data.strip()))
        findings = Findings()
        imeis = read_imeis(rows, context.policy.imei_classes(), findings)
        reports = _read_reports(rows, context, findings)
        said = [
            Said((imei,), line, report)
            for imei, line, report in zip(imeis, rows.lines.tolist(), reports, strict=True)
            if imei and report
        ]
        settled = settle(said, findings, "DUPLICATE_IN_FILE")
        return StolenList(rows, findings.issues, findings.warned, reports=settled)

    def diff(self, parsed: StolenList, snapshot: Snapshot, context: Context, batch: str) -> Diff:
        """Raises FileRefused (NOTHING_ACCEPTED)."""
        refuse_nothing(parsed.rows, parsed.reports)
        findings, remarks = Findings(), Remarks()
        today, keys = context.day, [records.imei_key(row.key[0]) for row in parsed.reports]
        news: list[bytes | None] = []
        held = 0
        for row, old in zip(parsed.reports, snapshot.get_many("status", keys), strict=True):
            device = records.decode_device(old) if old else Device(Listing())
            new, code = _judged(device, row.value, today)
            if code in _HELD:
                findings.add(row.line, "imei", code, f"{row.key[0]:014}")
                held += 1
            else:
                remarks.add(code, row.line)
            news.append(old if new == device else _encoded(new))
        remarks.report(findings)
        lines = [row.line for row in parsed.reports]
        return Diff([Writes("status", keys, news, lines)], findings.issues, findings.warned, imeis=len(keys) - held)


# ---- the rows


def _read_reports(rows: Rows, context: Context, findings: Findings) -> list[Report | None]:
    """What each row says, None with a code where its date or change cannot be read."""
    remarks = Remarks()
    today, changes = context.day, read_changes(rows, _CHANGES, findings)
    statuses = [cell.strip().lower() for cell in rows.frame["status"].to_list()]
    reports: list[Report | None] = []
    for line, change, status, day in zip(rows.lines.tolist(), changes, statuses, _days(rows, findings), strict=True):
        if change is None or day == NO_DAY:
            reports.append(None)
            continue
        if day > today:
            remarks.add("DATE_FUTURE", line)
        since = day if 0 <= day <= today else None
        blocks, known = status in _BLOCKING, status in _BLOCKING | _PROVISIONAL
        if change is Change.REMOVE:
            reports.append(Report(change, False, None, True))
            continue
        remarks.add("" if known else "STATUS_OTHER", line)
        reports.append(Report(change, blocks, since, known))
    remarks.report(findings)
    return reports


def _days(rows: Rows, findings: Findings) -> list[int]:
    """The reporting day of each row; NO_DAY with a code where it cannot be read."""
    if "reporting_date" not in rows.frame.columns:
        return [_NOT_GIVEN] * len(rows.lines)
    cells = rows.frame["reporting_date"].str.strip_chars()
    days = np.where((cells == "").to_numpy(), _NOT_GIVEN, read_days(cells, rows.numeric.get("reporting_date")))
    bad = np.flatnonzero(days == NO_DAY)
    for line, cell in zip(rows.lines[bad].tolist(), cells.gather(bad), strict=True):
        findings.add(line, "reporting_date", "DATE_BAD", cell)
    return [int(day) for day in days]


# ---- one record

_HELD = frozenset({"BARRED_ALREADY", "STATUS_LIFTS"})


def _judged(device: Device, report: Report, today: int) -> tuple[Device, str]:
    """The record after a report, and a code if there is something to say. The same record: nothing changes."""
    black = Lists.BLACK in device.listing.lists
    reported = black and device.listing.reason is Reason.STOLEN
    if report.blocks:
        if black and device.listing.reason is Reason.BARRED:
            return device, "BARRED_ALREADY"
        return reported_stolen(device, report.since, today), _remark(report.change, black, reported)
    if not reported:
        return device, "REMOVE_ABSENT" if report.change is Change.REMOVE else ""
    if not report.known:
        return device, "STATUS_LIFTS"
    return lifted(device, today), ""


def _remark(change: Change, black: bool, reported: bool) -> str:
    if black and not reported:
        return "BLACK_ALREADY"
    if change is Change.ADD and reported:
        return "ADD_PRESENT"
    return "UPDATE_ABSENT" if change is Change.UPDATE and not reported else ""


def reported_stolen(device: Device, since: int | None, today: int) -> Device:
    """The record with a stolen report of a day, or of no day; one on file keeps its day when the new one has none."""
    listing = device.listing
    on_file = listing.reason is Reason.STOLEN and Lists.BLACK in listing.lists
    if since is None:
        since = listing.since if on_file else today
    return device._replace(listing=listing._replace(lists=listing.lists | Lists.BLACK, reason=Reason.STOLEN, since=since))


def lifted(device: Device, today: int) -> Device:
    """The record without its stolen report: off the black list unless its state belongs there, for its state's reason."""
    listing, state = device.listing, device.state
    lists = listing.lists if state in _BLACK_STATES else listing.lists & ~Lists.BLACK
    if not lists and not listing.paired_only:
        return device._replace(listing=Listing())
    if listing.paired_only:
        reason = Reason.DUPLICATE
    elif state in _TO_BE_ACTIVATED and Lists.GREY in lists:
        reason = Reason.NOT_ACTIVATED
    else:
        reason = _REASONS[state]
    return device._replace(listing=listing._replace(lists=lists, reason=reason, since=today))


def _encoded(device: Device) -> bytes | None:
    """A record with nothing left in it is none."""
    return None if device == Device(Listing()) else records.encode_device(device)
