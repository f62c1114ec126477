"""Two real one-dimensional signals, from the sample data that matplotlib installs.

Both were recorded from living cells, noise included. Nothing is downloaded. matplotlib is
imported when a signal is first asked for.

>>> from cnnviz import signals
>>> voltage = signals.membrane()
>>> len(voltage) / signals.MEMBRANE_RATE  # seconds
6.0
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["EEG_RATE", "MEMBRANE_RATE", "eeg", "membrane"]

#: Samples per second of :func:`eeg`.
EEG_RATE = 80.0

#: Samples per second of :func:`membrane`.
MEMBRANE_RATE = 2000.0


def eeg() -> NDArray[np.float64]:
    """Return ten seconds of brain waves at four electrodes.

    From matplotlib's ``eeg.dat``, whose gallery example "MRI with EEG" gives the ten seconds
    and the electrodes, PG3, PG5, PG7 and PG9. Each row is scaled to mean 0 and standard
    deviation 1, so it has no unit.

    Returns
    -------
    ndarray of float64, shape (4, 800)
        A row per electrode, :data:`EEG_RATE` samples per second.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> eeg().shape
    (4, 800)
    """
    return np.ascontiguousarray(_sample("eeg.dat", "<f8").reshape(800, 4).T)


def membrane() -> NDArray[np.float64]:
    """Return six seconds of the voltage across a nerve cell's membrane, in millivolts.

    From matplotlib's ``membrane.dat``, which drew matplotlib's first logo; that script gives
    the interval of 0.5 ms and the scale. The cell rests near −67 mV for half a second and then
    fires, evenly at first and irregularly from 3.6 s on, until it rests again at 5.5 s.

    Returns
    -------
    ndarray of float64, shape (12000,)
        :data:`MEMBRANE_RATE` samples per second.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> membrane()[:3].round(2)
    array([-66.79, -66.79, -67.03])
    """
    return 100 * _sample("membrane.dat", "<f4")


def _sample(name: str, dtype: str) -> NDArray[np.float64]:
    """Read raw numbers from matplotlib's sample data."""
    try:
        from matplotlib import cbook
    except ImportError as error:
        raise ImportError(f'{name} comes with matplotlib: pip install "cnnviz[course]"') from error
    path = cbook.get_sample_data(name, asfileobj=False)
    return np.fromfile(path, dtype=dtype).astype(np.float64)
