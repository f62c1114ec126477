"""Figures: what they hold, how they show themselves, and that they can be read."""

import base64
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib")

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from cnnviz import figures, images, kernels, ledger, nets, palette
from cnnviz.figures import _style

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURE = images.picture("camera")
MAP = np.linspace(-3, 2, 30 * 40).reshape(30, 40)


def luminance(colour):
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def texts(figure):
    """All that a figure says, outside of ticks."""
    return [text.get_text() for ax in figure.axes for text in ax.texts if text.get_text()]


def rendered(figure):
    """The picture that a notebook shows, as an array, and its announced size."""
    data, metadata = figure._repr_mimebundle_()
    png = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")
    return np.asarray(png), metadata["image/png"]


def extents(figure, *things):
    """Where things lie once all is drawn as notebooks show it, as parts of the figure."""
    with _style.own_settings():
        figure.set_dpi(200)
        FigureCanvasAgg(figure).draw()
        to_figure = figure.transFigure.inverted()
        return [to_figure.transform_bbox(thing.get_tightbbox()) for thing in things]


def every_kind():
    yield figures.show_image(PICTURE)
    yield figures.show_image(images.picture("astronaut"))
    yield figures.show_boxes(PICTURE, [[0, 0, 4, 3]], [[1, 1, 5, 4]], "Boxes", labels=["a"])
    yield figures.show_feature_map(MAP)
    yield figures.show_kernel(kernels.gaussian(7))
    yield figures.show_kernel(np.ones((31, 31)))
    yield figures.show_numbers(np.arange(12).reshape(3, 4), "Input", padding=1)
    yield figures.show_convolution(PICTURE, kernels.sobel(), MAP)
    yield figures.show_convolution(np.ones((3, 3)), np.ones((2, 2)), np.ones((2, 2)))
    yield figures.show_convolution(np.ones((3, 3)), np.ones((3, 3)), np.ones((1, 1)))
    yield figures.show_convolution(PICTURE, kernels.sobel(), np.ones((1, 1)))
    yield figures.show_feature_map(MAP, top=1e-17)
    yield figures.show_signal(np.arange(5), np.arange(5), labels=["a", "b"], title="t")
    yield figures.show_signal(np.sin(np.arange(500)), rate=100, unit="mV")
    figure, axes = figures.panels(4)
    figures.show_signal(np.arange(5), title="In a panel", unit="mV", ax=axes[0])
    figures.show_feature_map(MAP, top=12345, ax=axes[1])
    axes[2].hist(PICTURE.ravel())
    axes[2].set(xlabel="grey", ylabel="pixels")
    axes[3].plot([0, 1e5], [0, 1])
    axes[3].set_xlabel("step")
    yield figure


# ---- how figures show themselves


def test_figures_are_shown_once_and_sharp():
    formatters = pytest.importorskip("IPython.core.formatters")
    for figure in every_kind():
        assert isinstance(figure, Figure)
        data, metadata = formatters.DisplayFormatter().format(figure)
        assert set(data) == {"image/png", "text/plain"}
        pixels, size = rendered(figure)
        assert metadata["image/png"] == size
        assert size["width"] <= 800
        assert pixels.shape == (2 * size["height"], 2 * size["width"], 3)
        assert pixels.std() > 5, "something is drawn"
        for side, edge in enumerate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])):
            assert (edge == 255).all(), f"{figure!r} runs over edge {side}"
    pyplot = pytest.importorskip("matplotlib.pyplot")
    assert pyplot.get_fignums() == [], "pyplot, which would show them again, knows none of them"


def test_description_is_the_same_each_time():
    shown = repr(figures.show_convolution(PICTURE, kernels.sobel(), MAP))
    assert shown == "<Figure: Input 96 × 96, Kernel 3 × 3, Feature map 30 × 40>"


def test_drawing_leaves_the_readers_settings_alone():
    before = dict(mpl.rcParams)
    for figure in every_kind():
        rendered(figure)
    assert dict(mpl.rcParams) == before


@pytest.mark.filterwarnings("error")
def test_every_sign_has_a_glyph():
    for figure in every_kind():
        rendered(figure)


