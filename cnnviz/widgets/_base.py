"""What all widgets have in common: two hosts, a short repr, a picture for where no script runs."""

from __future__ import annotations

import base64
import difflib
import html
import io
import json
from pathlib import Path
from typing import Any

import anywidget
from PIL import Image

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

    def __repr__(self) -> str:
        """Return the class and its state in a few words."""
        return f"{self._view()}({self.summary()})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/html"] = self.to_html()
        return bundle


def _compact(state: dict[str, Any]) -> str:
    return json.dumps(state, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _data_uri(picture: Image.Image) -> str:
    return f"data:image/png;base64,{base64.b64encode(png(picture)).decode('ascii')}"


def png(picture: Image.Image) -> bytes:
    """Return a picture as a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
