"""The notebook for a class is committed without outputs, runs from top to bottom, and shows what its text says."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "examples" / "backpropagation.ipynb"
ANSWER = re.compile(r"<details><summary>Answer</summary>.*?^```python\n(.*?)^```$.*?</details>", re.MULTILINE | re.DOTALL)


def read():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What each cell printed, by its id, answers to the exercises included, and the cells that show more than text."""
    notebook = read()
    cells = []
    for cell in notebook.cells:
        answers = ANSWER.findall(cell.source) if cell.cell_type == "markdown" else []
        cells += [cell, *(nbformat.v4.new_code_cell(code, id=f"{cell.id}-{i}") for i, code in enumerate(answers))]
    notebook.cells = cells
    folder = tmp_path_factory.mktemp("notebook")
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    assert not list(folder.iterdir())
    return {cell.id: cell.outputs for cell in cells if cell.cell_type == "code"}


def printed(outputs, name):
    texts = [output.get("text") or output["data"]["text/plain"] for output in outputs[name]]
    return "\n".join(texts)


def numbers(outputs, name):
    return [float(number) for number in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", printed(outputs, name))]


def data(outputs, name, kind):
    return [output["data"][kind] for output in outputs[name] if kind in output.get("data", ())]


def test_it_is_committed_without_outputs_and_in_short_cells():
    notebook = read()
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) > 20 and all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert max(len(cell.source.splitlines()) for cell in code) <= 20
    assert sum(len(ANSWER.findall(cell.source)) for cell in notebook.cells) == 4


def test_nothing_warns(outputs):
    assert [name for name, shown in outputs.items() for output in shown if output.get("name") == "stderr"] == []


def test_the_first_guess_and_the_jumps_are_the_tutorials(outputs):
    assert numbers(outputs, "guess")[-1] == pytest.approx(0.1059625955371147, rel=1e-12)
    assert printed(outputs, "trace").count("collect") == 7
    assert "collect 2 (ŷ - y) / n\n" in printed(outputs, "trace")
    (page,) = data(outputs, "page", "text/html")
    assert page.startswith("<iframe srcdoc=") and "Jumping back" in page
    assert numbers(outputs, "held") == pytest.approx([0.0059982, 0.01293091, 0.01724639, 0.03452669, 0.03090086])


def test_one_weight_by_hand_explained_and_moved_is_one_number(outputs):
    by_hand = numbers(outputs, "by-hand")[-1]
    assert by_hand == pytest.approx(numbers(outputs, "explained")[0], rel=1e-13)
    assert printed(outputs, "explained").endswith("the same number: True\n")
    promised, seen = numbers(outputs, "nudge")
    assert promised == by_hand and seen == pytest.approx(by_hand, rel=1e-8)
    assert printed(outputs, "all-by-hand") == "dense True\ndense_1 True\ndense_2 True\n"
    assert numbers(outputs, "exercise-1-0")[0] == pytest.approx(0.0013826737014520898, rel=1e-12)
    assert "gradient of W2₃₂, dense_1/kernel[2, 1]: 0.00138267370145" in printed(outputs, "exercise-1-0")


def test_it_learns_the_truth(outputs):
    assert re.fullmatch(r"History\(2000 epochs, loss 0.106 -> (\d\.?\d*e-\d\d|0)\)", printed(outputs, "learn"))
    guessed, true = printed(outputs, "learned").splitlines()
    assert guessed.replace("guessed:", "") == true.replace("true:   ", "")


def test_the_message_fades_through_sigmoids_and_hardly_through_relu(outputs):
    (sigmoid,), (glorot, he) = numbers(outputs, "fade"), numbers(outputs, "relu")
    tanh, small = numbers(outputs, "exercise-2-0")
    assert sigmoid < 1e-6 and 1e-3 < glorot < 1e-1 and 0.2 < he < 5 and 0.2 < tanh < 5 and small < sigmoid
    assert [len(data(outputs, name, "image/png")) for name in ("fade", "relu", "exercise-2-0", "curves")] == [1, 2, 2, 1]
    _, after_sigmoid, _, after_relu, mean = numbers(outputs, "deep-learn")
    assert after_sigmoid == pytest.approx(mean, rel=0.05) and after_relu < mean / 20


def test_the_checks_find_what_is_wrong_and_pass_what_is_right(outputs):
    lines = printed(outputs, "check").splitlines()
    assert [line.split()[0] for line in lines] == ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias", "input"]
    assert all(float(line.split()[-1]) < 1e-7 for line in lines)
    assert printed(outputs, "wrong").startswith("right: False\n")
    says, is_so = numbers(outputs, "wrong")
    assert is_so == pytest.approx(2 * says, abs=1e-5)
    assert all(printed(outputs, name) == "right: True\n" for name in ("swish", "exercise-3-0", "exercise-3-1"))


def test_all_optimizers_come_down(outputs):
    sgd, momentum, rmsprop, adam = numbers(outputs, "compare")
    assert max(adam, momentum) < sgd < 0.01 and rmsprop < 0.01


def test_a_layer_of_ones_own_trains_and_is_seen(outputs):
    said = printed(outputs, "use")
    assert "swish_1" in said and "Swish.backward" in said
    assert numbers(outputs, "use")[1] < 0.001
