#!/usr/bin/env bash
# Library: matplotlib 3.11.2
# Expected: a picture placed by `extent` in axes with fixed limits, and a rectangle over its first pixel, stay together under
#   any settings: all three say where they are in the same coordinates.
# What happens: rcParams["image.origin"] = "lower" stands the picture on its head within its extent. The rectangle stays.
#   Without an extent the axes turn along and both stay together, so the usual test finds nothing.
#
# Output seen, 2026-11-27:
#   image.origin upper, with extent: outlined pixel holds 1
#   image.origin lower, with extent: outlined pixel holds 0
#   image.origin upper, without: outlined pixel holds 1
#   image.origin lower, without: outlined pixel holds 1
#
# Why it matters here: the figures outline a window on a picture. For those who keep this setting, as one does for maps or
#   the sky, the outline marks other pixels than those whose sum stands beside it.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install matplotlib==3.11.2 numpy==2.4.6
show <<'PYTHON'
import matplotlib.pyplot as plt
import numpy as np

picture = np.zeros((4, 4))
picture[0, 0] = 1
for place in ({"extent": (-0.5, 3.5, 3.5, -0.5)}, {}):
    for origin in ("upper", "lower"):
        with plt.rc_context({"image.origin": origin}):
            figure = plt.figure(figsize=(2, 2), dpi=50)
            axes = figure.add_axes((0, 0, 1, 1))
            axes.axis("off")
            axes.imshow(picture, cmap="gray", **place)
            if place:
                axes.set(xlim=(-0.5, 3.5), ylim=(3.5, -0.5))
            outline = plt.Rectangle((-0.5, -0.5), 1, 1, fill=False, edgecolor="red")
            axes.add_patch(outline)
            figure.canvas.draw()
            pixels = np.asarray(figure.canvas.buffer_rgba())
            x, y = outline.get_window_extent().get_points().mean(axis=0)
            grey = pixels[-1 - int(y), int(x), 0]  # a canvas counts its rows from below
            plt.close(figure)
        where = "with extent" if place else "without"
        print(f"image.origin {origin}, {where}: outlined pixel holds {round(grey / 255)}")
PYTHON
compare
