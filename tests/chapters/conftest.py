"""What the chapter tests share: the chapters."""

import sync


def pytest_generate_tests(metafunc):
    """Run a test that asks for a ``chapter``, or a ``document``, once for each."""
    for name, find in (("chapter", sync.find_chapters), ("document", sync.find_pairs)):
        if name in metafunc.fixturenames:
            found = find()
            metafunc.parametrize(name, found, ids=[each.slug for each in found])


def pytest_terminal_summary(terminalreporter):
    """Print how many outputs are not compared, so that the number can't creep up unseen."""
    counts = {
        chapter.slug: sum(
            "nbval-ignore-output" in cell.metadata.get("tags", [])
            for cell in sync.read_notebook(chapter.notebook).cells
        )
        for chapter in sync.find_pairs()
        if chapter.notebook.exists()
    }
    listed = ", ".join(f"{slug} {count}" for slug, count in counts.items() if count)
    terminalreporter.write_line(
        f"nbval-ignore-output tags: {sum(counts.values())}" + (f" ({listed})" if listed else "")
    )
