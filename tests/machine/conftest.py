# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a machine here boots, the daemon must not call it a failure unless it is one."""

import pytest


def pytest_configure(config):
    config.addinivalue_line("markers", "verdicts(*reasons): the verdicts that this test's machines deserve")


@pytest.fixture(autouse=True)
def no_false_alarm(request):
    """After each test: every verdict that was told is one that the test expects."""
    lab = request.getfixturevalue("lab") if "lab" in request.fixturenames else None
    yield
    if lab is None or lab.imprint is None or lab.imprint.poll() is not None:
        return
    marker = request.node.get_closest_marker("verdicts")
    allowed = set(marker.args) if marker else set()
    wrong = [event["text"] for event in lab.events() if event["kind"] == "verdict" and not allowed & set(event["reasons"])]
    assert wrong == []
