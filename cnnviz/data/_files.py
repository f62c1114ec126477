"""Published files: found on disk or downloaded, and checked before anything reads them.

A file counts as found only if its size and its SHA-256 are those that are known beforehand. What
arrives from a mirror is held in memory until that is so, and only then written, under another
name first; nothing half-done ever lies under a file's name, whoever else is loading at the time.
"""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cnnviz.data.errors import DamagedData, DataError, MissingData
from cnnviz.files import replacing

#: Seconds until a mirror must be reached, and until it must have sent something more.
TIMEOUT = (5.0, 30.0)

_PIECE = 2**16  # bytes


@dataclass(frozen=True)
class Source:
    """A file as its makers published it.

    Attributes
    ----------
    name : str
        The file's name, without a folder.
    size : int
        Bytes.
    sha256 : str
        What must come out before the file is read.
    mirrors : tuple of str
        Addresses to which `name` is appended, tried in order; empty for a file that
        is only ever looked for on disk.
    """

    name: str
    size: int
    sha256: str
    mirrors: tuple[str, ...] = ()


def cache_folder() -> Path:
    """Return the folder where data sets are kept: ``CNNVIZ_DATA``, or the user's cache.

    Examples
    --------
    >>> cache_folder().is_absolute()
    True
    """
    named = os.environ.get("CNNVIZ_DATA")
    if named:
        return Path(os.path.expanduser(named)).absolute()
    import platformdirs

    return platformdirs.user_cache_path("cnnviz", appauthor=False)


def verify(source: Source, content: bytes) -> None:
    """Raise `DamagedData` unless `content` is the file that was published."""
    if len(content) < source.size:
        raise DamagedData(f"{source.name} is cut short: {len(content)} of {source.size} bytes")
    if len(content) > source.size:
        raise DamagedData(f"{source.name} is too long: more than {source.size} bytes")
    found = hashlib.sha256(content).hexdigest()
    if found != source.sha256:
        raise DamagedData(
            f"{source.name} is damaged or another file: its SHA-256 is {found}, not {source.sha256}"
        )


class Shelf:
    """The folders in which the files of one data set are looked for.

    Parameters
    ----------
    dataset : str
        The data set's name, for errors.
    folders : sequence of Path
        Where to look, in order. What is downloaded goes into the first.
    """

    def __init__(self, dataset: str, folders: Sequence[Path]) -> None:
        self.dataset = dataset
        self.folders = tuple(folders)
        self.damaged: dict[Path, str] = {}
        self.refusals: dict[str, str] = {}

    def find(self, source: Source) -> bytes | None:
        """Return a file that is here and whole, or None. Damaged ones are remembered."""
        for folder in self.folders:
            try:
                with (folder / source.name).open("rb") as file:
                    content = file.read(source.size + 1)
                verify(source, content)
            except FileNotFoundError:
                continue
            except DamagedData as error:
                self.damaged[folder / source.name] = f"{error} (in {folder})"
            except OSError as error:
                place = folder / source.name
                self.damaged[place] = f"{place} can't be read: {error.strerror}"
            else:
                return content
        return None

    def put(self, source: Source, found: dict[str, bytes]) -> bool:
        """Put a file that is here under its name into `found`, or return False."""
        content = self.find(source)
        if content is not None:
            found[source.name] = content
        return content is not None

    def obtain(self, sources: Sequence[Source]) -> list[bytes]:
        """Return files from disk, or else from a mirror, in which case they are kept.

        Raises
        ------
        MissingData, DamagedData
            If no mirror gives a file that is not here, or here only damaged.
        """
        contents = [self.find(source) for source in sources]
        for place, source in enumerate(sources):
            if contents[place] is None:
                contents[place] = self._download(source)
            if contents[place] is None:
                raise self._error([s for s, c in zip(sources, contents, strict=True) if c is None])
        return [content for content in contents if content is not None]

    def _download(self, source: Source) -> bytes | None:
        # What failed once may hang again: it is asked last.
        for mirror in sorted(source.mirrors, key=self.refusals.__contains__):
            try:
                content = _received(mirror + source.name, source)
                verify(source, content)
            except (OSError, ValueError) as error:  # all of requests' errors are one or the other
                self.refusals[mirror] = f"{urlsplit(mirror).netloc}: {_reason(error)}"
            else:
                self._keep(source, content)
                for folder in self.folders:
                    self.damaged.pop(folder / source.name, None)
                return content
        return None

    def _keep(self, source: Source, content: bytes) -> None:
        """Put a file into the cache; a cache that takes none is no reason to go without it."""
        folder = self.folders[0]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(folder / source.name) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            if self.find(source) is None:  # nor did another process put it there
                warnings.warn(
                    f"{source.name} can't be kept in {folder} ({error.strerror}), so it will be "
                    "downloaded each time; CNNVIZ_DATA can name another folder",
                    stacklevel=2,
                )

    def _error(self, missing: Sequence[Source]) -> DataError:
        """Say which files to put where, and why they aren't there."""
        why = "; ".join([*self.damaged.values(), *self.refusals.values()])
        files = "".join(f"\n    {s.name}  {s.size} bytes, SHA-256 {s.sha256}" for s in missing)
        return (DamagedData if self.damaged else MissingData)(
            f"{self.dataset} can't be loaded: there is no whole {missing[0].name} here, and it "
            f"can't be downloaded ({why}). Put into {self.folders[0]}{files}\n"
            f"which {' or '.join(missing[0].mirrors)} should have. To keep data elsewhere than in "
            f"{cache_folder()}, set CNNVIZ_DATA to a folder. To go on without {self.dataset}, use "
            f"data.load_or_digits({self.dataset!r}, …)."
        )


def _received(address: str, source: Source) -> bytes:
    """Return what a mirror sends, at most one piece more than it should."""
    try:
        import pooch
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError(
            f"{source.name} is not here, and a download needs pooch and tqdm: pip install "
            '"cnnviz[course]"'
        ) from error
    headers = {"Accept-Encoding": "identity"}  # the file itself is compressed
    downloader = pooch.HTTPDownloader(chunk_size=_PIECE, timeout=TIMEOUT, headers=headers)
    with tqdm(
        total=source.size, desc=source.name, unit="B", unit_scale=True, leave=False, delay=1
    ) as bar:
        receiver = _Receiver(source, bar)
        downloader(address, receiver, None)
    return receiver.getvalue()


class _Receiver(io.BytesIO):
    """Takes what a mirror sends, counts it, and stops it once it is more than the file."""

    def __init__(self, source: Source, bar: Any) -> None:
        super().__init__()
        self._source, self._bar = source, bar

    def write(self, piece: Any) -> int:
        written = super().write(piece)
        self._bar.update(written)
        if self.tell() > self._source.size:
            raise DamagedData(
                f"{self._source.name} is too long: more than {self._source.size} bytes"
            )
        return written


def _reason(error: Exception) -> str:
    """Say in few words why a mirror gave nothing."""
    import requests

    if isinstance(error, DataError):
        return str(error)
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"{error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return "no answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "broken off"
    if isinstance(error, ConnectionError | requests.ConnectionError):
        return "no connection"
    return type(error).__name__
