"""What holds for a whole run of the tests."""

import gc


def pytest_collection_finish():
    """Thousands of collected tests are no garbage: without them each `gc.collect()` of a test takes no time."""
    gc.collect()
    gc.freeze()