def test_use_style():
    with mpl.rc_context():
        figures.use_style()
        assert mpl.rcParams["axes.unicode_minus"]
        cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
        expected = [palette.LIGHT[role] for role in ("input", "kernel", "output", "gradient")]
        assert [f"#{colour.lstrip('#')}" for colour in cycle[:4]] == expected


def test_importing_the_package_does_not_import_matplotlib():
    code = "import sys, cnnviz; assert 'matplotlib' not in sys.modules; cnnviz.figures.show_image"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


# ---- colours


def test_colours_are_the_courses_and_carry_text():
    assert dict(figures.COLOURS) == {**palette.LIGHT, "padding": "#868e9a"}
    for role in palette.LIGHT:
        assert contrast(figures.COLOURS[role], "white") >= 4.5
    for name in ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"):
        colour = _style.STYLE[name]
        assert contrast(f"#{colour.lstrip('#')}", "white") >= 4.5, name
    assert contrast(_style.MUTED, _style.PAD) >= 4.5


def test_signed_colormap_agrees_with_the_widgets():
    assert mpl.colormaps["cnnviz_signed"] == figures.SIGNED
    values = np.linspace(-1, 1, 513)
    ours = np.rint(255 * figures.SIGNED((values + 1) / 2)[:, :3])
    assert np.abs(ours - palette.signed_rgb(values)).max() <= 1
    assert ours[256].tolist() == [247, 247, 247]


def test_numbers_stand_out_from_their_cells():
    array = np.linspace(-1, 1, 16).reshape(4, 4)
    for grid, signed in ((array, True), (np.abs(array), False)):
        for role in palette.LIGHT:
            ax = figures.show_numbers(grid, role=role, signed=signed).axes[0]
            inks = [text.get_color() for text in ax.texts if text.get_text()[-1:].isdigit()]
            cells = [patch.get_facecolor() for patch in ax.patches]
            for ink, cell in zip(inks, cells, strict=False):
                assert contrast(ink, cell[:3]) >= 4.5


def test_zero_is_in_the_middle_of_a_lopsided_map():
    pixels = figures.show_feature_map([[0.0, 8.0], [-2.0, 0.0]]).axes[0].images[0].get_array()
    assert pixels[0, 0].tolist() == [247, 247, 247]
    assert pixels[0, 1].tolist() == [178, 24, 43]
    quarter = palette.signed_rgb(-2.0, top=8.0)
    assert pixels[1, 0].tolist() == quarter.tolist()


def test_maps_can_share_a_scale():
    first = figures.show_feature_map([[1.0]], top=4).axes[0].images[0].get_array()
    second = figures.show_feature_map([[4.0]], top=4).axes[0].images[0].get_array()
    assert (first != second).any()
    assert figures.show_feature_map(np.zeros((3, 3))).axes[0].images[0].get_array().min() == 247


def heading_colour(figure, ax=0):
    """The colour of a panel's heading, however it is written."""
    axes = figure.axes[ax]
    heading = next((t for t in axes.texts if t.get_fontweight() == "bold"), None)
    return mpl.colors.to_hex((heading or axes.title).get_color())


@pytest.mark.parametrize("role", palette.LIGHT)
def test_headings_have_the_colour_of_what_they_name(role):
    for figure in (
        figures.show_image(PICTURE, "t", role=role),
        figures.show_feature_map(MAP, "t", role=role),
        figures.show_numbers([1, 2], "t", role=role),
    ):
        assert heading_colour(figure) == figures.COLOURS[role]
    figure = figures.show_signal([1, 2], [2, 3], title="t", role=role)
    ax = figure.axes[0]
    assert mpl.colors.to_hex(ax._left_title.get_color()) == figures.COLOURS[role]
    assert {
        mpl.colors.to_hex(line.get_color()) for line in ax.lines if line.get_marker() != "None"
    } == {figures.COLOURS[role]}


