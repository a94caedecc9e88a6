"""A straight line through noisy points, then a plane: one Dense layer is all it takes."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(21)

rng = np.random.default_rng(21)
power = rng.uniform(50, 200, (160, 1))
weight = rng.uniform(700, 2100, (160, 1))
consumption = 2.5 + 0.02 * power + 0.0025 * weight + rng.normal(0, 0.3, (160, 1))

# one feature
power_normalizer = layers.Normalization(input_shape=(1,), axis=None)
power_normalizer.adapt(power)
power_model = keras.Sequential([power_normalizer, layers.Dense(units=1)])
power_model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.1), loss="mean_absolute_error")
power_history = power_model.fit(power, consumption, epochs=10, verbose=0, validation_split=0.2)

# both
features = np.concatenate([power, weight], axis=1)
normalizer = layers.Normalization(axis=-1)
normalizer.adapt(features)
model = keras.Sequential([normalizer, layers.Dense(units=1)])
model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.1), loss="mean_absolute_error")
history = model.fit(features, consumption, epochs=10, verbose=0, validation_split=0.2)

scores = {
    "power": power_model.evaluate(power, consumption, verbose=0),
    "both": model.evaluate(features, consumption, verbose=0),
}
predictions = model.predict(features[:10], verbose=0)
kernel, bias = model.layers[1].get_weights()
print(f"per kW {kernel[0, 0]:.2f}, per standard kg {kernel[1, 0]:.2f}, always {bias[0]:.2f}")
print("validation loss went from", history.history["val_loss"][0], "to", history.history["val_loss"][-1])
