"""Customs manifests: the devices that a declaration brings into the country, all their IMEIs at once.

    declaration.py    which declaration, and whether it covers the devices
    ranges.py         rows, and ranges as rows
    imei_columns.py   cells to IMEIs
    devices.py        rows to devices, repetitions
    row_values.py     slots, quantity, HS code, TAC as declared
    live.py           what the registry holds of them already
    catalogue.py      what the TAC catalogue says of them
    device_blocks.py  the bytes that are written

An accepted device is RELEASED, and white or grey as the policy says. A row with anything wrong in it takes its whole device
out; the rest of the file is loaded all the same, unless a gate stops it.
"""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import compress
from typing import NamedTuple

import numpy as np

from eir import civil, records
from eir.lists import Listing, Lists, Reason
from eir.records import State
from eir.v1 import registry_pb2 as pb
from loaders import catalogue
from loaders.codes import Issue, refused
from loaders.columns import EXTRA, MAX_IMEI_COLUMNS
from loaders.declaration import Account, add_batch, declaration_key, on_file, read_facts
from loaders.device_blocks import device_blocks, status_keys, status_values
from loaders.devices import Devices, find_devices, report
from loaders.findings import Findings
from loaders.imei_columns import Flags, Indexes, looks_like_imeis, read_imeis
from loaders.live import Live, Registry
from loaders.load import Context, Diff, Parsed, Writes
from loaders.ranges import read_manifest_rows
from loaders.row_values import check_values
from loaders.rows import Rows
from loaders.source import Source
from store.snapshot import Snapshot

_CHUNK = 65_536  # keys looked up at once
_NO_DEVICES = Devices(np.empty(0, np.uint64), *(np.empty(0, np.int64) for _ in range(3)))


@dataclass(slots=True)
class Declared(Parsed):
    """What a manifest says. `digits_lost`, `zeros_lost`: rows that a spreadsheet has damaged."""

    devices: Devices = field(default_factory=lambda: _NO_DEVICES)
    digits_lost: int = 0
    zeros_lost: int = 0


class Manifest:
    """The loader."""

    kind = pb.LOAD_KIND_MANIFEST

    def parse(self, source: Source, context: Context) -> Declared:
        """Raises FileRefused, those of `read_rows` and `read_facts`, and COLUMN_TWICE for IMEIs under an unknown name."""
        context.progress("read", 0, 0)
        findings, classes = Findings(), context.policy.imei_classes()
        rows = read_manifest_rows(source, classes, findings)
        facts = read_facts(rows, source.name, context.options.declaration, context.policy.manifest.declaration_number)
        columns = _imei_columns(rows)
        context.progress("check", 0, len(rows.lines))
        accept_wrong = context.policy.manifest.wrong_check_digit == "warn"
        read = read_imeis(rows, columns, classes, accept_wrong=accept_wrong, findings=findings)
        devices = check_values(find_devices(rows, read, len(columns), findings), rows, findings)
        context.progress("check", len(rows.lines), len(rows.lines))
        return Declared(
            rows,
            findings.issues,
            findings.warned,
            facts,
            devices=devices,
            digits_lost=read.digits_lost,
            zeros_lost=read.zeros_lost,
        )

    def diff(self, parsed: Declared, snapshot: Snapshot, context: Context, batch: str) -> Diff:
        """Raises FileRefused (FACT_DISAGREES) when the declaration is on file with other facts."""
        facts = parsed.declaration or pb.DeclarationFacts()
        record = on_file(snapshot.get("declaration", declaration_key(facts)), facts)
        findings = Findings()
        diff = Diff(issues=findings.issues, warned=findings.warned)
        _damage_gate(parsed, context, diff)
        declared = _Ordered.of(parsed.devices)
        live = _compare(declared, snapshot, Registry(snapshot, facts, context.now), context)
        new = _accept(declared, live, snapshot, parsed.rows, findings)
        if not len(new.devices):
            _nothing_new(live, diff)
            return diff
        account = add_batch(record, batch, len(new.devices), len(new.devices.imeis))
        diff.gates += account.gates
        diff.issues += account.issues
        diff.notes += account.notes
        diff.devices, diff.imeis = len(new.devices), len(new.devices.imeis)
        if all(gate.passed for gate in diff.gates):
            diff.writes = _writes(new, live, account, snapshot, parsed.rows, context, batch)
        return diff


def _imei_columns(rows: Rows) -> list[str]:
    """The columns with IMEIs, slot 1 first. Refuses a file that has more of them under a name nobody knows: slot 2 of
    every device would be dead (COLUMN_TWICE).
    """
    for name in rows.frame.columns:
        if name.startswith(EXTRA) and looks_like_imeis(rows.frame[name]):
            raise refused("COLUMN_TWICE", f"column {name.removeprefix(EXTRA)[:40]!r} holds IMEIs, and is not named so")
    columns = [f"imei{number}" for number in range(1, MAX_IMEI_COLUMNS + 1)]
    return [name for name in columns if name in rows.frame.columns]


