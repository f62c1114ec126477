"""Make the built site light: a page loads what it needs, and the widgets' scripts first.

The theme brings an icon library of 1.5 MB, its font, a style sheet of 400 kB and the search index
to every page. When the site is built, each page gets instead

- its style in its head, holding the rules that the page has an element for: it is painted when its
  first kilobytes are there, with no second request;
- the widgets' scripts next, asked for where the first widget stands, and only those of its views;
- last the theme's own scripts, as one, without the search index, which only the search page needs;
- a dozen icons, drawn in the page;
- its pictures as WebP where that is smaller, with their sizes, so that nothing jumps.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import io
import json
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tinycss2
from PIL import Image, features
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from cnnviz.files import replacing
from cnnviz.widgets import _page

__all__ = ["icon", "lighten", "purge", "setup", "webp", "without_idle_properties"]

#: Sheets in the order in which the theme loads them; ours come last and whole.
PURGED = (
    "basic.css",  # by way of styles/theme.css
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "togglebutton.css",
    "copybutton.css",
    "mystnb.*.css",
    "exercise.css",
    "sphinx-design.min.css",
)
WHOLE = ("cnnviz.css", "site.css")

#: The theme's scripts that a page still needs, in their order.
SCRIPTS = (
    "doctools.js",
    "sphinx_highlight.js",
    "clipboard.min.js",
    "copybutton.js",
    "scripts/sphinx-book-theme.js",
    "togglebutton.js",
    "scripts/pydata-sphinx-theme.js",
    "site.js",
)
#: What the search page needs on top of that.
SEARCH = ("_static/language_data.js", "_static/searchtools.js", "searchindex.js")
#: What the theme's script takes from Bootstrap, 81 kB: tooltips, which a browser shows by itself.
BOOTSTRAP = "window.bootstrap ??= { Tooltip: class {} };"

#: Icons by their names in the theme's markup, as strokes on 24 × 24.
ICONS = {
    "magnifying-glass": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "sun": '<circle cx="12" cy="12" r="4"/><path d="M12 2.5v3m0 13v3M2.5 12h3m13 0h3M5.3 5.3'
    'l2.1 2.1m9.2 9.2 2.1 2.1m0-13.4-2.1 2.1m-9.2 9.2-2.1 2.1"/>',
    "moon": '<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"/>',
    "circle-half-stroke": '<circle cx="12" cy="12" r="8.5"/>'
    '<path d="M12 3.5a8.5 8.5 0 0 1 0 17z" fill="currentColor"/>',
    "arrow-up": '<path d="M12 20V4m-7 7 7-7 7 7"/>',
    "angle-right": '<path d="m9 5 7 7-7 7"/>',
    "angle-left": '<path d="m15 5-7 7 7 7"/>',
    "list": '<path d="M8.5 6H21M8.5 12H21M8.5 18H21M3.5 6h.1m-.1 6h.1m-.1 6h.1"/>',
    "bars": '<path d="M3 6h18M3 12h18M3 18h18"/>',
    "outdent": '<path d="M3 5h18M11 10h10M11 14h10M3 19h18M7 9l-3 3 3 3"/>',
    "download": '<path d="M12 3v12m-5-5 5 5 5-5M4 20h16"/>',
}

#: What only scripts add that the site leaves out; their words stand in the theme's own.
_NEVER = re.compile(r"[.#](?:dropdown|list-group|tooltip|bs-|version-switcher|bd-header-version)")
_ICON = re.compile(r'<(i|span) class="([^"]*\bfa[srb]?(?:-solid)? [^"]*)"([^>]*)>\s*</\1>')
# What the theme's rules have no use for: they are joined already, and the icon font is left out.
_LEFT_OUT = ("charset", "import", "font-face")
_URL = re.compile(r"""url\((["']?)(?!data:|#|https?:)""")
# A rule that writes a character of the icon font.
_ICON_GLYPH = re.compile(r"""content:\s*(?:var\(--pst-icon|["']\\?[\uE000-\uF8FFf])""")
# Code that has no colour of its own: names, punctuation, space.
_PLAIN_SPAN = re.compile(r'<span class="(?:n|p|w|nn)">([^<]*)</span>')
_SHEET = re.compile(r'\s*<link\b[^>]*rel="stylesheet"[^>]*/>')
_SCRIPT = re.compile(r'\s*<script\b[^>]*\bsrc="[^"]*"[^>]*></script>')
_PRELOAD = re.compile(r'\s*<link rel="preload" as="script"[^>]*/>')
_WIDGET = re.compile(r'(<cnnviz-widget view="(\w+)" state=")([^"]*)(">\s*<img src=")([^"]*)(")')
_PICTURE = re.compile(r'<img\b[^>]*?src="([^"]*_images/([^"/]+))"[^>]*>')


def lighten(site: Path, cache: Path) -> None:
    """Rewrite every page below `site`, the folder of a finished build.

    Parameters
    ----------
    site : Path
        Where ``index.html`` and ``_static`` lie. Pages that were lightened before stay as they are.
    cache : Path
        The folder of packed pictures, for `webp`; it is made where it is missing.
    """
    cache.mkdir(exist_ok=True)
    static = site / "_static"
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    pages = {path: text for path, text in texts.items() if "_static/course.js" not in text}
    script = ";\n".join([BOOTSTRAP, *(_read(static, name) for name in SCRIPTS)])
    script = re.sub(r"^//# sourceMappingURL=.*$", "", script, flags=re.MULTILINE)
    version = _write(static / "course.js", script)
    theme = "\n".join(_read(static, name) for name in PURGED)
    ours = _squeezed("".join(_read(static, name) for name in WHOLE))
    options = _read(static, "documentation_options.js")
    drawn = sorted((site / "_images").glob("*.png"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        packed = pool.map(lambda path: webp(path, cache), drawn)
        pictures = {path.name: new for path, new in zip(drawn, packed, strict=True)}
    for path, page in pages.items():
        root = "../" * (len(path.relative_to(site).parts) - 1)
        scripts = _widget_scripts(page)
        style = without_idle_properties(purge(theme, _words(page, script)) + ours)
        page = _with_assets(page, root, scripts, style, options)
        last = [f"_static/course.js?v={version}", *(SEARCH if path.name == "search.html" else ())]
        page = page.replace("</body>", "\n".join([*_deferred(root, last), "</body>"]), 1)
        page = _ICON.sub(_with_icon, page)
        page = _PLAIN_SPAN.sub(r"\1", page)
        page = _WIDGET.sub(_lighter_widget, page)
        path.write_text(_with_pictures(page, pictures), encoding="utf-8")


# ---- pages ---------------------------------------------------------------------------------------


def _widget_scripts(page: str) -> list[str]:
    """Return what the widgets of a page need, in the order in which it has to run."""
    views = sorted({match[2] for match in _WIDGET.finditer(page)})
    return ["_static/page.js", *(f"_static/views/{view}.js" for view in views)] if views else []


def _with_assets(page: str, root: str, scripts: list[str], style: str, options: str) -> str:
    """Return a page with its style in its head and its widgets' scripts before its first widget."""
    for pattern in (_SHEET, _PRELOAD, _SCRIPT):
        page = pattern.sub("", page)
    style = _URL.sub(rf"url(\1{root}_static/", style)
    # The options are set before the inline scripts that add to them.
    first = f"<style>{style}</style>\n<script>{options.strip()}</script>\n"
    page = page.replace("<title>", f"{first}<title>", 1)
    return page.replace("<cnnviz-widget", f"{_early(root, scripts)}<cnnviz-widget", 1)


def _early(root: str, names: list[str]) -> str:
    """Return a script that gets others, which run in this order, each as soon as it is there.

    A deferred script would wait until the whole page has been read.
    """
    sources = json.dumps([f"{root}{name}" for name in names])
    made = 'Object.assign(document.createElement("script"), { src, async: false })'
    return f"<script>for (const src of {sources}) document.head.append({made});</script>"


def _deferred(root: str, names: Iterable[str]) -> list[str]:
    """Return scripts that run in this order when the page is read; files load them, too."""
    return [f'<script defer src="{root}{name}"></script>' for name in names]


def icon(name: str) -> str:
    """Return an icon as an element to put into a page.

    Raises
    ------
    KeyError
        If there is no drawing of that name.
    """
    return (
        '<svg class="course-icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" '
        'stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
        f"{ICONS[name]}</svg>"
    )


def _with_icon(match: re.Match[str]) -> str:
    tag, classes, rest = match.groups()
    names = [c.removeprefix("fa-") for c in classes.split() if c.startswith("fa-")]
    drawn = next((name for name in names if name in ICONS), None)
    if drawn is None:
        raise ExtensionError(f"site_ext/course_light.py draws no icon for {match[0]}")
    kept = " ".join(c for c in classes.split() if not re.match(r"fa[srb]?(-|$)", c))
    return f'<{tag} class="{kept}"{rest}>{icon(drawn)}</{tag}>'


def _lighter_widget(match: re.Match[str]) -> str:
    """Return a widget's element with its pictures packed better; they show the same."""
    start, _, state, between, picture, end = match.groups()
    lighter = json.dumps(
        _page.lighter(json.loads(html.unescape(state))), separators=(",", ":"), ensure_ascii=False
    )
    image = Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2])))
    return start + html.escape(lighter) + between + _page.small(image) + end


