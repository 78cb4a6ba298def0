"""Sessions with our compressors: against numpy that knows the whole sound, and against strips in double precision."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import soundfile

from mixengine.app import render_files
from mixengine.audio.pan import balance
from mixengine.audio.reacomp import ReaCompGain
from mixengine.audio.reaeq import ReaEqFilter
from mixengine.jobs.render.settings import RenderSettings
from mixengine.mixer import mix, routing
from mixengine.mixer.unsupported import unsupported
from mixengine.model import apply
from mixengine.model.plan import Compressor
from mixengine.model.session import (
    MASTER,
    POST_FX,
    PRE_FX,
    VOLUME,
    Automation,
    Clip,
    CompressorSettings,
    Effect,
    EnvelopePoint,
    EqBand,
    Receive,
    Session,
    Source,
    Track,
)
from mixengine.model.units import amplitude
from tests.helpers import rpp_builders as b
from tests.helpers.render_sessions import RATE, Songs, mixed, peak_db, rendered, session
from tests.helpers.signals import noise, write

SOFT = CompressorSettings(-30.0, 3.0, 8.0, 20.0, 6.0, 4.0, lookahead_ms=20.0)
HARD = CompressorSettings(-40.0, 8.0, 3.0, 100.0, 0.0, 1.0, lookahead_ms=7.5, rms_ms=5.0)
AT_ONCE = dataclasses.replace(HARD, lookahead_ms=0.0, auto_makeup=True)
BELL = Effect("VST: ReaEQ (Cockos)", "mixengine", bands=(EqBand("band", 900.0, 6.0, 1.0),))
FADE = Automation(VOLUME, (EnvelopePoint(0.0, 1.0), EnvelopePoint(0.3, 0.1), EnvelopePoint(0.6, 0.9)))


def comp(settings: CompressorSettings, label: str = "mixengine glue") -> Effect:
    return Effect("VST: ReaComp (Cockos)", label, compressor=settings)


@pytest.fixture
def songs(tmp_path) -> Songs:
    return Songs(tmp_path)


def squeezed(sound: np.ndarray, of: CompressorSettings) -> np.ndarray:
    """The whole sound at once, REAPER's law written out frame by frame: the gain at t follows from what sounds up to
    t + look-ahead; what follows the sound is silence.
    """
    sound = np.repeat(sound, 2, axis=1) if sound.shape[1] == 1 else sound
    ahead = round(of.lookahead_ms * RATE / 1000.0)
    side = np.concatenate([sound.astype(np.float64), np.zeros((ahead, 2))])
    window = int(of.rms_ms * RATE / 1000.0 + 1e-9)
    levels = [
        np.sqrt(np.square(side[max(n + 1 - window, 0) : n + 1]).sum(axis=0) / window).max()
        if window
        else abs(row).max()
        for n, row in enumerate(side)
    ]
    rest = amplitude(of.threshold_db - of.knee_db / 2.0)
    envelope, now = [], rest
    for level in levels:
        time_ms = of.attack_ms if level > now else of.release_ms
        now = max(level + (np.exp(-1000.0 / (time_ms * RATE)) if time_ms else 0.0) * (now - level), rest)
        envelope.append(now)
    over = 20.0 * np.log10(np.array(envelope)) - of.threshold_db
    bent = (over + of.knee_db / 2.0) ** 2 / (2.0 * of.knee_db) if of.knee_db else over
    amount = np.where(over < -of.knee_db / 2.0, 0.0, np.where(over > of.knee_db / 2.0, over, bent))
    share = 1.0 - 1.0 / of.ratio
    makeup_db = of.makeup_db - of.auto_makeup * of.threshold_db * share / 2.0
    return sound * amplitude(makeup_db) * 10.0 ** (-share * amount[ahead:, None] / 20.0)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("settings", [SOFT, HARD, AT_ONCE, dataclasses.replace(HARD, rms_ms=0.3, release_ms=0.0)])
def test_one_track_is_that_of_numpy(songs, channels, settings):
    of = session(songs.track("a", channels, fader_db=-3.0, effects=(comp(settings),)))
    expected = squeezed(songs.sounds["a"], settings) * amplitude(-3.0)
    assert mixed(of).shape == expected.shape
    assert peak_db(mixed(of, frames=777) - expected) < -110.0


def test_a_compressor_without_time_turns_down_exactly_before_the_click(songs):
    """One loud sample at frame 1000 and a look-ahead of 60 frames: frame 940 alone is turned down."""
    sound = np.full((3000, 2), 0.001, np.float32)
    sound[1000] = 1.0
    path = write(songs.folder / "click.wav", sound, RATE)
    clip = Clip("c", Source(path), 0.0, 3000 / RATE)
    quick = CompressorSettings(-20.0, 100.0, 0.0, 0.0, 0.0, lookahead_ms=7.5)
    heard = mixed(session(Track("t", "t", clips=(clip,), effects=(comp(quick),))), frames=64) / sound
    turned = np.flatnonzero(heard[:, 0] < 0.5)
    assert turned.tolist() == [940]


def layered(songs: Songs, settings=(SOFT, HARD, AT_ONCE, SOFT)) -> Session:
    """Compressors on a track, a folder, a bus and the master, and sound that goes round them."""
    track, folder, bus, master = map(comp, settings)
    return session(
        Track("f", "f", is_folder=True, fader_db=-2.0, automation=(FADE,), effects=(folder, BELL)),
        songs.track("a", 1, parent="f", pan=0.3, effects=(BELL, track)),
        songs.track("b", parent="f", automation=(FADE,)),
        songs.track("c", 1, fader_db=-4.0, effects=(track, track)),
        Track("bus", "bus", effects=(bus,), receives=(
            Receive("a", gain_db=-3.0), Receive("c", PRE_FX, pan=-0.5), Receive("c", POST_FX, automation=(FADE,)),
            Receive("f", mono=True), Receive("b", gain_db=-6.0), Receive("b", gain_db=-6.0),
        )),
        songs.track("d", pan=-0.4),
        master_effects=(master,),
        master_db=-2.0,
    )  # fmt: skip


def test_compressors_in_a_row_are_those_of_numpy(songs):
    of = session(
        Track("f", "f", is_folder=True, fader_db=-2.0, effects=(comp(HARD),)),
        songs.track("a", 1, parent="f", effects=(comp(SOFT),)),
        songs.track("b", parent="f", fader_db=-6.0),
        songs.track("c", effects=(comp(HARD), comp(SOFT))),
        Track("bus", "bus", effects=(comp(SOFT),), receives=(
            Receive("f", gain_db=-3.0), Receive("c", PRE_FX), Receive("c", POST_FX, gain_db=-9.0),
        )),
        songs.track("d"),
        master_effects=(comp(HARD),),
    )  # fmt: skip
    sound = songs.sounds
    folder = squeezed(squeezed(sound["a"], SOFT) + amplitude(-6.0) * sound["b"], HARD) * amplitude(-2.0)
    both = squeezed(squeezed(sound["c"], HARD), SOFT)
    bus = squeezed(folder * amplitude(-3.0) + sound["c"] + both * amplitude(-9.0), SOFT)
    expected = squeezed(folder + both + bus + sound["d"], HARD)
    assert peak_db(mixed(of) - expected) < -105.0


def test_look_ahead_alone_leaves_every_sample_where_it_was(songs):
    """Compressors that do nothing, look-aheads and all, make the very mix without them: nothing moves in time."""
    idle = [dataclasses.replace(s, ratio=1.0, makeup_db=0.0, auto_makeup=False) for s in (SOFT, HARD, AT_ONCE, SOFT)]
    of = layered(songs, idle)
    plain = dataclasses.replace(
        of,
        tracks=tuple(
            dataclasses.replace(t, effects=tuple(e for e in t.effects if e.compressor is None)) for t in of.tracks
        ),
        master_effects=(),
    )
    assert peak_db(mixed(of, frames=500) - mixed(plain)) < -130.0
    bare = session(songs.track("e", effects=(comp(idle[0]),)))
    assert np.array_equal(mixed(bare), songs.sounds["e"])


@pytest.mark.parametrize("frames", [37, 1024, 10**6])
def test_the_size_of_blocks_does_not_matter(songs, frames):
    of = layered(songs)
    assert peak_db(mixed(of, frames=frames) - mixed(of)) < -120.0


def test_the_stems_add_up(songs):
    of = layered(songs)
    mix, stems = rendered(of, [["a"], ["b"], ["c"], ["d"]], frames=1000)
    assert mix.shape == mixed(dataclasses.replace(of, master_effects=())).shape
    assert peak_db(sum(stems) - mix) < -110.0
    assert all(peak_db(stem) > -60.0 for stem in stems)


def test_a_part_is_the_part_of_the_whole(songs):
    of = layered(songs)
    whole = mixed(of)
    part = mixed(of, start_s=0.25, end_s=0.5, frames=300, run_in_s=2.0)
    assert len(part) == RATE // 4
    assert peak_db(part - whole[RATE // 4 : RATE // 2]) < -100.0


def test_a_part_starts_late_in_the_song_as_if_all_had_been_played(songs):
    of = session(songs.track("a", effects=(comp(SOFT),)), master_effects=(comp(HARD),))
    later = dataclasses.replace(of.tracks[0], clips=tuple(
        dataclasses.replace(of.tracks[0].clips[0], id=str(at), position_s=0.75 * at) for at in range(6)
    ))  # fmt: skip
    long = dataclasses.replace(of, tracks=(later,))
    part = mixed(long, start_s=3.1, end_s=3.4, run_in_s=2.0)
    assert peak_db(part - mixed(long)[round(3.1 * RATE) : round(3.4 * RATE)]) < -100.0


def test_gain_and_threshold_together(songs):
    of = session(songs.track("a", effects=(comp(SOFT),)))
    clip = dataclasses.replace(of.tracks[0].clips[0], gain_db=6.0)
    higher = dataclasses.replace(SOFT, threshold_db=SOFT.threshold_db + 6.0)
    louder = dataclasses.replace(of, tracks=(Track("a", "a", clips=(clip,), effects=(comp(higher),)),))
    assert peak_db(mixed(louder) - amplitude(6.0) * mixed(of)) < -100.0


def test_left_and_right_swapped(songs):
    of = session(songs.track("a", effects=(comp(SOFT),)))
    clip = dataclasses.replace(of.tracks[0].clips[0], channel_mode=1)
    swapped = dataclasses.replace(of, tracks=(dataclasses.replace(of.tracks[0], clips=(clip,)),))
    assert np.array_equal(mixed(swapped)[:, ::-1], mixed(of))


def test_what_was_moved_in_time_sounds_the_same_later(songs):
    of = session(songs.track("a", effects=(comp(SOFT),)), master_effects=(comp(HARD),))
    clip = dataclasses.replace(of.tracks[0].clips[0], position_s=1.0)
    shifted = mixed(dataclasses.replace(of, tracks=(dataclasses.replace(of.tracks[0], clips=(clip,)),)))
    assert not shifted[:RATE].any()
    assert peak_db(shifted[RATE:][100:] - mixed(of)[100:]) < -80.0  # only the first gains had not begun to move


def test_dry_sound_beside_the_compressed_one(songs):
    both = dataclasses.replace(HARD, lookahead_ms=0.0, dry_db=-6.0)
    ours = mixed(session(songs.track("a", effects=(comp(both),))))
    alone = squeezed(songs.sounds["a"], dataclasses.replace(both, dry_db=-150.0))
    assert peak_db(ours - alone - amplitude(-6.0) * songs.sounds["a"]) < -110.0


def test_off_changes_nothing_and_the_users_own_is_heard(songs):
    plain = mixed(session(songs.track("a")))
    off = dataclasses.replace(comp(AT_ONCE, ""), bypassed=True)
    for effect, on in ((off, True), (comp(AT_ONCE, ""), False)):
        of = session(songs.track("a", effects=(effect,), effects_on=on))
        assert np.array_equal(mixed(of), plain)
        assert not unsupported(of, routing.graph(of))
    of = session(songs.track("a", effects=(comp(AT_ONCE, ""),)))
    assert peak_db(mixed(of) - squeezed(songs.sounds["a"], AT_ONCE)) < -110.0
    assert not unsupported(of, routing.graph(of))


def test_what_is_heard_without_knowing_reapers_way_is_named(songs):
    strange = dataclasses.replace(comp(SOFT, ""), notes=("detector input",))
    of = session(songs.track("a", effects=(strange, comp(AT_ONCE))), master_effects=(comp(AT_ONCE),))
    (entry,) = unsupported(of, routing.graph(of))
    name, unsure = "effect VST: ReaComp (Cockos)", "played, but not compared with REAPER"
    assert entry.what == (
        f"{name}: its detector input is not heard",
        f"{name}: its RMS size of 0 (taken as peaks): {unsure}",
        f"{name}: its knee of 6 dB: {unsure}",
        f"{name}: its pre-comp of 20 ms: {unsure}",
    )


def test_silence_stays_silence_and_one_sample_is_one_sample(songs):
    of = session(songs.track("a", effects=(comp(SOFT),), fader_db=-np.inf), master_effects=(comp(HARD),))
    assert not mixed(of).any()
    short = session(Track("s", "s", clips=(songs.clip("s", frames=1),), effects=(comp(SOFT),)))
    assert mixed(short).shape == (1, 2)
    assert peak_db(mixed(short) - squeezed(songs.sounds["s"], SOFT)) < -110.0


def through_strips(of, groups, strips, master):
    """The groups' sums through strips in double precision [shape=(frames, 2)]: a mix without the mixer."""

    def through(sound, strip):
        equalized = ReaEqFilter(strip.bands, of.sample_rate)(sound)
        gain = ReaCompGain(strip.compressor, of.sample_rate)(equalized)[:, None] if strip.compressor else 1.0
        return equalized * gain * amplitude(strip.gain_db) * balance(strip.pan)

    sounds = [np.concatenate(list(mix.sum_blocks(of, group.tracks))).astype(float) for group in groups]
    return through(sum(through(sound, strip) for sound, strip in zip(sounds, strips, strict=True)), master)


