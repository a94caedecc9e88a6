"""Thirty-two mistakes of people who write classes: layers, activations, losses, optimizers, metrics, callbacks, ..."""

MISTAKES = [
    ("a01 forward without self", "", """
class Mine(Layer):
    def forward(x, training=False):
        return x
    def backward(self, error_grad):
        return error_grad""", "Mine", "forward(self, x, training=False)"),
    ("a02 backward is handed the input too", "", """
class Mine(Layer):
    def forward(self, x, training=False):
        return x
    def backward(self, x, error_grad):
        return error_grad""", "Mine", "backward(self, error_grad)"),
    ("a03 build without the shape", "", """
class Mine(Layer):
    def build(self):
        return {"gain": Param((4,))}
    def forward(self, x, training=False):
        return x
    def backward(self, error_grad):
        return error_grad""", "Mine", "build(self, input_shape)"),
    ("a04 build returns a list", """
class Mine(Layer):
    def build(self, input_shape):
        return [Param(input_shape)]
    def forward(self, x, training=False):
        return x
    def backward(self, error_grad):
        return error_grad""", "made(Mine())", "Mine", "build", "list", "Param("),
    ("a05 build returns arrays", """
class Mine(Layer):
    def build(self, input_shape):
        return {"gain": np.ones(input_shape)}
    def forward(self, x, training=False):
        return x * self.params.gain
    def backward(self, error_grad):
        return error_grad""", "made(Mine())", "Mine", "build", "gain", "Param("),
    ("a06 build makes the arrays itself and returns nothing, as in Keras", """
class Mine(Layer):
    def build(self, input_shape):
        self.gain = np.ones(input_shape)
    def forward(self, x, training=False):
        return x * self.gain
    def backward(self, error_grad):
        return error_grad""", "made(Mine())", "Mine", "build", "None", "Param("),
    ("a07 gradients by key, as in a dictionary", """
class Mine(Layer):
    def build(self, input_shape):
        return {"gain": Param(input_shape, "ones")}
    def forward(self, x, training=False):
        self.cache = x
        return x * self.params.gain
    def backward(self, error_grad):
        self.grads["gain"] = (error_grad * self.cache).sum(axis=0)
        return error_grad * self.params.gain
net = made(Mine())""", "net.fit(x, x, verbose=0)", "grads.gain"),
    ("a08 the first gradient is added, not assigned", """
class Mine(Layer):
    def build(self, input_shape):
        return {"gain": Param(input_shape, "ones")}
    def forward(self, x, training=False):
        self.cache = x
        return x * self.params.gain
    def backward(self, error_grad):
        self.grads.gain += (error_grad * self.cache).sum(axis=0)
        return error_grad * self.params.gain
net = made(Mine())""", "net.fit(x, x, verbose=0)", "Mine", "gain", "self.grads.gain = "),
    ("a09 nothing is kept for backward", """
class Mine(Layer):
    def forward(self, x, training=False):
        return x ** 2
    def backward(self, error_grad):
        x, factor = self.cache
        return error_grad * 2 * x
net = made(Mine())""", "net.fit(x, x, verbose=0)", "Mine", "cache", "forward"),
    ("a10 layers inside, but no children", """
class Mine(Layer):
    def __init__(self, units, **options):
        self.units = units
        self.inner = Dense(units)
        super().__init__(**options)
    def forward(self, x, training=False):
        return self.inner.forward(x, training)
    def backward(self, error_grad):
        return self.inner.backward(error_grad)
net = made(Mine(4))""", "net.predict(x)", "mine (Mine)", "children"),
    ("a11 output_shape returns a number", """
class Mine(Layer):
    def output_shape(self, input_shape):
        return 2
    def forward(self, x, training=False):
        return x[:, :2].copy()
    def backward(self, error_grad):
        return np.repeat(error_grad, 2, axis=1)""", "made(Mine(), Dense(1))", "Mine", "output_shape", "2", "tuple"),
    ("a12 a float64 constant in a float32 network", """
class Mine(Layer):
    def forward(self, x, training=False):
        return x * np.linspace(1.0, 2.0, 4)
    def backward(self, error_grad):
        return error_grad
net = made(Mine())""", "net.predict(x)", "Mine", "float64", "float32", "astype"),
    ("a13 backward writes into the gradient it was handed", """
class Mine(Layer):
    def forward(self, x, training=False):
        return 2 * x
    def backward(self, error_grad):
        error_grad *= 2
        return error_grad
report = check_layer(Mine(), (4,))""", "print(report)", "WRONG", "error_grad"),
    ("a14 forward returns a pair", """
class Mine(Layer):
    def forward(self, x, training=False):
        return x, x > 0
    def backward(self, error_grad):
        return error_grad
net = made(Mine())""", "net.predict(x)", "Mine", "tuple", "array"),
    ("a15 only __call__, as PyTorch users guess", "", """
class Mine(Layer):
    def __call__(self, x):
        return 2 * x""", "Mine", "forward(self, x, training=False)"),
    ("a16 an activation that never writes its slope", """
class Mine(Elementwise):
    def f(self, x, out=None, slope=None):
        return np.sin(x, out)
net = made(Mine())""", "net.fit(x, x, verbose=0)", "Mine", "slope"),
    ("a17 an activation that returns a number", """
class Mine(Elementwise):
    def f(self, x, out=None, slope=None):
        return float(np.sum(x))
net = made(Mine())""", "net.predict(x)", "Mine", "float", "array"),
    ("a18 an activation is a function of numbers", "", 'Dense(3, activation=lambda z: z * z)', "activation", "Elementwise"),
    ("a19 a loss with its arguments the other way round, as in PyTorch", "", """
class Mine(Loss):
    def values(self, y_pred, y_true):
        return ((y_true - y_pred) ** 2).mean(axis=-1)
    def slopes(self, y_pred, y_true):
        return 2 * (y_pred - y_true) / y_pred.shape[-1]""", "Mine", "values(self, y_true, y_pred)"),
    ("a20 a loss whose gradient has the wrong sign", """
class Mine(Loss):
    def values(self, y_true, y_pred):
        return ((y_true - y_pred) ** 2).mean(axis=-1)
    def slopes(self, y_true, y_pred):
        return 2 * (y_true - y_pred) / y_pred.shape[-1]
net = made(Dense(3))
report = net.check_gradients(x, y, loss=Mine())""", "print(report)", "WRONG", "Mine"),
    ("a21 a loss without a gradient", """
class Mine(Loss):
    def values(self, y_true, y_pred):
        return ((y_true - y_pred) ** 2).mean(axis=-1)
net = made(Dense(3))
net.compile("sgd", Mine())""", "net.fit(x, y, verbose=0)", "Mine", "slopes(self, y_true, y_pred)"),
    ("a22 slopes that return nothing", """
class Mine(Loss):
    def values(self, y_true, y_pred):
        return ((y_true - y_pred) ** 2).mean(axis=-1)
    def slopes(self, y_true, y_pred):
        self.last = 2 * (y_pred - y_true) / y_pred.shape[-1]
net = made(Dense(3))
net.compile("sgd", Mine())""", "net.fit(x, y, verbose=0)", "Mine", "slopes", "None", "(8, 3)"),
    ("a23 update takes what it thinks it needs", "", """
class Mine(Optimizer):
    def update(self, param, grad):
        param -= 0.1 * grad""", "Mine", "update(self, param, grad, slots, coefficients, scratch)"),
    ("a24 update binds a new array", """
class Mine(Optimizer):
    def update(self, param, grad, slots, coefficients, scratch):
        param = param - coefficients[0] * grad
net = made(Dense(3))
net.compile(Mine(0.1), "mse")""", "net.fit(x, y, verbose=0)", "Mine", "update", "in place"),
    ("a25 one slot, and a forgotten comma", "", """
class Mine(Optimizer):
    slots = ("momentum")
    def update(self, param, grad, slots, coefficients, scratch):
        param -= coefficients[0] * grad""", "Mine", "slots", "('momentum',)"),
    ("a26 a metric that resets under Keras' old name", "", """
class Mine(Metric):
    total = 0.0
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total += float(np.sum(y_pred))
    def result(self):
        return self.total
    def reset_states(self):
        self.total = 0.0""", "Mine", "reset_state(self)"),
    ("a27 a metric that knows no weights", "", """
class Mine(Metric):
    total = 0.0
    def update_state(self, y_true, y_pred):
        self.total += float(np.sum(y_pred))
    def result(self):
        return self.total
    def reset_state(self):
        self.total = 0.0""", "Mine", "update_state(self, y_true, y_pred, sample_weight=None)"),
    ("a28 a hook that does not exist", "", """
class Mine(Callback):
    def on_epoch_finished(self, epoch, logs=None):
        print(epoch)""", "Mine", "on_epoch_finished", "on_epoch_end"),
    ("a29 a hook without logs", "", """
class Mine(Callback):
    def on_epoch_end(self, epoch):
        print(epoch)""", "Mine", "on_epoch_end(self, epoch, logs=None)"),
    ("a30 a schedule of epoch and rate", "", """
class Mine(LearningRateSchedule):
    def __call__(self, epoch, rate):
        return rate * 0.9""", "Mine", "__call__(self, step)"),
    ("a31 a regularizer as Keras has it", "", """
class Mine(Regularizer):
    def __call__(self, w):
        return 0.01 * float(np.sum(w ** 2))""", "Mine", "penalty", "gradient(self, w)"),
    ("a32 a constraint as Keras has it", "", """
class Mine(Constraint):
    def __call__(self, w):
        return np.abs(w)""", "Mine", "project(self, w)"),
]
