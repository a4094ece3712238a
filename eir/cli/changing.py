"""`eir undo` and `eir command`: changes that are not files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Annotated

import typer
from google.protobuf import json_format
from google.protobuf.message import Message

from eir.cli.app import Json, Why, app, print_json, shared
from eir.errors import CallerError
from eir.v1 import registry_pb2 as pb

# The single commands by the name of their RPC, as a person types it.
COMMANDS: Mapping[str, tuple[str, Callable[..., Message]]] = {
    "add-pairs": ("AddPairs", pb.PairsRequest),
    "remove-pairs": ("RemovePairs", pb.PairsRequest),
    "add-locks": ("AddLocks", pb.LocksRequest),
    "remove-locks": ("RemoveLocks", pb.LocksRequest),
    "set-listings": ("SetListings", pb.ListingsRequest),
    "set-ranges": ("SetRanges", pb.RangesRequest),
    "set-cutovers": ("SetCutovers", pb.CutoversRequest),
}


@app.command()
def undo(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="Id of a batch (`eir batches`), or a prefix of one.")],
    as_json: Json = False,
    reason: Why = "",
) -> None:
    """Take a batch back exactly. Refuses, naming them, where later changes touched the same devices."""
    response = shared.backend().undo(pb.UndoRequest(batch=batch, author=pb.Author(actor=shared.actor, reason=reason)))
    if as_json:
        print_json(response)
    else:
        sys.stdout.write(f"batch {response.batch} undone: {response.changes:,} rows restored by commit {response.seq}\n")


@app.command()
def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of: " + ", ".join(COMMANDS))],
    request: Annotated[str, typer.Argument(metavar="JSON", help="The request message as JSON; - reads it from stdin.")],
    as_json: Json = False,
    reason: Why = "",
) -> None:
    """One command of the registry, with its request as JSON.

    For example: eir command add-pairs '{"pairs": [{"imei": "356938035643809", "imsi": "432350000000001"}]}'
    """
    if name not in COMMANDS:
        raise CallerError(f"there is no command {name!r}; there are {', '.join(COMMANDS)}")
    rpc, kind = COMMANDS[name]
    message = kind(author=pb.Author(actor=shared.actor, reason=reason))
    try:
        json_format.Parse(sys.stdin.read() if request == "-" else request, message)
    except (json_format.ParseError, UnicodeDecodeError) as error:
        raise CallerError(f"the request is not a {message.DESCRIPTOR.name} in JSON: {error}") from error
    response = shared.backend().command(rpc, message)
    if as_json:
        print_json(response)
    elif response.seq:
        sys.stdout.write(f"commit {response.seq}: {response.changes:,} rows changed\n")
    else:
        sys.stdout.write("nothing changed: it was so already\n")
