"""The registry behind an address: the same commands as RPCs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import grpc
from google.protobuf.message import Message

from eir.cli.backend import Progress
from eir.errors import CallerError, OurError
from eir.v1 import check_pb2, check_pb2_grpc, registry_pb2_grpc
from eir.v1 import registry_pb2 as pb

DATA_PORT, CONTROL_PORT = 50051, 50052
_CHUNK = 1 << 20
_CALLERS_FAULT = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
)


class Remote:
    """A Backend. `address` is HOST or HOST:PORT; without a port, each plane's own."""

    def __init__(self, address: str, actor: str) -> None:
        self._address = address
        self._actor = actor

    def close(self) -> None:
        """Nothing stays open between calls."""

    @contextmanager
    def _channel(self, default_port: int) -> Iterator[grpc.Channel]:
        _, _, port = self._address.rpartition(":")
        target = self._address if port.isascii() and port.isdigit() else f"{self._address}:{default_port}"
        with grpc.insecure_channel(target) as channel:
            try:
                yield channel
            except grpc.RpcError as error:
                if "failed to connect" in (error.details() or "").lower():
                    raise OurError(f"no server answers at {target}; `eir serve` starts one") from error
                if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                    planes = f"`check` asks the data plane ({DATA_PORT}), all else the control plane ({CONTROL_PORT})"
                    raise CallerError(f"{target} is not the port for this: {planes}") from error
                text = f"{target}: {error.details()}"
                raise (CallerError if error.code() in _CALLERS_FAULT else OurError)(text) from error

    @contextmanager
    def _registry(self) -> Iterator[registry_pb2_grpc.RegistryStub]:
        with self._channel(CONTROL_PORT) as channel:
            yield registry_pb2_grpc.RegistryStub(channel)

    def check(self, request: check_pb2.CheckRequest, at: int) -> check_pb2.CheckResponse:
        """One verdict, now: a server answers for its own time."""
        with self._channel(DATA_PORT) as channel:
            answer: check_pb2.CheckResponse = check_pb2_grpc.EquipmentIdentityStub(channel).Check(request)
            return answer

    def load(self, options: pb.LoadOptions, file: Path, rejects: Path | None, progress: Progress) -> pb.LoadReport:
        """One file. Rows that were not accepted are kept at the server."""
        if rejects is not None:
            raise CallerError("--rejects: with --address, the server keeps the reject file; its place is in the report")
        try:
            options.size = file.stat().st_size
            handle = file.open("rb")
        except OSError as error:
            raise CallerError(f"{file}: {error.strerror}; check the path and the permissions") from error
        with handle, self._registry() as registry:
            answer: pb.LoadReport = registry.Load(_upload(options, handle, progress))
            return answer

    def command(self, name: str, request: Message) -> pb.CommitResponse:
        """One of the single commands."""
        with self._registry() as registry:
            response: pb.CommitResponse = getattr(registry, name)(request)
            return response

    def undo(self, request: pb.UndoRequest) -> pb.UndoResponse:
        """Takes a batch back."""
        with self._registry() as registry:
            answer: pb.UndoResponse = registry.Undo(request)
            return answer

    def batches(self) -> pb.ListBatchesResponse:
        """All batches, newest first."""
        with self._registry() as registry:
            answer: pb.ListBatchesResponse = registry.ListBatches(pb.ListBatchesRequest())
            return answer

    def history(self, imei: str) -> pb.HistoryResponse:
        """What happened to one IMEI."""
        with self._registry() as registry:
            answer: pb.HistoryResponse = registry.History(pb.HistoryRequest(imei=imei))
            return answer

    def status(self) -> pb.StoreStatus:
        """How the store is."""
        with self._registry() as registry:
            answer: pb.StoreStatus = registry.Status(pb.StatusRequest())
            return answer

    def build_block_list(self, request: pb.BuildBlockListRequest, progress: Progress) -> Iterator[pb.BlockListPart]:
        """The report, then the files in parts."""
        with self._registry() as registry:
            yield from registry.BuildBlockList(request)

    def delta_block_list(self, request: pb.DeltaBlockListRequest) -> Iterator[pb.BlockListPart]:
        """The report, then the files in parts."""
        with self._registry() as registry:
            yield from registry.DeltaBlockList(request)


def _upload(options: pb.LoadOptions, handle: BinaryIO, progress: Progress) -> Iterator[pb.LoadRequest]:
    yield pb.LoadRequest(options=options)
    done = 0
    while chunk := handle.read(_CHUNK):
        yield pb.LoadRequest(chunk=chunk)
        done += len(chunk)
        progress("send", done, options.size)
