"""The guard that keeps chapters offline: what it stops, and what it lets through."""

import subprocess
import sys

import pytest
import sync


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code],
        env=sync.kernel_environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    "code",
    [
        # 192.0.2.0/24 and 2001:db8::/32 are set aside for documentation: nothing answers there.
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "import socket; socket.socket().connect_ex(('192.0.2.1', 80))",
        "import socket; socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import socket; socket.gethostbyname('example.org')",
        "import _socket; _socket.socket().connect(('192.0.2.1', 80))",
        "import urllib.request; urllib.request.urlopen('http://example.org', timeout=1)",
        "import asyncio; asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', "
        "'import socket; socket.create_connection((\"192.0.2.1\", 80), 1)'], check=True)",
    ],
)
def test_beyond_loopback_is_refused(code):
    result = run(code)
    assert result.returncode == 1
    assert "chapters run offline, loopback only" in result.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import socket; s = socket.create_server(('127.0.0.1', 0)); "
        "socket.create_connection(s.getsockname(), 1)",
        "import socket; s = socket.create_server(('localhost', 0)); "
        "socket.create_connection(('localhost', s.getsockname()[1]), 1)",
        "import socket; socket.getaddrinfo('::1', 80); socket.getaddrinfo(None, 80)",
        "import socket; a, b = socket.socketpair(); a.send(b'x'); assert b.recv(1) == b'x'",
        "import asyncio; asyncio.run(asyncio.sleep(0))",
    ],
)
def test_loopback_is_let_through(code):
    result = run(code)
    assert result.returncode == 0, result.stderr


def test_a_proxy_on_this_machine_is_no_way_out(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:3128")
    assert not [name for name in sync.kernel_environment() if name.lower().endswith("_proxy")]
