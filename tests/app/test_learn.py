"""Corrections of faders become a preset."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace

import pytest
import soundfile

from mixengine.app import demo, learn, workflow
from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model import presets
from mixengine.model.plan import Fader
from mixengine.system.errors import UserError
from tests.helpers.sounds import write


@pytest.fixture(scope="module")
def balanced(tmp_path_factory):
    folder = tmp_path_factory.mktemp("song")
    for path in demo.AUDIO.rglob("*.ogg"):
        samples, rate = soundfile.read(path, frames=3 * 44100, start=8 * 44100, always_2d=True)
        write(folder / "stems" / path.relative_to(demo.AUDIO).with_suffix(".wav"), samples, rate)
    workflow.run_job("balance", folder / "stems", BalanceSettings(preset="rock"), out=str(folder / "song.RPP"))
    return (folder / "song.RPP").read_text()


def corrected(text: str, tmp_path, **moves_db: float) -> Project:
    """The project with faders moved, by track name; ``all`` moves every one."""
    for name in re.findall(r"NAME \"?([a-z ]+)\"?\n", text):
        move_db = moves_db.get("all", 0.0) + moves_db.get(name.replace(" ", "_"), 0.0)

        def moved(match, move_db=move_db):
            return f"{match[1]}{float(match[2]) * 10 ** (move_db / 20):.10f} "

        text = re.sub(rf"(NAME \"?{name}\"?\n\s*VOLPAN )(\S+) ", moved, text)
    path = tmp_path / "song.RPP"
    path.write_text(text)
    return Project.load(path)


def test_the_median_of_a_role_is_learned(balanced, tmp_path):
    base = presets.load("rock")
    lessons = learn.learn(corrected(balanced, tmp_path, kick=3.0, cello=-2.0, violins=-4.0), base)
    result = {lesson.role: (lesson.correction_db, lesson.after_lu - lesson.before_lu) for lesson in lessons}
    assert result == {
        "kick": (pytest.approx(3.0, abs=0.01), pytest.approx(3.0, abs=0.01)),
        "strings": (pytest.approx(-3.0, abs=0.01), pytest.approx(-3.0, abs=0.01)),
    }


def test_turning_everything_down_teaches_nothing_about_roles(balanced, tmp_path):
    lessons = learn.learn(corrected(balanced, tmp_path, all=-6.0, bass=1.5), presets.load("rock"))
    assert [(lesson.role, round(lesson.correction_db, 1)) for lesson in lessons] == [("bass", 1.5)]


def test_nothing_corrected_or_balanced_is_said(balanced, tmp_path):
    with pytest.raises(UserError, match="no fader was corrected"):
        learn.learn(corrected(balanced, tmp_path), presets.load("rock"))
    with pytest.raises(UserError, match="balanced nothing"):
        learn.learn(corrected(balanced.partition("<EXTSTATE")[0] + ">\n", tmp_path), presets.load("rock"))


def learned(project: Project, base: presets.Preset, path) -> presets.Preset:
    """The base preset as it is after a project was learned from."""
    path.write_text(learn.as_toml(project, base, learn.learn(project, base)))
    return presets.load(str(path))


def test_all_else_of_a_preset_stays(balanced, tmp_path):
    project = corrected(balanced, tmp_path, kick=3.0)
    for name in presets.available():
        base = presets.load(name)
        result = learned(project, base, tmp_path / "mine.toml")
        assert (result.group, result.rule, result.duck) == (base.group, base.rule, base.duck), name


def test_a_correction_is_learned_once_and_what_is_corrected_further_is_added(balanced, tmp_path, monkeypatch):
    base, path = presets.load("rock"), tmp_path / "mine.toml"

    def kick_lu(preset: presets.Preset) -> float:
        return preset.offset_lu("kick") - base.offset_lu("kick")

    first = learned(corrected(balanced, tmp_path, kick=3.0), base, path)
    assert learn.learn(corrected(balanced, tmp_path, kick=3.0), first) == []
    further = learned(corrected(balanced, tmp_path, kick=4.0, bass=-2.0), first, path)
    with monkeypatch.context() as patch:  # another project: mixengine put every fader 1 dB higher
        put = history.stored_plan(Project.load(tmp_path / "song.RPP").root)
        higher = tuple(replace(change, after=change.after + 1.0) for change in put.changes if isinstance(change, Fader))
        patch.setattr(history, "stored_plan", lambda _root: replace(put, changes=higher))
        another = learned(corrected(balanced, tmp_path, kick=1.5), further, path)
    back = learned(corrected(balanced, tmp_path, bass=-2.0), another, path)
    assert [kick_lu(preset) for preset in (first, further, another, back)] == [
        pytest.approx(level, abs=0.02) for level in (3.0, 4.0, 5.5, 1.5)
    ]
    assert back.offset_lu("bass") - base.offset_lu("bass") == pytest.approx(-2.0, abs=0.02)


def test_the_action_keeps_what_it_shows(balanced, tmp_path, monkeypatch):
    from reaper_sim import SimReaper

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    corrected(balanced, tmp_path, kick=3.0)
    sim = SimReaper(tmp_path / "song.RPP")
    before = sim.saved()
    with sim.inside():
        from mixengine.hosts.reaper.api import connect
        from mixengine.reaper import actions, options

        sim.box_answers.append(1)
        actions.run("remember", sys.modules["__main__"], sys.executable)
        assert options.load(connect())["preset"] == "learned"
    [(_, text, _)] = sim.boxes
    assert "kick: +3.0 dB" in text
    assert presets.load("learned").offset_lu("kick") == pytest.approx(
        presets.load("rock").offset_lu("kick") + 3.0, abs=0.02
    )
    assert sim.saved() == before
    kept = presets.available()["learned"].read_bytes()
    with sim.inside():
        actions.run("remember", sys.modules["__main__"], sys.executable)
    assert "nothing new to remember" in sim.boxes[-1][1] and presets.available()["learned"].read_bytes() == kept


def test_a_preset_that_was_edited_is_kept(balanced, tmp_path, monkeypatch):
    from reaper_sim import SimReaper

    for name in ("XDG_CONFIG_HOME", "APPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    corrected(balanced, tmp_path, kick=3.0)
    path = presets.user_folder() / "learned.toml"
    path.parent.mkdir(parents=True)
    path.write_text("# mine")
    sim = SimReaper(tmp_path / "song.RPP")
    with sim.inside():
        from mixengine.reaper import actions

        for _ in range(2):
            sim.box_answers += [1, 1]
            actions.run("remember", sys.modules["__main__"], sys.executable)
    (kept,) = path.parent.glob("learned-*.toml-bak")
    assert kept.read_text() == "# mine" and sum(str(kept) in text for _, text, _ in sim.boxes) == 1


def test_the_command_writes_a_preset_that_loads(balanced, tmp_path, monkeypatch, run):
    corrected(balanced, tmp_path, kick=3.0)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "dry run" in run("learn", tmp_path / "song.RPP", "--dry-run").stdout
    done = run("learn", tmp_path / "song.RPP")
    assert "kick: +3.0 dB" in done.stdout
    loaded = presets.load("learned")
    assert loaded.offset_lu("kick") == pytest.approx(presets.load("rock").offset_lu("kick") + 3.0, abs=0.02)
    assert loaded.offset_lu("bass") == presets.load("rock").offset_lu("bass")
    kept = presets.available()["learned"].read_bytes()
    again = run("learn", tmp_path / "song.RPP")
    assert again.returncode == 0 and "nothing to learn: preset 'learned' holds" in again.stdout
    assert presets.available()["learned"].read_bytes() == kept
    told = json.loads(run("learn", tmp_path / "song.RPP", "--json").stdout)
    assert told["lessons"] == [] and "holds the corrections" in told["nothing_to_do"]
