#!/usr/bin/env bash
# Library: torch 2.13.0
# Expected: autograd gives the derivative of what the forward pass computes.
# What happens: where overlapping windows chose the same place, max_unpool writes it once (the last window's value stands),
#   but its backward hands that place's gradient to every window that points there. gradcheck says so.
#
# Output seen, 2026-11-27:
#   indices of the two maxima: [1, 1]
#   unpooled: [0, 5, 0]
#   sum changes by 0 and 1 when the first and the second value grow by 1
#   gradient by autograd: [1, 1]
#   gradcheck: Jacobian mismatch for output 0 with respect to input 0
#
# Why it matters here: chapter 8 unpools, and checks gradients by nudging inputs. Windows of 3 at stride 2, the usual
#   pooling of AlexNet, overlap, so a decoder that mirrors one trains on gradients that aren't those of its loss.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 numpy==2.4.6
show <<'PYTHON'
import torch
import torch.nn.functional as F


def whole(values):
    return [round(v) for v in values.flatten().tolist()]


x = torch.tensor([[1.0, 5, 2]], dtype=torch.float64)
maxima, indices = F.max_pool1d(x, 2, stride=1, return_indices=True)
print("indices of the two maxima:", indices.flatten().tolist())


def unpool(values):
    return F.max_unpool1d(values, indices, 2, stride=1)


print("unpooled:", whole(unpool(maxima)))
nudges = [unpool(maxima + nudge).sum() - unpool(maxima).sum() for nudge in torch.eye(2).double()]
print(
    f"sum changes by {nudges[0]:g} and {nudges[1]:g}",
    "when the first and the second value grow by 1",
)
values = maxima.clone().requires_grad_()
unpool(values).sum().backward()
print("gradient by autograd:", whole(values.grad))
try:
    torch.autograd.gradcheck(unpool, (values,))
    print("gradcheck: passed")
except RuntimeError as error:  # gradcheck's own error is one
    print("gradcheck:", str(error).splitlines()[0].rstrip(","))
PYTHON
compare
