"""The action scripts find the installation; the self-test; a hundred tracks."""

from __future__ import annotations

import json
import re
import shutil
import sys

import pytest

from tests.helpers.paths import ROOT
from tests.helpers.rpp_builders import item, project, source, track
from tests.helpers.studio import OK, YES

pytest.importorskip("reapy", reason="python-reapy is not installed")


SCRIPTS = sorted((ROOT / "reaper_scripts").glob("mixengine_[A-Z]*.py"))


def test_the_thin_scripts_find_the_installation(studio, tmp_path):
    from mixengine.jobs import registry
    from mixengine.reaper import actions

    place = tmp_path / "Scripts" / "mixengine"
    place.mkdir(parents=True)
    for script in [*SCRIPTS, ROOT / "reaper_scripts" / "mixengine_boot.py"]:
        shutil.copy(script, place)
    installed = {"interpreter": sys.executable, "paths": [str(ROOT)]}
    (place / "mixengine_install.json").write_text(json.dumps(installed), encoding="utf-8")
    called = {re.search(r'run\("(\w+)"', script.read_text(encoding="utf-8")).group(1) for script in SCRIPTS}
    assert set(actions.ACTIONS) <= called <= {*actions.ACTIONS, *registry.names()}
    said = {}
    try:
        for script in SCRIPTS:
            studio.sim.open()
            studio.sim.input_answers.append(None)
            studio.sim.run_script(place / script.name)
            said[script.stem.removeprefix("mixengine_")] = studio.sim.boxes[-1][1] if studio.sim.boxes else ""
            studio.sim.boxes.clear()
    finally:
        sys.modules.pop("mixengine_boot", None)
    empty = [name for name, text in said.items() if text == "The project has no tracks."]
    assert len(empty) == 8
    for name in ("Isolate dialogue in selected items", "Separate selected items into stems"):
        assert said[name] == "No item is selected: select the items to work on."
    assert "no report yet" in said["Show last report"]
    assert "changed nothing" in said["Remove everything mixengine did"]
    assert "balanced nothing" in said["Remember my corrections"]
    assert "passed" in studio.sim.console


@pytest.mark.parametrize("content", [None, "{", "{}", '{"interpreter": "x", "paths": 7}', "[]"])
def test_a_missing_or_damaged_installation_is_one_box(studio, tmp_path, content):
    place = tmp_path / "Scripts" / "mixengine"
    place.mkdir(parents=True)
    for name in (SCRIPTS[0].name, "mixengine_boot.py"):
        shutil.copy(ROOT / "reaper_scripts" / name, place)
    if content is not None:
        (place / "mixengine_install.json").write_text(content, encoding="utf-8")
    try:
        studio.sim.run_script(place / SCRIPTS[0].name)
    finally:
        sys.modules.pop("mixengine_boot", None)
    [(_, said, _)] = studio.sim.boxes
    assert said.startswith("mixengine is not set up for this REAPER")


def test_a_hundred_tracks_are_balanced_and_given_back(studio, audio):
    names = ("voice", "music", "bass", "pad", "lead vocal")
    parts = []
    for number in range(1, 101):
        clip = item(1000 + number, media=source(f"{names[number % 5]}.wav"))
        parts.append(track(number, [line.replace("LENGTH 3.25", "LENGTH 1") for line in clip], lines=("SEL 0",)))
    (audio / "hundred.RPP").write_bytes(project(*parts))
    studio.sim.open(audio / "hundred.RPP")
    before = studio.saved
    *_, summary = studio.press("balance", YES, YES)
    assert re.match(r"\d\d+ changes\n", summary)
    studio.sim.calls.clear()
    studio.press("remove", OK)
    assert studio.saved == before
    assert len(studio.sim.calls) < 600
