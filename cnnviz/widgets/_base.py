"""What all widgets have in common: two hosts, a short repr, a picture for where no script runs."""

from __future__ import annotations

import base64
import difflib
import html
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import anywidget
from PIL import Image

from cnnviz.widgets import _page
from cnnviz.widgets._still import SCALE

__all__ = ["STATIC", "Widget"]

STATIC = Path(__file__).parent.parent / "static"


class Widget(anywidget.AnyWidget):
    """Base of the widgets. A subclass sets its traits, ``_esm``, and the three methods below.

    In Jupyter it is an ordinary widget. On a page without a kernel its ``text/html`` holds the
    state, and the page's one script brings the same view to life; where no script runs, the
    reader sees :meth:`picture` and :meth:`caption`.
    """

    _css = STATIC / "cnnviz.css"

    def __init__(self, **kwargs: Any) -> None:
        for name in kwargs:
            if name not in self._state_names() and name not in self.trait_names():
                close = difflib.get_close_matches(name, self._state_names(), 1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                allowed = ", ".join(self._state_names())
                raise TypeError(f"{self._view()} has no argument {name!r}{hint} (it has {allowed})")
        super().__init__(**kwargs)

    # ---- what a subclass says ------------------------------------------------------------------

    def picture(self) -> Image.Image:
        """Return what the widget shows, standing still."""
        raise NotImplementedError

    def caption(self) -> str:
        """Return one sentence that says what the picture shows."""
        raise NotImplementedError

    def summary(self) -> str:
        """Return the state in a few words, the same in every run."""
        raise NotImplementedError

    # ---- the contract --------------------------------------------------------------------------

    @classmethod
    def _view(cls) -> str:
        """Return the name of the class and of its view (anywidget subclasses at run time)."""
        return next(c.__name__ for c in cls.__mro__ if c.__module__.startswith("cnnviz."))

    @classmethod
    def _state_names(cls) -> list[str]:
        """Return the traits that are this widget's own state."""
        inherited = {"comm", *anywidget.AnyWidget.class_trait_names()}
        names = cls.class_trait_names(sync=True)
        return sorted(n for n in names if n not in inherited and not n.startswith("_"))

    def state(self) -> dict[str, Any]:
        """Return the state as plain numbers, strings and packed arrays, as the browser reads it."""
        state = self.get_state(self._state_names())
        return {name: state[name] for name in self._state_names()}

    def to_html(self) -> str:
        """Return the widget as an element for a page that loads ``page.js``."""
        picture, caption = self.picture(), html.escape(self.caption())
        return (
            f'<cnnviz-widget view="{self._view()}" state="{html.escape(_compact(self.state()))}">'
            f'<img src="{_data_uri(picture)}" alt="{caption}" width="{picture.width // SCALE}">'
            f"<p>{caption}</p></cnnviz-widget>"
        )

    def save_html(
        self, path: str | os.PathLike[str], *, title: str | None = None, caption: str | None = None
    ) -> Path:
        """Write the widget as one page that works by itself, from the file system as from a server.

        Script, style sheet and state are all in it, so it asks nobody for anything; it is light or
        dark as the reader's system is. What the reader does stays in the reader's browser.

        Parameters
        ----------
        path : path-like
            Where to write, ending in ``.html``. A file that is there is replaced.
        title : str, optional
            The heading; the widget's name if left out.
        caption : str, optional
            The sentence below; the one that describes the picture if left out.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        FileNotFoundError
            If the folder does not exist.
        ValueError
            If the path does not end in ``.html``.

        Examples
        --------
        >>> import tempfile
        >>> from cnnviz import KernelEditor
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = KernelEditor(kernel="emboss").save_html(f"{folder}/emboss.html")
        ...     path.name, path.stat().st_size < 100_000
        ('emboss.html', True)
        """
        target = Path(path)
        if target.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"path must end in .html, got {str(target)!r}")
        if not target.parent.is_dir():
            raise FileNotFoundError(
                f"path must lie in a folder that exists; there is no {str(target.parent)!r}: "
                "make it first"
            )
        page = _page.page(
            self._view(),
            STATIC / f"{self._view()}.js",
            STATIC / "cnnviz.css",
            self.state(),
            self.picture(),
            _words(self._view()) if title is None else title,
            self.caption() if caption is None else caption,
        )
        target.write_text(page, encoding="utf-8")
        return target

    def __repr__(self) -> str:
        """Return the class and its state in a few words."""
        return f"{self._view()}({self.summary()})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/html"] = self.to_html()
        return bundle


def _words(name: str) -> str:
    """Return a class's name as words: "Kernel editor"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _compact(state: dict[str, Any]) -> str:
    return json.dumps(state, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _data_uri(picture: Image.Image) -> str:
    return f"data:image/png;base64,{base64.b64encode(png(picture)).decode('ascii')}"


def png(picture: Image.Image) -> bytes:
    """Return a picture as a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
