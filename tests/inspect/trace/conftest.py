"""A browser for the tests that look at pages."""

import pytest
from webdriver import browser

QUIET = "#0&quiz=off"


@pytest.fixture(scope="session")
def chromium():
    with browser() as found:
        yield found


@pytest.fixture
def page(chromium, tmp_path):
    """Save a trace or a film, open it, and look at the console and at what was loaded when the test is over."""

    def opened(trace, fragment=QUIET, **window):
        trace.save_html(tmp_path / "page.html")
        chromium.open(tmp_path / "page.html", fragment=fragment, **window)
        return chromium

    yield opened
    assert chromium.errors() == []
    assert chromium.run("return performance.getEntriesByType('resource').length") == 0
