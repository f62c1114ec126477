"""The layers of a convolutional network in NumPy, forward and backward.

Shapes are PyTorch's: images ``(C, *n)`` or ``(N, C, *n)``, weights ``(K, C/groups, *k)``, with one,
two or three spatial axes ``n``. "Convolution" is what deep learning calls so: the kernel isn't
flipped. Only `convolve` flips it.

Two ideas carry convolution. **Windows**: `_windows` shows an array as all the windows that a kernel
visits, without copying. **Columns**: copied out, every window is a column of a matrix, so that a
convolution is one matrix product, weights × columns ("im2col"). Backward the same two run the other
way round: a matrix product gives the columns' gradient, which is added back into the windows; or,
where it is quicker, the gradient is convolved with the kernels rotated by 180°, the same sums pixel
by pixel.

What is common to all functions:

- float64 in, float64 out, and float32 in, float32 out. Integers (and booleans, as 0 and 1) are
  computed as int64 and stay exact; a sum that might leave int64 is refused. Beside floats,
  integers take the floats' type. float16 becomes float32.
- ``stride`` and ``dilation`` are ints or one per axis. ``padding`` is per side: an int,
  ``"valid"``, ``"same"`` (see `cnnviz.shapes.same_padding`), or per axis an int or
  ``(before, after)``. ``padding_mode`` is ``"zero"``, ``"reflect"`` (``c b | a b c | b a``),
  ``"replicate"`` (``a a | a b c | c c``) or ``"circular"`` (``b c | a b c | a b``).
- Arrays are what `cnnviz.arrays.as_array` takes: NumPy's, nested lists, torch tensors, pictures.
- Floats do what IEEE 754 says, without warnings: NaN and infinities go through, as in PyTorch.
- What memory doesn't hold is refused before it is made. Any bad argument is a `ValueError` or a
  `TypeError` that names it, what it got and what is allowed.
"""

from __future__ import annotations

from cnnviz.ops._padding import PADDING_MODES
from cnnviz.ops.activations import (
    leaky_relu,
    leaky_relu_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    softmax,
    softmax_backward,
    tanh,
    tanh_backward,
)
from cnnviz.ops.convolution import conv, conv_backward, conv_transpose
from cnnviz.ops.filters import convolve, correlate
from cnnviz.ops.linear import (
    dropout,
    dropout_backward,
    dropout_mask,
    flatten,
    flatten_backward,
    linear,
    linear_backward,
)
from cnnviz.ops.losses import (
    cross_entropy,
    cross_entropy_backward,
    mean_squared_error,
    mean_squared_error_backward,
)
from cnnviz.ops.normalisation import (
    batch_norm,
    batch_norm_backward,
    batch_statistics,
    local_contrast_norm,
    local_contrast_norm_backward,
    local_response_norm,
    local_response_norm_backward,
    running_statistics,
)
from cnnviz.ops.pooling import pool, pool_backward
from cnnviz.ops.regions import (
    roi_align,
    roi_align_backward,
    roi_align_weights,
    roi_pool,
    roi_pool_backward,
)

__all__ = [
    "PADDING_MODES",
    "batch_norm",
    "batch_norm_backward",
    "batch_statistics",
    "conv",
    "conv_backward",
    "conv_transpose",
    "convolve",
    "correlate",
    "cross_entropy",
    "cross_entropy_backward",
    "dropout",
    "dropout_backward",
    "dropout_mask",
    "flatten",
    "flatten_backward",
    "leaky_relu",
    "leaky_relu_backward",
    "linear",
    "linear_backward",
    "local_contrast_norm",
    "local_contrast_norm_backward",
    "local_response_norm",
    "local_response_norm_backward",
    "mean_squared_error",
    "mean_squared_error_backward",
    "pool",
    "pool_backward",
    "relu",
    "relu_backward",
    "roi_align",
    "roi_align_backward",
    "roi_align_weights",
    "roi_pool",
    "roi_pool_backward",
    "running_statistics",
    "sigmoid",
    "sigmoid_backward",
    "softmax",
    "softmax_backward",
    "tanh",
    "tanh_backward",
]
