"""The examples of docs/api.md run as they stand, on the demo's stems."""

from __future__ import annotations

import importlib
import re
import shutil

import pytest

import mixengine
from mixengine.app import demo
from mixengine.jobs import registry
from mixengine.system.errors import UserError
from tests.helpers.paths import ROOT

PAGE = ROOT / "docs" / "api.md"


@pytest.fixture
def stems(tmp_path, monkeypatch):
    shutil.copytree(demo.AUDIO, tmp_path / "stems")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_run(stems, capsys):
    scope: dict = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
        exec(block, scope)
    shown = capsys.readouterr().out
    assert "wants" in shown and "did you mean 'pop'?" in shown
    assert (stems / "mixed" / "song.RPP").is_file() and (stems / "mixed" / "episode.RPP").is_file()
    assert scope["decision"]._repr_html_().startswith("<pre>")
    assert scope["decision"].to_dict()["preset"] == "voice-over-music"


@pytest.mark.parametrize("name", ("balance", "duck", "render", "tone"))
def test_a_job_can_be_called_after_its_room_was_imported(name):
    room = {"tone": "unmask"}.get(name, name)
    importlib.import_module(f"mixengine.jobs.{room}.{'export' if name == 'render' else 'job'}")
    with pytest.raises(UserError, match="not found"):
        getattr(mixengine, name)("nowhere.RPP")


def test_every_job_that_decides_can_be_called():
    jobs = {job.name for job in registry.every() if not job.reads_only}
    assert jobs <= set(mixengine._FUNCTIONS) and all(callable(getattr(mixengine, name)) for name in jobs)


def test_an_unknown_setting_is_named(stems):
    with pytest.raises(UserError, match=r"settings of duck: .*'depth'"):
        mixengine.duck("stems", depth=3)
