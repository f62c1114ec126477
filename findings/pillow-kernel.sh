#!/usr/bin/env bash
# Library: pillow 13.0.0
# Expected: ImageFilter.Kernel slides its numbers over the picture either as they stand (correlation) or turned by 180°
#   (convolution), and does something at the border.
# What happens: neither: the rows of the kernel are reversed and its columns are not. One white pixel comes out as the kernel
#   mirrored left to right. The border isn't filtered: it is copied from the picture.
#
# Output seen, 2026-11-27:
#   kernel 1 2 3 / 4 5 6 / 7 8 9
#   correlation of one white pixel: 9 8 7 / 6 5 4 / 3 2 1
#   convolution of one white pixel: 1 2 3 / 4 5 6 / 7 8 9
#   Pillow's filter:                3 2 1 / 6 5 4 / 9 8 7
#   a picture of ones, kernel of nine ones: 1 1 1 1 / 1 9 9 1 / 1 9 9 1 / 1 1 1 1
#
# Why it matters here: chapters 3 and 5 tell correlation and convolution apart by such a picture. With Pillow a kernel for
#   upper edges finds lower ones, while one for left edges works.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install pillow==13.0.0 scipy==1.17.1 numpy==2.4.6
show <<'PYTHON'
import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage


def rows(values):
    return " / ".join(" ".join(f"{v:g}" for v in row) for row in values)


kernel = np.arange(1, 10).reshape(3, 3)
dot = np.zeros((5, 5), np.uint8)
dot[2, 2] = 1
by_pillow = Image.fromarray(dot).filter(ImageFilter.Kernel((3, 3), kernel.ravel().tolist(), 1))
print("kernel", rows(kernel))
print("correlation of one white pixel:", rows(ndimage.correlate(dot, kernel)[1:-1, 1:-1]))
print("convolution of one white pixel:", rows(ndimage.convolve(dot, kernel)[1:-1, 1:-1]))
print("Pillow's filter:               ", rows(np.asarray(by_pillow)[1:-1, 1:-1]))
ones = Image.fromarray(np.ones((4, 4), np.uint8))
summed = ones.filter(ImageFilter.Kernel((3, 3), [1] * 9, 1))
print("a picture of ones, kernel of nine ones:", rows(np.asarray(summed)))
PYTHON
compare
