"""The loss of custom_loss.py for minifw: the values, and their gradient."""

import numpy as np

import minifw as keras


class careful(keras.losses.Loss):  # noqa: N801 (the name that the script uses)
    def values(self, y_true, y_pred):
        error = y_true - y_pred
        return np.where(error > 0, 3 * error**2, error**2).mean(axis=-1)

    def slopes(self, y_true, y_pred):
        error = y_true - y_pred
        return np.where(error > 0, -6 * error, -2 * error) / error.shape[-1]
