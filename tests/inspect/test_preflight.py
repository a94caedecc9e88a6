"""What is wrong is said before the first step: what, where and one fix."""

import numpy as np
import pytest
from builders import network

from minifw import ArgumentValueError, BinaryAccuracy, Sequential, ShapeError
from minifw.layers import Activation, BatchNormalization, Dense, Embedding, Flatten, Input, Layer, Normalization, Residual
from minifw.losses import BinaryCrossentropyLoss, CategoricalCrossentropyLoss, SparseCategoricalCrossentropyLoss

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(40, 5)), RNG.integers(0, 3, 40)


def plain(*layers, **options):
    return network(*layers, optimizer="sgd", **{"dtype": "float32", **options})


def said(net, x=X, y=LABELS, **options):
    return [str(finding) for finding in net.check(x, y, **options)]


SPARSE, SCORES = SparseCategoricalCrossentropyLoss, SparseCategoricalCrossentropyLoss(from_logits=True)


@pytest.mark.parametrize(
    "net",
    [
        plain(Dense(3, activation="softmax"), loss=SPARSE()),
        plain(Dense(3), loss=SCORES, metrics=["accuracy"]),
        plain(Dense(3), Activation("softmax"), loss=SPARSE()),
        plain(Sequential([Dense(3, activation="softmax")]), loss=SPARSE()),
    ],
)
def test_where_all_is_well_nothing_is_said(net):
    assert said(net) == []


class Mine(Layer, registered=False):
    def forward(self, x, training=False):
        return x

    def backward(self, error_grad):
        return error_grad


@pytest.mark.parametrize("last", [Mine(), Residual([Dense(3)])])
def test_of_a_layer_that_is_not_known_nothing_is_said(last):
    assert said(plain(Dense(3), last, loss=SPARSE())) == []


def test_classes_of_ones_own_say_what_they_give_and_want():
    class Shares(Mine, registered=False):
        gives = "shares that sum to 1"

    class Whole(SPARSE, registered=False):
        wants = "probabilities"

    assert said(plain(Dense(3), Shares(), loss=SPARSE())) == []
    scores = said(plain(Dense(3), Shares(), loss=SCORES))
    assert "from_logits=True wants scores, but shares (Shares) gives shares" in scores[0]
    assert "it wants probabilities, but dense (Dense) gives any numbers" in said(plain(Dense(3), loss=Whole()))[0]


ONE_HOT = np.eye(3)[LABELS]
BINARY = (LABELS > 0).astype(float)[:, np.newaxis]
ENDS = [
    (
        plain(Dense(3, activation="softmax"), loss=SCORES),
        LABELS,
        "SparseCategoricalCrossentropyLoss: from_logits=True wants scores, but softmax (Softmax) gives shares that sum "
        "to 1; drop one of the two",
    ),
    (
        plain(Dense(3), loss=SPARSE()),
        LABELS,
        "SparseCategoricalCrossentropyLoss: it wants shares that sum to 1, but dense (Dense) gives any numbers; "
        "end the network with softmax, or pass from_logits=True",
    ),
    (
        plain(Dense(3, activation="sigmoid"), loss=CategoricalCrossentropyLoss()),
        ONE_HOT,
        "CategoricalCrossentropyLoss: it wants shares that sum to 1, but sigmoid (Sigmoid) gives probabilities; end the "
        "network with softmax",
    ),
    (
        plain(Dense(1, activation="relu"), loss=BinaryCrossentropyLoss()),
        BINARY,
        "BinaryCrossentropyLoss: it wants probabilities, but re_lu (ReLU) gives numbers from 0 up; end the network with "
        "sigmoid",
    ),
]


@pytest.mark.parametrize(("net", "y", "text"), ENDS)
def test_an_end_that_the_loss_does_not_want_is_named(net, y, text):
    assert said(net, X, y) == [text]
    with pytest.warns(UserWarning, match="wants") as caught:
        net.fit(X, y, verbose=0)
    assert [str(warning.message) for warning in caught] == [text]


@pytest.mark.parametrize("metric", ["accuracy", "binary_accuracy", "precision"])
def test_a_threshold_of_a_half_on_scores_is_named(metric):
    net = plain(Dense(1), loss=BinaryCrossentropyLoss(from_logits=True), metrics=[metric])
    (text,) = said(net, X, BINARY)
    assert text.startswith(f"metric {metric!r}: it counts what is above 0.5, but the network ends in scores")
    assert "BinaryAccuracy(threshold=0.0)" in text
    good = plain(Dense(1), loss=BinaryCrossentropyLoss(from_logits=True), metrics=[BinaryAccuracy(threshold=0.0)])
    assert said(good, X, BINARY) == []


ERRORS = [
    (
        plain(Dense(3), loss=SCORES),
        X,
        LABELS + 1,
        ArgumentValueError,
        r"class numbers must be 0 to 2 for 3 outputs, got 1 to 3",
    ),
    (
        plain(Dense(3), loss=SCORES),
        X,
        ONE_HOT,
        ShapeError,
        r"look like one-hot rows.*shapes: \(batch, 5\) → dense \(batch, 3\)",
    ),
    (plain(Dense(4), Dense(2)), X, X, ShapeError, r"\(batch, 5\) → dense \(batch, 4\) → dense_1 \(batch, 2\)"),
    (plain(Dense(1), loss="bce"), X, 2 * BINARY - 1, ArgumentValueError, r"-1"),
    (
        plain(Dense(2)),
        X[:, :4],
        ONE_HOT[:, :2],
        ShapeError,
        r"layer 0, dense .*: expects \(batch, 5\), got \(40, 4\)",
    ),
    (plain(Dense(2)), X, ONE_HOT[:30, :2], ArgumentValueError, r"x has 40, y has 30"),
]


