"""Layers of one's own: a Dense with weights made in build, and a square without weights."""

import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(50)


class Linear(layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Square(layers.Layer):
    def call(self, inputs):
        return inputs * inputs


rng = np.random.default_rng(50)
x = rng.uniform(-1, 1, (120, 3))
y = (x[:, :1] - x[:, 1:2]) ** 2 + x[:, 2:] ** 2

model = keras.Sequential([keras.Input(shape=(3,)), Linear(8), Square(), Linear(1)])
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="mse", metrics=["mae"])
history = model.fit(x, y, epochs=8, batch_size=20, verbose=0)
scores = model.evaluate(x, y, verbose=0)
predictions = model.predict(x[:5], verbose=0)
model.save("own.keras")
again = keras.models.load_model("own.keras", custom_objects={"Linear": Linear, "Square": Square})
again_predictions = again.predict(x[:5], verbose=0)
print("parameters:", model.count_params(), "units:", model.layers[0].units)
