#!/usr/bin/env bash
# Library: pillow 13.0.0, by matplotlib 3.11.2's PillowWriter
# Expected: a GIF written with one frame a step has as many frames as steps, each 1/fps long.
# What happens: equal frames that follow one another become one that is shown longer, so frame 3 of the file isn't step 3,
#   and an animation that rests throughout is a still picture. Times are cut to hundredths of a second: 60 frames a
#   second are written as 100.
#
# Output seen, 2026-11-27:
#   6 steps, 10 a second, drawn 0 0 0 1 1 2: 3 frames of 300, 200, 100 ms
#   3 equal steps, 10 a second: 1 frame of 300 ms, is_animated False
#   3 steps, 60 a second: 3 frames of 10, 10, 10 ms
#
# Why it matters here: the animations show one multiplication or window a frame and pause on results. Whoever takes a frame
#   by its number, or tests that all steps are there, must not count frames in the file.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install pillow==13.0.0 matplotlib==3.11.2 numpy==2.4.6
show <<'PYTHON'
import matplotlib.pyplot as plt
from matplotlib.animation import PillowWriter
from PIL import Image


def write(positions, fps):
    figure = plt.figure(figsize=(1, 1))
    writer = PillowWriter(fps=fps)
    with writer.saving(figure, "steps.gif", dpi=30):
        for position in positions:
            figure.clear()
            axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 3), ylim=(0, 1))
            axes.fill_between([position, position + 1], 1, color="black")
            writer.grab_frame()
    plt.close(figure)
    durations = []
    with Image.open("steps.gif") as animation:
        for index in range(animation.n_frames):
            animation.seek(index)
            durations.append(str(animation.info["duration"]))
        return durations, animation.is_animated


durations, _ = write([0, 0, 0, 1, 1, 2], fps=10)
print(
    "6 steps, 10 a second, drawn 0 0 0 1 1 2:",
    f"{len(durations)} frames of {', '.join(durations)} ms",
)
durations, animated = write([1, 1, 1], fps=10)
print(
    f"3 equal steps, 10 a second: {len(durations)} frame of {durations[0]} ms,",
    f"is_animated {animated}",
)
durations, _ = write([0, 1, 2], fps=60)
print(f"3 steps, 60 a second: {len(durations)} frames of {', '.join(durations)} ms")
PYTHON
compare
