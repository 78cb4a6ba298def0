"""The engine against plain numpy, and against what must hold for any session."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from mixengine.mixer import effects, mix, routing, unsupported
from mixengine.model.session import (
    POST_FX,
    PRE_FX,
    VOLUME,
    VOLUME_PRE_FX,
    Automation,
    Effect,
    EnvelopePoint,
    EqBand,
    Receive,
    Track,
)
from mixengine.model.units import amplitude
from tests.helpers.reaper_laws import resampled
from tests.helpers.render_sessions import RATE, Songs, mixed, peak_db, rendered, session


@pytest.fixture
def songs(tmp_path) -> Songs:
    return Songs(tmp_path)


def stereo(sound: np.ndarray) -> np.ndarray:
    return np.repeat(sound, 2, axis=1) if sound.shape[1] == 1 else sound[:, :2].astype(np.float64)


def test_one_track_at_unity_is_its_file_to_the_bit(songs):
    assert np.array_equal(mixed(session(songs.track("a"))), songs.sounds["a"])
    mono = mixed(session(songs.track("m", 1)))
    assert np.array_equal(mono, np.repeat(songs.sounds["m"], 2, axis=1))


def test_gain_and_pan_are_those_of_numpy(songs):
    of = session(
        Track("folder", "Drums", is_folder=True, fader_db=-3.0, pan=-0.5, inverted=True),
        songs.track("a", 1, parent="folder", fader_db=-6.0, pan=0.25),
        songs.track("b", fader_db=2.0, pan=-0.75),
        songs.track("c", 6, inverted=True),
        master_db=-1.5,
        master_pan=0.1,
    )
    sound = {name: stereo(data).astype(np.float64) for name, data in songs.sounds.items()}
    expected = -sound["a"] * amplitude(-9.0) * [0.75, 1.0] * [1.0, 0.5]
    expected += sound["b"] * amplitude(2.0) * [1.0, 0.25] - sound["c"]
    expected *= amplitude(-1.5) * np.array([0.9, 1.0])
    assert peak_db(mixed(of) - expected) < -120.0


def test_the_pan_law_of_the_project_counts_on_every_level(songs):
    of = session(Track("f", "f", is_folder=True), songs.track("a", 1, parent="f"), pan_law=0.5, master_pan_law=1.0)
    assert peak_db(mixed(of) - 0.25 * songs.sounds["a"]) < -120.0
    own = dataclasses.replace(of, tracks=(of.tracks[0], dataclasses.replace(of.tracks[1], pan_law=1.0)))
    assert peak_db(mixed(own) - 0.5 * songs.sounds["a"]) < -120.0


def test_where_a_send_takes_its_sound(songs):
    quiet = Automation(VOLUME_PRE_FX, (EnvelopePoint(0.0, 0.5),))
    band = EqBand("high_pass", 1000.0)
    source = songs.track(
        "a", 1, fader_db=-6.0, pan=-1.0, main_send=False, automation=(quiet,),
        effects=(Effect("VST: ReaEQ (Cockos)", "mixengine", bands=(band,)),),
    )  # fmt: skip
    heard = {}
    for mode in (0, PRE_FX, POST_FX):
        bus = Track("bus", "bus", receives=(Receive("a", mode, gain_db=-3.0),))
        heard[mode] = mixed(session(source, bus))
    send = amplitude(-3.0)
    assert peak_db(heard[PRE_FX] - 0.5 * send * songs.sounds["a"]) < -120.0
    assert peak_db(heard[0][:, 1]) < -200.0
    assert peak_db(heard[0][:, 0] - amplitude(-6.0) * heard[POST_FX][:, 0]) < -120.0
    assert np.array_equal(heard[POST_FX][:, 0], heard[POST_FX][:, 1])


@pytest.mark.parametrize(
    "receive, left, right",
    [
        (Receive("a"), (1.0, 0.0), (0.0, 1.0)),
        (Receive("a", pan=0.4), (0.6, 0.0), (0.0, 1.0)),
        (Receive("a", inverted=True), (-1.0, 0.0), (0.0, -1.0)),
        (Receive("a", mono=True), (0.5, 0.5), (0.5, 0.5)),
        (Receive("a", mono=True, pan=1.0), (0.0, 0.0), (0.5, 0.5)),
        (Receive("a", source_channel=1024, pan=1.0), (1.0, 0.0), (1.0, 0.0)),
        (Receive("a", source_channel=1025), (0.0, 1.0), (0.0, 1.0)),
        (Receive("a", target_channel=1024), (0.5, 0.5), (0.0, 0.0)),
        (Receive("a", target_channel=1025, pan=0.4), (0.0, 0.0), (0.3, 0.5)),
        (Receive("a", pan_law=0.5), (0.5, 0.0), (0.0, 0.5)),
    ],
)
def test_what_a_send_makes_of_left_and_right(songs, receive, left, right):
    of = session(songs.track("a", main_send=False), Track("bus", "bus", receives=(receive,)))
    expected = songs.sounds["a"] @ np.array([left, right]).T
    assert peak_db(mixed(of) - expected) < -120.0


def test_sends_in_a_row_whatever_the_order_of_tracks(songs):
    source = songs.track("a")
    first = Track("first", "first", fader_db=-6.0, receives=(Receive("a", gain_db=-2.0),))
    second = Track("second", "second", receives=(Receive("first"), Receive("a", gain_db=-12.0)))
    gain = 1.0 + 2.0 * amplitude(-8.0) + amplitude(-12.0)
    for order in ((source, first, second), (second, first, source), (first, second, source)):
        assert peak_db(mixed(session(*order)) - gain * songs.sounds["a"]) < -120.0


def test_send_envelopes_and_mute(songs):
    half = Automation(VOLUME, (EnvelopePoint(0.0, 0.5),))
    source = songs.track("a", main_send=False)
    bus = Track("bus", "bus", receives=(Receive("a", automation=(half,)), Receive("a", mute=True)))
    assert peak_db(mixed(session(source, bus)) - 0.5 * songs.sounds["a"]) < -120.0


def test_master_mono_and_envelope(songs):
    half = Automation(VOLUME, (EnvelopePoint(0.0, 0.5),))
    of = session(songs.track("a"), master_mono=True, master_automation=(half,))
    assert peak_db(mixed(of) - 0.5 * songs.sounds["a"].mean(axis=1, keepdims=True)) < -120.0


def complicated(songs: Songs):
    """Folders, sends, equalisers, envelopes and widths at once."""
    fade = Automation(VOLUME, (EnvelopePoint(0.0, 1.0), EnvelopePoint(0.6, 0.1)))
    sweep = Automation("pan", (EnvelopePoint(0.1, 1.0), EnvelopePoint(0.6, -1.0)))
    bell = Effect("VST: ReaEQ (Cockos)", "mixengine", bands=(EqBand("band", 900.0, 6.0, 1.0),))
    return session(
        Track("f", "f", is_folder=True, fader_db=-2.0, automation=(fade,), effects=(bell,), width=0.4),
        songs.track("a", 1, parent="f", pan=0.3, automation=(sweep,)),
        songs.track("b", parent="f", effects=(bell,), width=-0.5),
        songs.track("c", 1, fader_db=-4.0, effects=(bell,)),
        Track("bus", "bus", effects=(bell,), receives=(
            Receive("a", gain_db=-3.0), Receive("c", POST_FX, pan=-0.5), Receive("f", mono=True),
        )),
        pan_law=10 ** (-3 / 20),
        master_effects=(bell,),
        master_db=-2.0,
    )  # fmt: skip


@pytest.mark.parametrize("frames", [3, 37, 1024, 5999, 10**6])
def test_the_size_of_blocks_does_not_matter(songs, frames):
    of = complicated(songs)
    assert peak_db(mixed(of, frames=frames) - mixed(of)) < -130.0


def test_the_stems_add_up(songs):
    of = complicated(songs)
    mix, stems = rendered(of, [["a"], ["b"], ["c"]], frames=1000)
    assert peak_db(sum(stems) - mix) < -120.0
    assert all(peak_db(stem) > -60.0 for stem in stems)
    mix, grouped = rendered(of, [["c", "a"], ["b"]])
    assert peak_db(grouped[0] - stems[0] - stems[2]) < -120.0


def test_a_stem_is_the_session_with_the_others_muted(songs):
    of = complicated(songs)
    _, (stem,) = rendered(of, [["a"]])
    alone = dataclasses.replace(
        of, tracks=tuple(dataclasses.replace(t, mute=True) if t.id in "bc" else t for t in of.tracks)
    )
    assert peak_db(stem - mixed(alone)) < -120.0


def test_all_gain_moves_out_of_the_mix(songs):
    of = complicated(songs)
    louder = dataclasses.replace(of, master_db=of.master_db + 6.0)
    assert peak_db(mixed(louder) - amplitude(6.0) * mixed(of)) < -110.0


def test_left_and_right_swapped(songs):
    def swapped(track: Track) -> Track:
        clips = tuple(dataclasses.replace(clip, channel_mode=1) for clip in track.clips)
        drawn = tuple(
            dataclasses.replace(a, points=tuple(dataclasses.replace(p, value=-p.value) for p in a.points))
            if a.kind == "pan" else a
            for a in track.automation
        )  # fmt: skip
        receives = tuple(dataclasses.replace(r, pan=-r.pan) for r in track.receives)
        return dataclasses.replace(track, clips=clips, pan=-track.pan, automation=drawn, receives=receives)

    of = complicated(songs)
    mirrored = dataclasses.replace(of, tracks=tuple(map(swapped, of.tracks)))
    assert peak_db(mixed(mirrored)[:, ::-1] - mixed(of)) < -120.0


def test_the_order_of_tracks_does_not_matter(songs):
    tracks = [songs.track(name, pan=0.2, fader_db=-3.0) for name in "abcde"]
    assert peak_db(mixed(session(*tracks)) - mixed(session(*tracks[::-1]))) < -130.0


def test_a_part_is_the_part_of_the_whole(songs):
    of = complicated(songs)
    whole = mixed(of)
    part = mixed(of, start_s=0.25, end_s=0.5, run_in_s=2.0)
    assert len(part) == RATE // 4
    assert peak_db(part - whole[RATE // 4 : RATE // 2]) < -100.0  # a filter has run two seconds, or from the start


def test_what_was_moved_in_time_sounds_the_same_later(songs):
    of = session(songs.track("a", 1, pan=0.3, fader_db=-3.0))
    later = dataclasses.replace(of.tracks[0], clips=(dataclasses.replace(of.tracks[0].clips[0], position_s=1.0),))
    shifted = mixed(session(later))
    assert not shifted[:RATE].any()
    assert np.array_equal(shifted[RATE:], mixed(of))


def test_the_engine_and_the_analysis_hear_the_same(songs):
    fade = Automation(VOLUME, (EnvelopePoint(0.0, 1.0), EnvelopePoint(0.6, 0.1)))
    of = session(
        Track("f", "f", is_folder=True, fader_db=-2.0, automation=(fade,), pan=0.4, inverted=True, width=0.3),
        songs.track("a", 1, parent="f", pan=0.3, automation=(fade,)),
        songs.track("b", pan_law=0.5),
        pan_law=0.708,
        master_pan_law=1.0,
    )
    tracks = [track for track in of.tracks if track.clips]
    heard = np.concatenate(list(mix.sum_blocks(of, tracks)))
    assert peak_db(mixed(of) - heard) < -120.0


class Halving:
    """A "compressor": half the gain while the block's peak is above -10 dBFS."""

    def __init__(self, _effect, _rate) -> None:
        pass

    def gain(self, block: np.ndarray) -> np.ndarray:
        return np.where(np.abs(block).max(axis=1, keepdims=True) > 0.1, 0.5, 1.0)


