"""Loaded by every Python that starts with this folder on ``PYTHONPATH``: loopback only.

The chapters promise to run offline. ``tools/sync.py`` and the chapter tests start their kernels
with this folder on the path, so a chapter that reaches for the network fails where it does so,
whether or not the machine happens to be connected. An audit hook sees connections made by any
Python code, whatever it imported before, and can't be taken off again.
"""

import ipaddress
import sys
from typing import Any

_HOST_ARGUMENT = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
}


class OfflineError(ConnectionRefusedError):
    """A chapter tried to reach something beyond this machine."""


def _is_local(host: object) -> bool:
    """Whether `host` (a name, a number, or None) can't lead beyond this machine."""
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii", "replace")
    if host is None or not isinstance(host, str) or host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False  # a name to look up is a question to the network
    return address.is_loopback or address.is_unspecified


def _loopback_only(event: str, arguments: tuple[Any, ...]) -> None:
    position = _HOST_ARGUMENT.get(event)
    if position is None:
        return
    target = arguments[position]
    # A tuple is (host, port, …); a string or bytes given to connect is a Unix socket's path.
    is_path = event.startswith(("socket.connect", "socket.send")) and not isinstance(target, tuple)
    host = target[0] if isinstance(target, tuple) else target
    if not is_path and not _is_local(host):
        raise OfflineError(f"{event} to {host!r}: chapters run offline, loopback only")


sys.addaudithook(_loopback_only)
