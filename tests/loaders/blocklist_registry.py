"""A registry written record by record, and block lists read back from their files, for the tests of block lists."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from eir import records
from eir.engine import Engine, Exemptions
from eir.identity import operator_of
from eir.lists import Listing, Rule, Status
from eir.policy import Policy
from eir.v1 import registry_pb2 as pb
from loaders import blocklist
from loaders.blocklists import files
from loaders.blocklists.rows import BlockLists, block_lists
from loaders.blocklists.state import State, Tables
from loaders.load import silent
from store.commit import Commit
from store.environment import Committed, Environment

Entry = tuple[str, bytes, bytes | None]
Files = dict[str, bytes]
DAY = 86_400
TEHRAN = ZoneInfo("Asia/Tehran")


def instant(year: int, month: int, day: int, hour: int = 12) -> int:
    """Unix seconds of an hour in Tehran."""
    return int(dt.datetime(year, month, day, hour, tzinfo=TEHRAN).timestamp())


def day(date: dt.date) -> int:
    return (date - dt.date(1970, 1, 1)).days


@contextmanager
def registry(path: Path, clock: float = 1_790_000_000.0) -> Iterator[Environment]:
    """A new, empty store whose commits are all of one second, in September 2026."""
    Environment.create(path, records.SCHEMA)
    with Environment.open(path, records.SCHEMA, clock=lambda: clock, first_map=1 << 26) as environment:
        yield environment


def commit(environment: Environment, *entries: Entry) -> Committed:
    def apply(writing: Commit) -> tuple[None, bytes]:
        for table, key, value in entries:
            if value is None:
                writing.delete(table, key)
            else:
                writing.put(table, key, value)
        return None, b""

    return environment.commit(apply)[1]


# ---- entries


def listed(imei: int, listing: Listing, device: int = 0) -> Entry:
    return "status", records.imei_key(imei), records.encode_device(records.Device(listing, records.State.NONE, device))


def seen(imei: int, imsi: int, operator: int = 1, last: int = 20_700, msisdn: int = 0) -> Entry:
    value = records.encode_sighting(records.Sighting(last - 1, last, msisdn))
    return "sighting", records.sighting_key(imei, imsi, operator), value


def paired(imei: int, imsi: int, msisdn: int = 0) -> Entry:
    return "pair", records.pair_key(imei, imsi), records.encode_pair(records.Pair(records.PAIR_FROM_FILE, 20_000, msisdn))


def span(first: int, last: int, listing: Listing, *svns: int) -> Entry:
    return "range", *records.encode_range(records.Range(first, last, listing, svns))


def enforced_from(tac: int, at: int) -> Entry:
    return "tac", records.tac_key(tac), records.encode_cutover(at) + b"type"


def operator(number: int, name: str) -> Entry:
    return "operator", number.to_bytes(2, "big"), name.encode()


def locked(imsi: int, imei: int) -> Entry:
    return "imsi_lock", records.lock_key(imsi, imei), records.encode_day(20_000)


# ---- runs


def build(
    environment: Environment, policy: Policy, at: int, *, dry_run: bool = False, max_new_share: float = 0.0
) -> tuple[pb.BlockListReport, Files]:
    request = pb.BuildBlockListRequest(at=at, dry_run=dry_run, max_new_share=max_new_share)
    return received(blocklist.build(environment, policy, request, "tester", now=request.at))


def delta(environment: Environment, policy: Policy, first: int, last: int = 0) -> tuple[pb.BlockListReport, Files]:
    request = pb.DeltaBlockListRequest(from_seq=first, to_seq=last)
    return received(blocklist.delta(environment, policy, request))


def received(parts: Iterable[pb.BlockListPart]) -> tuple[pb.BlockListReport, Files]:
    first, *rest = parts
    contents: Files = {}
    for part in rest:
        contents[part.chunk.file_name] = contents.get(part.chunk.file_name, b"") + part.chunk.data
    return first.report, contents


def named(contents: Files, end: str) -> str:
    """The text of the one file whose name ends so."""
    (found,) = [data for name, data in contents.items() if name.endswith(end)]
    return found.decode()


def now_lists(environment: Environment, policy: Policy, at: int) -> BlockLists:
    """The lists of the last state at some second."""
    with environment.snapshot() as snapshot:
        return block_lists(State(Tables.read(snapshot, silent), snapshot.seq, at), policy)


def check(environment: Environment, policy: Policy, imei: int, imsi: int, at: int) -> Status:
    with Engine(environment, policy).view(at) as view:
        return view.check(imei, imsi).status


# ---- lists read back

Listed = dict[str, set[str]]  # file name without its stamp and ending: its rows


def rows_of(data: bytes) -> list[str]:
    return data.decode().splitlines()[1:]


def full(lists: BlockLists, policy: Policy) -> Listed:
    """The rows of all lists, by the names of their files."""
    return {
        file.name[16:-4]: set(rows_of(b"".join(file.chunks())))
        for file in files.full_files(lists, policy)
        if file.name.endswith(".csv")
    }


_LEAVING = ("unblocked", "resolved", "blacklisted", "no_longer_seen", "removed")
_KEY_CELLS = {"blacklist": 1, "notifications": 2, "exceptions": 3}


def apply(before: Listed, contents: Files) -> Listed:
    """What an operator's EIR does with a delta: rows out that left, rows in that came, others replaced."""
    after = {name: set(rows) for name, rows in before.items()}
    for leaving in (True, False):
        for name, data in contents.items():
            if name.endswith(".json"):
                continue
            start, _, rest = name[16:-4].partition("_delta_")
            what = rest.split("_", 2)[2]
            if (what in _LEAVING) != leaving:
                continue
            target = after.setdefault(start, set())
            cells = _KEY_CELLS[start.split("_")[0]]
            by_key = {tuple(row.split(",")[:cells]): row for row in target}
            for row in rows_of(data):
                there = by_key.get(tuple(row.split(",")[:cells]))
                if leaving:
                    assert there == row, f"{name}: {row} leaves, and is not there"
                    target.remove(row)
                elif what == "changed":
                    assert there not in (None, row), f"{name}: {row} changes nothing"
                    target.remove(str(there))
                else:
                    assert there is None, f"{name}: {row} comes, and is there"
                if not leaving:
                    target.add(row)
    return after


