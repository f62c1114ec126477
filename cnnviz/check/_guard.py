"""No answer makes a check raise; a check that is declared wrongly does."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

from cnnviz.check._feedback import Feedback

__all__ = ["DeclarationError", "never_raises"]

_P = ParamSpec("_P")


class DeclarationError(Exception):
    """A check is declared wrongly; holds the error that says how."""


def never_raises(check: Callable[_P, Feedback]) -> Callable[_P, Feedback]:
    """Turn whatever the learner's objects still manage to raise into a failed feedback.

    Errors in the declaration of a check come as `DeclarationError` and pass through.
    """

    @functools.wraps(check)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> Feedback:
        try:
            return check(*args, **kwargs)
        except DeclarationError as error:
            raise error.args[0] from None
        except (Exception, SystemExit) as error:
            return Feedback("failed", f"Your answer could not be read. ({type(error).__name__})")

    return guarded
