"""grpcio's asyncio server with a handler that does nothing: what the transport alone costs. `python -m bench.reference`.

Same event loop and options as a worker of the data plane. Writes its port as a line; ends on SIGTERM, or with its stdin.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import grpc
import uvloop

from eir.serve import grpc_server
from eir.serve.options import ServeOptions
from eir.serve.questions import MAX_REQUEST

METHOD = "/bench.Reference/Nothing"


async def _nothing(data: bytes, context: grpc_server.Context) -> bytes:
    return b""


async def _serve() -> None:
    server, port = grpc_server.bind(ServeOptions(store=Path()), 0, MAX_REQUEST)
    server.add_generic_rpc_handlers((grpc_server.host({METHOD: grpc.unary_unary_rpc_method_handler(_nothing)}),))
    await server.start()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_reader(sys.stdin.fileno(), ended.set)  # nothing is ever written to it, so readable means closed
    print(port, flush=True)
    await ended.wait()
    await server.stop(None)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())
