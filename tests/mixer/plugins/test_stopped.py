"""What was noticed of plug-ins is said of the sessions that play them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mixengine.app import hosted_plugins
from mixengine.jobs.render import export
from mixengine.jobs.render.settings import RenderSettings
from mixengine.mixer.plugins import printing, stopped
from mixengine.model.effects import Effect, HostedPlugin
from mixengine.model.session import Track
from mixengine.system.staging import Staging
from tests.helpers.render_sessions import Songs, session

REVERB = Effect("Reverb", plugin=HostedPlugin("AB" * 16, "Reverb.vst3"))


@pytest.fixture(autouse=True)
def noticed() -> Iterator[None]:
    stopped.forget()
    stopped.remark("AB" * 16, "Reverb", "hisses")
    yield
    stopped.forget()


def test_only_of_plugins_that_a_session_plays():
    plain = Track("a", "a", effects=(Effect("VST: ReaEQ"),))
    [line] = stopped.lines(session(plain, replace(plain, id="b", effects=(REVERB,))))
    assert line == "plug-in Reverb: hisses"
    assert stopped.lines(session(plain, master_effects=(REVERB,))) == [line]
    silent = replace(REVERB, bypassed=True)
    for of in (
        session(plain),
        session(plain, master_effects=(silent,)),
        session(replace(plain, effects=(REVERB,), effects_on=False)),
        session(plain, master_effects=(REVERB,), master_effects_on=False),
    ):
        assert stopped.lines(of) == hosted_plugins.noticed(of) == []


def test_a_render_says_nothing_of_another_session(tmp_path: Path):
    with Staging(tmp_path / "out") as stage:
        done = export.to_staging(session(Songs(tmp_path).track("A", 2)), RenderSettings(mix=True), stage)
    assert not [note for note in done.notes if "Reverb" in note]


@pytest.mark.parametrize("text", ["5", "null", "[1]", '[["a", "b"]]', '[["a", "b", 3]]', '{"a": 1}', "[" * 10**5, "\\"])
def test_damaged_notes_beside_a_printed_file_are_no_trouble(text: str, tmp_path: Path):
    path = tmp_path / "printed.wav"
    printing.remarks_of(path).write_text(text, encoding="utf-8")
    printing.recall(path)
    whole = '[1, ["%s", "Reverb", "hums"]]' % ("AB" * 16)
    printing.remarks_of(path).write_text(whole, encoding="utf-8")
    printing.recall(path)
    assert stopped.lines(session(master_effects=(REVERB,))) == ["plug-in Reverb: hums"]
