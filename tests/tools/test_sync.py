"""``tools/sync.py``: which file wins, what is run, what is kept out of the notebook."""

import shutil

import nbformat
import pytest
import sync

SOURCE = """\
# A chapter

Some words.

```{code-cell} ipython3
print(6 * 7)
```

```{code-cell} ipython3
print(6 * 7)
```
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Return a small chapter of which only the Markdown exists."""
    monkeypatch.setattr(sync, "RECORD", tmp_path / "_build" / "sync.json")
    small = sync.Chapter("01-small", tmp_path)
    small.text.write_text(SOURCE, encoding="utf-8")
    return small


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the same chapter, brought together and run once for all tests of this file."""
    folder = tmp_path_factory.mktemp("made")
    chapter = sync.Chapter("01-small", folder)
    chapter.text.write_text(SOURCE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sync, "RECORD", folder / "_build" / "sync.json")
        run(chapter)
    return chapter


@pytest.fixture
def pair(made, small):
    """Return a fresh copy of the chapter that was run."""
    shutil.copy2(made.text, small.text)
    shutil.copy2(made.notebook, small.notebook)
    return small


@pytest.fixture
def no_kernel(monkeypatch):
    """Let no kernel start: what the test does must not run the chapter."""
    monkeypatch.setattr(sync, "execute", lambda *_: pytest.fail("the chapter was run"))


def run(chapter, **options):
    return sync.sync(chapter, **({"keep": None, "force": False, "package": "p"} | options))


def edit_text(chapter, old, new):
    text = chapter.text.read_text(encoding="utf-8")
    assert old in text
    chapter.text.write_text(text.replace(old, new, 1), encoding="utf-8")


def edit_notebook(chapter, index, source):
    notebook = sync.read_notebook(chapter.notebook)
    notebook.cells[index].source = source
    nbformat.write(notebook, chapter.notebook)


def printed(chapter):
    notebook = sync.read_notebook(chapter.notebook)
    return [out.text for cell in notebook.cells for out in cell.get("outputs", [])]


def test_a_new_chapter_gets_its_notebook(pair):
    assert printed(pair) == ["42\n", "42\n"]
    assert sync.check(pair) == []
    header = pair.text.read_text(encoding="utf-8").split("# A chapter")[0]
    assert "format_name: myst" in header
    assert "jupytext_version" not in header


def test_nothing_to_do_changes_nothing(pair, no_kernel):
    before = (pair.notebook.read_bytes(), pair.text.read_bytes())
    assert run(pair) == "outputs are fresh"
    assert before == (pair.notebook.read_bytes(), pair.text.read_bytes())


def test_prose_is_brought_over_without_running(pair, no_kernel):
    edit_text(pair, "Some words.", "Other words.")
    assert sync.check(pair) == ["the .md and the .ipynb differ: run `make sync`"]
    run(pair)
    assert sync.check(pair) == []
    assert "Other words." in pair.notebook.read_text(encoding="utf-8")
    assert printed(pair) == ["42\n", "42\n"]


def test_edited_code_is_run(pair):
    edit_text(pair, "6 * 7", "6 + 7")
    run(pair)
    assert printed(pair) == ["13\n", "42\n"]
    assert sync.check(pair) == []


def test_an_edit_in_the_notebook_reaches_the_text(pair, no_kernel):
    edit_notebook(pair, 0, "# A chapter\n\nWords from JupyterLab.")
    run(pair)
    assert "Words from JupyterLab." in pair.text.read_text(encoding="utf-8")
    assert sync.check(pair) == []


def test_code_edited_in_the_notebook_makes_its_outputs_stale(pair):
    edit_notebook(pair, 1, "print(6 - 7)")
    assert "outputs are older than their source: run `make sync`" in sync.check(pair)


def test_two_edits_are_a_conflict_until_one_is_chosen(pair, no_kernel):
    edit_notebook(pair, 0, "# A chapter\n\nFrom the notebook.")
    edit_text(pair, "Some words.", "From the text.")
    before = (pair.notebook.read_bytes(), pair.text.read_bytes())
    with pytest.raises(sync.SyncError, match=r"both edited.*--keep md"):
        run(pair)
    assert before == (pair.notebook.read_bytes(), pair.text.read_bytes())
    run(pair, keep="md")
    assert "From the text." in pair.notebook.read_text(encoding="utf-8")


def test_a_cell_that_fails_leaves_both_files_alone(pair):
    edit_text(pair, "6 * 7", "6 / 0")
    before = (pair.notebook.read_bytes(), pair.text.read_bytes())
    with pytest.raises(sync.SyncError, match="ZeroDivisionError"):
        run(pair)
    assert before == (pair.notebook.read_bytes(), pair.text.read_bytes())


def test_a_changed_package_runs_the_chapters_that_use_it(pair, monkeypatch):
    ran = []
    monkeypatch.setattr(sync, "execute", lambda notebook, _: ran.append(notebook))
    run(pair, package="before")
    run(pair, package="after")
    assert not ran  # it doesn't import cnnviz
    monkeypatch.setattr(sync, "uses_package", lambda _: True)
    run(pair, package="after")
    assert not ran
    run(pair, package="later still")
    assert len(ran) == 1


def test_a_machines_path_is_refused(pair, monkeypatch):
    def execute(notebook, _):
        path = "/home/someone/course/cnnviz/ops.py"
        notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text=path)]

    monkeypatch.setattr(sync, "execute", execute)
    with pytest.raises(sync.SyncError, match="machine's path"):
        run(pair, force=True)


def test_a_picture_that_happens_to_spell_a_path_is_none():
    data = {"text/html": f'<img src="data:image/png;base64,{"A" * 90}/tmp/{"B" * 90}">'}
    output = nbformat.v4.new_output("display_data", data=data)
    cell = nbformat.v4.new_code_cell(outputs=[output])
    assert sync.unwanted_outputs(nbformat.v4.new_notebook(cells=[cell])) == []


def test_random_and_timed_things_are_stripped():
    data = {sync.WIDGET_VIEW: {"model_id": "4af0"}, "text/html": "<p>still</p>"}
    output = nbformat.v4.new_output("execute_result", data=data, execution_count=7)
    cell = nbformat.v4.new_code_cell("f()", outputs=[output], execution_count=7)
    cell.metadata.execution = {"iopub.status.busy": "now"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {"state": {}}})
    notebook.metadata.language_info = {"name": "python", "version": "3.11.7"}
    result = sync.normalise(notebook)
    assert result.cells[0].outputs[0].data == {"text/html": "<p>still</p>"}
    assert result.cells[0].outputs[0].execution_count == result.cells[0].execution_count == 7
    assert "execution" not in result.cells[0].metadata
    assert "widgets" not in result.metadata
    assert "version" not in result.metadata.language_info
    assert notebook.metadata.widgets == {"state": {}}, "the argument itself was changed"


def test_ids_depend_on_the_cell_and_not_on_its_place():
    def ids(*sources):
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        return [cell.id for cell in sync.normalise(nbformat.v4.new_notebook(cells=cells)).cells]

    assert ids("a", "b", "b")[1:] == ids("new", "a", "b", "b")[2:]
    assert len(set(ids("b", "b", "b"))) == 3


def test_two_places_where_one_cell_ends_are_two_sources():
    def hashed(*sources):
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        return sync.source_hash(nbformat.v4.new_notebook(cells=cells))

    assert hashed("ab", "c") != hashed("a", "bc")


def test_chapters_are_found_by_the_beginning_of_their_name(tmp_path):
    for slug in ("01-one", "02-two"):
        (tmp_path / f"{slug}.md").touch()
    found = sync.find_chapters(["02", "chapters/01-one.ipynb"], tmp_path)
    assert [chapter.slug for chapter in found] == ["01-one", "02-two"]
    with pytest.raises(sync.SyncError, match="no chapter begins with '07'"):
        sync.find_chapters(["07"], tmp_path)
