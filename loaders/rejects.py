"""The reject file: for every failing row its line, column, code and reason, the cell, and the row as it came."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from eir.errors import OurError
from eir.v1 import registry_pb2 as pb
from loaders.codes import CODES, Issue
from loaders.rows import Rows

COLUMNS = ("line", "column", "code", "class", "text", "cell", "row")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula: an apostrophe before = + - @ tab and CR, nothing else."""
    return "'" + text if text.startswith(_FORMULA) else text


def write_rejects(path: Path, issues: Iterable[Issue], rows: Rows | None = None) -> int:
    """Writes the issues as CSV in UTF-8, in order of line, and returns their number.

    `row` is the original row unchanged but for `safe_cell`. The file appears under its name when it is complete, or not at
    all. Raises OurError when it cannot be written.
    """
    count = 0
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for issue in sorted(issues, key=lambda issue: (issue.line, issue.column)):
                writer.writerow(_cells(issue, rows))
                count += 1
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        raise OurError(f"the reject file {path} cannot be written: {error.strerror or error}") from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
    return count


def _cells(issue: Issue, rows: Rows | None) -> tuple[str, ...]:
    code = CODES[issue.code]
    original = rows.original(issue.line) if rows is not None and issue.line else ""
    text = issue.text or f"{code.text}; {code.what_to_do}"
    row_class = pb.RowClass.Name(code.row_class).removeprefix("ROW_CLASS_")
    cells = (issue.column, issue.code, row_class, text, issue.raw, original)
    return (str(issue.line), *(safe_cell(cell) for cell in cells))
