"""Every built-in loss keeps the contract: its gradient is the derivative of its value, however weighted and reduced."""

import copy
import itertools

import numpy as np
import pytest

import minifw as mf
from minifw.config import registered
from minifw.losses.base import REDUCTIONS

STEP = float(np.cbrt(np.finfo(np.float64).eps))


def real(rng, shape):
    """Targets and predictions of any size."""
    return rng.normal(size=shape), rng.normal(size=shape)


def scores(rng, shape):
    """Class numbers, and scores for them."""
    return rng.integers(0, shape[-1], shape[:-1]), rng.normal(size=shape) * 3


def shares(rng, shape):
    """Class numbers, and positive shares that need not sum to 1."""
    return rng.integers(0, shape[-1], shape[:-1]), rng.uniform(0.2, 2, shape)


def signs(rng, shape):
    """Labels -1 and 1, and scores for them."""
    return rng.choice([-1.0, 1.0], shape), rng.normal(size=shape) * 2


def answers(rng, shape):
    """Soft yes and no, and probabilities of yes."""
    return rng.uniform(size=shape), rng.uniform(0.1, 0.9, shape)


def odds(rng, shape):
    """Soft yes and no, and scores for them."""
    return rng.uniform(size=shape), rng.normal(size=shape) * 3


def soft(rng, shape):
    """Targets of each class and scores for them."""
    return rng.uniform(size=shape), rng.normal(size=shape) * 3


def parts(rng, shape):
    """Targets of each class and positive shares that need not sum to 1."""
    return rng.uniform(size=shape), rng.uniform(0.2, 2, shape)


def counts(rng, shape):
    """Counts, and expectations of them."""
    return rng.poisson(2.0, shape).astype(float), rng.uniform(0.2, 4, shape)


def of(cls, **given):
    """Return a loss with some arguments fixed."""
    return lambda **options: cls(**given, **options)


def above_zero(rng, shape):
    """Targets and predictions above 0."""
    return rng.uniform(0.1, 4, shape), rng.uniform(0.1, 4, shape)


def fourth(y_true, y_pred):
    return ((y_pred - y_true) ** 4).mean(axis=-1)


def fourth_slopes(y_true, y_pred):
    return 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]


FUNCTIONS = {"fourth": fourth, "fourth_slopes": fourth_slopes}
REAL, CLASSES = [(), (1,), (3,), (2, 3)], [(3,), (2, 3)]
BCE, CCE, SPARSE = mf.BinaryCrossentropyLoss, mf.CategoricalCrossentropyLoss, mf.SparseCategoricalCrossentropyLoss
ROWS = {
    "MSE": (mf.MSELoss, real, REAL),
    "MAE": (mf.MAELoss, real, REAL),
    "Huber": (of(mf.HuberLoss, delta=0.8), real, REAL),
    "LogCosh": (mf.LogCoshLoss, real, REAL),
    "quantile": (of(mf.QuantileLoss, quantile=0.3), real, REAL),
    "Poisson": (mf.PoissonLoss, counts, REAL),
    "hinge": (mf.HingeLoss, signs, REAL),
    "squared hinge": (mf.SquaredHingeLoss, signs, REAL),
    "MAPE": (mf.MAPELoss, above_zero, REAL),
    "MSLE": (mf.MSLELoss, above_zero, REAL),
    "cosine similarity": (mf.CosineSimilarityLoss, real, CLASSES),
    "cosine similarity, axis 1": (of(mf.CosineSimilarityLoss, axis=1), real, [(3,), (3, 2), (2, 3, 2)]),
    "two functions": (of(mf.LambdaLoss, function=fourth, gradient=fourth_slopes), real, REAL),
    "KL": (mf.KLDivergenceLoss, answers, REAL),
    "binary CE": (BCE, answers, REAL),
    "binary CE, smoothed": (of(BCE, label_smoothing=0.2), answers, [(3,)]),
    "binary CE from logits": (of(BCE, from_logits=True), odds, REAL),
    "binary CE from logits, axis 1": (of(BCE, from_logits=True, axis=1), odds, [(2, 3), (2, 3, 2)]),
    "CE": (CCE, parts, CLASSES),
    "CE, smoothed": (of(CCE, label_smoothing=0.2), parts, [(3,)]),
    "CE, axis 1": (of(CCE, axis=1), parts, [(3,), (3, 2)]),
    "CE from logits": (of(CCE, from_logits=True), soft, CLASSES),
    "CE from logits, axis 1": (of(CCE, from_logits=True, axis=1), soft, [(3, 2), (2, 3, 2)]),
    "sparse CE from logits": (of(SPARSE, from_logits=True), scores, CLASSES),
    "sparse CE from logits, a class ignored": (of(SPARSE, from_logits=True, ignore_class=1), scores, CLASSES),
    "sparse CE from probabilities": (SPARSE, shares, CLASSES),
    "sparse CE, a class ignored": (of(SPARSE, ignore_class=0), shares, CLASSES),
}
CASES = [(row, n, sample) for row, (_, _, samples) in ROWS.items() for n in (1, 2, 7) for sample in samples]


