"""Figures and animations are the same whatever matplotlib is set to, a font on purpose apart."""

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib")

import matplotlib as mpl
from figure_cases import drawn, every_kind, slide_pixels
from matplotlib import pyplot

from cnnviz import animations, figures, kernels
from cnnviz.figures import _style

#: What a reader may have set, one by one; each changes a plain matplotlib figure.
HOSTILE = [
    {"image.origin": "lower"},
    {"image.interpolation": "bilinear"},
    {"image.interpolation_stage": "rgba"},
    {"image.aspect": "auto"},
    {"image.cmap": "viridis"},
    {"image.resample": False},
    {"axes.grid": True, "grid.color": "red", "axes.axisbelow": False},
    {"axes.facecolor": "black", "figure.facecolor": "black"},
    {"axes.unicode_minus": False},
    {"axes.autolimit_mode": "round_numbers"},
    {"axes.xmargin": 0.4, "axes.ymargin": 0.4},
    {"axes.titlelocation": "right", "axes.titley": 0.2, "axes.titlepad": 40},
    {"axes.formatter.limits": (-1, 1), "axes.formatter.use_mathtext": True},
    {"axes.linewidth": 7, "axes.edgecolor": "red", "axes.labelpad": 20},
    {"axes.spines.left": False, "axes.spines.top": True},
    {"axes.prop_cycle": mpl.cycler(color=["red"])},
    {"savefig.transparent": True},
    {"savefig.bbox": "tight", "savefig.pad_inches": 1},
    {"savefig.facecolor": "red", "savefig.edgecolor": "red", "savefig.dpi": 31},
    {"figure.dpi": 31, "figure.figsize": (1, 1)},
    {"figure.autolayout": True},
    {"figure.constrained_layout.use": True},
    {"figure.subplot.left": 0.4},
    {"figure.frameon": False},
    {"lines.linewidth": 9, "lines.markersize": 20, "lines.linestyle": ":"},
    {"lines.marker": "s", "lines.dash_capstyle": "round", "lines.antialiased": False},
    {"markers.fillstyle": "none", "lines.dashed_pattern": (1, 9)},
    {"patch.linewidth": 5, "patch.edgecolor": "red", "patch.force_edgecolor": True},
    {"patch.antialiased": False},
    {"hatch.linewidth": 6, "hatch.color": "red"},
    {"path.sketch": (2, 100, 2)},
    {"path.snap": False},
    {"path.simplify_threshold": 1.0},
    {"text.usetex": True},
    {"text.color": "red"},
    {"text.hinting": "none", "text.hinting_factor": 1},
    {"text.antialiased": False},
    {"text.parse_math": False},
    {"text.kerning_factor": 6},
    {"mathtext.fontset": "cm", "mathtext.default": "rm"},
    {"font.size": 30},
    {"font.weight": "black", "font.style": "italic", "font.stretch": "condensed"},
    {"legend.frameon": True, "legend.shadow": True, "legend.fontsize": 30},
    {"legend.loc": "center", "legend.numpoints": 3, "legend.borderaxespad": 5},
    {"xtick.direction": "in", "xtick.top": True, "xtick.labeltop": True, "xtick.color": "red"},
    {"ytick.major.size": 20, "ytick.minor.visible": True, "ytick.labelsize": 30},
    {"xtick.bottom": False, "ytick.left": False, "xtick.labelbottom": False},
    {"xaxis.labellocation": "right", "yaxis.labellocation": "top"},
    {"agg.path.chunksize": 5},
]
STYLES = [style for style in pyplot.style.available if not style.startswith("_")]


def situations():
    """Settings a handful at a time, since each situation draws all figures; and each style."""
    for several in (HOSTILE[i : i + 8] for i in range(0, len(HOSTILE), 8)):
        rc = {key: value for each in several for key, value in each.items()}
        yield pytest.param(lambda rc=rc: mpl.rc_context(rc), id=next(iter(rc)))
    yield pytest.param(pyplot.xkcd, id="xkcd")
    yield pytest.param(lambda: mpl.rc_context(dict(_style.STYLE)), id="use_style")


@pytest.fixture(scope="module")
def plain():
    return [drawn(figure) for figure in every_kind()], slide_pixels()


@pytest.mark.filterwarnings("ignore:.*")
@pytest.mark.parametrize("situation", list(situations()))
def test_no_setting_or_style_reaches_in(plain, situation):
    with situation():
        pictures, slide = [drawn(figure) for figure in every_kind()], slide_pixels()
    for before, after in zip(plain[0], pictures, strict=True):
        assert before.shape == after.shape
        assert (before == after).all()
    assert (plain[1] == slide).all()


