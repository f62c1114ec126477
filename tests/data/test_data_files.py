"""Files found, downloaded, checked and kept, by way of real servers and real processes."""

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
from published import (
    CLASSES,
    COUNTS,
    SIZE,
    cut,
    digest,
    endless,
    small_mnist,
    status,
    whole,
)

from cnnviz.data import DamagedData, MissingData, _files
from cnnviz.data._files import cache_folder

BOTH = ("train", "test")
PUBLISHED = Path(__file__).with_name("published.py")


def files_in(folder):
    """Return every file beneath a folder, hidden ones too, with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def put(folder, contents):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)


@pytest.fixture
def nowhere():
    """Return a mirror's address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}/"


def refuse_to_write(monkeypatch):
    """Let nothing be written any more, as in a read-only folder."""

    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    for name in ("mkdir", "write_bytes", "touch", "unlink"):
        monkeypatch.setattr(Path, name, refuse)
    monkeypatch.setattr(os, "replace", refuse)


# --- what is right --------------------------------------------------------------------------------


def test_files_are_downloaded_once_and_kept_as_published(mirrors, tmp_path):
    _, contents = small_mnist()
    dataset, _ = small_mnist(mirrors.publish("a", contents))
    first = dataset.read(BOTH, tmp_path)
    assert files_in(tmp_path) == {f"small/{name}": content for name, content in contents.items()}
    second = dataset.read(BOTH, tmp_path)
    assert list(map(digest, first)) == list(map(digest, second))
    assert [images.pictures.shape for images in first] == [(n, 1, *SIZE) for n in COUNTS.values()]
    assert first[0].labels.tolist() == [n % 3 for n in range(20)]
    assert (first[0].classes, first[0].split, first[1].split) == (CLASSES, "train", "test")
    assert set(mirrors.asked.values()) == {1}


def test_only_what_a_split_needs_is_downloaded(mirrors, tmp_path):
    _, contents = small_mnist()
    dataset, _ = small_mnist(mirrors.publish("a", contents))
    dataset.read(("test",), tmp_path)
    assert sorted(mirrors.asked) == ["a/test-images.gz", "a/test-labels.gz"]


def test_files_that_are_here_are_read_without_a_network_or_a_write(mirrors, tmp_path, monkeypatch):
    dataset, contents = small_mnist(mirrors.address)
    put(tmp_path / "small", contents)
    (tmp_path / "small").chmod(0o555)
    refuse_to_write(monkeypatch)  # for root, whom a folder's mode doesn't stop
    assert len(dataset.read(("train",), tmp_path)[0]) == COUNTS["train"]
    assert not mirrors.asked
    (tmp_path / "small").chmod(0o755)


# --- mirrors that fail ----------------------------------------------------------------------------

