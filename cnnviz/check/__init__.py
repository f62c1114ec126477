"""Checks for the exercises: ``check.<exercise>(answer)`` says what is right or wrong.

Each chapter has a module of checks in `cnnviz.check.chapters`. They are gathered here by the names
in each module's ``__all__``, which is read without running the module: a chapter's check imports
what that chapter needs, and nothing of the others.

>>> from cnnviz import check
>>> check.Feedback("passed", "Right.")
✓ Right.
"""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import Any

from cnnviz.check._feedback import Feedback

# Parsing whole modules would take longer than all else that an import of the checks does.
_NAMES = re.compile(r"^__all__ = (\[[^]]*\])", re.MULTILINE)


def _names_in(module: Path) -> list[str]:
    """Return the literal ``__all__`` of a module's source."""
    found = _NAMES.search(module.read_text(encoding="utf-8"))
    if found is None:
        raise ImportError(f"{module.name} has no __all__, so its checks cannot be found")
    return list(ast.literal_eval(found[1]))


def _gather() -> dict[str, str]:
    """Map each check to the module that holds it; no two chapters may share a name."""
    homes: dict[str, str] = {}
    for module in sorted((Path(__file__).parent / "chapters").glob("[!_]*.py")):
        for name in _names_in(module):
            if name in homes:
                raise ImportError(f"{name} is a check in both {homes[name]} and {module.stem}")
            homes[name] = module.stem
    return homes


_HOMES = _gather()

__all__ = ["Feedback", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"there is no check called {name!r}; there are {', '.join(_HOMES)}")
    return getattr(importlib.import_module(f"{__name__}.chapters.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
