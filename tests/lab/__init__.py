# SPDX-License-Identifier: GPL-3.0-or-later
"""A private network in namespaces, with imprint, hosts and virtual machines on it: for the tests and the demonstration."""

from .network import Lab, LabError  # noqa: F401
from .vm import Machine  # noqa: F401
