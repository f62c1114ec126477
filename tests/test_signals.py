"""The recorded signals: their length, scale and landmarks."""

import sys

import numpy as np
import pytest

from cnnviz import signals

pytest.importorskip("matplotlib")


def test_eeg():
    waves = signals.eeg()
    assert waves.shape == (4, 800)
    assert waves.shape[1] / signals.EEG_RATE == 10
    np.testing.assert_allclose(waves.mean(axis=1), 0, atol=1e-3)
    np.testing.assert_allclose(waves.std(axis=1), 1, atol=5e-3)


def test_membrane_rests_fires_and_rests_again():
    voltage = signals.membrane()
    seconds = np.arange(len(voltage)) / signals.MEMBRANE_RATE
    assert seconds[-1] == pytest.approx(6, abs=1e-3)
    assert voltage[seconds < 0.49].mean() == pytest.approx(-67, abs=0.5)
    fires = seconds[voltage > -20]
    assert fires.min() > 0.7
    assert fires.max() < 5.5
    assert voltage[seconds > 5.7].max() < -60
    assert -70 < voltage.min() < voltage.max() < 10


def test_signals_are_the_callers_own():
    for signal in (signals.eeg, signals.membrane):
        first = signal()
        first[:] = 0
        assert signal().any()


def test_signals_need_no_network(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", None)
    monkeypatch.setattr("socket.getaddrinfo", None)
    assert signals.eeg().size and signals.membrane().size  # noqa: PT018


def test_missing_matplotlib_is_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"eeg\.dat comes with matplotlib: pip install"):
        signals.eeg()
