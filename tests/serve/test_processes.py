"""The life of a run: readiness, deaths, drains, kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc
import pytest

from eir.v1 import check_pb2 as pb
from eir.v1 import check_pb2_grpc, registry_pb2, registry_pb2_grpc
from tests.serve.running import ROOT, WAIT_S, WHITE, Run, eventually, module, options, running
from tests.serve.test_data_plane import checks, scrape

NO_RETRIES = [("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)]
IMEIS = [WHITE] * 2000


@dataclass
class Load:
    """Clients without retries that ask all the time. `calls`: when each began, and its error."""

    address: str
    clients: int = 4
    calls: list[tuple[float, grpc.RpcError | None]] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def _ask(self, number: int) -> None:
        single, batch = pb.CheckRequest(imei=f"{WHITE}"), pb.CheckBatchRequest(imei=IMEIS)
        with grpc.insecure_channel(self.address, NO_RETRIES) as channel:
            stub = check_pb2_grpc.EquipmentIdentityStub(channel)
            while not self._end.is_set():
                begun = time.monotonic()
                try:
                    if number % 2:
                        stub.Check(single, timeout=WAIT_S)
                    else:
                        stub.CheckBatch(batch, timeout=WAIT_S)
                    self.calls.append((begun, None))
                except grpc.RpcError as error:
                    self.calls.append((begun, error))
                    time.sleep(0.01)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(self.clients)]
        for thread in self._threads:
            thread.start()
        eventually(lambda: len(self.calls) >= 10 * self.clients, "the load has begun")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def failed_before(self, moment: float) -> list[grpc.RpcError]:
        return [error for begun, error in list(self.calls) if error is not None and begun < moment]


def check(address: str) -> pb.CheckResponse:
    with grpc.insecure_channel(address, NO_RETRIES) as channel:
        return check_pb2_grpc.EquipmentIdentityStub(channel).Check(pb.CheckRequest(imei=f"{WHITE}"), timeout=WAIT_S)


def test_killed_processes_are_replaced_while_the_others_serve(store: Path, tmp_path: Path) -> None:
    with running(store, tmp_path / "log", workers=2) as run:
        for _ in range(8):
            check(run.addresses.data)
        before = run.workers()
        with grpc.insecure_channel(run.addresses.data, NO_RETRIES) as channel:
            os.kill(before[0], signal.SIGKILL)
            # Only a process that is reaped has closed its port: one that is dying still takes calls, and resets them.
            eventually(lambda: before[0] not in run.children(), "the dead worker is reaped")
            stub = check_pb2_grpc.EquipmentIdentityStub(channel)
            assert stub.Check(pb.CheckRequest(imei=f"{WHITE}"), timeout=WAIT_S).as_of == 1
        eventually(lambda: scrape(run).get("eir_workers_up") == 2, "two workers serve again")
        after = run.workers()
        assert before[1] in after
        assert before[0] not in after
        for _ in range(8):
            check(run.addresses.data)
        found = scrape(run)
        assert found["eir_restarts_total"] == 1
        received, ended = checks(found)
        assert received == ended == 17  # what the dead worker counted is still there

        (control,) = [pid for pid, name in run.children().items() if name == "eir.serve.control"]
        os.kill(control, signal.SIGKILL)
        eventually(lambda: scrape(run)["eir_restarts_total"] == 2, "the death is noticed")
        assert check(run.addresses.data).as_of == 1
        eventually(lambda: scrape(run)["eir_control_up"] == 1, "it serves again")
        with grpc.insecure_channel(run.addresses.control) as channel:
            assert registry_pb2_grpc.RegistryStub(channel).Status(registry_pb2.StatusRequest()).seq == 1


def test_a_drain_under_load_fails_no_call_that_had_begun(store: Path, tmp_path: Path) -> None:
    with running(store, tmp_path / "log", workers=2) as run:
        pids = run.children()
        with Load(run.addresses.data) as load:
            told = time.monotonic()
            run.process.terminate()
            assert run.process.wait(WAIT_S) == 0
        assert load.failed_before(told) == []
        assert [begun for begun, error in load.calls if begun > told and error is None], "it served on while draining"
        assert not [pid for pid in pids if module(pid)]


def test_an_interrupt_drains_and_ends_the_feeds_that_follow(store: Path, tmp_path: Path) -> None:
    with running(store, tmp_path / "log") as run, grpc.insecure_channel(run.addresses.control, NO_RETRIES) as channel:
        feed = registry_pb2_grpc.RegistryStub(channel).Feed(registry_pb2.FeedRequest(follow=True), timeout=WAIT_S)
        assert next(feed).header.seq == 1
        run.process.send_signal(signal.SIGINT)
        assert {part.WhichOneof("part") for part in feed} == {"block"}  # and then its end, without an error
        assert run.process.wait(WAIT_S) == 0


def test_a_second_signal_kills(store: Path, tmp_path: Path) -> None:
    with running(store, tmp_path / "log", grace_s=60.0) as run:
        pids = run.children()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)  # they could not drain
        run.process.terminate()
        eventually(lambda: "draining" in run.log.read_text(), "the first signal is heard")
        run.process.terminate()
        assert run.process.wait(WAIT_S) == 1
        assert not [pid for pid in pids if module(pid)]


def test_no_process_outlives_a_supervisor_that_is_killed(store: Path, tmp_path: Path) -> None:
    with running(store, tmp_path / "log", workers=2) as run:
        pids = run.children()
        assert len(pids) == 3
        run.process.kill()
        run.process.wait()
        eventually(lambda: not [pid for pid in pids if module(pid).startswith("eir.serve")], "they end by themselves")


def test_a_second_run_on_the_same_ports_is_refused(run: Run, store: Path) -> None:
    for name in ("data", "control", "metrics"):
        port = int(getattr(run.addresses, name).rpartition(":")[2])
        second = subprocess.run(
            [sys.executable, "-m", "tests.serve.running", options(store, **{f"{name}_port": port}).to_json()],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=WAIT_S,
        )
        assert second.returncode != 0
        assert second.stdout == ""
        assert f"127.0.0.1:{port}" in second.stderr.splitlines()[-1]
    assert check(run.addresses.data).as_of >= 1


@pytest.mark.parametrize("loading", ["no.such.module:loading", "tests.serve.fake_loading:ends_slowly"])
def test_a_process_that_cannot_start_ends_the_run_with_its_own_exit_code(store: Path, tmp_path: Path, loading: str) -> None:
    with (tmp_path / "log").open("w+") as log:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.serve.running", options(store, loading=loading).to_json()],
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=ROOT,
            timeout=WAIT_S,
        )
        log.seek(0)
        said = log.read()
    assert ended.returncode != 0
    assert ended.stdout == b""
    assert "No module named" in said
    assert "control ended with 2 before it served" in said
