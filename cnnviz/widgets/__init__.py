"""The widgets: in Jupyter an anywidget, on a built page the same view without a kernel."""

from cnnviz.widgets._architecture_explorer import ArchitectureExplorer
from cnnviz.widgets._backprop_stepper import BackpropStepper
from cnnviz.widgets._box_playground import BoxPlayground
from cnnviz.widgets._convolution_stepper import ConvolutionStepper
from cnnviz.widgets._detection_viewer import DetectionViewer
from cnnviz.widgets._digit_pad import DigitPad
from cnnviz.widgets._embedding_explorer import EmbeddingExplorer
from cnnviz.widgets._feature_maps import FeatureMaps
from cnnviz.widgets._kernel_editor import KernelEditor
from cnnviz.widgets._pooling_stepper import PoolingStepper
from cnnviz.widgets._receptive_field import ReceptiveField
from cnnviz.widgets._shape_calculator import ShapeCalculator
from cnnviz.widgets._sliding_window import SlidingWindow
from cnnviz.widgets._training_monitor import TrainingMonitor
from cnnviz.widgets._volume_viewer import VolumeViewer

__all__ = [
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
]
