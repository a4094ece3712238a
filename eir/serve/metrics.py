"""What Prometheus is shown: the counters of all processes summed, and the state of the store, read when it asks.

A reader that finds received below the sum of answers and errors has found a bug: see `counters`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from eir.lists import Rule, Status
from eir.serve.counters import FIRST_BOUND_NS, METHODS, ErrorKind, SharedRows, Totals
from eir.v1 import registry_pb2 as pb
from store.environment import Environment

_BOUNDS = 21  # buckets shown, up to 1.07 s; the rest is in +Inf


@dataclass(slots=True)
class Processes:
    """What the supervisor knows of its processes, kept by it."""

    workers_up: int = 0
    control_up: int = 0
    restarts: int = 0


class Metrics(Collector):
    """All of it. Scrapes take turns."""

    def __init__(self, rows: SharedRows, environment: Environment, processes: Callable[[], Processes]) -> None:
        self._rows = rows
        self._environment = environment
        self._processes = processes
        self._turn = Lock()

    def collect(self) -> Iterator[Metric]:
        """One scrape."""
        with self._turn:
            totals = self._rows.read()
            yield from _checks(totals)
            yield _durations(totals)
            yield _loads(totals)
            yield from _store(self._environment)
            yield from _run(self._processes())


def _checks(totals: Totals) -> Iterator[Metric]:
    yield CounterMetricFamily("eir_checks_received", "Questions taken in; a batch of n counts n.", totals.received)
    answered = CounterMetricFamily("eir_checks", "Verdicts, by status and the rule that gave it.", labels=["status", "rule"])
    for status in Status:
        for rule in Rule:
            count = totals.answered(status, rule)
            if count or rule is Rule.UNKNOWN:  # a series for each status from the start, the others when they occur
                answered.add_metric([status.name.lower(), rule.name.lower()], count)
    yield answered
    errors = CounterMetricFamily("eir_check_errors", "Questions that got no verdict.", labels=["kind"])
    for kind in ErrorKind:
        errors.add_metric([kind.name.lower()], totals.failed(kind))
    yield errors


def _durations(totals: Totals) -> Metric:
    family = HistogramMetricFamily("eir_check_seconds", "Time in the handler, by method.", labels=["method"])
    for method, name in enumerate(METHODS):
        calls, buckets = 0, []
        durations = totals.durations(method)
        for index, count in enumerate(durations[:_BOUNDS]):
            calls += count
            buckets.append((repr((FIRST_BOUND_NS << index) / 1e9), calls))
        buckets.append(("+Inf", sum(durations)))
        family.add_metric([name], buckets, totals.seconds(method))
    return family


def _loads(totals: Totals) -> Metric:
    family = CounterMetricFamily("eir_load_reports", "Files answered by the control plane.", labels=["kind", "outcome"])
    for kind in pb.LoadKind.values():
        for outcome in pb.LoadOutcome.values():
            count = totals.loaded(kind, outcome)
            if count:
                what = pb.LoadKind.Name(kind).removeprefix("LOAD_KIND_").lower()
                how = pb.LoadOutcome.Name(outcome).removeprefix("LOAD_OUTCOME_").lower()
                family.add_metric([what, how], count)
    return family


def _store(environment: Environment) -> Iterator[Metric]:
    entries = GaugeMetricFamily("eir_table_entries", "Entries of each table.", labels=["table"])
    with environment.snapshot() as snapshot:
        seq = snapshot.seq
        for table in environment.schema.tables:
            entries.add_metric([table.name], snapshot.entries(table.name))
    usage = environment.usage()
    yield entries
    yield CounterMetricFamily("eir_commits", "Commits in the journal.", seq)
    yield GaugeMetricFamily("eir_journal_sequence", "Sequence number of the last commit.", seq)
    yield GaugeMetricFamily("eir_map_used_bytes", "Bytes of the store in use.", usage.used)
    yield GaugeMetricFamily("eir_map_mapped_bytes", "Bytes that are mapped; grows before it is full.", usage.mapped)
    yield GaugeMetricFamily("eir_map_limit_bytes", "Bytes that the store may grow to.", usage.limit)
    yield GaugeMetricFamily("eir_map_used_share", "Share of the limit in use.", usage.share)
    yield GaugeMetricFamily("eir_map_alarm", "1 when an operator must make room.", int(usage.alarm))


def _run(processes: Processes) -> Iterator[Metric]:
    yield GaugeMetricFamily("eir_workers_up", "Processes of the data plane that serve.", processes.workers_up)
    yield GaugeMetricFamily("eir_control_up", "1 when the control plane serves.", processes.control_up)
    yield CounterMetricFamily("eir_restarts", "Processes replaced because they ended.", processes.restarts)
