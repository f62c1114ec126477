"""Animations as files: a GIF, an MP4, or a folder of SVG files, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter

from cnnviz.arrays import as_number, check_name, shown
from cnnviz.figures._slide import DPI, STYLES, Slide
from cnnviz.figures._story import Story, refuse_wide
from cnnviz.figures._style import own_settings
from cnnviz.files import output_folder, output_path, replacing

__all__ = ["save"]

_ENDINGS = (".gif", ".mp4")
_FPS = (0.01, 50)  # GIF counts in hundredths of a second, and up to 655 seconds


def save(story: Story, path: Any, fps: Any, style: Any) -> Path | list[Path]:
    """Draw a story and write it; the path says as what."""
    check_name("style", style, STYLES)
    rate = as_number("fps", fps)
    rate = int(rate) if rate.is_integer() else rate
    if not _FPS[0] <= rate <= _FPS[1]:
        raise ValueError(f"fps must be from {_FPS[0]} to {_FPS[1]}, got {shown(fps)}")
    for name, array in (("x", story.input), ("x", story.output)):
        refuse_wide(name, array.shape)
    if _is_folder(path):
        folder = output_folder(path)
        with own_settings(**_SETTINGS):
            return _write_svgs(Slide(story, STYLES[style]), folder)
    target = output_path(path, _ENDINGS)
    writer = _writer(target.suffix.lower(), rate)
    with own_settings(**_SETTINGS), replacing(target) as temporary:
        _write_movie(writer, Slide(story, STYLES[style]), temporary)
    return target


_SETTINGS = {"hatch.linewidth": 1.2}


def _is_folder(path: Any) -> bool:
    """Tell a folder's path, which has no ending; what ends in another way is refused as a file."""
    try:
        text = os.fsdecode(path)
    except Exception:  # no path: refused where the file's place is looked at
        return False
    name = Path(text).name
    return bool(text) and "." not in name.lstrip(".") and name not in _ENDINGS


def _writer(kind: str, fps: float) -> AbstractMovieWriter:
    if kind == ".gif":
        return PillowWriter(fps=fps)  # type: ignore[arg-type]
    if not FFMpegWriter.isAvailable():
        raise RuntimeError(
            "an MP4 is written by the program ffmpeg, which isn't here: install it (on Debian or "
            "Ubuntu `apt-get install ffmpeg`, with conda `conda install ffmpeg`, on a Mac `brew "
            "install ffmpeg`), or write a .gif"
        )
    # yuv420p: what players and presentation programs can all show.
    return FFMpegWriter(fps=fps, codec="h264", extra_args=["-pix_fmt", "yuv420p"])  # type: ignore[arg-type]


def _write_movie(writer: AbstractMovieWriter, slide: Slide, path: Path) -> None:
    """Write all steps. matplotlib's own `saving` would hide an error behind that of its end."""
    try:
        writer.setup(slide.figure, str(path), DPI)
        with contextlib.suppress(BrokenPipeError):  # ffmpeg has ended, and says why when asked
            for step in slide.story.steps:
                slide.draw(step)
                writer.grab_frame()
        writer.finish()
    except CalledProcessError as error:
        lines = (error.stderr or "").strip().splitlines() or [f"it ended with {error.returncode}"]
        raise RuntimeError(f"ffmpeg could not write the MP4: {lines[-1]}") from None
    except BaseException:  # Ctrl-C too
        _stop(writer)
        raise


def _stop(writer: AbstractMovieWriter) -> None:
    """End ffmpeg, which would go on and write its file after all."""
    process = getattr(writer, "_proc", None)  # a GIF has none
    if process is not None:
        with contextlib.suppress(OSError), process:
            process.kill()


def _write_svgs(slide: Slide, folder: Path) -> list[Path]:
    """Write the sequence beside its folder, then let it take the place of the one that is there."""
    digits = len(str(len(slide.story.steps)))
    names = [f"frame-{i:0{digits}}.svg" for i in range(1, len(slide.story.steps) + 1)]
    with _folder_beside(folder) as temporary:
        for name, step in zip(names, slide.story.steps, strict=True):
            slide.draw(step)
            slide.figure.savefig(
                temporary / name,
                format="svg",
                facecolor=slide.style.ground,
                metadata={"Date": None},
            )
        if not folder.exists():
            temporary.rename(folder)
        else:
            for name in names:
                os.replace(temporary / name, folder / name)
            for old in folder.iterdir():
                if re.fullmatch(r"frame-\d+\.svg", old.name) and old.name not in names:
                    old.unlink()
    return [folder / name for name in names]


@contextlib.contextmanager
def _folder_beside(folder: Path) -> Iterator[Path]:
    """Give a folder to write to, of which nothing is left if the block raises."""
    place = folder.resolve()
    temporary = place.with_name(f".{place.name[:64]}-{secrets.token_hex(4)}")
    temporary.mkdir()
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
