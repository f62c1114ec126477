"""Bring each chapter's two files together and run what changed (``make sync``).

A chapter is a pair: ``chapters/NN-slug.md`` (MyST Markdown, what is reviewed) and
``chapters/NN-slug.ipynb`` (the same cells with their outputs, what is read and tested).

Either file may be edited. The notebook remembers, as hashes in its metadata, the text it was last
brought together with and the code its outputs came from. So the tool knows which of the two files
was edited without trusting the clock (a fresh clone has no useful dates), and which outputs are
older than their source. If both files were edited, it says so and asks which one to keep.

A chapter is run in a fresh kernel, offline, from top to bottom. If a cell fails, neither file is
touched.

Examples::

    tools/sync.py                  # every chapter that needs it
    tools/sync.py 02 03            # these two, run whether or not they need it
    tools/sync.py --force          # run all of them
    tools/sync.py --check          # change nothing; list what is wrong and exit with 1
    tools/sync.py --keep md 02     # both files were edited: the Markdown wins
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import jupytext  # type: ignore[import-untyped]
import nbformat
from jupytext.combine import combine_inputs_with_outputs  # type: ignore[import-untyped]
from jupytext.config import (  # type: ignore[import-untyped]
    JupytextConfiguration,
    load_jupytext_configuration_file,
)
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
OFFLINE = ROOT / "tools" / "offline"
RECORD = ROOT / "_build" / "sync.json"  # local: what the package was when each chapter last ran

TEXT_FORMAT = {"extension": ".md", "format_name": "myst"}
CELL_TIMEOUT = 120  # seconds
CHAPTER_LIMIT = 90  # seconds: what the tests allow for a chapter on two CPU cores

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE_INFO = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
# What JupyterLab notes in a notebook that it saves, edited or not: no output depends on it.
LAB_NOTES = ("jupytext", "language_info")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

# Folders of the machine that ran the chapter; they differ on every other one.
MACHINE_PATH = re.compile(
    r"""(?<![\w.])(?:/home/|/Users/|/root/|/tmp/|/work/|/var/folders/|/mnt/|[A-Z]:\\Users\\)\S*"""
    r"""|\S*(?:site-packages|dist-packages|ipykernel_\d+)\S*"""
)
BASE64_RUN = re.compile(r"[A-Za-z0-9+/]{80,}={0,2}")  # "/tmp/" inside a picture is no path

Side = Literal["md", "ipynb"]


class SyncError(Exception):
    """A chapter that can't be brought together or run; the message says what to do."""


@dataclass(frozen=True)
class Chapter:
    """The two files of a chapter, either of which may not exist yet."""

    slug: str
    folder: Path = CHAPTERS

    @property
    def text(self) -> Path:
        """The Markdown half."""
        return self.folder / f"{self.slug}.md"

    @property
    def notebook(self) -> Path:
        """The notebook half."""
        return self.folder / f"{self.slug}.ipynb"


GALLERY = Chapter("gallery", ROOT)  # every widget; not a chapter, but run and tested like one


def find_chapters(names: Iterable[str] = (), folder: Path = CHAPTERS) -> list[Chapter]:
    """Return the chapters in reading order.

    Parameters
    ----------
    names : iterable of str
        Beginnings of slugs (``"02"``) or paths of either file. Empty: every chapter.
    folder : Path
        Where the chapters lie.

    Raises
    ------
    SyncError
        When a name fits no chapter.
    """
    slugs = sorted({path.stem for ending in ("md", "ipynb") for path in folder.glob(f"*.{ending}")})
    chosen: set[str] = set()
    for name in names:
        stem = re.sub(r"\.(md|ipynb)$", "", Path(name).name)
        matches = {slug for slug in slugs if slug.startswith(stem)}
        if not matches:
            raise SyncError(f"no chapter begins with {stem!r}; there are: {', '.join(slugs)}")
        chosen |= matches
    return [Chapter(slug, folder) for slug in (sorted(chosen) or slugs)]


def find_pairs(names: Iterable[str] = ()) -> list[Chapter]:
    """Return all that is a pair of files: the chapters and, last, the gallery of widgets.

    `names` and the errors are those of `find_chapters`.
    """
    wanted = list(names)
    others = [name for name in wanted if Path(name).stem != GALLERY.slug]
    chapters = find_chapters(others) if others or not wanted else []
    return chapters + ([GALLERY] if len(others) < len(wanted) or not wanted else [])


