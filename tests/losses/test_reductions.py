"""How the values of the samples become one number, and what weights do to it."""

import numpy as np
import pytest

from minifw import ArgumentValueError, Dense, Input, MSELoss, Sequential, ShapeError

VALUES = np.array([1.0, 4.0, 9.0])  # of errors 1, 2, 3
WEIGHTS = np.array([0.5, 0.0, 2.0])


@pytest.mark.parametrize(
    ("reduction", "plain", "weighted"),
    [
        ("sum_over_batch_size", 14 / 3, 18.5 / 3),
        ("mean", 14 / 3, 18.5 / 3),
        ("sum", 14, 18.5),
        ("mean_with_sample_weight", 14 / 3, 18.5 / 2.5),
    ],
)
def test_reductions_divide_as_in_keras(reduction, plain, weighted):
    y, y_pred = np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]])
    loss = MSELoss(reduction=reduction)
    assert loss.forward(y, y_pred) == pytest.approx(plain)
    assert np.allclose(loss.backward()[:, 0], [2, 4, 6] * np.array(plain / 14))
    for weights in (WEIGHTS, WEIGHTS[:, np.newaxis], list(WEIGHTS)):
        assert loss.forward(y, y_pred, weights) == pytest.approx(weighted)
        assert np.allclose(loss.backward()[:, 0], np.array([1, 0, 12]) * (weighted / 18.5))


@pytest.mark.parametrize("reduction", ["none", None])
def test_without_a_reduction_each_sample_keeps_its_value_and_weighs_1_in_the_gradient(reduction):
    y, y_pred = np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]])
    loss = MSELoss(reduction=reduction)
    assert np.array_equal(loss.forward(y, y_pred), VALUES)
    assert np.array_equal(loss.backward()[:, 0], [2, 4, 6])
    assert np.array_equal(loss.forward(y, y_pred, WEIGHTS), VALUES * WEIGHTS)
    assert np.array_equal(loss.backward()[:, 0], [1, 0, 12])


def test_several_values_a_sample_are_averaged_and_may_be_weighted_one_by_one():
    rng = np.random.default_rng(0)
    y, y_pred, weights = np.zeros((2, 3, 4)), rng.normal(size=(2, 3, 4)), rng.uniform(size=(2, 3))
    values = np.square(y_pred).mean(-1)
    assert MSELoss().forward(y, y_pred) == pytest.approx(values.mean())
    total = MSELoss(reduction="sum")
    assert total.forward(y, y_pred, weights) == pytest.approx((values * weights).sum())
    assert np.allclose(total.backward(), 2 * y_pred / 4 * weights[..., np.newaxis])
    assert np.allclose(MSELoss(reduction="none").forward(y, y_pred), values.mean(1))
    assert MSELoss().forward(y, y_pred, weights) == pytest.approx((values * weights).mean())
    assert MSELoss(reduction="mean_with_sample_weight").forward(y, y_pred, weights) == pytest.approx(
        (values * weights).sum() / weights.sum()
    )


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
def test_weights_that_sum_to_0_give_a_loss_and_a_gradient_of_0(reduction):
    loss = MSELoss(reduction=reduction)
    assert loss.forward(np.zeros((2, 2)), np.ones((2, 2)), [0.0, 0.0]) == 0
    assert np.array_equal(loss.backward(), np.zeros((2, 2)))


@pytest.mark.parametrize("bad", [[1.0, -1.0], [1.0, np.nan], [1.0, np.inf]])
def test_negative_and_infinite_weights_are_refused(bad):
    with pytest.raises(ArgumentValueError, match="sample_weight must be finite and at least 0"):
        MSELoss().forward(np.zeros((2, 1)), np.zeros((2, 1)), bad)


@pytest.mark.parametrize("shape", [(3,), (1,), (), (2, 2), (1, 2), (2, 1, 1)])
def test_weights_of_another_shape_are_refused_and_both_shapes_given(shape):
    with pytest.raises(ShapeError) as caught:
        MSELoss().forward(np.zeros((2, 4)), np.zeros((2, 4)), np.ones(shape))
    assert str(shape) in str(caught.value)
    assert "(2,)" in str(caught.value)


# -- in training


def test_a_short_last_batch_counts_by_its_samples():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    net = Sequential([Input((3,)), Dense(2)], dtype="float64", seed=1)
    net.compile("sgd", "mse")
    whole = np.square(net.predict(x) - y).mean()
    assert net.evaluate(x, y, batch_size=2, verbose=0) == pytest.approx(whole, rel=1e-12)
    net.optimizer.learning_rate = 0.0
    assert net.fit(x, y, batch_size=2, verbose=0).history["loss"][0] == pytest.approx(whole, rel=1e-12)


def test_lengths_that_differ_are_given_all_three():
    net = Sequential([Input((3,)), Dense(1)], seed=1)
    net.compile("sgd", "mse")
    with pytest.raises(ArgumentValueError, match=r"x has 5, y has 4, sample_weight has 3"):
        net.fit(np.zeros((5, 3)), np.zeros((4, 1)), sample_weight=np.ones(3), verbose=0)


def test_weights_of_0_over_all_the_data_are_refused():
    net = Sequential([Input((3,)), Dense(1)], seed=1)
    net.compile("sgd", "mse")
    for verb in (net.fit, net.evaluate):
        with pytest.raises(ArgumentValueError, match="0 for all 4 samples"):
            verb(np.zeros((4, 3)), np.zeros((4, 1)), sample_weight=np.zeros(4), verbose=0)


def test_one_class_alone_can_be_fitted():
    net = Sequential([Input((2,)), Dense(3, activation="softmax")], seed=1)
    net.compile("sgd", "sparse_categorical_crossentropy")
    assert np.isfinite(net.fit(np.ones((4, 2)), np.zeros(4), verbose=0).history["loss"][0])
