"""scikit-learn's estimators around a network, for its pipelines, searches and scores, on one machine or on many.

They follow scikit-learn's rules: the constructor stores what it is given and no call changes it, what `fit` learned ends
in `_`, and `clone`, `pickle`, `GridSearchCV`, `Pipeline` and metadata routing work with them as with its own.
"""

from __future__ import annotations

import copy
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Self

import numpy as np

from . import arguments
from ._typing import Array
from .config import resolve
from .errors import ArgumentValueError, needed, shown
from .layers.base import Layer
from .layers.dense import Dense
from .layers.shapes import Input
from .losses.crossentropy import SparseCategoricalCrossentropyLoss
from .losses.difference import MSELoss
from .sequential import Sequential

with needed("minifw.sklearn needs scikit-learn 1.6 or newer", "sklearn"):
    from sklearn.base import BaseEstimator, ClassifierMixin, MultiOutputMixin, RegressorMixin, is_classifier
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state, column_or_1d
    from sklearn.utils.class_weight import compute_class_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

FLOATS = [np.float64, np.float32]
"""Dtypes of samples that are taken as they are; all others become the first."""


@dataclass(eq=False, repr=False)
class _Estimator(BaseEstimator):
    """What both share; a subclass says what its targets are and how its network ends.

    scikit-learn reads the arguments off the signature, which follows from the fields.
    """

    _ending: ClassVar[str | None] = None
    _default_loss: ClassVar[Any] = MSELoss

    layers: Any = (100,)
    _: KW_ONLY
    activation: Any = "relu"
    optimizer: Any = "adam"
    learning_rate: Any = None
    loss: Any = None
    epochs: int = 200
    batch_size: int | None = None
    validation_split: float = 0.0
    callbacks: Any = None
    shuffle: bool = True
    warm_start: bool = False
    dtype: Any = None
    verbose: int = 0
    random_state: Any = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a new network, or with `warm_start` the one that is there.

        Args:
            X: The samples, `(n, features)`.
            y: The targets.
            sample_weight: One weight a sample.

        Raises:
            ValueError: If something does not belong together. The estimator is then as it was, but for the epochs that the
                network of a `warm_start` has behind it already.
        """
        share = arguments.number(self, "validation_split", self.validation_split, "[0, 1)")
        new = not (self.warm_start and hasattr(self, "network_"))
        return self._train(X, y, sample_weight, new=new, epochs=self.epochs, share=share)

    def _train(self, X: Any, y: Any, sample_weight: Any, **how: Any) -> Self:
        """Train a copy and take over what it has learned, so that an error leaves everything as it was."""
        trained = copy.copy(self)
        trained._learn(X, y, sample_weight, **how)
        self.__dict__ = trained.__dict__
        return self

    def _learn(
        self, X: Any, y: Any, sample_weight: Any, *, new: bool, epochs: int = 1, share: float = 0.0, classes: Any = None
    ) -> None:
        classifies, held = is_classifier(self), None
        X, y = validate_data(self, X, y, dtype=FLOATS, y_numeric=not classifies, multi_output=True, reset=new)
        y = self._targets(y, new, classes)
        labels = y if classifies else None
        if classifies and self.class_weight is not None:
            by_class = compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_[labels])
            sample_weight = by_class[labels] * _check_sample_weight(sample_weight, X)  # which are 1 without any
        weights = [] if sample_weight is None else [_check_sample_weight(sample_weight, X)]
        # without a random_state each fit starts elsewhere, and nothing is drawn from NumPy's global generator
        random = np.random.RandomState() if self.random_state is None else check_random_state(self.random_state)
        if new:
            self.network_, self.history_ = self._network(X, random), dict[str, list[float]]()
        if classifies and getattr(self.network_.loss, "target_kind", "") != "index":
            y = np.eye(self.n_outputs_)[labels]
        if share:
            parts = train_test_split(X, y, *weights, test_size=share, stratify=labels, random_state=random)
            (X, y, *weights), held = parts[::2], tuple(parts[1::2])
        size = 200 if self.batch_size is None else self.batch_size  # as in scikit-learn's own networks
        history = self.network_.fit(
            X, y, size, epochs, self.verbose, copy.deepcopy(self.callbacks), validation_data=held,
            shuffle=self.shuffle, sample_weight=weights[0] if weights else None,
        ).history
        self.history_ = {key: [*self.history_.get(key, ()), *values] for key, values in history.items()}
        self.n_iter_ = len(self.history_.get("loss", ()))

    def _network(self, X: Array, random: Any) -> Sequential:
        layers = self.layers if isinstance(self.layers, (list, tuple, np.ndarray)) else [self.layers]
        hidden = [layer if isinstance(layer, Layer) else self._dense(layer) for layer in copy.deepcopy(layers)]
        last = Dense(self.n_outputs_, activation=self._ending)
        net = Sequential([Input(X.shape[1:]), *hidden, last], dtype=self.dtype or X.dtype, seed=random.randint(2**31 - 1))
        optimizer = resolve("optimizer", copy.deepcopy(self.optimizer), self)
        if self.learning_rate is not None:
            optimizer.learning_rate = self.learning_rate
        loss = self._default_loss(reduction="mean_with_sample_weight") if self.loss is None else copy.deepcopy(self.loss)
        net.compile(optimizer, loss)
        return net

    def _dense(self, size: Any) -> Layer:
        return Dense(arguments.integer(self, "a size in layers", size), activation=copy.deepcopy(self.activation))

    def _outputs(self, X: Any) -> Array:
        check_is_fitted(self, "network_")
        return self.network_.predict(validate_data(self, X, dtype=FLOATS, reset=False))


@dataclass(eq=False, repr=False, kw_only=True)
class MinifwClassifier(ClassifierMixin, _Estimator):
    """A network that tells classes apart; behind its layers stands a `Dense` with softmax, one unit a class.

    Every argument is stored as it is and copied before it is used: the layers, the optimizer and the callbacks of each fit
    are new.

    Args:
        layers: The hidden layers: sizes, layers, or both, such as `(64, Dropout(0.3), 32)`. Images come in as rows:
            `[Reshape((8, 8, 1)), Conv2D(8, 3), Flatten()]`.
        activation: What stands behind each size.
        optimizer: An `Optimizer`, its class or its name.
        learning_rate: That of the optimizer, instead of its own; here, so that a search can go over it.
        loss: A `Loss`, its class or its name. Without one the cross-entropy, divided by the sum of the weights, so that a
            weight of 2 is a sample that is there twice.
        epochs: How often `fit` sees all samples.
        batch_size: Samples a step; without one 200, or all of fewer. `BatchNormalization` wants smaller ones: its means
            settle in some hundred steps.
        validation_split: The share of samples, drawn at random and of every class alike, that only validates.
        callbacks: Who is told, such as `[EarlyStopping(patience=5)]`.
        class_weight: `{label: weight}` or `"balanced"`; multiplies the weights of the samples.
        shuffle: Whether each epoch has an order of its own.
        warm_start: Whether `fit` goes on with the network that is there.
        dtype: `"float32"` or `"float64"`; without one that of X.
        verbose: As in `Sequential.fit`.
        random_state: An integer, so that two fits give the same bits: the starting weights, the order of the samples,
            dropout, and which rows validate.

    Attributes:
        network_: The trained `Sequential`, with `jump_back`, `summary`, `save` and all else.
        history_: The loss, and that of the validation, by epoch: `{"loss": [...], "val_loss": [...]}`.
        n_iter_: The number of epochs so far.
        n_outputs_: The number of units of the last layer.
        classes_: The labels, in the order of the columns of `predict_proba`.
        n_features_in_: The number of features.
        feature_names_in_: Their names, if X came with some.

    Example:
        >>> X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), ["same", "other", "other", "same"]
        >>> classifier = MinifwClassifier((8,), learning_rate=0.05, random_state=1).fit(X, y)
        >>> classifier.predict(X).tolist()
        ['same', 'other', 'other', 'same']
    """

    _ending = "softmax"
    _default_loss = SparseCategoricalCrossentropyLoss

    class_weight: Any = None

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train one epoch, without validation; ten calls are, bit for bit, one fit of ten epochs.

        Args:
            X: The samples, `(n, features)`.
            y: Their labels.
            classes: All labels there will be; for the first call, unless its `y` holds them all.
            sample_weight: One weight a sample.
        """
        if self.class_weight == "balanced":
            what = "class_weight='balanced' is counted from all labels; for partial_fit give {label: weight}"
            raise ArgumentValueError(f"MinifwClassifier: {what}")
        return self._train(X, y, sample_weight, new=not hasattr(self, "network_"), classes=classes)

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, `(n, classes)`, in the order of `classes_`."""
        return self._outputs(X)

    def predict(self, X: Any) -> Array:
        """Return the most probable label of each sample."""
        best = self._outputs(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def _targets(self, y: Array, new: bool, classes: Any) -> Array:
        """Return the numbers of the labels."""
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        labels = np.unique(y if classes is None else classes)
        if new:
            self.classes_, self.n_outputs_ = labels, len(labels)
        elif classes is not None and not np.array_equal(labels, self.classes_):
            raise ArgumentValueError(f"partial_fit: classes={shown(classes)}, but the first call had {self.classes_}")
        if new and classes is None and len(labels) == 1:
            raise ArgumentValueError(f"MinifwClassifier: y holds only one class, {labels.item()!r}; at least two are needed")
        unknown = np.setdiff1d(y, self.classes_)
        if unknown.size:
            raise ArgumentValueError(f"MinifwClassifier: y holds {unknown}, which are not among the classes {self.classes_}")
        return np.searchsorted(self.classes_, y)


class MinifwRegressor(MultiOutputMixin, RegressorMixin, _Estimator):
    """A network that predicts numbers, one or several a sample; behind its layers stands a `Dense`, one unit a number.

    Args:
        layers: The hidden layers: sizes, layers, or both.
        loss: A `Loss`, its class or its name. Without one the squared error, divided by the sum of the weights.
        validation_split: The share of samples, drawn at random, that only validates.
        others: As those of `MinifwClassifier`.

    Attributes:
        n_outputs_: How many numbers a sample has.
        others: As those of `MinifwClassifier`, but for the classes.

    Example:
        >>> X = np.linspace(-1, 1, 50).reshape(-1, 1)
        >>> y = np.sin(3 * X[:, 0])
        >>> regressor = MinifwRegressor((32, 32), batch_size=10, random_state=1)
        >>> regressor.fit(X, y).score(X, y) > 0.99
        True
    """

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one epoch, without validation; ten calls are, bit for bit, one fit of ten epochs.

        Args:
            X: The samples, `(n, features)`.
            y: The targets, `(n,)` or `(n, outputs)`.
            sample_weight: One weight a sample.
        """
        return self._train(X, y, sample_weight, new=not hasattr(self, "network_"))

    def predict(self, X: Any) -> Array:
        """Return the predicted numbers, shaped like the targets of `fit`."""
        return self._outputs(X).reshape(-1, *self._shape)

    def _targets(self, y: Array, new: bool, classes: Any) -> Array:
        if new:
            self._shape, self.n_outputs_ = y.shape[1:], y[0].size
        return y.reshape(len(y), -1)