def test_roles_that_are_not_given():
    assert heading_colour(figures.show_image(PICTURE)) == figures.COLOURS["input"]
    assert heading_colour(figures.show_feature_map(MAP)) == figures.COLOURS["output"]
    assert heading_colour(figures.show_kernel(kernels.box())) == figures.COLOURS["kernel"]
    sentence = figures.show_convolution(PICTURE, kernels.box(), MAP)
    colours = [heading_colour(sentence, ax) for ax in range(3)]
    assert colours == [figures.COLOURS[role] for role in ("input", "kernel", "output")]


def lines_of(*signals, **options):
    lines = figures.show_signal(*signals, **options).axes[0].lines
    return [(mpl.colors.to_hex(line.get_color()), line.get_linestyle()) for line in lines]


def test_signals_have_the_colours_of_their_roles():
    blue, orange, green, purple = (figures.COLOURS[role] for role in palette.LIGHT)
    signal = np.sin(np.arange(100))
    assert lines_of(signal) == [(blue, "-")]
    assert lines_of(signal, signal, signal) == [(blue, "-"), (green, "-"), (green, "--")]
    assert lines_of(signal, role="kernel") == [(orange, "-")]
    assert lines_of(signal, signal, role=("output", "gradient")) == [(green, "-"), (purple, "-")]
    three = [style for _, style in lines_of(signal, signal, signal, role="output")]
    assert len(set(three)) == 3, "one colour, so the lines differ"
    mixed = figures.show_signal(signal, signal, title="t").axes[0]
    assert mpl.colors.to_hex(mixed._left_title.get_color()) == _style.INK


# ---- what is drawn


def test_images_are_drawn_as_they_are():
    grey = figures.show_image(PICTURE).axes[0].images[0].get_array()
    np.testing.assert_allclose(grey, PICTURE / 255)
    colour = figures.show_image(images.picture("astronaut")).axes[0].images[0].get_array()
    np.testing.assert_allclose(colour.transpose(2, 0, 1), images.picture("astronaut") / 255)
    flags = figures.show_image(np.eye(3, dtype=bool)).axes[0].images[0].get_array()
    assert flags.tolist() == np.eye(3).tolist()
    beyond = figures.show_image([[-1.0, 3.0]]).axes[0].images[0].get_array()
    assert beyond.tolist() == [[0, 1]], "values beyond 0 … 1 stretch the scale"


def test_numbers_are_written_out():
    figure = figures.show_kernel(kernels.sobel())
    assert texts(figure)[:9] == ["−1", "0", "1", "−2", "0", "2", "−1", "0", "1"]
    assert texts(figure)[9:] == ["Kernel", "3 × 3"]


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        ([0.25, 0.5, 0], ["0.25", "0.50", "0"]),
        ([1 / 3, -2 / 3], ["0.333", "−0.667"]),
        ([1000.4, -7], ["1000", "−7"]),
        ([0.00012345, 0], ["0.000123", "0"]),
        ([True, False], ["1", "0"]),
        ([1, np.nan], ["1"]),
        ([np.nan, np.nan], []),
        ([0, 0], ["0", "0"]),
    ],
)
def test_numbers_share_their_decimals(numbers, written):
    assert texts(figures.show_numbers(numbers, "n"))[:-2] == written


def test_large_kernels_go_without_numbers():
    assert texts(figures.show_kernel(np.ones((17, 17)))) == ["Kernel", "17 × 17"]
    assert len(texts(figures.show_kernel(np.ones((16, 16))))) == 256 + 2


def test_padding_is_a_hatched_frame():
    ax = figures.show_numbers(np.arange(6).reshape(2, 3), padding=((1, 0), (2, 1))).axes[0]
    hatched = [patch for patch in ax.patches if patch.get_hatch()]
    places = {tuple(int(np.floor(v + 0.5)) for v in patch.get_xy()) for patch in hatched}
    whole = {(x, y) for x in range(-2, 4) for y in range(-1, 2)}
    assert places == whole - {(x, y) for x in range(3) for y in range(2)}
    assert ax.get_xlim() == (-2, 4)
    assert ax.get_ylim() == (2, -1)


