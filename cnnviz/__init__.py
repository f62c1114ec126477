"""Visualizers for convolutional neural networks, and the arithmetic behind them.

Everything here is loaded on first use, so ``import cnnviz`` is quick and needs neither
torch nor matplotlib.

>>> import cnnviz
>>> cnnviz.shapes.conv_output_size(28, 5, padding=2)
28
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "animations",
        "attribution",
        "boxes",
        "chain",
        "check",
        "data",
        "embeddings",
        "export",
        "fields",
        "figures",
        "images",
        "kernels",
        "ledgers",
        "nets",
        "ops",
        "palette",
        "shapes",
        "signals",
        "spans",
        "training",
        "widgets",
    ],
    submod_attrs={
        "data": ["load"],
        "ledgers": ["Ledger", "ledger"],
        "widgets": [
            "ArchitectureExplorer",
            "BackpropStepper",
            "BoxPlayground",
            "ConvolutionStepper",
            "DetectionViewer",
            "DigitPad",
            "EmbeddingExplorer",
            "FeatureMaps",
            "KernelEditor",
            "PoolingStepper",
            "ReceptiveField",
            "ShapeCalculator",
            "SlidingWindow",
            "TrainingMonitor",
            "VolumeViewer",
        ],
    },
)
