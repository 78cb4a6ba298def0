"""Parts that are not in the core: named as pyproject names them, and asked for in words."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

import mixengine
from mixengine.cli.shared import plugins_mode
from mixengine.system import extras
from mixengine.system.errors import UserError
from tests.helpers.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BUNDLES = {"all", "test", "bench"}


def test_they_are_those_of_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(extras.EXTRAS) == set(project["optional-dependencies"]) - BUNDLES
    core = {re.split(r"[^\w-]", line)[0] for line in project["dependencies"]}
    named = {module for extra in extras.EXTRAS.values() for module in extra.modules}
    assert not named & core


@pytest.fixture
def without_pedalboard(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pedalboard" else real(name, *rest)
    )


def test_plugins_without_their_extra_name_it(without_pedalboard: None, tmp_path: Path) -> None:
    (tmp_path / "x.RPP").write_text('<REAPER_PROJECT 0.1 "7.0" 0\n>\n')
    for ask in (
        lambda: plugins_mode("host", "x.RPP"),
        lambda: mixengine.balance(tmp_path / "x.RPP", plugins="host"),
    ):
        with pytest.raises(UserError, match=r'pedalboard.*pip install "mixengine\[plugins\]"; without it ReaEQ'):
            ask()
    assert plugins_mode("models", "x.RPP") == "models"
