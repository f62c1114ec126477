"""Arrays as traits: their way to the browser and back."""

import json

import numpy as np
import pytest
from traitlets import HasTraits

from cnnviz.arrays import as_array
from cnnviz.widgets._traits import Array, pack, unpack


class Holder(HasTraits):
    array = Array(as_array, default_value=[0])


@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int16", "int64", "float16", "float32", "float64"]
)
def test_arrays_survive_the_way_to_the_browser_and_back(dtype):
    holder = Holder(array=np.array([[0, 1, 1], [1, 0, 1]], dtype=dtype))
    packed = json.loads(json.dumps(pack(holder.array)))
    back = unpack(packed)
    np.testing.assert_array_equal(back, holder.array)
    assert back.dtype == holder.array.dtype
    assert packed["dtype"] in ("uint8", "int8", "uint16", "int16", "int32", "float32", "float64")


def test_large_whole_numbers_keep_their_value():
    assert Holder(array=[2**40]).array[0] == 2**40
