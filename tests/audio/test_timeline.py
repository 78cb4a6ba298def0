"""The timeline against a slow, obvious reference in double precision.

The reference knows its sources as formulas (sums of sines under a smooth hump) and sums REAPER's sinc frame by frame
where rates differ.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.audio import timeline
from mixengine.audio.curves import automation_values, fade_gain
from mixengine.audio.files import UnreadableAudio
from mixengine.model.session import (
    VOLUME,
    VOLUME_PRE_FX,
    VOLUME_TRIM,
    Automation,
    Clip,
    EnvelopePoint,
    Fade,
    Session,
    Source,
)
from tests.helpers.reaper_laws import resampled
from tests.helpers.signals import clip, db, noise, render, track, write

SECONDS = 1.6
FREQUENCIES = np.array([0.013, 0.11, 0.17])  # of the source's rate


def formula(t: np.ndarray, rate: int, channel: int) -> np.ndarray:
    """The source's channel at ``t`` seconds; silent outside 0 … SECONDS, without a corner at the ends."""
    inside = (t > 0.0) & (t < SECONDS)
    hump = np.where(inside, np.sin(np.pi * np.clip(t / SECONDS, 0.0, 1.0)) ** 4, 0.0)
    waves = sum(np.sin(2 * np.pi * f * rate * t + channel + k) for k, f in enumerate(FREQUENCIES))
    return hump * waves * 0.3 * 0.8**channel


def source_file(folder, rate: int, channels: int) -> str:
    path = folder / f"{rate}-{channels}.wav"
    if not path.exists():
        t = np.arange(round(SECONDS * rate)) / rate
        write(path, np.stack([formula(t, rate, c) for c in range(channels)], axis=1), rate, "DOUBLE")
    return str(path)


def nearest(frames: float) -> int:
    return math.floor(round(frames, 6) + 0.5)


def played(item: Clip, source_rate: int, channels: int, last: float) -> Callable[[np.ndarray], np.ndarray]:
    """The source's frames by number, silent or repeated outside; ``last`` is the last position that the clip plays."""
    begin = round(item.source.start_s * source_rate)
    count = round(SECONDS * source_rate) - begin
    if item.source.length_s is not None:
        count = min(count, round(item.source.length_s * source_rate))
    loops = item.loop and last >= count

    def at(frames: np.ndarray) -> np.ndarray:
        inside = (frames >= 0) & (frames < count)
        if loops:
            frames, inside = np.mod(frames, count), np.ones(frames.shape, bool)
        frames = count - 1 - frames if item.source.reversed else frames
        seconds = (frames + begin) / source_rate
        return np.stack([np.where(inside, formula(seconds, source_rate, c), 0.0) for c in range(channels)], axis=-1)

    return at


def one_clip(item: Clip, rate: int, source_rate: int, channels: int, total: int) -> np.ndarray:
    """What a clip adds to frames 0 … total [shape=(total, channels of the clip)], by REAPER's laws."""
    n = np.arange(total)
    p = item.position_s * rate
    first, end = max(nearest(p), 0), nearest(p + item.length_s * rate)
    step = item.rate * source_rate / rate
    start = (item.offset_s + (first - p) / rate * item.rate) * source_rate
    if abs(step - 1.0) < 1e-12:
        start = nearest(item.offset_s * source_rate) if p >= 0.0 else nearest(start)
        data = played(item, source_rate, channels, start + end - first)(n - first + start)
    else:
        start = math.floor(round(start, 6))
        source = played(item, source_rate, channels, start + (end - first - 1) * step)
        data = resampled(source, start, step, n - first)
    mode = item.channel_mode
    if mode == 1 and channels > 1:
        data = data[:, [1, 0, *range(2, channels)]]
    elif mode == 2 and channels > 1:
        data = data[:, :2].mean(axis=1, keepdims=True)
    elif 3 <= mode < 67:
        data = data[:, [mode - 3 if mode - 3 < channels else 0]]
    elif mode >= 67:
        inside = [c for c in (mode - 67, mode - 66) if c < channels]
        data = data[:, inside or [0]]
    gain = 10.0 ** (item.gain_db / 20.0) * (-1.0 if item.inverted else 1.0) * np.ones(total)
    if item.fade_in.length_s:
        gain *= fade_gain((n - p) / (item.fade_in.length_s * rate), item.fade_in)
    if item.fade_out.length_s:
        falls = item.fade_out.length_s * rate
        begin = nearest(p) + nearest(item.length_s * rate) - nearest(falls)
        gain *= fade_gain(1.0 - (n - begin) / falls, item.fade_out, out=True)
    for envelope in item.automation:
        if envelope.active:
            gain *= automation_values((n / rate - item.position_s) * item.rate, envelope)
    gain[(n < first) | (n >= end)] = 0.0
    data = data * gain[:, None]
    if item.pan:
        if data.shape[1] == 1:
            data = np.repeat(data, 2, axis=1)
        data[:, 0 if item.pan > 0 else 1] *= 1.0 - abs(item.pan)
    return data


