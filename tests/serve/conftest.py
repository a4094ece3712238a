from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from eir.v1 import check_pb2_grpc, registry_pb2_grpc
from tests.serve.running import Run, fill, running


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Two workers and a control plane that loads; shared, so tests may only add to the store."""
    folder = tmp_path_factory.mktemp("serve")
    fill(folder / "store")
    with running(
        folder / "store", folder / "log", workers=2, loading="tests.serve.fake_loading:loading", log_format="json"
    ) as run:
        yield run


@pytest.fixture
def store(tmp_path: Path) -> Path:
    fill(tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def data(run: Run) -> Iterator[check_pb2_grpc.EquipmentIdentityStub]:
    with grpc.insecure_channel(run.addresses.data) as channel:
        yield check_pb2_grpc.EquipmentIdentityStub(channel)


@pytest.fixture
def control(run: Run) -> Iterator[registry_pb2_grpc.RegistryStub]:
    with grpc.insecure_channel(run.addresses.control) as channel:
        yield registry_pb2_grpc.RegistryStub(channel)
