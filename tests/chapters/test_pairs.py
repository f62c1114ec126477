"""Each chapter's two files agree, and the outputs belong to the present code."""

import sync
import yaml


def test_chapters_on_disk_are_the_chapters_of_the_site():
    toc = yaml.safe_load((sync.ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    listed = [name.removeprefix("chapters/") for name in files if name.startswith("chapters/")]
    assert listed == [chapter.slug for chapter in sync.find_chapters()]
    assert listed, "there is no chapter"


def test_pair_is_in_sync_and_outputs_are_fresh(document):
    assert sync.check(document) == []
