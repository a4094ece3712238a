"""The domain: what a device, a list and a verdict are, and the front ends that carry the question.

    identity.py   identifiers: read, checked, written         identity_columns.py  the same over arrays
    civil.py      dates of two calendars, and when days begin
    lists.py      lists, reasons, response types and the decision table: everything that decides
    policy.py     what a state or an operator may configure (policy_default.toml has it all, with its grounds)
    records.py    the bytes of every table
    engine.py     the question "may this device be served?": the hot path
    registry/     commands that change the registry, and what can be asked about it
    serve/        processes, gRPC, metrics
    cli/          the `eir` command, which wires everything
    errors.py     errors by whose fault, and what each becomes outside

Imports go loaders -> eir -> store; inside, front ends import the domain and never the other way round.
"""
