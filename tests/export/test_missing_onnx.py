"""Without the package that an export needs."""

import sys

import pytest

from minifw import Dense, Input, Sequential


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r'net.export\(\) writes the file with onnx: pip install "minifw\[onnx\]"'):
        Sequential([Input((5,)), Dense(2)]).export(tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())
