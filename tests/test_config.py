"""What an object was made with: config, repr and the closed registry of names."""

import copy
import math

import numpy as np
import pytest

import minifw
from minifw import L1, L2, Accuracy, Constant, ExponentialDecay, GlorotUniform, MaxNorm, Sequential, config
from minifw.config import REQUIRED, constructor, registered, resolve
from minifw.errors import ArgumentTypeError, ArgumentValueError
from minifw.losses import Loss, MSELoss, SparseCategoricalCrossentropyLoss
from minifw.optimizers import SGD, Adam, Optimizer, RMSprop

KINDS = "layer activation loss metric optimizer initializer regularizer constraint schedule callback".split()  # noqa: SIM905
NEEDED = {"units": 3, "rate": 0.5, "initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}
NEEDED |= {"layers": ["flatten"], "target_shape": (3, -1)}
NEEDED |= {"filters": 4, "kernel_size": 3, "input_dim": 5, "output_dim": 3}
NEEDED |= {"boundaries": [10], "values": [0.1, 0.01]}
NEEDED["activation"] = "tanh"
NEEDED["fn"] = MSELoss()
NEEDED |= {"stddev": 0.1, "scale": 2.0, "dims": (2, 1), "n": 3}


def instance(cls):
    needed = {name: NEEDED[name] for name, default in constructor(cls).items() if default is REQUIRED}
    return cls(**needed)


CLASSES = {cls for kind in KINDS for cls in registered(kind)} - {minifw.Lambda, minifw.LambdaLoss}  # they hold functions
CLASSES = sorted(CLASSES, key=lambda cls: cls.__name__)
every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__module__ + "." + cls.__name__)

SAMPLES = [
    minifw.Dense(3, activation="relu", use_bias=False, kernel_regularizer=L2(0.1), bias_constraint="non_neg", name="a"),
    minifw.Dense(
        3, activation=minifw.LeakyReLU(0.1), kernel_initializer=GlorotUniform(seed=3), trainable=False, input_shape=(5,)
    ),
    minifw.Dense(3, kernel_constraint=MaxNorm(1.0, axis=(0, 1))),
    minifw.Dropout(0.5, noise_shape=(None, 1), seed=3),
    minifw.ReLU(6.0, 0.1, threshold=0.2),
    minifw.Chain([minifw.Dense(3), minifw.Chain([minifw.Sigmoid(), minifw.Dropout(0.1)])]),
    minifw.Branches([[minifw.Dense(3), minifw.Residual([minifw.Dense(3)], name="around")], minifw.Reshape((-1, 3)), []]),
    minifw.Flatten(data_format="channels_last"),
    minifw.Conv2D(4, (3, 2), strides=(1, 2), padding="same", groups=2, activation="relu"),
    minifw.Embedding(5, 3, "zeros", embeddings_constraint="max_norm"),
    Adam(ExponentialDecay(0.1, 10, 0.5, staircase=True), amsgrad=True, clipnorm=1.0),
    SGD(0.1, nesterov=True, momentum=0.9, weight_decay=0.01, use_ema=True),
    RMSprop(rho=0.5, gradient_accumulation_steps=3, name="mine"),
    SparseCategoricalCrossentropyLoss(from_logits=True, reduction="sum"),
    MSELoss(reduction=None, name="mine"),
    Accuracy(name="mine"),
    Constant(2),
    Sequential(
        [minifw.Dense(3, activation="tanh"), Sequential([minifw.Dense(2)], name="inner")],
        dtype="float64",
        seed=3,
        name="outer",
    ),
]
every_sample = pytest.mark.parametrize("made", SAMPLES, ids=lambda made: type(made).__name__)


