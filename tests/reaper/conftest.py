"""Fixtures: songs in a simulated REAPER, with the buttons' backend in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mixengine.reaper import backend
from reaper_sim import SimReaper
from tests.helpers.rpp_builders import HEAD, item, project, source, track
from tests.helpers.signals import talk
from tests.helpers.sounds import noise, pink, tone, write
from tests.helpers.studio import RATE, InProcess, Studio, studio_with

if TYPE_CHECKING:
    from tests.helpers.lua_studio import LuaStudio

AT_RATE = tuple(line.replace("48000", str(RATE)) for line in HEAD)
"""Of projects at the rate of their files: others are resampled at each listening."""


@pytest.fixture(scope="module")
def audio(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("söng")
    write(folder / "voice.wav", 0.25 * talk(RATE, ((0.5, 2.0), (3.0, 4.5)), 5.0)[:, None], RATE)
    write(folder / "music.wav", tone(220.0, 5.0, RATE, level=0.075) + noise(5.0, RATE, level=0.075), RATE)
    write(folder / "bass.wav", tone(80.0, 5.0, RATE, level=0.01), RATE)  # too soft for taste: the balance has work
    write(folder / "lead vocal.wav", tone(500.0, 3.0, RATE, harmonics=4, level=0.05), RATE)
    write(folder / "pad.wav", pink(3.0, RATE), RATE)
    clips = {name: item(n, media=source(f"{name}.wav")) for n, name in ((11, "voice"), (12, "music"), (13, "bass"))}
    placed = {name: [line.replace("SOFFS 0.75", "SOFFS 0") for line in clip] for name, clip in clips.items()}
    song = project(
        track(1, placed["voice"], name="voice"),
        track(2, placed["music"], name="music", bus="1 1"),
        track(3, placed["bass"], name="bass", bus="2 -1"),
        head=AT_RATE,
    )
    (folder / "song.RPP").write_bytes(song)
    names = ("lead vocal", "pad", "bass")
    parts = [
        track(n, item(10 + n, media=source(f"{name}.wav")), name=f'"{name}"') for n, name in enumerate(names, start=1)
    ]
    (folder / "masked.RPP").write_bytes(project(*parts, head=AT_RATE).replace(b"SOFFS 0.75", b"SOFFS 0"))
    return folder


@pytest.fixture
def studio(audio, tmp_path, monkeypatch) -> Iterator[Studio]:
    with studio_with(monkeypatch, tmp_path, audio / "song.RPP") as made:
        yield made


@pytest.fixture
def click(audio, tmp_path, monkeypatch) -> Iterator[LuaStudio]:
    """The buttons in Lua over the song; whatever a test does, no script, thread or folder is left."""
    pytest.importorskip("lupa", reason="lupa is not installed")
    from mixengine.reaper import lua_front, runner
    from tests.helpers.lua_studio import LuaStudio

    monkeypatch.setenv("MIXENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(runner.subprocess, "Popen", InProcess)
    monkeypatch.setattr(backend._Watch, "start", lambda self: None)
    monkeypatch.setattr(InProcess, "started", [])
    monkeypatch.setattr(lua_front, "_TICK_S", 0.002)
    studio = LuaStudio(SimReaper(audio / "song.RPP", resource_path=tmp_path))
    yield studio
    studio.wait()
    for script in studio.scripts:
        for thread in script.started:
            thread.join(5.0)
            assert not thread.is_alive()
    talks = studio.place / "talk"
    assert not talks.is_dir() or list(talks.iterdir()) == []


@pytest.fixture
def both(click, audio, tmp_path) -> Iterator[tuple[LuaStudio, Studio]]:
    """The same project behind the buttons in Lua and behind those in Python."""
    folder = tmp_path / "python"
    folder.mkdir()
    sim = SimReaper(audio / "song.RPP", resource_path=folder)
    with sim.inside():
        yield click, Studio(sim)
