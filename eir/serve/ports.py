"""Ports that a run holds: known before anything listens, kept while a worker is replaced, and shared with nobody else.

The workers share one port by SO_REUSEPORT, which would also let a second run join in silence and answer from another
store. So the supervisor binds each port alone first, without listening, and only then opens it to sockets of the same
user: a second run fails at its own first bind.
"""

from __future__ import annotations

import errno
import socket

from eir.errors import CallerError
from eir.serve.options import address


def hold(host: str, port: int) -> socket.socket:
    """A bound socket that never listens; its port is `getsockname()[1]`. Raises CallerError when the port is taken."""
    try:
        held = _bind(host, port, reuse=False)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise CallerError(f"cannot listen on {address(host, port)}: {error.strerror}") from error
        held = _bind_beside_closed(host, port)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return held


def _bind_beside_closed(host: str, port: int) -> socket.socket:
    """Connections of an earlier run may still be in TIME_WAIT: SO_REUSEADDR overlooks those, and nobody who listens."""
    try:
        return _bind(host, port, reuse=True)
    except OSError as error:
        raise CallerError(
            f"{address(host, port)} is taken, by another `eir serve` or another program; stop it or choose another port"
        ) from error


def _bind(host: str, port: int, *, reuse: bool) -> socket.socket:
    held = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
        held.bind((host, port))
    except OSError:
        held.close()
        raise
    return held
