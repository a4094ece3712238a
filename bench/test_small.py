"""The small costs: `.venv/bin/pytest -o addopts= --benchmark-only bench/test_small.py`."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.data import Dataset, dataset, keys_of
from eir import identity, records
from eir.engine import Engine, View
from eir.lists import Facts, Listing, Lists, Reason, decide
from eir.policy import Policy
from eir.serve.counters import SharedRows
from eir.serve.questions import Questions
from eir.v1 import check_pb2 as pb
from store import journal
from store.environment import Environment

NOW = int(time.time())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return dataset(tmp_path_factory.mktemp("bench"), 20_000, 1, lambda text: None)


@pytest.fixture(scope="module")
def engine(data: Dataset) -> Iterator[Engine]:
    with Environment.open(data.store, records.SCHEMA, readonly=True) as environment:
        yield Engine(environment, Policy.default())


@pytest.fixture
def view(engine: Engine) -> Iterator[View]:
    with engine.view(NOW) as view:
        yield view


@pytest.fixture
def questions(engine: Engine) -> Questions:
    return Questions(engine, SharedRows.create(1).row(0), time.time)


def test_imei_from_network(benchmark: BenchmarkFixture) -> None:
    assert benchmark(identity.imei14_from_network, "356938035643809") == 35693803564380


def test_imei_from_document(benchmark: BenchmarkFixture) -> None:
    assert benchmark(identity.Imei.from_document, "35-693803-564380-9").imei is not None


def test_decide(benchmark: BenchmarkFixture) -> None:
    facts = Facts(NOW, device=Listing(Lists.WHITE, Reason.REGISTERED))
    assert benchmark(decide, facts, Policy.default().answers()).reason is Reason.REGISTERED


def test_decode_listing(benchmark: BenchmarkFixture) -> None:
    head = records.encode_listing(Listing(Lists.GREY, Reason.UNREGISTERED, NOW))
    assert benchmark(records.decode_listing, head)[0].deadline == NOW


def test_view_opened_and_left(benchmark: BenchmarkFixture, engine: Engine) -> None:
    def look() -> int:
        with engine.view(NOW) as view:
            return view.as_of

    assert benchmark(look) > 0


def test_check_of_a_known_device(benchmark: BenchmarkFixture, view: View, data: Dataset) -> None:
    benchmark(view.check, data.known(1)[0])


def test_check_of_an_unknown_device(benchmark: BenchmarkFixture, view: View, data: Dataset) -> None:
    assert benchmark(view.check, data.unknown(1)[0]).reason is Reason.NOT_LISTED


def test_handler_of_check(benchmark: BenchmarkFixture, questions: Questions, data: Dataset) -> None:
    request = pb.CheckRequest(imei=f"{data.known(1)[0]:014}0").SerializeToString()
    assert pb.CheckResponse.FromString(benchmark(questions.check, request)).as_of > 0


def test_handler_of_check_batch(benchmark: BenchmarkFixture, questions: Questions, data: Dataset) -> None:
    request = pb.CheckBatchRequest(imei=data.known(256)).SerializeToString()
    assert len(pb.CheckBatchResponse.FromString(benchmark(questions.check_batch, request)).status) == 256


def test_journal_block_of_new_records(benchmark: BenchmarkFixture) -> None:
    keys = keys_of(np.arange(35_000_000_000_000, 35_000_000_000_000 + journal.BLOCK_CHANGES, dtype=np.uint64))
    count = len(keys)
    assert benchmark(journal.encode_block, "status", keys, [None] * count, [bytes(12)] * count, list(range(count)))
