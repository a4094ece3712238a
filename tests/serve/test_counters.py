"""Shared rows and what Prometheus is shown of them."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from eir import records
from eir.lists import Rule, Status
from eir.serve.counters import METHODS, ErrorKind, SharedRows
from eir.serve.metrics import Metrics, Processes
from eir.v1 import registry_pb2 as pb
from store.environment import Environment

ROWS = 3
_EVENTS = st.one_of(
    st.tuples(st.just("answer"), st.sampled_from(Status), st.sampled_from(Rule), st.integers(1, 1000)),
    st.tuples(st.just("error"), st.sampled_from(ErrorKind), st.integers(1, 1000)),
    st.tuples(st.just("call"), st.sampled_from(range(len(METHODS))), st.integers(0, 2**63)),
    st.tuples(st.just("load"), st.sampled_from(pb.LoadKind.values()), st.sampled_from(pb.LoadOutcome.values())),
    st.tuples(st.just("die")),
)


@given(st.lists(st.tuples(st.integers(0, ROWS - 1), _EVENTS), max_size=60))
def test_rows_sum_to_what_was_counted_and_a_death_loses_nothing(events: list[tuple[int, tuple[object, ...]]]) -> None:
    shared = SharedRows.create(ROWS)
    expected: dict[tuple[object, ...], int] = {}
    received = 0
    for row, event in events:
        counters = SharedRows(shared.descriptor, ROWS).row(row)  # as another process sees it
        match event:
            case ("answer", status, rule, count):
                counters.received(count)
                counters.answered(status << 4 | rule, count)
                key, received = (status, rule), received + count
            case ("error", kind, count):
                counters.received(count)
                counters.failed(kind, count)
                key, received = (kind.name,), received + count
            case ("call", method, duration):
                counters.called(method, duration)
                key, count = ("call", method), 1
            case ("load", kind, outcome):
                counters.loaded(kind, outcome)
                key, count = ("load", kind, outcome), 1
            case _:
                counters.received(1)
                counters.settle()
                key, count, received = (ErrorKind.WORKER_DIED.name,), 1, received + 1
        expected[key] = expected.get(key, 0) + count
    totals = shared.read()
    os.close(shared.descriptor)
    assert totals.received == received
    for status in Status:
        for rule in Rule:
            assert totals.answered(status, rule) == expected.get((status, rule), 0)
    for kind in ErrorKind:
        assert totals.failed(kind) == expected.get((kind.name,), 0)
    for method in range(len(METHODS)):
        assert sum(totals.durations(method)) == expected.get(("call", method), 0)
    for kind in pb.LoadKind.values():
        for outcome in pb.LoadOutcome.values():
            assert totals.loaded(kind, outcome) == expected.get(("load", kind, outcome), 0)


@given(st.integers(0, 2**40))
def test_a_duration_is_in_the_bucket_that_holds_it(duration: int) -> None:
    shared = SharedRows.create(1)
    shared.row(0).called(1, duration)
    totals = shared.read()
    os.close(shared.descriptor)
    (index,) = [index for index, count in enumerate(totals.durations(1)) if count]
    assert (1024 << index) > duration
    assert index == 0 or (1024 << index - 1) <= duration
    assert totals.seconds(1) == duration / 1e9


def test_metrics_show_counters_store_and_processes(store: Path) -> None:
    shared = SharedRows.create(2)
    shared.row(0).received(5)
    shared.row(0).answered(Status.GREY << 4 | Rule.DEVICE, 3)
    shared.row(1).failed(ErrorKind.INVALID_ARGUMENT, 2)
    shared.row(1).called(1, 3_000)
    shared.row(1).called(1, 5 * 10**9)  # longer than the last bucket shown
    shared.row(1).loaded(pb.LOAD_KIND_STOLEN, pb.LOAD_OUTCOME_REFUSED)
    with Environment.open(store, records.SCHEMA, readonly=True) as environment:
        registry = CollectorRegistry()
        registry.register(Metrics(shared, environment, lambda: Processes(2, 1, 4)))
        text = generate_latest(registry).decode()
        used = environment.usage().used
    os.close(shared.descriptor)
    found = samples(text)
    assert found["eir_checks_received_total"] == 5
    assert found["eir_checks_total", ("rule", "device"), ("status", "grey")] == 3
    assert found["eir_check_errors_total", ("kind", "invalid_argument")] == 2
    assert found["eir_check_seconds_count", ("method", "CheckBatch")] == 2
    assert found["eir_check_seconds_bucket", ("le", "4.096e-06"), ("method", "CheckBatch")] == 1
    assert found["eir_check_seconds_bucket", ("le", "1.073741824"), ("method", "CheckBatch")] == 1
    assert found["eir_check_seconds_sum", ("method", "CheckBatch")] == 5.000003
    assert found["eir_load_reports_total", ("kind", "stolen"), ("outcome", "refused")] == 1
    assert found["eir_commits_total"] == found["eir_journal_sequence"] == 1
    assert found["eir_table_entries", ("table", "status")] == 3
    assert found["eir_map_used_bytes"] == used
    assert found["eir_map_alarm"] == 0
    assert (found["eir_workers_up"], found["eir_control_up"], found["eir_restarts_total"]) == (2, 1, 4)


def samples(text: str) -> dict[object, float]:
    """By name, or by name and sorted labels."""
    return {
        (sample.name, *sorted(sample.labels.items())) if sample.labels else sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
