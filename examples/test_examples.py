"""Every example runs, makes its picture, and still gives its number."""

import importlib.util
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
README = HERE.parent / "README.md"


def example(name: str):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_which_dose_next(tmp_path):
    in_range = example("which_dose_next").main(tmp_path)
    assert in_range["2.5 mg every 12 h"] == pytest.approx(0.91, abs=0.03)
    assert max(in_range, key=in_range.get) in ("2 mg every 12 h", "2.5 mg every 12 h")
    assert "<svg" in (tmp_path / "which_dose_next.html").read_text()


def test_two_levels_make_three_averaged_models_surer():
    widths = example("how_sure_with_three_models").main()
    assert widths["after"] < 0.8 * widths["before"]


def test_the_readme_does_what_it_says(capsys, monkeypatch):
    monkeypatch.chdir(README.parent)
    block = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL).group(1)
    exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out.strip()
    assert f"# {printed}" in block
