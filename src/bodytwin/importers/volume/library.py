"""The libraries of image formats, which are an extra and are imported when they are needed."""

from importlib import import_module
from types import ModuleType

from bodytwin.errors import InvalidInputError


def library(name: str) -> ModuleType:
    """A library by its name.

    Raises:
        InvalidInputError: it is not installed.

    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise InvalidInputError(
            "Reading images needs the extra 'imaging': pip install 'bodytwin[imaging]'."
        ) from error