class _Ordered(NamedTuple):
    """Devices, the order that sorts their IMEIs, and the keys of `status` in that order."""

    devices: Devices
    order: Indexes
    keys: list[bytes]

    @classmethod
    def of(cls, devices: Devices) -> _Ordered:
        order = np.argsort(devices.imeis)
        return cls(devices, order, status_keys(devices.imeis[order]))

    def keep(self, mask: Flags) -> _Ordered:
        if mask.all():
            return self
        kept = np.repeat(mask, self.devices.slots)
        renumbered = np.cumsum(kept) - 1
        ordered = kept[self.order]
        return _Ordered(
            self.devices.keep(mask), renumbered[self.order[ordered]], list(compress(self.keys, ordered.tolist()))
        )


def _compare(declared: _Ordered, snapshot: Snapshot, registry: Registry, context: Context) -> Live:
    """Looks every IMEI up, and has the devices judged of which one is on record."""
    devices, order, keys = declared
    owners = devices.owners()
    hits: dict[int, dict[int, records.Device]] = {}
    for start in range(0, len(keys), _CHUNK):
        context.progress("compare", start, len(keys))
        values = snapshot.get_many("status", keys[start : start + _CHUNK])
        if values.count(None) == len(values):
            continue
        for at, value in enumerate(values, start):
            if value is not None:
                imei = records.number(keys[at])
                hits.setdefault(int(owners[order[at]]), {})[imei] = records.decode_device(value)
    context.progress("compare", len(keys), len(keys))
    live, starts = Live(), devices.starts()
    for device, found in hits.items():
        registry.judge(device, devices.imeis_of(device, starts), found, live)
    return live


def _accept(declared: _Ordered, live: Live, snapshot: Snapshot, rows: Rows, findings: Findings) -> _Ordered:
    """The devices to be written; the others have their issues."""
    devices = declared.devices
    mask = report(devices, rows, live.held, findings)
    mask[list(live.unchanged)] = False
    for code, some in (("ALREADY_LIVE", live.unchanged), ("SEEN_BEFORE", live.seen)):
        findings.warn(rows.lines[[row for _, row in devices.members(some)]], code)
    new = declared.keep(mask)
    types = catalogue.read_types(new.devices, new.order, snapshot)
    mask = report(new.devices, rows, catalogue.disagreements(new.devices, types, rows), findings)
    unknown = catalogue.unknown(new.devices, types)
    findings.mark(rows.lines[new.devices.rows[unknown[mask[unknown]]]], "TAC_UNKNOWN")
    return new.keep(mask)


def _damage_gate(parsed: Declared, context: Context, diff: Diff) -> None:
    """A file in which a spreadsheet has destroyed much is not believed in the rest either (traps 27, 29)."""
    limit = context.policy.manifest.damaged_share
    damaged = parsed.digits_lost + parsed.zeros_lost
    share = damaged / max(len(parsed.rows.lines), 1)
    text = f"{damaged} of {len(parsed.rows.lines)} rows have lost digits or a leading zero"
    diff.gates.append(pb.GateResult(name="damaged_share", value=share, limit=limit, passed=share <= limit, text=text))
    if share > limit:
        code = "DIGITS_LOST_MANY" if parsed.digits_lost >= parsed.zeros_lost else "LEADING_ZERO_LOST_MANY"
        diff.issues.append(Issue(0, "", code, "", text))


def _nothing_new(live: Live, diff: Diff) -> None:
    """All is on file already, or nothing is fit to be."""
    if live.unchanged:
        batches = ", ".join(sorted(live.batches))
        diff.issues.append(Issue(0, "", "SAME_ROWS", "", f"these devices were loaded by batch {batches}"))
        diff.notes.append(f"every accepted device is live under this declaration already (batch {batches})")
        return
    diff.issues.append(Issue(0, "", "NOTHING_ACCEPTED"))
    diff.gates.append(pb.GateResult(name="accepted", value=0, limit=1, passed=False, text="no device was accepted"))


def _writes(
    new: _Ordered, live: Live, account: Account, snapshot: Snapshot, rows: Rows, context: Context, batch: str
) -> list[Writes]:
    """One commit: every IMEI, the devices they belong to, and the declaration that covers them."""
    last = snapshot.last("device")
    first = records.number(last[0]) + 1 if last else 1
    owner = new.devices.owners()[new.order]
    values = status_values(_listing(context), State.RELEASED, first + owner)
    for imei, record in live.kept.items():
        at = bisect_left(new.keys, records.imei_key(imei))
        if at < len(new.keys) and new.keys[at] == records.imei_key(imei):
            values[at] = records.encode_device(record._replace(device=int(first + owner[at])))
    declaration = account.record.SerializeToString(deterministic=True)
    return [
        Writes("status", new.keys, values, array("I", rows.lines[new.devices.rows][owner].astype(np.uint32).tobytes())),
        Writes("device", *device_blocks(new.devices, rows, batch, first)),
        Writes("declaration", [declaration_key(account.record.facts)], [declaration]),
    ]


def _listing(context: Context) -> Listing:
    """White, or grey until the end of the last day on which the device can still be activated."""
    policy = context.policy.manifest
    if context.policy.released_list() is Lists.WHITE:
        return Listing(Lists.WHITE, Reason.REGISTERED, since=context.day)
    deadline = 0
    if policy.activation_days:
        zone = context.policy.zone()
        day_after = civil.civil_day(context.now, zone) + dt.timedelta(days=policy.activation_days + 1)
        deadline = civil.start_of_day(day_after, zone)
    return Listing(Lists.GREY, Reason.NOT_ACTIVATED, deadline, since=context.day)
