"""Parts that are not in the core: named as pyproject names them, and asked for in words."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

import mixengine
from mixengine.cli.shared import plugins_mode
from mixengine.separation_models.registry import MODELS, open_model
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


def test_models_name_their_extra_and_nothing_that_it_has_not() -> None:
    used = {name: entry for name, entry in MODELS.items() if entry.extra}
    assert used and {entry.extra for entry in used.values()} <= set(extras.EXTRAS)
    assert all(set(entry.needs) <= set(extras.EXTRAS[entry.extra].modules) for entry in used.values())
    assert not any(entry.needs for entry in MODELS.values() if not entry.extra)


@pytest.mark.parametrize("name", ["demucs", "rnnoise", "spleeter"])
def test_a_model_without_its_libraries_says_how_to_install_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None)
    with pytest.raises(
        UserError, match=rf'{name}: .* is not installed; pip install "mixengine\[{MODELS[name].extra}\]"'
    ):
        open_model(name)
    assert "yaml" not in MODELS["demucs"].missing  # of its extra only what it needs


def test_only_one_table_says_how_an_extra_is_installed() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "mixengine").rglob("*.py")}
    naming = [path.name for path, text in texts.items() if re.search(r"mixengine\[[\w{]", text)]
    assert naming == ["extras.py"]
