"""Learning rates by plan: of every step, of every epoch."""

import keras
import numpy as np
from keras.callbacks import LearningRateScheduler
from keras.optimizers import schedules

keras.utils.set_random_seed(57)

rng = np.random.default_rng(57)
x = rng.normal(size=(64, 3))
y = x @ [[0.5], [-1.0], [2.0]] + 0.1 * rng.normal(size=(64, 1))

plans = {
    "piecewise": schedules.PiecewiseConstantDecay(boundaries=[6, 12], values=[0.1, 0.05, 0.01]),
    "cosine": schedules.CosineDecay(
        initial_learning_rate=0.0, decay_steps=12, alpha=0.01, warmup_target=0.1, warmup_steps=4
    ),
    "polynomial": schedules.PolynomialDecay(initial_learning_rate=0.1, decay_steps=10, end_learning_rate=0.01, power=2.0),
    "inverse": schedules.InverseTimeDecay(initial_learning_rate=0.1, decay_steps=4, decay_rate=0.5, staircase=False),
    "exponential": schedules.ExponentialDecay(0.1, decay_steps=4, decay_rate=0.8, staircase=True),
}
plan_history, plan_rates = {}, {}
for name, plan in plans.items():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=plan), loss="mse")
    plan_history[name] = model.fit(x, y, batch_size=16, epochs=4, verbose=0).history["loss"]
    plan_rates[name] = [float(plan(step)) for step in range(0, 20, 3)] + [float(model.optimizer.learning_rate)]


def scheduler(epoch, lr):
    if epoch < 2:
        return lr
    return lr * float(np.exp(-0.1))


def step_decay(epoch):
    return 0.1 * 0.5 ** ((1 + epoch) // 2)


class WarmUp(schedules.LearningRateSchedule):
    def __init__(self, peak, steps):
        self.peak, self.steps = peak, steps

    def __call__(self, step):
        return self.peak * (step + 1) / (step + 1 + self.steps)


for name, function in {"scheduler": scheduler, "step_decay": step_decay}.items():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    found = model.fit(x, y, batch_size=16, epochs=5, verbose=0, callbacks=[LearningRateScheduler(function)])
    plan_history[name], plan_rates[name] = found.history["loss"], found.history["learning_rate"]

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(WarmUp(0.1, 5.0)), loss="mse")
history = model.fit(x, y, batch_size=16, epochs=4, verbose=0)
print({name: losses[-1] for name, losses in plan_history.items()})