@pytest.mark.parametrize("rate", [44100, 48000])
def test_a_matched_session_is_what_its_strips_make_of_the_groups(tmp_path, rate):
    """The strips of a match, written into the session, sound as ReaEQ and ReaComp let them sound."""
    from mixengine.jobs.match import changes
    from mixengine.jobs.match.groups import Group
    from mixengine.jobs.match.reasons import Why
    from mixengine.jobs.match.translate import Strip

    bands = (EqBand("band", 700.0, 4.0, 1.5), EqBand("high_shelf", 6000.0, -3.0, 1.0))
    squeeze = CompressorSettings(-28.0, 3.0, 20.0, 20.0, 6.0, 3.0, rms_ms=5.0)
    tracks = []
    for number, name in enumerate(("drums", "bass", "voice", "keys")):
        path = write(tmp_path / f"{name}.wav", noise(int(1.2 * rate), 1 + number % 2, seed=number), rate)
        clip = Clip(name, Source(path), 0.0, 1.2)
        tracks.append(Track(name, name, parent="band" if number < 2 else None, clips=(clip,), fader_db=-2.0 * number))
    of = Session("s", "s.RPP", rate, (Track("band", "band", is_folder=True, fader_db=-1.0), *tracks))
    folder, drums, bass, voice, keys = of.tracks
    groups = [
        Group("band", (drums, bass), folder, "other"),
        Group("voice", (voice,), voice, "voice"),
        Group("keys", (keys,), keys, "keys"),
    ]
    strips = [
        Strip(bands, squeeze, -2.0),
        Strip((), dataclasses.replace(squeeze, threshold_db=-35.0, ratio=6.0, attack_ms=5.0, release_ms=5.0), 1.0, 0.3),
        Strip(bands[:1], None, -1.5, -0.4),
    ]
    slow = dataclasses.replace(squeeze, threshold_db=-22.0, attack_ms=60.0, release_ms=60.0)
    master = Strip(bands[1:], slow, 2.0)
    made = changes.of_master(of, master, Why("level", "why"))
    for group, strip in zip(groups, strips, strict=True):
        made += changes.of_group(of, group, strip, Why("level", "why"))
    written = apply.applied(of, made)
    assert sum(effect.compressor is not None for track in written.tracks for effect in track.effects) == 2
    theirs = through_strips(of, groups, strips, master)
    ours = mixed(written)
    assert ours.shape == theirs.shape
    assert peak_db(ours) > -20.0
    assert peak_db(ours - theirs) < -80.0


