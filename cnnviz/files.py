"""Files written whole or not at all.

A write that fails, on a full disk or when someone presses Ctrl-C, must not destroy what was there
before. So a file is written beside its place under another name, and takes its place at once when
it is complete.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["output_path", "replacing"]


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
    try:
        text = os.fsdecode(path)
    except TypeError:
        raise TypeError(f"{name} must be a path, got {path!r}") from None
    target = Path(text)
    if "\0" in text or target.suffix.lower() not in endings:
        allowed = " or ".join(endings)
        raise ValueError(f"{name} must name a file ending in {allowed}, got {text!r}")
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"{name} must lie in a folder that exists; there is no {str(target.parent)!r}: "
            "make it first"
        )
    if target.is_dir():
        raise IsADirectoryError(f"{name} must name a file, and {text!r} is a folder")
    return target


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
