"""A metric of one's own that adds up over batches, and one that is a function of a batch."""

import keras
import numpy as np
from keras import ops

keras.utils.set_random_seed(52)


class Within(keras.metrics.Metric):
    """The share of predictions no further than `margin` from the truth."""

    def __init__(self, margin=0.2, name="within", **kwargs):
        super().__init__(name=name, **kwargs)
        self.margin = margin
        self.hits = self.add_weight(name="hits", initializer="zeros")
        self.seen = self.add_weight(name="seen", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        near = ops.abs(ops.cast(y_true, self.dtype) - y_pred) <= self.margin
        self.hits.assign_add(ops.sum(ops.cast(near, self.dtype)))
        self.seen.assign_add(ops.cast(ops.size(y_pred), self.dtype))

    def result(self):
        return self.hits / self.seen

    def reset_state(self):
        self.hits.assign(0.0)
        self.seen.assign(0.0)


rng = np.random.default_rng(52)
x = rng.uniform(-1, 1, (140, 3))
y = np.sin(x.sum(axis=1, keepdims=True))

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="mse", metrics=[Within(), Within(0.5, name="roughly"), "mae"])
history = model.fit(x, y, epochs=6, batch_size=20, validation_split=0.25, verbose=0)
scores = model.evaluate(x, y, return_dict=True, verbose=0)
alone = Within(margin=1.0)
alone.update_state(y[:10], model.predict(x[:10], verbose=0))
alone_scores = float(alone.result())
print({key: round(value, 3) for key, value in scores.items()})
