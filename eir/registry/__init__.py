"""The commands of the registry: requests in, changes out, applied by one commit. The gRPC control plane and the command line
call the same functions.

    change.py     Registry, and how planned changes become one commit
    author.py     who and why, for the journal
    fields.py     reading the fields of requests; every refusal names its field
    listings.py   listings of single devices and of malformed texts; which reason fits which list
    ranges.py     listings of ranges, which are kept disjoint
    pairs.py      pairs and locks of devices and subscribers
    cutovers.py   when enforcement begins for a type
    batches.py    what was loaded
    undo.py       takes a batch back
    declared.py   a device as it was declared
    history.py    what happened to one IMEI, and why
    words.py      keys and values in words
    feed.py       the journal as messages
    status.py     how the store is

A command reads its whole request first (`InvalidField` names what is wrong), plans against a snapshot without side effects,
and commits the plan. What is already so is not committed again.
"""

from eir.registry.batches import list_batches
from eir.registry.change import Registry
from eir.registry.cutovers import set_cutovers
from eir.registry.feed import parts
from eir.registry.history import history
from eir.registry.listings import set_listings
from eir.registry.pairs import add_locks, add_pairs, remove_locks, remove_pairs
from eir.registry.ranges import set_ranges
from eir.registry.status import status
from eir.registry.undo import undo

__all__ = [
    "Registry",
    "add_locks",
    "add_pairs",
    "history",
    "list_batches",
    "parts",
    "remove_locks",
    "remove_pairs",
    "set_cutovers",
    "set_listings",
    "set_ranges",
    "status",
    "undo",
]
