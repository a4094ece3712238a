"""Block lists for smuggled devices: a run that marks, the three lists of a state, and what changed between two states.

    build   marks what operators saw and nothing covers (`blocklists/coverage.py`) grey until a deadline, in one commit, and
            reads the lists (`blocklists/rows.py`) from the state it made
    delta   the difference of the lists of two commits, each at the commit's own instant; a run's is the `at` it was given

Nothing has to run when a deadline passes: the decision table has the device black from that second on, and the next run's
lists say so. A deadline once given is never changed by a later run. Lists are made under the policy of today.

Parts are in `blocklists/`; `files.py` there draws the files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from eir.errors import GateFailed, InvalidField, NotFound
from eir.identity import Imei
from eir.lists import Listing
from eir.policy import Policy
from eir.registry.author import note
from eir.registry.batches import batches, encode_batch
from eir.v1 import registry_pb2 as pb
from loaders.blocklists import files
from loaders.blocklists.coverage import grace, marks, uncovered
from loaders.blocklists.difference import black_difference
from loaders.blocklists.rows import BlockLists, block_lists
from loaders.blocklists.state import Numbers, Raw, State, Tables, distinct
from loaders.blocklists.verdicts import kinds
from loaders.load import Progress, silent
from store.commit import Commit
from store.environment import Environment
from store.errors import NoSuchCommit
from store.snapshot import Snapshot

KIND = "build block list"  # of the journal note
SAMPLES = 20

Parts = Iterator[pb.BlockListPart]

_AHEAD_S = 86_400  # clocks differ, and a run may be dated to the day's end


@dataclass(frozen=True, slots=True)
class _Plan:
    marked: Raw
    lists: BlockLists
    report: pb.BlockListReport
    last_at: int


def build(
    environment: Environment,
    policy: Policy,
    request: pb.BuildBlockListRequest,
    actor: str,
    *,
    now: int,
    progress: Progress = silent,
) -> Parts:
    """One run: the report, then each file whole and in order before the next, the manifest last.

    A dry run gives the report alone, gates that would fail included. It may be for any instant, and changes nothing.
    All but the rendering of files is done before this returns. Raises InvalidField (`at` before the last run's, or beyond
    the dates of records; a share that is none), GateFailed and StoreError: nothing was changed then.
    """
    at = request.at or now
    listing = grace(at, policy)
    if not 0 <= request.max_new_share <= 1:
        raise InvalidField("max_new_share", f"{request.max_new_share} is not a share from 0 to 1")
    if not request.dry_run and at > now + _AHEAD_S:
        raise InvalidField("at", "lies in the future; only a dry run may look ahead")
    if request.dry_run:
        with environment.snapshot() as snapshot:
            report = _plan(snapshot, policy, listing, at, snapshot.seq, request.max_new_share, progress).report
        report.dry_run = True
        return files.parts(report, [])

    def apply(commit: Commit) -> tuple[_Plan, bytes]:
        plan = _plan(commit, policy, listing, at, commit.number, request.max_new_share, progress)
        if at < plan.last_at:
            raise InvalidField("at", f"{at} is before the last run's, {plan.last_at}; only a dry run may look back")
        _pass(plan.report)
        progress("write", 0, len(plan.marked))
        commit.write("status", _cut(plan.marked, "key"), _cut(plan.marked, "value"))
        commit.put("batch", *encode_batch(_batch_record(plan.report, actor)))
        return plan, note(policy, KIND, request.author, actor, batch=plan.report.batch)

    plan, _ = environment.commit(apply)
    progress("lists", 0, 0)
    return files.parts(plan.report, files.full_files(plan.lists, policy))


def delta(
    environment: Environment, policy: Policy, request: pb.DeltaBlockListRequest, *, progress: Progress = silent
) -> Parts:
    """What turns the lists after commit `from_seq` (0 = nothing) into those after `to_seq` (0 = the last): as `build`.

    Raises InvalidField when `to_seq` is the earlier one, NotFound, StoreError.
    """
    with environment.snapshot() as snapshot:
        first, last = request.from_seq, request.to_seq or snapshot.seq
        if first > last:
            raise InvalidField("from_seq", f"{first} is after commit {last}; a delta goes forward")
        stored = State(Tables.read(snapshot, progress), snapshot.seq, 0)
        progress("compare", 0, 0)
        new = _state_at(snapshot, stored, last)
        old = _state_at(snapshot, new, first)
    before, lists = block_lists(old, policy), block_lists(new, policy)
    greyed = np.setdiff1d(lists.pending, before.pending, assume_unique=True)
    report = _report(old, new, before, lists, greyed, policy)
    report.base_seq = first
    progress("lists", 0, 0)
    return files.parts(report, files.delta_files(before, lists, policy))


def lists_at(environment: Environment, policy: Policy, seq: int) -> BlockLists:
    """The lists after a commit, at its own instant. Raises NotFound."""
    with environment.snapshot() as snapshot:
        state = _state_at(snapshot, State(Tables.read(snapshot, silent), snapshot.seq, 0), seq)
    return block_lists(state, policy)


# ---- states


def _state_at(snapshot: Snapshot, later: State, seq: int) -> State:
    """The state after commit `seq`, from that after a later one (or the same)."""
    at = _instant(snapshot, seq)
    tables = later.tables.before(snapshot, seq + 1, later.seq) if seq else Tables.empty()
    return State(tables, seq, at)


def _instant(snapshot: Snapshot, seq: int) -> int:
    """The second that the lists of a commit are for: of a run its `at`, as its own journal entry says; else the commit's."""
    if not seq:
        return 0
    try:
        header = snapshot.header(seq)
    except NoSuchCommit as error:
        raise NotFound(str(error)) from error
    if pb.JournalNote.FromString(header.note).kind == KIND:
        for block in snapshot.blocks(header):
            if block.table == "batch":
                return pb.Batch.FromString(block.news[0] or b"").time
    return header.time_ms // 1000