def reference(of, rate: int, source_rate: int, channels: int, width: int) -> np.ndarray:
    total = nearest(max(c.position_s + c.length_s for c in of.clips) * rate)
    out = np.zeros((total, width))
    for item in of.clips:
        data = one_clip(item, rate, source_rate, channels, total)
        if data.shape[1] == 1:
            out[:, :2] += data
        else:
            out[:, : data.shape[1]] += data[:, :width]
    t = np.arange(total) / rate
    for envelope in of.automation:
        if envelope.active:
            out *= automation_values(t, envelope)[:, None]
    return -out if of.inverted else out


def envelope(shape: int, *, scaling: bool = False, kind: str = VOLUME, tension: float = 0.4) -> Automation:
    points = [(0.1, 0.2), (0.35, 1.0), (0.6, 0.05), (0.9, 1.4)]
    return Automation(kind, tuple(EnvelopePoint(t, v, shape, tension) for t, v in points), fader_scaling=scaling)


CLIPS: dict[str, dict] = {
    "plain": {},
    "late": {"position_s": 0.3217},
    "before_zero": {"position_s": -0.25},
    "offset": {"offset_s": 0.4123},
    "negative_offset": {"offset_s": -0.2},
    "longer_than_the_source": {"length_s": 2.0, "offset_s": 0.3},
    "slow": {"rate": 0.83},
    "fast": {"rate": 1.37, "offset_s": 0.1},
    "half_speed": {"rate": 0.5, "offset_s": 0.3},
    "gain": {"gain_db": -7.3},
    "silenced": {"gain_db": -math.inf},
    "inverted": {"inverted": True},
    "pan_left": {"pan": -0.4},
    "pan_right": {"pan": 1.0},
    "mute_free_overlapping_fades": {"fade_in": Fade(0.8, 1, 0.2), "fade_out": Fade(0.9, 6, -0.3)},
    "looped": {"loop": True, "length_s": 3.6, "offset_s": 0.9},
    "looped_fast": {"loop": True, "length_s": 2.5, "offset_s": 0.9, "rate": 1.21},
    "reversed": {"source": {"reversed": True}},
    "reversed_loop": {"source": {"reversed": True}, "loop": True, "length_s": 2.2},
    "reversed_slow": {"source": {"reversed": True}, "rate": 0.77, "offset_s": 0.2},
    "take_envelope_at_speed": {"automation": (envelope(0),), "rate": 1.37, "position_s": 0.2},
    "take_envelope_off": {"automation": (dataclasses.replace(envelope(0), active=False),)},
}
CLIPS |= {f"fade_in_{s}": {"fade_in": Fade(0.55, s, 0.0)} for s in range(8)}
CLIPS |= {f"fade_out_{s}": {"fade_out": Fade(0.55, s, 0.6)} for s in range(8)}
CLIPS |= {f"channel_mode_{m}": {"channel_mode": m} for m in (0, 1, 2, 3, 4, 5, 6, 67, 68, 70)}
CLIPS |= {f"take_envelope_{s}": {"automation": (envelope(s, scaling=s % 2 == 0),)} for s in range(6)}


# of the laws of fades, channels and envelopes one each: which one it is does not depend on the rates
RESAMPLED = {name for name in CLIPS if not re.fullmatch(r"(fade_in|fade_out|channel_mode|take_envelope)_[0-9]+", name)}
RESAMPLED |= {"fade_in_3", "fade_out_6", "channel_mode_1", "channel_mode_68", "take_envelope_2", "take_envelope_5"}


