"""A server for the tests of data sets."""

from collections.abc import Iterator

import pytest
from published import Mirrors

from cnnviz.data import _files


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirrors]:
    """Serve on this machine, with little patience on the other side."""
    monkeypatch.setattr(_files, "TIMEOUT", (2.0, 0.5))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = Mirrors()
    yield running
    running.close()
