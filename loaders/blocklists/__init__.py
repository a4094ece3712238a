"""The parts of `loaders/blocklist.py`, which is the way in.

    state.py      the tables that lists are made from, in columns, after any commit
    verdicts.py   what the decision table says, once for each kind of device
    coverage.py   who is seen, and covered by nothing
    rows.py       the rows of the three lists
    difference.py from one state's lists to another's
    files.py      rows as files, with counts and digests, on disk or in parts

Imports go upwards in this list.
"""
