"""Files in and files out as one service: what the command line uses in process, and the control plane behind its RPCs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from eir.errors import InvalidField
from eir.registry import Registry
from eir.v1 import registry_pb2 as pb
from loaders import blocklist
from loaders.kinds import LOADERS
from loaders.load import Context, Progress, load, silent

REJECTS = "rejects"


class Service:
    """Loads files into a registry and builds its block lists. Reject files go to the store's folder, in `rejects/`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def load(
        self, options: pb.LoadOptions, file: Path, actor: str, *, rejects: Path | None = None, progress: Progress = silent
    ) -> pb.LoadReport:
        """Loads one file; a refused one has a report too. Raises InvalidField, StoreError."""
        loader = LOADERS.get(options.kind)
        if loader is None:
            raise InvalidField("options.kind", f"expected one of {', '.join(pb.LoadKind.Name(kind) for kind in LOADERS)}")
        context = Context(self._registry.policy, self._registry.now(), options, progress)
        place = rejects or self._reject_file(options.file_name)
        return load(self._registry.environment, loader, file, context, actor=actor, rejects=place)

    def _reject_file(self, file_name: str) -> Path:
        folder = self._registry.environment.path / REJECTS
        folder.mkdir(exist_ok=True)
        stamp = time.strftime("%Y%m%d_%H%M%S", time.gmtime(self._registry.now()))
        return folder / f"{stamp}_{Path(file_name).name or 'upload'}.rejects.csv"

    def build_block_list(
        self, request: pb.BuildBlockListRequest, actor: str, *, progress: Progress = silent
    ) -> Iterator[pb.BlockListPart]:
        """The report, then the files. Raises GateFailed, CallerError, StoreError."""
        found = self._registry
        return blocklist.build(found.environment, found.policy, request, actor, now=found.now(), progress=progress)

    def delta_block_list(self, request: pb.DeltaBlockListRequest) -> Iterator[pb.BlockListPart]:
        """The report, then the files. Raises NotFound."""
        return blocklist.delta(self._registry.environment, self._registry.policy, request)


def loading(registry: Registry) -> Service:
    """What the control plane is given (`eir/serve/control.py`)."""
    return Service(registry)
