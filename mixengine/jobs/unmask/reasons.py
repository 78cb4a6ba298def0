"""Reasons for the cuts of an equaliser, in a mix engineer's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mixengine.analysis.masking import Target
from mixengine.jobs.unmask import cuts
from mixengine.model.session import EqBand, Session
from mixengine.model.units import signed_db

_VERBS = {"voice": "speaks", "lead_vocal": "sings", "backing_vocal": "sings"}
MIN_SHARE = 0.1
"""Share of a target that a track must cover alone to be named as its masker."""


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
        Track id → power gain of all its cuts, from `cuts.gains_of`.
    rate : int > 0
        Sample rate in Hz of the equaliser.

    Returns
    -------
    str
        ``−4.5 dB at 2.1 kHz (1 oct): covers lead vocal there 38 % of the time it sings, 21 % after the cut``.
    """
    what = f"{signed_db(band.gain_db)} dB at {_hertz(band.frequency_hz)} ({band.bandwidth_oct:g} oct)"
    without = {**gains, track_id: cuts.band_gains([other for other in bands if other != band], rate)}
    concerned = [target for target in targets if track_id in target.maskers]
    target = max(concerned, key=lambda t: t.masking(t.together(without)) - t.masking(t.together(gains)))
    affected = cuts.half_depth(band, rate)
    before, after = (target.covered_by(track_id, state, affected) for state in ({}, gains))
    who, cover, ending = session.track(target.id).name, "covers", "after the cut"
    if before < MIN_SHARE and len(target.maskers) > 1:
        before, after = (target.covered(target.together(state), affected) for state in ({}, gains))
        cover, ending = "together with other tracks covers", "after all cuts"
    verb = _VERBS.get(role_of[target.id], "plays")
    return f"{what}: {cover} {who} there {_percent(before)} of the time it {verb}, {_percent(after)} {ending}"


def priority_reason(before: float, after: float) -> str:
    """Words for a track with priority that needs no cut itself."""
    return f"must be heard: others cover {_percent(before)} of it, {_percent(after)} after all cuts"


def no_cut_reason(name: str, role: str, covered: float, max_cut_db: float) -> str:
    """Words for a track that covers ``name`` and gets no cut, because none improves enough."""
    return (
        f"covers {name} {_percent(covered)} of the time it {_VERBS.get(role, 'plays')}, "
        f"but no cut of up to {max_cut_db:g} dB brings enough of it back: turn this track down"
    )


def _hertz(frequency_hz: float) -> str:
    return f"{frequency_hz / 1000:g} kHz" if frequency_hz >= 1000 else f"{frequency_hz:g} Hz"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
