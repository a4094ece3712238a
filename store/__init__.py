"""The store: one LMDB environment whose every change has an entry in a hash-chained journal. Sees bytes, knows no telecoms.

    schema.py        which tables there are, and what of a key a history is kept of
    environment.py   the files: create, open, grow, back up; hands out snapshots and commits
    snapshot.py      reading: one short read transaction
    commit.py        writing: one transaction with its journal entry
    journal.py       the byte layout of journal entries
    undo.py          takes one commit back exactly, or says what later commits touched
    audit.py         replays the journal and compares it with the tables
    upgrade.py       older layouts to this one
    gate.py          lets the map move only while no transaction of this process is open
    errors.py        what can go wrong
    faults.py        LMDB's errors as these

Imports go downwards: environment -> commit -> snapshot -> journal; undo, audit and upgrade stand on top.
"""
