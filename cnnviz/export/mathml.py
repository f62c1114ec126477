"""Formulas as native MathML, which browsers set themselves, without a script.

latex2mathml does the translation; this module adds what browsers' MathML (MathML Core) needs beyond
that, and refuses what can't be translated. It needs latex2mathml, which the course installs.
"""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement, tostring

from latex2mathml.converter import Converter

__all__ = ["UnsupportedFormulaError", "convert"]

# The course's colours carry one meaning each (cnnviz.figures.COLOURS). A formula names the light
# tone, which JupyterLab can set too; the page's style sheet picks the tone for light or dark.
COLOUR_CLASSES = {
    "#0072b2": "cnnviz-input",
    "#b34700": "cnnviz-kernel",
    "#00754f": "cnnviz-output",
    "#9b4d7a": "cnnviz-gradient",
}

# One number stands beside the whole formula, so environments that number rows become ones that
# don't; latex2mathml knows "split" but not "aligned".
ALIGNED = re.compile(r"\\(begin|end)\{(?:align|aligned|alignat|alignedat|eqnarray)\*?\}")
CENTRED = re.compile(r"\\(begin|end)\{(?:gather|gathered|multline)\*?\}")
PLAIN = re.compile(r"\\(?:begin|end)\{equation\*?\}|\\(?:nonumber|notag)\b|\\label\{[^}]*\}")

OPENING, CLOSING = {"⌊", "⌈", "(", "[", "{", "⟨"}, {"⌋", "⌉", ")", "]", "}", "⟩"}
FENCE_NAMES = {r"\lfloor": "⌊", r"\rfloor": "⌋", r"\lceil": "⌈", r"\rceil": "⌉"}
RELATIONS = set("=<>≤≥≠≈≡∼∝∈→⟶⇒⟹↦")
BARS, SIGNS = {"|", "‖"}, {"−", "+", "±"}
BINARY = set("+−±·×÷∗⋆⊛,")
LONG = 16  # characters: an inline formula longer than that may be broken across lines


class UnsupportedFormulaError(ValueError):
    """A formula that latex2mathml leaves wholly or partly untranslated."""


def convert(tex: str, display: bool = False) -> str:
    r"""Translate a formula to MathML.

    Parameters
    ----------
    tex : str
        TeX without its dollar signs.
    display : bool
        Whether the formula stands on a line of its own.

    Returns
    -------
    str
        A ``<math>`` element, or several with places to break a line between them when an inline
        formula is long.

    Raises
    ------
    UnsupportedFormulaError
        When braces don't match, or some command is not known.

    Examples
    --------
    >>> convert(r"k^2")
    '<math alttext="k^2"><mrow><msup><mi>k</mi><mn>2</mn></msup></mrow></math>'
    >>> convert(r"\notacommand{x}")
    Traceback (most recent call last):
        ...
    cnnviz.export.mathml.UnsupportedFormulaError: '\\notacommand' in '\\notacommand{x}'
    """
    tex = tex.strip()
    _check_braces(tex)
    root = Element("math", {"display": "block"} if display else {})
    root.set("alttext", tex)
    try:
        converted = Converter(display="block" if display else "inline").convert_to_element(
            _prepare(tex)
        )
    except Exception as error:  # the library has no common base class for what it raises
        raise UnsupportedFormulaError(f"{type(error).__name__} {error} in {tex!r}") from error
    root.extend(converted)
    for element in root.iter():
        # latex2mathml keeps character references in its tree as text.
        element.text = unescape(element.text) if element.text else element.text
    _check_text(root, tex)
    for element in list(root.iter()):
        _mend_fence(element)
    for element in list(root.iter()):
        _group_matrices(element)
    for element in list(root.iter()):
        _mend_forms(element)
        _mend_letters(element)
        _mend_function_names(element)
        _mend_colour(element)
        if element.tag == "mtable":
            _mend_table(element)
    pieces = [root] if display else _break_points(root)
    return "<wbr>".join(tostring(piece, encoding="unicode") for piece in pieces)


def _prepare(tex: str) -> str:
    """Rewrite the environments that latex2mathml numbers or doesn't know."""
    tex = PLAIN.sub("", tex)
    tex = ALIGNED.sub(r"\\\1{split}", tex)
    tex = CENTRED.sub(r"\\\1{matrix}", tex)
    if r"\\" in tex and r"\begin" not in tex:
        tex = rf"\begin{{split}}{tex}\end{{split}}"
    return tex


def _check_braces(tex: str) -> None:
    """Raise where a brace has no partner; latex2mathml would close it silently."""
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", tex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            break
    if depth:
        raise UnsupportedFormulaError(f"unmatched brace in {tex!r}")


def _check_text(root: Element, tex: str) -> None:
    """Raise when something was passed through as it was written."""
    for element in root.iter():
        text = element.text or ""
        if text in FENCE_NAMES:
            continue
        if element.tag != "mtext" and re.match(r"\\\w|&$", text):
            raise UnsupportedFormulaError(f"{text!r} in {tex!r}")


def _mend_fence(element: Element) -> None:
    """Make ⌊ ⌋ ⌈ ⌉ operators, where latex2mathml has identifiers, and centre asterisks."""
    text = FENCE_NAMES.get(element.text or "", element.text)
    if text == "*":  # an asterisk in the middle of the line, not a raised one
        element.text = "∗"
    if element.tag in ("mi", "mo") and text in {"⌊", "⌋", "⌈", "⌉"}:
        if element.tag == "mi":  # written without \left and \right: stays small
            element.set("stretchy", "false")
        element.tag, element.text = "mo", text
        element.set("form", "prefix" if text in OPENING else "postfix")


