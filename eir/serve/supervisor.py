"""The heart of `eir serve`: starts the processes of a run, replaces those that die, drains them all, and serves the metrics.

    supervisor ── worker 0 … n-1   python -m eir.serve.worker
               └─ control          python -m eir.serve.control

It answers no questions itself, and holds the ports so that they are known and nobody else's. The first SIGTERM or SIGINT
drains; a second one kills. A process that dies before all have served once ends the run: it would not do better again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server

from eir import records
from eir.errors import CallerError, EirError, OurError
from eir.policy import Policy
from eir.serve import grpc_server, logs, ports
from eir.serve.child import Log, Task
from eir.serve.counters import SharedRows
from eir.serve.metrics import Metrics, Processes
from eir.serve.options import Addresses, ServeOptions, address
from store.environment import Environment

_START_S = 60.0  # a process that does not serve by then is taken for dead
_KILL_AFTER_S = 5.0  # beyond the grace
_BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_STEADY_S = 30.0  # a process that lived this long starts the back-off afresh


@dataclass(frozen=True, slots=True)
class _Role:
    name: str
    module: str
    port: int
    row: int

    @property
    def is_worker(self) -> bool:
        return self.module.endswith("worker")


def run(options: ServeOptions, on_ready: Callable[[Addresses], None]) -> int:
    """Serves until told to stop; returns the exit code: 0 when drained, 1 when killed or failed.

    Call it in the main thread: it handles SIGTERM and SIGINT. `on_ready` is called once, when every process serves. Raises
    what is wrong with the store, the policy, the TLS files or the ports before anything is started.
    """
    log = logs.configure(options, "supervisor")
    with ExitStack() as stack:
        environment = stack.enter_context(Environment.open(options.store, records.SCHEMA, readonly=True))
        Policy.beside(options.store)
        if options.tls:
            grpc_server.credentials(options.tls)
        data = stack.enter_context(ports.hold(options.host, options.data_port))
        control = stack.enter_context(ports.hold(options.host, options.control_port))
        rows = SharedRows.create(options.processes + 1)
        stack.callback(os.close, rows.descriptor)
        processes = Processes()
        metrics_port = stack.enter_context(_metrics(options, Metrics(rows, environment, lambda: processes)))
        roles = [_Role(f"worker {index}", "eir.serve.worker", _port(data), index) for index in range(options.processes)] + [
            _Role("control", "eir.serve.control", _port(control), options.processes)
        ]
        addresses = Addresses(*(address(options.host, port) for port in (_port(data), _port(control), metrics_port)))
        supervisor = _Supervisor(options, roles, rows, processes, log)
        return asyncio.run(supervisor.run(lambda: on_ready(addresses)))


def _port(held: socket.socket) -> int:
    port: int = held.getsockname()[1]
    return port


@contextmanager
def _metrics(options: ServeOptions, metrics: Metrics) -> Iterator[int]:
    """Serves the metrics; the port. As open as the other ports, so under the same TLS."""
    registry = CollectorRegistry()
    registry.register(metrics)
    tls: dict[str, Any] = {}
    if options.tls:
        tls = {"certfile": str(options.tls.certificate), "keyfile": str(options.tls.key)}
        if options.tls.client_ca:
            tls |= {"client_cafile": str(options.tls.client_ca), "client_auth_required": True}
    try:
        server, thread = start_http_server(options.metrics_port, options.host, registry, **tls)
    except OSError as error:
        where = address(options.host, options.metrics_port)
        raise CallerError(f"cannot serve metrics on {where}: {error.strerror or error}") from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Supervisor:
    def __init__(self, options: ServeOptions, roles: list[_Role], rows: SharedRows, processes: Processes, log: Log) -> None:
        self._options = options
        self._roles = roles
        self._rows = rows
        self._processes = processes
        self._log = log
        self._children: dict[_Role, asyncio.subprocess.Process] = {}
        self._draining = asyncio.Event()
        self._killed = False
        self._all_served = False

    async def run(self, on_ready: Callable[[], None]) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_end, number)
        try:
            return await self._serve(on_ready)
        finally:
            for child in self._children.values():
                _send(child, signal.SIGKILL)
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    async def _serve(self, on_ready: Callable[[], None]) -> int:
        served = {role: asyncio.get_running_loop().create_future() for role in self._roles}
        keepers = [asyncio.create_task(self._keep(role, served[role])) for role in self._roles]
        failed: BaseException | None = None
        try:
            await self._start(list(served.values()), on_ready)
            await asyncio.gather(*keepers)
        except EirError as error:
            self._log.error("the run cannot start", error=str(error))
            failed = error
        finally:
            self._end()
            await asyncio.gather(*keepers, return_exceptions=True)
        self._log.info("ended", killed=self._killed)
        if failed:
            raise failed
        return 1 if self._killed else 0

    async def _start(self, served: list[asyncio.Future[None]], on_ready: Callable[[], None]) -> None:
        drain = asyncio.create_task(self._draining.wait())
        try:
            everyone = asyncio.gather(*served)
            either: list[asyncio.Future[Any]] = [everyone, drain]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not self._draining.is_set():
                await everyone
                self._all_served = True
                on_ready()
            else:
                everyone.cancel()
        finally:
            drain.cancel()

    # ---- one process

    async def _keep(self, role: _Role, served: asyncio.Future[None]) -> None:
        """Keeps one process running until the run ends."""
        loop, failures = asyncio.get_running_loop(), 0
        while not self._draining.is_set():
            begun = loop.time()
            code = await self._live(role, served)
            if self._draining.is_set():
                return
            if not self._all_served:
                if not served.done():
                    served.set_exception(OurError(f"{role.name} ended with {code} before it served; its log says why"))
                return
            self._processes.restarts += 1
            failures = 0 if loop.time() - begun > _STEADY_S else failures + 1
            pause = _BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)]
            self._log.warning("replacing a process that ended", ended=role.name, code=code, pause_s=pause)
            await self._drains_within(pause)

    async def _live(self, role: _Role, served: asyncio.Future[None]) -> int:
        """The life of one process; its exit code."""
        child = await self._spawn(role)
        self._children[role] = child
        if self._draining.is_set():
            _send(child, signal.SIGTERM)
        try:
            if await _serves(child):
                self._count(role, 1)
                if not served.done():
                    served.set_result(None)
                code = await self._last(child)
                self._count(role, -1)
                return code
            return await _gone(child)
        finally:
            del self._children[role]

    async def _last(self, child: asyncio.subprocess.Process) -> int:
        """Its exit code, at the latest some seconds after the grace of a drain."""
        ended = asyncio.create_task(child.wait())
        drained = asyncio.create_task(self._draining.wait())
        await asyncio.wait([ended, drained], return_when=asyncio.FIRST_COMPLETED)
        drained.cancel()
        _, late = await asyncio.wait([ended], timeout=self._options.grace_s + _KILL_AFTER_S)
        if late:
            self._log.error("killing a process that does not end", pid=child.pid)
            self._killed = True
            _send(child, signal.SIGKILL)
        return await ended

    async def _spawn(self, role: _Role) -> asyncio.subprocess.Process:
        task = Task(
            name=role.name,
            options=self._options.to_json(),
            port=role.port,
            row=role.row,
            rows=self._rows.rows,
            counters=self._rows.descriptor,
            supervisor=os.getpid(),
        )
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the folder it is called in has no say in what is imported
            "-m",
            role.module,
            task.to_json(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(self._rows.descriptor,),
            start_new_session=True,  # the SIGINT of a terminal is for the supervisor alone
        )

    def _count(self, role: _Role, change: int) -> None:
        if role.is_worker:
            self._processes.workers_up += change
        else:
            self._processes.control_up += change

    # ---- ending

    def _told_to_end(self, number: int) -> None:
        if self._draining.is_set():
            self._log.warning("told twice to end, killing", signal=signal.Signals(number).name)
            self._killed = True
            for child in self._children.values():
                _send(child, signal.SIGKILL)
            return
        self._log.info("draining", signal=signal.Signals(number).name)
        self._end()

    def _end(self) -> None:
        if not self._draining.is_set():
            self._draining.set()
            for child in self._children.values():
                _send(child, signal.SIGTERM)

    async def _drains_within(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._draining.wait(), seconds)
        except TimeoutError:
            return


async def _serves(child: asyncio.subprocess.Process) -> bool:
    """Whether it comes to say that it serves."""
    assert child.stdout is not None
    try:
        return bool(await asyncio.wait_for(child.stdout.readline(), _START_S))
    except TimeoutError:
        return False


async def _gone(child: asyncio.subprocess.Process) -> int:
    """The exit code of a process that will not serve. Most are ending, and their own code says more than a kill."""
    try:
        return await asyncio.wait_for(child.wait(), _KILL_AFTER_S)
    except TimeoutError:
        _send(child, signal.SIGKILL)
        return await child.wait()


def _send(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if child.returncode is None:
        try:
            child.send_signal(number)
        except ProcessLookupError:
            return
