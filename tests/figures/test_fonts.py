"""The same figures whatever fonts a machine has, and the course's Chinese in them."""

import json
import os
import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from figure_cases import drawn
from make_font import characters
from matplotlib.ft2font import FT2Font

from cnnviz import figures

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FONT = ROOT / "cnnviz" / "static" / "fonts" / "cnnviz-cjk.ttf"


def machine(fonts):
    """What figures are on a machine with such fonts: sizes in inches and hashes of pixels."""
    done = subprocess.run(
        [sys.executable, str(HERE / "font_machine.py"), fonts],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])},
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_figures_are_the_same_with_dejavu_alone_and_with_other_fonts():
    bare, full = machine("-"), machine("others")
    assert bare == full
    assert bare[-2][0][0] <= 8, "the sentence with wide headings is as wide as a page"


def test_the_font_holds_what_the_course_writes_in_chinese():
    has = FT2Font(str(FONT)).get_charmap()
    lacking = [sign for sign in characters() if ord(sign) not in has]
    assert not lacking, "run tools/make_font.py"
    assert FONT.stat().st_size < 150_000
    assert (ROOT / "site_static" / "cnnviz-cjk.woff2").stat().st_size < 100_000
    assert "OPEN FONT LICENSE" in (FONT.parent / "cnnviz-cjk-LICENSE.txt").read_text()


def test_chinese_shows_in_a_heading():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of each sign that it lacks
        picture = drawn(figures.show_kernel(np.eye(3), "卷积核"))
    assert (picture != drawn(figures.show_kernel(np.eye(3), "核核核"))).any()


def test_a_sign_that_no_font_has_is_a_box_and_is_named():
    with pytest.warns(UserWarning, match="Glyph 40858"):
        drawn(figures.show_kernel(np.eye(3), chr(40858)))


@pytest.mark.parametrize("title", ["$5 and $6", r"$\frac{1$", "$x_$", "100%", r"\$", "a_b^c", "_a"])
@pytest.mark.filterwarnings("error")
def test_headings_are_shown_as_written(title):
    for figure in (
        figures.show_image(np.eye(3), title),
        figures.show_feature_map(np.eye(3), title),
        figures.show_convolution([1, 2], [1], [1, 2], titles=[title] * 3),
    ):
        drawn(figure)
        assert title in [text.get_text() for text in figure.axes[0].texts]
    figure = figures.show_signal([1, 2], [2, 1], labels=[title, "b"], title=title, unit=title)
    drawn(figure)
    ax = figure.axes[0]
    assert ax.get_legend().get_texts()[0].get_text() == title
    assert ax.get_title(loc="left") == ax.get_ylabel() == title


def test_a_heading_without_room_is_cut_where_it_is_seen():
    figure, axes = figures.panels(4)
    for ax in axes:
        figures.show_image(np.eye(3), "A heading that is far too long for its panel", ax=ax)
    names = [ax.texts[0] for ax in axes]
    assert all(name.get_text().endswith("…") for name in names)
    assert "far too long for its panel" in repr(figure)
    drawn(figure)
    for ax, after in pairwise(axes):
        assert ax.texts[1].get_window_extent().x1 < after.get_window_extent().x0


def test_a_heading_that_fits_once_it_is_smaller_is_not_cut():
    _, axes = figures.panels(5, columns=5)
    figures.show_image(np.ones((3, 96, 96)), "reshape", ax=axes[4])
    assert axes[4].texts[0].get_text() == "reshape"
    assert axes[4].texts[0].get_fontsize() >= 8.25