def test_window_is_outlined_in_the_kernels_colour():
    for figure in (
        figures.show_numbers(np.eye(5), window=(1, 2, 3, 2)),
        figures.show_image(np.eye(5), window=(1, 2, 3, 2)),
    ):
        edge = figure.axes[0].patches[-1]
        assert (edge.get_y(), edge.get_x()) == (1, 2)
        assert (edge.get_height(), edge.get_width()) == (3, 2)
        assert mpl.colors.to_hex(edge.get_edgecolor()) == figures.COLOURS["kernel"]


def grounds(figure):
    return [mpl.colors.to_hex(patch.get_facecolor()) for patch in figure.axes[0].patches]


def test_an_input_is_light_as_in_the_widgets():
    assert grounds(figures.show_numbers([0, 5, 10])) == ["#000000", "#808080", "#ffffff"]
    sentence = figures.show_convolution([0, 10], [1], [0, 10])
    assert grounds(sentence) == ["#000000", "#ffffff"]
    assert grounds(figures.show_numbers([0, 0])) == ["#000000", "#000000"]
    assert len(set(grounds(figures.show_numbers([-1, 0, 1])))) == 3  # signed, as any signed values
    assert grounds(figures.show_numbers([0, 10], role="output"))[0] == "#ffffff"  # a tint


def test_pictures_need_no_room_below():
    tall, short = (
        figures.panels(3, below=below)[0].get_size_inches()[1] for below in (True, False)
    )
    assert short < tall
    figure, axes = figures.panels(2, aspect=0.5, below=False)
    figures.show_signal(np.arange(5) * 1000, unit="mV", title="Signal", ax=axes[1])
    (box,) = extents(figure, axes[1].xaxis)
    assert box.y0 >= 0  # what needs it makes its own


def test_panels_hold_what_they_are_given():
    figure, axes = figures.panels(5, columns=3)
    assert len(axes) == 5
    for ax in axes:
        assert figures.show_image(PICTURE, ax=ax) is figure
    rows = {round(ax.get_position().y0, 3) for ax in axes}
    assert len(rows) == 2


def test_labels_in_a_panel_stay_inside():
    figure, axes = figures.panels(2, aspect=0.5)
    figures.show_image(PICTURE, ax=axes[0])
    untouched = axes[1].get_position().bounds
    figures.show_signal(np.arange(5) * 1000, unit="mV", title="Signal", ax=axes[1])
    extents(figure)
    first = axes[1].get_position().bounds
    assert first[2] < untouched[2]
    assert first[1] > untouched[1]
    gap = axes[0].get_position().x1
    for box in extents(figure, axes[1].xaxis, axes[1].yaxis):
        assert box.x0 > gap
        assert box.y0 > 0
        assert box.x1 < 1
    assert axes[1].get_position().bounds == pytest.approx(first), "drawn twice, shrunk once"


def test_pictures_keep_the_whole_of_their_panels():
    figure, axes = figures.panels(3)
    before = [ax.get_position(original=True).bounds for ax in axes]
    for ax in axes:
        figures.show_feature_map(np.eye(4), ax=ax)
    extents(figure)
    after = [ax.get_position(original=True).bounds for ax in axes]
    np.testing.assert_allclose(after, before)


def test_own_axes_are_used():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure, (left, right) = pyplot.subplots(1, 2)
    try:
        assert figures.show_kernel(kernels.box(), ax=left) is figure
        assert figures.show_signal([1, 2, 3], ax=right) is figure
    finally:
        pyplot.close(figure)


def test_sentence_in_three_parts():
    figure = figures.show_convolution([1, 2, 3, 4], [1, -1], [-1, -1, -1], titles="abc")
    assert [text.get_text() for text in figure.texts] == ["∗", "="]
    assert [ax.get_label() for ax in figure.axes] == ["a 4", "b 2", "c 3"]
    widths = [ax.get_position().width for ax in figure.axes]
    np.testing.assert_allclose(np.array(widths) / widths[1], [2, 1, 1.5])


def heading_ends(figure):
    """Where each panel's heading begins and ends, as parts of the figure's width."""
    texts = [text for ax in figure.axes[:3] for text in ax.texts[-2:]]
    boxes = extents(figure, *texts)
    return [(name.x0, dims.x1) for name, dims in zip(boxes[::2], boxes[1::2], strict=True)]


