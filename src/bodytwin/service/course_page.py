"""Write what was found of a course of radiotherapy as one HTML page."""

from pathlib import Path

from bodytwin.contract.study import Shape, packed
from bodytwin.errors import StoreError
from bodytwin.report.course import render_course
from bodytwin.service.studying import view
from bodytwin.service.workspace import Workspace

TWIN = "radiotherapy"


def write_course_page(workspace: Workspace, patient: str, path: Path, *, answer: Shape) -> None:
    """Write the page to `path`; `answer` is that of a study of the course."""
    seen = view(workspace, patient, TWIN)
    arrays = {name: packed(values) for name, values in seen.arrays.items()}
    page = render_course(
        title=f"Course of {patient[:12]}",
        view=seen.header,
        arrays=arrays | answer.get("surfaces", {}),
        answer=answer,
    )
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"The page cannot be written: {error.strerror}.") from error
