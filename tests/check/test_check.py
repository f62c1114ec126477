"""How the checks are found: by name, from the chapters' modules, without running them."""

import subprocess
import sys
from pathlib import Path

import pytest

from cnnviz import check

ROOT = Path(__file__).resolve().parents[2]


def test_every_check_is_found_by_name():
    for name in check.__all__:
        assert callable(getattr(check, name)), name
        assert name in dir(check)
    with pytest.raises(AttributeError, match="there is no check called 'nonsense'"):
        _ = check.nonsense


def test_gathering_reads_names_without_running_modules(tmp_path, monkeypatch):
    monkeypatch.setattr(check, "__file__", str(tmp_path / "__init__.py"))
    chapters = tmp_path / "chapters"
    chapters.mkdir()
    (chapters / "__init__.py").write_text("raise SystemExit\n")
    (chapters / "edges.py").write_text('raise SystemExit\n__all__ = ["one", "two"]\n')
    (chapters / "layers.py").write_text('__all__ = ["three"]\n')
    assert check._gather() == {"one": "edges", "two": "edges", "three": "layers"}
    (chapters / "pooling.py").write_text('__all__ = ["two"]\n')
    with pytest.raises(ImportError, match="two is a check in both edges and pooling"):
        check._gather()
    (chapters / "pooling.py").write_text("two = 2\n")
    with pytest.raises(ImportError, match=r"pooling\.py has no __all__"):
        check._gather()


def test_importing_the_checks_is_light():
    code = (
        "import sys, cnnviz.check; cnnviz.check.Feedback;"
        "assert not {'numpy', 'torch', 'matplotlib', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