@pytest.mark.parametrize("image", [np.ones((3, 3)), PICTURE])
@pytest.mark.parametrize("titles", [("a", "b", "One answer of many"), ("Input", "A kernel", "c")])
def test_headings_of_a_sentence_have_room(image, titles):
    figure = figures.show_convolution(image, np.ones((3, 3)), np.ones((1, 1)), titles=titles)
    ends = heading_ends(figure)
    assert ends[0][1] < ends[1][0]
    assert ends[1][1] < ends[2][0]
    assert ends[2][1] <= 1
    answer = figure.axes[2].get_position().width * figure.get_size_inches()[0] * 100
    assert answer == pytest.approx(56), "a cell that can be read is of one size"


def test_wide_headings_make_smaller_cells():
    wide = ("A heading of thirty letters here", "Another one, nearly as wide", "And a third one")
    figure = figures.show_convolution(
        np.ones((9, 9)), np.ones((2, 2)), np.ones((8, 8)), titles=wide
    )
    assert figure.get_size_inches()[0] <= 8
    ends = heading_ends(figure)
    assert ends[0][1] < ends[1][0]
    assert ends[1][1] < ends[2][0]
    assert ends[2][1] <= 1


def test_a_long_heading_widens_its_figure():
    figure = figures.show_numbers([1], "A heading that is much wider than its one cell")
    assert heading_ends(figure)[0][1] <= 1


@pytest.mark.parametrize(
    ("top", "end"),
    [
        (2, "2"),
        (0.5, "0.5"),
        (0.001, "0.001"),
        (123.456, "123"),
        (999.4, "999"),
        (999.7, "1000"),
        (1000, "1000"),
        (12345.6, "12346"),
        (2_500_000, "2.5·10⁶"),
        (0.00012, "1.2·10⁻⁴"),
        (3e-17, "3·10⁻¹⁷"),
    ],
)
def test_ends_of_a_scale_are_written_for_readers(top, end):
    figure = figures.show_feature_map(MAP, top=top)
    legend = figure.axes[0].child_axes[0]
    assert [text.get_text() for text in legend.texts] == [f"−{end}", end]
    panel, bar, left, right = extents(
        figure, figure.axes[0].images[0], legend.images[0], *legend.texts
    )
    assert left.x0 == pytest.approx(panel.x0, abs=0.01)
    assert left.x1 < bar.x0 < bar.x1 < right.x0


def test_sentence_with_pictures_keeps_their_shape():
    figure = figures.show_convolution(np.ones((3, 40, 80)), kernels.sobel(), np.ones((20, 40)))
    figure.canvas.draw()
    ratios = []
    for ax in figure.axes[:3]:
        box = ax.get_window_extent()
        ratios.append(box.width / box.height)
    assert ratios == pytest.approx([2, 1, 2], rel=0.01)


def test_torch_tensors_are_drawn():
    torch = pytest.importorskip("torch")
    weight = torch.nn.Conv2d(1, 1, 3).weight
    assert repr(figures.show_kernel(weight[0])) == "<Figure: Kernel 3 × 3>"
    image = torch.zeros(1, 20, 20)
    figure = figures.show_convolution(image, weight[0], torch.nn.functional.conv2d(image, weight))
    assert "Feature map 18 × 18" in repr(figure)


def test_signals_are_drawn_to_time():
    ax = figures.show_signal(np.arange(100.0), rate=50, unit="mV").axes[0]
    assert ax.lines[0].get_xdata()[-1] == pytest.approx(99 / 50)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time in seconds", "mV")
    short = figures.show_signal([1, 2], [3, 4], labels=["one", "two"]).axes[0]
    assert [text.get_text() for text in short.get_legend().get_texts()] == ["one", "two"]


