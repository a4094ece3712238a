"""What the owner of the data tells the store about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `subject` cuts from a key what a history can be asked for; None keeps the table out of histories."""

    name: str
    subject: slice | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """All tables of one layout version. The first table is the one that the hot path reads."""

    layout: int
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        """The table of this name. Raises KeyError."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)


# The store's own tables.
JOURNAL = "journal"  # sequence number (8) + part (4): part 0 is the header, 1.. are the blocks of changes
TOUCHED = "touched"  # subject + sequence number (8): which commits changed something of this subject
META = "meta"
SCRATCH = "scratch"  # empty between transactions
OWN_TABLES = (JOURNAL, TOUCHED, META, SCRATCH)

META_LAYOUT = b"layout"
META_SEQ = b"seq"
META_DIGEST = b"digest"
