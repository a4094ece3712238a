"""Pairs of IMEI and IMSI: `imei,imsi[,msisdn][,change_type]`, the form of DIRBS.

A pair keeps a device in service with one subscriber whatever its lists say, unless the reason stands above pairs. IMEIs are
written as documents or networks write them, so a 15th digit that is no check digit is a remark. A delta knows `add` and
`remove`; a file without `change_type` adds. A number given replaces the number on file; one that cannot be used is left out.

At most `MAX_PAIRS` subscribers for one IMEI: a device that passes through more hands is a clone whose pairs somebody should
look at, and `Engine.check` and the exception lists stay bounded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from eir import records
from eir.identity import fold, imsi_number, imsi_text, msisdn_from_document
from eir.records import PAIR_FROM_FILE, Pair
from eir.v1 import registry_pb2 as pb
from loaders.columns import PAIRS
from loaders.findings import Findings
from loaders.load import Context, Diff, Parsed, Writes
from loaders.named import Change, Remarks, Said, read_changes, read_imeis, refuse_nothing, settle
from loaders.rows import Rows, read_rows
from loaders.source import Source
from store.snapshot import Snapshot

MAX_PAIRS = 16
_CHANGES = (Change.ADD, Change.REMOVE)


class Wish(NamedTuple):
    """What a row says of a pair. `msisdn` 0 = not given."""

    change: Change
    msisdn: int


@dataclass(slots=True)
class PairList(Parsed):
    """What a list of pairs says: one row for each pair, ascending."""

    pairs: list[Said[Wish]] = field(default_factory=list)


class Pairs:
    """The loader."""

    kind = pb.LOAD_KIND_PAIRS

    def parse(self, source: Source, context: Context) -> PairList:
        """Raises FileRefused."""
        context.progress("read", 0, 0)
        rows = read_rows(source, PAIRS, required=("imei", "imsi"), allow_empty=bool(source.data.strip()))
        findings = Findings()
        imeis = read_imeis(rows, context.policy.imei_classes(), findings, accept_wrong=True)
        imsis = _read_imsis(rows, findings)
        changes = read_changes(rows, _CHANGES, findings)
        msisdns = _read_msisdns(rows, findings)
        said = [
            Said((imei, imsi), line, Wish(change, 0 if change is Change.REMOVE else msisdn))
            for imei, imsi, change, msisdn, line in zip(imeis, imsis, changes, msisdns, rows.lines.tolist(), strict=True)
            if imei and imsi and change
        ]
        settled = settle(said, findings, "PAIR_TWICE")
        return PairList(rows, findings.issues, findings.warned, pairs=settled)

    def diff(self, parsed: PairList, snapshot: Snapshot, context: Context, batch: str) -> Diff:
        """Raises FileRefused (NOTHING_ACCEPTED)."""
        refuse_nothing(parsed.rows, parsed.pairs)
        findings, remarks = Findings(), Remarks()
        keys = [records.pair_key(*row.key) for row in parsed.pairs]
        stored = snapshot.get_many("pair", keys)
        full = _overfull(parsed.pairs, stored, snapshot)
        news: list[bytes | None] = []
        accepted: set[int] = set()
        today = context.day
        for row, old in zip(parsed.pairs, stored, strict=True):
            remove = row.value.change is Change.REMOVE
            if old is None and not remove and row.key[0] in full:
                findings.add(row.line, "imsi", "TOO_MANY_PAIRS", imsi_text(row.key[1]), f"more than {MAX_PAIRS} subscribers")
                news.append(None)
                continue
            accepted.add(row.key[0])
            if remove and old is None:
                remarks.add("REMOVE_ABSENT", row.line)
            elif row.value.change is Change.ADD and old is not None:
                remarks.add("ADD_PRESENT", row.line)
            news.append(None if remove else _paired(old, row.value.msisdn, today))
        remarks.report(findings)
        lines = [row.line for row in parsed.pairs]
        return Diff([Writes("pair", keys, news, lines)], findings.issues, findings.warned, imeis=len(accepted))


def _read_imsis(rows: Rows, findings: Findings) -> list[int]:
    """The IMSI of each row; 0 with a code where there is none. 0 itself stands for a missing one."""
    imsis = []
    for line, cell in zip(rows.lines.tolist(), rows.frame["imsi"], strict=True):
        text = fold(cell).strip()
        imsi = imsi_number(text) or 0
        if not imsi:
            findings.add(line, "imsi", "IMSI_BAD" if text else "PAIR_INCOMPLETE", cell)
        imsis.append(imsi)
    return imsis


def _read_msisdns(rows: Rows, findings: Findings) -> list[int]:
    """The number of each row; 0 where it is not given, and with a code where it cannot be used."""
    if "msisdn" not in rows.frame.columns:
        return [0] * len(rows.lines)
    msisdns, remarks = [], Remarks()
    for line, cell in zip(rows.lines.tolist(), rows.frame["msisdn"], strict=True):
        text = msisdn_from_document(cell) if cell.strip() else "0"
        remarks.add("MSISDN_LEFT_OUT" if text is None else "", line)
        msisdns.append(int(text or "0"))
    remarks.report(findings)
    return msisdns


def _overfull(pairs: list[Said[Wish]], stored: list[bytes | None], snapshot: Snapshot) -> set[int]:
    """IMEIs that would get new pairs, and have too many with all that the file adds and removes."""
    new: Counter[int] = Counter()
    gone: Counter[int] = Counter()
    for row, old in zip(pairs, stored, strict=True):
        remove = row.value.change is Change.REMOVE
        if remove == (old is not None):
            (gone if remove else new)[row.key[0]] += 1
    full = set()
    for imei, count in new.items():
        on_file = snapshot.scan("pair", records.pair_key(imei, 0), records.pair_key(imei + 1, 0))
        room = MAX_PAIRS + gone[imei] - count
        if room < 0 or sum(1 for _ in islice(on_file, room + 1)) > room:
            full.add(imei)
    return full


def _paired(old: bytes | None, msisdn: int, today: int) -> bytes:
    """The pair on file with the number given, or a new one."""
    pair = records.decode_pair(old) if old else Pair(PAIR_FROM_FILE, today, msisdn)
    return records.encode_pair(pair._replace(msisdn=msisdn or pair.msisdn))
