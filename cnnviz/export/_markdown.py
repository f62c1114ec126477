"""MyST Markdown as HTML that needs nothing else: the part of MyST that chapters use."""

# mypy: allow-untyped-calls
from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import TextLexer, get_lexer_by_name  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

from cnnviz.export._bibliography import Bibliography
from cnnviz.export.mathml import UnsupportedFormulaError, convert

__all__ = ["Markdown", "split_options"]

ADMONITIONS = (
    *("attention", "caution", "danger", "error", "hint", "important", "note", "seealso", "tip"),
    "warning",
)
LABELLED = re.compile(r"^\(([^()\s]+)\)=\s*\n+(?:#+[ \t]+(.*))?", re.MULTILINE)
EXERCISE = re.compile(
    r"^(?:`{3,}|:{3,})\{exercise(?:-start)?\}[ \t]*(.*)\n(?:[ \t]*:(?!label:).*\n)*"
    r"[ \t]*:label:[ \t]*(\S+)",
    re.MULTILINE,
)
TITLE = re.compile(r"^#[ \t]+(.+)", re.MULTILINE)
TARGET = re.compile(r"^(.*?)\s*<([^<>]+)>$", re.DOTALL)


def split_options(content: str) -> tuple[dict[str, str], str]:
    r"""Part a directive's ``:name: value`` lines from its text.

    Examples
    --------
    >>> split_options(":class: tip\n\nDecide.")
    ({'class': 'tip'}, 'Decide.')
    """
    options: dict[str, str] = {}
    lines = content.splitlines()
    while lines and (match := re.match(r"\s*:([\w-]+):\s*(.*)", lines[0])):
        options[match[1]] = match[2].strip()
        lines.pop(0)
    return options, "\n".join(lines).strip("\n")


def title_in(text: str) -> str:
    r"""Return the first title of a text as plain words; empty if there is none.

    Examples
    --------
    >>> title_in("# Sums *and* `means`\n\n## Sums")
    'Sums and means'
    """
    title = TITLE.search(text)
    return re.sub(r"[`*_]|\{[\w:-]+\}", "", title[1]).strip() if title else ""


