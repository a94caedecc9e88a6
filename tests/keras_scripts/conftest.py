"""These are scripts, run by `test_keras_scripts.py`; nothing in them is collected."""

collect_ignore_glob = ["*.py"]
