"""`cnnviz.shapes` against enumeration: windows are placed one by one and counted."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz import shapes

PLACEMENTS = list(
    itertools.product(range(1, 10), range(1, 6), range(1, 5), [0, 1, (0, 2), (3, 1)], range(1, 4))
)


def window_starts(n, kernel, stride, padding, dilation):
    """List where windows start, in input positions, by trying every position."""
    before, after = (padding, padding) if isinstance(padding, int) else padding
    starts = []
    position = -before
    while all(position + dilation * tap < n + after for tap in range(kernel)):
        starts.append(position)
        position += stride
    return starts


@pytest.mark.parametrize("padding", [0, 1, (0, 2), (3, 1)])
def test_output_size_and_dropped_count_windows(padding):
    for n, kernel, stride, _, dilation in (case for case in PLACEMENTS if case[3] == padding):
        starts = window_starts(n, kernel, stride, padding, dilation)
        arguments = (n, kernel, stride, padding, dilation)
        if not starts:
            with pytest.raises(ValueError, match="kernel must fit in the padded input"):
                shapes.conv_output_size(*arguments)
            with pytest.raises(ValueError, match="kernel must fit in the padded input"):
                shapes.dropped(*arguments)
            continue
        end = n + (padding if isinstance(padding, int) else padding[1])
        last_seen = starts[-1] + dilation * (kernel - 1)
        assert shapes.conv_output_size(*arguments) == len(starts), arguments
        assert shapes.dropped(*arguments) == end - 1 - last_seen, arguments


def test_rounded_up_a_window_may_hang_over_the_end_but_not_start_there():
    for n, kernel, stride, padding, dilation in PLACEMENTS:
        before, after = (padding, padding) if isinstance(padding, int) else padding
        starts = window_starts(n, kernel, stride, padding, dilation)
        span = dilation * (kernel - 1) + 1
        last = starts[-1] if starts else -before - stride  # the step before the first window
        expected = len(starts) + (last + span < n + after and last + stride < n)
        arguments = (n, kernel, stride, padding, dilation, True)
        if expected:
            assert shapes.pool_output_size(*arguments) == expected, arguments
        else:
            with pytest.raises(ValueError, match="kernel must fit in the padded input"):
                shapes.pool_output_size(*arguments)


@pytest.mark.parametrize("rank", [1, 2])
def test_rounding_up_is_pytorchs(rank):
    pool = {1: torch.nn.functional.max_pool1d, 2: torch.nn.functional.max_pool2d}[rank]
    for n, kernel, stride, padding, dilation in itertools.product(
        range(1, 9), range(1, 5), range(1, 5), range(3), range(1, 3)
    ):
        arguments = kernel, stride, padding, dilation
        if padding > kernel // 2:
            continue
        try:
            expected = pool(torch.zeros(1, *(n,) * rank), *arguments, ceil_mode=True).shape[-1]
        except RuntimeError:
            expected = None
        try:
            size = shapes.pool_output_size(n, *arguments, ceil_mode=True)
        except ValueError:
            size = None
        assert size == expected, (n, arguments)


def test_the_output_padding_that_gives_a_wanted_size():
    for n, kernel, stride, padding, dilation in PLACEMENTS:
        if n <= 4 and isinstance(padding, int) and 2 * padding < kernel:
            arguments = (kernel, stride, padding, dilation)
            least = shapes.conv_transpose_output_size(n, kernel, stride, padding, 0, dilation)
            for size in range(least, least + stride):
                extra = shapes.transpose_output_padding(n, size, *arguments)
                assert (
                    shapes.conv_transpose_output_size(n, kernel, stride, padding, extra, dilation)
                    == size
                )
                assert shapes.conv_output_size(size, *arguments) == n
            with pytest.raises(ValueError, match=f"output_size must be from {least} to"):
                shapes.transpose_output_padding(n, least + stride, *arguments)


@pytest.mark.parametrize(
    "five",
    [5, np.int8(5), np.array(5), torch.tensor(5), np.uint64(5)],
    ids=lambda v: type(v).__name__,
)
def test_any_whole_number_is_a_size(five):
    assert shapes.conv_output_size(28, five) == 24
    assert shapes.receptive_field([five, (five, five)]).size == 9


@pytest.mark.parametrize(
    "fives",
    [
        (5, 5),
        [5, 5],
        np.array([5, 5]),
        torch.Size([5, 5]),
        torch.tensor([5, 5]),
        (np.int8(5), torch.tensor(5)),
    ],
    ids=lambda v: type(v).__name__,
)
def test_any_row_of_whole_numbers_is_a_size_per_axis(fives):
    assert shapes.conv_output_size(28, fives) == (24, 24)
    assert shapes.conv_output_size(fives, 3, padding=fives) == (13, 13)
    assert shapes.conv_output_size(28, 5, padding=(fives, (0, 1))) == (34, 25)
    assert shapes.conv_output_size(28, 5, padding=np.array([[1, 2], [0, 0]])) == (27, 24)
    assert shapes.same_padding(28, fives) == ((2, 2), (2, 2))
    assert shapes.receptive_field([(fives, 2), fives]).size == (13, 13)


def test_valid_is_no_padding():
    assert shapes.conv_output_size(9, 4, 2, "valid") == shapes.conv_output_size(9, 4, 2, 0) == 3


def test_same_padding_is_the_least_that_keeps_every_stride():
    for n, kernel, stride, dilation in itertools.product(
        range(1, 14), range(1, 7), range(1, 5), range(1, 4)
    ):
        before, after = shapes.same_padding(n, kernel, stride, dilation)
        wanted = len(range(0, n, stride))  # ⌈n / s⌉
        assert after - before in (0, 1)  # the odd one goes after
        total = before + after
        assert len(window_starts(n, kernel, stride, (before, after), dilation)) == wanted
        if total:  # one less is too little
            assert len(window_starts(n, kernel, stride, (0, total - 1), dilation)) < wanted
        assert shapes.conv_output_size(n, kernel, stride, "same", dilation) == wanted


def test_transpose_output_size_counts_stamped_positions():
    for n, kernel, stride, pads, dilation in PLACEMENTS:
        before, after = (pads, pads) if isinstance(pads, int) else pads
        for extra in range(max(stride, dilation)):
            stamped = {i * stride + t * dilation for i in range(n) for t in range(kernel)}
            length = max(stamped) + 1 + extra - before - after
            arguments = (n, kernel, stride, pads, extra, dilation)
            if length < 1:
                with pytest.raises(ValueError, match="padding must cut off less"):
                    shapes.conv_transpose_output_size(*arguments)
            else:
                assert shapes.conv_transpose_output_size(*arguments) == length, arguments


def test_transpose_undoes_the_size_when_output_padding_is_what_was_dropped():
    for n, kernel, stride, padding, dilation in PLACEMENTS:
        if not window_starts(n, kernel, stride, padding, dilation):
            continue
        out = shapes.conv_output_size(n, kernel, stride, padding, dilation)
        extra = shapes.dropped(n, kernel, stride, padding, dilation)
        back = shapes.conv_transpose_output_size(out, kernel, stride, padding, extra, dilation)
        assert back == n


LAYERS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3)),
    max_size=4,
)


def seen_by(output: int, layers) -> set[int]:
    """Collect the input positions that one output reads, walking back tap by tap."""
    seen = {output}
    for kernel, stride, padding, dilation in reversed(layers):
        seen = {i * stride - padding + t * dilation for i in seen for t in range(kernel)}
    return seen


@settings(max_examples=300, deadline=None, derandomize=True)
@given(LAYERS)
def test_receptive_field_against_walking_back(layers):
    field = shapes.receptive_field(layers)
    first, second = seen_by(0, layers), seen_by(1, layers)
    assert field.size == max(first) - min(first) + 1
    assert field.start == (max(first) + min(first)) / 2
    assert field.jump == min(second) - min(first)


def test_receptive_field_fills_in_what_is_left_out():
    assert shapes.receptive_field([]) == (1, 1, 0.0)
    assert shapes.receptive_field([3, (3,)]) == shapes.receptive_field([(3, 1, 0, 1)] * 2)
    both = shapes.receptive_field([((3, 5), 1, ((1, 0), 2)), (2, (2, 1))])
    rows = shapes.receptive_field([(3, 1, (1, 0)), (2, 2)])
    columns = shapes.receptive_field([(5, 1, 2), (2, 1)])
    assert both == tuple(zip(rows, columns, strict=True))


def test_ints_give_ints_and_tuples_give_tuples():
    assert type(shapes.conv_output_size(np.int64(28), np.uint8(5))) is int
    assert shapes.conv_output_size((28,), 5) == (24,)
    assert shapes.conv_output_size([28, 32], (5, 3), padding=((0, 1), 2)) == (25, 34)
    assert shapes.conv_output_size(28, 5, padding=(2, 1)) == 27  # one axis: before, after
    assert shapes.conv_output_size((28, 28), 5, padding=(2, 1)) == (28, 26)  # two: per axis
    assert shapes.conv_output_size(28, (5, 3)) == (24, 26)
    assert shapes.same_padding((5, 6), 2) == ((0, 1), (0, 1))
    assert shapes.conv_transpose_output_size((4, 5), 2, 2) == (8, 10)


BAD = [  # function, arguments, the error, and what its message must say
    ("conv_output_size", {"n": 0, "kernel": 1}, ValueError, "n must be .* at least 1.* got 0"),
    ("conv_output_size", {"n": -3, "kernel": 1}, ValueError, "n must be .* got -3"),
    ("conv_output_size", {"n": 8, "kernel": 0}, ValueError, "kernel must be .* got 0"),
    ("conv_output_size", {"n": 8, "kernel": float("nan")}, TypeError, "kernel must be .* got nan"),
    ("conv_output_size", {"n": 8, "kernel": 3.0}, TypeError, "kernel must be .* got 3.0"),
    ("conv_output_size", {"n": 8, "kernel": True}, TypeError, "kernel must be .* got True"),
    ("conv_output_size", {"n": 8, "kernel": np.True_}, TypeError, "kernel must be .* got .*True"),
    ("conv_output_size", {"n": 8, "kernel": "3"}, TypeError, "kernel must be .* got '3'"),
    ("conv_output_size", {"n": 8, "kernel": None}, TypeError, "kernel must be .* got None"),
    ("conv_output_size", {"n": (8, 8), "kernel": (3, 3, 3)}, ValueError, "kernel must .*2.* got 3"),
    ("conv_output_size", {"n": (8, 8), "kernel": ()}, ValueError, "kernel must .* got 0 numbers"),
    ("conv_output_size", {"n": (8, 8), "kernel": (3, 0)}, ValueError, r"kernel .* got \(3, 0\)"),
    ("conv_output_size", {"n": 3, "kernel": 5}, ValueError, "kernel must fit .* 5 of only 3"),
    ("conv_output_size", {"n": 8, "kernel": 3, "stride": 0}, ValueError, "stride must .* got 0"),
    ("conv_output_size", {"n": 8, "kernel": 3, "dilation": 0}, ValueError, "dilation must .* 0"),
    ("conv_output_size", {"n": 8, "kernel": 3, "padding": -1}, ValueError, "padding must .* -1"),
    ("conv_output_size", {"n": 8, "kernel": 3, "padding": 0.5}, TypeError, "padding must .* 0.5"),
    ("conv_output_size", {"n": 8, "kernel": 3, "padding": "full"}, ValueError, "padding .*'full'"),
    (
        "conv_output_size",
        {"n": 8, "kernel": 3, "padding": (1, 1, 1)},
        ValueError,
        "padding must .* got .1, 1, 1",
    ),
    (
        "conv_output_size",
        {"n": (8, 8), "kernel": 3, "padding": ((1, 2, 3), 1)},
        ValueError,
        "padding must .* got ..1, 2, 3",
    ),
    ("same_padding", {"n": 8, "kernel": 3, "stride": 0}, ValueError, "stride must .* got 0"),
    ("dropped", {"n": 8, "kernel": 9}, ValueError, "kernel must fit"),
    (
        "conv_transpose_output_size",
        {"n": 8, "kernel": 3, "stride": 2, "output_padding": 2},
        ValueError,
        "output_padding must be less than the stride",
    ),
    (
        "conv_transpose_output_size",
        {"n": 8, "kernel": 3, "output_padding": -1},
        ValueError,
        "output_padding must .* got -1",
    ),
    (
        "conv_transpose_output_size",
        {"n": 8, "kernel": 3, "padding": "same"},
        ValueError,
        "padding must .* got 'same'",
    ),
    ("receptive_field", {"layers": [3, (3, 0)]}, ValueError, "stride of layer 1 must .* got 0"),
    ("receptive_field", {"layers": [(3, 1, "same")]}, ValueError, "padding of layer 0 .* 'same'"),
    ("receptive_field", {"layers": [()]}, ValueError, r"layer 0 must be \(kernel, stride"),
    ("receptive_field", {"layers": [(3, 1, 0, 1, 9)]}, ValueError, "layer 0 must be"),
    ("receptive_field", {"layers": [2.5]}, TypeError, "kernel of layer 0 must be .* got 2.5"),
    ("receptive_field", {"layers": [(3, (1, 2)), ((3, 3, 3), 1)]}, ValueError, "stride of layer 0"),
]


@pytest.mark.parametrize(("function", "arguments", "error", "message"), BAD)
def test_bad_arguments_are_named(function, arguments, error, message):
    with pytest.raises(error, match=message):
        getattr(shapes, function)(**arguments)
