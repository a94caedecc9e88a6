"""Cross-entropies of shares and of yes and no, and what all cross-entropies have in common."""

import numpy as np
import pytest

from minifw import Sequential, ops
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError
from minifw.layers import Dense, Input
from minifw.losses import BinaryCrossentropyLoss, CategoricalCrossentropyLoss, SparseCategoricalCrossentropyLoss

BCE, CCE, SPARSE = BinaryCrossentropyLoss, CategoricalCrossentropyLoss, SparseCategoricalCrossentropyLoss
RNG = np.random.default_rng


# -- one-hot and soft targets


def test_one_hot_targets_and_class_numbers_have_the_same_loss():
    labels, scores = RNG(0).integers(0, 4, 6), RNG(1).normal(size=(6, 4)) * 3
    for from_logits, y_pred in ((True, scores), (False, ops.softmax(scores))):
        one, two = CCE(from_logits), SPARSE(from_logits)
        assert one.forward(np.eye(4, dtype=int)[labels], y_pred) == pytest.approx(two.forward(labels, y_pred), rel=1e-14)
        assert np.allclose(one.backward(), two.backward(), rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("from_logits", [False, True])
def test_targets_of_another_number_of_classes_are_refused(from_logits):
    with pytest.raises(ShapeError) as caught:
        CCE(from_logits).forward(np.eye(3), np.full((3, 5), 0.2))
    assert str(caught.value) == (
        "CategoricalCrossentropyLoss: y_true has shape (3, 3), but the predictions (3, 5) want (3, 5); "
        "give the last layer as many units as there are classes"
    )


@pytest.mark.parametrize("labels", [[0, 1, 2], [[0], [1], [2]]])
def test_class_numbers_are_recognized(labels):
    with pytest.raises(ShapeError, match="these look like class numbers: use SparseCategoricalCrossentropyLoss"):
        CCE().forward(labels, np.full((3, 5), 0.2))


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_targets_that_are_no_shares_are_refused(bad):
    with pytest.raises(ArgumentValueError, match=r"targets must be finite and at least 0, got .*; give one-hot rows"):
        CCE().forward([[1.0, bad]], np.array([[0.5, 0.5]]))


@pytest.mark.parametrize("from_logits", [False, True])
def test_a_class_that_is_impossible_and_does_not_happen_costs_nothing(from_logits):
    y, y_pred = np.array([[1.0, 0.0, 0.0]]), np.array([[0.5, 0.5, -np.inf if from_logits else 0.0]])
    loss = CCE(from_logits)
    assert loss.forward(y, y_pred) == pytest.approx(np.log(2))
    assert np.isfinite(loss.backward()).all()
    assert loss.forward(y[:, ::-1], y_pred) == (np.inf if from_logits else pytest.approx(-np.log(1e-7)))


@pytest.mark.parametrize("make", [CCE, SPARSE])
@pytest.mark.parametrize("offset", [0.0, 100.0, -100.0, 1e4])
def test_scores_far_from_0_are_as_good_as_near_ones(make, offset):
    scores = RNG(0).integers(-40, 40, (6, 4)) / 4.0  # exact, whatever is added
    y = np.eye(4)[[0, 1, 2, 3, 1, 0]] if make is CCE else [0, 1, 2, 3, 1, 0]
    near, far = make(from_logits=True), make(from_logits=True)
    assert far.forward(y, scores + offset) == pytest.approx(near.forward(y, scores), rel=1e-14)
    assert np.allclose(far.backward(), near.backward(), rtol=1e-13, atol=1e-17)


@pytest.mark.parametrize("make", [CCE, SPARSE])
def test_a_second_backward_is_as_good_as_the_first_and_another_array(make):
    y = np.eye(3) if make is CCE else [0, 1, 2]
    loss = make(from_logits=True)
    loss.forward(y, RNG(0).normal(size=(3, 3)))
    first, second = loss.backward(), loss.backward()
    assert np.array_equal(first, second)
    assert not np.shares_memory(first, second)


def test_slopes_of_other_arrays_are_theirs():
    loss, one, two = SPARSE(from_logits=True), RNG(0).normal(size=(2, 3)), RNG(1).normal(size=(2, 3))
    loss.forward([0, 1], one)
    assert np.allclose(loss.slopes(np.array([2, 2]), two), ops.softmax(two) - np.eye(3)[[2, 2]], rtol=1e-14)


# -- yes and no


@pytest.mark.parametrize("labels", [[-1.0, 1.0], [0.0, 2.0], [0.0, np.nan]])
def test_labels_that_are_not_between_0_and_1_are_refused_and_the_fix_given(labels):
    with pytest.raises(ArgumentValueError) as caught:
        BCE().forward(labels, np.array([0.5, 0.5]))
    limits = "nan to nan" if np.isnan(labels[1]) else f"{labels[0]} to {labels[1]}"
    assert f"BinaryCrossentropyLoss: targets must be in [0, 1], got {limits}" in str(caught.value)
    assert "(y + 1) / 2" in str(caught.value) and "SparseCategoricalCrossentropyLoss" in str(caught.value)


def test_targets_and_outputs_of_another_width_are_told_apart():
    with pytest.raises(ShapeError, match="give the last layer one unit a target"):
        BCE().forward(np.zeros(4), np.zeros((4, 3)))


def test_labels_of_shape_n_are_those_of_one_output():
    y, y_pred = RNG(0).integers(0, 2, 5), RNG(1).uniform(0.1, 0.9, (5, 1))
    wanted = -np.log(np.where(y == 1, y_pred[:, 0], 1 - y_pred[:, 0])).mean()
    for targets, predictions in ((y, y_pred), (y[:, np.newaxis], y_pred[:, 0]), (y, y_pred[:, 0]), (y > 0, y_pred)):
        loss = BCE()
        assert loss.forward(targets, predictions) == pytest.approx(wanted, rel=1e-14)
        assert loss.backward().shape == predictions.shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_of_yes_are_clipped_as_in_keras_and_have_no_slope_there(dtype):
    loss = BCE(reduction="none")
    values = loss.forward([1, 0, 1, 0, 0.5, 0.5], np.array([0, 1, 1, 0, -np.inf, np.inf], dtype))
    assert values[0] == pytest.approx(16.118, abs=1e-3)
    assert values[1] == pytest.approx(15.942 if dtype == np.float32 else 16.118, abs=1e-3)
    assert values[2:4] == pytest.approx([1e-7, 1e-7], rel=0.3)
    assert np.isfinite(values).all() and not loss.backward().any()


def test_scores_of_yes_are_exact_to_infinity():
    loss = BCE(from_logits=True, reduction="none")
    scores = np.array([1e4, -1e4, 1e4, -1e4, np.inf, -np.inf, np.inf, -np.inf])
    y = np.array([1, 0, 0, 1, 1, 0, 0, 1])
    assert np.array_equal(loss.forward(y, scores), [0, 0, 1e4, 1e4, 0, 0, np.inf, np.inf])
    assert np.array_equal(loss.backward(), [0, 0, 1, -1, 0, 0, 1, -1])
    assert np.isnan(loss.forward([1.0], np.array([np.nan])))


def test_the_loss_on_scores_of_yes_equals_the_loss_on_their_sigmoid():
    y, scores = RNG(0).uniform(size=(6, 4)), RNG(1).normal(size=(6, 4))
    assert BCE(from_logits=True).forward(y, scores) == pytest.approx(BCE().forward(y, ops.sigmoid(scores)), rel=1e-12)


# -- arguments


def test_a_single_output_is_sent_to_the_binary_loss():
    for loss, y in ((SPARSE(), [0, 1]), (CCE(from_logits=True), [[0.0], [1.0]])):
        with pytest.raises(ShapeError, match=r"at least 2 classes, got \(2, 1\); .* use BinaryCrossentropyLoss"):
            loss.forward(y if loss.target_kind == "float" else [0, 0], np.full((2, 1), 0.5))


@pytest.mark.parametrize("make", [BCE, CCE])
def test_smoothing_moves_targets_towards_equal_shares(make):
    y, y_pred = np.eye(4)[[0, 2]], RNG(1).uniform(0.1, 0.9, (2, 4))
    moved = y * 0.8 + (0.1 if make is BCE else 0.05)
    smooth, plain = make(label_smoothing=0.2), make()
    assert smooth.forward(y, y_pred) == pytest.approx(plain.forward(moved, y_pred), rel=1e-14)
    assert np.allclose(smooth.backward(), plain.backward(), rtol=1e-13)
    assert np.array_equal(y, np.eye(4)[[0, 2]])


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("make", [BCE, CCE, SPARSE])
def test_another_axis_is_that_axis_moved_to_the_end(make, from_logits):
    y_pred, weights = RNG(0).uniform(0.1, 0.9, (5, 3, 2)), RNG(1).uniform(size=(5, 2))
    y = RNG(2).integers(0, 3, (5, 2)) if make is SPARSE else RNG(2).integers(0, 2, (5, 3, 2))
    moved = y if make is SPARSE else np.moveaxis(y, 1, -1)
    one, two, three = make(from_logits, axis=1), make(from_logits, axis=-2), make(from_logits)
    wanted = three.forward(moved, np.moveaxis(y_pred, 1, -1), weights)
    for loss in (one, two):
        assert loss.forward(y, y_pred, weights) == pytest.approx(wanted, rel=1e-15)
        assert np.allclose(loss.backward(), np.moveaxis(three.backward(), -1, 1), rtol=1e-14, atol=0)
        assert loss.backward().flags.c_contiguous
    if make is SPARSE:
        assert one.forward(y[:, np.newaxis], y_pred, weights) == pytest.approx(wanted, rel=1e-15)


@pytest.mark.parametrize("make", [BCE, CCE, SPARSE])
def test_bad_arguments_are_refused(make):
    with pytest.raises(ArgumentValueError, match="axis=0 is the batch"):
        make(axis=0)
    with pytest.raises(ArgumentTypeError, match="axis must be an integer"):
        make(axis=1.0)
    for axis in (2, -2):
        with pytest.raises(ArgumentValueError, match=rf"predictions \(3, 3\) have no axis={axis} after the batch"):
            make(axis=axis).forward(np.eye(3), np.eye(3))
    with pytest.raises(ArgumentTypeError, match="from_logits must be True or False, got 1"):
        make(1)
    with pytest.raises(ArgumentTypeError, match="has no argument 'label_smooting'"):
        make(label_smooting=0.1)


def test_smoothing_and_ignored_classes_have_their_ranges():
    for make in (BCE, CCE):
        with pytest.raises(ArgumentValueError, match=r"label_smoothing must be in \[0, 1\], got 1.5"):
            make(label_smoothing=1.5)
    with pytest.raises(ArgumentTypeError, match="has no argument 'label_smoothing'"):
        SPARSE(label_smoothing=0.1)
    with pytest.raises(ArgumentTypeError, match="ignore_class must be an integer"):
        SPARSE(ignore_class="void")


@pytest.mark.parametrize("loss", [BCE(), BCE(True), CCE(), CCE(True), SPARSE(), SPARSE(True)], ids=repr)
def test_no_samples_have_no_loss(loss):
    y = np.empty((0,) if loss.target_kind == "index" else (0, 3))
    assert loss.forward(y, np.empty((0, 3))) == 0
    assert loss.backward().shape == (0, 3)


@pytest.mark.parametrize(
    ("loss", "y"), [("bce", [[0], [1], [1], [0]]), ("categorical_crossentropy", np.eye(3)[[0, 1, 2, 0]])]
)
def test_networks_learn_with_it(loss, y):
    net = Sequential([Input((2,)), Dense(8, "tanh"), Dense(len(y[0]), "sigmoid" if loss == "bce" else "softmax")], seed=1)
    net.compile("adam", loss)
    net.optimizer.learning_rate = 0.05
    history = net.fit(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array(y), epochs=200, verbose=0).history["loss"]
    assert history[-1] < 0.1 < 0.5 < history[0]
