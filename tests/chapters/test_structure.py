"""The chapter contract, as far as a machine can see it: CONTRIBUTING.md says it in words."""

import re
from dataclasses import dataclass, field

import pytest
import sync

WORDS = range(1500, 3501)
CODE_CELLS = range(20, 46)
LONGEST_CODE = 40  # lines: a screen
WIDEST_CODE = 80  # characters: what the site's code box shows without scrolling
LONGEST_TEXT = 450  # words
EXERCISES = 3


@dataclass
class Exercise:
    """The code of one exercise, up to its solution, and the code of the solution."""

    label: str
    task: list = field(default_factory=list)
    solution: list = field(default_factory=list)


def cells_of(chapter):
    return sync.read_notebook(chapter.notebook).cells


def readable_lines(source):
    """Yield the lines that a reader reads as text: no listing, no directive's name and options."""
    fences = []  # (the fence, whether what it holds is text)
    for line in source.splitlines():
        match = re.match(r"\s*(```+|:::+)\s*(?:\{([\w:-]+)\})?(.*)$", line)
        if match and fences and match[1] == fences[-1][0] and not (match[2] or match[3].strip()):
            fences.pop()
        elif match:
            is_text = match[2] is not None and match[2] not in ("math", "figure", "image", "code")
            fences.append((match[1], is_text))
        elif all(is_text for _, is_text in fences) and not re.match(
            r"\s*:[\w-]+:|\([\w-]+\)=", line
        ):
            yield line


def text_of(cells):
    """Return the readable text of the Markdown cells among `cells`."""
    sources = [cell.source for cell in cells if cell.cell_type == "markdown"]
    return "\n\n".join("\n".join(readable_lines(source)) for source in sources)


def prose(cells):
    """Return the words of `cells`: their text without formulas, code, roles and links' targets."""
    text = re.sub(r"\$\$.*?\$\$|\\begin\{(\w+\*?)\}.*?\\end\{\1\}", "", text_of(cells), flags=re.S)
    return re.sub(r"\$[^$\n]+\$|\{[\w:-]+\}|`[^`\n]*`|\]\([^)]*\)", " ", text)


def words(text):
    return re.findall(r"[A-Za-z][A-Za-z’'-]*|\d[\d.,]*", text)


def directives(cell):
    """Yield ``(name, argument, options)`` of each directive that opens in a Markdown cell."""
    pattern = r"^(?:```+|:::+)\s*\{([\w-]+)\}[ \t]*(.*)\n((?:[ \t]*:[\w-]+:.*\n?)*)"
    for name, argument, options in re.findall(pattern, cell.source + "\n", flags=re.M):
        yield name, argument.strip(), dict(re.findall(r":([\w-]+):[ \t]*(.*)", options))


def exercises_of(cells):
    """Return the chapter's exercises by label, each with its solution's cells."""
    exercises, place = {}, None
    for cell in cells:
        if cell.cell_type == "markdown":
            for name, argument, options in directives(cell):
                if name == "exercise-start":
                    exercise = exercises.setdefault(options["label"], Exercise(options["label"]))
                    place = exercise.task
                elif name == "solution-start":
                    assert argument in exercises, (
                        f"a solution to {argument!r}, which is no exercise"
                    )
                    assert "dropdown" in options.get("class", ""), f"{argument} isn't folded"
                    place = exercises[argument].solution
                elif name == "solution-end":
                    place = None
        elif place is not None:
            place.append(cell)
    return exercises


def printed(cell):
    parts = []
    for output in cell.outputs:
        parts += [output.get("text", ""), str(output.get("data", {}).get("text/plain", ""))]
    return "".join(parts)