def made(folder, rate: int, channels: int, fields: dict) -> Clip:
    path = source_file(folder, rate, channels)
    fields = {"position_s": 0.1, "length_s": 1.1, "offset_s": 0.2} | fields
    return clip(path, **fields | {"source": Source(path, **fields.get("source", {}))})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sources")


@pytest.mark.parametrize(
    "name, source_rate, rate",
    [
        (name, *rates)
        for name, other in zip(CLIPS, itertools.cycle([(8000, 11025), (11025, 8000)]), strict=False)
        for rates in ((8000, 8000), *([other] if name in RESAMPLED else []))
    ],
)
def test_clips_equal_the_reference(name, source_rate, rate, folder):
    """Sources of 8 and 11.025 kHz keep it quick; ratios are what matters."""
    of = track(made(folder, source_rate, 2, CLIPS[name]))
    ours = render(of, rate, channels=2)
    assert db(ours - reference(of, rate, source_rate, 2, 2)) < -100.0


@pytest.mark.parametrize("channels", (1, 2, 3, 6, 8))
@pytest.mark.parametrize("mode", (0, 1, 2, 3, 4, 5, 9, 67, 69, 73))
def test_channels_and_modes(mode, channels, folder):
    of = track(made(folder, 8000, channels, {"channel_mode": mode}), channels=8)
    ours = render(of, 8000, channels=8)
    assert db(ours - reference(of, 8000, 8000, channels, 8)) < -130.0


@pytest.mark.parametrize(
    "source_rate, rate",
    [(8000, 192000), (192000, 8000), (44100, 48000), (48000, 44100), (96000, 44100), (22050, 96000), (11025, 48000)],
)
def test_rates(source_rate, rate, folder):
    of = track(made(folder, source_rate, 1, {"position_s": 0.0123, "length_s": 0.4, "offset_s": 0.45}))
    assert db(render(of, rate) - reference(of, rate, source_rate, 1, 1)) < -110.0


@pytest.mark.parametrize("scaling", (False, True))
@pytest.mark.parametrize("shape", range(6))
@pytest.mark.parametrize("kind", (VOLUME_PRE_FX, VOLUME, VOLUME_TRIM))
def test_track_envelopes(kind, shape, scaling, folder):
    of = track(made(folder, 8000, 2, {}), automation=(envelope(shape, scaling=scaling, kind=kind, tension=-0.5),))
    expected = reference(of, 8000, 8000, 2, 2)
    assert db(render(of, 8000, frames=997) - expected) < -120.0
    plain = reference(dataclasses.replace(of, automation=()), 8000, 8000, 2, 2)
    assert db(render(of, 8000, automation=False) - plain) < -130.0
    assert db(expected - plain) > -20.0


def test_envelopes_that_are_off_or_of_another_kind(folder):
    off = (dataclasses.replace(envelope(0), active=False), envelope(0, kind="pan"), Automation(VOLUME))
    plain = track(made(folder, 8000, 2, {}))
    assert np.array_equal(render(dataclasses.replace(plain, automation=off), 8000), render(plain, 8000))


def test_several_envelopes_multiply_and_polarity(folder):
    both = (envelope(0), envelope(3, kind=VOLUME_TRIM))
    of = track(made(folder, 8000, 2, {}), automation=both, inverted=True)
    assert db(render(of, 8000) - reference(of, 8000, 8000, 2, 2)) < -120.0


@pytest.mark.parametrize("start_s, length_s", [(0.25, 0.5), (0.1234, 0.777)])
@pytest.mark.parametrize("backwards", (False, True))
def test_section(start_s, length_s, backwards, tmp_path):
    """Bit-exact: the frames of the section, over and over."""
    samples = noise(8000, 2)
    path = write(tmp_path / "a.wav", samples, 8000)
    part = samples[round(start_s * 8000) : round(start_s * 8000) + round(length_s * 8000)]
    part = part[::-1] if backwards else part
    source = Source(path, start_s=start_s, length_s=length_s, reversed=backwards)
    once = render(track(clip(path, 0.0, 1.5, source=source)), 8000)
    assert np.array_equal(once[: len(part)], part)
    assert not once[len(part) :].any()
    looped = render(track(clip(path, 0.0, 3.0, source=source, loop=True, offset_s=0.125)), 8000)
    assert np.array_equal(looped, np.resize(np.roll(part, -1000, axis=0), looped.shape))


