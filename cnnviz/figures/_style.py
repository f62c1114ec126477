"""The look of figures, whatever matplotlib is set to: tones, settings and fonts."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.font_manager import FontEntry, fontManager

from cnnviz import palette

#: One colour, one meaning. All but "padding", which is a hatching, carry text on white.
COLOURS: Mapping[str, str] = MappingProxyType({**palette.LIGHT, "padding": "#868e9a"})

#: The colormap for signed values, registered with matplotlib as "cnnviz_signed". Give `imshow`
#: limits of equal size (``vmin=-top, vmax=top``), or zero leaves the middle.
SIGNED = LinearSegmentedColormap.from_list("cnnviz_signed", list(palette.SIGNED), N=513)
mpl.colormaps.register(SIGNED, force=True)

# The widgets' greys: text, quiet text, lines, and the ground and lines of hatching.
INK, MUTED, LINE, PAD, PAD_LINE = "#16191d", "#59616c", "#d8dce2", "#f4f6f8", "#c9ced6"

_STATIC = resources.files("cnnviz") / "static"

#: What `use_style` sets.
STYLE: Mapping[Any, Any] = mpl.rc_params_from_file(
    str(_STATIC / "cnnviz.mplstyle"), use_default_template=False
)

# What says where matplotlib runs and not how it draws stays the reader's.
_LEFT_ALONE = (
    "animation.ffmpeg_path",
    "backend",
    "figure.max_open_warning",
    "figure.raise_window",
    "interactive",
    "keymap.",
    "macosx.",
    "savefig.directory",
    "tk.",
    "toolbar",
    "webagg.",
)

#: Every setting that drawing and saving read. Pictures are scaled as matplotlib finds best;
#: `use_style` shows every pixel instead.
_COMPLETE: Mapping[str, Any] = {
    name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith(_LEFT_ALONE)
} | {
    **STYLE,
    "image.interpolation": mpl.rcParamsDefault["image.interpolation"],
    "svg.hashsalt": "cnnviz",
}


def use_style() -> None:
    """Make matplotlib's own functions look like the course: quiet axes, the course's colours.

    The ``show_…`` functions look so without it. It changes ``matplotlib.rcParams`` for the rest
    of the program; ``matplotlib.rcdefaults()`` undoes it.

    Examples
    --------
    >>> import matplotlib
    >>> with matplotlib.rc_context():
    ...     use_style()
    ...     matplotlib.rcParams["axes.spines.top"]
    False
    """
    _register_fonts()
    mpl.rcParams.update(STYLE)


# --------------------------------------------------------------------------------------
# Settings

_drawing: ContextVar[bool] = ContextVar("cnnviz_drawing", default=False)


@contextlib.contextmanager
def own_settings(**more: Any) -> Iterator[None]:
    """Draw, or save, with the course's settings alone.

    matplotlib reads some settings when a thing is made and others when it is drawn, so both
    happen in here. Of the reader's settings only a font set on purpose is kept.
    """
    if _drawing.get():  # one show_… function calls another
        yield
        return
    _register_fonts()
    settings: dict[Any, Any] = {**_COMPLETE, "font.family": [*_fonts_on_purpose(), *FAMILY], **more}
    token = _drawing.set(True)
    try:
        with mpl.rc_context(settings):
            yield
    finally:
        _drawing.reset(token)


_P = ParamSpec("_P")
_T = TypeVar("_T")


def with_own_settings(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let a function draw with the course's settings alone."""

    @functools.wraps(function)
    def drawing(*arguments: _P.args, **options: _P.kwargs) -> _T:
        with own_settings():
            return function(*arguments, **options)

    return drawing


# --------------------------------------------------------------------------------------
# Fonts

#: matplotlib's own DejaVu, not the system's of that name, which may be another version; behind it
#: a font of the package for the Chinese terms. What neither holds is drawn as a box, with
#: matplotlib's warning that names the sign.
FAMILY = ("cnnviz Sans", "cnnviz CJK")

#: For the sums of animations.
MONO = ("cnnviz Mono", "cnnviz CJK")


def _entries() -> list[FontEntry]:
    dejavu = Path(mpl.get_data_path()) / "fonts" / "ttf"
    files = (
        ("cnnviz Sans", "normal", 400, dejavu / "DejaVuSans.ttf"),
        ("cnnviz Sans", "normal", 700, dejavu / "DejaVuSans-Bold.ttf"),
        ("cnnviz Sans", "oblique", 400, dejavu / "DejaVuSans-Oblique.ttf"),
        ("cnnviz Sans", "oblique", 700, dejavu / "DejaVuSans-BoldOblique.ttf"),
        ("cnnviz Mono", "normal", 400, dejavu / "DejaVuSansMono.ttf"),
        ("cnnviz Mono", "normal", 700, dejavu / "DejaVuSansMono-Bold.ttf"),
        # One weight for both: matplotlib would say each time that there is no bold one.
        ("cnnviz CJK", "normal", 700, Path(str(_STATIC)) / "fonts" / "cnnviz-cjk.ttf"),
        ("cnnviz CJK", "normal", 400, Path(str(_STATIC)) / "fonts" / "cnnviz-cjk.ttf"),
    )
    return [
        FontEntry(
            fname=str(file),
            name=family,
            style=style,
            variant="normal",
            weight=weight,
            stretch="normal",
            size="scalable",
        )
        for family, style, weight, file in files
    ]


_ENTRIES = _entries()


def _register_fonts() -> None:
    """Make the fonts known under names that no other font has.

    matplotlib forgets them when it looks through the system's fonts anew, so it is asked each time.
    """
    if _ENTRIES[-1] not in fontManager.ttflist:
        fontManager.ttflist.extend(_ENTRIES)


def _fonts_on_purpose() -> list[str]:
    """Return the fonts here that the reader, and not a style, has set; mostly none."""
    now: Mapping[Any, Any] = mpl.rcParams
    family, sans = now["font.family"], now["font.sans-serif"]
    if _is_preset("font.family", family) and (
        family != ["sans-serif"] or _is_preset("font.sans-serif", sans)
    ):
        return []
    generic = ("serif", "sans-serif", "cursive", "fantasy", "monospace")
    wanted: list[str] = []
    for name in family:
        wanted += now[f"font.{name}"] if name in generic else [name]
    here = {entry.name for entry in fontManager.ttflist}
    return [name for name in dict.fromkeys(wanted) if name in here and name not in FAMILY]


def _is_preset(key: str, fonts: list[str]) -> bool:
    """Tell fonts that came with matplotlib, a style of its own, or `use_style`."""
    default: Mapping[Any, Any] = mpl.rcParamsDefault
    return fonts in (default[key], STYLE.get(key)) or fonts in _fonts_of_styles()[key]


@functools.cache
def _fonts_of_styles() -> Mapping[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {
        "font.family": [["xkcd", "xkcd Script", "Comic Neue", "Comic Sans MS"]],  # pyplot.xkcd()
        "font.sans-serif": [],
    }
    for file in (Path(mpl.get_data_path()) / "stylelib").glob("*.mplstyle"):
        style: Mapping[Any, Any] = mpl.rc_params_from_file(str(file), use_default_template=False)
        for key, fonts in found.items():
            if key in style:
                fonts.append(style[key])
    return found
