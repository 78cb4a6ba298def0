"""What REAPER gets is what the console does: equaliser, static curve, faders, pan."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.audio import reaeq
from mixengine.hosts.rpp import reacomp
from mixengine.jobs.match import console_settings, translate
from mixengine.jobs.match.changes import LABEL
from mixengine.jobs.match.console import compressor, console, eq, pan, parameters
from mixengine.jobs.match.groups import Group
from mixengine.mixer import mix
from mixengine.model.session import Clip, Effect, Session, Source, Track

SETUP = console.REAPER
HZ = np.geomspace(20.0, 18000.0, 200)


def some_groups(count):
    clip = Clip("c", Source("x.wav"), 0.0, 1.0)
    return [Group(f"g{i}", (), Track(f"t{i}", f"g{i}", clips=(clip,)), "other") for i in range(count)]


def response_db(values, rate=SETUP.rate):
    n = 1 << 15
    curve = 20 * np.log10(np.abs(eq.response(np.asarray(values), n, rate)))
    return np.interp(HZ, np.arange(n // 2 + 1) * rate / n, curve)


@pytest.mark.parametrize("rate, seed", zip([44100, 48000, 96000] * 3, range(9), strict=True))
def test_reaeq_has_the_consoles_response(rate, seed):
    numbers = np.random.default_rng(seed).uniform(0.0, 1.0, 27)
    values = parameters.values(numbers, parameters.track_controls())[parameters.EQ]
    bands = translate.fitted(values, SETUP.rate, rate)
    assert all(0.01 <= band.bandwidth_oct <= 4.0 for band in bands)
    # REAPER's numbers are finer than the grid of a test: below 60 Hz a bin of the transform is too coarse
    keep = HZ > 60.0
    assert np.abs(reaeq.response_db(bands, HZ, rate) - response_db(values))[keep].max() < 0.3


def test_a_flat_equaliser_is_none():
    assert translate.fitted(parameters.neutral_track()[parameters.EQ], 44100, 48000) == ()


@given(st.floats(-60.0, 0.0), st.floats(1.1, 10.0), st.floats(3.0, 12.0), st.floats(0.0, 6.0), st.floats(-20.0, 20.0))
@settings(max_examples=40, deadline=None)
def test_static_curve_of_the_written_compressor(threshold, ratio, knee, makeup, fader):
    start = console_settings.neutral(some_groups(1))
    start.tracks[0, parameters.FADER] = fader
    start.tracks[0, parameters.DYNAMICS] = threshold, ratio, 30.0, 100.0, knee, makeup
    (strip,), master = translate.strips(start, SETUP, 44100, [100.0])
    levels = np.linspace(-90.0, 0.0, 200)
    wanted = levels + fader + compressor.curve_db(levels + fader, threshold, ratio, knee) + makeup
    written = strip.compressor
    inside = compressor.curve_db(levels, written.threshold_db, written.ratio, written.knee_db)
    got = levels + inside + written.makeup_db + strip.gain_db + master.gain_db
    if threshold - fader <= 6.0:
        assert got == pytest.approx(wanted, abs=0.5)
    assert reacomp.writable(written)


def played(folder, rate, sounds, strips, master):
    """Sounds [shape=(tracks, 2, frames)] through strips and the mixer [shape=(2, frames)]."""
    tracks = []
    for number, (sound, strip) in enumerate(zip(sounds, strips, strict=True)):
        path = folder / f"{number}.wav"
        soundfile.write(path, sound.T, rate, "FLOAT")
        clip = Clip(f"c{number}", Source(str(path)), 0.0, sound.shape[1] / rate)
        plugins = chain(strip)
        tracks.append(Track(str(number), "", fader_db=strip.gain_db, pan=strip.pan, effects=plugins, clips=(clip,)))
    song = Session("", "", rate, tuple(tracks), master_db=master.gain_db, master_effects=chain(master))
    return np.concatenate(list(mix.audible_blocks(song, song.duration_s, master=True))).T


def chain(strip):
    """A strip's plug-ins as a project has them."""
    return (Effect("ReaEQ", LABEL, bands=strip.bands), Effect("ReaComp", LABEL, compressor=strip.compressor))


@pytest.mark.parametrize("rate", [44100, 48000])
def test_strips_play_what_the_console_plays(rate, tmp_path):
    rng = np.random.default_rng(0)
    start = console_settings.neutral(some_groups(3))
    tracks = rng.normal(0.0, 0.1, (3, 2, rate)) * (0.5 + 0.5 * np.sin(np.arange(rate) / 3000))
    start.tracks[:, parameters.FADER] = -3.0, 5.0, 1.0
    start.tracks[:, parameters.PAN] = 0.5, 0.2, 0.9
    start.tracks[:, 1] = 4.0, -5.0, 2.0
    start.tracks[:, parameters.DYNAMICS.start : parameters.DYNAMICS.start + 2] = [(-20, 3), (-60, 1), (-15, 2)]
    start.master[parameters.MASTER_INPUT], start.master[parameters.MASTER_OUTPUT] = 4.0, -7.0
    start.master[parameters.MASTER_DYNAMICS.start : parameters.MASTER_DYNAMICS.start + 2] = -10.0, 2.5
    strips, master = translate.strips(start, SETUP, rate, [12.0, 4.0, 12.0])
    assert max(strip.gain_db for strip in strips) <= 12.0 and strips[1].gain_db <= 4.0
    ours = played(tmp_path, rate, tracks, strips, master)
    theirs = console.Stream(start.tracks, start.master, replace(SETUP, rate=rate))(tracks)
    error = 20 * np.log10(np.sqrt(np.mean((ours - theirs) ** 2) / np.mean(theirs**2)))
    assert error < -50.0


def test_faders_stand_around_0_db_and_the_master_does_the_rest():
    start = console_settings.neutral(some_groups(3))
    start.tracks[:, parameters.FADER] = -30.0, -25.0, -20.0
    start.master[parameters.MASTER_OUTPUT] = 10.0
    strips, master = translate.strips(start, SETUP, 44100, [12.0] * 3)
    assert [strip.gain_db for strip in strips] == pytest.approx([-5.0, 0.0, 5.0])
    assert master.gain_db == pytest.approx(-15.0)


@pytest.mark.parametrize("position", [0.0, 0.2, 0.5, 0.9])
def test_published_pan_in_the_strip(position, tmp_path):
    balance, gain_db = pan.as_balance(position)
    strip = translate.Strip(gain_db=gain_db, pan=balance)
    sides = played(tmp_path, 44100, np.full((1, 2, 64), 0.5), [strip], translate.Strip())[:, 0] * 2.0
    assert sides == pytest.approx(pan.published(np.float64(position)), abs=1e-6)