def test_opening_says_what_when_and_what_you_need(chapter):
    first = cells_of(chapter)[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# \S", first.source), "the first cell opens with the title"
    opening = text_of(cells_of(chapter)).split("\n## ")[0]
    assert re.search(r"\d+ (?:to|–) \d+ minutes|\d+ minutes", opening), "how long it takes"
    assert re.search(r"(?i)\byou need\b|\bprerequisites?\b", opening), "what you need first"
    assert "?" in opening, "the question that the chapter answers"


def test_the_first_screen_shows_something_before_code(chapter):
    first = next(cell for cell in cells_of(chapter) if cell.cell_type == "code")
    shown = {kind for output in first.outputs for kind in output.get("data", {})}
    assert shown & {"image/png", sync.WIDGET_VIEW}, "neither a picture nor a widget comes first"
    assert first.metadata.get("jupyter", {}).get("source_hidden"), "its code stands open"


def test_a_title_is_given_once(chapter):
    titles = re.findall(r"^# .+", text_of(cells_of(chapter)), flags=re.M)
    assert len(titles) == 1, titles


def test_the_reader_predicts_before_the_first_formula(chapter):
    sources = [cell.source for cell in cells_of(chapter)]
    predict = next((i for i, s in enumerate(sources) if re.search(r"\bPredict", s)), None)
    assert predict is not None, "nothing to predict"
    formula = next((i for i, s in enumerate(sources) if re.search(r"\$\$|\\begin\{", s)), predict)
    assert predict <= formula, "the first displayed formula comes before the prediction"


def test_exercises_have_a_stub_a_check_and_a_folded_solution(chapter):
    exercises = exercises_of(cells_of(chapter))
    assert len(exercises) >= EXERCISES, sorted(exercises)
    for label, exercise in exercises.items():
        stub = "\n".join(cell.source for cell in exercise.task)
        assert re.search(r"(?m)=\s*\.\.\.|^\s+\.\.\.|return \.\.\.", stub), f"{label}: no stub"
        assert "check." in stub, f"{label}: no check"
        assert "✗" not in "".join(map(printed, exercise.task)), f"{label}: the stub counts as wrong"
        assert exercise.solution, f"{label}: no solution in code"
        for cell in exercise.solution:
            assert cell.metadata.get("jupyter", {}).get("source_hidden"), f"{label}: stands open"
        answers = "".join(map(printed, exercise.solution))
        assert "✓" in answers, f"{label}: the check was not run on the solution"
        assert "✗" not in answers, f"{label}: the solution fails its check"


def test_length_is_a_sittings_worth(chapter):
    cells = cells_of(chapter)
    count = len(words(prose(cells)))
    assert count in WORDS, f"{count} words"
    code = sum(cell.cell_type == "code" for cell in cells)
    assert code in CODE_CELLS, f"{code} code cells"


def test_no_cell_is_longer_than_a_screen(chapter):
    for number, cell in enumerate(cells_of(chapter)):
        if cell.cell_type == "code":
            lines = len(cell.source.splitlines())
            assert lines <= LONGEST_CODE, f"cell {number} has {lines} lines"
        else:
            count = len(words(prose([cell])))
            assert count <= LONGEST_TEXT, f"cell {number} has {count} words: split it with +++"


def test_no_line_of_code_is_wider_than_its_box(chapter):
    for number, cell in enumerate(cells_of(chapter)):
        if cell.cell_type == "code":
            for line in cell.source.splitlines():
                assert len(line) <= WIDEST_CODE, f"cell {number}: {len(line)} wide: {line}"


def test_summary_of_five_lines_and_where_to_read_on(chapter):
    text = text_of(cells_of(chapter))
    match = re.search(r"^## Summary\b.*?$(.*)", text, flags=re.M | re.S)
    assert match, "no '## Summary'"
    points = re.findall(r"^(?:[-*]|\d+\.) ", match[1].split("\n## ")[0], flags=re.M)
    assert len(points) == 5, f"the summary has {len(points)} points"
    assert "{cite" in match[1], "nothing to read on"


def test_pictures_say_what_they_show(chapter):
    for number, cell in enumerate(cells_of(chapter)):
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) >= 10, f"cell {number}: mystnb: image: alt: is {alt!r}"


def test_uncompared_outputs_are_asserted_by_the_next_cell(chapter):
    code = [cell for cell in cells_of(chapter) if cell.cell_type == "code"]
    for cell, following in zip(code, [*code[1:], None], strict=True):
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            assert following is not None, cell.source
            assert "assert" in following.source, f"nothing asserts what must hold of {cell.source}"


@pytest.mark.parametrize("escape", ["nbval-skip", "NBVAL_SKIP", "NBVAL_IGNORE_OUTPUT", "remove-"])
def test_nothing_hides_from_the_comparison(chapter, escape):
    for cell in cells_of(chapter):
        assert escape not in cell.source
        assert not [tag for tag in cell.metadata.get("tags", []) if escape in tag]


def test_sources_are_cited_by_author_and_title(chapter):
    text = chapter.text.read_text(encoding="utf-8")
    assert not re.findall(r"\b00\d_[0-9a-f]{16}\b", text), "names a file that no reader has"


def test_a_chapter_stands_alone(chapter):
    """It reads no file that another chapter wrote, and installs nothing."""
    code = "\n".join(cell.source for cell in cells_of(chapter) if cell.cell_type == "code")
    assert not re.search(r"(?m)^\s*[!%](?!matplotlib|time|%time)|\bpip install\b", code)


def test_no_output_is_hidden_by_a_semicolon(chapter):
    """A kernel that keeps no history, as nbval's, prints what ``;`` should hide."""
    for number, cell in enumerate(cells_of(chapter)):
        if cell.cell_type == "code":
            last = cell.source.rstrip().splitlines()[-1:]
            assert not last or not last[0].endswith(";"), f"cell {number}: end with plt.show()"
