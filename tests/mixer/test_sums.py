"""The sum of a session's tracks."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from mixengine.audio import timeline
from mixengine.audio.peaks import PeakMeter
from mixengine.audio.strip import Path, input_strip, output_strip
from mixengine.mixer import mix, routing
from mixengine.mixer.engine import Engine
from mixengine.mixer.unsupported import unsupported
from mixengine.model import signal_path
from mixengine.model.session import VOLUME, Automation, Clip, Effect, EnvelopePoint, EqBand, Session, Track
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
    return np.concatenate([np.zeros((0, 2), np.float32), *mix.sum_blocks(of, chosen, faders_db=faders_db, **options)])


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
    alone = mix.true_peak_dbtp(session(track), [track], {})
    assert mix.true_peak_dbtp(session(track, twin), [track, twin], {}) == pytest.approx(alone + 6.0206, abs=1e-3)
    opposite = dataclasses.replace(twin, inverted=True)
    assert mix.true_peak_dbtp(session(track, opposite), [track, opposite], {}) == -math.inf
    assert mix.true_peak_dbtp(session(track), [track], {"a": -10.0}) == pytest.approx(alone - 10.0, abs=1e-3)
    assert mix.true_peak_dbtp(session(), [], {}) == -math.inf


def added_up(of: Session, tracks: list[Track], faders_db: dict[str, float]) -> np.ndarray:
    """The sum as balance has always measured it: envelopes first, then one gain for the whole way to the master."""
    end_s = max(timeline.span(track)[1] for track in tracks)
    total = np.zeros((timeline.frame_at(end_s, RATE), 2), np.float32)
    for track in tracks:
        block = np.concatenate(list(timeline.blocks(track, RATE, end_s=end_s)))[:, :2]
        strips = [output_strip(track, of, faders_db.get(track.id), volumes=False)]
        for folder in of.ancestors(track):
            strips += [input_strip(folder, of), output_strip(folder, of, faders_db.get(folder.id))]
        total += Path(strips).gain(0, len(block)).apply(block)
    return total


@pytest.fixture
def busy(clips) -> tuple[Session, list[Track], dict[str, float]]:
    fade = Automation(VOLUME, (EnvelopePoint(0.0, 1.0), EnvelopePoint(3.0, 0.1)))
    of = session(
        Track("outer", "outer", is_folder=True, fader_db=-1.7, pan=0.1, automation=(fade,)),
        Track("inner", "inner", parent="outer", is_folder=True, fader_db=-3.3, width=0.5, inverted=True),
        Track("a", "a", parent="inner", fader_db=-6.1, pan=-0.3, automation=(fade,), clips=(clips["mono"],)),
        Track("b", "b", parent="outer", inverted=True, mute=True, clips=(clips["stereo"],)),
        Track("c", "c", fader_db=1.3, pan=0.7, clips=(clips["wide"],), channels=6, automation=(fade,)),
    )
    return of, [track for track in of.tracks if track.clips], {"a": -2.0, "inner": 0.5}


def test_the_sum_is_the_one_that_balance_has_always_measured_to_the_bit(busy):
    of, tracks, faders_db = busy
    assert np.array_equal(mixed(of, faders_db, tracks), added_up(of, tracks, faders_db))
    later = mixed(of, faders_db, tracks, start_s=1.0, end_s=2.5)
    assert np.array_equal(later, added_up(of, tracks, faders_db)[RATE : RATE * 5 // 2])
    meter = PeakMeter(RATE, 2)
    meter.add(added_up(of, tracks, faders_db))
    assert mix.true_peak_dbtp(of, tracks, faders_db) == meter.true_peak_dbtp


def test_straight_ways_and_the_way_through_the_folders_are_the_same(busy):
    """What is multiplied once and what is added up folder by folder differ by rounding, up to 1e-6."""
    of, tracks, faders_db = busy
    lowered = dataclasses.replace(
        of,
        tracks=tuple(dataclasses.replace(t, fader_db=faders_db.get(t.id, t.fader_db), mute=False) for t in of.tracks),
    )
    folders = Engine(lowered, routing.folders_graph(lowered, tracks), master=False, end_s=34000 / RATE)
    whole = np.concatenate([block for block, _ in folders.blocks()])
    assert np.abs(whole - mixed(of, faders_db, tracks)).max() < 1e-6


def test_an_equaliser_on_a_folder_is_heard_and_can_be_left_out(busy):
    of, tracks, _ = busy
    bell = Effect("ReaEQ", "mixengine", bands=(EqBand("band", 900.0, -12.0, 2.0),))
    equalized = dataclasses.replace(
        of, tracks=tuple(dataclasses.replace(t, effects=(bell,)) if t.is_folder else t for t in of.tracks)
    )
    assert np.array_equal(mixed(equalized, tracks=tracks), mixed(of, tracks=tracks))
    assert db(mixed(equalized, tracks=tracks, effects=True) - mixed(of, tracks=tracks)) > -60.0
    assert np.abs(mixed(of, tracks=tracks, effects=True) - mixed(of, tracks=tracks)).max() < 1e-6


@pytest.mark.parametrize(
    "band", [EqBand("parallel_band_pass", 900.0), EqBand("band", 0.0), EqBand("band", 9.0, 0.0, 0.0)]
)
def test_a_setting_out_of_range_is_named_and_not_played(clips, band):
    effect = Effect("ReaEQ", "mixengine", bands=(band,))
    of = session(Track("a", "a", clips=(clips["mono"],), effects=(effect,)))
    assert np.array_equal(mixed(of, effects=True), mixed(of))
    (entry,) = unsupported(of, routing.graph(of))
    assert entry.what[0].startswith("effect ReaEQ 'mixengine': ReaEQ band")