def _group_matrices(row: Element) -> None:
    """Put each matrix and its brackets into a row of their own.

    A bracket grows as high as its row: beside a higher matrix it would outgrow its own.
    """
    for table in [child for child in row if child.tag == "mtable"]:
        place = list(row).index(table)
        around = list(row)[max(place - 1, 0) : place + 2]
        if len(row) == 3 or len(around) < 3 or around[0].tag != "mo" or around[2].tag != "mo":
            continue
        if around[0].text in OPENING | BARS and around[2].text in CLOSING | BARS:
            group = Element("mrow")
            for element in around:
                row.remove(element)
                group.append(element)
            row.insert(place - 1, group)


def _mend_forms(row: Element) -> None:
    """Say which bars open and which close, and which signs belong to the number after them.

    A browser guesses an operator's form from its place alone: not first in its row means infix,
    with space on both sides, so that (2, −1) would be set as (2, − 1).
    """
    bars = [child for child in row if child.tag == "mo" and child.text in BARS]
    if len(bars) % 2 == 0:
        for number, bar in enumerate(bars):
            bar.set("form", "postfix" if number % 2 else "prefix")
    for before, sign in pairwise(row):
        closes = before.text in CLOSING or before.get("form") == "postfix"
        if sign.tag == before.tag == "mo" and sign.text in SIGNS and not closes:
            sign.set("form", "prefix")


def _mend_letters(element: Element) -> None:
    r"""Join the letters of ``\mathrm{softmax}``, and set ``\mathsf`` in a way browsers know."""
    for child in element:
        if child.get("mathvariant") == "sans-serif":
            child.set("mathvariant", "normal")
            child.set("class", "math-sans")
    letters = [c for c in element if c.tag == "mi" and c.get("mathvariant") == "normal"]
    if element.tag == "mrow" and len(letters) == len(element) > 1:
        word = "".join(letter.text or "" for letter in letters)
        kind = letters[0].get("class")
        element.clear()
        joined = SubElement(element, "mi", {"class": kind} if kind else {})
        joined.text = word


def _is_function_name(element: Element) -> bool:
    text = element.text or ""
    return element.tag in ("mi", "mo") and len(text) > 1 and text.replace("\u2009", "").isalpha()


def _mend_function_names(row: Element) -> None:
    """Space *log*, *max*, *ReLU* as functions: close to a bracket, a thin space from the rest."""
    if row.tag not in ("mrow", "mtd", "math", "mstyle"):
        return
    children = list(row)
    for index in range(len(children) - 1, -1, -1):
        child = children[index]
        named = child[0] if child.tag in ("msub", "msup", "msubsup") and len(child) else child
        if not _is_function_name(named):
            continue
        named.tag = "mi"
        following = children[index + 1] if index + 1 < len(children) else None
        if following is not None and following.tag in ("mi", "mn", "mfrac", "msub", "msup"):
            row.insert(index + 1, Element("mspace", {"width": "0.167em"}))
        before = children[index - 1] if index else None
        if before is not None and before.tag in ("mi", "mn", "msub", "msup"):
            row.insert(index, Element("mspace", {"width": "0.167em"}))


def _mend_colour(element: Element) -> None:
    """Give a formula's term the class of its colour, so that dark pages get the dark tone."""
    name = COLOUR_CLASSES.get((element.get("mathcolor") or "").lower())
    if name:
        del element.attrib["mathcolor"]
        element.set("class", name)


def _mend_table(table: Element) -> None:
    """Turn the attributes that MathML Core dropped (alignment, spacing, lines) into CSS."""
    aligned = table.get("displaystyle") == "true" and "columnspacing" in table.attrib
    column_lines = (table.attrib.pop("columnlines", "")).split()
    row_lines = (table.attrib.pop("rowlines", "")).split()
    for name in ("rowspacing", "columnspacing", "columnalign"):
        table.attrib.pop(name, None)
    if aligned:
        table.set("class", "math-aligned")
    for row_number, row in enumerate(table):
        for column, cell in enumerate(row):
            style = []
            if alignment := cell.attrib.pop("columnalign", ""):
                style.append(f"text-align:{alignment}")
            if column < len(column_lines) and column_lines[column] != "none":
                style.append("border-right:1px solid")
            if row_number < len(row_lines) and row_lines[row_number] != "none":
                style.append("border-bottom:1px solid")
            if style:
                cell.set("style", ";".join(style))


def _break_points(root: Element) -> list[Element]:
    """Cut a long inline formula after its outermost relations and sums.

    Browsers don't break MathML across lines; on a phone an uncut formula would push the page wide.
    """
    row = root[0] if len(root) == 1 and root[0].tag == "mrow" else root
    if sum(len(element.text or "") for element in row.iter()) <= LONG:
        return [root]
    groups: list[list[Element]] = [[]]
    depth = 0
    children = list(row)
    for index, child in enumerate(children):
        groups[-1].append(child)
        text = child.text or ""
        depth += (text in OPENING) - (text in CLOSING)
        infix = child.tag == "mo" and index > 0 and children[index - 1].tag != "mo"
        if depth == 0 and infix and (text in RELATIONS or text in BINARY):
            groups.append([])
    groups = [group for group in groups if group]
    if len(groups) == 1:
        return [root]
    pieces = []
    for number, group in enumerate(groups):
        piece = Element("math", {"alttext": root.get("alttext", "")} if number == 0 else {})
        inner = SubElement(piece, "mrow")
        inner.extend(group)
        if number < len(groups) - 1:
            group[-1].set("form", "infix")  # at a row's end it would count as a postfix operator
        pieces.append(piece)
    return pieces
