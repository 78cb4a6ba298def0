"""The programs in ``examples`` run as they stand."""

from __future__ import annotations

import runpy
import sys
import tempfile
from pathlib import Path

import pytest

from mixengine.jobs.lint import checks

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(autouse=True)
def _temporary_folders_go(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def run(name: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> dict:
    monkeypatch.setattr(sys, "argv", [name, *words])
    return runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def test_all_examples_are_tried_here():
    assert {path.name for path in EXAMPLES.glob("*.py")} == {"custom_check.py", "python_api.py"}


def test_the_python_api(tmp_path, monkeypatch, capsys):
    scope = run("python_api.py", monkeypatch)
    shown = capsys.readouterr().out
    assert {Path(scope[name]["project"]).name for name in ("written", "episode")} == {"song.RPP", "episode.RPP"}
    assert all(Path(scope[name]["project"]).is_relative_to(tmp_path) for name in ("written", "episode"))
    assert scope["anchored"].to_dict()["tracks"][0]["gain_db"] == 0.0
    assert "wants" in shown and " s: " in shown


def test_a_check_of_ones_own(tmp_path, monkeypatch, capsys):
    before = dict(checks.CHECKS)
    try:
        run("custom_check.py", monkeypatch)
        assert "the limit is -6" in capsys.readouterr().out
        with pytest.raises(SystemExit) as stopped:
            run("custom_check.py", monkeypatch, "lint", str(tmp_path / "nothing.RPP"), "--check", "hot_recording")
        assert stopped.value.code == 1
    finally:
        checks.CHECKS.clear()
        checks.CHECKS.update(before)
