"""Schedules: the learning rate as a function of the step."""

import importlib
import json
import math
from pathlib import Path

import numpy as np
import pytest

from minifw import SGD, ArgumentTypeError, ArgumentValueError, optimizers, schedules
from minifw.config import constructor, registered, resolve
from minifw.schedules import (
    CosineDecay,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

REFERENCE = np.load(Path(__file__).parent / "reference" / "optimizers.npz")
RATES = REFERENCE["rates"]
KERAS = json.loads(str(REFERENCE["schedules"]))
NAN = math.nan

SAMPLES = [
    ExponentialDecay(0.5, 10, 0.9, staircase=True),
    InverseTimeDecay(0.5, 10, 0.9, name="mine"),
    PolynomialDecay(0.1, 10, power=2.0, cycle=True),
    PiecewiseConstantDecay((1, 2.5), (1, 0.5, 0)),
    CosineDecay(0.1, 10, alpha=0.1, warmup_target=1.0, warmup_steps=3),
]


def rates(schedule, *steps):
    return [schedule(step) for step in steps]


# -- formulas


@pytest.mark.parametrize("i", range(len(KERAS)), ids=lambda i: str(KERAS[i]))
def test_schedule_says_what_that_of_keras_says(i):
    name, options = KERAS[i]
    schedule = getattr(optimizers.schedules, name)(**options)
    assert rates(schedule, *range(RATES.shape[1])) == pytest.approx(RATES[i], rel=1e-13, abs=1e-16)


def test_every_schedule_is_compared_with_keras_and_copied():
    names = {cls.__name__ for cls in registered("schedule")}
    assert names == {name for name, _ in KERAS} == {type(sample).__name__ for sample in SAMPLES}
    assert names == set(schedules.__all__) - {"LearningRateSchedule"}


@pytest.mark.parametrize("schedule", SAMPLES, ids=repr)
def test_a_schedule_returns_a_python_float(schedule):
    assert {type(rate) for rate in rates(schedule, 0, 2, np.int64(3), 10, 11, 10_000_000)} == {float}


def test_exponential_decay_multiplies_once_in_its_steps():
    assert rates(ExponentialDecay(0.5, 10, 0.9), 0, 5, 10, 1000) == pytest.approx(
        [0.5, 0.5 * 0.9**0.5, 0.45, 0.5 * 0.9**100], rel=1e-14
    )


def test_inverse_time_decay_halves_when_the_denominator_doubles():
    assert rates(InverseTimeDecay(0.5, 10, 1.0), 0, 10, 30) == [0.5, 0.25, 0.125]


def test_a_staircase_stands_still_between_its_steps():
    assert rates(ExponentialDecay(1.0, 10, 0.5, staircase=True), 0, 9, 10, 19, 20) == [1, 1, 0.5, 0.5, 0.25]
    assert rates(InverseTimeDecay(1.0, 10, 1.0, staircase=True), 0, 9, 10, 19, 30) == [1, 1, 0.5, 0.5, 0.25]


def test_a_polynomial_ends_and_a_cycle_starts_anew_from_lower():
    assert rates(PolynomialDecay(1.0, 10, 0.0), 0, 5, 10, 99) == [1.0, 0.5, 0.0, 0.0]
    assert rates(PolynomialDecay(1.0, 10, 0.0, cycle=True), 0, 5, 10, 11, 20) == pytest.approx([1.0, 0.5, 0.0, 0.45, 0.0])


def test_a_root_never_gets_a_negative_number():
    schedule = PolynomialDecay(0.1, 0.1, power=0.5, cycle=True)
    assert all(rate >= 0 for rate in rates(schedule, *range(1000)))


def test_pieces_hold_at_their_boundaries():
    assert rates(PiecewiseConstantDecay([10, 20], [3.0, 2.0, 1.0]), 0, 10, 11, 20, 21, 99) == [3, 3, 2, 2, 1, 1]
    assert PiecewiseConstantDecay([], [0.5])(7) == 0.5


def test_a_wave_is_symmetric_and_warms_up_in_a_straight_line():
    assert rates(CosineDecay(1.0, 10, alpha=0.5), 0, 5, 10, 99) == pytest.approx([1.0, 0.75, 0.5, 0.5])
    warm = CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=4)
    assert rates(warm, 0, 1, 4, 9, 14, 99) == pytest.approx([0.0, 0.25, 1.0, 0.5, 0.0, 0.0])


def test_warm_up_steps_without_a_target_are_ignored():
    assert rates(CosineDecay(0.1, 10, warmup_steps=5), *range(20)) == rates(CosineDecay(0.1, 10), *range(20))


# -- what is refused