@pytest.mark.filterwarnings("ignore:.*it wants probabilities")
@pytest.mark.parametrize(("net", "x", "y", "error", "text"), ERRORS)
def test_what_cannot_be_trained_is_found_and_fit_raises_it(net, x, y, error, text):
    before = net.packed.params.copy()
    found = [finding for finding in net.check(x, y) if finding.error is not None]
    with pytest.raises(error, match=text):
        raise found[0].error
    with pytest.raises(error):
        net.fit(x, y, verbose=0)
    assert np.array_equal(before, net.packed.params)


def test_a_network_that_is_not_built_is_looked_through():
    net = Sequential([Dense(3), Flatten(), Residual([Dense(2)])])
    net.compile("sgd", "mse")
    (finding,) = net.check(X, X)
    assert "shapes: (batch, 5) → dense (batch, 3) → flatten (batch, 3) → residual ?" in str(finding)
    assert net.packed is None


@pytest.mark.parametrize("y", [LABELS, LABELS[:, np.newaxis]])
def test_n_and_n_1_are_the_same_targets(y):
    assert said(plain(Dense(1)), X, y) == []


def test_numbers_that_are_not_finite_are_found_but_left_to_the_blame():
    x, y = X.copy(), BINARY.copy()
    x[3, 1], y[7] = np.nan, np.inf
    net = plain(Dense(1))
    assert said(net, x, y) == [
        "x: it holds NaN or infinities, such as in row 3; fill or drop those rows",
        "y: it holds NaN or infinities; fill or drop those rows",
    ]
    with pytest.raises(ArithmeticError):
        net.fit(x, BINARY, verbose=0)


def test_wild_inputs_are_named_unless_something_scales_them():
    text = "layer 0, dense (Dense): its inputs go up to 5e+04; scale them to about -1 to 1, or put Normalization first"
    x = X.copy()
    x[0, 0] = 5e4
    assert said(plain(Dense(1)), x, BINARY) == [text]
    scaled = Normalization()
    scaled.adapt(x)
    assert said(plain(scaled, Dense(1)), x, BINARY) == []
    table = Sequential([Embedding(60_000, 2), Flatten(), Dense(1)])
    table.compile("sgd", "mse")
    assert said(table, np.full((4, 1), 50_000), np.ones((4, 1))) == []


@pytest.mark.parametrize("y", [np.sort(LABELS), np.eye(3)[np.sort(LABELS)], np.sort(LABELS)[::-1].reshape(-1, 1)])
def test_sorted_targets_with_a_validation_split_are_named(y):
    loss = SCORES if y.ndim == 1 or y.shape[1] == 1 else CategoricalCrossentropyLoss(from_logits=True)
    net = plain(Dense(3), loss=loss)
    assert [text.split(":")[0] for text in said(net, X, y, validation_split=0.25)] == ["validation_split"]
    assert said(net, X, y) == []
    with pytest.warns(UserWarning, match="shuffle x and y together first"):
        net.fit(X, y, validation_split=0.25, verbose=0)


def test_a_lone_sample_with_batch_normalization_is_named():
    net = plain(Dense(3), BatchNormalization(), Dense(1))
    assert said(net, X, BINARY) == []
    (text,) = said(net, X, BINARY, batch_size=39)
    assert text.startswith("batch_normalization (BatchNormalization): a batch of one sample has no variance")
    assert said(net, X, BINARY, batch_size=1) == [text]
    with pytest.warns(UserWarning, match="a batch of one sample"):
        net.fit(X, BINARY, batch_size=39, verbose=0)


def test_checking_changes_nothing():
    net = plain(Dense(1))
    before = net.packed.params.copy()
    assert said(net, np.zeros((100_000, 5)), np.zeros((100_000, 1))) == []
    assert np.array_equal(before, net.packed.params) and net._last_call.out_shape is None
    assert all(layer.cache is None for layer in net.layers)


def test_without_targets_or_compile_it_looks_at_the_samples():
    net = Sequential([Input((5,)), Dense(1)])
    assert net.check(X) == []
    assert len(net.check(X * np.nan)) == 1
    assert net.check("text")[0].error is not None


@pytest.mark.parametrize("x, y, words", [(5.0, None, "x is a single number"), (X, 5.0, "y is a single number")])
def test_single_numbers_are_named(x, y, words):
    (text,) = said(plain(Dense(1)), x, y)
    assert words in text


@pytest.mark.parametrize("share", ["0.5", [0.5], None, 1.0, -0.1, np.ones(3)])
def test_the_share_that_validates_is_a_number(share):
    with pytest.raises((TypeError, ValueError), match=r"check: validation_split must be .*in \[0, 1\)"):
        plain(Dense(1)).check(X, X[:, :1], validation_split=share)
