"""What a loader finds wrong or remarkable: issues row by row, or only the lines where a whole file shares one remark."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from loaders.codes import Issue, refused
from loaders.source import DEFAULT_LIMITS

Lines = npt.NDArray[np.uint32]
_ONE_BY_ONE = 100  # remarks of one kind that are worth an issue each


def distinct(*lines: Lines) -> Lines:
    """All lines, ascending, each once. By sorting: np.unique hashes, which takes 20 times as long."""
    ordered = np.sort(np.concatenate(lines)) if lines else np.empty(0, np.uint32)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


class Findings:
    """Collects issues up to a limit: a file of nothing but bad rows must not fill the memory."""

    def __init__(self, limit: int = DEFAULT_LIMITS.max_issues) -> None:
        self.issues: list[Issue] = []
        self.warned: dict[str, Lines] = {}
        self._limit = limit

    def add(self, line: int, column: str, code: str, raw: str = "", text: str = "") -> None:
        """One issue. Raises FileRefused (TOO_MANY_BAD_ROWS)."""
        if len(self.issues) >= self._limit:
            raise refused("TOO_MANY_BAD_ROWS", f"limit {self._limit}", line)
        self.issues.append(Issue(line, column, code, raw[:200], text))

    def add_all(self, lines: Lines, code: str, text: str = "") -> None:
        """The same issue on several lines. Raises FileRefused (TOO_MANY_BAD_ROWS)."""
        for line in lines.tolist():
            self.add(line, "", code, "", text)

    def warn(self, lines: Lines, code: str) -> None:
        """A remark on accepted rows: an issue each when they are few, their lines alone when they are many."""
        if len(lines) <= _ONE_BY_ONE and code not in self.warned:
            self.add_all(distinct(lines), code)
        else:
            self.mark(lines, code)

    def mark(self, lines: Lines, code: str) -> None:
        """A remark that says nothing of a single row: lines only, so that it does not crowd out the others in a report."""
        if len(lines):
            self.warned[code] = distinct(self.warned.get(code, lines[:0]), lines)
