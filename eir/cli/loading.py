"""`eir load …`: a file in, its report out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eir.cli.app import DryRun, Json, Why, complain, load_app, print_json, shared
from eir.cli.progress import progress
from eir.cli.render import render_report
from eir.v1 import registry_pb2 as pb
from loaders.codes import CODES

File = Annotated[Path, typer.Argument(metavar="FILE", help="The file. It is judged by its content, not by its name.")]
Rejects = Annotated[
    Path | None,
    typer.Option("--rejects", metavar="FILE", help="Where rows not accepted go. Default: rejects/ in the store's folder."),
]


def _load(options: pb.LoadOptions, file: Path, rejects: Path | None, *, as_json: bool) -> None:
    options.file_name = file.name
    backend = shared.backend()
    with progress(quiet=as_json) as show:
        report = backend.load(options, file, rejects, show)
    if as_json:
        print_json(report)
    else:
        render_report(report)
    if report.outcome == pb.LOAD_OUTCOME_REFUSED:
        complain(f"{file.name}: refused, {_ground(report)}")
        raise typer.Exit(2)


def _ground(report: pb.LoadReport) -> str:
    """Why the file was refused, and what to do."""
    for issue in report.issues:
        if issue.__getattribute__("class") == pb.ROW_CLASS_FILE:
            what_to_do = CODES[issue.code].what_to_do if issue.code in CODES else ""  # a newer server may have more codes
            advice = f"; {what_to_do}" if what_to_do not in issue.text else ""
            return f"{issue.code}: {issue.text}{advice}" + (f" (line {issue.line})" if issue.line else "")
    return next((f"gate {gate.name}: {gate.text}" for gate in report.gates if not gate.passed), "the report says why")


def _options(kind: pb.LoadKind, reason: str, *, dry_run: bool) -> pb.LoadOptions:
    return pb.LoadOptions(kind=kind, dry_run=dry_run, author=pb.Author(actor=shared.actor, reason=reason))


@load_app.command("manifest")
def load_manifest(
    file: File,
    declaration: Annotated[str, typer.Option("--declaration", help="Its number, where the file does not say it.")] = "",
    office: Annotated[str, typer.Option("--office", help="Customs office of the declaration.")] = "",
    importer: Annotated[str, typer.Option("--importer", help="Legal id (11 digits) or national id (10).")] = "",
    declared_devices: Annotated[int, typer.Option("--declared-devices", min=0, help="Devices that it covers.")] = 0,
    date: Annotated[str, typer.Option("--date", help="Date of the declaration, Jalali or Gregorian.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
    rejects: Rejects = None,
    reason: Why = "",
) -> None:
    """Load a customs manifest: CSV, TSV, XLSX or JSON. A device is released with all its IMEIs or not at all."""
    options = _options(pb.LOAD_KIND_MANIFEST, reason, dry_run=dry_run)
    options.declaration.CopyFrom(
        pb.DeclarationFacts(
            number=declaration, office=office, importer=importer, declared_devices=declared_devices, date=date
        )
    )
    _load(options, file, rejects, as_json=as_json)


@load_app.command("operator-dump")
def load_operator_dump(
    file: File,
    operator: Annotated[str, typer.Option("--operator", help="Default: from the name <operator>_<from>_<to>.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
    rejects: Rejects = None,
    reason: Why = "",
) -> None:
    """Load what an operator saw on its network: date, imei, imsi, msisdn and rat."""
    options = _options(pb.LOAD_KIND_OPERATOR_DUMP, reason, dry_run=dry_run)
    options.operator = operator
    _load(options, file, rejects, as_json=as_json)


@load_app.command("tac")
def load_tac(file: File, dry_run: DryRun = False, as_json: Json = False, rejects: Rejects = None, reason: Why = "") -> None:
    """Load a catalogue of types: GSMA text, or CSV. A column `Cut-over Date` sets when enforcement begins."""
    _load(_options(pb.LOAD_KIND_TAC, reason, dry_run=dry_run), file, rejects, as_json=as_json)


@load_app.command("stolen")
def load_stolen(
    file: File, dry_run: DryRun = False, as_json: Json = False, rejects: Rejects = None, reason: Why = ""
) -> None:
    """Load stolen devices: imei, reporting_date, status. They are blacklisted, and no pair overrides it."""
    _load(_options(pb.LOAD_KIND_STOLEN, reason, dry_run=dry_run), file, rejects, as_json=as_json)


@load_app.command("pairs")
def load_pairs(
    file: File, dry_run: DryRun = False, as_json: Json = False, rejects: Rejects = None, reason: Why = ""
) -> None:
    """Load pairs of IMEI and IMSI: served together whatever list it is on, but for stolen, lost and barred."""
    _load(_options(pb.LOAD_KIND_PAIRS, reason, dry_run=dry_run), file, rejects, as_json=as_json)
