#!/usr/bin/env bash
# Library: traitlets 5.16.1
# Expected: assigning another value to a trait tells its observers; so a widget's browser half follows.
# What happens: a value that compares equal is stored and not announced. For arrays that holds if the comparison has one
#   element: another shape or type of the same number passes in silence. An array of two is announced even if it is
#   the same one again, since its comparison can't be made a bool, and so is each NaN.
#
# Output seen, 2026-11-27:
#   1 → True: stored bool, told 0 times
#   0.0 → -0.0: stored float, told 0 times
#   array([7]) → array([[7.5]]): stored array([[7.5]]), told 1 times
#   array([7]) → array([[7.]]): stored array([[7.]]), told 0 times
#   array([7, 8]) → array([7, 8]), the same one: told 1 times
#   nan → nan, the same one: told 1 times
#
# Why it matters here: the widgets keep small arrays as traits. A 1×1 kernel in place of a kernel of length 1 changes the
#   Python half alone, while the same kernel set again is sent and drawn again.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install traitlets==5.16.1 numpy==2.4.6
show <<'PYTHON'
import numpy as np
import traitlets


class Model(traitlets.HasTraits):
    value = traitlets.Any()


def told(old, new):
    """Return what is stored after the assignment, and how often observers were told of it."""
    model, changes = Model(value=old), []
    model.observe(changes.append, "value")
    model.value = new
    return model.value, len(changes)


for old, new in [(1, True), (0.0, -0.0)]:
    stored, times = told(old, new)
    print(f"{old} → {new}: stored {type(stored).__name__}, told {times} times")
for new in (np.array([[7.5]]), np.array([[7.0]])):
    stored, times = told(np.array([7]), new)
    print(f"array([7]) → {new!r}: stored {stored!r}, told {times} times")
pair, nan = np.array([7, 8]), float("nan")
print(f"{pair!r} → {pair!r}, the same one: told {told(pair, pair)[1]} times")
print(f"nan → nan, the same one: told {told(nan, nan)[1]} times")
PYTHON
compare
