"""What every load does: parse -> validate -> diff -> gate -> commit.

    source.py      bytes of a file, judged by content                     FileRefused
    rows.py        rows of text with line numbers                         FileRefused
    Loader.parse   what the rows say, row by row accepted or not          FileRefused, issues
    Loader.diff    what that changes in the registry, against one state   issues, gate results, writes
    load           gates, one commit, the report and the reject file

A loader (`kinds.py` has them all) is the two functions; everything else is here, once. `diff` runs inside the
write transaction of a load, and on a snapshot for a dry run: same function, same answer.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from eir import records
from eir.civil import civil_day
from eir.errors import FileRefused, GateFailed
from eir.policy import Policy
from eir.registry.author import note
from eir.registry.change import EPOCH
from eir.v1 import registry_pb2 as pb
from loaders.codes import CODES, Issue
from loaders.findings import distinct
from loaders.rejects import write_rejects
from loaders.rows import Rows
from loaders.source import Source, read_source
from store.commit import Commit
from store.environment import Environment
from store.snapshot import Snapshot

Lines = npt.NDArray[np.uint32]
Progress = Callable[[str, int, int], None]  # stage, done, total (0 = not known)
REPORTED_ISSUES = 100


def silent(stage: str, done: int, total: int) -> None:
    """A Progress that shows nothing."""


@dataclass(frozen=True, slots=True)
class Writes:
    """Values to set in one table, in step. Keys ascend and differ; a value None removes. Lines of the file, or none."""

    table: str
    keys: list[bytes]
    values: list[bytes | None]
    lines: Sequence[int] | None = None


@dataclass(slots=True)
class Parsed:
    """What a file says, before it meets the registry. Loaders derive their own from it.

    `issues` explains rows one by one; `warned` has the accepted rows of codes that whole files can share, by line. `scope`
    is what a name or an option says that decides on rows, so that the same bytes under another one are another batch.
    """

    rows: Rows
    issues: list[Issue] = field(default_factory=list)
    warned: dict[str, Lines] = field(default_factory=dict)
    declaration: pb.DeclarationFacts | None = None
    operator: str = ""
    scope: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Diff:
    """What a file changes in one state of the registry. No writes: it says nothing new."""

    writes: list[Writes] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    warned: dict[str, Lines] = field(default_factory=dict)
    gates: list[pb.GateResult] = field(default_factory=list)
    devices: int = 0
    imeis: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Context:
    """What a loader may know besides the file: policy, time (unix seconds), the options of the call, and whom to tell."""

    policy: Policy
    now: int
    options: pb.LoadOptions
    progress: Progress = silent

    @property
    def day(self) -> int:
        """The civil day of `now` at home, in days since 1970-01-01."""
        return (civil_day(self.now, self.policy.zone()) - EPOCH).days


P = TypeVar("P", bound=Parsed)


class Loader(Protocol[P]):
    """One kind of file."""

    kind: pb.LoadKind

    def parse(self, source: Source, context: Context) -> P:
        """Rows to facts. Raises FileRefused."""
        ...

    def diff(self, parsed: P, snapshot: Snapshot, context: Context, batch: str) -> Diff:
        """Facts to changes, against one state. Pure: reads the snapshot and nothing else. Raises FileRefused."""
        ...


def load(
    environment: Environment,
    loader: Loader[P],
    file: Path | bytes,
    context: Context,
    *,
    actor: str,
    rejects: Path | None = None,
) -> pb.LoadReport:
    """Loads one file, or says what loading it would do (`options.dry_run`).

    A file that is refused gives a report too, with outcome REFUSED: the store is untouched, and the report says why.
    `rejects` is where rows that were not accepted go. Raises StoreError; nothing else for any content of the file.
    """
    started = time.monotonic()
    options = context.options
    report = pb.LoadReport(kind=loader.kind, dry_run=options.dry_run, file_name=options.file_name)
    parsed: P | None = None
    diff = Diff()
    try:
        source = read_source(file, options.file_name)
        report.sha256, report.file_name = source.sha256, source.name
        parsed = loader.parse(source, context)
        report.batch = batch_id(loader.kind, source.sha256, parsed)
        diff = _diff_or_commit(environment, loader, parsed, context, report, actor)
        report.notes.extend((*parsed.notes, *diff.notes))
    except FileRefused as refusal:
        report.outcome = pb.LOAD_OUTCOME_REFUSED
        report.issues.append(_row_issue(Issue(refusal.line, "", refusal.code, "", refusal.problem)))
        report.codes.append(_code_count(refusal.code, 1))
    except _Stopped as stop:
        diff = stop.diff
        report.outcome = pb.LOAD_OUTCOME_REFUSED
        report.notes.append(str(stop))
    if parsed is not None:
        _account(report, parsed, diff)
        if rejects is not None:
            failed = [issue for issue in (*parsed.rows.issues, *parsed.issues, *diff.issues) if _fails(issue.code)]
            if failed:
                write_rejects(rejects, failed, parsed.rows)
                report.reject_file = str(rejects)
    report.seconds = round(time.monotonic() - started, 3)
    return report


class _Stopped(GateFailed):
    def __init__(self, diff: Diff) -> None:
        failed = [gate for gate in diff.gates if not gate.passed]
        super().__init__("stopped by " + "; ".join(f"{gate.name}: {gate.text}" for gate in failed))
        self.diff = diff


def _diff_or_commit(
    environment: Environment, loader: Loader[P], parsed: P, context: Context, report: pb.LoadReport, actor: str
) -> Diff:
    """Sets the outcome, seq and changes of the report."""

    def planned(snapshot: Snapshot) -> Diff:
        before = earlier(snapshot, report.batch)
        if before is not None:
            return Diff(notes=[f"already loaded as commit {before.seq}: nothing to do"])
        context.progress("compare", 0, 0)
        diff = loader.diff(parsed, snapshot, context, report.batch)
        if any(not gate.passed for gate in diff.gates):
            raise _Stopped(diff)
        return diff

    if context.options.dry_run:
        with environment.snapshot() as snapshot:
            diff = planned(snapshot)
            report.changes = sum(_changes(snapshot, writes) for writes in diff.writes)
        report.outcome = pb.LOAD_OUTCOME_DRY_RUN if report.changes else pb.LOAD_OUTCOME_UNCHANGED
        return diff

    def apply(commit: Commit) -> tuple[Diff, bytes]:
        diff = planned(commit)
        total = sum(len(writes.keys) for writes in diff.writes)
        done = 0
        for writes in diff.writes:
            context.progress("write", done, total)
            commit.write(writes.table, writes.keys, writes.values, writes.lines)
            done += len(writes.keys)
        report.changes = commit.changes
        if commit.changes:
            record = _batch_record(report, parsed, diff, context, actor, commit.number)
            commit.put("batch", records.text_key(report.batch), record.SerializeToString(deterministic=True))
        context.progress("commit", total, total)
        kind = "load " + pb.LoadKind.Name(loader.kind).removeprefix("LOAD_KIND_").lower().replace("_", " ")
        author = context.options.author
        return diff, note(context.policy, kind, author, actor, source=report.file_name, batch=report.batch)

    diff, committed = environment.commit(apply)
    report.seq = committed.seq
    report.outcome = pb.LOAD_OUTCOME_LOADED if committed.seq else pb.LOAD_OUTCOME_UNCHANGED
    return diff


def batch_id(kind: pb.LoadKind, sha256: str, parsed: Parsed) -> str:
    """Identity by content: the same bytes under the same declaration are the same batch, whatever the file is called.

    A name counts where it decides on rows: of a dump, operator and period.
    """
    facts = parsed.declaration or pb.DeclarationFacts()
    text = "\n".join((str(kind), sha256, facts.office, str(facts.year), facts.number, parsed.operator, parsed.scope))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def earlier(snapshot: Snapshot, batch: str) -> pb.Batch | None:
    """The record of this batch if it is loaded and has not been taken back."""
    value = snapshot.get("batch", records.text_key(batch))
    record = pb.Batch.FromString(value) if value else None
    return record if record is not None and record.outcome == pb.LOAD_OUTCOME_LOADED else None


def _changes(snapshot: Snapshot, writes: Writes) -> int:
    stored = snapshot.get_many(writes.table, writes.keys)
    return sum(old != new for old, new in zip(stored, writes.values, strict=True))


def _batch_record(report: pb.LoadReport, parsed: Parsed, diff: Diff, context: Context, actor: str, seq: int) -> pb.Batch:
    classes = row_classes(parsed, diff)
    return pb.Batch(
        id=report.batch,
        kind=report.kind,
        outcome=pb.LOAD_OUTCOME_LOADED,
        seq=seq,
        time=context.now,
        actor=actor,
        file_name=report.file_name,
        sha256=report.sha256,
        declaration=parsed.declaration,
        rows_read=parsed.rows.rows_read,
        devices=diff.devices,
        imeis=diff.imeis,
        rejected=classes[pb.ROW_CLASS_REJECTED] + classes[pb.ROW_CLASS_REVIEW],
        operator=parsed.operator,
    )


# ---- accounting


def _fails(code: str) -> bool:
    return CODES[code].row_class in (pb.ROW_CLASS_REVIEW, pb.ROW_CLASS_REJECTED)


_SEVERITY = (pb.ROW_CLASS_WARN, pb.ROW_CLASS_REVIEW, pb.ROW_CLASS_REJECTED, pb.ROW_CLASS_SKIPPED)


def row_classes(parsed: Parsed, diff: Diff) -> Counter[int]:
    """How many rows end in each class. Each row counts once, in the worst class of its issues."""
    by_class: dict[int, set[int]] = {row_class: set() for row_class in _SEVERITY}
    for issue in _issues(parsed, diff):
        row_class = CODES[issue.code].row_class
        if issue.line and row_class in by_class:
            by_class[row_class].add(issue.line)
    warned = _union(*parsed.warned.values(), *diff.warned.values())
    counts: Counter[int] = Counter()
    worse: set[int] = set()
    for row_class in reversed(_SEVERITY):
        lines = by_class[row_class] - worse
        counts[row_class] = len(lines)
        worse |= lines
    counts[pb.ROW_CLASS_WARN] += int(len(warned) - np.isin(warned, list(worse)).sum()) if len(warned) else 0
    counts[pb.ROW_CLASS_OK] = parsed.rows.rows_read - sum(counts.values())
    return counts


def _issues(parsed: Parsed, diff: Diff) -> Iterable[Issue]:
    yield from parsed.rows.issues
    yield from parsed.issues
    yield from diff.issues


def _union(*lines: Lines) -> Lines:
    return distinct(*lines)


def _account(report: pb.LoadReport, parsed: Parsed, diff: Diff) -> None:
    classes = row_classes(parsed, diff)
    report.rows_read = parsed.rows.rows_read
    report.ok, report.warn = classes[pb.ROW_CLASS_OK], classes[pb.ROW_CLASS_WARN]
    report.review, report.rejected = classes[pb.ROW_CLASS_REVIEW], classes[pb.ROW_CLASS_REJECTED]
    report.skipped = classes[pb.ROW_CLASS_SKIPPED]
    report.devices, report.imeis = diff.devices, diff.imeis
    report.gates.extend(diff.gates)
    if parsed.declaration is not None:
        report.declaration.CopyFrom(parsed.declaration)
    issues = sorted(_issues(parsed, diff), key=lambda issue: (issue.line, issue.column, issue.code))
    report.issues.extend(_row_issue(issue) for issue in issues[:REPORTED_ISSUES])
    rows = Counter({code: len(lines) for code, lines in _joined(parsed.warned, diff.warned).items()})
    for code, lines in _lines_by_code(issues).items():
        rows[code] += len(lines)
    report.codes.extend(_code_count(code, count) for code, count in sorted(rows.items()))


def _lines_by_code(issues: list[Issue]) -> dict[str, set[int]]:
    lines: dict[str, set[int]] = {}
    for issue in issues:
        lines.setdefault(issue.code, set()).add(issue.line)
    return lines


def _joined(*warned: Mapping[str, Lines]) -> dict[str, Lines]:
    codes = {code for part in warned for code in part}
    return {code: _union(*(part[code] for part in warned if code in part)) for code in codes}


def _row_issue(issue: Issue) -> pb.RowIssue:
    code = CODES[issue.code]
    return pb.RowIssue(
        line=issue.line,
        column=issue.column,
        code=issue.code,
        text=issue.text or code.text,
        raw=issue.raw[:200],
        **{"class": code.row_class},
    )


def _code_count(code: str, rows: int) -> pb.CodeCount:
    return pb.CodeCount(code=code, rows=rows, text=CODES[code].text, **{"class": CODES[code].row_class})