CONTENTS = small_mnist()[1]
IMAGES = CONTENTS["train-images.gz"]
BROKEN = {
    "404 Not Found": lambda mirrors: status(404),
    "500 Internal Server Error": lambda mirrors: status(500),
    "no answer in time": lambda mirrors: mirrors.hang,
    "no answer in time, later": lambda mirrors: mirrors.stall(IMAGES, 100),
    "broken off": lambda mirrors: cut(IMAGES, 100),
    f"is cut short: 100 of {len(IMAGES)} bytes": lambda mirrors: cut(IMAGES, 100, announced=False),
    f"is cut short: 0 of {len(IMAGES)} bytes": lambda mirrors: whole(b""),
    "is too long": lambda mirrors: whole(IMAGES + b"\0"),
    "is too long, endlessly": lambda mirrors: endless,
    "is damaged or another file": lambda mirrors: whole(IMAGES[:-1] + b"\1"),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_the_second_mirror_serves_when_the_first_fails(reason, mirrors, tmp_path):
    bad, good = mirrors.publish("bad", CONTENTS), mirrors.publish("good", CONTENTS)
    mirrors.answers["bad/train-images.gz"] = BROKEN[reason](mirrors)
    dataset, _ = small_mnist(bad, good)
    assert len(dataset.read(("train",), tmp_path)[0]) == COUNTS["train"]
    assert mirrors.asked == {
        "bad/train-images.gz": 1,
        "good/train-images.gz": 1,
        "good/train-labels.gz": 1,
    }
    assert files_in(tmp_path / "small").keys() == {"train-images.gz", "train-labels.gz"}


@pytest.mark.parametrize("reason", BROKEN)
def test_when_every_mirror_fails_one_error_says_what_to_put_where(reason, mirrors, tmp_path):
    bad, worse = mirrors.publish("bad", CONTENTS), f"{mirrors.address}worse/"
    mirrors.answers["bad/train-images.gz"] = BROKEN[reason](mirrors)
    dataset, _ = small_mnist(bad, worse)
    test = {name: content for name, content in CONTENTS.items() if name.startswith("test")}
    put(tmp_path / "small", test)
    with pytest.raises(MissingData) as caught:
        dataset.read(BOTH, tmp_path)
    message = str(caught.value)
    assert reason.partition(",")[0] in message
    assert "404 Not Found" in message  # the second mirror's
    assert str(tmp_path / "small") in message
    for missing in dataset.files["train"]:  # all that will be asked for, not the first alone
        assert f"{missing.name}  {missing.size} bytes, SHA-256 {missing.sha256}" in message
    assert "test-images" not in message
    assert "load_or_digits('small', …)" in message
    assert files_in(tmp_path / "small") == test, "good files are kept, nothing else is left"


def test_without_a_network_it_is_the_same_error(nowhere, tmp_path):
    dataset, _ = small_mnist(nowhere, "http://no-such-host.invalid/", "nonsense://host/")
    with pytest.raises(MissingData, match=r"no whole train-images.gz here.*no connection"):
        dataset.read(BOTH, tmp_path)
    assert files_in(tmp_path) == {}


def test_a_mirror_is_not_asked_for_a_second_file_in_vain(nowhere, mirrors, tmp_path):
    dataset, _ = small_mnist(mirrors.address)
    with pytest.raises(MissingData):
        dataset.read(BOTH, tmp_path)
    assert mirrors.asked == {"train-images.gz": 1}


# --- files that are damaged here ------------------------------------------------------------------

DAMAGED = {
    "is cut short: 0 of": b"",
    "is cut short: 50 of": IMAGES[:50],
    "is too long": IMAGES + b"more",
    "is damaged or another file": IMAGES[:60] + bytes([IMAGES[60] ^ 1]) + IMAGES[61:],
}


@pytest.mark.parametrize("reason", DAMAGED)
def test_a_damaged_file_is_replaced_by_a_good_one(reason, mirrors, tmp_path):
    put(tmp_path / "small", CONTENTS | {"train-images.gz": DAMAGED[reason]})
    dataset, _ = small_mnist(mirrors.publish("a", CONTENTS))
    dataset.read(BOTH, tmp_path)
    assert files_in(tmp_path / "small") == CONTENTS
    assert mirrors.asked == {"a/train-images.gz": 1}


@pytest.mark.parametrize("reason", DAMAGED)
def test_a_damaged_file_without_a_network_is_named(reason, nowhere, tmp_path):
    contents = CONTENTS | {"train-images.gz": DAMAGED[reason]}
    put(tmp_path / "small", contents)
    dataset, _ = small_mnist(nowhere)
    with pytest.raises(DamagedData, match=f"train-images.gz {reason}") as caught:
        dataset.read(BOTH, tmp_path)
    assert f"(in {tmp_path / 'small'})" in str(caught.value)
    assert files_in(tmp_path / "small") == contents, "nothing is touched"
    assert len(dataset.read(("test",), tmp_path)[0]) == COUNTS["test"], "the rest is usable"


def test_a_damaged_file_that_was_mended_is_not_blamed_for_another(mirrors, tmp_path):
    put(tmp_path / "small", {"train-images.gz": IMAGES[:50]})
    mirror = mirrors.publish("a", {"train-images.gz": IMAGES})
    with pytest.raises(MissingData, match=r"no whole train-labels.gz here") as caught:
        small_mnist(mirror)[0].read(("train",), tmp_path)
    assert "train-images" not in str(caught.value)
    assert files_in(tmp_path / "small") == {"train-images.gz": IMAGES}


def test_a_folder_in_a_files_place_is_named(nowhere, tmp_path):
    put(tmp_path / "small" / "train-images.gz", {})
    with pytest.raises(DamagedData, match="can't be read: Is a directory"):
        small_mnist(nowhere)[0].read(BOTH, tmp_path)


# --- caches that take nothing ---------------------------------------------------------------------


def test_what_cannot_be_kept_is_used_all_the_same(mirrors, tmp_path, monkeypatch):
    refuse_to_write(monkeypatch)
    dataset, _ = small_mnist(mirrors.publish("a", CONTENTS))
    with pytest.warns(UserWarning, match=r"can't be kept .*Read-only file system.*CNNVIZ_DATA"):
        assert len(dataset.read(("test",), tmp_path)[0]) == COUNTS["test"]
    assert files_in(tmp_path) == {}


def test_a_file_that_another_process_has_open_is_as_good(mirrors, tmp_path, monkeypatch):
    """Windows doesn't let a file be replaced while somebody reads it."""

    def refuse(temporary, place):
        Path(place).write_bytes(Path(temporary).read_bytes())  # the other process was quicker
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    dataset, _ = small_mnist(mirrors.publish("a", CONTENTS))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset.read(BOTH, tmp_path)
    assert files_in(tmp_path / "small") == CONTENTS


def test_a_file_in_the_folders_place(mirrors, tmp_path):
    (tmp_path / "root").write_text("no folder")
    dataset, _ = small_mnist(mirrors.publish("a", CONTENTS))
    with pytest.warns(UserWarning, match="can't be kept"):
        assert len(dataset.read(("test",), tmp_path / "root")[0]) == COUNTS["test"]


def test_a_full_disk_leaves_no_half_file(mirrors, tmp_path, monkeypatch):
    old = DAMAGED["is cut short: 50 of"]
    put(tmp_path / "small", CONTENTS | {"train-images.gz": old})
    write = Path.write_bytes

    def fill(path, content):
        write(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    dataset, _ = small_mnist(mirrors.publish("a", CONTENTS))
    with pytest.warns(UserWarning, match="No space left on device"):
        assert len(dataset.read(("train",), tmp_path)[0]) == COUNTS["train"]
    assert files_in(tmp_path / "small") == CONTENTS | {"train-images.gz": old}


# --- processes ------------------------------------------------------------------------------------


def start(mirror, folder):
    """Start to load in another process; return once it is about to."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, str(PUBLISHED), mirror, str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "started\n", process.communicate()
    return process


def test_processes_that_download_at_once_all_get_it(mirrors, tmp_path):
    mirror = mirrors.publish("a", CONTENTS)
    mirrors.answers["a/train-images.gz"] = mirrors.together(IMAGES, 3)
    processes = [start(mirror, tmp_path) for _ in range(3)]
    results = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], results
    dataset, _ = small_mnist()
    expected = " ".join(map(digest, dataset.read(BOTH, tmp_path)))
    assert [out.strip() for out, _ in results] == [expected] * 3
    assert files_in(tmp_path / "small") == CONTENTS
    assert mirrors.asked["a/train-images.gz"] == 3


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
def test_a_process_stopped_in_mid_download_leaves_nothing(blow, mirrors, tmp_path):
    mirror = mirrors.publish("a", CONTENTS)
    reached = threading.Event()
    mirrors.answers["a/train-images.gz"] = mirrors.stall(IMAGES, len(IMAGES) - 1, reached)
    process = start(mirror, tmp_path)
    assert reached.wait(60)
    process.send_signal(blow)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert blow == signal.SIGKILL or errors.rstrip().endswith("KeyboardInterrupt")
    assert files_in(tmp_path) == {}
    mirrors.answers["a/train-images.gz"] = whole(IMAGES)
    small_mnist(mirror)[0].read(BOTH, tmp_path)
    assert files_in(tmp_path / "small") == CONTENTS


# --- where ----------------------------------------------------------------------------------------


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("CNNVIZ_DATA", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("CNNVIZ_DATA", os.path.join("~", "pictures"))
    assert cache_folder() == Path.home() / "pictures"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CNNVIZ_DATA", "here")
    assert cache_folder() == tmp_path / "here"
    monkeypatch.setenv("CNNVIZ_DATA", "")
    assert cache_folder().name == "cnnviz"
    monkeypatch.delenv("CNNVIZ_DATA")
    assert cache_folder().name == "cnnviz"
    assert cache_folder().is_absolute()


def test_progress_shows_when_it_takes_a_while(mirrors, tmp_path, monkeypatch):
    import tqdm.auto

    bars = []

    class Bar(tqdm.auto.tqdm):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            bars.append(self)

    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    small_mnist(mirrors.publish("a", CONTENTS))[0].read(("train",), tmp_path)
    assert [(bar.desc.removesuffix(": "), bar.total, bar.n) for bar in bars] == [
        (name, len(CONTENTS[name]), len(CONTENTS[name]))
        for name in ("train-images.gz", "train-labels.gz")
    ]
    assert all(bar.disable or not bar.leave for bar in bars)


def test_patience_is_longer_than_in_these_tests():
    assert min(_files.TIMEOUT) >= 5