def _last_run(snapshot: Snapshot) -> pb.Batch:
    """The last run that was not taken back; of commit 0 when there is none."""
    in_force = (batch for batch in batches(snapshot) if batch.outcome == pb.LOAD_OUTCOME_LOADED)
    runs = (batch for batch in in_force if batch.kind == pb.LOAD_KIND_BLOCK_LIST)
    return max(runs, key=lambda run: run.seq, default=pb.Batch())


# ---- a run


def _plan(
    snapshot: Snapshot, policy: Policy, listing: Listing, at: int, seq: int, max_new_share: float, progress: Progress
) -> _Plan:
    """What a run does to one state. Pure: reads the snapshot and nothing else."""
    now = State(Tables.read(snapshot, progress), snapshot.seq, at)
    progress("compare", 0, 0)
    found = uncovered(now, policy)
    marked = marks(now, found.imeis, listing)
    after = State(now.tables.with_status(marked), seq, at)
    last = _last_run(snapshot)
    before = _state_at(snapshot, now, last.seq)
    lists = block_lists(after, policy)
    report = _report(before, after, block_lists(before, policy), lists, found.imeis, policy)
    report.not_covered_before_cutover = found.before_cutover
    report.batch = hashlib.sha256(f"block list\n{snapshot.seq}\n{at}".encode()).hexdigest()[:16]
    for name, count, what in (
        ("new_deadlines", report.newly_greylisted, "would get a deadline"),
        ("newly_blacklisted", report.newly_blacklisted, "would newly be black"),
    ):
        report.gates.append(_gate(name, count, what, len(after.devices), policy, max_new_share))
    return _Plan(marked, lists, report, last.time)


def _gate(name: str, count: int, what: str, devices: int, policy: Policy, share: float) -> pb.GateResult:
    ceiling = policy.block_list
    limit = share * devices if share else max(ceiling.max_new_share * devices, ceiling.max_new_floor)
    text = f"{count} of {devices} devices {what}; at most {int(limit)} may"
    return pb.GateResult(name=name, value=count, limit=limit, passed=count <= limit, text=text)


def _pass(report: pb.BlockListReport) -> None:
    failed = [f"{gate.name}: {gate.text}" for gate in report.gates if not gate.passed]
    if failed:
        raise GateFailed(f"stopped by {'; '.join(failed)}; look at a dry run, and give a share if this is right")


def _batch_record(report: pb.BlockListReport, actor: str) -> pb.Batch:
    return pb.Batch(
        id=report.batch,
        kind=pb.LOAD_KIND_BLOCK_LIST,
        outcome=pb.LOAD_OUTCOME_LOADED,
        seq=report.seq,
        time=report.at,
        actor=actor,
        imeis=report.newly_greylisted,
    )


def _cut(entries: Raw, part: str) -> list[bytes]:
    """The keys or the values of entries. (An item of fixed text would lose its zeros at the end.)"""
    column = np.ascontiguousarray(entries[part])
    data, size = column.tobytes(), column.dtype.itemsize
    return [data[start : start + size] for start in range(0, len(data), size)]


# ---- reports


def _report(
    old: State, new: State, before: BlockLists, lists: BlockLists, greyed: Numbers, policy: Policy
) -> pb.BlockListReport:
    """What changed between two states; `greyed` got a deadline."""
    changed = {what: rows["imei"].astype(np.uint64) for what, rows in black_difference(before.black, lists.black)}
    blocked, unblocked = changed["blocked"], changed["unblocked"]
    report = pb.BlockListReport(
        seq=lists.seq,
        at=lists.at,
        devices_seen=len(distinct(new.seen)),
        newly_greylisted=len(greyed),
        newly_blacklisted=len(blocked),
        no_longer_blacklisted=len(unblocked),
        blacklisted=len(lists.black),
    )
    for reason, devices in zip(*np.unique(lists.black["reason"], return_counts=True), strict=True):
        report.reasons.add(reason=int(reason), devices=devices)
    report.samples.extend(_samples(old, new, np.union1d(np.union1d(greyed, blocked), unblocked), policy))
    return report


def _samples(old: State, new: State, changed: Numbers, policy: Policy) -> Iterator[pb.DeviceChange]:
    """Up to SAMPLES of the devices, spread over all of them, with the answers in both states."""
    if len(changed) > SAMPLES:
        changed = changed[np.linspace(0, len(changed) - 1, SAMPLES).astype(np.intp)]
    classes, answers = policy.imei_classes(), policy.answers()
    kinds_before, kinds_after = kinds(old, classes, changed), kinds(new, classes, changed)
    was, now = kinds_before.verdicts(answers), kinds_after.verdicts(answers)
    for imei, before, after in zip(changed.tolist(), kinds_before.of, kinds_after.of, strict=True):
        yield pb.DeviceChange(
            imei=Imei(imei).text,
            before=int(was[before].status),  # type: ignore[arg-type]
            after=int(now[after].status),  # type: ignore[arg-type]
            reason=int(now[after].reason),  # type: ignore[arg-type]
            deadline=now[after].deadline,
        )
