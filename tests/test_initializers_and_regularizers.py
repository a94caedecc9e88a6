"""Small functions of one's own choice: initializers, regularizers and constraints."""

from pathlib import Path

import numpy as np
import pytest

from minifw import Sequential, initializers
from minifw.config import registered, resolve
from minifw.constraints import Constraint, MaxNorm, NonNeg
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError
from minifw.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from minifw.layers import Dense, Input
from minifw.regularizers import L1, L1L2, L2, Regularizer

KERAS = dict(np.load(Path(__file__).parent / "reference" / "parameters.npz"))


def rng(seed=0):
    return np.random.default_rng(seed)


# -- initializers

SHAPE = (200, 300)
MOMENTS = {
    "RandomNormal": (RandomNormal(0.5, 0.2), 0.5, 0.2),
    "RandomUniform": (RandomUniform(-1, 3), 1.0, 4 / np.sqrt(12)),
    "GlorotUniform": (GlorotUniform(), 0, np.sqrt(2 / 500)),
    "GlorotNormal": (GlorotNormal(), 0, np.sqrt(2 / 500)),
    "HeUniform": (HeUniform(), 0, np.sqrt(2 / 200)),
    "HeNormal": (HeNormal(), 0, np.sqrt(2 / 200)),
    "LecunUniform": (LecunUniform(), 0, np.sqrt(1 / 200)),
    "LecunNormal": (LecunNormal(), 0, np.sqrt(1 / 200)),
    "TruncatedNormal": (TruncatedNormal(0.5, 0.2), 0.5, 0.2 * 0.8796256610342398),
    "Orthogonal": (Orthogonal(3.0), 0, 3 / np.sqrt(300)),
    "VarianceScaling": (VarianceScaling(), 0, np.sqrt(1 / 200)),
    "fan_out, untruncated": (VarianceScaling(3.0, "fan_out", "untruncated_normal"), 0, np.sqrt(3 / 300)),
    "fan_avg, uniform": (VarianceScaling(3.0, "fan_avg", "uniform"), 0, np.sqrt(3 / 250)),
    "Zeros": (Zeros(), 0, 0),
    "Ones": (Ones(), 1, 0),
    "Constant": (Constant(-2.5), -2.5, 0),
}


def test_every_registered_initializer_has_its_moments_checked():
    assert {type(initializer) for initializer, _, _ in MOMENTS.values()} == set(registered("initializer"))


@pytest.mark.parametrize("name", MOMENTS)
def test_initializers_have_the_promised_mean_and_deviation(name):
    initializer, mean, deviation = MOMENTS[name]
    values = initializer(SHAPE, rng())
    assert (values.shape, values.dtype) == (SHAPE, np.float64)
    assert values.mean() == pytest.approx(mean, abs=5 * deviation / np.sqrt(values.size))
    assert values.std() == pytest.approx(deviation, rel=0.02)


@pytest.mark.parametrize(
    ("initializer", "limit"),
    [
        (GlorotUniform(), np.sqrt(6 / 500)),
        (HeUniform(), np.sqrt(6 / 200)),
        (GlorotNormal(), 2 * np.sqrt(2 / 500) / 0.8796256610342398),
        (HeNormal(), 2 * np.sqrt(2 / 200) / 0.8796256610342398),
        (LecunUniform(), np.sqrt(3 / 200)),
        (LecunNormal(), 2 * np.sqrt(1 / 200) / 0.8796256610342398),
        (TruncatedNormal(), 0.1),
        (RandomUniform(), 0.05),
    ],
)
def test_bounded_initializers_reach_their_bound_and_no_further(initializer, limit):
    largest = np.abs(initializer(SHAPE, rng())).max()
    assert 0.99 * limit < largest <= limit


@pytest.mark.parametrize("name", MOMENTS)
def test_initializers_draw_from_the_generator_they_are_given_and_nothing_else(name):
    initializer = MOMENTS[name][0]
    np.random.seed(1)
    first = initializer((3, 4), rng(5))
    np.random.seed(2)
    assert np.array_equal(first, initializer((3, 4), rng(5)))


GIVEN = {
    "VarianceScaling": (3.0, "fan_out", "untruncated_normal"),
    "RandomNormal": (0.1, 0.2),
    "TruncatedNormal": (0.1, 0.2),
    "RandomUniform": (-1.0, 3.0),
    "Orthogonal": (2.0,),
    "Constant": (0.5,),
}


