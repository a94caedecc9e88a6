"""Losses are right to the last digits over the whole range, and silent; and they are Keras' and PyTorch's."""

from pathlib import Path

import numpy as np
import pytest

import minifw as mf

FOLDER = Path(__file__).parents[1] / "reference"
OTHERS, EXACT = dict(np.load(FOLDER / "losses.npz")), dict(np.load(FOLDER / "losses_exact.npz"))
DATA = {key.split("/")[1]: value for key, value in OTHERS.items() if key.startswith("inputs/")}
DTYPES = [np.float32, np.float64]
REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")
SMOOTH, LOGITS, IGNORE = {"label_smoothing": 0.1}, {"from_logits": True}, {"ignore_class": 1}

LOSSES = {  # loss, its arguments, targets, predictions
    "mse": (mf.MSELoss, {}, "real", "scores"),
    "mae": (mf.MAELoss, {}, "real", "scores"),
    "huber": (mf.HuberLoss, {"delta": 0.7}, "real", "scores"),
    "log_cosh": (mf.LogCoshLoss, {}, "real", "scores"),
    "quantile": (mf.QuantileLoss, {"quantile": 0.3}, "real", "scores"),
    "poisson": (mf.PoissonLoss, {}, "counts", "shares"),
    "kl_divergence": (mf.KLDivergenceLoss, {}, "soft", "shares"),
    "hinge": (mf.HingeLoss, {}, "bits", "scores"),
    "binary": (mf.BinaryCrossentropyLoss, {}, "bits", "shares"),
    "binary smooth": (mf.BinaryCrossentropyLoss, SMOOTH, "bits", "shares"),
    "binary logits": (mf.BinaryCrossentropyLoss, LOGITS, "bits", "scores"),
    "binary logits smooth": (mf.BinaryCrossentropyLoss, {**LOGITS, **SMOOTH}, "bits", "scores"),
    "categorical": (mf.CategoricalCrossentropyLoss, {}, "soft", "shares"),
    "categorical smooth": (mf.CategoricalCrossentropyLoss, SMOOTH, "soft", "shares"),
    "categorical logits": (mf.CategoricalCrossentropyLoss, LOGITS, "soft", "scores"),
    "categorical logits smooth": (mf.CategoricalCrossentropyLoss, {**LOGITS, **SMOOTH}, "soft", "scores"),
    "sparse": (mf.SparseCategoricalCrossentropyLoss, {}, "labels", "shares"),
    "sparse logits": (mf.SparseCategoricalCrossentropyLoss, LOGITS, "labels", "scores"),
    "sparse ignore": (mf.SparseCategoricalCrossentropyLoss, IGNORE, "labels", "shares"),
    "sparse logits ignore": (mf.SparseCategoricalCrossentropyLoss, {**LOGITS, **IGNORE}, "labels", "scores"),
}


def names(prefix):
    return sorted({key.split("/")[1] for key in OTHERS if key.startswith(prefix)})


def given(name, dtype):
    """Return the class of a loss, its arguments, targets and predictions."""
    cls, options, y, p = LOSSES[name]
    return cls, options, DATA[y] if y == "labels" else DATA[y].astype(dtype), DATA[p].astype(dtype)


def agree(found, wanted, dtype):
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    return np.allclose(found, wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weighted", [0, 1])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", names("keras"))
def test_values_and_gradients_are_those_of_keras(name, reduction, weighted, dtype):
    cls, options, y, p = given(name, dtype)
    loss, at = cls(reduction=reduction, **options), REDUCTIONS.index(reduction)
    value = loss.forward(y, p, DATA["weights"] if weighted else None)
    wanted = OTHERS[f"keras/{name}/values"] if reduction == "none" else OTHERS[f"keras/{name}/numbers"][at]
    assert agree(value, wanted[weighted], dtype)
    assert agree(loss.backward(), OTHERS[f"keras/{name}/slopes"][at, weighted], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weighted", [0, 1])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight"])
@pytest.mark.parametrize("name", names("keras"))
def test_samples_of_several_values_count_and_are_weighted_as_in_keras(name, reduction, weighted, dtype):
    cls, options, y, p = given(name, dtype)
    loss, at = cls(reduction=reduction, **options), REDUCTIONS.index(reduction)
    weights = DATA["weights"].reshape(2, 3) if weighted else None
    value = loss.forward(y.reshape(2, 3, *y.shape[1:]), p.reshape(2, 3, 4), weights)
    assert agree(value, OTHERS[f"keras/{name}/numbers"][at, weighted], dtype)
    assert agree(loss.backward().reshape(6, 4), OTHERS[f"keras/{name}/slopes"][at, weighted], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", names("torch"))
def test_values_and_gradients_are_those_of_torch(name, dtype):
    cls, options, y, p = given(name, dtype)
    loss = cls(**options)
    assert agree(loss.forward(y, p), OTHERS[f"torch/{name}/value"], dtype)
    assert agree(loss.backward(), OTHERS[f"torch/{name}/slope"], dtype)


# -- the last digits ---------------------------------------------------------------------------------------------------


def errors(found, exact):
    """Return the distance from values given as high + low; two infinities are equal."""
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs((found.astype(np.float64) - exact[0]) - exact[1])
        return np.where(found == exact[0].astype(found.dtype), 0, apart)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted({key.split("/")[0] for key in EXACT if key.endswith("float32/pairs")}))
def test_values_and_slopes_err_by_at_most_4_eps_of_their_terms_over_the_whole_range(name, dtype):
    cls, options, *_ = LOSSES[name]
    key, info = f"{name}/{np.dtype(dtype)}", np.finfo(dtype)
    y, p = EXACT[f"{key}/pairs"].astype(dtype)
    loss = cls(reduction="none", **options)
    if name == "hinge":
        y = np.where(y > 0, 1, -1)
    value = loss.forward(y[:, np.newaxis], p[:, np.newaxis])
    for found, part in ((value, "value"), (loss.backward()[:, 0], "slope")):
        exact = EXACT[f"{key}/{part}"]
        allowed = 4 * float(info.eps) * exact[2] + float(info.smallest_subnormal)
        error = errors(found, exact)
        worst = (error / allowed).argmax()
        assert found.dtype == dtype
        assert error[worst] <= allowed[worst], (
            f"{part} at {y[worst]!r}, {p[worst]!r}: {found[worst]!r}, not {exact[0, worst]}"
        )


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_cross_entropy_of_scores_errs_by_at_most_4_eps_of_its_terms(dtype):
    scores, soft = EXACT["scores"], EXACT["soft"]
    below = scores.max(-1, keepdims=True) - scores
    e = np.exp(-below) * (1 + below)  # an exponential errs by eps times its exponent
    e[np.arange(len(e)), scores.argmax(-1)] = 0
    allowed = 4 * np.finfo(dtype).eps * ((soft * below).sum(-1) + e.sum(-1))
    share = np.exp(-below) / np.exp(-below).sum(-1, keepdims=True)
    loss = mf.CategoricalCrossentropyLoss(from_logits=True, reduction="none")
    value = loss.forward(soft, scores.astype(dtype))
    assert (errors(value, EXACT["categorical logits/value"].T) <= allowed).all()
    error = errors(loss.backward(), EXACT["categorical logits/slope"].swapaxes(0, 1))
    assert (error <= 4 * np.finfo(dtype).eps * (share * (1 + below) + soft)).all()
