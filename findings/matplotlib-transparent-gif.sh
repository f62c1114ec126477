#!/usr/bin/env bash
# Library: matplotlib 3.11.2, with pillow 13.0.0
# Expected: rcParams["savefig.transparent"] makes an animation's background transparent.
# What happens: the GIF's frames are laid over one another without clearing, so what was drawn in earlier frames stays: the
#   third frame of a moving block shows three blocks.
#
# Output seen, 2026-11-27:
#   savefig.transparent False: blocks seen in each frame 1 1 1
#   savefig.transparent True: blocks seen in each frame 1 2 3
#
# Why it matters here: the animations of sliding windows are written by this writer. A setting that many keep in their
#   matplotlibrc for slides turns sums into scribble, and only in the file: each frame alone was right.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install matplotlib==3.11.2 pillow==13.0.0 numpy==2.4.6
show <<'PYTHON'
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import PillowWriter
from PIL import Image

for transparent in (False, True):
    with plt.rc_context({"savefig.transparent": transparent}):
        figure = plt.figure(figsize=(3, 1))
        writer = PillowWriter(fps=2)
        with writer.saving(figure, "block.gif", dpi=20):
            for position in range(3):
                figure.clear()
                axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 3), ylim=(0, 1))
                axes.axis("off")
                axes.fill_between([position, position + 1], 1, color="black")
                writer.grab_frame()
        plt.close(figure)
    blocks = []
    with Image.open("block.gif") as animation:
        for index in range(animation.n_frames):
            animation.seek(index)
            pixels = np.asarray(animation.convert("RGBA"))[10, 10::20].astype(int)  # one a place
            blocks.append(((pixels[:, 3] > 128) & (pixels[:, :3].sum(axis=1) < 100)).sum())
    print(f"savefig.transparent {transparent}: blocks seen in each frame", *blocks)
PYTHON
compare
