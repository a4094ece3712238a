"""The configuration of one run of `eir serve`, as it is given to every process of it."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import TypeAdapter, ValidationError

from eir.errors import InvalidField

MAX_WORKERS = 256
_LAST_PORT = 65535
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files. With `client_ca`, clients must show a certificate that it signed (mutual TLS)."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """One run. Ports may be 0: the system chooses, and `Addresses` says what. Raises InvalidField.

    `host` is an address, or "localhost". `workers` 0 means one for each core. `loading` is the dotted name of a function
    that makes what loads files ("package.module:function", see `control.Loading`); empty = the control plane loads none.
    """

    store: Path
    host: str = "127.0.0.1"
    data_port: int = 50051
    control_port: int = 50052
    metrics_port: int = 9464
    workers: int = 0
    tls: Tls | None = None
    insecure_bind: bool = False
    grace_s: float = 10.0
    loading: str = ""
    log_level: LogLevel = "info"
    log_format: LogFormat = "text"
    processes: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", _address(self.host))
        for name in ("data_port", "control_port", "metrics_port"):
            if not 0 <= getattr(self, name) <= _LAST_PORT:
                raise InvalidField(name, f"expected a port from 0 to {_LAST_PORT}, found {getattr(self, name)}")
        if not 0 <= self.workers <= MAX_WORKERS:
            raise InvalidField("workers", f"expected 0 to {MAX_WORKERS}, found {self.workers}")
        for name, known in (("log_level", LogLevel), ("log_format", LogFormat)):
            if getattr(self, name) not in get_args(known):
                raise InvalidField(name, f"expected {', '.join(get_args(known))}, found {getattr(self, name)!r}")
        if not 0 <= self.grace_s <= 3600:
            raise InvalidField("grace_s", f"expected 0 to 3600 seconds, found {self.grace_s}")
        if not (self.tls or self.insecure_bind or ipaddress.ip_address(self.host).is_loopback):
            raise InvalidField(
                "host",
                f"{self.host} can be reached from other machines and there is no TLS; give a certificate and key, "
                "or say --insecure-bind if the network itself is protected",
            )
        object.__setattr__(self, "processes", self.workers or len(os.sched_getaffinity(0)))

    def to_json(self) -> str:
        """For a child process."""
        return _OPTIONS.dump_json(self, exclude={"processes"}).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote. Raises InvalidField."""
        try:
            return _OPTIONS.validate_json(text)  # type: ignore[return-value]  # there are no subclasses
        except ValidationError as error:
            first = error.errors()[0]
            raise InvalidField(".".join(map(str, first["loc"])) or "options", first["msg"]) from error


_OPTIONS = TypeAdapter(ServeOptions)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a run listens, "host:port" each."""

    data: str
    control: str
    metrics: str


def address(host: str, port: int) -> str:
    """As gRPC and URLs write it: an IPv6 host in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _address(host: str) -> str:
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError as error:
        raise InvalidField("host", f"expected an IP address or localhost, found {host!r}") from error