# --- hashes ---------------------------------------------------------------------------------------


def sha256(*parts: str) -> str:
    """Return the hexadecimal SHA-256 of `parts`; where one ends and the next begins counts."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def source_hash(notebook: NotebookNode) -> str:
    """Return the hash of all code in `notebook`, cell by cell: what its outputs depend on."""
    return sha256(*(cell.source for cell in notebook.cells if cell.cell_type == "code"))


def package_hash() -> str:
    """Return the hash of everything in ``cnnviz`` that a chapter's output can depend on."""
    package = ROOT / "cnnviz"
    files = sorted(
        path
        for path in package.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.suffix not in (".js", ".css")  # the browser's half: not in outputs
    )
    return sha256(*(f"{path.relative_to(package)} {path.read_bytes().hex()}" for path in files))


# --- the two files --------------------------------------------------------------------------------


@cache
def jupytext_settings() -> JupytextConfiguration:
    """Return ``[tool.jupytext]`` of pyproject.toml, by which JupyterLab saves a pair too."""
    return load_jupytext_configuration_file(str(ROOT / "pyproject.toml"))


def to_text(notebook: NotebookNode) -> str:
    """Write `notebook`'s cells, without outputs, as MyST Markdown with the course's one header."""
    copy = nbformat.from_dict(notebook)
    # A notebook that was never run has no language_info; its fences should not wait for one.
    copy.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO})
    # As JupyterLab's jupytext would write it: its settings are pyproject.toml's, and leave out the
    # version of jupytext, which would change every chapter at every upgrade.
    return cast(str, jupytext.writes(copy, TEXT_FORMAT, config=jupytext_settings()))


def read_text(path: Path) -> NotebookNode:
    """Read a chapter's Markdown as a notebook without outputs."""
    return cast(NotebookNode, jupytext.reads(path.read_text(encoding="utf-8"), TEXT_FORMAT))


def read_notebook(path: Path) -> NotebookNode:
    """Read a chapter's notebook as nbformat 4."""
    return cast(NotebookNode, nbformat.read(path, as_version=4))


def stable_ids(notebook: NotebookNode) -> None:
    """Give each cell an id made from what it says.

    An id then changes only with its own cell, so inserting a cell changes one id in the diff and
    not all that follow.
    """
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        name = sha256(cell.cell_type, cell.source)[:8]
        seen[name] += 1
        cell["id"] = name if seen[name] == 1 else f"{name}-{seen[name]}"


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Return a copy with nothing in it that differs from one machine or run to the next."""
    result = cast(NotebookNode, nbformat.from_dict(json.loads(json.dumps(notebook))))
    # Jupytext needs no note in the notebook: pyproject.toml says that chapters are paired.
    kept = {"cnnviz": result.metadata.get("cnnviz", {})}
    result.metadata = nbformat.from_dict(
        kept | {"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO}
    )
    result.nbformat, result.nbformat_minor = 4, 5
    for cell in result.cells:
        # The clock's readings, and what JupyterLab notes about its own view of the cell.
        for noise in ("execution", "ExecuteTime", "collapsed", "trusted"):
            cell.metadata.pop(noise, None)
        if cell.cell_type != "code":
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
            continue
        for output in cell.outputs:
            # Its id is drawn anew at each run, and says "model not found" when opened later.
            output.get("data", {}).pop(WIDGET_VIEW, None)
            output.get("metadata", {}).pop(WIDGET_VIEW, None)
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
        cell.outputs = merge_streams(cell.outputs)
    stable_ids(result)
    return result


def merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream: where a stream was cut is chance."""
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if (
            last is not None
            and output.output_type == last.output_type == "stream"
            and output.name == last.name
        ):
            last.text += output.text
        else:
            merged.append(output)
    return merged


