"""The same point look-ups on what a user might pick instead: Redis and PostgreSQL, where they are installed.

Each is started for the measurement in a folder of its own, on a Unix socket, with nothing written to disk during it. The
clients are the leanest there are: for Redis ready bytes on the socket, for PostgreSQL its own pgbench. A peer returns 12
bytes for a key and decides nothing; that is the point of the comparison, and its limit.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.data import Dataset
from bench.processes import cpu_seconds, running
from bench.rows import Row, Skipped
from eir import records

_PIPELINE = 256
_AHEAD = 8  # pipelines in flight, as many as CheckBatch calls
_VALUE = bytes(range(12))
_START_S = 15.0
_SCRIPT = 1000  # look-ups in a script of pgbench


# ---- Redis


def redis_row(data: Dataset, keys: int, rounds: int, seconds: float) -> Row:
    """GET in pipelines. Every answer is compared."""
    server = shutil.which("redis-server")
    if server is None:
        raise Skipped("redis-server is not installed")
    imeis = data.known(keys, salt=3)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "socket"
        quiet = ("--save", "", "--appendonly", "no", "--logfile", f"{folder}/log", "--dir", folder)
        with running([server, "--port", "0", "--unixsocket", str(path), *quiet]) as process, _connect(path) as peer:
            _fill_redis(peer, imeis)
            pipelines = [_gets(imeis[at : at + _PIPELINE]) for at in range(0, len(imeis) - _PIPELINE + 1, _PIPELINE)]
            before = cpu_seconds(process.pid)
            turns = [_pipelined(peer, pipelines, seconds) for _ in range(rounds)]
            cpu = cpu_seconds(process.pid) - before
    rates = [count / taken for count, taken in turns]
    extra = {"keys": len(set(imeis)), "server_cpu_ns": 1e9 * cpu / sum(count for count, _ in turns), "turns": rounds}
    return Row("redis_get_256", median(rates), "lookups/s", extra=extra)


def _command(*words: bytes) -> bytes:
    """Redis serialization protocol: an array of bulk strings."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


def _gets(imeis: Sequence[int]) -> bytes:
    return b"".join(_command(b"GET", records.imei_key(imei)) for imei in imeis)


def _fill_redis(peer: socket.socket, imeis: Sequence[int]) -> None:
    for at in range(0, len(imeis), 1000):
        part = imeis[at : at + 1000]
        peer.sendall(b"".join(_command(b"SET", records.imei_key(imei), _VALUE) for imei in part))
        _expect(peer, b"+OK\r\n" * len(part))


def _pipelined(peer: socket.socket, pipelines: Sequence[bytes], seconds: float) -> tuple[int, float]:
    """Look-ups made, and the seconds they took."""
    answer = b"$%d\r\n%b\r\n" % (len(_VALUE), _VALUE) * _PIPELINE
    begun = time.perf_counter()
    sent = done = 0
    while done < sent or not sent:
        while sent < done + _AHEAD and time.perf_counter() - begun < seconds:
            peer.sendall(pipelines[sent % len(pipelines)])
            sent += 1
        _expect(peer, answer)
        done += 1
    return done * _PIPELINE, time.perf_counter() - begun


def _expect(peer: socket.socket, answer: bytes) -> None:
    found = peer.recv(len(answer), socket.MSG_WAITALL)
    if found != answer:
        raise RuntimeError(f"redis answered {found[:100]!r}")