@pytest.mark.parametrize("cls", list(registered("initializer")), ids=lambda cls: cls.__name__)
def test_initializers_have_the_moments_of_keras(cls):
    values, wanted = cls(*GIVEN.get(cls.__name__, ()))(SHAPE, rng()), KERAS[cls.__name__]
    mean, deviation, *ends = wanted
    assert values.mean() == pytest.approx(mean, abs=10 * deviation / np.sqrt(values.size))
    assert values.std() == pytest.approx(deviation, rel=0.02)
    if cls not in (RandomNormal, VarianceScaling, Orthogonal):  # the tails of these have no end
        assert np.allclose([values.min(), values.max()], ends, atol=0.01 * deviation)


@pytest.mark.parametrize("shape", [(6, 6), (7, 3), (3, 7), (1, 5), (5, 1), (2, 3, 4), (3, 2, 2, 30)])
def test_orthogonal_rows_or_columns_are_orthonormal_and_the_signs_are_settled(shape):
    values = Orthogonal(2.0)(shape, rng(3)).reshape(-1, shape[-1]) / 2.0
    q = values if len(values) >= shape[-1] else values.T
    assert np.abs(q.T @ q - np.eye(q.shape[1])).max() < 8 * np.finfo(np.float64).eps
    triangle = q.T @ rng(3).standard_normal(q.shape)  # R of what was drawn: unique when its diagonal is positive
    assert np.allclose(np.tril(triangle, -1), 0, atol=1e-13) and (np.diag(triangle) > 0).all()


def test_orthogonal_takes_a_matrix():
    with pytest.raises(ShapeError, match=r"Orthogonal: a matrix needs at least two axes, got shape \(4,\)") as caught:
        Sequential([Input((3,)), Dense(4, bias_initializer="orthogonal")])
    assert caught.value.__notes__ == ["in dense (Dense), first value of bias"]


@pytest.mark.parametrize("cls", list(registered("initializer")), ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 0, 3)])
def test_a_shape_without_inputs_or_outputs_is_refused(cls, shape):
    with pytest.raises(ArgumentValueError, match=rf"^{cls.__name__}: shape\[{shape.index(0)}\] must be .* got 0"):
        cls()(shape, rng())


RANDOM = [cls for cls in registered("initializer") if cls not in (Constant, Zeros, Ones)]


@pytest.mark.parametrize("make", RANDOM)
def test_a_seed_of_its_own_comes_before_the_generator(make):
    assert np.array_equal(make(seed=3)((4, 4), rng(0)), make(seed=3)((4, 4), rng(1)))
    assert not np.array_equal(make(seed=3)((4, 4), rng(0)), make(seed=4)((4, 4), rng(0)))
    assert not np.array_equal(make()((4, 4), rng(0)), make()((4, 4), rng(1)))


@pytest.mark.parametrize(
    ("shape", "wanted"), [((), (1, 1)), ((5,), (5, 5)), ((5, 7), (5, 7)), ((3, 4, 7), (12, 21)), ((3, 3, 8, 16), (72, 144))]
)
def test_fans_count_what_one_unit_sees(shape, wanted):
    assert initializers.fans(shape) == wanted


