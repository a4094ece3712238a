"""`eir init`, `audit`, `backup`, `upgrade`, `serve`: the store and the servers themselves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from eir import records
from eir.cli.app import app, complain, shared
from eir.cli.progress import progress
from eir.errors import CallerError
from eir.policy import FILE_NAME, default_text
from store.environment import Environment


@app.command()
def init() -> None:
    """Make an empty store, and beside it the policy file with every setting, its default and its ground."""
    Environment.create(shared.store, records.SCHEMA)
    policy = shared.store / FILE_NAME
    if not policy.exists():
        policy.write_text(default_text(), encoding="utf-8")
    sys.stdout.write(f"made an empty store at {shared.store}; its policy is {policy}\n")


@app.command()
def audit() -> None:
    """Prove that the store is what its journal says: replay every commit and compare byte for byte."""
    from store.audit import audit as run  # noqa: PLC0415  # only this command needs it

    with Environment.open(shared.store, records.SCHEMA, readonly=True) as environment, progress() as show:
        result = run(environment, lambda done, total: show("replay", done, total))
    sys.stdout.write(
        f"the store is what its journal says: {result.seq:,} commits, {result.changes:,} changes, {result.rows:,} rows; "
        f"digest {result.digest.hex()}\n"
    )


@app.command()
def backup(
    destination: Annotated[Path, typer.Argument(metavar="DEST", help="A folder that is not there yet, or is empty.")],
) -> None:
    """A consistent copy of the store, taken while others read and write."""
    with Environment.open(shared.store, records.SCHEMA, readonly=True) as environment:
        environment.backup(destination)
    policy = shared.store / FILE_NAME
    if policy.exists():
        (destination / FILE_NAME).write_bytes(policy.read_bytes())
    with Environment.open(destination, records.SCHEMA, readonly=True) as copy, copy.snapshot() as snapshot:
        sys.stdout.write(f"copied the store as of commit {snapshot.seq} to {destination}\n")


@app.command()
def compact() -> None:
    """Move the records onto full pages: less room, faster answers. Servers go on meanwhile; other writers wait."""
    with Environment.open(shared.store, records.SCHEMA) as environment, progress() as show:
        for number, table in enumerate(records.SCHEMA.tables):
            show("compact", number, len(records.SCHEMA.tables))
            environment.compact(table.name)
    sys.stdout.write("the records are on full pages; the room that this freed is used by the next commits\n")


@app.command()
def upgrade() -> None:
    """Bring a store of an older layout to this program's. Back it up before."""
    from store.upgrade import upgrade as run  # noqa: PLC0415  # only this command needs it

    before, after = run(shared.store, records.SCHEMA, records.UPGRADES)
    done = f"upgraded from layout {before} to {after}" if before != after else f"layout {before} is this program's already"
    sys.stdout.write(done + "\n")


@app.command()
def serve(
    workers: Annotated[int, typer.Option("--workers", min=0, help="Processes that answer checks; 0 = one a core.")] = 0,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    data_port: Annotated[int, typer.Option("--data-port", help="gRPC EquipmentIdentity.")] = 50051,
    control_port: Annotated[int, typer.Option("--control-port", help="gRPC Registry.")] = 50052,
    metrics_port: Annotated[int, typer.Option("--metrics-port", help="Prometheus metrics over HTTP.")] = 9464,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", help="Certificate chain, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="Its key, PEM.")] = None,
    tls_client_ca: Annotated[Path | None, typer.Option("--tls-client-ca", help="Clients must show one of this CA.")] = None,
    insecure_bind: Annotated[
        bool, typer.Option("--insecure-bind", help="Listen on other addresses than loopback without TLS, knowingly.")
    ] = False,
    grace: Annotated[float, typer.Option("--grace", min=0, help="Seconds for calls to finish when stopping.")] = 10.0,
    log_level: Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")] = "info",
    log_format: Annotated[str, typer.Option("--log-format", help="text or json.")] = "text",
) -> None:
    """Serve checks and the registry's commands until stopped; SIGTERM or Ctrl-C lets running calls finish."""
    from eir.serve import supervisor  # noqa: PLC0415  # gRPC's server side is slow to import
    from eir.serve.options import Addresses, ServeOptions, Tls  # noqa: PLC0415

    if shared.address:
        raise CallerError("--address: a server works on the store of its own machine; use --store")
    if (tls_cert is None) != (tls_key is None) or (tls_client_ca is not None and tls_cert is None):
        raise CallerError("TLS needs both --tls-cert and --tls-key")
    options = ServeOptions(
        store=shared.store,
        host=host,
        data_port=data_port,
        control_port=control_port,
        metrics_port=metrics_port,
        workers=workers,
        tls=Tls(tls_cert, tls_key, tls_client_ca) if tls_cert and tls_key else None,
        insecure_bind=insecure_bind,
        grace_s=grace,
        loading="loaders.service:loading",
        log_level=log_level,  # type: ignore[arg-type]  # the options check it
        log_format=log_format,  # type: ignore[arg-type]
    )
    with Environment.open(shared.store, records.SCHEMA, readonly=True):
        pass  # a missing or older store is said here, not by every worker

    def ready(addresses: Addresses) -> None:
        sys.stdout.write(
            f"serving {shared.store} with {options.processes} workers; Ctrl-C stops it\n"
            f"  checks    gRPC eir.v1.EquipmentIdentity  {addresses.data}\n"
            f"  registry  gRPC eir.v1.Registry           {addresses.control}\n"
            f"  metrics   http://{addresses.metrics}/metrics\n"
        )
        sys.stdout.flush()

    code = supervisor.run(options, ready)
    if code:
        complain("the server stopped with an error; the log above says why")
    raise typer.Exit(code)
