"""What a run may be told, and what it is refused."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path
from typing import Any

import pytest

from eir.errors import CallerError, InvalidField
from eir.serve import ports, supervisor
from eir.serve.options import ServeOptions, Tls, address
from store.errors import StoreMissing
from tests.serve.running import options

TLS = Tls(Path("cert.pem"), Path("key.pem"), Path("ca.pem"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"host": "0.0.0.0"}, "host"),
        ({"host": "::"}, "host"),
        ({"host": "192.0.2.1"}, "host"),
        ({"host": "example.org"}, "host"),
        ({"data_port": -1}, "data_port"),
        ({"control_port": 65536}, "control_port"),
        ({"metrics_port": 10**6}, "metrics_port"),
        ({"workers": -1}, "workers"),
        ({"workers": 1000}, "workers"),
        ({"log_level": "loud"}, "log_level"),
        ({"log_format": "xml"}, "log_format"),
        ({"grace_s": -1.0}, "grace_s"),
        ({"grace_s": float("nan")}, "grace_s"),
    ],
)
def test_wrong_options_are_refused_by_field(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        ServeOptions(store=tmp_path, **changes)
    assert caught.value.field == field


@pytest.mark.parametrize("changes", [{"insecure_bind": True}, {"tls": TLS}])
def test_other_machines_are_served_with_tls_or_when_asked_in_words(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert ServeOptions(store=tmp_path, host="0.0.0.0", **changes).host == "0.0.0.0"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_this_machine_needs_no_tls(tmp_path: Path, host: str) -> None:
    assert ServeOptions(store=tmp_path, host=host).tls is None


def test_options_survive_json(tmp_path: Path) -> None:
    whole = ServeOptions(tmp_path, "::1", 1, 2, 3, 4, TLS, True, 1.5, "a:b", "debug", "json")
    for given in (whole, ServeOptions(store=tmp_path)):
        assert ServeOptions.from_json(given.to_json()) == given


def test_json_that_is_no_options_is_refused(tmp_path: Path) -> None:
    for text in ("", "[]", "{}", '{"store": "x", "data_port": "many"}', '{"store": "x", "log_level": "loud"}'):
        with pytest.raises(InvalidField):
            ServeOptions.from_json(text)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert (address("::1", 5), address("127.0.0.1", 5)) == ("[::1]:5", "127.0.0.1:5")


def test_a_held_port_is_shared_with_its_own_workers_only() -> None:
    with ports.hold("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        with pytest.raises(CallerError, match=f"127.0.0.1:{port} is taken"):
            ports.hold("127.0.0.1", port)
        with socket.socket() as worker:
            worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            worker.bind(("127.0.0.1", port))
            worker.listen()
            with pytest.raises(CallerError, match="is taken"):
                ports.hold("127.0.0.1", port)
            socket.create_connection(("127.0.0.1", port)).close()


def test_a_port_is_held_again_while_old_connections_linger() -> None:
    with ports.hold("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        with socket.socket() as worker:
            worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            worker.bind(("127.0.0.1", port))
            worker.listen()
            client = socket.create_connection(("127.0.0.1", port))
            accepted, _ = worker.accept()
            accepted.close()  # first to close: TIME_WAIT is on this side
            client.close()
    ports.hold("127.0.0.1", port).close()


def test_a_foreign_address_cannot_be_held() -> None:
    with pytest.raises(CallerError, match=r"cannot listen on 192\.0\.2\.1:5"):
        ports.hold("192.0.2.1", 5)


def test_nothing_is_started_where_something_is_wrong(store: Path, tmp_path: Path) -> None:
    def never(_: object) -> None:
        raise AssertionError("it served")

    with pytest.raises(StoreMissing):
        supervisor.run(options(tmp_path / "none"), never)
    with pytest.raises(CallerError, match=r"TLS file .*key\.pem"):
        supervisor.run(options(store, tls=TLS), never)
    with ports.hold("127.0.0.1", 0) as held, pytest.raises(CallerError, match="is taken"):
        supervisor.run(options(store, data_port=held.getsockname()[1]), never)
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(CallerError, match="cannot serve metrics"):
        supervisor.run(options(store, metrics_port=other.getsockname()[1]), never)
    (store / "policy.toml").write_text("override = 1")
    with pytest.raises(CallerError, match="override"):
        supervisor.run(options(store), never)


def test_options_are_frozen(tmp_path: Path) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ServeOptions(store=tmp_path).host = "0.0.0.0"  # type: ignore[misc]
