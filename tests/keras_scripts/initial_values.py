"""What weights begin with, and what holds them in bounds."""

import keras
import numpy as np
from keras import constraints, initializers, layers

keras.utils.set_random_seed(70)

rng = np.random.default_rng(70)
x = rng.uniform(0, 1, (80, 4))
y = x @ [[1.0], [2.0], [-1.0], [0.5]]

model = keras.Sequential(
    [
        keras.Input((4,)),
        layers.Dense(6, kernel_initializer="ones", bias_initializer=initializers.Constant(0.1), activation="tanh"),
        layers.Dense(6, kernel_initializer=initializers.Zeros(), bias_initializer="ones", activation="sigmoid"),
        layers.Dense(5, kernel_initializer=initializers.Orthogonal(), kernel_constraint=constraints.NonNeg()),
        layers.Dense(4, kernel_initializer=initializers.VarianceScaling(scale=0.1, mode="fan_in", distribution="uniform")),
        layers.Dense(
            3, kernel_initializer=initializers.TruncatedNormal(mean=0.0, stddev=0.05), kernel_constraint="max_norm"
        ),
        layers.Dense(1, kernel_initializer=initializers.RandomUniform(minval=-0.1, maxval=0.1), use_bias=False),
    ]
)
begin_table = [np.concatenate([w.ravel() for w in layer.get_weights()]).mean() for layer in model.layers]
model.compile(keras.optimizers.SGD(0.1), "mse")
history = model.fit(x, y, epochs=4, batch_size=20, verbose=0)
assert model.layers[2].get_weights()[0].min() >= 0
scores = model.evaluate(x, y, verbose=0)
print("loss", history.history["loss"])
