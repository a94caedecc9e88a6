"""The learning rate of an optimizer: a number, a schedule or a callable, changed at any time."""

import copy

import numpy as np
import pytest
from builders import descend

from minifw import SGD, Adam, ArgumentTypeError, ArgumentValueError, ExponentialDecay
from minifw.config import registered

every_class = pytest.mark.parametrize("cls", [*registered("optimizer")])


def test_a_schedule_sees_the_iterations_before_they_are_counted():
    seen = []
    optimizer = SGD(lambda step: seen.append(step) or 0.1)
    descend(optimizer, np.ones(1), np.ones((3, 1)))
    assert seen == [0, 1, 2]
    assert optimizer.iterations == 3


def test_the_learning_rate_reads_as_the_float_of_the_next_step():
    assert float(SGD(0.5).learning_rate) == 0.5
    optimizer = SGD(ExponentialDecay(1.0, 1, 0.5))
    assert float(optimizer.learning_rate) == 1.0
    descend(optimizer, np.ones(1), np.ones((2, 1)))
    assert float(optimizer.learning_rate) == 0.25


def test_the_learning_rate_can_be_assigned_between_steps():
    w, optimizer = np.zeros(1), SGD(1.0)
    optimizer.step([(w, np.ones(1))])
    optimizer.learning_rate = 0.25
    optimizer.step([(w, np.ones(1))])
    assert w[0] == -1.25
    optimizer.learning_rate = lambda step: 2.0
    optimizer.step([(w, np.ones(1))])
    assert w[0] == -3.25


def test_a_number_cannot_replace_a_schedule_but_another_schedule_can():
    optimizer = SGD(ExponentialDecay(1.0, 1, 0.5))
    with pytest.raises(ArgumentTypeError, match="assign another schedule"):
        optimizer.learning_rate = 0.1
    optimizer.learning_rate = ExponentialDecay(2.0, 1, 0.5)
    assert optimizer.learning_rate == 2.0


@pytest.mark.parametrize("optimizer", [SGD(0.0), Adam(0.0)])
def test_a_rate_of_0_is_legal_and_changes_nothing(optimizer):
    assert np.array_equal(descend(copy.deepcopy(optimizer), np.ones(2), np.ones((2, 2))), [1, 1])


@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf"), np.float64(-1)])
@every_class
def test_a_learning_rate_out_of_range_is_refused(cls, bad):
    with pytest.raises(ArgumentValueError, match=rf"{cls.__name__}: learning_rate must be in \[0, inf\), got"):
        cls(bad)
    optimizer = cls()
    with pytest.raises(ArgumentValueError):
        optimizer.learning_rate = bad


@pytest.mark.parametrize("bad", ["0.1", True, None, [0.1], np.array(0.1), np.array([0.1]), ExponentialDecay])
def test_a_learning_rate_that_is_no_number_is_refused(bad):
    with pytest.raises(ArgumentTypeError, match=r"SGD: learning_rate must be a number"):
        SGD(bad)


@pytest.mark.parametrize(
    ("value", "error"), [(float("nan"), ArgumentValueError), (-1.0, ArgumentValueError), ("1", ArgumentTypeError)]
)
def test_a_schedule_that_goes_wrong_is_named_with_its_step_before_anything_is_written(value, error):
    def schedule(step):
        return 0.1 if step < 2 else value

    w, optimizer = np.ones(2), SGD(schedule)
    for _ in range(2):
        optimizer.step([(w, np.ones(2))])
    kept = w.copy()
    with pytest.raises(error, match=r"schedule .* gave .* at step 2"):
        optimizer.step([(w, np.ones(2))])
    assert np.array_equal(w, kept)
    assert optimizer.iterations == 2
