"""The demo, step by step, as it happens."""

import tempfile
import time
from pathlib import Path

from bodytwin.cli import words
from bodytwin.cli.command import Answer
from bodytwin.cli.progress import progress
from bodytwin.cli.session import opened


def run(home: Path | None, *, quiet: bool) -> Answer:
    """Print every step unless `quiet`, and answer with all of them."""
    from bodytwin.service.demo import demo

    folder = home or Path(tempfile.mkdtemp(prefix="bodytwin-demo-"))
    started = time.monotonic()
    steps: list[dict[str, object]] = []
    with opened(folder) as workspace, progress() as report:
        for step in demo(workspace, page=folder / "report.html", progress=report):
            steps.append({"says": step.says, "kind": step.kind, "answer": step.shape})
            if not quiet:
                print(f"\n{len(steps)}. {step.says}\n{words.OF_KIND[step.kind](step.shape)}")
    shape = {"home": str(folder.resolve()), "steps": steps}
    took = f"Done in {time.monotonic() - started:.0f} s. Everything lies in {folder.resolve()}."
    return Answer(shape=shape, words=f"\n{took}")
