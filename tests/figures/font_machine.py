"""Draw figures as on a machine with certain fonts, and write down what came out.

``python font_machine.py FOLDER`` draws with the fonts of a folder added to the system's, and what
is in it called "Helvetica", "Arial" and "DejaVu Sans"; with ``-`` as the folder matplotlib knows
DejaVu alone.
"""

import hashlib
import json
import sys

import numpy as np
from matplotlib import font_manager
from matplotlib.font_manager import FontEntry, fontManager

NAMES = ("Helvetica", "Arial", "Segoe UI", "Noto Sans", "DejaVu Sans", "DejaVu Sans Mono")


def arrange(folder):
    """Let matplotlib know the fonts of such a machine and no others."""
    own = [e for e in fontManager.ttflist if font_manager.__file__.rsplit("/", 1)[0] in e.fname]
    dejavu = [e for e in own if e.name.startswith("DejaVu")]
    if folder == "-":
        fontManager.ttflist[:] = dejavu
        return
    stranger = next(e for e in own if e.name == "cmr10").fname
    fontManager.ttflist[:] = [
        FontEntry(fname=stranger, name=name, style="normal", weight=weight, size="scalable")
        for name in NAMES
        for weight in (400, 700)
    ] + own


def main(folder):
    arrange(folder)
    from figure_cases import drawn, every_kind, slide_pixels

    from cnnviz import figures

    wide = ("A heading of thirty letters here", "Another one, nearly as wide", "And a third one")
    sentence = figures.show_convolution(
        np.ones((9, 9)), np.ones((2, 2)), np.ones((8, 8)), titles=wide
    )
    kinds = [*every_kind(), sentence]
    pictures = [(figure.get_size_inches().tolist(), drawn(figure)) for figure in kinds]
    report = [[size, hashlib.sha256(pixels.tobytes()).hexdigest()] for size, pixels in pictures]
    report.append(hashlib.sha256(slide_pixels().tobytes()).hexdigest())
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
