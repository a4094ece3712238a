"""Hosts handlers under grpcio: errors to statuses, health, reflection, limits, TLS.

Handlers are bytes to bytes, so that the same ones run under any transport; grpcio is given no (de)serializers, and a request
that does not decode is the caller's error with a field's name, not grpcio's INTERNAL.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import NoReturn, TypeAlias

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from eir.errors import CallerError, OurError, outcome
from eir.serve.options import ServeOptions, Tls, address
from eir.serve.questions import Handler

Context: TypeAlias = "grpc.aio.ServicerContext[bytes, bytes]"
Method: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
Server: TypeAlias = grpc.aio.Server

_MAX_TEXT = 1024  # of an error, in a trailer
# A stopping grpcio drops what it has received and not handed over yet, and what arrives until its GOAWAY is at the
# client. So it goes on for a while first: every call that was begun before the drain gets its answer.
_LAME_DUCK_S = 0.5
_log = structlog.get_logger()


async def refuse(context: Context, error: Exception) -> NoReturn:
    """Ends a call with an error's status. A caller is told its own mistakes, and no inner detail of a bug."""
    found = outcome(error)
    if found.exit_code == 2 or isinstance(error, OurError):
        text = str(error)
    else:
        _log.error("call failed", error=str(error), exc_info=error)
        text = "internal error; the log of the server has the detail"
    await context.abort(grpc.StatusCode[found.grpc], text[:_MAX_TEXT])
    raise AssertionError("abort raises")


def plain(handler: Handler) -> Method:
    """Hosts a plain handler. It runs in the event loop, so it must not block."""

    async def call(data: bytes, context: Context) -> bytes:
        try:
            return handler(data)
        except Exception as error:  # noqa: BLE001  # every error becomes a status
            await refuse(context, error)

    return grpc.unary_unary_rpc_method_handler(call)


def unary(answer: Callable[[bytes, Context], Awaitable[bytes]]) -> Method:
    """Hosts one message in, one out."""

    async def call(data: bytes, context: Context) -> bytes:
        try:
            return await answer(data, context)
        except Exception as error:  # noqa: BLE001  # every error becomes a status
            await refuse(context, error)

    return grpc.unary_unary_rpc_method_handler(call)


def upload(answer: Callable[[AsyncIterator[bytes], Context], Awaitable[bytes]]) -> Method:
    """Hosts a stream in, one message out."""

    async def call(messages: AsyncIterator[bytes], context: Context) -> bytes:
        try:
            return await answer(messages, context)
        except Exception as error:  # noqa: BLE001  # every error becomes a status
            await refuse(context, error)

    return grpc.stream_unary_rpc_method_handler(call)


def stream(answer: Callable[[bytes, Context], AsyncGenerator[bytes, None]]) -> Method:
    """Hosts one message in, a stream out."""

    async def call(data: bytes, context: Context) -> AsyncIterator[bytes]:
        try:
            async with aclosing(answer(data, context)) as parts:
                async for part in parts:
                    yield part
        except Exception as error:  # noqa: BLE001  # every error becomes a status
            await refuse(context, error)

    return grpc.unary_stream_rpc_method_handler(call)


def host(handlers: Mapping[str, Method]) -> grpc.GenericRpcHandler:
    """Method handlers by full name ("/package.Service/Method")."""
    return _Table(handlers)


class _Table(grpc.GenericRpcHandler):
    def __init__(self, handlers: Mapping[str, Method]) -> None:
        self._handlers = dict(handlers)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Method | None:
        return self._handlers.get(handler_call_details.method)


class Hosted:
    """A server on one port with its health. `stop` drains."""

    def __init__(self, server: Server, services: Sequence[str]) -> None:
        self._server = server
        self._services = services
        self._health = health.aio.HealthServicer()

    async def start(self) -> None:
        """Serves, and says so to health checks: for each service and for the server as a whole ("")."""
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        for service in self._services:
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)
        await self._server.start()

    async def stop(self, grace_s: float) -> None:
        """Turns health to NOT_SERVING, then takes no new calls; returns when the ones in hand are done, or grace is over."""
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(min(_LAME_DUCK_S, grace_s))
        await self._server.stop(grace_s)


def bind(options: ServeOptions, port: int, max_request: int) -> tuple[Server, int]:
    """A server that will listen on the port, sharing it with others of this user (`ports.hold`), and the port."""
    server = grpc.aio.server(
        options=[
            ("grpc.so_reuseport", 1),
            ("grpc.max_receive_message_length", max_request),
            ("grpc.max_concurrent_streams", 1024),
            ("grpc.max_metadata_size", 16 << 10),
        ]
    )
    where = address(options.host, port)
    try:
        if options.tls:
            return server, server.add_secure_port(where, credentials(options.tls))
        return server, server.add_insecure_port(where)
    except RuntimeError as error:
        raise CallerError(f"cannot listen on {where}: {error}") from error


def credentials(tls: Tls) -> grpc.ServerCredentials:
    """Server credentials; gRPC speaks TLS 1.2 and newer only. Raises CallerError naming the file that cannot be read."""
    try:
        pair = (tls.key.read_bytes(), tls.certificate.read_bytes())
        ca = tls.client_ca.read_bytes() if tls.client_ca else None
    except OSError as error:
        raise CallerError(f"TLS file {error.filename}: {error.strerror}") from error
    return grpc.ssl_server_credentials([pair], root_certificates=ca, require_client_auth=ca is not None)


def reflect(server: Server, services: Sequence[str]) -> None:
    """Lets tools list and describe the services."""
    reflection.enable_server_reflection((*services, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