@pytest.mark.parametrize("frames", (1, 7, 100))
def test_loops_of_a_few_frames(frames, tmp_path):
    samples = noise(frames, 1)
    path = write(tmp_path / "a.wav", samples, 8000)
    out = render(track(clip(path, 0.0, 2.0, loop=True)), 8000)
    assert np.array_equal(out, np.resize(samples, (16000, 1)))


# ------------------------------------------------------------------------------------------------ what must not matter


def halves(item: Clip, at_s: float) -> tuple[Clip, Clip]:
    """As REAPER splits: both sides keep their outer fade."""
    left = dataclasses.replace(item, length_s=at_s - item.position_s, fade_out=Fade())
    offset_s = item.offset_s + (at_s - item.position_s) * item.rate
    right = dataclasses.replace(item, position_s=at_s, length_s=item.end_s - at_s, offset_s=offset_s, fade_in=Fade())
    return left, right


FADED = {"fade_in": Fade(0.2, 1), "fade_out": Fade(0.2, 2, 0.5), "position_s": 0.1003, "offset_s": 0.2001}


@settings(deadline=None, max_examples=25)
@given(st.integers(2800, 7600))
def test_splitting_between_frames_is_bit_exact(folder, at):
    item = made(folder, 8000, 2, FADED | {"position_s": 0.1})
    assert np.array_equal(render(track(*halves(item, at / 8000)), 8000), render(track(item), 8000))


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 9000), st.sampled_from([0.71, 1.0, 1.29]), st.booleans())
def test_moved_by_whole_frames_a_resampled_clip_sounds_the_same(folder, later, speed, loop):
    item = made(folder, 8000, 2, FADED | {"rate": speed, "loop": loop})
    moved = dataclasses.replace(item, position_s=item.position_s + later / 11025)
    assert db(render(track(moved), 11025)[later:] - render(track(item), 11025)) < -120.0


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 8000), st.integers(0, 4800), st.sampled_from([8000, 11025]))
def test_windows_are_slices(folder, begin, frames, rate):
    if rate != 8000:
        begin %= 1000  # before the first clip: what plays already when reading begins has no past
    of = track(made(folder, 8000, 2, {}), made(folder, 8000, 2, {"position_s": 0.55}), automation=(envelope(2),))
    whole = render(of, rate)
    window = render(of, rate, start_s=begin / rate, end_s=(begin + frames) / rate, channels=2)
    assert len(window) == frames
    if not len(window):
        return
    expected = whole[begin : begin + frames]
    assert db(window[: len(expected)] - expected) < -120.0
    assert not window[len(expected) :].any()


@settings(deadline=None, max_examples=10)
@given(st.floats(0.0, 0.09))
def test_the_grid_begins_where_reading_begins(folder, start_s):
    """Everything earlier by a time that is no whole number of frames, and read from there: the same."""
    item = made(folder, 8000, 2, FADED)
    earlier = dataclasses.replace(item, position_s=item.position_s - start_s)
    assert db(render(track(item), 8000, start_s=start_s) - render(track(earlier), 8000)) < -120.0


@settings(deadline=None, max_examples=20)
@given(st.integers(50, 20000), st.sampled_from([8000, 11025]))
def test_block_size_does_not_matter(folder, frames, rate):
    of = track(made(folder, 8000, 2, FADED), made(folder, 8000, 2, {"position_s": 0.5}), automation=(envelope(5),))
    assert db(render(of, rate, frames=frames) - render(of, rate)) < -120.0


def test_one_frame_blocks(folder):
    of = track(made(folder, 8000, 2, {"length_s": 0.05}))
    assert np.array_equal(render(of, 8000, frames=1), render(of, 8000))