# ---- pictures ------------------------------------------------------------------------------------


def webp(path: Path, cache: Path) -> tuple[str, tuple[int, int]]:
    """Write a PNG beside itself as WebP if that is smaller.

    A drawing stays as it is, pixel for pixel. A photograph may change by less than the eye sees:
    one grey level of 255 on average, and at most 24 in one pixel of a thousand.

    Parameters
    ----------
    path : Path
        The PNG file.
    cache : Path
        A folder where what was packed once is found again, by its content.

    Returns
    -------
    name : str
        Of the smaller file.
    size : (int, int)
        Width and height in pixels.
    """
    png = path.read_bytes()
    key = hashlib.sha256(_recipe() + png).hexdigest()
    known = cache / f"{key}.webp"
    if not known.exists():
        with replacing(known) as temporary:
            temporary.write_bytes(_smaller(png))
    data = known.read_bytes()
    if data:
        path.with_suffix(".webp").write_bytes(data)
    with Image.open(io.BytesIO(png)) as picture:
        return path.with_suffix(".webp" if data else ".png").name, picture.size


@functools.cache
def _recipe() -> bytes:
    """Return what a packed picture depends on besides the picture: this file, and the encoder."""
    return Path(__file__).read_bytes() + str(features.version("webp")).encode()


def _smaller(png: bytes) -> bytes:
    """Return a PNG as WebP; nothing if none is smaller."""
    picture = Image.open(io.BytesIO(png))
    colours = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    candidates = [_packed(colours, lossless=True, quality=100)]
    for quality in () if _is_drawing(colours) else (80, 90):
        data = _packed(colours, quality=quality)
        if _looks_same(colours, Image.open(io.BytesIO(data)).convert(colours.mode)):
            candidates.append(data)
            break
    smallest = min(candidates, key=len)
    return smallest if len(smallest) < len(png) else b""


