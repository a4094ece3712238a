"""What the commands need of a registry, whether it is in this process or behind an address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from google.protobuf.message import Message

from eir.v1 import check_pb2
from eir.v1 import registry_pb2 as pb

Progress = Callable[[str, int, int], None]  # stage, done, total (0 = not known)


class Backend(Protocol):
    """The questions and commands of the protos. Errors are those of eir/errors.py and store/errors.py."""

    def check(self, request: check_pb2.CheckRequest, at: int) -> check_pb2.CheckResponse:
        """One verdict; `at` in unix seconds."""

    def load(self, options: pb.LoadOptions, file: Path, rejects: Path | None, progress: Progress) -> pb.LoadReport:
        """One file. `rejects`: where rows that were not accepted go; None = the default place."""

    def command(self, name: str, request: Message) -> pb.CommitResponse:
        """One of the single commands of the registry, by the name of its RPC."""

    def undo(self, request: pb.UndoRequest) -> pb.UndoResponse:
        """Takes a batch back."""

    def batches(self) -> pb.ListBatchesResponse:
        """All batches, newest first."""

    def history(self, imei: str) -> pb.HistoryResponse:
        """What happened to one IMEI."""

    def status(self) -> pb.StoreStatus:
        """How the store is."""

    def build_block_list(self, request: pb.BuildBlockListRequest, progress: Progress) -> Iterator[pb.BlockListPart]:
        """The report, then the files in parts."""

    def delta_block_list(self, request: pb.DeltaBlockListRequest) -> Iterator[pb.BlockListPart]:
        """The report, then the files in parts."""