GOOD = {
    ExponentialDecay: {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9},
    InverseTimeDecay: {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9},
    PolynomialDecay: {"initial_learning_rate": 0.1, "decay_steps": 10},
    CosineDecay: {"initial_learning_rate": 0.1, "decay_steps": 10},
}
BAD = {
    "initial_learning_rate": [-1.0, NAN, math.inf],
    "decay_steps": [0, -1, NAN],
    "decay_rate": [-0.5, NAN],
    "end_learning_rate": [-1, NAN],
    "power": [-1.0, NAN],
    "alpha": [-0.1, NAN],
    "warmup_target": [-1.0, NAN],
    "warmup_steps": [-1],
}
CASES = [(cls, name, bad) for cls in GOOD for name, values in BAD.items() if name in constructor(cls) for bad in values]


@pytest.mark.parametrize(("cls", "name", "bad"), CASES)
def test_schedules_refuse_numbers_out_of_range(cls, name, bad):
    with pytest.raises(ArgumentValueError, match=rf"{cls.__name__}: {name} must be in .*, got {bad}"):
        cls(**{**GOOD[cls], name: bad})


@pytest.mark.parametrize("cls", GOOD)
@pytest.mark.parametrize("bad", ["1", True, None, [0.1]])
def test_schedules_refuse_what_is_no_number(cls, bad):
    for name in ("initial_learning_rate", "decay_steps"):
        with pytest.raises(ArgumentTypeError, match=f"{cls.__name__}: {name} must be a number in"):
            cls(**{**GOOD[cls], name: bad})


@pytest.mark.parametrize(
    ("cls", "flag"), [(ExponentialDecay, "staircase"), (InverseTimeDecay, "staircase"), (PolynomialDecay, "cycle")]
)
def test_schedules_refuse_flags_that_are_none(cls, flag):
    with pytest.raises(ArgumentTypeError, match=f"{cls.__name__}: {flag} must be True or False, got 1"):
        cls(**GOOD[cls], **{flag: 1})


@pytest.mark.parametrize(
    ("boundaries", "values", "error", "text"),
    [
        ([10, 10], [1, 2, 3], ArgumentValueError, r"boundaries must increase, got \[10, 10\]"),
        ([10, 5], [1, 2, 3], ArgumentValueError, "boundaries must increase"),
        ([10], [1], ArgumentValueError, "values must be one more than boundaries, got 1 boundaries and 1 values"),
        ([10], [0.1, -1], ArgumentValueError, r"values\[1\] must be in \[0, inf\), got -1"),
        ([NAN], [1, 2], ArgumentValueError, r"boundaries\[0\] must be in"),
        (["1"], [1, 2], ArgumentTypeError, r"boundaries\[0\] must be a number"),
        (10, [1, 2], ArgumentTypeError, "boundaries must be a list of numbers, got 10"),
        ([10], np.ones(2), ArgumentTypeError, "values must be a list of numbers"),
    ],
)
def test_pieces_refuse_boundaries_and_values_that_do_not_fit(boundaries, values, error, text):
    with pytest.raises(error, match=f"PiecewiseConstantDecay: {text}"):
        PiecewiseConstantDecay(boundaries, values)


def test_a_schedule_without_a_formula_says_what_to_write():
    class Empty(LearningRateSchedule, registered=False):
        pass

    with pytest.raises(NotImplementedError, match="Empty must write __call__"):
        Empty()(0)


def test_ones_own_schedule_is_one_method_or_any_function_of_the_step():
    class Halves(LearningRateSchedule, registered=False):
        def __call__(self, step):
            return 1 / (1 + step)

    for schedule in (Halves(), lambda step: 1 / (1 + step)):
        w, optimizer = np.zeros(1), SGD(schedule)
        for _ in range(3):
            optimizer.step([(w, np.ones(1))])
        assert w[0] == pytest.approx(-(1 + 1 / 2 + 1 / 3))


def test_a_power_beyond_all_numbers_is_named_with_its_step():
    optimizer = SGD(ExponentialDecay(0.1, 1, 1e300))
    optimizer.step([(np.ones(1), np.zeros(1))])
    optimizer.iterations = 2
    with pytest.raises(ArgumentValueError, match=r"SGD: the learning rate schedule ExponentialDecay\(.* gave inf at step 2"):
        float(optimizer.learning_rate)


def test_scripts_of_keras_import_them_from_the_optimizers():
    module = importlib.import_module("minifw.optimizers.schedules")
    assert module is schedules is optimizers.schedules


# -- copies


@pytest.mark.parametrize("schedule", SAMPLES, ids=repr)
def test_config_and_repr_make_the_same_schedule_again(schedule):
    again = type(schedule).from_config(json.loads(json.dumps(schedule.config())))
    assert again.config() == schedule.config()
    assert rates(again, *range(20)) == rates(schedule, *range(20)) == rates(eval(repr(schedule)), *range(20))
    assert resolve("optimizer", SGD(schedule)._written()).learning_rate == schedule(0)
