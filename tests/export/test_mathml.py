"""TeX to MathML."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cnnviz.export import mathml
from cnnviz.export.mathml import UnsupportedFormulaError, convert

ROOT = Path(__file__).resolve().parents[2]


def parse(tex, display=True):
    return ElementTree.fromstring(convert(tex, display))


def operators(root):
    return [(mo.text, mo.get("form")) for mo in root.iter("mo")]


FORMULAS = [
    r"\left\lfloor \frac{n + 2p - d(k - 1) - 1}{s} \right\rfloor + 1",
    r"\begin{bmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \end{bmatrix}",
    r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\begin{aligned} a &= b < c \\ &= d \end{aligned}",
    r"\begin{array}{r|cc} 1 & 2 & 3 \\ \hline 4 & 5 & 6 \end{array}",
    r"c_j = \mathbf{m}^{\mathsf T} x_{j-|\mathbf{m}|+1:j}",
    r"\frac{\partial L}{\partial w_j} = \sum_i \frac{\partial L}{\partial y_i}\, x_{i+j}",
    r"\operatorname{ReLU}(x) = \max(0, x) \quad \hat{y} \in \mathbb{R}^{C \times H \times W}",
    r"\mathcal{F}^{-1}\left\{\mathcal{F}\{f\} \odot \mathcal{F}\{g\}\right\}",
    r"\underbrace{5 \cdot 5 + 1}_{\text{one kernel}} \cdot 3 = 78",
    r"\text{卷积核}",
]


@pytest.mark.parametrize("tex", FORMULAS)
@pytest.mark.parametrize("display", [True, False])
def test_formulas_are_translated_whole(tex, display):
    mathml = convert(tex, display)
    root = ElementTree.fromstring(f"<span>{mathml.replace('<wbr>', '')}</span>")
    visible = "".join(root.itertext())
    assert not re.search(r"\\|&|begin|left|right", visible)
    assert root[0].get("alttext") == tex


@pytest.mark.parametrize(
    "tex",
    [r"\notacommand{x}", r"\frac{a}{b", r"a}", r"\begin{matrix} 1", r"\newcommand{\k}{3} \k + \z"],
)
def test_what_cannot_be_translated_is_an_error_that_shows_it(tex):
    with pytest.raises(UnsupportedFormulaError, match=re.escape(repr(tex))):
        convert(tex)


def test_floor_brackets_grow_around_a_fraction_and_close_in_on_a_letter():
    grown = parse(r"\left\lfloor \frac{n}{s} \right\rfloor")
    assert [mo.get("stretchy") for mo in grown.iter("mo")] == ["true", "true"]
    small = parse(r"\lfloor x \rfloor")
    assert operators(small) == [("⌊", "prefix"), ("⌋", "postfix")]


def test_a_sign_belongs_to_its_number():
    assert ("−", "prefix") in operators(parse("(2, 0, -1)"))
    assert ("−", "prefix") in operators(parse(r"3 \cdot -2"))
    assert ("−", None) in operators(parse("a - b"))
    assert ("−", None) in operators(parse("(a) - b"))
    assert ("+", None) in operators(parse(r"\lfloor a \rfloor + 1"))


def test_bars_open_and_close():
    forms = [form for text, form in operators(parse(r"|a| - |b|")) if text == "|"]
    assert forms == ["prefix", "postfix"] * 2


def test_a_matrix_and_its_brackets_are_as_high_as_one_another():
    """Beside a higher matrix the brackets of a low one stay low: each pair has its own row."""
    low = r"\begin{bmatrix} 1 \\ 0 \end{bmatrix}"
    high = r"\begin{bmatrix} 1 \\ 0 \\ 2 \end{bmatrix}"
    tex = rf"x = {low}, \quad w = {high} + |a|"
    root = parse(tex)
    parents = [row for row in root.iter() if any(child.tag == "mtable" for child in row)]
    assert [["".join(c.text or "" for c in row), len(row)] for row in parents] == [["[]", 3]] * 2


def test_rows_are_aligned_without_numbers_of_their_own():
    root = parse(r"\begin{align} a &= b \\ &= c \end{align}")
    cells = [[cell.get("style") for cell in row] for row in root.iter("mtr")]
    assert cells == [["text-align:right", "text-align:left"]] * 2
    assert "(1)" not in "".join(root.itertext())


def test_rows_without_an_environment_stand_below_one_another():
    assert len(list(parse(r"a = b \\ c = d").iter("mtr"))) == 2


def test_words_are_upright_and_one_word():
    root = parse(r"\mathrm{softmax}(x)")
    assert [mi.text for mi in root.iter("mi")] == ["softmax", "x"]


def test_a_function_is_spaced_from_its_argument_unless_it_is_in_brackets():
    assert len(list(parse(r"N \log N").iter("mspace"))) == 2
    assert not list(parse(r"\max(0, x)").iter("mspace"))


def test_the_courses_colours_become_classes_that_follow_the_theme():
    for tone, name in mathml.COLOUR_CLASSES.items():
        (coloured,) = parse(rf"\textcolor{{{tone}}}{{x}}").iter("mstyle")
        assert coloured.attrib == {"class": name}


def test_the_tones_are_those_of_the_style_sheet():
    style = (ROOT / "cnnviz" / "static" / "cnnviz.css").read_text(encoding="utf-8")
    for tone, name in mathml.COLOUR_CLASSES.items():
        variable = name.replace("cnnviz-", "--cnn-")
        assert re.search(rf"{variable}:\s*{tone}", style), f"{variable} is not {tone}"


def test_long_inline_formulas_may_break_and_lose_nothing():
    tex = r"28 \cdot 28 \cdot 15 + 15 = 11760 + 15 = 11775"
    pieces = convert(tex).split("<wbr>")
    assert len(pieces) > 2
    whole = "".join("".join(ElementTree.fromstring(piece).itertext()) for piece in pieces)
    assert whole == "28·28·15+15=11760+15=11775"
    assert "<wbr>" not in convert(tex, display=True)
    assert "<wbr>" not in convert(r"f(aaaaaa + bbbbbb + cccccc + dddddd)"), "inside brackets"


def test_less_than_stays_text():
    assert "&lt;" in convert("a < b")
    ElementTree.fromstring(convert(r"\text{a < b & c}".replace(" & c", "")))
