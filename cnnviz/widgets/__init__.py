"""The widgets: in Jupyter an anywidget, on a built page the same view without a kernel."""

from cnnviz.widgets._kernel_editor import KernelEditor

__all__ = ["KernelEditor"]
