"""Exported animations: as many frames as steps, sums that hold, files of the kind asked for."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.animation import FFMpegWriter, PillowWriter
from PIL import Image

from cnnviz import animations, ops
from cnnviz.figures import animations as module
from cnnviz.figures._slide import STYLES, Slide
from cnnviz.figures._style import MONO, own_settings

X = np.arange(25).reshape(5, 5) % 7
SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
RNG = np.random.default_rng(0)


@pytest.fixture
def story(monkeypatch):
    """Return what a call would write, instead of writing it."""

    def tell(function, *arguments, **options):
        told = []
        monkeypatch.setattr(module, "save", lambda story, *_: told.append(story))
        function(*arguments, **options)
        return told[0]

    return tell


def text(step):
    return "".join(piece.text for word in step.words for piece in word)


def number(written):
    return Decimal(written.replace("−", "-"))


def value(expression):
    """Evaluate a sum as it is written, exactly."""
    plain = expression.replace("−", "-").replace("·", "*").replace(" (rounding)", "")
    return eval(re.sub(r"(\d+(?:\.\d+)?)", r"Decimal('\1')", plain), {"Decimal": Decimal})


ORDINARY = [
    (X, SOBEL, {}),
    (X, SOBEL, {"padding": 1, "stride": 2}),
    (X, SOBEL / 8, {"padding": 2, "dilation": 2, "padding_mode": "reflect"}),
    (RNG.normal(size=(6, 5)), RNG.normal(size=(2, 3)), {"padding": ((0, 1), 2), "stride": (2, 1)}),
    (X, SOBEL, {"padding": "same", "padding_mode": "circular"}),
    ([1, 4, 2, 0, 3, 3, -1], [1, 0, -1], {"padding": 1}),
    (
        RNG.normal(size=9) * 1e-3,
        [0.25, 0.5, 0.25],
        {"stride": 2, "padding_mode": "replicate", "padding": 1},
    ),
]
TRANSPOSED = [
    ([[1, 2, 3], [0, -1, 4]], SOBEL, {"stride": 2, "padding": 1, "output_padding": 1}),
    (RNG.normal(size=(2, 3)), RNG.normal(size=(2, 2)), {"stride": (1, 2)}),
    ([1, 4, 2], [1, 2, -1], {"stride": 2, "dilation": 2}),
    ([1, 4, 2], [1, 2, -1, 3], {"stride": 3, "padding": 2, "output_padding": 2}),
]


@pytest.mark.parametrize(("x", "weight", "options"), ORDINARY)
def test_each_step_writes_one_outputs_sum_and_it_adds_up(story, x, weight, options):
    told = story(animations.convolution, x, weight, "unused.gif", **options)
    y = ops.correlate(np.asarray(x), np.asarray(weight), **options)
    assert len(told.steps) == y.size
    for step, at in zip(told.steps, np.ndindex(y.shape), strict=True):
        assert step.focus == at
        name, *members = text(step).split(" = ")
        assert name == f"y[{', '.join(map(str, at))}]"
        assert len(members) == 2
        assert value(members[0]) == number(members[1])
        assert members[1] == step.shown[at]
        assert float(number(members[1])) == pytest.approx(y[at], abs=0.006 * abs(y).max())
        # Every weight times what lies under it: as many products as weights.
        assert members[0].count("·") == np.size(weight)
        before = [i for i in np.ndindex(y.shape) if i <= at]
        assert [i for i in np.ndindex(y.shape) if step.shown[i]] == before


@pytest.mark.parametrize(("x", "weight", "options"), ORDINARY[:5])
def test_the_window_lies_where_torch_reads(story, x, weight, options):
    told = story(animations.convolution, x, weight, "unused.gif", **options)
    padded = torch.tensor(told.input, requires_grad=True)
    kernel = torch.ones_like(torch.tensor(np.asarray(weight, dtype=float)))
    steps = {k: options.get(k, 1) for k in ("stride", "dilation")}
    y = F.conv2d(padded[None, None], kernel[None, None], **steps)[0, 0]
    for step in told.steps:
        (grad,) = torch.autograd.grad(y[step.focus], padded, retain_graph=True)
        assert step.window == [tuple(i) for i in grad.nonzero().tolist()]


@pytest.mark.parametrize(("x", "weight", "options"), TRANSPOSED)
def test_each_transposed_step_adds_one_input_and_the_last_is_the_answer(story, x, weight, options):
    told = story(animations.convolution, x, weight, "unused.gif", transposed=True, **options)
    x, weight = np.asarray(x, dtype=float), np.asarray(weight, dtype=float)
    y = ops.conv_transpose(x[None], weight[None, None], **options)[0]
    assert len(told.steps) == x.size
    for step in told.steps:
        for place, sum_, result in re.findall(
            r"y(\[[\d, ]+\]): (.+?) = (−?[\d.]+)(?=   |$)", text(step)
        ):
            assert value(sum_) == number(result), place
    inner = np.argwhere(~told.hatched)
    cells = told.steps[-1].shown[
        tuple(slice(a, b + 1) for a, b in zip(inner.min(0), inner.max(0), strict=True))
    ]
    assert cells.shape == y.shape
    shown = np.array([float(number(c or "0")) for c in cells.flat]).reshape(y.shape)
    np.testing.assert_allclose(shown, y, atol=0.006 * abs(y).max())


@pytest.mark.parametrize("mode", ["max", "mean", "l2"])
@pytest.mark.parametrize(
    ("x", "options"),
    [
        ([[1, 2, 5, 6], [3, 4, 7, 8], [9, 2, 1, 1], [0, 9, 1, 0.5]], {}),
        ([[1, 2, 5, 6], [3, 4, 7, 8], [9, 2, 1, 1]], {"kernel": 3, "stride": 1, "padding": 1}),
        ([1, -2, 5, 6, 3], {"kernel": 3, "stride": 2}),
    ],
)
def test_pooling_says_what_it_does(story, x, options, mode):
    told = story(animations.pooling, x, "unused.gif", mode=mode, **options)
    x = np.asarray(x, dtype=float)
    y = ops.pool(x, **{"kernel": 2, **options}, mode=mode)
    assert len(told.steps) == y.size
    for step in told.steps:
        words = text(step)
        written = float(number(re.search(r"[=≈] (\S+)$", words)[1]))
        assert written == pytest.approx(y[step.focus], abs=0.006 * abs(y).max())
        inputs = [told.input[i] for i in step.window]
        if mode == "max":
            assert step.winners == [i for i in step.window if told.input[i] == max(inputs)]
            assert words.count(",") == len(inputs) - 1 + (y.ndim - 1)
        else:
            exact = {"mean": np.mean(inputs), "l2": np.sqrt(np.mean(np.square(inputs)))}[mode]
            assert (" = " in words[8:]) == (abs(exact - written) < 1e-12)
            assert f"÷ {len(inputs)}" in words


def test_ties_of_a_maximum_are_all_marked(story):
    told = story(animations.pooling, [[3, 1], [3, 3]], "unused.gif")
    assert told.steps[0].winners == [(0, 0), (1, 0), (1, 1)]


# --- files ----------------------------------------------------------------------------------------


def test_a_gif_has_a_frame_for_each_output(tmp_path):
    path = animations.convolution(X, SOBEL, tmp_path / "a.gif", fps=4)
    assert path == tmp_path / "a.gif"
    with Image.open(path) as picture:
        assert (picture.format, picture.n_frames, picture.size) == ("GIF", 9, (1280, 720))
        assert picture.info["duration"] == 250
        frames = []
        for i in range(9):
            picture.seek(i)
            frames.append(np.asarray(picture.convert("L")))
    assert all((a != b).any() for a, b in pairwise(frames))


def test_light_and_dark(tmp_path):
    grounds = {}
    for style in ("light", "dark"):
        path = animations.pooling([[1, 2], [3, 4]], tmp_path / f"{style}.gif", style=style)
        with Image.open(path) as picture:
            grounds[style] = picture.convert("L").getpixel((2, 2))
    assert grounds["light"] > 250
    assert grounds["dark"] < 40


def test_a_folder_gets_a_sequence_of_svgs(tmp_path):
    paths = animations.convolution(X, SOBEL, tmp_path / "frames", padding=1)
    assert [path.name for path in paths] == [f"frame-{i:02}.svg" for i in range(1, 26)]
    for path in paths[:3]:
        root = ElementTree.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("width") == "921.6pt"
    again = animations.convolution(X, SOBEL, tmp_path / "again", padding=1)
    assert [p.read_bytes() for p in again[:2]] == [p.read_bytes() for p in paths[:2]]


@pytest.fixture
def ffmpeg(tmp_path):
    """A stand-in for ffmpeg that counts the bytes it gets and writes them down."""
    script = tmp_path / "ffmpeg"
    script.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "count = sum(len(piece) for piece in iter(lambda: sys.stdin.buffer.read(1 << 20), b''))\n"
        "open(sys.argv[-1], 'w').write(f'{count} {sys.argv[1:]}')\n"
    )
    script.chmod(0o755)
    with mpl.rc_context({"animation.ffmpeg_path": str(script)}):
        yield


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a #! line")
def test_an_mp4_goes_through_ffmpeg_frame_by_frame(tmp_path, ffmpeg):
    path = animations.pooling([[1, 2, 5, 6], [3, 4, 7, 8]], tmp_path / "a.mp4", fps=3)
    count, arguments = path.read_text().split(" ", 1)
    assert int(count) == 2 * 1280 * 720 * 4
    for argument in ("'yuv420p'", "'1280x720'", "'3'"):
        assert argument in arguments


def test_without_ffmpeg_it_is_said_what_to_install(tmp_path):
    with (
        mpl.rc_context({"animation.ffmpeg_path": str(tmp_path / "no-such-program")}),
        pytest.raises(RuntimeError, match=r"ffmpeg.*apt-get install ffmpeg.*\.gif"),
    ):
        animations.convolution(X, SOBEL, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


# --- legible --------------------------------------------------------------------------------------

CROWDED = [
    (animations.convolution, (RNG.normal(size=(11, 12)) * 100, RNG.normal(size=(5, 5))), {}),
    (
        animations.convolution,
        (np.ones((10, 10), int) * -128, -np.ones((3, 3), int)),
        {"padding": 1},
    ),
    (animations.convolution, (RNG.normal(size=16), RNG.normal(size=9)), {}),
    (
        animations.convolution,
        (RNG.normal(size=(4, 4)), RNG.normal(size=(3, 3))),
        {"transposed": True, "stride": 3},
    ),
    (
        animations.convolution,
        (RNG.normal(size=(3, 3)), RNG.normal(size=(5, 5))),
        {"transposed": True},
    ),
    (animations.convolution, ([1, 2, 3], [1, 2]), {"transposed": True, "stride": 3}),
    (animations.pooling, (RNG.normal(size=(10, 12)),), {"kernel": 5, "mode": "l2"}),
]


@pytest.mark.parametrize(("function", "arguments", "options"), CROWDED)
def test_everything_written_lies_on_the_slide_and_not_on_other_words(
    story, function, arguments, options
):
    told = story(function, *arguments, "unused.gif", **options)
    with own_settings():
        slide = Slide(told, STYLES["light"])
        slide.draw(told.steps[len(told.steps) // 2])
        slide.figure.canvas.draw()
    boxes = [t.get_window_extent() for t in slide.ax.texts if t.get_text().strip()]
    for box in boxes:
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= 1280
        assert box.y1 <= 720
    grids = min(p.get_window_extent().y0 for p in slide.ax.patches)
    sums = [t for t in slide.ax.texts if t.get_fontfamily() == list(MONO)]
    assert sums
    assert all(t.get_window_extent().y1 < grids for t in sums)
    note = next(t for t in slide.ax.texts if t.get_text() == told.note)
    assert all(t.get_window_extent().y0 > note.get_window_extent().y1 for t in sums)
    assert min(t.get_fontsize() for t in slide.ax.texts) >= 7


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        ((np.zeros((2, 5, 5)), SOBEL), {}, ValueError, r"x must be of shape \(n,\) or \(H, W\)"),
        (([], SOBEL), {}, ValueError, "x must hold at least one number"),
        ((["a"], [1]), {}, TypeError, "x must hold real numbers"),
        (([[1, np.nan]], [[1]]), {}, ValueError, "x must hold finite numbers"),
        (([[1, np.inf]], [[1]]), {}, ValueError, "x must hold finite numbers"),
        ((np.zeros((5, 17)), SOBEL), {}, ValueError, "x must have at most 12.*got 5 × 17"),
        ((np.zeros((12, 5)), SOBEL), {"padding": 1}, ValueError, "padding included.*got 14 × 7"),
        ((np.zeros(17), [1]), {}, ValueError, "at most 16 positions.*got 17"),
        ((np.zeros((9, 9)), SOBEL), {"transposed": True, "stride": 2}, ValueError, "got 19 × 19"),
        ((X, [1, 2]), {}, ValueError, "weight must have as many axes as x, 2"),
        ((X, np.zeros((5, 6))), {}, ValueError, "weight must have at most 25"),
        ((X, np.zeros((5, 5))), {"dilation": 2}, ValueError, "must fit in the padded input"),
        ((X, SOBEL), {"stride": 0}, ValueError, "stride"),
        ((X, SOBEL), {"padding_mode": "zeros"}, ValueError, "padding_mode"),
        ((X, SOBEL), {"transposed": 1}, TypeError, "transposed must be True or False"),
        ((X, SOBEL), {"transposed": True, "padding_mode": "reflect"}, ValueError, "padding_mode"),
        ((X, SOBEL), {"output_padding": 1}, ValueError, "output_padding must be 0 for"),
        ((X, SOBEL), {"transposed": True, "output_padding": 1}, ValueError, "output_padding"),
        ((X, SOBEL), {"fps": 0}, ValueError, "fps must be from 0.01 to 50, got 0"),
        ((X, SOBEL), {"fps": float("nan")}, ValueError, "fps"),
        ((X, SOBEL), {"fps": "2"}, TypeError, "fps must be a number"),
        ((X, SOBEL), {"style": "blue"}, ValueError, "style must be one of light, dark"),
    ],
)
def test_nonsense_is_refused_and_nothing_written(arguments, options, error, says, tmp_path):
    with pytest.raises(error, match=says):
        animations.convolution(*arguments, tmp_path / "a.gif", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"kernel": 0}, ValueError, "kernel"),
        ({"kernel": 9}, ValueError, "fit in the padded"),
        ({"mode": "min"}, ValueError, "mode"),
        ({"padding": 2}, ValueError, "padding"),
        ({"kernel": (1, 2, 3)}, ValueError, "kernel"),
        ({"stride": -1}, ValueError, "stride"),
    ],
)
def test_nonsense_for_pooling_is_refused(options, error, says, tmp_path):
    with pytest.raises(error, match=says):
        animations.pooling(X, tmp_path / "a.gif", **options)
    with pytest.raises(ValueError, match="at most 25 positions"):
        animations.pooling(np.zeros((9, 9)), tmp_path / "a.gif", 6)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "error", "says"),
    [
        ("nowhere/a.gif", FileNotFoundError, r"there is no '.*nowhere'.*make it first"),
        ("nowhere/frames", FileNotFoundError, r"there is no '.*nowhere'.*make it first"),
        ("a.png", ValueError, r"path must name a file ending in \.gif or \.mp4, got .*a\.png"),
        (".gif", ValueError, "path must name a file ending in"),
        ("a\0b.gif", ValueError, "path must name a file ending in"),
        ("a\0b", ValueError, "path must name a folder"),
        ("\ud800.gif", ValueError, "path must be made of signs"),
        ("file", NotADirectoryError, "path must be a folder for files.*is a file"),
    ],
)
def test_where_to_write_is_checked_first(tmp_path, path, error, says):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(error, match=says):
        animations.convolution(X, SOBEL, f"{tmp_path}/{path}")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(("path", "error"), [("", ValueError), (5, TypeError), (None, TypeError)])
def test_what_names_no_place_is_refused(tmp_path, monkeypatch, path, error):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match="path must"):
        animations.convolution(X, SOBEL, path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["a.gif", "a.mp4", "frames"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch, ffmpeg, kind, error):
    target = tmp_path / kind
    animations.pooling([1, 2, 3, 4], target)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fails(slide, step):
        if step is slide.story.steps[-1]:
            raise error("no more")

    monkeypatch.setattr(Slide, "draw", fails)
    with pytest.raises(error, match="no more"):
        animations.pooling([1, 2, 3, 4, 5, 6], target)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert len(list(tmp_path.iterdir())) == 2  # the stand-in for ffmpeg is the other


@pytest.mark.parametrize(
    ("kind", "writer", "method"),
    [
        (kind, writer, method)
        for kind, writer in (("a.gif", PillowWriter), ("a.mp4", FFMpegWriter))
        for method in ("setup", "grab_frame", "finish")
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_ctrl_c_in_matplotlibs_writer_leaves_nothing(
    tmp_path, monkeypatch, ffmpeg, kind, writer, method, before
):
    original, ends = getattr(writer, method), []

    def interrupted(self, *arguments, **options):
        if not before:
            original(self, *arguments, **options)
        ends.append(getattr(self, "_proc", None))
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, method, interrupted)
    with pytest.raises(KeyboardInterrupt):
        animations.pooling([1, 2, 3, 4], tmp_path / kind)
    assert [path.name for path in tmp_path.iterdir()] == ["ffmpeg"]
    assert len(ends) == 1
    assert ends[0] is None or ends[0].returncode is not None, "ffmpeg still runs"


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a #! line")
def test_what_ffmpeg_says_is_passed_on(tmp_path):
    script = tmp_path / "ffmpeg"
    script.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('Unknown encoder: h264')\n")
    script.chmod(0o755)
    with (
        mpl.rc_context({"animation.ffmpeg_path": str(script)}),
        pytest.raises(RuntimeError, match="ffmpeg could not write the MP4: Unknown encoder"),
    ):
        animations.pooling([1, 2, 3, 4], tmp_path / "a.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["ffmpeg"]


def test_a_sequence_takes_the_place_of_a_longer_one_and_of_nothing_else(tmp_path):
    folder = tmp_path / "frames"
    animations.pooling(np.arange(12), folder, 1)
    (folder / "notes.txt").write_text("mine")
    (folder / "frame-last.svg").write_text("mine, too")
    paths = animations.pooling([1, 2, 3, 4], folder)
    names = {path.name for path in paths} | {"notes.txt", "frame-last.svg"}
    assert {path.name for path in folder.iterdir()} == names
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]


@pytest.mark.parametrize(("fps", "error"), [(0.001, ValueError), (50.1, ValueError)])
def test_frames_per_second_that_no_file_holds(tmp_path, fps, error):
    with pytest.raises(error, match=f"fps must be from 0.01 to 50, got {fps}"):
        animations.pooling([1, 2], tmp_path / "a.gif", fps=fps)
    with Image.open(animations.pooling([1, 2, 3, 4], tmp_path / "a.gif", fps=0.01)) as picture:
        assert picture.info["duration"] == 100_000


def test_nothing_is_left_of_the_style(tmp_path):
    before = dict(mpl.rcParams)
    animations.pooling([1, 2], tmp_path / "a.gif")
    assert dict(mpl.rcParams) == before
