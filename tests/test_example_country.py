"""The whole path on the example country: files in, verdicts out, against its written truth."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from eir import records
from eir.engine import Engine
from eir.identity import imsi_number
from eir.policy import Policy
from eir.registry import Registry
from eir.v1 import check_pb2
from eir.v1 import registry_pb2 as pb
from loaders.service import Service
from store.audit import audit
from store.environment import Environment

EXAMPLES = Path(__file__).parent.parent / "examples"
RUN_DAY = int(dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC).timestamp())
AFTER_GRACE = int(dt.datetime(2027, 1, 15, 8, tzinfo=dt.UTC).timestamp())
FILES = (
    (pb.LOAD_KIND_TAC, "tac-catalogue.txt", ""),
    (pb.LOAD_KIND_MANIFEST, "manifests/1403-12345678.csv", ""),
    (pb.LOAD_KIND_MANIFEST, "manifests/87654321.xlsx", ""),
    (pb.LOAD_KIND_MANIFEST, "manifests/55500011.json", ""),
    (pb.LOAD_KIND_MANIFEST, "manifests/11223344.tsv", "11223344"),
    (pb.LOAD_KIND_STOLEN, "stolen.csv", ""),
    (pb.LOAD_KIND_PAIRS, "pairs.csv", ""),
    (pb.LOAD_KIND_OPERATOR_DUMP, "operators/irancell_20260901_20260930.csv", ""),
    (pb.LOAD_KIND_OPERATOR_DUMP, "operators/mci_20260901_20261031.csv", ""),
)
TRUTH = list(csv.DictReader((EXAMPLES / "truth.csv").read_text(encoding="utf-8").splitlines()))


def options(kind: pb.LoadKind, file: str, declaration: str = "", *, dry_run: bool = False) -> pb.LoadOptions:
    return pb.LoadOptions(
        kind=kind, file_name=Path(file).name, dry_run=dry_run, declaration=pb.DeclarationFacts(number=declaration)
    )


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Environment, Service]]:
    """A store with all files loaded and a block list built on the run day."""
    path = tmp_path_factory.mktemp("country") / "eir"
    Environment.create(path, records.SCHEMA)
    with Environment.open(path, records.SCHEMA, clock=lambda: RUN_DAY) as environment:
        service = Service(Registry(environment, Policy.default(), clock=lambda: RUN_DAY))
        for kind, file, declaration in FILES:
            dry = service.load(options(kind, file, declaration, dry_run=True), EXAMPLES / file, "test")
            report = service.load(options(kind, file, declaration), EXAMPLES / file, "test")
            assert report.outcome == pb.LOAD_OUTCOME_LOADED, report
            assert (dry.devices, dry.imeis, dry.rejected, dry.review) == (
                report.devices,
                report.imeis,
                report.rejected,
                report.review,
            )
        list(service.build_block_list(pb.BuildBlockListRequest(at=RUN_DAY), "test"))
        yield environment, service


@pytest.mark.parametrize("row", TRUTH, ids=lambda row: f"{row['imei']}-{row['imsi']}")
def test_every_answer_is_the_true_one(country: tuple[Environment, Service], row: dict[str, str]) -> None:
    engine = Engine(country[0], Policy.default())
    for now, column in ((RUN_DAY, "expected_status"), (AFTER_GRACE, "expected_status_after_grace")):
        with engine.view(now) as view:
            verdict = view.check_network(row["imei"], imsi_number(row["imsi"]) or 0)
        name = check_pb2.EquipmentStatus.Name(int(verdict.status)).removeprefix("EQUIPMENT_STATUS_")
        assert (name, verdict.rule.name) == (row[column], row["expected_rule"]), row["why"]


def test_loading_everything_again_commits_nothing(country: tuple[Environment, Service]) -> None:
    environment, service = country
    with environment.snapshot() as snapshot:
        before = snapshot.seq
    for kind, file, declaration in FILES:
        report = service.load(options(kind, file, declaration), EXAMPLES / file, "test")
        assert report.outcome == pb.LOAD_OUTCOME_UNCHANGED
    with environment.snapshot() as snapshot:
        assert snapshot.seq == before


def test_the_store_audits(country: tuple[Environment, Service]) -> None:
    assert audit(country[0]).seq == len(FILES) + 1
