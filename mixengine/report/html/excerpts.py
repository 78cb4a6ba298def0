"""The same passage of the mix before and after, equally loud, small enough to live inside the page."""

from __future__ import annotations

import base64
import io
import math

import numpy as np
import soundfile
import soxr

from mixengine.audio import timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.audio.loudness import LoudnessMeter
from mixengine.audio.peaks import PeakMeter
from mixengine.mixer import mix, routing, unsupported
from mixengine.mixer.mix import CEILING_DBTP
from mixengine.model.session import Session
from mixengine.model.units import amplitude
from mixengine.report.html import columns
from mixengine.report.html.context import MixMeasurements, ReportContext
from mixengine.report.html.excerpt import Excerpt, Pair

LENGTH_S = 24.0
"""Two of them, as MP3 in base64, are 1 MB or a little more."""
_FORMATS = {"MP3": ("MPEG_LAYER_III", "audio/mpeg"), "OGG": ("VORBIS", "audio/ogg")}
"""First choice first: every browser plays MP3, but libsndfile writes it only from 1.1 on."""
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Sample rates that MP3 supports."""
_LEAD_IN_S = 6.0
"""From the start of the excerpt to the duck it is about."""
_FADE_S = 0.03


def make(context: ReportContext) -> Pair | None:
    """Render the passage with the largest change, before and after; ``None`` when there is nothing to compare."""
    sessions = [unsupported.readable(session)[0] for session in (context.before, context.after)]
    end_s = max(map(_end_s, sessions))
    if end_s <= 0.0:
        return None
    start_s, why = _passage(context, end_s)
    stop_s = min(start_s + LENGTH_S, end_s)
    try:
        versions = [_mixed(session, start_s, stop_s) for session in sessions]
    except UnreadableAudio:
        return None
    rate = context.after.sample_rate
    matched = matched_db(versions, rate)
    if matched is None:
        return None
    lufs, gains_db = matched
    excerpts = [
        Excerpt(gain_db, address(samples * amplitude(gain_db), rate))
        for samples, gain_db in zip(versions, gains_db, strict=True)
    ]
    return Pair(start_s, stop_s, why, lufs, *excerpts)


def _end_s(session: Session) -> float:
    """End of the last track that sounds."""
    return max((timeline.span(session.track(name))[1] for name in routing.graph(session).playing), default=0.0)


def _passage(context: ReportContext, end_s: float) -> tuple[float, str]:
    """Start of the passage in seconds, and why it was chosen."""
    latest_s = max(end_s - LENGTH_S, 0.0)
    if (chosen := context.view.passage(context.plan)) is not None:
        start_s, why = chosen
        return min(max(start_s - _LEAD_IN_S, 0.0), latest_s), why
    if context.measurements is None:
        return latest_s / 2.0, "from the middle"
    changed, loud = _changed(context.measurements), _loud(context.measurements)
    weights, why = (changed, "where the tracks change most") if changed.any() else (loud, "the loudest passage")
    width_s = context.measurements.end_s / len(weights)
    wide = min(max(round(LENGTH_S / width_s), 1), len(weights))
    sums = np.convolve(weights, np.ones(wide), "valid")
    return min(int(np.argmax(sums)) * width_s, latest_s), why


def _changed(measurements: MixMeasurements) -> np.ndarray:
    """How far the amplitudes of all tracks move, squared and added up [shape=(columns,)]."""
    silence = np.zeros(columns.count(measurements.end_s))
    pairs = (
        (measurements.before.tracks.get(t.id, silence), measurements.after.tracks.get(t.id, silence))
        for t in measurements.tracks
    )
    # rounding of the transforms is no change
    return sum(
        (np.where(np.isclose(a, b, rtol=1e-3), 0.0, np.square(np.sqrt(b) - np.sqrt(a))) for a, b in pairs), silence
    )


def _loud(measurements: MixMeasurements) -> np.ndarray:
    return sum(measurements.after.tracks.values(), np.zeros(columns.count(measurements.end_s)))


def _mixed(session: Session, start_s: float, end_s: float) -> np.ndarray:
    """A part of the mix [shape=(frames, 2)]."""
    stream = mix.blocks(session, start_s=start_s, end_s=end_s)
    return np.concatenate([np.zeros((0, 2)), *stream])


def matched_db(versions: list[np.ndarray], rate: int) -> tuple[float, list[float]] | None:
    """The loudness at which both can play below the ceiling, the louder one turned down; ``None`` if one is silent."""
    levels, peaks = [], []
    for samples in versions:
        loudness, peak = LoudnessMeter(rate, 2), PeakMeter(rate, 2)
        loudness.add(samples)
        peak.add(samples.astype(np.float32))
        levels.append(loudness.integrated())
        peaks.append(peak.true_peak_dbtp)
    if not all(map(math.isfinite, levels)):
        return None
    target = min(levels)
    target += min(CEILING_DBTP - max(p + target - level for p, level in zip(peaks, levels, strict=True)), 0.0)
    return target, [target - level for level in levels]


def address(samples: np.ndarray, rate: int) -> str:
    """Sound as a ``data:`` address, its ends faded."""
    target = next((known for known in _RATES if known >= rate), _RATES[-1])
    if target != rate:
        samples = soxr.resample(samples, rate, target)
    fade = np.minimum(np.arange(1, len(samples) + 1) / (_FADE_S * target), 1.0)[:, None]
    samples = samples * fade * fade[::-1]
    container = next(name for name in _FORMATS if name in soundfile.available_formats())
    subtype, kind = _FORMATS[container]
    out = io.BytesIO()
    soundfile.write(out, samples, target, subtype, format=container)
    return f"data:{kind};base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
