"""The metric of custom_metric.py for minifw: NumPy in place of `keras.ops`."""

import numpy as np

import minifw as keras


class Within(keras.metrics.Metric):
    """The share of predictions no further than `margin` from the truth."""

    def __init__(self, margin=0.2, name="within", **kwargs):
        super().__init__(name=name, **kwargs)
        self.margin = margin
        self.hits = self.add_weight(name="hits", initializer="zeros")
        self.seen = self.add_weight(name="seen", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.hits.assign_add(np.sum(np.abs(y_true - y_pred) <= self.margin))
        self.seen.assign_add(np.size(y_pred))

    def result(self):
        return self.hits / self.seen

    def reset_state(self):
        self.hits.assign(0.0)
        self.seen.assign(0.0)
