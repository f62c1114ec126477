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
import traitlets
from PIL import Image

from cnnviz.arrays import shown
from cnnviz.files import output_path, replacing
from cnnviz.widgets import _page
from cnnviz.widgets._still import SCALE, message

__all__ = ["AT_ONCE", "STATIC", "MisfitError", "Widget"]

#: The end of a message about values that do not go together.
AT_ONCE = "To change several at once, assign them inside `with widget.hold_trait_notifications():`"

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
                known = self._state_names()
                raise TypeError(f"{self._view()} has no argument {shown(name)}{_hint(name, known)}")
        super().__init__(**kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        """Assign; a name that no widget of this kind has is refused, since it would do nothing."""
        if not name.startswith("_") and not hasattr(type(self), name):
            known = [*self._state_names(), *self._properties()]
            raise AttributeError(
                f"{self._view()} has no attribute {shown(name)}{_hint(name, known)}"
            )
        super().__setattr__(name, value)

    def _settle(self) -> None:
        """Refuse what does not fit together, now and from now on. Last in a subclass's __init__."""
        self._check_fit()
        self._settled = True

    _settled = False

    def _refuse_misfit(self, name: str, value: Any) -> None:
        """Raise if a value, allowed by itself, does not go with the rest of the state.

        What a reader does in the browser is kept as it is: there the view says what does not fit.

        Raises
        ------
        MisfitError
            A `ValueError` that begins with the name of what was assigned.
        """
        if not self._settled or self._property_lock:
            return
        present = self._trait_values.get(name)
        self._trait_values[name] = value
        try:
            self._check_fit(name)
        except (ValueError, TypeError) as error:
            raise MisfitError(
                f"{name} does not go with the rest of this {self._view()}: {error}. {AT_ONCE}"
            ) from None
        finally:
            self._trait_values[name] = present

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

    def _check_fit(self, name: str | None = None) -> None:
        """Raise a `ValueError` if the parts of the state do not go together.

        `name` is what is being assigned, None where all is new. A place in the output is checked
        where it is assigned; where something else moves the output's end, the place moves along.
        """

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

    @classmethod
    def _properties(cls) -> list[str]:
        """Return what else may be assigned."""
        ours = (vars(c) for c in cls.__mro__ if c.__module__.startswith("cnnviz."))
        return [
            name
            for members in ours
            for name, member in members.items()
            if isinstance(member, property) and member.fset
        ]

    def state(self) -> dict[str, Any]:
        """Return the state as plain numbers, strings and packed arrays, as the browser reads it."""
        state = self.get_state(self._state_names())
        return {name: state[name] for name in self._state_names()}

    def to_html(self) -> str:
        """Return the widget as an element for a page that loads ``page.js``."""
        picture, caption = self._still()
        caption = html.escape(caption)
        return (
            f'<cnnviz-widget view="{self._view()}" state="{html.escape(_compact(self.state()))}">'
            f'<img src="{_data_uri(picture)}" alt="{caption}" width="{picture.width // SCALE}">'
            f"<p>{caption}</p></cnnviz-widget>"
        )

    def _still(self) -> tuple[Image.Image, str]:
        """Return picture and caption, or what keeps them from being drawn.

        Only what a reader sets in the browser can fail to fit together.
        """
        try:
            return self.picture(), self.caption()
        except ValueError as error:
            return message(f"{_words(self._view())}: {error}"), f"{_words(self._view())}: {error}"

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
        TypeError, ValueError
            If the path does not name a file ending in ``.html``, or title or caption is no text.

        Examples
        --------
        >>> import tempfile
        >>> from cnnviz import KernelEditor
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = KernelEditor(kernel="emboss").save_html(f"{folder}/emboss.html")
        ...     path.name, path.stat().st_size < 150_000
        ('emboss.html', True)
        """
        target = output_path(path, (".html", ".htm"))
        picture, sentence = self._still()
        page = _page.page(
            self._view(),
            STATIC / f"{self._view()}.js",
            STATIC / "cnnviz.css",
            self.state(),
            picture,
            _words(self._view()) if title is None else _text("title", title),
            sentence if caption is None else _text("caption", caption),
        )
        with replacing(target) as temporary:
            temporary.write_text(page, encoding="utf-8")
        return target

    def __repr__(self) -> str:
        """Return the class and its state in a few words."""
        try:
            return f"{self._view()}({self.summary()})"
        except ValueError as error:  # set so in the browser
            return f"{self._view()}({error})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/html"] = self.to_html()
        return bundle


class MisfitError(traitlets.TraitError, ValueError):
    """A value that does not go with the rest; a `TraitError`, which traitlets rolls back."""


def _hint(name: str, known: list[str]) -> str:
    """Return the end of a message about an unknown name: the closest one, and all."""
    close = difflib.get_close_matches(name, known, 1)
    return (f"; did you mean {close[0]!r}?" if close else "") + f" (it has {', '.join(known)})"


def _text(name: str, value: Any) -> str:
    """Return text that a page can hold."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, got {shown(value)}")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"{name} must be text that UTF-8 can hold, got {shown(value)}")
    return value


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
