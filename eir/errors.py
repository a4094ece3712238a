"""The tree of errors, by whose fault, and what each becomes on every wire.

    EirError
    ├── CallerError            what was given is wrong; the same call will fail again
    │   ├── InvalidField       one field of a request, or one argument
    │   ├── FileRefused        a file as a whole
    │   ├── GateFailed         the input is well-formed, and too much to believe
    │   ├── Conflict           the registry's present state forbids it
    │   └── NotFound           what was named is not there
    └── OurError               a broken store, a bug, a full disk

An error says in one line what was expected, what was found and what to do. `OUTCOMES` is the only place that turns an
error into an exit code or a gRPC status; the errors of `store/` are in it too, so that the store need not know either.
"""

from __future__ import annotations

from dataclasses import dataclass

from store import errors as store_errors


class EirError(Exception):
    """The root."""


class CallerError(EirError):
    """What was given is wrong."""


class InvalidField(CallerError):
    """One field of a request or one argument is wrong. `field` names it as the proto or the command line does."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class FileRefused(CallerError):
    """A file is refused as a whole; the store is untouched. `code` is one of `loaders/codes.py`."""

    def __init__(self, code: str, problem: str, line: int = 0) -> None:
        super().__init__(f"{code}: {problem}" + (f" (line {line})" if line else ""))
        self.code = code
        self.problem = problem
        self.line = line


class GateFailed(CallerError):
    """A gate stopped a change that is too large to believe. Nothing was changed."""


class Conflict(CallerError):
    """The present state of the registry forbids the command."""


class NotFound(CallerError):
    """What was named is not there."""


class OurError(EirError):
    """Our fault, or this machine's: retrying the same input elsewhere or later may help."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one kind of error becomes outside: process exit code and name of the gRPC status."""

    exit_code: int
    grpc: str


_CALLER, _OURS = 2, 1

OUTCOMES: dict[type[Exception], Outcome] = {
    InvalidField: Outcome(_CALLER, "INVALID_ARGUMENT"),
    FileRefused: Outcome(_CALLER, "INVALID_ARGUMENT"),
    GateFailed: Outcome(_CALLER, "FAILED_PRECONDITION"),
    Conflict: Outcome(_CALLER, "FAILED_PRECONDITION"),
    NotFound: Outcome(_CALLER, "NOT_FOUND"),
    CallerError: Outcome(_CALLER, "INVALID_ARGUMENT"),
    store_errors.StoreMissing: Outcome(_CALLER, "FAILED_PRECONDITION"),
    store_errors.StoreExists: Outcome(_CALLER, "ALREADY_EXISTS"),
    store_errors.LayoutMismatch: Outcome(_CALLER, "FAILED_PRECONDITION"),
    store_errors.AlreadyUndone: Outcome(_CALLER, "FAILED_PRECONDITION"),
    store_errors.StoreBusy: Outcome(_OURS, "UNAVAILABLE"),
    store_errors.UndoConflict: Outcome(_CALLER, "FAILED_PRECONDITION"),
    store_errors.NoSuchCommit: Outcome(_CALLER, "NOT_FOUND"),
    store_errors.StoreFull: Outcome(_OURS, "RESOURCE_EXHAUSTED"),
    store_errors.StoreBroken: Outcome(_OURS, "DATA_LOSS"),
    store_errors.StoreError: Outcome(_OURS, "INTERNAL"),
    OurError: Outcome(_OURS, "INTERNAL"),
}
_BUG = Outcome(_OURS, "INTERNAL")


def outcome(error: BaseException) -> Outcome:
    """The most specific outcome for an error; a bug of ours for anything that is not in the table."""
    for kind in type(error).__mro__:
        found = OUTCOMES.get(kind)
        if found is not None:
            return found
    return _BUG
