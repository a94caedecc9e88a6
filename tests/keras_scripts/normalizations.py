"""Normalized inputs, batches and layers, and what differs between training and use."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(59)

rng = np.random.default_rng(59)
x = rng.normal(5, [1, 10, 100], size=(160, 3))
y = (x[:, 0] * x[:, 1] / 50 + x[:, 2] / 100 > 2.1).astype("float32")

norm = layers.Normalization()
norm.adapt(x)
print("mean about 0:", float(np.mean(norm(x))), "deviation about 1:", float(np.std(norm(x))))

model = keras.Sequential(
    [
        keras.Input((3,)),
        norm,
        layers.Dense(12, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.Activation("relu"),
        layers.Dense(12, activation="relu"),
        layers.LayerNormalization(epsilon=1e-5),
        layers.Dense(6, activation="gelu"),
        layers.RMSNormalization(),
        layers.Dense(1),
    ]
)
model.compile(
    optimizer=keras.optimizers.SGD(0.05),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")],
)
history = model.fit(x, y, batch_size=32, epochs=6, validation_split=0.25, verbose=0)
scores = model.evaluate(x, y, verbose=0)
in_use_predictions = model(x[:6], training=False)
in_training_predictions = model(x[:6], training=True)
frozen = model.layers[2]
frozen.trainable = False
frozen_predictions = model(x[:6], training=True)
assert not np.allclose(in_use_predictions, in_training_predictions)
gamma, beta, moving_mean, moving_variance = frozen.get_weights()
shapes = [gamma.shape, beta.shape, moving_mean.shape, moving_variance.shape]