def test_stems_follow_the_gain_of_the_whole_mix(songs, monkeypatch):
    kind = effects.Kind(lambda effect: effect.name == "halving", Halving, linear=False)
    monkeypatch.setitem(effects.PROCESSORS, "halving", kind)
    bus = Track("f", "f", is_folder=True, effects=(Effect("halving", "mixengine halving"),))
    of = session(bus, songs.track("a", 1, parent="f"), songs.track("b", parent="f"))
    mix, stems = rendered(of, [["a"], ["b"]], frames=500)
    both = songs.sounds["a"] + songs.sounds["b"]
    assert peak_db(mix - both * Halving(None, 0).gain(both)) < -120.0
    assert peak_db(stems[0] + stems[1] - mix) < -120.0


def test_a_part_begins_at_rest_as_reaper_renders_it(songs):
    """What sounds before the part is not heard, not even in a filter; frames count from its start, to the fraction."""
    of, start_s = complicated(songs), 0.2500375
    cut = tuple(dataclasses.replace(track, clips=tuple(map(from_the_part, track.clips))) for track in of.tracks)

    part = mixed(of, start_s=start_s, end_s=0.5)
    assert len(part) == round((0.5 - start_s) * RATE)
    late = dataclasses.replace(of, tracks=cut)
    assert peak_db(part - mixed(late, start_s=start_s, end_s=0.5)) < -120.0
    assert peak_db(part - mixed(of, start_s=start_s, end_s=0.5, run_in_s=2.0)[: len(part)]) > -60.0


