"""A real JupyterLab, with settings and folders of its own, in a real browser."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import chromium
import pytest
import requests
from jupyter_client import BlockingKernelClient
from playwright.sync_api import Browser, Page

TOKEN = "for-the-tests"
HEADERS = {"Authorization": f"token {TOKEN}"}
START_LIMIT = 90  # seconds
SETTINGS = {
    # No question about news, and all cells in the page at once, so that the test can see them.
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)
            item.add_marker(pytest.mark.browser)


class Lab:
    """A running JupyterLab: where it is, and the kernels that it runs."""

    def __init__(self, url: str, notebooks: Path, runtime: Path) -> None:
        self.url = url
        self.notebooks = notebooks
        self.runtime = runtime

    def kernel_of(self, name: str) -> Kernel:
        """Return a client of the kernel that a notebook in the browser runs on."""
        answer = requests.get(f"{self.url}api/sessions", params={"token": TOKEN}, timeout=10)
        session = next(one for one in answer.json() if one["path"] == name)
        return Kernel(self.runtime / f"kernel-{session['kernel']['id']}.json")

    def shut_down(self) -> None:
        """End all kernels, also one whose cell is still running: the next test begins afresh."""
        sessions = f"{self.url}api/sessions"
        for session in requests.get(sessions, headers=HEADERS, timeout=10).json():
            requests.delete(f"{sessions}/{session['id']}", headers=HEADERS, timeout=60)

    def contents(self, path: str) -> dict[str, Any]:
        """Return the model of a notebook, as the page is given it when it opens a file."""
        answer = requests.get(
            f"{self.url}api/contents/{path}",
            params={"type": "notebook", "content": "1", "token": TOKEN},
            timeout=60,
        )
        answer.raise_for_status()
        return cast(dict[str, Any], answer.json())

    def save(self, path: str, model: dict[str, Any]) -> None:
        """Save a notebook as the page does."""
        fields = {key: model[key] for key in ("type", "format", "content")}
        answer = requests.put(
            f"{self.url}api/contents/{path}",
            json=fields,
            headers=HEADERS,
            timeout=60,
        )
        answer.raise_for_status()


class Kernel:
    """Python on the other side of the page: the same kernel that its cells run on."""

    def __init__(self, connection: Path) -> None:
        self.client = BlockingKernelClient(connection_file=str(connection))
        self.client.load_connection_file()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=30)

    def run(self, code: str) -> None:
        """Run code as a cell would; an error there is an error here."""
        reply = self.client.execute_interactive(
            code, timeout=60, store_history=False, output_hook=_drop
        )
        assert reply["content"]["status"] == "ok", "\n".join(reply["content"].get("traceback", []))

    def value(self, expression: str) -> Any:
        """Return the value of an expression, carried over as JSON."""
        told: list[str] = []

        def listen(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                told.append(message["content"]["text"])

        code = f"import json as _json; print(_json.dumps({expression}))"
        reply = self.client.execute_interactive(
            code, timeout=60, store_history=False, output_hook=listen
        )
        assert reply["content"]["status"] == "ok", "\n".join(reply["content"].get("traceback", []))
        return json.loads("".join(told))


def _drop(_message: dict[str, Any]) -> None:
    """Outputs that nobody asked for."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if importlib.util.find_spec("jupyterlab") is None:
        chromium.lacking('JupyterLab is missing: pip install -e ".[course,dev]"')
    home = tmp_path_factory.mktemp("lab")
    notebooks = home / "notebooks"
    notebooks.mkdir()
    for plugin, values in SETTINGS.items():
        file = home / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(values))
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    places = {name: str(home / folder) for name, folder in folders.items()}
    environment = {"OMP_NUM_THREADS": "1", **os.environ, **places}  # as `make lab` sets it
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
    ]
    options = [
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--IdentityProvider.token={TOKEN}"),
        f"--ServerApp.root_dir={notebooks}",
    ]
    log = home / "log"
    with log.open("w") as stream:
        server = subprocess.Popen(
            [*command, *options], env=environment, stdout=stream, stderr=stream
        )
    try:
        yield Lab(_address(home / "runtime", server, log), notebooks, home / "runtime")
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:  # a busy machine; the tests are over
            server.kill()
            server.wait()


def _answers(url: str) -> bool:
    """Whether a server is up; its file says where a moment before it listens there."""
    try:
        return requests.get(url, timeout=10).ok
    except requests.ConnectionError:
        return False


def _address(runtime: Path, server: subprocess.Popen[bytes], log: Path) -> str:
    """Wait for the server to be up; it writes down which free port it took."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                address = str(json.loads(file.read_text())["url"])
            except json.JSONDecodeError:  # the server is still writing it
                continue
            if _answers(f"{address}api"):
                return address
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}", pytrace=False)


@pytest.fixture
def open_notebook(lab: Lab, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Open a notebook of the lab's folder; nothing may be asked from beyond this machine."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(60_000)
    watch = chromium.Watch(context)

    def opened(name: str) -> Page:
        page = context.new_page()
        page.goto(f"{lab.url}lab/tree/{name}?reset&token={TOKEN}")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        page.evaluate("jupyterapp.restored")
        page.evaluate("jupyterapp.shell.currentWidget.context.sessionContext.ready")
        return page

    yield opened
    context.close()
    lab.shut_down()
    assert [p for p in watch.problems if p.startswith(("outside", "page error"))] == []
