"""The picture of a decision boundary has a colour where the network says a class, and the samples on it."""

import sys

import matplotlib
import numpy as np
import pytest
from matplotlib import colors, pyplot

from minifw import (
    Adam,
    ArgumentTypeError,
    ArgumentValueError,
    BinaryCrossentropyLoss,
    Dense,
    Input,
    Sequential,
    ShapeError,
    SparseCategoricalCrossentropyLoss,
    ops,
)
from minifw.inspect.pictures import COLORS

matplotlib.use("Agg")

RNG = np.random.default_rng(5)
X = RNG.uniform(-1, 1, (90, 2))
Y = (X[:, 0] > 0).astype(int)
THREE = Y + (X[:, 1] > 0.2)


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def halves(**last):
    """A network that tells left from right, and is surer the further away."""
    net = Sequential([Input((2,)), Dense(1, **last)], seed=1)
    net.set_weights([[[9.0], [0.0]], [0.0]])
    return net


def thirds(*, scores=False):
    net = Sequential([Input((2,)), Dense(8, activation="tanh"), Dense(3, activation=None if scores else "softmax")], seed=1)
    net.compile(Adam(0.05), SparseCategoricalCrossentropyLoss(from_logits=scores))
    net.fit(X, THREE, epochs=20, verbose=0)
    return net


def pixels(figure):
    return np.asarray(figure.axes[0].images[0].get_array())


def test_one_sigmoid_has_two_colours_and_a_line_between():
    figure = halves(activation="sigmoid").plot_boundary(X, Y, resolution=41)
    image, palette = pixels(figure), colors.to_rgba_array(COLORS)[:, :3]
    for column, color in ((0, palette[0]), (-1, palette[1])):
        np.testing.assert_allclose(image[:, column], np.broadcast_to(1 - 0.5 * (1 - color), (41, 3)), atol=1e-3)
    lines = [path.vertices for collection in figure.axes[0].collections[:2] for path in collection.get_paths()]
    assert np.allclose(np.concatenate(lines)[:, 0], 0, atol=1e-3)


def test_the_samples_stand_on_it_by_class():
    figure = halves(activation="sigmoid").plot_boundary(X, Y[:, np.newaxis])
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class 0", "class 1"]
    points = [np.asarray(collection.get_offsets()) for collection in ax.collections[-2:]]
    assert all(np.array_equal(found, X[number == Y]) for number, found in enumerate(points))
    assert ax.get_xlim()[0] < X[:, 0].min() and ax.get_ylim()[1] > X[:, 1].max()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("first input", "second input")


def test_softmax_and_scores_are_drawn_by_what_is_predicted():
    for scores in (False, True):
        net = thirds(scores=scores)
        figure = net.plot_boundary(X, np.eye(3)[THREE], resolution=30)
        left, right, low, high = figure.axes[0].images[0].get_extent()
        grid = np.stack(np.meshgrid(np.linspace(left, right, 30), np.linspace(low, high, 30)), axis=-1).reshape(-1, 2)
        said = net.predict(grid, verbose=0)
        shares = (ops.softmax(said) if scores else said).reshape(30, 30, 3)
        assert len(np.unique(shares.argmax(axis=-1))) == 3
        assert np.allclose(pixels(figure), 0.5 + 0.5 * shares @ colors.to_rgba_array(COLORS)[:3, :3], atol=1e-6)


def test_one_score_is_read_as_its_loss_reads_it():
    plain, scored = halves(activation="sigmoid"), halves()
    scored.compile("sgd", BinaryCrossentropyLoss(from_logits=True))
    assert np.allclose(pixels(scored.plot_boundary(X, Y)), pixels(plain.plot_boundary(X, Y)), atol=1e-6)


def test_a_line_of_samples_and_one_sample_have_room_around_them():
    figure = halves(activation="sigmoid").plot_boundary([[1.0, 2.0]], [1])
    assert figure.axes[0].get_xlim() == (0.0, 2.0) and figure.axes[0].get_ylim() == (1.0, 3.0)


def test_nothing_is_shown_and_the_network_stays(monkeypatch):
    monkeypatch.setattr(pyplot, "show", lambda: pytest.fail("shown"))
    net = thirds()
    before = net.fingerprint()
    net.plot_boundary(X, THREE)
    assert net.fingerprint() == before


def several(activation):
    return Sequential([Input((2,)), Dense(3, activation=activation)], seed=1)


@pytest.mark.parametrize(
    "call, kind, says",
    [
        (lambda: halves().plot_boundary(X, Y), ArgumentValueError, "1 of any numbers; end it with one sigmoid"),
        (lambda: several("sigmoid").plot_boundary(X, Y), ArgumentValueError, "3 of probabilities"),
        (lambda: several("softmax").plot_boundary(X, THREE + 1), ArgumentValueError, "numbers from 0 to 2, got 1 to 3"),
        (lambda: several("softmax").plot_boundary(X, THREE / 2), ArgumentValueError, "y: wanted whole numbers, got 0.5"),
        (lambda: several("softmax").plot_boundary(X[:, :1], THREE), ShapeError, r"x has shape \(90, 1\)"),
        (lambda: several("softmax").plot_boundary(X, THREE[:9]), ArgumentValueError, "x has 90, y has 9"),
        (lambda: several("softmax").plot_boundary(X[:0], THREE[:0]), ShapeError, "got 0 samples"),
        (lambda: several("softmax").plot_boundary(X * np.inf, THREE), ArgumentValueError, "x holds NaN or infinities"),
        (lambda: several("softmax").plot_boundary(X, list("abc") * 30), ArgumentTypeError, "y: wanted numbers"),
        (lambda: several("softmax").plot_boundary(X, THREE, resolution=1), ArgumentValueError, "resolution"),
        (lambda: Sequential([Input((5,)), Dense(1, "sigmoid")]).plot_boundary(X, Y), ShapeError, r"expects \(batch, 5\)"),
    ],
)
def test_what_cannot_be_drawn_is_said(call, kind, says):
    with pytest.raises(kind, match=says):
        call()


def test_without_matplotlib_the_error_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install "minifw\[plot\]" \('):
        halves(activation="sigmoid").plot_boundary(X, Y)
