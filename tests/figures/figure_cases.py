"""A figure of every kind, and pixels to compare."""

import io

import numpy as np
from PIL import Image

from cnnviz import figures, images, kernels, ledger, nets
from cnnviz.figures._slide import STYLES, Slide
from cnnviz.figures._story import ordinary
from cnnviz.figures._style import own_settings

RNG = np.random.default_rng(0)
MAP = RNG.normal(size=(12, 16))


def every_kind():
    """One figure of each public function, small so that many can be drawn."""
    yield figures.show_image(images.picture("camera")[:40, :50], window=(3, 4, 9, 9))
    yield figures.show_numbers(np.arange(6).reshape(2, 3), "Input 卷积", padding=1)
    yield figures.show_convolution(MAP, kernels.sobel(), MAP[:10, :14])
    yield figures.show_signal([1, -2, 3], [3, 2, 1], labels=["a", "b"], title="t", unit="mV")
    boxes = np.array([[2, 3, 12, 20], [20, 25, 48, 38.5]])
    yield figures.show_boxes(
        images.picture("camera")[:40, :50], boxes, boxes + 2, "Boxes", labels=["数字 7", "x: 0.5"]
    )
    yield figures.show_ledger(ledger(nets.lenet5(), (1, 28, 28)))
    figure, axes = figures.panels(2, aspect=0.3)
    figures.show_signal(np.sin(np.arange(100)) * 1e4, rate=100, ax=axes[0])
    figures.show_feature_map(MAP, top=12345, ax=axes[1])
    yield figure


def drawn(figure):
    """The picture that is saved, a quarter as fine as a notebook's: there are many to draw."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=50)
    return np.asarray(Image.open(buffer))


def slide_pixels():
    """A step of an animation."""
    story = ordinary(np.eye(3), np.array([[1.0, -1.0]]), 1, 1, 1, "zero")
    with own_settings():
        slide = Slide(story, STYLES["dark"])
        slide.draw(story.steps[1])
        buffer = io.BytesIO()
        slide.figure.savefig(buffer, format="png", dpi=50)
    return np.asarray(Image.open(buffer))
