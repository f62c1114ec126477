"""Notebooks as single files: a page or slides with living widgets, offline.

``jupyter nbconvert --to cnnviz chapter.ipynb`` writes a page, ``--to cnnviz-slides`` slides; both
are in JupyterLab's menu *Save and Export Notebook As*, too. They need what the course installs.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["mathml"],
    submod_attrs={"_exporters": ["PageExporter", "SlidesExporter", "widget_scripts"]},
)