def bring_together(chapter: Chapter, keep: Side | None = None) -> NotebookNode:
    """Return the chapter's present cells, with the outputs that still belong to them.

    Parameters
    ----------
    chapter : Chapter
        The pair to read; nothing is written.
    keep : {"md", "ipynb"}, optional
        The file that wins when both were edited.

    Raises
    ------
    SyncError
        When both files were edited since they last agreed and `keep` does not say which one wins.
    """
    if not chapter.notebook.exists():
        return read_text(chapter.text)
    notebook = read_notebook(chapter.notebook)
    if not chapter.text.exists():
        return notebook
    inputs = read_text(chapter.text)
    from_text, from_notebook = to_text(inputs), to_text(notebook)
    if from_text == from_notebook:
        return notebook
    agreed = notebook.metadata.get("cnnviz", {}).get("text_sha256")
    if keep is None:
        if sha256(from_notebook) == agreed:
            keep = "md"
        elif sha256(from_text) == agreed:
            keep = "ipynb"
        else:
            raise SyncError(
                "the .md and the .ipynb were both edited since they last agreed: "
                f"run `tools/sync.py --keep md {chapter.slug}` or `--keep ipynb {chapter.slug}`"
            )
    if keep == "ipynb":
        return notebook
    return cast(NotebookNode, combine_inputs_with_outputs(inputs, notebook, fmt=TEXT_FORMAT))


def is_stale(notebook: NotebookNode) -> bool:
    """Whether the outputs may come from other code than the present one."""
    if notebook.metadata.get("cnnviz", {}).get("source_sha256") != source_hash(notebook):
        return True
    counts = [
        cell.execution_count
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.strip()
    ]
    return counts != list(range(1, len(counts) + 1))  # run in part, or not from top to bottom


def uses_package(notebook: NotebookNode) -> bool:
    """Whether any cell of `notebook` mentions ``cnnviz``."""
    return any("cnnviz" in cell.source for cell in notebook.cells if cell.cell_type == "code")


# --- running --------------------------------------------------------------------------------------


def kernel_environment() -> dict[str, str]:
    """Return the environment of a chapter's kernel: one thread, offline, no colour codes."""
    path = os.pathsep.join(filter(None, (str(OFFLINE), os.environ.get("PYTHONPATH"))))
    # A proxy may itself listen on the loopback interface, which the guard lets through.
    inherited = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    return inherited | {
        "PYTHONPATH": path,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "NO_COLOR": "1",
    }


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run `notebook` from top to bottom in a fresh kernel started in `folder`.

    Raises
    ------
    SyncError
        When a cell raises or runs for more than two minutes, or the kernel dies.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=CELL_TIMEOUT,
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # else: loopback is not encrypted
    )
    try:
        client.execute(env=kernel_environment())
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise SyncError(re.sub(r"\x1b\[[0-9;]*m", "", str(error))) from error


def write(path: Path, content: str) -> bool:
    """Write `content` to `path` in one step, if it differs; return whether it did."""
    if path.exists() and path.read_text(encoding="utf-8") == content:
        return False
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(content, encoding="utf-8")
    temporary.replace(path)
    return True


def finished(notebook: NotebookNode) -> tuple[str, str]:
    """Return the two files' contents, ``(notebook, text)``, for cells whose outputs are fresh."""
    text = to_text(notebook)
    notebook.metadata["cnnviz"] = {
        "source_sha256": source_hash(notebook),
        "text_sha256": sha256(text),
    }
    notebook = normalise(notebook)
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n", text


def sync(chapter: Chapter, *, keep: Side | None, force: bool, package: str) -> str:
    """Bring one chapter together, run it if need be, and return a line on what was done.

    Raises
    ------
    SyncError
        When the pair can't be brought together, a cell fails, or an output must not be kept.
    """
    notebook = bring_together(chapter, keep)
    record = read_record()
    last_package = record.get(chapter.slug, package)  # no record (a fresh clone): trust the tests
    changed = last_package != package and uses_package(notebook)
    run = force or changed or is_stale(notebook)
    started = time.perf_counter()
    if run:
        execute(notebook, chapter.folder)
    seconds = time.perf_counter() - started
    notebook_content, text_content = finished(notebook)
    if problems := unwanted_outputs(normalise(notebook)):
        raise SyncError("\n".join(problems))
    written = [
        path.name
        for path, content in ((chapter.notebook, notebook_content), (chapter.text, text_content))
        if write(path, content)
    ]
    # JupyterLab refuses to open a pair whose text is older than its notebook.
    if chapter.text.stat().st_mtime < chapter.notebook.stat().st_mtime:
        chapter.text.touch()
    write_record(record | {chapter.slug: package})
    late = f" (over {CHAPTER_LIMIT} s)" if seconds > CHAPTER_LIMIT else ""
    return ", ".join(
        [f"ran in {seconds:.1f} s{late}" if run else "outputs are fresh"]
        + [f"wrote {name}" for name in written]
    )