def numeric(loss, y_true, y_pred, weights):
    """Return the derivative of the (sum of the) loss by central differences."""
    found, p = np.empty(y_pred.size), y_pred.copy()
    for i in range(p.size):
        kept, step = p.flat[i], STEP * max(1.0, abs(p.flat[i]))
        ends = []
        for p.flat[i] in (kept + step, kept - step):
            ends.append(np.sum(loss.forward(y_true, p, weights)))
        p.flat[i] = kept
        found[i] = (ends[0] - ends[1]) / (2 * step)
    return found.reshape(p.shape)


def test_every_registered_loss_has_a_row():
    assert {type(factory()) for factory, _, _ in ROWS.values()} >= set(registered("loss"))


@pytest.mark.parametrize(("row", "n", "sample"), CASES)
def test_the_gradient_is_the_derivative_of_the_value_however_weighted_and_reduced(row, n, sample):
    factory, make, _ = ROWS[row]
    for reduction, weighted in itertools.product(REDUCTIONS, (False, True)):
        rng = np.random.default_rng(n)
        y_true, y_pred = make(rng, (n, *sample))
        weights = rng.uniform(0.5, 2, n) if weighted else None
        loss = factory(reduction=reduction)
        wanted = numeric(loss, y_true, y_pred, weights)
        kept = y_true.copy(), y_pred.copy()
        value = loss.forward(y_true, y_pred, weights)
        error_grad = loss.backward()
        scale = max(np.abs(wanted).max(), 1e-6, 1e-4 * np.abs(value).sum())
        assert np.abs(error_grad - wanted).max() < 1e-6 * scale, (reduction, weighted)
        assert error_grad.shape == y_pred.shape
        assert np.shape(value) == ((n,) if reduction in ("none", None) else ())
        assert np.array_equal(y_true, kept[0])
        assert np.array_equal(y_pred, kept[1])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("row", "n", "sample"), CASES)
def test_float32_is_kept_and_near_float64(row, n, sample, weighted):
    factory, make, _ = ROWS[row]
    rng = np.random.default_rng(n)
    y_true, y_pred = make(rng, (n, *sample))
    weights = rng.uniform(0.5, 2, n).astype(np.float32) if weighted else None
    y_pred = y_pred.astype(np.float32)
    y_true = y_true.astype(np.float32) if y_true.dtype == np.float64 else y_true
    loss, exact = factory(), factory()
    value, wanted = loss.forward(y_true, y_pred, weights), exact.forward(y_true, y_pred.astype(np.float64), weights)
    assert type(value) is float
    assert value == pytest.approx(wanted, rel=1e-5, abs=1e-6)
    assert loss.backward().dtype == np.float32
    assert np.allclose(loss.backward(), exact.backward(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("row", ROWS)
def test_values_a_sample_are_kept_apart_and_in_float32(row):
    factory, make, _ = ROWS[row]
    y_true, y_pred = make(np.random.default_rng(1), (4, 3))
    loss = factory(reduction="none")
    values = loss.forward(y_true, y_pred.astype(np.float32))
    assert values.dtype == np.float32
    alone = [factory().forward(y_true[i : i + 1], y_pred[i : i + 1]) for i in range(4)]
    assert np.allclose(values, alone, rtol=1e-5)


@pytest.mark.parametrize("row", ROWS)
def test_results_belong_to_the_caller(row):
    factory, make, _ = ROWS[row]
    y_true, y_pred = make(np.random.default_rng(1), (4, 3))
    loss = factory(reduction="none")
    values = loss.forward(y_true, y_pred)
    error_grad = loss.backward()
    kept = values.copy(), error_grad.copy()
    loss.forward(y_true, y_pred + 1)
    loss.backward()
    assert np.array_equal(values, kept[0])
    assert np.array_equal(error_grad, kept[1])


@pytest.mark.parametrize("row", ROWS)
def test_any_memory_holds_the_same_numbers(row):
    factory, make, _ = ROWS[row]
    y_true, y_pred = make(np.random.default_rng(1), (4, 3))
    loss = factory()
    wanted = loss.forward(y_true, y_pred), loss.backward()
    for again in (np.asfortranarray(y_pred), np.repeat(y_pred, 2, axis=0)[::2]):
        assert loss.forward(y_true, again) == pytest.approx(wanted[0], rel=1e-15)
        assert np.allclose(loss.backward(), wanted[1], rtol=1e-15, atol=0)
    swapped = y_true.astype(y_true.dtype.newbyteorder(">")), y_pred.astype(">f8")
    assert loss.forward(*swapped) == wanted[0]
    assert np.array_equal(loss.backward(), wanted[1])
    assert loss.backward().dtype.isnative


@pytest.mark.parametrize("row", ROWS)
def test_config_makes_the_same_loss_again(row):
    loss = ROWS[row][0](reduction="sum", name="mine")
    again = type(loss).from_config(loss.config(), FUNCTIONS)
    assert again.config() == loss.config()
    assert repr(again) == repr(loss)
    assert repr(copy.deepcopy(loss)) == repr(loss)
