"""What cases share: measured figures are recorded as plain numbers."""

import numpy as np
import pytest


@pytest.fixture
def record_property(record_property):
    def record(name, value):
        record_property(name, plain(value))

    return record


def plain(value):
    """The same without types of NumPy, which cannot go from one process to another."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    return value