@pytest.mark.filterwarnings("ignore:.*")
def test_no_style_that_comes_with_matplotlib_reaches_in():
    def telling():  # ticks, a legend and numbers; small, since there are some thirty styles
        figure = figures.show_signal([1, -2, 3], [3, 2, 1], labels=["a", "b"], title="t")
        return drawn(figure), drawn(figures.show_numbers([1, 2], padding=1, window=(0, 0, 1, 1)))

    plain = telling()
    for name in STYLES:
        with pyplot.style.context(name):
            styled = telling()
        assert all((one == other).all() for one, other in zip(plain, styled, strict=True)), name


@pytest.mark.parametrize("made", [True, False])
def test_settings_that_change_between_making_and_showing_do_not_matter(plain, made):
    hostile = {key: value for rc in HOSTILE for key, value in rc.items() if key != "text.usetex"}
    with mpl.rc_context(hostile if made else {}):
        made_now = list(every_kind())
    with mpl.rc_context({} if made else hostile):
        pictures = [drawn(figure) for figure in made_now]
    for before, after in zip(plain[0], pictures, strict=True):
        assert before.shape == after.shape
        assert (before == after).all()


def test_the_smallest_case_of_a_picture_on_its_head():
    picture = np.zeros((20, 20))
    picture[2:5, 2:8] = 255
    upright = drawn(figures.show_image(picture, window=(2, 2, 3, 6)))
    with mpl.rc_context({"image.origin": "lower"}):
        assert (drawn(figures.show_image(picture, window=(2, 2, 3, 6))) == upright).all()


@pytest.mark.parametrize(
    "rc", [{"image.origin": "lower"}, {"axes.autolimit_mode": "round_numbers"}]
)
def test_in_the_readers_own_axes_pictures_stand_upright(rc):
    with mpl.rc_context(rc):
        figure, axes = pyplot.subplots(1, 3)
        try:
            figures.show_image(np.eye(4), ax=axes[0])
            figures.show_feature_map(np.eye(4), ax=axes[1])
            axes[2].set(xscale="log", xlim=(9, 1))  # what was there before
            figures.show_kernel(kernels.sobel(), ax=axes[2])
            figure.canvas.draw()
        finally:
            pyplot.close(figure)
    for ax, size in zip(axes, (4, 4, 3), strict=True):
        assert (ax.get_xlim(), ax.get_ylim()) == ((0, size), (size, 0))
        assert all(image.origin == "upper" for image in ax.images)


def test_frames_of_a_gif_do_not_pile_up(tmp_path):
    def frames(name):
        path = animations.convolution(
            np.arange(16).reshape(4, 4), np.ones((3, 3), int), tmp_path / name
        )
        return path.read_bytes()

    plain = frames("plain.gif")
    for rc in ({"savefig.transparent": True}, {"savefig.bbox": "tight"}, {"savefig.dpi": 30}):
        with mpl.rc_context(rc):
            assert frames("set.gif") == plain
    with Image.open(tmp_path / "plain.gif") as picture:
        assert picture.n_frames == 4


def test_drawing_leaves_settings_alone_also_when_it_fails():
    before = dict(mpl.rcParams)
    with pytest.raises(ValueError, match="top must be above 0"):
        figures.show_feature_map(np.eye(3), top=-1)
    assert dict(mpl.rcParams) == before


# ---- a font on purpose


@pytest.mark.parametrize(
    "rc",
    [
        {"font.family": ["DejaVu Serif"]},
        {"font.family": ["no such font", "DejaVu Serif"]},
        {"font.family": "serif"},
        {"font.sans-serif": ["DejaVu Serif"]},
    ],
)
def test_a_font_set_on_purpose_reaches_the_headings(rc):
    plain = figures.show_kernel(np.eye(3)).axes[0].texts[-2]
    with mpl.rc_context(rc):
        figure = figures.show_kernel(np.eye(3))
    heading = figure.axes[0].texts[-2]
    assert heading.get_fontfamily()[0] == "DejaVu Serif"
    assert plain.get_fontfamily()[0] != "DejaVu Serif"
    assert heading.get_fontfamily()[1:] == plain.get_fontfamily(), "what it lacks is still drawn"


@pytest.mark.parametrize("family", [["no such font"], ["sans-serif"], ["cursive"]])
def test_a_font_that_is_not_here_changes_nothing(family):
    plain = drawn(figures.show_kernel(np.eye(3)))
    with mpl.rc_context({"font.family": family, "font.cursive": ["no such font either"]}):
        assert (drawn(figures.show_kernel(np.eye(3))) == plain).all()
