"""The command tree, and what all commands share."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from google.protobuf import json_format
from google.protobuf.message import Message
from typer.core import TyperGroup

from eir.errors import CallerError

if TYPE_CHECKING:
    from eir.cli.backend import Backend


class _Everyday(TyperGroup):
    """Help lists the commands of every day first, not by the modules they stand in."""

    _FIRST = ("init", "load", "check", "history", "batches", "undo", "blocklist", "status", "serve")

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # typer's own context
        """The names in the order of the help."""
        names = super().list_commands(ctx)
        return [name for name in self._FIRST if name in names] + [name for name in names if name not in self._FIRST]


app = typer.Typer(
    name="eir",
    cls=_Everyday,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
    help="National device registry and equipment identity register. Loads import manifests and lists, answers whether a "
    "device may be served, and produces block lists for smuggled devices.",
    epilog="Exit codes: 0 done, 2 what was given is wrong (a refused file, a bad IMEI), 1 our fault or this machine's.",
)
load_app = typer.Typer(
    no_args_is_help=True, help="Load a file: customs manifest, operator dump, TAC catalogue, stolen list, pairs."
)
blocklist_app = typer.Typer(
    no_args_is_help=True, help="Block lists for smuggled devices: build them, and what changed between two."
)
app.add_typer(load_app, name="load")
app.add_typer(blocklist_app, name="blocklist")

Json = Annotated[bool, typer.Option("--json", help="Print the protobuf message of the matching RPC as JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change and why; change nothing.")]
Why = Annotated[str, typer.Option("--reason", help="Why, in a few words, for the journal.")]
At = Annotated[str, typer.Option("--at", metavar="DATE", help="As of this date (YYYY-MM-DD[THH:MM]); default: now.")]

STORE_VARIABLE = "EIR_STORE"
DEFAULT_STORE = Path("var/eir")
_STORE_HELP = f"Folder of the store. Default: ./{DEFAULT_STORE}. It may stand after the command too, as the next two."
_SHARED_OPTIONS = ("--store", "--address", "--actor")


@dataclass(slots=True)
class Shared:
    """The options given before the command."""

    store: Path = DEFAULT_STORE
    address: str = ""
    actor: str = ""

    def backend(self) -> Backend:
        """The registry that the command works on."""
        if self.address:
            from eir.cli.remote import Remote  # noqa: PLC0415  # gRPC's client side is slow to import

            return Remote(self.address, self.actor)
        from eir.cli.local import Local  # noqa: PLC0415  # so are the loaders

        return Local(self.store, self.actor)


shared = Shared()


@app.callback()
def main_options(
    store: Annotated[Path | None, typer.Option("--store", envvar=STORE_VARIABLE, help=_STORE_HELP)] = None,
    address: Annotated[
        str,
        typer.Option(
            "--address",
            envvar="EIR_ADDRESS",
            metavar="HOST[:PORT]",
            help="Ask a running server instead: its control plane (port 50052), for `check` its data plane (50051).",
        ),
    ] = "",
    actor: Annotated[str, typer.Option("--actor", help="Who is doing this, for the journal. Default: user@host.")] = "",
) -> None:
    """Options for all commands."""
    shared.store = store or DEFAULT_STORE
    shared.address = address
    shared.actor = actor or f"{_user()}@{socket.gethostname()}"


def with_shared_options_first(words: Sequence[str]) -> list[str]:
    """The command line with the options of `main_options` before the command, where people also write them after it."""
    first: list[str] = []
    rest: list[str] = []
    coming = iter(words)
    for word in coming:
        if word == "--":
            return [*first, *rest, word, *coming]
        if word in _SHARED_OPTIONS and (value := next(coming, None)) is not None:
            first += [word, value]
        elif word.startswith(tuple(f"{option}=" for option in _SHARED_OPTIONS)):
            first.append(word)
        else:
            rest.append(word)
    return [*first, *rest]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid{os.getuid()}"


def print_json(message: Message) -> None:
    """The JSON mapping of a message, with the proto's field names and with defaults."""
    sys.stdout.write(
        json_format.MessageToJson(
            message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, ensure_ascii=False
        )
        + "\n"
    )


def complain(line: str) -> None:
    """One line to the person, on the error stream."""
    sys.stderr.write(f"eir: {line}\n")


def instant(text: str, now: int) -> int:
    """Unix seconds of an `--at`; empty = now. A date without a time is its start in the zone of this machine."""
    from datetime import datetime  # noqa: PLC0415

    if not text:
        return now
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError) as error:
        raise CallerError(f"--at: expected YYYY-MM-DD or YYYY-MM-DDTHH:MM, got {text!r}") from error
