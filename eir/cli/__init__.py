"""The `eir` command: the one place that wires store, registry, loaders and servers together.

    app.py        the command tree and what all commands share: which store, which server
    loading.py    eir load …
    reading.py    eir check, history, batches, status
    changing.py   eir undo, command
    blocklists.py eir blocklist …
    care.py       eir init, audit, backup, upgrade, serve
    backend.py    what the commands need of a registry; local.py has it in process, remote.py over gRPC
    render.py     messages as text for a terminal

Commands are thin: arguments to a request message, the message of the answer to the terminal, as text or as JSON.
"""
