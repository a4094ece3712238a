"""A loader that counts bytes, and a block list of two parts."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from eir.errors import CallerError, FileRefused, GateFailed
from eir.registry import Registry
from eir.v1 import registry_pb2 as pb


class FakeLoading:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def load(self, options: pb.LoadOptions, file: Path, actor: str) -> pb.LoadReport:
        data = file.read_bytes()
        if data.startswith(b"refuse"):
            raise FileRefused("F_BROKEN", "not a table", 3)
        if data.startswith(b"bug"):
            raise ZeroDivisionError("secret detail")
        report = pb.LoadReport(kind=options.kind, outcome=pb.LOAD_OUTCOME_LOADED, rows_read=len(data))
        report.notes.extend([actor, str(file)])

        def note(commit: object) -> tuple[None, bytes]:
            commit.put("batch", b"b%d" % len(data), b"")  # type: ignore[attr-defined]
            return None, b""

        _, committed = self._registry.environment.commit(note)
        report.seq = committed.seq
        return report

    def build_block_list(self, request: pb.BuildBlockListRequest, actor: str) -> Iterator[pb.BlockListPart]:
        if request.max_new_share > 1:
            raise GateFailed("share: at most 1")
        yield pb.BlockListPart(report=pb.BlockListReport(dry_run=request.dry_run, batch=actor))
        yield pb.BlockListPart(chunk=pb.BlockListChunk(file_name="black.csv", data=b"imei\n"))

    def delta_block_list(self, request: pb.DeltaBlockListRequest) -> Iterator[pb.BlockListPart]:
        yield pb.BlockListPart(report=pb.BlockListReport(base_seq=request.from_seq, seq=request.to_seq))


def ends_slowly(registry: Registry) -> FakeLoading:
    """Cannot start, and has closed its output some time before its process ends."""
    os.close(sys.stdout.fileno())
    time.sleep(0.5)
    raise CallerError("No module named so")


def loading(registry: Registry) -> FakeLoading:
    return FakeLoading(registry)
