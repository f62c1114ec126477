"""Saving a chapter in JupyterLab, unedited, changes nothing that is reviewed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sync
from playwright.sync_api import Page

PAIRS = {pair.slug: pair for pair in sync.find_pairs()}


@pytest.fixture
def clone(lab) -> Path:
    """Return the folder that the lab serves, as a clone has it: the pairs and the settings."""
    shutil.copy(sync.ROOT / "pyproject.toml", lab.notebooks)
    for pair in PAIRS.values():
        for file in (pair.text, pair.notebook):
            copy = lab.notebooks / file.relative_to(sync.ROOT)
            copy.parent.mkdir(exist_ok=True)
            shutil.copy2(file, copy)
    return lab.notebooks


def copy_in(clone: Path, slug: str) -> sync.Chapter:
    return sync.Chapter(slug, clone / PAIRS[slug].folder.relative_to(sync.ROOT))


def assert_as_before(copy: sync.Chapter) -> None:
    assert copy.text.read_bytes() == PAIRS[copy.slug].text.read_bytes()
    assert sync.check(copy) == []


@pytest.mark.parametrize("ending", ["ipynb", "md"])
@pytest.mark.parametrize("slug", PAIRS)
def test_a_save_through_the_contents_interface(lab, clone, slug, ending):
    """What JupyterLab is given when it opens either file, it gives back unchanged."""
    copy = copy_in(clone, slug)
    path = (copy.folder / f"{slug}.{ending}").relative_to(clone).as_posix()
    opened = lab.contents(path)
    saved_before = copy.notebook.stat().st_mtime_ns
    lab.save(path, opened)
    assert copy.notebook.stat().st_mtime_ns > saved_before, "nothing was saved"
    assert_as_before(copy)


def test_a_sync_by_jupytext(clone):
    """The command line writes as the page does, even when the notebook is the newer file."""
    copies = [copy_in(clone, slug) for slug in PAIRS]
    for copy in copies:
        copy.notebook.touch()
    command = [sys.executable, "-m", "jupytext", "--sync"]
    names = [str(copy.notebook) for copy in copies]
    subprocess.run([*command, *names], check=True, capture_output=True, timeout=120)
    for copy in copies:
        assert_as_before(copy)


def test_a_save_in_the_page(clone, open_notebook):
    """With what the page adds by itself: a kernel's own account of its language."""
    copy = copy_in(clone, "03-convolution-2d")
    page: Page = open_notebook(copy.notebook.relative_to(clone).as_posix())
    page.wait_for_function(
        "jupyterapp.shell.currentWidget.model.getMetadata('language_info')?.version"
    )
    page.evaluate("jupyterapp.shell.currentWidget.context.save()")
    assert sync.read_notebook(copy.notebook).metadata.language_info.version
    assert_as_before(copy)
