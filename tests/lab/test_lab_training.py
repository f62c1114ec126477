"""The training monitor in a real JupyterLab: alive while a cell trains, and heard."""

from __future__ import annotations

import re

from notebooks import write_notebook
from playwright.sync_api import expect

MAKE = """
import cnnviz, torch
from cnnviz import training
from torch import nn
train, test = cnnviz.load("digits", "train"), cnnviz.load("digits", "test")
torch.manual_seed(0)
layers = [nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10)]
model = nn.Sequential(*layers)
monitor = cnnviz.TrainingMonitor()
monitor
"""
TRAIN = """
recipe = training.Recipe(epochs=100_000, batch=64)
history = training.fit(model, train, test, recipe, progress="none", **monitor.hooks())
after = "the cell went on"
"""


def running(page):
    """Run the first cell, then start the second without waiting for it."""
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells') && 0")
    view = page.locator(".jp-OutputArea-output .cnnviz")
    expect(view.locator(".status")).to_contain_text("Training", timeout=60_000)
    return view


def test_a_run_is_seen_while_the_cell_trains_and_stops_at_a_press(lab, open_notebook):
    page = open_notebook(write_notebook(lab.notebooks, MAKE, TRAIN))
    view = running(page)
    step = view.locator(".readout b").nth(1)
    for _ in range(4):  # it moves
        expect(step).not_to_have_text(step.inner_text(), timeout=20_000)
    view.get_by_role("button", name="Stop").click()
    expect(view.locator(".status")).to_contain_text("Stopped by the button", timeout=30_000)
    python = lab.kernel_of("test.ipynb")
    assert python.value("(history.stopped, after)") == ["stop", "the cell went on"]
    epochs, steps = python.value("(history.epochs, history.steps)")
    assert 1 < epochs < 100_000
    shown = view.locator(".readout b").all_inner_texts()
    assert re.sub(r"\D", "", shown[1].split(" of ")[0]) == str(steps)
    assert python.value("[monitor.training, monitor.stopping]") == [False, False]


def test_the_cursor_can_be_moved_while_the_cell_trains(lab, open_notebook):
    page = open_notebook(write_notebook(lab.notebooks, MAKE, TRAIN))
    view = running(page)
    step = view.locator(".readout b").nth(1)
    # While there is one step only, the first is also the last, which is followed.
    expect(step).not_to_contain_text(re.compile("^(1 of|–)"), timeout=20_000)
    view.get_by_role("button", name="First step").click()
    expect(step).to_contain_text(re.compile("^1 of"))
    page.wait_for_timeout(1500)
    expect(step).to_contain_text(re.compile("^1 of"))
    view.get_by_role("button", name="Last step").click()
    expect(step).not_to_contain_text(re.compile("^1 of"))
    page.evaluate("jupyterapp.commands.execute('notebook:interrupt-kernel') && 0")
    expect(view.locator(".status")).to_contain_text("Interrupted in epoch", timeout=30_000)
    python = lab.kernel_of("test.ipynb")
    assert python.value("[history.stopped, after, monitor.step]") == [
        "Ctrl-C",
        "the cell went on",
        None,
    ]


FAILS = """
recipe = training.Recipe(epochs=9, batch=64, learning_rate=1e30, optimiser="sgd")
training.fit(model, train, test, recipe, progress="none", **monitor.hooks("too fast"))
"""


def test_a_run_that_fails_is_over(lab, open_notebook):
    page = open_notebook(write_notebook(lab.notebooks, MAKE, FAILS))
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    view = page.locator(".jp-OutputArea-output .cnnviz")
    expect(view.locator(".readout")).to_be_visible()
    expect(view.get_by_role("button", name="Stop")).to_be_disabled()
    python = lab.kernel_of("test.ipynb")
    assert python.value("[monitor.training, len(monitor.runs[0]['loss']) > 0]") == [False, True]
