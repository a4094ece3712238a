"""Messages as text for a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eir.identity import Imei
from eir.lists import REASONS, Reason
from eir.v1 import check_pb2
from eir.v1 import registry_pb2 as pb

_COLOURS = {
    check_pb2.EQUIPMENT_STATUS_WHITELISTED: "green",
    check_pb2.EQUIPMENT_STATUS_GREYLISTED: "yellow",
    check_pb2.EQUIPMENT_STATUS_BLACKLISTED: "red",
    check_pb2.EQUIPMENT_STATUS_UNKNOWN: "cyan",
}
_CLASS_WORDS = {
    pb.ROW_CLASS_WARN: "accepted",
    pb.ROW_CLASS_REVIEW: "held for review",
    pb.ROW_CLASS_REJECTED: "rejected",
    pb.ROW_CLASS_SKIPPED: "skipped",
    pb.ROW_CLASS_FILE: "file refused",
}
_SHOWN_ISSUES = 10


def _console() -> Console:
    """Colours on a terminal. Wider than most, so that the terminal folds a long line, and a pipe gets it whole."""
    return Console(highlight=False, soft_wrap=True, width=240)


def _word(kind: str, name: str) -> str:
    return name.removeprefix(kind + "_").lower().replace("_", " ")


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z") if seconds else ""


def _status(status: int) -> str:
    name = _word("EQUIPMENT_STATUS", check_pb2.EquipmentStatus.Name(status))
    return f"[bold {_COLOURS.get(status, 'white')}]{name}[/]"  # type: ignore[call-overload]


def _number(imei: str) -> str:
    """A device as people read it: 15 digits, as on the box."""
    known = Imei.from_network(imei)
    if known is None:
        return escape(imei)
    return known.with_check_digit() + (f" (software version {known.svn})" if known.svn else "")


def _plain_table(*columns: str) -> Table:
    """Columns by their heads; ">" before one aligns it right."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    return table


# ---- answers


def render_check(request: check_pb2.CheckRequest, response: check_pb2.CheckResponse) -> None:
    """One verdict in three lines."""
    console = _console()
    asked = _number(request.imei) + (f" with IMSI {escape(request.imsi)}" if request.imsi else "")
    console.print(f"{asked}  {_status(response.status)}")
    console.print(
        f"  rule {check_pb2.Rule.Name(response.rule).removeprefix('RULE_')}: {REASONS[Reason(response.reason)].text}"
    )
    if response.deadline:
        console.print(f"  becomes blacklisted at {_time(response.deadline)}")
    console.print(f"  as of commit {response.as_of}", style="dim")


def render_history(response: pb.HistoryResponse) -> None:
    """What a device is, and every change of it."""
    console = _console()
    render_check(check_pb2.CheckRequest(imei=response.imei), response.now)
    if response.HasField("device"):
        device = response.device
        names = " ".join(filter(None, (device.brand, device.model))) or "type not said"
        serial = f", serial {device.serial}" if device.serial else ""
        console.print(f"  device {device.id}: {escape(names + serial)}, IMEIs {', '.join(map(_number, device.imeis))}")
    if response.imsis_paired:
        console.print(f"  paired with {', '.join(response.imsis_paired)}")
    if not response.events:
        console.print("  no changes on file")
        return
    table = _plain_table(">commit", "when", "who", "what", "before", "after", "source")
    for event in response.events:
        source = f"{event.source}:{event.line}" if event.line else event.source
        table.add_row(
            str(event.seq),
            _time(event.time),
            escape(event.actor),
            escape(event.table + (f" (undoes {event.undoes})" if event.undoes else "")),
            escape(event.before) or "-",
            escape(event.after) or "-",
            escape(source),
        )
    console.print(table)


def render_batches(response: pb.ListBatchesResponse) -> None:
    """One line for each batch."""
    console = _console()
    if not response.batches:
        console.print("nothing has been loaded; try: eir load manifest FILE")
        return
    table = _plain_table("batch", ">commit", "when", "kind", "outcome", ">devices", ">rejected", "file", "who")
    for batch in response.batches:
        outcome = _word("LOAD_OUTCOME", pb.LoadOutcome.Name(batch.outcome))
        table.add_row(
            batch.id,
            str(batch.seq),
            _time(batch.time),
            _word("LOAD_KIND", pb.LoadKind.Name(batch.kind)),
            outcome + (f" by {batch.undone_by}" if batch.undone_by else ""),
            f"{batch.devices:,}",
            f"{batch.rejected:,}",
            escape(batch.file_name),
            escape(batch.actor),
        )
    console.print(table)


def render_status(status: pb.StoreStatus) -> None:
    """How the store is."""
    console = _console()
    console.print(
        f"store {escape(status.path)}, layout {status.layout}, "
        + (f"last commit {status.seq} at {_time(status.last_commit_time)}" if status.seq else "nothing committed yet")
    )
    share = f"{status.used_share:.1%} of what it may grow to"
    colour = "red" if status.alarm else "green"
    console.print(f"  {_size(status.used_bytes)} used, [{colour}]{share}[/]; {status.readers} reader slots")
    if status.alarm:
        console.print("  [red]make room: the store is nearly full[/]")
    table = _plain_table("table", ">rows", ">size")
    for row in status.tables:
        table.add_row(row.name, f"{row.rows:,}", _size(row.bytes))
    console.print(table)


# ---- loads


