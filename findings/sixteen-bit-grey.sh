#!/usr/bin/env bash
# Library: pillow 13.0.0 and opencv-python-headless 5.0.0.93
# Expected: a 16-bit grey PNG read as 8-bit grey is scaled from 0…65535 to 0…255.
# What happens: Pillow's convert("L") doesn't scale, it cuts off at 255, so that all but the darkest 0.4 % become white. OpenCV
#   divides by 256.
#
# Output seen, 2026-11-27:
#   file                         0 128 255 256 1000 32768 65535
#   Pillow, convert("L")         0 128 255 255 255 255 255
#   OpenCV, IMREAD_GRAYSCALE     0 0 0 1 3 128 255
#
# Why it matters here: chapter 7's slices and other medical or depth pictures are often stored in 16 bits. Read one way such a
#   picture is white all over, the other way nearly black, and both arrays are uint8 of the right shape.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy==2.4.6
show <<'PYTHON'
import cv2
import numpy as np
from PIL import Image

picture = np.array([[0, 128, 255, 256, 1000, 32768, 65535]], np.uint16)
Image.fromarray(picture).save("grey16.png")
with Image.open("grey16.png") as opened:
    assert np.array_equal(np.asarray(opened), picture)
    by_pillow = np.asarray(opened.convert("L"))
by_opencv = cv2.imread("grey16.png", cv2.IMREAD_GRAYSCALE)
assert by_pillow.dtype == by_opencv.dtype == np.uint8
print("file                        ", *picture[0])
print('Pillow, convert("L")        ', *by_pillow[0])
print("OpenCV, IMREAD_GRAYSCALE    ", *by_opencv[0])
PYTHON
compare