def from_the_part(clip):
    """The clip from frame 2000 on, where the part begins."""
    return dataclasses.replace(clip, position_s=2000 / RATE, offset_s=2000 / RATE, length_s=clip.length_s - 2000 / RATE)


def test_an_effect_that_is_off_or_unknown_changes_nothing_and_the_users_own_is_heard(songs):
    bell = Effect("VST: ReaEQ (Cockos)", "", bands=(EqBand("band", 900.0, 6.0, 1.0),))
    plain = mixed(session(songs.track("a")))
    for effect, on in ((dataclasses.replace(bell, bypassed=True), True), (bell, False), (Effect("VST: Other"), True)):
        assert np.array_equal(mixed(session(songs.track("a", effects=(effect,), effects_on=on))), plain)
    assert peak_db(mixed(session(songs.track("a", effects=(bell,)))) - plain) > -60.0


def test_nothing_and_silence(songs):
    assert mixed(session()).shape == (0, 2)
    assert not mixed(session(songs.track("a", fader_db=-math.inf))).any()
    assert mixed(session(songs.track("a")), start_s=5.0, end_s=6.0).shape == (RATE, 2)


def test_memory_does_not_hold_the_song(songs):
    """Blocks come one by one: the first is there before the last is read."""
    of = session(songs.track("a"))
    engine = routing.graph(of)
    assert engine.playing == ("a",)
    from mixengine.mixer.engine import Engine

    first, _ = next(Engine(of, engine, frames=100).blocks())
    assert first.shape == (100, 2)