def render_report(report: pb.LoadReport) -> None:
    """What a load did, or would do."""
    console = _console()
    kind = _word("LOAD_KIND", pb.LoadKind.Name(report.kind))
    console.print(f"{kind} {escape(report.file_name)}: {_outcome(report)}")
    if report.declaration.number:
        facts = report.declaration
        key = "/".join(filter(None, (facts.office, str(facts.year or ""), facts.number)))
        said = f", {facts.declared_devices:,} devices declared" if facts.declared_devices else ""
        console.print(f"  declaration {escape(key)}{said}")
    if report.rows_read:
        counts = (
            f"{report.rows_read:,} rows: {report.ok + report.warn:,} accepted ({report.warn:,} with a remark), "
            f"{report.review:,} held, {report.rejected:,} rejected, {report.skipped:,} skipped"
        )
        console.print(f"  {counts}")
    accepted = [f"{count:,} {what}" for count, what in ((report.devices, "devices"), (report.imeis, "IMEIs")) if count]
    if accepted:
        console.print("  " + ", ".join(accepted))
    for gate in report.gates:
        if not gate.passed:
            console.print(f"  [red]gate {gate.name}[/]: {escape(gate.text)} ({gate.value:g}, limit {gate.limit:g})")
    _render_codes(console, report)
    for line in report.notes:
        console.print(f"  {escape(line)}")
    if report.reject_file:
        console.print(f"  rows not accepted are in {escape(report.reject_file)}")


def _outcome(report: pb.LoadReport) -> str:
    if report.outcome == pb.LOAD_OUTCOME_LOADED:
        rate = f", {report.rows_read / report.seconds:,.0f} rows/s" if report.seconds > 1 else ""
        return f"[green]loaded[/] as batch [bold]{report.batch}[/], commit {report.seq} ({report.changes:,} changes{rate})"
    if report.outcome == pb.LOAD_OUTCOME_DRY_RUN:
        return f"[yellow]dry run[/], would be loaded as batch {report.batch} ({report.changes:,} changes)"
    if report.outcome == pb.LOAD_OUTCOME_UNCHANGED:
        return "[yellow]unchanged[/], it says nothing new"
    return "[red]refused[/], nothing was changed"


def _render_codes(console: Console, report: pb.LoadReport) -> None:
    for code in report.codes:
        rows = f"{code.rows:,} rows " if code.rows > 1 else ""
        console.print(
            f"  {_CLASS_WORDS[code.__getattribute__('class')]}: {rows}{code.code}, {escape(code.text)}", style="dim"
        )
    serious = [
        issue for issue in report.issues if issue.__getattribute__("class") not in (pb.ROW_CLASS_WARN, pb.ROW_CLASS_SKIPPED)
    ]
    for issue in serious[:_SHOWN_ISSUES]:
        where = f"line {issue.line}" + (f", {issue.column}" if issue.column else "") if issue.line else "file"
        raw = f"  {issue.raw!r}" if issue.raw else ""
        console.print(f"    {where}: {issue.code}, {escape(issue.text)}{escape(raw)}")
    if len(serious) > _SHOWN_ISSUES:
        console.print(f"    … and {len(serious) - _SHOWN_ISSUES} more")


# ---- block lists


def render_block_list(report: pb.BlockListReport, out: Path | None) -> None:
    """What a run found, and what it wrote."""
    console = _console()
    stopped = any(not gate.passed for gate in report.gates)
    if report.base_seq or report.batch == "":
        head = f"changes of the lists from commit {report.base_seq} to {report.seq}"
    else:
        head = f"block list of {_time(report.at)}, commit {report.seq}"
    if report.dry_run:
        head = f"[yellow]dry run[/] of the block list of {_time(report.at)}: nothing was changed"
    if stopped:
        head = f"[red]stopped[/]: block list of {_time(report.at)}: nothing was changed"
    console.print(head)
    console.print(
        f"  {report.devices_seen:,} devices seen; {report.newly_greylisted:,} newly greylisted with a deadline, "
        f"{report.newly_blacklisted:,} newly blacklisted, {report.no_longer_blacklisted:,} no longer"
    )
    if report.not_covered_before_cutover:
        console.print(f"  {report.not_covered_before_cutover:,} unregistered, but enforcement has not begun for their type")
    console.print(f"  black list: {report.blacklisted:,} devices")
    for reason in report.reasons:
        console.print(f"    {reason.devices:,} {REASONS[Reason(reason.reason)].text}")
    for gate in report.gates:
        if not gate.passed:
            console.print(f"  [red]gate {gate.name}[/]: {escape(gate.text)} ({gate.value:g}, limit {gate.limit:g})")
    _render_samples(console, report)
    if report.files and out is not None:
        shown = [file for file in report.files if file.rows]
        console.print(f"  {len(report.files)} files in {escape(str(out))}, {len(shown)} of them with rows")
        table = _plain_table("    file", ">rows", "SHA-256")
        for file in shown:
            table.add_row(f"    {escape(file.name)}", f"{file.rows:,}", file.sha256[:16])
        if shown:
            console.print(table)


def _render_samples(console: Console, report: pb.BlockListReport) -> None:
    for sample in report.samples[:_SHOWN_ISSUES]:
        until = f" (black from {_time(sample.deadline)})" if sample.deadline else ""
        why = REASONS[Reason(sample.reason)].text
        console.print(f"    {_number(sample.imei)}: {_status(sample.before)} -> {_status(sample.after)}{until}, {why}")


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
