"""Files written whole or not at all.

A write that fails, on a full disk or when someone presses Ctrl-C, must not destroy what was there
before. So a file is written beside its place under another name, and takes its place at once when
it is complete.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from cnnviz.arrays import shown

__all__ = ["output_folder", "output_path", "path_text", "remove_leftovers", "replacing"]


def output_path(path: str | os.PathLike[str], endings: Sequence[str], name: str = "path") -> Path:
    """Return where to write a file, or say what is wrong with the place.

    Parameters
    ----------
    path : path-like
        Where the caller wants the file.
    endings : sequence of str
        The endings that are allowed, each with its dot, the usual one first.
    name : str
        The argument's name, for the error.

    Raises
    ------
    TypeError
        If `path` is no path.
    ValueError
        For an empty name, a name that is an ending alone, another ending, or one with a NUL in it.
    FileNotFoundError
        If the folder does not exist.
    IsADirectoryError
        If a folder lies in the file's place.

    Examples
    --------
    >>> output_path(".gif", [".gif"])
    Traceback (most recent call last):
    ...
    ValueError: path must name a file ending in .gif, got '.gif'
    """
    text = path_text(path, name)
    target = Path(text)
    if "\0" in text or target.suffix.lower() not in endings:
        allowed = " or ".join(endings)
        raise ValueError(f"{name} must name a file ending in {allowed}, got {shown(text)}")
    _refuse_homeless(target, name)
    if target.is_dir():
        raise IsADirectoryError(f"{name} must name a file, and {text!r} is a folder")
    return target


def output_folder(path: str | os.PathLike[str], name: str = "path") -> Path:
    """Return the folder to write files into, which is made if only it is missing.

    Parameters
    ----------
    path : path-like
        Where the caller wants the folder.
    name : str
        The argument's name, for the error.

    Raises
    ------
    TypeError
        If `path` is no path.
    ValueError
        For an empty name, or one with a NUL in it.
    FileNotFoundError
        If the folder around it does not exist.
    NotADirectoryError
        If a file lies in its place.

    Examples
    --------
    >>> output_folder("")
    Traceback (most recent call last):
    ...
    ValueError: path must name a folder, got ''
    """
    text = path_text(path, name)
    if not text or "\0" in text:
        raise ValueError(f"{name} must name a folder, got {shown(text)}")
    target = Path(text)
    _refuse_homeless(target, name)
    if target.exists() and not target.is_dir():
        raise NotADirectoryError(f"{name} must be a folder for files, but {text!r} is a file")
    return target


def path_text(path: str | os.PathLike[str], name: str) -> str:
    """Return a path as text, or say that it is none.

    Examples
    --------
    >>> path_text(Path("a") / "b", "folder")
    'a/b'
    """
    try:
        text = os.fsdecode(path)
    except Exception:  # an object's own __fspath__ may raise anything
        raise TypeError(f"{name} must be a path, got {shown(path)}") from None
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise ValueError(
            f"{name} must be made of signs that a file's name can have, got {shown(text)}"
        ) from None
    return text


def _refuse_homeless(target: Path, name: str) -> None:
    try:
        target.exists()
    except OSError as error:  # a name too long
        raise ValueError(f"{name} can't be looked for: {error.strerror}") from None
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"{name} must lie in a folder that exists; there is no {str(target.parent)!r}: "
            "make it first"
        )


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to; the file there takes `path`'s place at the end.

    If the block raises, whatever it wrote is removed and `path` stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = Path(folder) / "page.html"
    ...     with replacing(target) as temporary:
    ...         _ = temporary.write_text("<p>whole</p>")
    ...     target.read_text(), len(list(Path(folder).iterdir()))
    ('<p>whole</p>', 1)
    """
    place = path.resolve()  # a link stays a link
    temporary = place.with_name(f".{place.stem[:64]}-{secrets.token_hex(4)}{place.suffix}")
    try:
        yield temporary
        if place.exists():
            temporary.chmod(place.stat().st_mode & 0o777)
        os.replace(temporary, place)
    except BaseException:  # Ctrl-C too
        temporary.unlink(missing_ok=True)
        raise


def remove_leftovers(path: Path) -> None:
    """Remove what `replacing` left beside `path` when its process was killed.

    Only for a file that no other process is writing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = Path(folder) / "run.pt"
    ...     _ = target.with_name(".run-0123abcd.pt").write_text("half")
    ...     remove_leftovers(target)
    ...     list(Path(folder).iterdir())
    []
    """
    place = path.resolve()
    pattern = re.compile(rf"\.{re.escape(place.stem[:64])}-[0-9a-f]{{8}}{re.escape(place.suffix)}")
    for file in place.parent.iterdir():
        if pattern.fullmatch(file.name):
            file.unlink(missing_ok=True)