def test_overlapping_clips_add(folder):
    a = made(folder, 8000, 2, {})
    b = made(folder, 8000, 1, {"position_s": 0.3, "gain_db": -3.0})
    c = made(folder, 11025, 2, {"position_s": -0.1, "offset_s": 0.5})
    total = render(track(a, b, c), 8000)
    alone = [render(track(item), 8000, end_s=1.4, channels=2) for item in (a, b, c)]
    assert db(total - sum(alone)) < -130.0
    assert np.array_equal(render(track(c, b, a), 8000), total)


def test_muted_and_midi_clips_are_silent(folder):
    a = made(folder, 8000, 2, {})
    muted = dataclasses.replace(a, mute=True, length_s=9.0)
    midi = dataclasses.replace(a, source=Source("x.mid", kind="midi"), length_s=9.0)
    assert np.array_equal(render(track(a, muted, midi), 8000), render(track(a), 8000))


def test_end_beyond_the_clips_is_silence_and_nothing_is_nothing(folder):
    of = track(made(folder, 8000, 2, {}))
    longer = render(of, 8000, end_s=2.0)
    assert len(longer) == 16000
    assert not longer[9600:].any()
    assert len(render(track(), 8000)) == 0
    assert render(track(), 8000, end_s=0.5).shape == (4000, 1)
    assert len(render(track(dataclasses.replace(of.clips[0], length_s=0.0)), 8000)) == 0
    assert len(render(of, 8000, start_s=5.0)) == 0


def test_a_broken_file_names_itself(tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_text("no audio")
    with pytest.raises(UnreadableAudio, match=r"bad\.wav"):
        render(track(clip(str(bad))), 8000)


def test_channel_count(folder):
    def count(channels: int, width: int = 2, **fields) -> int:
        return timeline.channel_count(track(made(folder, 8000, channels, fields), channels=width))

    assert count(1) == 1
    assert count(1, pan=0.5) == 2
    assert count(2) == 2
    assert count(6) == 2
    assert count(6, 6) == 2  # a track plays its channels 1 and 2 into the mix
    assert count(6, 6, channel_mode=2) == 1
    assert count(6, 6, channel_mode=67) == 2
    assert count(2, channel_mode=3) == 1
    assert timeline.channel_count(track()) == 1


def test_analysis_rate(folder):
    session = Session("s", "s.rpp", 48000)
    plain, fast, other = (
        made(folder, rate, 2, {"rate": speed}) for rate, speed in ((8000, 1), (8000, 1.5), (11025, 1))
    )
    assert timeline.analysis_rate(track(plain, plain), session) == 8000
    assert timeline.analysis_rate(track(plain, fast), session) == 48000
    assert timeline.analysis_rate(track(plain, other), session) == 48000
    assert timeline.analysis_rate(track(), session) == 48000


def test_span(folder):
    a = made(folder, 8000, 2, {"position_s": -0.5, "length_s": 1.0})
    b = made(folder, 8000, 2, {"position_s": 2.0, "length_s": 0.5})
    assert timeline.span(track(b)) == (2.0, 2.5)
    assert timeline.span(track(b, a)) == (0.0, 2.5)
    assert timeline.span(track()) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "first_s"),
    [
        ({}, 2.5),
        ({"offset_s": 0.25}, 2.25),
        ({"offset_s": 0.25, "rate": 2.0}, 2.125),
        ({"offset_s": 0.75, "loop": True, "length_s": 2.0}, 2.75),
        ({"source": {"reversed": True}}, 2.498),
    ],
    ids=str,
)
def test_samples_that_are_no_numbers_are_told_with_their_place(tmp_path, changes, first_s):
    sound = np.full((1000, 1), 0.1)
    sound[500:503] = np.nan
    path = tmp_path / "bad.wav"
    write(path, sound, 1000, "FLOAT")
    source = Source(str(path), **changes.pop("source", {}))
    item = Clip("c", position_s=2.0, length_s=changes.pop("length_s", 0.7), source=source, **changes)
    said: list = []
    for block in timeline.blocks(track(item), 1000, frames=300, silenced=said.append):
        assert np.isfinite(block).all()
    (what,) = said
    assert (what.clip, what.count % 3) == (item, 0)
    assert what.first_s == pytest.approx(first_s, abs=0.0011)
