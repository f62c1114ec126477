"""What moves and is exported: :mod:`cnnviz.figures.animations` under its short name.

>>> from cnnviz import animations
>>> animations.__all__
['convolution', 'pooling']
"""

from cnnviz.figures.animations import convolution, pooling

__all__ = ["convolution", "pooling"]
