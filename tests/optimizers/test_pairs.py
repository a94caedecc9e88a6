"""Which pairs an optimizer takes, and that it only reads gradients."""

import numpy as np
import pytest
from builders import descend, fill, three_layers

from minifw import SGD, Adam, ArgumentTypeError, ArgumentValueError, RMSprop, ShapeError


def test_a_plain_list_must_keep_its_order():
    a, b = np.zeros(3), np.zeros(3)
    g = np.ones(3)
    optimizer = SGD(0.1)
    optimizer.step([(a, g), (b, g)])
    for other in ([(b, g), (a, g)], [(a, g)], [(a, g), (b, g), (np.zeros(3), g)], [(a, g), (b.copy(), g)]):
        with pytest.raises(ArgumentValueError, match="same parameters in the same order"):
            optimizer.step(other)
    optimizer.step([(a, g.copy()), (b, 2 * g)])
    assert np.allclose(b, -0.3)
    assert optimizer.iterations == 2


def test_a_generator_of_pairs_is_as_good_as_a_list():
    w = np.zeros(2)
    SGD(1.0).step((w, np.ones(2)) for _ in range(1))
    assert np.array_equal(w, [-1, -1])


def test_duplicates_and_shared_memory_are_refused():
    w, g = np.zeros(4), np.ones(4)
    with pytest.raises(ArgumentValueError, match="pair 1 is the same parameter as pair 0"):
        SGD().step([(w, g), (w, g)])
    with pytest.raises(ArgumentValueError, match="pair 1 is the same parameter as pair 0"):
        SGD().step([(w, g), (w[1:3], g[:2])])
    with pytest.raises(ArgumentValueError, match="same memory"):
        SGD().step([(w, w)])
    assert np.array_equal(w, np.zeros(4))


def test_a_gradient_that_is_another_pairs_parameter_is_refused():
    a, b = np.ones(3), np.full(3, 2.0)
    with pytest.raises(ArgumentValueError):
        SGD(0.5).step([(a, b), (b, a)])


def test_columns_of_one_matrix_are_different_parameters():
    matrix = np.zeros((3, 2))
    SGD(1.0).step([(matrix[:, 0], np.ones(3)), (matrix[:, 1], np.full(3, 2.0))])
    assert np.array_equal(matrix, [[-1, -2]] * 3)


def test_read_only_parameters_are_refused():
    w = np.zeros(3)
    w.flags.writeable = False
    with pytest.raises(ArgumentValueError, match="pair 0: the parameter is read-only"):
        SGD().step([(w, np.ones(3))])


def test_pairs_that_are_none_are_refused():
    for bad in ([np.zeros(3)], [(np.zeros(3),)], [([0.0], [1.0])], [(np.zeros(3), None)]):
        with pytest.raises(ArgumentTypeError, match=r"pair 0 must be \(param, grad\)"):
            SGD().step(bad)
    with pytest.raises(ArgumentTypeError, match="float32 or float64, both alike"):
        SGD().step([(np.zeros(3), np.zeros(3, np.float32))])
    with pytest.raises(ArgumentTypeError, match="float32 or float64"):
        SGD().step([(np.zeros(3, int), np.zeros(3, int))])
    with pytest.raises(ShapeError, match="pair 0"):
        SGD().step([(np.zeros(3), np.zeros((3, 1)))])


@pytest.mark.parametrize(
    "make", [lambda: SGD(0.1, momentum=0.9), lambda: Adam(0.1, clipnorm=1.0), lambda: RMSprop(0.1, use_ema=True)]
)
def test_parameters_in_any_memory_are_updated_in_place(make):
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=(4, 6)), rng.normal(size=(10, 4, 6))
    wanted = descend(make(), start, grads)
    for w in (np.asfortranarray(start), np.repeat(start, 2, axis=1)[:, ::2], np.flip(start.copy())[::-1, ::-1].T.copy().T):
        optimizer = make()
        for g in grads:
            optimizer.step([(w, np.asfortranarray(g))])
        assert np.allclose(w, wanted, rtol=1e-13, atol=0)


def test_gradients_of_zero_dimensions_and_of_no_entries_are_legal():
    scalar, empty = np.array(1.0), np.empty((0, 3))
    Adam(0.1, clipnorm=1.0).step([(scalar, np.array(2.0)), (empty, np.empty((0, 3)))])
    assert scalar == pytest.approx(0.9)


@pytest.mark.parametrize("options", [{}, {"clipnorm": 0.1}, {"clipvalue": 0.1}, {"global_clipnorm": 0.1}, {"use_ema": True}])
def test_gradients_are_only_read(options):
    net = three_layers()
    fill(net, 0)
    kept = net.packed.grads.copy()
    Adam(weight_decay=0.1, gradient_accumulation_steps=None, **options).step(net.params_and_grads())
    assert np.array_equal(net.packed.grads, kept)
