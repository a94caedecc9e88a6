"""Dropout: what it drops, and what it leaves of the expectation."""

import numpy as np
import pytest

from minifw import Dropout


def test_a_dropout_of_0_and_any_dropout_in_inference_is_the_identity():
    x = np.random.default_rng(0).normal(size=(3, 4))
    assert np.array_equal(Dropout(0)(x, training=True), x)
    assert np.array_equal(Dropout(0.9)(x), x)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_expectation(rate):
    y = Dropout(rate, seed=1)(np.ones((500, 200)), training=True)
    assert set(np.unique(y)) == {0.0, 1 / (1 - rate)}
    assert abs(y.mean() - 1) < 4 * np.sqrt(rate / (1 - rate) / y.size)
    assert abs((y == 0).mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / y.size)


def test_a_dropout_rate_near_1_has_a_finite_scale():
    y = Dropout(1 - 1e-6, seed=1)(np.ones((100, 100), np.float32), training=True)
    assert y.dtype == np.float32
    assert np.isfinite(y).all()


def test_one_draw_of_dropout_spreads_over_axes_of_1():
    y = Dropout(0.5, noise_shape=[None, 1, 4], seed=1)(np.ones((6, 3, 4)), training=True)
    assert np.array_equal(y, np.repeat(y[:, :1], 3, axis=1))
    assert len(np.unique(y[:, 0], axis=0)) > 1
    y = Dropout(0.5, noise_shape=(1, 8), seed=1)(np.ones((6, 8)), training=True)
    assert np.array_equal(y, np.repeat(y[:1], 6, axis=0))
