"""Training as a film."""

import numpy as np
import pytest
from trace_networks import LAYERS, embedded, network, same, samples, tutorial

from minifw import SGD, ArgumentTypeError, ArgumentValueError, Dense, MSELoss, Recorder, Sequential


def film(every=3, epochs=4):
    net, x, y = tutorial()
    net.compile(SGD(0.5), "mse")
    recorder = Recorder(x, y, every=every)
    net.fit(np.repeat(x, 2, axis=0), np.repeat(y, 2, axis=0), batch_size=1, epochs=epochs, verbose=0, callbacks=[recorder])
    return net, recorder


@pytest.mark.parametrize("row", LAYERS)
def test_training_goes_on_bit_for_bit_as_without_it(row):
    net, alone = network(row), network(row)
    x, y = samples(net, 12)
    for each, callbacks in ((net, [Recorder(x[:2], y[:2])]), (alone, [])):
        each.fit(x, y, batch_size=5, epochs=3, verbose=0, callbacks=callbacks)
    assert np.array_equal(net.packed.params, alone.packed.params) and np.array_equal(net.packed.state, alone.packed.state)


def test_the_recorder_looks_before_training_every_few_steps_and_at_the_end():
    net, recorder = film()
    assert recorder.steps == [0, 3, 6, 8] and len(recorder.traces) == 4
    assert film(every=4)[1].steps == [0, 4, 8] and film(every=100)[1].steps == [0, 8]
    losses = [trace.loss for trace in recorder.traces]
    assert losses == sorted(losses, reverse=True) and losses[0] == pytest.approx(0.1059625955371147)
    assert losses[-1] == MSELoss().forward(recorder.y, net.predict(recorder.x))


def test_a_recorder_says_what_it_has_seen():
    assert repr(Recorder([[1.0]], [[1.0]], every=3)) == "Recorder(no traces yet, every=3)"
    assert repr(film()[1]) == "Recorder(4 traces, steps 0 to 8, every=3)"


def test_a_second_fit_is_a_second_film():
    net, recorder = film()
    before = recorder.traces
    net.fit(recorder.x, recorder.y, epochs=1, verbose=0, callbacks=[recorder])
    assert recorder.steps == [0, 1] and len(before) == 4


def test_a_network_that_is_built_by_its_first_batch_is_seen_where_it_starts():
    net = Sequential([Dense(2)], seed=1)
    net.compile("sgd", "mse")
    recorder = Recorder(np.ones((1, 3)), np.ones((1, 2)))
    net.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0, callbacks=[recorder])
    same = Sequential([Dense(2)], seed=1)
    same.build((3,))
    assert np.array_equal(recorder.traces[0][-1].params["kernel"], same.layers[0].params.kernel)


def test_the_page_has_a_frame_for_each_trace(tmp_path):
    _, recorder = film()
    recorder.save_html(tmp_path / "film.html")
    data = embedded((tmp_path / "film.html").read_text(encoding="utf-8"))
    assert [frame["step"] for frame in data["frames"]] == recorder.steps
    for frame, trace in zip(data["frames"], recorder.traces, strict=True):
        assert frame["loss"] == trace.loss
        assert all(same(hop["back"], jump.message_out) for hop, jump in zip(frame["hops"], trace.forward, strict=True))


def test_arguments_of_the_recorder_are_checked():
    with pytest.raises(ArgumentValueError, match=r"Recorder: every must be in \[1, inf\), got 0"):
        Recorder(np.ones(1), np.ones(1), every=0)
    with pytest.raises(ArgumentTypeError, match="Recorder: every must be an integer"):
        Recorder(np.ones(1), np.ones(1), every=1.5)
