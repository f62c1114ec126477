"""What a run shows, and that nothing of it changes what is committed."""

import sys
import threading
import time

import IPython.display
import pytest
from small_runs import RECIPE, data, net

from cnnviz.training import _progress, fit

LINE = {"text/plain": "Training: 3 epochs of 5 steps."}


def run(progress, **more):
    return fit(net(), data(), data(40, 1), RECIPE, device="cpu", progress=progress, **more)


@pytest.mark.parametrize("progress", ["none", "auto"])
def test_nothing_is_shown_where_nobody_looks(progress, capsys):
    run(progress)
    assert capsys.readouterr() == ("", "")


def test_lines_are_the_same_in_every_run(capsys):
    run("lines")
    first = capsys.readouterr()
    run("lines")
    assert capsys.readouterr() == first
    assert first.err == ""
    lines = first.out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("epoch 1 of 3: loss 1.")
    assert "; validation loss 1." in lines[0]


def test_lines_without_validation(capsys):
    fit(net(), data(), recipe=RECIPE, device="cpu", progress="lines")
    assert "validation" not in capsys.readouterr().out


@pytest.mark.parametrize("progress", ["bar", "auto"])
def test_a_terminal_has_a_bar_that_is_wiped_out(progress, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    run(progress, on_step=lambda moment: time.sleep(0.03))
    out, err = capsys.readouterr()
    assert out == ""
    assert "15" in err
    assert "step" in err
    assert err.split("\r")[-1].strip() == ""


class Handle:
    def __init__(self, shown):
        self.shown = shown

    def update(self, content, raw):
        assert raw
        self.shown.append(content)


@pytest.fixture
def cell(monkeypatch):
    """What a notebook's cell has shown under it, one after another."""
    shown = []

    def display(content, raw, display_id):
        assert raw
        assert display_id
        shown.append(content)
        return Handle(shown)

    monkeypatch.setattr(_progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(IPython.display, "display", display)
    return shown


@pytest.mark.parametrize("progress", ["bar", "auto"])
def test_a_notebook_has_one_line_that_ends_as_it_began(progress, cell, capsys):
    run(progress, on_step=lambda moment: time.sleep(0.06))
    assert cell[0] == cell[-1] == LINE
    between = [content["text/plain"] for content in cell[1:-1]]
    assert between
    assert any("loss" in text and "/15" in text for text in between)
    assert any("; after epoch 1 of 3: loss" in text for text in between)
    assert capsys.readouterr() == ("", "")


def test_the_line_ends_as_it_began_when_the_run_breaks(cell):
    def fails(moment):
        raise LookupError

    with pytest.raises(LookupError):
        run("auto", on_epoch=fails)
    assert cell[-1] == LINE


def test_a_notebook_can_be_told_to_show_nothing(cell):
    run("none")
    assert not cell


def test_what_a_kernel_keeps_of_a_run_is_that_line():
    nbformat = pytest.importorskip("nbformat")
    execute = pytest.importorskip("nbclient").NotebookClient
    source = """
import time, numpy as np
from torch import nn
from cnnviz.training import Recipe, fit
data = np.zeros((4, 1, 2, 2), np.uint8), np.arange(4)
net = nn.Sequential(nn.Flatten(), nn.Linear(4, 4))
fit(net, data, recipe=Recipe(epochs=2, batch=1), device="cpu", on_step=lambda m: time.sleep(0.1))
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    assert threading.current_thread() is threading.main_thread()
    execute(notebook, timeout=120, kernel_name="python3").execute()
    first, second = notebook.cells[0].outputs
    assert first["data"] == {"text/plain": "Training: 2 epochs of 4 steps."}
    assert second["data"] == {"text/plain": "History(2 epochs, 8 steps)"}
