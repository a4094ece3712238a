"""The registry in this process: the store's folder is on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

from eir import records, registry
from eir.cli.backend import Progress
from eir.engine import Engine
from eir.policy import Policy
from eir.registry import Registry
from eir.serve.counters import SharedRows
from eir.serve.questions import Questions
from eir.v1 import check_pb2
from eir.v1 import registry_pb2 as pb
from store.environment import Environment

if TYPE_CHECKING:
    from loaders.service import Service

_COMMANDS: Mapping[str, Callable[[Registry, Any, str], pb.CommitResponse]] = {
    "AddPairs": registry.add_pairs,
    "RemovePairs": registry.remove_pairs,
    "AddLocks": registry.add_locks,
    "RemoveLocks": registry.remove_locks,
    "SetListings": registry.set_listings,
    "SetRanges": registry.set_ranges,
    "SetCutovers": registry.set_cutovers,
}


class Local:
    """A Backend. Opens the store at the first use, for reading only where that is enough."""

    def __init__(self, store: Path, actor: str) -> None:
        self._store = store
        self._actor = actor
        self._open = ExitStack()

    def close(self) -> None:
        """Closes the store."""
        self._open.close()

    def _environment(self, *, readonly: bool = False) -> Environment:
        return self._open.enter_context(Environment.open(self._store, records.SCHEMA, readonly=readonly))

    def _registry(self, *, readonly: bool = False) -> Registry:
        return Registry(self._environment(readonly=readonly), Policy.beside(self._store))

    def _service(self) -> Service:
        from loaders.service import Service  # noqa: PLC0415  # columnar libraries; a check need not wait for them

        return Service(self._registry())

    def check(self, request: check_pb2.CheckRequest, at: int) -> check_pb2.CheckResponse:
        """One verdict, by the same code that answers networks."""
        engine = Engine(self._environment(readonly=True), Policy.beside(self._store))
        questions = Questions(engine, SharedRows.create(1).row(0), clock=lambda: at)
        return check_pb2.CheckResponse.FromString(questions.check(request.SerializeToString()))

    def load(self, options: pb.LoadOptions, file: Path, rejects: Path | None, progress: Progress) -> pb.LoadReport:
        """One file."""
        return self._service().load(options, file, self._actor, rejects=rejects, progress=progress)

    def command(self, name: str, request: Message) -> pb.CommitResponse:
        """One of the single commands."""
        return _COMMANDS[name](self._registry(), request, self._actor)

    def undo(self, request: pb.UndoRequest) -> pb.UndoResponse:
        """Takes a batch back."""
        return registry.undo(self._registry(), request, self._actor)

    def batches(self) -> pb.ListBatchesResponse:
        """All batches, newest first."""
        return registry.list_batches(self._registry(readonly=True))

    def history(self, imei: str) -> pb.HistoryResponse:
        """What happened to one IMEI."""
        return registry.history(self._registry(readonly=True), pb.HistoryRequest(imei=imei))

    def status(self) -> pb.StoreStatus:
        """How the store is."""
        return registry.status(self._registry(readonly=True))

    def build_block_list(self, request: pb.BuildBlockListRequest, progress: Progress) -> Iterator[pb.BlockListPart]:
        """The report, then the files in parts."""
        request.at = request.at or int(time.time())
        return self._service().build_block_list(request, self._actor, progress=progress)

    def delta_block_list(self, request: pb.DeltaBlockListRequest) -> Iterator[pb.BlockListPart]:
        """The report, then the files in parts."""
        return self._service().delta_block_list(request)
