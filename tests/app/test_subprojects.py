"""Projects in a project sound as they are rendered by themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.app import album_gain, render_files
from mixengine.jobs.render.settings import RenderSettings
from tests.helpers.plugin_sessions import at_start, midi
from tests.helpers.rpp_builders import item, project, source, track

RATE = 48000


@pytest.fixture
def sound(tmp_path: Path) -> np.ndarray:
    sound = (0.1 * np.random.default_rng(2).standard_normal((2 * RATE, 2))).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", sound, RATE, "FLOAT")
    return sound


def inner(folder: Path, *more: list[str], markers: tuple[str, ...] = ()) -> Path:
    path = folder / "inner.RPP"
    path.write_bytes(
        project(list(markers), track(1, at_start(10, "a.wav", 2.0), volpan="0.5 0 -1 -1 1", name="in"), *more)
    )
    return path


def outer(
    folder: Path, *more: list[str], file: str = "inner.RPP", position_s: float = 1.0, offset_s: float = 0.5
) -> Path:
    replaced = {
        "POSITION 1.5": f"POSITION {position_s}",
        "LENGTH 3.25": "LENGTH 1",
        "SOFFS 0.75": f"SOFFS {offset_s}",
        "LOOP 1": "LOOP 0",
    }
    lines = [replaced.get(line, line) for line in item(20, media=source(file, "RPP_PROJECT"))]
    path = folder / "outer.RPP"
    path.write_bytes(project(track(2, lines, name="scene"), *more))
    return path


def rendered(path: Path) -> tuple[np.ndarray, render_files.Rendered]:
    done = render_files.render(path, RenderSettings(mix=True, bits="32f"))
    return soundfile.read(done.written[0].file, dtype="float32")[0], done


def test_an_item_plays_what_the_project_renders(tmp_path: Path, sound: np.ndarray) -> None:
    inner(tmp_path)
    mix, done = rendered(outer(tmp_path))
    wanted = np.zeros_like(sound)
    wanted[RATE:] = 0.5 * sound[RATE // 2 : RATE // 2 + RATE]
    assert np.abs(mix - wanted).max() <= 1e-6
    assert not done.unheard
    assert "sub-projects as mixengine's mixer renders them: inner.RPP" in done.notes


def test_markers_bound_it_and_what_is_lost_inside_is_named(tmp_path: Path, sound: np.ndarray) -> None:
    inner(tmp_path, track(3, at_start(11, midi((0, 960, 60)), 2.0), name="keys"), markers=('MARKER 1 0.25 "=START" 0',))
    mix, done = rendered(outer(tmp_path, offset_s=0.0))
    assert np.abs(mix[RATE:] - 0.5 * sound[RATE // 4 : RATE // 4 + RATE]).max() <= 1e-6
    assert "in sub-project inner.RPP not heard of keys: MIDI item" in done.notes


def test_an_edit_inside_is_heard_the_next_time(tmp_path: Path, sound: np.ndarray) -> None:
    path = inner(tmp_path)
    first, _ = rendered(outer(tmp_path))
    path.write_bytes(path.read_bytes().replace(b"VOLPAN 0.5 0", b"VOLPAN 0.25 0"))
    second, _ = rendered(outer(tmp_path))
    assert second == pytest.approx(0.5 * first, abs=1e-7)


def test_circles_and_lost_projects_end(tmp_path: Path, sound: np.ndarray) -> None:
    path = inner(tmp_path, track(3, at_start(11, source("inner.RPP", "RPP_PROJECT"), 1.0), name="again"))
    _, done = rendered(path)
    assert any("sub-project" in note for note in done.notes)
    _, done = rendered(inner(tmp_path, track(3, at_start(11, source("gone.RPP", "RPP_PROJECT"), 1.0), name="lost")))
    assert done.unheard[0].what == ("sub-project",)
    (tmp_path / "bad.RPP").write_bytes(b"nothing")
    _, done = rendered(inner(tmp_path, track(3, at_start(11, source("bad.RPP", "RPP_PROJECT"), 1.0), name="bad")))
    assert done.unheard[0].what == ("sub-project",)
    assert any("bad.RPP: not a REAPER project" in note for note in done.notes)


def test_a_damaged_file_inside_is_named(tmp_path: Path, sound: np.ndarray) -> None:
    path = tmp_path / "damaged.flac"
    soundfile.write(path, sound, RATE)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(byte ^ 0xFF for byte in data[middle : middle + 40])
    path.write_bytes(bytes(data))
    inner(tmp_path, track(3, at_start(11, "damaged.flac", 2.0), name="damaged"))
    _, done = rendered(outer(tmp_path, track(4, at_start(12, "a.wav", 2.0))))
    assert any(note.startswith("sub-project inner.RPP: ") and "damaged.flac" in note for note in done.notes)
    assert done.unheard[0].what == ("sub-project",)


def test_the_loudness_of_an_album_is_that_of_what_its_renders_hear(tmp_path: Path, sound: np.ndarray) -> None:
    inner(tmp_path)
    song = outer(tmp_path)
    gain_db, notes = album_gain.measure([("outer", song)], RenderSettings(target="-20"))
    assert len(notes) == 1
    done = render_files.render(song, RenderSettings(target="-20"), out=str(tmp_path / "out.wav"))
    assert done.finished is not None and done.finished.gain_db == pytest.approx(gain_db, abs=0.01)
