# SPDX-License-Identifier: GPL-3.0-or-later
"""What integration and machine tests share: a lab of their own each."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lab import Lab  # noqa: E402


@pytest.fixture
def lab():
    """A private network with nothing on it but this server's bridge."""
    with Lab() as made:
        yield made
