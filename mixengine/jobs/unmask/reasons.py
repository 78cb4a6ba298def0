"""Reasons for the cuts of an equaliser, in a mix engineer's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

import numpy as np

from mixengine.analysis import clearness
from mixengine.analysis.masking import Target
from mixengine.jobs.unmask import bands as eq_bands
from mixengine.jobs.unmask.details import Clarity
from mixengine.jobs.unmask.voices import MIN_SHORT_DB, Voice
from mixengine.model.session import EqBand, Session, Track
from mixengine.model.units import signed_db
from mixengine.model.words import name_list
from mixengine.report.words import joined

_VERBS = {"voice": "speaks", "lead_vocal": "sings", "backing_vocal": "sings"}
MIN_SHARE = 0.1
"""Share of a target that a track must cover alone to be named as its masker."""
SILENT = "silent"
"""Reason of a track without any sound."""
MAX_LEVEL_LU = 99.0
"""Said of a voice that nothing else sounds with."""


def cut_reason(
    session: Session,
    role_of: Mapping[str, str],
    targets: Sequence[Target],
    gains: Mapping[str, np.ndarray],
    track_id: str,
    bands: Sequence[EqBand],
    band: EqBand,
    rate: int,
) -> str:
    """Words for one ``band`` of the ``bands`` on a track.

    Parameters
    ----------
    role_of : dict of str to str
        Track id → role.
    targets : sequence of Target
        The tracks that must be heard.
    gains : dict of str to ndarray [shape=(bands,)]
        Track id → power gain of all its cuts, from `bands.gains_of`.
    rate : int > 0
        Sample rate in Hz of the equaliser.

    Returns
    -------
    str
        ``−4.5 dB at 2.1 kHz (1 oct): covers lead vocal there 38 % of the time it sings, 21 % after the cut``.
    """
    what = f"{signed_db(band.gain_db)} dB at {_hertz(band.frequency_hz)} ({band.bandwidth_oct:g} oct)"
    without = {**gains, track_id: eq_bands.band_gains([other for other in bands if other != band], rate)}
    concerned = [target for target in targets if track_id in target.maskers]
    target = max(concerned, key=lambda t: _masking(t, without) - _masking(t, gains))
    affected = eq_bands.half_depth(band, rate)
    before, after = (target.through(state).covered_by(track_id, state, affected) for state in ({}, gains))
    who, cover, ending = session.track(target.id).name, "covers", "after the cut"
    if before < MIN_SHARE and len(target.maskers) > 1:
        before, after = (target.through(state).covered(target.together(state), affected) for state in ({}, gains))
        cover, ending = "together with other tracks covers", "after all cuts"
    verb = _VERBS.get(role_of[target.id], "plays")
    return f"{what}: {cover} {who} there {_percent(before)} of the time it {verb}, {_percent(after)} {ending}"


def boost_reason(
    voice: Voice, gains: Mapping[str, np.ndarray], bands: Sequence[EqBand], band: EqBand, rate: int
) -> str:
    """Words for the ``band`` that brings a voice forward, of all ``bands`` on it."""
    others = voice.target.together(gains)
    without = {**gains, voice.target.id: eq_bands.band_gains([other for other in bands if other != band], rate)}
    share, with_it = (clearness.clear_share(voice.target.through(state), others) for state in (without, gains))
    return (
        f"{signed_db(band.gain_db)} dB at {_hertz(band.frequency_hz)} ({band.bandwidth_oct:g} oct), its presence: "
        f"{_percent(with_it)} of it stands clear, {_percent(share)} without"
    )


def clarity_of(session: Session, voice: Voice, gains: Mapping[str, np.ndarray], allowed: Set[str]) -> Clarity:
    """What the cuts do for a voice; ``allowed`` are the ids of the tracks that may be equalised."""
    others, through = voice.target.together(gains), voice.target.through(gains)
    changed = any(name in gains for name in (voice.target.id, *voice.target.maskers))
    names = tuple(session.track(track_id).name for track_id in voice.ids)
    plain = Clarity(
        name=names[0],
        tracks=names,
        level_lu=round(voice.reading.level_lu, 1) if np.isfinite(voice.reading.level_lu) else MAX_LEVEL_LU,
        clear_before=round(voice.reading.clear, 3),
        clear_after=round(clearness.clear_share(through, others), 3),
        aim=voice.aim.clear,
        short_db=round(voice.reading.short_db, 1),
        won_db=round(clearness.fader_equivalent_db(voice.target, through, others), 1) if changed else 0.0,
        clear_enough=not voice.needs_room,
    )
    return replace(plain, words=_clarity_words(plain, voice, tried=not allowed.isdisjoint(voice.target.maskers)))


def _clarity_words(clarity: Clarity, voice: Voice, *, tried: bool) -> str:
    if not voice.needs_room:
        return f"as clear as {voice.aim.words}: nothing to do ({_percent(clarity.clear_before)} of it stands clear)"
    left_db = clarity.short_db - clarity.won_db
    if clarity.won_db <= 0.0:
        instead = "no equaliser does better" if tried else "the equalisers of what covers it stay as they are"
        return (
            f"{_percent(clarity.clear_before)} of it stands clear, {_percent(clarity.aim)} and more is usual: "
            f"{clarity.short_db:.1f} dB on the other faders would do it, {instead}: balance or duck"
        )
    words = (
        f"{_percent(clarity.clear_before)} of it stands clear, {_percent(clarity.clear_after)} with the equalisers: "
        f"{clarity.won_db:.1f} dB less on the other faders would do the same"
    )
    rest = f"; {left_db:.1f} dB more are missing, for the faders: balance or duck"
    return words + (rest if left_db >= MIN_SHORT_DB else "")


def _masking(target: Target, gains: Mapping[str, np.ndarray]) -> float:
    return target.through(gains).masking(target.together(gains))


def no_cut_reason(name: str, role: str, covered: float) -> str:
    """Words for a track that covers ``name`` and gets no cut, because a fader would do as well."""
    return (
        f"covers {name} {_percent(covered)} of the time it {_VERBS.get(role, 'plays')}, "
        "but no cut here wins more than the fader would"
    )


def no_voice_reason(first: Sequence[Track], silent: Mapping[str, str]) -> str:
    """Words for a session without a voice above other tracks.

    Parameters
    ----------
    first : sequence of Track
        The tracks that must be heard.
    silent : dict of str to str
        Track id → why it does not sound, of those of them that do not.
    """
    sounding = [track.name for track in first if track.id not in silent]
    lines = [_why_silent(track, silent[track.id]) for track in first if track.id in silent]
    if len(sounding) == 1:
        lines.insert(0, f"nothing sounds beside {sounding[0]}")
    elif sounding:
        lines.insert(0, f"{joined(sounding)} have the same rank: say with --priority who comes first")
    return "; ".join(lines)


def _why_silent(track: Track, reason: str) -> str:
    return f"{track.name} is silent" if reason == SILENT else f"{track.name}: {reason}"


def clear_enough_reason(names: Sequence[str]) -> str:
    """Words for a track that stays because what must be heard is clear."""
    return f"stays: {name_list(names)} {'is' if len(names) == 1 else 'are'} clear enough"


def _hertz(frequency_hz: float) -> str:
    return f"{frequency_hz / 1000:g} kHz" if frequency_hz >= 1000 else f"{frequency_hz:g} Hz"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
