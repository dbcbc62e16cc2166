"""Write what was found of a heart as one HTML page."""

from pathlib import Path

from bodytwin.contract.study import Shape, packed
from bodytwin.errors import StoreError
from bodytwin.report.heart import render_heart
from bodytwin.service.heart import TWIN
from bodytwin.service.studying import view
from bodytwin.service.workspace import Workspace


def write_heart_page(
    workspace: Workspace, patient: str, path: Path, *, screen: Shape, search: Shape | None = None
) -> None:
    """Write the page to `path`; `screen` and `search` are answers of these studies."""
    seen = view(workspace, patient, TWIN)
    page = render_heart(
        title=f"Heart of {patient[:12]}",
        view=seen.header,
        arrays={name: packed(values) for name, values in seen.arrays.items()},
        screen=screen,
        search=search,
    )
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"The page cannot be written: {error.strerror}.") from error
