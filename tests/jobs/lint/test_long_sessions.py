"""Long sessions: pauses cost nothing and change nothing, and a sample is enough for what masks what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine.jobs.lint import hops, shortened, track_stats
from mixengine.jobs.lint.context import LintContext
from mixengine.jobs.lint.measure import measure_stats
from mixengine.model.session import VOLUME, Automation, Clip, EnvelopePoint, Session, Source, Track
from tests.helpers.lint_sessions import RATE, ask, playing
from tests.helpers.sounds import noise, write


def far_apart(path: Path, gap_s: float) -> Session:
    """Four clips of a recording, one of them at no whole frame, with pauses between them."""
    clips = [
        Clip(f"{n}", Source(str(path)), 3.0 + n * (4.0 + gap_s) + 0.0123 * n, 4.0, offset_s=0.5 * n) for n in range(4)
    ]
    return Session("s", "s.RPP", RATE, (Track("t", "t", clips=tuple(clips)),))


@pytest.mark.parametrize("channels", [1, 2])
def test_a_pause_changes_no_measurement(tmp_path, monkeypatch, channels):
    sound = np.repeat(playing(3), channels, axis=1)
    sound[30000] = 0.9
    sound[50000:50400] = 0.0
    session = far_apart(write(tmp_path / "a.wav", sound * [1.0, 0.5][:channels], RATE), 30.0)
    track = session.tracks[0]
    divided = track_stats.measure(track, session)
    monkeypatch.setattr(hops, "_MIN_PAUSE_S", 1e9)
    whole = track_stats.measure(track, session)
    assert divided.clicks_s and len(divided.levels_db) == len(whole.levels_db)
    assert divided == replace(whole, sides=divided.sides, levels_db=divided.levels_db, dc_db=divided.dc_db)
    assert divided.levels_db == pytest.approx(whole.levels_db, abs=0.011)
    assert divided.sides == pytest.approx(whole.sides, rel=1e-5)


def test_stretches_hold_the_clips_and_a_little_more(tmp_path):
    track = far_apart(write(tmp_path / "a.wav", playing(3), RATE), 30.0).tracks[0]
    places = hops.stretches(track, RATE, 3.0, 2205)
    assert len(places) == 4 and all(first % 2205 == last % 2205 == 0 for first, last in places)
    for clip, (first, last) in zip(track.clips, places, strict=True):
        assert first / RATE + 3.0 <= max(clip.position_s - 0.3, 3.0) and last / RATE + 3.0 >= clip.end_s + 0.3
    assert sum(last - first for first, last in places) < 4 * 5.0 * RATE


def looped(name: str, path: Path, start_s: float, length_s: float, gain_db: float = 0.0) -> Track:
    clip = Clip(name, Source(str(path)), start_s, length_s, loop=True, gain_db=gain_db)
    return Track(name, name, clips=(clip,))


@pytest.fixture(autouse=True)
def shorter(monkeypatch):
    """What counts as long here, so that the tests need not be."""
    monkeypatch.setattr(shortened, "WHOLE_S", 60.0)
    monkeypatch.setattr(shortened, "_WINDOWS", 4)


@pytest.fixture(scope="module")
def long_session(tmp_path_factory) -> Session:
    """A wall of noise, a pad under it, a lead of 8 s that stands alone; longer than `shortened.WHOLE_S`."""
    folder = tmp_path_factory.mktemp("long")
    wall = write(folder / "wall.wav", noise(6.0, RATE, level=0.1, seed=1), RATE)
    pad = write(folder / "pad.wav", noise(6.0, RATE, level=0.1, seed=2), RATE)
    tracks = (
        looped("wall", wall, 0.0, 130.0), looped("pad", pad, 10.0, 110.0, -30.0), looped("lead", pad, 141.0, 8.0)
    )  # fmt: skip
    return Session("s", "s.RPP", RATE, tracks)


def test_what_masks_what_is_heard_in_excerpts(long_session):
    (result,) = ask(long_session, "always_masked")
    assert result["tracks"] == ("pad",) and "excerpts of 10 s" in result["message"]


def test_excerpts_keep_what_is_drawn(long_session):
    """A volume envelope that lifts the pad above the wall: nothing is masked any more."""
    lift = Automation(VOLUME, (EnvelopePoint(0.0, 100.0),))
    wall, pad, lead = long_session.tracks
    lifted = replace(long_session, tracks=(wall, replace(pad, automation=(lift,)), lead))
    assert ask(lifted, "always_masked") == []


def test_each_track_is_heard_in_the_excerpts(long_session):
    results = measure_stats(long_session, list(long_session.tracks), use_cache=False, progress=lambda *_: None)
    short, count = shortened.shortened(LintContext(long_session, results, False, lambda *_: None))
    assert 4 <= count <= 6
    assert short.duration_s <= count * shortened.WINDOW_S
    assert all(track.clips for track in short.tracks)