# ---- refusals


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: figures.show_image(np.ones((2, 3, 3))), r"image must be an array \(H, W\)"),
        (lambda: figures.show_image(np.ones(3)), r"image must be an array \(H, W\)"),
        (lambda: figures.show_image(np.ones((0, 3))), r"image must hold at least one number"),
        (lambda: figures.show_image(np.eye(3), window=(0, 0, 3)), r"window must be \(row"),
        (lambda: figures.show_image(np.eye(3), window=(0, 0, 0, 3)), r"window must be \(row"),
        (lambda: figures.show_feature_map(np.ones((2, 3, 3))), r"pick one channel: values\[0\]"),
        (lambda: figures.show_feature_map(np.eye(3), top=0), r"top must be above 0"),
        (lambda: figures.show_feature_map([[np.inf]]), r"values must be finite"),
        (lambda: figures.show_kernel(np.ones((3, 3, 3))), r"pick one channel"),
        (lambda: figures.show_numbers([1], role="weights"), r"role must be one of input"),
        (lambda: figures.show_numbers([1], padding=-1), r"padding must be"),
        (lambda: figures.show_convolution(1, [1], [1]), r"image must be an array"),
        (lambda: figures.show_convolution([1], [1], [1], titles="ab"), r"three headings"),
        (lambda: figures.show_signal(), r"signals must be one to three"),
        (lambda: figures.show_signal(np.eye(3)), r"signals must be of shape \(n,\)"),
        (lambda: figures.show_signal([1, 2], labels=["a", "b"]), r"labels must be one per signal"),
        (lambda: figures.show_signal([1, 2], rate=0), r"rate must be above 0"),
        (lambda: figures.show_signal([1, 2], role="slope"), r"role must be one of input"),
        (
            lambda: figures.show_signal([1], [2], role=["input"]),
            r"role must be one, or one per signal \(2\), got 1",
        ),
        (lambda: figures.show_image(np.eye(3), role="picture"), r"role must be one of input"),
        (lambda: figures.show_feature_map(np.eye(3), role="map"), r"role must be one of input"),
        (lambda: figures.panels(0), r"count must be .*at least 1|count must be"),
        (lambda: figures.panels(2, aspect=0), r"aspect must be above 0"),
    ],
)
def test_bad_arguments_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: figures.show_image([["a"]]), "image must hold real numbers"),
        (lambda: figures.show_kernel(np.array([1j])), "kernel must hold real numbers"),
        (lambda: figures.show_image("camera.png"), "image must be an array.*open a file"),
        (lambda: figures.show_image(np.eye(3), title=5), "title must be text, got 5"),
        (lambda: figures.show_feature_map(np.eye(3), top="1"), "top must be a number"),
        (lambda: figures.show_signal([1], rate=True), "rate must be a number"),
        (lambda: figures.show_numbers([1], signed=1), "signed must be True or False"),
        (lambda: figures.show_image(np.eye(3), ax="left"), "ax must be matplotlib's Axes"),
        (lambda: figures.panels(2, below=None), "below must be True or False"),
    ],
)
def test_what_is_of_another_kind_is_refused(call, words):
    with pytest.raises(TypeError, match=words):
        call()


def test_a_ledgers_bars_are_its_rows_and_blocks():
    book = ledger(nets.resnet18(), (3, 32, 32))
    every = figures.show_ledger(book, "multiply_adds").axes[0]
    assert [bar.get_width() for bar in every.patches] == [
        row["multiply_adds"] for row in book if row["multiply_adds"]
    ]
    blocks = figures.show_ledger(book, depth=1).axes[0]
    names = [label.get_text() for label in blocks.get_yticklabels()]
    assert names == ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"]
    assert sum(bar.get_width() for bar in blocks.patches) == book.parameters


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1, 2],), "ledger must be"),
        ((None,), "ledger must be"),
        (("book", "cost"), "what must be one of parameters, multiply_adds, memory"),
        (("book", "memory", 0), "depth must be"),
        (("book", "memory", "two"), "depth must be"),
    ],
)
def test_what_a_ledgers_figure_can_not_show(arguments, words):
    book, *rest = arguments
    book = ledger(nets.lenet5(), (1, 28, 28)) if book == "book" else book
    depth = {"depth": rest.pop()} if len(rest) == 2 else {}
    with pytest.raises((TypeError, ValueError), match=words):
        figures.show_ledger(book, *rest, **depth)
