"""The control plane: gRPC `Registry` over the commands of `eir/registry/`, the only long-lived writer.

Started by the supervisor: `python -m eir.serve.control TASK`. Nothing that blocks runs in the event loop. Commands and loads
take turns in one thread (LMDB lets one write at a time anyway); questions and feeds are read in a few others.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from google.protobuf.message import DecodeError, Message

from eir import records, registry
from eir.errors import CallerError, FileRefused, InvalidField
from eir.policy import Policy
from eir.registry import Registry
from eir.serve import child, grpc_server, uploads
from eir.serve.child import Life
from eir.serve.counters import Counters
from eir.serve.grpc_server import Context, Method
from eir.serve.options import ServeOptions
from eir.v1 import registry_pb2 as pb
from store.environment import Environment

SERVICE = "eir.v1.Registry"
MAX_REQUEST = 16 << 20  # bytes of one message
_READERS = 4
_POLL_S = 0.1

Request = TypeVar("Request", bound=Message)
Part = TypeVar("Part", bound=Message)


class Loading(Protocol):
    """What loads files and builds lists; `eir` declares it here and may not import it. Called in the writer's thread.

    `actor` is the caller as the transport knows it: a certificate's name, or an address. The iterators hold no transaction
    open between two parts: their reader may be slow, or gone (then they are closed).
    """

    def load(self, options: pb.LoadOptions, file: Path, actor: str) -> pb.LoadReport:
        """Loads one file. A refused file is a report; FileRefused is taken for one too."""

    def build_block_list(self, request: pb.BuildBlockListRequest, actor: str) -> Iterator[pb.BlockListPart]:
        """Builds the lists: a report, then the files."""

    def delta_block_list(self, request: pb.DeltaBlockListRequest) -> Iterator[pb.BlockListPart]:
        """What changed between two commits: a report, then the files."""


COMMANDS: Mapping[str, tuple[type[Message], Callable[..., Message]]] = {
    "Undo": (pb.UndoRequest, registry.undo),
    "AddPairs": (pb.PairsRequest, registry.add_pairs),
    "RemovePairs": (pb.PairsRequest, registry.remove_pairs),
    "AddLocks": (pb.LocksRequest, registry.add_locks),
    "RemoveLocks": (pb.LocksRequest, registry.remove_locks),
    "SetListings": (pb.ListingsRequest, registry.set_listings),
    "SetRanges": (pb.RangesRequest, registry.set_ranges),
    "SetCutovers": (pb.CutoversRequest, registry.set_cutovers),
}
QUERIES: Mapping[str, tuple[type[Message], Callable[..., Message]]] = {
    "History": (pb.HistoryRequest, registry.history),
    "ListBatches": (pb.ListBatchesRequest, lambda found, _: registry.list_batches(found)),
    "Status": (pb.StatusRequest, lambda found, _: registry.status(found)),
}


class Control:
    """The methods of `Registry`. `loading` None: those that load files or build lists are not served (UNIMPLEMENTED)."""

    def __init__(self, found: Registry, loading: Loading | None, counters: Counters) -> None:
        self._registry = found
        self._loading = loading
        self._counters = counters
        self._draining = asyncio.Event()
        self._writer = ThreadPoolExecutor(1, "writer")
        self._readers = ThreadPoolExecutor(_READERS, "reader")

    def methods(self) -> Mapping[str, Method]:
        """By full method name."""
        methods = {name: self._command(*command) for name, command in COMMANDS.items()}
        methods |= {name: self._query(*query) for name, query in QUERIES.items()}
        methods["Feed"] = grpc_server.stream(self._feed)
        if self._loading is not None:
            methods["Load"] = grpc_server.upload(self._load)
            methods["BuildBlockList"] = grpc_server.stream(self._build_block_list)
            methods["DeltaBlockList"] = grpc_server.stream(self._delta_block_list)
        return {f"/{SERVICE}/{name}": method for name, method in methods.items()}

    def drain(self) -> None:
        """Ends the feeds that follow."""
        self._draining.set()

    def close(self) -> None:
        """Waits for what is being written."""
        self._writer.shutdown()
        self._readers.shutdown()

    # ---- commands and queries

    def _command(self, request_type: type[Message], command: Callable[..., Message]) -> Method:
        async def call(data: bytes, context: Context) -> bytes:
            request = decode(request_type, data)
            return (await _in(self._writer, command, self._registry, request, actor(context))).SerializeToString()

        return grpc_server.unary(call)

    def _query(self, request_type: type[Message], query: Callable[..., Message]) -> Method:
        async def call(data: bytes, _: Context) -> bytes:
            request = decode(request_type, data)
            return (await _in(self._readers, query, self._registry, request)).SerializeToString()

        return grpc_server.unary(call)

    # ---- feed

    async def _feed(self, data: bytes, _: Context) -> AsyncGenerator[bytes, None]:
        request = decode(pb.FeedRequest, data)
        wanted = request.from_seq
        while True:
            async for part in _each(self._readers, registry.parts(self._registry.environment, wanted)):
                if part.HasField("header"):
                    wanted = part.header.seq + 1
                yield part.SerializeToString()
            if not request.follow or await self._drains_within(_POLL_S):
                return

    async def _drains_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._draining.wait(), seconds)
        except TimeoutError:
            return False
        return True

    # ---- files

    async def _load(self, messages: AsyncIterator[bytes], context: Context) -> bytes:
        folder = tempfile.TemporaryDirectory(prefix="eir-upload-")
        try:
            file = Path(folder.name) / "file"
            options = await uploads.receive(messages, context, file)
        except BaseException:
            folder.cleanup()
            raise
        # From here on the thread owns the file: a client that goes away does not stop a load.
        load = _in(self._writer, self._load_file, options, file, actor(context), folder)
        return (await asyncio.shield(load)).SerializeToString()

    def _load_file(
        self, options: pb.LoadOptions, file: Path, who: str, folder: tempfile.TemporaryDirectory[str]
    ) -> pb.LoadReport:
        assert self._loading is not None
        with folder:
            try:
                report = self._loading.load(options, file, who)
            except FileRefused as error:
                report = _refused(options, error)
        self._counters.loaded(report.kind, report.outcome)
        return report

    async def _build_block_list(self, data: bytes, context: Context) -> AsyncGenerator[bytes, None]:
        assert self._loading is not None
        parts = self._loading.build_block_list(decode(pb.BuildBlockListRequest, data), actor(context))
        async for part in _each(self._writer, parts):
            yield part.SerializeToString()

    async def _delta_block_list(self, data: bytes, _: Context) -> AsyncGenerator[bytes, None]:
        assert self._loading is not None
        parts = self._loading.delta_block_list(decode(pb.DeltaBlockListRequest, data))
        async for part in _each(self._readers, parts):
            yield part.SerializeToString()


def actor(context: Context) -> str:
    """The caller as the transport knows it: the common name of its certificate, else its address."""
    for name in context.auth_context().get("x509_common_name", ()):
        return name.decode(errors="replace")
    return context.peer()


def decode(request_type: type[Request], data: bytes) -> Request:
    """Raises InvalidField."""
    try:
        return request_type.FromString(data)
    except DecodeError as error:
        raise InvalidField("request", "the bytes are not this message") from error


def _refused(options: pb.LoadOptions, error: FileRefused) -> pb.LoadReport:
    issue = pb.RowIssue(line=error.line, code=error.code, text=error.problem)
    setattr(issue, "class", pb.ROW_CLASS_FILE)
    return pb.LoadReport(
        kind=options.kind,
        outcome=pb.LOAD_OUTCOME_REFUSED,
        dry_run=options.dry_run,
        file_name=options.file_name,
        declaration=options.declaration,
        issues=[issue],
    )


Result = TypeVar("Result")


async def _in(executor: Executor, function: Callable[..., Result], *args: object) -> Result:
    return await asyncio.get_running_loop().run_in_executor(executor, function, *args)


async def _each(executor: Executor, parts: Iterator[Part]) -> AsyncIterator[Part]:
    """The parts, each made in the executor when its reader has taken the one before."""
    try:
        while (part := await _in(executor, next, parts, None)) is not None:
            yield part
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            executor.submit(close)  # in turn: a part may still be in the making


# ---- the process


def find_loading(name: str, found: Registry) -> Loading | None:
    """Calls the function of a dotted name ("package.module:function") with the registry. Raises CallerError."""
    if not name:
        return None
    module, _, function = name.partition(":")
    try:
        factory: Callable[[Registry], Loading] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise CallerError(f"loading {name!r}: {error}") from error
    return factory(found)


async def serve(options: ServeOptions, counters: Counters, life: Life) -> None:
    """Until told to drain."""
    with Environment.open(options.store, records.SCHEMA) as environment:
        found = Registry(environment, Policy.beside(options.store))
        control = Control(found, find_loading(options.loading, found), counters)
        server, port = grpc_server.bind(options, life.task.port, MAX_REQUEST)
        server.add_generic_rpc_handlers((grpc_server.host(control.methods()),))
        hosted = grpc_server.Hosted(server, [SERVICE])
        grpc_server.reflect(server, [SERVICE])
        await hosted.start()
        life.ready(port)
        await life.ended()
        control.drain()
        await hosted.stop(options.grace_s)
        await asyncio.to_thread(control.close)


if __name__ == "__main__":
    sys.exit(child.main(serve))
