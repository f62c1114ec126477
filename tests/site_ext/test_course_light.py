"""What makes the site light: style rules, pictures and scripts that a page does without."""

import gzip

import course_light
import numpy as np
import pytest
from PIL import Image
from sphinx.errors import ExtensionError

from cnnviz import images, widgets
from cnnviz.widgets._base import STATIC


class TestPurge:
    @pytest.mark.parametrize(
        ("rule", "kept"),
        [
            (".used { top: 0 }", ".used{top:0}"),
            (".gone { top: 0 }", ""),
            ("p > a:hover { top: 0 }", "p > a:hover{top:0}"),
            (".used, .gone { top: 0 }", ".used{top:0}"),
            (".used .gone { top: 0 }", ""),
            (".used:not(.gone) { top: 0 }", ".used:not(.gone){top:0}"),
            (":is(.used, :not(.b, .c)), .gone { top: 0 }", ":is(.used, :not(.b, .c)){top:0}"),
            ('[data-a=".gone"] { top: 0 }', '[data-a=".gone"]{top:0}'),
            ("#used { top: 0 } #gone { top: 0 }", "#used{top:0}"),
            (r".w\:used { top: 0 }", r".w\:used{top:0}"),
            ("@media print { .gone { top: 0 } }", ""),
            ("@media print { .used { top: 0 } .gone { top: 0 } }", "@media print{.used{top:0}}"),
            ("@font-face { font-family: Icons; src: url(a.woff2) }", ""),
            ('.used::before { content: "\\f0e5" }', ""),
            (".used::before { content: var(--pst-icon-pencil) }", ""),
            ('.used::before { content: "·" }', '.used::before{content:"·"}'),
            ("@keyframes x { from { top: 0 } }", "@keyframes x{from{top:0}}"),
            (".dropdown-menu { top: 0 }", ""),
        ],
    )
    def test_keeps_what_may_apply(self, rule, kept):
        assert course_light.purge(rule, {"used", "w:used", "dropdown-menu"}) == kept


class TestWebp:
    @staticmethod
    def written(tmp_path, pixels):
        path = tmp_path / "a.png"
        Image.fromarray(pixels).save(path)
        name, size = course_light.webp(path, tmp_path)
        assert size == (pixels.shape[1], pixels.shape[0])
        shown = np.asarray(Image.open(tmp_path / name).convert("RGB"))
        return name, np.abs(shown.astype(int) - pixels)

    def test_a_drawing_stays_as_it_is(self, tmp_path):
        pixels = np.full((200, 300, 3), 255, np.uint8)
        pixels[50:60, 20:200] = (0, 114, 178)
        pixels[100, ::7] = (179, 71, 0)
        name, difference = self.written(tmp_path, pixels)
        assert name == "a.webp"
        assert difference.max() == 0

    def test_a_photograph_changes_by_less_than_is_seen(self, tmp_path):
        small = Image.fromarray(np.moveaxis(images.picture("astronaut"), 0, -1))
        pixels = np.asarray(small.resize((480, 480), Image.Resampling.LANCZOS))
        name, difference = self.written(tmp_path, pixels)
        assert name == "a.webp"
        assert difference.mean() <= 1
        assert np.quantile(difference.max(axis=-1), 0.999) <= 24

    def test_noise_which_would_suffer_does_not(self, tmp_path):
        pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        assert self.written(tmp_path, pixels)[1].max() == 0

    def test_what_was_packed_once_is_found_again_by_its_content(self, tmp_path, monkeypatch):
        first, second, other = (tmp_path / f"{name}.png" for name in "abc")
        Image.linear_gradient("L").save(first)
        second.write_bytes(first.read_bytes())
        Image.radial_gradient("L").save(other)
        packed = []
        original = course_light._packed
        monkeypatch.setattr(
            course_light, "_packed", lambda *a, **k: packed.append(1) or original(*a, **k)
        )
        cache = tmp_path / "cache"
        cache.mkdir()
        assert course_light.webp(first, cache) == ("a.webp", (256, 256))
        count = len(packed)
        assert course_light.webp(second, cache) == ("b.webp", (256, 256))
        assert len(packed) == count > 0
        assert first.with_suffix(".webp").read_bytes() == second.with_suffix(".webp").read_bytes()
        course_light.webp(other, cache)
        assert len(packed) > count

    def test_that_a_png_is_the_smaller_one_is_kept_in_mind_too(self, tmp_path, monkeypatch):
        path = tmp_path / "a.png"
        Image.new("L", (4, 4)).save(path)
        monkeypatch.setattr(course_light, "_packed", lambda *_, **__: b"x" * 10**5)
        for _ in range(2):
            assert course_light.webp(path, tmp_path) == ("a.png", (4, 4))
            monkeypatch.setattr(course_light, "_packed", None)
        assert not path.with_suffix(".webp").exists()


def test_an_icon_without_a_drawing_is_named():
    match = course_light._ICON.search('<i class="fa-solid fa-unicorn"></i>')
    with pytest.raises(ExtensionError, match="fa-unicorn"):
        course_light._with_icon(match)


def test_a_file_that_the_theme_no_longer_has_is_named(tmp_path):
    with pytest.raises(ExtensionError, match=r"no doctools\.js any more"):
        course_light._read(tmp_path, "doctools.js")


def test_scripts_are_within_their_budgets():
    packed = {p: len(gzip.compress(p.read_bytes())) for p in STATIC.rglob("*.js")}
    assert packed[STATIC / "page.js"] <= 25_000
    views = {path: size for path, size in packed.items() if path.parent.name == "views"}
    assert {path.stem for path in views} == set(widgets.__all__)
    assert max(views.values()) <= 14_000, views