@pytest.mark.parametrize(
    "mode, words",
    [(3, None), (4, None), (8, "a sinc over 512 frames"), (10, "REAPER's default mode"), (1, "not in mode 1")],
)
def test_a_resampling_mode_that_was_not_compared_is_named(songs, mode, words):
    of = session(songs.track("a"), resample_mode=mode)
    assert unsupported.resampling(of) == []  # nothing is resampled
    fast = dataclasses.replace(of.tracks[0].clips[0], rate=1.5)
    lines = unsupported.resampling(session(Track("a", "a", clips=(fast,)), resample_mode=mode))
    assert (not lines) if not words else (len(lines) == 1 and words in lines[0])


@pytest.mark.parametrize("mode, points", [(3, 192), (4, 384)])
def test_the_project_resampling_mode_is_heard(songs, mode, points):
    clip = dataclasses.replace(songs.clip("a", 1, 3000), rate=1.3, length_s=2000 / RATE)
    ours = mixed(session(Track("a", "a", clips=(clip,)), resample_mode=mode))[:, :1]
    sound = np.concatenate([songs.sounds["a"][:, :1], np.zeros((400, 1))])
    expected = resampled(lambda n: sound[np.clip(n, -1, 3399)] * (n >= 0)[:, None], 0, 1.3, np.arange(2000), points)
    assert peak_db(ours - expected) < -110.0
