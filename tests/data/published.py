"""Small data sets in the real formats, and a server that publishes them well or badly.

Run as a script, it loads one of them and prints what it got: what two processes at once do.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import signal
import sys
import tarfile
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from cnnviz.data._cifar import CifarDataset
from cnnviz.data._files import Source
from cnnviz.data._idx import IdxDataset
from cnnviz.data._images import Images

CLASSES = ("zero", "one", "two")
COUNTS = {"train": 20, "test": 8}
SIZE = (6, 5)
SHAPE = (3, 4, 4)
RECORD = 1 + 3 * 4 * 4
UNPACKED = "cifar-10-batches-bin"
PART = "test_batch_first1.bin"

Files = dict[str, bytes]
Answer = Callable[[BaseHTTPRequestHandler], None]


def source(name: str, content: bytes, *mirrors: str) -> Source:
    return Source(name, len(content), hashlib.sha256(content).hexdigest(), mirrors)


def idx(array: np.ndarray) -> bytes:
    """Write an array as MNIST's makers did, not yet compressed."""
    header = np.array([0x0800 + array.ndim, *array.shape], ">u4")
    return header.tobytes() + array.astype(np.uint8).tobytes()


def small_mnist(*mirrors: str) -> tuple[IdxDataset, Files]:
    """Return a data set in MNIST's format, and its files."""
    random = np.random.default_rng(0)
    contents: Files = {}
    for split, count in COUNTS.items():
        pictures = random.integers(0, 256, (count, *SIZE))
        contents[f"{split}-images.gz"] = gzip.compress(idx(pictures), mtime=0)
        contents[f"{split}-labels.gz"] = gzip.compress(idx(np.arange(count) % 3), mtime=0)
    return mnist_of(contents, *mirrors), contents


def mnist_of(contents: Files, *mirrors: str) -> IdxDataset:
    """Return the data set that consists of these files, right or wrong."""
    files = {
        split: (
            source(f"{split}-images.gz", contents[f"{split}-images.gz"], *mirrors),
            source(f"{split}-labels.gz", contents[f"{split}-labels.gz"], *mirrors),
        )
        for split in COUNTS
    }
    return IdxDataset("small", CLASSES, files, COUNTS, SIZE)


def small_cifar(*mirrors: str) -> tuple[CifarDataset, bytes, Files]:
    """Return a data set in CIFAR-10's format, its archive, and the files in it."""
    random = np.random.default_rng(1)
    batches: Files = {}
    for name in (*(f"data_batch_{number}.bin" for number in (1, 2)), "test_batch.bin"):
        records = random.integers(0, 256, (4, RECORD), np.uint8)
        records[:, 0] = np.arange(4) % 3
        batches[name] = records.tobytes()
    archive = packed({f"{UNPACKED}/{name}": batch for name, batch in batches.items()})
    return cifar_of(archive, batches, *mirrors), archive, batches


def cifar_of(archive: bytes, batches: Files, *mirrors: str) -> CifarDataset:
    """Return the data set of this archive and these batches, right or wrong."""
    sources = [source(name, batch) for name, batch in batches.items()]
    return CifarDataset(
        "smallc",
        CLASSES,
        source("cifar.tar.gz", archive, *mirrors),
        UNPACKED,
        {"train": tuple(sources[:2]), "test": tuple(sources[2:])},
        {"test": source(PART, batches["test_batch.bin"][:RECORD])},
        SHAPE,
    )


def packed(members: Files, *odd: tarfile.TarInfo) -> bytes:
    """Return a tar.gz archive with a folder, a readme, these members, and odd ones."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        folder = tarfile.TarInfo(UNPACKED)
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in {f"{UNPACKED}/readme.html": b"read me", **members}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in odd:
            archive.addfile(info)
    return buffer.getvalue()


# --- a server -------------------------------------------------------------------------------------


class Mirrors:
    """Serves addresses on this machine, each in a way of its own.

    Attributes
    ----------
    address : str
        Where it listens, ending in a slash.
    answers : dict of str to callable
        What is done for a path; any other gets a 404.
    asked : Counter of str
        How often each path was asked for.
    released : threading.Event
        Set at the end, for what hangs.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: Counter[str] = Counter()
        self.released = threading.Event()
        mirrors = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirrors.asked[self.path[1:]] += 1
                answer = mirrors.answers.get(self.path[1:])
                with contextlib.suppress(ConnectionError):  # the other side may hang up
                    (answer or status(404))(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def publish(self, folder: str, contents: Files) -> str:
        """Serve files as they are; return the mirror's address."""
        self.answers |= {f"{folder}/{name}": whole(content) for name, content in contents.items()}
        return f"{self.address}{folder}/"

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Take the question and never answer."""
        self.released.wait(60)

    def stall(self, content: bytes, after: int, reached: threading.Event | None = None) -> Answer:
        """Begin to send, then stop without hanging up."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            _head(handler, len(content))
            handler.wfile.write(content[:after])
            handler.wfile.flush()
            if reached is not None:
                reached.set()
            self.released.wait(60)

        return answer

    def together(self, content: bytes, count: int) -> Answer:
        """Answer only once so many ask at the same time."""
        barrier = threading.Barrier(count)

        def answer(handler: BaseHTTPRequestHandler) -> None:
            barrier.wait(60)
            whole(content)(handler)

        return answer


def _head(handler: BaseHTTPRequestHandler, length: int | None) -> None:
    handler.send_response(200)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()


def whole(content: bytes) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        _head(handler, len(content))
        handler.wfile.write(content)

    return answer


def status(code: int) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_error(code)

    return answer


def cut(content: bytes, after: int, *, announced: bool = True) -> Answer:
    """Hang up after some bytes, the whole length announced or not."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _head(handler, len(content) if announced else None)
        handler.wfile.write(content[:after])

    return answer


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Send more and more."""
    _head(handler, None)
    while True:
        handler.wfile.write(bytes(2**16))


# --- another process ------------------------------------------------------------------------------


def digest(images: Images) -> str:
    """Return what tells two results apart."""
    return hashlib.sha256(images.pictures.tobytes() + images.labels.tobytes()).hexdigest()


def main(mirror: str, folder: str) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has it off
    dataset, _ = small_mnist(mirror)
    print("started", flush=True)
    print(*map(digest, dataset.read(("train", "test"), Path(folder))))


if __name__ == "__main__":
    main(*sys.argv[1:])
