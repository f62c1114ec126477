"""Kernels: known values, the properties that define them, and refusals."""

import numpy as np
import pytest

from cnnviz import kernels

BLURS = ["box", "gaussian", "motion_blur"]
DERIVATIVES = [name for name in kernels.NAMES if name[-2:] in ("_x", "_y")]


def correlate(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijkl,kl->ij", windows, kernel)


def ramp(size, slope_x=0.0, slope_y=0.0):
    y, x = np.mgrid[:size, :size]
    return slope_x * x + slope_y * y


def test_presets_are_complete_and_fresh():
    expected = (
        "identity box gaussian sharpen emboss prewitt_x prewitt_y sobel_x sobel_y "
        "scharr_x scharr_y laplacian laplacian_of_gaussian motion_blur"
    )
    assert list(kernels.NAMES) == expected.split()
    labels = [preset.label for preset in kernels.PRESETS.values()]
    assert len(set(labels)) == len(labels)
    for name in kernels.NAMES:
        kernel = kernels.get(name)
        assert kernel.ndim == 2
        assert kernel.dtype in (np.int64, np.float64)
        assert kernel.flags.owndata or kernel.base is not None
        kernel[:] = 99
        assert not (kernels.get(name) == 99).any(), "a preset must not be changed by its user"


@pytest.mark.parametrize("name", ["identity", "sharpen", "emboss", "laplacian", *DERIVATIVES])
def test_whole_number_kernels_stay_whole(name):
    assert kernels.get(name).dtype == np.int64


@pytest.mark.parametrize("name", ["identity", "sharpen", "emboss", *BLURS])
def test_flat_areas_keep_their_value(name):
    assert kernels.get(name).sum() == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("name", ["laplacian", "laplacian_of_gaussian", *DERIVATIVES])
def test_flat_areas_answer_zero(name):
    assert kernels.get(name).sum() == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize(
    ("function", "weight"), [(kernels.prewitt, 6), (kernels.sobel, 8), (kernels.scharr, 32)]
)
def test_derivatives_measure_one_axis(function, weight):
    along_x, along_y = ramp(5, slope_x=1), ramp(5, slope_y=1)
    assert (correlate(along_x, function("x")) == weight).all()
    assert (correlate(along_y, function("x")) == 0).all()
    assert (correlate(along_y, function("y")) == weight).all()
    assert (correlate(along_x, function("y")) == 0).all()


def test_derivative_is_positive_from_dark_to_light():
    np.testing.assert_array_equal(kernels.sobel("x"), [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


@pytest.mark.parametrize(
    ("function", "scipy_name"), [(kernels.sobel, "sobel"), (kernels.prewitt, "prewitt")]
)
def test_derivatives_agree_with_scipy(function, scipy_name):
    ndimage = pytest.importorskip("scipy.ndimage")
    image = np.random.default_rng(0).integers(0, 256, (9, 11))
    for axis, number in (("x", 1), ("y", 0)):
        theirs = getattr(ndimage, scipy_name)(image, axis=number)[1:-1, 1:-1]
        np.testing.assert_array_equal(correlate(image, function(axis)), theirs)


def test_laplacian_is_exact_on_a_parabola():
    y, x = np.mgrid[:6, :6]
    assert (correlate(3 * x**2 + 2 * y**2, kernels.laplacian()) == 10).all()


def test_sharpen_overshoots_on_both_sides_of_an_edge():
    edge = np.tile([50, 50, 50, 200, 200, 200], (3, 1))
    assert correlate(edge, kernels.sharpen())[0].tolist() == [50, -100, 350, 200]


def test_gaussian_is_separable_symmetric_and_agrees_with_scipy():
    kernel = kernels.gaussian((5, 7), sigma=1.3)
    assert np.linalg.matrix_rank(kernel, tol=1e-12) == 1
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], rtol=0, atol=1e-16)
    ndimage = pytest.importorskip("scipy.ndimage")
    impulse = np.zeros((9, 9))
    impulse[4, 4] = 1
    theirs = ndimage.gaussian_filter(impulse, 1.3, radius=4)
    np.testing.assert_allclose(kernels.gaussian(9, 1.3), theirs, rtol=0, atol=1e-15)


@pytest.mark.parametrize("size", [1, 2, 4, 5, (3, 6)])
@pytest.mark.parametrize("sigma", [0.01, 0.5, 1000])
def test_gaussian_stays_finite_at_the_extremes(size, sigma):
    kernel = kernels.gaussian(size, sigma)
    assert kernel.sum() == pytest.approx(1)
    assert (kernel >= 0).all()
    if min(np.shape(kernel)) >= 3:
        assert np.isfinite(kernels.laplacian_of_gaussian(size, sigma)).all()


def test_laplacian_of_gaussian_follows_its_formula():
    kernel = kernels.laplacian_of_gaussian(21, 1.4)
    # Wide enough that the correction for cutting off is tiny.
    assert kernel[10, 10] == pytest.approx(-1 / (np.pi * 1.4**4), abs=1e-6)
    assert kernel[10, 10] < 0 < kernel[10, 13]
    # ∇²G answers the Laplacian of the blurred picture: 2 + 2 on x² + y², blurred or not.
    y, x = np.mgrid[-15:16, -15:16]
    assert correlate(x**2 + y**2, kernel) == pytest.approx(4, abs=1e-3)


def test_laplacian_of_gaussian_agrees_with_scipy():
    ndimage = pytest.importorskip("scipy.ndimage")
    impulse = np.zeros((21, 21))
    impulse[10, 10] = 1
    theirs = ndimage.gaussian_laplace(impulse, 1.8, radius=10)
    np.testing.assert_allclose(kernels.laplacian_of_gaussian(21, 1.8), theirs, atol=1e-3)


def test_motion_blur_follows_its_angle():
    np.testing.assert_array_equal(kernels.motion_blur(5, 0)[2], np.full(5, 0.2))
    assert np.count_nonzero(kernels.motion_blur(5, 0)) == 5
    np.testing.assert_array_equal(kernels.motion_blur(5, 90), kernels.motion_blur(5, 0).T)
    np.testing.assert_array_equal(kernels.motion_blur(7, 180), kernels.motion_blur(7, 0))
    # Counter-clockwise: 45° goes from the bottom left to the top right.
    np.testing.assert_array_equal(kernels.motion_blur(5, 45), np.eye(5)[::-1] / 5)
    # No column weighs more than another, or the blur would show bands.
    np.testing.assert_allclose(kernels.motion_blur(9, 30).sum(axis=0), 1 / 9)


@pytest.mark.parametrize("angle", range(0, 360, 15))
@pytest.mark.parametrize("size", [1, 3, 9])
def test_motion_blur_keeps_its_mean_and_its_middle(size, angle):
    kernel = kernels.motion_blur(size, angle)
    assert kernel.shape == (size, size)
    assert kernel.sum() == pytest.approx(1)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-12)


