"""The sum of a session's tracks."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from mixengine.mixer import mixdown
from mixengine.model import signal_path
from mixengine.model.session import VOLUME, Automation, Clip, EnvelopePoint, Session, Track
from tests.helpers.signals import clip, db, noise, write

RATE = 8000


@pytest.fixture
def samples() -> dict[str, np.ndarray]:
    return {"mono": noise(20000, 1, seed=1), "stereo": noise(30000, 2, seed=2), "wide": noise(9000, 6, seed=3)}


@pytest.fixture
def clips(samples, tmp_path) -> dict[str, Clip]:
    return {
        name: clip(write(tmp_path / f"{name}.wav", data, RATE), 0.5, len(data) / RATE) for name, data in samples.items()
    }


def session(*tracks: Track) -> Session:
    return Session("song", "song.rpp", RATE, tracks)


def mixed(of: Session, faders_db=None, tracks=None, **options) -> np.ndarray:
    chosen = list(of.tracks) if tracks is None else tracks
    return np.concatenate([np.zeros((0, 2), np.float32), *mixdown.blocks(of, chosen, faders_db or {}, **options)])


def db_to_gain(level_db: float) -> float:
    return 10.0 ** (level_db / 20.0)


def test_tracks_faders_pans_and_folders_add_up(samples, clips):
    of = session(
        Track("folder", "Drums", is_folder=True, fader_db=-3.0),
        Track("a", "a", parent="folder", fader_db=-6.0, clips=(clips["mono"],)),
        Track("b", "b", fader_db=2.0, pan=0.25, clips=(clips["stereo"],)),
        Track("c", "c", pan=-1.0, channels=6, clips=(clips["wide"],)),
    )
    expected = np.zeros((34000, 2))
    expected[4000:24000] += samples["mono"] * db_to_gain(-9.0)
    expected[4000:34000] += samples["stereo"] * db_to_gain(2.0) * [0.75, 1.0]
    expected[4000:13000] += samples["wide"][:, :2] * [1.0, 0.0]
    ours = mixed(of)
    assert ours.shape == (34000, 2)
    assert db(ours - expected) < -120.0


def test_overridden_faders_count_for_the_tracks_they_name(samples, clips):
    of = session(
        Track("folder", "Drums", is_folder=True, fader_db=-3.0),
        Track("a", "a", parent="folder", fader_db=-6.0, clips=(clips["mono"],)),
    )
    assert signal_path.path_gain_db(of, of.tracks[1], {}) == -9.0
    assert signal_path.path_gain_db(of, of.tracks[1], {"a": 1.0}) == -2.0
    assert signal_path.path_gain_db(of, of.tracks[1], {"folder": 0.0, "a": 0.0}) == 0.0
    assert db(mixed(of, {"folder": 0.0, "a": 0.0})[4000:24000] - samples["mono"]) < -130.0
    assert not mixed(of, {"folder": -math.inf}).any()


def test_automation_is_heard(clips):
    half = Automation(VOLUME, (EnvelopePoint(0.0, 0.5),))
    plain = Track("a", "a", clips=(clips["mono"],))
    lowered = Track("a", "a", clips=(clips["mono"],), automation=(half,))
    assert db(mixed(session(lowered)) * 2 - mixed(session(plain))) < -130.0


def test_only_the_chosen_tracks_sound(clips):
    of = session(Track("a", "a", clips=(clips["mono"],)), Track("b", "b", clips=(clips["stereo"],)))
    both, one, other = mixed(of), mixed(of, tracks=[of.tracks[0]]), mixed(of, tracks=[of.tracks[1]])
    assert len(one) == 24000
    assert db(both[:24000] - one - other[:24000]) < -120.0
    assert mixed(of, tracks=[]).shape == (0, 2)


def test_track_order_does_not_matter(clips):
    tracks = [Track(name, name, fader_db=-3.0, clips=(clips[name],)) for name in clips]
    assert db(mixed(session(*tracks)) - mixed(session(*tracks[::-1]))) < -130.0


def test_muted_through_a_folder(clips):
    of = session(
        Track("outer", "outer", is_folder=True, mute=True),
        Track("inner", "inner", parent="outer", is_folder=True),
        Track("a", "a", parent="inner", clips=(clips["mono"],)),
        Track("b", "b", clips=(clips["mono"],)),
    )
    assert [signal_path.is_muted(of, track) for track in of.tracks] == [True, True, True, False]
    assert signal_path.is_muted(of, dataclasses.replace(of.tracks[3], mute=True))


def test_true_peak_of_the_sum(clips):
    track = Track("a", "a", clips=(clips["mono"],))
    twin = dataclasses.replace(track, id="b")
    alone = mixdown.true_peak_dbtp(session(track), [track], {})
    assert mixdown.true_peak_dbtp(session(track, twin), [track, twin], {}) == pytest.approx(alone + 6.0206, abs=1e-3)
    opposite = dataclasses.replace(twin, inverted=True)
    assert mixdown.true_peak_dbtp(session(track, opposite), [track, opposite], {}) == -math.inf
    assert mixdown.true_peak_dbtp(session(track), [track], {"a": -10.0}) == pytest.approx(alone - 10.0, abs=1e-3)
    assert mixdown.true_peak_dbtp(session(), [], {}) == -math.inf