@pytest.mark.parametrize("initializer", [HeNormal(), GlorotUniform(), RandomNormal(), Ones()])
def test_single_numbers_can_be_drawn(initializer):
    for seed in range(100):  # one in twenty standard normals is drawn again
        assert np.shape(initializer((), rng(seed))) == ()


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: RandomNormal(stddev=-1), ArgumentValueError, r"RandomNormal: stddev must be in \[0, inf\), got -1"),
        (lambda: TruncatedNormal(stddev=-1), ArgumentValueError, r"TruncatedNormal: stddev must be in \[0, inf\), got -1"),
        (lambda: Orthogonal(float("nan")), ArgumentValueError, r"Orthogonal: gain must be in \(-inf, inf\), got nan"),
        (lambda: Orthogonal("1"), ArgumentTypeError, "Orthogonal: gain must be a number"),
        (lambda: Orthogonal(seed=-1), ArgumentValueError, "Orthogonal: seed must be in"),
        (lambda: LecunNormal(seed=0.5), ArgumentTypeError, "LecunNormal: seed must be an integer"),
        (lambda: Constant([1.0, np.nan]), ArgumentValueError, "Constant: value must be finite"),
        (lambda: Constant([]), ArgumentValueError, "Constant: value is empty"),
        (lambda: Constant([1.0, 2.0])((3,), None), ShapeError, r"values of shape \(2,\) do not spread over .*\(3,\)"),
        (lambda: RandomUniform(1, 0), ArgumentValueError, r"RandomUniform: maxval must be in \[1, inf\), got 0"),
        (lambda: VarianceScaling(0.0), ArgumentValueError, r"VarianceScaling: scale must be in \(0, inf\)"),
        (lambda: VarianceScaling(mode="fan_on"), ArgumentValueError, "did you mean 'fan_in' or 'fan_out'"),
        (lambda: VarianceScaling(distribution="gauss"), ArgumentValueError, "'uniform'"),
        (lambda: Constant("1"), ArgumentTypeError, "Constant: value must be a number"),
        (lambda: GlorotUniform(seed=-1), ArgumentValueError, "seed must be in"),
        (lambda: HeNormal(seed=1.5), ArgumentTypeError, "seed must be an integer"),
        (lambda: RandomNormal(seed=np.random.default_rng(0)), ArgumentTypeError, "seed must be an integer"),
        (lambda: Dense(3, kernel_initializer="glorot_unifrom"), ArgumentValueError, "did you mean 'GlorotUniform'"),
        (lambda: Dense(3, kernel_initializer=3), ArgumentTypeError, "an initializer is a name, a class or an instance"),
    ],
)
def test_initializers_refuse_bad_arguments(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_without_an_initializer_a_parameter_begins_as_in_keras():
    bare = Sequential([Input((4,)), Dense(9, kernel_initializer=None, bias_initializer=None)], seed=1)
    glorot = {"kernel_initializer": "glorot_uniform", "bias_initializer": "glorot_uniform"}
    named = Sequential([Input((4,)), Dense(9, **glorot)], seed=1)
    assert np.array_equal(bare.get_flat(), named.get_flat()) and bare.layers[0].params.bias.any()
    assert Dense.from_config(bare.layers[0].config()).bias_initializer is None


def test_an_initializer_can_be_called_with_a_shape_alone_as_in_keras():
    initializer = initializers.RandomNormal(stddev=0.1, seed=3)
    assert np.array_equal(initializer(shape=(2, 3)), initializer((2, 3), np.random.default_rng(9)))
    unseeded = initializers.RandomNormal()
    assert unseeded((2, 3)).shape == (2, 3) and not np.array_equal(unseeded((2, 3)), unseeded((2, 3)))


def test_an_initializer_that_draws_another_shape_is_named():
    class Square(Initializer, registered=False):
        def draw(self, shape, rng):
            return np.ones((2, 2))

    net = Sequential([Dense(3, kernel_initializer=Square())])
    with pytest.raises(ShapeError, match=r"Square\(\) returned shape \(2, 2\) for a parameter of shape \(5, 3\)"):
        net.build((5,))
    assert net.packed is None


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("he_normal", HeNormal),
        ("lecun_uniform", LecunUniform),
        ("normal", RandomNormal),
        ("uniform", RandomUniform),
        ("truncated_normal", TruncatedNormal),
        ("orthogonal", Orthogonal),
        ("zeros", Zeros),
    ],
)
def test_initializers_have_keras_names(name, cls):
    assert type(resolve("initializer", name)) is cls


# -- regularizers

W = np.array([[1.0, -2.0], [0.0, 0.5]])


