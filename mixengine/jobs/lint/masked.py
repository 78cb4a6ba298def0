"""Tracks that are masked by the others whenever they play."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mixengine.analysis import clearness, masking
from mixengine.analysis.session_spectra import measure_spectra
from mixengine.analysis.spectra import BANDS, Spectra
from mixengine.jobs.lint.context import LintContext
from mixengine.jobs.lint.findings import HINT, WARNING, Finding, names
from mixengine.jobs.lint.shortened import WINDOW_S, shortened
from mixengine.mixer import ways
from mixengine.model import selection
from mixengine.model.units import amplitude

COVERED = 0.98
"""Weighted share of a track that the others cover while it plays (see `mixengine.analysis.masking`). A pad under a full
arrangement is covered by 0.6 to 0.9 and still missed when it is muted."""
FAR_BELOW_LU = -20.0
"""… and its level below the rest: in finished songs, tracks that lie 12 to 17 LU down are covered and yet meant so."""
UNBALANCED_TRACKS, UNBALANCED_SHARE = 4, 0.3
"""When this many tracks, and this share of all, are covered, the balance is wrong: one finding instead of many."""


def always_masked(context: LintContext) -> Iterator[Finding]:
    """Tracks always covered by the others, with the current faders; effects and pans are not applied. Of a long session
    only excerpts are heard.
    """
    picked = [track for track in selection.pick(context.session).tracks if track.id in context.results]
    if len(picked) < 2:
        return
    session, excerpts = shortened(context)
    audible = [session.track(track.id) for track in picked]
    audible = [track for track in audible if track.audio_clips]
    measured = measure_spectra(session, audible, use_cache=context.use_cache, progress=context.progress)
    gains_db = ways.gains_db(context.session, audible)
    sounding = []
    for track in sorted(audible, key=lambda track: track.id):
        spectra = measured[track.id]
        if isinstance(spectra, Spectra) and spectra.peak > 0.0:
            gain = amplitude(gains_db[track.id]) ** 2
            sounding.append(masking.TrackPowers(track.id, 0, False, spectra.first, spectra.powers(gain)))
    frames = max((track.first + len(track.powers) for track in sounding), default=0)
    total = np.zeros((frames, BANDS))
    for own in sounding:
        total[own.first : own.first + len(own.powers)] += own.powers
    masked = {own.id: covered for own in sounding if (covered := _covered(own, total)) > 0.0}
    if len(masked) >= UNBALANCED_TRACKS and len(masked) > UNBALANCED_SHARE * len(sounding):
        loudest = max(sounding, key=lambda own: (float(own.powers.sum(dtype=np.float64)), own.id))
        yield Finding(
            "always_masked",
            WARNING,
            names([context.session.track(track_id) for track_id in masked]),
            f"{len(masked)} of {len(sounding)} tracks are covered whenever they play; the loudest is "
            f"{context.session.track(loudest.id).name}",
            "balance the session first (mixengine balance)",
        )
        return
    where = f" (heard in {excerpts} excerpts of {WINDOW_S:.0f} s)" if excerpts else ""
    for track_id, covered in masked.items():
        yield Finding(
            "always_masked",
            HINT,
            (context.session.track(track_id).name,),
            f"others cover {100.0 * covered:.0f} % of it whenever it plays{where}",
            "turn it up, make room for it (mixengine unmask), or leave it out",
        )


def _covered(own: masking.TrackPowers, total: np.ndarray) -> float:
    """Weighted share of a track that the rest of ``total`` covers; 0 where it is not as good as lost."""
    others = total.copy()
    others[own.first : own.first + len(own.powers)] -= own.powers
    rest = masking.TrackPowers("others", 1, False, 0, np.maximum(others, 0.0).astype(np.float32))
    (target,) = masking.targets([own, rest])
    covered = target.covered(target.together({}))
    return covered if covered > COVERED and clearness.level_lu(target) < FAR_BELOW_LU else 0.0
