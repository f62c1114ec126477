"""What a check says about an answer, and how it shows in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Feedback"]


@dataclass(frozen=True, repr=False)
class Feedback:
    """What a check says about an answer. True when the answer is right.

    Attributes
    ----------
    status : "passed", "failed" or "unanswered"
    message : str
        What is right or wrong, in a sentence.
    hint : str
        A first step towards the answer, or "".
    case : str
        The call that shows it, where the message does not name it, or "".

    Examples
    --------
    >>> Feedback("failed", "Your kernel is flipped.", "Lay it on the image as it is.")
    ✗ Your kernel is flipped.
      Hint: Lay it on the image as it is.
    """

    status: Literal["passed", "failed", "unanswered"]
    message: str
    hint: str = ""
    case: str = ""

    def __bool__(self) -> bool:
        return self.status == "passed"

    def __repr__(self) -> str:
        mark = {"passed": "✓", "failed": "✗", "unanswered": "…"}[self.status]
        case = f"\n  Case: {self.case}" if self.case else ""
        hint = f"\n  Hint: {self.hint}" if self.hint else ""
        return f"{mark} {self.message}{case}{hint}"
