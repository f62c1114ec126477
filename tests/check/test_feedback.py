"""What a feedback says and how it shows."""

import pytest

from cnnviz.check import Feedback


def test_feedback_reads_as_text_and_as_truth():
    assert repr(Feedback("passed", "Right.")) == "✓ Right."
    assert repr(Feedback("failed", "No.", "Think.")) == "✗ No.\n  Hint: Think."
    assert (
        repr(Feedback("failed", "No.", "Think.", "f(1)")) == "✗ No.\n  Case: f(1)\n  Hint: Think."
    )
    assert repr(Feedback("unanswered", "Not yet.")) == "… Not yet."
    assert Feedback("passed", "")
    assert not Feedback("failed", "")
    assert not Feedback("unanswered", "")
    with pytest.raises(AttributeError):
        Feedback("passed", "").status = "failed"
