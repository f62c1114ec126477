"""What holds for every chapter's checks, however they are declared."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from cnnviz import check

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted((ROOT / "cnnviz" / "check" / "chapters").glob("[!_]*.py"))
CHAPTERS = sorted((ROOT / "chapters").glob("[0-9][0-9]-*.md"))


def module_of(chapter):
    """Name a chapter's module: its file's name, without the number."""
    return re.sub(r"^\d+-", "", chapter.stem).replace("-", "_")


def tables():
    """Yield each check's name and the mistakes that it knows."""
    for module in MODULES:
        chapter = importlib.import_module(f"cnnviz.check.chapters.{module.stem}")
        for name in chapter.__all__:
            rows = getattr(chapter, f"{name.upper()}_MISTAKES", None)
            if rows is not None:
                yield name, rows


TABLES = dict(tables())


def test_modules_are_named_like_the_chapters():
    assert {module.stem for module in MODULES} == {module_of(chapter) for chapter in CHAPTERS}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=module_of)
def test_a_chapter_uses_the_checks_of_its_module_and_no_others(chapter):
    used = set(re.findall(r"\bcheck\.(\w+)\(", chapter.read_text(encoding="utf-8")))
    module = importlib.import_module(f"cnnviz.check.chapters.{module_of(chapter)}")
    assert used == set(module.__all__)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_no_chapter_reaches_into_the_machinery(module):
    """A chapter declares its checks with public names only."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("cnnviz.check"):
            public = set(importlib.import_module(node.module).__all__)
            names = {alias.name for alias in node.names}
            assert names <= public, f"{module.name}: {names - public}"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_tables_are_named_like_their_checks(module):
    """Else the tests below would not find them."""
    chapter = importlib.import_module(f"cnnviz.check.chapters.{module.stem}")
    named = {name for name in vars(chapter) if re.fullmatch(r"[A-Z]\w*_MISTAKES", name)}
    assert named <= {f"{name.upper()}_MISTAKES" for name in chapter.__all__}


ROWS = [(name, place) for name, rows in TABLES.items() for place in range(len(rows))]


@pytest.mark.parametrize(("name", "place"), ROWS, ids=lambda part: str(part))
def test_each_declared_mistake_gets_its_own_words(name, place):
    """No mistake stands in the shadow of one above it, or of the right answer."""
    wrong, message, hint = TABLES[name][place]
    feedback = getattr(check, name)(wrong)
    assert (feedback.status, feedback.message, feedback.hint) == ("failed", message, hint)


def test_tables_hold_a_message_that_is_a_sentence_and_a_hint():
    for name, rows in TABLES.items():
        for _, message, hint in rows:
            assert message.endswith("."), f"{name}: {message}"
            assert hint, f"{name}: {message}"
