"""Files are written whole or not at all."""

import os
from pathlib import Path

import pytest

from cnnviz.files import output_path, replacing


def write_and_fail(target: Path, error: BaseException) -> None:
    with replacing(target) as temporary:
        temporary.write_text("half")
        raise error


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_leaves_what_was_there(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "page.html"
    target.write_text("old")
    with pytest.raises(type(error)):
        write_and_fail(target, error)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert target.read_text() == "old"


def test_success_replaces_content_and_keeps_mode_and_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.html", tmp_path / "link.html"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    with replacing(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert os.stat(real).st_mode & 0o777 == 0o640
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("path", ["", ".gif", "a.png", "a.gif\0", "a.gif/"])
def test_odd_paths_are_refused(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.gif").mkdir()
    with pytest.raises((ValueError, IsADirectoryError), match="path must name a file"):
        output_path(path, [".gif"])


def test_no_path_at_all() -> None:
    with pytest.raises(TypeError, match="path must be a path, got 5"):
        output_path(5, [".gif"])  # type: ignore[arg-type]


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="path must lie in a folder that exists"):
        output_path(tmp_path / "none" / "a.gif", [".gif"])
