"""The mistakes that chapters share."""

from cnnviz.check import _mistakes


def test_ready_made_mistakes_are_sentences():
    constants = [getattr(_mistakes, name) for name in _mistakes.__all__ if name.isupper()]
    assert len(constants) >= 10
    assert len({mistake.message for mistake in constants}) == len(constants)
    for message, hint in constants:
        assert message.endswith(".")
        assert hint.endswith(".")
