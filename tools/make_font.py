"""Make the font for the course's Chinese words: a small subset of Noto Sans CJK SC, renamed.

The source is Debian's package ``fonts-noto-cjk`` (SIL Open Font License 1.1). Its outlines become
TrueType's, which matplotlib draws sharpest, and only what the course writes is kept. Run it after
the glossary got new words, in an environment of its own that has ``fonttools`` and ``brotli``::

    python tools/make_font.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

It writes ``cnnviz/static/fonts/cnnviz-cjk.ttf`` for figures and ``site_static/cnnviz-cjk.woff2``
for the site.
"""

from __future__ import annotations

import argparse
import unicodedata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TTF = ROOT / "cnnviz" / "static" / "fonts" / "cnnviz-cjk.ttf"
WOFF2 = ROOT / "site_static" / "cnnviz-cjk.woff2"
SOURCES = ("index.md", "gallery.md", "appendices/*.md", "chapters/*.md", "references.bib")
FAMILY = "cnnviz CJK"

#: Signs of Chinese writing that a heading may need without the course using them yet.
_PUNCTUATION = "　、。《》「」『』【】！（），：；？"


def characters() -> str:
    """Return the Chinese characters that the course writes, and their punctuation."""
    texts = (
        path.read_text(encoding="utf-8") for glob in SOURCES for path in sorted(ROOT.glob(glob))
    )
    found = {sign for text in texts for sign in text if is_chinese(sign)}
    return "".join(sorted(found | set(_PUNCTUATION)))


def is_chinese(sign: str) -> bool:
    """Tell the ideographs and full-width signs, which DejaVu lacks.

    Examples
    --------
    >>> [is_chinese(sign) for sign in "卷，a∗"]
    [True, True, False, False]
    """
    return unicodedata.east_asian_width(sign) in "WF" and unicodedata.category(sign) != "So"


def main() -> None:
    """Write both files and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("source", type=Path, help="NotoSansCJK-Regular.ttc")
    parser.add_argument("--face", type=int, default=2, help="the collection's face: 2 is SC")
    options = parser.parse_args()
    font = _subset(options.source, options.face, characters())
    _to_truetype(font)
    _rename(font)
    TTF.parent.mkdir(exist_ok=True)
    font.save(TTF)
    font.flavor = "woff2"
    font.save(WOFF2)
    for path in (TTF, WOFF2):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.1f} kB")


def _subset(source: Path, face: int, text: str) -> Any:
    from fontTools import subset  # here, since only this tool needs it

    options = subset.Options()
    options.layout_features = []
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx", "GPOS", "GSUB", "GDEF", "DSIG"]
    options.hinting = False
    options.font_number = face
    options.name_IDs = [0, 7, 8, 9, 11, 13, 14]
    options.notdef_outline = True
    options.recalc_bounds = True
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    missing = set(map(ord, text)) - set(font.getBestCmap())
    if missing:
        raise SystemExit(f"the source lacks {''.join(map(chr, sorted(missing)))}")
    return font


def _to_truetype(font: Any) -> None:
    """Turn cubic outlines into quadratic ones, at most a six-hundredth of the letter off."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable

    order, outlines = font.getGlyphOrder(), font.getGlyphSet()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(None)
        outlines[name].draw(Cu2QuPen(pen, font["head"].unitsPerEm / 600, reverse_direction=True))
        glyphs[name] = pen.glyph()
    del font["CFF "]
    font["loca"] = newTable("loca")
    glyf = font["glyf"] = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = order, glyphs
    for name in order:
        glyphs[name].recalcBounds(glyf)
        width, _ = font["hmtx"][name]
        font["hmtx"][name] = (width, getattr(glyphs[name], "xMin", 0))
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    for field in (
        "maxTwilightPoints",
        "maxStorage",
        "maxFunctionDefs",
        "maxInstructionDefs",
        "maxStackElements",
        "maxSizeOfInstructions",
    ):
        setattr(maxp, field, 0)
    maxp.maxZones = 1
    font["post"].formatType = 3.0
    font.sfntVersion = "\x00\x01\x00\x00"


def _rename(font: Any) -> None:
    """Give the font a name of its own: the licence keeps the original's for the original."""
    names = font["name"]
    names.names = [name for name in names.names if name.platformID == 3 and name.langID == 0x409]
    for number, text in (
        (1, FAMILY),
        (2, "Regular"),
        (3, "cnnviz-cjk"),
        (4, FAMILY),
        (5, "Version 1.0"),
        (6, "cnnviz-cjk"),
        (10, "A subset of Noto Sans CJK SC with TrueType outlines"),
    ):
        names.setName(text, number, 3, 1, 0x409)


if __name__ == "__main__":
    main()