def manifest(contents: Files) -> dict[str, object]:
    (found,) = [data for name, data in contents.items() if name.endswith(".json")]
    return dict(json.loads(found))


# ---- agreement


def disagreements(
    environment: Environment, policy: Policy, at: int, questions: Iterable[tuple[int, int]]
) -> tuple[int, list[str]]:
    """Asks the lists' own logic and `Check`; says how many questions the lists are about, and which answers differ."""
    lists = full(now_lists(environment, policy, at), policy)
    black = {int(row[:14]) for row in lists["blacklist"]}
    pairs = {name: {tuple(row.split(",")[:2]) for row in rows} for name, rows in lists.items() if name[0] == "e"}
    exempt = Exemptions(policy)
    asked, differ = 0, []
    with environment.snapshot() as snapshot:
        view = Engine(environment, policy).over(snapshot, at)
        known = {records.number(key[:6]) for table in ("status", "sighting") for key in snapshot.keys(table)}
        for imei, imsi in questions:
            verdict = view.check(imei, imsi)
            value = snapshot.get("status", records.imei_key(imei))
            clone = value is not None and records.decode_device(value).listing.paired_only
            if (
                exempt.reason(imsi) is not None  # rules about the IMSI
                or verdict.rule is Rule.IMSI_LOCK
                or (not imsi and clone)  # the policy's answer
                or (imei not in known and verdict.status is Status.BLACK)  # neither on file nor seen
            ):
                continue
            asked += 1
            blocked = imei in black and not _excepted(pairs, policy, imei, imsi)
            if blocked != (verdict.status is Status.BLACK):
                differ.append(f"{imei:014} {imsi}: the lists block: {blocked}; Check: {verdict}")
    return asked, differ


def _excepted(pairs: dict[str, set[tuple[str, ...]]], policy: Policy, imei: int, imsi: int) -> bool:
    """Whether the operator of the IMSI has the pair among its exceptions; every operator, where it is not known."""
    home = operator_of(imsi, policy.home.networks)
    names = [f"exceptions_{home}"] if home else pairs
    return all((f"{imei:014}", f"{imsi:015}") in pairs[name] for name in names)