def _packed(picture: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", method=4, **options)
    return buffer.getvalue()


def _is_drawing(picture: Image.Image) -> bool:
    """Tell lines, text and flat cells from a photograph: most pixels are as the one before."""
    pixels = np.asarray(picture)
    return bool((pixels[:, 1:] == pixels[:, :-1]).all(axis=-1).mean() > 0.9)


def _looks_same(one: Image.Image, other: Image.Image) -> bool:
    difference = np.abs(np.asarray(one, dtype=np.int16) - np.asarray(other, dtype=np.int16))
    return bool(difference.mean() <= 1 and np.quantile(difference.max(axis=-1), 0.999) <= 24)


def _with_pictures(page: str, pictures: dict[str, tuple[str, tuple[int, int]]]) -> str:
    for name, (new, _) in pictures.items():
        page = page.replace(f"_images/{name}", f"_images/{new}")
    sizes = dict(pictures.values())

    def sized(match: re.Match[str]) -> str:
        if match[2] not in sizes:
            return match[0]
        width, height = sizes[match[2]]
        there = "" if "width=" in match[0] else f' width="{width}" height="{height}"'
        return match[0].replace("<img", f'<img loading="lazy" decoding="async"{there}', 1)

    return _PICTURE.sub(sized, page)


# ---- style ---------------------------------------------------------------------------------------


def purge(sheet: str, words: set[str]) -> str:
    """Return the rules of a style sheet that may apply to something.

    Parameters
    ----------
    sheet : str
        CSS.
    words : set of str
        Every class and id of the pages, and every word of their scripts, which may add classes.

    Returns
    -------
    str
        The rules of which some selector names only classes and ids among `words`.

    Examples
    --------
    >>> purge(".a .b { top: 0 } .a, .c { left: 0 } @media print { .b { top: 0 } }", {"a"})
    '.a{left:0}'
    """
    return "".join(_kept(_tree(sheet), words))


@dataclass(frozen=True)
class _Rule:
    """A rule, or a group of rules such as ``@media``: what is written before and in its braces."""

    selectors: tuple[tuple[str, frozenset[str]], ...] = ()  # each with the names it needs
    text: str = ""
    rules: tuple[_Rule, ...] | None = None


@functools.cache  # each page takes some of the same rules
def _tree(sheet: str) -> tuple[_Rule, ...]:
    nodes = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    return tuple(_read_rules(nodes))


def _read_rules(nodes: Iterable[Any]) -> Iterator[_Rule]:
    for node in nodes:
        if node.type == "qualified-rule":
            content = tinycss2.serialize(node.content)
            selectors = [s for s in _selectors(node.prelude) if not _NEVER.search(s)]
            if selectors and not _ICON_GLYPH.search(content):
                named = tuple((s, _names(s)) for s in selectors)
                yield _Rule(named, f"{{{_compact(content)}}}")
        elif node.type != "at-rule" or node.lower_at_keyword in _LEFT_OUT:
            continue
        elif node.lower_at_keyword in ("media", "supports", "container"):
            inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            prelude = tinycss2.serialize(node.prelude).strip()
            yield _Rule((), f"@{node.lower_at_keyword} {prelude}", tuple(_read_rules(inner)))
        else:
            yield _Rule((), _compact(node.serialize()))


def _kept(rules: Iterable[_Rule], words: set[str]) -> Iterator[str]:
    for rule in rules:
        if rule.rules is not None:
            if text := "".join(_kept(rule.rules, words)):
                yield f"{rule.text}{{{text}}}"
        elif not rule.selectors:
            yield rule.text
        elif alive := [selector for selector, names in rule.selectors if names <= words]:
            yield f"{','.join(alive)}{rule.text}"


def _selectors(prelude: list[Any]) -> list[str]:
    """Return the selectors of a rule; a comma within brackets separates none."""
    parts: list[list[Any]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return [tinycss2.serialize(part).strip() for part in parts]


def _compact(text: str) -> str:
    """Return declarations without comments and needless space."""
    return re.sub(r"\s*([:;{},])\s*", r"\1", _squeezed(text)).strip().rstrip(";")


def _squeezed(text: str) -> str:
    """Return CSS without comments, with a space where there was some."""
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


def _names(selector: str) -> frozenset[str]:
    """Return the classes and ids without which a selector finds nothing."""
    bare = selector
    while (inner := re.sub(r":(?:not|is|where|has)\([^()]*\)", "", bare)) != bare:
        bare = inner
    names = re.findall(r"[.#]((?:\\.|[\w-])+)", re.sub(r"\[[^\]]*\]", "", bare))
    return frozenset(name.replace("\\", "") for name in names)


def without_idle_properties(sheet: str) -> str:
    """Return a style sheet without the custom properties that nothing in it refers to.

    Examples
    --------
    >>> without_idle_properties(":root{--a:1px;--b:2px}p{top:var(--b)}")
    ':root{--b:2px}p{top:var(--b)}'
    """
    used = set(re.findall(r"var\(\s*(--[\w-]+)", sheet))
    return re.sub(
        r"(?<=[{;])(--[\w-]+):[^;{}]*(?:;|(?=\}))",
        lambda match: match[0] if match[1] in used else "",
        sheet,
    )


def _words(page: str, script: str) -> set[str]:
    """Return what a selector may name: the classes and ids of a page, the words of its script.

    Shorter words of a script are its variables, and stand for tokens of code in the theme.
    """
    found = set(re.findall(r"[\w-]{3,}", script))
    for names in re.findall(r'\b(?:class|id)="([^"]*)"', page):
        found.update(names.split())
    return found


# ---- files ---------------------------------------------------------------------------------------


def _read(static: Path, name: str) -> str:
    """Return a file's text; an asterisk stands for the hash that a tool puts into its name."""
    paths = sorted(static.glob(name))
    if not paths:
        raise ExtensionError(f"the theme has no {name} any more: see site_ext/course_light.py")
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def _write(path: Path, text: str) -> str:
    """Write a file; return its version, which a changed content changes."""
    path.write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _finish(app: Sphinx, problem: Exception | None) -> None:
    if problem is None and app.builder.format == "html":
        lighten(Path(app.outdir), Path(app.outdir).parent / ".webp")  # outlives the site


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the end of the build."""
    app.connect("build-finished", _finish, priority=900)  # after those that copy files
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
