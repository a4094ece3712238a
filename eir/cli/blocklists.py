"""`eir blocklist …`: lists for operators out of the registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from eir.cli.app import At, DryRun, Json, Why, blocklist_app, complain, instant, print_json, shared
from eir.cli.progress import progress
from eir.cli.render import render_block_list
from eir.errors import CallerError
from eir.v1 import registry_pb2 as pb

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the files; made if it is not there.")]


@blocklist_app.command("build")
def build(
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for the files.")] = None,
    at: At = "",
    max_new_share: Annotated[
        float, typer.Option("--max-new-share", min=0, max=1, help="Ceiling on newly blocked, instead of the policy's.")
    ] = 0.0,
    dry_run: DryRun = False,
    as_json: Json = False,
    reason: Why = "",
) -> None:
    """Give unregistered devices a deadline, and write black, notification and exception lists with their digests."""
    if out is None and not dry_run:
        raise CallerError("--out: name a folder for the files, or use --dry-run")
    if out is not None and not dry_run:
        _make(out)
    request = pb.BuildBlockListRequest(
        dry_run=dry_run,
        at=instant(at, 0),
        max_new_share=max_new_share,
        author=pb.Author(actor=shared.actor, reason=reason),
    )
    with progress(quiet=as_json) as show:
        parts = shared.backend().build_block_list(request, show)
        report = next(parts).report if out is None or dry_run else _receive(parts, out)
    _show(report, out, as_json=as_json)


@blocklist_app.command("delta")
def delta(
    out: Out,
    from_seq: Annotated[int, typer.Option("--from", min=0, metavar="SEQ", help="Sequence number of the lists at hand.")],
    to_seq: Annotated[int, typer.Option("--to", min=0, metavar="SEQ", help="Default: the last commit.")] = 0,
    as_json: Json = False,
) -> None:
    """What changed in the lists between two sequence numbers."""
    request = pb.DeltaBlockListRequest(from_seq=from_seq, to_seq=to_seq)
    report = _receive(shared.backend().delta_block_list(request), out)
    _show(report, out, as_json=as_json)


def _receive(parts: Iterator[pb.BlockListPart], out: Path) -> pb.BlockListReport:
    from loaders.blocklists.files import receive  # noqa: PLC0415  # columnar libraries; other commands need not wait for them

    return receive(parts, out)


def _make(out: Path) -> None:
    """The folder, before anything is changed that its files would tell of."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CallerError(f"--out {out}: {error.strerror}") from error


def _show(report: pb.BlockListReport, out: Path | None, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
    else:
        render_block_list(report, out)
    if stopped := [gate.text for gate in report.gates if not gate.passed]:
        complain(f"nothing was changed: {'; '.join(stopped)}. Look for a wrong file first; --max-new-share lets it pass")
        raise typer.Exit(2)
