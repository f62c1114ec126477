"""One set of colours: Python, style sheet and browser agree, and text is legible."""

import re
from pathlib import Path

import numpy as np
import pytest

from cnnviz import palette

ROOT = Path(__file__).parent.parent
SHEET = (ROOT / "frontend/src/ui/style.css").read_text(encoding="utf-8")
GROUNDS = {"light": ("#ffffff", "#f4f6f8"), "dark": ("#15181d", "#1f242b")}


def sheet_tones(theme: str) -> dict[str, str]:
    block = re.findall(r"\{([^}]*--cnn-input[^}]*)\}", SHEET)[["light", "dark"].index(theme)]
    tones = dict(re.findall(r"--cnn-([\w-]+): (#[0-9a-f]+)", block))
    return {k: v if len(v) == 7 else "#" + "".join(2 * c for c in v[1:]) for k, v in tones.items()}


def luminance(tone: str) -> float:
    channels = np.array([int(tone[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_sheet_has_the_tones_of_the_palette(theme):
    tones = sheet_tones(theme)
    for meaning, tone in getattr(palette, theme.upper()).items():
        assert tones[meaning] == tone


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_tones_have_enough_contrast_on_their_grounds(theme):
    tones = sheet_tones(theme)
    assert (tones["ground"], tones["raised"]) == GROUNDS[theme]
    for name in ("input", "kernel", "output", "gradient", "ink", "muted", "alarm"):
        for ground in GROUNDS[theme]:
            assert contrast(tones[name], ground) >= 4.5, (name, tones[name], ground)


def test_the_browsers_scale_has_the_same_ends_and_middle():
    source = (ROOT / "frontend/src/ui/grids/colour.ts").read_text(encoding="utf-8")
    found = re.findall(r"const (NEGATIVE|MIDDLE|POSITIVE): RGB = \[(.*?)\]", source)
    assert [name for name, _ in found] == ["NEGATIVE", "MIDDLE", "POSITIVE"]
    tones = ["#" + "".join(f"{int(v, 16):02x}" for v in values.split(", ")) for _, values in found]
    assert tuple(tones) == palette.SIGNED


def test_zero_is_always_in_the_middle():
    for values in ([0.0, 5.0], [-5.0, 0.0], [0.0]):
        colours = palette.signed_rgb(values)
        assert colours[np.array(values) == 0][0].tolist() == [247, 247, 247]
    assert palette.signed_rgb([-1.0, 1.0], top=2.0)[0].tolist() == [140, 174, 210]


def test_ink_has_the_higher_contrast_on_every_grey_and_on_the_signed_scale():
    def luminance(rgb):
        c = np.asarray(rgb) / 255
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    grounds = [[grey] * 3 for grey in range(256)]
    grounds += palette.signed_rgb(np.linspace(-1, 1, 101)).tolist()
    for ground in grounds:
        white = 1.05 / (luminance(ground) + 0.05)
        black = (luminance(ground) + 0.05) / 0.05
        assert palette.ink_on(ground) == ("black" if black > white else "white")
