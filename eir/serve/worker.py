"""One process of the data plane: `python -m eir.serve.worker TASK`, started by the supervisor.

Reads the store and never writes it. Answers in the event loop: a question takes microseconds, a thread would cost more.
"""

from __future__ import annotations

import sys
import time

from eir import records
from eir.engine import Engine
from eir.policy import Policy
from eir.serve import child, grpc_server
from eir.serve.child import Life
from eir.serve.counters import Counters
from eir.serve.options import ServeOptions
from eir.serve.questions import MAX_REQUEST, SERVICE, Questions
from store.environment import Environment


async def serve(options: ServeOptions, counters: Counters, life: Life) -> None:
    """Until told to drain."""
    with Environment.open(options.store, records.SCHEMA, readonly=True) as environment:
        questions = Questions(Engine(environment, Policy.beside(options.store)), counters, time.time)
        server, port = grpc_server.bind(options, life.task.port, MAX_REQUEST)
        methods = {name: grpc_server.plain(handler) for name, handler in questions.handlers().items()}
        server.add_generic_rpc_handlers((grpc_server.host(methods),))
        hosted = grpc_server.Hosted(server, [SERVICE])
        await hosted.start()
        life.ready(port)
        await life.ended()
        await hosted.stop(options.grace_s)


if __name__ == "__main__":
    sys.exit(child.main(serve))