class Markdown:
    """A renderer for all cells of one notebook, so that they can refer to one another.

    The parameters are those of `cnnviz.export._cells.Chapter`.
    """

    def __init__(
        self,
        *,
        name: str,
        folder: Path,
        ending: str,
        bibliography: Bibliography,
        warn: Callable[[str], None],
    ) -> None:
        self.folder, self.ending, self.bibliography, self.warn = folder, ending, bibliography, warn
        number = re.match(r"0*(\d+)-", name)
        self.prefix = f"{number[1]}." if number else ""  # as the site numbers exercises
        self.exercises: dict[str, str] = {}  # label: its name, "Exercise 3.1"
        self.labels: dict[str, str] = {}  # label: the words that stand for it
        self.equations: dict[str, int] = {}
        self.neighbours: dict[Path, str] = {}
        self.parser = self._parser()

    def learn(self, sources: Sequence[str]) -> str:
        """Read all cells' labels before the first is rendered; return the notebook's title."""
        text = "\n\n".join(sources)
        self.labels |= {label: words or label for label, words in LABELLED.findall(text)}
        for number, (title, label) in enumerate(EXERCISE.findall(text), 1):
            self.exercises[label] = f"Exercise {self.prefix}{number}"
            self.labels[label] = f"{self.exercises[label]}: {title}"
        for label in re.findall(r"^\$\$[ \t]*\(([^()\s]+)\)", text, re.MULTILINE):
            self.equations[label] = len(self.equations) + 1
        return title_in(text)

    def render(self, source: str, attachments: dict[str, Any] | None = None) -> str:
        """Return a cell's text as HTML."""
        html: str = self.parser.render(source, {"attachments": attachments or {}})
        return html

    def box(self, kind: str, argument: str, options: dict[str, str]) -> tuple[str, str]:
        """Return how the box of an exercise or of its folded solution opens, and how it closes."""
        if kind == "exercise":
            label = options.get("label", "")
            name = self.exercises.get(label, "Exercise")
            title = f"{name}: {argument}" if argument else name
            opening = f'<div class="admonition exercise" id="{escape(label)}">'
            return opening + f'<p class="admonition-title">{self._inline(title)}</p>', "</div>"
        of = self.exercises.get(argument)
        title = f"Solution to {of}" if of else "Solution"
        summary = f'<summary class="admonition-title">{escape(title)}</summary>'
        return f'<details class="admonition solution">{summary}', "</details>"

    # --- the parser and what each kind of token becomes ------------------------------------------

    def _parser(self) -> MarkdownIt:
        parser = MarkdownIt("commonmark", {"html": True, "typographer": True})
        parser.enable(["table", "strikethrough", "smartquotes"])
        for plugin in (myst_block_plugin, myst_role_plugin, colon_fence_plugin):
            parser.use(plugin)
        for plugin in (amsmath_plugin, attrs_plugin, deflist_plugin, footnote_plugin):
            parser.use(plugin)
        parser.use(dollarmath_plugin, allow_labels=True, double_inline=True)
        rules: dict[str, Any] = {
            "fence": self._fence,
            "colon_fence": self._fence,
            "myst_role": self._role,
            "myst_target": lambda t, i, *_: f'<span id="{escape(t[i].content)}"></span>',
            "myst_line_comment": lambda *_: "",
            "myst_block_break": lambda *_: "",
            "math_inline": lambda t, i, *_: self._formula(t[i].content),
            "math_inline_double": lambda t, i, *_: self._formula(t[i].content, display=True),
            "math_block": lambda t, i, *_: self._formula(t[i].content, display=True),
            "math_block_label": lambda t, i, *_: self._numbered(t[i].content, t[i].info),
            "amsmath": lambda t, i, *_: self._formula(t[i].content, display=True),
            "image": self._image,
            "table_open": lambda *_: '<div class="scroll"><table>\n',
            "table_close": lambda *_: "</table></div>\n",
        }
        assert isinstance(parser.renderer, RendererHTML)
        parser.renderer.rules.update(rules)
        return parser

    def _inline(self, text: str) -> str:
        html: str = self.parser.renderInline(text, {"attachments": {}})
        return html

    def _formula(self, tex: str, display: bool = False) -> str:
        try:
            mathml = convert(tex, display)
        except UnsupportedFormulaError as error:
            self.warn(f"formula not translated: {error}")
            mathml = f"<code>{escape(tex)}</code>"
        return f'<div class="math">{mathml}</div>\n' if display else mathml

    def _numbered(self, tex: str, label: str) -> str:
        number = f'<span class="eqno">({self.equations.get(label, "?")})</span>'
        return (
            f'<div class="equation" id="{escape(label)}">{self._formula(tex, True)}{number}</div>'
        )

    def _fence(self, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
        token = tokens[index]
        match = re.match(r"\{([\w:-]+)\}[ \t]*(.*)", token.info.strip())
        if match is None:
            return coloured(token.content, token.info.split(" ")[0])
        return self._directive(match[1], match[2].strip(), token.content, env)

    def _directive(self, name: str, argument: str, content: str, env: Any) -> str:
        options, body = split_options(content)
        if name == "math":
            return self._formula(body, display=True)
        if name in ("code", "code-block", "code-cell"):
            return coloured(body, argument)
        if name in ("image", "figure"):
            picture = self._picture(argument, options.get("alt", ""), env)
            caption = f"<figcaption>{self.parser.render(body, env)}</figcaption>" if body else ""
            return f"<figure>{picture}{caption}</figure>"
        if name in ("exercise", "solution"):
            opening, closing = self.box(name, argument, options)
            return f"{opening}{self.parser.render(body, env)}{closing}"
        if name == "admonition" or name in ADMONITIONS:
            title = argument if name == "admonition" else name.capitalize()
            if name != "admonition" and argument:  # a note's text may begin on its first line
                body = f"{argument}\n{body}"
            return self._admonition(title, f"{name} {options.get('class', '')}", body, env)
        self.warn(f"{{{name}}} is shown as it is written")
        return f"<pre>{escape(content)}</pre>"

    def _admonition(self, title: str, classes: str, body: str, env: Any) -> str:
        names = escape(" ".join(dict.fromkeys(["admonition", *classes.split()])))
        text = self.parser.render(body, env)
        if "dropdown" in classes.split():
            summary = f'<summary class="admonition-title">{self._inline(title)}</summary>'
            return f'<details class="{names}">{summary}{text}</details>\n'
        heading = f'<p class="admonition-title">{self._inline(title)}</p>'
        return f'<div class="{names}">{heading}{text}</div>\n'

    def _role(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        name, content = tokens[index].meta["name"], tokens[index].content.strip()
        match = TARGET.match(content)
        words, target = match.groups() if match else ("", content)
        if name.split(":")[0] == "cite":
            keys = [key.strip() for key in content.split(",")]
            missing = [key for key in keys if key not in self.bibliography.works]
            if missing:
                self.warn(f"not in the bibliography: {', '.join(missing)}")
            return self.bibliography.cite(keys, in_text=name.endswith(":t"))
        if name == "doc":
            return self._to_chapter(target, words)
        if name in ("ref", "numref", "eq"):
            return self._to_label(target, words)
        if name == "math":
            return self._formula(content)
        if name in ("sub", "sup"):
            return f"<{name}>{escape(content)}</{name}>"
        return f"<code>{escape(words or content)}</code>"

    def _to_chapter(self, target: str, words: str) -> str:
        href = f"{target}{self.ending}"
        return f'<a href="{escape(href)}">{escape(words or self._title_of(target))}</a>'

    def _title_of(self, target: str) -> str:
        return title_in(self._neighbour(self.folder / target)) or target

    def _neighbour(self, path: Path) -> str:
        """Return the text of another document, which is read once."""
        if path not in self.neighbours:
            self.neighbours[path] = _text_of(path)
        return self.neighbours[path]

    def _to_label(self, label: str, words: str) -> str:
        if label in self.equations:
            return f'<a href="#{escape(label)}">{words or f"({self.equations[label]})"}</a>'
        if label in self.labels:
            return f'<a href="#{escape(label)}">{self._inline(words or self.labels[label])}</a>'
        for path in sorted({p.with_suffix("") for p in self.folder.glob("*.ipynb")}):
            if f"({label})=" in self._neighbour(path):
                href = f"{path.name}{self.ending}#{label}"
                return f'<a href="{escape(href)}">{self._inline(words or label)}</a>'
        return self._inline(words or label)

    def _image(self, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
        token = tokens[index]
        return self._picture(str(token.attrs.get("src", "")), token.content, env)

    def _picture(self, source: str, alt: str, env: Any) -> str:
        """Return an image whose file, if it is at hand, is part of the page."""
        attached = env.get("attachments", {}).get(source.removeprefix("attachment:"))
        file = self.folder / source
        if source.startswith("attachment:") and attached:
            kind, data = next(iter(attached.items()))
            source = f"data:{kind};base64,{data}"
        elif not re.match(r"[\w+.-]+:|//", source) and file.is_file():
            kind = mimetypes.guess_type(source)[0] or "application/octet-stream"
            source = f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode('ascii')}"
        return f'<img src="{escape(source)}" alt="{escape(alt)}">'


def coloured(code: str, language: str) -> str:
    """Return code as HTML, its words marked if the language is known."""
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        lexer = TextLexer()
    html: str = highlight(code, lexer, HtmlFormatter())
    return html


def _text_of(path: Path) -> str:
    """Return the Markdown of a neighbouring document; empty if there is none."""
    notebook, text = path.with_name(f"{path.name}.ipynb"), path.with_name(f"{path.name}.md")
    if notebook.is_file():
        cells = nbformat.read(notebook, as_version=4).cells
        return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return text.read_text(encoding="utf-8") if text.is_file() else ""
