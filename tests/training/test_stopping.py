"""A stop button and Ctrl-C: the epoch ends cleanly, and what there was is kept."""

import signal

import numpy as np
import pytest
from small_runs import RECIPE, data, net, same, same_weights, stop_at

from cnnviz.training import StopToken, evaluate, fit


@pytest.fixture(autouse=True)
def ctrl_c_interrupts():
    """Give Ctrl-C its usual meaning: a shell that starts the tests in the background takes it."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)


def run(model, **more):
    return fit(model, data(), data(40, 1), RECIPE, device="cpu", **more)


def test_a_button_ends_the_epoch_where_it_is():
    token, model, whole = StopToken(), net(), run(net())
    epochs = []
    history = run(model, stop=token, on_step=stop_at(7, token), on_epoch=epochs.append)
    assert repr(history) == "History(2 epochs, 7 steps, stopped by stop)"
    assert [moment.epoch for moment in epochs] == [1, 2]
    assert history.loss.tolist() == whole.loss[:7].tolist()
    assert history.train_loss[1] == pytest.approx(history.loss[5:].mean())
    assert history.validation_loss[1] == pytest.approx(evaluate(model, data(40, 1)).loss, rel=1e-5)


def test_any_function_is_a_button():
    calls = []
    history = run(net(), stop=lambda: calls.append(1) or len(calls) > 4)
    assert history.steps == 4  # asked once before the first step, and after each


@pytest.mark.parametrize("step", [5, 10])
def test_a_button_pressed_in_the_last_step_of_an_epoch_ends_the_run_there(step):
    token = StopToken()
    history = run(net(), stop=token, on_step=stop_at(step, token))
    assert (history.steps, history.epochs, history.stopped) == (step, step // 5, "stop")


def test_a_button_pressed_between_epochs_starts_no_other():
    token = StopToken()
    history = run(net(), stop=token, on_epoch=lambda moment: token.stop())
    assert (history.steps, history.epochs) == (5, 1)


def test_a_button_pressed_too_late_stops_nothing():
    token = StopToken()
    history = run(net(), stop=token, on_step=stop_at(15, token))
    assert same(history, run(net()))
    assert history.stopped == ""


def test_a_button_pressed_before_trains_nothing():
    token, model = StopToken(), net()
    token.stop()
    assert repr(token) == "StopToken(pressed)"
    history = run(model, stop=token)
    assert (history.steps, history.epochs, history.stopped) == (0, 0, "stop")
    assert same_weights(model, net())
    token.reset()
    assert not token()


def test_the_first_ctrl_c_is_a_wish():
    usual = signal.getsignal(signal.SIGINT)

    def interrupt(moment):
        if moment.step == 7:
            signal.raise_signal(signal.SIGINT)

    history = run(net(), on_step=interrupt)
    assert repr(history) == "History(2 epochs, 7 steps, stopped by Ctrl-C)"
    assert np.isfinite(history.validation_loss).all()
    assert signal.getsignal(signal.SIGINT) is usual


def test_a_second_ctrl_c_interrupts():
    usual = signal.getsignal(signal.SIGINT)

    def interrupt(moment):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(net(), on_step=interrupt)
    assert signal.getsignal(signal.SIGINT) is usual


def test_an_error_in_a_hook_is_the_callers():
    def fails(moment):
        raise LookupError("in the hook")

    with pytest.raises(LookupError, match="in the hook"):
        run(net(), on_epoch=fails)


def test_a_hook_is_told_when_it_is_over():
    token, whole, cut = StopToken(), [], []
    run(net(), on_epoch=lambda moment: whole.append(moment.over))
    assert whole == [False] * (RECIPE.epochs - 1) + [True]
    run(
        net(),
        stop=token,
        on_step=stop_at(7, token),
        on_epoch=lambda moment: cut.append(moment.over),
    )
    assert cut == [False, True]
