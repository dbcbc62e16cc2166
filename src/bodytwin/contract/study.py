"""What a twin can do beyond forecasting and comparing: studies of its own, on a body to look at.

A study takes and gives plain values, so that a page and a command can ask for it without knowing
the twin; what it says carries intervals and units all the same. Numbers by the thousand travel
as `packed` arrays.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case
from bodytwin.contract.posterior import Posterior
from bodytwin.numerics.inference.sample import Progress
from bodytwin.record import Image

Shape = dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A body to look at: what is said of it, and its arrays by name."""

    header: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])


@runtime_checkable
class StudyingTwin(Protocol):
    """A twin with studies of its own; `studies` says in words what each answers."""

    @property
    def studies(self) -> Mapping[str, str]:
        """What each study answers, by name."""
        ...

    def view(self, case: Case[Any]) -> View:
        """The body of this case."""
        ...

    def study(
        self, name: str, posterior: Posterior, asked: Mapping[str, Any], progress: Progress
    ) -> Shape:
        """The answer to what is asked; `progress` raises where the work is to stop."""
        ...


@runtime_checkable
class DrawingTwin(Protocol):
    """A twin that can draw into an image what it does not show, for studies and teaching."""

    def drawn_into(self, image: Image, words: str) -> tuple[Image, str]:
        """The image with what `words` ask for, and a sentence that says it is made up."""
        ...


def packed(values: NDArray[Any]) -> Shape:
    """An array as little-endian bytes in base64, with its type and shape."""
    little = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"))
    return {
        "dtype": values.dtype.name,
        "shape": list(values.shape),
        "base64": b64encode(little.tobytes()).decode(),
    }
