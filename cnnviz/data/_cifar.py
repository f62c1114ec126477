"""CIFAR-10 in its binary version: records of one label and three planes. Nothing is unpickled."""

from __future__ import annotations

import gzip
import io
import math
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from cnnviz.data._files import Shelf, Source, verify
from cnnviz.data._idx import check_labels
from cnnviz.data._images import Images
from cnnviz.data.errors import DamagedData

_TAR_OVERHEAD = 2**20  # headers, padding, a readme: a good deal less than this


@dataclass(frozen=True)
class CifarDataset:
    """A data set of colour pictures in CIFAR-10's binary version.

    Attributes
    ----------
    name : str
        Also the folder.
    classes : tuple of str
        What the labels mean.
    archive : Source
        The archive that is downloaded.
    unpacked : str
        The folder in it, which may also stand unpacked beside it.
    batches : mapping of str to tuple of Source
        The files of each split, in order.
    parts : mapping of str to Source
        For a split, a file with only the first of its pictures.
    shape : (int, int, int)
        Of one picture.
    """

    name: str
    classes: tuple[str, ...]
    archive: Source
    unpacked: str
    batches: Mapping[str, tuple[Source, ...]]
    parts: Mapping[str, Source]
    shape: tuple[int, int, int] = (3, 32, 32)

    def read(self, splits: tuple[str, ...], root: Path) -> list[Images]:
        """Return the splits, one by one: from the unpacked folder, or else from the archive."""
        folders = [root / self.name, root]
        packed = Shelf(self.name, folders)
        loose = Shelf(self.name, [folder / self.unpacked for folder in folders])
        files = {split: self.batches[split] for split in splits}
        found: dict[str, bytes] = {}

        def lacking(*of: str) -> list[Source]:
            return [file for split in of for file in files[split] if file.name not in found]

        for batch in lacking(*splits):
            loose.put(batch, found)
        if lacking(*splits) and (archive := packed.find(self.archive)) is not None:
            found |= self._members(archive, lacking(*splits))
        for split in self.parts.keys() & files.keys():
            if lacking(split) and loose.put(self.parts[split], found):
                files[split] = (self.parts[split],)
        if lacking(*splits):
            packed.damaged |= loose.damaged
            (archive,) = packed.obtain([self.archive])
            found |= self._members(archive, lacking(*splits))
        return [
            self._images(split, [found[file.name] for file in files[split]]) for split in splits
        ]

    def _members(self, archive: bytes, wanted: Iterable[Source]) -> dict[str, bytes]:
        every = sum(batch.size for batches in self.batches.values() for batch in batches)
        return members(self.archive.name, archive, self.unpacked, wanted, every + _TAR_OVERHEAD)

    def _images(self, split: str, contents: list[bytes]) -> Images:
        record = 1 + math.prod(self.shape)
        records = np.frombuffer(b"".join(contents), np.uint8).reshape(-1, record)
        check_labels(f"{self.name}, {split}", records[:, 0], self.classes)
        whole = sum(batch.size for batch in self.batches[split]) // record
        part = f"only the first {len(records)} of {whole} {split} pictures"
        return Images(
            records[:, 1:].copy().reshape(-1, *self.shape),
            records[:, 0].astype(np.int64),
            self.classes,
            self.name,
            split,
            note=part if len(records) < whole else "",
        )


def members(
    name: str, content: bytes, folder: str, wanted: Iterable[Source], most: int
) -> dict[str, bytes]:
    """Return files out of a tar.gz archive, each checked. Nothing is written to disk.

    Parameters
    ----------
    name : str
        The archive's, for errors.
    content : bytes
        The archive.
    folder : str
        The one folder in which all of it lies.
    wanted : iterable of Source
        The files.
    most : int
        How many bytes it may hold at most when it is unpacked.

    Raises
    ------
    DamagedData
        For what is no whole archive, holds more than it may, lacks a file, or has a member with an
        odd path or one that is neither a file nor a folder.
    """
    sources = {source.name: source for source in wanted}
    found: dict[str, bytes] = {}
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as unzipped:
            stream = _Bounded(unzipped, most)
            with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
                for member in archive:
                    base = _plain_name(name, member, folder)
                    if base not in sources:
                        continue
                    if base in found:
                        raise DamagedData(f"{name} is damaged: {base} is there twice")
                    if member.size != sources[base].size:
                        raise DamagedData(f"{name} is damaged: its {base} is of another size")
                    file = archive.extractfile(member)
                    found[base] = b"" if file is None else file.read()
                    verify(sources[base], found[base])
            while stream.read(2**20):  # to the end, where gzip's checksum is
                pass
    except DamagedData:
        raise
    except (OSError, EOFError, ValueError, zlib.error, tarfile.TarError) as error:
        raise DamagedData(f"{name} is no whole archive: {error}") from None
    missing = [base for base in sources if base not in found]
    if missing:
        raise DamagedData(f"{name} is damaged: it lacks {', '.join(missing)}")
    return found


class _Bounded:
    """A stream that ends with an error instead of holding more than it may."""

    def __init__(self, stream: gzip.GzipFile, most: int) -> None:
        self._stream, self._most, self._left = stream, most, most

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise DamagedData(f"the archive holds more than {self._most} bytes")
        return data


def _plain_name(name: str, member: tarfile.TarInfo, folder: str) -> str:
    """Return a member's name within the folder; refuse whatever is no plain file in it."""
    parts = PurePosixPath(member.name).parts
    plain = len(parts) in (1, 2) and parts[0] == folder and ".." not in parts
    if not plain or not (member.isdir() if len(parts) == 1 else member.isreg()):
        raise DamagedData(f"{name} is damaged: its member {member.name[:80]!r} is no file of it")
    return parts[-1]
