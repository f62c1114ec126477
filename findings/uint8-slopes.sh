#!/usr/bin/env bash
# Library: scipy 1.17.1, opencv-python-headless 5.0.0.93, pillow 13.0.0, scikit-image 0.26.0
# Expected: the slope of an 8-bit picture comes as signed numbers, or all libraries lose the same.
# What happens: from the same uint8 row scipy.ndimage wraps around at 256, so that a falling edge of −760 becomes 8; OpenCV
#   asked for the input's type, and Pillow, stop at 0 and 255; scikit-image alone goes over to floats.
#
# Output seen, 2026-11-27:
#   row 10 10 200 10 10; its slope by Sobel 0 760 0 -760 0
#   scipy.ndimage.sobel          0 248 0 8 0
#   cv2.Sobel, ddepth=-1         0 255 0 0 0
#   PIL.ImageFilter.Kernel       0 255 0 0 0
#   skimage.filters.sobel_v      0 0.745 0 -0.745 0
#
# Why it matters here: chapter 5 takes slopes of photographs. Wrapped slopes still look like an edge map, only with edges
#   missing where they are strongest.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install scipy==1.17.1 opencv-python-headless==5.0.0.93 pillow==13.0.0 scikit-image==0.26.0 numpy==2.4.6
show <<'PYTHON'
import cv2
import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage
from skimage import filters

row = [10, 10, 200, 10, 10]
picture = np.array([row] * 3, np.uint8)
kernel = ImageFilter.Kernel((3, 3), [-1, 0, 1, -2, 0, 2, -1, 0, 1], scale=1)


def line(values):
    return " ".join(f"{v:.3g}" for v in values)


by_pillow = np.asarray(Image.fromarray(picture).filter(kernel))[1].copy()
by_pillow[[0, -1]] = 0  # Pillow leaves a picture's border as it was
true = ndimage.sobel(picture.astype(float), axis=1)[1]
print(f"row {line(row)}; its slope by Sobel {line(true)}")
slopes = {
    "scipy.ndimage.sobel": ndimage.sobel(picture, axis=1)[1],
    "cv2.Sobel, ddepth=-1": cv2.Sobel(picture, -1, 1, 0)[1],
    "PIL.ImageFilter.Kernel": by_pillow,
    "skimage.filters.sobel_v": filters.sobel_v(picture)[1] + 0.0,
}
for name, slope in slopes.items():
    print(f"{name:28} {line(slope)}")
PYTHON
compare