def read_record() -> dict[str, str]:
    """Return, for each chapter run here, the hash of the package that it ran with."""
    if not RECORD.exists():
        return {}
    return cast(dict[str, str], json.loads(RECORD.read_text(encoding="utf-8")))


def write_record(record: dict[str, str]) -> None:
    """Keep `record` for the next run on this machine."""
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    write(RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")


# --- checking -------------------------------------------------------------------------------------


def printed_text(output: NotebookNode) -> str:
    """Return what a reader can read in `output`, without pictures and encoded arrays."""
    data: dict[str, Any] = output.get("data", {})
    texts = [output.get("text", "")]
    texts += [str(value) for kind, value in data.items() if not kind.startswith("image/")]
    return BASE64_RUN.sub("", "\n".join(texts))


def unwanted_outputs(notebook: NotebookNode) -> list[str]:
    """Return a line for each output that must not be committed: an error, a machine's path."""
    problems = []
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            expected = "raises-exception" in cell.metadata.get("tags", [])
            if output.output_type == "error" and not expected:
                problems.append(f"cell {number}: its output is the error {output.ename}")
            if found := MACHINE_PATH.search(printed_text(output)):
                problems.append(f"cell {number}: its output shows a machine's path, {found[0]!r}")
    return problems


def without_lab_notes(notebook: NotebookNode) -> NotebookNode:
    """Return `notebook` without `LAB_NOTES`; the cells are the same objects."""
    metadata = {k: v for k, v in notebook.metadata.items() if k not in LAB_NOTES}
    return NotebookNode({**notebook, "metadata": metadata})


def check(chapter: Chapter) -> list[str]:
    """Return what is wrong with a chapter's pair, a line each; nothing is changed.

    Both files exist and hold the same cells, the outputs belong to the present code and were made
    in one run from top to bottom, and nothing in them depends on the machine.
    """
    missing = [path.name for path in (chapter.text, chapter.notebook) if not path.exists()]
    if missing:
        return [f"{missing[0]} is missing: run `make sync`"]
    notebook = read_notebook(chapter.notebook)
    text = chapter.text.read_text(encoding="utf-8")
    problems = []
    if to_text(read_text(chapter.text)) != to_text(notebook):
        problems.append("the .md and the .ipynb differ: run `make sync`")
    elif text != to_text(notebook):
        problems.append("the .md is not written as `make sync` writes it")
    if is_stale(notebook):
        problems.append("outputs are older than their source: run `make sync`")
    recorded = notebook.metadata.get("cnnviz", {})
    if not problems and recorded.get("text_sha256") != sha256(text):
        problems.append("the notebook's record of its text is out of date: run `make sync`")
    if not problems and without_lab_notes(normalise(notebook)) != without_lab_notes(notebook):
        problems.append("the notebook holds widget state, timings or random ids: run `make sync`")
    return [*problems, *unwanted_outputs(notebook)]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    assert __doc__ is not None
    summary, _, description = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary,
        epilog=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", help="chapters to run, by the beginning of their name")
    parser.add_argument("--force", action="store_true", help="run every chapter")
    parser.add_argument("--check", action="store_true", help="change nothing, report, exit with 1")
    parser.add_argument("--keep", choices=("md", "ipynb"), help="which file wins if both changed")
    options = parser.parse_args(arguments)
    try:
        chapters = find_pairs(options.names)
    except SyncError as error:
        print(error, file=sys.stderr)
        return 2
    package = package_hash()
    failed = False
    for chapter in chapters:
        try:
            if options.check:
                problems = check(chapter)
                if problems:
                    raise SyncError("\n".join(problems))
                line = "in sync, outputs fresh"
            else:
                force = options.force or bool(options.names)
                line = sync(chapter, keep=options.keep, force=force, package=package)
            print(f"✓ {chapter.slug}: {line}", flush=True)
        except SyncError as error:
            failed = True
            indented = str(error).strip().replace("\n", "\n    ")
            headline = "not as it should be" if options.check else "nothing written"
            print(f"✗ {chapter.slug}: {headline}\n    {indented}", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
