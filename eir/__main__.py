"""`python -m eir`, and the `eir` command: runs it, and turns an error into one line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError  # typer has no public name for them

from eir.cli import blocklists, care, changing, loading, reading  # noqa: F401  # each adds its commands to the app
from eir.cli.app import app, complain, with_shared_options_first
from eir.errors import EirError, outcome
from store.errors import StoreError


def main() -> NoReturn:
    """Runs the command. An error is one line that says what to do; a traceback only with EIR_DEBUG=1."""
    try:
        sys.exit(app(with_shared_options_first(sys.argv[1:]), standalone_mode=False))
    except NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except ClickException as error:
        complain(_usage(error))
        sys.exit(error.exit_code)
    except (EirError, StoreError) as error:
        if os.environ.get("EIR_DEBUG"):
            raise
        complain(str(error))
        sys.exit(outcome(error).exit_code)
    except BrokenPipeError:  # the reader of our output has gone: nothing to tell anybody
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # the last line of defence of a command
        if os.environ.get("EIR_DEBUG"):
            raise
        complain(f"a bug of this program: {type(error).__name__}: {error}. EIR_DEBUG=1 shows where; please report it.")
        sys.exit(1)


def _usage(error: ClickException) -> str:
    """What is wrong with the command line, and where its help is."""
    text = " ".join(error.format_message().split()).rstrip(".")
    context = error.ctx if isinstance(error, UsageError) else None
    return f"{text}; see {context.command_path} --help" if context else text


if __name__ == "__main__":
    main()
