"""Formulas as native MathML: a Sphinx math renderer without a script.

MathJax would be a third of a megabyte of script from somebody else's server, on pages that promise
to work from a folder, without a network, without JavaScript. Browsers set MathML themselves.
`cnnviz.export.mathml` does the translation; what can't be translated is a Sphinx warning, so that
``make book`` fails on it.
"""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from cnnviz.export.mathml import UnsupportedFormulaError, convert

logger = logging.getLogger(__name__)


def _translated(node: nodes.Element, display: bool) -> str:
    """Return the node's MathML; warn and return its TeX when it can't be translated."""
    try:
        return convert(node.astext(), display)
    except UnsupportedFormulaError as error:
        logger.warning("formula not translated: %s", error, location=node, type="math")
        return f"<code>{escape(node.astext())}</code>"


def visit_inline(self: Any, node: nodes.math) -> None:
    """Write an inline formula."""
    self.body.append(f'<span class="math">{_translated(node, False)}</span>')
    raise nodes.SkipNode


def visit_display(self: Any, node: nodes.math_block) -> None:
    """Write a displayed formula, its number, and the link to it."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(f'<div class="math-scroll">{_translated(node, True)}</div>')
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer; ``html_math_renderer: mathml`` selects it."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
