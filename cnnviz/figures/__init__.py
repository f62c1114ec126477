"""What stands still: pictures, kernels, feature maps and signals, drawn with matplotlib.

Every ``show_…`` function returns a figure. Made the last line of a cell, it is shown, once and
sharp: these figures are not registered with pyplot, so that nothing has to be closed and nothing
is shown twice. To set several things side by side, ask for :func:`panels` and hand one of its
axes to each function as ``ax``; then that axes' figure is returned.

Colours mean what they mean in the widgets (:data:`COLOURS`): input, kernel, output, gradient,
padding. Signed values run from blue over near-white to red, with zero always in the middle.

The pictures are the same on every machine and after any ``rcParams`` or style. Only a font set on
purpose is kept: with ``rcParams["font.family"] = ["Noto Sans"]`` headings and numbers are in it,
and so is what the course's own fonts lack. These hold Latin, Greek, mathematical signs and the
Chinese characters of the course's glossary; any other sign is drawn as a box, and matplotlib warns
of it by name. Headings are shown as written, dollar signs too; what does not fit becomes smaller,
and then ends in an ellipsis.

>>> from cnnviz import figures, images
>>> image, kernel, answer, _ = images.figure("edge_light_to_dark")
>>> figures.show_convolution(image, kernel, answer)
<Figure: Input 6 × 6, Kernel 3 × 3, Feature map 4 × 4>
"""

from cnnviz.figures._boxes import show_boxes
from cnnviz.figures._grids import show_kernel, show_numbers
from cnnviz.figures._layout import panels
from cnnviz.figures._ledger import show_ledger
from cnnviz.figures._pictures import show_feature_map, show_image
from cnnviz.figures._sentence import show_convolution
from cnnviz.figures._signals import show_signal
from cnnviz.figures._style import COLOURS, SIGNED, use_style

__all__ = [
    "COLOURS",
    "SIGNED",
    "panels",
    "show_boxes",
    "show_convolution",
    "show_feature_map",
    "show_image",
    "show_kernel",
    "show_ledger",
    "show_numbers",
    "show_signal",
    "use_style",
]
