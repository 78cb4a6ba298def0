"""Sessions that break programs, through the buttons: what cannot be done is said, one undo brings every byte back."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from tests.helpers.rpp_builders import envelope, item, project, source, track
from tests.helpers.studio import CANCEL, YES, dialog

MIDI = ["<SOURCE MIDI", "HASDATA 1 960 QN", "E 1920 b0 7b 00", ">"]


def section(file: str, mode: int) -> list[str]:
    return ["<SOURCE SECTION", "LENGTH 3", "STARTPOS 0.5", "OVERLAP 0.01", f"MODE {mode}", *source(file), ">"]


def clip(number: int, media: list[str], *, length_s: float = 5.0, of_item: tuple[str, ...] = ()) -> list[str]:
    made = item(number, media=media, lines=of_item)
    return [line.replace("LENGTH 3.25", f"LENGTH {length_s:g}").replace("SOFFS 0.75", "SOFFS 0") for line in made]


def song(media: list[str], *inside: list[str], lines: tuple[str, ...] = (), **options: Any) -> bytes:
    """A voice, a bass, and a piece of music that is the case."""
    return project(
        track(1, clip(11, source("voice.wav")), name="voice"),
        track(2, *inside, clip(12, media, **options), name='"müsic 試"', lines=lines),
        track(3, clip(13, source("bass.wav")), name="bass"),
    )


STRETCHED = ("PLAYRATE 1.25 1 0 -1 0 0.0025", "SM 0 0 + 2 3 + 5 5")
DRAWN = [
    envelope("VOLENV2", "0 0.5 0", "2 1 0", "4 0.25 1", lines=("VOLTYPE 1",)),
    envelope("VOLENV", "0 0.5 0", "4 1 0"),
]
HEARD = {
    "section": song(section("music.wav", 0)),
    "reversed": song(section("music.wav", 2)),
    "looped": song(source("pad.wav"), length_s=12.0),
    "stretched": song(source("music.wav"), of_item=STRETCHED),
    "automated": song(source("music.wav"), *DRAWN),
}
SAID = {
    "stretched": (HEARD["stretched"], "stretch markers (played as if there were none): müsic 試: 'take1' at 1.50 s"),
    "offline": (song(source("gone.wav")), "müsic 試: media missing: gone.wav"),
    "midi": (song(MIDI), "müsic 試: nothing to measure: 1 midi item"),
    "locked": (song(source("music.wav"), lines=("LOCK 1",)), "locked in REAPER, left as they are: müsic 試"),
}


@pytest.mark.parametrize("action", ["balance", "duck", "render"])
@pytest.mark.parametrize("name", HEARD)
def test_it_is_heard_and_one_undo_brings_it_back(studio, audio, name, action):
    (audio / "hostile.RPP").write_bytes(HEARD[name])
    studio.sim.open(audio / "hostile.RPP")
    before = studio.saved
    *_, summary = studio.press(action, YES, YES)
    assert re.search("müsic 試.*: ", summary), summary
    assert studio.saved != before
    studio.sim.do_undo()
    assert studio.saved == before


@pytest.mark.parametrize("action", ["balance", "duck"])
@pytest.mark.parametrize("name", SAID)
def test_what_cannot_be_done_is_said(studio, audio, name, action):
    """Of items alone; what REAPER renders for mixengine is in test_listening."""
    data, note = SAID[name]
    studio.sim.ext_state.set("mixengine", "options", '{"listen": "items"}', persist=False)
    (audio / "hostile.RPP").write_bytes(data)
    studio.sim.open(audio / "hostile.RPP")
    *_, said = studio.press(action, YES, CANCEL)
    assert f"note: {note}" in said


@pytest.mark.parametrize("action", ["balance", "duck", "unmask", "render"])
def test_midi_alone_is_one_sentence(studio, audio, action):
    (audio / "hostile.RPP").write_bytes(project(track(1, clip(11, MIDI), name="keys")))
    studio.sim.open(audio / "hostile.RPP")
    before = studio.saved
    *_, said = studio.press(action, YES)
    assert said.endswith("The project was not changed.")
    assert studio.saved == before


def test_a_missing_extra_is_one_sentence_with_the_line_to_type(studio, monkeypatch):
    monkeypatch.setitem(sys.modules, "silero_vad", None)
    fields = dialog(detector="silero")
    studio.press("options", inputs=fields)
    *_, said = studio.press("duck", YES)
    assert 'pip install "mixengine[neural]"' in said and said.endswith("The project was not changed.")


def test_a_name_that_is_not_in_utf8_stops_neither_front(both, audio):
    """REAPER's Python cannot read it, which is a note there; Lua gives the bytes."""
    for studio, word in zip(both, ("caf\udce9: ", "track 3: a text in track 3 is not in UTF-8"), strict=True):
        data = studio.saved.replace(b"NAME bass", b"NAME caf\xe9")
        path = studio.sim.resource_path / "named.RPP"
        path.write_bytes(data.replace(b'FILE "', f'FILE "{audio}/'.encode()))
        studio.sim.open(path)
        before = studio.saved
        *_, summary = studio.press("balance", YES, YES)
        assert word in summary
        assert studio.steps == ["mixengine: balance"] and studio.saved != before
        assert b"NAME caf\xe9" in studio.saved
        studio.sim.do_undo()
        assert studio.saved == before
