"""The lists, used as an operator's EIR uses them, block exactly what `Check` answers black."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eir import records
from eir.identity import imei14_from_network, imsi_number
from eir.policy import Policy
from store.environment import Environment
from tests.effort import tries
from tests.loaders.blocklist_registry import (
    DAY,
    Entry,
    apply,
    build,
    commit,
    delta,
    disagreements,
    full,
    instant,
    now_lists,
    registry,
)
from tests.loaders.blocklist_stories import CLOCK, IMEIS, IMSIS, SECONDS, changes, locks, policies, runs, tell
from tests.loaders.registries import EXAMPLES, run

FAST = tries(40)


@FAST
@given(
    policies(),
    st.lists(st.one_of(changes, changes, changes, runs), min_size=1, max_size=5),
    st.lists(locks, max_size=2),
    st.sampled_from(SECONDS),
)
def test_lists_and_check_agree_on_generated_registries(
    policy: Policy, story: list[list[Entry] | int], locked: list[Entry], at: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, registry(Path(folder) / "store", CLOCK) as environment:
        tell(environment, policy, story)
        commit(environment, *locked)
        _, differ = disagreements(environment, policy, at, product(IMEIS, IMSIS))
        assert differ == []


# ---- the example country

POLICY = Policy.default()
RUN, AFTER_GRACE = instant(2026, 11, 23), instant(2027, 1, 15)
FILES = (
    ("tac", "tac-catalogue.txt"),
    ("manifest", "manifests/1403-12345678.csv"),
    ("manifest", "manifests/87654321.xlsx"),
    ("manifest", "manifests/55500011.json"),
    ("manifest", "manifests/11223344.tsv"),
    ("stolen", "stolen.csv"),
    ("pairs", "pairs.csv"),
    ("operator-dump", "operators/irancell_20260901_20260930.csv"),
    ("operator-dump", "operators/mci_20260901_20261031.csv"),
)
TRUTH = list(csv.DictReader((EXAMPLES / "truth.csv").read_text(encoding="utf-8").splitlines()))
STRANGER = 432119999999999  # a home subscriber whom no device was seen with


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """All files loaded; a run on the run day, one when its grace is over."""
    with registry(tmp_path_factory.mktemp("country") / "store", RUN - DAY) as environment:
        for word, file in FILES:
            declaration = {"number": "11223344"} if file.endswith("tsv") else {}
            report = run(environment, word, EXAMPLES / file, Path(file).name, declaration=declaration)
            assert report.seq, f"{file}: {report}"
        build(environment, POLICY, RUN)
        yield environment


def questions(environment: Environment) -> set[tuple[int, int]]:
    """Every IMEI on file, seen, paired or in the truth, with every IMSI it was met with, with none and with a stranger's."""
    with environment.snapshot() as snapshot:
        met = {
            (records.number(key[:6]), records.number(key[6:13]))
            for table in ("pair", "sighting")
            for key in snapshot.keys(table)
        }
        imeis = {records.number(key) for key in snapshot.keys("status")} | {imei for imei, _ in met}
        paired = {records.number(key[6:]) for key in snapshot.keys("pair")}
    for row in TRUTH:
        imei = imei14_from_network(row["imei"])
        if imei is not None:
            imeis.add(imei)
            met.add((imei, imsi_number(row["imsi"]) or 0))
    return met | set(product(imeis, {0, STRANGER, *paired}))


def black_imeis(environment: Environment, at: int) -> set[str]:
    return {row[:14] for row in full(now_lists(environment, POLICY, at), POLICY)["blacklist"]}


def truly_black(column: str) -> set[str]:
    return {row["imei"][:14] for row in TRUTH if row[column] == "BLACKLISTED"}


@pytest.mark.parametrize("at", [RUN - 30 * DAY, RUN, instant(2026, 12, 24, 0) - 1, instant(2026, 12, 24, 0), AFTER_GRACE])
def test_lists_and_check_agree_for_every_imei_of_the_example_country(country: Environment, at: int) -> None:
    asked, differ = disagreements(country, POLICY, at, questions(country))
    assert differ == []
    assert asked > 800


def test_the_black_list_of_the_example_country_is_the_truth(country: Environment) -> None:
    assert black_imeis(country, RUN) == truly_black("expected_status")
    assert black_imeis(country, AFTER_GRACE) == truly_black("expected_status_after_grace")


def test_a_delta_brings_the_lists_of_the_example_country_over_the_deadline(country: Environment) -> None:
    with country.snapshot() as snapshot:
        first = snapshot.seq
    report, _ = build(country, POLICY, AFTER_GRACE)
    _, contents = delta(country, POLICY, first)
    before, after = full(now_lists(country, POLICY, RUN), POLICY), full(now_lists(country, POLICY, AFTER_GRACE), POLICY)
    assert apply(before, contents) == after
    assert report.newly_blacklisted == 8