@pytest.mark.parametrize(
    ("regularizer", "penalty", "gradient"),
    [
        (L1(0.1), 0.35, 0.1 * np.sign(W)),
        (L2(0.1), 0.525, 0.2 * W),
        (L1L2(0.1, 0.2), 0.35 + 1.05, 0.1 * np.sign(W) + 0.4 * W),
        (L1L2(), 0.0, 0 * W),
        (L1(), 0.035, 0.01 * np.sign(W)),
        (L2(), 0.0525, 0.02 * W),
    ],
)
def test_penalties_and_gradients_follow_their_formulas(regularizer, penalty, gradient):
    assert regularizer(W) == pytest.approx(penalty)
    assert type(regularizer(W.astype(np.float32))) is float
    assert np.allclose(regularizer.gradient(W), gradient)
    assert regularizer.gradient(W.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("regularizer", [L1(0.03), L2(0.2), L1L2(0.03, 0.2)], ids=repr)
def test_penalties_and_gradients_are_those_of_keras(regularizer):
    name, w = type(regularizer).__name__, KERAS["w"]
    assert regularizer(w) == pytest.approx(float(KERAS[f"{name}_penalty"]), rel=1e-14)
    assert np.allclose(regularizer.gradient(w), KERAS[f"{name}_gradient"], rtol=1e-14, atol=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("regularizer", [L1(0.1), L2(3.0), L1L2(0.1, 3.0), L1L2()], ids=repr)
def test_parameters_that_are_too_large_give_infinite_penalties_and_no_warning(regularizer, dtype):
    w = np.array([np.finfo(dtype).max, -np.finfo(dtype).max, np.inf, -np.inf, 0, 1], dtype)
    assert regularizer(w) == (np.inf if regularizer.l1 or regularizer.l2 else 0)
    gradient = regularizer.gradient(w)
    assert gradient.dtype == dtype and not np.isnan(gradient).any()


@pytest.mark.parametrize("regularizer", [L1(0.1), L2(0.1), L1L2(0.1, 0.2)])
def test_the_subgradient_at_0_is_0(regularizer):
    assert np.array_equal(regularizer.gradient(np.array([0.0, -0.0])), [0, 0])


@pytest.mark.parametrize("regularizer", [L1(0.3), L2(0.3), L1L2(0.1, 0.2)])
def test_the_gradient_is_the_derivative_of_the_penalty(regularizer):
    w, h = rng().normal(size=4), 1e-6
    numeric = [(regularizer(w + h * e) - regularizer(w - h * e)) / (2 * h) for e in np.eye(4)]
    assert np.allclose(regularizer.gradient(w), numeric, rtol=1e-8)


def test_penalties_take_memory_of_any_order():
    w = rng().normal(size=(3, 4))
    for again in (np.asfortranarray(w), np.repeat(w, 2, axis=1)[:, ::2]):
        assert L1L2(0.1, 0.2)(again) == pytest.approx(L1L2(0.1, 0.2)(w))


@pytest.mark.parametrize(("make", "name"), [(L1, "l1"), (L2, "l2")])
@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf")])
def test_negative_penalties_are_refused(make, name, bad):
    with pytest.raises(ArgumentValueError, match=rf"{make.__name__}: {name} must be in \[0, inf\), got"):
        make(bad)


def test_a_network_trains_with_its_penalties_and_adds_them_to_the_loss():
    net = Sequential([Input((2,)), Dense(2, kernel_regularizer=L2(0.1), bias_regularizer="l1")], dtype="float64", seed=1)
    dense = net.layers[0]
    dense.params.bias = [1.0, -1.0]
    assert net.penalty() == pytest.approx(0.1 * np.square(dense.params.kernel).sum() + 0.02)
    net.forward(np.zeros((3, 2)), training=True)
    net.backward(np.zeros((3, 2)))
    assert np.allclose(dense.grads.kernel, 0.2 * dense.params.kernel)
    assert np.allclose(dense.grads.bias, [0.01, -0.01])
    net.compile("sgd", "mse")
    loss = net.evaluate(np.zeros((3, 2)), np.tile(dense.params.bias, (3, 1)), verbose=0)
    assert loss == pytest.approx(net.penalty())
    dense.trainable = False
    assert net.penalty() == 0


def test_ones_own_regularizer_needs_two_methods():
    class Fourth(Regularizer, registered=False):
        def penalty(self, w):
            return float((w**4).sum())

        def gradient(self, w):
            return 4 * w**3

    net = Sequential([Input((2,)), Dense(1, kernel_regularizer=Fourth())], dtype="float64", seed=1)
    assert net.penalty() == pytest.approx((net.layers[0].params.kernel ** 4).sum())
    assert net.check_gradients(np.ones((2, 2))).passed


@pytest.mark.parametrize(
    "gradient", [lambda w: 1.0, lambda w: w[0], lambda w: w[:, :1], lambda w: w.tolist(), lambda w: None, lambda w: w[None]]
)
@pytest.mark.parametrize("wrap", [lambda layer: layer, lambda layer: Sequential([layer])])
def test_the_gradient_of_a_penalty_is_shaped_like_its_parameter(gradient, wrap):
    methods = {"penalty": lambda self, w: 0.0, "gradient": lambda self, w: gradient(w)}
    own = type("Own", (Regularizer,), methods, registered=False)
    net = Sequential([Input((2,)), wrap(Dense(3, kernel_regularizer=own()))], dtype="float64", seed=1)
    net.compile("sgd", "mse")
    before = net.packed.params.copy()
    words = r"Own: gradient\(\) must return an array shaped like its parameter, \(2, 3\), got"
    for verb in ("train_on_batch", "jump_back", "check_gradients"):
        with pytest.raises(ShapeError, match=words):
            getattr(net, verb)(np.ones((4, 2)), np.ones((4, 3)))
    assert np.array_equal(net.packed.params, before)


# -- constraints


@pytest.mark.parametrize(("name", "axis"), [("0", 0), ("1", 1), ("last", -1), ("01", [0, 1]), ("012", (0, 1, 2))])
def test_maxnorm_along_any_axes_is_that_of_keras(name, axis):
    assert np.allclose(MaxNorm(1.5, axis).project(KERAS["w"]), KERAS[f"MaxNorm_{name}"], rtol=1e-14, atol=0)


def test_nonneg_is_that_of_keras():
    assert np.array_equal(NonNeg().project(KERAS["w"]), KERAS["NonNeg"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constraints_warn_of_nothing(dtype):
    w = np.array([[np.finfo(dtype).max, 1, np.inf], [1, 0, 1]], dtype)
    for constraint in (MaxNorm(), MaxNorm(0.0), MaxNorm(axis=1), NonNeg()):
        assert constraint.project(w).dtype == dtype


@pytest.mark.parametrize("axis", [0.5, None, "0", True, (0, 1.0), [None]], ids=repr)
def test_what_is_no_axis_is_refused(axis):
    with pytest.raises(ArgumentTypeError, match="MaxNorm: axis must be an integer"):
        MaxNorm(axis=axis)
    with pytest.raises(ArgumentValueError, match="MaxNorm: axis must name at least one axis"):
        MaxNorm(axis=())


class Halves(Constraint, registered=False):
    def project(self, w):
        return w[: len(w) // 2]


@pytest.mark.parametrize(
    ("constraint", "words"),
    [(MaxNorm(axis=2), r"cannot take a parameter of shape \(4, 3\): axis 2"), (Halves(), r"shape \(2, 3\) for .* \(4, 3\)")],
)
def test_a_constraint_that_does_not_fit_is_refused_before_anything_is_trained(constraint, words):
    net = Sequential([Dense(3, kernel_constraint=constraint)])
    with pytest.raises(ValueError, match=rf"the constraint {type(constraint).__name__}.*{words}"):
        net.build((4,))
    assert net.packed is None


def test_nonneg_cuts_at_0():
    assert np.array_equal(NonNeg().project(np.array([-1.0, 0.0, 2.0])), [0, 0, 2])


@pytest.mark.parametrize(("axis", "along"), [(0, 0), (1, 1), ([0, 1], (0, 1)), ((0, 1), (0, 1))])
def test_maxnorm_shortens_long_vectors_and_leaves_short_ones(axis, along):
    w = rng().normal(size=(4, 3)) * [[0.01, 1, 10]]
    norm = np.sqrt(np.square(w).sum(axis=along, keepdims=True))
    projected = MaxNorm(1.5, axis).project(w)
    assert np.allclose(projected, w * np.minimum(norm, 1.5) / (norm + 1e-7), rtol=1e-14)
    assert (np.sqrt(np.square(projected).sum(axis=along)) <= 1.5).all()


def test_a_vector_of_0_stays_0_under_maxnorm():
    assert np.array_equal(MaxNorm().project(np.zeros((3, 2))), np.zeros((3, 2)))


def test_constraints_keep_float32():
    w = np.ones((2, 2), np.float32)
    assert MaxNorm(1).project(w).dtype == NonNeg().project(w).dtype == np.float32


def test_maxnorm_refuses_a_negative_length():
    with pytest.raises(ArgumentValueError, match=r"MaxNorm: max_value must be in \[0, inf\), got -1"):
        MaxNorm(-1)


def test_ones_own_constraint_needs_one_method():
    class Integer(Constraint, registered=False):
        def project(self, w):
            return np.round(w)

    net = Sequential([Input((2,)), Dense(2, kernel_constraint=Integer())], dtype="float64", seed=1)
    net.compile("sgd", "mse")
    net.fit(np.ones((2, 2)), np.full((2, 2), 9.0), epochs=3, verbose=0)
    assert np.array_equal(net.layers[0].params.kernel, np.round(net.layers[0].params.kernel))


SMALL = [
    *(initializer for initializer, _, _ in MOMENTS.values()),
    L1(0.1),
    L2(0.2),
    L1L2(0.1, 0.2),
    MaxNorm(3, axis=1),
    NonNeg(),
]


@pytest.mark.parametrize("thing", SMALL, ids=repr)
def test_config_and_repr_make_the_same_thing_again(thing):
    again = type(thing).from_config(thing.config())
    assert again.config() == thing.config()
    assert repr(again) == repr(thing) == repr(eval(repr(thing)))