def test_a_project_with_compressors_becomes_files_that_line_up_and_add_up(tmp_path):
    sounds = {name: noise(RATE, 2, seed=number) for number, name in enumerate(("one", "two"))}
    items = []
    for number, (name, sound) in enumerate(sounds.items()):
        write(tmp_path / f"{name}.wav", sound, 48000)
        lines = b.item(11 + number, media=b.source(f"{name}.wav"))
        items.append([line.replace("SOFFS 0.75", "SOFFS 0").replace("LOOP 1", "LOOP 0") for line in lines])
    folder = b.track(1, name="Folder", bus="1 1")
    data = b.project(folder, b.track(2, items[0], name="One"), b.track(3, items[1], name="Two", bus="2 -1"))
    where = [b.guid(2), b.guid(1), MASTER]
    put = [Compressor(name, "mixengine", None, of) for name, of in zip(where, (SOFT, HARD, SOFT), strict=True)]
    plain, squeezed_too = tmp_path / "plain.RPP", tmp_path / "squeezed.RPP"
    plain.write_bytes(data)
    squeezed_too.write_bytes(b.done(data, *put))
    before, after = (render_files.render(path, RenderSettings(bits="32f"), out=None) for path in (plain, squeezed_too))
    assert after.adds_up and after.null_dbfs < -110.0
    assert all("not compared with REAPER" in line for entry in after.unheard for line in entry.what)
    assert after.length_s == before.length_s
    assert any("Folder" in note and "One" in note and "the master" in note for note in after.notes)
    mixes = [soundfile.read(done.written[0].file, always_2d=True)[0] for done in (before, after)]
    sounding = [np.flatnonzero(np.abs(mix).max(axis=1)) for mix in mixes]
    assert (sounding[0][[0, -1]] == sounding[1][[0, -1]]).all()  # nothing moved
    assert peak_db(mixes[1] - mixes[0]) > -40.0
