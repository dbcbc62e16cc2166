"""One core for each worker: two that start two threads each mostly wait for each other."""

import numba
import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Leave the second core to the other worker; who asks for two threads still gets them."""
    if hasattr(config, "workerinput"):
        numba.set_num_threads(1)
