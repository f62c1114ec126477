"""The scripts of findings/, read without running them: they install packages, so CI does not."""

import os
import re
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "findings"
SCRIPTS = sorted(FOLDER.glob("[a-z]*.sh"))
PIN = re.compile(r"[\w.-]+==\d+(\.\d+)+(\.post\d+)?")
# Folders of one machine, and the hosts that a plain pip finds by itself.
PLACES = re.compile(r"/(home|root|work|opt|Users|tmp)/|https?://|--(extra-)?index-url|--find-links")

every_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def table():
    """Return the rows of the README's table as {name: library}."""
    rows = re.findall(
        r"^\| `([\w-]+)` \| (.+?) \| .+ \| .+ \|$", (FOLDER / "README.md").read_text("utf-8"), re.M
    )
    assert len(rows) == len(dict(rows)), "a name stands twice"
    return dict(rows)


def comment(text):
    """Return the lines of the comment under the shebang, without their #."""
    lines = text.splitlines()[1:]
    end = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    return [line[2:] for line in lines[:end]]


def test_the_readme_lists_the_scripts_and_no_others():
    assert SCRIPTS
    assert sorted(table()) == [script.stem for script in SCRIPTS]


@every_script
def test_a_script_can_be_run_and_stops_at_errors(script):
    assert os.access(script, os.X_OK)
    lines = script.read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    first = next(line for line in lines[1:] if not line.startswith("#"))
    assert first == "set -euo pipefail"
    assert lines[-1] == "compare"
    subprocess.run(["bash", "-n", script], check=True)


@every_script
def test_a_script_installs_exact_versions_alone(script):
    installs = re.findall(r"^install (.+)$", script.read_text("utf-8"), re.M)
    assert installs
    for requirement in " ".join(installs).split():
        assert PIN.fullmatch(requirement), requirement


@every_script
def test_the_comment_says_what_was_seen_with_the_versions_that_are_installed(script):
    text = script.read_text("utf-8")
    said = comment(text)
    heads = ("Library: ", "Expected: ", "What happens: ", "Output seen, ", "Why it matters here: ")
    positions = [[i for i, line in enumerate(said) if line.startswith(head)] for head in heads]
    assert [len(found) for found in positions] == [1] * len(heads)
    assert positions == sorted(positions)
    seen = positions[3][0]
    assert re.fullmatch(r"Output seen, \d{4}-\d\d-\d\d:", said[seen])
    assert said[seen + 1].startswith("  ")
    installed = set(re.findall(r"([\w.-]+)==([\d.]+\d(?:\.post\d+)?)", text))
    for version in re.findall(r"[a-z0-9-]+ (\d+(?:\.\d+)+(?:\.post\d+)?)", table()[script.stem]):
        assert version in {v for _, v in installed}, version
        assert version in " ".join(said[: positions[1][0]]), version


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.name)
def test_nothing_names_a_machine_or_the_project(file):
    text = file.read_text("utf-8")
    assert not PLACES.search(text)
    assert "cnnviz" not in text


def test_a_finding_fails_when_the_output_is_another(tmp_path):
    """`compare` reads the comment itself, so that comment and behaviour can't part."""
    helper = (FOLDER / "_venv.sh").read_text("utf-8")
    compare = helper[helper.index("compare() {") :]
    script = tmp_path / "finding.sh"
    script.write_text(
        "#!/usr/bin/env bash\n# Output seen, 2026-11-27:\n#   1 2\n#   3\n#\n# Why\n"
        f'set -euo pipefail\nfinding=$0\n{compare}\ncd "$(dirname "$0")"\n'
        "printf '%b' \"$1\" > seen\ncompare\n",
        encoding="utf-8",
    )
    results = {
        seen: subprocess.run(["bash", script, seen], capture_output=True).returncode
        for seen in (r"1 2\n3\n", r"1 2\n4\n", r"1 2\n", "")
    }
    assert [code == 0 for code in results.values()] == [True, False, False, False]
