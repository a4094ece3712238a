"""`eir check`, `history`, `batches`, `status`: questions, answered as text or JSON."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from eir.cli.app import At, Json, app, complain, instant, print_json, shared
from eir.cli.render import render_batches, render_check, render_history, render_status
from eir.errors import InvalidField
from eir.identity import Imei, imei14_from_network, malformed_key
from eir.v1 import check_pb2

ImeiArgument = Annotated[
    str,
    typer.Argument(metavar="IMEI", help="14 to 16 digits, as a network or a box shows them; spaces and dashes may stand."),
]


@app.command()
def check(
    imei: ImeiArgument,
    imsi: Annotated[str, typer.Option("--imsi", help="The subscriber, 6 to 15 digits.")] = "",
    software_version: Annotated[str, typer.Option("--software-version", help="2 digits, if not part of the IMEI.")] = "",
    at: At = "",
    as_json: Json = False,
) -> None:
    """May this device be served? The answer, and the rule and reason that gave it."""
    request = check_pb2.CheckRequest(imei=_network_form(imei), imsi=imsi, software_version=software_version)
    response = shared.backend().check(request, instant(at, int(time.time())))
    if as_json:
        print_json(response)
    else:
        render_check(request, response)


def _network_form(typed: str) -> str:
    """What a person typed, as a network would send it; says so when the check digit does not fit."""
    reading = Imei.from_document(typed)
    if reading.imei is not None:
        return reading.imei.text + (reading.imei.svn or "")
    if imei14_from_network(typed) is not None:
        expected = Imei.from_network(typed)
        if expected is not None and len(typed) == 15 and typed != expected.with_check_digit():
            complain(f"note: {typed} does not have its check digit; the device is {expected.with_check_digit()}")
        return typed
    if malformed_key(typed) is None:
        raise InvalidField("imei", f"expected 14 to 16 digits, got {typed!r}")
    return typed


@app.command()
def history(imei: ImeiArgument, as_json: Json = False) -> None:
    """Every change of one device: when, by whom, why, from which file and line. And what it is now."""
    response = shared.backend().history(imei)
    if as_json:
        print_json(response)
    else:
        render_history(response)


@app.command()
def batches(as_json: Json = False) -> None:
    """What has been loaded, newest first."""
    response = shared.backend().batches()
    if as_json:
        print_json(response)
    else:
        render_batches(response)


@app.command()
def status(as_json: Json = False) -> None:
    """How the store is: last commit, tables, how full."""
    response = shared.backend().status()
    if as_json:
        print_json(response)
    else:
        render_status(response)
