"""The same small problem for every optimizer, by name and by object."""

import keras
import numpy as np
from keras import optimizers

keras.utils.set_random_seed(58)

rng = np.random.default_rng(58)
x = rng.normal(size=(80, 4))
y = np.tanh(x @ rng.normal(size=(4, 2)))

candidates = [
    "sgd",
    "SGD",
    "adam",
    "RMSprop",
    "adagrad",
    "Adadelta",
    "adamax",
    "nadam",
    "adamw",
    "lion",
    optimizers.SGD(learning_rate=0.05, momentum=0.9, nesterov=True),
    optimizers.SGD(0.1, clipvalue=0.05),
    optimizers.SGD(0.1, weight_decay=0.01),
    optimizers.RMSprop(learning_rate=0.01, rho=0.8, momentum=0.5, centered=True),
    optimizers.Adam(learning_rate=0.01, beta_1=0.8, beta_2=0.9, epsilon=1e-4, amsgrad=True),
    optimizers.AdamW(learning_rate=0.01, weight_decay=0.1, global_clipnorm=0.5),
    optimizers.Adagrad(learning_rate=0.1, initial_accumulator_value=0.5),
    optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9),
    optimizers.SGD(0.1, gradient_accumulation_steps=2),
]
steps, loss_table = [], []
for candidate in candidates:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "sigmoid"), keras.layers.Dense(2, "tanh")])
    model.compile(optimizer=candidate, loss="mse")
    history = model.fit(x, y, epochs=3, batch_size=20, verbose=0)
    if not model.optimizer.gradient_accumulation_steps:
        steps.append(int(model.optimizer.iterations))
    loss_table.append([*history.history["loss"], model.evaluate(x, y, verbose=0)])
    print(f"{type(model.optimizer).__name__:>8}: {loss_table[-1][-1]:.4f}")
rates = [float(kind().learning_rate) for kind in (optimizers.SGD, optimizers.Adam, optimizers.Adadelta)]
