"""What is assigned to a widget is refused by name, or fits; and its repr never raises."""

import numpy as np
import pytest
import traitlets
from PIL import Image

import cnnviz
from cnnviz import (
    BackpropStepper,
    ConvolutionStepper,
    KernelEditor,
    PoolingStepper,
    TrainingMonitor,
    VolumeViewer,
    widgets,
)
from cnnviz.widgets._traits import pack

WIDGETS = [getattr(cnnviz, name) for name in widgets.__all__]


@pytest.mark.parametrize(
    ("widget", "name", "value", "says"),
    [
        (KernelEditor, "image", np.ones((2, 2)), "image does not go .*kernel must fit"),
        (KernelEditor, "kernel", np.ones((3, 3, 3))[:, :1], "^$"),  # a colour kernel, one row: fits
        (KernelEditor, "dilation", 60, "dilation does not go with .*fit"),
        (KernelEditor, "cursor", (94, 0), "cursor does not go with .*output"),
        (ConvolutionStepper, "x", [1, 2, 3], "x does not go with the weight.*must have 2 axes"),
        (ConvolutionStepper, "x", [[1, 2], [3, 4]], "x does not go with .*fit"),
        (ConvolutionStepper, "dense", [1, 2], "dense does not go with .*weight must have 2 axes"),
        (ConvolutionStepper, "weight", [1, 2], "weight must have 2 axes"),
        (
            lambda: ConvolutionStepper([1, 2], [1]),
            "weight",
            [[1]],
            "weight must have one axis for x",
        ),
        (ConvolutionStepper, "weight", np.full((3, 3), 2**63 - 1), "^weight must hold whole"),
        (ConvolutionStepper, "bias", [1, 2], "bias does not go with .*bias must have shape"),
        (ConvolutionStepper, "groups", 2, "groups does not go"),
        (ConvolutionStepper, "step", 9, "step does not go with .*less than the 9 steps"),
        (ConvolutionStepper, "padding", ((0, 1), -2), "padding must be"),
        (ConvolutionStepper, "output_padding", 1, "output_padding does not go"),
        (PoolingStepper, "x", [1, 2, 3], "x does not go|^$"),
        (PoolingStepper, "x", [[1]], "x does not go with .*fit"),
        (PoolingStepper, "kernel", 5, "kernel does not go with .*fit"),
        (PoolingStepper, "step", 4, "step does not go with .*less than the 4 outputs"),
        (BackpropStepper, "x", [[1, 2], [3, 4]], "x does not go with .*weight must fit"),
        (BackpropStepper, "x", np.ones((2, 5, 5)), "x does not go with .*weight must have shape"),
        (BackpropStepper, "weight", np.ones((1, 1, 3, 3)), "weight does not go with .*shape"),
        (BackpropStepper, "bias", [1, 2], "bias does not go with .*each of 1 kernels"),
        (BackpropStepper, "grad", [[1, 2]], "grad does not go with .*output's shape"),
        (BackpropStepper, "padding", 3, "padding does not go with .*at most 10 positions"),
        (BackpropStepper, "dilation", 3, "dilation does not go with .*fit"),
        (BackpropStepper, "pool_kernel", 4, "pool_kernel does not go with .*pool_kernel must fit"),
        (BackpropStepper, "step", 38, "step does not go with .*less than the 38 steps"),
        (TrainingMonitor, "run", 1, "run does not go with .*less than the 0 runs"),
        (TrainingMonitor, "runs", {"loss": [1], "train_loss": [1, 2]}, "runs must have 2 epochs"),
        (VolumeViewer, "volume", np.ones((2, 2, 2)), "volume does not go with .*fit"),
        (VolumeViewer, "index", 16, "index does not go with .*from 0 to 15"),
        (VolumeViewer, "cursor", (14, 0, 0), "cursor does not go"),
        (KernelEditor, "image", np.full((5, 5), 1.7e308), "image does not go with .*sums that"),
        (KernelEditor, "kernel", np.full((3, 3), 1e306), "kernel does not go with .*sums that"),
        (KernelEditor, "kernel", np.full((2, 2), 1e305), "^$"),
        (ConvolutionStepper, "x", np.full((5, 5), 1e308), "x does not go with .*sums that"),
        (ConvolutionStepper, "bias", [1.7e308], "^$"),
        (VolumeViewer, "kernel", np.full((3, 3, 3), 1e305), "kernel does not go with .*sums that"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_lost(widget, name, value, says):
    made = widget()
    before, text = made.state(), repr(made)
    if says.endswith("^$"):
        setattr(made, name, value)
    else:
        with pytest.raises(ValueError, match=says):
            setattr(made, name, value)
        assert made.state() == before
        assert repr(made) == text
    assert made.to_html()


def test_several_things_change_at_once():
    editor = KernelEditor()
    with editor.hold_trait_notifications():
        editor.image = np.eye(2)
        editor.kernel = [[1]]
    assert editor.output.tolist() == [[1, 0], [0, 1]]
    assert editor.cursor == [1, 1]
    stepper = ConvolutionStepper()
    with stepper.hold_trait_notifications():
        stepper.x = [1, 2, 3]
        stepper.weight = [1, 2]
    assert stepper.output.tolist() == [5, 8]


HUGE = np.full((5, 5), 1e10)
TOO_LARGE = {
    "weights": lambda: KernelEditor(HUGE, np.full((3, 3), 1e308)),
    "that cancel": lambda: KernelEditor(HUGE, [[1e308, -1e308]]),
    "one weight": lambda: KernelEditor(HUGE, [[1e300]]),
    "a bias": lambda: KernelEditor(np.full((2, 2), 1.7e308), [[1]], bias=1.7e308),
    "a plain stepper": lambda: ConvolutionStepper(HUGE, np.full((2, 2), 1e300)),
    "transposed": lambda: ConvolutionStepper(HUGE, np.full((2, 2), 1e300), transposed=True),
    "channels": lambda: ConvolutionStepper(np.full((2, 4, 4), 1e300), np.full((2, 2, 1, 1), 1e10)),
    "float32": lambda: ConvolutionStepper(
        np.full((4, 4), 3e38, np.float32), np.ones((2, 2), np.float32)
    ),
    "a volume": lambda: VolumeViewer(np.full((3, 3, 3), 1e300), np.full((2, 2, 2), 1e10)),
}


@pytest.mark.parametrize("make", TOO_LARGE.values(), ids=TOO_LARGE)
def test_sums_that_no_float_holds_are_refused(make):
    with pytest.raises(ValueError, match=r"(kernel|weight) must make sums that float(32|64) holds"):
        make()


def test_large_sums_that_a_float_holds_are_right():
    assert KernelEditor(np.full((2, 2), 1e300), [[1e8]]).output.tolist() == [[1e308] * 2] * 2
    whole = KernelEditor(np.full((2, 2), 1e300), np.full((2, 2), 1e308), normalise=True)
    assert whole.output == pytest.approx(np.array([[1e300]]))
    assert not KernelEditor(np.zeros((2, 2)), np.full((2, 2), 1e308)).output.any()
    for widget in (whole, ConvolutionStepper(HUGE, np.full((2, 2), 1e297))):
        assert widget.to_html()


@pytest.mark.parametrize("kernel", [np.full((3, 3), 1e308), np.array([[1e308, -1e308]])])
def test_sums_made_too_large_in_the_browser_are_told(kernel, tmp_path):
    editor = KernelEditor(HUGE, np.eye(2))
    editor.set_state({"kernel": pack(kernel)})
    assert "sums that float64 holds" in editor.to_html()
    assert "sums that float64 holds" in editor.save_html(tmp_path / "a.html").read_text("utf-8")
    assert "5 × 5" in repr(editor)


def misfit(editor):
    with editor.hold_trait_notifications():
        editor.stride = 3
        editor.image = np.eye(2)


def test_what_does_not_fit_at_once_is_taken_back_whole():
    editor = KernelEditor()
    before = editor.state()
    with pytest.raises(traitlets.TraitError, match="does not go with"):
        misfit(editor)
    assert editor.state() == before


def test_a_place_moves_along_with_the_end_of_the_output():
    editor = KernelEditor(cursor=(90, 90))
    editor.stride = 4
    assert editor.cursor == [23, 23]
    stepper = PoolingStepper(step=3)
    stepper.kernel = 4
    assert stepper.step == 0
    backward = BackpropStepper()
    backward.pool_stride = 2
    assert backward.step == 31
    viewer = VolumeViewer(index=15)
    viewer.axis = 1
    viewer.volume = np.ones((5, 5, 5))
    assert viewer.index == 4
    assert viewer.cursor == [2, 2, 2]


@pytest.mark.parametrize("widget", WIDGETS)
def test_an_unknown_name_is_refused_with_the_one_meant(widget):
    made = widget()
    name = next(iter(sorted(made._state_names(), key=len, reverse=True)))
    with pytest.raises(AttributeError, match=rf"{widget.__name__} has no attribute .*{name}"):
        setattr(made, name[:-1] + "_", 1)
    with pytest.raises(AttributeError):
        made.output_ = 1


def test_read_only_answers_stay_so():
    with pytest.raises(AttributeError):
        KernelEditor().output = 1


def test_what_a_browser_sets_is_kept_and_told():
    """A reader may pass through what does not fit; the view says so, and so does the repr."""
    editor = KernelEditor()
    editor.set_state({"image": pack(np.eye(2))})
    assert editor.image.shape == (2, 2)
    assert "must fit" in repr(editor)
    assert "must fit" in editor.to_html()
    assert "text/html" in editor._repr_mimebundle_()[0]
    editor.set_state({"kernel": pack(np.eye(2))})
    assert repr(editor) == "KernelEditor(image 2 × 2, kernel 2 × 2 custom → 1 × 1)"


class TestArguments:
    def test_padding_may_differ_between_axes(self):
        stepper = ConvolutionStepper(padding=((0, 1), 2))
        assert stepper.padding == [[0, 1], [2, 2]]
        assert stepper.output.shape == (4, 7)
        stepper.padding = np.array([[0, 1], [2, 2]])
        assert stepper.output.shape == (4, 7)

    @pytest.mark.parametrize(
        ("widget", "name"),
        [
            (KernelEditor, "image"),
            (KernelEditor, "kernel"),
            (BackpropStepper, "x"),
            (BackpropStepper, "weight"),
            (BackpropStepper, "bias"),
            (BackpropStepper, "grad"),
            (ConvolutionStepper, "x"),
            (ConvolutionStepper, "weight"),
            (ConvolutionStepper, "bias"),
            (PoolingStepper, "x"),
            (VolumeViewer, "volume"),
            (VolumeViewer, "kernel"),
        ],
    )
    def test_arrays_far_too_large_are_refused_by_their_shape(self, widget, name):
        for shape in [(10**9, 10**9), (10**6, 10**6, 10**6), (10**12,)]:
            endless = np.broadcast_to(np.float32(1), shape)  # reading it would never end
            with pytest.raises(ValueError, match=name):
                widget(**{name: endless})

    @pytest.mark.parametrize("kind", [np.int8, np.int16, np.uint16, np.uint8])
    def test_small_whole_numbers_stay_small(self, kind):
        viewer = VolumeViewer(np.ones((32, 64, 64), kind))
        assert viewer.volume.dtype == kind
        np.testing.assert_array_equal(viewer.output, 0)

    def test_a_whole_volume_of_signed_bytes(self):
        assert VolumeViewer(np.full((64, 64, 64), -1, np.int8)).volume.min() == -1

    def test_whole_numbers_are_exact_or_refused(self):
        assert ConvolutionStepper(np.array([-(2**63), 1, 2]), [1]).output.tolist() == [
            -(2**63),
            1,
            2,
        ]
        assert PoolingStepper(np.array([2**53, -(2**62)]), 1).output.tolist() == [2**53, -(2**62)]
        for x in ([2**53 + 1, 0], [-(2**63) + 1, 0], np.array([2**64 - 1, 0], np.uint64)):
            with pytest.raises(ValueError, match="x must hold whole numbers that float64 holds"):
                PoolingStepper(np.array(x), 1)

    def test_pictures_of_every_mode(self):
        picture = Image.new("RGB", (8, 6), (10, 200, 30))
        for mode in ("RGB", "P", "RGBA", "CMYK"):
            assert KernelEditor(picture.convert(mode)).image.shape == (3, 6, 8)
        for mode in ("L", "1", "LA", "I", "F"):
            assert KernelEditor(picture.convert("L").convert(mode)).image.shape == (6, 8)

    @pytest.mark.parametrize(
        ("shape", "line"),
        [
            ((8, 9, 3), r"np\.moveaxis\(image, -1, 0\)"),
            ((8, 9, 1), r"image\[\.\.\., 0\]"),
            ((1, 3, 8, 9), r"image\[0\]"),
        ],
    )
    def test_a_wrong_shape_comes_with_the_line_that_mends_it(self, shape, line):
        with pytest.raises(ValueError, match=line):
            KernelEditor(np.ones(shape))

    def test_a_path_comes_with_a_hint(self):
        with pytest.raises(TypeError, match=r"x must be .*PIL\.Image\.open"):
            PoolingStepper("photo.png")
        with pytest.raises(
            (TypeError, ValueError), match=r"image must be one of .*PIL\.Image\.open"
        ):
            KernelEditor("photo.png")

    def test_masks_are_refused(self):
        masked = np.ma.masked_equal(np.arange(100).reshape(10, 10), 5)
        for widget in (BackpropStepper, KernelEditor, ConvolutionStepper, PoolingStepper):
            with pytest.raises(ValueError, match="must hold a number everywhere"):
                widget(masked)

    @pytest.mark.parametrize(
        ("widget", "arguments", "name"),
        [
            (KernelEditor, {"padding": 3000}, "padding"),
            (VolumeViewer, {"padding": 100}, "padding"),
            (ConvolutionStepper, {"padding": 1000}, "padding"),
            (ConvolutionStepper, {"stride": 10**9, "transposed": True}, "stride"),
        ],
    )
    def test_more_than_a_page_shows_is_refused(self, widget, arguments, name):
        with pytest.raises(ValueError, match=f"^{name} must leave at most 1048576 positions"):
            widget(**arguments)


class TestSaving:
    @pytest.mark.parametrize(
        ("arguments", "error", "says"),
        [
            ({"title": "\ud800"}, ValueError, "title must be text that UTF-8 can hold"),
            ({"caption": "a\udfffb"}, ValueError, "caption must be text"),
            ({"title": 5}, TypeError, "title must be text, got 5"),
            ({"caption": b"x"}, TypeError, "caption must be text"),
        ],
    )
    def test_what_can_not_be_written_leaves_the_old_page(self, tmp_path, arguments, error, says):
        path = KernelEditor().save_html(tmp_path / "a.html")
        before = path.read_bytes()
        with pytest.raises(error, match=says):
            cnnviz.ShapeCalculator().save_html(path, **arguments)
        assert path.read_bytes() == before
        assert [p.name for p in tmp_path.iterdir()] == ["a.html"]

    @pytest.mark.parametrize("path", ["", ".html", "a\0.html", "folder.html"])
    def test_odd_paths_are_refused(self, tmp_path, monkeypatch, path):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "folder.html").mkdir()
        with pytest.raises((ValueError, OSError), match="path must"):
            cnnviz.ShapeCalculator().save_html(path)
        assert [p.name for p in tmp_path.iterdir()] == ["folder.html"]

    def test_a_full_disk_leaves_the_old_page(self, tmp_path, monkeypatch):
        path = cnnviz.ShapeCalculator().save_html(tmp_path / "a.html")
        before = path.read_bytes()

        def full(self, text, **_):
            self.write_bytes(text.encode()[:100])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("pathlib.Path.write_text", full)
        with pytest.raises(OSError, match="No space left"):
            KernelEditor().save_html(path)
        assert path.read_bytes() == before
        assert [p.name for p in tmp_path.iterdir()] == ["a.html"]
