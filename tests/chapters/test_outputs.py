"""Run every chapter again and compare its outputs, cell by cell (nbval, not ``--nbval-lax``)."""

import subprocess
import sys

import pytest
import sync


@pytest.mark.timeout(sync.CHAPTER_LIMIT + 30)
def test_outputs_are_what_the_cells_print(document):
    """Every output repeats, offline, and the whole chapter takes less than a minute."""
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "--color=no"]
    quiet = ["-p", "no:cacheprovider", "-p", "no:xdist", "--override-ini=addopts="]
    try:
        run = subprocess.run(
            [*command, *quiet, str(document.notebook)],
            cwd=sync.ROOT,
            env=sync.kernel_environment(),
            capture_output=True,
            text=True,
            timeout=sync.CHAPTER_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"{document.slug} runs for more than {sync.CHAPTER_LIMIT} s")
    assert run.returncode == 0, f"{document.slug}:\n{run.stdout[-6000:]}\n{run.stderr[-2000:]}"
