"""The page on scale: every number on it is one that was measured, or the arithmetic of one."""

import json
import math
import re

import pytest
import sync

from cnnviz import nets

PAGE = (sync.ROOT / "appendices" / "scale.md").read_text("utf-8")
MEASURED = json.loads((sync.ROOT / "appendices" / "scale.json").read_text("utf-8"))
CHAPTERS = [chapter.slug for chapter in sync.find_chapters()]


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table whose first heading is `heading`."""
    lines = PAGE.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    table = lines[start + 2 :]
    end = next((i for i, line in enumerate(table) if not line.startswith("|")), len(table))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[:end]]


def test_the_table_of_memory_is_what_was_measured():
    shown = {row[0]: row[1] for row in rows("chapter")}
    assert list(MEASURED["chapters"]) == CHAPTERS  # bench_chapters.py was run on every one
    expected = {
        str(int(slug[:2])): f"{row['bytes'] / 1e6:.0f}"
        for slug, row in MEASURED["chapters"].items()
    }
    assert shown == expected


def test_places_on_a_machine():
    largest = max(row["bytes"] for row in MEASURED["chapters"].values())
    server = MEASURED["server"]
    assert f"A JupyterLab without a kernel takes {server / 1e6:.0f} MB." in PAGE
    assert f"the largest chapter takes {(largest + server) / 1e6:.0f} MB" in PAGE
    places = math.floor((32e9 - 4e9) / (largest + server))
    assert f"a machine with 32 GB, of which 4 are kept for the system, holds {places} " in PAGE
    assert largest + server < 2e9
    assert f"at most {sync.CHAPTER_LIMIT} seconds" in PAGE
    assert f"30 · 90 / 8 ≈ {30 * sync.CHAPTER_LIMIT / 8:.0f} seconds" in PAGE


def test_bytes_of_the_site():
    pages = MEASURED["pages"]
    most = max(pages.values()) / 1e6
    assert list(pages) == CHAPTERS[:13]  # as the page says
    assert f"A chapter is at most {most:.1f} MB" in PAGE
    assert f"fetches {30 * round(most, 1):.0f} MB: {30 * round(most, 1) * 8 / 100:.1f} s" in PAGE
    read = f"all {len(CHAPTERS)} chapters fetch at most {len(CHAPTERS) * 10 * round(most, 1):.0f}"
    assert f"10 000 readers who read {read} GB" in PAGE


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("ResNet-20 for CIFAR-10", lambda: nets.cifar_resnet(20)),
        ("ResNet-50", nets.resnet50),
        ("VGG-16", nets.vgg16),
    ],
)
def test_what_the_wire_carries(name, build):
    """A ring of P sends 2 (P − 1)/P of the gradient from each process (Patarasuk, Yuan 2009)."""
    shown = next(row for row in rows("network") if row[0] == name)
    parameters = nets.parameter_count(build())
    gradient = 4 * parameters
    sent = 2 * (4 - 1) / 4 * gradient

    def number(cell: str) -> float:
        return float(re.match(r"[\d ]+\.?\d*", cell)[0].replace(" ", ""))

    assert number(shown[1]) == parameters
    for cell, exact in zip(
        shown[2:], (gradient / 1e6, sent / 1e6, sent * 8 / 10e9 * 1e3), strict=True
    ):
        digits = len(cell.split()[0].partition(".")[2])
        assert number(cell) == round(exact, digits), (cell, exact)