def plain(value):
    """Whether a file could hold it."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(plain, value))
    return value is None or type(value) in (bool, int, float, str)


# -- there and back ---------------------------------------------------------------------------------------------------


@every_class
def test_every_class_survives_its_config(cls):
    made = instance(cls)
    config = made.config()
    assert plain(config) and list(config) == list(constructor(cls))
    twin = cls.from_config(copy.deepcopy(config))
    assert type(twin) is cls and twin.config() == config and repr(twin) == repr(made)


@every_class
def test_every_class_is_found_by_its_name(cls):
    if needs_arguments(cls):  # it is found all the same, and asks for them
        with pytest.raises(TypeError, match="required"):
            resolve(cls.kinds[0], cls.__name__)
        return
    for kind in cls.kinds:
        for name in (cls, cls.__name__, cls.__name__.lower(), cls.__name__.upper()):
            assert type(resolve(kind, name)) is cls


def needs_arguments(cls):
    return REQUIRED in constructor(cls).values()


@every_sample
def test_arguments_survive_nested_too(made):
    config = made.config()
    assert plain(config)
    twin = type(made).from_config(config)
    assert twin.config() == config


@every_class
def test_repr_of_defaults_is_the_constructor_call(cls):
    made = instance(cls)
    assert repr(made).startswith(f"{cls.__name__}(")
    assert eval(repr(made), vars(minifw)).config() == made.config()
    if not needs_arguments(cls):
        assert repr(made) == f"{cls.__name__}()"


@every_sample
def test_repr_is_the_constructor_call(made):
    assert eval(repr(made), vars(minifw)).config() == made.config()


def test_repr_shows_what_differs_from_the_defaults():
    assert repr(minifw.Dense(3)) == "Dense(3)"
    assert repr(minifw.Dense(3, "relu", name="a")) == "Dense(3, activation='relu', name='a')"
    assert repr(SGD(0.01)) == "SGD()" and repr(SGD(0.1, momentum=0.9)) == "SGD(learning_rate=0.1, momentum=0.9)"
    assert repr(minifw.Dense(np.int64(3))) == "Dense(3)"
    assert repr(minifw.Input((5,))) == "Input((5,))"
    assert repr(ExponentialDecay(0.1, 10, 0.5)) == "ExponentialDecay(0.1, 10, 0.5)"


def test_numpy_scalars_become_numbers_and_tuples_lists():
    config = minifw.Dropout(np.float64(0.5), noise_shape=(None, np.int64(1)), seed=np.uint8(3)).config()
    assert config["rate"] == 0.5 and type(config["rate"]) is float
    assert config["noise_shape"] == [None, 1] and plain(config)


def test_only_the_own_name_is_in_config_and_repr():
    net = Sequential([minifw.Dense(3), minifw.Dense(3, name="mine")])
    assert [layer.config()["name"] for layer in net.layers] == [None, "mine"]
    assert [repr(layer) for layer in net.layers] == ["Dense(3)", "Dense(3, name='mine')"]


def test_config_follows_the_flags():
    dense = minifw.Dense(3)
    dense.trainable = False
    assert dense.config()["trainable"] is False and repr(dense) == "Dense(3, trainable=False)"


def test_config_of_a_network_says_what_was_built():
    net = Sequential([minifw.Input((5,)), minifw.Dense(3)], seed=1, name="mine", dtype="float64")
    twin = Sequential.from_config(net.config())
    assert (twin.name, twin.dtype, twin.seed, twin.input_shape) == ("mine", "float64", 1, (5,))
    assert all(np.array_equal(a, b) for a, b in zip(net.get_weights(), twin.get_weights(), strict=True))
    assert Sequential([minifw.Dense(3)]).config()["input_shape"] is None


def test_config_keeps_the_flags_of_every_layer():
    net = Sequential(
        [minifw.Input((5,)), minifw.Dense(3, trainable=False), minifw.Chain([minifw.Dense(2)]), minifw.Dense(2)]
    )
    net.layers[1].layers[0].trainable = False
    net.layers[2].learning_rate_multiplier = 0.5
    twin = Sequential.from_config(net.config())
    assert [layer.trainable for layer in twin.layers] == [False, True, True]
    assert [entry.name for entry in twin.params_and_grads().layout] == ["dense_1/kernel", "dense_1/bias"]
    assert twin.layers[2].learning_rate_multiplier == 0.5


# -- what cannot be written down --------------------------------------------------------------------------------------


class Own(minifw.Layer):
    def __init__(self, value=None):
        self.value = value

    def forward(self, x, training=False):
        return x

    def backward(self, error_grad):
        return error_grad


@pytest.mark.parametrize("value", [np.ones(3), lambda x: x, object(), {1, 2}, [np.ones(2)], b"x"], ids=type)
def test_what_a_file_cannot_hold_is_refused_by_name(value):
    with pytest.raises(ArgumentTypeError, match=r"Own: the argument value=.*cannot be written down"):
        Own(value).config()
    assert repr(Own(value)).startswith("Own(")


def test_a_function_is_written_by_name():
    assert Own(math.sqrt).config()["value"] == "sqrt"


def test_a_lost_argument_is_an_error_and_a_question_mark():
    class Loses(Own):
        def __init__(self, lost):
            pass

    with pytest.raises(ArgumentTypeError, match=r"'lost' must be stored as self\.lost"):
        Loses(3).config()
    assert repr(Loses(3)) == "Loses(?)"


# -- constructors -----------------------------------------------------------------------------------------------------


def test_a_constructor_is_merged_along_the_classes_where_options_are_declared():
    class A:
        def __init__(self, *, name=None, last=1):
            pass

    class B(A):
        def __init__(self, size, ratio=0.5, *, flag=False, **options):
            pass

    class C(B):
        pass

    class D(B):
        def __init__(self, ratio=0.7, **options):
            pass

    class E(D):
        def __init__(self, only):
            pass

    assert constructor(A) == {"name": None, "last": 1}
    assert constructor(B) == constructor(C) == {"size": REQUIRED, "ratio": 0.5, "flag": False, "name": None, "last": 1}
    assert list(constructor(D)) == ["ratio", "size", "flag", "name", "last"] and constructor(D)["ratio"] == 0.7
    assert constructor(E) == {"only": REQUIRED} and constructor(object) == {}


def test_a_layer_without_a_constructor_has_the_options_of_every_layer():
    class Bare(minifw.Layer):
        pass

    assert list(constructor(Bare)) == ["name", "trainable", "input_shape", "input_dim"] == list(constructor(minifw.Sigmoid))


def test_a_subclass_need_not_call_super():
    made = Own(3)
    assert made.name == "own" and made.trainable is True and made.learning_rate_multiplier == 1.0
    assert made.config() == {"value": 3}


# -- the registry -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, name, wanted",
    [
        ("loss", "mse", "MSELoss()"),
        ("loss", "MSE", "MSELoss()"),
        ("loss", "mean_squared_error", "MSELoss()"),
        ("loss", "MeanSquaredError", "MSELoss()"),
        ("loss", "sparse_categorical_crossentropy", "SparseCategoricalCrossentropyLoss()"),
        ("metric", "mse", "MeanSquaredError()"),
        ("metric", "mean_absolute_error", "MeanAbsoluteError()"),
        ("metric", "accuracy", "Accuracy()"),
        ("metric", "acc", "Accuracy()"),
        ("optimizer", "sgd", "SGD()"),
        ("optimizer", "RMSPROP", "RMSprop()"),
        ("activation", "leaky_relu", "LeakyReLU(negative_slope=0.2)"),
        ("activation", "LeakyReLU", "LeakyReLU()"),
        ("activation", "relu", "ReLU()"),
        ("activation", "softmax", "Softmax()"),
        ("initializer", "glorot_uniform", "GlorotUniform()"),
        ("initializer", "uniform", "RandomUniform()"),
        ("initializer", "normal", "RandomNormal()"),
        ("initializer", "zeros", "Zeros()"),
        ("regularizer", "l2", "L2()"),
        ("constraint", "max_norm", "MaxNorm()"),
    ],
)
def test_keras_strings(kind, name, wanted):
    assert repr(resolve(kind, name)) == wanted


def test_second_names_are_the_same_object():
    assert minifw.losses.MeanSquaredError is MSELoss
    assert minifw.losses.SparseCategoricalCrossentropy is SparseCategoricalCrossentropyLoss


def test_an_instance_is_itself_a_class_is_made_and_a_config_is_revived():
    made = minifw.Sigmoid()
    assert resolve("activation", made) is made
    assert isinstance(resolve("activation", minifw.Sigmoid), minifw.Sigmoid)
    holder = minifw.Dense(3, activation=minifw.LeakyReLU(0.1), kernel_regularizer=L1(0.5)).config()
    assert resolve("activation", holder["activation"]).negative_slope == 0.1
    assert resolve("regularizer", holder["kernel_regularizer"]).l1 == 0.5


@pytest.mark.parametrize("wrong", [3, None, minifw.Dense(3), SGD, 1.5, ["relu"], {"class": "ReLU"}, lambda x: x])
def test_what_is_of_another_kind_is_refused(wrong):
    with pytest.raises(ArgumentTypeError, match="an activation is a name, a class or an instance of one, got"):
        resolve("activation", wrong)


def test_a_layer_that_should_have_been_an_activation_is_told_how():
    with pytest.raises(ArgumentTypeError, match=r"got Dense\(3\), a layer; .* kinds = \('layer', 'activation'\)"):
        minifw.Dense(2, activation=minifw.Dense(3))


@pytest.mark.parametrize("name", ["", "os.system", "builtins.eval", "Layer", "Configurable", "__class__", "dense"])
def test_the_registry_is_closed(name):
    with pytest.raises(ArgumentValueError, match="unknown optimizer"):
        resolve("optimizer", name)


@pytest.mark.parametrize("name", ["Layer", "Elementwise", "Network"])
def test_base_classes_are_not_made_by_name(name):
    with pytest.raises(ArgumentValueError, match="unknown layer"):
        resolve("layer", name)


def test_at_most_three_of_the_nearest_names_are_shown():
    with pytest.raises(ArgumentValueError) as caught:
        resolve("initializer", "glorot")
    assert 1 <= str(caught.value).count("'") // 2 - 1 <= 3
    with pytest.raises(ArgumentValueError) as caught:
        resolve("loss", "zzzzzz")
    assert str(caught.value) == "unknown loss 'zzzzzz'"


def define(name, module, base=minifw.Layer, **body):
    methods = {"forward": lambda self, x, training=False: x, "backward": lambda self, error_grad: error_grad}
    return type(name, (base,), {"__module__": module, **(methods if base is minifw.Layer else {}), **body})


def test_a_users_class_is_found_by_name_from_then_on():
    made = define("FoundByName", "mine")
    assert type(resolve("layer", "FoundByName")) is made
    assert type(resolve("layer", "found_by_name")) is made
    assert type(minifw.Chain(["FoundByName"]).layers[0]) is made


def test_a_redefinition_in_the_same_module_replaces():
    define("CellRunTwice", "notebook")
    second = define("CellRunTwice", "notebook")
    assert type(resolve("layer", "CellRunTwice")) is second


def test_two_modules_with_one_name_are_an_error_only_when_it_is_asked_for():
    first, second = define("OneName", "here"), define("OneName", "there")
    assert Sequential([first(), second()]).layers[1].name == "one_name_1"
    with pytest.raises(ArgumentValueError, match=r"'OneName' is defined in here and in there; .*custom_objects"):
        resolve("layer", "OneName")
    assert type(resolve("layer", "OneName", custom_objects={"OneName": second})) is second


@pytest.fixture
def of_its_own(monkeypatch):
    """A registry that forgets what a test defines."""
    monkeypatch.setattr(config, "_registry", {entry: dict(modules) for entry, modules in config._registry.items()})


@pytest.mark.usefixtures("of_its_own")
def test_built_ins_always_win_and_are_not_replaced():
    mine = define("Dense", "mine")
    assert type(resolve("layer", "Sigmoid")) is minifw.Sigmoid
    define("SGD", "mine", Optimizer)
    assert type(resolve("optimizer", "SGD")) is SGD and type(resolve("optimizer", "sgd")) is SGD
    with pytest.raises(TypeError):
        resolve("layer", "Dense")  # the built-in one, which needs its units
    assert mine().name == "dense"


@pytest.mark.usefixtures("of_its_own")
@pytest.mark.parametrize(
    ("base", "name"),
    [
        *((minifw.Layer, name) for name in ("Tanh", "swish", "Sequential", "BatchNormalization")),
        *((Loss, name) for name in ("MSELoss", "mse", "MeanSquaredError")),
        *((Optimizer, name) for name in ("Adam",)),
        *((minifw.Initializer, name) for name in ("Zeros", "GlorotUniform")),
        *(
            (minifw.Metric, "AUC"),
            (minifw.Regularizer, "L2"),
            (minifw.Constraint, "NonNeg"),
            (minifw.Constraint, "MaxNorm"),
        ),
        (minifw.LearningRateSchedule, "CosineDecay"),
    ],
)
def test_a_class_of_ones_own_is_not_written_down_under_a_name_that_means_a_built_in(base, name):
    made = define(name, "mine.shadows", base)
    holder = define("Holder", "mine", minifw.Layer, __init__=lambda self, inside: vars(self).update(inside=inside))
    for write in (made()._written, *(holder(inside).config for inside in (made, made(), [made()], {"of": made}))):
        with pytest.raises(ArgumentTypeError, match=f"{name} of mine.shadows .* the built-in {base.kinds[0]} .* rename"):
            write()


@pytest.mark.usefixtures("of_its_own")
def test_what_was_written_down_comes_back_by_its_very_name():
    made = define("SWISH", "mine")
    assert resolve("layer", "swish").__module__.startswith("minifw.") and type(resolve("layer", made()._written())) is made
    written = made()._written()
    del config._registry["layer", "SWISH"]
    with pytest.raises(ArgumentValueError, match="unknown layer 'SWISH'"):
        resolve("layer", written)


def test_users_losses_and_optimizers_are_found_too():
    class CubicLoss(Loss):
        def values(self, y_true, y_pred):
            return (np.abs(y_pred - y_true) ** 3).mean(axis=-1)

        def slopes(self, y_true, y_pred):
            error = y_pred - y_true
            return 3 * error * np.abs(error) / error.shape[-1]

    net = Sequential([minifw.Input((2,)), minifw.Dense(1)])
    net.compile("sgd", "cubic_loss")
    assert type(net.loss) is CubicLoss


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if "layer" in cls.kinds])
def test_no_built_in_argument_hides_an_attribute_of_every_layer(cls):
    assert not set(constructor(cls)) & set(minifw.Layer.reserved)