@contextmanager
def _connect(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(_START_S)
        until = time.monotonic() + _START_S
        while True:
            try:
                peer.connect(str(path))
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        peer.settimeout(None)  # with a timeout, recv would not wait for all
        yield peer


# ---- PostgreSQL


def postgresql_rows(data: Dataset, keys: int, rounds: int, seconds: float) -> Iterator[Row]:
    """A prepared select by primary key: one after another, and in pipelines."""
    binaries = _postgresql()
    imeis = data.known(keys, salt=3)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        own = _own_user(folder)
        _run([*own, str(binaries / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "bench", "--no-sync"])
        quiet = ("-c", "listen_addresses=", "-c", "fsync=off", "-c", "autovacuum=off", "-k", name)
        with (folder / "log").open("w", encoding="utf-8") as log:
            command = [*own, str(binaries / "postgres"), "-D", f"{folder}/data", *quiet]
            with running(command, log=log, ended_by=signal.SIGINT):
                _fill_postgresql(binaries, folder, imeis)
                yield _selects("postgresql_select", binaries, folder, imeis, 1, rounds, seconds)
                yield _selects("postgresql_select_256", binaries, folder, imeis, _PIPELINE, rounds, seconds)


def _postgresql() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    for folder in reversed(found):
        if all((folder / name).exists() for name in ("initdb", "postgres", "pgbench", "psql")):
            return folder
    raise Skipped("PostgreSQL's server is not installed")


def _own_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to be root: then it is the user that its package has made."""
    if os.geteuid() != 0:
        return []
    try:
        shutil.chown(folder, "postgres", "postgres")
    except LookupError as error:
        raise Skipped("PostgreSQL does not run as root, and there is no user postgres") from error
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


def _fill_postgresql(binaries: Path, folder: Path, imeis: Sequence[int]) -> None:
    rows = folder / "rows"
    rows.write_text("".join(f"{imei}\t\\\\x{_VALUE.hex()}\n" for imei in sorted(set(imeis))), encoding="ascii")
    psql: list[str | Path] = [binaries / "psql", "-h", folder, "-U", "bench", "-XqAt", "-v", "ON_ERROR_STOP=1", "postgres"]
    until = time.monotonic() + _START_S
    while subprocess.run([*psql, "-c", "SELECT 1"], capture_output=True).returncode:
        if time.monotonic() > until:
            raise RuntimeError("PostgreSQL did not start")
        time.sleep(0.1)
    _run([*psql, "-c", "CREATE TABLE status (imei bigint PRIMARY KEY, value bytea NOT NULL)"])
    _run([*psql, "-c", f"\\copy status FROM '{rows}'"])
    count = _run([*psql, "-c", "VACUUM ANALYZE status", "-c", "SELECT count(*) FROM status"])
    if int(count) != len(set(imeis)):
        raise RuntimeError(f"PostgreSQL holds {count} of {len(set(imeis))} rows")


def _selects(
    name: str, binaries: Path, folder: Path, imeis: Sequence[int], pipeline: int, rounds: int, seconds: float
) -> Row:
    """The script asks for fixed keys, each by its own prepared statement, over and over."""
    lines = []
    for at in range(0, _SCRIPT, pipeline):
        asked = [f"\\set imei {imei}\nSELECT value FROM status WHERE imei = :imei;" for imei in imeis[at : at + pipeline]]
        lines += ["\\startpipeline", *asked, "\\endpipeline"] if pipeline > 1 else asked
    script = folder / name
    script.write_text("\n".join(lines) + "\n", encoding="ascii")
    looked_up = sum(line.count("SELECT") for line in lines)
    rates = []
    for _ in range(rounds):
        command: list[str | Path] = [
            binaries / "pgbench",
            "-h",
            folder,
            "-U",
            "bench",
            "-n",
            "-M",
            "prepared",
            "-f",
            script,
            "postgres",
        ]
        text = _run([*command, "-T", str(max(1, round(seconds)))])
        found = re.search(r"tps = ([0-9.]+)", text)
        if found is None:
            raise RuntimeError(f"pgbench said {text[-200:]!r}")
        rates.append(float(found[1]) * looked_up)
    extra = {"keys": len(set(imeis)), "turns": rounds, "in_flight": pipeline}
    return Row(name, median(rates), "lookups/s", extra=extra)


def _run(command: Iterable[str | Path]) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{words[0]}: {done.stderr.strip()[-300:]}")
    return done.stdout
