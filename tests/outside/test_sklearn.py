"""The estimators pass scikit-learn's own checks and take part in all that it does with estimators."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from minifw import (
    Adam,
    ArgumentTypeError,
    ArgumentValueError,
    CategoricalCrossentropyLoss,
    Conv2D,
    Dense,
    Dropout,
    EarlyStopping,
    ExponentialDecay,
    Flatten,
    LeakyReLU,
    NonFiniteError,
    Recorder,
    Reshape,
    Sequential,
)
from minifw.sklearn import MinifwClassifier, MinifwRegressor

LAYERS = [Dense(16), LeakyReLU(), 8]
IRIS, SPECIES = load_iris(return_X_y=True)
IRIS = (IRIS - IRIS.mean(axis=0)) / IRIS.std(axis=0)
PATIENTS, PROGRESS = load_diabetes(return_X_y=True)
PATIENTS, PROGRESS = PATIENTS * 20, (PROGRESS - PROGRESS.mean()) / PROGRESS.std()
TWO = np.stack([PROGRESS, -2 * PROGRESS], axis=1)


def classifier(layers=(16,), **arguments):
    return MinifwClassifier(layers, **{"epochs": 10, "learning_rate": 0.01, "random_state": 1, **arguments})


def regressor(layers=(16,), **arguments):
    return MinifwRegressor(layers, **{"epochs": 10, "learning_rate": 0.01, "random_state": 1, **arguments})


BOTH = [
    pytest.param(classifier, IRIS, SPECIES, id="classifier"),
    pytest.param(regressor, PATIENTS, PROGRESS, id="regressor"),
    pytest.param(regressor, PATIENTS, TWO, id="two outputs"),
]


def same_bits(one, two):
    return one.network_.fingerprint() == two.network_.fingerprint()


# -- scikit-learn's checks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [(100,), LAYERS], ids=["sizes", "layers"])
@pytest.mark.parametrize("cls, least", [(MinifwClassifier, 60), (MinifwRegressor, 58)])
def test_every_check_of_scikit_learn_passes(cls, least, layers):
    results = check_estimator(cls(layers), on_fail=None, on_skip=None)
    other = {result["check_name"]: result["exception"] for result in results if result["status"] != "passed"}
    assert other.keys() <= {"check_array_api_input"}, other  # it needs a variable of the environment
    assert len(results) >= least + len(other)


# -- what it does with estimators -------------------------------------------------------------------------------------


def test_a_pipeline_scales_fits_and_scores():
    pipeline = make_pipeline(StandardScaler(), classifier(epochs=60))
    assert pipeline.fit(*load_iris(return_X_y=True)).score(*load_iris(return_X_y=True)) > 0.95


@pytest.mark.parametrize("grid", [[(4,), (16, 8)], [[Dense(4), LeakyReLU()], LAYERS]], ids=["sizes", "layers"])
def test_a_search_over_layers_gives_the_same_scores_in_two_processes(grid):
    options = {"param_grid": {"layers": grid, "learning_rate": [0.001, 0.02]}, "cv": 3, "error_score": "raise"}
    one = GridSearchCV(classifier(), **options).fit(IRIS, SPECIES)
    two = GridSearchCV(classifier(), **options, n_jobs=2).fit(IRIS, SPECIES)
    np.testing.assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    assert one.best_params_["learning_rate"] == two.best_params_["learning_rate"] == 0.02
    assert same_bits(one.best_estimator_, two.best_estimator_)


def test_cross_validation_sees_that_it_learns():
    assert cross_val_score(classifier(epochs=120), IRIS, SPECIES).mean() > 0.93
    assert cross_val_score(regressor(epochs=40), PATIENTS, PROGRESS).mean() > 0.35


def test_bagging_and_permutation_importance():
    bag = BaggingClassifier(classifier(epochs=120), 3, random_state=1).fit(IRIS, SPECIES)
    assert bag.score(IRIS, SPECIES) > 0.93
    assert len({member.network_.fingerprint() for member in bag.estimators_}) == 3
    found = permutation_importance(bag, IRIS, SPECIES, random_state=1).importances_mean
    assert found[2:].min() > found[:2].max()  # the petals tell the species


def test_weights_are_routed_through_searches_and_folds():
    weights = (SPECIES != 2).astype(float)
    with config_context(enable_metadata_routing=True):
        asking = classifier(epochs=40).set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        search = GridSearchCV(asking, {"layers": [(8,)]}, cv=3).fit(IRIS, SPECIES, sample_weight=weights)
        folds = cross_validate(asking, IRIS, SPECIES, params={"sample_weight": weights}, cv=3, return_estimator=True)
    for fitted in (search.best_estimator_, *folds["estimator"]):
        assert set(fitted.predict(IRIS)) == {0, 1}  # the third class weighed nothing


def test_names_of_columns_are_kept_and_another_order_is_refused():
    frame = pd.DataFrame(IRIS, columns=["a", "b", "c", "d"])
    fitted = classifier().fit(frame, SPECIES)
    assert fitted.feature_names_in_.tolist() == ["a", "b", "c", "d"] and fitted.n_features_in_ == 4
    np.testing.assert_array_equal(fitted.predict_proba(frame), classifier().fit(IRIS, SPECIES).predict_proba(IRIS))
    with pytest.raises(ValueError, match="names must be in the same order"):
        fitted.predict(frame[["b", "a", "c", "d"]])


@pytest.mark.parametrize("make, x, y", BOTH)
def test_clones_and_pickles_give_the_same_bits_and_go_on_alike(make, x, y):
    fitted = make(LAYERS).fit(x, y)
    back = pickle.loads(pickle.dumps(fitted))
    assert same_bits(fitted, back) and same_bits(fitted, clone(fitted).fit(x, y))
    assert same_bits(fitted.partial_fit(x, y), back.partial_fit(x, y))
    np.testing.assert_array_equal(fitted.predict(x), back.predict(x))


@pytest.mark.parametrize("layers", [(16,), [Dense(16), Dropout(0.5)]], ids=["sizes", "dropout"])
@pytest.mark.parametrize("make, x, y", BOTH)
def test_ten_partial_fits_are_one_fit_of_ten_epochs(make, x, y, layers):
    fitted, by_parts = make(layers, batch_size=32).fit(x, y), make(layers, batch_size=32)
    for _ in range(10):
        by_parts.partial_fit(x, y)
    assert same_bits(fitted, by_parts)
    assert fitted.history_ == by_parts.history_ and fitted.n_iter_ == by_parts.n_iter_ == 10


def test_warm_start_goes_on_and_without_it_fit_begins_anew():
    whole = classifier(epochs=20).fit(IRIS, SPECIES)
    warm = classifier(warm_start=True).fit(IRIS, SPECIES).fit(IRIS, SPECIES)
    assert same_bits(whole, warm) and warm.n_iter_ == 20
    again = classifier().fit(IRIS, SPECIES)
    assert same_bits(again, clone(again).fit(IRIS, SPECIES).fit(IRIS, SPECIES)) and again.n_iter_ == 10


def test_predictions_have_the_shape_of_the_targets():
    assert regressor().fit(PATIENTS, PROGRESS).predict(PATIENTS).shape == (442,)
    fitted = regressor(epochs=60).fit(PATIENTS, TWO)
    assert fitted.predict(PATIENTS).shape == (442, 2) and fitted.n_outputs_ == 2
    assert fitted.score(PATIENTS, TWO) > 0.4


def test_the_dtype_is_that_of_the_samples_or_the_one_given():
    assert regressor().fit(PATIENTS.astype("float32"), PROGRESS).predict(PATIENTS).dtype == "float32"
    assert regressor().fit(PATIENTS, TWO).predict(PATIENTS).dtype == "float64"
    assert classifier(dtype="float32").fit(IRIS, SPECIES).predict_proba(IRIS).dtype == "float32"


# -- validation, callbacks, weights -----------------------------------------------------------------------------------


def held_out(monkeypatch, make, x, y, **arguments):
    """The rows that validated, as (samples, targets, weights)."""
    seen, fit = [], Sequential.fit

    def spy(net, *args, **kwargs):
        seen.append(kwargs["validation_data"])
        return fit(net, *args, **kwargs)

    monkeypatch.setattr(Sequential, "fit", spy)
    make(validation_split=0.2, **arguments).fit(x, y)
    return seen[0]


def test_rows_that_validate_are_drawn_of_every_class_alike(monkeypatch):
    x, y = held_out(monkeypatch, classifier, IRIS, SPECIES)  # sorted: the last rows would be of one class
    assert np.bincount(y).tolist() == [10, 10, 10]
    assert not np.array_equal(x, IRIS[-30:])


def test_rows_that_validate_are_those_of_the_random_state(monkeypatch):
    one, two, other = (held_out(monkeypatch, regressor, PATIENTS, PROGRESS, random_state=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert len(one) == 89 and not np.array_equal(one, other)


def test_weights_follow_their_rows_into_the_validation(monkeypatch):
    _, y, weights = held_out(monkeypatch, classifier, IRIS, SPECIES, class_weight={0: 1, 1: 2, 2: 3})
    np.testing.assert_array_equal(weights, y + 1)


def test_early_stopping_stops_and_is_copied_for_each_fit():
    stopping = EarlyStopping(patience=3, restore_best_weights=True)
    fitted = classifier(epochs=500, learning_rate=0.05, validation_split=0.2, callbacks=[stopping]).fit(IRIS, SPECIES)
    assert 3 < fitted.n_iter_ < 500 and len(fitted.history_["val_loss"]) == fitted.n_iter_
    assert stopping.model is None  # the one that was given saw nothing
    fitted.fit(IRIS, SPECIES)
    assert 3 < fitted.n_iter_ < 500


def test_arguments_are_copied_before_they_are_used():
    given = {"layers": [Dense(8)], "optimizer": Adam(0.05), "callbacks": [Recorder(IRIS[:1], [0])]}
    fitted = classifier(**given, learning_rate=None).fit(IRIS, SPECIES)
    assert all(fitted.get_params()[name] is value for name, value in given.items())
    assert given["layers"][0].input_shape is None and not given["callbacks"][0].traces
    assert fitted.network_.optimizer.learning_rate == 0.05


def test_a_class_that_weighs_nothing_is_not_learned():
    fitted = classifier(epochs=40, class_weight={0: 1, 1: 1, 2: 0}).fit(IRIS, SPECIES)
    assert set(fitted.predict(IRIS)) == {0, 1}
    rare = np.r_[0:50, 50:55]
    balanced = classifier(class_weight="balanced").fit(IRIS[rare], SPECIES[rare])
    weights = np.where(SPECIES[rare] == 1, 55 / 10, 55 / 100)
    assert same_bits(balanced, classifier().fit(IRIS[rare], SPECIES[rare], sample_weight=weights))


def test_another_loss_may_want_one_hot_targets():
    loss = CategoricalCrossentropyLoss(label_smoothing=0.1)
    fitted = classifier(loss=loss, epochs=60, validation_split=0.2).fit(IRIS, SPECIES)
    assert fitted.score(IRIS, SPECIES) > 0.93 and fitted.predict_proba(IRIS).max() < 0.99


def test_a_row_becomes_an_image_inside():
    layers = [Reshape((2, 2, 1)), Conv2D(4, 2, activation="relu"), Flatten(), 8]
    assert classifier(layers, epochs=60).fit(IRIS, SPECIES).score(IRIS, SPECIES) > 0.8


def test_one_layer_or_one_size_needs_no_list_and_none_is_a_linear_model():
    for layers, count in ((8, 2), (Dense(8), 2), ((), 1)):
        assert len(classifier(layers).fit(IRIS, SPECIES).network_.layers) == count


def test_without_a_random_state_every_fit_starts_elsewhere_and_the_global_generator_is_left_alone():
    before = np.random.get_state()
    one, two = (classifier(random_state=None, validation_split=0.2).fit(IRIS, SPECIES) for _ in range(2))
    assert not same_bits(one, two)
    np.testing.assert_equal(np.random.get_state(), before)


def test_labels_are_words_too():
    names = np.array(["setosa", "versicolor", "virginica"])
    fitted = classifier().fit(IRIS, names[SPECIES])
    assert fitted.classes_.tolist() == names.tolist()
    np.testing.assert_array_equal(fitted.predict(IRIS), names[classifier().fit(IRIS, SPECIES).predict(IRIS)])


# -- what is refused --------------------------------------------------------------------------------------------------

REFUSED = [
    ({"layers": ["relu"]}, ArgumentTypeError, "MinifwClassifier: a size in layers must be an integer in .*, got 'relu'"),
    ({"layers": "relu"}, ArgumentTypeError, "a size in layers must be an integer in .*, got 'relu'"),
    ({"layers": None}, ArgumentTypeError, "a size in layers must be an integer in .*, got None"),
    ({"layers": (0,)}, ArgumentValueError, "a size in layers must be in .*, got 0"),
    ({"validation_split": 1.0}, ArgumentValueError, "MinifwClassifier: validation_split must be in"),
    ({"batch_size": 0}, ArgumentValueError, "batch_size must be in"),
    ({"optimizer": "addam"}, ArgumentValueError, "MinifwClassifier: unknown optimizer 'addam'; did you mean 'Adam'"),
    ({"loss": "msee"}, ArgumentValueError, "unknown loss"),
    ({"optimizer": Adam(ExponentialDecay(0.1, 10, 0.5))}, ArgumentTypeError, "the learning rate follows"),
    ({"class_weight": {"Setosa": 2.0}}, ValueError, "are not in class_weight"),
]


@pytest.mark.parametrize("arguments, error, message", REFUSED)
def test_arguments_are_refused_when_it_is_fitted(arguments, error, message):
    with pytest.raises(error, match=message):
        classifier(**arguments).fit(IRIS, SPECIES)


def test_a_fit_that_fails_leaves_the_estimator_as_it_was():
    fitted = classifier().fit(IRIS, SPECIES)
    before, bits = dict(vars(fitted)), fitted.network_.fingerprint()
    with pytest.raises(ValueError, match="y holds only one class, 'a'"):
        fitted.fit(IRIS[:, :3], ["a"] * 150)
    fitted.set_params(optimizer="sgd", learning_rate=1e300)
    with pytest.raises((NonFiniteError, ValueError)):
        fitted.fit(IRIS, ["a", "b"] * 75)
    fitted.set_params(optimizer="adam", learning_rate=0.01)
    assert vars(fitted) == before and fitted.network_.fingerprint() == bits
    unfitted = classifier()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        unfitted.fit(IRIS, SPECIES[:-1])
    with pytest.raises(NotFittedError):
        unfitted.predict(IRIS)


def test_labels_and_classes_that_do_not_fit_together_are_refused():
    begun = classifier().partial_fit(IRIS[:10], SPECIES[:10], classes=[0, 1, 2])
    assert begun.partial_fit(IRIS, SPECIES).predict_proba(IRIS).shape == (150, 3)
    with pytest.raises(ArgumentValueError, match=r"classes=\[0, 1\], but the first call had \[0 1 2\]"):
        begun.partial_fit(IRIS, SPECIES, classes=[0, 1])
    with pytest.raises(ArgumentValueError, match=r"y holds \['c10'\], which are not among the classes \['c1' 'c2'\]"):
        MinifwClassifier().partial_fit(IRIS[:6], ["c1", "c2", "c10"] * 2, classes=["c1", "c2"])
    with pytest.raises(ArgumentValueError, match=r"y holds \[3 4\], which are not among the classes \[0 1 2\]"):
        begun.partial_fit(IRIS[:2], [3, 4])
    with pytest.raises(ArgumentValueError, match="y holds only one class"):
        classifier().partial_fit(IRIS[:10], SPECIES[:10])
    with pytest.raises(ArgumentValueError, match="class_weight='balanced' is counted from all labels"):
        classifier(class_weight="balanced").partial_fit(IRIS, SPECIES)
