"""The layers of custom_layer.py for minifw: parameters are declared, and each layer sends its error gradient back itself."""

from minifw import layers


class Linear(layers.Layer):
    def __init__(self, units=32, **kwargs):
        self.units = units
        super().__init__(**kwargs)

    def build(self, input_shape):
        return {
            "w": layers.Param((input_shape[-1], self.units), initializer="normal"),
            "b": layers.Param((self.units,), initializer="zeros"),
        }

    def output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def forward(self, x, training=False):
        self.cache = x
        return x @ self.params.w + self.params.b

    def backward(self, error_grad):
        self.grads.w = self.cache.T @ error_grad
        self.grads.b = error_grad.sum(axis=0)
        return error_grad @ self.params.w.T


class Square(layers.Layer):
    def forward(self, x, training=False):
        self.cache = x
        return x * x

    def backward(self, error_grad):
        return 2 * self.cache * error_grad
