"""One hash for equal values: the content address of cases, posteriors and forecasts."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class ContentAddressed(Protocol):
    """A value that already has a hash of its own."""

    @property
    def content_address(self) -> str:
        """SHA-256 in hexadecimal."""
        ...


def digest(*values: object) -> str:
    """SHA-256 in hexadecimal over `values`; equal values give equal hashes on every machine."""
    text = json.dumps([_plain(v) for v in values], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value)
        body = hashlib.sha256(array.tobytes()).hexdigest()
        return [array.dtype.str, list(array.shape), body]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, ContentAddressed):
        return [type(value).__name__, value.content_address]
    if dataclasses.is_dataclass(value):
        fields = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"": type(value).__name__, **fields}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    raise TypeError(f"A {type(value).__name__} has no stable hash.")