@pytest.mark.parametrize("size", [0, -3, (3, 0), (1, 2, 3), ()])
@pytest.mark.parametrize("function", [kernels.identity, kernels.box, kernels.gaussian])
def test_bad_size_is_refused(function, size):
    with pytest.raises(ValueError, match="size must be"):
        function(size)


@pytest.mark.parametrize("size", [2.5, "3", None, True, (3, 2.5), float("nan")])
@pytest.mark.parametrize("function", [kernels.box, kernels.laplacian_of_gaussian])
def test_size_of_a_wrong_type_is_refused(function, size):
    with pytest.raises(TypeError, match="size must be a whole number of at least"):
        function(size)


def test_even_size_is_refused_where_a_middle_is_needed():
    for function in (kernels.identity, kernels.motion_blur):
        with pytest.raises(ValueError, match="size must be odd"):
            function(4)
    with pytest.raises(TypeError, match="size must be a whole number"):
        kernels.motion_blur((3, 5))
    with pytest.raises(ValueError, match=r"at least 3.*got 2"):
        kernels.laplacian_of_gaussian(2)


@pytest.mark.parametrize("function", [kernels.gaussian, kernels.laplacian_of_gaussian])
def test_bad_sigma_is_refused(function):
    for sigma in (0, -1, 1e-9, 1e9, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="sigma must be"):
            function(5, sigma)
    for sigma in ("1", None, [1]):
        with pytest.raises(TypeError, match="sigma must be a number"):
            function(5, sigma)


def test_bad_axis_angle_and_name_are_refused():
    for axis in ("z", 0, None):
        with pytest.raises(ValueError, match='axis must be "x" or "y"'):
            kernels.sobel(axis)
    with pytest.raises(ValueError, match="angle must be a finite number"):
        kernels.motion_blur(3, float("inf"))
    for name in ("sobel", "", None, ["box"]):
        with pytest.raises(ValueError, match=r"name must be one of identity, box.*got"):
            kernels.get(name)


@pytest.mark.parametrize(
    "function",
    [
        kernels.identity,
        kernels.box,
        kernels.gaussian,
        kernels.laplacian_of_gaussian,
        kernels.motion_blur,
    ],
)
@pytest.mark.parametrize("size", [10**6 + 1, 10**30 + 1])
def test_a_size_that_memory_does_not_hold_is_refused_at_once(function, size):
    words = "size asks for an array" if size < 2**63 else "size must be less than 2⁶³"
    with pytest.raises(ValueError, match=words):
        function(size)


def test_sizes_and_numbers_of_any_kind():
    assert kernels.box(np.array([2, 3])).shape == (2, 3)
    assert kernels.box(np.int8(3)).shape == (3, 3)
    np.testing.assert_array_equal(kernels.gaussian(5, np.float32(1.5)), kernels.gaussian(5, 1.5))
    np.testing.assert_array_equal(kernels.motion_blur(5, np.array(90)), kernels.motion_blur(5, 90))


@pytest.mark.parametrize("axis", [np.array(["x", "y"]), ["x"], None, 0])
def test_an_axis_that_is_none_is_refused(axis):
    with pytest.raises(ValueError, match='axis must be "x" or "y", got'):
        kernels.sobel(axis)
